"""How do settled transcripts get to players, editors and scoring tools?

The words of a clip are those of the consensus with what people put right in place of what was elected; where the text
as a whole was written anew, words that stayed keep their times. A word says how sure it is: 1 where a person decided.
Formats that hold one clip become a ZIP archive where there are several.
"""

from __future__ import annotations

import itertools
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.engine import atomic_write
from psephos.errors import InputError, check_choice
from psephos.opinions.transcript_words import Word
from psephos.opinions.transcript_writing import TOGETHER, transcript_parts, write_transcripts
from psephos.review.store.answers import Answer
from psephos.review.store.exporting.elan import format_elan
from psephos.review.store.exporting.text_grid import format_text_grid
from psephos.review.store.tables import Consensus, Decision, Item, Project

FORMATS = ("txt", "srt", "vtt", "textgrid", "eaf", "ctm", "stm", "json")

_EVERY = 100
_SETTLED = ("decided", "adjudicated", "locked")
_SUFFIX = {"textgrid": "TextGrid"}


def write_settled(
    session: Session,
    project: Project,
    path: Path,
    form: str,
    *,
    only_final: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Path, int]:
    """Write the transcripts of a project; return the file, ``.zip`` added where it is an archive, and the clips in it.

    One clip is in memory at a time. What must be sorted by the name of the clip (.ctm, .stm) is.

    Raises
    ------
    InputError
        If there are no transcripts, or a clip has no times and the format needs them.
    """
    check_choice("format", form, FORMATS)
    clips = clips_of(session, project, only_final=only_final, by_name=form in ("ctm", "stm"))
    first = next(clips, None)
    if first is None:
        raise InputError("project", "has no transcripts to export", hint="settle some, or export without only_final")
    clips = itertools.chain([first], clips)
    if form in TOGETHER:
        place = 0

        def told() -> Iterator[tuple[str, list[Word]]]:
            nonlocal place
            for place, clip in enumerate(clips, start=1):
                if place % _EVERY == 0:
                    progress(place)
                yield clip

        with atomic_write(path) as whole:
            for part in transcript_parts(told(), form):
                whole.write(part)
        return path, place
    texts = ((name, _text(name, words, form)) for name, words in clips)
    name, text = next(texts)
    second = next(texts, None)
    if second is None:
        with atomic_write(path) as single:
            single.write(text)
        return path, 1
    archive, place = path.with_name(path.name + ".zip"), 0
    with atomic_write(archive, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as into:
        for place, (called, said) in enumerate(itertools.chain([(name, text), second], texts), start=1):
            into.writestr(f"{place:05}-{_plain(called)}.{_SUFFIX.get(form, form)}", said)
    return archive, place


def clips_of(
    session: Session, project: Project, *, only_final: bool = False, by_name: bool = False
) -> Iterator[tuple[str, list[Word]]]:
    """Each clip with its words as they stand.

    Parameters
    ----------
    session : Session
    project : Project
    only_final : bool
        Only what is settled.
    by_name : bool
        Sorted by name, byte by byte, else as loaded.

    Yields
    ------
    name : str
    words : list of Word
        The elected ones with what people put right in their place; some clips are in memory at a time.
    """
    signs = "C" if session.get_bind().dialect.name == "postgresql" else "BINARY"
    order = (Item.name.collate(signs),) if by_name else (Item.place, Item.id)
    query = (
        select(Item, Consensus)
        .join(Consensus, (Consensus.item_id == Item.id) & (Consensus.run_id == Item.run_id))
        .where(Item.project_id == project.id, Item.kind == "transcripts", Item.deleted_at.is_(None))
        .order_by(*order)
    )
    if only_final:
        query = query.where(Item.state.in_(_SETTLED))
    for item, consensus in session.execute(query.execution_options(yield_per=50)):
        words = corrected(consensus.detail["columns"], _by_place(session, item))
        text = (item.final or {}).get("text")
        yield item.name, words if text is None else rewritten(words, text.split())
        session.expunge(consensus)


def corrected(columns: Sequence[Mapping[str, object]], answers: Mapping[int, Answer]) -> list[Word]:
    """The words of columns, with answers in place of what was elected.

    No word as an answer leaves the column out; several words share its time by their signs; a column that is joined
    gives its time to the word before it.

    Examples
    --------
    >>> elected = [{"text": "fifteen", "certainty": 0.6, "start": 0.0, "end": 0.6}, {"text": "mg", "certainty": 0.9}]
    >>> [(word.text, word.start, word.end) for word in corrected(elected, {1: {"own": "five ten"}})]
    [('five', 0.0, 0.343), ('ten', 0.343, 0.6), ('mg', None, None)]
    >>> [word.text for word in corrected(elected, {1: {"own": "15mg"}, 2: {"joined": True}})]
    ['15mg']
    """
    words: list[Word] = []
    for place, column in enumerate(columns, start=1):
        answer = answers.get(place)
        start, end = (column.get(name) for name in ("start", "end"))
        if answer is not None and "joined" in answer:
            if words and end is not None and words[-1].end is not None:
                words[-1] = replace(words[-1], end=max(float(end), words[-1].end))  # type: ignore[arg-type]
            continue
        said = str(column["text"] if answer is None else next(iter(answer.values())))
        sure = 1.0 if answer is not None else min(max(float(column["certainty"]), 0.0), 1.0)  # type: ignore[arg-type]
        times = "given" if start is not None else "missing"
        parts = said.split() if answer is not None else [said] * bool(said)
        for text, (begin, stop) in zip(parts, divided(start, end, parts), strict=True):  # type: ignore[arg-type]
            words.append(Word(text, begin, stop, sure, times=times))
    return words


def divided(start: float | None, end: float | None, parts: Sequence[str]) -> list[tuple[float | None, float | None]]:
    """The time of a word shared out to the parts it is divided into, by their signs.

    Examples
    --------
    >>> divided(1.0, 2.0, ["a", "bcd"]), divided(None, None, ["a"])
    ([(1.0, 1.25), (1.25, 2.0)], [(None, None)])
    """
    if start is None or end is None or len(parts) < 2:
        return [(start, end)] * len(parts)
    total = sum(map(len, parts))
    edges = [start]
    for part in parts:
        edges.append(edges[-1] + (end - start) * len(part) / total)
    edges[-1] = end
    edges = [round(edge, 3) for edge in edges]
    return list(itertools.pairwise(edges))


def rewritten(words: Sequence[Word], text: Sequence[str]) -> list[Word]:
    """The words of a text that was written anew: those that stayed keep their times.

    Examples
    --------
    >>> made = rewritten([Word("a", 0, 1), Word("b", 1, 2)], ["a", "new", "b"])
    >>> [(word.text, word.start) for word in made]
    [('a', 0), ('new', None), ('b', 1)]
    """
    before = [word.text for word in words]
    made: list[Word] = []
    for kind, low, high, first, last in SequenceMatcher(None, before, list(text), autojunk=False).get_opcodes():
        if kind == "equal":
            made += words[low:high]
        elif kind == "replace" and high - low == last - first:
            pairs = zip(words[low:high], text[first:last], strict=True)
            made += [replace(word, text=new, confidence=1.0) for word, new in pairs]
        else:
            made += [Word(new, confidence=1.0, times="missing") for new in text[first:last]]
    return made


def _by_place(session: Session, item: Item) -> dict[int, Answer]:
    """What people decided of single places, the latest word of each place."""
    query = (
        select(Decision.place, Decision.answer)
        .where(Decision.item_id == item.id, Decision.current.is_(True), Decision.place.is_not(None))
        .where(Decision.act == "decide")
        .order_by(Decision.id)
    )
    return {int(place or 0): answer for place, answer in session.execute(query) if answer}


def _text(name: str, words: Sequence[Word], form: str) -> str:
    if form == "textgrid":
        return format_text_grid(words, name)
    if form == "eaf":
        return format_elan(words, name)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, f"clip.{form}")
        write_transcripts({name: words}, place)
        return place.read_text(encoding="utf-8")


def _plain(name: str) -> str:
    """A name that is safe in an archive."""
    return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name)[:80] or "clip"
