r"""How does diversity change as items change, and which way do they have to move to become more diverse?

With K / n = U diag(l) U^T (weighted: diag(sqrt p) K diag(sqrt p)),

    d ln VS_q / dK = S U diag(g) U^T S,                S = diag(sqrt p), 1 / sqrt n each if all are equally probable
    g = q / (1 - q) l^(q-1) / sum l^q,      q = 1:  -(ln l + 1),      q = inf:  -1 / l_1 on the top eigenvector

Both entries of a pair are moved together, so ln VS changes by 2 G_ij. With K_ij = exp(-gamma |x_i - x_j|^2) this is a
force on points, F_i = -4 gamma sum_j G_ij K_ij (x_i - x_j); forces sum to 0. No automatic differentiation.

Source: Pasarkar and Dieng (2024), arXiv 2310.12952; sheet 07. Differs: eigenvalues below 1e-12 are taken as that;
where the largest eigenvalue is repeated, order infinity has no gradient and the mean over its eigenvectors is given.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import linalg

from psephos.errors import InputError, check_number
from psephos.metrics.diversity.hill import Floats, Order, by_order, check_order
from psephos.metrics.diversity.matrices import check_kernel, check_probabilities
from psephos.metrics.diversity.similarities import block_similarity, check_rows
from psephos.metrics.diversity.spectrum import EPS, cleaned

FLOOR = 1e-12


def log_vendi_gradient(
    kernel: npt.ArrayLike, q: Order = 1.0, *, p: npt.ArrayLike | None = None
) -> tuple[float, Floats]:
    """Logarithm of the Vendi score, and its gradient with respect to the similarities.

    Parameters
    ----------
    kernel : array_like of float, shape (n, n)
        Symmetric, no negative eigenvalue, ones on the diagonal.
    q : float or "inf", default 1
        Above 0.
    p : array_like of float, shape (n,), optional
        Probabilities of the items, at least 0, summing to 1.

    Returns
    -------
    log_score : float
    gradient : ndarray of float64, shape (n, n)
        Symmetric.

    Raises
    ------
    InputError
        If `kernel` is no similarity, `p` does not fit or the order is 0 or negative.

    See Also
    --------
    vendi_force : with respect to points.
    vendi_influence : with respect to the weights of items.

    Examples
    --------
    >>> log_score, gradient = log_vendi_gradient([[1, 0.5], [0.5, 1]], 2)
    >>> gradient.round(2)
    array([[-0.8, -0.4],
           [-0.4, -0.8]])
    """
    order = check_gradient_order(q)
    checked = check_kernel(kernel)
    return gradient_of(checked, check_probabilities(p, len(checked)), order)


def vendi_force(points: npt.ArrayLike, q: Order = 1.0, *, gamma: float = 1.0) -> tuple[float, Floats]:
    """Logarithm of the Vendi score of points under an rbf kernel, and the force that raises it fastest.

    Parameters
    ----------
    points : array_like of float, shape (n, d)
        Positions, one row for each.
    q : float or "inf", default 1
        Above 0.
    gamma : float, default 1
        Bandwidth of the kernel ``exp(-gamma |x - y|^2)``.

    Returns
    -------
    log_score : float
    force : ndarray of float64, shape (n, d)
        The gradient with respect to the points; the rows sum to 0.

    Raises
    ------
    InputError
        If points are empty or not finite, `gamma` is not above 0 or the order is 0 or negative.

    See Also
    --------
    vendi_sample : moves points by it.

    Examples
    --------
    >>> log_score, force = vendi_force([[0, 0], [1, 0], [0, 2]], gamma=0.5)
    >>> round(log_score, 6), force.round(6)[0].tolist()
    (0.96017, [-0.283644, -0.022867])
    """
    order = check_gradient_order(q)
    width = check_number("gamma", gamma, low=0, open_ends=True)
    return force_of(check_rows(points, "points"), order, width)


def check_gradient_order(q: Order) -> float:
    """An order above 0."""
    order = check_order(q)
    if order == 0:
        raise InputError("q=0 has no gradient", "the rank does not change with small changes", hint="take q = 0.1")
    return order


def gradient_of(kernel: Floats, p: Floats | None, q: float) -> tuple[float, Floats]:
    """As `log_vendi_gradient`, of what is checked.

    Parameters
    ----------
    kernel : ndarray of float64, shape (n, n)
        Symmetric, 1 on the diagonal.
    p : ndarray of float64, shape (n,), or None
        Probabilities; None for equal ones.
    q : float
        Order, above 0.

    Returns
    -------
    log_score : float
    gradient : ndarray of float64, shape (n, n)
    """
    n = len(kernel)
    root = np.full(n, math.sqrt(1 / n)) if p is None else np.sqrt(p)
    raw, axes = linalg.eigh(kernel * root[:, None] * root, check_finite=False)
    kept = cleaned(raw, n, "error")[0]
    values = np.maximum(raw, FLOOR)
    if math.isinf(q):
        top = values >= values[-1] * (1 - n * EPS)
        slope = np.where(top, -1 / values[-1] / top.sum(), 0.0)
    elif q == 1:
        slope = -(np.log(values) + 1)
    else:
        ratio = values / values[-1]
        power = ratio ** (q - 1)
        slope = q / (1 - q) * power / (values[-1] * float(ratio @ power))
    turned = root[:, None] * axes
    return math.log(float(by_order(kept, q))), np.asarray((turned * slope) @ turned.T)


def force_of(points: Floats, q: float, gamma: float) -> tuple[float, Floats]:
    """As `vendi_force`, of what is checked.

    Parameters
    ----------
    points : ndarray of float64, shape (n, d)
    q, gamma : float
        Order and bandwidth, above 0.

    Returns
    -------
    log_score : float
    force : ndarray of float64, shape (n, d)
    """
    # Distances survive a shift, and small numbers keep more of their digits in squares.
    centred = points - points.mean(axis=0)
    matrix = np.asarray(block_similarity("rbf", centred, gamma=gamma)[0](centred, centred))
    np.fill_diagonal(matrix, 1.0)
    log_score, gradient = gradient_of((matrix + matrix.T) / 2, None, q)
    pull = gradient * matrix
    return log_score, -4 * gamma * (pull.sum(axis=1)[:, None] * centred - pull @ centred)
