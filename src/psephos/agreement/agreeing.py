"""How far do the voters agree, in every way that fits their opinions?

Labels have percent agreement, Krippendorff's alpha, Fleiss' kappa, Gwet's AC1 and, of two voters, Cohen's kappa; scores
have alpha for intervals, intraclass correlations and Kendall's W; rankings have Kendall's W. The first coefficient that
takes chance out leads: its parts per item and voter are listed, and how far each voter moves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from psephos.agreement.choosing import COEFFICIENTS, USUAL, How, of_rankings, of_votes, usual
from psephos.agreement.coefficient import Coefficient, check_interval
from psephos.agreement.distances import METRICS, Metric
from psephos.engine import Engine, Rng, seed_of
from psephos.errors import InputError, check_choice
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.issues import Issues
from psephos.opinions.kinds import taken_by
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, Result, command_for, json_ready
from psephos.opinions.sharding import Shards, check_opinions
from psephos.opinions.sources import listed_texts
from psephos.opinions.wording import plural, true_minus

ITEMS_IN_JSON = 100


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
        voter, partners, comparisons (an item with one partner is one), abstentions (rows without a vote), agreement
        (mean over the comparisons), value (of the leading coefficient, with the others), without (that of the others
        alone), change (without less that of all); lowest agreement first, last those that only abstained.
    by_item : polars.DataFrame
        item, votes, agreement, value: one row per item with at least two votes, lowest agreement first.
    issues : Issues
        What was set aside or found odd in the input.
    opinions : Opinions or Shards, optional
        The votes, after equivalent choices were made one.

    See Also
    --------
    psephos.agree : makes it.

    Examples
    --------
    >>> import psephos
    >>> votes = psephos.from_matrix([["a", "a"], ["b", "b"], ["a", "b"], ["b", "b"]], voters=["ann", "bob"])
    >>> found = psephos.agree(votes, repeats=0)
    >>> found.pairs.select("left", "right", "items", "agreement").rows()
    [('ann', 'bob', 4, 0.75)]
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
        compared = self.voters.drop_nulls("agreement")
        if compared.height:
            least = compared.row(0, named=True)
            said = f"{least['voter']}: {least['agreement']:.3f} of {plural(least['comparisons'], 'comparison')}"
            lines.append(("least like the others", said))
        moved = self.voters.drop_nulls("change")
        if moved.height:
            most = moved.sort(pl.col("change").abs(), "voter", descending=[True, False]).row(0, named=True)
            said = f"{most['voter']}: without it {self.leading} is {most['without']:.3f} ({most['change']:+.3f})"
            lines.append(("most influence", true_minus(said) if most["change"] < 0 else said))
        lines += [(f"{c.name} means", c.means) for c in self.coefficients]
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
        The coefficients that fit, with intervals; tables of pairs, voters and items that stand out.

    Raises
    ------
    InputError
        If the opinions are of another kind, there are fewer than two voters, a coefficient does not fit, or an option
        is unknown.

    See Also
    --------
    psephos.decide : what they say together.
    psephos.agreement : each coefficient by itself.

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
        raise InputError(
            "opinions",
            f"agreement is measured on labels, scores and rankings, not on {opinions.kind}",
            hint="read samples as labels" if opinions.kind == "samples" else taken_by(opinions.kind),
        )
    wanted = tuple(dict.fromkeys(coefficients or usual(opinions)))
    for name in wanted:
        check_choice("coefficients", name, COEFFICIENTS)
    labels = opinions.kind == "labels"
    chosen: Metric = metric if metric is not None else ("nominal" if labels else "interval")
    if isinstance(chosen, str):
        check_choice("metric", chosen, METRICS)
    merged = opinions.merged(equivalence) if labels else opinions
    seed = seed_of(rng)
    how = How(chosen, period, order, interval, repeats, level, seed)
    ranked = opinions.kind == "rankings"
    found = of_rankings(merged, wanted, how) if ranked else of_votes(merged, wanted, how, engine)
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


def _said(
    opinions: Opinions | Shards,
    wanted: Sequence[str] | None,
    metric: Metric | None,
    how: How,
    equivalence: Equivalence,
) -> tuple[dict[str, object], str]:
    """Parameters for the provenance, and the command that gives the result again."""
    plain = metric if isinstance(metric, str) or metric is None or callable(metric) else "a matrix"
    options: dict[str, object] = {
        "coefficient": ",".join(wanted) if wanted else None,
        "metric": plain,
        "period": how.period,
        "order": None if how.order is None else listed_texts(how.order),
        "equivalence": equivalence,
        "interval": None if how.interval == "bootstrap" else how.interval,
        "repeats": how.repeats,
        "level": how.level,
    }
    stated = {name: value for name, value in options.items() if value is not None}
    parameters = {name: "a function" if callable(value) else value for name, value in stated.items()}
    command = "" if plain == "a matrix" else command_for("agree", opinions.source, stated | {"seed": how.seed})
    return parameters, command
