"""What was made of the drafts, which sentences stand on what, and how did it come about?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from psephos.judges.fusion.drafts import Draft
from psephos.judges.fusion.stability import same_words, unstable_facts
from psephos.judges.fusion.support import to_check
from psephos.opinions.outcomes import Result, json_ready
from psephos.voters.language_model import Usage


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Fusion(Result):
    """One answer made of several drafts.

    Attributes
    ----------
    text : str
        The answer.
    mode : {"fuse", "select", "vote", "copy"}
        How it came about: written by the model, chosen among the drafts, voted for among short answers, or taken
        because there was one draft.
    reason : str
        Why in this way.
    fallback : bool
        Whether the model failed and a draft was chosen instead.
    drafts : tuple of Draft
        Without repetitions and empty ones.
    order : tuple of int
        Places of the drafts in the order in which the model saw them; empty if it saw none.
    dropped : tuple of int
        Places of drafts that the model did not see, because they did not fit.
    copied_from : int or None
        Place of the draft that the answer is, or was taken from.
    parts : polars.DataFrame
        One row per sentence, see `sentence_support`; with a second model also ``checked``: right, wrong, unsure.
    contradictions : polars.DataFrame
        Facts on which drafts disagree, see `psephos.judges.contradictions`.
    texts : tuple of str
        The answer, and those of the further orders.
    raw : tuple of str
        All that the model said, in turn.
    errors : tuple of str
        Failures of the model.
    usage : Usage
        Of all calls together; None where the model does not say.
    calls : int
        Requests that were made.
    """

    text: str
    mode: str
    reason: str
    fallback: bool
    drafts: tuple[Draft, ...]
    order: tuple[int, ...]
    dropped: tuple[int, ...]
    copied_from: int | None
    parts: pl.DataFrame
    contradictions: pl.DataFrame
    texts: tuple[str, ...]
    raw: tuple[str, ...]
    errors: tuple[str, ...]
    usage: Usage
    calls: int

    @property
    def unsupported(self) -> pl.DataFrame:
        """Sentences to check by hand: those that state what no draft states first, then the least like any draft."""
        return to_check(self.parts)

    @property
    def stability(self) -> pl.DataFrame:
        """Facts that depend on the order of the drafts: kind, value, texts (that state it), of, in_text."""
        return unstable_facts(self.texts)

    @property
    def same_words(self) -> float:
        """Mean token F1 between the texts of different orders; 1 if there was one order."""
        return same_words(self.texts)

    @property
    def support(self) -> float:
        """Mean support of the sentences; NaN for a text without any."""
        mean = self.parts["support"].mean()
        return float("nan") if mean is None else float(mean)  # type: ignore[arg-type]

    def table(self) -> pl.DataFrame:
        """The sentences with their support."""
        return self.parts

    def summary(self) -> list[tuple[str, str]]:
        """The answer and what it stands on, in a few lines."""
        n_drafts = sum(draft.times for draft in self.drafts)
        different = f", {len(self.drafts):,} of them different" if n_drafts > len(self.drafts) else ""
        lines = [
            ("answer", self.text),
            ("how", f"{self.mode}{' (fallback)' if self.fallback else ''}: {self.reason}"),
            ("drafts", f"{n_drafts:,}{different}{f'; {len(self.dropped):,} did not fit' if self.dropped else ''}"),
        ]
        if self.parts.height:
            backed = self.parts["supported"].sum()
            lines.append(("supported", f"{backed:,} of {self.parts.height:,} sentences, {self.support:.2f} on average"))
        for row in self.unsupported.head(3).iter_rows(named=True):
            new = [*row["new_numbers"], *row["new_dates"], *row["new_names"]]
            why = f"states {', '.join(new)}, which no draft does" if new else "is like no draft"
            lines.append(("to check", f"sentence {row['place']} {why}"))
        disputes = self.contradictions.group_by("group", "kind", maintain_order=True).agg("value", "votes")
        for _, kind, values, votes in disputes.head(5).iter_rows():
            told = ", ".join(f"{value} ({n})" for value, n in zip(values, votes, strict=True))
            lines.append(("drafts disagree", f"on a {kind}: {told}"))
        if len(self.texts) > 1:
            found = self.stability["value"].to_list()
            swayed = f"{', '.join(found)} depend{'s' if len(found) == 1 else ''}" if found else "no fact depends"
            words = f"words alike {self.same_words:.2f}"
            lines.append(("orders", f"{len(self.texts):,}; {words}; {swayed} on the order"))
        tokens = [
            f"{n:,} {what}" for n, what in ((self.usage.tokens_in, "read"), (self.usage.tokens_out, "written")) if n
        ]
        cost = "" if self.usage.cost is None else f", cost {self.usage.cost:.6g}"
        lines.append(("calls", f"{self.calls:,}{'; tokens ' + ' and '.join(tokens) if tokens else ''}{cost}"))
        lines += [("failure", error) for error in self.errors]
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole result, ready for JSON."""
        own: dict[str, Any] = {
            "text": self.text,
            "mode": self.mode,
            "reason": self.reason,
            "fallback": self.fallback,
            "copied_from": self.copied_from,
            "drafts": [{"source": d.source, "text": d.text, "score": d.score, "times": d.times} for d in self.drafts],
            "order": list(self.order),
            "dropped": list(self.dropped),
            "contradictions": self.contradictions.to_dicts(),
            "stability": self.stability.to_dicts(),
            "same_words": self.same_words,
            "raw": list(self.raw),
            "errors": list(self.errors),
            "usage": {
                "calls": self.calls,
                "tokens_in": self.usage.tokens_in,
                "tokens_out": self.usage.tokens_out,
                "cost": self.usage.cost,
            },
        }
        own = json_ready(own)
        return super().to_dict() | own
