"""What if a model fails once, and would not fail twice?

A failure that may pass (`ModelError.again`) is tried again after 1, 2, 4, ... seconds, each longer or shorter by up to
a fifth so that many clients do not come back at once, never more than 60; or after as long as the server asks for. An
answer that is not the JSON object asked for is asked for again, each time as another draw, so that neither a cache nor
a seed gives the same text; what is still none after three times stays a reply without `parsed`: invalid, no error.

Source: sheet 19. Differs: a server that asks for more than 60 seconds is waited for 60, and then asked.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

from psephos.errors import check_count, check_number
from psephos.voters.language_model.protocol import LanguageModel, ModelError
from psephos.voters.language_model.replies import Reply
from psephos.voters.language_model.requests import Request
from psephos.voters.servers import LONGEST_WAIT

REASK = 1_000_000
"""Draws of callers are numbered below; re-asks of a draw are numbered above, a million apart."""

_JITTER = 0.2


class Retrying:
    """A model that is asked again when it fails.

    Parameters
    ----------
    model : LanguageModel
        Who is asked behind it.
    attempts : int, default 6
        How often a request is tried in all: the first time and five more.
    reasks : int, default 3
        How often an answer that does not follow the schema is asked for again.
    pause : float, default 1
        Seconds before the second attempt; doubled before each further one.
    sleep : callable, default time.sleep
        What waits.

    Examples
    --------
    >>> from psephos.voters.language_model import Scripted
    >>> flaky = Scripted([ModelError("busy", again=True), "4"])
    >>> Retrying(flaky, pause=0).complete(Request.of("2 + 2?")).text
    '4'
    """

    def __init__(
        self,
        model: LanguageModel,
        *,
        attempts: int = 6,
        reasks: int = 3,
        pause: float = 1.0,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._model = model
        self._attempts = check_count("attempts", attempts)
        self._reasks = check_count("reasks", reasks, low=0)
        self._pause = check_number("pause", pause, low=0)
        self._sleep = sleep

    @property
    def id(self) -> str:
        """That of the model."""
        return self._model.id

    def complete(self, request: Request) -> Reply:
        """The first answer that came; with a schema, the first that follows it, or else the first of all."""
        first = self._answer(request)
        if request.schema is None:
            return first
        reply = first
        for ask in range(1, self._reasks + 1):
            if reply.parsed is not None:
                return reply
            reply = self._answer(replace(request, sample_index=request.sample_index + ask * REASK))
        return first if reply.parsed is None else reply

    def _answer(self, request: Request) -> Reply:
        for attempt in range(1, self._attempts + 1):
            try:
                return self._model.complete(request)
            except ModelError as problem:
                if not problem.again:
                    raise
                if attempt == self._attempts:
                    raise ModelError(f"{problem} (tried {attempt} times)", wait=problem.wait) from problem
                self._sleep(self._wait(attempt, problem.wait))
        raise AssertionError  # pragma: no cover - the loop returns or raises

    def _wait(self, attempt: int, asked: float | None) -> float:
        jitter = 1 + random.uniform(-_JITTER, _JITTER)  # nosec B311 # noqa: S311 - when to come back, no more
        wait = min(self._pause * 2 ** (attempt - 1), LONGEST_WAIT) * jitter if asked is None else asked
        return min(wait, LONGEST_WAIT)
