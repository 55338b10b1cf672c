r"""By how many levels does a score move, and what pushes it? An ordinal model that knows the ends of the scale.

A review moves by k levels, from -m to m, k never past the end of the scale. With x its predictors,

    P(k) = exp(c_k + k x'b) / (sum over the k that the scale allows),        c_0 = 0,

so that x'b is the log odds of each level more against one less, wherever the review stands (adjacent categories), and a
review at the top that cannot rise is no evidence that nothing pushes it. Longer moves count as m. The likelihood is
concave; it is climbed by Newton steps that are halved until it rises, and standard errors are clustered by item. With
steps of 0 and 1 only this is the logit of `influence`.

Source: sheet 36, beyond the paper; adjacent-category logits are those of Goodman (1983), doi:10.2307/2530834.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_count, check_number
from psephos.statistics import normal_interval
from psephos.studies.peer_review.features import label_of
from psephos.studies.peer_review.reviews import Floats, Reviews

MOST_ROUNDS = 50
SMALLEST_STEP = 1e-9


@dataclass(frozen=True)
class ChangeSteps:
    """The ordinal model of moves.

    Attributes
    ----------
    coefficients : polars.DataFrame
        term (``move +1``, ..., ``own score``, ``others' mean``, ...), estimate, standard_error, low, high, odds_ratio:
        of a predictor the odds of each level more per unit.
    moves : tuple of int
        The moves that occur; others have no chance in the model.
    reviews, items : int
    converged : bool
    """

    coefficients: pl.DataFrame
    moves: tuple[int, ...]
    reviews: int
    items: int
    converged: bool


def change_steps(reviews: Reviews, *, labels: tuple[str, ...] = (), most: int = 2, level: float = 0.95) -> ChangeSteps:
    """Fit what pushes scores up or down, in levels.

    Parameters
    ----------
    reviews : Reviews
    labels : tuple of str
        Columns of true and false that may push a score, beside the own and the others' first scores.
    most : int, default 2
        Longer moves count as this many levels.
    level : float, default 0.95
        Confidence of the intervals.

    Returns
    -------
    ChangeSteps

    Raises
    ------
    InputError
        If no score moves, all do so alike, or a label is no column of true and false.

    See Also
    --------
    influence : least squares of points, and logits of rises and falls apart.

    Examples
    --------
    >>> from psephos.studies import peer_review
    >>> found = change_steps(peer_review.sample(items=300, rng=1))
    >>> found.moves, found.coefficients["term"].to_list()[-2:]
    ((-1, 0, 1, 2), ['own score', "others' mean"])
    """
    check_count("most", most)
    check_number("level", level, low=0, high=1, open_ends=True)
    columns = {"own score": reviews.before, "others' mean": reviews.others}
    columns |= {f"label {name}": label_of(reviews, name) for name in labels}
    x = np.column_stack(list(columns.values()))
    rows = reviews.modelled & ~np.isnan(x).any(axis=1)
    x, item = x[rows], np.unique(reviews.item[rows], return_inverse=True)[1]
    start, end = (reviews.place_of(side)[rows] for side in (reviews.before, reviews.after))
    move = np.clip(end - start, -most, most)
    moves = np.unique(np.append(move, 0))
    if len(moves) < 2 or len(np.unique(move)) < 2:
        raise InputError("reviews", "no score moves, or all move alike", hint="there is nothing to explain")
    for name, column in zip(columns, x.T, strict=True):
        if np.ptp(column) == 0:
            raise InputError("reviews", f"{name} is the same in every review")
    centre, spread = x.mean(axis=0), x.std(axis=0)
    fit = _Fit(_features((x - centre) / spread, moves), _allowed(start, moves, len(reviews.scale)), move, moves)
    theta, converged = fit.climbed()
    bread = np.linalg.inv(fit.at(theta)[2])
    groups, n, p = int(item.max()) + 1, len(x), len(theta)
    sums = [np.bincount(item, weights=column, minlength=groups) for column in fit.scores(theta).T]
    meat = np.stack(sums, axis=1)
    factor = groups / (groups - 1) * (n - 1) / (n - p) if groups > 1 and n > p else np.nan
    covariance = factor * bread @ (meat.T @ meat) @ bread
    others = [int(k) for k in moves if k]
    back = np.eye(p)  # from centred, scaled predictors: a move of k levels holds k times what the centre pushes
    for place, k in enumerate(others):
        back[place, len(others) :] = -k * centre / spread
    back[len(others) :, len(others) :] = np.diag(1 / spread)
    theta, covariance = back @ theta, back @ covariance @ back.T
    error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    low, high = normal_interval(theta, error, level)
    table = pl.DataFrame(
        {
            "term": [*(f"move {k:+d}" for k in others), *columns],
            "estimate": theta,
            "standard_error": error,
            "low": low,
            "high": high,
            "odds_ratio": np.exp(np.clip(theta, -700, 700)),
        }
    ).with_columns(pl.col(pl.Float64).fill_nan(None))
    return ChangeSteps(table, tuple(int(k) for k in moves), n, groups, converged)


@dataclass(frozen=True, eq=False)
class _Fit:
    """Features (n, moves, terms), what the scale allows (n, moves), the move of each review, and the moves."""

    features: Floats
    allowed: npt.NDArray[np.bool_]
    move: npt.NDArray[np.int64]
    moves: npt.NDArray[np.int64]

    def climbed(self) -> tuple[Floats, bool]:
        theta = np.zeros(self.features.shape[2])
        value, slope, curvature = self.at(theta)
        for _ in range(MOST_ROUNDS):
            step = np.linalg.solve(curvature + 1e-8 * np.eye(len(theta)), slope)
            for _ in range(30):
                after = self.at(theta + step)
                if after[0] >= value - 1e-12 * abs(value):
                    break
                step = step / 2
            theta, (value, slope, curvature) = theta + step, after
            if np.abs(step).max() < SMALLEST_STEP:
                return theta, True
        return theta, False

    def at(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Log likelihood, slope and information."""
        chance, value = self._chances(theta)
        mean = np.einsum("nk,nkp->np", chance, self.features)
        weighted = (self.features * chance[:, :, None]).reshape(-1, len(theta))
        second = weighted.T @ self.features.reshape(-1, len(theta))
        return value, (self._said() - mean).sum(axis=0), second - mean.T @ mean

    def scores(self, theta: Floats) -> Floats:
        """Slope of the log likelihood of each review, shape (n, terms)."""
        return np.asarray(self._said() - np.einsum("nk,nkp->np", self._chances(theta)[0], self.features))

    def _chances(self, theta: Floats) -> tuple[Floats, float]:
        logit = np.where(self.allowed, self.features @ theta, -np.inf)
        peak = logit.max(axis=1, keepdims=True)
        likely = np.exp(logit - peak)
        whole = likely.sum(axis=1, keepdims=True)
        said = np.take_along_axis(logit, self._place()[:, None], axis=1)
        return likely / whole, float((said - peak - np.log(whole)).sum())

    def _place(self) -> npt.NDArray[np.intp]:
        return np.searchsorted(self.moves, self.move)

    def _said(self) -> Floats:
        return np.asarray(self.features[np.arange(len(self.move)), self._place()])


def _features(x: Floats, moves: npt.NDArray[np.int64]) -> Floats:
    """One indicator for each move but 0, then the predictors times the move."""
    others = moves[moves != 0]
    indicator = (moves[:, None] == others[None, :]).astype(np.float64)
    shape = (len(x), *indicator.shape)
    return np.concatenate([np.broadcast_to(indicator, shape), moves[None, :, None] * x[:, None, :]], axis=2)


def _allowed(start: npt.NDArray[np.int64], moves: npt.NDArray[np.int64], levels: int) -> npt.NDArray[np.bool_]:
    end = start[:, None] + moves[None, :]
    return np.asarray((end >= 0) & (end < levels))
