"""Do agents that debate follow each other, and does it make them right?

Scores by rounds are the same data as reviews before and after: an agent is a reviewer, a round a snapshot. For each
round the mean spread of the agents within an item and, where the truth is known, the mean error |panel mean - truth|.
The conformity index of an agent is the slope of its change on its gap to the others,

    index = sum D gap / sum gap^2,      0 stands firm, 1 takes the others' mean, below 0 moves away,

over all steps from one round to the next. A step is an alarm where the spread falls and the error does not.

Source: ours (sheet 36, "the same report for LLM debates"). The standard error of the index is clustered by item.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, Result, json_ready
from psephos.studies.peer_review.building import reviews
from psephos.studies.peer_review.reviews import Floats, Reviews


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Debate(Result):
    """What rounds of a debate do.

    Attributes
    ----------
    rounds : polars.DataFrame
        round, scores, items, mean, spread (mean over items with two or more), error (null if no truth is known).
    agents : polars.DataFrame
        agent, steps (changes of round), moved (share of steps), index, standard_error; the most conformist first.
    alarms : polars.DataFrame
        from_round, to_round, spread_change, error_change: steps on which the spread fell and the error did not.
    """

    rounds: pl.DataFrame
    agents: pl.DataFrame
    alarms: pl.DataFrame

    def table(self) -> pl.DataFrame:
        """The rounds."""
        return self.rounds

    def summary(self) -> list[tuple[str, str]]:
        """The debate in a few lines."""
        first, last = self.rounds.row(0, named=True), self.rounds.row(-1, named=True)
        lines = [("spread", f"{_said(first['spread'])} in round {first['round']}, {_said(last['spread'])} in the last")]
        if last["error"] is not None:
            lines.append(
                ("error", f"{_said(first['error'])} in round {first['round']}, {_said(last['error'])} in the last")
            )
        if self.agents.height:
            most = self.agents.row(0, named=True)
            lines.append(("most conformist", f"{most['agent']}: index {_said(most['index'])}"))
        steps = ", ".join(f"{a} to {b}" for a, b in self.alarms.select("from_round", "to_round").iter_rows())
        if last["error"] is not None:
            lines.append(("alarm", f"agreement without accuracy: round {steps}" if steps else "none"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, object]:
        """The whole answer, ready for JSON."""
        tables = {"agents": self.agents.to_dicts(), "alarms": self.alarms.to_dicts()}
        return {**super().to_dict(), **json_ready(tables)}


def from_rounds(opinions: Opinions, *, first: int | None = None, last: int | None = None) -> Reviews:
    """Reviews from opinions of kind ``scores`` with rounds: what was said in two of them.

    Parameters
    ----------
    opinions : Opinions
        With a column ``round``.
    first, last : int, optional
        The rounds; the lowest and the highest if not given.

    Returns
    -------
    Reviews
        Ready for every function of the study.

    Raises
    ------
    InputError
        If the opinions are no scores with two rounds or more, or a round is not there.

    Examples
    --------
    >>> from psephos.opinions import scores
    >>> said = scores(["a", "a", "a", "a"], ["x", "y", "x", "y"], [1, 5, 3, 5], round=[0, 0, 1, 1])
    >>> from_rounds(said).change.tolist()
    [2.0, 0.0]
    """
    frame, rounds = _rounds(opinions)
    chosen = [rounds[0] if first is None else first, rounds[-1] if last is None else last]
    for name, number in zip(("first", "last"), chosen, strict=True):
        if number not in rounds:
            raise InputError(name, f"there is no round {number}; rounds are {', '.join(map(str, rounds))}")
    before, after = (
        frame.filter(pl.col("round") == number).select("item", reviewer="voter", **{name: "score"})
        for name, number in zip(("before", "after"), chosen, strict=True)
    )
    both = before.join(after, on=["item", "reviewer"], how="full", coalesce=True)
    return reviews(both, tracing=None, name="rounds", source=opinions.source)


def debate(opinions: Opinions) -> Debate:
    """Say what the rounds of a debate do to spread, error and each agent.

    Parameters
    ----------
    opinions : Opinions
        Of kind ``scores`` with a column ``round``; a numeric ``gold`` in the table about items is the truth.

    Returns
    -------
    Debate
        One row for each round, and one for each agent.

    Raises
    ------
    InputError
        If the opinions are no scores with two rounds or more.

    Examples
    --------
    >>> from psephos.opinions import scores
    >>> said = scores(["a", "a", "a", "a"], ["x", "y", "x", "y"], [1, 5, 3, 5], round=[0, 0, 1, 1])
    >>> debate(said).agents.select("agent", "index").rows()
    [('x', 0.5), ('y', 0.0)]
    """
    frame, rounds = _rounds(opinions)
    truth = _truth(opinions)
    per_item = frame.group_by("round", "item").agg(
        pl.col("score").mean().alias("mean"), pl.col("score").std().alias("spread"), pl.len().alias("scores")
    )
    if truth is not None:
        per_item = per_item.join(truth, on="item", how="left").with_columns((pl.col("mean") - pl.col("truth")).abs())
        per_item = per_item.rename({"mean": "error"}).join(
            frame.group_by("round", "item").agg(pl.col("score").mean().alias("mean")), on=["round", "item"]
        )
        per_item = per_item.with_columns(pl.when(pl.col("truth").is_not_null()).then(pl.col("error")).alias("error"))
    else:
        per_item = per_item.with_columns(pl.lit(None, dtype=pl.Float64).alias("error"))
    table = per_item.group_by("round").agg(
        pl.col("scores").sum(), pl.len().alias("items"), pl.col("mean", "spread", "error").mean()
    )
    table = table.sort("round").select("round", "scores", "items", "mean", "spread", "error")
    steps = table.select(
        from_round=pl.col("round").shift(1),
        to_round="round",
        spread_change=pl.col("spread").diff(),
        error_change=pl.col("error").diff(),
    ).drop_nulls()
    alarms = steps.filter((pl.col("spread_change") < -1e-12) & (pl.col("error_change") >= -1e-12))
    notes = () if truth is not None else ("no item has a numeric gold: errors are unknown, no alarm can be raised",)
    return Debate(
        provenance=Provenance("peer review: debate", {}, opinions.source, notes=notes),
        rounds=table,
        agents=_agents(opinions, rounds),
        alarms=alarms,
    )


def _rounds(opinions: Opinions) -> tuple[pl.DataFrame, list[int]]:
    if opinions.kind != "scores":
        raise InputError("opinions", f"a debate is made of scores, not of {opinions.kind}")
    frame = opinions.frame()
    if "round" not in frame.columns:
        raise InputError("opinions", "have no column 'round'")
    frame = frame.drop_nulls(["round", "score"]).select("item", "voter", "score", pl.col("round").cast(pl.Int64))
    rounds = frame["round"].unique().sort().to_list()
    if len(rounds) < 2:
        raise InputError("opinions", f"need at least two rounds, got {len(rounds)}")
    return frame, rounds


def _truth(opinions: Opinions) -> pl.DataFrame | None:
    """The numeric gold of the items, None if there is none."""
    table = opinions.about.tables.get("items")
    if table is None or "gold" not in table.columns:
        return None
    numbers = table.select("item", truth=pl.col("gold").cast(pl.Float64, strict=False)).drop_nulls()
    return numbers if numbers.height else None


def _agents(opinions: Opinions, rounds: list[int]) -> pl.DataFrame:
    steps = [from_rounds(opinions, first=a, last=b) for a, b in pairwise(rounds)]
    parts = [
        pl.DataFrame(
            {
                "agent": step.reviewers.filter(pl.Series(step.modelled)),
                "item": step.items.gather(step.item[step.modelled]),
                "change": step.change[step.modelled],
                "gap": step.gap[step.modelled],
            }
        )
        for step in steps
    ]
    rows = []
    for (agent,), mine in pl.concat(parts).group_by("agent", maintain_order=True):
        change, gap = mine["change"].to_numpy(), mine["gap"].to_numpy()
        index, error = _slope(change, gap, mine["item"].rank("dense").to_numpy().astype(np.int64) - 1)
        rows.append((agent, len(change), float((change != 0).mean()), index, error))
    schema = {"agent": pl.String, "steps": pl.Int64, "moved": pl.Float64, "index": pl.Float64}
    frame = pl.DataFrame(rows, schema=schema | {"standard_error": pl.Float64}, orient="row")
    frame = frame.with_columns(pl.col("index", "standard_error").fill_nan(None))
    return frame.sort("index", "agent", descending=[True, False], nulls_last=True)


def _slope(change: Floats, gap: Floats, item: np.ndarray) -> tuple[float, float]:
    """Slope through the origin and its standard error, clustered by item."""
    size = float(gap @ gap)
    if size <= 1e-12:
        return math.nan, math.nan
    index = float(change @ gap) / size
    sums = np.bincount(item, weights=(change - index * gap) * gap)
    groups = len(sums)
    error = math.sqrt(groups / (groups - 1) * float(sums @ sums)) / size if groups > 1 else math.nan
    return index, error


def _said(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
