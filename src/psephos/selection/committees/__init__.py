"""Which committee to choose from rankings, with bounds for groups, and how many rankings does that take?"""

from psephos.selection.committees.ballot_box import Ballots, ballots
from psephos.selection.committees.biased_ballots import BiasedBallots, bias_by_swaps, bias_by_utility
from psephos.selection.committees.choosing import committee, committee_worth
from psephos.selection.committees.committee_results import CommitteeSelection
from psephos.selection.committees.enough_ballots import RankingsNeeded, enough_rankings, rankings_needed
from psephos.selection.committees.frontier import FairnessFrontier, fairness_frontier
from psephos.selection.committees.group_bias import GroupGap, committee_influence, group_gap
from psephos.selection.committees.group_bounds import proportional_bounds
from psephos.selection.committees.score_smoothness import Smoothness, smoothness

__all__ = [
    "Ballots",
    "BiasedBallots",
    "CommitteeSelection",
    "FairnessFrontier",
    "GroupGap",
    "RankingsNeeded",
    "Smoothness",
    "ballots",
    "bias_by_swaps",
    "bias_by_utility",
    "committee",
    "committee_influence",
    "committee_worth",
    "enough_rankings",
    "fairness_frontier",
    "group_gap",
    "proportional_bounds",
    "rankings_needed",
    "smoothness",
]
