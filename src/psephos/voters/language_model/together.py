"""How do many requests get answered side by side, and nothing lost when one fails or somebody presses Ctrl-C?

At most `workers` requests are under way at a time. Results are placed by the number of the request, never by when they
came. A request that fails is recorded with its reason and stops nothing; if many fail in a row the rest is not asked.
A spent budget ends the work with what there is in `BudgetExceeded.partial`, Ctrl-C in `Interrupted.partial`; threads
that still wait for a server are left behind and do not keep the program from ending.

Source: sheet 19. Differs: threads instead of an event loop, so that one protocol serves all models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from psephos.engine import progress
from psephos.errors import BudgetExceeded, check_count
from psephos.voters.language_model.crew import Crew, Done, Given, Got
from psephos.voters.language_model.protocol import LanguageModel, ModelError
from psephos.voters.language_model.replies import Reply
from psephos.voters.language_model.requests import Request


class Interrupted(KeyboardInterrupt):
    """Ctrl-C was pressed.

    Parameters
    ----------
    partial : Completions
        What was finished before.

    Examples
    --------
    >>> Interrupted(partial=None).partial is None
    True
    """

    def __init__(self, partial: Any) -> None:
        self.partial = partial
        super().__init__("interrupted")


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A request to which there is no answer.

    Attributes
    ----------
    index : int
        Its number.
    tag : str
        Of the request.
    reason : str
        Why there is no answer.
    """

    index: int
    tag: str
    reason: str


@dataclass(frozen=True, eq=False)
class Completions:
    """The answers to many requests.

    Attributes
    ----------
    replies : tuple of Reply or None
        In the order of the requests; None where there is none.
    failures : tuple of Unanswered
        Requests that failed, in order. Where work was cut short, requests that were not finished are in neither.
    """

    replies: tuple[Reply | None, ...]
    failures: tuple[Unanswered, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """Wishes that models ignored, each once."""
        return tuple(dict.fromkeys(note for reply in self.replies if reply is not None for note in reply.notes))


def complete_many(
    model: LanguageModel,
    requests: Sequence[Request],
    *,
    workers: int = 8,
    give_up: int | None = 20,
    label: str | None = None,
    on_reply: Callable[[int, Reply], object] | None = None,
) -> Completions:
    """Let a model answer many requests.

    Parameters
    ----------
    model : LanguageModel
        Who is asked.
    requests : sequence of Request
        What is asked.
    workers : int, default 8
        How many are under way at a time.
    give_up : int or None, default 20
        After so many failures in a row, the rest is recorded as failed without being asked; None asks to the end.
    label : str, optional
        Shows a progress bar with this label.
    on_reply : callable, optional
        Called in this thread with the number and the reply of each request as it comes.

    Returns
    -------
    Completions
        Replies in the order of the requests, and what failed.

    Raises
    ------
    BudgetExceeded
        If a budget is spent; `partial` holds the `Completions` so far.
    Interrupted
        If Ctrl-C is pressed; likewise.

    Examples
    --------
    >>> from psephos.voters.language_model import Scripted
    >>> model = Scripted({"one": "1", "two": ModelError("is tired")})
    >>> done = complete_many(model, [Request.of("?", tag=tag) for tag in ("two", "one")])
    >>> [reply and reply.text for reply in done.replies], done.failures[0].reason
    ([None, '1'], 'is tired')
    """
    if give_up is not None:
        check_count("give_up", give_up)
    replies: list[Reply | None] = [None] * len(requests)
    failures: list[Unanswered] = []
    in_a_row = 0
    ended: BudgetExceeded | None = None

    def so_far() -> Completions:
        return Completions(tuple(replies), tuple(sorted(failures, key=lambda failure: failure.index)))

    work = SideBySide(model.complete, requests, workers)
    try:
        with progress(label, len(requests)) as advance:
            for index, done in work:
                advance()
                if isinstance(done.error, ModelError):
                    failures.append(Unanswered(index, requests[index].tag, str(done.error)))
                    in_a_row += 1
                elif isinstance(done.error, BudgetExceeded):
                    ended = done.error if ended is None else ended
                    work.stop()
                elif done.error is not None:
                    raise done.error
                elif done.value is not None:
                    replies[index] = done.value
                    in_a_row = 0
                    if on_reply is not None:
                        on_reply(index, done.value)
                if give_up is not None and in_a_row >= give_up:
                    work.stop()
    except KeyboardInterrupt:
        raise Interrupted(so_far()) from None
    finally:
        work.stop()
    if ended is not None:
        ended.partial = so_far()
        raise ended
    if give_up is not None and in_a_row >= give_up:
        known = {failure.index for failure in failures}
        failures += [
            Unanswered(index, request.tag, f"not asked: {in_a_row} requests in a row failed")
            for index, request in enumerate(requests)
            if replies[index] is None and index not in known
        ]
    return so_far()


class SideBySide(Iterator[tuple[int, Done[Got]]], Generic[Given, Got]):
    """Apply a function to inputs in several threads and yield (index, `Done`) as they end.

    Parameters
    ----------
    function : callable
        Called with one input in one of the threads.
    inputs : sequence
        What is worked on, in order.
    workers : int
        How many inputs are under way at a time.

    Examples
    --------
    >>> sorted((index, done.value) for index, done in SideBySide(abs, [-3, 4], 2))
    [(0, 3), (1, 4)]
    """

    def __init__(self, function: Callable[[Given], Got], inputs: Sequence[Given], workers: int) -> None:
        self._inputs = inputs
        self._crew: Crew[int, Got] = Crew(lambda index: function(inputs[index]), workers)
        self._next = 0
        self._stopped = False

    def __iter__(self) -> Iterator[tuple[int, Done[Got]]]:
        return self

    def __next__(self) -> tuple[int, Done[Got]]:
        while not self._stopped and self._next < len(self._inputs) and self._crew.under_way < self._crew.workers:
            self._crew.give(self._next)
            self._next += 1
        if not self._crew.under_way:
            self.stop()
            raise StopIteration
        return self._crew.take()

    def stop(self) -> None:
        """Begin no further input; those under way still come, if they are waited for."""
        self._stopped = True
        self._crew.stop()
