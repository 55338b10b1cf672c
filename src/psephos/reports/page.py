"""What is a page before it is written? A template and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from psephos.errors import MissingPartError, NoPictureError
from psephos.plots.style import heading_of, own_rules
from psephos.plots.vector import svg
from psephos.reports.trusted import own_picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """A figure of a page: its finding, its method, and the drawing."""

    finding: str
    method: str
    drawing: Markup


@dataclass(frozen=True)
class Page:
    """A page of one result.

    Attributes
    ----------
    template : str
        File in ``templates`` that extends ``base.html``.
    finding, lead : str
        The headline, which says what to do next, and the sentence below it.
    sections : sequence of (str, str)
        Id and name of each section, for the list of contents.
    says : mapping
        What the template needs besides.
    """

    template: str
    finding: str
    lead: str
    sections: Sequence[tuple[str, str]]
    says: Mapping[str, Any] = field(default_factory=dict)


def drawn(draw: Callable[..., Figure], result: object, *, prefix: str) -> list[Picture]:
    """The picture that `draw` makes of a result, or nothing where there is none.

    That is where matplotlib is missing (see `why_no_pictures`), or the result holds nothing of what the picture shows.

    `prefix` begins the ids of the picture; each of a page needs its own.
    """
    try:
        figure = draw(result, heading=False)
    except (MissingPartError, NoPictureError):
        return []
    finding, method = heading_of(figure)
    return [Picture(finding, method, own_picture(svg(figure, finding, method, prefix=prefix)))]


def why_no_pictures() -> str:
    """What a page says where its pictures would be if matplotlib is missing; nothing if it is there."""
    try:
        with own_rules():
            return ""
    except MissingPartError as missing:
        return str(missing)
