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
from typing import Any, Unpack

import polars as pl

from psephos.engine import progress
from psephos.errors import BudgetExceeded, InputError, check_count
from psephos.judges.fusion.drafts import Draft, distinct
from psephos.judges.fusion.fusing import fused, request_text
from psephos.judges.fusion.fusion_result import Fusion
from psephos.judges.fusion.settings import Settings, Wishes, settings_of
from psephos.opinions import Opinions
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result
from psephos.voters.language_model import Interrupted, LanguageModel, LineLog, Message, SideBySide
from psephos.voters.language_model.protocol import canonical

Prompts = Mapping[str, str | Sequence[Message]]
Drafts = Opinions | Mapping[str, Sequence[str | Draft]]

_KNOWN: dict[str, type] = {"item": str, "messages": list, "mode": str, "fallback": bool, "key": str}
_KEY_SIGNS = 16
_SCHEMA: dict[str, Any] = {
    "item": pl.String,
    "text": pl.String,
    "mode": pl.String,
    "fallback": pl.Boolean,
    "reason": pl.String,
    "copied_from": pl.String,
    "drafts": pl.Int64,
    "sentences": pl.Int64,
    "unsupported": pl.List(pl.String),
    "support": pl.Float64,
    "contradictions": pl.Int64,
    "same_words": pl.Float64,
    "calls": pl.Int64,
    "tokens_in": pl.Int64,
    "tokens_out": pl.Int64,
    "cost": pl.Float64,
}


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class FusedDataset(Result):
    """Requests with one answer each, made of the drafts of several teachers.

    Attributes
    ----------
    path : Path
        The file of the training set.
    rows : polars.DataFrame
        One row per request that has an answer, in the order of the requests: item, text, mode, fallback, reason,
        copied_from (a source), drafts, sentences, unsupported (those to check, the worst first), support (mean),
        contradictions (values on which drafts disagree), same_words, calls, tokens_in, tokens_out, cost.
    failures : polars.DataFrame
        Requests without an answer: item, reason.
    found : int
        Rows that were in the file already.
    stopped : str or None
        What ended the work early.
    """

    path: Path
    rows: pl.DataFrame
    failures: pl.DataFrame
    found: int
    stopped: str | None

    def table(self) -> pl.DataFrame:
        """The rows."""
        return self.rows

    @property
    def to_check(self) -> pl.DataFrame:
        """Rows with sentences that stand in no draft, most of them first."""
        some = self.rows.filter(pl.col("unsupported").list.len() > 0)
        return some.sort(pl.col("unsupported").list.len() / pl.col("sentences"), descending=True, maintain_order=True)

    def summary(self) -> list[tuple[str, str]]:
        """What was made, in a few lines."""
        total = {name: self.rows[name].sum() for name in ("sentences", "calls", "tokens_in", "tokens_out", "cost")}
        modes = ", ".join(f"{n:,} {mode}" for mode, n in sorted(self.rows["mode"].value_counts().iter_rows()))
        lines = [("rows", f"{self.rows.height:,}{f' ({modes})' if modes else ''} in {self.path.name}")]
        if self.found:
            lines.append(("found there", f"{self.found:,}, which were not asked for again"))
        fallbacks = int(self.rows["fallback"].sum())
        if fallbacks:
            lines.append(("fallback", f"{fallbacks:,} rows hold a draft, because the model's answer could not be used"))
        if total["sentences"]:
            bare = int(self.rows["unsupported"].list.len().sum())
            lines.append(("to check", f"{bare:,} of {total['sentences']:,} sentences stand in no draft"))
        if total["calls"]:
            known = self.rows["tokens_in"].count()
            tokens = f"; {total['tokens_in']:,} tokens read, {total['tokens_out']:,} written" if known else ""
            lines.append(("calls", f"{total['calls']:,}{tokens}"))
        if self.rows["cost"].count():
            lines.append(("cost", f"{total['cost']:.6g}"))
        if self.failures.height:
            lines.append(("failed", f"{self.failures.height:,}; the last: {self.failures['reason'][-1]}"))
        if self.stopped is not None:
            lines.append(("stopped early", self.stopped))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole result, ready for JSON."""
        own = {"failures": self.failures.to_dicts(), "found": self.found, "stopped": self.stopped}
        return super().to_dict() | own


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
            with progress(label, len(left)) as advance:
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
                        log.add(_row(job, ended.value))
        except KeyboardInterrupt:
            stopped = "interrupted"
            raise Interrupted(result()) from None
        finally:
            work.stop()
        return result()


def drafts_of(drafts: Drafts) -> dict[str, list[str | Draft]]:
    """The drafts of each item; a sample without a text is none."""
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
    return hashlib.sha256(canonical(made_of).encode("utf-8", "replace")).hexdigest()[:_KEY_SIGNS]


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


def _row(job: _Job, fusion: Fusion) -> dict[str, Any]:
    said = [{"role": message.role, "content": message.content} for message in job.messages]
    source = None if fusion.copied_from is None else fusion.drafts[fusion.copied_from].source
    return {
        "item": job.item,
        "messages": [*said, {"role": "assistant", "content": fusion.text}],
        "mode": fusion.mode,
        "fallback": fusion.fallback,
        "reason": fusion.reason,
        "copied_from": source,
        "drafts": sum(draft.times for draft in fusion.drafts),
        "sentences": fusion.parts.height,
        "unsupported": fusion.unsupported["sentence"].to_list(),
        "support": fusion.support if fusion.parts.height else None,
        "contradictions": fusion.contradictions.height,
        "same_words": fusion.same_words,
        "calls": fusion.calls,
        "tokens_in": fusion.usage.tokens_in,
        "tokens_out": fusion.usage.tokens_out,
        "cost": fusion.usage.cost,
        "key": job.key,
    }


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
    cells = [[_cell(row, name) for name in _SCHEMA] for row in kept]
    failures = [(item, undone[item]) for item in prompts if item in undone]
    source = drafts.source if isinstance(drafts, Opinions) else Source()
    return FusedDataset(
        provenance=Provenance("fuse_dataset", {"model": model.id, **settings.parameters}, source, seed=settings.seed),
        path=log.path,
        rows=pl.DataFrame(cells, schema=_SCHEMA, orient="row"),
        failures=pl.DataFrame(failures, schema={"item": pl.String, "reason": pl.String}, orient="row"),
        found=found,
        stopped=stopped,
    )


def _cell(row: Mapping[str, Any], name: str) -> Any:
    return row["messages"][-1]["content"] if name == "text" else row.get(name)
