r"""Which rows of numbers lie together?

k-means: k centres, each the mean of the rows that are nearest to it, so that

    inertia = sum_i |x_i - centre(i)|^2

is small. Lloyd's rounds only reach a local minimum, so they start several times from centres drawn far apart
(k-means++), and the start with the least inertia is kept. Groups are numbered as they were drawn; one that lost all its
rows is left out.

Source: Lloyd (1982), doi:10.1109/TIT.1982.1056489; Arthur and Vassilvitskii (2007). Differs: nothing; the rounds are
SciPy's.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.engine import Rng
from psephos.engine.streams import generator
from psephos.errors import InputError, check_count, check_floats

Floats = npt.NDArray[np.float64]

ROUNDS = 50
_NO_BETTER = 1e-12


@dataclass(frozen=True, eq=False)
class Clusters:
    """Groups of rows.

    Attributes
    ----------
    labels : ndarray of int64, shape (n_rows,)
        Group of each row, from 0 on without gaps.
    centres : ndarray of float64, shape (n_groups, n_columns)
        Means of their rows.
    inertia : float
        Sum of the squared distances of rows to their centre.
    """

    labels: npt.NDArray[np.int64]
    centres: Floats
    inertia: float


def k_means(rows: npt.ArrayLike, k: int, *, restarts: int = 10, rng: Rng = 0) -> Clusters:
    """Group rows around k centres.

    Parameters
    ----------
    rows : array_like of float, shape (n_rows, n_columns)
    k : int
        How many groups; there are fewer if fewer rows differ.
    restarts : int, default 10
        How often it is begun anew; the best is kept.
    rng : int, Generator, SeedSequence or None, default 0
        Random numbers of the first centres.

    Returns
    -------
    Clusters

    Raises
    ------
    InputError
        If there is no row, a number is not finite, or `k` or `restarts` is below 1.

    See Also
    --------
    psephos.metrics.discover_groups : groups of items by several measures of likeness.

    Examples
    --------
    >>> found = k_means([[0.0], [0.2], [5.0], [5.1]], 2)
    >>> sorted(found.centres.ravel().round(2).tolist()), round(found.inertia, 3)
    ([0.1, 5.05], 0.025)
    """
    points = check_floats("rows", rows, ndim=2)
    check_count("k", k)
    check_count("restarts", restarts)
    if not points.size:
        raise InputError("rows", "holds none")
    stream = generator(rng)
    different, which = np.unique(points, axis=0, return_inverse=True)
    if len(different) <= k:
        return Clusters(which.reshape(-1).astype(np.int64), different, 0.0)
    best, labels = np.inf, np.zeros(len(points), dtype=np.int64)
    for _ in range(restarts):
        inertia, found = _from_one_start(points, k, stream)
        if inertia < best - _NO_BETTER:
            best, labels = inertia, np.unique(found, return_inverse=True)[1].astype(np.int64)
    sums = np.stack([np.bincount(labels, weights=column) for column in points.T], axis=1)
    centres = sums / np.bincount(labels)[:, None]
    return Clusters(labels, centres, float(((points - centres[labels]) ** 2).sum()))


def _from_one_start(points: Floats, k: int, stream: np.random.Generator) -> tuple[float, npt.NDArray[np.int64]]:
    from scipy.cluster.vq import kmeans2

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # an empty cluster costs inertia, another start is better
        centres, found = kmeans2(points, k, iter=ROUNDS, minit="++", rng=stream)
    return float(((points - centres[found]) ** 2).sum()), np.asarray(found, dtype=np.int64)
