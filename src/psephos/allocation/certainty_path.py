"""How sure was one question after each of its answers?

After each sample: the certainty of ASC that the leader beats the runner-up, and the anytime p-value of the leader,

    p = min(1, (K - 1) min f(1/2; a + 1, b + 1)),        the minimum over the samples after which this answer led.

The p-value may be looked at as often as one likes: with a chance of at most delta does any answer but the mode ever
come to p <= delta. That needs a K that is fixed beforehand. The certainty is a posterior probability and has no such
guarantee.

Source: Jain et al. (2022), AAAI 36(6); arXiv 2511.12309. Differs: nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from psephos.allocation.ledger import Ledger
from psephos.allocation.stopping import beta_certainty
from psephos.errors import check_count, check_number
from psephos.opinions.coding import text_of
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result, option_name


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class CertaintyPath(Result):
    """How sure one question was after each sample.

    Attributes
    ----------
    steps : polars.DataFrame
        One row per sample; see `table`.
    threshold, delta : float
        Where ASC and PPR would stop.
    stops : dict of str to (int or None)
        After how many samples ``"asc"`` and ``"ppr"`` would have stopped; None if they would not.
    """

    steps: pl.DataFrame
    threshold: float
    delta: float
    stops: dict[str, int | None]

    def table(self) -> pl.DataFrame:
        """One row per sample: sample, answer, leader, votes, second, certainty (ASC), p_value (PPR)."""
        return self.steps

    def summary(self) -> list[tuple[str, str]]:
        """The path in a few lines."""
        last = self.steps.row(-1, named=True) if self.steps.height else None
        if last is None or last["leader"] is None:
            return [("samples", f"{self.steps.height:,}, no answer")]
        lines = [
            ("samples", f"{self.steps.height:,}"),
            ("leader", f"{last['leader']} with {last['votes']} votes, the next one has {last['second']}"),
            ("certainty", f"{last['certainty']:.3f}, p-value {last['p_value']:.3g}"),
        ]
        for rule, bound in (("asc", f"certainty {self.threshold:g}"), ("ppr", f"p-value {self.delta:g}")):
            stop = self.stops[rule]
            lines.append((rule, f"{bound} " + (f"reached after {stop:,} samples" if stop else "not reached")))
        return lines + [("note", note) for note in self.provenance.notes]


def certainty_path(
    answers: Sequence[object],
    *,
    n_classes: int | None = None,
    threshold: float = 0.95,
    delta: float = 0.05,
    equivalence: Equivalence = "exact",
) -> CertaintyPath:
    """Follow one question from its first answer to its last.

    Parameters
    ----------
    answers : sequence
        In the order in which they came; None is a sample without an answer.
    n_classes : int, optional
        Answers there can be, fixed beforehand; by default one more than those seen so far, and then the p-value is
        heuristic.
    threshold, delta : float, default 0.95 and 0.05
        Certainty and p-value at which one would stop, between 0 and 1.
    equivalence : str or callable, default "exact"
        Which answers are the same.

    Returns
    -------
    CertaintyPath
        One row for each sample: leader, certainties by each rule, and when each would stop.

    Raises
    ------
    InputError
        If a bound is not between 0 and 1, or `n_classes` is below 2.

    See Also
    --------
    stop_by_certainty, stop_by_evidence : the rules themselves.

    Examples
    --------
    >>> path = certainty_path("abaaaaaaaaaa", n_classes=2)
    >>> path.stops
    {'asc': 7, 'ppr': 12}
    """
    bound = check_number("threshold", threshold, low=0, high=1, open_ends=True)
    level = check_number("delta", delta, low=0, high=1, open_ends=True)
    classes = None if n_classes is None else check_count("n_classes", n_classes, low=2)
    ledger = Ledger(["question"], equivalence)
    rows = []
    for answer in answers:
        text = text_of(answer, "answers")
        ledger.record(0, text, 1.0, 1.0)
        p = math.exp(ledger.log_p_value(0, classes))
        rows.append((text, ledger.answer(0), ledger.first[0], ledger.second[0], p))
    names = ["answer", "leader", "votes", "second", "p_value"]
    types = [pl.String, pl.String, pl.Int64, pl.Int64, pl.Float64]
    table = pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row")
    certainty = beta_certainty(table["votes"].to_numpy(), table["second"].to_numpy())
    table = table.select(
        pl.int_range(1, pl.len() + 1).alias("sample"),
        *names[:4],
        pl.Series("certainty", certainty),
        "p_value",
    )
    stops = {"asc": _first(certainty >= bound), "ppr": _first(table["p_value"].to_numpy() <= level)}
    parameters = {
        "n_classes": n_classes,
        "threshold": threshold,
        "delta": delta,
        "equivalence": option_name(equivalence),
    }
    notes = () if classes else ("the number of answers is not known beforehand: p-values are heuristic",)
    return CertaintyPath(
        provenance=Provenance("certainty_path", parameters, Source(), notes=notes),
        steps=table,
        threshold=bound,
        delta=level,
        stops=stops,
    )


def _first(reached: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int | None:
    return int(np.argmax(reached)) + 1 if reached.any() else None
