"""What would be asked, of whom, and what would it cost at most, before anything is?

Source: sheet 24. Differs: a further call for an answer without its marks is counted in the most, not in the least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import polars as pl

from psephos.errors import InputError, check_number
from psephos.judges.fusion.drafts import Draft, distinct
from psephos.judges.fusion.planning import asking_for, plan_for
from psephos.judges.fusion.settings import Settings, Wishes
from psephos.judges.fusion.wording import request_text
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result
from psephos.voters.language_model import Message

_MILLION = 1_000_000


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class FusionPreview(Result):
    """What a fusion would ask.

    Attributes
    ----------
    mode, reason : str
        How the answer would come about, and why.
    messages : tuple of Message
        Those of the first call; empty if the model is not asked.
    calls, most_calls : int
        Without and with asking again for an answer without its marks; groups are counted as one call each.
    tokens_in : int
        Estimated tokens of the messages of all calls.
    tokens_out : int
        Tokens of the answers, at most.
    cost, most_cost : float or None
        Of `calls` and `most_calls`; None without prices.
    """

    mode: str
    reason: str
    messages: tuple[Message, ...]
    calls: int
    most_calls: int
    tokens_in: int
    tokens_out: int
    cost: float | None
    most_cost: float | None

    def table(self) -> pl.DataFrame:
        """The messages: role, content."""
        rows = [(message.role, message.content) for message in self.messages]
        return pl.DataFrame(rows, schema={"role": pl.String, "content": pl.String}, orient="row")

    def summary(self) -> list[tuple[str, str]]:
        """What would be asked and paid, in a few lines."""
        lines = [("how", f"{self.mode}: {self.reason}"), ("calls", f"{self.calls:,}, at most {self.most_calls:,}")]
        if self.calls:
            lines.append(("tokens", f"about {self.tokens_in:,} read, at most {self.tokens_out:,} written"))
        if self.cost is not None:
            lines.append(("cost", f"{self.cost:.6g}, at most {self.most_cost:.6g}"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole preview, ready for JSON."""
        names = ("mode", "reason", "calls", "most_calls", "tokens_in", "tokens_out", "cost", "most_cost")
        return super().to_dict() | {name: getattr(self, name) for name in names}


def fuse_preview(
    prompt: str | Sequence[Message],
    candidates: Sequence[str | Draft],
    *,
    prices: tuple[float, float] | None = None,
    **wishes: Unpack[Wishes],
) -> FusionPreview:
    """What `psephos.judges.fuse` would ask and cost; nothing is asked.

    Parameters
    ----------
    prompt, candidates
        As in `psephos.judges.fuse`.
    prices : tuple of float, optional
        Price of a million tokens of messages, and of answers.
    **wishes
        As in `psephos.judges.fuse`.

    Returns
    -------
    FusionPreview
        The requests with their sizes and prices.

    Raises
    ------
    InputError
        As `psephos.judges.fuse`, or if a price is negative.

    Examples
    --------
    >>> print(fuse_preview("Why?", ["Because it rained.", "Nobody knows why it did."], prices=(1, 4), max_tokens=100))
    how     fuse: not every draft has a short answer
    calls   1, at most 2
    tokens  about ... read, at most 100 written
    cost    0.000..., at most 0.00...
    """
    settings = Settings(**wishes)
    request = request_text(prompt)
    drafts, notes = distinct(candidates)
    if prices is not None:
        if len(prices) != 2:
            raise InputError("prices", f"must be two numbers, got {len(prices)}")
        prices = (check_number("prices", prices[0], low=0), check_number("prices", prices[1], low=0))
    plan = plan_for(request, drafts, settings)
    askings = [asking_for(request, [drafts[at].text for at in order], settings, plan.mode) for order in plan.orders]
    sizes = [sum(settings.count_tokens(message.content) for message in asking.messages) for asking in askings]
    read, written = sum(sizes), settings.max_tokens * len(askings)
    again = read + written + sum(settings.count_tokens(asking.reminder("")[-1].content) for asking in askings)
    cost = most = None
    if prices is not None:
        cost = (read * prices[0] + written * prices[1]) / _MILLION
        most = cost + (again * prices[0] + written * prices[1]) / _MILLION
    return FusionPreview(
        provenance=Provenance("fuse_preview", settings.parameters, Source(), notes=(*notes, *plan.notes)),
        mode=plan.mode,
        reason=plan.reason,
        messages=askings[0].messages if askings else (),
        calls=len(askings),
        most_calls=2 * len(askings),
        tokens_in=read,
        tokens_out=written,
        cost=cost,
        most_cost=most,
    )
