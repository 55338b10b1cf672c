"""How good is it? Probabilities, scores that tell positives from negatives, evenness over groups, word errors."""

from psephos.metrics.balance import Balance, balance_bands, balance_items, balance_score
from psephos.metrics.balance_over_time import BalanceMonitor, Temperature, balance_monitor, balance_temperature
from psephos.metrics.calibration_error import (
    CalibrationTest,
    calibration_test,
    expected_calibration_error,
    reliability_table,
    smooth_calibration_error,
)
from psephos.metrics.discrimination import (
    AreasByRates,
    areas_by_rates,
    auprc,
    auprc_trapezoid,
    auroc,
    auroc_statistic,
    threshold_curve,
)
from psephos.metrics.discrimination_report import (
    Area,
    AreaDifference,
    Discrimination,
    compare_discrimination,
    discrimination,
)
from psephos.metrics.fixing_experiment import FixingExperiment, fix_experiment, sample_at_auroc
from psephos.metrics.forecast_comparison import ForecastComparison, compare_forecasts
from psephos.metrics.forecast_sums import ForecastSums, forecast_sums
from psephos.metrics.group_pruning import prune_groups
from psephos.metrics.harmony import Harmony, harmony, harmony_index
from psephos.metrics.harmony_plane import HarmonyPlane, harmony_plane
from psephos.metrics.item_groups import ItemGroups, discover_groups, predictive_similarity, rand_index
from psephos.metrics.probability import ProbabilityReport, probability_report
from psephos.metrics.ranking_mistakes import Mistakes, mistakes
from psephos.metrics.score_properties import score_properties
from psephos.metrics.scoring_rules import BrierParts, brier_decomposition, brier_score, log_loss
from psephos.metrics.subgroup_discrimination import Subgroups, subgroup_report
from psephos.metrics.word_errors import WordErrors, word_error_rate, word_errors

__all__ = [
    "Area",
    "AreaDifference",
    "AreasByRates",
    "Balance",
    "BalanceMonitor",
    "BrierParts",
    "CalibrationTest",
    "Discrimination",
    "FixingExperiment",
    "ForecastComparison",
    "ForecastSums",
    "Harmony",
    "HarmonyPlane",
    "ItemGroups",
    "Mistakes",
    "ProbabilityReport",
    "Subgroups",
    "Temperature",
    "WordErrors",
    "areas_by_rates",
    "auprc",
    "auprc_trapezoid",
    "auroc",
    "auroc_statistic",
    "balance_bands",
    "balance_items",
    "balance_monitor",
    "balance_score",
    "balance_temperature",
    "brier_decomposition",
    "brier_score",
    "calibration_test",
    "compare_discrimination",
    "compare_forecasts",
    "discover_groups",
    "discrimination",
    "expected_calibration_error",
    "fix_experiment",
    "forecast_sums",
    "harmony",
    "harmony_index",
    "harmony_plane",
    "log_loss",
    "mistakes",
    "predictive_similarity",
    "probability_report",
    "prune_groups",
    "rand_index",
    "reliability_table",
    "sample_at_auroc",
    "score_properties",
    "smooth_calibration_error",
    "subgroup_report",
    "threshold_curve",
    "word_error_rate",
    "word_errors",
]
