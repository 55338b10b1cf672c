"""Which options do all metrics share, and what do they say?

A value can be undefined, a value can be missing, and two values can be equal. What is done then is never silent: it is
one of the named options below, checked at the door of each metric.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

from psephos.errors import check_choice

Undefined = Literal["error", "nan"]
"""A metric that has no value (one class only, say): refuse, or give NaN."""

Missing = Literal["error", "skip"]
"""A row with NaN: refuse, or leave it out and count it."""


def check_undefined(undefined: str) -> bool:
    """Whether an undefined value is refused.

    Examples
    --------
    >>> check_undefined("error"), check_undefined("nan")
    (True, False)
    """
    return check_choice("undefined", undefined, get_args(Undefined)) == "error"


def check_missing(missing: str) -> bool:
    """Whether rows with NaN are left out.

    Examples
    --------
    >>> check_missing("skip")
    True
    """
    return check_choice("missing", missing, get_args(Missing)) == "skip"


def ends_within(low: float, high: float, least: float = 0.0, most: float = 1.0) -> tuple[float, float]:
    """The ends of an interval, cut where the value cannot be; an end that is not known stays so.

    Examples
    --------
    >>> ends_within(-0.1, 0.4), ends_within(math.nan, math.nan)
    ((0.0, 0.4), (nan, nan))
    """
    return (low if math.isnan(low) else max(least, low)), (high if math.isnan(high) else min(most, high))


def error_within(error: float, value: float, units: int) -> float:
    """The error of a share: where all units are alike and it would be 0, but the value lies between 0 and 1, it is
    sqrt(v (1 - v)) / n, what one unit of the other kind would make.

    Examples
    --------
    >>> error_within(0.0, 0.5, 10), error_within(0.0, 1.0, 10), error_within(0.2, 0.5, 10)
    (0.05, 0.0, 0.2)
    """
    if error <= 1e-12 * abs(value) and 0 < value < 1:
        return math.sqrt(value * (1 - value)) / units
    return error
