"""Are similar users served equally well? PUF with its null, and the measures it is compared with."""

from psephos.metrics.user_fairness.envy import Envy, envy
from psephos.metrics.user_fairness.list_unfairness import ListUnfairness, list_unfairness
from psephos.metrics.user_fairness.pairwise_unfairness import pairwise_unfairness
from psephos.metrics.user_fairness.unfairness_result import PairwiseUnfairness
from psephos.metrics.user_fairness.user_pairs import UserPairs, user_similarity

__all__ = [
    "Envy",
    "ListUnfairness",
    "PairwiseUnfairness",
    "UserPairs",
    "envy",
    "list_unfairness",
    "pairwise_unfairness",
    "user_similarity",
]
