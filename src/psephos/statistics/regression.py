r"""How does an outcome move with its predictors, and how sure is that where rows come in clusters?

Ordinary least squares with an intercept, X = [1, predictors],

    b = (X'WX)^-1 X'Wy,

with the covariance of Liang and Zeger: rows of one cluster may depend on each other in any way,

    V = c A^-1 (sum_g u_g u_g') A^-1,      u_g = sum_(i in g) w_i x_i e_i,      c = G / (G - 1) (N - 1) / (N - p)

where e are the residuals, A = X'WX, G the clusters, N the rows and p the coefficients, the intercept among them.
Intervals and p-values are normal.

Sources: Liang and Zeger (1986), doi:10.1093/biomet/73.1.13; Cameron and Miller (2015), doi:10.3368/jhr.50.2.317 (the
factor c). Differs: nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.errors import check_codes, check_floats
from psephos.statistics._design import SMALLEST_PIVOT, Floats, Problem, pivots_of, problem_of, sandwich, sums_by
from psephos.statistics._evaluation import Statistic
from psephos.statistics.intervals import normal_quantile

SAFE_PIVOT = 1e-4
"""From here on normal equations in double precision keep nine digits; below it the rows are factorised (QR)."""


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted regression; the first coefficient is the intercept.

    Attributes
    ----------
    coefficients, standard_error, low, high, p : ndarray of float64, shape (p,)
        Estimates, their standard errors, ends of their intervals, and two-sided p-values of being 0.
    covariance : ndarray of float64, shape (p, p)
        Of the coefficients; NaN with fewer than two clusters.
    level : float
        Confidence of the intervals.
    rows, clusters : int
        What it rests on; `clusters` is 0 where rows count as independent.
    r_squared : float
        Share of the variance that is explained; of a logit 1 - log L / log L of the intercept alone (McFadden).
    steps : int
        Newton steps; 0 for least squares.
    separated : bool
        Whether some fitted chance is 0 or 1 to within 1e-9, so that a coefficient has no finite estimate.
    """

    coefficients: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    p: Floats
    covariance: Floats
    level: float
    rows: int
    clusters: int
    r_squared: float
    steps: int = 0
    separated: bool = False

    def linear(self, predictors: npt.ArrayLike) -> Floats:
        """The linear predictor Xb of further rows, shape (n,)."""
        columns = check_floats("predictors", predictors, ndim=2)
        return np.asarray(self.coefficients[0] + columns @ self.coefficients[1:])


