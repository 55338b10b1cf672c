"""What would another panel of raters say of the ceiling?

Raters are drawn with replacement, each with all its votes, instead of items. A drawn panel repeats raters, so its
moments are corrected for that: with n_i votes on an item the variance within it comes out (n_i - 1) / n_i times too
small, and its mean moves by v_i (n_i - 1) / n_i^2 around the mean of the votes at hand, which is taken off the variance
of the means.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import sparse

from psephos.agreement.noise_ceilings.bounds import ItemVotes, Moments
from psephos.agreement.noise_ceilings.estimates import FEWEST, Estimates
from psephos.agreement.noise_ceilings.vote_models import Floats

CELLS = 2**21
"""Cells of a matrix of panels by items that are worked on at once."""


def moments_by_raters(
    item: npt.NDArray[np.int32],
    rater: npt.NDArray[np.int32],
    value: Floats,
    items: ItemVotes,
    n_raters: int,
    pooling: str,
    estimates: Estimates,
    correction: float = 1.0,
) -> Callable[[Floats], tuple[Moments, Floats, Floats]]:
    """Moments, PCC and RMSE of estimates as functions of the weights of the raters.

    Parameters
    ----------
    item, rater : ndarray of int32, shape (n_votes,)
        Item and rater of each vote; every item has a vote.
    value : ndarray of float64, shape (n_votes,)
        The votes, without the levels of the raters where these are taken out.
    items : ItemVotes
        The same by item.
    n_raters : int
        Raters.
    pooling : str
        As in `moments_of`.
    estimates : Estimates
        What is held against the mean votes of each panel.
    correction : float, default 1
        Factor of the variances, for the degrees of freedom that the levels of raters took.

    Returns
    -------
    callable
        From weights, shape (replicates, n_raters), to `Moments`, PCC and RMSE, both of shape (replicates,
        n_estimators). Works `CELLS` of panels by items at a time.
    """
    shape = (len(items), n_raters)
    centre = float(value.mean())
    shifted = value - centre
    votes, sums, squares = (
        sparse.csr_array((part, (item, rater)), shape=shape) for part in (np.ones(len(item)), shifted, shifted**2)
    )
    step = max(1, CELLS // max(len(items), 1))

    def panel(weights: Floats) -> tuple[list[Floats], Floats, Floats]:
        n = (votes @ weights.T).T
        there = n > 0
        mean = np.divide((sums @ weights.T).T, n, out=np.zeros_like(n), where=there)
        within = np.maximum((squares @ weights.T).T - n * mean**2, 0.0)
        known = (n > 1) & (items.votes > 1)
        factor = np.where(items.votes > 1, items.votes / np.maximum(items.votes - 1, 1), 0.0)
        v = np.divide(within, n - 1, out=np.zeros_like(n), where=known) * factor * correction
        vote_variance = v.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        v = np.where(known, v, vote_variance[:, None])
        count = there.sum(axis=1)
        moved = (there * v * (1 - 1 / items.votes) / items.votes).sum(axis=1) / count
        middle = (mean * there).sum(axis=1) / count
        apart = np.where(there, mean - middle[:, None], 0.0)
        spread = np.maximum((apart**2).sum(axis=1) / (count - 1) - moved, 0.0)
        if pooling == "authors":
            noise = vote_variance / items.votes.mean()
            number = np.full(len(weights), items.votes.mean())
        else:
            noise = (there * v / items.votes).sum(axis=1) / count
            number = np.full(len(weights), len(items) / (1 / items.votes).sum())
        vote_variance[~known.any(axis=1)] = noise[~known.any(axis=1)] = np.nan
        pcc, rmse = _fits(estimates, mean + centre, there, moved)
        return [middle + centre, spread, vote_variance, noise, number], pcc, rmse

    def moments(weights: Floats) -> tuple[Moments, Floats, Floats]:
        parts = [panel(weights[start : start + step]) for start in range(0, len(weights), step)]
        whole = [np.concatenate(columns) for columns in zip(*(part[0] for part in parts), strict=True)]
        return (
            Moments(*whole),
            np.concatenate([part[1] for part in parts]),
            np.concatenate([part[2] for part in parts]),
        )

    return moments


def _fits(estimates: Estimates, mean: Floats, there: npt.NDArray[np.bool_], moved: Floats) -> tuple[Floats, Floats]:
    """PCC and RMSE of each estimate, less what repeated raters move the means, shape (replicates, n_estimators)."""
    pcc, rmse = np.full((2, len(mean), len(estimates.names)), np.nan)
    for column, values in enumerate(estimates.values.T):
        both = there & ~np.isnan(values)
        n = both.sum(axis=1)
        f, m = _centred(np.nan_to_num(values), both, n), _centred(mean, both, n)
        size = np.sqrt((f * f).sum(axis=1) * np.maximum((m * m).sum(axis=1) - moved * (n - 1), 0.0))
        np.divide((f * m).sum(axis=1), size, out=pcc[:, column], where=(size > 0) & (n >= FEWEST))
        squares = np.where(both, (np.nan_to_num(values) - mean) ** 2, 0.0).sum(axis=1) / np.maximum(n, 1)
        rmse[:, column] = np.sqrt(np.maximum(squares - moved, 0.0))
    return pcc, rmse


def _centred(values: Floats, there: npt.NDArray[np.bool_], n: npt.NDArray[np.intp]) -> Floats:
    kept = np.where(there, values, 0.0)
    return np.asarray(np.where(there, kept - (kept.sum(axis=1) / np.maximum(n, 1))[:, None], 0.0))
