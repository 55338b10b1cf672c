r"""How does the chance of an event move with its predictors, and how sure is that where rows come in clusters?

    P(event) = m = 1 / (1 + exp(-Xb)),       X = [1, predictors],

with the clustered covariance of `psephos.statistics.regression`, where A = X'W diag(m (1 - m)) X and e = event - m.

Sources: Liang and Zeger (1986), doi:10.1093/biomet/73.1.13; Firth (1993), doi:10.1093/biomet/80.1.27. Differs: Newton
steps are halved until the likelihood rises, and there is a ridge of 1e-8 on centred and scaled predictors, which moves
nothing that can be seen and keeps the steps finite where the events are separated; `separated` then says that there is
no largest likelihood. Rows that are equal are fitted as one, with their share of events.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_choice, check_codes, check_number
from psephos.statistics._design import Floats, Kinds, kinds_of, problem_of, sandwich
from psephos.statistics._evaluation import Statistic
from psephos.statistics._newton import RIDGE, newton
from psephos.statistics.regression import Regression, finished

PENALTIES = ("ridge", "firth")


def logistic(
    predictors: npt.ArrayLike,
    event: npt.ArrayLike,
    *,
    clusters: npt.ArrayLike | None = None,
    weights: npt.ArrayLike | None = None,
    penalty: str = "ridge",
    ridge: float = RIDGE,
    level: float = 0.95,
) -> Regression:
    """Logistic regression with an intercept, with cluster-robust standard errors if there are clusters.

    Parameters
    ----------
    predictors : array_like of float, shape (n, k)
        Columns without the intercept.
    event : array_like of bool, shape (n,)
        Whether the event happened.
    clusters, weights
        As of `least_squares`.
    penalty : {"ridge", "firth"}
        ``"firth"`` takes off the first-order bias and stays finite where events are separated.
    ridge : float
        Strength of the ridge, in units of the scaled predictors; raise it where events are separated.
    level : float, default 0.95
        Confidence of the intervals.

    Returns
    -------
    Regression
        Coefficients, as logarithms of odds, with standard errors and p-values; the first is the intercept.

    Raises
    ------
    InputError
        As of `least_squares`, and if the event happened always or never.

    See Also
    --------
    least_squares : where the outcome is a number.

    Examples
    --------
    >>> fit = logistic([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]], [0, 0, 1, 0, 1, 1])
    >>> fit.coefficients.round(2), fit.separated
    (array([-3.04,  1.21]), False)
    """
    check_choice("penalty", penalty, PENALTIES)
    check_number("ridge", ridge, low=0)
    problem = problem_of(predictors, event, clusters, weights, name="event")
    if not np.isin(problem.outcome, (0.0, 1.0)).all():
        raise InputError("event", "must be true or false throughout")
    happened = float(problem.weights @ problem.outcome)
    n = float(problem.weights.sum())
    if not 0 < happened < n:
        raise InputError(
            "event",
            f"happened {'never' if happened <= 0 else 'always'}, so nothing can predict it",
            hint="leave the model out",
        )
    kinds = kinds_of(problem.design)
    shares = _shares(kinds, problem.outcome, problem.weights)
    fit = newton(kinds.design, *shares, ridge=ridge, firth=penalty == "firth")
    bread = np.asarray(np.linalg.inv(fit.information), dtype=np.float64)
    covariance = (
        bread if problem.clusters is None else sandwich(problem, bread, problem.outcome - fit.chance[kinds.kind])
    )
    share = happened / n
    alone = n * (share * math.log(share) + (1 - share) * math.log(1 - share))
    return finished(
        problem,
        fit.coefficients,
        covariance,
        level,
        1 - fit.log_likelihood / alone,
        steps=fit.steps,
        separated=fit.separated,
    )


def logistic_statistic(predictors: npt.ArrayLike, event: npt.ArrayLike, clusters: npt.ArrayLike) -> Statistic:
    """Coefficients of `logistic` as a function of the weights of the clusters, for `bootstrap`; one refit per row.

    Parameters
    ----------
    predictors, event
        As of `logistic`.
    clusters : array_like of int, shape (n,)
        Place of each row's cluster, 0 to G - 1.

    Returns
    -------
    callable
        From weights, shape (rows, G), to coefficients, shape (rows, p); NaN where the events are separated.

    Examples
    --------
    >>> statistic = logistic_statistic([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1], [0, 1, 2, 3])
    >>> statistic(np.ones((1, 4))).round(2)
    array([[-1.36,  0.91]])
    """
    problem = problem_of(predictors, event, clusters, None, name="event")
    cluster = check_codes("clusters", clusters, ndim=1)
    kinds = kinds_of(problem.design)
    start = newton(kinds.design, *_shares(kinds, problem.outcome, problem.weights)).coefficients

    def statistic(weights: npt.ArrayLike) -> Floats:
        found = np.full((len(np.asarray(weights)), kinds.design.shape[1]), np.nan)
        for place, row in enumerate(np.asarray(weights, dtype=np.float64)):
            counts = row[cluster]
            if 0 < counts @ problem.outcome < counts.sum():
                fit = newton(kinds.design, *_shares(kinds, problem.outcome, counts), start=start)
                if not fit.separated:
                    found[place] = problem.back @ fit.coefficients
        return found

    return statistic


def _shares(kinds: Kinds, outcome: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Share of events in the rows of each kind, and their weight."""
    whole = kinds.sums(weights)
    return np.divide(kinds.sums(weights * outcome), whole, out=np.zeros(len(whole)), where=whole > 0), whole
