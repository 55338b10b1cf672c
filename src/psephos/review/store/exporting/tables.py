"""Which tables can be taken out: what was settled, gold labels with their shares, every opinion, every decision?

    settled     one row per item: what was settled on, by how many, what the consensus had been and how sure it was
    gold        one row per settled item: gold, and the share of each answer among the people who gave one
    opinions    one row per item and voter
    decisions   one row per record, those superseded only if `history`
    battles     one row per decision about the votes of an arena, see `preferences`

CSV cells that a spreadsheet would run are neutralised by `psephos.opinions.writing`, unless asked not to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.errors import check_choice
from psephos.review.store.answers import distribution, shown
from psephos.review.store.columns import written
from psephos.review.store.exporting.preferences import battle_table
from psephos.review.store.tables import Decision, Item, Opinion, Project

TABLES = ("settled", "gold", "opinions", "decisions", "battles")

_SETTLED = ("decided", "adjudicated", "locked")


def table(
    session: Session, project: Project, name: str, *, only_final: bool = False, history: bool = False
) -> pl.DataFrame:
    """One of `TABLES` of a project.

    Parameters
    ----------
    session : Session
    project : Project
    name : {"settled", "gold", "opinions", "decisions", "battles"}
    only_final : bool, default False
        Only items that are settled.
    history : bool, default False
        Also decisions that were superseded or taken back.

    Returns
    -------
    polars.DataFrame
    """
    check_choice("table", name, TABLES)
    if name == "gold":
        return pl.DataFrame(list(gold(session, project)), schema=_GOLD)
    if name == "battles":
        return battle_table(session, project)
    if name == "opinions":
        return _opinions(session, project, only_final)
    if name == "decisions":
        return _decisions(session, project, only_final, history)
    return _items(session, project, only_final)


def gold(session: Session, project: Project) -> Iterator[dict[str, Any]]:
    """Settled items with their gold answer and the shares of all answers; nothing settled on is None."""
    query = select(Item).where(*_here(project, True)).order_by(Item.place, Item.id)
    answers = _answers(session, project)
    for item in session.scalars(query):
        final = {name: value for name, value in (item.final or {}).items() if name != "shares"}
        given = answers.get(item.id, [])
        settled = [answer for act, answer in given if act == "adjudicate"]
        shares = distribution(settled[-1:] if "both" in final else [answer for act, answer in given if act == "decide"])
        yield {
            "item": item.name,
            "kind": item.kind,
            "gold": shown(final) or None,
            "shares": json.dumps(shares, ensure_ascii=False, sort_keys=True),
            "people": sum(act == "decide" for act, _ in given),
            "state": item.state,
            "content": item.content,
        }


_GOLD = {
    **dict.fromkeys(("item", "kind", "gold", "shares"), pl.String),
    "people": pl.Int64,
    **dict.fromkeys(("state", "content"), pl.String),
}


def _items(session: Session, project: Project, only_final: bool) -> pl.DataFrame:
    counted = _answers(session, project)
    rows = [
        {
            "item": item.name,
            "kind": item.kind,
            "state": item.state,
            "final": shown({k: v for k, v in (item.final or {}).items() if k != "shares"} or None) or None,
            "people": len(counted.get(item.id, [])),
            "consensus": item.choice,
            "certainty": item.certainty,
            "margin": item.margin,
            "votes": item.votes,
            "support": item.support,
            "risk": item.risk,
            "flags": "; ".join(item.flags),
        }
        for item in session.scalars(select(Item).where(*_here(project, only_final)).order_by(Item.place, Item.id))
    ]
    texts = ("item", "kind", "state", "final")
    numbers = {
        "certainty": pl.Float64,
        "margin": pl.Float64,
        "votes": pl.Int64,
        "support": pl.Int64,
        "risk": pl.Float64,
    }
    schema = {
        **dict.fromkeys(texts, pl.String),
        "people": pl.Int64,
        "consensus": pl.String,
        **numbers,
        "flags": pl.String,
    }
    return pl.DataFrame(rows, schema=schema)


def _opinions(session: Session, project: Project, only_final: bool) -> pl.DataFrame:
    query = (
        select(Item.name, Opinion.voter, Opinion.value, Opinion.number, Opinion.detail)
        .join(Item, Item.id == Opinion.item_id)
        .where(*_here(project, only_final))
        .order_by(Opinion.id)
    )
    rows = [
        (name, voter, value, number, json.dumps(detail, ensure_ascii=False))
        for name, voter, value, number, detail in session.execute(query)
    ]
    schema = {"item": pl.String, "voter": pl.String, "value": pl.String, "number": pl.Float64, "detail": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _decisions(session: Session, project: Project, only_final: bool, history: bool) -> pl.DataFrame:
    query = select(Item.name, Decision).join(Item, Item.id == Decision.item_id).where(*_here(project, only_final))
    if not history:
        query = query.where(Decision.current.is_(True), Decision.act != "withdraw")
    rows = [
        {
            "decision": made.id,
            "item": name,
            "place": made.place,
            "person": made.author_id,
            "act": made.act,
            "answer": shown(made.answer) or None,
            "reason": made.reason,
            "note": made.note,
            "adopted_from": made.adopted_from,
            "supersedes": made.supersedes_id,
            "undoes": made.undoes_id,
            "stands": made.current,
            "older_evidence": made.older_evidence,
            "seconds": made.seconds,
            "at": written(made.created_at),
        }
        for name, made in session.execute(query.order_by(Decision.id))
    ]
    whole = dict.fromkeys(("decision", "place", "supersedes", "undoes"), pl.Int64)
    flags = dict.fromkeys(("stands", "older_evidence"), pl.Boolean)
    names = ("decision", "item", "place", "person", "act", "answer", "reason", "note", "adopted_from")
    order = (*names, "supersedes", "undoes", "stands", "older_evidence", "seconds", "at")
    kinds = {**dict.fromkeys(order, pl.String), **whole, **flags, "seconds": pl.Float64}
    return pl.DataFrame(rows, schema=kinds)


def _answers(session: Session, project: Project) -> dict[int, list[tuple[str, Any]]]:
    query = (
        select(Decision.item_id, Decision.act, Decision.answer)
        .where(Decision.project_id == project.id, Decision.current.is_(True), Decision.place.is_(None))
        .where(Decision.act.in_(("decide", "adjudicate")))
        .order_by(Decision.id)
    )
    found: dict[int, list[tuple[str, Any]]] = {}
    for item, act, answer in session.execute(query):
        found.setdefault(item, []).append((act, answer))
    return found


def _here(project: Project, only_final: bool) -> tuple[Any, ...]:
    here = (Item.project_id == project.id, Item.deleted_at.is_(None))
    return (*here, Item.state.in_(_SETTLED)) if only_final else here
