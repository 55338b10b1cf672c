"""What did a model answer, as opinions?

Each sample is one row of kind ``samples``: item, voter, number of the draw, answer. A request without an answer is a
row too, whose answer is missing and whose status is ``failed``: no draw, never a vote. So is one of several samples
that broke off. An empty text (``empty``) or one without an answer (``no answer``) is an abstention, and a sample that
was cut at its limit keeps its answer and says ``length``. Nothing is reduced here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from psephos.errors import InputError, check_same_length
from psephos.opinions import Opinions, from_frame
from psephos.voters.language_model.requests import Request
from psephos.voters.language_model.sample_log import SAMPLES, status_of
from psephos.voters.language_model.together import Completions


def as_samples(
    items: Sequence[str],
    voter: str,
    requests: Sequence[Request],
    done: Completions,
    *,
    answer: Callable[[str], str | None] = str.strip,
) -> Opinions:
    """The answers to many requests as opinions.

    Parameters
    ----------
    items : sequence of str, shape (n_requests,)
        The item of each request.
    voter : str
        Name of the model as a voter.
    requests : sequence of Request, shape (n_requests,)
        What is asked.
    done : Completions
        What `complete_many` gave for them.
    answer : callable, default str.strip
        Takes the answer out of a text; None or an empty text is an abstention.

    Returns
    -------
    Opinions
        Of kind ``samples``; the cost and tokens of a reply stand with its first sample.

    Raises
    ------
    InputError
        If there are not as many items or replies as requests, or two requests are for the same draw of an item.

    Examples
    --------
    >>> from psephos.voters.language_model import Scripted, complete_many
    >>> requests = [Request.of("2 + 2?", sample_index=draw) for draw in range(3)]
    >>> done = complete_many(Scripted(lambda request: "4"), requests)
    >>> print(as_samples(["sum"] * 3, "small", requests, done))
    3 samples (1 item, 1 voter, 1 answer) from data
    """
    check_same_length(requests=requests, items=items, done=done.replies)
    seen: set[tuple[str, int]] = set()
    for index, (item, request) in enumerate(zip(items, requests, strict=True)):
        draws = {(item, request.sample_index + place) for place in range(request.n)}
        if seen & draws:
            where, hint = f"request {index}", "number the draws of an item by `sample_index`"
            raise InputError(
                "requests", f"ask twice for draw {min(seen & draws)[1]} of {item!r:.60}", where=where, hint=hint
            )
        seen |= draws
    failed = {failure.index for failure in done.failures}
    rows: list[tuple[Any, ...]] = []
    for index, (item, request, reply) in enumerate(zip(items, requests, done.replies, strict=True)):
        if reply is None:
            status = "failed" if index in failed else "not asked"
            rows += [
                (item, voter, request.sample_index + place, None, None, status, None, None, None)
                for place in range(request.n)
            ]
            continue
        for place in range(request.n):  # more than were asked for have no number: it may be that of another request
            draw = request.sample_index + place
            if place >= reply.n:
                rows.append((item, voter, draw, None, None, "not given", None, None, None))
                continue
            sample = reply.samples[place]
            found = answer(sample.text) or None
            status = status_of(sample, found)
            first = (reply.usage.cost, reply.usage.tokens_out) if place == 0 else (None, None)
            rows.append((item, voter, draw, found, sample.text, status, *first, sample.logprobs))
    return from_frame(pl.DataFrame(rows, schema=SAMPLES, orient="row"), kind="samples")
