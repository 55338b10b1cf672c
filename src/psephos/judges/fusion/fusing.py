r"""What is the one answer that several drafts add up to?

Best of N keeps one draft, y* = argmax S(x, y) over the drafts Y, and wastes the others. Fusion gives the request and
all drafts to a language model that writes one new answer F(x, Y), which may lie outside of Y and so can be better than
the best draft. Around that call everything can be checked: sentences without support in any draft are listed, drafts
that contradict each other are shown with their votes, short exact answers are voted on instead of being fused, and a
model that fails, refuses or does not keep to the form is replaced by the best draft, which is said.

Source: FusioN, "Making, not Taking, the Best of N" (2025), arXiv 2510.00931, as sheet 24 has it. Differs: all of the
checks, the vote and the fallback are ours; the model is asked at temperature 0.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Unpack

import polars as pl

from psephos.judges.fusion.checking import checked
from psephos.judges.fusion.contradictions import contradiction_table
from psephos.judges.fusion.conversation import Conversation, TooLongError
from psephos.judges.fusion.drafts import Draft, by_merit, distinct
from psephos.judges.fusion.fusion_result import Fusion
from psephos.judges.fusion.planning import Plan, fits, plan_for
from psephos.judges.fusion.sentences import sentences
from psephos.judges.fusion.settings import Settings, Wishes, settings_of
from psephos.judges.fusion.support import support_table
from psephos.judges.fusion.wording import request_text
from psephos.judges.support import is_refusal
from psephos.opinions.equivalence import number
from psephos.opinions.final_answers import short
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance
from psephos.selection import best_of_majority, most_common
from psephos.voters.language_model import LanguageModel, Message


def fuse(
    prompt: str | Sequence[Message],
    candidates: Sequence[str | Draft],
    model: LanguageModel,
    *,
    tag: str = "",
    **wishes: Unpack[Wishes],
) -> Fusion:
    """Make one answer of several drafts.

    Parameters
    ----------
    prompt : str or sequence of Message
        The request that the drafts answer; it is shown to the model as it is.
    candidates : sequence of str or Draft
        The drafts. Blanks around them go, empty ones are dropped, repetitions count as one that was given several
        times.
    model : LanguageModel
        Writes the answer. Put into `Retrying`, so that what fails once is tried again, and into `Caching`, so that
        nothing is paid for twice.
    tag : str
        A name for logs and errors.
    **wishes
        `mode`: "auto" (default) votes where every draft has a short answer and fuses elsewhere; "fuse"; "select" takes
        one draft, by score or by asking the model. `criteria`: rules of the house that the answer must keep.
        `language`, `max_chars`: of the answer. `reasoning`: let the model think first (default False). `orders`: in how
        many orders of the drafts to ask, to see what depends on it (default 1). `seed` (default 0) of the orders.
        `temperature` (default 0), `max_tokens` (default 1024) of the answer. `context`: tokens of messages and answer
        at most; beyond, `overflow` says "drop" (default: leave out the worst drafts) or "tree" (fuse groups of `group`,
        default 3). `least`: least support of a sentence (default 0.5). `checker`: a second model, which says of each
        sentence whether it is right. `count_tokens`: a function from text to its number of tokens.

    Returns
    -------
    Fusion
        The text, the support of each sentence, and what went into it.

    Raises
    ------
    InputError
        If there is no draft, one is no text, an option is out of range, or the checker is the writer.
    BudgetExceeded
        If a budget around the model is spent.

    See Also
    --------
    psephos.judges.fuse_preview : what would be asked, and what it would cost.
    psephos.judges.fuse_dataset : the same for many requests, into a file.
    psephos.selection.best_of_majority : takes a draft, by votes and scores.

    Examples
    --------
    >>> from psephos.voters.language_model import Scripted
    >>> def editor(request):
    ...     mark = request.messages[-1].content.rsplit("<answer-", 1)[1][:10]
    ...     return f"<answer-{mark}>It opened in 1932, after eight years.</answer-{mark}>"
    >>> drafts = ["The bridge opened in 1932, after years.", "It took eight years. It opened in 1933."]
    >>> fused = fuse("When did it open?", drafts, Scripted(editor))
    >>> fused.text, fused.fallback, round(fused.support, 3)
    ('It opened in 1932, after eight years.', False, 0.714)
    """
    settings = settings_of(wishes, model)
    request = request_text(prompt)
    drafts, notes = distinct(candidates)
    return fused(request, drafts, model, settings, tag, notes)


def fused(
    request: str,
    drafts: tuple[Draft, ...],
    model: LanguageModel,
    settings: Settings,
    tag: str,
    notes: tuple[str, ...] = (),
) -> Fusion:
    """As `fuse`, of what is checked.

    Parameters
    ----------
    request : str
    drafts : tuple of Draft
        Equal ones made one.
    model : LanguageModel
    settings : Settings
    tag : str
        Name of the request in logs.
    notes : tuple of str
        What was found while checking.
    """
    plan = plan_for(request, drafts, settings)
    talk = Conversation(model, request, settings, tag)
    texts: list[str] = []
    reason, fallback, chosen = plan.reason, False, None
    if plan.mode == "copy":
        chosen = 0
    elif plan.mode == "vote":
        answer, chosen, votes = _voted(drafts)
        texts = [answer]
        reason += f"; {votes:,} of {sum(draft.times for draft in drafts):,} say {answer}"
    elif not plan.asks:
        chosen = by_merit(drafts)[0][0]
    elif plan.mode == "select":
        chosen = _named(talk, drafts, plan)
    else:
        texts = _written(talk, drafts, plan, settings)
    if chosen is None and not texts:
        ranked, by = by_merit(drafts)
        chosen, fallback = ranked[0], True
        reason = f"{talk.why}; the best draft by {by} instead"
    if not texts and chosen is not None:
        texts = [drafts[chosen].text]
    text = texts[0]
    if chosen is None:
        chosen = next((place for place, draft in enumerate(drafts) if draft.text == text), None)
    further = list(plan.notes)
    if settings.max_chars is not None and len(text) > settings.max_chars:
        further.append(f"the answer has {len(text):,} characters, {settings.max_chars:,} were wished for")
    if plan.mode == "fuse" and not fallback and len(texts) < len(plan.orders):
        further.append(f"{len(plan.orders) - len(texts)} of {len(plan.orders)} orders gave no text")
    backing = (
        [replace(draft, text=short(draft.text) or draft.text) for draft in drafts] if plan.mode == "vote" else drafts
    )
    parts = support_table(text, backing, settings.least)
    if settings.checker is not None:
        verdicts = checked(settings.checker, request, parts["sentence"].to_list(), settings, tag, talk)
        parts = parts.with_columns(pl.Series("checked", verdicts, dtype=pl.String))
    return Fusion(
        provenance=Provenance(
            "fuse",
            {"model": model.id, **settings.parameters},
            Source(),
            seed=settings.seed,
            notes=(*notes, *further, *talk.notes),
        ),
        text=text,
        mode=plan.mode,
        reason=reason,
        fallback=fallback,
        drafts=drafts,
        order=plan.orders[0] if plan.orders else (),
        dropped=plan.dropped,
        copied_from=chosen,
        parts=parts,
        contradictions=contradiction_table(drafts, text),
        texts=tuple(texts),
        raw=tuple(talk.raw),
        errors=tuple(talk.errors),
        usage=talk.usage,
        calls=talk.calls,
    )


def _voted(drafts: Sequence[Draft]) -> tuple[str, int, int]:
    """The short answer with most votes, by best-of-majority where all have scores; a draft that gives it; its votes."""
    answers, scores, owner = [], [], []
    for place, draft in enumerate(drafts):
        answers += [short(draft.text)] * draft.times
        scores += [draft.score] * draft.times
        owner += [place] * draft.times
    if all(score is not None for score in scores):
        chosen = best_of_majority(answers, scores, equivalence="number").chosen[0][0]  # type: ignore[arg-type]
    else:
        chosen = most_common(answers, equivalence="number").chosen[0][0]
    votes = sum(number(answer or "") == number(chosen) for answer in answers)
    return chosen, owner[answers.index(chosen)], votes


def _named(talk: Conversation, drafts: Sequence[Draft], plan: Plan) -> int | None:
    """The draft that the model names as the best."""
    order = plan.orders[0]
    try:
        said = talk.ask([drafts[place].text for place in order], "select")
    except TooLongError:
        return None
    if said is None:
        return None
    named = re.fullmatch(r"\D{0,12}(\d{1,4})\D?", said)
    if named is None or not 1 <= int(named[1]) <= len(order):
        talk.why = "the model named no draft"
        return None
    return order[int(named[1]) - 1]


def _written(talk: Conversation, drafts: Sequence[Draft], plan: Plan, settings: Settings) -> list[str]:
    """The text of each order; none if the first failed."""
    texts: list[str] = []
    for order in plan.orders:
        text = _write(talk, [drafts[place] for place in order], settings)
        if text is not None and _refuses(text, drafts):
            talk.why, text = "the model refused", None
        if text is None and not texts:
            return []
        if text is not None:
            texts.append(text)
    return texts


def _write(talk: Conversation, drafts: list[Draft], settings: Settings) -> str | None:
    """One text of these drafts; in groups if they are too long for the context, ours or that of the server."""
    if fits(talk.request, drafts, settings, "fuse"):
        try:
            return talk.ask([draft.text for draft in drafts], "fuse")
        except TooLongError:
            talk.note("the server's context was exceeded: fused in groups")
            width = (len(drafts) + 1) // 2
    else:
        width = settings.group if len(drafts) > settings.group else (len(drafts) + 1) // 2
    if len(drafts) <= 2:
        talk.why = "two drafts exceed the context"
        return None
    groups = [drafts[start : start + width] for start in range(0, len(drafts), width)]
    level = []
    for group in groups:
        text = _write(talk, group, settings) if len(group) > 1 else None
        level.append(group[by_merit(group)[0][0]] if text is None else Draft(text))
    return _write(talk, level, settings)


def _refuses(text: str, drafts: Sequence[Draft]) -> bool:
    """Whether a text declines to answer what most drafts answer."""
    silent = sum(_declines(draft.text) for draft in drafts)
    return _declines(text) and silent * 2 < len(drafts)


def _declines(text: str) -> bool:
    first = sentences(text)[:1]
    return is_refusal(first[0] if first else text)
