"""Is the mean of a benchmark carried by a few of its parts? Harmony of groups, and groups that nobody declared."""

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

__all__ = [
    "GroupTree",
    "Harmony",
    "HarmonyPlane",
    "ItemGroups",
    "discover_groups",
    "discover_groups_by_model",
    "group_tree",
    "groups_against_chance",
    "harmony",
    "harmony_index",
    "harmony_plane",
    "predictive_similarity",
    "prune_groups",
    "rand_index",
]
