r"""What can be said of a matrix of similarities that can only be multiplied with, or only be looked at in parts?

    Lanczos     the k largest eigenvalues from products K v alone; the others are no larger than the least of these,
    which
                bounds scores of all orders, and orders of infinity and near it are exact
    tiles       order 2 alone: 1 / sum_ij p_i p_j K_ij^2, tile by tile, exact
    pairs       the same sum from pairs drawn at random, with its standard error

Sources: Lanczos (1950), by ARPACK; sheet 07; order 2 is known as RKE (Jalali, Li and Farnia 2023). Differs: the bounds
are ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import linalg

from psephos.engine import Rng, generator, seed_of
from psephos.errors import InputError, check_count, check_floats, check_number
from psephos.metrics.diversity.hill import Floats
from psephos.metrics.diversity.matrices import check_probabilities
from psephos.metrics.diversity.nystrom import checked_block, rows_of
from psephos.metrics.diversity.similarities import Block
from psephos.metrics.diversity.spectrum import EPS, Spectrum
from psephos.statistics import Interval, normal_interval

TILE = 2048


def lanczos_spectrum(
    product: Callable[[Floats], npt.ArrayLike],
    n: int,
    *,
    k: int = 64,
    p: npt.ArrayLike | None = None,
    tolerance: float = 0.0,
    rng: Rng = None,
) -> Spectrum:
    """The largest eigenvalues from products with the matrix alone, with bounds for the others.

    Parameters
    ----------
    product : callable
        Takes a vector v of shape (n,) and returns K v; K symmetric, without negative eigenvalues, ones on the diagonal.
    n : int
        Items.
    k : int, default 64
        Eigenvalues, fewer than `n`; one is enough for order infinity.
    p : array_like of float, shape (n,), optional
        Probabilities of the items, at least 0, summing to 1.
    tolerance : float, default 0
        Relative error of the eigenvalues; 0 is machine precision.
    rng : int, Generator, SeedSequence or None
        Seed or source of the first vector, which decides rounding only.

    Returns
    -------
    Spectrum
        `missing` lies in eigenvalues that were not found.

    Raises
    ------
    InputError
        If the product has another shape or is not finite, eigenvalues are negative or sum to more than 1, or `k` is not
        below `n`.

    See Also
    --------
    nystrom_spectrum : many items and a function of two blocks of them.

    Examples
    --------
    >>> groups = np.repeat(np.arange(4), [50, 30, 15, 5])
    >>> found = lanczos_spectrum(lambda v: np.bincount(groups, v)[groups], 100, k=6, rng=0)
    >>> float(found.score("inf").round(6)), float(found.score(2).round(6))
    (2.0, 2.739726)
    """
    n, count = check_count("n", n, low=2), check_count("k", k)
    if count >= n:
        raise InputError("k", f"must be below n = {n}, got {count}", hint="make the matrix: kernel_spectrum")
    weights, seed = check_probabilities(p, n), seed_of(rng)
    root = np.full(n, math.sqrt(1 / n)) if weights is None else np.sqrt(weights)

    def weighted(v: Floats) -> Floats:
        column = v.ravel()
        found = check_floats("product", product(root * column))
        if len(found) != n:
            raise InputError("product", f"must have shape ({n},), got {found.shape}")
        return root * found

    start = generator(seed).normal(size=n) + root * n
    shape = linalg.LinearOperator((n, n), matvec=weighted, dtype=np.float64)
    raw = np.sort(linalg.eigsh(shape, k=count, v0=start, tol=check_number("tolerance", tolerance, low=0))[0])[::-1]
    if raw[0] <= 0 or raw[-1] < -1e-6 * raw[0]:
        raise InputError("K not PSD", f"has the eigenvalue {raw[-1]:.4g} beside a largest of {raw[0]:.4g}")
    if raw.sum() > 1 + 1e-6:
        raise InputError("diagonal", f"must be 1: {count} eigenvalues alone sum to {raw.sum():.6g} of at most 1")
    values = raw[raw > n * EPS * raw[0]]
    missing = 1 - float(values.sum())
    # ARPACK is exact to a few eps of the largest; less than that is nothing.
    missing = missing if missing > max(1e-12, tolerance) and len(values) == count else 0.0
    note = f"the {len(values)} largest eigenvalues; {missing:.2%} lies in others, scores are upper bounds"
    return Spectrum(
        values / values.sum() * (1 - missing),
        n,
        weights,
        path="Lanczos",
        missing=missing,
        unseen=True,
        approximate=missing > 0,
        seed=seed,
        parameters={"k": count, "tolerance": tolerance},
        notes=(note,) if missing else (),
    )


def tiled_score(
    items: Sequence[Any] | npt.NDArray[Any], similarity: Block, *, p: npt.ArrayLike | None = None, tile: int = TILE
) -> float:
    """Vendi score of order 2, exact, of any number of items, from similarities made tile by tile.

    Parameters
    ----------
    items : sequence of n objects, or ndarray with one row for each
        What `similarity` compares.
    similarity : callable
        Of two blocks of items, the matrix of similarities of each with each.
    p : array_like of float, shape (n,), optional
        Probabilities of the items, at least 0, summing to 1.
    tile : int, default 2048
        Items of a block.

    Returns
    -------
    float
        Between 1 and the number of items.

    Raises
    ------
    InputError
        If there is no item, a similarity is not finite or `p` does not fit.

    See Also
    --------
    pair_sample_score : from a sample of pairs.

    Examples
    --------
    >>> same = lambda a, b: (np.asarray(a)[:, None] == np.asarray(b)).astype(float)
    >>> round(tiled_score(["a", "a", "b", "b"], same), 6)
    2.0
    """
    n, step = _size(items), check_count("tile", tile)
    weights = check_probabilities(p, n)
    share = np.full(n, 1 / n) if weights is None else weights
    total = 0.0
    for first in range(0, n, step):
        left = rows_of(items, slice(first, first + step))
        for second in range(first, n, step):
            values = checked_block(similarity, left, rows_of(items, slice(second, second + step)))
            part = float(share[first : first + step] @ (values**2) @ share[second : second + step])
            total += part if first == second else 2 * part
    return 1 / total


def pair_sample_score(
    items: Sequence[Any] | npt.NDArray[Any],
    similarity: Callable[[Any, Any], float],
    *,
    pairs: int = 10_000,
    p: npt.ArrayLike | None = None,
    level: float = 0.95,
    rng: Rng = None,
) -> Interval:
    """Vendi score of order 2 of any number of items, from pairs drawn at random.

    Pairs of an item with itself are not drawn: they are known to be alike.

    Parameters
    ----------
    items : sequence of n objects, or ndarray with one row for each
        What `similarity` compares.
    similarity : callable
        Of two items, a number.
    pairs : int, default 10,000
        How many are drawn, at least 2.
    p : array_like of float, shape (n,), optional
        Probabilities of the items, at least 0, summing to 1.
    level : float, default 0.95
        Confidence of the interval.
    rng : int, Generator, SeedSequence or None
        Seed or source of the pairs.

    Returns
    -------
    Interval
        The error of the sample of pairs of these very items; it vanishes with more pairs.

    Raises
    ------
    InputError
        If there are fewer than two items, a similarity is not finite or `p` does not fit.

    See Also
    --------
    tiled_score : all pairs.

    Examples
    --------
    >>> items = np.repeat([0, 1, 2, 3], 250)
    >>> found = pair_sample_score(items, lambda a, b: float(a == b), pairs=4000, rng=0)
    >>> found.low < 4 < found.high
    True
    """
    n, count = _size(items), check_count("pairs", pairs, low=2)
    weights = check_probabilities(p, n)
    share = np.full(n, 1 / n) if weights is None else weights
    same = float(share @ share)
    if n < 2 or same >= 1:
        raise InputError("items", "must be two or more with a probability above 0")
    rng = generator(rng)
    # First items by p (1 - p), second ones by p among the others: the law of two different items.
    first = rng.choice(n, size=count, p=share * (1 - share) / (1 - same))
    second = rng.choice(n, size=count, p=share)
    while (again := first == second).any():
        second[again] = rng.choice(n, size=int(again.sum()), p=share)
    values = [float(similarity(items[a], items[b])) for a, b in zip(first.tolist(), second.tolist(), strict=True)]
    squares = check_floats("similarity", values) ** 2
    mean = same + (1 - same) * float(squares.mean())
    error = (1 - same) * float(squares.std(ddof=1)) / math.sqrt(count)
    low, high = normal_interval(mean, error, level)
    return Interval(1 / mean, 1 / min(float(high), 1.0), 1 / max(float(low), same), level)


def _size(items: Any) -> int:
    if not len(items):
        raise InputError("empty collection", "has no item, and no diversity", hint="give one item at least")
    return len(items)
