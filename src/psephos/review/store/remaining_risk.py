"""How many wrong choices are left, and is checking more worth it?

The certainties claim that S = sum of P(wrong) over the items that nobody checked are wrong. Whether the claim holds is
measured on the hidden audit slice, a random sample of all items: with E the errors that were claimed of its settled
items and e those that people found there, the claim is off by a factor r with

    r | e ~ Gamma(a + e, a + E),        errors left | r ~ Poisson(r S)

(prior mean 1 and a = 1: the certainties are believed a little). So the errors left are negative binomial with mean
(a + e) / (a + E) S, and the interval is that of its quantiles: wide before anything was measured, as it should be. Of
a transcript an error is a word by which the text that people settled on differs from the one that was elected; a word
that a person looked at and confirmed is none.

Checking in the order of value finds most errors first. It is worth going on while what the next item saves, r times its
risk x cost, is more than its seconds are worth.

Source: sheet 90, sections 3.1 and 12. The model is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
import numpy.typing as npt
from scipy import stats
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from psephos.errors import check_number
from psephos.review.store.answers import key_of
from psephos.review.store.queue import ordering
from psephos.review.store.tables import Item, Project
from psephos.statistics import Interval

PRIOR = 1.0
"""The certainties are believed as if this many errors had been claimed and found."""

WORTH = 600.0
"""Seconds of checking that finding one error of cost 1 is worth, where the project says nothing else."""

POINTS = 200

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RemainingRisk:
    """What is left, and what checking more would leave.

    Attributes
    ----------
    left : Interval
        Wrong choices among the items that nobody checked.
    factor : Interval
        How many errors there are for one that the certainties claim.
    open_items : int
        Items that nobody checked.
    audited, audit_size : int
        Settled items of the audit slice, and all of it.
    found, claimed : float
        Errors found in these, and claimed of them.
    checked : ndarray of int64, shape (n_points,)
        Numbers of items to check in the order.
    expected, low, high : ndarray of float64, shape (n_points,)
        Errors left after so many.
    worth : int
        How many more items are worth checking.
    """

    left: Interval
    factor: Interval
    open_items: int
    audited: int
    audit_size: int
    found: float
    claimed: float
    checked: npt.NDArray[np.int64]
    expected: Floats
    low: Floats
    high: Floats
    worth: int

    @property
    def measured(self) -> bool:
        """Whether any item of the audit slice is settled."""
        return self.audited > 0

    @property
    def advice(self) -> str:
        """Whether to go on, in words."""
        if not self.open_items:
            return "everything is checked"
        if not self.worth:
            return "checking more is not worth it"
        return f"{self.worth:,} more of {self.open_items:,} are worth checking"

    def to_reach(self, errors: float, *, sure: bool = False) -> int | None:
        """How many to check so that no more than so many errors are left; by the upper end if `sure`; None if never."""
        check_number("errors", errors, low=0)
        enough = np.flatnonzero((self.high if sure else self.expected) <= errors + 1e-12)
        return int(self.checked[enough[0]]) if len(enough) else None


def remaining_risk(session: Session, project: Project, *, order: str = "value", level: float = 0.95) -> RemainingRisk:
    """How many errors are left among the items that nobody checked.

    Parameters
    ----------
    session : Session
    project : Project
        `settings["worth"]` says what finding an error is worth, in seconds.
    order : str, default "value"
        In which order one would go on; see `psephos.review.store.queue`.
    level : float, default 0.95
        Of the intervals.

    Returns
    -------
    RemainingRisk
    """
    check_number("level", level, low=0, high=1, open_ends=True)
    here = (Item.project_id == project.id, Item.deleted_at.is_(None))
    audit_size = session.scalar(select(func.count()).select_from(Item).where(*here, Item.in_audit)) or 0
    audited, found, claimed = _audit(session, project)
    columns = select(Item.risk, Item.cost, Item.seconds)
    rows = session.execute(columns.where(*here, Item.state == "new").order_by(*ordering(order))).all()
    risk, cost, seconds = np.array([tuple(row) for row in rows], dtype=np.float64).reshape(-1, 3).T
    shape, rate = PRIOR + found, PRIOR + claimed
    n = len(risk)
    rest = np.concatenate([np.cumsum(risk[::-1])[::-1], [0.0]])
    checked = np.unique(np.linspace(0, n, min(n, POINTS) + 1).round().astype(np.int64))
    sums = rest[checked]
    low, high = errors_left(sums, shape, rate, level)
    factor = stats.gamma(shape, scale=1 / rate)
    tail = (1 - level) / 2
    worth = float(project.settings.get("worth", WORTH))
    saves = shape / rate * risk * cost * worth > seconds
    return RemainingRisk(
        left=Interval(float(shape / rate * rest[0]), float(low[0]), float(high[0]), level),
        factor=Interval(shape / rate, float(factor.ppf(tail)), float(factor.ppf(1 - tail)), level),
        open_items=n,
        audited=audited,
        audit_size=audit_size,
        found=found,
        claimed=claimed,
        checked=checked,
        expected=shape / rate * sums,
        low=low,
        high=high,
        worth=int(saves.sum()),
    )


def errors_left(claimed: Floats, shape: float, rate: float, level: float) -> tuple[Floats, Floats]:
    """Ends of the interval of errors among items of which so many are claimed, Gamma(shape, rate) the factor.

    Examples
    --------
    >>> low, high = errors_left(np.array([0.0, 10.0]), 101.0, 101.0, 0.95)
    >>> low.tolist(), high.tolist()
    ([0.0, 4.0], [0.0, 17.0])
    """
    chance = rate / (rate + claimed)
    tail = (1 - level) / 2
    low = stats.nbinom.ppf(tail, shape, np.minimum(chance, 1 - 1e-12))
    high = stats.nbinom.ppf(1 - tail, shape, np.minimum(chance, 1 - 1e-12))
    return np.where(claimed > 0, np.maximum(low, 0), 0.0), np.where(claimed > 0, high, 0.0)


def _audit(session: Session, project: Project) -> tuple[int, float, float]:
    """Settled items of the audit slice, errors found in them, and errors claimed of them."""
    settled = (
        Item.project_id == project.id,
        Item.deleted_at.is_(None),
        Item.in_audit.is_(True),
        Item.state.in_(("decided", "adjudicated", "locked")),
    )
    items = session.scalars(select(Item).where(*settled)).all()
    found = sum(wrong_words(item) if item.kind == "transcripts" else _is_wrong(item, project) for item in items)
    return len(items), float(found), float(sum(item.risk for item in items))


def wrong_words(item: Item) -> int:
    """Words of a transcript that people put in, left out or exchanged, each counted once.

    Examples
    --------
    >>> wrong_words(Item(choice="no chest pain", final={"text": "new chest pain today"}))
    2
    >>> wrong_words(Item(choice="no chest pain", final={"text": "no chest pain"}))
    0
    """
    final = item.final or {}
    texts = [text for text in (final.get("text"), *final.get("both", ())) if text is not None]
    elected = (item.choice or "").split()
    return min((_differing(elected, text.split()) for text in texts), default=0)


def _differing(before: Sequence[str], after: Sequence[str]) -> int:
    changes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return sum(max(high - low, last - first) for kind, low, high, first, last in changes if kind != "equal")


def _is_wrong(item: Item, project: Project) -> bool:
    """Whether people settled on another choice; where they cannot say or accept several, it is not wrong."""
    final = {name: value for name, value in (item.final or {}).items() if name != "shares"}
    if not final or "undecidable" in final:
        return False
    if "both" in final:
        return item.choice not in final["both"]
    if "score" in final:
        half = float(item.about.get("step", 0.0)) / 2
        return abs(float(final["score"]) - float(item.choice or "nan")) > max(half, project.spread, 1e-9)
    machine = None if item.choice is None else key_of({"choice": item.choice}, project, item.kind)
    return bool(machine != key_of(final, project, item.kind))
