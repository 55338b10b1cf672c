"""How strong is each candidate, if a tie is an outcome of its own?

Half a win each way treats a tie as if it said as much as a win and a loss. With a chance of their own ties say how
close two candidates are, and how much so is learnt from the data:

    Davidson     P(tie) = nu sqrt(pi_i pi_j) / (pi_i + pi_j + nu sqrt(pi_i pi_j)),       pi = exp(theta)
    Rao-Kupper   P(i wins) = pi_i / (pi_i + kappa pi_j),   P(tie) the rest,   kappa >= 1: a threshold of noticing

Sources: Davidson (1970), doi:10.1080/01621459.1970.10481082; Rao and Kupper (1967), doi:10.1080/01621459.1967.10482901.
Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from psephos.engine.streams import Rng
from psephos.opinions.model import Opinions
from psephos.ranking.pairwise.battle_ranking import FEW, BattleRanking
from psephos.ranking.pairwise.battle_table import BattleTable
from psephos.ranking.pairwise.bradley_terry import rated
from psephos.ranking.pairwise.pair_models import DAVIDSON, RAO_KUPPER


def davidson(
    battles: Opinions | BattleTable,
    *,
    both_bad: str = "tie",
    penalty: float | str = 0.0,
    anchor: tuple[str, float] | None = None,
    voter_weights: Mapping[str, float] | None = None,
    clusters: str | None = None,
    least_games: int = FEW,
    unconnected: str = "blank",
    intervals: str = "bootstrap",
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = None,
) -> BattleRanking:
    """Rank by strengths with Davidson's model of ties.

    Parameters
    ----------
    battles : Opinions of kind ``battles``, or BattleTable
        Battles, or what `battle_table` made of them.
    both_bad, penalty, anchor, voter_weights, clusters, least_games, unconnected, intervals, repeats, level, rng
        As of `bradley_terry`.

    Returns
    -------
    BattleRanking
        With nu as `tie_parameter`: the ratio of a tie to a win among equals.

    Raises
    ------
    InputError
        As of `bradley_terry`.

    See Also
    --------
    rao_kupper : ties as differences too small to be noticed.
    bradley_terry : ties as half wins.

    Examples
    --------
    >>> from psephos.opinions import battles
    >>> votes = battles(["x"] * 40, ["y"] * 40, ["left"] * 20 + ["tie"] * 10 + ["right"] * 10)
    >>> made = davidson(votes, rng=0)
    >>> made.names, round(made.tie_parameter, 4), round(float(made.pairwise[0, 1]), 4)
    (['x', 'y'], 0.7071, 0.6667)
    """
    return rated(
        battles,
        DAVIDSON,
        ties="half",
        both_bad=both_bad,
        penalty=penalty,
        anchor=anchor,
        voter_weights=voter_weights,
        clusters=clusters,
        least_games=least_games,
        unconnected=unconnected,
        intervals=intervals,
        repeats=repeats,
        level=level,
        rng=rng,
    )


def rao_kupper(
    battles: Opinions | BattleTable,
    *,
    both_bad: str = "tie",
    penalty: float | str = 0.0,
    anchor: tuple[str, float] | None = None,
    voter_weights: Mapping[str, float] | None = None,
    clusters: str | None = None,
    least_games: int = FEW,
    unconnected: str = "blank",
    intervals: str = "bootstrap",
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = None,
) -> BattleRanking:
    """Rank by strengths with Rao and Kupper's model of ties.

    Parameters
    ----------
    battles : Opinions of kind ``battles``, or BattleTable
        Battles, or what `battle_table` made of them.
    both_bad, penalty, anchor, voter_weights, clusters, least_games, unconnected, intervals, repeats, level, rng
        As of `bradley_terry`.

    Returns
    -------
    BattleRanking
        With kappa as `tie_parameter`: 1 where nothing is ever tied.

    Raises
    ------
    InputError
        As of `bradley_terry`.

    See Also
    --------
    davidson : ties by the geometric mean of the strengths.

    Examples
    --------
    >>> from psephos.opinions import battles
    >>> votes = battles(["x"] * 40, ["y"] * 40, ["left"] * 16 + ["tie"] * 8 + ["right"] * 16)
    >>> made = rao_kupper(votes, rng=0)
    >>> round(made.tie_parameter, 6)  # chance to win among equals: 1 / (1 + kappa) = 0.4
    1.5
    """
    return rated(
        battles,
        RAO_KUPPER,
        ties="half",
        both_bad=both_bad,
        penalty=penalty,
        anchor=anchor,
        voter_weights=voter_weights,
        clusters=clusters,
        least_games=least_games,
        unconnected=unconnected,
        intervals=intervals,
        repeats=repeats,
        level=level,
        rng=rng,
    )
