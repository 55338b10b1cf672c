"""How good is each step of a sampled response, judged by the log-probabilities of its tokens?

A model that was trained on right and wrong answers with the reward beta log(pi / pi_ref) scores every step at no cost:

    d_t = beta (logp_t - ref_t),    q_t = d_1 + ... + d_t,    r_s = q at the end of step s - q at the end of step s - 1

q_t is the value of the response up to token t, r_s the reward of a step; a response is as good as its worst step
("min"), as its whole ("sum" = "orm" = q at the end), its mean or last step. Without a reference, ref = 0: the plain
log-probability, which is no reward that was trained for; such scores are labelled so.

Source: implicit process rewards; Yuan et al. (2024), arXiv:2412.01981; sheet 39. Differs: a step is summed from its own
tokens, so that a token of probability 0 makes its own step -inf and not all later ones undefined.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_choice, check_number
from psephos.opinions.model import Opinions, Source
from psephos.opinions.outcomes import Provenance
from psephos.selection.step_scores import ProcessScores
from psephos.selection.token_lists import Ragged, ragged_column

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Lists: TypeAlias = Sequence[Sequence[float]]

STEP_REWARDS = ("single", "accumulative")
AGGREGATES = ("min", "sum", "mean", "last", "orm")
TAILS = ("step", "error")

LARGEST = 1e-6
"""Log-probabilities are at most 0; a little more is rounding."""


def process_scores(
    logprobs: Opinions | Lists,
    ref_logprobs: Lists | None = None,
    step_ends: Sequence[Sequence[int]] | None = None,
    *,
    beta: float = 0.05,
    step_rewards: str = "single",
    aggregate: str = "min",
    reference: bool = True,
    tail: str = "step",
) -> ProcessScores:
    """Score steps and responses from stored log-probabilities, without loading a model.

    Parameters
    ----------
    logprobs : Opinions, or list of lists of float
        Samples with the list columns ``logprobs``, ``ref_logprobs``, ``step_ends``; or the log-probability of each
        token of each response under the tuned model, response tokens only.
    ref_logprobs : list of lists of float, optional
        The same tokens under the reference model.
    step_ends : list of lists of int, optional
        Place (from 0) of the last token of each step, rising; one step if not given.
    beta : float, default .05
        Scale of the reward; it changes no order, but weights of votes.
    step_rewards : {"single", "accumulative"}, default "single"
        Reward of a step alone, or q at its end.
    aggregate : {"min", "sum", "mean", "last", "orm"}, default "min"
        Score of a response from its steps; ``"orm"`` is q at the end of the response.
    reference : bool, default True
        False leaves the reference out even where there is one.
    tail : {"step", "error"}, default "step"
        Whether tokens after the last step end are a step of their own or an error.

    Returns
    -------
    ProcessScores
        Rewards of tokens and steps, and one score for each response.

    Raises
    ------
    InputError
        If lengths differ, a log-probability is NaN, infinite (but -inf in `logprobs`) or above 0, step ends do not rise
        or lie outside, or an option is out of range.

    See Also
    --------
    psephos.selection.weighted_vote, psephos.selection.best_of_n : what to do with the scores.
    psephos.selection.step_ends_of : step ends from a text.

    Examples
    --------
    >>> scores = process_scores(
    ...     [[-0.5, -0.2, -1.0, -0.1, -0.3, -0.4]], [[-0.7, -0.1, -1.6, -0.2, -0.1, -0.9]], [[1, 3, 5]], beta=1
    ... )
    >>> scores.step_reward.round(6).tolist(), scores.score.round(6).tolist()
    ([0.1, 0.7, 0.3], [0.1])
    """
    beta = check_number("beta", beta, low=0, high=np.inf, open_ends=True)
    check_choice("step_rewards", step_rewards, STEP_REWARDS)
    check_choice("aggregate", aggregate, AGGREGATES)
    check_choice("tail", tail, TAILS)
    opinions, source = None, Source()
    lists: dict[str, Any] = {"logprobs": logprobs, "ref_logprobs": ref_logprobs, "step_ends": step_ends}
    if isinstance(logprobs, Opinions):
        opinions, source = logprobs, logprobs.source
        if logprobs.kind != "samples":
            raise InputError(
                "logprobs", f"must be samples, got {logprobs.kind}", hint="read the table with kind='samples'"
            )
        lists = {name: logprobs.carried[name] if name in logprobs.carried.columns else None for name in lists}
        if lists["logprobs"] is None:
            raise InputError(
                "logprobs",
                "are none: the samples have no column 'logprobs'",
                hint="keep log-probabilities when sampling, or take score='reward'",
            )
    own = _checked("logprobs", lists["logprobs"], lowest=-np.inf)
    given = reference and lists["ref_logprobs"] is not None
    other = _checked("ref_logprobs", lists["ref_logprobs"], lowest=-np.finfo(np.float64).max) if given else None
    if other is not None:
        _check_lengths(own, other, "ref_logprobs")
    present = own.present if other is None else own.present & other.present
    ends = ragged_column("step_ends", lists["step_ends"]) if lists["step_ends"] is not None else None
    steps, first_step, tailed = _steps(own, ends, tail)
    d = beta * (own.values - (0.0 if other is None else other.values))
    starts = own.starts
    value = _running(d, starts)
    step_start, step_end = steps
    reward = np.add.reduceat(d, step_start) if len(step_start) else np.zeros(0)
    if step_rewards == "accumulative":
        reward = value[step_end]
    score = _aggregated(reward, first_step, aggregate, value, starts)
    impossible = np.zeros(len(own), dtype=bool)
    response = np.repeat(np.arange(len(own)), np.diff(starts))
    impossible[response[np.isneginf(d)]] = True
    flags = {
        "empty": (np.diff(starts) == 0) & present,
        "impossible token": impossible,
        "tail without end": tailed,
        "no log-probabilities": ~present,
    }
    notes = []
    if other is None:
        notes.append("no reference took part: scores are log-probabilities, not log-ratios of two models")
    of_step = np.repeat(np.arange(len(own)), np.diff(first_step))
    return ProcessScores(
        provenance=Provenance(
            "process scores",
            {"beta": beta, "step_rewards": step_rewards, "aggregate": aggregate, "reference": other is not None},
            source,
            notes=tuple(notes),
        ),
        opinions=opinions,
        token_reward=d,
        value=value,
        token_starts=starts,
        step_reward=reward,
        step_starts=first_step,
        step_first=step_start - starts[of_step],
        step_last=step_end - starts[of_step],
        score=np.where(present, score, np.nan),
        flags=flags,
        beta=beta,
        aggregate=aggregate,
        has_reference=other is not None,
    )


def _checked(argument: str, lists: Any, lowest: float) -> Ragged:
    """Log-probabilities of all responses; the first one that cannot be is named."""
    found = ragged_column(argument, lists)
    values = found.values
    bad = np.isnan(values) | (values > LARGEST) | (values < lowest)
    if bad.any():
        at = int(np.argmax(bad))
        response, token = found.place(at)
        shown = "NaN" if np.isnan(values[at]) else f"{values[at]:g}"
        raise InputError(
            argument,
            f"holds {shown}; a log-probability is a number of at most 0",
            where=f"response {response}, token {token}",
        )
    return found


def _check_lengths(own: Ragged, other: Ragged, argument: str) -> None:
    """Both models must have scored the same tokens."""
    if len(own) != len(other):
        raise InputError(argument, f"must have as many responses as logprobs ({len(own)}), got {len(other)}")
    lengths, others = np.diff(own.starts), np.diff(other.starts)
    unlike = lengths != others
    if unlike.any():
        at = int(np.argmax(unlike))
        raise InputError(
            argument,
            f"must have one number for each of the {lengths[at]} tokens of logprobs, got {others[at]}",
            where=f"response {at}",
            hint="both models must use the same tokens; else compare them step by step",
        )


def _steps(
    own: Ragged, ends: Ragged | None, tail: str
) -> tuple[tuple[Integers, Integers], Integers, npt.NDArray[np.bool_]]:
    """First and last token of each step (among all tokens), first step of each response, and which have a tail."""
    lengths = np.diff(own.starts)
    if ends is None:
        some = lengths > 0
        first_step = np.concatenate([[0], np.cumsum(some)])
        return (own.starts[:-1][some], own.starts[1:][some] - 1), first_step, np.zeros(len(own), dtype=bool)
    if len(ends) != len(own):
        raise InputError("step_ends", f"must be given for each of {len(own)} responses, got {len(ends)}")
    count = np.diff(ends.starts)
    response = np.repeat(np.arange(len(own)), count)
    place = ends.values.astype(np.int64)
    begins = np.zeros(len(place), dtype=bool)
    begins[ends.starts[:-1][count > 0]] = True
    before = np.where(begins, -1, np.append(-1, place[:-1])[: len(place)])
    bad = (place <= before) | (place >= lengths[response]) | (place != ends.values)
    if bad.any():
        at = int(np.argmax(bad))
        raise InputError(
            "step_ends",
            f"must rise and lie below the {lengths[response[at]]} tokens of the response, got {ends.values[at]:g}",
            where=f"response {response[at]}",
        )
    silent = (count == 0) & (lengths > 0) & own.present
    if silent.any():
        raise InputError("step_ends", "are none though there are tokens", where=f"response {int(np.argmax(silent))}")
    last = np.full(len(own), -1, dtype=np.int64)
    last[count > 0] = place[ends.starts[1:][count > 0] - 1]
    tailed = (last < lengths - 1) & (count > 0)
    if tail == "error" and tailed.any():
        raise InputError("step_ends", "leave tokens after the last step", where=f"response {int(np.argmax(tailed))}")
    first_step = np.concatenate([[0], np.cumsum(count + tailed)])
    step_end = np.empty(first_step[-1], dtype=np.int64)
    own_place = np.arange(len(place)) - ends.starts[response] + first_step[response]
    step_end[own_place] = place + own.starts[response]
    step_end[first_step[1:][tailed] - 1] = own.starts[1:][tailed] - 1
    step_start = np.append(0, step_end[:-1] + 1)[: len(step_end)]
    return (step_start, step_end), first_step, tailed


def _running(d: Floats, starts: Integers) -> Floats:
    """Sums of tokens up to each, response by response; -inf stays -inf to the end of its response only."""
    infinite = np.isneginf(d)
    response = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    value = np.empty(len(d))
    lengths = np.diff(starts)
    for length in np.unique(lengths[lengths > 0]):  # responses of one length at a time: sums start afresh, exactly
        rows = starts[:-1][lengths == length][:, None] + np.arange(length)
        value[rows] = np.cumsum(np.where(infinite[rows], 0.0, d[rows]), axis=1)
    if infinite.any():
        since = np.cumsum(infinite)
        before = np.append(0, since)[starts[:-1]]
        value[since > before[response]] = -np.inf
    return value


def _aggregated(reward: Floats, first_step: Integers, aggregate: str, value: Floats, starts: Integers) -> Floats:
    """Score of each response; 0 where it has no steps."""
    count = np.diff(first_step)
    score = np.zeros(len(count))
    some = count > 0
    begin = first_step[:-1][some]
    if not len(begin):
        return score
    if aggregate == "orm":
        score[some] = value[starts[1:][some] - 1]
    elif aggregate == "last":
        score[some] = reward[first_step[1:][some] - 1]
    elif aggregate == "min":
        score[some] = np.minimum.reduceat(reward, begin)
    else:
        total = np.add.reduceat(reward, begin)
        score[some] = total if aggregate == "sum" else total / count[some]
    return score
