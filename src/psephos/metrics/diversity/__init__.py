"""How many really different items are in a collection? Vendi scores from similarities, features, texts and samples."""

from psephos.metrics.diversity.choosing import DiverseItems, select_diverse
from psephos.metrics.diversity.equal_sizes import Rarefaction, bandwidth_sweep, rarefaction
from psephos.metrics.diversity.feature_sums import FeatureSums
from psephos.metrics.diversity.features import feature_spectrum
from psephos.metrics.diversity.gradients import log_vendi_gradient, vendi_force
from psephos.metrics.diversity.groups import GroupDiversity, group_diversity
from psephos.metrics.diversity.hill import hill_numbers
from psephos.metrics.diversity.matrices import item_spectrum, kernel_spectrum
from psephos.metrics.diversity.nystrom import nystrom_spectrum
from psephos.metrics.diversity.operator_spectrum import lanczos_spectrum, pair_sample_score, tiled_score
from psephos.metrics.diversity.random_features import random_feature_spectrum
from psephos.metrics.diversity.report import diversity
from psephos.metrics.diversity.result import Diversity
from psephos.metrics.diversity.sampling import VendiSamples, tune_vendi_sample, vendi_sample
from psephos.metrics.diversity.similarities import median_bandwidth, pairwise
from psephos.metrics.diversity.single_items import vendi_contributions, vendi_influence
from psephos.metrics.diversity.spectrum import Spectrum
from psephos.metrics.diversity.texts import text_features, text_spectrum
from psephos.metrics.diversity.vendi import (
    internal_diversity,
    quality_weighted_score,
    vendi_score,
    vendi_score_features,
)

__all__ = [
    "DiverseItems",
    "Diversity",
    "FeatureSums",
    "GroupDiversity",
    "Rarefaction",
    "Spectrum",
    "VendiSamples",
    "bandwidth_sweep",
    "diversity",
    "feature_spectrum",
    "group_diversity",
    "hill_numbers",
    "internal_diversity",
    "item_spectrum",
    "kernel_spectrum",
    "lanczos_spectrum",
    "log_vendi_gradient",
    "median_bandwidth",
    "nystrom_spectrum",
    "pair_sample_score",
    "pairwise",
    "quality_weighted_score",
    "random_feature_spectrum",
    "rarefaction",
    "select_diverse",
    "text_features",
    "text_spectrum",
    "tiled_score",
    "tune_vendi_sample",
    "vendi_contributions",
    "vendi_force",
    "vendi_influence",
    "vendi_sample",
    "vendi_score",
    "vendi_score_features",
]
