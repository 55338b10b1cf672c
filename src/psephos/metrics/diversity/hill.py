r"""How many kinds are there really, if rare ones count less?

The Hill number of order q of shares l_1, l_2, ... that sum to 1 is the number of equally frequent kinds that would be
as diverse:

    D_q = (sum_i l_i^q)^(1 / (1 - q)),    D_0 = kinds that occur,    D_1 = exp(-sum_i l_i ln l_i),    D_inf = 1 / max l

It never rises with q. In logarithms nothing underflows: with m = max l and e = q - 1,

    ln D_q = (q ln m + ln sum_i (l_i / m)^q) / (1 - q)              far from 1
    ln D_q = -ln(1 + sum_i l_i (exp(e ln l_i) - 1)) / e             near 1, without a jump

Sources: Hill (1973), doi:10.2307/1934352; sheets 07 and 11. Differs: nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_floats

Floats = npt.NDArray[np.float64]
Order = float | str
"""A number of at least 0, infinity, or the text "inf"."""

NEAR_ONE = 1e-3


def hill_numbers(shares: npt.ArrayLike, q: Order | Sequence[Order] = 1.0) -> Floats:
    """Effective number of kinds of every order.

    Parameters
    ----------
    shares : array_like of float, shape (k,)
        Counts or shares of the kinds, at least 0; they are divided by their sum.
    q : float, "inf", or a list of them, default 1
        Orders: 0 counts kinds, 1 is the exponential of the entropy, 2 the inverse of Simpson's index, infinity the
        inverse of the largest share.

    Returns
    -------
    ndarray of float64, scalar or shape (n_orders,)
        From the number of kinds, at order 0, down to that of the largest.

    Raises
    ------
    InputError
        If a share is negative or all are 0, or an order is negative or no number.

    See Also
    --------
    vendi_score : the same of items of which only the similarity is known.

    Examples
    --------
    >>> hill_numbers([3, 2, 1], [0, 1, 2, "inf"]).round(6)
    array([3.      , 2.749459, 2.571429, 2.      ])
    """
    values = check_floats("shares", shares)
    if not len(values):
        raise InputError("shares", "is empty")
    if (values < 0).any():
        first = int(np.argmax(values < 0))
        raise InputError("shares", f"must not be negative, got {values[first]:g}", where=f"index {first}")
    if not values.any():
        raise InputError("shares", "are all 0")
    values = values / values.max()  # whose sum cannot be too large
    return by_order(values / values.sum(), q)


def by_order(shares: Floats, q: Order | Sequence[Order]) -> Floats:
    """Hill numbers of shares that sum to 1, in the shape of `q`; zeros count for nothing."""
    orders = check_orders(q)
    present = shares[shares > 0]
    found = np.exp([log_hill(present, order) for order in orders])
    return np.asarray(found[0] if is_single(q) else found)[()]


def log_hill(shares: Floats, q: float) -> float:
    """Logarithm of the Hill number of positive shares."""
    if q == 0:
        return math.log(len(shares))
    largest = float(shares.max())
    if math.isinf(q):
        return -math.log(largest)
    logs = np.log(shares)
    if abs(q - 1) < NEAR_ONE:
        step = q - 1
        if step == 0:
            return max(0.0, float(-(shares @ logs)))
        return max(0.0, -math.log1p(float(shares @ np.expm1(step * logs))) / step)
    top = math.log(largest)
    return max(0.0, (q * top + math.log(float(np.exp(q * (logs - top)).sum()))) / (1 - q))


def is_single(q: Order | Sequence[Order]) -> bool:
    """Whether one order is meant rather than a list."""
    return isinstance(q, str) or np.ndim(q) == 0


def check_orders(q: Order | Sequence[Order]) -> list[float]:
    """The orders as numbers, infinity for "inf".

    Examples
    --------
    >>> check_orders([0, "inf"])
    [0.0, inf]
    """
    listed = [q] if is_single(q) else list(q)  # type: ignore[arg-type]
    if not listed:
        raise InputError("q", "is empty")
    return [check_order(one) for one in listed]


def check_order(q: Order | Sequence[Order]) -> float:
    """One order as a number, infinity for "inf"."""
    if isinstance(q, str) and q == "inf":
        return math.inf
    number = float(q) if isinstance(q, (int, float, np.number)) and not isinstance(q, bool) else math.nan
    if not number >= 0:
        raise InputError("q", f"must be a number of at least 0, infinity or 'inf', got {q!r}")
    return number
