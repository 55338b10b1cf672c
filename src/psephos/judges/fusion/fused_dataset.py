"""Which answers are in a training set, how did each come about, and what is to be checked?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from psephos.judges.fusion.fusion_result import Fusion
from psephos.opinions.outcomes import Result
from psephos.voters.language_model import Message

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


def row_of(item: str, key: str, prompt: Sequence[Message], fusion: Fusion) -> dict[str, Any]:
    """The line of a training set, in the chat form.

    Parameters
    ----------
    item : str
    key : str
        Digest of drafts, model and wishes: a line with another one is not the same work.
    prompt : sequence of Message
        What was asked; the answer becomes the last message.
    fusion : Fusion

    Returns
    -------
    dict
        Ready for JSON.
    """
    said = [{"role": message.role, "content": message.content} for message in prompt]
    source = None if fusion.copied_from is None else fusion.drafts[fusion.copied_from].source
    return {
        "item": item,
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
        "key": key,
    }


def rows_frame(lines: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Lines of a training set as the table of `FusedDataset`."""
    cells = [[_cell(line, name) for name in _SCHEMA] for line in lines]
    return pl.DataFrame(cells, schema=_SCHEMA, orient="row")


def _cell(row: Mapping[str, Any], name: str) -> Any:
    return row["messages"][-1]["content"] if name == "text" else row.get(name)
