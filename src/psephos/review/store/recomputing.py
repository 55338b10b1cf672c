"""What do the opinions say now?

A run decides all items of one kind with the methods of `psephos.consensus` and keeps what it found beside the runs
before it. What a person decided stays: where the evidence is not what the person saw, the decision is marked as based
on older evidence. Items whose consensus is as it was keep their version.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from psephos.consensus.deciding import decide
from psephos.consensus.truth_inference.inference import truth_inference
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import json_ready
from psephos.review.store.audit_log import record
from psephos.review.store.bulk import insert_rows, reserve_ids
from psephos.review.store.consensus_rows import rows_of
from psephos.review.store.drawing import drawn
from psephos.review.store.gathering import opinions_of
from psephos.review.store.tables import Consensus, Decision, Item, Project, Run

_UNSEEN = {"synchronize_session": False}
_SHOWN = ("choice", "certainty", "margin", "votes", "support", "flags", "risk")


def recompute(
    session: Session,
    project: Project,
    kind: str,
    *,
    actor: str,
    method: str = "auto",
    opinions: Opinions | None = None,
    **options: Any,
) -> Run:
    """Decide all items of one kind anew; no decision of a person is changed.

    Parameters
    ----------
    session : Session
        From `Store.write`.
    project : Project
    kind : {"labels", "samples", "scores", "transcripts"}
    actor : str
        Id of who asks.
    method : str, default "auto"
        As in `psephos.decide`; scores have one.
    opinions : Opinions, optional
        All opinions of this kind in the project, where they are at hand.
    **options
        Passed to the method.

    Returns
    -------
    Run

    Raises
    ------
    InputError
        If there are no such opinions, or the method does not take them.
    """
    said = opinions_of(session, project.id, kind) if opinions is None else opinions
    verdict: Any = truth_inference(said, **options) if kind == "scores" else decide(said, method=method, **options)
    run = Run(
        project_id=project.id,
        kind=kind,
        method=verdict.provenance.method,
        provenance=json_ready(verdict.provenance.to_dict()),
        sha256=said.sha256,
        certainty_means=getattr(verdict, "certainty_means", "the score is off by no more than half a step"),
        voters=json_ready(verdict.voters.to_dicts()),
        weights=json_ready(dict(getattr(verdict, "weights", {}))),
    )
    session.add(run)
    session.flush()
    known = select(Item.name, Item.id).where(Item.project_id == project.id, Item.kind == kind)
    ids = {row.name: row.id for row in session.execute(known)}
    rows = [{"run_id": run.id, "item_id": ids[name], "risk": risk} | row for name, row, risk in rows_of(verdict)]
    numbers = reserve_ids(session, Consensus, len(rows))
    insert_rows(session, Consensus, ({"id": one} | row for one, row in zip(numbers, rows, strict=True)))
    changed = _take_over(session, run)
    _mix_in(session, project)
    after = {"method": run.method, "sha256": run.sha256, "items": len(rows), "changed": changed}
    record(session, project.id, actor, "run.create", f"run:{run.id}", None, after)
    for held in [one for one in session if isinstance(one, Item | Decision)]:
        session.expire(held)
    return run


def _take_over(session: Session, run: Run) -> int:
    """Show the new consensus with the items; return for how many it differs."""
    here = (Consensus.run_id == run.id, Consensus.item_id == Item.id)
    differs = or_(
        Item.choice.is_distinct_from(Consensus.choice),
        Item.certainty.is_distinct_from(Consensus.certainty),
        Item.votes != Consensus.votes,
        Item.support != Consensus.support,
    )
    seen = select(Item.id).join(Consensus, Consensus.item_id == Item.id).where(Consensus.run_id == run.id, differs)
    session.execute(
        update(Decision)
        .where(Decision.current.is_(True), Decision.item_id.in_(seen.where(Item.run_id.is_not(None))))
        .values(older_evidence=True),
        execution_options=_UNSEEN,
    )
    fresh = {name: getattr(Consensus, name) for name in _SHOWN}
    fresh |= {"value": Consensus.risk * Item.cost / Item.seconds, "run_id": run.id}
    again = update(Item).where(*here, ~differs).values(fresh)
    changed = update(Item).where(*here, differs).values(fresh | {"version": Item.version + 1})
    session.execute(again, execution_options=_UNSEEN)
    done: Any = session.execute(changed, execution_options=_UNSEEN)
    return int(done.rowcount)


def _mix_in(session: Session, project: Project) -> None:
    """Give each item of the audit slice the value of another, drawn at random.

    So it comes anywhere in the queue that goes by value, and whoever has checked a part of the queue has checked such a
    part of the slice. Nobody is shown a value.
    """
    here = (Item.project_id == project.id, Item.deleted_at.is_(None))
    values = session.scalars(select(Item.value).where(*here, ~Item.in_audit).order_by(Item.value, Item.id)).all()
    if not values:
        return
    hidden = session.execute(select(Item.id, Item.name).where(*here, Item.in_audit)).all()
    mixed = [
        {"id": one.id, "value": values[int(drawn(project.salt, "mixed", one.name) * len(values))]} for one in hidden
    ]
    if mixed:
        session.execute(update(Item), mixed)
