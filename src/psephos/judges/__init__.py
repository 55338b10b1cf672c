"""A language model decides: answers read from sources of which some are wrong, one answer made of several drafts."""

from psephos.judges.documents import Document, DocumentSource, Source, StoredSource, document_sources
from psephos.judges.fusion import (
    Draft,
    FusedDataset,
    Fusion,
    FusionPreview,
    WinRate,
    collect_drafts,
    contradictions,
    fuse,
    fuse_dataset,
    fuse_preview,
    judge_pairs,
    sentence_support,
    win_rate,
)
from psephos.judges.reading import reading_request, short_answer
from psephos.judges.retrieval import answer_from_sources, collect_answers
from psephos.judges.retrieval_verdict import RetrievalVerdict
from psephos.judges.support import is_refusal, lexical_support

__all__ = [
    "Document",
    "DocumentSource",
    "Draft",
    "FusedDataset",
    "Fusion",
    "FusionPreview",
    "RetrievalVerdict",
    "Source",
    "StoredSource",
    "WinRate",
    "answer_from_sources",
    "collect_answers",
    "collect_drafts",
    "contradictions",
    "document_sources",
    "fuse",
    "fuse_dataset",
    "fuse_preview",
    "is_refusal",
    "judge_pairs",
    "lexical_support",
    "reading_request",
    "sentence_support",
    "short_answer",
    "win_rate",
]
