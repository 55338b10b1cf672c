"""How long do users stay, and do they come back? And how is a ratio of sums over users, or a share of them, reported?

See `business`, whose log and formulas these are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.metrics.conventions import ends_within, error_within
from psephos.opinions.coding import encode
from psephos.statistics import normal_interval, wilson_interval

Floats = npt.NDArray[np.float64]
Row = tuple[str, float, float, float, float, int, str]
"""measure, value, low, high, standard_error, n, reason."""

DAY = 86_400.0


def time_measures(
    table: pl.DataFrame, code: npt.NDArray[np.int64], n_users: int, days: Sequence[int], level: float
) -> list[Row]:
    """Length of sessions, return rates and churn.

    Parameters
    ----------
    table : polars.DataFrame
        The log, with time and perhaps session.
    code : ndarray of int64, shape (n_rows,)
        User of each row.
    n_users : int
    days : sequence of int
        Days after the first visit, and days of silence.
    level : float
        Confidence of the intervals.

    Returns
    -------
    list of Row
        session_length in seconds, then return_day_D and churn_D of each of `days`.
    """
    rows: list[Row] = []
    time = _seconds(table["time"])
    if "session" in table.columns:
        session = encode(table["session"]).codes.astype(np.int64)
        held = session >= 0  # a row without a name is of no session
        key = code[held] * (int(session.max(initial=0)) + 1) + session[held]
        kinds, place = np.unique(key, return_inverse=True)
        first, last = np.full(len(kinds), np.inf), np.full(len(kinds), -np.inf)
        np.minimum.at(first, place, time[held])
        np.maximum.at(last, place, time[held])
        owner = np.empty(len(kinds), dtype=np.int64)
        owner[place] = code[held]
        seconds = np.bincount(owner, weights=last - first, minlength=n_users).astype(np.float64)
        count = np.bincount(owner, minlength=n_users).astype(np.float64)
        rows.append(ratio_row("session_length", seconds, count, level))
    day = np.floor(time / DAY)
    first, last = np.full(n_users, np.inf), np.full(n_users, -np.inf)
    np.minimum.at(first, code, day)
    np.maximum.at(last, code, time)
    end = time.max(initial=-np.inf)
    for d in days:
        old = first <= np.floor(end / DAY) - d
        back = np.zeros(n_users, dtype=bool)
        back[code[day == first[code] + d]] = True
        rows.append(share_row(f"return_day_{d}", int((back & old).sum()), int(old.sum()), level))
        rows.append(share_row(f"churn_{d}", int((end - last > d * DAY).sum()), n_users, level))
    return rows


def _seconds(column: pl.Series) -> Floats:
    if column.dtype.is_temporal():
        column = column.cast(pl.Datetime("us")).dt.epoch("us").cast(pl.Float64) / 1e6
    try:
        values = column.cast(pl.Float64).fill_null(math.nan).to_numpy()
    except pl.exceptions.PolarsError:
        raise InputError("events", "column 'time' must hold seconds or dates") from None
    if not np.isfinite(values).all():
        raise InputError("events", "hold a row without a time", where=f"row {int(np.argmin(np.isfinite(values))) + 1}")
    return np.asarray(values)


def ratio_row(measure: str, above: Floats, below: Floats, level: float, *, share: bool = False) -> Row:
    """A ratio of sums over users with its error, by linearisation.

    Parameters
    ----------
    measure : str
        What the row is called.
    above, below : ndarray of float64, shape (n_users,)
        What each user adds to the two sums.
    level : float
        Confidence.
    share : bool
        Whether the ratio is a share of a count, whose ends come from Wilson where it is 0 or 1.
    """
    there = (below > 0) | (above != 0)  # who adds to neither sum says nothing of the error
    above, below = above[there], below[there]
    total, n = float(below.sum()), len(below)
    if not total:
        return measure, math.nan, math.nan, math.nan, math.nan, 0, "nothing to divide by"
    value = float(above.sum()) / total
    count = round(total)
    if share and value in (0.0, 1.0):
        low, high = (float(end) for end in wilson_interval(value * count, count, level))
        return measure, value, low, high, math.nan, count, ""
    moved = (above - value * below) / below.mean()
    error = math.sqrt(float(moved @ moved) / (n - 1) / n) if n > 1 else math.nan
    error = error_within(error, value, n) if share else error
    low, high = (float(end) for end in normal_interval(value, error, level))
    low, high = ends_within(low, high, -math.inf if (above < 0).any() else 0.0, 1.0 if share else math.inf)
    return measure, value, low, high, error, count, ""


def share_row(measure: str, some: int, n: int, level: float) -> Row:
    """A share of users with Wilson's interval.

    Parameters
    ----------
    measure : str
        What the row is called.
    some, n : int
        Users that do, of so many.
    level : float
        Confidence.
    """
    if not n:
        return measure, math.nan, math.nan, math.nan, math.nan, 0, "no user to ask of"
    value = some / n
    low, high = (float(end) for end in wilson_interval(some, n, level))
    return measure, value, low, high, math.sqrt(value * (1 - value) / n), n, ""
