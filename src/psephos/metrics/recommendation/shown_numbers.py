"""Which ends has the interval of a metric, and how is it said?

Intervals are normal; what cannot be below 0 or above 1 ends there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from psephos.metrics.conventions import ends_within
from psephos.metrics.recommendation.user_metrics import BOUNDED
from psephos.statistics import Interval, normal_interval

SHARES = frozenset({"gini", "pop_reo", "pop_rsp", "entropy_share", "auc", "r2", "explained_variance"})
"""Metrics of no single user that are 1 at most."""


def ends_of(metric: str, value: float, error: float, level: float) -> tuple[float, float]:
    """Lower and upper end of the normal interval of a metric, cut where the metric cannot be.

    Parameters
    ----------
    metric : str
        Says whether it can be below 0 or above 1.
    value, error, level : float
        Value, standard error (NaN gives NaN), confidence.
    """
    low, high = (float(end) for end in normal_interval(value, error, level))
    least = -math.inf if metric in ("r2", "explained_variance") else 0.0
    # Repeats that are kept, and coverage that counts items from outside, can come to more than 1.
    most = 1.0 if (metric in BOUNDED or metric in SHARES) and value <= 1 else math.inf
    return ends_within(low, high, least, most)


def in_words(row: Mapping[str, Any], level: float) -> str:
    """A row of values on one line, with the reason where there is none."""
    if row["value"] is None:
        return f"undefined: {row['reason']}"
    value, low, high = (math.nan if row[name] is None else row[name] for name in ("value", "low", "high"))
    left = f", {row['left_out']:,} left out: {row['reason']}" if row["left_out"] else ""
    return f"{Interval(value, low, high, level)} (n = {row['users']:,}{left})"
