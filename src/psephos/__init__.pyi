from .agreement import Agreement, Consistency, NoiseCeiling, RankCeiling, agree, ceiling_of, consistency
from .consensus import AgainstGold, CollectiveVerdict, SourceVerdict, TranscriptVerdict, against_gold, decide
from .errors import InputError
from .opinions import (
    Opinions,
    Reasons,
    Result,
    Verdict,
    battles,
    from_frame,
    from_matrix,
    interactions,
    labels,
    rankings,
    read,
    results,
    samples,
    scan,
    scores,
    transcripts,
    write,
)
from .plots import plot
from .reports import write_report

__all__ = [
    "AgainstGold",
    "Agreement",
    "CollectiveVerdict",
    "Consistency",
    "InputError",
    "NoiseCeiling",
    "Opinions",
    "RankCeiling",
    "Reasons",
    "Result",
    "SourceVerdict",
    "TranscriptVerdict",
    "Verdict",
    "against_gold",
    "agree",
    "battles",
    "ceiling_of",
    "consistency",
    "decide",
    "from_frame",
    "from_matrix",
    "interactions",
    "labels",
    "plot",
    "rankings",
    "read",
    "results",
    "samples",
    "scan",
    "scores",
    "transcripts",
    "write",
    "write_report",
]

__version__: str
