"""What do plain sums say of items, before any model?

    p = share right,        item-rest = correlation of an item with the sum of all others,
    alpha = k / (k - 1) (1 - sum of the variances of the items / variance of the sum)

Source: Cronbach (1951), doi:10.1007/BF02310555; sheet 25. Differs: with items that were not asked, the rest is the
share right of the others that were, and alpha takes the candidates that were asked everything.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def proportions(right: Floats) -> Floats:
    """Share of candidates that solved each item, of those asked."""
    found: Floats = np.nanmean(right, axis=0)
    return found


def item_rest(right: Floats) -> Floats:
    """Correlation of each item with the rest; NaN where one of them does not vary."""
    asked = ~np.isnan(right)
    solved = np.where(asked, right, 0.0)
    total, tries = solved.sum(axis=1, keepdims=True), asked.sum(axis=1, keepdims=True)
    rest = np.divide(total - solved, tries - asked, out=np.full(right.shape, np.nan), where=tries > asked)
    known = asked & ~np.isnan(rest)
    n = np.maximum(known.sum(axis=0), 1)
    x = np.where(known, solved - np.where(known, solved, 0).sum(axis=0) / n, 0.0)
    y = np.where(known, rest, 0.0)
    y = np.where(known, y - y.sum(axis=0) / n, 0.0)
    size = np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
    found: Floats = np.divide((x * y).sum(axis=0), size, out=np.full(len(size), np.nan), where=size > 1e-12)
    return found


def cronbach_alpha(right: Floats) -> float:
    """Alpha over the candidates that were asked everything; NaN where their sums do not vary."""
    full = right[~np.isnan(right).any(axis=1)]
    if len(full) < 2 or right.shape[1] < 2 or full.sum(axis=1).var() == 0:
        return float("nan")
    k = right.shape[1]
    return float(k / (k - 1) * (1 - full.var(axis=0).sum() / full.sum(axis=1).var()))
