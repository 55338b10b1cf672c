"""What do several teachers answer to each request?

Each teacher is asked each request so many times; every draft is a sample of its own draw and on the disk before it
counts, so that work that was broken off goes on where it was. A failure is a draft that is missing, never one that is
empty.

Source: sheet 24 (several teachers, one sample each, or one model several times). Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from psephos.engine import progress
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
from psephos.voters.language_model.sample_log import FAILED, voter_name


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
    asked = [
        (item, place, replace(_request(item, prompt, options), sample_index=draw))
        for item, prompt in prompts.items()
        for place in range(len(teachers))
        for draw in range(times)
    ]
    with SampleLog(path) as log:
        wanted = {(item, names[place], request.sample_index): (place, request) for item, place, request in asked}
        done = _done(log, wanted, teachers)
        left = [job for job in asked if (job[0], names[job[1]], job[2].sample_index) not in done]
        work = SideBySide(lambda job: teachers[job[1]].complete(job[2]), left, workers)
        ended: BudgetExceeded | None = None
        try:
            with progress(label, len(left)) as advance:
                for index, got in work:
                    advance()
                    item, place, request = left[index]
                    if isinstance(got.error, ModelError):
                        log.add(failed_row(item, teachers[place], request, str(got.error)))
                    elif isinstance(got.error, BudgetExceeded):
                        ended = got.error
                        work.stop()
                    elif got.error is not None:
                        raise got.error
                    elif got.value is not None:
                        log.add(sample_row(item, teachers[place], request, got.value, whole))
        except KeyboardInterrupt:
            raise Interrupted(None) from None
        finally:
            work.stop()
        if ended is not None:
            raise ended
        rows = {(row["item"], row["voter"], row["draw"]): row for row in log.rows}  # of a draw the last try counts
        ordered = [rows[item, names[place], request.sample_index] for item, place, request in asked]
    return from_frame(sample_frame(ordered), kind="samples")


def _request(item: str, prompt: str | Sequence[Message] | Request, options: Mapping[str, Any]) -> Request:
    if isinstance(prompt, Request):
        return replace(prompt, tag=item, n=1)
    messages = (Message("user", prompt),) if isinstance(prompt, str) else tuple(prompt)
    return Request(messages, tag=item, **options)  


def _done(
    log: SampleLog, wanted: Mapping[tuple[str, str, int], tuple[int, Request]], teachers: Sequence[LanguageModel]
) -> set[tuple[str, str, int]]:
    """Drafts that are there; failures are tried again."""
    done = set()
    for number, row in enumerate(log.rows, 1):
        place = (row["item"], row["voter"], row["draw"])
        known = wanted.get(place)
        if known is None or short_key(teachers[known[0]], known[1]) != row["key"]:
            raise InputError(
                str(log.path),
                f"has a draft of {row['item']!r:.60} by another model, or to another request",
                where=f"line {number}",
                hint="name another file, or ask for the same",
            )
        if row["status"] != FAILED:
            done.add(place)
    return done
