"""What was said: the data model, readers and writers, answer equivalence, results."""

from psephos.opinions.battle_counts import scan_battles
from psephos.opinions.comparing import Pairwise
from psephos.opinions.constructors import (
    battles,
    interactions,
    labels,
    rankings,
    results,
    samples,
    scores,
    transcripts,
)
from psephos.opinions.frames import from_frame, from_matrix
from psephos.opinions.model import Opinions
from psephos.opinions.orderings import Ranking, ranking_by_scores
from psephos.opinions.outcomes import Result
from psephos.opinions.reading import read
from psephos.opinions.reasons import Reasons
from psephos.opinions.scanning import scan
from psephos.opinions.selection_reasons import SelectionReasons
from psephos.opinions.selections import Selection
from psephos.opinions.sharding import Shards
from psephos.opinions.transcript_words import Word
from psephos.opinions.transcript_writing import write_transcripts
from psephos.opinions.verdicts import Verdict
from psephos.opinions.writing import write

__all__ = [
    "Opinions",
    "Pairwise",
    "Ranking",
    "Reasons",
    "Result",
    "Selection",
    "SelectionReasons",
    "Shards",
    "Verdict",
    "Word",
    "battles",
    "from_frame",
    "from_matrix",
    "interactions",
    "labels",
    "ranking_by_scores",
    "rankings",
    "read",
    "results",
    "samples",
    "scan",
    "scan_battles",
    "scores",
    "transcripts",
    "write",
    "write_transcripts",
]
