"""Opinions from arrays: one constructor per kind, its columns as arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
import polars as pl

from psephos.errors import check_same_length
from psephos.opinions.building import Missing, build
from psephos.opinions.frames import Tables, series, tables
from psephos.opinions.kinds import kind_named
from psephos.opinions.model import Opinions


def labels(
    item: npt.ArrayLike,
    voter: npt.ArrayLike,
    label: npt.ArrayLike,
    *,
    weight: npt.ArrayLike | None = None,
    time: npt.ArrayLike | None = None,
    about: Tables | None = None,
    repeated: str = "auto",
    missing: Missing = (),
) -> Opinions:
    """Labels that voters gave to items.

    Parameters
    ----------
    item, voter, label : array_like, shape (n_rows,)
        Ids and labels of any type; a label of None, NaN or an empty text is an abstention.
    weight : array_like of float, shape (n_rows,), optional
        How much each label counts; missing counts 1.
    time : array_like, shape (n_rows,), optional
        When it was given: seconds, dates, or ISO 8601 texts.
    about : mapping of str to data frame, optional
        Tables about ``items``, ``voters``; ``gold`` of items is the known label.
    repeated : {"auto", "first", "last", "error"}, default "auto"
        What counts when a voter contradicts itself on an item; see `psephos.opinions.repeats`.
    missing : str or collection of str, optional
        Texts that mean that there is no value, such as ``["NA", "-"]``: a label of these is an abstention. Ids are
        never missing by their text. The other constructors take it too.

    Returns
    -------
    Opinions
        Of kind ``labels``.

    Examples
    --------
    >>> print(labels(["a", "a", "b"], ["ann", "bob", "ann"], ["cat", "dog", "cat"]))
    3 labels (2 items, 2 voters, 2 labels) from data
    """
    return _constructed(
        "labels", about, repeated, missing, item=item, voter=voter, label=label, weight=weight, time=time
    )


def scores(
    item: npt.ArrayLike,
    voter: npt.ArrayLike,
    score: npt.ArrayLike,
    *,
    round: npt.ArrayLike | None = None,  # noqa: A002 - the field's word for a pass over the items
    time: npt.ArrayLike | None = None,
    weight: npt.ArrayLike | None = None,
    about: Tables | None = None,
    repeated: str = "auto",
    missing: Missing = (),
) -> Opinions:
    """Ratings that people, judges or reviewers gave to items; a score of NaN is an abstention.

    Examples
    --------
    >>> print(scores(["a", "a"], ["ann", "bob"], [3, 4.5]))
    2 scores (1 items, 2 voters) from data
    """
    return _constructed(
        "scores", about, repeated, missing, item=item, voter=voter, score=score, round=round, time=time, weight=weight
    )


def results(
    candidate: npt.ArrayLike,
    item: npt.ArrayLike,
    score: npt.ArrayLike,
    *,
    task: npt.ArrayLike | None = None,
    topic: npt.ArrayLike | None = None,
    metric: npt.ArrayLike | None = None,
    variant: npt.ArrayLike | None = None,
    run: npt.ArrayLike | None = None,
    answer: npt.ArrayLike | None = None,
    about: Tables | None = None,
    repeated: str = "auto",
    missing: Missing = (),
) -> Opinions:
    """What candidates (systems, models) achieved on items; `score` is 0 or 1 where an answer is right or wrong.

    Examples
    --------
    >>> print(results(["gpt", "llama"], ["q1", "q1"], [1, 0]))
    2 results (2 candidates, 1 items) from data
    """
    return _constructed(
        "results",
        about,
        repeated,
        missing,
        candidate=candidate,
        item=item,
        score=score,
        task=task,
        topic=topic,
        metric=metric,
        variant=variant,
        run=run,
        answer=answer,
    )


def rankings(
    voter: npt.ArrayLike,
    candidate: npt.ArrayLike,
    rank: npt.ArrayLike,
    *,
    task: npt.ArrayLike | None = None,
    weight: npt.ArrayLike | None = None,
    about: Tables | None = None,
    repeated: str = "auto",
    missing: Missing = (),
) -> Opinions:
    """Ranks that voters gave to candidates: 1 is best, equal ranks are ties, an absent candidate was not ranked.

    Examples
    --------
    >>> print(rankings(["ann", "ann"], ["x", "y"], [1, 2]))
    2 rankings (1 voters, 2 candidates) from data
    """
    return _constructed(
        "rankings", about, repeated, missing, voter=voter, candidate=candidate, rank=rank, task=task, weight=weight
    )


def battles(
    left: npt.ArrayLike,
    right: npt.ArrayLike,
    winner: npt.ArrayLike,
    *,
    voter: npt.ArrayLike | None = None,
    item: npt.ArrayLike | None = None,
    task: npt.ArrayLike | None = None,
    weight: npt.ArrayLike | None = None,
    strength: npt.ArrayLike | None = None,
    time: npt.ArrayLike | None = None,
    about: Tables | None = None,
    missing: Missing = (),
) -> Opinions:
    """Pairwise votes; `winner` is ``left``, ``right``, ``tie`` or ``both_bad``.

    Examples
    --------
    >>> print(battles(["x", "y"], ["y", "z"], ["left", "tie"]))
    2 battles (2 lefts, 2 rights, 2 winners) from data
    """
    return _constructed(
        "battles",
        about,
        "auto",
        missing,
        left=left,
        right=right,
        winner=winner,
        voter=voter,
        item=item,
        task=task,
        weight=weight,
        strength=strength,
        time=time,
    )


def samples(
    item: npt.ArrayLike,
    voter: npt.ArrayLike,
    draw: npt.ArrayLike,
    answer: npt.ArrayLike,
    *,
    text: npt.ArrayLike | None = None,
    status: npt.ArrayLike | None = None,
    reward: npt.ArrayLike | None = None,
    cost: npt.ArrayLike | None = None,
    tokens: npt.ArrayLike | None = None,
    logprobs: Sequence[Sequence[float]] | None = None,
    ref_logprobs: Sequence[Sequence[float]] | None = None,
    step_ends: Sequence[Sequence[int]] | None = None,
    about: Tables | None = None,
    repeated: str = "auto",
    missing: Missing = (),
) -> Opinions:
    """Repeated answers of models: every draw is a row and stays one; an answer of None is a draw without an answer.

    Examples
    --------
    >>> print(samples(["q", "q"], ["llm", "llm"], [0, 1], ["4", "5"]))
    2 samples (1 items, 1 voters, 2 answers) from data
    """
    return _constructed(
        "samples",
        about,
        repeated,
        missing,
        item=item,
        voter=voter,
        draw=draw,
        answer=answer,
        text=text,
        status=status,
        reward=reward,
        cost=cost,
        tokens=tokens,
        logprobs=logprobs,
        ref_logprobs=ref_logprobs,
        step_ends=step_ends,
    )


def transcripts(
    item: npt.ArrayLike,
    voter: npt.ArrayLike,
    position: npt.ArrayLike,
    token: npt.ArrayLike,
    *,
    start: npt.ArrayLike | None = None,
    end: npt.ArrayLike | None = None,
    confidence: npt.ArrayLike | None = None,
    speaker: npt.ArrayLike | None = None,
    about: Tables | None = None,
    repeated: str = "auto",
) -> Opinions:
    """Transcripts of recordings, one row per token; `start` and `end` in seconds, `confidence` between 0 and 1.

    Examples
    --------
    >>> print(transcripts(["clip", "clip"], ["whisper", "whisper"], [0, 1], ["good", "morning"]))
    2 transcripts (1 items, 1 voters, 2 tokens) from data
    """
    return _constructed(
        "transcripts",
        about,
        repeated,
        (),
        item=item,
        voter=voter,
        position=position,
        token=token,
        start=start,
        end=end,
        confidence=confidence,
        speaker=speaker,
    )


def interactions(
    user: npt.ArrayLike,
    item: npt.ArrayLike,
    *,
    rating: npt.ArrayLike | None = None,
    time: npt.ArrayLike | None = None,
    about: Tables | None = None,
    missing: Missing = (),
) -> Opinions:
    """What users chose or rated.

    Examples
    --------
    >>> print(interactions(["u", "u"], ["film", "book"]))
    2 interactions (1 users, 2 items) from data
    """
    return _constructed("interactions", about, "auto", missing, user=user, item=item, rating=rating, time=time)


def _constructed(name: str, about: Tables | None, repeated: str, missing: Missing, **columns: Any) -> Opinions:
    kind = kind_named(name)
    given = {part: series(part, values) for part, values in columns.items() if values is not None}
    check_same_length(**given)
    return build(kind, pl.DataFrame(given), about=tables(about), repeated=repeated, missing=missing)
