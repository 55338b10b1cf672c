"""How well can anyone predict the mean of a few noisy votes?

Votes on item i are independent with mean q_i, its true quality, and variance v_i; the mean over n of them has the
variance Var(q) + E[v] / n over items. Then for any estimate f of these means

    MSE(f, means) >= E[v] / n,       PCC(f, means) <= sqrt(1 - E[v] / (n Var(means))),

and f = q reaches both. Where the number of votes varies, E[v] / n is the mean of v_i / n_i over items, and an item with
one vote has the mean variance of the others. BinoVotes takes E[v] from the means alone: with trials t = levels - 1 and
dispersion phi,

    E[v] = phi n D / (n t - phi),       D = (m - low) (high - m) - Var(means),       m the mean of the means,

which for phi = 1 is n D / (n t - 1).

Source: Pieper and Voran (2026), arXiv 2603.13204. Differs: unequal numbers of votes and phi are ours; `pooling` =
"authors" divides by the mean number of votes as they do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.agreement.noise_ceilings.vote_models import Floats, VoteScale
from psephos.errors import InputError, ModelMismatchError

POOLINGS = ("per-item", "authors")


@dataclass(frozen=True, eq=False)
class ItemVotes:
    """What is known of the votes on each item, shape (n_items,) each.

    Attributes
    ----------
    votes, mean : ndarray of float64
        Votes and their mean.
    variance : ndarray of float64
        Unbiased variance of a vote; NaN where it is unknown.
    """

    votes: Floats
    mean: Floats
    variance: Floats

    def __len__(self) -> int:
        return len(self.votes)

    def take(self, rows: npt.NDArray[np.intp]) -> ItemVotes:
        """The items at `rows`."""
        return ItemVotes(self.votes[rows], self.mean[rows], self.variance[rows])


@dataclass(frozen=True, eq=False)
class Moments:
    """What a bound is made of, shape (replicates,) each.

    Attributes
    ----------
    mean, mean_variance : ndarray of float64
        Mean and variance (over items, unbiased) of the mean votes.
    vote_variance : ndarray of float64
        E[v]; NaN where it is unknown.
    noise : ndarray of float64
        E[v / n], the lowest mean squared error.
    votes : ndarray of float64
        Votes per item: their harmonic mean, or the mean as the authors pool.
    """

    mean: Floats
    mean_variance: Floats
    vote_variance: Floats
    noise: Floats
    votes: Floats

    def bounds(self) -> Floats:
        """Lowest RMSE and highest PCC, shape (replicates, 2); a PCC of 0 where no difference in quality shows."""
        quality = np.maximum(self.mean_variance - self.noise, 0.0)
        seen = (self.mean_variance > 0) & (quality > 0)
        ratio = np.divide(quality, self.mean_variance, out=np.zeros_like(quality), where=seen)
        ratio[np.isnan(self.noise) | np.isnan(self.mean_variance)] = np.nan
        return np.stack([np.sqrt(self.noise), np.sqrt(ratio)], axis=1)

    def by_model(self, scale: VoteScale, dispersion: float) -> Moments:
        """The same means with the variance of the votes that BinoVotes gives them; NaN where it cannot have."""
        room = scale.room(self.mean) - self.mean_variance
        left = self.votes * scale.trials - dispersion
        told = (room >= 0) & (left > 0)
        variance = np.divide(dispersion * self.votes * room, left, out=np.full_like(room, np.nan), where=told)
        return Moments(self.mean, self.mean_variance, variance, variance / self.votes, self.votes)


def moments_of(items: ItemVotes, pooling: str) -> Callable[[Floats], Moments]:
    """Moments as a function of the weights of the items.

    Parameters
    ----------
    items : ItemVotes
        Number, mean and variance of the votes on each item.
    pooling : str
        One of `POOLINGS`: ``"authors"`` divides the mean variance by the mean number of votes, else each item has its
        own v / n.

    Returns
    -------
    callable
        From weights, shape (replicates, n_items), whole numbers for resamples, to `Moments`. One product of matrices:
        no pass over the votes.
    """
    known = ~np.isnan(items.variance)
    variance = np.where(known, items.variance, 0.0)
    centre = float(items.mean.mean()) if len(items) else 0.0
    mean = items.mean - centre
    columns = np.stack(
        [
            np.ones(len(items)),
            mean,
            mean * mean,
            1 / items.votes,
            items.votes,
            known,
            variance,
            variance / items.votes,
            ~known / items.votes,
        ],
        axis=1,
    )

    def moments(weights: Floats) -> Moments:
        n, s, ss, inverse, votes, with_variance, v, noise, unknown = (weights @ columns).T
        spread = np.divide(ss - s * s / n, n - 1, out=np.full_like(n, np.nan), where=n > 1)
        # What rounding leaves of items that are all alike is no spread.
        spread = np.where(spread <= 1e-14 * (ss / n + centre**2), 0.0, spread)
        vote_variance = np.divide(v, with_variance, out=np.full_like(n, np.nan), where=with_variance > 0)
        if pooling == "authors":
            return Moments(s / n + centre, spread, vote_variance, vote_variance * n / votes, votes / n)
        each = np.where(unknown > 0, (noise + np.nan_to_num(vote_variance) * unknown) / n, noise / n)
        each[np.isnan(vote_variance)] = np.nan
        return Moments(s / n + centre, spread, vote_variance, each, n / inverse)

    return moments


def item_votes(item: npt.NDArray[np.int32], value: Floats, n_items: int) -> ItemVotes:
    """Number, mean and variance of the votes on each item, in two passes over the votes and O(items) memory."""
    votes = np.bincount(item, minlength=n_items).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(item, weights=value, minlength=n_items) / votes
        squares = np.bincount(item, weights=(value - mean[item]) ** 2, minlength=n_items)
        variance = squares / (votes - 1)
    variance[votes < 2] = np.nan
    return ItemVotes(votes, mean, variance)


@dataclass(frozen=True, eq=False)
class RaterBias:
    """Votes with the level of each rater taken out.

    Attributes
    ----------
    level : ndarray of float64, shape (n_raters,)
        How much higher than the others each rater votes; the mean over votes is 0.
    items : ItemVotes
        Means adjusted for the levels, and the variance of what is left, corrected for the levels that were fitted.
    residual : float
        Variance of what is left: the residual mean square of items by raters.
    correction : float
        What the variance within an item is multiplied by for the levels that were fitted.
    """

    level: Floats
    items: ItemVotes
    residual: float
    correction: float


_MOST_TURNS, _SETTLED = 1000, 1e-12


def without_rater_bias(
    item: npt.NDArray[np.int32], rater: npt.NDArray[np.int32], value: Floats, n_items: int, n_raters: int
) -> RaterBias | None:
    """Fit item means and rater levels in turn until they settle; None if nothing is left to judge the noise by.

    On a complete table the first turn is exact. The degrees of freedom are votes - items - raters + parts that share
    neither an item nor a rater, because in each such part one level is free.
    """
    per_item = np.bincount(item, minlength=n_items)
    per_rater = np.bincount(rater, minlength=n_raters)
    present = int((per_item > 0).sum()), int((per_rater > 0).sum())
    parts = 1 if len(item) >= present[0] * present[1] else _parts(item, rater, n_items, n_raters, sum(present))
    free = len(item) - sum(present) + parts
    pairs = len(item) - present[0]
    if free <= 0 or present[1] < 2:
        return None
    level = np.zeros(n_raters)
    span = float(np.ptp(value)) or 1.0
    for _ in range(_MOST_TURNS):
        mean = np.bincount(item, weights=value - level[rater], minlength=n_items) / np.maximum(per_item, 1)
        new = np.bincount(rater, weights=value - mean[item], minlength=n_raters) / np.maximum(per_rater, 1)
        new -= np.average(new, weights=per_rater)
        moved = float(np.abs(new - level).max())
        level = new
        if moved <= _SETTLED * span:
            break
    left = item_votes(item, value - level[rater], n_items)
    correction = pairs / free
    variance = left.variance * correction
    squares = float(np.nansum(left.variance * (left.votes - 1)))
    return RaterBias(level, ItemVotes(left.votes, left.mean, variance), squares / free, correction)


def _parts(item: npt.NDArray[np.int32], rater: npt.NDArray[np.int32], n_items: int, n_raters: int, present: int) -> int:
    """Parts of the votes that share neither an item nor a rater."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = n_items + n_raters
    links = coo_array((np.ones(len(item), np.int8), (item, n_items + rater)), shape=(size, size))
    return int(connected_components(links, directed=False)[0]) - (size - present)


def check_model(moments: Moments, scale: VoteScale, dispersion: float, argument: str) -> None:
    """Refuse one set of moments that BinoVotes cannot have given.

    Raises
    ------
    ModelMismatchError
        If the means vary more than votes on this scale can.
    InputError
        If a single binary vote is all there is.
    """
    votes, mean, spread = float(moments.votes[0]), float(moments.mean[0]), float(moments.mean_variance[0])
    if votes * scale.trials <= dispersion:
        raise InputError(
            argument,
            "one binary vote carries no variance information"
            if votes <= 1
            else f"{votes:g} votes on {scale} carry no variance information at a dispersion of {dispersion:g}",
            hint="ask more raters",
        )
    if float(scale.room(mean)) < spread:
        raise ModelMismatchError(
            argument,
            f"mean votes of mean {mean:.6g} cannot have the variance {spread:.6g} on a scale of {scale}: "
            f"at most {max(float(scale.room(mean)), 0.0):.6g}",
            hint="check the scale",
        )
