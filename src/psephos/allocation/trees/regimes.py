"""Does a layer amplify, and what can be said of leaves and windows before anything is computed?

    alpha > 1 amplifying, = 1 critical, < 1 washing out;   s = ln alpha / ln b;
    gamma_c = 1 / (rho + (1 - rho) c_b),   rho_c = (c_b - 1 / gamma) / (c_b - 1)     where alpha = 1.

Source: Liu, Kong and Pei (2026), arXiv 2601.17311. Differs: the mixing depth is reconstructed.
"""

from __future__ import annotations

import math

import numpy as np

from psephos.allocation.trees.majority_layers import CRITICAL, slopes
from psephos.errors import InputError, check_number

REGIMES = ("amplifying", "critical", "washing out")


def regime_of(alpha: float) -> str:
    """What a layer of this amplification does."""
    return REGIMES[1] if abs(alpha - 1) <= CRITICAL else REGIMES[0] if alpha > 1 else REGIMES[2]


def exponent(alpha: float, odd: int) -> float:
    """s, by which a small bias grows with the number of leaves."""
    if abs(alpha - 1) <= CRITICAL:
        return 0.0
    return math.log(alpha) / math.log(odd) if alpha > 0 else -math.inf


def limits(odd: int, gamma: float, rho: float) -> tuple[float, float]:
    """Fidelity and correlation at which layers neither amplify nor damp a small bias: where alpha is 1.

    Parameters
    ----------
    odd : int
        Children, an odd number of at least 3.
    gamma, rho : float
        Fidelity and correlation at hand.

    Returns
    -------
    gamma_c, rho_c : float
        The fidelity at this correlation, above 1 where none is enough, and the correlation at this fidelity, cut to 0
        .. 1.
    """
    slope = float(slopes(np.array([odd]))[0])
    rho_limit = min(max((slope - 1 / gamma) / (slope - 1), 0.0), 1.0) if gamma > 0 else 0.0
    return 1 / (rho + (1 - rho) * slope), rho_limit


def mixing_depth(alpha: float, fixed: float, mu0: float) -> float:
    """Layers after which a small bias is near mu*."""
    return 0.0 if mu0 >= fixed else math.log(fixed / mu0) / math.log(alpha)


def check_leaf(mu0: float) -> float:
    """Return the bias of a leaf if it is better than chance."""
    number = check_number("mu0", mu0, high=1)
    if number <= 0:
        raise InputError("mu0", f"leaf at or below chance: no tree helps; got {mu0!r}")
    return number


def check_window(W: float | None, m: float | None) -> int | None:
    """How many messages a window holds; None if nothing is said of windows."""
    if W is None:
        return None
    window = check_number("W", W, low=0, open_ends=True)
    length = check_number("m", 1.0 if m is None else m, low=0, open_ends=True)
    if window < 3 * length:
        raise InputError(
            "W",
            f"window holds fewer than 3 messages: {window:g} tokens, messages of {length:g}",
            hint="shorter messages or a larger window",
        )
    return int(window // length)
