"""Are probabilities honest, and how good are they? Proper scores, calibration, the Balance score, comparison."""

from psephos.metrics.probability.balance import Balance, balance_items, balance_score
from psephos.metrics.probability.balance_bands import balance_bands
from psephos.metrics.probability.balance_over_time import (
    BalanceMonitor,
    Temperature,
    balance_monitor,
    balance_temperature,
)
from psephos.metrics.probability.bins import reliability_table
from psephos.metrics.probability.calibration_chance import CalibrationTest, calibration_test
from psephos.metrics.probability.calibration_error import expected_calibration_error
from psephos.metrics.probability.forecast_comparison import ForecastComparison, compare_forecasts
from psephos.metrics.probability.forecast_sums import ForecastSums, forecast_sums
from psephos.metrics.probability.report import ProbabilityReport, probability_report
from psephos.metrics.probability.score_properties import score_properties
from psephos.metrics.probability.scoring_rules import BrierParts, brier_decomposition, brier_score, log_loss
from psephos.metrics.probability.smooth_calibration import smooth_calibration_error

__all__ = [
    "Balance",
    "BalanceMonitor",
    "BrierParts",
    "CalibrationTest",
    "ForecastComparison",
    "ForecastSums",
    "ProbabilityReport",
    "Temperature",
    "balance_bands",
    "balance_items",
    "balance_monitor",
    "balance_score",
    "balance_temperature",
    "brier_decomposition",
    "brier_score",
    "calibration_test",
    "compare_forecasts",
    "expected_calibration_error",
    "forecast_sums",
    "log_loss",
    "probability_report",
    "reliability_table",
    "score_properties",
    "smooth_calibration_error",
]
