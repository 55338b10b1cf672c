r"""Does agreement vary between items as a model of independent voters makes it vary?

**How much.** A model without difficulty explains how much the agreement of pairs varies from item to item,

    mean over items of (agreeing pairs - expected)^2 / pairs.

If it varies more than in votes drawn from the fitted model, items differ in difficulty, and the certainty of the model
is too high where voters agree.

**In which way.** A model that gives each item a difficulty of its own explains any amount of variation. So its items
are sorted by the share of their pairs that agree, and counted in the bins of `SHARES`; the distance of these counts
from those expected under the model, the mean of drawn votes, is

    sum over bins of (counted - expected)^2 / (expected + 1),

and it is held against that of each drawn set of votes from the mean of the others.

Source: ours; both are posterior predictive checks (Rubin 1984). Among many votes items evenly spread over all are
compared (`DRAWN`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from psephos.consensus.truth_inference.cast_votes import Ballots, Codes, Floats

DRAWS = 40
DRAWN = 100_000
"""Times that votes are drawn from the model, and most votes that are drawn each time."""

TOO_FAR = 4.0
"""Standard deviations by which agreement varies too much."""

TOO_FAR_IN_SHAPE = 10.0
"""The same of the distance between counts, which is skewed; of votes drawn from a model it hardly ever passes 6."""

SHARES = np.array([-np.inf, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, np.inf])
"""Bins of the share of agreeing pairs; the last holds the items on which all agree."""

CELLS_PER_VOTE = 8
"""Up to so many cells of items by choices for each vote are counted in a table; sorting takes less beyond."""

_SEED = 20_140


@dataclass(frozen=True)
class Dispersion:
    """How agreement varies from item to item, in the votes and in votes drawn from a model.

    Attributes
    ----------
    measured, expected, deviation : float
        How much it varies, or how far it is from what is expected: in the votes; mean and standard deviation in drawn
        ones.
    in_shape : bool
        Whether it is asked in which way agreement varies, not how much.
    """

    measured: float
    expected: float
    deviation: float
    in_shape: bool = False

    @property
    def found(self) -> bool:
        """Whether it varies too much, or otherwise than it should."""
        if self.in_shape:
            return self.measured > self.expected + TOO_FAR_IN_SHAPE * max(self.deviation, 1.0)
        return self.measured > self.expected + TOO_FAR * max(self.deviation, 1e-9)

    def notes(self) -> list[str]:
        """The finding in a sentence, none if agreement varies as it should."""
        if not self.found:
            return []
        times = self.measured / max(self.expected, 1.0 if self.in_shape else 1e-9)
        if self.in_shape:
            return [
                f"agreement varies between items otherwise than the model explains: {times:.2g} times as far off as in "
                "votes that it made"
            ]
        return [f"agreement varies {times:.2g} times as much between items as independent voters would make it vary"]


def dispersion(
    ballots: Ballots, draw: Callable[[Ballots, np.random.Generator], Codes], *, in_shape: bool = False
) -> Dispersion:
    """Compare the agreement of the votes with that of votes drawn from a model.

    Parameters
    ----------
    ballots : Ballots
    draw : callable
        Draws a choice for each ballot of those it is given.
    in_shape : bool, default False
        Whether to ask in which way it varies, and not how much.
    """
    some = _some(ballots)
    rng = np.random.default_rng(_SEED)
    if not in_shape:
        drawn = [_variation(some, draw(some, rng)) for _ in range(DRAWS)]
        return Dispersion(_variation(some, some.choice), float(np.mean(drawn)), float(np.std(drawn, ddof=1)))
    counts = np.array([_counts(some, draw(some, rng)) for _ in range(DRAWS)])
    others = (counts.sum(axis=0) - counts) / (DRAWS - 1)
    usual = _distance(counts, others)
    measured = _distance(_counts(some, some.choice), counts.mean(axis=0))
    return Dispersion(float(measured), float(usual.mean()), float(usual.std(ddof=1)), in_shape=True)


def _some(ballots: Ballots) -> Ballots:
    """Items with two votes or more, evenly spread over all, with not many more than `DRAWN` votes."""
    length = np.diff(ballots.start)
    items = np.flatnonzero(length > 1)
    items = items[:: -(-int(length[items].sum()) // DRAWN) or 1]
    length = length[items]
    start = np.concatenate([[0], np.cumsum(length)])
    rows = np.repeat(ballots.start[items] - start[:-1], length) + np.arange(start[-1])
    return replace(
        ballots,
        items=items,
        start=start,
        voter=ballots.voter[rows],
        choice=ballots.choice[rows],
        weight=None,
        known=None,
    )


def _agreeing(ballots: Ballots, choice: Codes) -> tuple[Floats, Floats]:
    """How many pairs of votes agree on each item, and how many there are."""
    n_items, n_choices = len(ballots.items), ballots.n_choices
    cell = ballots.item_of_ballot * np.int64(n_choices) + choice
    if n_items * n_choices <= CELLS_PER_VOTE * len(cell):
        votes = np.bincount(cell, minlength=n_items * n_choices).reshape(n_items, n_choices)
        agree = (votes * (votes - 1) // 2).sum(axis=1)
    else:
        cell.sort()
        first = np.flatnonzero(np.concatenate([[True], cell[1:] != cell[:-1]]))
        votes = np.diff(np.append(first, len(cell)))
        agree = np.bincount(cell[first] // n_choices, weights=votes * (votes - 1) / 2, minlength=n_items)
    length = np.diff(ballots.start)
    return agree.astype(np.float64), length * (length - 1) / 2


def _variation(ballots: Ballots, choice: Codes) -> float:
    """Variance between items of the pairs that agree, in units of the pairs."""
    if not len(choice):
        return 0.0
    agree, pairs = _agreeing(ballots, choice)
    return float(((agree - pairs * agree.sum() / pairs.sum()) ** 2 / pairs).mean())


def _counts(ballots: Ballots, choice: Codes) -> Floats:
    """Items in each bin of the share of pairs that agree."""
    if not len(choice):
        return np.zeros(len(SHARES) - 1)
    agree, pairs = _agreeing(ballots, choice)
    return np.histogram(agree / pairs, SHARES)[0].astype(np.float64)


def _distance(counted: Floats, expected: Floats) -> Floats:
    """How far counts are from those that are expected."""
    return np.asarray(((counted - expected) ** 2 / (expected + 1)).sum(axis=-1), dtype=np.float64)
