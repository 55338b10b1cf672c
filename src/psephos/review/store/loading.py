"""How do opinions get into a project?

Each item becomes a row, each vote, answer, score or transcript another. An item that the project knows keeps its row,
its decisions and its history, and gets the new opinions; what one voter says again on it counts instead of what it said
before. A file that was loaded before is refused. What the reader set aside stands with the source.

A share of the items is drawn at random for the audit slice, by a hash of the name and a secret of the project: it does
not depend on the order in which things are loaded, and cannot be guessed.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from psephos.errors import InputError
from psephos.opinions.model import Opinions
from psephos.opinions.reading import read
from psephos.opinions.wording import plural
from psephos.review.store.audit_log import canonical, record
from psephos.review.store.bulk import insert_rows, reserve_ids
from psephos.review.store.columns import now
from psephos.review.store.drawing import drawn
from psephos.review.store.gathering import VALUE
from psephos.review.store.importing.battles import votes_as_labels
from psephos.review.store.media import register
from psephos.review.store.projects import MOST
from psephos.review.store.recomputing import recompute
from psephos.review.store.tables import Item, Opinion, Project, Source

KINDS = ("labels", "samples", "scores", "transcripts")
"""Kinds of opinions that are reviewed."""

CONTENT = ("prompt", "question", "input", "context", "title", "text", "image", "audio")
"""What the table about items says that makes an item the same in another run."""

_NAMED = CONTENT[:6]


@dataclass(frozen=True)
class Loaded:
    """What loading came to.

    Attributes
    ----------
    source_id, run_id : int
        The new source, and the run that decided.
    items, known_items : int
        Items that were new, and those that the project knew.
    opinions : int
    set_aside : int
        Rows of the input that take no part; `Source.issues` says why.
    """

    source_id: int
    run_id: int | None
    items: int
    known_items: int
    opinions: int
    set_aside: int

    def __str__(self) -> str:
        aside = f"; {plural(self.set_aside, 'row')} set aside" if self.set_aside else ""
        known, said = plural(self.known_items, "known item"), plural(self.opinions, "opinion")
        return f"{self.items:,} new and {known}, {said}{aside}"


def load_path(session: Session, project: Project, path: str | Path, *, actor: str, **options: Any) -> Loaded:
    """Load any file or folder of opinions that `psephos.read` reads, and the recordings that its items name.

    Parameters
    ----------
    session : Session
        From `Store.write`.
    project : Project
    path : str or Path
    actor : str
        Id of who loads.
    **options
        Passed to `psephos.read`.

    Returns
    -------
    Loaded

    Raises
    ------
    InputError
        If the opinions are of a kind that is not reviewed, or were loaded before.
    """
    place = Path(path)
    folder = place if place.is_dir() else place.parent
    return load(session, project, read(path, **options), actor=actor, folder=folder)


def load(
    session: Session,
    project: Project,
    opinions: Opinions,
    *,
    actor: str,
    folder: Path | None = None,
    name: str | None = None,
    decide: bool = True,
) -> Loaded:
    """Load opinions into a project; see `load_path`.

    `folder` is where the recordings lie that items name under ``audio``; `name` is what the source is called. Without
    `decide` nothing is computed yet.
    """
    hashes = list(opinions.source.sha256) or [opinions.sha256]
    names = opinions.source.names
    if opinions.kind == "battles":
        opinions = votes_as_labels(opinions)
    if opinions.kind not in KINDS:
        hint = f"these are: {', '.join(KINDS)}, and battles as labels of who is better"
        raise InputError("opinions", f"{opinions.kind} cannot be reviewed", hint=hint)
    _check_new(session, project, opinions.kind, hashes)
    voters = opinions.about.voters
    source = Source(
        project_id=project.id,
        name=name or ", ".join(Path(one).name for one in names)[:500],
        kind=opinions.kind,
        sha256=hashes,
        issues=opinions.issues.to_list(),
        about={} if voters is None else {row.pop("voter"): _plain(row) for row in voters.to_dicts()},
    )
    session.add(source)
    session.flush()
    first_load = session.scalar(select(Item.id).where(Item.project_id == project.id).limit(1)) is None
    ids, fresh = _items(session, project, source, opinions, folder)
    rows = _opinion_rows(opinions, ids, source.id)
    count = _insert_opinions(session, rows)
    source.n_items, source.n_opinions = len(ids), count
    known = len(ids) - fresh
    if known:
        _count_versions(session, source.id)
    said = {"kind": source.kind, "items": fresh, "known_items": known, "opinions": count, "sha256": hashes}
    record(session, project.id, actor, "source.load", f"source:{source.id}", None, said)
    run = None
    if decide:
        run = recompute(session, project, opinions.kind, actor=actor, opinions=opinions if first_load else None)
    return Loaded(source.id, None if run is None else run.id, fresh, known, count, opinions.issues.set_aside)


def content_of(kind: str, name: str, about: Mapping[str, Any]) -> str:
    """What tells an item in any run and project: its prompt or text if it has one, else its name.

    Examples
    --------
    >>> asked = {"prompt": "2 + 2?"}
    >>> content_of("samples", "q1", asked) == content_of("samples", "17", asked)
    True
    """
    said = {column: about[column] for column in CONTENT if about.get(column) is not None}
    if not any(column in said for column in _NAMED):
        said["name"] = name
    return hashlib.sha256(canonical({"kind": kind} | said).encode()).hexdigest()


def _check_new(session: Session, project: Project, kind: str, hashes: list[str]) -> None:
    for source in session.scalars(select(Source).where(Source.project_id == project.id, Source.kind == kind)):
        if source.sha256 == hashes:
            problem = f"was loaded before, as {source.name!r:.80}"
            raise InputError("path", problem, hint="to compute anew use `psephos.review.store.recompute`")


def _items(
    session: Session, project: Project, source: Source, opinions: Opinions, folder: Path | None
) -> tuple[dict[str, int], int]:
    """Ids of all items by name, and how many of them are new."""
    names = opinions.vocabulary("item").to_list()
    here = select(Item.name, Item.id).where(Item.project_id == project.id, Item.kind == opinions.kind)
    known = {row.name: row.id for row in session.execute(here)}
    fresh = [(place, name) for place, name in enumerate(names) if name not in known]
    about = _rows_by_key(opinions.about.items, "item")
    ids = dict(zip((name for _, name in fresh), reserve_ids(session, Item, len(fresh)), strict=True))
    recordings = register(session, project, about, [name for _, name in fresh], folder)
    made = now()
    insert_rows(
        session,
        Item,
        (
            _item(project, source, opinions.kind, name, place, about.get(name, {}))
            | {"id": ids[name], "media_id": recordings.get(name), "created_at": made}
            for place, name in fresh
        ),
    )
    return {name: ids.get(name) or known[name] for name in names}, len(fresh)


def _item(project: Project, source: Source, kind: str, name: str, place: int, about: dict[str, Any]) -> dict[str, Any]:
    cost = _number(about.get("cost"), project.cost)
    seconds = project.seconds + (_number(about.get("seconds"), 0.0) if kind == "transcripts" else 0.0)
    return {
        "project_id": project.id,
        "source_id": source.id,
        "kind": kind,
        "name": name,
        "place": place,
        "content": content_of(kind, name, about),
        "about": about,
        "state": "new",
        "version": 1,
        "overlap": None,
        "in_audit": drawn(project.salt, "audit", name) < project.audit_share,
        "draw": drawn(project.salt, "order", name),
        "choice": None,
        "certainty": None,
        "margin": None,
        "votes": 0,
        "support": 0,
        "flags": [],
        "risk": 1.0,
        "cost": cost,
        "seconds": seconds,
        "value": cost / seconds,
        "run_id": None,
        "final": None,
        "flagged": False,
        "deleted_at": None,
    }


def _opinion_rows(opinions: Opinions, ids: Mapping[str, int], source_id: int) -> Iterator[dict[str, Any]]:
    """Rows of `Opinion` but for their ids."""
    frame = opinions.frame()
    frame = frame.filter(pl.col("item").is_not_null())
    if opinions.kind == "transcripts":
        yield from _transcript_rows(frame, ids, source_id)
        return
    value = VALUE[opinions.kind]
    number = opinions.kind == "scores"
    rest = [name for name in frame.columns if name not in ("item", "voter", value)]
    detail: dict[str, Any] = {}
    for item, voter, said, *others in frame.select("item", "voter", value, *rest).iter_rows():
        if rest:
            detail = _plain(dict(zip(rest, others, strict=True)))
        yield {
            "item_id": ids[item],
            "source_id": source_id,
            "voter": voter,
            "value": None if number else said,
            "number": said if number else None,
            "detail": detail,
        }


def _transcript_rows(frame: pl.DataFrame, ids: Mapping[str, int], source_id: int) -> Iterator[dict[str, Any]]:
    frame = frame.sort("position", maintain_order=True)
    for (item, voter), rows in frame.group_by("item", "voter", maintain_order=True):
        words = [
            _plain(row) for row in rows.drop("item", "voter", "position").filter(rows["token"].is_not_null()).to_dicts()
        ]
        yield {
            "item_id": ids[str(item)],
            "source_id": source_id,
            "voter": voter,
            "value": " ".join(word["token"] for word in words),
            "number": None,
            "detail": {"words": words},
        }


def _insert_opinions(session: Session, rows: Iterable[dict[str, Any]]) -> int:
    listed = list(rows)
    ids = reserve_ids(session, Opinion, len(listed))
    return insert_rows(session, Opinion, ({"id": one} | row for one, row in zip(ids, listed, strict=True)))


def _count_versions(session: Session, source_id: int) -> None:
    """Items that got further opinions are of a new version."""
    touched = select(Opinion.item_id).where(Opinion.source_id == source_id)
    older = (Item.id.in_(touched), Item.source_id != source_id)
    session.execute(update(Item).where(*older).values(version=Item.version + 1), execution_options=_UNSEEN)


_PLAIN_TYPES = {str, int, bool, type(None)}
_UNSEEN = {"synchronize_session": False}


def _rows_by_key(table: pl.DataFrame | None, key: str) -> dict[str, dict[str, Any]]:
    return {} if table is None else {row.pop(key): _plain(row) for row in table.to_dicts()}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a row, as JSON can say it."""
    return {name: _json(value) for name, value in row.items() if value is not None}


def _json(value: Any) -> Any:
    if type(value) in _PLAIN_TYPES:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _json(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_json(part) for part in value]
    return str(value)


def _number(value: Any, otherwise: float) -> float:
    """A number above 0, and no larger than a cost may be, that a table says; or else the usual one."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return otherwise
    return number if 0 < number <= MOST else otherwise
