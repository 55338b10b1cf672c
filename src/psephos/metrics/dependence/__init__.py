"""Do things depend on each other? Distance covariance of pairs, of many at once, and of predictions with attributes."""

from psephos.metrics.dependence.dependence_result import Dependence
from psephos.metrics.dependence.distance_covariance import distance_correlation, squared_distance_covariance
from psephos.metrics.dependence.joint_covariance import joint_distance_covariance
from psephos.metrics.dependence.pair_test import DependenceTest, dependence_test
from psephos.metrics.dependence.report import dependence
from psephos.metrics.dependence.subgroup_divergence import SubgroupDivergence, subgroup_divergence

__all__ = [
    "Dependence",
    "DependenceTest",
    "SubgroupDivergence",
    "dependence",
    "dependence_test",
    "distance_correlation",
    "joint_distance_covariance",
    "squared_distance_covariance",
    "subgroup_divergence",
]
