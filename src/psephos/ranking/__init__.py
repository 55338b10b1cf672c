"""Who is better?

`borda` and `kemeny` merge the orders that tasks make of candidates, `swiss` plays a tournament over the tasks,
`rank_by_ability` learns abilities together with the items, `paired` compares on the same items; `mean_score` and
`mean_rank` are the habits of the field, to compare with. Battles, votes on pairs, have methods of their own in
`psephos.ranking.pairwise`, such as `bradley_terry`. `rank` takes any of them by name. All answer with a
`psephos.opinions.Ranking`.
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
from psephos.ranking.paired_scores import PairedRanking, paired
from psephos.ranking.pairwise import (
    BattleRanking,
    BattleTable,
    CleanBattles,
    JudgeAgreement,
    VoterQuality,
    battle_table,
    bradley_terry,
    clean_battles,
    coded_battles,
    davidson,
    eigenvector,
    elo,
    judge_agreement,
    newman,
    next_battles,
    rao_kupper,
    style_control,
    voter_quality,
    win_rate,
)
from psephos.ranking.score_tables import ScoreTable, score_table
from psephos.ranking.swiss import SwissRanking, swiss
from psephos.ranking.swiss_exact import swiss_exact
from psephos.ranking.swiss_noise import bye_sensitivity, item_sensitivity
from psephos.ranking.swiss_studies import SwissSensitivity, benchmark_order_sensitivity, failure_sensitivity
from psephos.ranking.task_rankings import TaskRanking

__all__ = [
    "AbilityProfiles",
    "AbilityRanking",
    "BattleRanking",
    "BattleTable",
    "CleanBattles",
    "ItemAudit",
    "JudgeAgreement",
    "NextItem",
    "PairedRanking",
    "Responses",
    "ScoreTable",
    "ShortForm",
    "SimulatedResponses",
    "SwissRanking",
    "SwissSensitivity",
    "TaskRanking",
    "VoterQuality",
    "ability_profiles",
    "audit_items",
    "battle_table",
    "benchmark_order_sensitivity",
    "borda",
    "bradley_terry",
    "bye_sensitivity",
    "clean_battles",
    "coded_battles",
    "davidson",
    "eigenvector",
    "elo",
    "failure_sensitivity",
    "held_out_accuracy",
    "item_information",
    "item_sensitivity",
    "judge_agreement",
    "kemeny",
    "mean_rank",
    "mean_score",
    "newman",
    "next_battles",
    "next_item",
    "odd_answers",
    "paired",
    "rank",
    "rank_by_ability",
    "ranks_under_missing",
    "rao_kupper",
    "responses",
    "score_candidate",
    "score_table",
    "short_form",
    "simulate_responses",
    "solve_probability",
    "style_control",
    "swiss",
    "swiss_exact",
    "voter_quality",
    "weigh_candidates",
    "win_rate",
]
