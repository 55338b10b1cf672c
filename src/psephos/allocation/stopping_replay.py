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

from psephos.allocation.pools import PoolsLike, pools_of
from psephos.allocation.stopping import mode_certainty, stop_by_certainty, stop_by_evidence
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.outcomes import Provenance, Result, json_ready, option_name
from psephos.statistics import wilson_interval

RULES = ("asc", "dirichlet", "ppr", "ppr-rest", "esc")


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
    rows = []
    for name, pool, target in zip(stored.names, stored.answers, stored.targets, strict=True):
        counts, seen = _prefixes(pool)
        for rule in rules:
            stops = _stops(rule, pool, counts, threshold, delta, width, n_classes)
            used = int(np.argmax(stops)) + 1 if stops.any() else len(pool)
            answer = seen[int(counts[used - 1].argmax())] if used and counts[used - 1].any() else None
            agrees = None if target is None else answer == target
            rows.append((rule, name, used, len(pool), bool(stops.any()), answer, agrees))
    types = [pl.String, pl.String, pl.Int64, pl.Int64, pl.Boolean, pl.String, pl.Boolean]
    names = ["rule", "question", "samples", "pool", "stopped", "answer", "agrees"]
    table = pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row")
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


def _prefixes(pool: list[str | None]) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Counts after each sample, answers in the order in which they were seen, and these answers."""
    seen = list(dict.fromkeys(answer for answer in pool if answer is not None))
    place = {answer: k for k, answer in enumerate(seen)}
    hits = np.zeros((len(pool), max(len(seen), 1)), dtype=np.int64)
    for n, answer in enumerate(pool):
        if answer is not None:
            hits[n, place[answer]] = 1
    return hits.cumsum(axis=0), seen


def _stops(
    rule: str,
    pool: list[str | None],
    counts: npt.NDArray[np.int64],
    threshold: float,
    delta: float,
    width: int,
    n_classes: int | None,
) -> npt.NDArray[np.bool_]:
    """Whether the rule says yes after each sample."""
    if rule == "asc":
        return np.asarray(stop_by_certainty(counts, threshold=threshold))
    if rule == "dirichlet":
        return np.asarray(mode_certainty(counts, n_classes=n_classes) >= threshold)
    if rule == "esc":
        whole = len(pool) // width
        unanimous = [
            pool[k * width] is not None and len(set(pool[k * width : (k + 1) * width])) == 1 for k in range(whole)
        ]
        found = np.zeros(len(pool), dtype=np.bool_)
        found[width - 1 : whole * width : width] = unanimous
        return found
    rival = "each" if rule == "ppr" else "rest"
    return np.asarray(stop_by_evidence(counts, delta=delta, n_classes=n_classes, rival=rival))
