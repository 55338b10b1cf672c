"""Which strengths fit the battles best?

    maximise  sum_pairs log-likelihood(d, eta) - lambda / 2 sum theta^2,      d = theta_i - theta_j,  sum theta = 0

by Newton's method on the n strengths: the gradient of a candidate sums the slopes of its pairs, the Hessian is a graph
Laplacian of their curvatures, and (H + 1 1' / n) step = g has one solution. Steps are at most 4 and halved until the
likelihood rises; the fit stops on the size of the step, not on the number of rounds. Beyond 3,000 candidates the
Laplacian is sparse and solved by conjugate gradients.

Source: Newton's method for Bradley-Terry as in Hunter (2004), doi:10.1214/aos/1079120141. Differs: nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

from psephos.ranking.pairwise.battle_table import BOTH_BAD, LEFT, RIGHT, TIE, PairCounts
from psephos.ranking.pairwise.pair_models import LEAST_ETA, Curvature, PairModel

DENSE = 3000
"""Most candidates whose Hessian is a full matrix."""

MOST_STEPS = 100
LONGEST_STEP = 4.0
SMALLEST_STEP = 1e-10

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Strengths:
    """Where the steps ended.

    Attributes
    ----------
    theta : ndarray of float64, shape (n,)
        Strengths in natural units with mean 0; NaN for candidates without a battle.
    eta : float
        Number of the ties, where the model has one.
    steps : int
    last_step : float
        Largest change in the last step.
    converged : bool
    log_likelihood : float
    """

    theta: Floats
    eta: float
    steps: int
    last_step: float
    converged: bool
    log_likelihood: float


def ends_of(counts: PairCounts) -> tuple[Floats, Floats, Floats]:
    """Wins of the first of each pair, of the second, and ties with "both bad" among them."""
    return counts.ends[:, LEFT], counts.ends[:, RIGHT], counts.ends[:, TIE] + counts.ends[:, BOTH_BAD]


def fit(
    counts: PairCounts, model: PairModel, *, penalty: float = 0.0, start: Floats | None = None, eta: float | None = None
) -> Strengths:
    """Strengths of the candidates that have battles; they must hang together (see `connectivity`) or be penalised."""
    win, loss, tie = ends_of(counts)
    present = counts.by_candidate(counts.met, counts.met) > 0
    place = np.cumsum(present) - 1
    first, second, size = place[counts.first], place[counts.second], int(present.sum())
    theta = np.zeros(size) if start is None else np.nan_to_num(start[present])
    total = float((win + loss + tie).sum())
    level = model.start(float(tie.sum()) / total if total else 0.0) if eta is None else eta
    ties_vary = model.has_eta and bool(tie.any())

    def value(strength: Floats, now: float) -> float:
        d = strength[first] - strength[second]
        return float(model.likelihood(win, loss, tie, d, now).sum()) - penalty / 2 * float(strength @ strength)

    before, steps, change, converged = value(theta, level), 0, np.inf, False
    while steps < MOST_STEPS and not converged:
        steps += 1
        d = theta[first] - theta[second]
        slopes = model.slopes(d, level)
        pull = win * slopes.along_d[0] + loss * slopes.along_d[1] + tie * slopes.along_d[2]
        g = np.bincount(first, pull, size) - np.bincount(second, pull, size) - penalty * theta
        curve = model.curvature(win, loss, tie, d, level)
        up = 0.0
        if ties_vary:
            up = float((win * slopes.along_eta[0] + loss * slopes.along_eta[1] + tie * slopes.along_eta[2]).sum())
        step, lift = _newton_step(first, second, size, curve, g, up, penalty, ties_vary)
        longest = max(float(np.abs(step).max(initial=0.0)), abs(lift))
        scale = min(1.0, LONGEST_STEP / longest) if longest else 1.0
        for _ in range(40):
            after_level = max(level + scale * lift, LEAST_ETA) if model.name == "rao-kupper" else level + scale * lift
            after_theta = theta + scale * step
            after = value(after_theta, after_level)
            if after >= before - 1e-12 * abs(before):
                break
            scale /= 2
        change = max(float(np.abs(after_theta - theta).max(initial=0.0)), abs(after_level - level))
        theta, level, before = after_theta - after_theta.mean(), after_level, after
        converged = change < SMALLEST_STEP
    found = np.full(counts.size, np.nan)
    found[present] = theta
    return Strengths(found, level, steps, change, converged, before)


def _newton_step(
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    size: int,
    curve: Curvature,
    g: Floats,
    up: float,
    penalty: float,
    ties_vary: bool,
) -> tuple[Floats, float]:
    """Change of the strengths and of eta."""
    solve = _sparse_solver if size > DENSE else _dense_solver
    if not ties_vary:
        return solve(first, second, size, curve.d, penalty, g[:, None])[:, 0], 0.0
    # One number beside the Laplacian: eliminate the strengths first (Schur complement).
    cross = np.bincount(first, curve.both, size) - np.bincount(second, curve.both, size)
    bottom = float(curve.eta.sum())
    solved = solve(first, second, size, curve.d, penalty, np.column_stack([g, cross]))
    lift = (up - float(cross @ solved[:, 0])) / max(bottom - float(cross @ solved[:, 1]), 1e-300)
    return solved[:, 0] - lift * solved[:, 1], lift


def laplacian(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64], weight: Floats, size: int) -> Floats:
    """Graph Laplacian of weights of pairs, shape (size, size).

    Examples
    --------
    >>> laplacian(np.array([0]), np.array([1]), np.array([2.0]), 2).tolist()
    [[2.0, -2.0], [-2.0, 2.0]]
    """
    made = np.zeros((size, size))
    made[first, second] = made[second, first] = -weight
    made[np.arange(size), np.arange(size)] = -made.sum(axis=1)
    return made


def _dense_solver(
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    size: int,
    weight: Floats,
    penalty: float,
    sides: Floats,
) -> Floats:
    matrix = laplacian(first, second, weight, size) + 1 / size
    matrix.flat[:: size + 1] += penalty
    # As scipy.linalg.solve does it, without its checks of the input, which take as long as a small fit.
    factor, solved, failed = linalg.lapack.dposv(matrix, sides)
    if not failed:
        condition = linalg.lapack.dpocon(factor, linalg.lapack.dlange("1", matrix))[0]
        if condition >= np.finfo(np.float64).eps:
            return np.asarray(solved)
    return np.asarray(linalg.lstsq(matrix, sides)[0])


@contextmanager
def ill_conditioned_fails() -> Iterator[None]:
    """Raise SciPy's warning of a matrix that is nearly singular: what comes of it is not an answer."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", linalg.LinAlgWarning)
        yield


def _sparse_solver(
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    size: int,
    weight: Floats,
    penalty: float,
    sides: Floats,
) -> Floats:
    diagonal = np.bincount(first, weight, size) + np.bincount(second, weight, size) + penalty
    rows = np.concatenate([first, second, np.arange(size)])
    columns = np.concatenate([second, first, np.arange(size)])
    matrix = sparse.csr_array((np.concatenate([-weight, -weight, diagonal]), (rows, columns)), shape=(size, size))
    scale = sparse.diags_array(1 / np.maximum(diagonal, 1e-300))
    made = np.empty_like(sides)
    for column, side in enumerate(sides.T):
        made[:, column] = sparse.linalg.cg(matrix, side - side.mean(), rtol=1e-13, maxiter=10 * size, M=scale)[0]
        made[:, column] -= made[:, column].mean()
    return made
