"""How often does each voter say what the others together say?

At each position the leader is elected from the other voters alone; a voter agrees if that is its own code:

    a_m = #{i : x_im = leader of x_i without m} / #{i compared},

positions where both are NULL (no word there) are not compared. No new alignment is made ("revote"): a voter that takes
its vote away changes the leader only where it voted for it, so all voters are rated from one count of the votes.

Source: sheet 01 (a reconstruction of the jackknife of arXiv 2604.14152).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.agreement.bands import TIES, Codes, precedence, votes_beside
from psephos.errors import InputError, check_choice, check_codes


@dataclass(frozen=True, eq=False)
class Jackknife:
    """Agreement of each voter with the others' choice.

    Attributes
    ----------
    agrees, compared : ndarray of bool, shape (n_positions, n_voters)
        Where a voter was compared, and where it agreed.
    """

    agrees: npt.NDArray[np.bool_]
    compared: npt.NDArray[np.bool_]

    @property
    def matches(self) -> npt.NDArray[np.int64]:
        """Positions on which each voter agreed, shape (n_voters,)."""
        return np.asarray(self.agrees.sum(axis=0))

    @property
    def positions(self) -> npt.NDArray[np.int64]:
        """Positions on which each voter was compared, shape (n_voters,)."""
        return np.asarray(self.compared.sum(axis=0))

    @property
    def agreement(self) -> npt.NDArray[np.float64]:
        """Share of the compared positions on which each voter agreed; NaN where there are none."""
        undefined = np.full(len(self.matches), np.nan)
        return np.asarray(np.divide(self.matches, self.positions, out=undefined, where=self.positions > 0))


def jackknife(
    codes: npt.ArrayLike, *, null: int | None = None, ties: str = "earliest", order: npt.ArrayLike | None = None
) -> Jackknife:
    """Compare each voter with the leader that the other voters elect.

    Parameters
    ----------
    codes : array_like of int, shape (n_positions, n_voters)
        Aligned codes; -1 marks a voter that took no part.
    null : int, optional
        Code of NULL; a position is skipped where both the voter and the others' leader are NULL.
    ties : {"earliest", "word"}, default "earliest"
        See `psephos.agreement.bands.majority_strength`.
    order : array_like of int, shape (n_voters,), optional
        Voters from the earliest on.

    Returns
    -------
    Jackknife
        The share of compared positions on which each voter agrees with the choice of the others.

    Raises
    ------
    InputError
        If there are fewer than two voters.

    Examples
    --------
    >>> jackknife([[1, 1, 2], [3, 3, 3]]).agreement.tolist()
    [1.0, 1.0, 0.5]
    """
    check_choice("ties", ties, TIES)
    matrix = check_codes("codes", codes)
    n_positions, n_voters = matrix.shape
    if n_voters < 2:
        raise InputError(
            "codes",
            f"need at least 2 voters, got {n_voters}",
            hint="one voter agrees with nobody: add the votes of another",
        )
    ranked = np.arange(n_voters) if order is None else np.asarray(order)
    matrix = matrix[:, ranked]
    scale = 2 * n_voters + 2
    beside, first = votes_beside(matrix), precedence(matrix, null=null, ties=ties)
    score = np.where(matrix >= 0, beside.astype(np.int64) * scale - first, -1)
    row = np.arange(n_positions)
    best = score.argmax(axis=1)
    leader = matrix[row, best]
    holds = matrix == leader[:, None]
    rest = np.where(holds, -1, score)
    second = rest.argmax(axis=1)
    rival, rival_score = np.where(rest[row, second] >= 0, matrix[row, second], -1), rest[row, second]
    without_first = _second_holder(holds) + (first[row, best] - holds.argmax(axis=1))
    voters = (matrix >= 0).sum(axis=1)
    agrees, compared = np.zeros((2, *matrix.shape), dtype=bool)
    for place, voter in enumerate(ranked):
        mine = matrix[:, place]
        led = np.where(holds.argmax(axis=1) == place, without_first, first[row, best])
        stays = (beside[row, best] > 1) & ((beside[row, best] - 1).astype(np.int64) * scale - led > rival_score)
        others = np.where(holds[:, place] & ~stays, rival, leader)
        takes_part = (mine >= 0) & (voters > 1)
        if null is not None:
            takes_part &= ~((mine == null) & (others == null))
        compared[:, voter] = takes_part
        agrees[:, voter] = takes_part & (mine == others)
    return Jackknife(agrees, compared)


def _second_holder(holds: npt.NDArray[np.bool_]) -> Codes:
    """Place of the second voter that holds the leading code, or one past the last."""
    n_voters = holds.shape[1]
    rank = np.cumsum(holds, axis=1)
    second = holds & (rank == 2)
    place: Codes = np.where(second.any(axis=1), second.argmax(axis=1), n_voters).astype(np.int32)
    return place
