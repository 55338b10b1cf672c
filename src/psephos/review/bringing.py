"""How does a file that somebody sends become opinions of a project, or a project?

The name says the format and is never used as a path; the bytes lie in a folder of their own for the time of reading.
Everything that `psephos.read` reads comes in: tables, transcripts, logs of evaluations (Inspect, promptfoo,
lm-evaluation-harness), annotations (Label Studio, Argilla), votes of arenas. A full export becomes the project that it
was. What cannot be read leaves nothing behind, no empty project either. A file that would take more memory or time
than a server gives is refused by `trying`, and one file is read at a time.

Source: sheet 90 section 6. Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from sqlalchemy.orm import Session

from psephos.errors import BusyError, InputError, check_choice
from psephos.opinions.model import Opinions
from psephos.review.context import Context
from psephos.review.delivering import tell
from psephos.review.store.account_tables import User
from psephos.review.store.importing.whole import import_project, is_whole
from psephos.review.store.loading import Loaded, load
from psephos.review.store.people import set_role
from psephos.review.store.projects import create_project
from psephos.review.store.tables import Project
from psephos.review.trying import read_answers, try_reading

_READING = BoundedSemaphore(1)
_WAIT = 60.0
"""Seconds for which a file waits until another is read."""

READ_AS = ("labels", "samples", "scores", "transcripts", "battles")
"""Kinds that a file can be said to be of, where it could be several."""


def bring(here: Context, sent: Path, name: str, *, question: str = "", kind: str = "") -> dict[str, Any]:
    """Load a file into the project.

    Parameters
    ----------
    here : Context
    sent : Path
        The file, alone in a folder.
    name : str
        What it is called; its ending says the format.
    question : str
        Of annotations with several questions or controls, or of any table: the column that holds the answer.
    kind : str
        One of `READ_AS`, where the file could be of several.

    Raises
    ------
    InputError
        If the file cannot be read, or holds what cannot be reviewed.
    """
    opinions, plain = _opinions(here, sent, name, question, kind)
    with here.write() as session:
        return _loaded(session, here, session.get_one(Project, here.project_id), opinions, plain)


def bring_project(
    here: Context, sent: Path, name: str, *, project: str = "", question: str = "", kind: str = ""
) -> dict[str, Any]:
    """Make a project of a file: a full export becomes the project that it was, anything else fills a new one.

    Parameters
    ----------
    here : Context
        Who sends it manages the project.
    sent : Path
        Where the bytes lie.
    name : str
        What the sender calls the file: its format and the name of the project, never a path.
    project : str
        Name of the project, if another.
    question, kind : str
        Which question of an annotation, and which kind of opinions, where the file does not say.

    Returns
    -------
    dict
        id, name, and source with what was read and set aside; None for a full export.

    Raises
    ------
    InputError
        The file cannot be read; nothing is left behind.
    """
    if is_whole(sent):
        with sent.open(encoding="utf-8", errors="replace", newline="\n") as lines, here.write() as session:
            made = import_project(session, lines, actor=here.caller.user_id, name=_plain_name(name)[0])
            if project.strip():
                made.name = project.strip()
            _manage(session, here, made)
            return {"id": made.id, "name": made.name, "source": None}
    opinions, plain = _opinions(here, sent, name, question, kind)
    with here.write() as session:
        made = create_project(session, project.strip() or plain, actor=here.caller.user_id)
        _manage(session, here, made)
        return {"id": made.id, "name": made.name} | _loaded(session, here, made, opinions, plain)


def _opinions(here: Context, sent: Path, name: str, question: str, kind: str) -> tuple[Opinions, str]:
    if kind:
        check_choice("kind", kind, READ_AS)
    plain, ending = _plain_name(name)
    if not _READING.acquire(timeout=_WAIT):
        raise BusyError("file", "waits for others that are being read", hint="try again in a minute; nothing was kept")
    try:
        with _as_file(sent, ending, plain) as file:
            stated = here.server.settings
            try_reading(file, question, kind, memory=stated.largest_memory, seconds=stated.longest_reading)
            return read_answers(file, question, kind), plain
    finally:
        _READING.release()


def _loaded(session: Session, here: Context, project: Project, opinions: Opinions, plain: str) -> dict[str, Any]:
    found: Loaded = load(session, project, opinions, actor=here.caller.user_id, name=plain)
    tell(session, project.id, "source", {"source": found.source_id, "items": found.items})
    return {
        "source": found.source_id,
        "items": found.items,
        "known_items": found.known_items,
        "opinions": found.opinions,
        "set_aside": found.set_aside,
    }


def _manage(session: Session, here: Context, project: Project) -> None:
    """Who brings a project is its manager."""
    person = session.get_one(User, here.caller.user_id)
    set_role(session, project, person, "manager", actor=here.caller.user_id)


def _plain_name(name: str) -> tuple[str, str]:
    """What a file is called without its path, and its ending."""
    plain = Path(name.replace("\\", "/")).name
    ending = "".join(Path(plain).suffixes[-2:])[-20:]
    if not ending or not all(sign.isalnum() or sign == "." for sign in ending):
        raise InputError("name", f"must end in the format, as in votes.csv, got {plain!r:.80}")
    return plain, ending


@contextmanager
def _as_file(sent: Path, ending: str, plain: str) -> Iterator[Path]:
    """The file with its ending for the time of reading; a complaint names what the person called it."""
    file = sent.rename(sent.with_name(f"upload{ending}"))
    try:
        yield file
    except InputError as wrong:
        problem, where, hint = (
            text and text.replace(str(file), plain) for text in (wrong.problem, wrong.where, wrong.hint)
        )
        raise InputError("file", problem or "cannot be read", where=where, hint=hint) from None
