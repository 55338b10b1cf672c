"""Which options do all metrics share, and what do they say?

A value can be undefined, a value can be missing, and two values can be equal. What is done then is never silent: it is
one of the named options below, checked at the door of each metric.
"""

from __future__ import annotations

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
