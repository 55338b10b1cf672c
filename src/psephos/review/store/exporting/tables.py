"""Which tables can be taken out: what was settled, gold labels with their shares, every opinion, every decision?

    settled     one row per item: what was settled on, by how many, what the consensus had been and how sure it was
    gold        one row per settled item: gold, and the share of each answer among the people who gave one
    opinions    one row per item and voter
    decisions   one row per record, those superseded only if `history`; `place` is the column of a transcript or the
                number of a judge's mark or score, and `part` says whose it is and of which words
    battles     one row per decision about the votes of an arena, see `preferences`

Tables come part by part, so that memory does not grow with the project. CSV cells that a spreadsheet would run are
neutralised by `psephos.opinions.writing`, unless asked not to.
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.errors import check_choice
from psephos.review.store.answers import distribution, shown
from psephos.review.store.columns import written
from psephos.review.store.exporting.preferences import battle_rows
from psephos.review.store.judging import parts_of
from psephos.review.store.tables import Decision, Item, Opinion, Project

TABLES = ("settled", "gold", "opinions", "decisions", "battles")

TOGETHER = 1_000
"""Rows of a part, and items that are looked up at once."""

_SETTLED = ("decided", "adjudicated", "locked")

Rows = Iterator[tuple[Any, ...]]


def parts(
    session: Session, project: Project, name: str, *, only_final: bool = False, history: bool = False
) -> Iterator[pl.DataFrame]:
    """One of `TABLES` of a project, part by part; the first part may have no rows.

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
    iterator of polars.DataFrame
    """
    check_choice("table", name, TABLES)
    rows = _ROWS[name](session, project, only_final, history)
    schema = _SCHEMAS[name]
    first = list(itertools.islice(rows, TOGETHER))
    yield pl.DataFrame(first, schema=schema, orient="row")
    while part := list(itertools.islice(rows, TOGETHER)):
        yield pl.DataFrame(part, schema=schema, orient="row")


def _items(session: Session, project: Project, only_final: bool, _: bool) -> Rows:
    """What each item came to."""
    told = ("kind", "state", "choice", "certainty", "margin", "votes", "support", "risk", "flags")
    for item, given in _with_answers(session, project, only_final, told):
        yield (
            *(item.name, item.kind, item.state, shown(_plain(item.final)) or None, len(given), item.choice),
            *(item.certainty, item.margin, item.votes, item.support, item.risk, "; ".join(item.flags)),
        )


def _gold(session: Session, project: Project, *_: bool) -> Rows:
    """Settled items with their gold answer and the shares of all answers; nothing settled on is None."""
    for item, given in _with_answers(session, project, True, ("kind", "state", "content")):
        final = _plain(item.final) or {}
        settled = [answer for act, answer in given if act == "adjudicate"]
        shares = distribution(settled[-1:] if "both" in final else [answer for act, answer in given if act == "decide"])
        people = sum(act == "decide" for act, _ in given)
        told = json.dumps(shares, ensure_ascii=False, sort_keys=True)
        yield item.name, item.kind, shown(final or None) or None, told, people, item.state, item.content


def _opinions(session: Session, project: Project, only_final: bool, _: bool) -> Rows:
    query = (
        select(Item.name, Opinion.voter, Opinion.value, Opinion.number, Opinion.detail)
        .join(Item, Item.id == Opinion.item_id)
        .where(*_here(project, only_final))
        .order_by(Opinion.id)
    )
    for name, voter, value, number, detail in _read(session, query):
        yield name, voter, value, number, json.dumps(detail, ensure_ascii=False)


def _decisions(session: Session, project: Project, only_final: bool, history: bool) -> Rows:
    columns = [getattr(Decision, name) for name in _RECORDS]
    query = select(Item.name, *columns).join(Item, Item.id == Decision.item_id).where(*_here(project, only_final))
    if not history:
        query = query.where(Decision.current.is_(True), Decision.act != "withdraw")
    query = query.add_columns(Decision.item_id).order_by(Decision.id)
    read = _read(session, query)
    while rows := list(itertools.islice(read, TOGETHER)):
        called = _parts(session, {row[-1] for row in rows if row[2] is not None})
        for name, number, place, person, act, answer, *rest, at, item in rows:
            part = called.get((item, place))
            yield number, name, place, part, person, act, shown(answer) or None, *rest, written(at)


def _parts(session: Session, items: set[int]) -> dict[tuple[int, int | None], str]:
    """Whose the marks and scores of these items are, and of which words, by item and place."""
    found: dict[tuple[int, int | None], str] = {}
    judged = select(Item).where(Item.id.in_(items), Item.kind.in_(("scores", "samples")))
    for item in session.scalars(judged):
        for one in session.scalars(select(Opinion).where(Opinion.item_id == item.id).order_by(Opinion.id)):
            for place, words in parts_of(item, [one]).items():
                said = [one.voter or "", "" if words == one.voter else words]
                found[item.id, place] = ": ".join(filter(None, said))
            session.expunge(one)
        session.expunge(item)
    return found


def _battles(session: Session, project: Project, *_: bool) -> Rows:
    return battle_rows(session, project)


def _with_answers(
    session: Session, project: Project, only_final: bool, columns: Iterable[str]
) -> Iterator[tuple[Any, list[tuple[str, Any]]]]:
    """Rows of items, each with the answers that stand, by act."""
    query = select(Item.id, Item.name, Item.final, *(getattr(Item, name) for name in columns))
    query = query.where(*_here(project, only_final)).order_by(Item.place, Item.id)
    rows = session.execute(query.execution_options(yield_per=TOGETHER))
    for part in rows.partitions(TOGETHER):
        given: dict[int, list[tuple[str, Any]]] = defaultdict(list)
        made = (
            select(Decision.item_id, Decision.act, Decision.answer)
            .where(Decision.item_id.in_([row.id for row in part]), Decision.current.is_(True))
            .where(Decision.place.is_(None), Decision.act.in_(("decide", "adjudicate")))
            .order_by(Decision.id)
        )
        for item, act, answer in session.execute(made):
            given[item].append((act, answer))
        for row in part:
            yield row, given[row.id]


def _read(session: Session, query: Any) -> Iterator[Any]:
    """Rows, some of them in memory at a time."""
    yield from session.execute(query.execution_options(yield_per=TOGETHER))


def _plain(final: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What was settled on, without the shares beside it; None for nothing."""
    return {name: value for name, value in (final or {}).items() if name != "shares"} or None


