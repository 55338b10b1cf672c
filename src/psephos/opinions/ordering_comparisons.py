"""Where do two rankings differ, and which data make the difference?

Kendall's tau-b of the ranks says how far they agree. Where both say what each unit (task, voter) added to each score,
the difference falls into units: with c_ui the contribution, C_i = sum_u c_ui and sd their standard deviation over the
candidates,

    z_i = (C_i - mean C) / sd = sum_u (c_ui - mean_i c_ui) / sd,

so d_i = z_i(there) - z_i(here) is a sum of parts d_ui over units. (Two rankings by one method need no common scale:
both are divided by the sd here.) A candidate moves by passing others, or by being passed. Over these j, the largest
part of

    mean_j (d_i - d_j) = sum_u mean_j (d_ui - d_uj)

in the direction of the move names the data that moved candidate i. Methods that go by orders may place candidates
otherwise though they count alike; then the unit is named whose orders speak most for the pairs that were turned round,

    sum_j (P^u_ij - P^u_ji),        P^u_ij the weight of the orders of unit u with i above j.

Sources: Kendall (1945), doi:10.1093/biomet/33.3.239. Ours: the split by units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.outcomes import Provenance, Result
from psephos.statistics.rank_correlation import RankCorrelation, kendall_tau

if TYPE_CHECKING:
    from psephos.opinions.orderings import Ranking

EQUAL = 1e-9
"""Parts of a score up to this are rounding."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class RankingComparison(Result):
    """Two rankings side by side.

    Attributes
    ----------
    tau : RankCorrelation
        Kendall's tau-b of the ranks of the candidates that both rank.
    methods : tuple of str
        The two methods.
    moved : polars.DataFrame
        One row per candidate that both rank, the furthest moved first; see `table`.
    only : tuple of tuple of str
        Candidates that only the one, only the other ranks.
    leaders : tuple of list of str
        Who leads in the one and in the other.
    """

    tau: RankCorrelation
    methods: tuple[str, str]
    moved: pl.DataFrame
    only: tuple[tuple[str, ...], tuple[str, ...]]
    leaders: tuple[list[str], list[str]]

    def table(self) -> pl.DataFrame:
        """Candidate, rank here and there, shift (positive: better there), and the unit that moved it most.

        `moved_by` is the task, voter, item or opponent whose part in the shift is largest in its direction, `part` by
        how much it moved the candidate past those that changed sides with it, in standard deviations of the score.
        Where both rankings count alike and only order differently, as points and the Kemeny order do, `moved_by` is the
        unit that speaks most for the new place and `part` is null. Both are null where the methods do not say what each
        unit added.
        """
        return self.moved

    def summary(self) -> list[tuple[str, str]]:
        """How far they agree, whether the leader changes, who moved most."""
        here, there = (", ".join(names) or "nobody" for names in self.leaders)
        first = f"{here} in both" if here == there else f"{here} by {self.methods[0]}, {there} by {self.methods[1]}"
        lines = [("agreement", f"Kendall tau-b {self.tau}"), ("first", first)]
        movers = self.moved.filter(pl.col("shift") != 0)
        for row in movers.head(3).iter_rows(named=True):
            why = f", mostly by {row['moved_by']}" if row["moved_by"] is not None else ""
            lines.append(("moved", f"{row['candidate']} from {row['rank']} to {row['other_rank']}{why}"))
        if not len(movers):
            lines.append(("moved", "nobody"))
        for method, names in zip(self.methods, self.only, strict=True):
            if names:
                lines.append(("only one", f"{', '.join(names[:5])} ranked by {method} only"))
        return lines


