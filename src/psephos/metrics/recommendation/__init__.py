"""How good are the lists that recommenders and search engines give, and what do they bring?

`evaluate` is the door: every metric of lists, of catalogues and of predicted ratings, under a stated `convention`. What
is no list has a door of its own: vectors, ratings as arrays, sales, logs of impressions, experiments.
"""

from psephos.metrics.recommendation.business import business_report
from psephos.metrics.recommendation.concentration import concentration, gini_coefficient
from psephos.metrics.recommendation.conventions import PRESETS, Convention, convention
from psephos.metrics.recommendation.evaluating import evaluate
from psephos.metrics.recommendation.evaluation import Evaluation
from psephos.metrics.recommendation.explaining import explain_value, sampled_expectation
from psephos.metrics.recommendation.names import METRICS, definition
from psephos.metrics.recommendation.off_policy import off_policy_value
from psephos.metrics.recommendation.rating_errors import rating_errors
from psephos.metrics.recommendation.similar_lists import ListSimilarity, list_similarity
from psephos.metrics.recommendation.uplift import Uplift, uplift
from psephos.metrics.recommendation.vector_similarity import adjusted_cosine, vector_similarity

__all__ = [
    "METRICS",
    "PRESETS",
    "Convention",
    "Evaluation",
    "ListSimilarity",
    "Uplift",
    "adjusted_cosine",
    "business_report",
    "concentration",
    "convention",
    "definition",
    "evaluate",
    "explain_value",
    "gini_coefficient",
    "list_similarity",
    "off_policy_value",
    "rating_errors",
    "sampled_expectation",
    "uplift",
    "vector_similarity",
]
