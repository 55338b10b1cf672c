"""What is a family of metrics?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from psephos.metrics.measuring.given import Given, Measured, Settings
from psephos.opinions.outcomes import Result

Values = tuple[list[Measured], Mapping[str, Result]]


@dataclass(frozen=True)
class Family:
    """Metrics that answer one question from the same columns.

    Attributes
    ----------
    name, question : str
    metrics : mapping of str to str
        What each metric is, by its name.
    usual : tuple of str
        Those that are measured if none is named.
    needs, takes : tuple of str
        Parts that must, and that may be given; see `Given`.
    values : callable
        From what is given, names of metrics and settings to values, and the results behind them.
    differences : callable, optional
        From what is given of exactly two scores to their differences, p not adjusted.
    options : mapping of str to callable
        Options of the family by name, each with what makes a value of a text.
    """

    name: str
    question: str
    metrics: Mapping[str, str]
    usual: tuple[str, ...]
    needs: tuple[str, ...]
    takes: tuple[str, ...]
    values: Callable[[Given, Sequence[str], Settings], Values]
    differences: Callable[[Given, Sequence[str], Settings], list[Measured]] | None = None
    options: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
