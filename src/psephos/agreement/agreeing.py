"""How far do the voters agree, in every way that fits their opinions?

Labels have percent agreement, Krippendorff's alpha, Fleiss' kappa, Gwet's AC1 and, of two voters, Cohen's kappa; scores
have alpha for intervals, intraclass correlations and Kendall's W; rankings have Kendall's W. The first coefficient that
takes chance out leads: its parts per item and voter are listed, and how far each voter moves it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from psephos.agreement import influence
from psephos.agreement.coefficient import Coefficient, Measure, check_interval, estimate
from psephos.agreement.cohen import own_chance_kappa
from psephos.agreement.concordance import ranked_pairs, ranked_voters
from psephos.agreement.counting import Counted, counted_of
from psephos.agreement.distances import METRICS, Metric, distance_of
from psephos.agreement.fleiss import kappa_of
from psephos.agreement.gwet import ac_of
from psephos.agreement.icc import intraclass_correlation
from psephos.agreement.kendall import kendall_w
from psephos.agreement.krippendorff import alpha_of
from psephos.agreement.pairs import MOST_APART, MOST_VOTERS, by_voter, no_pairs, nominal_pairs, pairs_apart
from psephos.agreement.percent import PercentAgreement
from psephos.agreement.ratings import Ratings, ratings_of
from psephos.engine import Engine, Rng, seed_of, spawn
from psephos.errors import InputError, check_choice
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.issues import Issues
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, Result, command_for, json_ready
from psephos.opinions.sharding import Shards, check_opinions

COEFFICIENTS = ("percent", "alpha", "fleiss", "ac", "cohen", "conger", "scott", "icc", "w")
USUAL = {"labels": ("percent", "alpha", "fleiss", "ac"), "scores": ("alpha", "icc", "w"), "rankings": ("w",)}
ICC_SHOWN = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)")
PERMUTED_CELLS = 100_000
"""Up to so many ranks the permutation test of Kendall's W is made; chi-square is close with more."""
ITEMS_IN_JSON = 100

_Made = Callable[[Counted, Metric, float | None], Measure]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Agreement(Result):
    """How far voters agree.

    Attributes
    ----------
    coefficients : tuple of Coefficient
        Each coefficient with its interval.
    leading : str
        Name of the coefficient whose parts stand in `voters` and `by_item`.
    pairs : polars.DataFrame
        left, right, items, agreement, low, high, kappa: one row per pair of voters with common items.
    voters : polars.DataFrame
        voter, partners, items (common ones, over all partners), agreement (mean over these), value (of the leading
        coefficient, with the others), without (that of the others alone), change (without less that of all); lowest
        agreement first.
    by_item : polars.DataFrame
        item, votes, agreement, value: one row per item with at least two votes, lowest agreement first.
    issues : Issues
        What was set aside or found odd in the input.
    opinions : Opinions or Shards, optional
        The votes, after equivalent choices were made one.
    """

    coefficients: tuple[Coefficient, ...]
    leading: str
    pairs: pl.DataFrame
    voters: pl.DataFrame
    by_item: pl.DataFrame
    issues: Issues
    opinions: Opinions | Shards | None = field(default=None)

    def table(self) -> pl.DataFrame:
        """One row per coefficient: name, value, low, high, level, items, note, means; null where undefined."""
        rows = [(c.name, c.value, c.low, c.high, c.level, c.items, c.note, c.means) for c in self.coefficients]
        schema = ["name", "value", "low", "high", "level", "items", "note", "means"]
        return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
            pl.col("value", "low", "high").fill_nan(None)
        )

    def summary(self) -> list[tuple[str, str]]:
        """The agreement in a few lines."""
        lines = [(c.name, str(c).removeprefix(f"{c.name} ")) for c in self.coefficients]
        lead = next((c for c in self.coefficients if c.name == self.leading), None)
        if lead is not None and lead.means:
            lines.append((f"{lead.name} means", lead.means))
        compared = self.voters.drop_nulls("agreement")
        if compared.height:
            least = compared.row(0, named=True)
            lines.append(("least like the others", f"{least['voter']}: {least['agreement']:.3f} of {least['items']:,}"))
        moved = self.voters.drop_nulls("change")
        if moved.height:
            most = moved.sort(pl.col("change").abs(), "voter", descending=[True, False]).row(0, named=True)
            said = f"{most['voter']}: without it {self.leading} is {most['without']:.3f} ({most['change']:+.3f})"
            lines.append(("most influence", said.replace("-", "\u2212") if most["change"] < 0 else said))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, object]:
        """The whole answer, ready for JSON; of the items those with the lowest agreement."""
        return super().to_dict() | {
            "pairs": json_ready(self.pairs.to_dicts()),
            "voters": json_ready(self.voters.to_dicts()),
            "by_item": json_ready(self.by_item.head(ITEMS_IN_JSON).to_dicts()),
            "leading": self.leading,
            "issues": self.issues.to_list(),
        }


