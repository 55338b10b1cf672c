"""Which voter moves the coefficient, and by how much?

A line from zero for each voter: right of it the others agree more among themselves than with the voter, left of it the
voter holds the group together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl

from psephos.errors import InputError
from psephos.plots.style import LETTER, decimal, own_rules, sheet, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 30
"""With more voters, those that move the coefficient most are drawn."""

LONGEST = 20


class Influenced(Protocol):
    """Whatever says what each voter does to a coefficient, such as `psephos.agreement.Agreement`."""

    @property
    def leading(self) -> str:
        """Name of the coefficient."""

    @property
    def voters(self) -> pl.DataFrame:
        """voter, without, change, and more."""


def left_out_plot(result: Influenced, *, theme: str = "light", heading: bool = True) -> Figure:
    """Change of the leading coefficient when one voter is left out, the largest rise on top.

    Parameters
    ----------
    result : Agreement
        What is drawn.
    theme : {"light", "dark"}, default "light"
        Colours for a light or a dark ground.
    heading : bool, default True
        Whether finding and method stand above the picture.

    Returns
    -------
    matplotlib.figure.Figure
        With the finding as its title; `psephos.plots.svg` and `figure.savefig` write it.

    Raises
    ------
    InputError
        If no voter can be left out.
    MissingPartError
        If matplotlib is not installed.

    Examples
    --------
    >>> from psephos.agreement import agree
    >>> from psephos.opinions import from_matrix
    >>> votes = [["a", "a", "b"], ["b", "b", "a"], ["a", "a", "a"]]
    >>> left_out_plot(agree(from_matrix(votes, voters=["x", "y", "z"]), repeats=0), heading=False).get_suptitle()
    "Without z Krippendorff's alpha rises from .11 to 1"
    """
    known = result.voters.drop_nulls("change")
    if known.is_empty():
        raise InputError("result", "no voter can be left out: there are fewer than three, or too many to count")
    strongest = known.sort(pl.col("change").abs(), "voter", descending=[True, False])
    shown = strongest.head(MOST).sort("change", "voter", descending=[True, False])
    names = [shortened(name, LONGEST) for name in shown["voter"]]
    change = shown["change"].to_numpy()
    rows = np.arange(len(names))
    reach = max(float(np.abs(change).max()), 1e-3)
    method = f"Change of {result.leading} when one voter is left out."
    if known.height > MOST:
        method += f" The {MOST} of {known.height:,} voters that change it most."
    with own_rules():
        height = 40 + 22 * len(names)
        page = sheet(_finding(strongest, result.leading), method, height=height, theme=theme, heading=heading)
        axes = page.panel(14 + LETTER * max(map(len, names)), 2, 58, 30)
        axes.set_xlim(-reach * 1.05, reach * 1.05)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_yticks([])
        axes.set_xticks([-reach, 0.0, reach], [signed(-reach), "0", signed(reach)])
        axes.axvline(0, color=page.colour("muted"), lw=1)
        axes.hlines(rows, np.minimum(change, 0), np.maximum(change, 0), color=page.colour("accent"), lw=6, alpha=0.35)
        axes.plot(change, rows, "o", color=page.colour("accent"), ms=6, clip_on=False)
        side = axes.get_yaxis_transform()
        for row, name in enumerate(names):
            page.write(axes, -0.03, row, name, transform=side, ha="right", va="center_baseline")
            number = signed(change[row])
            page.write(axes, 1.04, row, number, "muted", transform=side, ha="left", va="center_baseline")
    return page.figure


def signed(value: float) -> str:
    """A change with its sign.

    Examples
    --------
    >>> signed(0.027), signed(-0.0069), signed(0.0)
    ('+.027', '−.007', '0')
    """
    text = decimal(value, 3)
    return f"+{text}" if value > 0 and text != "0" else text


def _finding(strongest: pl.DataFrame, leading: str) -> str:
    name, without, change = strongest.select("voter", "without", "change").row(0)
    if abs(change) < 0.0005:
        return f"No voter moves {leading}"
    way = "rises" if change > 0 else "falls"
    return f"Without {shortened(name, 40)} {leading} {way} from {decimal(without - change)} to {decimal(without)}"
