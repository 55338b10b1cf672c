"""Where does an answer come from? Sources, each with documents of its own.

A `Source` finds documents for a question and answers from them. `DocumentSource` searches its texts (`searching`) and
lets a language model read what it finds (`reading`); `StoredSource` holds answers that were given elsewhere, such as
those of a person or of another program. Anything with the same two methods is a source: a search engine, a database.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

from psephos.errors import InputError, check_count
from psephos.judges.reading import reading_request, short_answer
from psephos.judges.searching import Search
from psephos.judges.support import is_refusal
from psephos.opinions.frames import to_polars
from psephos.opinions.wording import plural
from psephos.voters.language_model import LanguageModel


@dataclass(frozen=True, slots=True)
class Document:
    """A text that a source holds.

    Attributes
    ----------
    id : str
        A name that no other document has.
    text : str
        What it says.
    title : str
        Shown beside what is cited.
    """

    id: str
    text: str
    title: str = ""


class Source(Protocol):
    """Whatever finds documents for a question and answers from them.

    Attributes
    ----------
    name : str
        Of the source, as in verdicts.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """Its name as a voter."""

    @abstractmethod
    def retrieve(self, question: str) -> Sequence[tuple[Document, float]]:
        """Documents that have to do with the question.

        Parameters
        ----------
        question : str

        Returns
        -------
        sequence of (Document, float)
            Each with its relevance, a finite number, of which the largest counts; none if the source has nothing on the
            question.
        """

    @abstractmethod
    def answer(self, question: str, documents: Sequence[Document]) -> str | None:
        """What the documents answer; None, or a text that says so, if they do not."""


class DocumentSource:
    """Documents that a language model reads.

    Parameters
    ----------
    name : str
        Of the source, as in verdicts.
    documents : sequence of Document
        What the source has.
    model : LanguageModel
        Who reads the documents.
    limit : int, default 1
        How many documents the model is given at most.
    extract : callable, default short_answer
        Takes the answer out of what the model wrote, given the question and the text.
    max_tokens : int, default 40
        Length of what it writes.

    Raises
    ------
    InputError
        If there are no documents or two have one id.

    Examples
    --------
    >>> from psephos.voters.language_model import Scripted
    >>> model = Scripted(lambda request: "The Tern Bridge opened in 1874.")
    >>> source = DocumentSource("archive", [Document("1", "Tern Bridge: opened 1874.")], model)
    >>> found = source.retrieve("When did the Tern Bridge open?")
    >>> source.answer("When did the Tern Bridge open?", [document for document, _ in found])
    '1874'
    """

    def __init__(
        self,
        name: str,
        documents: Sequence[Document],
        model: LanguageModel,
        *,
        limit: int = 1,
        extract: Callable[[str, str], str] = short_answer,
        max_tokens: int = 40,
    ) -> None:
        if not documents:
            raise InputError("documents", f"of {name!r} are none")
        twice = next((one for one, times in Counter(document.id for document in documents).items() if times > 1), None)
        if twice is not None:
            raise InputError("documents", f"of {name!r} hold {twice!r} twice")
        self.name = name
        self._documents = tuple(documents)
        self._model = model
        self._limit = check_count("limit", limit)
        self._extract = extract
        self._max_tokens = check_count("max_tokens", max_tokens)
        self._search = Search([f"{document.title}\n{document.text}" for document in documents])

    def __repr__(self) -> str:
        return f"DocumentSource({self.name!r}, {plural(len(self._documents), 'document')})"

    def retrieve(self, question: str) -> list[tuple[Document, float]]:
        """The best documents that share a content word with the question."""
        return [(self._documents[place], share) for place, share in self._search.find(question, self._limit)]

    def answer(self, question: str, documents: Sequence[Document]) -> str | None:
        """What the model reads in the documents; None where it refuses."""
        given = [(document.title, document.text) for document in documents]
        request = reading_request(question, given, max_tokens=self._max_tokens, tag=f"{self.name}: {question}")
        said = self._model.complete(request).text
        return None if is_refusal(said) else self._extract(question, said)


class StoredSource:
    """Answers that were given elsewhere.

    Parameters
    ----------
    name : str
        Of the source, as in verdicts.
    answers : mapping of str to str or None
        By question.
    relevance : mapping of str to float, optional
        By question; a source has to do with a question if it holds an answer to it, if not given.

    Raises
    ------
    InputError
        If a relevance is no number.

    Examples
    --------
    >>> StoredSource("Ann", {"How long is it?": "212 metres"}).retrieve("How old is it?")
    []
    """

    def __init__(
        self, name: str, answers: Mapping[str, str | None], *, relevance: Mapping[str, float] | None = None
    ) -> None:
        self.name = name
        self._answers = dict(answers)
        self._relevance = {question: 1.0 for question, answer in answers.items() if answer is not None}
        if relevance is not None:
            wrong = next((question for question, share in relevance.items() if not math.isfinite(share)), None)
            if wrong is not None:
                raise InputError("relevance", f"of {name!r} is {relevance[wrong]}", where=f"question {wrong!r:.80}")
            self._relevance = dict(relevance)

    def retrieve(self, question: str) -> list[tuple[Document, float]]:
        """A document without a text, where the source has to do with the question."""
        share = self._relevance.get(question)
        return [] if share is None else [(Document(self.name, ""), share)]

    def answer(self, question: str, documents: Sequence[Document]) -> str | None:  # noqa: ARG002 - as any source
        """The answer that was given."""
        return self._answers.get(question)


def document_sources(documents: Any, model: LanguageModel, **options: Any) -> list[DocumentSource]:
    """The sources of a table of documents, all read by one model.

    Parameters
    ----------
    documents : data frame
        With columns source, document, text, and perhaps title.
    model : LanguageModel
        Who reads the documents.
    **options
        Of `DocumentSource`.

    Returns
    -------
    list of DocumentSource
        In the order in which they first stand in the table.

    Raises
    ------
    InputError
        If a column is missing or a text is.

    Examples
    --------
    >>> from psephos.voters.language_model import Scripted
    >>> table = pl.DataFrame({"source": ["archive"], "document": ["1"], "text": ["The bridge opened in 1874."]})
    >>> document_sources(table, Scripted([]))
    [DocumentSource('archive', 1 document)]
    """
    frame = to_polars(documents)
    for column in ("source", "document", "text"):
        if column not in frame.columns:
            raise InputError("documents", f"has no column {column!r}", hint=f"it has {', '.join(frame.columns)}")
        if frame[column].null_count():
            row = int(frame[column].is_null().arg_max() or 0)
            raise InputError("documents", f"has an empty {column}", where=f"row {row}")
    if "title" not in frame.columns:
        frame = frame.with_columns(title=pl.lit(""))
    held: dict[str, list[Document]] = {}
    columns = frame.select(pl.col("source", "document", "text", "title").cast(pl.String).fill_null(""))
    for source, name, text, title in columns.iter_rows():
        held.setdefault(source, []).append(Document(name, text, title))
    return [DocumentSource(name, texts, model, **options) for name, texts in held.items()]
