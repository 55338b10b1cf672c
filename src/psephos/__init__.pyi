from .agreement import Agreement, agree
from .consensus import AgainstGold, TranscriptVerdict, against_gold, decide
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
    "InputError",
    "Opinions",
    "Reasons",
    "Result",
    "TranscriptVerdict",
    "Verdict",
    "against_gold",
    "agree",
    "battles",
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
