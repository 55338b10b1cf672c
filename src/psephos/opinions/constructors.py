"""Opinions from arrays: one constructor per kind, its columns as arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
import polars as pl

from psephos.errors import check_same_length
from psephos.opinions.building import Missing, build
from psephos.opinions.coding import coded_list
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

    See Also
    --------
    psephos.from_matrix : from a matrix of items by voters.
    psephos.read : from files.
    psephos.decide : what they say together.

    Examples
    --------
    >>> print(labels(["a", "a", "b"], ["ann", "bob", "ann"], ["cat", "dog", "cat"]))
    3 labels (2 items, 2 voters, 2 labels) from data
    """
    return _constructed("labels", **locals())


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

    Parameters
    ----------
    item, voter : array_like, shape (n_rows,)
        Ids of any type.
    score : array_like of float, shape (n_rows,)
        The ratings, on any scale.
    round : array_like, shape (n_rows,), optional
        Which pass over the items it was; a voter counts once per item and round.
    time, weight
        As in `labels`.
    about, repeated, missing
        As in `labels`.

    Returns
    -------
    Opinions
        Of kind ``scores``.

    See Also
    --------
    psephos.decide : what the items deserve.
    psephos.ceiling_of : how good anyone could be.
    psephos.read : from files.

    Examples
    --------
    >>> print(scores(["a", "a"], ["ann", "bob"], [3, 4.5]))
    2 scores (1 item, 2 voters) from data
    """
    return _constructed("scores", **locals())


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

    Parameters
    ----------
    candidate, item : array_like, shape (n_rows,)
        Ids of any type.
    score : array_like of float, shape (n_rows,)
        What was achieved; booleans are 0 and 1.
    task, topic, metric, variant, run : array_like, shape (n_rows,), optional
        Ids that tell rows of one candidate and item apart; a candidate counts once per combination.
    answer : array_like of str, shape (n_rows,), optional
        What the candidate answered; carried along.
    about, repeated, missing
        As in `labels`.

    Returns
    -------
    Opinions
        Of kind ``results``.

    See Also
    --------
    psephos.rank : who is better.
    psephos.read : from files.

    Examples
    --------
    >>> print(results(["gpt", "llama"], ["q1", "q1"], [1, 0]))
    2 results (2 candidates, 1 item) from data
    """
    return _constructed("results", **locals())


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

    Parameters
    ----------
    voter, candidate : array_like, shape (n_rows,)
        Ids of any type.
    rank : array_like of float, shape (n_rows,)
        At least 1.
    task : array_like, shape (n_rows,), optional
        What was ranked for, such as the user of a recommender; a voter ranks a candidate once per task.
    weight
        As in `labels`.
    about, repeated, missing
        As in `labels`.

    Returns
    -------
    Opinions
        Of kind ``rankings``.

    See Also
    --------
    psephos.rank : who is better.
    psephos.selection.committee : who is chosen.
    psephos.read : from files.

    Examples
    --------
    >>> print(rankings(["ann", "ann"], ["x", "y"], [1, 2]))
    2 rankings (1 voter, 2 candidates) from data
    """
    return _constructed("rankings", **locals())


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

    Parameters
    ----------
    left, right : array_like, shape (n_rows,)
        Ids of the two candidates.
    winner : array_like of str, shape (n_rows,)
        ``"left"``, ``"right"``, ``"tie"`` or ``"both_bad"``; a battle with another winner or none takes no part.
    voter, item, task : array_like, shape (n_rows,), optional
        Who judged, on what, for which task.
    weight : array_like of float, shape (n_rows,), optional
        How much each vote counts; missing counts 1.
    strength : array_like of float, shape (n_rows,), optional
        How clear the win was.
    time
        As in `labels`.
    about, missing
        As in `labels`.

    Returns
    -------
    Opinions
        Of kind ``battles``.

    See Also
    --------
    psephos.rank : who is better.
    psephos.read : from files.

    Examples
    --------
    >>> print(battles(["x", "y"], ["y", "z"], ["left", "tie"]))
    2 battles (2 lefts, 2 rights, 2 winners) from data
    """
    return _constructed("battles", **locals())


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

    Parameters
    ----------
    item, voter : array_like, shape (n_rows,)
        Ids of any type: the question, the model.
    draw : array_like of int, shape (n_rows,)
        Number of the draw, from 0; a model gives an item one answer per draw.
    answer : array_like, shape (n_rows,)
        The answers as they are compared.
    text, status : array_like of str, shape (n_rows,), optional
        The whole reply, and how it ended; carried along.
    reward, cost, tokens : array_like of float, shape (n_rows,), optional
        A reward, the price, the length in tokens.
    logprobs, ref_logprobs, step_ends : sequence of sequences of numbers, n_rows of them, optional
        Log-probabilities of each token, also under a reference model, and the places at which steps end.
    about, repeated, missing
        As in `labels`.

    Returns
    -------
    Opinions
        Of kind ``samples``.

    See Also
    --------
    psephos.select : which answer to take.
    psephos.read : from files.

    Examples
    --------
    >>> print(samples(["q", "q"], ["llm", "llm"], [0, 1], ["4", "5"]))
    2 samples (1 item, 1 voter, 2 answers) from data
    """
    return _constructed("samples", **locals())


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

    Parameters
    ----------
    item, voter : array_like, shape (n_rows,)
        Ids of the recording and of who wrote it down.
    position : array_like of int, shape (n_rows,)
        Place of the token in its transcript, from 0.
    token : array_like of str, shape (n_rows,)
        What was heard.
    start, end : array_like of float, shape (n_rows,), optional
        Times in seconds.
    confidence : array_like of float, shape (n_rows,), optional
        Between 0 and 1.
    speaker : array_like, shape (n_rows,), optional
        Who spoke.
    about, repeated
        As in `labels`.

    Returns
    -------
    Opinions
        Of kind ``transcripts``.

    See Also
    --------
    psephos.decide : one text of them.
    psephos.read : from files.

    Examples
    --------
    >>> print(transcripts(["clip", "clip"], ["whisper", "whisper"], [0, 1], ["good", "morning"]))
    2 transcripts (1 item, 1 voter, 2 tokens) from data
    """
    return _constructed("transcripts", **locals())


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

    Parameters
    ----------
    user, item : array_like, shape (n_rows,)
        Ids of any type.
    rating : array_like of float, shape (n_rows,), optional
        How much the user liked it.
    time
        As in `labels`.
    about, missing
        As in `labels`.

    Returns
    -------
    Opinions
        Of kind ``interactions``.

    See Also
    --------
    psephos.metrics.evaluate : how good recommended lists are.
    psephos.read : from files.

    Examples
    --------
    >>> print(interactions(["u", "u"], ["film", "book"]))
    2 interactions (1 user, 2 items) from data
    """
    return _constructed("interactions", **locals())


def _constructed(
    name: str, *, about: Tables | None, repeated: str = "auto", missing: Missing = (), **columns: Any
) -> Opinions:
    """Opinions from the arguments of a constructor: all but these are columns."""
    kind = kind_named(name)
    named = {column.name for column in kind.columns if column.role in ("id", "choice")}
    given = {part: values for part, values in columns.items() if values is not None}
    ready = {part: made for part in given if part in named and (made := coded_list(part, given[part])) is not None}
    others = {part: series(part, values) for part, values in given.items() if part not in ready}
    check_same_length(**{part: ready.get(part, others.get(part)) for part in given})
    return build(kind, pl.DataFrame(others), ready=ready, about=tables(about), repeated=repeated, missing=missing)
