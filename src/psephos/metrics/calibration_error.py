r"""How far are probabilities from the shares that come true?

Of the items given a probability of about p, a share of about p should happen. In bins of p,

    ECE = sum_k (n_k / n) |p_k - y_k|,          MCE = max_k |p_k - y_k|,            p_k, y_k the means in bin k.

It depends on the bins and is biased upwards: with few items a bin, chance alone is a distance. What chance makes of
calibrated forecasts with these probabilities is known, y_i ~ Bernoulli(p_i), and

    debiased ECE = ECE - E[ECE | calibrated].

The smooth ECE needs no bins: the residuals y - p are smoothed over p by a Gaussian kernel, reflected at 0 and 1, and

    smECE_s = int_0^1 |mean_i K_s(t, p_i) (y_i - p_i)| dt,          reported at the s with smECE_s = s.

Sources: Naeini, Cooper and Hauskrecht (2015); Blasiok and Nakkiran (2023), arXiv 2309.12236 (smooth); sheet 08.
Differs: every convention has a name and which probability is meant has none by default; the kernel is the heat kernel
of [0, 1] without flux, applied by a cosine transform, which is the reflected Gaussian exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import fft, optimize

from psephos.engine import Rng, generator
from psephos.errors import InputError, check_choice, check_count, check_floats
from psephos.metrics.conventions import Missing
from psephos.metrics.forecasts import Floats, Forecasts, Ties, check_forecasts
from psephos.statistics import wilson_interval

Strategy = Literal["width", "quantile"]
Of = Literal["event", "confidence"]
Norm = Literal["l1", "l2", "max"]

SIMULATED = 10_000
"""Items up to which the calibrated world is simulated; beyond, sums in bins are as good as normal."""

GRID = 4096
"""Places at which residuals are smoothed."""


@dataclass(frozen=True, eq=False)
class Bins:
    """Bins of values: their edges, and the bin of each value."""

    edges: Floats
    place: npt.NDArray[np.int64]

    def sums(self, weights: Floats, *values: Floats) -> tuple[Floats, ...]:
        """Sums per bin of the weights, and of each of the values times the weights."""
        count = len(self.edges) - 1
        parts = [weights, *(weights * value for value in values)]
        return tuple(np.bincount(self.place, weights=part, minlength=count).astype(np.float64) for part in parts)


def bins_of(
    values: Floats,
    bins: int | npt.ArrayLike,
    strategy: Strategy,
    right_closed: bool,
) -> Bins:
    """Put values between 0 and 1 into bins.

    Examples
    --------
    >>> bins_of(np.array([0.0, 0.5, 1.0]), 2, "width", False).place
    array([0, 1, 1])
    """
    check_choice("strategy", strategy, get_args(Strategy))
    if np.ndim(bins) == 0:
        count = check_count("bins", bins)  # type: ignore[arg-type]
        if strategy == "width":
            # The product in float64 and no tolerance: the convention that others can repeat.
            scaled = values * count
            low = np.maximum(np.ceil(scaled) - 1, 0) if right_closed else np.minimum(np.floor(scaled), count - 1)
            return Bins(np.linspace(0, 1, count + 1), low.astype(np.int64))
        edges = np.unique(np.quantile(values, np.linspace(0, 1, count + 1)))
        edges = np.array([edges[0], edges[0]]) if len(edges) == 1 else edges
    else:
        edges = check_floats("bins", bins)
        if len(edges) < 2 or (np.diff(edges) <= 0).any():
            raise InputError("bins", "must be a number of bins, or two rising edges or more")
        outside = (values < edges[0]) | (values > edges[-1])
        if outside.any():
            raise InputError("bins", f"leave out {values[outside][0]:g}", hint="let the edges run from 0 to 1")
    place = np.searchsorted(edges, values, side="left" if right_closed else "right") - 1
    return Bins(edges, np.clip(place, 0, len(edges) - 2).astype(np.int64))


def reliability_table(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    bins: int | npt.ArrayLike = 10,
    strategy: Strategy = "width",
    right_closed: bool = False,
    of: Of = "event",
    weights: npt.ArrayLike | None = None,
    ties: Ties = "error",
    missing: Missing = "error",
) -> pl.DataFrame:
    """What was said and what came true, by bins of what was said.

    Parameters
    ----------
    prob : array_like of float, shape (n,) or (n, n_classes)
        Probability of the event, or of each class (``of="confidence"`` only).
    y : array_like, shape (n,)
        0 or 1, or the code of the class.
    bins : int or array_like of float, default 10
        How many bins, or their edges.
    strategy : {"width", "quantile"}, default "width"
        Bins of equal width over [0, 1], or of about equally many items.
    right_closed : bool, default False
        Whether a value on an edge belongs to the bin below it. Both ends always belong to a bin.
    of : {"event", "confidence"}, default "event"
        Whether the probability is that of the event, or that of the side that is taken, held against being right.
    weights, ties, missing
        As of `brier_score`.

    Returns
    -------
    polars.DataFrame
        low, high, items, weight, said (mean probability), happened (share), happened_low, happened_high (95 % Wilson
        interval; of weighted items, of as many items as the weights are worth). Bins without items are left out.

    Raises
    ------
    InputError
        As of `brier_score`; if there is no bin, or edges do not rise or leave out a value.

    See Also
    --------
    expected_calibration_error : its mean distance.

    Examples
    --------
    >>> reliability_table([0.2, 0.3, 0.9], [0, 1, 1], bins=2).select("items", "said", "happened").rows()
    [(2, 0.25, 0.5), (1, 0.9, 1.0)]
    """
    forecasts = check_forecasts(prob, y, weights, ties=ties, missing=missing)
    said, happened = sides(forecasts, of)
    made = bins_of(said, bins, strategy, right_closed)
    return _table(made, said, happened, forecasts.weights)


def expected_calibration_error(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    of: Of,
    norm: Norm = "l1",
    bins: int | npt.ArrayLike = 10,
    strategy: Strategy = "width",
    right_closed: bool = False,
    weights: npt.ArrayLike | None = None,
    ties: Ties = "error",
    missing: Missing = "error",
) -> float:
    """Distance of probabilities from the shares that come true, over bins (ECE; ``norm="max"`` is the MCE).

    Parameters
    ----------
    prob, y
        As of `reliability_table`.
    of : {"event", "confidence"}
        Which probability is meant, see `reliability_table`. It has no default: both are called ECE.
    norm : {"l1", "l2", "max"}, default "l1"
        Mean distance, root of the mean squared distance, or largest distance over bins.
    bins, strategy, right_closed, weights, ties, missing
        As of `reliability_table`.

    Returns
    -------
    float

    Raises
    ------
    InputError
        As of `reliability_table`.

    See Also
    --------
    calibration_test : how much of it is chance.
    smooth_calibration_error : without bins.
    balance_score : without bins, and with a sign.

    Examples
    --------
    >>> round(expected_calibration_error([0.2, 0.3, 0.9], [0, 1, 1], of="event", bins=2), 6)
    0.2
    """
    check_choice("norm", norm, get_args(Norm))
    forecasts = check_forecasts(prob, y, weights, ties=ties, missing=missing)
    said, happened = sides(forecasts, of)
    made = bins_of(said, bins, strategy, right_closed)
    return distance(made.sums(forecasts.weights, said, happened), norm)


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


def smooth_calibration_error(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    of: Of,
    weights: npt.ArrayLike | None = None,
    ties: Ties = "error",
    missing: Missing = "error",
) -> float:
    """Calibration error of residuals smoothed at their own scale (smECE); no bins.

    Parameters
    ----------
    prob, y, of, weights, ties, missing
        As of `expected_calibration_error`.

    Returns
    -------
    float
        The scale s with smECE_s = s.

    Raises
    ------
    InputError
        As of `expected_calibration_error`.

    Examples
    --------
    >>> round(smooth_calibration_error([0.3] * 10, [1] * 8 + [0] * 2, of="event"), 3)
    0.5
    """
    forecasts = check_forecasts(prob, y, weights, ties=ties, missing=missing)
    said, happened = sides(forecasts, of)
    at = np.clip(said * GRID - 0.5, 0, GRID - 1)
    low = np.minimum(at.astype(np.int64), GRID - 2)
    above = at - low
    residual = forecasts.weights * (happened - said) / forecasts.weights.sum()
    binned = np.bincount(low, weights=residual * (1 - above), minlength=GRID)
    binned += np.bincount(low + 1, weights=residual * above, minlength=GRID)
    waves = fft.dct(binned, type=2)
    decay = -0.5 * (math.pi * np.arange(GRID)) ** 2

    def excess(scale: float) -> float:
        return float(np.abs(fft.idct(waves * np.exp(decay * scale**2), type=2)).sum()) - scale

    if excess(1e-9) <= 1e-9:
        return 0.0
    return float(optimize.brentq(excess, 1e-9, 2.0, xtol=1e-10))


def sides(forecasts: Forecasts, of: str) -> tuple[Floats, Floats]:
    """What was said and what happened: of the event, or of the side that was taken."""
    if check_choice("of", of, get_args(Of)) == "confidence":
        return forecasts.confidence, forecasts.hit
    if not forecasts.binary:
        raise InputError("of", "must be 'confidence' for several classes, got 'event'")
    return forecasts.prob, forecasts.y


def distance(sums: tuple[Floats, ...], norm: Norm = "l1") -> float:
    """The distance over bins from sums of the weights, of what was said and of what happened."""
    size, said, happened = sums
    some = size > 0
    gaps = np.abs(said[some] - happened[some])
    if norm == "l1":
        return float(gaps.sum() / size.sum())
    if norm == "max":
        return float((gaps / size[some]).max())
    return float(np.sqrt((gaps**2 / size[some]).sum() / size.sum()))


def _table(made: Bins, said: Floats, happened: Floats, weights: Floats) -> pl.DataFrame:
    items = np.bincount(made.place, minlength=len(made.edges) - 1)
    size, spoken, true = made.sums(weights, said, happened)
    squares = made.sums(weights**2)[0]
    some = size > 0
    share = np.clip(true[some] / size[some], 0, 1)
    worth = size[some] ** 2 / squares[some]  # items of equal weight that tell as much
    low, high = wilson_interval(np.minimum(share * worth, worth), worth)
    return pl.DataFrame(
        {
            "low": made.edges[:-1][some],
            "high": made.edges[1:][some],
            "items": items[some],
            "weight": size[some],
            "said": spoken[some] / size[some],
            "happened": share,
            "happened_low": low,
            "happened_high": high,
        }
    )


def _calibrated(made: Bins, said: Floats, weights: Floats, repeats: int, rng: np.random.Generator) -> Floats:
    """The ECE of calibrated worlds, a world after the other from one stream."""
    found = np.empty(repeats)
    count, total, expected = len(made.edges) - 1, weights.sum(), weights * said
    for world in range(repeats):
        gaps = np.bincount(made.place, weights=weights * (rng.random(len(said)) < said) - expected, minlength=count)
        found[world] = np.abs(gaps).sum() / total
    return found
