"""A coefficient of agreement: its value, its interval, and what it means.

Nearly all coefficients are one minus the disagreement observed over the disagreement expected,

    value = 1 - O / E,      O and E functions of  T = sum_i w_i t_i,      t_i what item i adds, w_i its weight (1),

so that a resample of the items is a product of weights with a table, leaving out a voter a subtraction from T, and the
interval by formula the infinitesimal jackknife

    se^2 = n / (n - 1) sum_i (g_i - mean g)^2,      g_i = d value / d w_i = t_i . d value / d T,

which is the linearised variance of Gwet (2008), doi:10.1348/000711006X126600, wherever items have two votes; its ends
take Student's t with n - 1 degrees of freedom and never pass 1. A coefficient says in `Measure` what t_i, O, E and
their slopes are.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from psephos.agreement.distances import Distance, Table
from psephos.agreement.ratings import Floats
from psephos.engine import Rng
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.opinions.wording import plural
from psephos.statistics import Interval, bootstrap, normal_interval

INTERVALS = ("bootstrap", "analytic")
FEWEST_ITEMS = 5
"""Fewer items are not resampled: of two items half of all resamples are one of them twice, and their percentiles say
nothing of items that were not seen. The interval by formula takes two, with the wide Student's t that they leave."""

FEW = f"no interval from fewer than {FEWEST_ITEMS} items"
SAME = "all votes are the same, so chance cannot be told from agreement"
NO_PAIR = "no item has two votes, so nobody can agree with anybody"


@dataclass(frozen=True)
class Coefficient(Interval):
    """A coefficient of agreement with its interval.

    Attributes
    ----------
    value : float
        NaN where it is undefined; `note` says why.
    name : str
        Which coefficient.
    items : int
        Items with at least two votes; only these can agree or not.
    note : str
        What is odd about the value, or nothing.
    means : str
        What the value says, in one sentence.
    standard_error : float
        Of the value; NaN without an interval.
    """

    name: str
    items: int
    note: str = ""
    means: str = ""
    standard_error: float = math.nan

    def __str__(self) -> str:
        note = f" ({self.note})" if self.note else ""
        if math.isnan(self.value):
            return f"{self.name} undefined{note}"
        shown = super().__str__()
        if math.isinf(self.low):  # of an ICC; the note says that there is no bound
            shown = shown.partition(" [")[0]
        return f"{self.name} {shown}, n = {plural(self.items, 'item')}{note}"


@dataclass(frozen=True, eq=False)
class Counts:
    """Votes per item and level, one row for all items with equal votes.

    Attributes
    ----------
    votes : sparse array of float64, shape (n_rows, n_levels)
    copies : ndarray of int64, shape (n_rows,)
        Items with these counts, each with at least one vote.
    """

    votes: Table
    copies: npt.NDArray[np.int64]

    @property
    def total(self) -> Floats:
        """Votes of each row, shape (n_rows,)."""
        return np.asarray(self.votes.sum(axis=1))

    @property
    def items(self) -> int:
        """Number of items with at least two votes."""
        return int(self.copies[self.total >= 2].sum())

    @cached_property
    def pairable(self) -> Counts:
        """Only the rows with at least two votes."""
        enough = self.total >= 2
        return self if enough.all() else Counts(self.votes[enough], self.copies[enough])


