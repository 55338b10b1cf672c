"""How do the answers of several teachers to many requests become one training set, with nothing lost and paid twice?

Each request is fused as `fuse` does it; each row is on the disk before it counts, in the chat form that trainers read:

    {"item": ..., "messages": [{"role": "user", ...}, {"role": "assistant", ...}], "mode": ..., "unsupported": ..., ...}

Called again with the same file, the rows in it are not asked for again; rows that were made of other drafts, by another
model or with other wishes are refused, not mixed in. A request on which the model failed has no row: it is listed, and
asked again by the next call. An answer that was not in its marks has one, with a draft in its place, and says so.

Source: sheet 24. Differs: nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

import polars as pl

from psephos.engine import progress
from psephos.engine.interrupts import first_interrupt_noted
from psephos.errors import BudgetExceeded, InputError, check_count
from psephos.judges.fusion.drafts import Draft, distinct
from psephos.judges.fusion.fused_dataset import FusedDataset, row_of, rows_frame
from psephos.judges.fusion.fusing import fused
from psephos.judges.fusion.settings import Settings, Wishes, settings_of
from psephos.judges.fusion.wording import request_text
from psephos.opinions import Opinions
from psephos.opinions.canonical_json import canonical_json
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance
from psephos.voters.language_model import Interrupted, LanguageModel, LineLog, Message, SideBySide

Prompts = Mapping[str, str | Sequence[Message]]
Drafts = Opinions | Mapping[str, Sequence[str | Draft]]

_KNOWN: dict[str, type] = {"item": str, "messages": list, "mode": str, "fallback": bool, "key": str}
_KEY_SIGNS = 16


@dataclass(frozen=True)
class _Job:
    item: str
    request: str
    messages: tuple[Message, ...]
    drafts: tuple[Draft, ...]
    notes: tuple[str, ...]
    key: str


def fuse_dataset(
    prompts: Prompts,
    drafts: Drafts,
    model: LanguageModel,
    path: str | Path,
    *,
    workers: int = 8,
    give_up: int = 20,
    label: str | None = None,
    **wishes: Unpack[Wishes],
) -> FusedDataset:
    """Fuse the drafts of many requests into a file of training data; called again, it goes on.

    Parameters
    ----------
    prompts : mapping of str to str or sequence of Message
        The request of each item.
    drafts : Opinions or mapping of str to sequence of str or Draft
        Opinions of kind ``samples``: each row a draft, its voter the teacher, its reward the score; or the drafts of
        each item.
    model : LanguageModel
        As in `psephos.judges.fuse`.
    path : str or Path
        The file, JSON Lines; made if it is missing.
    workers : int, default 8
        Requests under way at a time.
    give_up : int, default 20
        Failures in a row that end the work, because the server is gone.
    label : str, optional
        Shows a progress bar with this label.
    **wishes
        As in `psephos.judges.fuse`.

    Returns
    -------
    FusedDataset
        Where the file is, one row for each request, and what failed.

    Raises
    ------
    InputError
        If there are no prompts, an option is out of range, or the file holds rows that were made otherwise.
    Interrupted
        If Ctrl-C is pressed; `partial` holds what there is.

    See Also
    --------
    psephos.judges.collect_drafts : asks the teachers.

    Examples
    --------
    >>> import tempfile
    >>> from psephos.voters.language_model import Scripted
    >>> file = Path(tempfile.mkdtemp(), "train.jsonl")
    >>> drafts = {"sum": ["The answer is 4.", "4", "5"], "why": ["It rains."]}
    >>> made = fuse_dataset({"sum": "2 + 2?", "why": "Why?"}, drafts, Scripted([]), file)
    >>> made.rows.select("item", "text", "mode").rows()
    [('sum', '4', 'vote'), ('why', 'It rains.', 'copy')]
    """
    settings = settings_of(wishes, model)
    check_count("give_up", give_up)
    check_count("workers", workers)
    jobs, undone = _jobs(prompts, drafts, model, settings)
    stopped: str | None = None
    with LineLog(path, _KNOWN, "training set of fusions") as log:
        done = _done(log, {job.item: job.key for job in jobs}, undone)
        left = [job for job in jobs if job.item not in done]
        found = len(log.rows)
        row = 0

        def result() -> FusedDataset:
            return _result(log, prompts, undone, found, stopped, model, settings, drafts)

        work = SideBySide(
            lambda job: fused(job.request, job.drafts, model, settings, job.item, job.notes), left, workers
        )
        try:
            with progress(label, len(left)) as advance, first_interrupt_noted() as pressed:
                for index, ended in work:
                    advance()
                    job = left[index]
                    if isinstance(ended.error, BudgetExceeded):
                        stopped = str(ended.error)
                        work.stop()
                    elif ended.error is not None:
                        raise ended.error
                    elif ended.value is not None and ended.value.errors and ended.value.fallback:
                        undone[job.item] = ended.value.errors[-1]
                        row += 1
                        if row >= give_up:
                            stopped = f"{row} requests in a row failed"
                            work.stop()
                    elif ended.value is not None:
                        row = 0
                        log.add(row_of(job.item, job.key, job.messages, ended.value))
                    if pressed():
                        work.stop()
                if pressed():
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            stopped = "interrupted"
            raise Interrupted(result()) from None
        finally:
            work.stop()
        return result()


def drafts_of(drafts: Drafts) -> dict[str, list[str | Draft]]:
    """The drafts of each item; a sample without a text is none.

    Parameters
    ----------
    drafts : Opinions of kind samples, or mapping of item to drafts
        Of samples the text counts, or else the answer; voter and reward become source and score.

    Returns
    -------
    dict of str to list
        An item without a draft is not in it, unless a mapping names it.

    Raises
    ------
    InputError
        `drafts`: something else.
    """
    if not isinstance(drafts, Opinions):
        if not isinstance(drafts, Mapping):
            raise InputError("drafts", f"must be opinions or a mapping, got {type(drafts).__name__}")
        return {item: list(given) for item, given in drafts.items()}
    if drafts.kind != "samples":
        raise InputError("drafts", f"must be samples, got {drafts.kind}")
    table = drafts.frame()
    nothing = [None] * table.height
    columns = {name: table[name].to_list() if name in table.columns else nothing for name in ("text", "reward")}
    found: dict[str, list[str | Draft]] = {}
    for item, voter, answer, text, reward in zip(
        table["item"].to_list(),
        table["voter"].to_list(),
        table["answer"].to_list(),
        columns["text"],
        columns["reward"],
        strict=True,
    ):
        told = text if text is not None else answer
        if told is not None and told.strip():
            found.setdefault(item, []).append(Draft(told, source=voter, score=reward))
    return found


def _jobs(
    prompts: Prompts, drafts: Drafts, model: LanguageModel, settings: Settings
) -> tuple[list[_Job], dict[str, str]]:
    if not isinstance(prompts, Mapping) or not prompts:
        raise InputError("prompts", "must be a mapping from items to requests, with one at least")
    given = drafts_of(drafts)
    unknown = next((item for item in given if item not in prompts), None)
    if unknown is not None:
        raise InputError("drafts", "are of an item that has no prompt", where=f"item {unknown!r:.60}")
    jobs, undone = [], {}
    for item, prompt in prompts.items():
        if not given.get(item):
            undone[item] = "there is no draft"
            continue
        try:
            text = request_text(prompt)
            kept, notes = distinct(given[item])
        except InputError as problem:
            place = f"item {item!r:.60}" + (f", {problem.where}" if problem.where else "")
            raise type(problem)(problem.argument, problem.problem, where=place) from None
        messages = (Message("user", prompt),) if isinstance(prompt, str) else tuple(prompt)
        jobs.append(_Job(item, text, messages, kept, notes, _key(text, kept, model, settings)))
    return jobs, undone


def _key(request: str, drafts: Sequence[Draft], model: LanguageModel, settings: Settings) -> str:
    made_of = {
        "model": model.id,
        "request": request,
        "drafts": [[draft.text, draft.score, draft.times] for draft in drafts],
        "settings": settings.parameters,
    }
    return hashlib.sha256(canonical_json(made_of).encode("utf-8", "replace")).hexdigest()[:_KEY_SIGNS]


def _done(log: LineLog, keys: Mapping[str, str], undone: Mapping[str, str]) -> set[str]:
    """Items that have a row, all of which must have been made as is wished now."""
    done: set[str] = set()
    for number, row in enumerate(log.rows, 1):
        item, where = row["item"], f"line {number}"
        if item in done:
            raise InputError(str(log.path), f"has two rows of {item!r:.60}", where=where)
        if item not in keys and item not in undone:
            raise InputError(str(log.path), f"has a row of {item!r:.60}, which has no prompt", where=where)
        if keys.get(item) != row["key"]:
            hint = "name another file, or wish for the same"
            raise InputError(
                str(log.path),
                f"has a row of {item!r:.60} by another model, of other drafts or with other wishes",
                where=where,
                hint=hint,
            )
        done.add(item)
    return done


def _result(
    log: LineLog,
    prompts: Prompts,
    undone: Mapping[str, str],
    found: int,
    stopped: str | None,
    model: LanguageModel,
    settings: Settings,
    drafts: Drafts,
) -> FusedDataset:
    place = {item: number for number, item in enumerate(prompts)}
    kept = sorted(log.rows, key=lambda row: place[row["item"]])
    failures = [(item, undone[item]) for item in prompts if item in undone]
    source = drafts.source if isinstance(drafts, Opinions) else Source()
    return FusedDataset(
        provenance=Provenance("fuse_dataset", {"model": model.id, **settings.parameters}, source, seed=settings.seed),
        path=log.path,
        rows=rows_frame(kept),
        failures=pl.DataFrame(failures, schema={"item": pl.String, "reason": pl.String}, orient="row"),
        found=found,
        stopped=stopped,
    )
