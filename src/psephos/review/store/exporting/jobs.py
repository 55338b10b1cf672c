"""How does an export run as a job: logged, written whole or not at all, with the head of the log beside it?

While it runs it says every few seconds until when to believe so. Whoever finds that this time has passed says that the
export was interrupted, as when its server was killed, and removes what there is of its file: any number of servers can
look after the exports of one database, and none takes a running one of another for a dead one.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import or_, select, update

from psephos.engine import atomic_write
from psephos.errors import InputError, StoreError, check_choice
from psephos.opinions.writing import write_parts
from psephos.review.store.account_tables import SYSTEM
from psephos.review.store.audit_log import record
from psephos.review.store.columns import now
from psephos.review.store.exporting import preferences, tables, transcripts, whole
from psephos.review.store.opening import Store
from psephos.review.store.reservations import AHEAD
from psephos.review.store.tables import Export, Project

FORMATS = ("jsonl", "html", "csv", "parquet", "gold", "preferences", *transcripts.FORMATS)
"""``jsonl`` is the whole project; ``html`` a report that prints well; ``csv`` and ``parquet`` take one of
`tables.TABLES`; ``gold`` (settled answers and shares) and ``preferences`` (pairs of answers) are JSON Lines."""

ENDINGS = {"gold": "jsonl", "preferences": "jsonl"}
"""How the files of formats end that are called otherwise."""

LEASE, BEAT = timedelta(seconds=60), 5.0
"""How long an export is believed to run after a sign of life, and how many seconds there are between two."""

INTERRUPTED = "the server stopped before it was done"
"""What the row of an interrupted export says."""

_EVERY = 5_000


def run_export(
    store: Store,
    project_id: int,
    form: str,
    path: str | Path,
    *,
    actor: str,
    progress: Callable[[int], None] | None = None,
    begun: Callable[[int], None] | None = None,
    own_folder: bool = False,
    **options: Any,
) -> Export:
    """Write an export and log it.

    Parameters
    ----------
    store : Store
    project_id : int
    form : str
        One of `FORMATS`.
    path : str or Path
        The file; several transcripts in a format of one clip each become ``path.zip``.
    actor : str
        Id of who asks.
    progress : callable, optional
        Is told the number of lines written so far; the row of the export says it too.
    begun : callable, optional
        Is told the id of the export before anything is written.
    own_folder : bool, default False
        Whether the folder of `path` holds this export alone: `interrupt` removes it should this process be killed.
    **options
        ``table`` (of csv and parquet), ``only_final``, ``history``, ``neutralise`` (of csv), ``names`` (of jsonl),
        ``opinions`` and ``language`` (of html).

    Returns
    -------
    Export
        With the SHA-256 of the file and the head of the log. Keep the head: rows that are cut off later show by it.

    Raises
    ------
    InputError
        If the format is unknown, there is no such project, or nothing to write; or if the export was said to be
        interrupted meanwhile, as of a process that was stopped for a minute, and its file removed.

    See Also
    --------
    interrupt : finds exports whose process is gone.
    """
    check_choice("format", form, FORMATS)
    path = Path(path)
    with store.write() as session:
        if session.get(Project, project_id) is None:
            raise InputError("project", f"there is no project {project_id}")
        job = Export(project_id=project_id, user_id=actor, format=form, options=dict(options), status="running")
        job.until, job.path = now() + LEASE, str(path) if own_folder else ""
        session.add(job)
        session.flush()
        said = {"format": form, "options": {name: str(value) for name, value in options.items()}}
        job.head = record(session, project_id, actor, "export.create", f"export:{job.id}", None, said).hash
        number = job.id

    def told(done: int) -> None:
        _say(store, number, done=done, until=now() + LEASE)
        if progress is not None:
            progress(done)

    if begun is not None:
        begun(number)
    with _alive(store, number):
        try:
            written, count = _write(store, project_id, form, path, told, options)
            with written.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except BaseException as problem:
            _finish(store, number, status="failed", path="", problem=str(problem)[:500])
            raise
        return _finish(store, number, status="done", path=str(written), sha256=digest, done=count, total=count)


def interrupt(
    store: Store, *, folder: Path, but: Collection[int] = (), only: Collection[int] | None = None, at: datetime
) -> list[int]:
    """Say of exports that gave no sign of life for `LEASE` that they were interrupted; remove what there is of them.

    Parameters
    ----------
    store : Store
    folder : Path
        Where exports with folders of their own lie; nothing is removed elsewhere.
    but : collection of int, default ()
        Exports that are known to run, whatever their time says: those of this process.
    only : collection of int, optional
        Exports that are known to have ended, whatever their time says.
    at : datetime
        The present.

    Returns
    -------
    list of int
        Their ids.
    """
    runs = Export.status == "running"
    silent = or_(Export.until.is_(None), Export.until <= at, Export.until > at + LEASE + AHEAD)
    these = (runs, silent if only is None else Export.id.in_(only), Export.id.not_in(but))
    with store.read() as session:
        if session.scalar(select(Export.id).where(*these).limit(1)) is None:
            return []
    gone = []
    with store.write() as session:
        jobs = select(Export).where(*these).order_by(Export.id).with_for_update(skip_locked=True)
        for job in session.scalars(jobs).all():
            job.status, job.problem, job.finished_at = "interrupted", INTERRUPTED, at
            record(session, job.project_id, SYSTEM, "export.interrupted", f"export:{job.id}")
            gone.append((job.id, Path(job.path)))
    for _, path in gone:
        remove(path, folder)
    return [number for number, _ in gone]


def remove(path: Path, folder: Path) -> None:
    """Remove an export with the folder of its own, if that lies in `folder`."""
    if path.name and path.parent.parent == folder and not path.parent.is_symlink():
        shutil.rmtree(path.parent, ignore_errors=True)


@contextmanager
def _alive(store: Store, number: int) -> Iterator[None]:
    """Say again and again that an export runs; however long a part of it takes."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT):
            _say(store, number, until=now() + LEASE)

    thread = threading.Thread(target=beat, name="export runs", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _say(store: Store, number: int, **values: Any) -> None:
    """Put into the row of a running export how far it is; if the database is busy, the next time will do."""
    running = update(Export).where(Export.id == number, Export.status == "running")
    with suppress(StoreError), store.write() as session:
        session.execute(running.values(values))


def _write(
    store: Store,
    project_id: int,
    form: str,
    path: Path,
    progress: Callable[[int], None],
    options: dict[str, Any],
) -> tuple[Path, int]:
    with store.read() as session:
        project = session.get_one(Project, project_id)
        if form in transcripts.FORMATS:
            final = bool(options.get("only_final"))
            return transcripts.write_settled(session, project, path, form, only_final=final, progress=progress)
        if form == "jsonl":
            lines = whole.lines(session, project, names=options.get("names", True))
            return path, _streamed(lines, path, progress)
        if form == "preferences":
            target = path.with_suffix(".jsonl")
            return target, _streamed(preferences.preference_lines(session, project), target, progress)
        if form == "html":
            from psephos.review.printing import report_parts

            kept = {
                name: options[name] for name in ("only_final", "history", "opinions", "language") if name in options
            }
            return path, _streamed(report_parts(session, project, **kept), path, progress)
        kept = {name: options[name] for name in ("only_final", "history") if name in options}
        name = "gold" if form == "gold" else options.get("table", "settled")
        target = path if form != "gold" else path.with_suffix(".jsonl")
        count = 0

        def told() -> Iterator[pl.DataFrame]:
            nonlocal count
            for part in tables.parts(session, project, name, **kept):
                yield part
                count += part.height
                if count % _EVERY == 0:
                    progress(count)

        write_parts(told(), target, neutralise=options.get("neutralise", True))
        return target, count


def _streamed(parts: Iterable[str], path: Path, progress: Callable[[int], None]) -> int:
    """Write parts one after the other, so that memory does not grow with the project; how many there were."""
    count = 0
    with atomic_write(path) as file:
        for count, part in enumerate(parts, start=1):
            file.write(part)
            if count % _EVERY == 0:
                progress(count)
    return count


def _finish(store: Store, number: int, *, status: str, **values: Any) -> Export:
    with store.write() as session:
        job = session.get_one(Export, number, with_for_update=True)
        lost = job.status == "interrupted"
        if lost and status == "done" and not Path(values["path"]).is_file():
            raise InputError("export", "is not on this server any more", hint="export again")
        if not lost or status == "done":
            for name, value in ({"problem": "", "status": status} | values).items():
                setattr(job, name, value)
            job.finished_at = now()
        session.flush()
        return job
