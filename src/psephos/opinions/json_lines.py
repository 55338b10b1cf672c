"""How are lines of JSON read fast that all look alike?

Most files of JSON Lines were written by one program: every line is an object with the same keys in the same order, and
plain values. Such lines fit one pattern, which is made from the keys and the types that the first lines have; all lines
are then matched at once instead of being parsed one by one. What does not fit as a whole (an escape in a text, a list,
a number of more than 15 digits, a line with other keys, one that is no JSON) is left to the careful way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from types import NoneType
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

LINES_LOOKED_AT = 100
MOST_KEYS = 50

_BLANKS = r"[ \t\r]*"
_VALUES: dict[frozenset[type], str] = {
    frozenset(): "(null)",
    frozenset({str}): r'(?:"([^"\\\x00-\x1f]*)"|null)',
    frozenset({bool}): "(?:(true|false)|null)",
}
_NUMBER = r"(?:(-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,17})?(?:[eE][+-]?[0-9]{1,2})?)|null)"


def read_alike(lines: Sequence[str]) -> tuple[pl.DataFrame, npt.NDArray[np.int64]] | None:
    """The columns of lines that are all alike and the number of each, None if they are not; blank lines do not count.

    Examples
    --------
    >>> frame, rows = read_alike(['{"item": "a", "score": 1}', "", '{"item": "b", "score": 0.5}'])
    >>> frame.rows(), rows
    ([('a', 1.0), ('b', 0.5)], array([1, 3]))
    >>> read_alike(['{"item": "a"}', '{"item": ["a"]}']) is None
    True
    """
    types = _types_of_first(lines)
    if types is None:
        return None
    values = [_VALUES.get(frozenset(kinds), _NUMBER) for kinds in types.values()]
    keys = [re.escape(json.dumps(key)) for key in types]
    parts = [_BLANKS.join(["", key, ":", value, ""]) for key, value in zip(keys, values, strict=True)]
    pattern = f"^{_BLANKS}\\{{{','.join(parts)}\\}}{_BLANKS}$"
    texts = pl.Series(lines, dtype=pl.String)
    fits = texts.str.contains(pattern)
    if any(lines[place].strip() for place in (~fits).arg_true()):
        return None
    found = texts.filter(fits).str.extract_groups(pattern).struct.unnest()
    columns = {key: _typed(found.to_series(place), key, kinds) for place, (key, kinds) in enumerate(types.items())}
    return pl.DataFrame(columns), fits.arg_true().to_numpy().astype(np.int64) + 1


def _types_of_first(lines: Sequence[str]) -> dict[str, set[type]] | None:
    """The keys of the first lines and the types of their values, None where keys differ or values are not plain."""
    from psephos.opinions.transcript_json import shape_of

    types: dict[str, set[type]] = {}
    with suppress(ValueError, RecursionError):
        for line in filter(str.strip, lines[:LINES_LOOKED_AT]):
            value: Any = json.loads(line, object_pairs_hook=list)
            if (
                not isinstance(value, list)
                or len(value) > MOST_KEYS
                or not all(isinstance(pair, tuple) for pair in value)
            ):
                return None
            record = dict(value)
            types = types or {key: set() for key in record}
            if list(types) != [key for key, _ in value] or shape_of(record) is not None:
                return None
            for key, part in record.items():
                types[key] |= {type(part)} - {NoneType}
        plain = all(kinds <= {int, float} or frozenset(kinds) in _VALUES for kinds in types.values())
        return types if plain and types else None
    return None


def _typed(texts: pl.Series, key: str, kinds: set[type]) -> pl.Series:
    """The column that the careful way would make of these texts."""
    texts = texts.alias(key)
    if texts.null_count() == len(texts) or not kinds:
        return pl.Series(key, [None] * len(texts))
    if kinds == {str}:
        return texts
    if kinds == {bool}:
        return texts == "true"
    whole = not texts.str.contains("[.eE]").any()
    return texts.cast(pl.Int64 if whole else pl.Float64)