def _here(project: Project, only_final: bool) -> tuple[Any, ...]:
    here = (Item.project_id == project.id, Item.deleted_at.is_(None))
    return (*here, Item.state.in_(_SETTLED)) if only_final else here


_ROWS: Mapping[str, Callable[[Session, Project, bool, bool], Rows]] = MappingProxyType(
    {"settled": _items, "gold": _gold, "opinions": _opinions, "decisions": _decisions, "battles": _battles}
)
_RECORDS: tuple[str, ...] = (
    "id",
    "place",
    "author_id",
    "act",
    "answer",
    "reason",
    "note",
    "adopted_from",
    "supersedes_id",
    "undoes_id",
)
_RECORDS += ("current", "older_evidence", "seconds", "created_at")


def _texts(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), pl.String)


_SCHEMAS: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "settled": {
            **_texts("item kind state final"),
            "people": pl.Int64,
            "consensus": pl.String,
            "certainty": pl.Float64,
            "margin": pl.Float64,
            "votes": pl.Int64,
            "support": pl.Int64,
            "risk": pl.Float64,
            "flags": pl.String,
        },
        "gold": {**_texts("item kind gold shares"), "people": pl.Int64, **_texts("state content")},
        "opinions": {**_texts("item voter value"), "number": pl.Float64, "detail": pl.String},
        "decisions": {
            "decision": pl.Int64,
            "item": pl.String,
            "place": pl.Int64,
            **_texts("part person act answer reason note adopted_from"),
            "supersedes": pl.Int64,
            "undoes": pl.Int64,
            "stands": pl.Boolean,
            "older_evidence": pl.Boolean,
            "seconds": pl.Float64,
            "at": pl.String,
        },
        "battles": _texts("left right winner voter item"),
    }
)
"""Columns of each table with their types, which every part has."""
