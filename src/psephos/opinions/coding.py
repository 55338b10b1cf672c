"""How do names of any type become integer codes, always the same ones?

A column of ids or choices is kept as integer codes and a vocabulary of texts. Every value has one canonical text, so
that 1, 1.0 and "1" are one id whatever file or frame they came from:

    whole numbers, also when stored as floats   decimal digits      7.0 -> "7"
    other numbers                               shortest form       .50 -> "0.5"
    booleans                                    "true", "false"
    dates and times                             ISO 8601, a fraction of a second without trailing zeros
    texts                                       as they are

Missing values (null, NaN, an empty text) have the code -1.
"""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.text_codes import codes_of_list, codes_of_texts

FEW_NAMES = 1000
"""Up to this many names Python looks through sooner than a query is asked."""

_ZEROS = (r"\.0+($|[+-])", "${1}"), (r"(\.\d*[1-9])0+($|[+-])", "${1}${2}")


@dataclass(frozen=True, eq=False)
class Coded:
    """A column as codes into a vocabulary; -1 is missing.

    Attributes
    ----------
    codes : ndarray of int32, shape (n_rows,)
    vocabulary : polars.Series of String
        The distinct values in the order of their codes.
    """

    codes: npt.NDArray[np.int32]
    vocabulary: pl.Series

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def position(self) -> dict[str, int]:
        """Code of each value, by the value: the way back from `vocabulary`."""
        return {name: code for code, name in enumerate(self.vocabulary)}

    def names(self) -> list[str]:
        """The vocabulary as a list."""
        return self.vocabulary.to_list()

    def values(self) -> pl.Series:
        """The column as texts again, null where it is missing."""
        codes = pl.Series(self.vocabulary.name, self.codes)
        return self.vocabulary.gather(codes.replace(-1, None).cast(pl.UInt32))

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Coded:
        """The column at `rows`, with the same vocabulary."""
        return Coded(self.codes[rows], self.vocabulary)

    def compact(self) -> Coded:
        """The same column without the values that no row has; the order of the rest stays."""
        used = np.zeros(len(self.vocabulary), dtype=bool)
        used[self.codes[self.codes >= 0]] = True
        if used.all():
            return self
        new = np.append(np.cumsum(used, dtype=np.int32) - 1, np.int32(-1))
        return Coded(new[self.codes], self.vocabulary.filter(pl.Series(used)))


def encode(values: pl.Series | Coded, *, ordered: bool = False, missing: Collection[str] = ()) -> Coded:
    """Turn a column of any type into codes.

    Parameters
    ----------
    values : polars.Series or Coded
        The column; its name is used in errors. One that is coded stays so.
    ordered : bool, default False
        Number the values in natural order (`natural_order`) instead of the order in which they appear.
    missing : collection of str, optional
        Values that count as missing.

    Examples
    --------
    >>> coded = encode(pl.Series("item", ["b", "a", None, "b"]))
    >>> coded.codes, coded.names()
    (array([ 0,  1, -1,  0], dtype=int32), ['b', 'a'])
    """
    if isinstance(values, Coded):
        coded = values
    elif values.dtype in (pl.Categorical, pl.Enum):
        coded = _category_codes(values)
    elif (plain := canonical(values)).dtype.is_integer():
        vocabulary = plain.unique(maintain_order=True).drop_nulls()
        coded = Coded(_integer_codes(plain, vocabulary), vocabulary.cast(pl.String))
    else:
        coded = Coded(*codes_of_texts(plain))
    if missing:
        coded = _without(coded, missing)
    return reorder(coded, natural_order(coded.vocabulary)) if ordered else coded


def coded_list(name: str, values: object) -> Coded | None:
    """A short list of texts as codes, without a column on the way; None for anything else.

    Examples
    --------
    >>> coded_list("item", ["b", "a", "b"]).codes
    array([0, 1, 0], dtype=int32)
    """
    made = codes_of_list(name, values) if type(values) is list else None
    return None if made is None else Coded(*made)


