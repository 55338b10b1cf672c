"""What does a position hold on average over all orders of equal scores?

A position of a block of n equal scores, of which r are hits and G the sum of gains, holds the
mean over all orders of the block. With s positions and c hits above the block, its position j = 1 ... n has

    hit        h = r / n                     gain                G / n
    hit times hits down to it                h (c + 1 + (j - 1) (r - 1) / (n - 1))
    chance to be the first hit, if c = 0     C(n - j, r - 1) / C(n, r)

from which every accuracy metric follows exactly, AP and MRR included.

Source: McSherry and Najork (2008), doi:10.1007/978-3-540-78646-7_38. Differs: nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.metrics.recommendation.coding import Codes, Counts, Floats


@dataclass(frozen=True, eq=False)
class Expected:
    """What a position holds on average over the orders of equal scores; see the module.

    Attributes
    ----------
    hits, gains, running, first : ndarray of float64, shape (n_users, width)
        A hit, the gain, a hit times the hits down to it, and the chance to be the first hit.
    """

    hits: Floats
    gains: Floats
    running: Floats
    first: Floats


def expected_positions(
    users: Codes, keys: Floats, hit: npt.NDArray[np.bool_], gain: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """What each row of lists sorted by user and key holds on average over the orders of equal keys.

    Parameters
    ----------
    users : ndarray of int32, shape (n_rows,)
    keys : ndarray of float64, shape (n_rows,)
    hit : ndarray of bool, shape (n_rows,)
    gain : ndarray of float64, shape (n_rows,)

    Returns
    -------
    hits, gains, running, first : ndarray of float64, shape (n_rows,)
        As in `Expected`.
    """
    new = np.ones(len(users), dtype=bool)
    new[1:] = (users[1:] != users[:-1]) | (keys[1:] != keys[:-1])
    block = np.cumsum(new) - 1
    n = np.bincount(block).astype(np.float64)
    r = np.bincount(block, weights=hit)
    mean_gain = np.bincount(block, weights=gain) / n
    opening = np.flatnonzero(new)
    above: Counts = np.cumsum(hit, dtype=np.int64) - hit
    of_user = np.ones(len(users), dtype=bool)
    of_user[1:] = users[1:] != users[:-1]
    base: Counts = above[np.flatnonzero(of_user)][np.cumsum(of_user) - 1]
    c: Counts = (above - base)[opening]
    j = np.arange(len(users)) - opening[block]
    share = (r / n)[block]
    slope = np.divide(r - 1, n - 1, out=np.zeros(len(n)), where=n > 1)[block]
    running = share * (c[block] + 1 + j * slope)
    left = n[block] - 1 - j
    possible = (r[block] > 0) & (c[block] == 0) & (left >= r[block] - 1)
    first = np.zeros(len(users))
    at = block[possible]
    first[possible] = np.exp(_log_choose(left[possible], r[at] - 1) - _log_choose(n[at], r[at]))
    return share, mean_gain[block], running, first


def _log_choose(n: Floats, k: Floats) -> Floats:
    return np.asarray(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1))
