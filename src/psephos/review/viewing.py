"""What may this person see of an item, and how does it read?

One answer serves the page and the API, so that what is hidden is hidden in both. In a blind project whoever has yet
to decide sees the item and the possible choices in the order of the alphabet, and nothing of voters, consensus,
decisions or comments of others. Who adjudicates sees the columns without names until a decision of their own stands.

Source: sheet 90 sections 3.2 and 3.5. Differs: nothing.
"""

from __future__ import annotations

import difflib
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.agreement.bands import BANDS
from psephos.reports.words import certainty_band
from psephos.review.context import Context
from psephos.review.languages import translated
from psephos.review.reasons import because, leaving_out, what_would_change_it, who_counts
from psephos.review.store.account_tables import User
from psephos.review.store.adjudicating import columns
from psephos.review.store.answers import shown
from psephos.review.store.items import Evidence, evidence
from psephos.review.store.judging import (
    ERRORS,
    MOST_ERRORS,
    Mark,
    judged_text,
    left_out,
    marks_of,
    parts_of,
    pieces,
    score_place,
)
from psephos.review.store.reservations import live
from psephos.review.store.resuming import point_of
from psephos.review.store.tables import Comment, Consensus, Decision, Item, Media, Opinion, Project, Reservation
from psephos.review.transcript_view import corrections
from psephos.statistics import wilson_interval

CONTENT = ("prompt", "question", "input", "context", "title", "text")
"""What of the table about items is shown as the question."""

HIDDEN = frozenset(
    {*CONTENT, "gold", "reference", "answer", "correct", "audio", "image", "offset_ms", "seconds", "cost"}
)
"""What is not listed among the rest: shown elsewhere, or would give the answer away."""

MOST_ANSWERS, MOST_CHOICES = 60, 200
_BANDS = dict(zip(BANDS, ("risk", "middle", ""), strict=True))
_PIECES = re.compile(r"\s+|[^\s]+")


def view(session: Session, here: Context, item: Item, *, language: str = "en") -> dict[str, Any]:
    """The item as this person may see it, ready for JSON; what it says in words of ours is in a language."""
    project = session.get_one(Project, item.project_id)
    seen = evidence(session, item.id, here.caller.user_id)
    mine = next((one for one in reversed(seen.decisions) if _is_own(one, here)), None)
    dispute = item.state == "disputed"
    nameless = dispute and mine is None
    people = [one.author_id for one in seen.decisions] + [one.author_id for one in seen.comments]
    names = names_of(session, people)
    parts = parts_of(item, seen.opinions)
    result: dict[str, Any] = {
        "id": item.id,
        "project": item.project_id,
        "name": item.name,
        "kind": item.kind,
        "state": item.state,
        "version": item.version,
        "run": item.run_id,
        "flagged": item.flagged,
        "hidden": seen.blind,
        "dispute": dispute,
        "mine": None if mine is None else said(mine, language),
        "answered": mine is not None and any(_is_own(one, here) and one.act == "decide" for one in seen.decisions),
        "asked": [[name, str(item.about[name])] for name in CONTENT if item.about.get(name)],
        "about": [[name, str(value)] for name, value in item.about.items() if name not in HIDDEN and value is not None],
        "media": _playable(session, item),
        "offset_ms": _offset(session, item),
        "language": project.language,
        "others": _others(session, here, item),
        "resume": _resume(session, here, item),
        "decisions": [
            _decided(one, names, here, nameless=nameless, parts=parts, language=language)
            for one in reversed(seen.decisions)
        ],
        "comments": [_comment(one, names, here, nameless=nameless, language=language) for one in seen.comments],
        "offered": {"says": said(seen.offered[0], language), "answer": seen.offered[0].answer}
        if seen.offered
        else None,
        "flags": [] if seen.blind else list(item.flags),
    }
    who = {
        one.author_id: _who(one.author_id, names, here, nameless=nameless, language=language) for one in seen.decisions
    }
    result |= (
        _nothing(session, item) if seen.blind else _evidence(item, seen, _Reader(here.caller.user_id, who, language))
    )
    if item.kind == "transcripts":
        several = dispute or (item.overlap or project.overlap) > 1
        result["corrections"] = corrections(seen.decisions, only_of=here.caller.user_id if several else None)
    result["voted"] = result["candidates"]
    return result | ({"candidates": _disputed(session, item, project)} if dispute else {})


def is_hidden(project: Project, decided: bool) -> bool:
    """Whether a project is blind to a person on an item that they decided or not; `items.is_blind` for many at once."""
    return project.blind and not decided


def _is_own(one: Decision, here: Context) -> bool:
    return one.author_id == here.caller.user_id and one.current and one.place is None and _settles(one)


