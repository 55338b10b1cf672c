"""The page of metrics that were asked for by name: their values, and the pictures of the results behind them."""

from __future__ import annotations

from dataclasses import replace

from psephos.metrics import Measurement
from psephos.plots.picking import pictures_of
from psephos.reports.anything import plain_page
from psephos.reports.page import Page, drawn

MOST_PARTS = 4
"""Scores whose own pictures are on the page."""


def measurement_page(result: Measurement) -> Page:
    """The plain page with the pictures of the first results behind the values."""
    page = plain_page(result)
    further = [
        picture
        for place, part in enumerate(list(result.parts.values())[:MOST_PARTS])
        for name, draw in pictures_of(part).items()
        for picture in drawn(draw, part, prefix=f"part{place}-{name}")
    ]
    return replace(page, says={**page.says, "pictures": [*page.says["pictures"], *further]})
