"""What votes does an item of known quality get, if nothing but chance stands between its quality and a vote?

BinoVotes: on a scale of `levels` equally spaced levels from `low` to `high` with step d, an item of quality q gets

    vote = low + d Binomial(levels - 1, p),       p = (q - low) / (high - low),

so that the votes have mean q and variance (q - low) (high - q) / (levels - 1): most in the middle, none at the ends.
The mean of n independent votes (BinoMOS) is low + (high - low) Binomial(n (levels - 1), p) / (n (levels - 1)): it is
discrete and stays inside the scale.

Real votes are often steadier: a dispersion phi makes the variance phi times as large (see `vote_simulation`).

Source: Pieper and Voran (2026), "Bounds on Agreement between Subjective and Objective Measurements", arXiv 2603.13204.
Differs: the dispersion is ours, and so is the closed form for Beta distributed qualities, in place of quadrature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_count, check_number
from psephos.statistics import BetaBinomial
from psephos.statistics.beta_binomial import binomial_chances

Floats = npt.NDArray[np.float64]
Scale = tuple[float, float, float]
"""Lowest and highest vote and the number of levels between which voters choose, ends included."""

FIVE_POINTS: Scale = (1.0, 5.0, 5.0)

ROUNDING = 1e-9
"""What a vote may lie beside a level or beyond an end by rounding, as a share of the scale."""


@dataclass(frozen=True)
class VoteScale:
    """A scale of equally spaced levels; `levels` that are no whole number are an effective number, see `dispersion`.

    Attributes
    ----------
    low, high : float
        The ends.
    levels : float
        How many levels.
    """

    low: float = 1.0
    high: float = 5.0
    levels: float = 5.0

    @property
    def trials(self) -> float:
        """Binomial trials of a vote."""
        return self.levels - 1

    @property
    def is_grid(self) -> bool:
        """Whether votes can lie on levels at all."""
        return float(self.levels).is_integer()

    def room(self, quality: npt.ArrayLike) -> Floats:
        """Variance that votes with this mean would have if all lay at the ends of the scale."""
        q = np.asarray(quality, dtype=np.float64)
        return np.asarray((q - self.low) * (self.high - q))

    def misses(self, votes: Floats) -> npt.NDArray[np.bool_]:
        """Which votes lie outside the scale by more than rounding."""
        slack = ROUNDING * (self.high - self.low)
        return np.asarray((votes < self.low - slack) | (votes > self.high + slack))

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g} in {self.levels:g} levels"


def scale_of(scale: Scale | VoteScale) -> VoteScale:
    """A scale from its ends and its number of levels.

    Raises
    ------
    InputError
        If these are no three numbers, the ends are no range, or there are fewer than two levels.
    """
    if isinstance(scale, VoteScale):
        scale = (scale.low, scale.high, scale.levels)
    try:
        low, high, levels = scale
    except (TypeError, ValueError):
        raise InputError("scale", f"must be lowest vote, highest vote and levels, got {scale!r}") from None
    low, high, levels = (check_number("scale", part) for part in (low, high, levels))
    if low >= high:
        raise InputError("scale", f"must rise from its lowest to its highest vote, got {low:g} to {high:g}")
    if levels < 2:
        raise InputError("scale", f"must have at least 2 levels, got {levels:g}")
    return VoteScale(low, high, levels)


def vote_distribution(quality: float, *, scale: Scale | VoteScale = FIVE_POINTS, votes: int = 1) -> Floats:
    """Probability of each value that the mean of so many votes on one item can have.

    Parameters
    ----------
    quality : float
        True quality of the item, on the scale.
    scale : tuple of lowest vote, highest vote, levels, default (1, 5, 5)
        Levels are a whole number here.
    votes : int, default 1
        Independent votes that are averaged.

    Returns
    -------
    ndarray of float64, shape (votes * (levels - 1) + 1,)
        For means rising in equal steps from the lowest to the highest vote.

    Raises
    ------
    InputError
        If the quality lies outside the scale.

    Examples
    --------
    >>> vote_distribution(3.8).round(4)
    array([0.0081, 0.0756, 0.2646, 0.4116, 0.2401])
    """
    on = grid_of(scale)
    q = check_number("quality", quality, low=on.low, high=on.high)
    trials = check_count("votes", votes) * int(on.trials)
    p = (q - on.low) / (on.high - on.low)
    return binomial_chances(trials, p)


def mean_vote_distribution(
    votes: int, *, mean: float | None = None, variance: float | None = None, scale: Scale | VoteScale = FIVE_POINTS
) -> Floats:
    """Probability of each mean of so many votes, over items whose qualities follow a Beta distribution.

    Parameters
    ----------
    votes : int
        Votes per item.
    mean, variance : float, optional
        Mean and variance of the true qualities; without them, all qualities are equally common.
    scale : tuple of lowest vote, highest vote, levels, default (1, 5, 5)
        Levels are a whole number here.

    Returns
    -------
    ndarray of float64, shape (votes * (levels - 1) + 1,)
        For means rising in equal steps from the lowest to the highest vote.

    Raises
    ------
    InputError
        If no distribution on the scale has this mean and variance, or only one of them is given.

    See Also
    --------
    vote_distribution : for one known quality.

    Examples
    --------
    >>> mean_vote_distribution(2).round(4)[:3]
    array([0.1111, 0.1111, 0.1111])
    """
    on = grid_of(scale)
    trials = check_count("votes", votes) * int(on.trials)
    if mean is None and variance is None:
        return np.full(trials + 1, 1 / (trials + 1))
    if mean is None or variance is None:
        raise InputError("mean" if mean is None else "variance", "must be given too: mean and variance go together")
    return quality_density(mean, variance, on).counts(trials)


def quality_density(mean: float, variance: float, scale: VoteScale) -> BetaBinomial:
    """The Beta distribution on the scale that has this mean and variance.

    Raises
    ------
    InputError
        If there is none.
    """
    mean = check_number("mean", mean, low=scale.low, high=scale.high, open_ends=True)
    most = float(scale.room(mean))
    variance = check_number("variance", variance, low=0.0, high=most, open_ends=True)
    return BetaBinomial((mean - scale.low) / (scale.high - scale.low), variance / most)


def grid_of(scale: Scale | VoteScale) -> VoteScale:
    """A scale whose levels are a whole number."""
    on = scale_of(scale)
    if not on.is_grid:
        raise InputError("scale", f"votes lie on levels, and {on.levels:g} is no whole number of these")
    return on
