r"""Where does the Balance score err, and do errors cancel?

hit - confidence is summed by side of 1/2 and by bands of the confidence. The alarm is raised where a band is off by
more than chance and the total is not, or where the ECE without chance is more than twice the total.

Source: sheet 08. Differs: nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.metrics.columns import Floats
from psephos.metrics.conventions import Missing
from psephos.metrics.probability.balance import TOTAL_Z, Balance
from psephos.metrics.probability.calibration_chance import CalibrationTest
from psephos.metrics.probability.forecasts import Forecasts, Ties, check_forecasts

BANDS = 5
"""Bands of confidence of equal width, from a half to 1 (from 0 where there are several classes)."""

BAND_Z = 3.0


def balance_bands(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    ties: Ties = "error",
    missing: Missing = "error",
) -> pl.DataFrame:
    """The Balance score by side and by confidence: where it errs, and whether errors cancel.

    Parameters
    ----------
    prob, y, weights, ties, missing
        As of `balance_score`.

    Returns
    -------
    polars.DataFrame
        kind ("side" or "band"), name, low, high (of the probability, or of the confidence), items, part (what it adds
        to the total), balance, null_error, z. The parts of either kind add up to the Balance score; the sum of their
        sizes lies between it and the ECE. Several classes have no sides.

    Raises
    ------
    InputError
        As of `balance_score`.

    Examples
    --------
    >>> balance_bands([0.9, 0.2], [1, 1]).filter(kind="side").select("name", "balance").rows()
    [('below 1/2', -0.8), ('1/2 and above', 0.09999999999999998)]
    """
    return bands_of(check_forecasts(prob, y, weights, ties=ties, missing=missing))


def bands_of(forecasts: Forecasts) -> pl.DataFrame:
    """The Balance score by side and band of checked forecasts; see `balance_bands`."""
    c, w, f = forecasts.confidence, forecasts.weights, forecasts.scores
    start = 0.5 if forecasts.binary else 0.0
    band = np.clip(np.floor((c - start) * (BANDS / (1 - start))), 0, BANDS - 1).astype(np.int64)
    edges = np.linspace(start, 1, BANDS + 1)
    names = [f"{low:.1f} to {high:.1f}" for low, high in itertools.pairwise(edges)]
    parts = [_by(band, w, f, c, "band", names, edges[:-1], edges[1:])]
    if forecasts.binary:
        upper = (forecasts.prob >= 0.5).astype(np.int64)
        side = _by(upper, w, f, c, "side", ["below 1/2", "1/2 and above"], np.array([0, 0.5]), np.array([0.5, 1]))
        parts.insert(0, side)
    return pl.concat(parts)


def cancelling(total: Balance, bands: pl.DataFrame, test: CalibrationTest) -> list[str]:
    """Why errors of opposite sign are taken to cancel, in words; nothing if they are not."""
    reasons = []
    off = bands.filter(pl.col("z").abs() > BAND_Z)
    if off.height and abs(total.z) < TOTAL_Z:
        said = (f"{name} {balance:+.3f}" for name, balance in off.select("name", "balance").iter_rows())
        reasons.append(f"the total hides {', '.join(said)}")
    if test.debiased > 2 * abs(total.value) and test.error > test.limit:
        reasons.append(f"the ECE without chance is {test.debiased:.3f}, Balance only {total.value:+.3f}")
    return reasons


def _by(
    code: npt.NDArray[np.int64],
    w: Floats,
    f: Floats,
    c: Floats,
    kind: str,
    names: Sequence[str],
    low: Floats,
    high: Floats,
) -> pl.DataFrame:
    count = len(names)
    items = np.bincount(code, minlength=count)
    size, added, spread = (np.bincount(code, weights=part, minlength=count) for part in (w, w * f, w**2 * c * (1 - c)))
    some = size > 0
    value, null = added[some] / size[some], np.sqrt(spread[some]) / size[some]
    table = {
        "kind": [kind] * int(some.sum()),
        "name": [name for name, there in zip(names, some, strict=True) if there],
        "low": low[some],
        "high": high[some],
        "items": items[some],
        "part": added[some] / w.sum(),
        "balance": value,
        "null_error": null,
        "z": np.divide(value, null, out=np.full(len(value), np.nan), where=null > 0),
    }
    return pl.DataFrame(table).cast({"low": pl.Float64, "high": pl.Float64})
