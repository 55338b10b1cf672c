"""Who is better?

`borda` and `kemeny` merge the orders that tasks make of candidates, `swiss` plays a tournament over the tasks,
`rank_by_ability` learns abilities together with the items, `mean_score` and `mean_rank` are the habits of the field, to
compare with; `rank` takes any of them by name. All answer with a `psephos.opinions.Ranking`.
"""

from psephos.ranking.borda import borda
from psephos.ranking.by_method import rank
from psephos.ranking.item_response import (
    AbilityProfiles,
    AbilityRanking,
    ItemAudit,
    NextItem,
    Responses,
    ShortForm,
    SimulatedResponses,
    ability_profiles,
    audit_items,
    held_out_accuracy,
    item_information,
    next_item,
    odd_answers,
    rank_by_ability,
    responses,
    score_candidate,
    short_form,
    simulate_responses,
    solve_probability,
    weigh_candidates,
)
from psephos.ranking.kemeny import kemeny
from psephos.ranking.mean_scores import mean_rank, mean_score
from psephos.ranking.missing_ranges import ranks_under_missing
from psephos.ranking.score_tables import ScoreTable, score_table
from psephos.ranking.swiss import SwissRanking, swiss
from psephos.ranking.swiss_exact import swiss_exact
from psephos.ranking.swiss_studies import SwissSensitivity, benchmark_order_sensitivity, failure_sensitivity
from psephos.ranking.task_rankings import TaskRanking

__all__ = [
    "AbilityProfiles",
    "AbilityRanking",
    "ItemAudit",
    "NextItem",
    "Responses",
    "ScoreTable",
    "ShortForm",
    "SimulatedResponses",
    "SwissRanking",
    "SwissSensitivity",
    "TaskRanking",
    "ability_profiles",
    "audit_items",
    "benchmark_order_sensitivity",
    "borda",
    "failure_sensitivity",
    "held_out_accuracy",
    "item_information",
    "kemeny",
    "mean_rank",
    "mean_score",
    "next_item",
    "odd_answers",
    "rank",
    "rank_by_ability",
    "ranks_under_missing",
    "responses",
    "score_candidate",
    "score_table",
    "short_form",
    "simulate_responses",
    "solve_probability",
    "swiss",
    "swiss_exact",
    "weigh_candidates",
]
