"""How good are more forecasts than fit into memory?

All measures but the smooth ECE are sums over items. Chunks of rows become sums, sums add up, in any order and from any
worker: counts exactly, the rest to rounding.

    sums = sum((forecast_sums(p, y) for p, y in chunks), ForecastSums())

The calibrated world is known from sums too: the residuals of bin b have the variance v_b = sum w^2 p (1 - p), by chance

    E ECE = sum_b sqrt(2 v_b / pi) / sum w,         Var ECE = (1 - 2 / pi) sum_b v_b / (sum w)^2.

Source: sheet 08. Differs: nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_count
from psephos.metrics.columns import Floats
from psephos.metrics.conventions import Missing
from psephos.metrics.probability.balance import Balance, balance_from
from psephos.metrics.probability.bins import bins_of
from psephos.metrics.probability.calibration_chance import CalibrationTest, test_from_spread
from psephos.metrics.probability.calibration_error import distance
from psephos.metrics.probability.forecasts import Ties, check_forecasts
from psephos.metrics.probability.scoring_rules import BrierParts, brier_parts, log_losses, squares

BINS = 10


def _zeros() -> Floats:
    return np.zeros(BINS)


@dataclass(frozen=True, eq=False)
class ForecastSums:
    """Sums over forecasts; add them up with ``+``.

    Attributes
    ----------
    items, used : int
        Items, and those with a weight above 0.
    weight, hits, confidence, brier, log_loss : float
        Sums of the weights, and of these times the weights.
    squares, square_scores, square_weights, null : float
        Sums of w^2 f^2, w^2 f, w^2 and w^2 c (1 - c), f = hit - c.
    bin_weight, bin_prob, bin_y, bin_spread : ndarray of float64, shape (n_bins,)
        Sums of w, w p, w y and w^2 p (1 - p) in bins of p of equal width.
    """

    items: int = 0
    used: int = 0
    weight: float = 0.0
    hits: float = 0.0
    confidence: float = 0.0
    brier: float = 0.0
    log_loss: float = 0.0
    squares: float = 0.0
    square_scores: float = 0.0
    square_weights: float = 0.0
    null: float = 0.0
    bin_weight: Floats = field(default_factory=_zeros)
    bin_prob: Floats = field(default_factory=_zeros)
    bin_y: Floats = field(default_factory=_zeros)
    bin_spread: Floats = field(default_factory=_zeros)

    def __add__(self, other: ForecastSums) -> ForecastSums:
        left, right = self, other
        if len(left.bin_weight) != len(right.bin_weight):
            if not left.items:
                return right
            if not right.items:
                return left
            raise InputError("other", f"has {len(right.bin_weight)} bins, must have {len(left.bin_weight)}")
        return ForecastSums(*(getattr(left, f.name) + getattr(right, f.name) for f in fields(self)))

    def balance(self, level: float = 0.95) -> Balance:
        """The Balance score, as `balance_score` has it."""
        self._check()
        value = (self.hits - self.confidence) / self.weight
        spread = self.squares - 2 * value * self.square_scores + value**2 * self.square_weights
        return balance_from(
            value,
            max(0.0, spread),
            math.sqrt(self.null) / self.weight,
            self.used,
            self.weight,
            accuracy=self.hits / self.weight,
            confidence=self.confidence / self.weight,
            items=self.items,
            level=level,
        )

    def calibration(self) -> CalibrationTest:
        """ECE of the event, debiased and tested, as `calibration_test` has it for many items."""
        self._check()
        error = distance((self.bin_weight, self.bin_prob, self.bin_y))
        return test_from_spread(error, self.bin_spread, self.weight)

    def brier_parts(self) -> BrierParts:
        """The Brier score and its parts, as `brier_decomposition` has them."""
        self._check()
        return brier_parts(self.brier / self.weight, self.bin_weight, self.bin_prob, self.bin_y)

    @property
    def mean_log_loss(self) -> float:
        """The log loss."""
        self._check()
        return self.log_loss / self.weight

    def _check(self) -> None:
        if not self.weight > 0:
            raise InputError("sums", "hold no item")


def forecast_sums(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    ties: Ties = "error",
    missing: Missing = "error",
    bins: int = BINS,
    right_closed: bool = False,
) -> ForecastSums:
    """Sums of a chunk of forecasts of an event.

    Parameters
    ----------
    prob, y, weights, ties, missing
        As of `brier_score`, two outcomes.
    bins : int, default 10
        Bins of equal width.
    right_closed : bool, default False
        See `reliability_table`.

    Returns
    -------
    ForecastSums
        Add up those of chunks; `balance`, `calibration`, `brier_parts` and `mean_log_loss` of the sum are those of all.

    Raises
    ------
    InputError
        As of `brier_score`.

    See Also
    --------
    probability_report : of rows in memory.

    Examples
    --------
    >>> both = forecast_sums([0.9, 0.8], [1, 0]) + forecast_sums([0.3], [0])
    >>> both.items, round(both.balance().value, 4)
    (3, -0.1333)
    """
    f = check_forecasts(prob, y, weights, ties=ties, missing=missing, binary=True)
    w, c, scores = f.weights, f.confidence, f.scores
    made = bins_of(f.prob, check_count("bins", bins), "width", right_closed)
    size, said, happened = made.sums(w, f.prob, f.y)
    spread = made.sums(w**2, f.prob * (1 - f.prob))[1]
    return ForecastSums(
        items=len(f),
        used=int((w > 0).sum()),
        weight=float(w.sum()),
        hits=float((w * f.hit).sum()),
        confidence=float((w * c).sum()),
        brier=float((w * squares(f)).sum()),
        log_loss=float((w * log_losses(f)).sum()),
        squares=float(((w * scores) ** 2).sum()),
        square_scores=float((w**2 * scores).sum()),
        square_weights=float((w**2).sum()),
        null=float((w**2 * c * (1 - c)).sum()),
        bin_weight=size,
        bin_prob=said,
        bin_y=happened,
        bin_spread=spread,
    )
