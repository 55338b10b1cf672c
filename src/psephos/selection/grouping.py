"""How do samples, or plain lists of answers and rewards, become pools?

The door of the room: whatever the caller handed over, samples with a column of rewards, answers to one question or to
many, rewards as numbers, as a mapping or as a function, ends as `Pools`, or as an error that says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_floats
from psephos.opinions.coding import Coded, combined, encode, natural_order
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.frames import series
from psephos.opinions.model import Opinions, frozen
from psephos.opinions.tallies import tally
from psephos.selection.pools import Ask, Floats, Integers, Pools

Answers: TypeAlias = Opinions | Sequence[Any] | npt.NDArray[Any]
"""Samples; or the answers to one question; or a list with the answers to each of several questions."""

Rewards: TypeAlias = npt.ArrayLike | Mapping[Any, float] | Callable[..., float]
"""One number a row, or what tells the reward of an answer."""


def pools_of(answers: Answers, rewards: Rewards | None, equivalence: Equivalence) -> Pools:
    """Group samples by question and answer.

    Parameters
    ----------
    answers : Opinions, or sequence
        Samples; or answers to one question; or a list with the answers to each question. None is a sample without
        an answer.
    rewards : array_like, mapping, callable or None
        Rewards; see `psephos.selection.best_of_majority`.
    equivalence : str or callable
        Which answers are the same.

    Raises
    ------
    InputError
        If there is no answer, lengths differ, or a reward is infinite or no number.
    """
    if isinstance(answers, Opinions):
        if answers.kind != "samples":
            raise InputError(
                "answers", f"must be samples, got {answers.kind}", hint="read the table with kind='samples'"
            )
        opinions, reward, ask = answers, *_of_samples(answers, rewards)
    else:
        opinions, reward, ask = _of_lists(answers, rewards)
    opinions = opinions.merged(equivalence)
    counted = tally(opinions.codes("item"), opinions.codes("answer"), opinions.size("item"), opinions.size("answer"))
    return Pools(opinions, counted, lambda: _order(opinions), reward, ask or _nothing_known, ask is not None)


def _of_samples(opinions: Opinions, rewards: Rewards | None) -> tuple[Floats, Ask | None]:
    """Rewards of samples: their column, one number a row, or what tells the reward of a question and an answer."""
    if rewards is None:
        return opinions.numbers.get("reward", np.zeros(0)), None
    if callable(rewards) or isinstance(rewards, Mapping):
        items, answers = opinions.vocabulary("item"), opinions.coded["answer"].values()
        return np.zeros(0), lambda item, row: _told(rewards, (items[item], answers[row]))
    reward = check_floats("rewards", rewards, missing=True)
    if len(reward) != len(opinions):
        raise InputError(
            "rewards", f"must be one for each of {len(opinions):,} samples of answers, got {len(reward):,}"
        )
    return reward, None


def _of_lists(
    answers: Sequence[Any] | npt.NDArray[Any], rewards: Rewards | None
) -> tuple[Opinions, Floats, Ask | None]:
    """Plain answers as samples of one voter, with their rewards."""
    if isinstance(answers, (str, bytes)) or not isinstance(answers, (Sequence, np.ndarray, pl.Series)):
        raise InputError("answers", f"must be samples or a sequence of answers, got {type(answers).__name__}")
    given: list[Any] = answers.tolist() if isinstance(answers, np.ndarray) else list(answers)
    if not given:
        raise InputError(
            "answers",
            "are none: there is nothing to select from",
            hint="draw samples first",
        )
    several = isinstance(given[0], (list, tuple, np.ndarray))
    questions = [list(question) for question in given] if several else [given]
    sizes = np.array([len(question) for question in questions])
    if not sizes.all():
        raise InputError(
            "answers",
            "are none",
            where=f"question {int(np.argmin(sizes))}",
            hint="draw samples first",
        )
    flat = list(chain.from_iterable(questions))
    coded = encode(series("answers", flat))
    item = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    draw = np.arange(len(flat)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    opinions = Opinions(
        "samples",
        frozen(
            {
                "item": Coded(item, pl.Series("item", range(len(sizes))).cast(pl.String)),
                "voter": Coded(np.zeros(len(flat), dtype=np.int32), pl.Series("voter", ["sampler"])),
                "answer": Coded(coded.codes, coded.vocabulary.alias("answer")),
            }
        ),
        frozen({"draw": draw.astype(np.float64)}),
        pl.DataFrame(),
    )
    if rewards is None:
        return opinions, np.zeros(0), None
    if several:
        return opinions, *_of_questions(rewards, sizes, flat)
    if callable(rewards) or isinstance(rewards, Mapping):
        return opinions, np.zeros(0), lambda _, row: _told(rewards, (flat[row],))
    return opinions, _as_many(rewards, len(flat), ""), None


def _of_questions(rewards: Any, sizes: Integers, flat: list[Any]) -> tuple[Floats, Ask | None]:
    """Rewards of several questions: for each one a list, or for each one a mapping or a function."""
    each: list[Any] = [rewards] * len(sizes) if callable(rewards) or isinstance(rewards, Mapping) else list(rewards)
    if len(each) != len(sizes):
        raise InputError("rewards", f"must be given for each of {len(sizes):,} questions of answers, got {len(each):,}")
    told = [callable(one) or isinstance(one, Mapping) for one in each]
    if all(told):
        return np.zeros(0), lambda item, row: _told(each[item], (flat[row],))
    if any(told):
        raise InputError("rewards", "must be numbers for all questions or for none")
    return np.concatenate(
        [
            _as_many(one, int(size), f" of question {item}")
            for item, (one, size) in enumerate(zip(each, sizes, strict=True))
        ]
    ), None


def _as_many(rewards: npt.ArrayLike, size: int, of: str) -> Floats:
    reward = check_floats("rewards", rewards, missing=True)
    if len(reward) != size:
        raise InputError("rewards", f"must be as many as answers{of} ({size}), got {len(reward)}")
    return reward


def _told(rewards: Any, key: tuple[Any, ...]) -> object:
    """The reward that a mapping or a function tells."""
    if callable(rewards):
        return rewards(*key)
    known = key[0] if len(key) == 1 else key
    if known not in rewards:
        raise InputError("rewards", f"have none for {known!r:.80}")
    return rewards[known]


def _nothing_known(item: int, row: int) -> object:  # noqa: ARG001 - as `Ask`
    """What is known of rewards where none were given."""
    return np.nan


def _order(opinions: Opinions) -> Integers:
    """By draw, and of several voters by their names: an order that does not depend on that of the rows."""
    draw = opinions.numbers["draw"].astype(np.int64)
    if opinions.size("voter") == 1:
        return draw
    rank = np.empty(opinions.size("voter"), dtype=np.int64)
    rank[natural_order(opinions.vocabulary("voter"))] = np.arange(len(rank))
    return combined([draw, rank[opinions.codes("voter")]])
