"""How right is a verdict where the truth is known?

Accuracy with its interval, how honest the certainty is (the reliability table: of the items given a certainty of about
p, a share of about p should be right), and how many of the errors the queue finds early.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.known_answers import told
from psephos.errors import InputError
from psephos.metrics import expected_calibration_error, reliability_table
from psephos.opinions.coding import canonical
from psephos.opinions.equivalence import Equivalence, classes
from psephos.opinions.frames import series
from psephos.opinions.outcomes import Provenance, Result, named
from psephos.opinions.verdicts import Verdict
from psephos.opinions.wording import plural
from psephos.statistics import Interval, wilson_interval

BINS = np.array([0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0])
CHECKED = (0.05, 0.10, 0.20)
_SCHEMA = {"low": pl.Float64, "high": pl.Float64, "items": pl.Int64} | dict.fromkeys(
    ("certainty", "right", "right_low", "right_high"), pl.Float64
)


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class AgainstGold(Result):
    """A verdict held against known answers.

    Attributes
    ----------
    accuracy : Interval
        Share of items with a known answer whose choice is right; an item without a choice is not right.
    items, errors : int
        Items with a known answer, and those whose choice is not right.
    calibration_error : float
        Mean distance between certainty and share right over the rows of `reliability`, weighted by items (ECE); NaN if
        no item has a choice.
    reliability : polars.DataFrame
        low, high (certainty from above `low` up to `high`), items, certainty (mean), right (share), and the ends of its
        Wilson interval.
    found : polars.DataFrame
        checked (share of items checked in the order of the queue), found (share of the errors among them).
    wrong : polars.DataFrame
        The items whose choice is not right: item, choice, gold, certainty.

    See Also
    --------
    psephos.against_gold : makes it.

    Examples
    --------
    >>> import psephos
    >>> votes = psephos.from_matrix([["cat", "cat"], ["dog", "dog"], ["cat", "cat"], ["dog", "dog"]])
    >>> gold = {"0": "cat", "1": "dog", "2": "cat", "3": "cat"}
    >>> held = psephos.against_gold(psephos.decide(votes, method="majority"), gold)
    >>> held.items, held.errors, held.accuracy.value
    (4, 1, 0.75)
    >>> held.wrong["item"].to_list()
    ['3']
    """

    accuracy: Interval
    items: int
    errors: int
    calibration_error: float
    reliability: pl.DataFrame
    found: pl.DataFrame
    wrong: pl.DataFrame

    def table(self) -> pl.DataFrame:
        """The reliability table."""
        return self.reliability

    def _calibration(self) -> str:
        """How far certainty is off, and how many wrong choices it lets expect."""
        rows = self.reliability
        if not rows.height:
            return "no choice"
        expected = float((rows["items"] * (1 - rows["certainty"])).sum())
        wrong = round(float((rows["items"] * (1 - rows["right"])).sum()))
        off = f"certainty is off by {self.calibration_error:.3f} on average"
        return f"{off}; it expects {expected:.1f} wrong choices, there are {wrong:,}"

    def summary(self) -> list[tuple[str, str]]:
        """The comparison in a few lines."""
        shares = [f"{found:.0%} in the first {checked:.0%}" for checked, found in self.found.iter_rows()]
        return [
            ("accuracy", f"{self.accuracy} on {plural(self.items, 'item')} with a known answer"),
            ("errors", f"{self.errors:,}" + (f"; the queue finds {', '.join(shares)}" if self.errors else "")),
            ("calibration", self._calibration()),
        ]


def against_gold(
    verdict: Verdict,
    gold: pl.Series | npt.ArrayLike | Mapping[Any, Any] | None = None,
    *,
    equivalence: Equivalence = "exact",
) -> AgainstGold:
    """Hold a verdict against known answers.

    Parameters
    ----------
    verdict : Verdict
        What is held against them.
    gold : array_like, shape (n_items,), or mapping of item to answer, optional
        The right answers, by item or in the order of `verdict.items` with None where unknown; the column ``gold`` of
        the table about items if not given.
    equivalence : str or callable, default "exact"
        Which answers are the same; see `psephos.opinions.equivalence`.

    Returns
    -------
    AgainstGold
        Accuracy with its interval, errors that the queue finds early, and how far certainties are off.

    Raises
    ------
    InputError
        If no answer is known, or a mapping names what is no item.

    See Also
    --------
    psephos.consensus.voter_details : each voter against the verdict.

    Examples
    --------
    >>> from psephos.consensus import majority
    >>> from psephos.opinions import labels
    >>> verdict = majority(labels(["a", "a", "a", "b"], ["x", "y", "z", "x"], ["cat", "cat", "dog", "dog"]))
    >>> against_gold(verdict, ["cat", "cat"]).errors, against_gold(verdict, {"b": "dog"}).errors
    (1, 0)
    """
    if gold is None:
        gold = verdict.opinions.about.column("items", "gold", verdict.items)
        if gold is None:
            raise InputError("gold", "no answer is known", hint="add a column 'gold' to the table about items")
    stated = _in_order(told(gold), verdict.items) if isinstance(gold, Mapping) else gold
    answers = canonical(series("gold", stated)).cast(pl.String)
    if len(answers) != len(verdict):
        raise InputError("gold", f"must have one answer for each of {len(verdict):,} items, got {len(answers):,}")
    known = answers.is_not_null().to_numpy()
    if not known.any():
        raise InputError("gold", "no answer is known", hint="give gold=, or a table about items with a column gold")
    choices = named(verdict.choice, verdict.choices)
    right = _same(choices, answers, equivalence)[known]
    certainty = verdict.certainty[known]
    low, high = wilson_interval(right.sum(), len(right))
    reliability = _reliability(certainty, right)
    decided = ~np.isnan(certainty)
    wrong = pl.DataFrame({"item": verdict.items, "choice": choices, "gold": answers, "certainty": verdict.certainty})
    wrong = wrong.with_columns(pl.col("certainty").fill_nan(None))
    return AgainstGold(
        provenance=Provenance("against gold", {"of": verdict.provenance.method}, verdict.provenance.source),
        accuracy=Interval(float(right.mean()), float(low), float(high), 0.95),
        items=len(right),
        errors=int((~right).sum()),
        calibration_error=expected_calibration_error(
            certainty[decided], right[decided], of="event", bins=BINS, right_closed=True
        )
        if decided.any()
        else np.nan,
        reliability=reliability,
        found=_found(certainty, right),
        wrong=wrong.filter(pl.Series(known)).filter(pl.Series(~right)),
    )


def _same(choices: pl.Series, answers: pl.Series, equivalence: Equivalence) -> npt.NDArray[np.bool_]:
    vocabulary = pl.concat([choices.alias("answer"), answers.alias("answer")]).drop_nulls().unique(maintain_order=True)
    code, _ = classes(vocabulary, np.zeros(len(vocabulary), dtype=np.int64), equivalence)
    class_of = dict(zip(vocabulary, code.tolist(), strict=True))
    return np.array(
        [c is not None and class_of[c] == class_of.get(g) for c, g in zip(choices, answers, strict=True)], bool
    )


def _reliability(certainty: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> pl.DataFrame:
    """Items by certainty, each bin open below and closed above; bins without items are left out."""
    decided = ~np.isnan(certainty)
    if not decided.any():
        return pl.DataFrame(schema=_SCHEMA)
    table = reliability_table(certainty[decided], right[decided], bins=BINS, right_closed=True)
    return table.select(
        "low",
        "high",
        "items",
        certainty="said",
        right="happened",
        right_low="happened_low",
        right_high="happened_high",
    )


def _found(certainty: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> pl.DataFrame:
    order = np.argsort(np.where(np.isnan(certainty), -1.0, certainty), kind="stable")
    errors = np.cumsum(~right[order])
    checked = [max(1, round(share * len(right))) for share in CHECKED]
    total = max(1, int(errors[-1]))
    return pl.DataFrame({"checked": list(CHECKED), "found": [float(errors[count - 1] / total) for count in checked]})


def _in_order(gold: Mapping[str, str], items: pl.Series) -> list[str | None]:
    """Answers in the order of the items, None where none is known."""
    names = items.to_list()
    strays = set(gold) - set(names)
    if strays:
        hint = "its keys are items as the opinions name them"
        raise InputError("gold", f"names {min(strays)!r:.60}, which is no item", hint=hint)
    return [gold.get(name) for name in names]
