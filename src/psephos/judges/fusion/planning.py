"""Is there anything to fuse, which drafts fit, and in which order are they shown?

    one draft                                 it is the answer
    every draft has a short answer (auto)     vote: fusing makes exact answers worse, counting makes them better
    mode "select"                             the best score, or else the model names the best draft
    otherwise                                 the model writes

Where request, drafts and answer exceed the context, the worst drafts by score or else by centrality are left out, or
the drafts are fused in groups. Which draft stands first sways a model, so the order is drawn from the seed; of several
orders the second is the first reversed, and no two are the same.

Source: sheet 24. Differs: tokens are estimated as everywhere in psephos (bytes by 3), not as characters by 4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from psephos.engine import spawn
from psephos.judges.fusion.drafts import Draft, by_merit
from psephos.judges.fusion.settings import Settings
from psephos.judges.fusion.wording import Asking, to_choose, to_fuse
from psephos.opinions.final_answers import short


@dataclass(frozen=True)
class Plan:
    """What is to be done with the drafts; made by `plan_for`.

    Attributes
    ----------
    mode : {"copy", "vote", "select", "fuse"}
    reason : str
        Why this is done, in words.
    orders : tuple of tuple of int
        Places of the drafts in each order in which they are shown; none if no model is asked.
    dropped : tuple of int
        Places of drafts that are left out.
    groups : bool
        Whether the drafts are fused in groups, as they do not fit at once.
    notes : tuple of str
    """

    mode: str
    reason: str
    orders: tuple[tuple[int, ...], ...] = ()
    dropped: tuple[int, ...] = ()
    groups: bool = False
    notes: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether the model is asked at all."""
        return bool(self.orders)


def plan_for(request: str, drafts: Sequence[Draft], settings: Settings) -> Plan:
    """What is to be done with these drafts; see the module.

    Parameters
    ----------
    request : str
    drafts : sequence of Draft
        At least one.
    settings : Settings
        Mode, context, orders, what to do with too many drafts, and the seed of the orders.
    """
    if len(drafts) == 1:
        return Plan("copy", "there is one draft")
    if settings.mode == "auto" and all(short(draft.text) is not None for draft in drafts):
        return Plan("vote", "every draft has a short answer")
    if settings.mode == "select" and all(draft.score is not None for draft in drafts):
        return Plan("select", "the best score")
    mode = "select" if settings.mode == "select" else "fuse"
    reason = {
        "select": "the model named the best draft",
        "fuse": "the model wrote it" if settings.mode == "fuse" else "not every draft has a short answer",
    }[mode]
    places = list(range(len(drafts)))
    notes: list[str] = []
    groups = False
    if not fits(request, drafts, settings, mode):
        if settings.overflow == "tree" and mode == "fuse":
            groups = True
            notes.append(f"the drafts exceed the context of {settings.context:,} tokens: fused in groups")
        else:
            ranked, by = by_merit(drafts)
            while len(ranked) > 2 and not fits(request, [drafts[place] for place in ranked], settings, mode):
                ranked.pop()
            places = sorted(ranked)
            notes.append(
                f"the drafts exceed the context of {settings.context:,} tokens: {len(drafts) - len(places):,} left out "
                f"by {by}"
            )
    dropped = tuple(place for place in range(len(drafts)) if place not in places)
    wanted = settings.orders if mode == "fuse" else 1
    orders = _orders(places, wanted, settings.seed)
    if len(orders) < wanted:
        notes.append(f"{len(places)} drafts have {len(orders)} orders only")
    return Plan(mode, reason, orders, dropped, groups, tuple(notes))


def asking_for(request: str, texts: Sequence[str], settings: Settings, mode: str) -> Asking:
    """The messages for these drafts in this order.

    Parameters
    ----------
    request : str
    texts : sequence of str
        The drafts.
    settings : Settings
    mode : {"select", "fuse"}
        Whether the best is to be named, or one answer made.
    """
    same = {"seed": settings.seed, "criteria": settings.criteria, "reasoning": settings.reasoning}
    if mode == "select":
        return to_choose(request, texts, **same)  # type: ignore[arg-type]
    return to_fuse(request, texts, language=settings.language, max_chars=settings.max_chars, **same)  # type: ignore[arg-type]


def size(request: str, drafts: Sequence[Draft], settings: Settings, mode: str) -> int:
    """Tokens of the messages, estimated by `Settings.count_tokens`; see `asking_for` for the parameters."""
    asking = asking_for(request, [draft.text for draft in drafts], settings, mode)
    return sum(settings.count_tokens(message.content) for message in asking.messages)


def fits(request: str, drafts: Sequence[Draft], settings: Settings, mode: str) -> bool:
    """Whether messages and the longest answer are within the context of the model; always, if no context is stated."""
    if settings.context is None:
        return True
    return size(request, drafts, settings, mode) + settings.max_tokens <= settings.context


def _orders(places: Sequence[int], wanted: int, seed: int) -> tuple[tuple[int, ...], ...]:
    wanted = min(wanted, math.factorial(min(len(places), 12)))
    streams = spawn(seed, wanted)
    orders: dict[tuple[int, ...], None] = {}
    for number, stream in enumerate(streams):
        order = tuple(places[place] for place in stream.permutation(len(places)))
        if number == 1:
            order = tuple(reversed(next(iter(orders))))
        while order in orders:
            order = tuple(places[place] for place in stream.permutation(len(places)))
        orders[order] = None
    return tuple(orders)
