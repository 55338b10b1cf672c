"""Who is better?

`borda` and `kemeny` merge the orders that tasks make of candidates, `swiss` plays a tournament over the tasks,
`mean_score` and `mean_rank` are the habits of the field, to compare with; `rank` takes any of them by name. All answer
with a `psephos.opinions.Ranking`.
"""

from psephos.ranking.borda import borda
from psephos.ranking.by_method import rank
from psephos.ranking.kemeny import kemeny
from psephos.ranking.mean_scores import mean_rank, mean_score
from psephos.ranking.missing_ranges import ranks_under_missing
from psephos.ranking.score_tables import ScoreTable, score_table
from psephos.ranking.swiss import SwissRanking, swiss
from psephos.ranking.swiss_exact import swiss_exact
from psephos.ranking.swiss_studies import SwissSensitivity, benchmark_order_sensitivity, failure_sensitivity
from psephos.ranking.task_rankings import TaskRanking

__all__ = [
    "ScoreTable",
    "SwissRanking",
    "SwissSensitivity",
    "TaskRanking",
    "benchmark_order_sensitivity",
    "borda",
    "failure_sensitivity",
    "kemeny",
    "mean_rank",
    "mean_score",
    "rank",
    "ranks_under_missing",
    "score_table",
    "swiss",
    "swiss_exact",
]
