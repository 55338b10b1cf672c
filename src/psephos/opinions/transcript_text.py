"""Transcripts without times: a plain text file, or a table with whole texts in a column.

A ``.txt`` file is one transcript, its words what stands between blanks. A table with clips, systems and a column
``text`` (or ``transcript``) holds one transcript per row. Where it has `start` and `end` too, its rows are segments
whose time is spread over their words, and a transcript may have several. A row without text is a transcript without a
word.

Written, a text is one line. With `marks` a place where voters differ shows all that was heard, as in
``BP [120|130]/80`` or ``[no|] chest pain``: what was elected first, nothing as nothing. A ``[``, ``|`` or ``]`` inside
gets a backslash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import DuplicateSystemError, InputError
from psephos.opinions.coding import canonical
from psephos.opinions.kinds import kind_named
from psephos.opinions.text_files import Table, decoded
from psephos.opinions.transcript_checks import confidence_of, seconds_of
from psephos.opinions.transcript_tokens import TokenTable
from psephos.opinions.transcript_words import Word

TEXT_COLUMNS = ("text", "transcript")
"""Names, in any case, of a column of whole transcripts."""


def read_text(data: bytes, name: str, *, encoding: str = "utf-8") -> Table:
    r"""The words of a plain text.

    Examples
    --------
    >>> read_text(b"no chest\npain\n", "a.txt").frame["token"].to_list()
    ['no', 'chest', 'pain']
    """
    table = TokenTable(name)
    table.transcript()
    for line, text in enumerate(decoded(data, name, encoding).split("\n"), start=1):
        for word in text.split():
            table.word(word, line)
    return table.table()


def format_text(words: Sequence[Word], *, marks: bool = False) -> str:
    r"""The words of one clip as a line of text.

    Examples
    --------
    >>> format_text([Word("BP"), Word("120", alternatives=("130", ""))], marks=True)
    'BP [120|130|]\n'
    """
    texts = []
    for word in words:
        if marks and word.alternatives:
            shown = dict.fromkeys(" ".join(text.split()) for text in (word.text, *word.alternatives))
            texts.append("[" + "|".join(map(_escaped, shown)) + "]")
        elif word.text:
            texts.append(" ".join(word.text.split()))
    return " ".join(texts) + "\n" if texts else ""


def text_parts(columns: Sequence[str], kind: str | None, stated: Mapping[str, str] | None) -> dict[str, str] | None:
    """Which columns are item, voter, text, start, end; None where the table holds no whole transcripts.

    Examples
    --------
    >>> text_parts(["clip", "system", "text"], None, None)
    {'item': 'clip', 'voter': 'system', 'text': 'text'}
    """
    stated = dict(stated or {})
    transcripts = kind_named("transcripts")
    if kind not in (None, "transcripts") or set(stated) - {*transcripts.names, "text"}:
        return None
    folded = {name.strip().casefold(): name for name in reversed(columns)}
    parts: dict[str, str] = {}
    for part in ("item", "voter", "text", "start", "end", "confidence", "speaker"):
        column = transcripts.column(part)
        names = TEXT_COLUMNS if column is None else (part, *column.aliases)
        found = stated.get(part) or next((folded[name] for name in names if name in folded), None)
        if found is not None and found in columns:
            parts[part] = found
    return parts if {"item", "voter", "text"} <= set(parts) else None


def tokenised(
    frame: pl.DataFrame, rows: npt.NDArray[np.int64], name: str, parts: Mapping[str, str]
) -> tuple[pl.DataFrame, npt.NDArray[np.int64]]:
    """The words of a table of whole transcripts or of segments, and the row of each; further columns go with them.

    A confidence or a speaker holds for all words of its row.

    Raises
    ------
    DuplicateSystemError
        If a voter has two transcripts of one item.
    """
    segments = {"start", "end"} <= set(parts)
    if not segments and {"start", "end"} & set(parts):
        raise InputError("columns", "a table of segments needs both start and end", where=name)
    used = {part: canonical(frame[column]).cast(pl.String).to_list() for part, column in parts.items()}
    table = TokenTable(name, items=True, voters=True)
    for place in range(frame.height):
        row = {part: values[place] for part, values in used.items()}
        item, voter, words, where = row["item"], row["voter"], (row["text"] or "").split(), f"row {rows[place]:,}"
        if not (table.transcript(item, voter, place) or segments or item is None or voter is None):
            raise DuplicateSystemError(name, f"has two transcripts of {item!r:.60} by {voter!r:.60}", where=where)
        more = {"item": item, "voter": voter, "speaker": row.get("speaker"), "where": where}
        confidence = confidence_of(row.get("confidence"), name, where)
        if segments:
            start, end = (seconds_of(row[part] or "", name, where, part) for part in ("start", "end"))
            table.segment(words, place, start, end, confidence=confidence, **more)
            continue
        for word in words:
            table.word(word, place, confidence=confidence, **more)
    made = table.table()
    others = frame.drop(parts.values())[made.rows]
    return made.frame.hstack(others.rename({name: _free(name, made.frame.columns) for name in others.columns})), (
        rows[made.rows]
    )


def _free(name: str, taken: Sequence[str]) -> str:
    return name + "_" if name in taken else name


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("|", "\\|").replace("]", "\\]")
