"""A language model decides: answers read from sources of which some are wrong."""

from psephos.judges.documents import Document, DocumentSource, Source, StoredSource, document_sources
from psephos.judges.reading import reading_request, short_answer
from psephos.judges.retrieval import answer_from_sources, collect_answers
from psephos.judges.retrieval_verdict import RetrievalVerdict
from psephos.judges.support import is_refusal, lexical_support

__all__ = [
    "Document",
    "DocumentSource",
    "RetrievalVerdict",
    "Source",
    "StoredSource",
    "answer_from_sources",
    "collect_answers",
    "document_sources",
    "is_refusal",
    "lexical_support",
    "reading_request",
    "short_answer",
]