def canonical(values: pl.Series) -> pl.Series:
    """Reduce a column to Int64 or String with one text per value; NaN becomes null.

    What is equal to a reader has one text: 1, 1.0 and "1" are the same, True is not 1, and dates are written as ISO
    8601 has them.
    """
    dtype = values.dtype
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return _without_empty(values if dtype == pl.String else values.cast(pl.String))
    if dtype.is_integer():
        return values.cast(pl.String) if dtype in (pl.UInt64, pl.Int128, pl.UInt128) else values.cast(pl.Int64)
    if dtype.is_float():
        return _from_floats(values.fill_nan(None))
    if dtype == pl.Boolean:
        return values.cast(pl.Int8).replace_strict({0: "false", 1: "true"}, return_dtype=pl.String)
    if dtype in (pl.Date, pl.Datetime, pl.Time):
        return values.dt.to_string("iso:strict").str.replace(*_ZEROS[0]).str.replace(*_ZEROS[1])
    if dtype == pl.Null:
        return values.cast(pl.String)
    if dtype == pl.Decimal or dtype == pl.Object:
        return _as_texts(values.name, [text_of(value, values.name) for value in values])
    raise InputError(
        values.name or "column", f"holds values of type {dtype}, which cannot be names", hint="turn it into text first"
    )


def text_of(value: object, argument: str = "value") -> str | None:
    """The canonical text of one Python value, None where it is missing.

    Examples
    --------
    >>> [text_of(value) for value in (1, 1.0, "1", 0.5, True, None, float("nan"), "")]
    ['1', '1', '1', '0.5', 'true', None, None, None]
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType"):  # of pandas, which need not be here
        return None
    if isinstance(value, str):
        return value or None
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() and abs(float(value)) < 2**53 else str(value)
    if isinstance(value, decimal.Decimal):
        if value.is_nan():
            return None
        whole, point, rest = f"{value:f}".partition(".")
        return (whole + point + rest.rstrip("0")).removesuffix(".") if value else "0"
    if isinstance(value, (dt.date, dt.time)):
        return re.sub(r"(\.\d*?)0+($|[+-])", r"\1\2", value.isoformat())
    raise InputError(
        argument,
        f"holds {value!r:.60}, a {type(value).__name__}, which cannot be a name",
        hint="turn it into text first",
    )


def storable(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with columns of mixed Python objects as texts, which every format can hold.

    Polars keeps mixed values as Python objects, which neither Parquet nor Arrow can hold.
    """
    return frame.with_columns(stored(frame[name]) for name, dtype in frame.schema.items() if dtype == pl.Object)


def stored(values: pl.Series) -> pl.Series:
    """The column, as texts if it holds mixed Python objects.

    Values become the texts that they would have as names; a column of one type stays as it is.
    """
    return _as_texts(values.name, [_any_text(value) for value in values]) if values.dtype == pl.Object else values


def natural_order(vocabulary: pl.Series) -> npt.NDArray[np.intp]:
    """Positions of the values in natural order: by number if every value is one, else by text.

    Examples
    --------
    >>> natural_order(pl.Series(["10", "9", "1"]))
    array([2, 1, 0])
    """
    if vocabulary.dtype == pl.String and len(vocabulary) <= FEW_NAMES and not vocabulary.null_count():
        names = vocabulary.to_list()
        if any(name[:1].isalpha() for name in names):  # no finite number starts with a letter
            return np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.intp)
    numbers = vocabulary.cast(pl.Float64, strict=False)
    frame = pl.DataFrame({"number": numbers, "text": vocabulary.cast(pl.String)}).with_row_index("position")
    by = ["number", "text"] if len(vocabulary) and numbers.is_finite().all(ignore_nulls=False) else ["text"]
    return frame.sort(by)["position"].to_numpy().astype(np.intp)


def reorder(coded: Coded, order: npt.NDArray[np.intp]) -> Coded:
    """The same column with its vocabulary in another order.

    `order` has the place in the old vocabulary of each value of the new; codes of -1 stay.
    """
    new = np.empty(len(order) + 1, dtype=np.int32)
    new[order] = np.arange(len(order), dtype=np.int32)
    new[-1] = -1
    return Coded(new[coded.codes], coded.vocabulary[order])


