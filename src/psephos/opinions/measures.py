"""Which numbers, times and lists stand in a column, whatever its type?"""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import suppress
from types import NoneType

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.coding import canonical, stored

_TRUTH = {"true": 1.0, "false": 0.0}
_ISO_8601 = (
    r"^(?<date>\d{4}-\d{2}-\d{2})(?:[T ](?<minutes>\d{2}:\d{2})(?::(?<seconds>\d{2}(?:\.\d+)?))?)?"
    r" ?(?<zone>Z|[+-]\d{2}(?::?\d{2})?)?$"
)


def numbers_of(values: pl.Series, *, dates: bool) -> pl.Series:
    """A column as Float64; dates become seconds since 1970-01-01 UTC.

    Texts that read as numbers, or as true and false, become numbers; what does not is null, and is said by the
    caller.
    """
    if values.dtype in (pl.Date, pl.Datetime):
        return values.cast(pl.Datetime("us")).dt.epoch("us") / 1e6
    if values.dtype.is_numeric() or values.dtype in (pl.Boolean, pl.Null):
        return values.cast(pl.Float64)
    texts = canonical(values).cast(pl.String).str.strip_chars()
    numbers = texts.cast(pl.Float64, strict=False)
    if numbers.null_count() == texts.null_count():
        return numbers
    others = _seconds(texts) if dates else texts.str.to_lowercase().replace_strict(_TRUTH, default=None)
    return numbers.fill_null(others.cast(pl.Float64))


def _seconds(texts: pl.Series) -> pl.Series:
    """ISO 8601 dates and times as seconds since 1970-01-01; UTC where no zone is given."""
    parts = texts.str.extract_groups(_ISO_8601).struct
    day, minutes, seconds, zone = (parts.field(name) for name in ("date", "minutes", "seconds", "zone"))
    clock = minutes.fill_null("00:00") + ":" + seconds.fill_null("00") + zone.fill_null("Z").replace("Z", "+00:00")
    when = (day + "T" + clock).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", time_unit="us", strict=False)
    return when.dt.epoch("us") / 1e6


def lists_of(values: pl.Series) -> pl.Series:
    """A column of lists of numbers, which text tables hold as JSON texts.

    As log-probabilities of tokens: whole numbers stay whole, and null stands for what is no list.
    """
    values = stored(values)
    if values.dtype == pl.String:
        found = [_list_of(text) for text in values]
        whole = all(isinstance(number, (int, NoneType)) for numbers in found for number in numbers or ())
        return pl.Series(values.name, found, dtype=pl.List(pl.Int64 if whole else pl.Float64))
    inner = values.dtype.inner if isinstance(values.dtype, (pl.List, pl.Array)) else values.dtype
    whole = inner == pl.Null or (isinstance(inner, pl.DataType) and inner.is_integer())
    try:
        return values.cast(pl.List(pl.Int64 if whole else pl.Float64))
    except pl.exceptions.PolarsError:
        raise InputError(values.name, f"holds values of type {values.dtype}, not lists of numbers") from None


def _list_of(text: str | None) -> list[float | None] | None:
    with suppress(ValueError, RecursionError):
        value = json.loads(text or "null", parse_int=lambda digits: int(digits) if len(digits) < 19 else float(digits))
        if isinstance(value, list) and all(type(number) in (int, float, NoneType) for number in value):
            return value
    return None


def blanked(values: pl.Series, missing: Collection[str]) -> pl.Series:
    """The column with null for the values whose text is one of `missing`.

    Examples
    --------
    >>> blanked(pl.Series("score", [1.0, -9.0]), ["-9"]).to_list()
    [1.0, None]
    """
    if values.dtype.is_nested():
        return values
    values = stored(values)
    texts = canonical(values).cast(pl.String)
    return (
        pl.DataFrame({"value": values, "text": texts})
        .select(pl.when(~pl.col("text").is_in(list(missing)).fill_null(True)).then("value").alias(values.name))
        .to_series()
    )


def given_in(values: pl.Series) -> npt.NDArray[np.bool_]:
    """Where a value is neither null nor NaN nor an empty text.

    Tells a gap from a value that could not be read, of which only the latter is set aside.
    """
    given = stored(values).is_not_null()
    if values.dtype.is_float():
        given &= ~values.is_nan().fill_null(False)
    elif values.dtype == pl.String:
        given &= (values != "").fill_null(False)
    return given.to_numpy()
