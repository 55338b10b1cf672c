"""What is a place worth, and what is a committee worth to a voter?

    borda  m - 1 - p,    sntv  1 for the first,    bloc  1 for the first k,    dcg  1 / log2(p + 2),    p = 0 the first

and a committee S is worth, with the scores of its members to voter v sorted, best first,

    F(S) = sum_v weight_v sum_r a_r s_(r),        a = 1, 1, 1, ...      separable: the sum of all
                                                      1, 0, 0, ...      cc: the best member speaks for the voter
                                                      1, 1/2, 1/3, ...  pav: each further one counts less

Sources: Chamberlin and Courant (1983), doi:10.2307/1957270; Thiele (1895) for pav; Faliszewski and others (2017),
Multiwinner Voting, in Trends in Computational Social Choice; sheet 05. The authors' notebook turns Borda round (its
first place scores 0); ours is the usual one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_choice, check_floats
from psephos.selection.committees.ballot_box import Ballots

Floats = npt.NDArray[np.float64]

SCORES = ("borda", "sntv", "bloc", "dcg")
RULES = ("separable", "cc", "pav")

KNOWN_AS = {
    "chamberlin courant": "write 'cc'",
    "proportional approval voting": "write 'pav'",
    "thiele": "write 'pav'",
}
"""Names of the rules elsewhere, and what to write here."""

EXACT = 2**22
"""Cells of a table up to which its scores are kept in full precision; beyond, in half of it."""

Score = str | Sequence[float]
Rule = str | Sequence[float]


def place_scores(score: Score, size: int, k: int) -> Floats:
    """Score of each place, shape (size,).

    Examples
    --------
    >>> place_scores("borda", 4, 2).tolist(), place_scores("bloc", 4, 2).tolist()
    ([3.0, 2.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0])
    """
    place = np.arange(size)
    if isinstance(score, str):
        check_choice("score", score, SCORES)
        if score == "borda":
            return np.arange(size - 1.0, -1.0, -1.0)
        if score == "dcg":
            found: Floats = 1 / np.log2(place + 2.0)
            return found
        approved: Floats = (place < (1 if score == "sntv" else k)).astype(np.float64)
        return approved
    values = check_floats("score", score)
    if len(values) != size:
        raise InputError("score", f"must give one for each of {size:,} places, got {len(values):,}")
    if (np.diff(values) > 0).any() or (values < 0).any():
        raise InputError("not monotone", "scores of places must not rise from a place to the next, nor be negative")
    return values


def rule_weights(rule: Rule, k: int) -> Floats:
    """Weights a of the formula, shape (k,); they may rise, which only the exact solver by listing takes.

    Examples
    --------
    >>> rule_weights("pav", 3).round(3).tolist()
    [1.0, 0.5, 0.333]
    """
    if isinstance(rule, str):
        check_choice("rule", rule, RULES, known_as=KNOWN_AS)
        order = np.arange(1, k + 1)
        return np.asarray({"separable": np.ones(k), "cc": order == 1, "pav": 1 / order}[rule], dtype=np.float64)
    weights = check_floats("rule", rule)
    if len(weights) < k:
        raise InputError("rule", f"must give a weight for each of {k} members, got {len(weights)}")
    if (weights < 0).any():
        raise InputError("rule", "weights must not be negative", where=f"index {int(np.argmax(weights < 0))}")
    return weights[:k]


def candidate_scores(ballots: Ballots, scores: Floats) -> npt.NDArray[Any]:
    """What each candidate scores with each voter, shape (n_voters, n_candidates); blocks score their mean."""
    kind = np.float64 if ballots.low.size <= EXACT else np.float32
    if ballots.strict:
        return scores.astype(kind)[ballots.low]
    total = np.concatenate([[0.0], np.cumsum(scores)])
    found: npt.NDArray[Any] = ((total[ballots.high] - total[ballots.low]) / (ballots.high - ballots.low)).astype(kind)
    return found


def total_scores(ballots: Ballots, scores: Floats) -> Floats:
    """Weighted sum over voters of the scores of each candidate, shape (n_candidates,), some voters at a time."""
    total = np.zeros(ballots.size)
    summed = np.concatenate([[0.0], np.cumsum(scores)])
    step = max(1, 2**22 // ballots.size)
    strict = ballots.strict
    for start in range(0, len(ballots.low), step):
        low, high = ballots.low[start : start + step], ballots.high[start : start + step]
        part = scores[low] if strict else (summed[high] - summed[low]) / (high - low)
        total += ballots.weights[start : start + step] @ part
    return total


def committee_value(table: npt.NDArray[Any], weights: Floats, a: Floats, members: Sequence[int]) -> float:
    """F of a committee, from the scores of all candidates with all voters.

    Parameters
    ----------
    table : ndarray, shape (n_voters, n_candidates)
        Score of each candidate with each voter.
    weights : ndarray of float64, shape (n_voters,)
        How much each voter counts.
    a : ndarray of float64, shape (k,) or more
        Weight of the best, second, ... member of a voter.
    members : sequence of int
        Places of the members, in any order.

    Examples
    --------
    >>> table = np.array([[2, 1, 0], [0, 1, 2]])
    >>> committee_value(table, np.ones(2), np.array([1.0, 0.5]), [0, 2])
    4.0
    """
    own = -np.sort(-table[:, list(members)].astype(np.float64), axis=1)
    return float(weights @ (own @ a[: own.shape[1]]))
