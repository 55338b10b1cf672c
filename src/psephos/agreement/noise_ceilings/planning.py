"""How many votes are worth asking for, and on which items?

With the variance of a vote E[v] and of the true qualities Var(q), n votes an item put the ceiling at

    rho(n) = sqrt( Var(q) / (Var(q) + E[v] / n) ),

so a ceiling of rho takes n >= E[v] rho^2 / (Var(q) (1 - rho^2)) of them.

One more vote on item i takes v_i / n_i - v_i / (n_i + 1) off the variance of its mean. Where only the side of a
threshold matters, what counts is the probability that the mean is on the wrong side of it,
Phi(-|mean - threshold| / standard error).

Source: ours, from the bounds of Pieper and Voran (2026), arXiv 2603.13204. The variance of an item with few votes is
itself noisy, so one vote with the mean variance of all items is added to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy import special

from psephos.agreement.noise_ceilings.result import Bound, NoiseCeiling
from psephos.errors import InputError, check_count, check_number

PLANNED = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
STEP = 0.01


def votes_needed(ceiling: NoiseCeiling, target: float) -> int:
    """Fewest votes an item with which the highest possible correlation reaches a target.

    Parameters
    ----------
    ceiling : NoiseCeiling
        Of a test with such items and raters.
    target : float
        The PCC bound to reach, between 0 and 1.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    InputError
        If the votes show no differences in quality, so that no number of votes will do.

    Examples
    --------
    >>> from psephos.agreement import ceiling_of_moments
    >>> votes_needed(ceiling_of_moments(votes=10, quality_variance=0.6, vote_variance=0.9), 0.95)
    14
    """
    rho = check_number("target", target, low=0, high=1, open_ends=True)
    return max(1, math.ceil(_votes_for(_differing(ceiling), rho) * (1 - 1e-12)))


def vote_plan(ceiling: NoiseCeiling, votes: Sequence[int] = PLANNED) -> pl.DataFrame:
    """The ceiling that other numbers of votes would give, and what the next hundredth of correlation costs.

    Parameters
    ----------
    ceiling : NoiseCeiling
        Of a test with such items and raters.
    votes : sequence of int
        Votes per item.

    Returns
    -------
    polars.DataFrame
        votes, pcc_bound, rmse_bound, repeat_pcc, next_hundredth: further votes an item that raise the PCC bound by .01,
        null where no number of votes does.

    Raises
    ------
    InputError
        If the votes show no differences in quality, or a number of votes is below 1.

    Examples
    --------
    >>> from psephos.agreement import ceiling_of_moments
    >>> ceiling = ceiling_of_moments(votes=10, quality_variance=0.6, vote_variance=0.9)
    >>> vote_plan(ceiling, [5, 10, 20]).select("votes", "next_hundredth").rows()
    [(5, 1), (10, 2), (20, 9)]
    """
    bound = _differing(ceiling)
    rows = []
    for number in votes:
        n = check_count("votes", number)
        square = bound.quality_variance / (bound.quality_variance + bound.vote_variance / n)
        rho = math.sqrt(square)
        more = math.ceil(_votes_for(bound, rho + STEP) - n - 1e-9) if rho + STEP < 1 else None
        rows.append((n, rho, math.sqrt(bound.vote_variance / n), square, more))
    schema = {"votes": pl.Int64} | dict.fromkeys(("pcc_bound", "rmse_bound", "repeat_pcc"), pl.Float64)
    return pl.DataFrame(rows, schema=schema | {"next_hundredth": pl.Int64}, orient="row")


def where_to_vote(ceiling: NoiseCeiling, *, threshold: float | None = None, limit: int | None = None) -> pl.DataFrame:
    """Items on which one more vote helps most, the first first.

    Parameters
    ----------
    ceiling : NoiseCeiling
        With items.
    threshold : float, optional
        A mean vote at which something is decided; without it, what counts is the error of the means.
    limit : int, optional
        How many items; all if not given.

    Returns
    -------
    polars.DataFrame
        item, votes, mean, error (standard error of the mean), wrong_side (probability that the true quality lies on the
        other side of the threshold; null without one), gain: what one more vote is expected to take off `wrong_side`,
        or else off the squared error.

    Raises
    ------
    InputError
        If the ceiling has no items, or no variance of votes.

    Examples
    --------
    >>> from psephos.agreement import ceiling_of
    >>> votes = [[1, 2, 2, 3], [3, 3, 4, 2], [5, 4, 5, 5], [2, 1, 1, 1], [4, 4, 3, 5]]
    >>> where_to_vote(ceiling_of(votes, repeats=0), threshold=3.5, limit=2)["item"].to_list()
    ['1', '4']
    """
    items, average = ceiling.items, ceiling.bound.vote_variance
    if items.is_empty():
        raise InputError("ceiling", "has no items", hint="ceiling_of and ceiling_of_means keep them")
    number = items["votes"].to_numpy()
    known = items["variance"].fill_null(0.0).to_numpy()
    variance = (np.where(items["variance"].is_null(), 0.0, number - 1) * known + average) / np.where(
        items["variance"].is_null(), 1.0, number
    )
    error, later = (np.sqrt(variance / n) for n in (number, number + 1))
    wrong: list[float] | None = None
    gain = error**2 - later**2
    if threshold is not None:
        distance = np.abs(items["mean"].to_numpy() - check_number("threshold", threshold))
        now, then = (
            special.ndtr(-np.divide(distance, e, out=np.full_like(e, np.inf), where=e > 0)) for e in (error, later)
        )
        wrong, gain = now.tolist(), now - then
    table = items.select("item", "votes", "mean").with_columns(
        pl.Series("error", error), pl.Series("wrong_side", wrong or [None] * len(error), dtype=pl.Float64)
    )
    table = table.with_columns(pl.Series("gain", gain)).sort("gain", "item", descending=[True, False])
    return table if limit is None else table.head(check_count("limit", limit, low=0))


def _differing(ceiling: NoiseCeiling) -> Bound:
    bound = ceiling.bound
    if not bound.quality_variance > 0:
        raise InputError(
            "ceiling",
            "shows no differences in quality that more votes could bring out",
            hint="the items differ by no more than the votes err: take other items",
        )
    return bound


def _votes_for(bound: Bound, rho: float) -> float:
    return bound.vote_variance * rho**2 / (bound.quality_variance * (1 - rho**2))
