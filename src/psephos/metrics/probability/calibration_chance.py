r"""How much of a calibration error is chance?

What chance makes of calibrated forecasts with these probabilities is known, y_i ~ Bernoulli(p_i), and

    debiased ECE = ECE - E[ECE | calibrated].

Of few items the calibrated world is drawn; of many the sums of residuals in bins are normal, and the ECE is a mean of
sizes of normals.

Source: sheet 08. Differs: nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.engine import Rng, generator
from psephos.errors import check_count
from psephos.metrics.columns import Floats
from psephos.metrics.conventions import Missing
from psephos.metrics.probability.bins import Bins, Of, Strategy, bins_of, sides
from psephos.metrics.probability.calibration_error import distance
from psephos.metrics.probability.forecasts import Ties, check_forecasts

SIMULATED = 10_000
"""Items up to which the calibrated world is simulated; beyond, sums in bins are as good as normal."""


@dataclass(frozen=True)
class CalibrationTest:
    """An ECE held against what chance makes of calibrated forecasts.

    Attributes
    ----------
    error : float
        The ECE.
    expected : float
        Its mean if the forecasts were calibrated.
    limit : float
        Its 99 % quantile if the forecasts were calibrated.
    debiased : float
        error - expected; below 0 where the forecasts are closer than chance.
    p : float
        Share of calibrated worlds with at least this ECE.
    null : str
        "simulated" or "normal": how the calibrated world was found.
    """

    error: float
    expected: float
    limit: float
    debiased: float
    p: float
    null: str

    def __str__(self) -> str:
        return f"ECE {self.error:.4f}, {self.expected:.4f} by chance, debiased {self.debiased:.4f}, p = {self.p:.3g}"


def calibration_test(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    of: Of,
    bins: int | npt.ArrayLike = 10,
    strategy: Strategy = "width",
    right_closed: bool = False,
    weights: npt.ArrayLike | None = None,
    ties: Ties = "error",
    missing: Missing = "error",
    repeats: int = 1000,
    rng: Rng = None,
) -> CalibrationTest:
    """Debiased ECE and a test of calibration.

    Parameters
    ----------
    prob, y, of, bins, strategy, right_closed, weights, ties, missing
        As of `expected_calibration_error`.
    repeats : int, default 1000
        Calibrated worlds that are drawn, of up to 10,000 items; of more the sums in bins are taken as normal.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.

    Returns
    -------
    CalibrationTest
        The ECE less what chance makes, and a p-value.

    Raises
    ------
    InputError
        As of `expected_calibration_error`.

    See Also
    --------
    balance_score : a test that needs no bins.

    Examples
    --------
    >>> p = np.linspace(0.01, 0.99, 400)
    >>> y = np.random.default_rng(0).random(400) < p
    >>> found = calibration_test(p, y, of="event", rng=0)
    >>> bool(found.error > 0.02 and found.p > 0.05)
    True
    """
    count = check_count("repeats", repeats)
    forecasts = check_forecasts(prob, y, weights, ties=ties, missing=missing)
    said, happened = sides(forecasts, of)
    made = bins_of(said, bins, strategy, right_closed)
    error = distance(made.sums(forecasts.weights, said, happened))
    if len(said) > SIMULATED:
        spread = made.sums(forecasts.weights**2, said * (1 - said))[1]
        return test_from_spread(error, spread, float(forecasts.weights.sum()))
    nulls = _calibrated(made, said, forecasts.weights, count, generator(rng))
    expected = float(nulls.mean())
    at_least = int((nulls >= error * (1 - 1e-12)).sum())
    return CalibrationTest(
        error,
        expected,
        float(np.quantile(nulls, 0.99)),
        error - expected,
        (1 + at_least) / (1 + count),
        "simulated",
    )


def test_from_spread(error: float, spread: Floats, total: float) -> CalibrationTest:
    """The same from the variance of the sum of residuals in each bin, as streams have it."""
    expected = float(np.sqrt(2 * spread / math.pi).sum()) / total
    deviation = math.sqrt((1 - 2 / math.pi) * float(spread.sum())) / total
    from scipy.special import ndtr, ndtri

    if deviation == 0:
        p = 1.0 if error <= expected + 1e-12 else 0.0
        return CalibrationTest(error, expected, expected, error - expected, p, "normal")
    limit = expected + float(ndtri(0.99)) * deviation
    return CalibrationTest(
        error, expected, limit, error - expected, float(ndtr((expected - error) / deviation)), "normal"
    )


test_from_spread.__test__ = False  # type: ignore[attr-defined]


def _calibrated(made: Bins, said: Floats, weights: Floats, repeats: int, rng: np.random.Generator) -> Floats:
    """The ECE of calibrated worlds, a world after the other from one stream."""
    found = np.empty(repeats)
    count, total, expected = len(made.edges) - 1, weights.sum(), weights * said
    for world in range(repeats):
        gaps = np.bincount(made.place, weights=weights * (rng.random(len(said)) < said) - expected, minlength=count)
        found[world] = np.abs(gaps).sum() / total
    return found
