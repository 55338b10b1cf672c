r"""How well could anyone predict a mean in which steady raters count more?

Rater r votes on item i with a level and a variance of its own,

    x_ir = q_i + b_r + e_ir,        Var(e_ir) = s_r^2,

and the mean with the least noise weighs each rater by w_r = 1 / s_r^2,

    m_i = sum_r w_r (x_ir - b_r) / W_i,        Var(m_i | q_i) = 1 / W_i,        W_i = sum_r w_r,

so that PCC(f, m) <= sqrt(1 - mean(1 / W_i) / Var(m)). The s_r^2 are those of the largest likelihood once the q_i are
integrated out (EM): in each round

    s_r^2 = [sum_i (x_ir - b_r - m_i)^2 n_r / (n_r - 1) + sum_i 1 / W_i + prior s^2] / (n_r + prior),

n_r the votes of the rater and s^2 the mean variance, of which each rater is lent a few votes: one that happens to lie
next to the mean on its few items would else get all the weight. Where all raters are alike this is the bound without
rater bias, the square root of ICC(3,k).

Source: ours; the model is that of Li and Bampis (2017), "Recover subjective quality scores from noisy measurements",
without their variance per content.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.agreement.noise_ceilings.bounds import ItemVotes, RaterBias
from psephos.agreement.noise_ceilings.vote_models import Floats

PRIOR = 2.0
"""Votes of the mean variance that each rater is lent."""

FEWEST_RATERS = 3
"""What two raters differ by does not tell which of them is the steady one."""

_MOST_ROUNDS, _SETTLED = 1000, 1e-10


@dataclass(frozen=True, eq=False)
class SteadyRaters:
    """Votes as a model of raters that differ in level and steadiness reads them.

    Attributes
    ----------
    items : ItemVotes
        Weighted means, and votes times the variance of each: what `moments_of` divides by the votes again.
    level, deviation : ndarray of float64, shape (n_raters,)
        How much higher each rater votes, and by how much its votes scatter; NaN for one without a vote.
    """

    items: ItemVotes
    level: Floats
    deviation: Floats

    @property
    def error(self) -> Floats:
        """Standard error of each weighted mean, shape (n_items,)."""
        return np.sqrt(self.items.variance / self.items.votes)


def steady_raters(
    item: npt.NDArray[np.int32],
    rater: npt.NDArray[np.int32],
    value: Floats,
    n_items: int,
    bias: RaterBias | None,
    prior: float = PRIOR,
) -> SteadyRaters | None:
    """Fit level and variance of each rater; see the module.

    Parameters
    ----------
    item, rater : ndarray of int32, shape (n_votes,)
        Item and rater of each vote.
    value : ndarray of float64, shape (n_votes,)
        The votes.
    n_items : int
        Items.
    bias : RaterBias or None
        Levels of the raters and the variance that these leave: where the rounds start.
    prior : float
        Votes of the mean variance that each rater is lent.

    Returns
    -------
    SteadyRaters or None
        None with fewer than `FEWEST_RATERS` raters, without levels, or if the levels explain every vote.
    """
    if bias is None or bias.residual <= 0 or np.count_nonzero(np.bincount(rater)) < FEWEST_RATERS:
        return None
    n_raters = len(bias.level)
    votes, per_item = np.bincount(rater, minlength=n_raters), np.bincount(item, minlength=n_items)
    present = votes > 0
    level, variance = bias.level.copy(), np.full(n_raters, bias.residual)
    freed = votes / np.maximum(votes - 1, 1)

    def by_rater(values: Floats) -> Floats:
        return np.bincount(rater, weights=values, minlength=n_raters).astype(np.float64)

    for _ in range(_MOST_ROUNDS):
        weight = (1 / variance)[rater]
        whole = np.bincount(item, weights=weight, minlength=n_items)
        mean = np.bincount(item, weights=weight * (value - level[rater]), minlength=n_items) / whole
        level = by_rater(value - mean[item]) / np.maximum(votes, 1)
        level -= np.average(level, weights=votes)
        squares = by_rater((value - level[rater] - mean[item]) ** 2) * freed + by_rater((1 / whole)[item])
        pooled = squares[present].sum() / votes.sum()
        new = np.where(present, (squares + prior * pooled) / (np.maximum(votes, 1) + prior), pooled)
        moved = float(np.abs(np.log(new / variance)).max())
        variance = new
        if moved <= _SETTLED:
            break
    weight = (1 / variance)[rater]
    whole = np.bincount(item, weights=weight, minlength=n_items)
    mean = np.bincount(item, weights=weight * (value - level[rater]), minlength=n_items) / whole
    found = ItemVotes(per_item.astype(np.float64), mean, per_item / whole)
    unknown = np.where(present, 1.0, np.nan)
    return SteadyRaters(found, level * unknown, np.sqrt(variance) * unknown)