def least_squares(
    predictors: npt.ArrayLike,
    outcome: npt.ArrayLike,
    *,
    clusters: npt.ArrayLike | None = None,
    weights: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> Regression:
    """Ordinary least squares with an intercept, with cluster-robust standard errors if there are clusters.

    Parameters
    ----------
    predictors : array_like of float, shape (n, k)
        Columns without the intercept.
    outcome : array_like of float, shape (n,)
        What is explained.
    clusters : array_like of int, shape (n,), optional
        Code of the cluster of each row. Default: rows are independent and of equal variance.
    weights : array_like of float, shape (n,), optional
        How often each row counts.
    level : float
        Confidence of the intervals, between 0 and 1.

    Returns
    -------
    Regression
        Coefficients with standard errors, intervals and p-values; the first is the intercept.

    Raises
    ------
    InputError
        If lengths differ, a number is not finite, there are no more rows than coefficients, or a predictor is constant
        or a combination of others.

    See Also
    --------
    logistic : where the outcome is an event.

    Examples
    --------
    >>> fit = least_squares([[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 4.0, 8.0], clusters=[0, 0, 1, 1])
    >>> fit.coefficients.round(2), fit.standard_error.round(2), round(fit.r_squared, 2)
    (array([0.7, 2.2]), array([0.61, 0.24]), 0.93)
    """
    problem = problem_of(predictors, outcome, clusters, weights)
    b = _solved(problem)
    residual = problem.outcome - problem.design @ b
    w, n, p = problem.weights, float(problem.weights.sum()), len(b)
    design = problem.design
    bread = np.asarray(np.linalg.inv((design * w[:, None]).T @ design), dtype=np.float64)
    left = float(w @ residual**2)
    around = float(w @ (problem.outcome - (w @ problem.outcome) / n) ** 2)
    covariance = bread * (left / (n - p)) if problem.clusters is None else sandwich(problem, bread, residual)
    r_squared = 1 - left / around if around > 0 else math.nan
    return finished(problem, b, covariance, level, r_squared)


def least_squares_statistic(predictors: npt.ArrayLike, outcome: npt.ArrayLike, clusters: npt.ArrayLike) -> Statistic:
    """Coefficients of `least_squares` as a function of the weights of the clusters, for `bootstrap`.

    Parameters
    ----------
    predictors, outcome
        As of `least_squares`.
    clusters : array_like of int, shape (n,)
        Place of each row's cluster, 0 to G - 1.

    Returns
    -------
    callable
        From weights, shape (rows, G), to coefficients, shape (rows, p); NaN where these weights do not determine them.

    Examples
    --------
    >>> statistic = least_squares_statistic([[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 4.0, 8.0], [0, 0, 1, 1])
    >>> statistic(np.array([[1.0, 1.0], [2.0, 0.0]])).round(2)
    array([[0.7, 2.2], [1. , 2. ]])
    """
    problem = problem_of(predictors, outcome, clusters, None)
    cluster = check_codes("clusters", clusters, ndim=1)
    design = problem.design
    p, groups = design.shape[1], int(cluster.max()) + 1
    products = np.concatenate(
        [design[:, :, None] * design[:, None, :], (design * problem.outcome[:, None])[:, :, None]], 2
    )
    sums = sums_by(cluster, products.reshape(len(design), -1), groups)

    def statistic(weights: npt.ArrayLike) -> Floats:
        both = (np.asarray(weights, dtype=np.float64) @ sums).reshape(-1, p, p + 1)
        gram, right = both[:, :, :p], both[:, :, p:]
        known = np.linalg.cond(gram) < 1 / SMALLEST_PIVOT
        gram[~known] = np.eye(p)
        b = np.where(known[:, None], np.linalg.solve(gram, right)[:, :, 0], np.nan)
        return np.asarray(b @ problem.back.T)

    return statistic


def dependent_column(predictors: npt.ArrayLike) -> int | None:
    """The first predictor that is constant or a combination of those before it, None if there is none.

    Parameters
    ----------
    predictors : array_like of float, shape (n, k)
        One column for each predictor.

    Examples
    --------
    >>> dependent_column([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]), dependent_column([[1.0, 2.0], [2.0, 4.0], [3.0, 5.0]])
    (1, None)
    """
    columns = check_floats("predictors", predictors, ndim=2)
    centred = columns - columns.mean(axis=0)
    pivots = pivots_of(centred, np.ones(len(columns)), np.abs(columns).max(axis=0, initial=0.0))
    bad = np.flatnonzero(pivots < SMALLEST_PIVOT)
    return int(bad[0]) if len(bad) else None


def finished(
    problem: Problem,
    b: Floats,
    covariance: Floats,
    level: float,
    r_squared: float,
    *,
    steps: int = 0,
    separated: bool = False,
) -> Regression:
    """The regression in the units of the predictors as they were given.

    Problems are solved with centred and scaled predictors; coefficients and their covariance are turned back here,
    and get errors, ends and p.
    """
    b, covariance = problem.back @ b, problem.back @ covariance @ problem.back.T
    error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    reach = normal_quantile(level) * error
    z = np.divide(np.abs(b), error, out=np.full(len(b), np.nan), where=error > 0)
    return Regression(
        coefficients=b,
        standard_error=error,
        low=b - reach,
        high=b + reach,
        p=np.asarray(2 * special.ndtr(-z)),
        covariance=covariance,
        level=level,
        rows=len(problem.outcome),
        clusters=problem.groups,
        r_squared=r_squared,
        steps=steps,
        separated=separated,
    )


def _solved(problem: Problem) -> Floats:
    design = problem.design
    if problem.smallest_pivot >= SAFE_PIVOT:
        weighted = design * problem.weights[:, None]
        return np.asarray(np.linalg.solve(weighted.T @ design, weighted.T @ problem.outcome))
    root = np.sqrt(problem.weights)
    q, r = np.linalg.qr(design * root[:, None])
    return np.asarray(np.linalg.solve(r, q.T @ (root * problem.outcome)))
