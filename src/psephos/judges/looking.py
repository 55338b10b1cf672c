"""What became of each source on each question?

Sources are walked through in a given order until enough have been found that hold a relevant document; these are asked
side by side. A source that cannot be reached is recorded as failed and casts no vote.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from psephos.engine import progress
from psephos.errors import InputError, check_count, check_number
from psephos.judges.documents import Document, Source
from psephos.judges.support import is_refusal
from psephos.voters.language_model import ModelError, SideBySide

Support = Callable[[Sequence[str], str, str], float]


@dataclass(frozen=True)
class Rules:
    """When a source is relevant, and when its answer counts; see `psephos.judges.answer_from_sources`."""

    least_relevance: float | None
    support: Support | None
    least_support: float


@dataclass(frozen=True)
class Look:
    """What became of one source on one question.

    Attributes
    ----------
    source : str
        Its name.
    place : int or None
        When it was looked at, from 0; None if it was not.
    status : str
        ``"skipped"`` (enough others were found), ``"irrelevant"``, ``"asked"``, ``"failed"``, ``"refused"``,
        ``"unsupported"`` or ``"voted"``.
    relevance : float or None
        The best of its documents.
    documents : tuple of str
        Their ids.
    answer, counted_as : str or None
        What it answered, and the answer that stands for it and others that mean the same.
    support : float or None
        How far its documents support the answer.
    reason : str or None
        Why it failed.
    """

    source: str
    place: int | None = None
    status: str = "skipped"
    relevance: float | None = None
    documents: tuple[str, ...] = ()
    answer: str | None = None
    counted_as: str | None = None
    support: float | None = None
    reason: str | None = None


def look_up(
    questions: Mapping[str, str],
    sources: Sequence[Source],
    plans: Sequence[tuple[list[int], int]],
    rules: Rules,
    workers: int,
    label: str | None,
) -> list[list[Look]]:
    """Look for relevant sources of each question, then ask them side by side.

    Parameters
    ----------
    questions : mapping of str to str
        By item.
    sources : sequence of Source
    plans : sequence of (list of int, int), one per question
        Order in which sources are looked at, and how many relevant ones are enough.
    rules : Rules
    workers : int
        Calls under way at a time.
    label : str or None
        Of the progress bar.

    Returns
    -------
    list of list of Look
        By question, then in the order of the sources.
    """
    check_count("workers", workers)
    found: list[list[Look]] = []
    calls: list[tuple[int, int, str, Sequence[Document]]] = []
    for number_of, (question, (order, most)) in enumerate(zip(questions.values(), plans, strict=True)):
        rows = [Look(source.name) for source in sources]
        relevant = 0
        for place, which in enumerate(order):
            if relevant == most:
                break
            rows[which], documents = _looked_at(sources[which], question, place, rules)
            if documents is not None:
                relevant += 1
                calls.append((number_of, which, question, documents))
        found.append(rows)
    work = SideBySide(lambda call: sources[call[1]].answer(call[2], call[3]), calls, workers)
    ended: BaseException | None = None
    try:
        with progress(label, len(calls)) as advance:
            for index, done in work:
                advance()
                number_of, which, question, documents = calls[index]
                if done.error is not None and not isinstance(done.error, ModelError):
                    ended = ended or done.error
                    work.stop()  # what is under way is paid for, and a cache should get it
                    continue
                row = found[number_of][which]
                reason = None if done.error is None else str(done.error)
                found[number_of][which] = _judged(row, question, documents, done.value, reason, rules)
    finally:
        work.stop()
    if ended is not None:
        raise ended
    return found


def _looked_at(source: Source, question: str, place: int, rules: Rules) -> tuple[Look, Sequence[Document] | None]:
    hits = list(source.retrieve(question))
    wrong = next((index for index, (_, share) in enumerate(hits) if not math.isfinite(share)), None)
    if wrong is not None:
        raise InputError(
            "relevance", f"of {source.name!r} is {hits[wrong][1]}", where=f"document {wrong} for {question!r:.60}"
        )
    relevance = max((share for _, share in hits), default=None)
    names = tuple(document.id for document, _ in hits)
    row = Look(source.name, place, "irrelevant", relevance, names)
    if relevance is None or (rules.least_relevance is not None and relevance < rules.least_relevance):
        return row, None
    return replace(row, status="asked"), [document for document, _ in hits]


def _judged(
    row: Look, question: str, documents: Sequence[Document], answer: str | None, failed: str | None, rules: Rules
) -> Look:
    """Whether an answer counts."""
    if failed is not None:
        return replace(row, status="failed", reason=failed)
    if answer is None or is_refusal(answer):
        return replace(row, status="refused", answer=answer)
    texts = [document.text for document in documents if document.text.strip()]
    if rules.support is None or not texts:
        return replace(row, status="voted", answer=answer)
    support = check_number("support", rules.support(texts, question, answer))
    status = "voted" if support >= rules.least_support else "unsupported"
    return replace(row, status=status, answer=answer, support=support)
