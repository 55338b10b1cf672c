"""Which answer does a candidate give most often to the variants of one question, and is it the right one?

    MV      = share of questions whose most frequent answer is right; answers that cannot be told take no part,
    entropy = -sum_a p_a ln p_a / ln(options),       p_a the share of answer a among those that can be told,
    wrong   = votes for the most frequent wrong answer / variants: consistent, and consistently wrong.

An answer is right if a response that gave it is. A tie for the first place counts by its share of right answers, or by
the answer that was seen first, in the order of the variants.

Source: Cavalin et al. (2025), "CAT", arXiv 2512.23711; its authors take the first seen. Differs: the share is ours, and
so is the curve of wrong answers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.errors import check_choice
from psephos.opinions.tallies import tally

TIES = ("fractional", "first")
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class AnswerVotes:
    """What the answers to each question say, shape (n_groups,) each; a group is a question of a candidate.

    Attributes
    ----------
    right : ndarray of float64
        1 where the most frequent answer is right, 0 where it is not, a share in a tie; 0 without an answer.
    modal, modal_votes : ndarray of int64
        The most frequent answer (-1 without one), the first seen in a tie, and its votes.
    wrong, wrong_votes : ndarray of int64
        The most frequent wrong answer (-1 without one), and its votes.
    answered : ndarray of int64
        Answers that can be told.
    entropy : ndarray of float64
        In nats; NaN without an answer.
    contradictions : int
        Answers to one question that are right in one response and wrong in another.
    """

    right: Floats
    modal: Codes
    modal_votes: Codes
    wrong: Codes
    wrong_votes: Codes
    answered: Codes
    entropy: Floats
    contradictions: int


def answer_votes(
    group: Codes, place: Codes, answer: Codes, right: npt.NDArray[np.bool_], n_groups: int, ties: str
) -> AnswerVotes:
    """Count the answers to each question of each candidate.

    Parameters
    ----------
    group : ndarray of int64, shape (n_responses,)
        Question of a candidate that each response belongs to, 0 to n_groups - 1.
    place : ndarray of int64, shape (n_responses,)
        Order of the responses within a group: in a tie the answer with the lowest place was seen first.
    answer : ndarray of int64, shape (n_responses,)
        Code of the answer; -1 cannot be told and is no vote.
    right : ndarray of bool, shape (n_responses,)
        Whether the response counts as right; an answer is right if one of its responses is.
    n_groups : int
        Number of groups, with those without a response.
    ties : str
        ``"fractional"``: a tie is right by the share of right answers in it; else the first seen decides.

    Returns
    -------
    AnswerVotes
        One value per group.

    Raises
    ------
    InputError
        If `ties` is none of `TIES`.
    """
    check_choice("ties", ties, TIES)
    n_answers = int(answer.max(initial=0)) + 1
    counted = tally(group.astype(np.int32), answer.astype(np.int32), n_groups, n_answers)
    told, of = counted.pair >= 0, counted.item.astype(np.int64)
    pair, votes, n_pairs = counted.pair[told], counted.votes, len(counted.choice)
    rights = np.bincount(pair, weights=right[told], minlength=n_pairs)
    is_right = rights > 0
    first = np.full(n_pairs, np.iinfo(np.int64).max)
    np.minimum.at(first, pair, place[told])
    most = np.zeros(n_groups, np.int64)
    np.maximum.at(most, of, votes)
    leads = votes == most[of]
    tied = np.bincount(of, weights=leads, minlength=n_groups)
    shared = np.bincount(of, weights=leads & is_right, minlength=n_groups)
    modal = _first_best(of, votes, first, n_groups)
    wrong = _first_best(of, np.where(is_right, 0, votes), first, n_groups)
    wrong[wrong >= 0] = np.where(is_right[wrong[wrong >= 0]], -1, wrong[wrong >= 0])
    answered = counted.per_item(votes)
    share = votes / np.maximum(answered[of], 1)
    entropy = counted.per_item(-share * np.log(np.maximum(share, 1e-300)))
    by_first = np.where(modal >= 0, np.append(is_right, False)[modal], False)
    by_share = np.divide(shared, tied, out=np.zeros(n_groups), where=tied > 0)
    return AnswerVotes(
        by_share if ties == "fractional" else by_first.astype(np.float64),
        np.append(counted.choice.astype(np.int64), -1)[modal],
        np.append(votes, 0)[modal],
        np.append(counted.choice.astype(np.int64), -1)[wrong],
        np.append(votes, 0)[wrong],
        answered.astype(np.int64),
        np.where(answered > 0, np.maximum(entropy, 0.0), np.nan),
        int((is_right & (rights < votes)).sum()),
    )


def _first_best(item: Codes, votes: Codes, first: Codes, n_groups: int) -> Codes:
    """Pair of each group with most votes, the first seen among equals; -1 where there is none."""
    best = np.full(n_groups, -1, np.int64)
    order = np.lexsort((-first, votes, item))
    best[item[order]] = order
    return best