def agree(
    opinions: Opinions | Shards,
    *,
    coefficients: Sequence[str] | None = None,
    metric: Metric | None = None,
    period: float | None = None,
    order: Sequence[str] | None = None,
    equivalence: Equivalence = "exact",
    interval: str = "bootstrap",
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = 0,
    engine: int | str | Engine = 1,
) -> Agreement:
    """Say how far the voters agree: coefficients with intervals, each pair of voters, each voter, each item.

    Parameters
    ----------
    opinions : Opinions or Shards
        Of kind ``labels``, ``scores`` or ``rankings``.
    coefficients : sequence of str, optional
        Of ``"percent"``, ``"alpha"``, ``"fleiss"``, ``"ac"``, ``"cohen"``, ``"conger"``, ``"scott"``, ``"icc"``,
        ``"w"``; those that fit the kind if not given.
    metric : str, callable or array_like, optional
        How far apart two votes are, see `psephos.agreement.distances`; ``"nominal"`` for labels, ``"interval"`` for
        scores if not given. ``"ordinal"`` is a distance of alpha alone: others take ``"linear"`` with it.
    period : float, optional
        Length of a turn of the circular metric.
    order : sequence of str, optional
        The labels from the lowest to the highest; natural order if not given.
    equivalence : str or callable, default "exact"
        Which answers are the same; see `psephos.opinions.equivalence`.
    interval : {"bootstrap", "analytic"}, default "bootstrap"
        Percentiles of resampled items, or by formula.
    repeats : int, default 1000
        Resamples of the items for the intervals; 0 for none.
    level : float, default 0.95
        Coverage of the intervals.
    rng : int, Generator or None, default 0
        Source of the resamples.
    engine : int, str or Engine, default 1
        Where votes are counted; see `psephos.engine.map_shards`.

    Returns
    -------
    Agreement

    Raises
    ------
    InputError
        If the opinions are of another kind, there are fewer than two voters, a coefficient does not fit, or an option
        is unknown.

    Examples
    --------
    >>> from psephos.opinions import from_matrix
    >>> found = agree(from_matrix([["a", "a"], ["b", "b"], ["a", "b"]]), repeats=0)
    >>> found.table().select("name", pl.col("value").round(3)).rows()[:2]
    [('percent agreement', 0.667), ("Krippendorff's alpha", 0.444)]
    """
    check_opinions(opinions)
    check_interval(interval, repeats, level)
    if opinions.kind not in USUAL:
        raise InputError("opinions", f"agreement is measured on labels, scores and rankings, not on {opinions.kind}")
    wanted = tuple(dict.fromkeys(coefficients or _usual(opinions)))
    for name in wanted:
        check_choice("coefficients", name, COEFFICIENTS)
    labels = opinions.kind == "labels"
    chosen: Metric = metric if metric is not None else ("nominal" if labels else "interval")
    if isinstance(chosen, str):
        check_choice("metric", chosen, METRICS)
    merged = opinions.merged(equivalence) if labels else opinions
    seed = seed_of(rng)
    how = _How(chosen, period, order, interval, repeats, level, seed)
    if opinions.kind == "rankings":
        found = _of_rankings(merged, wanted, how)
    else:
        found = _of_votes(merged, wanted, how, engine)
    parameters, command = _said(merged, coefficients and wanted, metric, how, equivalence)
    notes = found.notes
    if not isinstance(merged, Shards) and merged.weights() is not None:
        notes += ("weights of rows are not used: every vote counts once",)
    return Agreement(
        provenance=Provenance("agreement", parameters, merged.source, seed=seed, command=command, notes=notes),
        coefficients=tuple(found.coefficients),
        leading=found.leading,
        pairs=found.pairs,
        voters=found.voters,
        by_item=found.by_item,
        issues=merged.issues + found.issues,
        opinions=merged,
    )


