"""How sure?

Intervals, the bootstrap, permutation tests, adjustment for multiple testing, rank correlation, regression with
clustered errors, tables of counts and k-means, on plain arrays and with no knowledge of items, voters or
candidates. Every other room that says how sure it is says it with these.
"""

from psephos.statistics.arrangement_tests import PermutationTest
from psephos.statistics.beta_binomial import BetaBinomial, fit_beta_binomial
from psephos.statistics.bootstrap import Bootstrap, bootstrap, reweightings
from psephos.statistics.clustering import Clusters, k_means
from psephos.statistics.contingency import IndependenceTest, OddsRatio, independence_test, mantel_haenszel, sign_test
from psephos.statistics.count_permutation import count_permutation_test
from psephos.statistics.dependent_correlations import CorrelationDifference, correlation_difference
from psephos.statistics.intervals import Interval, beta_interval, normal_interval, wilson_interval
from psephos.statistics.logistic import logistic, logistic_statistic
from psephos.statistics.multiple_testing import adjust
from psephos.statistics.paired import Paired, compare_all, compare_paired, items_needed, mcnemar_p
from psephos.statistics.permutation import permutation_test, permutation_tests, sign_flip_test
from psephos.statistics.rank_correlation import RankCorrelation, kendall_tau, spearman_rho
from psephos.statistics.rank_spread import RankSpread, rank_spread
from psephos.statistics.rank_statistics import kendall_statistic, spearman_statistic
from psephos.statistics.regression import Regression, dependent_column, least_squares, least_squares_statistic
from psephos.statistics.replicate_intervals import bca_interval, percentile_interval

__all__ = [
    "BetaBinomial",
    "Bootstrap",
    "Clusters",
    "CorrelationDifference",
    "IndependenceTest",
    "Interval",
    "OddsRatio",
    "Paired",
    "PermutationTest",
    "RankCorrelation",
    "RankSpread",
    "Regression",
    "adjust",
    "bca_interval",
    "beta_interval",
    "bootstrap",
    "compare_all",
    "compare_paired",
    "correlation_difference",
    "count_permutation_test",
    "dependent_column",
    "fit_beta_binomial",
    "independence_test",
    "items_needed",
    "k_means",
    "kendall_statistic",
    "kendall_tau",
    "least_squares",
    "least_squares_statistic",
    "logistic",
    "logistic_statistic",
    "mantel_haenszel",
    "mcnemar_p",
    "normal_interval",
    "percentile_interval",
    "permutation_test",
    "permutation_tests",
    "rank_spread",
    "reweightings",
    "sign_flip_test",
    "sign_test",
    "spearman_rho",
    "spearman_statistic",
    "wilson_interval",
]
