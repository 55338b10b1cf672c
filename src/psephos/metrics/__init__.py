"""How good is it? Word errors against a reference; how evenly scores spread over the parts of a benchmark."""

from psephos.metrics.group_pruning import prune_groups
from psephos.metrics.harmony import Harmony, harmony, harmony_index
from psephos.metrics.harmony_plane import HarmonyPlane, harmony_plane
from psephos.metrics.item_groups import ItemGroups, discover_groups, predictive_similarity, rand_index
from psephos.metrics.word_errors import WordErrors, word_error_rate, word_errors

__all__ = [
    "Harmony",
    "HarmonyPlane",
    "ItemGroups",
    "WordErrors",
    "discover_groups",
    "harmony",
    "harmony_index",
    "harmony_plane",
    "predictive_similarity",
    "prune_groups",
    "rand_index",
    "word_error_rate",
    "word_errors",
]
