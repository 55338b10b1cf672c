r"""How strong is the majority at each position, and in which band does that put it?

Majority strength is the number of voters behind the leading code, the ratio its share of the voters that took part, the
entropy the spread of their codes:

    s_i = max_c n_ic,    s_i / N_i,    H_i = -sum_c n_ic / N_i log2(n_ic / N_i),    n_ic = #{v : x_iv = c},

N_i the voters that took part. Of N voters a position is

    high risk          s <= floor(high N)
    near unanimous     s >= ceil(near N)
    middle             otherwise.

With high = 3/8 and near = 7/8, eight voters have the bands 0-3, 4-6, 7-8.

Source: sheet 01; the bands of Karbalaie, Seoane, Abtahi (2026), arXiv 2604.14152, for N = 8, carried over to any N.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_choice, check_codes, check_number

BANDS = ("high risk", "middle", "near unanimous")
HIGH, NEAR = 3 / 8, 7 / 8
TIES = ("earliest", "word")

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Strength:
    """The majority at each position.

    Attributes
    ----------
    leader : ndarray of int32, shape (n_positions,)
        Leading code; -1 where nobody took part.
    runner_up : ndarray of int32, shape (n_positions,)
        The code behind it; -1 where there is none.
    votes, runner_up_votes, voters : ndarray of int32, shape (n_positions,)
        Votes for the leader, for the runner-up, and voters that took part.
    entropy : ndarray of float64, shape (n_positions,)
        In bits; 0 where nobody took part.
    tied : ndarray of bool, shape (n_positions,)
        Whether another code has as many votes.
    """

    leader: Codes
    runner_up: Codes
    votes: Codes
    runner_up_votes: Codes
    voters: Codes
    entropy: npt.NDArray[np.float64]
    tied: npt.NDArray[np.bool_]


def votes_beside(codes: Codes) -> Codes:
    """How many voters gave the code of each cell at its position, shape (n_positions, n_voters); 0 where it is -1.

    Examples
    --------
    >>> votes_beside(np.array([[0, 0, 1], [2, -1, -1]], np.int32)).tolist()
    [[2, 2, 1], [1, 0, 0]]
    """
    beside = np.zeros(codes.shape, dtype=np.int32)
    for voter in range(codes.shape[1]):
        beside[:, voter] = (codes == codes[:, [voter]]).sum(axis=1)
    beside[codes < 0] = 0
    return beside


def precedence(codes: Codes, *, null: int | None = None, ties: str = "earliest") -> Codes:
    """Rank of the code of each cell among equally frequent ones: its first voter, lower goes first.

    With ``ties="word"`` the code `null` stands behind all others.
    """
    first = np.zeros(codes.shape, dtype=np.int32)
    for voter in range(codes.shape[1]):
        first[:, voter] = (codes == codes[:, [voter]]).argmax(axis=1)
    if ties == "word" and null is not None:
        first[codes == null] += codes.shape[1]
    return first


def majority_strength(
    codes: npt.ArrayLike, *, null: int | None = None, ties: str = "earliest", order: npt.ArrayLike | None = None
) -> Strength:
    """Count the votes at each position.

    Parameters
    ----------
    codes : array_like of int, shape (n_positions, n_voters)
        Aligned codes; -1 marks a voter that took no part. NULL (no word here) is a code like any other.
    null : int, optional
        Code of NULL, for `ties`.
    ties : {"earliest", "word"}, default "earliest"
        Which of equally frequent codes leads: that of the earliest voter, or words before NULL.
    order : array_like of int, shape (n_voters,), optional
        Voters from the earliest on; as they stand if not given.

    Returns
    -------
    Strength
        Leader and runner-up with their votes, voters, entropy and ties at each position.

    Raises
    ------
    InputError
        If `codes` is not two-dimensional or holds a code below -1.

    Examples
    --------
    >>> found = majority_strength([[5, 5, 7, 7], [5, -1, -1, -1]])
    >>> found.leader.tolist(), found.votes.tolist(), found.voters.tolist(), found.tied.tolist()
    ([5, 5], [2, 1], [4, 1], [True, False])
    """
    check_choice("ties", ties, TIES)
    matrix = check_codes("codes", codes)
    if order is not None:
        matrix = matrix[:, np.asarray(order)]
    n_positions, n_voters = matrix.shape
    if not n_voters:
        raise InputError("codes", "has no voters", hint="give one column per voter")
    beside, first = votes_beside(matrix), precedence(matrix, null=null, ties=ties)
    score = np.where(matrix >= 0, beside.astype(np.int64) * (2 * n_voters + 2) - first, -1)
    row = np.arange(n_positions)
    best = score.argmax(axis=1)
    leader, votes = matrix[row, best], beside[row, best]
    rest = np.where(matrix == leader[:, None], -1, score)
    second = rest.argmax(axis=1)
    behind = rest[row, second] >= 0
    behind_votes = np.where(behind, beside[row, second], 0).astype(np.int32)
    voters = (matrix >= 0).sum(axis=1, dtype=np.int32)
    share = beside / np.maximum(voters, 1)[:, None]
    bits = -np.log2(share, where=share > 0, out=np.zeros(share.shape)).sum(axis=1) / np.maximum(voters, 1)
    return Strength(
        leader,
        np.where(behind, matrix[row, second], -1).astype(np.int32),
        votes,
        behind_votes,
        voters,
        np.abs(bits),
        behind & (behind_votes == votes),
    )


def band_limits(voters: int, *, high: float = HIGH, near: float = NEAR) -> tuple[int, int]:
    """Largest strength that is high risk, and smallest that is near unanimous, of so many voters.

    Parameters
    ----------
    voters : int
        How many voters take part.
    high, near : float, default 3/8 and 7/8
        Shares that bound the bands.

    Returns
    -------
    int, int
        High risk up to the first; near unanimous from the second on.

    Raises
    ------
    InputError
        If a share lies outside 0 to 1, or `high` is not below `near`.

    Examples
    --------
    >>> [band_limits(n) for n in (3, 5, 7, 8)]
    [(1, 3), (1, 5), (2, 7), (3, 7)]
    """
    check_number("high", high, low=0, high=1)
    check_number("near", near, low=0, high=1)
    if high >= near:
        raise InputError("near", f"must lie above high ({high:g}), got {near:g}")
    return math.floor(high * voters + 1e-9), math.ceil(near * voters - 1e-9)


def band_of(
    votes: npt.ArrayLike, voters: npt.ArrayLike, *, high: float = HIGH, near: float = NEAR
) -> npt.NDArray[np.int8]:
    """Band of each position, a place in `BANDS`; -1 where nobody took part.

    Parameters
    ----------
    votes, voters : array_like of int, shape (n_positions,)
        Majority strength, and the voters that took part.
    high, near : float, default 3/8 and 7/8
        Shares that bound the bands.

    Examples
    --------
    >>> band_of([3, 4, 6, 7, 0], [8, 8, 8, 8, 0]).tolist()
    [0, 1, 1, 2, -1]
    """
    strength, taking_part = np.asarray(votes), np.asarray(voters)
    limits = np.array([band_limits(n, high=high, near=near) for n in range(int(taking_part.max(initial=0)) + 1)])
    low, top = limits[taking_part, 0], limits[taking_part, 1]
    band = np.where(strength >= top, 2, np.where(strength <= low, 0, 1))
    return np.where(taking_part > 0, band, -1).astype(np.int8)


def band_of_share(share: npt.NDArray[np.float64], *, high: float = HIGH, near: float = NEAR) -> npt.NDArray[np.int8]:
    """Band of each position by the share that is behind the leader, for votes that do not count alike; -1 for NaN.

    Examples
    --------
    >>> band_of_share(np.array([3 / 8, 0.5, 7 / 8, np.nan])).tolist()
    [0, 1, 2, -1]
    """
    band_limits(1, high=high, near=near)
    band = np.where(share >= near - 1e-9, 2, np.where(share <= high + 1e-9, 0, 1))
    return np.where(np.isnan(share), -1, band).astype(np.int8)
