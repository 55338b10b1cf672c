"""Who changes a score after discussion, towards whom, and what predicts it?

Experts score items, read rebuttals and each other, and score again: reviews of papers and grants, Delphi panels, rounds
of a debate between language models. `read` or `reviews` takes the scores, `study` answers all questions at once; each
question also has a function of its own. `sample` generates a panel whose effects are known.

Source: sheet 36; the questions of Kargaran, Nikeghbal, Yang and Ousidhoum (2025), arXiv 2511.15462. The estimators are
ours. The package makes no claim about any conference.
"""

from psephos.studies.peer_review.borderline import BorderlineCurve, borderline
from psephos.studies.peer_review.building import reviews
from psephos.studies.peer_review.change_steps import ChangeSteps, change_steps
from psephos.studies.peer_review.conformity import Conformity, conformity
from psephos.studies.peer_review.convergence import Convergence, convergence
from psephos.studies.peer_review.debates import Debate, debate, from_rounds
from psephos.studies.peer_review.decisions import DecisionImpact, decisions
from psephos.studies.peer_review.influence import ScoreInfluence, influence
from psephos.studies.peer_review.labelling import REBUTTAL_LABELS, REVIEW_LABELS, ModelLabeller
from psephos.studies.peer_review.movement import ScoreMovement, movement
from psephos.studies.peer_review.planning import ReviewerPlan, plan
from psephos.studies.peer_review.reading import read
from psephos.studies.peer_review.reviews import Reviews
from psephos.studies.peer_review.sampling import sample
from psephos.studies.peer_review.seen import seen_others
from psephos.studies.peer_review.snapshots import from_snapshots
from psephos.studies.peer_review.strategies import TextStrategies, labels_of, strategies, with_labels
from psephos.studies.peer_review.studying import PeerReviewStudy, study
from psephos.studies.peer_review.timing import AnswerTiming, timing

__all__ = [
    "REBUTTAL_LABELS",
    "REVIEW_LABELS",
    "AnswerTiming",
    "BorderlineCurve",
    "ChangeSteps",
    "Conformity",
    "Convergence",
    "Debate",
    "DecisionImpact",
    "ModelLabeller",
    "PeerReviewStudy",
    "ReviewerPlan",
    "Reviews",
    "ScoreInfluence",
    "ScoreMovement",
    "TextStrategies",
    "borderline",
    "change_steps",
    "conformity",
    "convergence",
    "debate",
    "decisions",
    "from_rounds",
    "from_snapshots",
    "influence",
    "labels_of",
    "movement",
    "plan",
    "read",
    "reviews",
    "sample",
    "seen_others",
    "strategies",
    "study",
    "timing",
    "with_labels",
]
