r"""Which items of a benchmark belong together, if nobody has said so?

Items on which a model gives like probabilities ask for like things. With S_ab how unlike two items are, averaged over
models (see `item_similarity`), items are clustered as `item_clusters` says.

Source: Uzunoglu, Li and Khashabi (2025), arXiv 2509.25671. Differs: one partition common to all models, and its
stability, are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine.streams import Rng, generator, seed_of, spawn
from psephos.errors import InputError, check_count
from psephos.metrics.harmony.group_scores import Floats
from psephos.metrics.harmony.item_clusters import clustered, eigenvectors, grouped
from psephos.metrics.harmony.item_similarity import FLOOR, Similarity, by_probabilities, tables_of
from psephos.metrics.harmony.partitions import rand_index
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result

RESAMPLES = 10
ENOUGH_MODELS = 20


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
        The group of each item, with the silhouette of every number of groups and how stable they are.

    Raises
    ------
    InputError
        If there are three items or fewer, all are alike, or probabilities are none.

    See Also
    --------
    harmony : what to do with groups.
    group_tree : groups in groups, as long as scores tell them apart.
    discover_groups_by_model : a partition for each model.

    Examples
    --------
    >>> near, far = [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]
    >>> discover_groups([near, near, near, far, far], stability=False).labels
    array([0, 0, 0, 1, 1])
    """
    notes: list[str] = []
    seed = seed_of(rng)
    sample_stream, cluster_stream, resample_stream = spawn(seed, 3)
    tables, make = tables_of(values, kind)
    n, columns = tables[0].shape
    if n <= 3:
        raise InputError("values", f"needs more than 3 items, got {n}")
    tries = min(check_count("most", most, low=2), n - 1)
    if kind == "responses" and columns < ENOUGH_MODELS:
        notes.append(f"{columns} models are few to tell items apart by; {ENOUGH_MODELS} are better")
    found = clustered(make(tables), np.arange(n), tries, sample_stream, cluster_stream)
    if found is None:
        raise InputError("values", "no structure to cluster: all items are alike")
    labels, scores, chosen = found
    if len(chosen) < n:
        notes.append(
            f"{len(chosen):,} of {n:,} items were clustered; {1 - len(chosen) / n:.0%} joined the nearest group"
        )
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
        if make is by_probabilities:
            drawn = [one / np.maximum(one.sum(axis=1, keepdims=True), FLOOR) for one in drawn]
        between = make(drawn)(chosen, chosen)
        if between.max() > FLOOR:
            values.append(rand_index(labels, grouped(eigenvectors(between, k), k, own)))
    return float(np.mean(values)) if values else 0.0