class Measure(ABC):
    """A coefficient of the form 1 - O / E, bound to counts of votes and a distance.

    `features` are the t_i of rows of counts; `ratio` gives O and E for many T at once, `slopes` their derivatives.
    """

    name: str
    means: str
    pairable_only = False
    """Whether items with one vote play no part at all."""
    additive = True
    """Whether the value follows from T alone."""
    normalised = False
    """Whether O and E are shares of the largest distance."""

    def __init__(self, counts: Counts, distance: Distance) -> None:
        self.items = counts.items
        self.counts = counts.pairable if self.pairable_only else counts
        self.distance = distance
        self.least = 1e-12 * (1.0 if self.normalised else distance.largest)
        self.table = self.features(self.counts.votes)
        weights = self.counts.copies[None, :].astype(np.float64)
        self.sums = np.asarray(weights @ self.table)
        observed, expected = self.ratio(self.sums)
        self.observed, self.expected = float(observed[0]), float(expected[0])

    @abstractmethod
    def features(self, votes: Table) -> Any:
        """What each row of counts adds to T, shape (n_rows, p), sparse or not."""

    @abstractmethod
    def ratio(self, sums: Floats) -> tuple[Floats, Floats]:
        """O and E of each row of sums.

        Parameters
        ----------
        sums : ndarray of float64, shape (k, p)
            T of each of k samples of the items.

        Returns
        -------
        observed, expected : ndarray of float64, shape (k,)
            Observed and expected disagreement; `observed` is NaN where no item has two votes.
        """

    @abstractmethod
    def slopes(self, sums: Floats) -> tuple[Floats, Floats]:
        """Derivatives of O and E at one T, shape (p,) each."""

    def values(self, sums: Floats) -> Floats:
        """The coefficient for each row of sums; 1 where nothing was expected to differ and nothing did."""
        observed, expected = self.ratio(sums)
        varied = expected > self.least
        share = np.divide(observed, expected, out=np.where(np.isnan(observed), np.nan, 0.0), where=varied)
        result: Floats = 1 - share
        return result

    def statistic(self, weights: Floats) -> Floats:
        """The coefficient with each row of counts taken as often as its weight says, shape (k,)."""
        return self.values(np.asarray(weights @ self.table))

    def influence(self) -> Floats:
        """How the value moves with the weight of each row, shape (n_rows,)."""
        if not self.items or self.expected <= self.least:
            return np.zeros(len(self.counts.copies))
        observed, expected = self.slopes(self.sums[0])
        slope = -(observed - self.observed / self.expected * expected) / self.expected
        moved: Floats = np.asarray(self.table @ slope)
        return moved

    @property
    def note(self) -> str:
        """What is odd about the value."""
        if not self.items:
            return NO_PAIR
        return SAME if self.expected <= self.least else ""


def estimate(
    measures: Sequence[Measure], *, interval: str = "bootstrap", repeats: int, level: float, rng: Rng
) -> list[Coefficient]:
    """The coefficients with their intervals; those of the same counts share their resamples.

    In the order of `measures`. Resamples of items are multinomial weights of the rows of counts, so equal items cost
    nothing more than one of them.
    """
    check_interval(interval, repeats, level)
    found: list[Coefficient | None] = [None] * len(measures)
    groups: dict[int, list[int]] = {}
    for place, measure in enumerate(measures):
        groups.setdefault(id(measure.counts), []).append(place)
    for places in groups.values():
        group = [measures[place] for place in places]
        copies = group[0].counts.copies
        once = copies[None, :].astype(np.float64)

        def together(weights: Floats, group: list[Measure] = group) -> Floats:
            return np.stack([measure.statistic(weights) for measure in group], axis=1)

        defined = [measure.items > 0 for measure in group]
        if interval == "bootstrap" and repeats and any(defined) and copies.sum() >= 2:
            drawn = bootstrap(
                together,
                len(copies),
                multiplicity=copies,
                repeats=repeats,
                level=level,
                method="percentile",
                rng=rng,
            )
            ends = list(zip(drawn.value, drawn.low, drawn.high, drawn.standard_error, strict=True))
        elif interval == "analytic" and copies.sum() >= 2:
            ends = [by_formula(float(m.statistic(once)[0]), m.influence(), copies, level) for m in group]
        else:
            ends = [(value, np.nan, np.nan, np.nan) for value in together(once)[0]]
        for place, measure, (value, low, high, error) in zip(places, group, ends, strict=True):
            few = 0 < measure.items < FEWEST_ITEMS and interval == "bootstrap" and repeats > 0
            if measure.items < 2 or few:
                low = high = error = np.nan
            note = measure.note or ("" if math.isfinite(low) else FEW if few else "no interval")
            numbers = float(value), float(low), float(high), level
            found[place] = Coefficient(*numbers, measure.name, measure.items, note, measure.means, float(error))
    return [coefficient for coefficient in found if coefficient is not None]


