r"""Is one distance larger than another, or than a number?

    z = (D_1 - D_2) / sqrt(SE_1^2 + SE_2^2)         two pairs of independent samples
    z = (D - c) / SE                                 a number c above 0

Whether a feature told as much last year as it does now, say. Not for c = 0, where the error says nothing: that test is
the `p` of each result.

Source: sheet 23. Differs: nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from psephos.errors import InputError, check_number
from psephos.metrics.divergence.result import Divergence
from psephos.statistics import Interval
from psephos.statistics.intervals import normal_quantile


@dataclass(frozen=True)
class DivergenceDifference(Interval):
    """A distance less another, or less a number.

    Attributes
    ----------
    value, low, high, level : float
        The value, its interval and the level of that.
    standard_error, z, p : float
        Two-sided; NaN where an error is none.
    """

    standard_error: float
    z: float
    p: float

    def __str__(self) -> str:
        return f"{super().__str__()}, p = {self.p:.3g}"


def compare_divergences(left: Divergence, right: Divergence | float, *, level: float = 0.95) -> DivergenceDifference:
    """Difference of two distances of independent samples, or of a distance and a number above 0.

    Parameters
    ----------
    left : Divergence
        Of `divergence` or its relatives.
    right : Divergence or float
        Of the same measure and of other rows; or a number.
    level : float, default 0.95
        Of the intervals.

    Returns
    -------
    DivergenceDifference
        The difference with its interval and p-value.

    Raises
    ------
    InputError
        If measures differ, a distance is infinite or has no error, or the number is not above 0.

    Examples
    --------
    >>> from psephos.metrics import information_value
    >>> then, now = information_value([300, 700], [60, 40]), information_value([290, 710], [40, 60])
    >>> print(compare_divergences(then, now))
    .32 [.05, .59], p = 0.0192
    """
    z_level = normal_quantile(level)
    if isinstance(right, Divergence):
        if right.measure != left.measure:
            raise InputError("right", f"is of the measure {right.measure!r}, left of {left.measure!r}")
        other, error = right.value, right.standard_error
    else:
        other = check_number("right", right, low=0, open_ends=True)
        error = 0.0
    spread = math.hypot(left.standard_error, error)
    apart = left.value - other
    if not (math.isfinite(apart) and math.isfinite(spread)):
        raise InputError("left", "cannot be compared: a distance is infinite or has no error")
    z = apart / spread if spread > 0 else math.nan
    p = float(2 * special.ndtr(-abs(z)))
    return DivergenceDifference(apart, apart - z_level * spread, apart + z_level * spread, level, spread, z, p)
