"""How far are two samples apart? Weight of evidence, information value, stability, with errors and tests."""

from psephos.metrics.divergence.bin_counts import BinCounts, count_by_outcome, count_samples, quantile_edges
from psephos.metrics.divergence.comparing import DivergenceDifference, compare_divergences
from psephos.metrics.divergence.information_value import information_value, weight_of_evidence
from psephos.metrics.divergence.population_stability import Drift, population_drift, population_stability
from psephos.metrics.divergence.result import Divergence
from psephos.metrics.divergence.sample_divergence import divergence

__all__ = [
    "BinCounts",
    "Divergence",
    "DivergenceDifference",
    "Drift",
    "compare_divergences",
    "count_by_outcome",
    "count_samples",
    "divergence",
    "information_value",
    "population_drift",
    "population_stability",
    "quantile_edges",
    "weight_of_evidence",
]
