"""How far do they agree? Coefficients on a matrix of codes or values or on opinions, each with its interval."""

from psephos.agreement.agreeing import Agreement, agree
from psephos.agreement.bands import Strength, band_limits, band_of, majority_strength
from psephos.agreement.coefficient import Coefficient
from psephos.agreement.cohen import cohen_kappa, conger_kappa
from psephos.agreement.consistent_answers.consistency import consistency
from psephos.agreement.consistent_answers.curve import ConsistencyCurve, consistency_curve
from psephos.agreement.consistent_answers.planning import variant_plan, variants_needed
from psephos.agreement.consistent_answers.positions import position_bias
from psephos.agreement.consistent_answers.reference_curves import guessing_curve, warped_distance
from psephos.agreement.consistent_answers.result import Consistency
from psephos.agreement.fleiss import fleiss_kappa, scott_pi
from psephos.agreement.gwet import gwet_ac
from psephos.agreement.icc import IntraclassCorrelation, intraclass_correlation
from psephos.agreement.jackknife import Jackknife, jackknife
from psephos.agreement.kendall import Concordance, kendall_w
from psephos.agreement.krippendorff import krippendorff_alpha
from psephos.agreement.noise_ceilings.ceiling import ceiling_of, ceiling_of_means, ceiling_of_moments
from psephos.agreement.noise_ceilings.planning import vote_plan, votes_needed, where_to_vote
from psephos.agreement.noise_ceilings.ranks import RankCeiling, rank_ceiling
from psephos.agreement.noise_ceilings.result import Bound, NoiseCeiling
from psephos.agreement.noise_ceilings.simulation import simulate_mean_votes, simulate_votes
from psephos.agreement.noise_ceilings.vote_models import VoteScale, mean_vote_distribution, vote_distribution
from psephos.agreement.pairs import pairwise_agreement
from psephos.agreement.percent import percent_agreement

__all__ = [
    "Agreement",
    "Bound",
    "Coefficient",
    "Concordance",
    "Consistency",
    "ConsistencyCurve",
    "IntraclassCorrelation",
    "Jackknife",
    "NoiseCeiling",
    "RankCeiling",
    "Strength",
    "VoteScale",
    "agree",
    "band_limits",
    "band_of",
    "ceiling_of",
    "ceiling_of_means",
    "ceiling_of_moments",
    "cohen_kappa",
    "conger_kappa",
    "consistency",
    "consistency_curve",
    "fleiss_kappa",
    "guessing_curve",
    "gwet_ac",
    "intraclass_correlation",
    "jackknife",
    "kendall_w",
    "krippendorff_alpha",
    "majority_strength",
    "mean_vote_distribution",
    "pairwise_agreement",
    "percent_agreement",
    "position_bias",
    "rank_ceiling",
    "scott_pi",
    "simulate_mean_votes",
    "simulate_votes",
    "variant_plan",
    "variants_needed",
    "vote_distribution",
    "vote_plan",
    "votes_needed",
    "warped_distance",
    "where_to_vote",
]
