"""What do the voters say together? Majority, transcripts, and how right a verdict is where the truth is known."""

from psephos.consensus.deciding import decide
from psephos.consensus.gold import AgainstGold, against_gold
from psephos.consensus.majority import majority
from psephos.consensus.references import AgainstReferences, against_references
from psephos.consensus.transcript_verdict import TranscriptVerdict
from psephos.consensus.transcripts import transcripts

__all__ = [
    "AgainstGold",
    "AgainstReferences",
    "TranscriptVerdict",
    "against_gold",
    "against_references",
    "decide",
    "majority",
    "transcripts",
]
