"""What do several teachers answer to each request?

Each teacher is asked each request so many times; every draft is a sample of its own draw and on the disk before it
counts, so that work that was broken off goes on where it was. After Ctrl-C what is under way, and so paid, is waited
for, unless it is pressed again. A failure is a draft that is missing, never one that is empty.

Source: sheet 24 (several teachers, one sample each, or one model several times). Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from psephos.engine import progress
from psephos.engine.interrupts import first_interrupt_noted
from psephos.errors import BudgetExceeded, InputError, check_count
from psephos.opinions import Opinions
from psephos.opinions.final_answers import whole
from psephos.opinions.frames import from_frame
from psephos.voters.language_model import (
    Interrupted,
    LanguageModel,
    Message,
    ModelError,
    Request,
    SampleLog,
    SideBySide,
    failed_row,
    sample_frame,
    sample_row,
    short_key,
)
from psephos.voters.language_model.replies import FAILED
from psephos.voters.language_model.sample_log import voter_name


def collect_drafts(
    prompts: Mapping[str, str | Sequence[Message] | Request],
    teachers: Sequence[LanguageModel],
    path: str | Path,
    *,
    times: int = 1,
    temperature: float = 0.7,
    max_tokens: int | None = None,
    seed: int | None = None,
    workers: int = 8,
    label: str | None = None,
) -> Opinions:
    """Let teachers write drafts; called again with the same file, it goes on.

    Parameters
    ----------
    prompts : mapping of str to str, sequence of Message or Request
        The request of each item.
    teachers : sequence of LanguageModel
        The names by which they are known as voters must differ.
    path : str or Path
        The file that keeps the drafts, see `SampleLog`.
    times : int, default 1
        Drafts of each teacher for each request.
    temperature, max_tokens, seed
        Of the drafts, where a prompt is no `Request` that says so itself.
    workers : int, default 8
        Requests under way at a time.
    label : str, optional
        Shows a progress bar with this label.

    Returns
    -------
    Opinions
        Of kind ``samples``: a row per draft, without an answer where the teacher failed.

    Raises
    ------
    InputError
        If there are no prompts or teachers, two teachers have one name, or the file holds drafts of other requests.
    BudgetExceeded
        If a budget is spent; the drafts in the file stay, and the same call goes on.
    Interrupted
        If Ctrl-C is pressed; likewise.

    Examples
    --------
    >>> import tempfile
    >>> from psephos.voters.language_model import Scripted
    >>> teachers = [Scripted(lambda request: "4", id="Ann"), Scripted(lambda request: "5", id="Bob")]
    >>> drafts = collect_drafts({"sum": "2 + 2?"}, teachers, Path(tempfile.mkdtemp(), "drafts.jsonl"))
    >>> drafts.frame().select("item", "voter", "answer").rows()
    [('sum', 'Ann', '4'), ('sum', 'Bob', '5')]
    """
    check_count("times", times)
    names = [voter_name(teacher) for teacher in teachers]
    if not names:
        raise InputError("teachers", "holds none")
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise InputError("teachers", f"holds two called {twice!r}")
    if not prompts:
        raise InputError("prompts", "holds none")
    options = {"temperature": temperature, "max_tokens": max_tokens, "seed": seed}
    asked = {item: _request(item, prompt, options) for item, prompt in prompts.items()}
    with SampleLog(path) as log:
        left = _left(log, asked, teachers, names, times)

        def draft(job: tuple[str, int, Request]) -> None:
            """Ask for one draft, in a thread: it is in the log before anything else is asked there."""
            item, place, request = job
            try:
                reply = teachers[place].complete(request)
            except ModelError as problem:
                log.add(failed_row(item, teachers[place], request, str(problem)))
            else:
                log.add(sample_row(item, teachers[place], request, reply, whole))

        work = SideBySide(draft, left, workers)
        ended: BudgetExceeded | None = None
        try:
            with progress(label, len(left)) as advance, first_interrupt_noted() as pressed:
                for _, got in work:
                    advance()
                    if isinstance(got.error, BudgetExceeded):
                        ended = got.error
                        work.stop()
                    elif got.error is not None:
                        raise got.error
                    if pressed():
                        work.stop()
                if pressed():
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise Interrupted(None) from None
        finally:
            work.stop()
        if ended is not None:
            raise ended
        order = {item: place for place, item in enumerate(prompts)}
        rows = sorted(log.rows, key=lambda row: (order[row["item"]], names.index(row["voter"]), row["draw"]))
    return from_frame(sample_frame(rows), kind="samples")


def _request(item: str, prompt: str | Sequence[Message] | Request, options: Mapping[str, Any]) -> Request:
    if isinstance(prompt, Request):
        return replace(prompt, tag=item, n=1)
    messages = (Message("user", prompt),) if isinstance(prompt, str) else tuple(prompt)
    return Request(messages, tag=item, **options)


def _left(
    log: SampleLog, asked: Mapping[str, Request], teachers: Sequence[LanguageModel], names: Sequence[str], times: int
) -> list[tuple[str, int, Request]]:
    """What is still to be asked; in the place of a draw that failed comes another one."""
    next_draw: dict[tuple[str, int], int] = {}
    there: dict[tuple[str, int], int] = {}
    for number, row in enumerate(log.rows, 1):
        item, voter, draw = row["item"], row["voter"], row["draw"]
        known = item in asked and voter in names
        place = names.index(voter) if known else -1
        if not known or short_key(teachers[place], replace(asked[item], sample_index=draw)) != row["key"]:
            raise InputError(
                str(log.path),
                f"has a draft of {item!r:.60} by another model, or to another request",
                where=f"line {number}",
                hint="name another file, or ask for the same",
            )
        next_draw[item, place] = max(next_draw.get((item, place), 0), draw + 1)
        there[item, place] = there.get((item, place), 0) + (row["status"] != FAILED)
    return [
        (item, place, replace(request, sample_index=next_draw.get((item, place), 0) + more))
        for item, request in asked.items()
        for place in range(len(teachers))
        for more in range(times - there.get((item, place), 0))
    ]
