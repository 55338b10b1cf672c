"""How does an export run as a job: logged, written whole or not at all, with the head of the log beside it?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from psephos.engine import atomic_write
from psephos.errors import InputError, check_choice
from psephos.opinions.writing import write_parts
from psephos.review.store.audit_log import record
from psephos.review.store.columns import now
from psephos.review.store.exporting import preferences, tables, transcripts, whole
from psephos.review.store.opening import Store
from psephos.review.store.tables import Export, Project

FORMATS = ("jsonl", "html", "csv", "parquet", "gold", "preferences", *transcripts.FORMATS)
"""``jsonl`` is the whole project; ``html`` a report that prints well; ``csv`` and ``parquet`` take one of
`tables.TABLES`; ``gold`` (settled answers and shares) and ``preferences`` (pairs of answers) are JSON Lines."""

ENDINGS = {"gold": "jsonl", "preferences": "jsonl"}
"""How the files of formats end that are called otherwise."""

_EVERY = 5_000


def run_export(
    store: Store,
    project_id: int,
    form: str,
    path: str | Path,
    *,
    actor: str,
    progress: Callable[[int], None] | None = None,
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
        If the format is unknown, there is no such project, or nothing to write.
    """
    check_choice("format", form, FORMATS)
    path = Path(path)
    with store.write() as session:
        if session.get(Project, project_id) is None:
            raise InputError("project", f"there is no project {project_id}")
        job = Export(project_id=project_id, user_id=actor, format=form, options=dict(options), status="running")
        session.add(job)
        session.flush()
        said = {"format": form, "options": {name: str(value) for name, value in options.items()}}
        job.head = record(session, project_id, actor, "export.create", f"export:{job.id}", None, said).hash
        number = job.id

    def told(done: int) -> None:
        with store.write() as session:
            session.get_one(Export, number).done = done
        if progress is not None:
            progress(done)

    try:
        written, count = _write(store, project_id, form, path, told, options)
    except BaseException as problem:
        _finish(store, number, status="failed", problem=str(problem)[:500])
        raise
    with written.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return _finish(store, number, status="done", path=str(written), sha256=digest, done=count, total=count)


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


def _finish(store: Store, number: int, **values: Any) -> Export:
    with store.write() as session:
        job = session.get_one(Export, number)
        for name, value in values.items():
            setattr(job, name, value)
        job.finished_at = now()
        session.flush()
        return job