def recode(coded: Coded, vocabulary: pl.Series) -> Coded:
    """The same column with the codes of another vocabulary, which must hold every value that occurs.

    Parts of a sharded table are read one by one and share one vocabulary this way.
    """
    position = {name: code for code, name in enumerate(vocabulary)}
    new = np.array([*(position[name] for name in coded.vocabulary), -1], dtype=np.int32)
    return Coded(new[coded.codes], vocabulary)


def combined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    """One whole number per row that is equal exactly where all parts are equal.

    Parameters
    ----------
    parts : sequence of ndarray, shape (n_rows,) each
        Whole numbers of at least -1, or floats.

    Examples
    --------
    >>> combined([np.array([0, 0, 1]), np.array([2, 2, 2])])
    array([ 7,  7, 11])
    """
    key = np.zeros(len(parts[0]), dtype=np.int64)
    size = 1  # all that follows is done in place: at ten million rows, fetching memory costs more than counting
    for part in parts:
        codes = part if part.dtype.kind == "i" else np.unique(part, return_inverse=True)[1]
        base = int(codes.max(initial=0)) + 2
        if size * base >= 2**62:
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            size = int(key.max(initial=0)) + 1
        key *= base
        key += codes
        key += 1
        size *= base
    return key


def _from_floats(values: pl.Series) -> pl.Series:
    """Whole numbers as Int64, else the shortest text of each number with whole ones as digits."""
    whole = (values == values.round(0)) & (values.abs() < 2**53)
    if whole.all():
        return values.cast(pl.Int64)
    return pl.Series(values.name, [text_of(value) for value in values.to_numpy()], dtype=pl.String)


def _without_empty(values: pl.Series) -> pl.Series:
    empty = values == ""
    return values.set(empty, None) if empty.any() else values


def _as_texts(name: str, texts: list[str | None]) -> pl.Series:
    try:
        return pl.Series(name, texts, dtype=pl.String)
    except UnicodeEncodeError as problem:
        raise InputError(name, f"holds a text that is not Unicode: {problem.object!r:.60}") from None


def _any_text(value: object) -> str | None:
    """The canonical text of a value; JSON, or what Python shows, of a value that has none."""
    try:
        return text_of(value)
    except InputError:
        return json.dumps(value, default=str, ensure_ascii=False)


def _category_codes(values: pl.Series) -> Coded:
    """Codes of categories in the order of their first rows; their texts are not looked at again."""
    place = values.to_physical().cast(pl.Int64)
    used = place.unique(maintain_order=True).drop_nulls()
    texts = values.gather(place.is_first_distinct().arg_true()).drop_nulls().cast(pl.String)
    return _without(Coded(_integer_codes(place, used), texts), ("",))


def _without(coded: Coded, missing: Collection[str]) -> Coded:
    """The same column with these values missing."""
    gone = coded.vocabulary.is_in(list(missing)).to_numpy()
    if not gone.any():
        return coded
    return Coded(np.where(np.append(gone, False)[coded.codes], np.int32(-1), coded.codes), coded.vocabulary).compact()


def _integer_codes(values: pl.Series, vocabulary: pl.Series) -> npt.NDArray[np.int32]:
    """Codes of whole numbers by a look-up table where their range allows one, else by hashing."""
    if not len(vocabulary):
        return np.full(len(values), -1, dtype=np.int32)
    low, high = int(vocabulary.min()), int(vocabulary.max())  # type: ignore[arg-type]
    fresh = np.arange(len(vocabulary), dtype=np.int32)
    if high - low <= 4 * len(values) + 1024:
        table = np.empty(high - low + 1, dtype=np.int32)
        table[vocabulary.to_numpy() - low] = fresh
        codes: npt.NDArray[np.int32] = table[values.fill_null(low).to_numpy() - low]
        return np.where(values.is_null().to_numpy(), np.int32(-1), codes) if values.null_count() else codes
    mapped = values.replace_strict(vocabulary, pl.Series(fresh), default=-1, return_dtype=pl.Int32)
    return np.asarray(mapped.fill_null(-1).to_numpy(), dtype=np.int32)
