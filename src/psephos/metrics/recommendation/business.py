r"""What did recommendations bring: clicks, purchases, money, people who come back?

One row of the log is an impression (or so many, with a column of counts). With sums over rows:

    ctr = clicks / impressions                       ctr_users = mean over users of theirs
    ctr_examined = sum of clicks / P(examined at its position) / impressions
    adoption = users that clicked or bought / users  conversion = conversions / clicks, and / impressions
    revenue_per_mille = 1000 revenue / impressions   average_order_value = revenue / conversions
    revenue_per_user = revenue / users               gross_margin = (revenue - cost) / revenue
    dwell = mean of the clicked rows                 session_length = last - first time of a session
    return_day_d = users active d days after their first day, of those first seen at least d days before the end
    churn_d = users whose last row is more than d days before the end

A ratio of sums T = sum a / sum b has the error of what each user moves, (a - T b) / mean b, since the rows of one user
are not independent; a share of users has Wilson's interval.

Source: sheet 02 (the standard taxonomy). Differs: errors with users as clusters are ours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_number
from psephos.metrics.recommendation.visits import Row, ratio_row, share_row, time_measures
from psephos.opinions.coding import encode
from psephos.opinions.frames import to_polars

Floats = npt.NDArray[np.float64]


def business_report(
    events: object,
    *,
    by: str | None = None,
    examined: Mapping[int, float] | None = None,
    days: Sequence[int] = (1, 7, 30),
    level: float = 0.95,
) -> pl.DataFrame:
    """Business metrics of a log of impressions, with intervals.

    Parameters
    ----------
    events : data frame
        Columns user and clicked (0 or 1, or counts beside a column impressions), and as far as there are any:
        impressions, converted, revenue, cost, position, dwell, session, time (seconds or dates).
    by : str, optional
        A column whose values are reported apart, such as ``"arm"``.
    examined : mapping of int to float, optional
        Chance that a position is looked at, above 0; for the CTR without the effect of positions.
    days : sequence of int, default (1, 7, 30)
        Of the return rates and the churn.
    level : float, default 0.95
        Of the intervals.

    Returns
    -------
    polars.DataFrame
        group (with `by`), measure, value, low, high, standard_error, n (what it divides by), reason (why undefined);
        the measures that the columns allow.

    Raises
    ------
    InputError
        If a column is missing or holds what it cannot, such as more clicks than impressions.

    See Also
    --------
    uplift : which arm of an experiment did better.
    concentration : how evenly sales spread over items.

    Examples
    --------
    >>> log = pl.DataFrame({"user": ["a", "a", "b", "c"], "clicked": [1, 0, 1, 0], "revenue": [0.0, 0.0, 9.0, 0.0]})
    >>> business_report(log).filter(measure="ctr")["value"].to_list()
    [0.5]
    """
    table = to_polars(events)
    for name in ("user", "clicked", *((by,) if by else ())):
        if name not in table.columns:
            raise InputError("events", f"have no column {name!r}")
    check_number("level", level, low=0, high=1, open_ends=True)
    numbers = _numbers(table)
    user = encode(table["user"]).codes.astype(np.int64)
    if (user < 0).any():
        raise InputError("events", "hold a row without a user", where=f"row {int(np.argmax(user < 0)) + 1}")
    weight = _examined(numbers, examined)
    schema = ["measure", "value", "low", "high", "standard_error", "n", "reason"]
    if by is None:
        return _framed(_measures(table, numbers, weight, user, days, level), schema)
    parts = []
    groups = encode(table[by])
    for code, name in enumerate(groups.names()):
        inside = groups.codes == code
        own = {key: values[inside] for key, values in numbers.items()}
        rows = _measures(
            table.filter(pl.Series(inside)), own, None if weight is None else weight[inside], user[inside], days, level
        )
        parts.append(_framed(rows, schema).insert_column(0, pl.Series("group", [name] * len(rows))))
    return pl.concat(parts)


def _framed(rows: list[Row], schema: list[str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None))


def _numbers(table: pl.DataFrame) -> dict[str, Floats]:
    """The columns of numbers, checked."""
    found: dict[str, Floats] = {}
    for name in ("clicked", "impressions", "converted", "revenue", "cost", "position", "dwell"):
        if name not in table.columns:
            continue
        try:
            column = table[name].cast(pl.Float64)
        except pl.exceptions.PolarsError:
            raise InputError("events", f"column {name!r} must hold numbers") from None
        values = column.fill_null(math.nan if name in ("dwell", "position") else 0.0).to_numpy()
        bad = np.isinf(values) | ((values < 0) & (name != "revenue"))
        if name not in ("dwell", "position"):
            bad |= np.isnan(values)
        if bad.any():
            place = int(np.argmax(bad))
            raise InputError("events", f"column {name!r} holds {values[place]:g}", where=f"row {place + 1}")
        found[name] = values
    found.setdefault("impressions", np.ones(table.height))
    for name in ("clicked", "converted"):
        over = found[name] > found["impressions"] if name in found else np.zeros(0, dtype=bool)
        if over.any():
            place = int(np.argmax(over))
            raise InputError(
                "events",
                f"{found[name][place]:g} {name} of {found['impressions'][place]:g} impressions",
                where=f"row {place + 1}",
            )
    return found


def _examined(numbers: Mapping[str, Floats], examined: Mapping[int, float] | None) -> Floats | None:
    if examined is None:
        return None
    if "position" not in numbers:
        raise InputError("examined", "needs a column 'position'")
    chance = {float(place): check_number("examined", one, low=0, high=1) for place, one in examined.items()}
    lacking = [place for place in np.unique(numbers["position"]) if chance.get(float(place), 0.0) <= 0]
    if lacking:
        raise InputError("examined", f"has no chance above 0 for position {lacking[0]:g}")
    return np.array([1 / chance[float(place)] for place in numbers["position"]])


def _measures(
    table: pl.DataFrame,
    numbers: Mapping[str, Floats],
    weight: Floats | None,
    user: npt.NDArray[np.int64],
    days: Sequence[int],
    level: float,
) -> list[Row]:
    code = np.unique(user, return_inverse=True)[1]
    n_users = int(code.max(initial=-1)) + 1

    def per_user(values: Floats) -> Floats:
        return np.bincount(code, weights=values, minlength=n_users).astype(np.float64)

    shown, clicks = per_user(numbers["impressions"]), per_user(numbers["clicked"])
    there = np.ones(n_users)
    rows = [ratio_row("ctr", clicks, shown, level, share=True)]
    own = np.divide(clicks, shown, out=np.zeros(n_users), where=shown > 0)
    rows.append(ratio_row("ctr_users", own * (shown > 0), (shown > 0).astype(float), level, share=True))
    if weight is not None:
        rows.append(ratio_row("ctr_examined", per_user(numbers["clicked"] * weight), shown, level))
    bought = per_user(numbers["converted"]) if "converted" in numbers else np.zeros(n_users)
    rows.append(share_row("adoption", int(((clicks > 0) | (bought > 0)).sum()), n_users, level))
    if "converted" in numbers:
        rows.append(ratio_row("conversion_of_clicks", bought, clicks, level))
        rows.append(ratio_row("conversion_of_impressions", bought, shown, level, share=True))
    if "revenue" in numbers:
        money = per_user(numbers["revenue"])
        rows.append(ratio_row("revenue_per_mille", 1000 * money, shown, level))
        rows.append(ratio_row("revenue_per_user", money, there, level))
        if "converted" in numbers:
            rows.append(ratio_row("average_order_value", money, bought, level))
        if "cost" in numbers:
            rows.append(ratio_row("gross_margin", money - per_user(numbers["cost"]), money, level))
    if "dwell" in numbers:
        held = (numbers["clicked"] > 0) & ~np.isnan(numbers["dwell"])
        seconds = per_user(np.where(held, numbers["dwell"], 0.0))
        rows.append(ratio_row("dwell", seconds, per_user(held.astype(float)), level))
    if "time" in table.columns:
        rows += time_measures(table, code, n_users, days, level)
    return rows
