"""psephos db load and db take: files into a project of the review app, and what people settled out of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from psephos.cli import options as o
from psephos.cli.store import DEFAULT, StoreOption, existing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from psephos.review.store.tables import Project

ProjectOption = Annotated[str, typer.Option("--project", metavar="NAME|ID", help="Name of the project, or its number.")]


@o.reads
def load(
    given: o.ReadOptions,
    project: ProjectOption,
    store: StoreOption = DEFAULT,
) -> None:
    """Load opinions into a project: tables, transcripts, logs of evaluations, annotations, votes of arenas.

    A project of this name is made where there is none. A full export (format jsonl) becomes a project of its own.
    """
    from psephos.cli import output
    from psephos.errors import InputError
    from psephos.review.store import open_store
    from psephos.review.store.importing.whole import import_project, is_whole
    from psephos.review.store.loading import load as bring
    from psephos.review.store.projects import create_project, system_user

    paths = [Path(path) for path in given.paths]
    whole = [path for path in paths if path.is_file() and is_whole(path)]
    if whole and len(paths) > 1:
        raise InputError("path", "a full export is loaded by itself", where=str(whole[0]))
    opinions = None if whole else given.load()
    opened = open_store(store)
    out = output.console()
    with opened.write() as session:
        actor = system_user(session).id
        if opinions is None:
            with whole[0].open(encoding="utf-8", errors="replace", newline="\n") as lines:
                made = import_project(session, lines, actor=actor, name=str(whole[0]))
            made.name = project
            output.print_line(out, f"{project}: project {made.id}, with its whole history")
        else:
            found = _found(session, project) or create_project(session, project, actor=actor)
            place = paths[0] if paths[0].is_dir() else paths[0].parent
            loaded = bring(session, found, opinions, actor=actor, folder=place)
            output.print_line(out, f"{found.name}: {loaded}")
            output.print_issues(out, opinions.issues)
    opened.close()


def take(
    to: Annotated[Path, typer.Argument(metavar="FILE", help="The new file.")],
    project: ProjectOption,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="html (a report to print), csv, parquet, gold, preferences, jsonl (everything), or of transcripts "
            "txt, srt, vtt, textgrid, eaf, ctm, stm, json; the ending of the file if not given.",
        ),
    ] = None,
    table: Annotated[
        str | None, typer.Option(help="Of csv and parquet: settled, gold, opinions, decisions, battles.")
    ] = None,
    only_final: Annotated[bool, typer.Option("--only-final", help="Only what is settled.")] = False,
    history: Annotated[bool, typer.Option("--history", help="Also decisions that were superseded.")] = False,
    without_opinions: Annotated[
        bool, typer.Option("--without-opinions", help="Of the report: leave out what each voter said.")
    ] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Leave cells that a spreadsheet would run as they are.")] = False,
    language: Annotated[str, typer.Option(help="Of the report: en or de.")] = "en",
    store: StoreOption = DEFAULT,
) -> None:
    """Write what people settled in a project, and log it."""
    from psephos.cli import output
    from psephos.errors import InputError
    from psephos.review.store.exporting.jobs import run_export
    from psephos.review.store.projects import system_user

    opened = existing(store)
    with opened.write() as session:
        actor = system_user(session).id
        found = _found(session, project)
        if found is None:
            raise InputError("project", f"there is none called {project!r:.60}", hint="psephos serve lists them")
        number = found.id
    options: dict[str, Any] = {"only_final": only_final, "history": history, "opinions": not without_opinions}
    options |= {"neutralise": not raw, "language": language} | ({"table": table} if table else {})
    made = run_export(opened, number, form or to.suffix.lower().lstrip("."), to, actor=actor, **options)
    out = output.console()
    output.print_line(out, f"Wrote {made.path}, SHA-256 {made.sha256}")
    output.print_line(out, f"Head of the log: {made.head}")
    opened.close()


def _found(session: Session, project: str) -> Project | None:
    """The project of this name, or else of this number."""
    from psephos.review.store.projects import project_named
    from psephos.review.store.tables import Project

    named = project_named(session, project)
    if named is not None or not (project.isascii() and project.isdecimal() and len(project) < 19):
        return named
    found = session.get(Project, int(project))
    return found if found is not None and found.deleted_at is None else None
