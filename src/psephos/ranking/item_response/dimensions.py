"""Do the items of a topic measure one thing, and which pairs of items go together beyond it?

One thing: the first eigenvalue of the matrix of tetrachoric correlations (of the normal variables that right and wrong
would be cut from; phi where there are very many items) is at least three times the second. Together beyond it: the
correlation of residuals, Q3 of Yen,

    e_ij = y_ij - P_ij at the ability of i,        Q3_jk = corr(e_j, e_k),

far from its mean over pairs means that two items share more than the ability: the same question twice, a common text.

Source: Yen (1984), doi:10.1177/014662168400800201; sheet 25. Ours: the limits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]

ONE_DIMENSION = 3.0
"""The first eigenvalue is at least so many times the second."""
MOST_TETRACHORIC = 300
MOST_PAIRS = 3000
"""Most items of a topic of which every pair is looked at."""
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(20)


def residual_correlations(right: Floats, chance: Floats) -> Floats:
    """Q3 of each pair of items over the candidates that were asked both; NaN on the diagonal and where undefined."""
    asked = (~np.isnan(right)).astype(np.float64)
    residual = np.where(asked > 0, right - chance, 0.0)
    n = asked.T @ asked
    several = n > 2
    count = np.where(several, n, 1.0)
    mean = residual.T @ asked / count
    covariance = residual.T @ residual / count - mean * mean.T
    variance = residual.T**2 @ asked / count - mean**2
    size = np.sqrt(np.maximum(variance * variance.T, 0))
    found: Floats = np.divide(covariance, size, out=np.full(n.shape, np.nan), where=several & (size > 1e-12))
    np.fill_diagonal(found, np.nan)
    return found


def eigenvalue_ratio(right: Floats) -> tuple[float, str]:
    """First over second eigenvalue of the correlations between items.

    Parameters
    ----------
    right : ndarray of float64, shape (n, n_items)
        1 and 0, NaN where not asked; items that do not vary are left out.

    Returns
    -------
    ratio : float
        NaN with fewer than three items that vary.
    how : str
        Which correlations: ``"tetrachoric"``, or ``"phi"`` of more than `MOST_TETRACHORIC` items; or why there are
        none.
    """
    varied = right[:, np.nanmin(right, axis=0) < np.nanmax(right, axis=0)]
    if varied.shape[1] < 3:
        return float("nan"), "too few items that vary"
    if varied.shape[1] <= MOST_TETRACHORIC:
        values = np.linalg.eigvalsh(tetrachoric(varied))
        return float(values[-1] / max(values[-2], 1e-12)), "tetrachoric"
    asked = ~np.isnan(varied)
    centred = np.where(asked, varied - np.nanmean(varied, axis=0), 0.0)
    scaled = centred / np.sqrt((centred**2).sum(axis=0))
    # Of a product of a long and a short matrix the smaller one has the same eigenvalues.
    values = np.linalg.svd(scaled, compute_uv=False) ** 2
    return float(values[0] / max(values[1], 1e-12)), "phi"


def tetrachoric(right: Floats) -> Floats:
    """Tetrachoric correlations, by Newton's method on the bivariate normal, all pairs at once.

    Parameters
    ----------
    right : ndarray of float64, shape (n, n_items)
        1 and 0, NaN where not asked; each item must vary.

    Returns
    -------
    ndarray of float64, shape (n_items, n_items)
        1 on the diagonal, at most .999 beside it; half a response is added to each cell of a table with an empty one.
    """
    asked = (~np.isnan(right)).astype(np.float64)
    solved = np.where(asked > 0, right, 0.0)
    row, column = np.triu_indices(right.shape[1], 1)
    both = (solved.T @ solved)[row, column]
    n = (asked.T @ asked)[row, column]
    first, second = (solved.T @ asked)[row, column], (solved.T @ asked)[column, row]
    cells = np.stack([both, first - both, second - both, n - first - second + both])
    cells = np.where((cells == 0).any(axis=0), cells + 0.5, cells)
    n = cells.sum(axis=0)
    h, k = (special.ndtri((cells[0] + cells[other]) / n) for other in (1, 2))
    target = cells[0] / n
    found = np.clip(
        np.sin(
            np.pi
            / 2
            * (cells[0] * cells[3] - cells[1] * cells[2])
            / np.sqrt((cells[0] + cells[1]) * (cells[2] + cells[3]) * (cells[0] + cells[2]) * (cells[1] + cells[3]))
        ),
        -0.95,
        0.95,
    )
    for _ in range(12):
        gap = _both_below(h, k, found) - target
        density = np.exp(-(h**2 + k**2 - 2 * found * h * k) / (2 * (1 - found**2))) / (
            2 * np.pi * np.sqrt(1 - found**2)
        )
        found = np.clip(found - np.clip(gap / np.maximum(density, 1e-9), -0.2, 0.2), -0.999, 0.999)
    matrix = np.eye(right.shape[1])
    matrix[row, column] = matrix[column, row] = found
    return matrix


def _both_below(h: Floats, k: Floats, r: Floats) -> Floats:
    """P(X < h, Y < k) of normal variables with correlation r, by Gauss and Legendre over the arc of r."""
    angle = np.arcsin(r)[:, None] * (_NODES + 1) / 2
    sine = np.sin(angle)
    height = np.exp(-(h[:, None] ** 2 + k[:, None] ** 2 - 2 * h[:, None] * k[:, None] * sine) / (2 * (1 - sine**2)))
    found: Floats = special.ndtr(h) * special.ndtr(k) + np.arcsin(r) / (4 * np.pi) * (height @ _NODE_WEIGHTS)
    return found
