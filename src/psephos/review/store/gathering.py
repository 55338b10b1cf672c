"""Which opinions does a project hold, as they are to be decided?

Of what a voter said of an item several times, the last counts.
"""

from __future__ import annotations

from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.errors import InputError
from psephos.opinions.frames import from_frame
from psephos.opinions.model import Opinions
from psephos.review.store.tables import Item, Opinion, Source

VALUE = {"labels": "label", "samples": "answer", "scores": "score", "transcripts": "token"}
"""The column that says what was chosen, by kind."""


def opinions_of(session: Session, project_id: int, kind: str) -> Opinions:
    """All opinions of one kind in a project, with what is known of items and voters.

    Raises
    ------
    InputError
        If there are none.
    """
    value = VALUE[kind]
    columns = (Item.name, Opinion.voter, Opinion.value, Opinion.number, Opinion.detail)
    query = (
        select(*columns)
        .join(Item, Item.id == Opinion.item_id)
        .where(Item.project_id == project_id, Item.kind == kind, Item.deleted_at.is_(None))
        .order_by(Opinion.id)
        .execution_options(yield_per=5_000)
    )
    rows: list[dict[str, Any]] = []
    if kind == "transcripts":
        last = {(item, voter): (text, detail["words"]) for item, voter, text, _, detail in session.execute(query)}
        for (item, voter), (_, words) in last.items():
            rows += [{"item": item, "voter": voter, "position": place} | word for place, word in enumerate(words)]
            if not words:
                rows.append({"item": item, "voter": voter, "position": 0, "token": None})
    else:
        for item, voter, text, number, detail in session.execute(query):
            rows.append({"item": item, "voter": voter, value: number if kind == "scores" else text} | detail)
    if not rows:
        raise InputError("project", f"holds no {kind}", hint="load some first")
    frame = pl.DataFrame(rows, infer_schema_length=None)
    key = [name for name in ("item", "voter", "draw", "round", "position") if name in frame.columns]
    frame = frame.unique(key, keep="last", maintain_order=True)
    about = _about(session, project_id, kind)
    return from_frame(frame, kind=kind, about=about, repeated="last" if kind in ("labels", "scores") else "auto")


def _about(session: Session, project_id: int, kind: str) -> dict[str, pl.DataFrame]:
    """The tables about items and voters, as they were."""
    query = select(Item.name, Item.about).where(Item.project_id == project_id, Item.kind == kind)
    items = [{"item": name} | about for name, about in session.execute(query) if about]
    tables = select(Source.about).where(Source.project_id == project_id, Source.kind == kind).order_by(Source.id)
    voters = {name: row for table in session.scalars(tables) for name, row in table.items()}
    found = {
        "items": items,
        "voters": [{"voter": name} | row for name, row in voters.items()],
    }
    return {name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in found.items() if rows}
