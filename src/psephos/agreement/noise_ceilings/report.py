"""From the moments of the votes to bounds with intervals, and to what is said of the estimates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.agreement.noise_ceilings.bounds import Moments
from psephos.agreement.noise_ceilings.estimates import FEWEST, Estimates, compared, fit_of, reported
from psephos.agreement.noise_ceilings.result import Bound
from psephos.agreement.noise_ceilings.vote_models import Floats, VoteScale
from psephos.engine import Rng
from psephos.statistics import Bootstrap, Interval, bootstrap

DISTINCT = 1e12
"""Values that agree to this share of the largest are drawn as one."""

ByItems = Callable[[Floats], Moments]
ByRaters = Callable[[Floats], tuple[Moments, Floats, Floats]]


@dataclass(frozen=True)
class Resampling:
    """How intervals are made; no `repeats`, no intervals."""

    repeats: int
    level: float
    rng: Rng


@dataclass(frozen=True, eq=False)
class Found:
    """Bounds, one per source, with the estimates held against the first."""

    bounds: tuple[Bound, ...]
    estimates: pl.DataFrame
    comparisons: pl.DataFrame


@dataclass(frozen=True, eq=False)
class Case:
    """Items with their mean votes, the estimates of them, and moments by each source as functions of item weights.

    `known` are the columns that the moments are made of, shape (n_items, k).
    """

    means: Floats
    known: Floats
    estimates: Estimates
    sources: Sequence[tuple[str, ByItems]]

    def statistic(self) -> Callable[[Floats], Floats]:
        """Both bounds of each source, then PCC, share of the first bound and RMSE of each estimate."""
        fit = fit_of(self.estimates, self.means)

        def statistic(weights: Floats) -> Floats:
            bounds = [moments(weights).bounds() for _, moments in self.sources]
            return _joined(bounds, *fit(weights))

        return statistic


def found_of(
    case: Case,
    compact: Callable[[npt.NDArray[np.intp]], Case],
    how: Resampling,
    by_raters: tuple[int, Sequence[ByRaters]] | None = None,
) -> Found:
    """Bounds and estimates with intervals.

    `compact` gives the case of some of the items only, so that items alike are drawn as one; `by_raters` are the number
    of raters and the moments of each source by weights of the raters, where raters are to be drawn.
    """
    n_items = len(case.means)
    ones = np.ones((1, n_items))
    value = case.statistic()(ones)[0]
    drawn = None
    if how.repeats and by_raters is not None and by_raters[0] > 1:
        drawn = _draw(_rater_statistic(by_raters[1]), by_raters[0], None, how, "percentile")
    elif how.repeats and by_raters is None and n_items > 1:
        drawn = _drawn_items(case, compact, how)
    low, high = _ends(drawn, value)
    if n_items < FEWEST:
        value[1 : 2 * len(case.sources) : 2] = np.nan

    def interval(column: int) -> Interval:
        return Interval(float(value[column]), float(low[column]), float(high[column]), how.level)

    bounds = tuple(
        bound_of(name, moments(ones), interval(2 * place), interval(2 * place + 1))
        for place, (name, moments) in enumerate(case.sources)
    )
    first, count = 2 * len(case.sources), len(case.estimates.names)
    pcc, share, rmse = ([interval(first + part * count + estimate) for estimate in range(count)] for part in range(3))
    table = reported(case.estimates, pcc, share, rmse, (bounds[0].rmse_bound.value, bounds[0].pcc_bound.value))
    return Found(bounds, table, compared(case.estimates, case.means, table))


def bound_of(name: str, moments: Moments, rmse: Interval, pcc: Interval) -> Bound:
    """One bound, from moments of a single row and from the intervals of both ends.

    Parameters
    ----------
    name : str
        Where the variance of the votes comes from; see `Bound.source`.
    moments : Moments
        With one replicate: all items with weight 1.
    rmse, pcc : Interval
        Lowest error and highest correlation.
    """
    spread, noise = float(moments.mean_variance[0]), float(moments.noise[0])
    variance = float(moments.vote_variance[0])
    votes = variance / noise if noise > 0 else float(moments.votes[0])
    mean = float(moments.mean[0])
    return Bound(name, variance, votes, mean, spread, max(spread - noise, 0.0), rmse, pcc)


def _joined(bounds: Sequence[Floats], pcc: Floats, rmse: Floats) -> Floats:
    ceiling = bounds[0][:, 1:]
    share = np.divide(pcc, ceiling, out=np.full_like(pcc, np.nan), where=np.broadcast_to(ceiling > 0, pcc.shape))
    return np.concatenate([*bounds, pcc, share, rmse], axis=1)


def _rater_statistic(sources: Sequence[ByRaters]) -> Callable[[Floats], Floats]:
    def statistic(weights: Floats) -> Floats:
        (moments, pcc, rmse), *others = [source(weights) for source in sources]
        return _joined([moments.bounds(), *(other[0].bounds() for other in others)], pcc, rmse)

    return statistic


def _drawn_items(case: Case, compact: Callable[[npt.NDArray[np.intp]], Case], how: Resampling) -> Bootstrap:
    """Resampled items; items alike are drawn as one where there are no estimates to tell them apart."""
    if not case.estimates.names:
        size = np.maximum(np.nanmax(np.abs(case.known), axis=0, initial=0.0), 1e-300)
        keys = pl.DataFrame(np.round(case.known / size * DISTINCT), schema=list(map(str, range(case.known.shape[1]))))
        groups = keys.with_row_index("row").group_by(keys.columns).agg(pl.col("row").min(), pl.len()).sort("row")
        if groups.height < 0.9 * len(case.means):
            rows = groups["row"].to_numpy().astype(np.intp)
            return _draw(compact(rows).statistic(), len(rows), groups["len"].cast(pl.Int32).to_numpy(), how, "bca")
    return _draw(case.statistic(), len(case.means), None, how, "bca")


def _draw(
    statistic: Callable[[Floats], Floats], n: int, multiplicity: npt.NDArray[Any] | None, how: Resampling, method: str
) -> Bootstrap:
    return bootstrap(
        statistic,
        n,
        multiplicity=multiplicity,
        repeats=max(2, how.repeats),
        level=how.level,
        method=method,
        rng=how.rng,
    )


def _ends(drawn: Bootstrap | None, value: Floats) -> tuple[Floats, Floats]:
    if drawn is None:
        return np.full_like(value, np.nan), np.full_like(value, np.nan)
    undefined = np.isnan(value)
    return np.where(undefined, np.nan, drawn.low), np.where(undefined, np.nan, drawn.high)


def notes_on(bound: Bound, n_items: int, scale: VoteScale | None, effective: float) -> list[str]:
    """What a reader has to know of the bound that estimates are held against.

    Parameters
    ----------
    bound : Bound
        The first bound.
    n_items : int
        Items with votes; below `FEWEST` there is no bound for the correlation.
    scale : VoteScale or None
        Of the votes.
    effective : float
        Levels of a scale on which BinoVotes would scatter as these votes do; NaN where it is not known.
    """
    notes = []
    if 0 < n_items < FEWEST:
        notes.append(f"no PCC bound with fewer than {FEWEST} items")
    elif bound.quality_variance <= 0:
        notes.append("no detectable quality differences: the mean votes vary no more than their noise")
    if bound.source == "binovotes" and scale is not None and scale.levels > SLIDER:
        known = (
            f"; these votes are as steady as {effective:.3g} levels would make them" if math.isfinite(effective) else ""
        )
        notes.append(
            f"with {scale.levels:g} levels BinoVotes takes votes to be steadier than people are on a slider{known}"
        )
    return notes


SLIDER = 20
"""A scale of more levels is one that nobody answers level by level."""
