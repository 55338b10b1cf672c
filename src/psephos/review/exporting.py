"""How does an export that somebody asked for on a page get made?

In a thread of its own, into a folder that nobody else reads, under a random name; the row of the export says how
far it is. What is asked for is checked before the answer, so that a wrong format is said at once. A server looks every
few seconds whether an export of any server of its database has gone silent: it is then said to have been interrupted,
its half file is removed, and one press starts it again.

Source: sheet 90 section 6. Differs: nothing.
"""

from __future__ import annotations

import re
import secrets
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from psephos.errors import InputError, StoreError, check_choice
from psephos.review.context import Context, Server
from psephos.review.delivering import tell
from psephos.review.settings import Settings
from psephos.review.store.columns import now
from psephos.review.store.exporting.jobs import BEAT, ENDINGS, FORMATS, interrupt, remove, run_export
from psephos.review.store.exporting.tables import TABLES
from psephos.review.store.tables import Export, Project

log = structlog.get_logger("psephos.review")
WAIT, PATIENCE = 10.0, 2.0
"""Seconds to wait for the row of an export, and for its file."""

CHOICES = (
    ("html", "Report with the evidence, to print"),
    ("csv", "Table for spreadsheets (CSV)"),
    ("parquet", "Table (Parquet)"),
    ("gold", "Gold labels with the share of each answer"),
    ("preferences", "Preferred and rejected answers (DPO)"),
    ("txt", "Transcripts: plain text"),
    ("srt", "Transcripts: subtitles (SRT)"),
    ("vtt", "Transcripts: subtitles (WebVTT)"),
    ("textgrid", "Transcripts: Praat (TextGrid)"),
    ("eaf", "Transcripts: ELAN (EAF)"),
    ("ctm", "Transcripts: scoring (CTM)"),
    ("stm", "Transcripts: scoring (STM)"),
    ("json", "Transcripts: words with times and certainty (JSON)"),
    ("jsonl", "The whole project, to bring back or keep"),
)
"""Formats as a page offers them."""

TABLE_CHOICES = (
    ("settled", "Items: what was settled, what voters said"),
    ("gold", "Gold labels with the share of each answer"),
    ("opinions", "All opinions: a row per item and voter"),
    ("decisions", "Decisions: who decided what, when"),
    ("battles", "Battles: reviewed votes of an arena"),
)
"""Tables as a page offers them."""

__all__ = ["CHOICES", "FORMATS", "TABLES", "TABLE_CHOICES", "again", "begin", "file_name", "watch"]


def begin(here: Context, form: str, **options: Any) -> dict[str, Any]:
    """Begin an export; what is returned is known before it is made.

    Raises
    ------
    InputError
        If the format or the table is unknown.
    """
    check_choice("format", form, FORMATS)
    if options.get("table") is not None:
        check_choice("table", options["table"], tuple(TABLES))
    stated = {name: value for name, value in options.items() if value is not None}
    project, actor, server = here.project_id, here.caller.user_id, here.server
    folder = folder_of(here.settings)
    place = folder / secrets.token_urlsafe(16) / f"export.{ENDINGS.get(form, form)}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.parent.mkdir(mode=0o700)
    numbers: list[int] = []
    known = threading.Event()

    def begun(number: int) -> None:
        server.exports.add(number)
        numbers.append(number)
        known.set()

    def work() -> None:
        try:
            made = run_export(server.store, project, form, place, actor=actor, begun=begun, own_folder=True, **stated)
            with server.store.write() as session:
                tell(session, project, "export", {"export": made.id, "format": form, "head": made.head})
        except InputError as problem:
            log.warning("export", project=project, format=form, argument=problem.argument)
            remove(place, folder)
        except Exception as problem:  # noqa: BLE001 - the row of the export says that it failed
            log.error("export", project=project, format=form, kind=type(problem).__name__)
            remove(place, folder)
        finally:
            server.exports.difference_update(numbers)
            known.set()

    thread = threading.Thread(target=work, name="export", daemon=True)
    thread.start()
    known.wait(WAIT)
    thread.join(PATIENCE)  # small ones are there when the page comes back
    if not numbers:
        return {"id": None, "status": "waiting", "format": form}
    with here.read() as session:
        return {"id": numbers[0], "status": session.get_one(Export, numbers[0]).status, "format": form}


def again(here: Context, export: int) -> dict[str, Any]:
    """Begin an export with the format and options of another, such as one that was interrupted.

    Raises
    ------
    InputError
        If that one still runs.
    """
    with here.read() as session:
        one = session.get_one(Export, export)
    if one.status in ("waiting", "running"):
        raise InputError("export", "still runs", hint="wait until it is done")
    return begin(here, one.format, **one.options)


def watch(server: Server) -> Callable[[], None]:
    """Look after exports in a thread of its own; what is returned ends it, and with it the exports of this server."""
    ended = threading.Event()
    folder = folder_of(server.settings)

    def work() -> None:
        while True:
            try:
                interrupt(server.store, folder=folder, but=set(server.exports), at=now())
            except StoreError as problem:
                log.warning("exports wait", problem=problem.problem)
            if ended.wait(BEAT):
                return

    thread = threading.Thread(target=work, name="exports", daemon=True)
    thread.start()

    def stop() -> None:
        ended.set()
        thread.join(timeout=15)
        try:
            interrupt(server.store, folder=folder, only=set(server.exports), at=now())
        except StoreError as problem:  # the next server says it
            log.warning("exports wait", problem=problem.problem)

    return stop


def file_name(project: Project, one: Export) -> str:
    """What a downloaded export is called.

    Examples
    --------
    >>> file_name(Project(name="My/votes?"), Export(id=3, path="/x/abc.jsonl", format="jsonl"))
    'My-votes-3.jsonl'
    """
    plain = re.sub(r"[^\w.-]+", "-", project.name).strip("-.")[:80] or "export"
    return f"{plain}-{one.id}{''.join(Path(one.path).suffixes)}"


def folder_of(settings: Settings) -> Path:
    """Where exports lie: beside a SQLite file, else in a folder for passing files."""
    if "://" in settings.database:
        return Path(tempfile.gettempdir(), "psephos-exports").resolve()
    file = Path(settings.database).resolve()
    return file.with_name(f"{file.name}-exports")
