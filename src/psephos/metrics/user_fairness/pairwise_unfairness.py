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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from psephos.engine.streams import Rng, seed_of, spawn
from psephos.errors import InputError, check_count, check_floats, check_number
from psephos.metrics.recommendation.concentration import gini_coefficient
from psephos.metrics.recommendation.tables import long_of
from psephos.metrics.user_fairness.user_pairs import Floats, Indices, UserPairs, pairs_of, user_similarity
from psephos.opinions.coding import canonical, encode
from psephos.opinions.frames import series
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result, json_ready
from psephos.statistics import Interval, normal_interval, permutation_test
from psephos.statistics.intervals import Ends

LOW = 0.05
"""Mean effectiveness below which PUF is small whatever is done, and a note says so."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class PairwiseUnfairness(Result):
    """How differently similar users are served.

    Attributes
    ----------
    puf, normalised : Interval
        PUF, and the mean gap weighted by similarity.
    gap : float
        Mean gap over all pairs: the mean of `normalised` if S is shuffled.
    p : float
        Of the permutation test, upper tail; NaN if it was not made.
    null : tuple of float
        Mean and standard deviation of `normalised` if S is shuffled.
    mean, sd, gini : float
        Of S.
    mean_similarity : float
        Over all pairs.
    of_all_or_nothing : float
        PUF over that of the same mean S, served all or nothing at random.
    pairs, similar_pairs, users, left_out : int
        Pairs of users; pairs with something in common (or drawn); users; users without S.
    drawn : bool
        Whether pairs were drawn.
    user_table : polars.DataFrame
        user, effectiveness, share (of PUF), similar (similarity to all others, summed), better_off (mean S of similar
        users, weighted by similarity) and lag (better_off - effectiveness).
    worst : polars.DataFrame
        left, right, similarity, gap, product, shared: the pairs that add most, with items both had.
    """

    puf: Interval
    normalised: Interval
    gap: float
    p: float
    null: tuple[float, float]
    mean: float
    sd: float
    gini: float
    mean_similarity: float
    of_all_or_nothing: float
    pairs: int
    similar_pairs: int
    users: int
    left_out: int
    drawn: bool
    user_table: pl.DataFrame
    worst: pl.DataFrame

    @property
    def ratio(self) -> float:
        """Normalised PUF over the plain mean gap; above 1, similar users fare worse than any two."""
        return self.normalised.value / self.gap if self.gap else math.nan

    def table(self) -> pl.DataFrame:
        """One row per measure: measure, value, low, high, heeds (what it looks at)."""
        blank, per = (None, None), self.normalised
        rows = [
            ("PUF", self.puf.value, self.puf.low, self.puf.high, "similarity and effectiveness"),
            (
                "PUF normalised",
                self.normalised.value,
                self.normalised.low,
                self.normalised.high,
                "both, per similarity",
            ),
            ("mean gap", self.gap, *blank, "effectiveness"),
            ("SD", self.sd, *blank, "effectiveness"),
            ("Gini", self.gini, *blank, "effectiveness"),
            ("mean effectiveness", self.mean, *blank, "effectiveness"),
        ]
        schema = {"measure": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "heeds": pl.String}
        return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None))

    def summary(self) -> list[tuple[str, str]]:
        """PUF and what stands beside it."""
        shown = "no similar pairs" if math.isnan(self.normalised.value) else str(self.normalised)
        chance = "" if math.isnan(self.p) else f", p = {self.p:.3g} that similarity matters"
        lines = [
            ("PUF", f"{self.puf} ({self.of_all_or_nothing:.0%} of all or nothing at the same mean)"),
            ("per similarity", f"{shown}; any two users {self.gap:.4g}, ratio {self.ratio:.3f}{chance}"),
            ("served", f"mean {self.mean:.4g}, SD {self.sd:.4g}, Gini {self.gini:.3f}"),
            (
                "pairs",
                f"{self.similar_pairs:,} {'drawn' if self.drawn else 'alike'} of {self.pairs:,}, {self.users:,} users, "
                f"mean similarity {self.mean_similarity:.4g}",
            ),
        ]
        if self.worst.height:
            left, right, similarity, gap = self.worst.row(0)[:4]
            lines.append(
                (
                    "worst pair",
                    f"{left} and {right}: similarity {similarity:.2f}, gap {gap:.2f}",
                )
            )
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        more: dict[str, Any] = json_ready({"p": self.p, "ratio": self.ratio, "worst": self.worst.to_dicts()})
        return super().to_dict() | more


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
    rng : int, Generator or None, default 0

    Returns
    -------
    PairwiseUnfairness

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
    names, values, held, items = _aligned(effectiveness, history)
    served = _scaled(values, scale)
    there = ~np.isnan(served)
    m = int(there.sum())
    if m < 2:
        raise InputError("users", f"two with an effectiveness are the least, got {m}")
    seed = seed_of(rng)
    streams = spawn(seed, 2)
    pairs = _pairs(similarity, held, features, gamma, draws, there, len(served), streams[0])
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
        notes.append(f"{pairs.without_history:,} users without a history are like nobody")
    left_out = int((~there).sum())
    if left_out:
        notes.append(f"{left_out:,} users without an effectiveness left out")
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
        provenance=Provenance(
            "pairwise_unfairness",
            {"repeats": repeats, "level": level, "drawn": pairs.drawn},
            Source(),
            seed,
            notes=tuple(notes),
        ),
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


def _scaled(values: Floats, scale: Sequence[float]) -> Floats:
    low, high = (check_number("scale", end) for end in scale)
    if high <= low:
        raise InputError("scale", f"must ascend, got {scale}")
    bad = (values < low) | (values > high)
    if bad.any():
        place = int(np.argmax(bad))
        raise InputError(
            "effectiveness",
            f"must lie between {low:g} and {high:g}, got {values[place]:g}",
            where=f"user {place}",
            hint="state scale=(low, high)",
        )
    return (values - low) / (high - low)


def _aligned(
    effectiveness: npt.ArrayLike | Mapping[object, float], history: object
) -> tuple[pl.Series, Floats, sparse.csr_matrix | None, pl.Series | None]:
    """Names of users, their effectiveness, and their history in the same order; names of items where there are some."""
    if isinstance(effectiveness, Mapping):
        values = check_floats("effectiveness", list(effectiveness.values()), missing=True)
        names = canonical(series("user", list(effectiveness))).cast(pl.String)
        if history is None:
            return names, values, None, None
        table = long_of("history", history)
        coded = encode(table.items)
        place = pl.DataFrame({"user": canonical(table.users).cast(pl.String)}).join(
            pl.DataFrame({"user": names, "place": np.arange(len(names))}), on="user", how="left", maintain_order="left"
        )["place"]
        known = place.is_not_null().to_numpy() & (coded.codes >= 0)
        rows = place.fill_null(0).to_numpy()[known]
        shape = (len(names), len(coded.vocabulary))
        held = sparse.csr_matrix((np.ones(len(rows)), (rows, coded.codes[known])), shape=shape)
        return names, values, held, coded.vocabulary
    values = check_floats("effectiveness", effectiveness, missing=True)
    names = pl.Series("user", np.arange(len(values)))
    if history is None:
        return names, values, None, None
    made = history if sparse.issparse(history) else check_floats("history", history, ndim=2)  # type: ignore[arg-type]
    held = sparse.csr_matrix(made)
    if held.shape[0] != len(values):
        raise InputError(
            "history", f"must have as many rows as effectiveness has users ({len(values)}), got {held.shape[0]}"
        )
    return names, values, held, None


def _pairs(
    similarity: object,
    held: sparse.csr_matrix | None,
    features: npt.ArrayLike | None,
    gamma: float,
    draws: int | None,
    there: npt.NDArray[np.bool_],
    n_users: int,
    stream: np.random.Generator,
) -> UserPairs:
    """Pairs of the users that have an effectiveness, numbered among these."""
    if isinstance(similarity, str):
        own = None if held is None else held[there]
        shares = None if features is None else check_floats("features", features, ndim=2)
        if shares is not None and len(shares) != n_users:
            raise InputError("features", f"must have a row for each of {n_users} users, got {len(shares)}")
        return user_similarity(
            own, similarity, features=None if shares is None else shares[there], gamma=gamma, draws=draws, rng=stream
        )
    whole = pairs_of(similarity, n_users)
    if there.all():
        return whole
    number = np.cumsum(there) - 1
    kept = there[whole.left] & there[whole.right]
    return UserPairs(number[whole.left[kept]], number[whole.right[kept]], whole.similarity[kept], int(there.sum()))


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
