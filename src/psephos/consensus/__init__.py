"""What do the voters say together? Majority, transcripts, and how right a verdict is where the truth is known."""

from psephos.consensus.advantages import group_advantages
from psephos.consensus.collective import collective
from psephos.consensus.collective_verdict import CollectiveVerdict
from psephos.consensus.deciding import decide
from psephos.consensus.gold import AgainstGold, against_gold
from psephos.consensus.majority import majority
from psephos.consensus.references import AgainstReferences, against_references
from psephos.consensus.score_bias import ScoreVerdict
from psephos.consensus.source_choice import choose_sources
from psephos.consensus.source_reliability import source_reliability
from psephos.consensus.source_verdict import SourceVerdict, WeightedVerdict
from psephos.consensus.transcript_verdict import TranscriptVerdict
from psephos.consensus.transcripts import transcripts
from psephos.consensus.truth_inference import truth_inference
from psephos.consensus.truth_verdict import TruthVerdict
from psephos.consensus.updating import update
from psephos.consensus.weighted_vote import weighted_vote

__all__ = [
    "AgainstGold",
    "AgainstReferences",
    "CollectiveVerdict",
    "ScoreVerdict",
    "SourceVerdict",
    "TranscriptVerdict",
    "TruthVerdict",
    "WeightedVerdict",
    "against_gold",
    "against_references",
    "choose_sources",
    "collective",
    "decide",
    "group_advantages",
    "majority",
    "source_reliability",
    "transcripts",
    "truth_inference",
    "update",
    "weighted_vote",
]
