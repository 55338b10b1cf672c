"""How able is each candidate, and what is each item worth, learnt together from who solved what?"""

from psephos.ranking.item_response.ability_ranking import rank_by_ability
from psephos.ranking.item_response.ability_results import AbilityRanking
from psephos.ranking.item_response.answer_oddness import odd_answers
from psephos.ranking.item_response.curves import item_information, solve_probability
from psephos.ranking.item_response.decisions import weigh_candidates
from psephos.ranking.item_response.held_out import held_out_accuracy
from psephos.ranking.item_response.item_audit import ItemAudit, audit_items
from psephos.ranking.item_response.profiles import AbilityProfiles, ability_profiles
from psephos.ranking.item_response.response_table import Responses, responses
from psephos.ranking.item_response.short_forms import NextItem, ShortForm, next_item, score_candidate, short_form
from psephos.ranking.item_response.simulation import SimulatedResponses, simulate_responses

__all__ = [
    "AbilityProfiles",
    "AbilityRanking",
    "ItemAudit",
    "NextItem",
    "Responses",
    "ShortForm",
    "SimulatedResponses",
    "ability_profiles",
    "audit_items",
    "held_out_accuracy",
    "item_information",
    "next_item",
    "odd_answers",
    "rank_by_ability",
    "responses",
    "score_candidate",
    "short_form",
    "simulate_responses",
    "solve_probability",
    "weigh_candidates",
]
