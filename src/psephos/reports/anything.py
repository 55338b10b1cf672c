"""The page of a result that has none of its own: its summary, its pictures and its table."""

from __future__ import annotations

from psephos.opinions.outcomes import Result
from psephos.plots.picking import pictures_of
from psephos.reports.page import Page, drawn
from psephos.reports.sections import cell

ROWS = 200


def plain_page(result: Result) -> Page:
    """What any result says of itself."""
    table = result.table()
    (name, text), *facts = result.summary()
    draw = pictures_of(result) if table.height else {}
    return Page(
        template="anything.html",
        finding=f"{name.capitalize()}: {text}",
        lead="",
        sections=[("table", "Table")],
        says={
            "facts": facts,
            "pictures": [part for name, function in draw.items() for part in drawn(function, result, prefix=name)],
            "columns": [(column, dtype.is_numeric()) for column, dtype in table.schema.items()],
            "rows": [list(map(cell, row)) for row in table.head(ROWS).iter_rows()],
            "n_rows": table.height,
        },
    )