@dataclass(frozen=True, eq=False)
class _How:
    metric: Metric
    period: float | None
    order: Sequence[str] | None
    interval: str
    repeats: int
    level: float
    seed: int


@dataclass(eq=False)
class _Found:
    coefficients: list[Coefficient]
    leading: str
    pairs: pl.DataFrame
    voters: pl.DataFrame
    by_item: pl.DataFrame
    notes: tuple[str, ...] = ()
    issues: Issues = Issues()


_ITEMS = {"item": pl.String, "votes": pl.Int64, "agreement": pl.Float64, "value": pl.Float64}
_VOTERS = {
    "voter": pl.String,
    "partners": pl.UInt32,
    "items": pl.Int64,
    **dict.fromkeys(("agreement", "value", "without", "change"), pl.Float64),
}


def _usual(opinions: Opinions | Shards) -> tuple[str, ...]:
    two = opinions.kind == "labels" and opinions.size("voter") == 2 and not isinstance(opinions, Shards)
    return USUAL[opinions.kind] + (("cohen",) if two else ())


def _percent(counted: Counted, metric: Metric, period: float | None) -> Measure:
    measure = PercentAgreement(counted.counts, distance_of(metric, counted.levels, period))
    if metric != "nominal" if isinstance(metric, str) else True:
        measure.name = f"percent agreement ({metric if isinstance(metric, str) else 'own distance'})"
    return measure


def _made(name: str) -> _Made | None:
    makers: dict[str, _Made] = {
        "percent": _percent,
        "alpha": alpha_of,
        "fleiss": kappa_of,
        "scott": kappa_of,
        "ac": ac_of,
    }
    return makers.get(name)


def _of_votes(opinions: Opinions | Shards, wanted: tuple[str, ...], how: _How, engine: int | str | Engine) -> _Found:
    whole = None if isinstance(opinions, Shards) else ratings_of(opinions, how.order)
    counted = counted_of(opinions if whole is None or engine != 1 else whole, order=how.order, engine=engine)
    if whole is not None and counted.row is None:
        counted = counted_of(whole)
    notes: list[str] = []
    measures: dict[str, Measure] = {}
    ordinal = isinstance(how.metric, str) and how.metric == "ordinal"
    if ordinal and set(wanted) - {"alpha", "icc", "w"}:
        notes.append("ordinal is a distance of alpha alone; the other coefficients take linear distances")
    for name in wanted:
        metric: Metric = "linear" if ordinal and name != "alpha" else how.metric
        if name in ("scott", "cohen") and counted.n_voters != 2:
            other = "fleiss" if name == "scott" else "conger"
            raise InputError("coefficients", f"{name} needs 2 voters, got {counted.n_voters:,}", hint=f"use {other}")
        if (maker := _made(name)) is not None:
            measures[name] = maker(counted, metric, how.period)
        elif name in ("cohen", "conger"):
            if whole is None:
                raise InputError("coefficients", f"{name} tells voters apart, which votes read in parts do not")
            measures[name] = own_chance_kappa(whole, metric, how.period)
        elif whole is None:
            raise InputError("coefficients", f"{name} needs all votes of an item in memory", hint="use psephos.read")
        if name == "scott":
            measures[name].name = measures[name].name.replace("Fleiss' kappa", "Scott's pi")
    streams = spawn(how.seed, 2)
    estimated = estimate(
        list(measures.values()), interval=how.interval, repeats=how.repeats, level=how.level, rng=how.seed
    )
    by_name = dict(zip(measures, estimated, strict=True))
    coefficients: list[Coefficient] = []
    for name in wanted:
        if name in by_name:
            coefficients.append(by_name[name])
        elif whole is not None:
            coefficients += _of_tables(name, whole, how, streams)
    lead_name = next((name for name in measures if name != "percent"), next(iter(measures), "alpha"))
    lead = measures.get(lead_name) or alpha_of(counted, how.metric, how.period)
    found = _Found(coefficients, lead.name, no_pairs(), pl.DataFrame(schema=_VOTERS), pl.DataFrame(schema=_ITEMS))
    found.issues = counted.issues
    if isinstance(opinions, Shards):
        found.issues += opinions.issues_with(
            counted.items if counted.items is not None else pl.Series([], dtype=pl.String)
        )
    if whole is None:
        notes.append("the votes were read in parts: pairs, voters and items are not listed")
    else:
        _add_tables(found, lead, counted, whole, how, lambda part: _again(lead_name, part, how, ordinal), notes)
    found.notes = tuple(notes)
    return found


