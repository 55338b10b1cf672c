"""How good is each voter and each person, and where is each voter off?

The quality of voters is what the last run of each kind found. That of people is found in the same way: their answers
are opinions, and the model that learns voters from votes alone (`psephos.consensus.truth_inference`) says how reliable
each is, beside how often each said what was settled.

The map has a row per voter and a column per item, the riskiest items first: a voter differs from the choice, or a
score lies so far from the estimate, or so much of a transcript is not as elected. Of a blind project only items are
shown that whoever looks has decided.

Source: sheet 90 sections 3.2 and 3.5. Differs: nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.consensus.truth_inference.inference import truth_inference
from psephos.errors import InputError
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import json_ready
from psephos.review.store.tables import Consensus, Decision, Item, Opinion, Project, Run
from psephos.review.transcript_view import bare

MOST_ITEMS, MOST_VOTERS = 30, 40
"""Items and voters of a map."""

MOST_SAID = 3
"""Answers of one voter that a cell shows."""

LISTED = 200
FEWEST = 5
"""Items that a rater model needs at least."""

WIDE, SOME = 0.25, 0.1
"""Shares of a transcript's words that are heard otherwise: much, some."""


def voters_of(session: Session, project_id: int) -> list[dict[str, Any]]:
    """What the last run of each kind found out about each voter."""
    query = select(Run).where(Run.project_id == project_id).order_by(Run.id)
    last = {run.kind: run for run in session.scalars(query)}
    return [row | {"kind": kind} for kind, run in sorted(last.items()) for row in run.voters[:LISTED]]


def raters_of(opinions: Opinions, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """How reliable people are by their answers to the same items; nothing where these are too few.

    Examples
    --------
    >>> from psephos.opinions import labels
    >>> items = [f"i{n}" for n in range(8) for _ in range(3)]
    >>> said = ["x", "x", "y"] * 4 + ["z", "z", "z"] * 4
    >>> rows = raters_of(labels(items, ["u1", "u2", "u3"] * 8, said), {"u3": "Cid"})
    >>> [(row["name"], row["reliability"] < 0.9) for row in rows if row["voter"] == "u3"]
    [('Cid', True)]
    """
    if opinions.size("item") < FEWEST or opinions.size("voter") < 2:
        return []
    try:
        found: Any = truth_inference(opinions)
    except InputError:  # one choice alone, or nobody answered what another did
        return []
    rows: list[dict[str, Any]] = json_ready(found.voters.to_dicts())
    return [row | {"name": names.get(row["voter"], "")} for row in rows]


def maps_of(session: Session, project: Project, user_id: str) -> list[dict[str, Any]]:
    """A map of voters by items for each kind; see the module."""
    kinds = session.scalars(select(Run.kind).where(Run.project_id == project.id).distinct().order_by(Run.kind))
    found = (_map(session, project, kind, user_id) for kind in kinds.all())
    return [one for one in found if one["items"] and one["voters"]]


def _map(session: Session, project: Project, kind: str, user_id: str) -> dict[str, Any]:
    query = (
        select(Item, Consensus)
        .join(Consensus, (Consensus.item_id == Item.id) & (Consensus.run_id == Item.run_id))
        .where(Item.project_id == project.id, Item.kind == kind, Item.deleted_at.is_(None), Item.choice.is_not(None))
    )
    if project.blind:
        own = select(Decision.item_id).where(
            Decision.author_id == user_id,
            Decision.current.is_(True),
            Decision.place.is_(None),
            Decision.act.in_(("decide", "adjudicate")),
        )
        query = query.where(Item.id.in_(own))
    pairs = session.execute(query.order_by(Item.risk.desc(), Item.id).limit(MOST_ITEMS)).all()
    cells: dict[str, dict[int, dict[str, Any]]] = {}
    for item, consensus in pairs:
        for voter, one in itertools.groupby(sorted(_cells(session, kind, item, consensus.detail), key=_first), _first):
            cells.setdefault(voter, {})[item.id] = _together([cell for _, cell in one])
    order = sorted(cells, key=lambda voter: (-_off(cells[voter].values()), voter))
    ids = [item.id for item, _ in pairs]
    return {
        "kind": kind,
        "items": [{"id": item.id, "name": item.name, "choice": item.choice} for item, _ in pairs],
        "voters": [{"voter": voter, "cells": [cells[voter].get(one) for one in ids]} for voter in order[:MOST_VOTERS]],
        "more_voters": max(len(order) - MOST_VOTERS, 0),
    }


def _cells(session: Session, kind: str, item: Item, detail: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What each voter did with an item: how far off, in which band, what was said."""
    if kind == "transcripts":
        return _heard(detail)
    query = select(Opinion.voter, Opinion.value, Opinion.number).where(Opinion.item_id == item.id)
    said = session.execute(query.order_by(Opinion.id)).all()
    if kind == "scores":
        center, step = detail.get("score"), float(detail.get("step") or 1.0)
        if center is None:
            return []
        return [(voter or "", _score(number, center, step)) for voter, _, number in said if number is not None]
    return [
        (
            voter or "",
            {"off": float(value != item.choice), "band": "" if value == item.choice else "risk", "says": value},
        )
        for voter, value, _ in said
        if value is not None
    ]


def _first(pair: tuple[str, dict[str, Any]]) -> str:
    return pair[0]


def _together(cells: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several answers of one voter to an item as one cell: how far off on the mean, the worst band, all that was said.

    Examples
    --------
    >>> _together([{"off": 0.0, "band": "", "says": "a"}, {"off": 1.0, "band": "risk", "says": "b"}])
    {'off': 0.5, 'band': 'risk', 'says': 'a, b'}
    """
    if len(cells) == 1:
        return cells[0]
    bands = [cell["band"] for cell in cells]
    said = dict.fromkeys(str(cell["says"]) for cell in cells)
    return {
        "off": sum(float(cell["off"]) for cell in cells) / len(cells),
        "band": next((band for band in ("risk", "middle") if band in bands), ""),
        "says": ", ".join(itertools.islice(said, MOST_SAID)) + (", ..." if len(said) > MOST_SAID else ""),
    }


def _score(number: float, center: float, step: float) -> dict[str, Any]:
    off = number - center
    band = "risk" if abs(off) > 2 * step else "middle" if abs(off) > step else ""
    return {"off": off, "band": band, "says": f"{number:g}"}


def _heard(detail: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The share of the columns of a transcript in which a voter heard something else."""
    columns: Sequence[Mapping[str, Any]] = detail.get("columns", [])
    found = []
    for place, voter in enumerate(detail.get("voters", [])):
        differ = sum(bare(one["slots"][place]) != bare(one["text"]) for one in columns)
        off = differ / len(columns) if columns else 0.0
        band = "risk" if off > WIDE else "middle" if off > SOME else ""
        found.append((voter or "", {"off": off, "band": band, "says": f"{differ}/{len(columns)}"}))
    return found


def _off(cells: Collection[Mapping[str, Any]]) -> float:
    """How far a voter is off in all: the mean over the items it said something of."""
    return sum(abs(float(cell["off"])) for cell in cells) / len(cells)
