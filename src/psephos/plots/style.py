"""How do all pictures look alike, in a notebook, a report and the review app?

A picture is a `Figure` of its own, never one of pyplot's; its size and places are in pixels of the page (1/72 inch), so
that type has the sizes of the page. The finding is its title, the method stands below. Whatever the user has set in
matplotlib is left out, and left as it was.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psephos.errors import MissingPartError
from psephos.opinions.wording import true_minus
from psephos.plots.tokens import Theme, check_theme, colour
from psephos.statistics import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 440
TEXT, HEADING = 13, 16
LETTER = 7.2
"""Width of an average letter of size `TEXT`, rather too wide than too narrow."""
BOLD = 1.15
"""How much wider a bold letter is."""

_RULES: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "psephos",
    "svg.id": None,
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": TEXT,
    "axes.unicode_minus": True,
}

_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # control signs, halves of pairs
_TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


@contextmanager
def own_rules() -> Iterator[None]:
    """Draw by the rules of this room; those of the user come back afterwards.

    Raises
    ------
    MissingPartError
        If matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ModuleNotFoundError as error:
        raise MissingPartError("matplotlib", "plots", "pictures") from error
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RULES)
        yield


@dataclass(frozen=True)
class Sheet:
    """An empty picture with its heading.

    Attributes
    ----------
    figure : Figure
    theme : {"light", "dark"}
    width, height : float
        In pixels of the page.
    top : float
        The place below the heading, in pixels.
    """

    figure: Figure
    theme: Theme
    width: float
    height: float
    top: float

    def colour(self, token: str) -> str:
        """The colour of a token in the theme of the sheet."""
        return colour(token, self.theme)

    def panel(self, left: float, top: float, right: float, bottom: float) -> Axes:
        """Axes that keep these distances, in pixels, from the edges and from the heading, without frame and ticks."""
        box = (
            left / self.width,
            bottom / self.height,
            (self.width - left - right) / self.width,
            (self.height - self.top - top - bottom) / self.height,
        )
        axes = self.figure.add_axes(box, facecolor="none")
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, pad=6, labelsize=TEXT, labelcolor=self.colour("muted"))
        axes.set_axisbelow(True)
        return axes

    def grid(self, axes: Axes, *, x: Sequence[float] = (), y: Sequence[float] = ()) -> None:
        """Hairlines at these places."""
        for place in x:
            axes.axvline(place, color=self.colour("line"), lw=1, zorder=0)
        for place in y:
            axes.axhline(place, color=self.colour("line"), lw=1, zorder=0)

    def write(self, axes: Axes, x: float, y: float, text: str, ink: str = "ink", **how: Any) -> None:
        """Text at a place of the panel; it is drawn as it is, never as a formula.

        Parameters
        ----------
        axes : Axes
        x, y : float
            In the units of the axes.
        text : str
            Of users too.
        ink : str
            Token of the colour.
        **how
            Further options of `matplotlib.axes.Axes.text`.
        """
        axes.text(x, y, plain(text), color=self.colour(ink), parse_math=False, **({"fontsize": TEXT} | how))


def sheet(finding: str, method: str, *, height: float, theme: str, heading: bool, width: float = WIDTH) -> Sheet:
    """Begin a picture.

    Parameters
    ----------
    finding, method : str
        Title and what stands below it.
    height, width : float
        Of what comes below the heading, in pixels.
    theme : {"light", "dark"}
    heading : bool
        Whether to draw the heading; the page of a report says it in text of its own.
    """
    from matplotlib.figure import Figure

    checked = check_theme(theme)
    lines = textwrap.wrap(plain(finding), int(width / (LETTER * BOLD * HEADING / TEXT))) if heading else []
    small = textwrap.wrap(plain(method), int(width / LETTER)) if heading else []
    top = 24 + 20 * len(lines) + 17 * len(small) if heading else 8
    whole = height + top
    figure = Figure(figsize=(width / 72, whole / 72), dpi=72, facecolor=colour("surface", checked))
    title = figure.suptitle("\n".join(lines) or plain(finding), x=0, y=1 - 4 / whole, ha="left", va="top")
    title.set(fontsize=HEADING, fontweight="bold", color=colour("ink", checked), visible=heading, linespacing=1.25)
    below = figure.text(0, 1 - (8 + 20 * len(lines)) / whole, "\n".join(small) or plain(method), va="top", gid="method")
    below.set(fontsize=TEXT, color=colour("muted", checked), visible=heading, linespacing=1.3)
    return Sheet(figure, checked, width, whole, top)


def heading_of(figure: Figure) -> tuple[str, str]:
    """Finding and method of a picture of this room, each on one line.

    Examples
    --------
    >>> with own_rules():
    ...     heading_of(sheet("All agree", "share of items", height=100, theme="light", heading=False).figure)
    ('All agree', 'share of items')
    """
    method = next((text.get_text() for text in figure.texts if text.get_gid() == "method"), "")
    return " ".join(figure.get_suptitle().split("\n")), " ".join(method.split("\n"))


def plain(text: str) -> str:
    """The text without signs that no picture can hold and without those that turn the direction of what follows.

    Examples
    --------
    >>> plain("a" + chr(0) + "b" + chr(0x202E) + "c")
    'a\ufffdbc'
    """
    return _NOT_SHOWN.sub("\ufffd", text.translate(_TURNS))


def shortened(text: str, most: int) -> str:
    """At most this many letters, the last a sign that some were left out.

    Examples
    --------
    >>> shortened("logistic-upper", 9)
    'logistic…'
    """
    return text if len(text) <= most else text[: most - 1].rstrip("\u200d") + "\u2026"


def share(value: float) -> str:
    """A share of things in percent, with one decimal below 10 %.

    Examples
    --------
    >>> share(0.0367), share(0.5)
    ('3.7\u202f%', '50\u202f%')
    """
    return f"{value * 100:.1f}\u202f%" if 0 < value < 0.0995 else f"{value * 100:.0f}\u202f%"


def decimal(value: float, digits: int = 2) -> str:
    """A share as a number without the leading zero, and a true minus; what is no number is said in words.

    Examples
    --------
    >>> decimal(0.934), decimal(1.0), decimal(-0.2), decimal(0.0), decimal(float("nan")), decimal(float("inf"))
    ('.93', '1', '−.20', '0', 'undefined', 'infinite')
    """
    if not math.isfinite(value):
        return "undefined" if math.isnan(value) else "infinite" if value > 0 else "minus infinite"
    text = f"{value:z.{digits}f}"
    if float(text) == int(float(text)):
        text = text.partition(".")[0]
    return true_minus(text.replace("0.", ".", 1) if abs(value) < 1 else text)


def in_words(interval: Interval) -> str:
    r"""A number with its interval if it has one, on one line.

    Examples
    --------
    >>> in_words(Interval(0.93, 0.91, 0.95, 0.95))
    '.930\xa0[.910,\xa0.950]'
    """
    if not interval.known and not math.isnan(interval.value):
        return decimal(interval.value, 3)
    return true_minus(Interval.__str__(interval).replace(" ", "\u00a0"))