def _again(name: str, ratings: Ratings, how: _How, ordinal: bool) -> Measure:
    metric: Metric = "linear" if ordinal and name != "alpha" else how.metric
    maker = _made(name)
    return (
        own_chance_kappa(ratings, metric, how.period)
        if maker is None
        else maker(counted_of(ratings), metric, how.period)
    )


def _of_tables(name: str, ratings: Ratings, how: _How, streams: list[np.random.Generator]) -> list[Coefficient]:
    """Coefficients of the items that all voters judged."""
    if name == "w":
        cells = len(ratings.item)
        permutations = 999 if cells <= PERMUTED_CELLS else 0
        return [kendall_w(ratings, repeats=how.repeats, permutations=permutations, level=how.level, rng=streams[0])]
    options = {"interval": how.interval, "repeats": how.repeats, "level": how.level}
    return [intraclass_correlation(ratings, form=form, rng=how.seed, **options) for form in ICC_SHOWN]  # type: ignore[arg-type]


def _add_tables(
    found: _Found,
    lead: Measure,
    counted: Counted,
    ratings: Ratings,
    how: _How,
    rebuild: influence.Rebuild,
    notes: list[str],
) -> None:
    nominal = isinstance(how.metric, str) and how.metric == "nominal"
    if ratings.n_voters <= (MOST_VOTERS if nominal else MOST_APART):
        found.pairs = nominal_pairs(ratings, how.level) if nominal else pairs_apart(ratings, lead.distance, how.level)
    else:
        notes.append(f"{ratings.n_voters:,} voters have too many pairs to list")
    moved = influence.voters_table(lead, counted, ratings, rebuild)
    joined = by_voter(found.pairs).join(moved, on="voter", how="full", coalesce=True) if found.pairs.height else moved
    listed = [
        pl.col(name).cast(dtype) if name in joined.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in _VOTERS.items()
    ]
    found.voters = joined.select(listed).sort("agreement", "value", "voter", nulls_last=True)
    found.by_item = influence.items_table(lead, counted, ratings)
    if ratings.n_voters > 2 and moved.height and moved["without"].null_count() == moved.height and lead.items:
        notes.append("how far each voter moves the coefficient would take too long here")


def _of_rankings(opinions: Opinions | Shards, wanted: tuple[str, ...], how: _How) -> _Found:
    if set(wanted) != {"w"} or isinstance(opinions, Shards):
        raise InputError("coefficients", f"rankings have Kendall's W (w) only, got {', '.join(wanted)}")
    value = kendall_w(
        opinions, order=how.order, repeats=how.repeats, permutations=999, level=how.level, rng=spawn(how.seed, 1)[0]
    )
    pairs, notes = ranked_pairs(opinions)
    moved = ranked_voters(opinions, value.value)
    joined = by_voter(pairs).join(moved, on="voter", how="full", coalesce=True) if pairs.height else moved
    listed = [
        pl.col(name).cast(dtype) if name in joined.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in _VOTERS.items()
    ]
    voters = joined.select(listed).sort("agreement", "voter", nulls_last=True)
    return _Found([value], value.name, pairs, voters, pl.DataFrame(schema=_ITEMS), notes)


def _said(
    opinions: Opinions | Shards,
    wanted: Sequence[str] | None,
    metric: Metric | None,
    how: _How,
    equivalence: Equivalence,
) -> tuple[dict[str, object], str]:
    """Parameters for the provenance, and the command that gives the result again."""
    plain = metric if isinstance(metric, str) or metric is None or callable(metric) else "a matrix"
    options: dict[str, object] = {
        "coefficient": ",".join(wanted) if wanted else None,
        "metric": plain,
        "period": how.period,
        "order": None if how.order is None else command_list(how.order),
        "equivalence": equivalence,
        "interval": None if how.interval == "bootstrap" else how.interval,
        "repeats": how.repeats,
        "level": how.level,
    }
    stated = {name: value for name, value in options.items() if value is not None}
    parameters = {name: "a function" if callable(value) else value for name, value in stated.items()}
    command = "" if plain == "a matrix" else command_for("agree", opinions.source, stated | {"seed": how.seed})
    return parameters, command


def command_list(names: Sequence[str]) -> str:
    """Names as one line of CSV, as the command line takes them.

    Examples
    --------
    >>> command_list(["low", "fair, at best"])
    'low,"fair, at best"'
    """
    import csv
    import io

    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()
