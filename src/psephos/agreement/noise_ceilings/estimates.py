"""How near do estimates come to the ceiling, does one lie above it, and which of two is nearer?

For each estimate f of the mean votes m: PCC(f, m), its share of the bound (not cut at 1; it is the PCC with the true
quality, the correlation corrected for attenuation), RMSE, and

    z = (artanh PCC - artanh bound) sqrt(items - 3),

one-sided: above 2.58 the estimate fits noise that it cannot know. Even the perfect estimate lies above the estimated
bound on half of all tests, so the bare comparison says nothing. Without an effect z has a standard deviation of .83 to
.85, as the bound moves with the data; the flag errs on the quiet side.

Source: Pieper and Voran (2026), arXiv 2603.13204; corrected: the flag is one-sided. Differs: the intervals and the
comparison of two estimates (`psephos.statistics.correlation_difference`) are ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.agreement.noise_ceilings.vote_models import Floats
from psephos.errors import InputError, check_floats
from psephos.opinions.model import Opinions
from psephos.opinions.wording import plural
from psephos.statistics import Interval, adjust, correlation_difference

ABOVE = 2.58
FEWEST = 3
PERFECT = 1 - 1e-12
"""From here on a correlation is 1 but for rounding."""

Given = Opinions | Mapping[str, npt.ArrayLike] | npt.ArrayLike
"""Estimates: one value per item, several such by name, or opinions of kind scores or results."""


@dataclass(frozen=True, eq=False)
class Estimates:
    """What estimators say of the items.

    Attributes
    ----------
    names : list of str
        Of the estimators.
    values : ndarray of float64, shape (n_items, n_estimators)
        NaN where an estimator says nothing.
    notes : tuple of str
        What does not match.
    """

    names: list[str]
    values: Floats
    notes: tuple[str, ...] = ()

    def take(self, rows: npt.NDArray[np.intp]) -> Estimates:
        """The items at `rows`."""
        return Estimates(self.names, self.values[rows], self.notes)


def estimates_of(given: Given | None, items: pl.Series) -> Estimates:
    """Estimates in the order of the items.

    Raises
    ------
    InputError
        If there are not as many values as items, no item is known, or an estimator has two values for one.
    """
    if given is None:
        return Estimates([], np.empty((len(items), 0)))
    if isinstance(given, Opinions):
        return _from_opinions(given, items)
    named = given if isinstance(given, Mapping) else {"estimate": given}
    columns = [check_floats("estimates", values, missing=True) for values in named.values()]
    for name, values in zip(named, columns, strict=True):
        if len(values) != len(items):
            problem = f"{name!r:.60} must have one value for each of {len(items):,} items, got {len(values):,}"
            raise InputError("estimates", problem)
    return Estimates(list(map(str, named)), np.stack(columns, axis=1) if columns else np.empty((len(items), 0)))


def _from_opinions(given: Opinions, items: pl.Series) -> Estimates:
    by = {"scores": "voter", "results": "candidate"}.get(given.kind)
    if by is None:
        raise InputError("estimates", f"must be scores or results, not {given.kind}")
    names = given.vocabulary(by).to_list()
    place = pl.DataFrame({"item": items}).with_row_index("place")
    known = pl.DataFrame({"item": given.vocabulary("item")}).join(place, on="item", how="left", maintain_order="left")
    at = known["place"].fill_null(-1).cast(pl.Int64).to_numpy()
    row, column = at[given.codes("item")], given.codes(by).astype(np.int64)
    said = (row >= 0) & ~np.isnan(given.numbers["score"])
    if not said.any():
        hint = f"items of the votes are called {', '.join(map(repr, items.head(3)))}"
        raise InputError("estimates", "name none of the items that were voted on", hint=hint)
    cell = row[said] * len(names) + column[said]
    ordered = np.sort(cell)
    if (ordered[1:] == ordered[:-1]).any():
        twice = int(ordered[1:][ordered[1:] == ordered[:-1]][0])
        where = f"item {items[twice // len(names)]!r:.60}, {by} {names[twice % len(names)]!r:.60}"
        raise InputError("estimates", "give several scores where one is needed", where=where)
    values = np.full(len(items) * len(names), np.nan)
    values[cell] = given.numbers["score"][said]
    strange = int((at < 0).sum())
    notes = (f"{plural(strange, 'item has', 'items have')} estimates but no votes",) if strange else ()
    return Estimates(names, values.reshape(len(items), -1), notes)


def fit_of(estimates: Estimates, means: Floats) -> Callable[[Floats], tuple[Floats, Floats]]:
    """PCC and RMSE of each estimate as functions of the weights of the items, shape (replicates, n_estimators)."""
    there = ~np.isnan(estimates.values)
    m = (means - means.mean())[:, None] * there
    f = np.where(there, estimates.values - _column_means(estimates.values, there), 0.0)
    apart = np.where(there, estimates.values - means[:, None], 0.0) ** 2
    columns = np.concatenate([there, m, f, m * m, f * f, m * f, apart], axis=1)
    count = len(estimates.names)

    def fit(weights: Floats) -> tuple[Floats, Floats]:
        sums = (weights @ columns).reshape(len(weights), 7, count)
        n, sm, sf, smm, sff, smf, squares = sums.transpose(1, 0, 2)
        with np.errstate(invalid="ignore", divide="ignore"):
            of_m, of_f, of_both = smm - sm * sm / n, sff - sf * sf / n, smf - sm * sf / n
            varied = (of_m > 1e-13 * smm) & (of_f > 1e-13 * sff) & (n >= FEWEST)
            pcc = np.where(varied, np.clip(of_both / np.sqrt(of_m * of_f), -1, 1), np.nan)
            return pcc, np.sqrt(squares / n)

    return fit


def _column_means(values: Floats, there: npt.NDArray[np.bool_]) -> Floats:
    sums = np.where(there, values, 0.0).sum(axis=0)
    return np.asarray(sums / np.maximum(there.sum(axis=0), 1))


def reported(
    estimates: Estimates, pcc: list[Interval], share: list[Interval], rmse: list[Interval], bound: tuple[float, float]
) -> pl.DataFrame:
    """One row per estimator, the one that fits best first.

    Parameters
    ----------
    estimates : Estimates
        Names and values, shape (n_items, n_estimators), NaN where there is none.
    pcc, share, rmse : list of Interval, one per estimator
        Correlation with the mean votes, its share of the ceiling, and root mean squared error.
    bound : tuple of float
        Lowest RMSE and highest PCC that any estimate can have.

    Returns
    -------
    polars.DataFrame
        estimate, items, the three with their ends, rmse_ratio (to the lowest), z (Fisher's, of the distance to the
        ceiling), above_bound, finding (in words); null where unknown.
    """
    rmse_bound, pcc_bound = bound
    rows: list[dict[str, Any]] = []
    for place, name in enumerate(estimates.names):
        items = int((~np.isnan(estimates.values[:, place])).sum())
        value, of_bound, error = pcc[place], share[place], rmse[place]
        z = _z(value.value, pcc_bound, items)
        rows.append(
            {
                "estimate": name,
                "items": items,
                "pcc": value.value,
                "pcc_low": value.low,
                "pcc_high": value.high,
                "share_of_ceiling": of_bound.value,
                "share_low": of_bound.low,
                "share_high": of_bound.high,
                "rmse": error.value,
                "rmse_low": error.low,
                "rmse_high": error.high,
                "rmse_ratio": error.value / rmse_bound if rmse_bound > 0 else math.nan,
                "z": z,
                "above_bound": None if math.isnan(z) else z > ABOVE,
                "finding": _finding(value.value, of_bound, z, items, pcc_bound),
            }
        )
    numbers = ("pcc", "pcc_low", "pcc_high", "share_of_ceiling", "share_low", "share_high", "rmse", "rmse_low")
    schema = {"estimate": pl.String, "items": pl.Int64, **dict.fromkeys(numbers, pl.Float64)}
    schema |= dict.fromkeys(("rmse_high", "rmse_ratio", "z"), pl.Float64)
    schema |= {"above_bound": pl.Boolean, "finding": pl.String}
    table = pl.DataFrame(rows, schema=schema).with_columns(pl.selectors.float().fill_nan(None))
    return table.sort("pcc", "estimate", descending=[True, False], nulls_last=True)


def _z(pcc: float, bound: float, items: int) -> float:
    if items < FEWEST + 1 or math.isnan(pcc) or math.isnan(bound) or max(abs(pcc), bound) >= PERFECT:
        return math.nan
    return (math.atanh(pcc) - math.atanh(bound)) * math.sqrt(items - 3)


def _finding(pcc: float, share: Interval, z: float, items: int, bound: float) -> str:
    if items < FEWEST:
        return f"fewer than {FEWEST} items have an estimate"
    if math.isnan(pcc):
        return "the estimates, or the mean votes, are all the same"
    if pcc >= PERFECT:
        return "the mean votes themselves, or a line through them"
    if z > ABOVE:
        return "above the ceiling: it fits noise of these votes"
    if bound == 0:
        return "the votes show no differences in quality"
    if math.isnan(share.high):
        return ""
    return "below the ceiling" if share.high < 1 else "no gap to the ceiling can be shown"


def compared(estimates: Estimates, means: Floats, found: pl.DataFrame) -> pl.DataFrame:
    """Williams' test for each pair of estimators on the items that both have, the better one to the left."""
    place = {name: column for column, name in enumerate(estimates.names)}
    better = [name for name, pcc in found.select("estimate", "pcc").iter_rows() if pcc is not None]
    rows = []
    for left, right in combinations(better, 2):
        f, g = estimates.values[:, place[left]], estimates.values[:, place[right]]
        both = ~(np.isnan(f) | np.isnan(g))
        n = int(both.sum())
        columns = np.stack([f[both], g[both], means[both]])
        if n < FEWEST + 1 or (np.ptp(columns, axis=1) == 0).any():
            continue
        of = np.clip(np.corrcoef(columns), -1, 1)
        test = correlation_difference(float(of[0, 2]), float(of[1, 2]), float(of[0, 1]), n)
        rows.append((left, right, n, float(of[0, 2]), float(of[1, 2]), test.value, test.statistic, test.p))
    texts, numbers = ("left", "right"), ("pcc_left", "pcc_right", "difference", "t", "p")
    schema = dict.fromkeys(texts, pl.String) | {"items": pl.Int64} | dict.fromkeys(numbers, pl.Float64)
    table = pl.DataFrame(rows, schema=schema, orient="row")
    adjusted = pl.Series("p_adjusted", adjust(table["p"].to_numpy()) if rows else [], dtype=pl.Float64)
    return table.with_columns(adjusted).with_columns(pl.selectors.float().fill_nan(None))
