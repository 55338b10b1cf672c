"""Which to take? Answers of many samples: gates, scores, votes, and what more samples would bring. A committee of many
candidates from rankings, with so many of each group.
"""

from psephos.selection.alpha_breakpoints import AlphaBreakpoints, alpha_breakpoints
from psephos.selection.alpha_tuning import TunedAlpha, tune_alpha
from psephos.selection.best_of_majority import best_of_majority
from psephos.selection.best_of_n import best_of_n
from psephos.selection.committees import (
    Ballots,
    BiasedBallots,
    CommitteeSelection,
    FairnessFrontier,
    GroupGap,
    RankingsNeeded,
    Smoothness,
    ballots,
    bias_by_swaps,
    bias_by_utility,
    committee,
    committee_influence,
    committee_worth,
    enough_rankings,
    fairness_frontier,
    group_gap,
    proportional_bounds,
    rankings_needed,
    smoothness,
)
from psephos.selection.curves import SuccessCurves
from psephos.selection.most_common import most_common
from psephos.selection.pass_at_k import majority_at_k, pass_all_at_k, pass_at_k
from psephos.selection.process_scores import process_scores
from psephos.selection.sample_plan import SamplePlan, plan_samples
from psephos.selection.score_probabilities import score_probabilities
from psephos.selection.selecting import select
from psephos.selection.step_scores import ProcessScores
from psephos.selection.success_curves import solved, success_curves
from psephos.selection.token_lists import step_ends_of
from psephos.selection.weighted_vote import weighted_vote

__all__ = [
    "AlphaBreakpoints",
    "Ballots",
    "BiasedBallots",
    "CommitteeSelection",
    "FairnessFrontier",
    "GroupGap",
    "ProcessScores",
    "RankingsNeeded",
    "SamplePlan",
    "Smoothness",
    "SuccessCurves",
    "TunedAlpha",
    "alpha_breakpoints",
    "ballots",
    "best_of_majority",
    "best_of_n",
    "bias_by_swaps",
    "bias_by_utility",
    "committee",
    "committee_influence",
    "committee_worth",
    "enough_rankings",
    "fairness_frontier",
    "group_gap",
    "majority_at_k",
    "most_common",
    "pass_all_at_k",
    "pass_at_k",
    "plan_samples",
    "process_scores",
    "proportional_bounds",
    "rankings_needed",
    "score_probabilities",
    "select",
    "smoothness",
    "solved",
    "step_ends_of",
    "success_curves",
    "tune_alpha",
    "weighted_vote",
]