def check_interval(interval: str, repeats: int, level: float) -> None:
    """Refuse an unknown interval, a negative number of resamples and a level outside 0 to 1.

    Shared by all doors of the room, so that all complain alike.
    """
    check_choice("interval", interval, INTERVALS)
    check_count("repeats", repeats, low=0)
    check_number("level", level, low=0, high=1, open_ends=True)


def by_formula(
    value: float, influence: Floats, copies: npt.NDArray[np.int64], level: float
) -> tuple[float, float, float, float]:
    """Interval of a coefficient by the infinitesimal jackknife; see the module.

    Parameters
    ----------
    value : float
        The coefficient.
    influence : ndarray of float64, shape (n_rows,)
        What one item of each row of counts moves it by, times the number of items.
    copies : ndarray of int64, shape (n_rows,)
        Items of each row.
    level : float
        Confidence.

    Returns
    -------
    value, low, high, error : float
        The coefficient, its ends (the upper one at most 1) and its standard error.
    """
    n = int(copies.sum())
    centred = influence - influence @ copies / n
    error = math.sqrt(n / (n - 1) * float(copies @ centred**2))
    low, high = normal_interval(value, error, level, degrees=n - 1)
    return value, float(low), min(1.0, float(high)), error


def resampled(
    name: str,
    statistic: Callable[[Floats], Floats],
    n: int,
    *,
    repeats: int,
    level: float,
    rng: Rng,
    note: str = "",
    means: str = "",
) -> Coefficient:
    """A coefficient that is no `Measure`, with its interval from n resampled items.

    `statistic` takes weights of the items, shape (k, n), and gives k values: for a value that is no ratio of sums, as
    Kendall's W.
    """
    value = float(statistic(np.ones((1, n)))[0]) if n else math.nan
    low = high = error = math.nan
    if repeats and 0 < n < FEWEST_ITEMS and not math.isnan(value):
        note = "; ".join(filter(None, [note, FEW]))
    elif repeats and not math.isnan(value):
        drawn = bootstrap(statistic, n, repeats=repeats, level=level, method="percentile", rng=rng)
        low, high, error = float(drawn.low), float(drawn.high), float(drawn.standard_error)
    note = note or ("" if math.isfinite(low) else "no interval")
    return Coefficient(value, low, high, level, name, n, note, means, error)


def voted(total: Floats, least: int) -> Floats:
    """1 for rows with at least so many votes, else 0.

    `total` has the votes of each row, shape (n_rows,); the ones are summed to the number of items that count.
    """
    return (total >= least).astype(np.float64)


def joined(*parts: Any) -> Any:
    """Columns side by side, sparse if one of them is.

    A column may be an array of shape (n_rows,) or a table (n_rows, p); together they are the features t_i of a
    measure.
    """
    columns = [part[:, None] if part.ndim == 1 else part for part in parts]
    if any(map(sparse.issparse, columns)):
        return sparse.csr_array(sparse.hstack([sparse.csr_array(part) for part in columns], format="csr"))
    return np.hstack(columns)


def share(above: Floats, below: Floats, undefined: float = 0.0) -> Floats:
    """A quotient, `undefined` where there is nothing below.

    Element by element for arrays of one shape, without a warning for 0 / 0.
    """
    quotient: Floats = np.divide(above, below, out=np.full(np.shape(above), undefined), where=below > 0)
    return quotient


def check_voters(n_voters: int) -> None:
    """Refuse a single voter.

    Agreement is between voters: every coefficient needs two, and says so with the same words.
    """
    if n_voters < 2:
        raise InputError(
            "votes",
            f"need at least 2 voters, got {n_voters}",
            hint="one voter agrees with nobody: add the votes of another",
        )
