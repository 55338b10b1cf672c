r"""Are similar users served equally well?

With S(u) how well user u is served, between 0 and 1, and sim(u, v) how alike two users are,

    PUF = 2 / (m (m - 1)) sum_{u<v} sim(u, v) |S(u) - S(v)|,        0: similar users are served equally well.

PUF falls where few users are alike and where nobody is served well, so three numbers stand beside it: the normalised
PUF, sum sim |dS| / sum sim, the mean gap weighted by similarity; the plain mean gap over all pairs, which is what the
normalised PUF is on average if S is shuffled over users (a ratio above 1: similar users fare worse than any two); and
the share of PUF in what the same mean S gives if users are served all or nothing at random, which is
2 S (1 - S) m / (m - 1) times the mean similarity.
The permutation test shuffles S over users. Errors are those of a U-statistic: what each user's pairs move.

Source: Rampisela, Maistro, Ruotsalo and Lioma (2026), arXiv 2602.02516. Differs: the equation is reconstructed (sheet
18); normalisation, null, errors, shares of users and the comparison with all-or-nothing are ours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from psephos.engine.streams import Rng, seed_of, spawn
from psephos.errors import InputError, check_count, check_number
from psephos.metrics.recommendation.concentration import gini_coefficient
from psephos.metrics.user_fairness.aligned_users import aligned, pairs_among, scaled
from psephos.metrics.user_fairness.unfairness_result import PairwiseUnfairness
from psephos.metrics.user_fairness.user_pairs import Floats, Indices, UserPairs
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance
from psephos.opinions.wording import plural
from psephos.statistics import Interval, normal_interval, permutation_test
from psephos.statistics.intervals import Ends

LOW = 0.05
"""Mean effectiveness below which PUF is small whatever is done, and a note says so."""


def pairwise_unfairness(
    effectiveness: npt.ArrayLike | Mapping[object, float],
    history: object = None,
    *,
    similarity: object = "jaccard",
    features: npt.ArrayLike | None = None,
    gamma: float = 0.5,
    scale: tuple[float, float] = (0.0, 1.0),
    draws: int | None = None,
    repeats: int = 999,
    worst: int = 10,
    level: float = 0.95,
    rng: Rng = 0,
) -> PairwiseUnfairness:
    """How differently similar users are served: PUF, with its null, its worst pairs and the measures beside it.

    Parameters
    ----------
    effectiveness : array_like of float, shape (m,), or mapping of user to float
        How well each user is served, such as ``nDCG@10``; NaN: left out and counted.
    history : sparse matrix or array_like, shape (m, n_items), or data frame or mapping, optional
        What each user had. With a mapping of effectiveness, a frame with columns user and item or a mapping
        ``{user: [item, ...]}``.
    similarity : {"jaccard", "cosine", "jensen-shannon", "mixture"}, matrix or callable, default "jaccard"
        How alike users are: by history, a matrix of shape (m, m), or a function of two arrays of users.
    features : array_like of float, shape (m, d), optional
        Distribution of users over features, for "jensen-shannon" and "mixture".
    gamma : float, default 0.5
        Weight of Jaccard in the mixture.
    scale : (float, float), default (0, 1)
        Range of the effectiveness, which is brought to 0 to 1.
    draws : int, optional
        Draw so many pairs instead of going through all.
    repeats : int, default 999
        Shuffles of the permutation test; 0: no test.
    worst : int, default 10
        Pairs to name.
    level : float, default 0.95
        Of the intervals.
    rng : int, Generator or None, default 0
        Of the random draws; an int repeats them.

    Returns
    -------
    PairwiseUnfairness
        PUF and its normalised form with a p-value, the worst pairs, and a table of users.

    Raises
    ------
    InputError
        If there are fewer than two users, lengths differ, a number lies outside its scale, or a similarity is not
        within 0 to 1 or not symmetric.

    See Also
    --------
    envy, list_unfairness : what else is called user fairness.
    user_similarity : the similarities alone.

    Examples
    --------
    >>> history = [[1, 1, 1, 0, 0, 0], [1, 1, 0, 1, 0, 0], [0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0]]
    >>> found = pairwise_unfairness([0.4, 0.1, 0.3, 0.9], history, repeats=0)
    >>> round(found.puf.value, 7), round(found.normalised.value, 7)
    (0.1816667, 0.4954545)
    """
    check_count("repeats", repeats, low=0)
    check_count("worst", worst, low=0)
    check_number("level", level, low=0, high=1, open_ends=True)
    names, values, held, items = aligned(effectiveness, history)
    served = scaled(values, scale)
    there = ~np.isnan(served)
    m = int(there.sum())
    if m < 2:
        raise InputError("users", f"two with an effectiveness are the least, got {m}")
    seed = seed_of(rng)
    streams = spawn(seed, 2)
    pairs = pairs_among(similarity, held, features, gamma, draws, there, len(served), streams[0])
    S = served[there]
    return _measured(
        pairs, S, names.filter(pl.Series(there)), held, there, items, repeats, worst, level, seed, streams[1]
    )


def _measured(
    pairs: UserPairs,
    S: Floats,
    names: pl.Series,
    held: sparse.csr_matrix | None,
    there: npt.NDArray[np.bool_],
    items: pl.Series | None,
    repeats: int,
    worst: int,
    level: float,
    seed: int,
    stream: np.random.Generator,
) -> PairwiseUnfairness:
    m, left, right, alike = len(S), pairs.left, pairs.right, pairs.similarity
    gap = np.abs(S[left] - S[right])
    product = alike * gap
    count = len(left) if pairs.drawn else pairs.possible
    puf = math.fsum(product) / count
    total = math.fsum(alike)
    own = np.bincount(left, product, m) + np.bincount(right, product, m)
    near = np.bincount(left, alike, m) + np.bincount(right, alike, m)
    normalised = math.fsum(product) / total if total else math.nan
    if pairs.drawn:
        error = float(product.std(ddof=1)) / math.sqrt(count) if count > 1 else math.nan
        mean = total / count if total else math.nan
        error_norm = float((product - normalised * alike).std(ddof=1)) / math.sqrt(count) / mean if total else math.nan
    else:
        error = _user_error(own / (m - 1), puf)
        scaled = (own - normalised * near) / near.mean() if total else np.full(m, math.nan)
        error_norm = _user_error(scaled, 0.0)
    plain = _mean_gap(S)
    notes = []
    p, null = math.nan, (plain, math.nan)
    if not total:
        notes.append("no similar pairs: PUF is 0 whatever users are served")
    elif repeats:
        test = permutation_test(
            lambda drawn: _weighted(drawn, left, right, alike, total),
            S,
            repeats=repeats,
            alternative="greater",
            rng=stream,
        )
        p, null = test.p, (float(test.replicates.mean()), float(test.replicates.std()))
    mean = float(S.mean())
    if mean < LOW:
        notes.append(f"mean effectiveness {mean:.4g} is low, so PUF is small whatever is done; look at the ratio")
    if pairs.without_history:
        notes.append(f"like nobody: {plural(pairs.without_history, 'user')} without a history")
    left_out = int((~there).sum())
    if left_out:
        notes.append(f"left out: {plural(left_out, 'user')} without an effectiveness")
    if pairs.drawn:
        notes.append(f"{len(left):,} pairs drawn of {pairs.possible:,}")
    similarity = total / count
    nothing = similarity * 2 * mean * (1 - mean) * m / (m - 1)
    served_near = np.bincount(left, alike * S[right], m) + np.bincount(right, alike * S[left], m)
    better = np.divide(served_near, near, out=np.full(m, np.nan), where=near > 0)
    sum_own = own.sum()
    table = pl.DataFrame(
        {
            "user": names,
            "effectiveness": S,
            "share": own / sum_own if sum_own else np.zeros(m),
            "similar": near,
            "better_off": better,
            "lag": better - S,
        }
    ).with_columns(pl.col(pl.Float64).fill_nan(None))
    parameters = {"repeats": repeats, "level": level, "drawn": pairs.drawn}
    ends = normal_interval(puf, error, level)
    ends_norm = normal_interval(normalised, error_norm, level)
    return PairwiseUnfairness(
        provenance=Provenance("pairwise_unfairness", parameters, Source(), seed, notes=tuple(notes)),
        puf=_above_zero(puf, ends, level),
        normalised=_above_zero(normalised, ends_norm, level),
        gap=plain,
        p=p,
        null=null,
        mean=mean,
        sd=float(S.std()),
        gini=gini_coefficient(S),
        mean_similarity=similarity,
        of_all_or_nothing=puf / nothing if nothing else math.nan,
        pairs=pairs.possible,
        similar_pairs=len(left),
        users=m,
        left_out=left_out,
        drawn=pairs.drawn,
        user_table=table.sort("share", descending=True, maintain_order=True),
        worst=_worst(pairs, gap, product, names, held, items, worst),
    )


def _weighted(drawn: npt.NDArray[Any], left: Indices, right: Indices, alike: Floats, total: float) -> Floats:
    """Normalised PUF of each row of shuffled effectiveness."""
    return np.array([float(np.abs(row[left] - row[right]) @ alike) / total for row in drawn])


def _mean_gap(S: Floats) -> float:
    """Mean of |S(u) - S(v)| over all pairs, from the sorted values."""
    ordered, m = np.sort(S), len(S)
    return float(2 * ((2 * np.arange(1, m + 1) - m - 1) * ordered).sum() / (m * (m - 1)))


def _user_error(own: Floats, centre: float) -> float:
    """Standard error of a mean over pairs: twice that of the mean of what each user's pairs are on average."""
    m = len(own)
    if m < 3:
        return math.nan
    return 2 * math.sqrt(float(((own - centre) ** 2).sum()) / (m - 1) / m)


