"""Which data make a rating what it is: whose votes, or the battles with whom?

Battles belong to units: the voters where several voted, else the opponents. A unit can be left out, and each score is
split into what each unit adds to it. Wins and rating changes are sums over battles as they are. A strength is not, but
where it fits, the pulls g_b of the battles of a candidate (slopes of the log-likelihood) sum to 0, so that

    theta_i = sum_b (w_b theta_i + g_b) / sum_b w_b        over the battles b of i,

with w_b the information of a battle: a weighted mean of what i showed in each. (With a penalty the pulls sum to what it
takes, and that part belongs to no unit.)

Ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.ranking.pairwise.battle_table import BattleTable, PairCounts
from psephos.ranking.pairwise.pair_models import PairModel

MOST_CELLS = 2**24
"""Units times candidates up to which scores are split: 128 MiB."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BattleUnits:
    """What battles can be left out by.

    Attributes
    ----------
    name : str
        "voter", "opponent", or "" where neither would leave anything to rank.
    names : polars.Series
        The voters, or the candidates as opponents.
    table : BattleTable
        All battles.
    """

    name: str
    names: pl.Series
    table: BattleTable

    def without(self, unit: int) -> BattleTable:
        """The battles that a voter did not judge, or in which an opponent did not take part."""
        table = self.table
        if self.name == "voter":
            assert table.voter is not None  # noqa: S101 - said by the name
            return table.take(table.voter != unit)
        return table.take((table.left != unit) & (table.right != unit))

    def split_battles(self, battles: BattleTable, left: Floats, right: Floats) -> Floats | None:
        """What each unit adds to each candidate, shape (n_units, n_candidates); NaN where they have no battle.

        Parameters
        ----------
        battles : BattleTable
            Those that count, of the same candidates and voters.
        left, right : ndarray of float64, shape (n_battles,)
            What each battle adds to the candidate on either side.
        """
        size, n = len(battles.candidates), len(self.names)
        if not self.name or n * size > MOST_CELLS:
            return None
        if self.name == "voter":
            assert battles.voter is not None  # noqa: S101 - said by the name
            known = battles.voter >= 0
            of_left = of_right = battles.voter[known]
        else:
            known = np.ones(len(battles), dtype=bool)
            of_left, of_right = battles.right, battles.left
        cell = np.concatenate([of_left * size + battles.left[known], of_right * size + battles.right[known]])
        total = np.bincount(cell, np.concatenate([left[known], right[known]]), n * size)
        total[np.bincount(cell, minlength=n * size) == 0] = np.nan
        return np.asarray(total.reshape(n, size))

    def split_pairs(self, battles: BattleTable, first: Floats, second: Floats) -> Floats | None:
        """The same from what one battle of each pair adds by how it ended; both of shape (n_pairs, 4)."""
        counts = battles.counts
        if not self.name or len(self.names) * counts.size > MOST_CELLS:
            return None
        if self.name == "opponent":
            made = np.full((counts.size, counts.size), np.nan)
            made[counts.second, counts.first] = (first * counts.ends).sum(axis=1)
            made[counts.first, counts.second] = (second * counts.ends).sum(axis=1)
            return made
        pair = np.searchsorted(counts.first * counts.size + counts.second, battles.pair_key)
        own, other = battles.weights * first[pair, battles.ends], battles.weights * second[pair, battles.ends]
        turned = battles.turned
        return self.split_battles(battles, np.where(turned, other, own), np.where(turned, own, other))


def units_of(table: BattleTable) -> BattleUnits:
    """Voters where several voted, else opponents where there are three."""
    if table.voter is not None and len(np.unique(table.voter[table.voter >= 0])) > 1:
        return BattleUnits("voter", table.voters, table)
    met = table.counts.by_candidate(table.counts.met, table.counts.met) > 0
    if met.sum() > 2:
        return BattleUnits("opponent", table.candidates.cast(pl.String).alias("opponent"), table)
    return BattleUnits("", pl.Series("unit", [], dtype=pl.String), table)


def shown_by_pairs(counts: PairCounts, model: PairModel, theta: Floats, eta: float) -> tuple[Floats, Floats]:
    """What one battle of each pair adds to the strength of the first and of the second.

    Parameters
    ----------
    counts : PairCounts
    model : PairModel
    theta : ndarray of float64, shape (n,)
        Strengths.
    eta : float
        The parameter of ties.

    Returns
    -------
    first, second : ndarray of float64, shape (n_pairs, 4)
        By how it ended; times the counts they sum to the strength of a candidate.
    """
    d = theta[counts.first] - theta[counts.second]
    slopes = model.slopes(d, eta).along_d
    one, none = np.ones_like(d), np.zeros_like(d)
    told = [model.curvature(*ends, d, eta).d for ends in ((one, none, none), (none, one, none), (none, none, one))]
    # "Both bad" is a tie to these models.
    pull, information = (np.stack([win, loss, tie, tie], axis=1) for win, loss, tie in (slopes, told))
    whole = counts.by_candidate(*2 * [(information * counts.ends).sum(axis=1)])
    return (
        _share(information * theta[counts.first][:, None] + pull, whole[counts.first]),
        _share(information * theta[counts.second][:, None] - pull, whole[counts.second]),
    )


def shown_by_battles(table: BattleTable, theta: Floats, chance: Floats, score: Floats) -> tuple[Floats, Floats]:
    """What each battle adds to the strength of its left and its right side.

    Parameters
    ----------
    table : BattleTable
    theta : ndarray of float64, shape (n,)
        Strengths.
    chance : ndarray of float64, shape (n_battles,)
        Of the left side to win.
    score : ndarray of float64, shape (n_battles,)
        What it got: 1, 1/2 or 0.

    Returns
    -------
    left, right : ndarray of float64, shape (n_battles,)
    """
    information, pull = table.weights * chance * (1 - chance), table.weights * (score - chance)
    size = len(table.candidates)
    whole = np.asarray(
        np.bincount(table.left, information, size) + np.bincount(table.right, information, size), dtype=np.float64
    )
    return (
        _share((information * theta[table.left] + pull)[:, None], whole[table.left])[:, 0],
        _share((information * theta[table.right] - pull)[:, None], whole[table.right])[:, 0],
    )


def _share(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole[:, None], out=np.zeros_like(part), where=whole[:, None] > 0))
