r"""Do reviewers move because of the others, or because of what all of them see?

The others' mean tells how good an item is, so it goes with a change even if nobody reads the others. Reviewers who
edited *before* the others' reviews were open to them cannot have been moved by these. With s = 1 for who had seen them,

    D = b0 + b1 own + b2 others + s (c0 + c1 own + c2 others),

b2 is what evidence that all share makes of the others' mean, c2 what seeing them adds, and c2 / (b2 + c2) how much of
the association of those who had seen remains. Least squares, errors clustered by item.

Source: sheet 36, beyond the paper. Who edits early is not drawn by lot: a difference of kind between early and late
reviewers is in c2 too.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from psephos.errors import InputError, check_number
from psephos.statistics import least_squares
from psephos.studies.peer_review.features import label_of
from psephos.studies.peer_review.reviews import Reviews

FEWEST = 10
"""Fewer reviews on either side tell nothing."""


def seen_others(reviews: Reviews, seen: str = "seen_others", *, level: float = 0.95) -> pl.DataFrame:
    """Part the others' influence from evidence that all share.

    Parameters
    ----------
    reviews : Reviews
    seen : str, default "seen_others"
        Column of true and false: whether the others' reviews were open when this one was last edited.
    level : float, default 0.95
        Confidence of the intervals.

    Returns
    -------
    polars.DataFrame
        part (``"not seen"``: b2, ``"seen"``: b2 + c2, ``"added by seeing"``: c2), others (points per point of the
        others' mean), standard_error, low, high, p, remains (share of the second that is the third; null elsewhere, and
        where the second is not above 0).

    Raises
    ------
    InputError
        If the column is missing or not true and false, or fewer than ten reviews are on either side.

    See Also
    --------
    influence : both together.

    Examples
    --------
    >>> import polars as pl
    >>> from psephos.studies import peer_review
    >>> cells = [(i, j) for i in range(12) for j in range(4)]
    >>> rows = [(f"p{i}", f"r{j}", 3 + (i * j) % 4, 3 + (i * j + i % 2) % 4, j > 1) for i, j in cells]
    >>> table = pl.DataFrame(rows, schema=["item", "reviewer", "before", "after", "seen_others"], orient="row")
    >>> seen_others(peer_review.reviews(table))["part"].to_list()
    ['not seen', 'seen', 'added by seeing']
    """
    check_number("level", level, low=0, high=1, open_ends=True)
    saw = label_of(reviews, seen)
    rows = reviews.modelled & ~np.isnan(saw)
    s, own, others = saw[rows], reviews.before[rows], reviews.others[rows]
    sides = {"had seen": int((s == 1).sum()), "had not seen": int((s == 0).sum())}
    for name, count in sides.items():
        if count < FEWEST:
            raise InputError("seen", f"only {count} reviews of those who {name} the others, fewer than {FEWEST}")
    fits = []
    for flag in (s, 1 - s):  # the same model twice, so that b2 and b2 + c2 each have an error
        columns = np.column_stack([own, others, flag, flag * own, flag * others])
        fits.append(least_squares(columns, reviews.change[rows], clusters=reviews.item[rows], level=level))
    first, second = fits
    parts = [("not seen", first, 2), ("seen", second, 2), ("added by seeing", first, 5)]
    whole, added = second.coefficients[2], first.coefficients[5]
    table = pl.DataFrame(
        [
            (part, *(float(getattr(fit, name)[at]) for name in ("coefficients", "standard_error", "low", "high", "p")))
            for part, fit, at in parts
        ],
        schema=["part", "others", "standard_error", "low", "high", "p"],
        orient="row",
    )
    share = float(added / whole) if whole > 0 else None
    return table.with_columns(pl.Series("remains", [None, None, share], dtype=pl.Float64))