def _above_zero(value: float, ends: Ends, level: float) -> Interval:
    low, high = (float(end) for end in ends)
    return Interval(value, low if math.isnan(low) else max(0.0, low), high, level)


def _worst(
    pairs: UserPairs,
    gap: Floats,
    product: Floats,
    names: pl.Series,
    held: sparse.csr_matrix | None,
    items: pl.Series | None,
    worst: int,
) -> pl.DataFrame:
    """The pairs that add most, each once."""
    most = (
        np.argpartition(-product, min(worst, len(product)) - 1)[:worst] if len(product) and worst else np.empty(0, int)
    )
    most = most[np.lexsort((pairs.right[most], pairs.left[most], -product[most]))]
    if pairs.drawn:
        most = most[np.unique(pairs.left[most] * pairs.n_users + pairs.right[most], return_index=True)[1]]
        most = most[np.argsort(-product[most], kind="stable")]
    shared = []
    for one, other in zip(pairs.left[most], pairs.right[most], strict=True):
        both = [] if held is None else np.intersect1d(held[int(one)].indices, held[int(other)].indices).tolist()
        shared.append([str(place) if items is None else items[place] for place in both[:20]])
    return pl.DataFrame(
        {
            "left": names.gather(pairs.left[most]).cast(pl.String),
            "right": names.gather(pairs.right[most]).cast(pl.String),
            "similarity": pairs.similarity[most],
            "gap": gap[most],
            "product": product[most],
            "shared": pl.Series(shared, dtype=pl.List(pl.String)),
        }
    )
