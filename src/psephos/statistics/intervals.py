"""Within which bounds does a number lie?

Every function takes single numbers or whole arrays and returns the two ends `(low, high)`, as scalars or as arrays; an
`Interval` is one such result with the value it belongs to, ready to be shown.

Sources: Wilson (1927), doi:10.1080/01621459.1927.10502953; Brown, Cai and DasGupta (2001), doi:10.1214/ss/1009213286
(Jeffreys). Differs: nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.errors import InputError, check_floats, check_number

Ends = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
"""Lower and upper ends: arrays, or NumPy scalars where single numbers were given."""


@dataclass(frozen=True)
class Interval:
    """A number with the bounds it lies within.

    Attributes
    ----------
    value : float
        The estimate; NaN where it is undefined.
    low, high : float
        The ends.
    level : float
        Share of such intervals that hold the true number.

    Examples
    --------
    >>> print(Interval(0.93, 0.91, 0.95, 0.95))
    .930 [.910, .950]

    Ends that are not known are left out, and a value that is not known is said to be undefined.

    >>> print(Interval(0.93, math.nan, math.nan, 0.95))
    .930
    >>> print(Interval(math.nan, math.nan, math.nan, 0.95))
    undefined
    """

    value: float
    low: float
    high: float
    level: float

    @property
    def half_width(self) -> float:
        """Half the distance between the ends."""
        return (self.high - self.low) / 2

    @property
    def known(self) -> bool:
        """Whether there are ends; a value may stand without them."""
        return not (math.isnan(self.low) or math.isnan(self.high))

    def __str__(self) -> str:
        if math.isnan(self.value):
            return "undefined"
        # Two digits of the half width say as much as is known; a width of rounding noise says nothing.
        width = self.half_width
        told = 1e-12 * abs(self.value) < width < math.inf
        decimals = max(0, 1 - math.floor(math.log10(width))) if told else 3
        value, low, high = (_without_leading_zero(f"{x:z.{decimals}f}") for x in (self.value, self.low, self.high))
        return f"{value} [{low}, {high}]" if self.known else value


def normal_interval(
    value: npt.ArrayLike, standard_error: npt.ArrayLike, level: float = 0.95, *, degrees: float | None = None
) -> Ends:
    """Ends of the interval of a normally distributed estimate.

        value -+ z se,      z the (1 + level) / 2 quantile of the standard normal distribution, or of Student's t

    Parameters
    ----------
    value : array_like of float
        Estimates; NaN gives NaN.
    standard_error : array_like of float
        Their standard errors, of a shape that broadcasts with `value`.
    level : float
        Confidence, between 0 and 1.
    degrees : float, optional
        Degrees of freedom of Student's t, where the standard error was estimated from few units; normal if not given.

    Returns
    -------
    low, high : ndarray of float64
        Of the common shape of both arguments; scalars for single numbers.

    Raises
    ------
    InputError
        If an argument holds infinity, a standard error is negative, `level` is not between 0 and 1 or `degrees` is not
        above 0.

    Examples
    --------
    >>> low, high = normal_interval(10.0, 2.0)
    >>> print(f"{low:.3f} {high:.3f}")
    6.080 13.920
    """
    z = normal_quantile(level)
    if degrees is not None:
        z = float(special.stdtrit(check_number("degrees", degrees, low=0, open_ends=True), (1 + level) / 2))
    centre = check_floats("value", value, ndim=np.ndim(value), missing=True)
    error = check_floats("standard_error", standard_error, ndim=np.ndim(standard_error), missing=True)
    centre, error = _broadcast(value=centre, standard_error=error)
    if (error < 0).any():
        raise InputError("standard_error", f"must not be negative, got {np.nanmin(error):g}")
    return centre - z * error, centre + z * error


def wilson_interval(successes: npt.ArrayLike, trials: npt.ArrayLike, level: float = 0.95) -> Ends:
    """Ends of the Wilson score interval of a proportion.

        (s + z^2 / 2 -+ z sqrt(s (n - s) / n + z^2 / 4)) / (n + z^2),       s successes in n trials

    It never has zero width; no trials give (0, 1).

    Parameters
    ----------
    successes : array_like of float
        Successes; halves are allowed (a tie as half a win).
    trials : array_like of float
        Trials, of a shape that broadcasts with `successes`.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    low, high : ndarray of float64
        Of the common shape of both arguments; scalars for single numbers.

    Raises
    ------
    InputError
        If not 0 <= successes <= trials throughout or `level` is not between 0 and 1.

    See Also
    --------
    beta_interval : the same question answered by a prior.

    Examples
    --------
    >>> low, high = wilson_interval(4, 13)
    >>> print(f"{low:.6f} {high:.6f}")
    0.126807 0.576307
    """
    z = normal_quantile(level)
    s, n = _successes_in_trials(successes, trials)
    spread = z * np.sqrt(s * (n - s) / np.maximum(n, 1e-300) + z**2 / 4)
    low, high = (s + z**2 / 2 - spread) / (n + z**2), (s + z**2 / 2 + spread) / (n + z**2)
    return np.where(s == 0, 0.0, low)[()], np.where(s == n, 1.0, high)[()]


def beta_interval(
    successes: npt.ArrayLike, trials: npt.ArrayLike, level: float = 0.95, prior: tuple[float, float] = (0.5, 0.5)
) -> Ends:
    """Ends of the equal-tailed credible interval of a proportion, by default of Jeffreys' prior.

        quantiles (1 - level) / 2 and (1 + level) / 2 of Beta(s + a, n - s + b),        (a, b) the prior

    but 0 is the lower end where nothing succeeded and 1 the upper end where everything did (Brown, Cai and DasGupta).

    Parameters
    ----------
    successes : array_like of float
        Successes; halves are allowed (a tie as half a win).
    trials : array_like of float
        Trials, of a shape that broadcasts with `successes`.
    level : float
        Credibility, between 0 and 1.
    prior : (float, float)
        Pseudo-counts of success and failure, above 0.

    Returns
    -------
    low, high : ndarray of float64
        Of the common shape of both arguments; scalars for single numbers.

    Raises
    ------
    InputError
        If not 0 <= successes <= trials throughout, a pseudo-count is not above 0 or `level` is not between 0 and 1.

    See Also
    --------
    wilson_interval : the same question answered without a prior.

    Examples
    --------
    >>> low, high = beta_interval([0, 9], 10)
    >>> print(low.round(3), high.round(3))
    [0.    0.619] [0.217 0.989]
    """
    level = check_number("level", level, low=0, high=1, open_ends=True)
    s, n = _successes_in_trials(successes, trials)
    a, b = (check_number("prior", count, low=0, open_ends=True) for count in prior)
    low, high = (special.betaincinv(s + a, n - s + b, tail) for tail in ((1 - level) / 2, (1 + level) / 2))
    return np.where(s == 0, 0.0, low)[()], np.where(s == n, 1.0, high)[()]


def normal_quantile(level: float) -> float:
    """How many standard errors a normal interval of this level reaches to either side.

    z of (1 + level) / 2, 1.96 for a level of .95; the one place where a level becomes a number of standard errors.
    """
    level = check_number("level", level, low=0, high=1, open_ends=True)
    return float(special.ndtri((1 + level) / 2))


def _without_leading_zero(number: str) -> str:
    return number.replace("0.", ".", 1) if number.startswith(("0.", "-0.")) else number


def _successes_in_trials(successes: npt.ArrayLike, trials: npt.ArrayLike) -> Ends:
    s = check_floats("successes", successes, ndim=np.ndim(successes))
    n = check_floats("trials", trials, ndim=np.ndim(trials))
    s, n = _broadcast(successes=s, trials=n)
    bad = (s < 0) | (s > n)
    if bad.any():
        first = int(np.argmax(bad))
        raise InputError(
            "successes",
            f"must lie between 0 and the trials, got {s.flat[first]:g} of {n.flat[first]:g}",
            where=f"index {first}" if s.ndim else None,
        )
    return s, n


def _broadcast(**arrays: npt.NDArray[np.float64]) -> Ends:
    (first_name, first), (name, second) = arrays.items()
    try:
        first, second = np.broadcast_arrays(first, second)
    except ValueError:
        raise InputError(name, f"must fit {first_name} of shape {first.shape}, got shape {second.shape}") from None
    return first, second
