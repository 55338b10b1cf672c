"""How far are people, how long does an item take, how do reviewers agree, and how were they corrected?

Every number can be followed to the items behind it: the tables name them, or the filter of the queue that shows them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.errors import InputError
from psephos.opinions.frames import from_frame
from psephos.opinions.model import Opinions
from psephos.review.store.answers import key_of, shown
from psephos.review.store.tables import Decision, Item, Project

_PEOPLE = {
    "person": pl.String,
    "day": pl.String,
    "answered": pl.Int64,
    "skipped": pl.Int64,
    "median_seconds": pl.Float64,
}


def progress(session: Session, project: Project, *, minutes_east: int = 0) -> pl.DataFrame:
    """Answers and skips by person and day, with the median of active seconds.

    `minutes_east` is the time zone by which days are told. Records that undo and redo are not counted.
    """
    query = select(Decision.author_id, Decision.created_at, Decision.act, Decision.seconds).where(
        Decision.project_id == project.id, Decision.place.is_(None), Decision.undoes_id.is_(None)
    )
    shift = timedelta(minutes=minutes_east)
    rows = [(who, (at + shift).date().isoformat(), act, seconds) for who, at, act, seconds in session.execute(query)]
    frame = pl.DataFrame(rows, schema=["person", "day", "act", "seconds"], orient="row") if rows else None
    if frame is None:
        return pl.DataFrame(schema=_PEOPLE)
    timed = pl.col("seconds").filter(pl.col("seconds") > 0)
    return (
        frame.group_by("person", "day")
        .agg(
            (pl.col("act") != "skip").sum().cast(pl.Int64).alias("answered"),
            (pl.col("act") == "skip").sum().cast(pl.Int64).alias("skipped"),
            timed.median().alias("median_seconds"),
        )
        .sort("day", "person")
    )


def my_items(session: Session, project: Project, user_id: str, *, differs: bool = False) -> list[dict[str, Any]]:
    """What a person answered, what was settled on, and why; the last first.

    Parameters
    ----------
    session : Session
    project : Project
    user_id : str
    differs : bool
        Only where both differ: other scores by more than the spread of the project.

    Returns
    -------
    list of dict
        item, name, own, final (None while open), differs, reason, at.
    """
    mine = (
        select(Decision, Item)
        .join(Item, Item.id == Decision.item_id)
        .where(Decision.project_id == project.id, Decision.author_id == user_id, Decision.place.is_(None))
        .where(Decision.undoes_id.is_(None), Decision.act.in_(("decide", "adjudicate")))
        .order_by(Decision.id.desc())
    )
    found: dict[int, dict[str, Any]] = {}
    for decision, item in session.execute(mine):
        if item.id in found or decision.answer is None:
            continue
        final = {name: value for name, value in (item.final or {}).items() if name != "shares"}
        same = bool(final) and key_of(final, project, item.kind) == key_of(decision.answer, project, item.kind)
        if item.kind == "scores" and "score" in final:
            same = abs(final["score"] - decision.answer["score"]) <= project.spread + 1e-12
        other = bool(final) and not same
        if differs and not other:
            continue
        found[item.id] = {
            "item": item.id,
            "name": item.name,
            "own": shown(decision.answer),
            "final": shown(final) if final else None,
            "differs": other,
            "reason": _reason(session, item.id, user_id) if other else "",
            "at": decision.created_at,
        }
    return list(found.values())


def reviewers_opinions(session: Session, project: Project, kind: str) -> Opinions:
    """The answers of people as opinions, for `psephos.agreement`: how far do reviewers agree?

    Raises
    ------
    InputError
        If nobody answered an item of this kind.
    """
    query = (
        select(Item.name, Decision.author_id, Decision.answer)
        .join(Item, Item.id == Decision.item_id)
        .where(Decision.project_id == project.id, Item.kind == kind, Decision.place.is_(None))
        .where(Decision.current.is_(True), Decision.act == "decide")
        .order_by(Decision.id)
    )
    rows = [(name, who, answer) for name, who, answer in session.execute(query) if answer is not None]
    if not rows:
        raise InputError("project", f"has no answers of people to {kind}")
    if kind == "scores":
        table = {"score": [answer["score"] for _, _, answer in rows]}
    else:
        table = {"label": [shown(answer) for _, _, answer in rows]}
    said = pl.DataFrame({"item": [row[0] for row in rows], "voter": [row[1] for row in rows], **table})
    return from_frame(said, kind="scores" if kind == "scores" else "labels", repeated="last")


def _reason(session: Session, item_id: int, user_id: str) -> str:
    """What the person remarked who settled otherwise."""
    query = (
        select(Decision.note)
        .where(Decision.item_id == item_id, Decision.author_id != user_id, Decision.place.is_(None))
        .where(Decision.current.is_(True), Decision.note != "")
        .order_by(Decision.act == "adjudicate", Decision.id)
    )
    notes = session.scalars(query).all()
    return notes[-1] if notes else ""
