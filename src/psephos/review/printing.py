"""How does a project become one page that can be printed, with the evidence behind every decision?

A self-contained HTML file: how it was reviewed, how much risk is left, the head of the log, then each item with what
was settled, what the consensus had been and how sure it was, what voters said, who decided what and when, and what was
remarked. Printed or saved as PDF it keeps items together, shows no controls and is always light. It is written item by
item, so that memory does not grow with the project; it loads nothing from anywhere.

Source: sheet 90 section 6. Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from psephos import __version__
from psephos.reports.stylesheet import stylesheet
from psephos.reports.trusted import own_text, source_hash
from psephos.reports.words import certainty_band
from psephos.review.languages import LANGUAGES
from psephos.review.rendering import templates
from psephos.review.store.audit_log import head
from psephos.review.store.columns import now
from psephos.review.store.exporting.evidence import Known, known_items
from psephos.review.store.queue import counts
from psephos.review.store.remaining_risk import remaining_risk
from psephos.review.store.tables import Opinion, Project, Run, Source
from psephos.review.viewing import CONTENT, compared, said

LONGEST = 20_000
"""Signs of a text of which the report shows the differences word by word."""


def report_parts(
    session: Session,
    project: Project,
    *,
    only_final: bool = False,
    opinions: bool = True,
    history: bool = False,
    language: str = "en",
) -> Iterator[str]:
    """The report in pieces, to be written one after the other.

    Parameters
    ----------
    session : Session
    project : Project
    only_final : bool, default False
        Only items that are settled.
    opinions : bool, default True
        What each voter said, beside the counts.
    history : bool, default False
        Also decisions that were superseded or taken back.
    language : {"en", "de"}, default "en"
    """
    rules = files("psephos.review").joinpath("static/printed.css").read_text(encoding="utf-8")
    style = own_text(f"{stylesheet()}\n{rules}")
    known = known_items(session, project, only_final=only_final, opinions=opinions, history=history)
    sources = select(Source).where(Source.project_id == project.id).order_by(Source.id)
    runs = select(Run).where(Run.project_id == project.id).order_by(Run.id)
    kept = func.count(Opinion.id.distinct())
    says: dict[str, Any] = {
        "name": project.name,
        "description": project.description,
        "language_of_texts": project.language,
        "rules": {"overlap": project.overlap, "blind": project.blind, "audit": project.audit_share},
        "at": now(),
        "head": head(session, project.id),
        "counts": counts(session, project),
        "opinions": session.scalar(select(kept).join(Source).where(Source.project_id == project.id)) or 0,
        "risk": remaining_risk(session, project),
        "sources": [(one.name, one.kind, one.n_items, ", ".join(one.sha256)) for one in session.scalars(sources)],
        "runs": [(one.kind, one.method, one.certainty_means, one.sha256) for one in session.scalars(runs)],
        "items": (shown_item(one) for one in known),
        "options": {"only_final": only_final, "history": history},
        "style": style,
        "policy": f"default-src 'none'; style-src {source_hash(style)}; img-src data:; base-uri 'none'",
        "version": __version__,
    }
    spoken = language if language in LANGUAGES else "en"
    yield from templates(spoken).get_template("printed.html").generate(says)


def shown_item(known: Known) -> dict[str, Any]:
    """What the report says of one item."""
    item, consensus = known.item, known.consensus
    final = {name: value for name, value in (item.final or {}).items() if name != "shares"}
    settled = _words(final) if final else None
    detail = consensus.detail if consensus is not None else {}
    parts = []
    if item.kind == "transcripts" and settled is not None and max(len(settled), len(item.choice or "")) < LONGEST:
        parts = compared(settled, item.choice or "")
    return {
        "id": item.id,
        "name": item.name,
        "kind": item.kind,
        "state": item.state,
        "asked": [(name, str(item.about[name])) for name in CONTENT if item.about.get(name)],
        "final": settled,
        "parts": parts,
        "choice": item.choice,
        "certainty": item.certainty,
        "band": certainty_band(item.certainty),
        "votes": item.votes,
        "support": item.support,
        "flags": list(item.flags),
        "candidates": detail.get("candidates", []),
        "doubtful": _doubtful(detail),
        "voters": detail.get("voters", []),
        "opinions": [(one.voter or "", _opinion(one)) for one in known.opinions],
        "decisions": [
            {
                "place": one.place,
                "says": said(one),
                "who": known.names.get(one.author_id, ""),
                "at": one.created_at,
                "note": one.note,
                "adopted_from": one.adopted_from,
                "current": one.current,
            }
            for one in known.decisions
        ],
        "comments": [(known.names.get(one.author_id, ""), one.created_at, one.body) for one in known.comments],
    }


def _words(final: Mapping[str, Any]) -> str:
    if final.get("undecidable"):
        return ""
    ((form, value),) = final.items()
    if form == "both":
        return " | ".join(map(str, value))
    return f"{value:g}" if form == "score" else str(value)


def _opinion(one: Opinion) -> str:
    if one.number is not None:
        return f"{one.number:g}"
    return str(one.detail.get("text") or one.value or "")


def _doubtful(detail: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """The doubtful places of a transcript: what each heard there."""
    return [
        {"place": place, "text": column["text"] or "", "slots": [slot or "" for slot in column["slots"]]}
        | {name: column[name] for name in ("votes", "support", "certainty", "start")}
        for place, column in enumerate(detail.get("columns", []), start=1)
        if column.get("flagged")
    ]
