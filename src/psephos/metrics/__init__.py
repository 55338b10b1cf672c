"""How good is it? Probabilities, scores that tell positives from negatives, evenness over groups, word errors."""

from psephos.metrics.dependence.dependence_result import Dependence
from psephos.metrics.dependence.distance_covariance import distance_correlation, squared_distance_covariance
from psephos.metrics.dependence.joint_covariance import joint_distance_covariance
from psephos.metrics.dependence.pair_test import DependenceTest, dependence_test
from psephos.metrics.dependence.report import dependence
from psephos.metrics.dependence.subgroup_divergence import SubgroupDivergence, subgroup_divergence
from psephos.metrics.discrimination import (
    AreasByRates,
    areas_by_rates,
    auprc,
    auprc_trapezoid,
    auroc,
    auroc_statistic,
    threshold_curve,
)
from psephos.metrics.discrimination.area_errors import Area
from psephos.metrics.discrimination.areas import auprc, auprc_trapezoid, auroc, auroc_statistic
from psephos.metrics.discrimination.areas_by_rates import AreasByRates, areas_by_rates
from psephos.metrics.discrimination.comparison import AreaDifference, compare_discrimination
from psephos.metrics.discrimination.fixing_experiment import FixingExperiment, fix_experiment, sample_at_auroc
from psephos.metrics.discrimination.ranking_mistakes import Mistakes, mistakes
from psephos.metrics.discrimination.report import Discrimination, discrimination
from psephos.metrics.discrimination.subgroup_discrimination import Subgroups, subgroup_report
from psephos.metrics.discrimination.thresholds import threshold_curve
from psephos.metrics.discrimination_report import (
    Area,
    AreaDifference,
    Discrimination,
    compare_discrimination,
    discrimination,
)
from psephos.metrics.divergence.bin_counts import BinCounts, count_by_outcome, count_samples, quantile_edges
from psephos.metrics.divergence.comparing import DivergenceDifference, compare_divergences
from psephos.metrics.divergence.information_value import information_value, weight_of_evidence
from psephos.metrics.divergence.population_stability import Drift, population_drift, population_stability
from psephos.metrics.divergence.result import Divergence
from psephos.metrics.divergence.sample_divergence import divergence
from psephos.metrics.fixing_experiment import FixingExperiment, fix_experiment, sample_at_auroc
from psephos.metrics.forecast_comparison import ForecastComparison, compare_forecasts
from psephos.metrics.forecast_sums import ForecastSums, forecast_sums
from psephos.metrics.group_pruning import prune_groups
from psephos.metrics.harmony import Harmony, harmony, harmony_index
from psephos.metrics.harmony.group_pruning import prune_groups
from psephos.metrics.harmony.harmony_index import harmony_index
from psephos.metrics.harmony.harmony_plane import HarmonyPlane, harmony_plane
from psephos.metrics.harmony.item_groups import ItemGroups, discover_groups
from psephos.metrics.harmony.item_similarity import predictive_similarity
from psephos.metrics.harmony.partitions import rand_index
from psephos.metrics.harmony.score_evenness import Harmony, harmony
from psephos.metrics.harmony_plane import HarmonyPlane, harmony_plane
from psephos.metrics.item_groups import ItemGroups, discover_groups, predictive_similarity, rand_index
from psephos.metrics.measuring.by_name import measure, metric_names
from psephos.metrics.measuring.measurement import Measurement
from psephos.metrics.probability import ProbabilityReport, probability_report
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
    "BinCounts",
    "BrierParts",
    "CalibrationTest",
    "Convention",
    "Dependence",
    "DependenceTest",
    "Discrimination",
    "Divergence",
    "DivergenceDifference",
    "Drift",
    "Envy",
    "Evaluation",
    "FixingExperiment",
    "ForecastComparison",
    "ForecastSums",
    "Harmony",
    "HarmonyPlane",
    "ItemGroups",
    "ListUnfairness",
    "Measurement",
    "Mistakes",
    "PairwiseUnfairness",
    "ProbabilityReport",
    "SubgroupDivergence",
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
    "compare_divergences",
    "compare_forecasts",
    "concentration",
    "convention",
    "count_by_outcome",
    "count_samples",
    "dependence",
    "dependence_test",
    "discover_groups",
    "discrimination",
    "distance_correlation",
    "divergence",
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
    "information_value",
    "joint_distance_covariance",
    "list_unfairness",
    "log_loss",
    "measure",
    "metric_names",
    "mistakes",
    "off_policy_value",
    "pairwise_unfairness",
    "population_drift",
    "population_stability",
    "predictive_similarity",
    "probability_report",
    "prune_groups",
    "quantile_edges",
    "rand_index",
    "rating_errors",
    "reliability_table",
    "sample_at_auroc",
    "sampled_expectation",
    "score_properties",
    "smooth_calibration_error",
    "squared_distance_covariance",
    "subgroup_divergence",
    "subgroup_report",
    "threshold_curve",
    "uplift",
    "user_similarity",
    "vector_similarity",
    "weight_of_evidence",
    "word_error_rate",
    "word_errors",
]
