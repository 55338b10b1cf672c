"""What does a cell say: one number, "before;after", or several reviews?"""

from __future__ import annotations

import json

import numpy as np
import polars as pl

from psephos.errors import ParseError
from psephos.opinions.coding import canonical
from psephos.studies.peer_review.names import PER_REVIEW
from psephos.studies.peer_review.reviews import Floats


def number_pairs(table: pl.DataFrame, column: str) -> tuple[Floats, Floats]:
    """The two numbers of each cell; one alone stands for both, an empty part is NaN.

    Raises
    ------
    ParseError
        If a cell has more than two parts or a part is no finite number.

    Examples
    --------
    >>> number_pairs(pl.DataFrame({"item": ["a"] * 4, "score": ["3;5", "6", ";4", None]}), "score")
    (array([ 3.,  6., nan, nan]), array([ 5.,  6.,  4., nan]))
    """
    cells = table[column]
    if cells.dtype.is_numeric() or cells.dtype == pl.Boolean:
        numbers = cells.cast(pl.Float64).fill_null(np.nan).to_numpy()
        _refuse(table, column, np.isinf(numbers), "is infinite")
        return numbers, numbers
    if cells.dtype.is_temporal():
        stamps = cells.cast(pl.Datetime("us")).dt.epoch("s").cast(pl.Float64).fill_null(np.nan).to_numpy() / 86_400
        return stamps, stamps
    parts = canonical(cells).cast(pl.String).str.split(";")
    _refuse(table, column, (parts.list.len().fill_null(0) > 2).to_numpy(), 'has more than two parts; "a;b" has two')
    first = parts.list.get(0, null_on_oob=True)
    second = parts.list.get(1, null_on_oob=True).zip_with(parts.list.len().fill_null(0) > 1, first)
    return _numbers(table, column, first), _numbers(table, column, second)


def _numbers(table: pl.DataFrame, column: str, texts: pl.Series) -> Floats:
    texts = texts.str.strip_chars()
    texts = texts.set(texts == "", None)
    numbers = texts.cast(pl.Float64, strict=False)
    found = numbers.fill_null(np.nan).to_numpy()
    wrong = (texts.is_not_null()).to_numpy() & ~np.isfinite(found)
    _refuse(table, column, wrong, "is no number")
    return found


def _refuse(table: pl.DataFrame, column: str, wrong: np.ndarray, problem: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        item, cell = table["item"][row], str(table[column][row])
        raise ParseError(column, f"{cell!r:.60} {problem}", where=f"item {item}")


def exploded(table: pl.DataFrame) -> pl.DataFrame:
    """The compact form, an item per row with several reviews in a cell, as a review per row.

    An empty cell is a review without a score, so that its item is set aside by name and not lost.

    Examples
    --------
    >>> exploded(pl.DataFrame({"item": ["a", "b"], "score": ["3;5 6", "7"], "year": [1, 2]})).rows()
    [('a', '3;5', 1), ('a', '6', 1), ('b', '7', 2)]
    """
    lists = {"score": [_parts(cell, "score") or [None] for cell in table["score"].to_list()]}
    sizes = [len(parts) for parts in lists["score"]]
    for column in (name for name in (*PER_REVIEW, "tracing") if name in table.columns):
        cells = [_parts(cell, column) for cell in table[column].to_list()]
        for row, (parts, size) in enumerate(zip(cells, sizes, strict=True)):
            if len(parts) not in (0, 1, size):
                where = f"item {table['item'][row]}"
                raise ParseError(column, f"has {len(parts)} values for {size} reviews", where=where)
            cells[row] = parts * size if len(parts) == 1 else parts or [None] * size
        lists[column] = cells
    columns = [pl.Series(name, parts, dtype=pl.List(pl.String)) for name, parts in lists.items()]
    whole = table.with_columns(columns)
    return whole.explode(list(lists)) if whole.height else whole.with_columns(pl.col(name).explode() for name in lists)


def _parts(cell: object, column: str) -> list[str | None]:
    """The reviews that a cell holds: a list, the text of a JSON list, or texts between blanks or commas."""
    if cell is None:
        return []
    if isinstance(cell, str):
        text = cell.strip()
        if text.startswith("["):
            try:
                cell = json.loads(text)
            except (ValueError, RecursionError):
                raise ParseError(column, f"{text!r:.60} is no JSON list") from None
        else:
            return list(text.replace(",", " ").split())
    if isinstance(cell, (list, tuple)):
        return [None if part is None else f"{part:.15g}" if isinstance(part, float) else str(part) for part in cell]
    return [f"{cell:.15g}" if isinstance(cell, float) else str(cell)]
