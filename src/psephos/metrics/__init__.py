"""How good is it? Probabilities, scores that tell positives from negatives, evenness over groups, diversity,
used features, word errors.
"""

from psephos.metrics.dependence.dependence_result import Dependence
from psephos.metrics.dependence.distance_covariance import distance_correlation, squared_distance_covariance
from psephos.metrics.dependence.joint_covariance import joint_distance_covariance
from psephos.metrics.dependence.pair_test import DependenceTest, dependence_test
from psephos.metrics.dependence.report import dependence
from psephos.metrics.dependence.subgroup_divergence import SubgroupDivergence, subgroup_divergence
from psephos.metrics.discrimination.area_errors import Area
from psephos.metrics.discrimination.areas import auprc, auprc_trapezoid, auroc, auroc_statistic
from psephos.metrics.discrimination.areas_by_rates import AreasByRates, areas_by_rates
from psephos.metrics.discrimination.comparison import AreaDifference, compare_discrimination
from psephos.metrics.discrimination.fixing_experiment import FixingExperiment, fix_experiment, sample_at_auroc
from psephos.metrics.discrimination.ranking_mistakes import Mistakes, mistakes
from psephos.metrics.discrimination.report import Discrimination, discrimination
from psephos.metrics.discrimination.subgroup_discrimination import Subgroups, subgroup_report
from psephos.metrics.discrimination.thresholds import threshold_curve
from psephos.metrics.divergence.bin_counts import BinCounts, count_by_outcome, count_samples, quantile_edges
from psephos.metrics.divergence.comparing import DivergenceDifference, compare_divergences
from psephos.metrics.divergence.information_value import information_value, weight_of_evidence
from psephos.metrics.divergence.population_stability import Drift, population_drift, population_stability
from psephos.metrics.divergence.result import Divergence
from psephos.metrics.divergence.sample_divergence import divergence
from psephos.metrics.diversity import (
    DiverseItems,
    Diversity,
    FeatureSums,
    GroupDiversity,
    Rarefaction,
    Spectrum,
    VendiSamples,
    bandwidth_sweep,
    diversity,
    feature_spectrum,
    group_diversity,
    hill_numbers,
    internal_diversity,
    item_spectrum,
    kernel_spectrum,
    lanczos_spectrum,
    log_vendi_gradient,
    median_bandwidth,
    nystrom_spectrum,
    pair_sample_score,
    pairwise,
    quality_weighted_score,
    random_feature_spectrum,
    rarefaction,
    select_diverse,
    text_features,
    text_spectrum,
    tiled_score,
    tune_vendi_sample,
    vendi_contributions,
    vendi_force,
    vendi_influence,
    vendi_sample,
    vendi_score,
    vendi_score_features,
)
from psephos.metrics.effective_features import (
    DictionaryLoss,
    EffectiveFeatures,
    FeatureComparison,
    SparseDictionary,
    choose_penalty,
    compare_effective_features,
    dictionary_loss,
    dictionary_warnings,
    effective_features,
    interference,
    null_activations,
)
from psephos.metrics.harmony.chance_groups import groups_against_chance
from psephos.metrics.harmony.group_pruning import prune_groups
from psephos.metrics.harmony.group_tree import GroupTree, group_tree
from psephos.metrics.harmony.groups_by_model import discover_groups_by_model
from psephos.metrics.harmony.harmony_index import harmony_index
from psephos.metrics.harmony.harmony_plane import HarmonyPlane, harmony_plane
from psephos.metrics.harmony.item_groups import ItemGroups, discover_groups
from psephos.metrics.harmony.item_similarity import predictive_similarity
from psephos.metrics.harmony.partitions import rand_index
from psephos.metrics.harmony.score_evenness import Harmony, harmony
from psephos.metrics.measuring.by_name import measure, metric_names
from psephos.metrics.measuring.measurement import Measurement
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
from psephos.metrics.recommendation import (
    Convention,
    Evaluation,
    ListSimilarity,
    Uplift,
    adjusted_cosine,
    business_report,
    concentration,
    convention,
    evaluate,
    explain_value,
    gini_coefficient,
    list_similarity,
    off_policy_value,
    rating_errors,
    sampled_expectation,
    uplift,
    vector_similarity,
)
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
    "DictionaryLoss",
    "Discrimination",
    "Divergence",
    "DivergenceDifference",
    "DiverseItems",
    "Diversity",
    "Drift",
    "EffectiveFeatures",
    "Envy",
    "Evaluation",
    "FeatureComparison",
    "FeatureSums",
    "FixingExperiment",
    "ForecastComparison",
    "ForecastSums",
    "GroupDiversity",
    "GroupTree",
    "Harmony",
    "HarmonyPlane",
    "ItemGroups",
    "ListSimilarity",
    "ListUnfairness",
    "Measurement",
    "Mistakes",
    "PairwiseUnfairness",
    "ProbabilityReport",
    "Rarefaction",
    "SparseDictionary",
    "Spectrum",
    "SubgroupDivergence",
    "Subgroups",
    "Temperature",
    "Uplift",
    "UserPairs",
    "VendiSamples",
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
    "bandwidth_sweep",
    "brier_decomposition",
    "brier_score",
    "business_report",
    "calibration_test",
    "choose_penalty",
    "compare_discrimination",
    "compare_divergences",
    "compare_effective_features",
    "compare_forecasts",
    "concentration",
    "convention",
    "count_by_outcome",
    "count_samples",
    "dependence",
    "dependence_test",
    "dictionary_loss",
    "dictionary_warnings",
    "discover_groups",
    "discover_groups_by_model",
    "discrimination",
    "distance_correlation",
    "divergence",
    "diversity",
    "effective_features",
    "envy",
    "evaluate",
    "expected_calibration_error",
    "explain_value",
    "feature_spectrum",
    "fix_experiment",
    "forecast_sums",
    "gini_coefficient",
    "group_diversity",
    "group_tree",
    "groups_against_chance",
    "harmony",
    "harmony_index",
    "harmony_plane",
    "hill_numbers",
    "information_value",
    "interference",
    "internal_diversity",
    "item_spectrum",
    "joint_distance_covariance",
    "kernel_spectrum",
    "lanczos_spectrum",
    "list_similarity",
    "list_unfairness",
    "log_loss",
    "log_vendi_gradient",
    "measure",
    "median_bandwidth",
    "metric_names",
    "mistakes",
    "null_activations",
    "nystrom_spectrum",
    "off_policy_value",
    "pair_sample_score",
    "pairwise",
    "pairwise_unfairness",
    "population_drift",
    "population_stability",
    "predictive_similarity",
    "probability_report",
    "prune_groups",
    "quality_weighted_score",
    "quantile_edges",
    "rand_index",
    "random_feature_spectrum",
    "rarefaction",
    "rating_errors",
    "reliability_table",
    "sample_at_auroc",
    "sampled_expectation",
    "score_properties",
    "select_diverse",
    "smooth_calibration_error",
    "squared_distance_covariance",
    "subgroup_divergence",
    "subgroup_report",
    "text_features",
    "text_spectrum",
    "threshold_curve",
    "tiled_score",
    "tune_vendi_sample",
    "uplift",
    "user_similarity",
    "vector_similarity",
    "vendi_contributions",
    "vendi_force",
    "vendi_influence",
    "vendi_sample",
    "vendi_score",
    "vendi_score_features",
    "weight_of_evidence",
    "word_error_rate",
    "word_errors",
]