def _disputed(session: Session, item: Item, project: Project) -> list[dict[str, Any]]:
    """The answers of a dispute, without names."""
    return [
        _candidate(shown(one.answer), answer=one.answer, votes=one.count, letter=one.letter, notes=list(one.notes))
        for one in columns(session, item, project)
    ]


def said(one: Decision, language: str = "en") -> str:
    """What a decision says, in words.

    Examples
    --------
    >>> said(Decision(act="decide", answer={"choice": "B"})), said(Decision(act="skip", answer=None, reason="unclear"))
    ('B', 'skipped: unclear')
    """
    if one.act == "skip":
        return f"{translated(language, 'skipped')}: {translated(language, one.reason or '')}"
    if one.act == "withdraw":
        return translated(language, "taken back")
    answer = one.answer or {}
    if answer.get("undecidable"):
        return translated(language, "undecidable")
    if answer.get("joined"):
        return translated(language, "joined to the word before")
    if one.place is not None and not next(iter(answer.values()), ""):
        return translated(language, "no word")
    if "both" in answer:
        return f" {translated(language, 'and')} ".join(map(str, answer["both"]))
    return next((str(answer[name]) for name in ("choice", "own", "score", "text") if name in answer), "")


def names_of(session: Session, ids: Iterable[str]) -> dict[str, str]:
    """What people are called, by their ids."""
    wanted = set(ids)
    if not wanted:
        return {}
    found = session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return {one: name or "somebody" for one, name in found}


def _settles(one: Decision) -> bool:
    return one.act in ("decide", "adjudicate")


def _decided(
    one: Decision, names: dict[str, str], here: Context, *, nameless: bool, parts: dict[int, str], language: str
) -> dict[str, Any]:
    return {
        "part": None if one.place is None else parts.get(one.place),
        "id": one.id,
        "says": said(one, language),
        "act": one.act,
        "answer": one.answer,
        "reason": one.reason,
        "note": one.note,
        "who": _who(one.author_id, names, here, nameless=nameless, language=language),
        "at": one.created_at.isoformat(),
        "place": one.place,
        "current": one.current,
        "adopted_from": one.adopted_from,
        "older_evidence": one.older_evidence,
        "supersedes": one.supersedes_id,
    }


def _comment(one: Comment, names: dict[str, str], here: Context, *, nameless: bool, language: str) -> dict[str, Any]:
    who = _who(one.author_id, names, here, nameless=nameless, language=language)
    return {
        "id": one.id,
        "who": who,
        "mine": one.author_id == here.caller.user_id,
        "at": one.created_at.isoformat(),
        "body": one.body,
        "place": one.place,
        "resolved": one.resolved_at is not None,
    }


def _who(person: str, names: dict[str, str], here: Context, *, nameless: bool, language: str) -> str:
    """What a person is called; before a dispute is settled nobody but oneself."""
    if nameless and person != here.caller.user_id:
        return translated(language, "somebody")
    return names.get(person) or translated(language, "somebody")


def _others(session: Session, here: Context, item: Item) -> list[str]:
    """Who else has the item open."""
    statement = select(User.name).join(Reservation, Reservation.user_id == User.id)
    found = statement.where(Reservation.item_id == item.id, live(here.at), Reservation.user_id != here.caller.user_id)
    return [name or "somebody" for name in session.scalars(found)]


def _resume(session: Session, here: Context, item: Item) -> dict[str, Any] | None:
    """Where this person stopped."""
    point = point_of(session, item.id, here.caller.user_id)
    return None if point is None else {"place": point.place, "seconds": point.seconds}


def _playable(session: Session, item: Item) -> int | None:
    if item.media_id is None:
        return None
    kind = session.scalar(select(Media.type).where(Media.id == item.media_id))
    return item.media_id if kind and kind.startswith("audio/") else None


def _offset(session: Session, item: Item) -> int:
    found = session.scalar(select(Media.offset_ms).where(Media.id == item.media_id)) if item.media_id else None
    return found or 0


def _nothing(session: Session, item: Item) -> dict[str, Any]:
    """The possible choices in the order of the alphabet, and nothing else."""
    offered: list[dict[str, Any]] = []
    if item.kind == "labels":
        joined = select(Opinion.value).join(Item, Item.id == Opinion.item_id)
        known = joined.where(Item.project_id == item.project_id, Item.kind == "labels")
    else:
        known = select(Opinion.value).where(Opinion.item_id == item.id)
    more = False
    if item.kind in ("labels", "samples"):
        known = known.where(Opinion.value.is_not(None), Opinion.value != "").distinct().order_by(Opinion.value)
        found = list(session.scalars(known.limit(MOST_CHOICES + 1)))
        more = len(found) > MOST_CHOICES
        offered = [_candidate(text) for text in sorted(str(one) for one in found[:MOST_CHOICES])]
    return {"consensus": None, "candidates": offered, "more_candidates": more}


