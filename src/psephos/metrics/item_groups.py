r"""Which items of a benchmark belong together, if nobody has said so?

Items on which a model gives like probabilities ask for like things. With P_a its distribution on item a,

    S_ab = (KL(P_a || P_b) + KL(P_b || P_a)) / 2,        affinity A_ab = exp(-S_ab / median S),

averaged over models. The k smallest eigenvectors of the normalised Laplacian of A, rows at length 1, are clustered by
k-means; k is the one with the largest silhouette on the distance sqrt(S), the smaller of equals. Where only right and
wrong are known, a cell becomes Bernoulli((x + .5) / 2), so that S_ab = ln(3) / 2 times the share of models on which a
and b differ.

Source: Uzunoglu, Li and Khashabi (2025), arXiv 2509.25671. Differs: the scale of the affinity is reconstructed; one
partition common to all models, responses in place of probabilities, stability and large inputs are ours.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import linalg, special

from psephos.engine.streams import Rng, generator, seed_of, spawn
from psephos.errors import InputError, check_count, check_floats
from psephos.metrics.group_scores import Floats, check_unit
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result

FLOOR = 1e-12
DIFFERENT = float(np.log(3) / 2)
LARGEST = 5000
"""Items that are clustered; of more a random sample is, and the others join the cluster nearest on average."""

BLOCK = 512
RESTARTS = 10
RESAMPLES = 10
ENOUGH_MODELS = 20

Similarity = Callable[[npt.NDArray[np.intp], npt.NDArray[np.intp]], Floats]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class ItemGroups(Result):
    """Groups of items that were found.

    Attributes
    ----------
    labels : ndarray of int64, shape (n_items,)
        Group of each item, 0 the largest.
    silhouettes : polars.DataFrame
        k, silhouette.
    k : int
        How many groups.
    stability : float
        Mean adjusted Rand index between partitions of resampled columns; NaN if it was not asked for.
    joined : float
        Share of items that joined the groups of a sample.
    """

    labels: npt.NDArray[np.int64]
    silhouettes: pl.DataFrame
    k: int
    stability: float
    joined: float

    def table(self) -> pl.DataFrame:
        """One row per item: item (its number), group."""
        return pl.DataFrame({"item": np.arange(len(self.labels)), "group": self.labels})

    def summary(self) -> list[tuple[str, str]]:
        """How many groups, how clear, how stable."""
        best = float(self.silhouettes["silhouette"].to_numpy().max())
        sizes = ", ".join(f"{size:,}" for size in np.bincount(self.labels)[:10])
        stable = "not measured" if np.isnan(self.stability) else f"{self.stability:.3f} (adjusted Rand index)"
        lines = [("groups", f"{self.k} of {sizes} items"), ("silhouette", f"{best:.4f}"), ("stability", stable)]
        return lines + [("note", note) for note in self.provenance.notes]


def predictive_similarity(probs: npt.ArrayLike) -> Floats:
    """Symmetrised divergence between the distributions of all pairs of items, in nats; 0 for items alike.

    Parameters
    ----------
    probs : array_like of float, shape (n_items, n_answers)
        Probabilities, rows summing to 1.

    Returns
    -------
    ndarray of float64, shape (n_items, n_items)

    Raises
    ------
    InputError
        If a row is negative or does not sum to 1 (within .001).

    Examples
    --------
    >>> predictive_similarity([[0.5, 0.5], [0.9, 0.1]]).round(6)
    array([[0.      , 0.439445],
           [0.439445, 0.      ]])
    """
    everything = np.arange(len(table := _distributions(probs)))
    return _by_probabilities([table])(everything, everything)


def discover_groups(
    values: npt.ArrayLike | Sequence[npt.ArrayLike],
    kind: str = "probs",
    *,
    most: int = 20,
    stability: bool = True,
    rng: Rng = 0,
) -> ItemGroups:
    """Find groups of items.

    Parameters
    ----------
    values : array_like
        With ``"probs"`` probabilities, shape (n_items, n_answers), or a list of such tables, one per model; with
        ``"responses"`` scores of models between 0 and 1, shape (n_models, n_items), NaN where not run; with
        ``"embeddings"`` vectors, shape (n_items, n_dimensions).
    kind : {"probs", "responses", "embeddings"}
        What they are.
    most : int, default 20
        Largest number of groups to try; at most items - 1.
    stability : bool, default True
        Whether to cluster resampled columns (answers, models, dimensions) ten times.
    rng : int, Generator or None, default 0
        Source of the random numbers.

    Returns
    -------
    ItemGroups

    Raises
    ------
    InputError
        If there are three items or fewer, all are alike, or probabilities are none.

    See Also
    --------
    harmony : what to do with groups.

    Examples
    --------
    >>> near, far = [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]
    >>> discover_groups([near, near, near, far, far], stability=False).labels
    array([0, 0, 0, 1, 1])
    """
    notes: list[str] = []
    seed = seed_of(rng)
    sample_stream, cluster_stream, resample_stream = spawn(seed, 3)
    tables, make = _tables(values, kind)
    n, columns = tables[0].shape
    if n <= 3:
        raise InputError("values", f"needs more than 3 items, got {n}")
    tries = min(check_count("most", most, low=2), n - 1)
    if kind == "responses" and columns < ENOUGH_MODELS:
        notes.append(f"{columns} models are few to tell items apart by; {ENOUGH_MODELS} are better")
    chosen = np.arange(n)
    if n > LARGEST:
        chosen = np.sort(sample_stream.choice(n, LARGEST, replace=False))
        notes.append(f"{LARGEST:,} of {n:,} items were clustered; {1 - LARGEST / n:.0%} joined the nearest group")
    similarity = make(tables)
    between = similarity(chosen, chosen)
    if between.max() <= 1e-12:
        raise InputError("values", "no structure to cluster: all items are alike")
    found, scores = _clustered(between, tries, cluster_stream)
    labels = np.empty(n, dtype=np.int64)
    labels[chosen] = found
    if n > LARGEST:
        members = np.eye(found.max() + 1)[found] / np.bincount(found)
        rest = np.setdiff1d(np.arange(n), chosen)
        for start in range(0, len(rest), BLOCK):
            part = rest[start : start + BLOCK]
            labels[part] = np.argmin(similarity(part, chosen) @ members, axis=1)
    order = np.argsort(-np.bincount(labels), kind="stable")
    labels = np.argsort(order)[labels]
    stable = float("nan")
    if stability:
        stable = _stability(tables, make, chosen, labels[chosen], resample_stream)
        if stable < 0.6:
            notes.append(f"other columns give other groups (adjusted Rand index {stable:.2f}): do not lean on them")
    made = Provenance("item groups", {"kind": kind, "most": tries}, Source(), seed=seed, notes=tuple(notes))
    return ItemGroups(
        labels=labels,
        silhouettes=pl.DataFrame(scores, schema=["k", "silhouette"], orient="row"),
        k=int(labels.max()) + 1,
        stability=stable,
        joined=1 - len(chosen) / n,
        provenance=made,
    )


def rand_index(left: npt.ArrayLike, right: npt.ArrayLike) -> float:
    """Adjusted Rand index of two partitions: 1 if alike, 0 on average if unrelated.

    Parameters
    ----------
    left, right : array_like, shape (n_items,)
        Group of each item.

    Returns
    -------
    float

    Raises
    ------
    InputError
        If lengths differ.

    Examples
    --------
    >>> rand_index([0, 0, 1, 1], ["b", "b", "a", "a"]), round(rand_index([0, 0, 1, 1], [0, 0, 0, 1]), 4)
    (1.0, 0.0)
    """
    a, b = (np.unique(np.asarray(side), return_inverse=True)[1] for side in (left, right))
    if len(a) != len(b):
        raise InputError("right", f"must have as many rows as left ({len(a)}), got {len(b)}")
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)

    def pairs(counts: Floats) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, rows, columns, whole = pairs(table), pairs(table.sum(1)), pairs(table.sum(0)), len(a) * (len(a) - 1) / 2
    expected = rows * columns / whole if whole else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def _distributions(probs: npt.ArrayLike) -> Floats:
    table = check_floats("probs", probs, ndim=2)
    for bad, problem in (
        (table.min(axis=1) < 0, "must not be negative"),
        (abs(table.sum(axis=1) - 1) > 1e-3, "must sum to 1"),
    ):
        if bad.any():
            raise InputError("probs", problem, where=f"row {int(np.argmax(bad))}")
    return table


def _tables(values: Any, kind: str) -> tuple[list[Floats], Callable[[list[Floats]], Similarity]]:
    if kind == "probs":
        several = isinstance(values, (list, tuple)) and len(values) and np.ndim(values[0]) == 2
        tables = [_distributions(one) for one in (values if several else [values])]
        if len({len(one) for one in tables}) > 1:
            raise InputError("probs", "must have the same items for every model")
        return tables, _by_probabilities
    if kind == "responses":
        table = check_floats("responses", values, ndim=2, missing=True)
        check_unit("responses", table)
        return [table.T], _by_responses
    if kind == "embeddings":
        return [check_floats("embeddings", values, ndim=2)], _by_distance
    raise InputError("kind", f"must be one of 'probs', 'responses', 'embeddings', got {kind!r}")


def _by_probabilities(tables: list[Floats]) -> Similarity:
    floored = [np.maximum(one, FLOOR) for one in tables]
    parts = [(p := one / one.sum(axis=1, keepdims=True), np.log(p)) for one in floored]

    def similarity(rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> Floats:
        total = np.zeros((len(rows), len(columns)))
        for p, log_p in parts:
            own = (p * log_p).sum(axis=1)
            for start in range(0, len(rows), BLOCK):
                part = rows[start : start + BLOCK]
                cross = p[part] @ log_p[columns].T + log_p[part] @ p[columns].T
                total[start : start + BLOCK] += np.maximum((own[part][:, None] + own[columns] - cross) / 2, 0.0)
        total /= len(parts)
        total[rows[:, None] == columns] = 0.0
        return total

    return similarity


def _by_responses(tables: list[Floats]) -> Similarity:
    known = ~np.isnan(tables[0])
    p = (np.where(known, tables[0], 0.0) + 0.5) / 2
    odds = np.where(known, special.logit(p), 0.0)
    p, seen = np.where(known, p, 0.0), known.astype(np.float64)

    def similarity(rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> Floats:
        """Symmetrised KL of two Bernoullis is (p - q) (logit p - logit q) / 2; common models only."""
        both = (p * odds)[rows] @ seen[columns].T + seen[rows] @ (p * odds)[columns].T
        cross = p[rows] @ odds[columns].T + odds[rows] @ p[columns].T
        models = seen[rows] @ seen[columns].T
        share = np.divide(both - cross, 2 * models, out=np.full_like(models, DIFFERENT), where=models > 0)
        return np.asarray(np.maximum(share, 0.0))

    return similarity


def _by_distance(tables: list[Floats]) -> Similarity:
    vectors = tables[0]
    squares = (vectors**2).sum(axis=1)

    def similarity(rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> Floats:
        far = squares[rows][:, None] + squares[columns] - 2 * vectors[rows] @ vectors[columns].T
        far[rows[:, None] == columns] = 0.0
        return np.asarray(np.maximum(far, 0.0))

    return similarity


def _clustered(
    between: Floats, most: int, stream: np.random.Generator
) -> tuple[npt.NDArray[np.int64], list[tuple[int, float]]]:
    vectors, distance = _eigenvectors(between, most), np.sqrt(between)
    best, scores, labels = -2.0, [], np.zeros(len(between), dtype=np.int64)
    for k in range(2, most + 1):
        found = _k_means(vectors[:, :k], k, stream)
        score = _silhouette(distance, found)
        scores.append((k, score))
        if score > best + 1e-12:
            best, labels = score, found
    return labels, scores


def _eigenvectors(between: Floats, most: int) -> Floats:
    """The smallest eigenvectors of the normalised Laplacian, which serve every number of groups."""
    n = len(between)
    off = between[~np.eye(n, dtype=bool)]
    scale = float(np.median(off)) or float(off[off > 0].mean())
    affinity = np.exp(-between / scale)
    degree = 1 / np.sqrt(affinity.sum(axis=1))
    found = linalg.eigh(affinity * degree[:, None] * degree, subset_by_index=(n - most, n - 1))[1]
    return np.asarray(found[:, ::-1])


def _k_means(vectors: Floats, k: int, stream: np.random.Generator) -> npt.NDArray[np.int64]:
    from scipy.cluster.vq import kmeans2

    rows = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-300)
    best, labels = np.inf, np.zeros(len(rows), dtype=np.int64)
    for _ in range(RESTARTS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # an empty cluster costs inertia, another start is better
            centres, found = kmeans2(rows, k, iter=50, minit="++", rng=stream)
        inertia = float(((rows - centres[found]) ** 2).sum())
        if inertia < best - 1e-12:
            best, labels = inertia, np.unique(found, return_inverse=True)[1]
    return labels.astype(np.int64)


def _silhouette(distance: Floats, labels: npt.NDArray[np.int64]) -> float:
    """Mean of (b - a) / max(a, b), 0 for items alone in their group; -1 if there is one group only."""
    sizes = np.bincount(labels).astype(np.float64)
    if len(sizes) < 2:
        return -1.0
    sums = distance @ np.eye(len(sizes))[labels]
    place = np.arange(len(labels))
    own = sums[place, labels] / np.maximum(sizes[labels] - 1, 1)
    means = sums / sizes
    means[place, labels] = np.inf
    other = means.min(axis=1)
    top = np.maximum(own, other)
    value = np.divide(other - own, top, out=np.zeros_like(top), where=top > 0)
    return float(np.where(sizes[labels] > 1, value, 0.0).mean())


def _stability(
    tables: list[Floats],
    make: Callable[[list[Floats]], Similarity],
    chosen: npt.NDArray[np.intp],
    labels: npt.NDArray[np.int64],
    stream: np.random.Generator,
) -> float:
    k, values = int(labels.max()) + 1, []
    for own in generator(stream).spawn(RESAMPLES):
        drawn = [one[:, own.integers(0, one.shape[1], one.shape[1])] for one in tables]
        if make is _by_probabilities:
            drawn = [one / np.maximum(one.sum(axis=1, keepdims=True), FLOOR) for one in drawn]
        between = make(drawn)(chosen, chosen)
        if between.max() > FLOOR:
            values.append(rand_index(labels, _k_means(_eigenvectors(between, k), k, own)))
    return float(np.mean(values)) if values else 0.0
