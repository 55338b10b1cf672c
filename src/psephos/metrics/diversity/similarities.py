"""How similar are two vectors?

A *block similarity* takes the rows of two arrays (or two lists of any objects) and gives the matrix of similarities of
each with each. Large collections are compared in such blocks, so that the n x n matrix is never made.

    cosine      x.y / (|x| |y|)
    rbf         exp(-gamma |x - y|^2)
    laplacian   exp(-gamma sum_k |x_k - y_k|)
    polynomial  ((gamma x.y + 1) / sqrt((gamma x.x + 1) (gamma y.y + 1)))^degree
    tanimoto    x.y / (x.x + y.y - x.y), of fingerprints of zeros and ones: shared / in either

The default bandwidth is the median heuristic: gamma = 1 / the median of |x - y|^2 (laplacian: of the sum of |x_k -
y_k|). It is a choice, not a fact: `bandwidth_sweep` shows what others give.

Sources: sheets 07 and 11; Gretton et al. (2012) for the median. Differs: the median is taken over at most 2,000 rows,
evenly spaced, so that it is cheap and does not depend on chance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import scipy

from psephos.errors import InputError, check_choice, check_count, check_floats, check_number
from psephos.metrics.diversity.hill import Floats
from psephos.opinions.wording import first_of, plural

Kernel = Literal["cosine", "rbf", "laplacian", "polynomial", "tanimoto"]
Block = Callable[[Any, Any], npt.ArrayLike]

MEDIAN_ROWS = 2000
COORDINATES_GIB = 1.0
"""Memory up to which the coordinates of the items are kept."""
SAFE = 1e-140, 1e140
"""Lengths whose squares keep all their digits."""
UNIT = 1e-6
"""How far the length of a row may be from 1 where rows are taken as they are."""


def pairwise(similarity: Callable[[Any, Any], float]) -> Block:
    """Make a block similarity of a function of two items.

    Parameters
    ----------
    similarity : callable
        Of two items, a number.

    Returns
    -------
    callable
        Of two sequences of items, a matrix.

    See Also
    --------
    nystrom_spectrum : takes it.

    Examples
    --------
    >>> pairwise(lambda a, b: float(a[0] == b[0]))(["yes", "no"], ["yet"])
    array([[1.],
           [0.]])
    """

    def block(left: Sequence[Any], right: Sequence[Any]) -> Floats:
        return np.array([[float(similarity(a, b)) for b in right] for a in left], dtype=np.float64)

    return block


def median_bandwidth(features: npt.ArrayLike, kernel: Literal["rbf", "laplacian"] = "rbf") -> float:
    """Bandwidth by the median heuristic, 1 / the median distance (rbf: squared distance) of two items.

    Parameters
    ----------
    features : array_like of float, shape (n, d)
        Vectors, one row for each item.
    kernel : {"rbf", "laplacian"}, default "rbf"
        The similarity of two vectors.

    Returns
    -------
    float
        gamma.

    Raises
    ------
    InputError
        If there are fewer than two items or more than half of all pairs are equal.

    See Also
    --------
    bandwidth_sweep : what other bandwidths give.

    Examples
    --------
    >>> median_bandwidth([[0.0], [1.0], [2.0]])
    1.0
    """
    check_choice("kernel", kernel, ("rbf", "laplacian"))
    X = check_rows(features)
    if len(X) < 2:
        raise InputError("features", f"must have two rows or more for a median distance, got {len(X)}")
    part = X[np.unique(np.linspace(0, len(X) - 1, min(len(X), MEDIAN_ROWS)).astype(np.int64))]
    middle = float(np.median(scipy.spatial.distance.pdist(part, "sqeuclidean" if kernel == "rbf" else "cityblock")))
    if not middle > 0:
        raise InputError("gamma", "has no default: half of all pairs or more are equal", hint="give gamma")
    return 1 / middle


def block_similarity(
    kernel: Kernel, features: Floats, *, gamma: float | None = None, degree: int = 3
) -> tuple[Block, dict[str, object]]:
    """The block similarity of a name, and its parameters with the bandwidth that was chosen.

    Parameters
    ----------
    kernel : str
        See the module.
    features : ndarray of float64, shape (n, d)
        All items: the median heuristic and the centre of rbf come from them.
    gamma : float, optional
        Bandwidth; by the median heuristic if not given (polynomial: 1 / d).
    degree : int, default 3
        Of the polynomial.

    Returns
    -------
    block : callable
        From two arrays of rows to the matrix of their similarities.
    parameters : dict
        For the provenance.

    Raises
    ------
    InputError
        `kernel`: no such name. `gamma`: not above 0. `degree`: not a whole number above 0.
    """
    check_choice("kernel", kernel, get_args(Kernel))
    if kernel in ("cosine", "tanimoto"):
        return {"cosine": _cosine, "tanimoto": _tanimoto}[kernel], {"kernel": kernel}
    if kernel == "polynomial":
        scale = 1 / features.shape[1] if gamma is None else check_number("gamma", gamma, low=0, open_ends=True)
        power = check_count("degree", degree)

        def polynomial(left: Floats, right: Floats) -> Floats:
            own, other = (scale * np.einsum("ij,ij->i", x, x) + 1 for x in (left, right))
            return np.asarray(((scale * left @ right.T + 1) / np.sqrt(own[:, None] * other)) ** power)

        return polynomial, {"kernel": kernel, "gamma": scale, "degree": power}
    if gamma is None and len(features) < 2:
        gamma = 1.0  # a single item has no distance, and a score of 1 whatever the bandwidth
    width = (
        median_bandwidth(features, "rbf" if kernel == "rbf" else "laplacian")
        if gamma is None
        else check_number("gamma", gamma, low=0, open_ends=True)
    )
    block = _laplacian(width) if kernel == "laplacian" else _rbf(width, features.mean(axis=0))
    return block, {"kernel": kernel, "gamma": width}


def in_one_piece(values: object) -> bool:
    """Whether values are one array, rather than an iterator of chunks."""
    return hasattr(values, "shape") or isinstance(values, (list, tuple))


def check_rows(features: npt.ArrayLike, name: str = "features") -> Floats:
    """Features as float64, one row for each item."""
    X = check_floats(name, features, ndim=2)
    if not len(X):
        raise InputError("empty collection", "has no item, and no diversity", hint="give one item at least")
    if not X.shape[1]:
        raise InputError(name, "must have a column or more")
    return X


def check_fingerprints(X: Floats) -> Floats:
    """Fingerprints of zeros and ones, none of them empty."""
    bad = (X != 0) & (X != 1)
    if bad.any():
        row, column = np.unravel_index(int(np.argmax(bad)), X.shape)
        raise InputError("features", f"must be fingerprints of 0 and 1, got {X[row, column]:g}", where=f"row {row}")
    return X


def row_lengths(rows: Floats) -> tuple[Floats, Floats]:
    """Rows and their lengths; rows whose squares would be too large or too small are scaled first.

    Examples
    --------
    >>> row_lengths(np.array([[3.0, 4.0], [0.0, -2e300]]))[1]
    array([5., 1.])
    """
    with np.errstate(over="ignore", under="ignore"):
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    off = np.flatnonzero(~((lengths > SAFE[0]) & (lengths < SAFE[1])))
    largest = np.abs(rows[off]).max(axis=1, initial=0.0)
    off, largest = off[largest > 0], largest[largest > 0]
    if len(off):
        rows = rows.copy()
        rows[off] /= largest[:, None]
        lengths[off] = np.sqrt(np.einsum("ij,ij->i", rows[off], rows[off]))
    return rows, lengths


def zero_rows(lengths: Floats, first: int = 0) -> npt.NDArray[np.int64]:
    """Places of the rows that are all zeros."""
    return first + np.flatnonzero(lengths == 0)


def refuse_zeros(rows: npt.NDArray[np.int64]) -> InputError:
    """The complaint on rows that are all zeros."""
    places = first_of(rows.tolist())
    return InputError(
        "features",
        f"has {plural(len(rows), 'row')} of zeros, similar to nothing, not even to itself",
        where=f"rows {places}",
        hint='zero_rows="drop" leaves them out and counts them',
    )


def _cosine(left: Floats, right: Floats) -> Floats:
    own, other = (np.linalg.norm(x, axis=1) for x in (left, right))
    return np.asarray(left @ right.T / (own[:, None] * other))


def _tanimoto(left: Floats, right: Floats) -> Floats:
    both = left @ right.T
    return np.asarray(both / (left.sum(axis=1)[:, None] + right.sum(axis=1) - both))


def _rbf(gamma: float, centre: Floats) -> Block:
    """About a centre: distances survive a shift, and the squares of small numbers keep more of their digits."""

    def rbf(left: Floats, right: Floats) -> Floats:
        left, right = left - centre, right - centre
        squares = np.einsum("ij,ij->i", left, left)[:, None] + np.einsum("ij,ij->i", right, right)
        squares = np.maximum(squares - 2 * left @ right.T, 0)
        np.exp(np.multiply(squares, -gamma, out=squares), out=squares)
        return np.asarray(squares)

    return rbf


def _laplacian(gamma: float) -> Block:
    def laplacian(left: Floats, right: Floats) -> Floats:
        return np.asarray(np.exp(-gamma * scipy.spatial.distance.cdist(left, right, "cityblock")))

    return laplacian
