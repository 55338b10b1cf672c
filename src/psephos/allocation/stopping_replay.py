"""How many stored samples would a stopping rule have saved, and at what price?

Each rule looks after every sample of a question and stops at its first yes; what it would have answered then is
compared with the majority of the whole pool. No model is needed, and all rules meet the same samples.

Source: ours, on the rules of `stopping`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.allocation.pools import Pools, PoolsLike, pools_of
from psephos.allocation.stopping import mode_certainty, stop_by_certainty, stop_by_evidence
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.outcomes import Provenance, Result, json_ready, option_name
from psephos.statistics import wilson_interval

RULES = ("asc", "dirichlet", "ppr", "ppr-rest", "esc")

PART = 5000
"""Questions that are looked at together."""

COLUMNS = {"rule": pl.String, "place": pl.Int64, "samples": pl.Int64, "stopped": pl.Boolean, "answer": pl.String}


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class StoppingReplay(Result):
    """What stopping rules would have done with stored samples.

    Attributes
    ----------
    rules : polars.DataFrame
        One row per rule; see `table`.
    questions : polars.DataFrame
        rule, question, samples (used), pool, stopped, answer, agrees (null where the pool has no answer).
    """

    rules: pl.DataFrame
    questions: pl.DataFrame

    def table(self) -> pl.DataFrame:
        """One row per rule.

        rule, questions, samples (used, on average), saved (share of all stored samples), stopped (share of questions),
        agrees (share of questions answered as by the whole pool) with low and high, wrong_stops (share of the stops
        that the whole pool contradicts).
        """
        return self.rules

    def summary(self) -> list[tuple[str, str]]:
        """One line a rule."""
        lines = []
        for row in self.rules.iter_rows(named=True):
            text = f"{row['samples']:.1f} samples a question, {row['saved']:.0%} saved, stops {row['stopped']:.0%}"
            agrees = "no answer to compare" if row["agrees"] is None else f"agrees with the pool {row['agrees']:.1%}"
            lines.append((row["rule"], f"{text}, {agrees}"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        return super().to_dict() | {"questions": json_ready(self.questions.to_dicts())}


def replay_stopping(
    pools: PoolsLike,
    rules: Sequence[str] = ("asc", "ppr", "esc"),
    *,
    threshold: float = 0.95,
    delta: float = 0.05,
    width: int = 5,
    n_classes: int | None = None,
    equivalence: Equivalence = "exact",
) -> StoppingReplay:
    """Compare stopping rules on stored samples.

    Parameters
    ----------
    pools : mapping of question to sequence of answers, or Opinions
        Stored samples in the order in which they were drawn, or opinions of kind ``samples`` of one voter.
    rules : sequence of str, default ("asc", "ppr", "esc")
        Among `RULES`.
    threshold, delta : float, default 0.95 and 0.05
        Certainty of ``"asc"`` and ``"dirichlet"``; chance of an error of ``"ppr"`` and ``"ppr-rest"``.
    width : int, default 5
        Window of ``"esc"``.
    n_classes : int, optional
        Answers there can be; by default one more than those seen so far.
    equivalence : str or callable, default "exact"
        Which answers are the same.

    Returns
    -------
    StoppingReplay
        For each rule and question when it stops and whether it is right; the samples saved.

    Raises
    ------
    InputError
        If there is no question, a rule is unknown, or a parameter is out of range.

    See Also
    --------
    replay : one budget for all questions.

    Examples
    --------
    >>> found = replay_stopping({"q1": list("aaaaaaaa"), "q2": list("abbaabab")}, ["asc", "esc"])
    >>> found.table().select("rule", "samples", "saved", "agrees").rows()
    [('asc', 6.0, 0.25, 1.0), ('esc', 6.5, 0.1875, 1.0)]
    """
    stored = pools_of(pools, equivalence)
    check_number("threshold", threshold, low=0, high=1, open_ends=True)
    check_number("delta", delta, low=0, high=1, open_ends=True)
    check_count("width", width)
    if isinstance(rules, str) or not rules:
        raise InputError("rules", f"must be a sequence of rules, got {rules!r:.60}")
    for rule in rules:
        check_choice("rules", rule, RULES)
    chosen = dict.fromkeys(rules)
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for start in range(0, len(stored.names), PART):
        part = _Part(stored.answers[start : start + PART])
        for rule in chosen:
            used, stopped = part.stops(rule, threshold, delta, width, n_classes)
            answers = part.leaders(used)
            columns["rule"] += [rule] * len(answers)
            columns["place"] += range(start, start + len(answers))
            columns["samples"] += used.tolist()
            columns["stopped"] += stopped.tolist()
            columns["answer"] += answers
    table = _questions(columns, stored)
    parameters = {"rules": list(rules), "threshold": threshold, "delta": delta, "width": width, "n_classes": n_classes}
    parameters["equivalence"] = option_name(equivalence)
    return StoppingReplay(
        provenance=Provenance(
            "replay_stopping",
            parameters,
            stored.source,
            notes=("agreement is with the majority of each whole pool, not with the truth",),
        ),
        rules=_by_rule(table),
        questions=table,
    )


def _by_rule(table: pl.DataFrame) -> pl.DataFrame:
    stops = pl.col("stopped")
    found = table.group_by("rule", maintain_order=True).agg(
        questions=pl.len(),
        samples=pl.col("samples").mean(),
        saved=1 - pl.col("samples").sum() / pl.col("pool").sum(),
        stopped=stops.mean(),
        agrees=pl.col("agrees").mean(),
        told=pl.col("agrees").count(),
        wrong_stops=1 - pl.col("agrees").filter(stops).mean(),
    )
    told = found["told"].to_numpy()
    low, high = wilson_interval((found["agrees"].fill_null(0).to_numpy() * told).round(), told)
    found = found.with_columns(low=pl.Series(low), high=pl.Series(high), saved=pl.col("saved").fill_nan(0.0))
    return found.select("rule", "questions", "samples", "saved", "stopped", "agrees", "low", "high", "wrong_stops")


def _questions(columns: dict[str, list[Any]], stored: Pools) -> pl.DataFrame:
    """One row per rule and question, rule by rule."""
    of_question = pl.DataFrame(
        {
            "place": range(len(stored.names)),
            "question": pl.Series(stored.names, dtype=pl.String),
            "pool": pl.Series([len(pool) for pool in stored.answers], dtype=pl.Int64),
            "target": pl.Series(stored.targets, dtype=pl.String),
        }
    )
    table = pl.DataFrame(columns, schema=COLUMNS).join(of_question, on="place", how="left", maintain_order="left")
    order = {rule: k for k, rule in enumerate(dict.fromkeys(columns["rule"]))}
    agrees = pl.when(pl.col("target").is_not_null()).then(pl.col("answer").eq_missing(pl.col("target")))
    return (
        table.with_columns(agrees=agrees, order=pl.col("rule").replace_strict(order, return_dtype=pl.Int64))
        .sort("order", "place")
        .select("rule", "question", "samples", "pool", "stopped", "answer", "agrees")
    )


class _Part:
    """Some questions at once: counts after each of their samples."""

    def __init__(self, pools: list[list[str | None]]) -> None:
        self.lengths = np.array([len(pool) for pool in pools])
        longest = max(1, int(self.lengths.max(initial=1)))
        self.codes = np.full((len(pools), longest), -1)
        self.seen: list[list[str]] = []
        for q, pool in enumerate(pools):
            place: dict[str, int] = {}
            self.codes[q, : len(pool)] = [-1 if a is None else place.setdefault(a, len(place)) for a in pool]
            self.seen.append(list(place))
        width = max(1, max(map(len, self.seen), default=1))
        self.counts = (self.codes[:, :, None] == np.arange(width)).cumsum(axis=1)

    def stops(
        self, rule: str, threshold: float, delta: float, width: int, n_classes: int | None
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """How many samples of each question the rule uses, and whether it stops there."""
        n_questions, longest = self.codes.shape
        table = self.counts.reshape(n_questions * longest, -1)
        if rule == "asc":
            yes = np.asarray(stop_by_certainty(table, threshold=threshold))
        elif rule == "dirichlet":
            yes = np.asarray(mode_certainty(table, n_classes=n_classes) >= threshold)
        elif rule == "esc":
            yes = self._unanimous(width)
        else:
            rival = "each" if rule == "ppr" else "rest"
            yes = np.asarray(stop_by_evidence(table, delta=delta, n_classes=n_classes, rival=rival))
        found = yes.reshape(n_questions, longest) & (np.arange(longest) < self.lengths[:, None])
        stopped = found.any(axis=1)
        return np.where(stopped, found.argmax(axis=1) + 1, self.lengths), np.asarray(stopped)

    def leaders(self, used: npt.NDArray[np.int64]) -> list[str | None]:
        """The answer of each question after so many samples; None if there is none."""
        last = self.counts[np.arange(len(used)), np.maximum(used, 1) - 1]
        some, best = last.any(axis=1) & (used > 0), last.argmax(axis=1)
        return [names[k] if there else None for names, k, there in zip(self.seen, best, some, strict=True)]

    def _unanimous(self, width: int) -> npt.NDArray[np.bool_]:
        """Whether a whole window of equal answers ends at each sample."""
        n_questions, longest = self.codes.shape
        whole = longest // width
        windows = self.codes[:, : whole * width].reshape(n_questions, whole, width)
        found = np.zeros((n_questions, longest), dtype=np.bool_)
        found[:, width - 1 : whole * width : width] = (windows == windows[:, :, :1]).all(axis=2) & (
            windows[:, :, 0] >= 0
        )
        return found