def compare_rankings(here: Ranking, there: Ranking) -> RankingComparison:
    """Put two rankings of the same candidates side by side; they are matched by name.

    Raises
    ------
    InputError
        If no candidate stands in both.
    """
    names = [str(name) for name in here.candidates]
    place = {str(name): index for index, name in enumerate(there.candidates)}
    pairs = [(index, place[name]) for index, name in enumerate(names) if name in place]
    if not pairs:
        raise InputError(
            "other", "has no candidate in common with this ranking", hint="compare rankings of the same candidates"
        )
    both = [(i, j) for i, j in pairs if here.ranks[i] and there.ranks[j]]
    left = np.array([i for i, _ in both], dtype=np.int64)
    right = np.array([j for _, j in both], dtype=np.int64)
    own, other = here.ranks[left], there.ranks[right]
    by, part = _moved_by(here, there, left, right, own - other)
    moved = pl.DataFrame(
        {
            "candidate": [names[i] for i in left],
            "rank": own,
            "other_rank": other,
            "shift": own - other,
            "moved_by": pl.Series(by, dtype=pl.String),
            "part": pl.Series(part, dtype=pl.Float64),
        }
    ).sort(pl.col("shift").abs(), descending=True, maintain_order=True)
    alone = {names[i] for i in left}
    return RankingComparison(
        provenance=Provenance(
            "compare rankings",
            {"here": here.provenance.method, "there": there.provenance.method},
            here.provenance.source,
        ),
        tau=kendall_tau(own, other),
        methods=(here.provenance.method, there.provenance.method),
        moved=moved,
        only=(
            tuple(name for name in here.names if name not in alone),
            tuple(name for name in there.names if name not in alone),
        ),
        leaders=(here.leaders, there.leaders),
    )


def _moved_by(
    here: Ranking,
    there: Ranking,
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    shift: npt.NDArray[np.int64],
) -> tuple[list[str | None], list[float | None]]:
    """The unit behind the shift of each candidate, and what it adds to the standardised score."""
    by: list[str | None] = [None] * len(left)
    part: list[float | None] = [None] * len(left)
    # What one method calls a topic is a task to another.
    if here.unit != there.unit and set(here.units.cast(pl.String)) != set(there.units.cast(pl.String)):
        return by, part
    names, change = _changes(here, there, left, right)
    for index in np.flatnonzero(shift):
        up = int(np.sign(shift[index]))
        # +1: stands above it; of tied candidates neither does.
        was = np.sign(here.ranks[left] - here.ranks[left][index])
        now = np.sign(there.ranks[right] - there.ranks[right][index])
        passed = np.flatnonzero(np.sign(now - was) == up)
        if not len(passed):
            continue  # it moved as one moved that is ranked in one of the rankings only
        if change is not None:
            found = (change[:, [index]] - change[:, passed]).mean(axis=1)
            most = int(np.argmax(found * up))
            if found[most] * up > EQUAL:
                by[index], part[index] = names[most], float(found[most])
                continue
        by[index] = _speaks_for(here, there, (left[index], right[index]), (left[passed], right[passed]), up)
    return by, part


def _changes(
    here: Ranking, there: Ranking, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> tuple[list[str], npt.NDArray[np.float64] | None]:
    """Units, and by how much each moved each standardised score, shape (n_units, n); None if that is not known."""
    (own, deviation), (other, other_deviation) = _by_unit(here, left), _by_unit(there, right)
    if not (own and other):
        return [], None
    if here.provenance.method == there.provenance.method:
        other_deviation = deviation
    names, still = sorted(own.keys() | other.keys()), np.zeros(len(left))
    change = [other.get(name, still) / other_deviation - own.get(name, still) / deviation for name in names]
    return names, np.array(change)


def _speaks_for(
    here: Ranking,
    there: Ranking,
    candidate: tuple[np.int64, np.int64],
    passed: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    up: int,
) -> str | None:
    """The unit whose orders are most on the side of the other ranking, of the pairs that were turned round."""
    side, ranking = (0, here) if here.favours is not None else (1, there)
    if ranking.favours is None:
        return None
    spoken = up * ranking.favours(int(candidate[side]), passed[side]).sum(axis=1)
    most = int(np.argmax(spoken))
    return str(ranking.units[most]) if spoken[most] > EQUAL else None


def _by_unit(ranking: Ranking, rows: npt.NDArray[np.int64]) -> tuple[dict[str, npt.NDArray[np.float64]], float]:
    """What each unit adds to the scores of these candidates, less the mean, and the standard deviation of the sums."""
    if ranking.contributions is None or not len(rows):
        return {}, 1.0
    given = ranking.contributions[:, rows]
    known = ~np.isnan(given)
    mean = np.nansum(given, axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    centred = np.where(known, given - mean, 0.0)
    spread = float(centred.sum(axis=0).std()) or 1.0
    return {str(name): row for name, row in zip(ranking.units, centred, strict=True)}, spread
