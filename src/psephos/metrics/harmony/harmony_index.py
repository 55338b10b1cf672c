r"""How even are scores and sizes of groups, as one number?

With group i holding the share w_i of the items, acc_i its mean score and mu = sum_i w_i acc_i the overall mean,

    p_i = w_i K_i / sum_j w_j K_j,      K_i = exp(-((acc_i - mu) / h)^2 / 2),      H = -sum_i p_i ln p_i / ln k.

It is not monotone in the gap: two equal groups at .8 and .4 lie equally far from their mean and have H = 1.

Source: Uzunoglu, Li and Khashabi (2025), arXiv 2509.25671. Differs: how kernel and sizes combine is reconstructed, the
bandwidth .1 is ours.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_floats
from psephos.metrics.harmony.group_scores import Floats, bandwidth, check_unit, index_of


def harmony_index(sizes: npt.ArrayLike, scores: npt.ArrayLike, *, h: float = 0.1) -> Floats:
    """Harmony from the sizes and mean scores of groups.

    Parameters
    ----------
    sizes : array_like of float, shape (k,)
        Items of each group, above 0.
    scores : array_like of float, shape (k,) or (n_models, k)
        Mean score of each group, between 0 and 1; a NaN makes the row NaN.
    h : float, default 0.1
        Bandwidth; infinity for the evenness of sizes alone.

    Returns
    -------
    ndarray of float64, scalar or shape (n_models,)
        Between 0 and 1; 1 is even.

    Raises
    ------
    InputError
        If there are fewer than two groups or a number lies outside its range.

    See Also
    --------
    harmony : from single items, with its band.

    Examples
    --------
    >>> harmony_index([70, 10, 10, 10], [0.9, 0.4, 0.5, 0.45]).round(6)
    np.float64(0.057151)
    """
    n = check_floats("sizes", sizes)
    if len(n) < 2:
        raise InputError("groups", "harmony needs at least two groups", hint="give finer groups, or discover_groups")
    if (n <= 0).any():
        raise InputError("sizes", "must be above 0", where=f"index {int(np.argmax(n <= 0))}")
    score = check_floats("scores", scores, ndim=min(max(np.ndim(scores), 1), 2), missing=True)
    if score.shape[-1] != len(n):
        raise InputError("scores", f"must have one score for each of {len(n)} groups, got {score.shape[-1]}")
    check_unit("scores", score)
    return np.asarray(index_of(n, np.atleast_2d(score), bandwidth(h))[0]).reshape(score.shape[:-1])[()]
