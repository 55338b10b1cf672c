"""What should be mended first in a tree of agents?

The amplification of a layer after each of a few changes that can be bought: less correlation, two more children, longer
messages; the one with the largest ln alpha comes first.

Source: sheet 34, "beyond the paper" (ours).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from psephos.allocation.trees.majority_layers import slopes

MORE_TOKENS = 100
LESS_SHARED = 0.05
BETTER_KEPT = 0.05


def advice_for(
    odd: int, gamma: float, rho: float, of_length: Callable[[float], Any] | None, m: float | None, most: int | None
) -> pl.DataFrame:
    """Amplification after each of a few changes that can be bought, the best first.

    Parameters
    ----------
    odd : int
        Children of an agent, an odd number.
    gamma, rho : float
        What a message keeps of a bias, and the chance that all children say the same.
    of_length : callable or None
        From the length of a message to gamma, where that is known; else a fixed gain in fidelity is tried.
    m : float or None
        Length of a message now, in tokens.
    most : int or None
        The most children that can be read; longer messages use it up as well.

    Returns
    -------
    polars.DataFrame
        change (in words), alpha (amplification then), gain (ln of alpha over that of now); changes without a gain have
        no row.
    """

    def alpha(b: int, kept: float, shared: float) -> float:
        return float(kept * (shared + (1 - shared) * slopes(np.array([b]))[0]))

    changes = [(f"correlation down by {min(LESS_SHARED, rho):.2g}", odd, gamma, rho - min(LESS_SHARED, rho))]
    if most is None or odd + 2 <= most:
        changes.append(("2 more children", odd + 2, gamma, rho))
    if of_length is not None and m is not None and (most is None or odd * (m + MORE_TOKENS) <= most * m):
        changes.append((f"messages longer by {MORE_TOKENS} tokens", odd, float(of_length(m + MORE_TOKENS)), rho))
    elif of_length is None:
        changes.append((f"fidelity up by {BETTER_KEPT:g}", odd, min(1.0, gamma + BETTER_KEPT), rho))
    now = alpha(odd, gamma, rho)
    rows = [(name, alpha(width, kept, shared)) for name, width, kept, shared in changes]
    gains = [(name, then, math.log(then / now) if now > 0 else math.nan) for name, then in rows if then > now]
    schema = {"change": pl.String, "alpha": pl.Float64, "gain": pl.Float64}
    return pl.DataFrame(gains, schema=schema, orient="row").sort("alpha", descending=True)