def _candidate(text: str, **more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {"votes": None, "share": None, "certainty": None, "leads": False, "voters": []}
    return {"text": text or "undecidable", "answer": {"choice": text}} | plain | more


@dataclass(frozen=True)
class _Reader:
    """Who looks, what they may call whom, and in which language."""

    person: str
    names: Mapping[str, str]
    language: str


def _evidence(item: Item, seen: Evidence, reader: _Reader) -> dict[str, Any]:
    """Opinions and consensus."""
    opinions, consensus, run = seen.opinions, seen.consensus, seen.run
    result: dict[str, Any] = {"consensus": None, "candidates": [], "because": [], "command": ""}
    if consensus is not None and run is not None:
        result["consensus"] = {
            "choice": consensus.choice,
            "certainty": consensus.certainty,
            "margin": consensus.margin,
            "votes": consensus.votes,
            "support": consensus.support,
            "runner_up": consensus.runner_up,
        }
        result["band"] = certainty_band(consensus.certainty)
        result |= because(run)
        given = (item.kind, opinions, consensus, run, reader.language)
        result["because"] = who_counts(*given) + what_would_change_it(*given) + result["because"]
    detail = consensus.detail if consensus is not None else {}
    if item.kind in ("labels", "samples"):
        result |= _choices(opinions, consensus, detail)
    if item.kind == "samples":
        result["answers"] = _answers(opinions, consensus)
    if item.kind in ("samples", "scores"):
        result["judged"] = _judged(item, seen, reader)
    if item.kind == "scores":
        result |= _scores(opinions, detail, seen, reader)
    if item.kind == "transcripts":
        result["texts"] = [{"voter": one.voter or "", "text": one.value or ""} for one in opinions]
        result["columns"] = [
            {key: column[key] for key in ("text", "support", "votes")} | {"band": _BANDS.get(str(column["band"]), "")}
            for column in detail.get("columns", [])
        ]
        result["voters"] = detail.get("voters", [])
        result["slots"] = detail.get("columns", [])
        result["spans"] = detail.get("spans", [])
    return result


def _choices(opinions: Sequence[Opinion], consensus: Consensus | None, detail: dict[str, Any]) -> dict[str, Any]:
    voters: dict[str, list[str]] = {}
    silent = []
    for one in opinions:
        if one.value is None:
            silent.append(one.voter or "somebody")
        else:
            voters.setdefault(one.value, []).append(one.voter or "somebody")
    choice = None if consensus is None else consensus.choice
    found = []
    for one in detail.get("candidates", []):
        text = str(one["choice"])
        more = {name: one.get(name) for name in ("votes", "share", "certainty")}
        found.append(_candidate(text, leads=text == choice, voters=voters.get(text, []), **more))
    counts = [one["votes"] or 0 for one in found]
    low, high = wilson_interval(counts, [max(sum(counts), 1)] * len(counts))
    for candidate, least, most in zip(found, low.tolist(), high.tolist(), strict=True):
        candidate["share_low"], candidate["share_high"] = round(least, 4), round(most, 4)
    found.sort(key=lambda candidate: (not candidate["leads"], -(candidate["votes"] or 0)))
    return {"candidates": found, "abstained": silent}


def _answers(opinions: Sequence[Opinion], consensus: Consensus | None) -> list[dict[str, Any]]:
    """The texts, each compared word by word with the first that has the chosen answer."""
    choice = None if consensus is None else consensus.choice
    texts = [str(one.detail.get("text") or one.value or "") for one in opinions[:MOST_ANSWERS]]
    model = next((text for text, one in zip(texts, opinions, strict=False) if one.value == choice), "")
    found = []
    for text, one in zip(texts, opinions, strict=False):
        facts = [
            [name, f"{one.detail[name]:.4g}"]
            for name in ("reward", "cost", "tokens")
            if isinstance(one.detail.get(name), int | float)
        ]
        found.append({"voter": one.voter or "", "cluster": one.value, "facts": facts, "parts": compared(text, model)})
        found[-1]["known"] = _known(one, "text", "draw", "reward", "cost", "tokens")
    return found


def compared(text: str, model: str) -> list[tuple[str, str]]:
    """A text in pieces: the same as in the model, only here (more), only there (less).

    Examples
    --------
    >>> compared("take 15 mg", "take 50 mg")
    [('same', 'take '), ('less', '50'), ('more', '15'), ('same', ' mg')]
    """
    if not model or text == model or len(text) + len(model) > 40_000:
        return [("same", text)]
    new, old = _PIECES.findall(text), _PIECES.findall(model)
    found: list[tuple[str, str]] = []
    for what, old_from, old_to, new_from, new_to in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if what == "equal":
            found.append(("same", "".join(new[new_from:new_to])))
        if old_to > old_from and what != "equal":
            found.append(("less", "".join(old[old_from:old_to])))
        if new_to > new_from and what != "equal":
            found.append(("more", "".join(new[new_from:new_to])))
    return found


def _standing(seen: Evidence) -> dict[int, dict[str, Decision]]:
    """The decision of each person that stands about each part, in the order in which they came."""
    found: dict[int, dict[str, Decision]] = {}
    for one in seen.decisions:
        if one.place is not None and one.current and one.act == "decide":
            found.setdefault(one.place, {})[one.author_id] = one
    return found


def _judged(item: Item, seen: Evidence, reader: _Reader) -> list[dict[str, Any]]:
    """The texts that judges marked, in pieces, with their marks, what became of each, and how many more there are."""
    said = _standing(seen)
    by_text: dict[str, dict[int, Mark]] = {}
    more: Counter[str] = Counter()
    for one in seen.opinions[:MOST_ANSWERS]:
        text = judged_text(item, one)
        more[text] += left_out(one)
        for mark in marks_of(item, one):
            by_text.setdefault(text, {})[mark.place] = mark
    found = []
    for text, every in by_text.items():
        marks = dict(itertools.islice(every.items(), MOST_ERRORS))
        more[text] += len(every) - len(marks)
        listed = [asdict(mark) | _became(said.get(mark.place, {}), reader) for mark in marks.values()]
        found.append({"text": text, "pieces": pieces(text, marks.values()), "marks": listed, "left_out": more[text]})
    return found


def _became(by_person: Mapping[str, Decision], reader: _Reader) -> dict[str, Any]:
    """What became of a mark: what oneself says, else what all do who said something, and what each says."""
    said = {person: str((one.answer or {}).get("choice", "")) for person, one in by_person.items()}
    same = next(iter(said.values())) if len(set(said.values())) == 1 else ""
    listed = [{"who": reader.names.get(person, ""), "says": choice} for person, choice in said.items()]
    return {"says": said.get(reader.person, same), "said": listed}


def _known(one: Opinion, *shown_elsewhere: str) -> list[list[str]]:
    """What else a row says of an opinion: prompt, reply, cost, tries, ..."""
    left_out = {ERRORS, "weight", *shown_elsewhere}
    return [[name, str(value)] for name, value in one.detail.items() if name not in left_out and value is not None]


def _scores(opinions: Sequence[Opinion], detail: dict[str, Any], seen: Evidence, reader: _Reader) -> dict[str, Any]:
    """Scores with their residuals, and what people put in their places: of several people the mean."""
    standing = _standing(seen)
    numbers = [one.number for one in opinions if one.number is not None]
    center = detail.get("score")
    center = center if center is not None else (sum(numbers) / len(numbers) if numbers else 0.0)
    step = float(detail.get("step") or 1.0)
    rows: list[dict[str, Any]] = []
    without = leaving_out(opinions, seen.consensus, seen.run) if seen.consensus and seen.run else {}
    for one in opinions:
        if one.number is None:
            continue
        residual = one.number - center
        far = "risk" if abs(residual) > 2 * step else "middle" if abs(residual) > step else ""
        others: list[dict[str, Any]] = [
            {"who": reader.names.get(person, ""), "score": float((put.answer or {})["score"]), "reason": put.note}
            for person, put in standing.get(score_place(one), {}).items()
        ]
        rows.append(
            {
                "voter": one.voter or "",
                "score": one.number,
                "residual": residual,
                "share": without.get(one.voter or "", (None, None))[0],
                "without": without.get(one.voter or "", (None, None))[1],
                "band": far,
                "place": score_place(one),
                "instead": math.fsum(put["score"] for put in others) / len(others) if others else None,
                "reason": others[-1]["reason"] if others else "",
                "said": others,
                "known": _known(one),
            }
        )
    score = {name: detail.get(name) for name in ("score", "standard_error", "mean", "low", "high")}
    if any(row["instead"] is not None for row in rows):
        kept = [row["score"] if row["instead"] is None else row["instead"] for row in rows]
        score["corrected_mean"] = sum(kept) / len(kept)
    return {"scores": sorted(rows, key=lambda row: -abs(row["residual"])), "score": score}
