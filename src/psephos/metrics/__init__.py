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
from psephos.metrics.recommendation import (
    Convention,
    Evaluation,
    Uplift,
    adjusted_cosine,
    business_report,
    concentration,
    convention,
    evaluate,
    explain_value,
    gini_coefficient,
    off_policy_value,
    rating_errors,
    sampled_expectation,
    uplift,
    vector_similarity,
)
from psephos.metrics.score_properties import score_properties
from psephos.metrics.scoring_rules import BrierParts, brier_decomposition, brier_score, log_loss
from psephos.metrics.subgroup_discrimination import Subgroups, subgroup_report
from psephos.metrics.user_fairness import (
    Envy,
    ListUnfairness,
    PairwiseUnfairness,
    UserPairs,
    envy,
    list_unfairness,
    pairwise_unfairness,
    user_similarity,
)
from psephos.metrics.word_errors import WordErrors, word_error_rate, word_errors

__all__ = [
    "Area",
    "AreaDifference",
    "AreasByRates",
    "Balance",
    "BalanceMonitor",
    "BrierParts",
    "CalibrationTest",
    "Convention",
    "Discrimination",
    "Envy",
    "Evaluation",
    "FixingExperiment",
    "ForecastComparison",
    "ForecastSums",
    "Harmony",
    "HarmonyPlane",
    "ItemGroups",
    "ListUnfairness",
    "Mistakes",
    "PairwiseUnfairness",
    "ProbabilityReport",
    "Subgroups",
    "Temperature",
    "Uplift",
    "UserPairs",
    "WordErrors",
    "adjusted_cosine",
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
    "business_report",
    "calibration_test",
    "compare_discrimination",
    "compare_forecasts",
    "concentration",
    "convention",
    "discover_groups",
    "discrimination",
    "envy",
    "evaluate",
    "expected_calibration_error",
    "explain_value",
    "fix_experiment",
    "forecast_sums",
    "gini_coefficient",
    "harmony",
    "harmony_index",
    "harmony_plane",
    "list_unfairness",
    "log_loss",
    "mistakes",
    "off_policy_value",
    "pairwise_unfairness",
    "predictive_similarity",
    "probability_report",
    "prune_groups",
    "rand_index",
    "rating_errors",
    "reliability_table",
    "sample_at_auroc",
    "sampled_expectation",
    "score_properties",
    "smooth_calibration_error",
    "subgroup_report",
    "threshold_curve",
    "uplift",
    "user_similarity",
    "vector_similarity",
    "word_error_rate",
    "word_errors",
]
