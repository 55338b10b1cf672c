"""Which coefficients fit the opinions, and what do these, the pairs, the voters and the items say?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from psephos.agreement.coefficient import Coefficient, Measure, estimate
from psephos.agreement.cohen import own_chance_kappa
from psephos.agreement.concordance import ranked_pairs, ranked_voters
from psephos.agreement.counting import Counted, counted_of
from psephos.agreement.distances import Metric
from psephos.agreement.fleiss import kappa_of, pi_of
from psephos.agreement.gwet import ac_of
from psephos.agreement.icc import intraclass_correlations
from psephos.agreement.influence import Rebuild, items_table, voters_table
from psephos.agreement.kendall import kendall_w
from psephos.agreement.krippendorff import alpha_of
from psephos.agreement.pairs import MOST_APART, MOST_VOTERS, by_voter, no_pairs, nominal_pairs, pairs_apart
from psephos.agreement.percent import percent_of
from psephos.agreement.ratings import Ratings, ratings_of
from psephos.engine import Engine, spawn
from psephos.errors import InputError
from psephos.opinions.issues import Issues
from psephos.opinions.model import Opinions
from psephos.opinions.sharding import Shards

COEFFICIENTS = ("percent", "alpha", "fleiss", "ac", "cohen", "conger", "scott", "icc", "w")
USUAL = {"labels": ("percent", "alpha", "fleiss", "ac"), "scores": ("alpha", "icc", "w"), "rankings": ("w",)}
OF_TWO = {"cohen": "conger", "scott": "fleiss"}
"""Coefficients of two voters, and what they are called of more."""

PERMUTATIONS = 999
PERMUTED_CELLS = 100_000
"""Up to so many ranks the permutation test of Kendall's W is made; chi-square is close with more."""
RANKED_CELLS = 3 * 10**8
"""So many ranks are made anew for the interval of Kendall's W, but for at least 100 resamples."""

_FROM_COUNTS: dict[str, Callable[[Counted, Metric, float | None], Measure]] = {
    "percent": percent_of,
    "alpha": alpha_of,
    "fleiss": kappa_of,
    "scott": pi_of,
    "ac": ac_of,
}
_ITEMS = {"item": pl.String, "votes": pl.Int64, "agreement": pl.Float64, "value": pl.Float64}
_VOTERS = {
    "voter": pl.String,
    "partners": pl.UInt32,
    "comparisons": pl.Int64,
    "abstentions": pl.Int64,
    **dict.fromkeys(("agreement", "value", "without", "change"), pl.Float64),
}


@dataclass(frozen=True, eq=False)
class How:
    """What the caller asked for.

    Metric (and the period of a circular one), order of labels, kind of interval with its resamples and level, and the
    seed; each coefficient takes from it what applies to it.
    """

    metric: Metric
    period: float | None
    order: Sequence[str] | None
    interval: str
    repeats: int
    level: float
    seed: int

    def metric_of(self, name: str) -> Metric:
        """The metric of a coefficient; `ordinal` belongs to alpha alone."""
        return "linear" if self.ordinal and name != "alpha" else self.metric

    @property
    def ordinal(self) -> bool:
        """Whether distances depend on the votes."""
        return isinstance(self.metric, str) and self.metric == "ordinal"

    @property
    def nominal(self) -> bool:
        """Whether votes are the same or not."""
        return isinstance(self.metric, str) and self.metric == "nominal"


@dataclass(eq=False)
class Found:
    """What an `Agreement` says.

    Coefficients, which of them leads, and tables of pairs, voters and items; empty tables where votes were read in
    parts.
    """

    coefficients: list[Coefficient]
    leading: str
    pairs: pl.DataFrame = field(default_factory=no_pairs)
    voters: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_VOTERS))
    by_item: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_ITEMS))
    notes: tuple[str, ...] = ()
    issues: Issues = field(default_factory=Issues)


def usual(opinions: Opinions | Shards) -> tuple[str, ...]:
    """The coefficients that fit the kind.

    Of labels percent agreement, Krippendorff's alpha, Fleiss' kappa and Gwet's AC, of two voters Cohen's kappa too; of
    scores alpha, the ICC and Kendall's W; of rankings W.
    """
    two = opinions.kind == "labels" and opinions.size("voter") == 2 and isinstance(opinions, Opinions)
    return USUAL[opinions.kind] + (("cohen",) if two else ())


def of_votes(opinions: Opinions | Shards, wanted: Sequence[str], how: How, engine: int | str | Engine) -> Found:
    """Coefficients and tables of labels or scores.

    The votes are counted once, where the engine says; coefficients of the same counts share their resamples. Pairs,
    voters and items are listed only where all votes are in memory.
    """
    whole = None if isinstance(opinions, Shards) else ratings_of(opinions, how.order)
    counted = counted_of(opinions if whole is None or engine != 1 else whole, order=how.order, engine=engine)
    measures = {name: _measure(name, counted, whole, how) for name in wanted if name not in ("icc", "w")}
    options = {"interval": how.interval, "repeats": how.repeats, "level": how.level, "rng": how.seed}
    estimated = dict(zip(measures, estimate(list(measures.values()), **options), strict=True))  # type: ignore[arg-type]
    coefficients: list[Coefficient] = []
    for name in wanted:
        coefficients += [estimated[name]] if name in estimated else _of_complete(name, whole, how)
    leading = next((name for name in measures if name != "percent"), next(iter(measures), "alpha"))
    lead = measures.get(leading) or _measure(leading, counted, whole, how)
    found = Found(coefficients, lead.name, issues=counted.issues)
    if how.ordinal and set(wanted) - {"alpha", "icc", "w"}:
        found.notes += ("ordinal is a distance of alpha alone; the other coefficients take linear distances",)
    if isinstance(opinions, Shards):
        found.issues += opinions.issues_with(counted.items if counted.items is not None else pl.Series(dtype=pl.String))
    if whole is None or isinstance(opinions, Shards):
        found.notes += ("the votes were read in parts: pairs, voters and items are not listed",)
        return found

    def rebuild(ratings: Ratings) -> Measure:
        return _measure(leading, counted_of(ratings), ratings, how)

    _add_tables(found, lead, whole, how, rebuild, abstained(opinions))
    return found


