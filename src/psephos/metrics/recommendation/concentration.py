r"""How unevenly is something spread: sales over items, quality over users?

With x_1 <= ... <= x_n of sum X, p_i = x_i / X and p sorted descending for the effective size:

    gini = sum_j (2j - n - 1) x_j / (n X)                top share at q = share of X of the ceil(q n) largest
    entropy = -sum p log2 p                              effective size = 2 sum_i i p_(i) - 1
    tail share = share of X outside the fewest largest that hold 80 % of X

Over a whole catalogue unsold items count as 0. The effective size is n if all sell alike and 1 if one sells alone: it
is n (1 - gini).

Sources: sheet 02, sheet 18 (the Gini coefficient). Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_floats, check_number
from psephos.metrics.recommendation.position_sums import SHORT_HEAD


def gini_coefficient(values: npt.ArrayLike) -> float:
    """Gini coefficient: 0 if all are alike, (n - 1) / n if one has everything.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        At least 0.

    Returns
    -------
    float
        NaN if all are 0.

    Raises
    ------
    InputError
        If a value is negative or there is none.

    See Also
    --------
    concentration : with top shares, entropy and effective size.

    Examples
    --------
    >>> round(gini_coefficient([0.4, 0.1, 0.3, 0.9]), 7)
    0.3676471
    """
    x = _amounts(values)
    total, n = float(x.sum()), len(x)
    return float(((2 * np.arange(1, n + 1) - n - 1) * np.sort(x)).sum() / (n * total)) if total else float("nan")


def concentration(
    amounts: npt.ArrayLike, *, catalogue: int | None = None, top: Sequence[float] = (0.01, 0.1)
) -> pl.DataFrame:
    """How much of the sales (or recommendations, or views) a few items have.

    Parameters
    ----------
    amounts : array_like of float, shape (n,)
        What each item sold, at least 0.
    catalogue : int, optional
        Items that there are; those without an amount sold nothing.
    top : sequence of float, default (0.01, 0.1)
        Shares of items whose share of the sales is asked for.

    Returns
    -------
    polars.DataFrame
        measure, value: gini, entropy (bits), effective_items, tail_share, and top_share_q for each q.

    Raises
    ------
    InputError
        If an amount is negative, all are 0, or the catalogue is smaller than the amounts.

    See Also
    --------
    evaluate : the same of recommended items, with intervals.

    Examples
    --------
    >>> concentration([50, 30, 20], catalogue=10).filter(measure="effective_items")["value"].round(6).to_list()
    [2.4]
    """
    x = _amounts(amounts)
    n = len(x) if catalogue is None else int(check_number("catalogue", catalogue, low=len(x)))
    if not x.sum():
        raise InputError("amounts", "are all 0")
    x = np.concatenate([x, np.zeros(n - len(x))])
    p = np.sort(x)[::-1] / x.sum()
    sold = p[p > 0]
    held = np.cumsum(p)
    rows = [
        ("gini", gini_coefficient(x)),
        ("entropy", float(-(sold * np.log2(sold)).sum())),
        ("effective_items", float(2 * (np.arange(1, n + 1) * p).sum() - 1)),
        ("tail_share", float(1 - held[int(np.argmax(held >= SHORT_HEAD - 1e-12))])),
    ]
    for share in top:
        check_number("top", share, low=0, high=1)
        rows.append((f"top_share_{share:g}", float(p[: int(np.ceil(share * n - 1e-9))].sum())))
    return pl.DataFrame(rows, schema=["measure", "value"], orient="row")


def _amounts(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    x = check_floats("values", values)
    if not len(x):
        raise InputError("values", "must hold at least one")
    if (x < 0).any():
        raise InputError("values", f"must be at least 0, got {x[x < 0][0]:g}", where=f"index {int(np.argmax(x < 0))}")
    return x
