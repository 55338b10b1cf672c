"""What does the model say when it is asked, and what did all of it cost?

An answer without its marks is asked for once more, with a word that they are missing. An empty answer is not asked for
again, nor is anything after a failure: what may pass is tried again by `Retrying`. What exceeds the context of a server
is known by its complaint.

Source: sheet 24. Differs: nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from psephos.judges.fusion.planning import asking_for
from psephos.judges.fusion.settings import Settings
from psephos.voters.language_model import LanguageModel, ModelError, Reply, Request, Usage

_TOO_LONG = re.compile(
    r"context.{0,12}(length|window|size|limit)|available context|maximum context|prompt is too long|too many tokens|"
    r"context_length_exceeded",
    re.IGNORECASE,
)


class TooLongError(Exception):
    """The server says that its context is exceeded."""


class Conversation:
    """All calls for one request: what was said, what failed, what it took.

    Parameters
    ----------
    model : LanguageModel
    request : str
        What is to be answered.
    settings : Settings
    tag : str
        Name of the request in logs.

    Attributes
    ----------
    raw : list of str
        Every reply as it came.
    errors, notes : list of str
        Failures of the model, and what a reader has to know.
    why : str
        Why the last question brought nothing.
    calls : int
    usage : Usage
        Tokens and cost of all calls.
    """

    def __init__(self, model: LanguageModel, request: str, settings: Settings, tag: str) -> None:
        self.model = model
        self.request = request
        self.settings = settings
        self.tag = tag
        self.raw: list[str] = []
        self.errors: list[str] = []
        self.notes: list[str] = []
        self.why = "the model gave no answer"
        self.calls = 0
        self.usage = Usage()

    def ask(self, texts: Sequence[str], mode: str) -> str | None:
        """What the model puts between the marks; None if there is nothing, and `why` says what happened.

        Raises
        ------
        TooLongError
            If the server's context is exceeded.
        """
        asking = asking_for(self.request, texts, self.settings, mode)
        reply = self.say(Request(asking.messages, **self._options(0)))
        if reply is None:
            return None
        said = asking.read(reply)
        if said is None and reply.strip():
            reply = self.say(Request(asking.reminder(reply), **self._options(1))) or ""
            said = asking.read(reply)
        if said is None and not self.errors:
            self.why = "the answer was not between its marks" if reply.strip() else "the answer was empty"
        return said

    def say(self, request: Request, model: LanguageModel | None = None) -> str | None:
        """The text of the reply; None if the model failed, which is kept in `errors`."""
        self.calls += 1
        try:
            reply = (model or self.model).complete(request)
        except ModelError as problem:
            self.errors.append(str(problem))
            if model is None and _TOO_LONG.search(str(problem)):
                raise TooLongError from None
            self.why = f"the model failed: {problem}"
            return None
        self.take(reply)
        return reply.text

    def take(self, reply: Reply) -> None:
        """Count what a reply took; a kept one cost nothing now."""
        self.raw.append(reply.text)
        for note in reply.notes:
            self.note(note)
        if not reply.cached:
            self.usage = total([self.usage, reply.usage])

    def note(self, text: str) -> None:
        """Keep a remark, once."""
        if text not in self.notes:
            self.notes.append(text)

    def _options(self, attempt: int) -> dict[str, Any]:
        return {
            "temperature": self.settings.temperature,
            "seed": self.settings.seed % 2**31,
            "max_tokens": self.settings.max_tokens,
            "sample_index": attempt,
            "tag": self.tag,
        }


def total(usages: Sequence[Usage]) -> Usage:
    """What all of these took; None where none of them says.

    Examples
    --------
    >>> total([Usage(), Usage(3, 1), Usage(2, 2, 0.5)])
    Usage(tokens_in=5, tokens_out=3, cost=0.5)
    """

    def whole(values: list[float | int | None]) -> float | int | None:
        told = [value for value in values if value is not None]
        return sum(told) if told else None

    read, written, cost = (whole([getattr(usage, name) for usage in usages]) for name in Usage.__slots__)
    return Usage(
        None if read is None else int(read),
        None if written is None else int(written),
        None if cost is None else float(cost),
    )