def of_rankings(opinions: Opinions | Shards, wanted: Sequence[str], how: How) -> Found:
    """Kendall's W of rankings, pairs of voters that rank alike, and what each voter does to W.

    W = 12 S / (m^2 (n^3 - n) - m T), of complete rankings by m voters of n candidates with ties T; its interval
    resamples candidates.
    """
    if set(wanted) != {"w"} or isinstance(opinions, Shards):
        raise InputError("coefficients", f"rankings have Kendall's W (w) only, got {', '.join(wanted)}")
    permutations = PERMUTATIONS if len(opinions) <= PERMUTED_CELLS else 0
    rng = spawn(how.seed, 1)[0]
    value = kendall_w(
        opinions, order=how.order, repeats=how.repeats, permutations=permutations, level=how.level, rng=rng
    )
    pairs, notes = ranked_pairs(opinions, how.level)
    voters = _listed(pairs, ranked_voters(opinions, value.value), abstained(opinions))
    return Found([value], value.name, pairs, voters, notes=notes)


def abstained(opinions: Opinions) -> pl.DataFrame:
    """voter, abstentions: rows in which the voter says nothing; one row per voter.

    Examples
    --------
    >>> from psephos.opinions import labels
    >>> abstained(labels([1, 1, 2, 2], ["ann", "bob", "ann", "bob"], ["a", None, "b", "b"])).rows()
    [('ann', 0), ('bob', 1)]
    """
    value, voter = opinions.value, opinions.codes("voter")
    silent = opinions.codes(value) < 0 if value in opinions.coded else np.isnan(opinions.numbers[value])
    counts = np.bincount(voter[silent], minlength=opinions.size("voter"))
    return pl.DataFrame({"voter": opinions.vocabulary("voter"), "abstentions": counts})


def _measure(name: str, counted: Counted, whole: Ratings | None, how: How) -> Measure:
    if name in OF_TWO and counted.n_voters != 2:
        raise InputError("coefficients", f"{name} needs 2 voters, got {counted.n_voters:,}", hint=f"use {OF_TWO[name]}")
    if name in _FROM_COUNTS:
        return _FROM_COUNTS[name](counted, how.metric_of(name), how.period)
    return own_chance_kappa(_in_memory(name, whole), how.metric_of(name), how.period)


def _of_complete(name: str, whole: Ratings | None, how: How) -> Sequence[Coefficient]:
    """Coefficients of the items that all voters judged."""
    ratings = _in_memory(name, whole)
    if name == "icc":
        return intraclass_correlations(
            ratings, interval=how.interval, repeats=how.repeats, level=how.level, rng=how.seed
        )
    cells = len(ratings.item)
    permutations = PERMUTATIONS if cells <= PERMUTED_CELLS else 0
    repeats = min(how.repeats, max(100, RANKED_CELLS // max(1, cells)))
    rng = spawn(how.seed, 1)[0]
    found = kendall_w(ratings, repeats=repeats, permutations=permutations, level=how.level, rng=rng)
    if repeats == how.repeats or not math.isfinite(found.low):
        return [found]
    note = f"interval from {repeats:,} resamples"
    return [replace(found, note="; ".join(filter(None, [found.note, note])))]


def _in_memory(name: str, whole: Ratings | None) -> Ratings:
    if whole is None:
        raise InputError(
            "coefficients", f"{name} tells voters apart, and votes are read in parts", hint="use psephos.read"
        )
    return whole


def _add_tables(
    found: Found, lead: Measure, ratings: Ratings, how: How, rebuild: Rebuild, silent: pl.DataFrame
) -> None:
    """Pairs, voters and items, as far as they are not too many."""
    counted = counted_of(ratings)
    if ratings.n_voters <= (MOST_VOTERS if how.nominal else MOST_APART):
        nominal = how.nominal
        found.pairs = nominal_pairs(ratings, how.level) if nominal else pairs_apart(ratings, lead.distance, how.level)
    else:
        found.notes += (f"{ratings.n_voters:,} voters have too many pairs to list",)
    moved = voters_table(lead, counted, ratings, rebuild)
    found.voters = _listed(found.pairs, moved, silent)
    found.by_item = items_table(lead, counted, ratings)
    if ratings.n_voters > 2 and lead.items and moved["without"].null_count() == moved.height:
        found.notes += (f"how far each voter moves {lead.name} would take too long to find here",)


def _listed(pairs: pl.DataFrame, moved: pl.DataFrame, silent: pl.DataFrame) -> pl.DataFrame:
    """What pairs and coefficient say of each voter, those that agree least first; who only abstained stands last."""
    joined = by_voter(pairs).join(moved, on="voter", how="full", coalesce=True) if pairs.height else moved
    joined = joined.join(silent, on="voter", how="full", coalesce=True)
    joined = joined.filter(pl.col("voter").is_in(moved["voter"].implode()) | (pl.col("abstentions") > 0))
    columns = [
        pl.col(name).cast(dtype) if name in joined.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in _VOTERS.items()
    ]
    return joined.select(columns).sort("agreement", "value", "voter", nulls_last=True)
