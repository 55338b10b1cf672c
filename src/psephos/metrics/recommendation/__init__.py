"""How good are the lists that recommenders and search engines give, and whom do they serve?

`evaluate` is the door: every metric of lists, of catalogues and of predicted ratings, under a stated `convention`.
"""

from psephos.metrics.recommendation.conventions import PRESETS, Convention, convention
from psephos.metrics.recommendation.evaluating import evaluate
from psephos.metrics.recommendation.evaluation import Evaluation
from psephos.metrics.recommendation.names import METRICS, definition
from psephos.metrics.recommendation.rating_errors import rating_errors

__all__ = ["METRICS", "PRESETS", "Convention", "Evaluation", "convention", "definition", "evaluate", "rating_errors"]
