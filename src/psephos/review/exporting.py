"""How does an export that somebody asked for on a page get made?

In a thread of its own, into a folder that nobody else reads, under a random name; the row of the export says how
far it is. What is asked for is checked before the answer, so that a wrong format is said at once.

Source: sheet 90 section 6. Differs: nothing.
"""

from __future__ import annotations

import re
import secrets
import tempfile
import threading
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select

from psephos.errors import InputError, check_choice
from psephos.review.context import Context
from psephos.review.delivering import tell
from psephos.review.settings import Settings
from psephos.review.store.exporting.jobs import ENDINGS, FORMATS, run_export
from psephos.review.store.exporting.tables import TABLES
from psephos.review.store.tables import Export, Project

log = structlog.get_logger("psephos.review")
WAIT, TRIES, PATIENCE = 0.5, 20, 4
"""How long to wait for the row of an export, in seconds and times, and how often for its file."""

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

__all__ = ["CHOICES", "FORMATS", "TABLES", "TABLE_CHOICES", "begin", "file_name"]


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
    ending = ENDINGS.get(form, form)
    folder = folder_of(here.settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = folder / f"{secrets.token_urlsafe(16)}.{ending}"

    def work() -> None:
        try:
            made = run_export(server.store, project, form, place, actor=actor, **stated)
            with server.store.write() as session:
                tell(session, project, "export", {"export": made.id, "format": form, "head": made.head})
        except InputError as problem:
            log.warning("export", project=project, format=form, argument=problem.argument)
        except Exception as problem:  # noqa: BLE001 - the row of the export says that it failed
            log.error("export", project=project, format=form, kind=type(problem).__name__)

    before = _latest(here)
    thread = threading.Thread(target=work, name="export", daemon=True)
    thread.start()
    one = before
    for tried in range(1, TRIES + 1):
        thread.join(timeout=WAIT)  # small ones are there when the page comes back
        one = _latest(here)
        if not thread.is_alive() or (one != before and tried >= PATIENCE):
            break
    number, status = one if one != before else (None, "waiting")
    return {"id": number, "status": status, "format": form}


def _latest(here: Context) -> tuple[int | None, str]:
    """The last export of whoever asks."""
    query = select(Export).where(Export.project_id == here.project_id, Export.user_id == here.caller.user_id)
    with here.read() as session:
        one = session.scalars(query.order_by(Export.id.desc()).limit(1)).first()
    return (None, "") if one is None else (one.id, one.status)


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
