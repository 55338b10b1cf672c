"""Models that edit drafts as they are told, for the tests of fusion."""

from __future__ import annotations

import re
from collections.abc import Callable

from psephos.voters.language_model import Request, Scripted

MARK = re.compile(r"<answer-([0-9a-f]{10})>")
DRAFT = re.compile(r"<draft-([0-9a-f]{10}) number=(\d+)>\n(.*?)\n</draft-\1>", re.DOTALL)


def mark(request: Request) -> str:
    """The mark between which this request wants its answer."""
    return MARK.findall(request.messages[-1].content)[-1]


def drafts_in(request: Request) -> list[str]:
    """The drafts in the order in which they are shown."""
    return [text for _, _, text in DRAFT.findall(request.messages[1].content)]


def editor(write: Callable[[Request], str], **options: str) -> Scripted:
    """A model that keeps to the form and writes this."""
    return Scripted(lambda request: f"<answer-{mark(request)}>\n{write(request)}\n</answer-{mark(request)}>", **options)
