"""What do the voters say together? Majority, transcripts, and how right a verdict is where the truth is known."""

from psephos.consensus.collectives.advantages import group_advantages
from psephos.consensus.collectives.collective import collective
from psephos.consensus.collectives.verdict import CollectiveVerdict
from psephos.consensus.deciding import decide
from psephos.consensus.gold import AgainstGold, against_gold
from psephos.consensus.majority import majority
from psephos.consensus.sources.asking import SourcesAsked, ask_sources
from psephos.consensus.sources.choice import choose_sources
from psephos.consensus.sources.reliability import source_reliability
from psephos.consensus.sources.topics import topic_reliability
from psephos.consensus.sources.tracking import SourceTracker
from psephos.consensus.sources.verdict import SourceVerdict, WeightedVerdict
from psephos.consensus.sources.weighted_vote import weighted_vote
from psephos.consensus.transcripts.deciding import transcripts
from psephos.consensus.transcripts.references import AgainstReferences, against_references
from psephos.consensus.transcripts.verdict import TranscriptVerdict
from psephos.consensus.truth_inference.inference import truth_inference
from psephos.consensus.truth_inference.score_bias import ScoreVerdict
from psephos.consensus.truth_inference.verdict import TruthVerdict
from psephos.consensus.updating import update
from psephos.consensus.voter_details import VoterDetails, voter_details

__all__ = [
    "AgainstGold",
    "AgainstReferences",
    "CollectiveVerdict",
    "ScoreVerdict",
    "SourceTracker",
    "SourceVerdict",
    "SourcesAsked",
    "TranscriptVerdict",
    "TruthVerdict",
    "VoterDetails",
    "WeightedVerdict",
    "against_gold",
    "against_references",
    "ask_sources",
    "choose_sources",
    "collective",
    "decide",
    "group_advantages",
    "majority",
    "source_reliability",
    "topic_reliability",
    "transcripts",
    "truth_inference",
    "update",
    "voter_details",
    "weighted_vote",
]
