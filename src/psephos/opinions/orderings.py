"""Who is better: an order of candidates, and how sure it is.

A `Ranking` is what every method of `psephos.ranking` returns, whatever it counts: points, positions, abilities, wins.
Higher scores are better. A candidate that cannot be placed (it met nobody, it has no score) is left blank, with the
reason; it takes no place and is never put last in silence. Who shares a rank is tied; who shares a group cannot be told
apart on these data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.ordering_comparisons import RankingComparison, compare_rankings
from psephos.opinions.outcomes import Provenance, Result, json_ready
from psephos.opinions.wording import first_of, plural
from psephos.statistics.rank_spread import RankSpread, separated

TIED_SHOWN = 5
"""Names of a tie that the summary lists."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Ranking(Result):
    """Candidates in order.

    Made by the methods of `psephos.ranking` with `ranking_by_scores`, or by calling a subclass with fields of its own.

    Attributes
    ----------
    candidates : polars.Series, shape (n,)
        Names, in the order of the input; all other arrays follow it.
    scores : ndarray of float64, shape (n,)
        What the method measures, higher is better; NaN where a candidate is not ranked.
    score_means : str
        What a score is, in words with its unit.
    order : ndarray of int64, shape (n_ranked,)
        Indices of the ranked candidates, best first.
    ranks : ndarray of int64, shape (n,)
        Place from 1, shared by tied candidates; 0 where a candidate is not ranked.
    reasons : mapping of str to str
        Why a candidate is not ranked, by name.
    spread : RankSpread, optional
        Intervals of scores and ranks, P(first) and P(row above column).
    pairwise : ndarray of float64, shape (n, n), optional
        What the data say of row against column (share or number of orders, chance to win), as `pairwise_means` says.
    pairwise_means : str
        What a cell of `pairwise` says.
    unit : str
        What the data consist of and can be left out one at a time: "task", "voter", "item", "opponent"; "" if nothing.
    units : polars.Series, shape (n_units,)
        Their names.
    contributions : ndarray of float64, shape (n_units, n), optional
        What each unit adds to each score; NaN where it says nothing of a candidate.
    favours : callable, optional
        Of a candidate (its index) and others (their indices): by how much more each unit puts it above than below each
        of them, shape (n_units, n_others). Of methods that go by orders, not by sums.
    refit : callable, optional
        The ranking without the unit of this index, by the same method.

    See Also
    --------
    psephos.rank : makes it.
    psephos.ranking.paired : a test of each pair on the same items.

    Examples
    --------
    >>> import psephos
    >>> names, tasks = ["x", "x", "y", "y", "z", "z"], ["a", "b"] * 3
    >>> scores = psephos.results(names, ["one"] * 6, [3, 2, 2, 3, 1, 1], task=tasks)
    >>> found = psephos.rank(scores, method="borda")
    >>> found.tied, found.table().select("candidate", "rank").rows()
    ([['x', 'y'], ['z']], [('x', 1), ('y', 1), ('z', 3)])
    """

    candidates: pl.Series
    scores: npt.NDArray[np.float64]
    score_means: str
    order: npt.NDArray[np.int64]
    ranks: npt.NDArray[np.int64]
    reasons: Mapping[str, str] = field(default_factory=dict)
    spread: RankSpread | None = None
    pairwise: npt.NDArray[np.float64] | None = None
    pairwise_means: str = ""
    unit: str = ""
    units: pl.Series = field(default_factory=lambda: pl.Series("unit", [], dtype=pl.String))
    contributions: npt.NDArray[np.float64] | None = None
    favours: Callable[[int, npt.NDArray[np.int64]], npt.NDArray[np.float64]] | None = None
    refit: Callable[[int], Ranking] | None = None

    @property
    def names(self) -> list[str]:
        """Names of the ranked candidates, best first."""
        return [str(name) for name in self.candidates.gather(self.order)]

    @property
    def leaders(self) -> list[str]:
        """Who has the first rank; several if it is shared."""
        return self.tied[0] if self.tied else []

    @property
    def tied(self) -> list[list[str]]:
        """The names at each rank, best first."""
        ranked = zip(self.ranks[self.order].tolist(), self.names, strict=True)
        return [[name for _, name in same] for _, same in groupby(ranked, key=lambda pair: pair[0])]

    @cached_property
    def groups(self) -> npt.NDArray[np.int64]:
        """Group of each candidate, from 1: all of a group surely stand above all of the next. 0: not ranked.

        Without a `spread` only ties are groups.
        """
        if self.spread is None or self.spread.above is None:
            groups = np.zeros(len(self.ranks), dtype=np.int64)
            groups[self.order] = np.unique(self.ranks[self.order], return_inverse=True)[1] + 1
            return groups
        return separated(self.order, self.spread.above, self.spread.level)

    def probability_above(self, better: str, worse: str) -> float:
        """Probability that one candidate stands above another; NaN if the ranking has none.

        Raises
        ------
        InputError
            If there is no such candidate.
        """
        row, column = self._index("better", better), self._index("worse", worse)
        if self.spread is None or self.spread.above is None:
            return float("nan")
        return float(self.spread.above[row, column])

    def compare(self, other: Ranking) -> RankingComparison:
        """How another ranking of the same candidates differs: Kendall's tau, who moved, and which data moved them."""
        return compare_rankings(self, other)

    def without(self, name: str) -> Ranking:
        """The ranking by the same method without one task or voter.

        Raises
        ------
        InputError
            If this ranking cannot leave out anything, or has no unit of this name.
        """
        if self.refit is None:
            raise InputError("ranking", f"{self.provenance.method} keeps nothing that could be left out")
        index = self.units.cast(pl.String).index_of(name)
        if index is None:
            raise InputError(self.unit, f"there is no {self.unit} {name!r:.80}", hint="write it as the ranking does")
        return self.refit(int(index))

    def leave_one_out(self) -> pl.DataFrame:
        """What the order would be without each task or voter: who leads, tau with this order, who moves furthest.

        Where the rest cannot be ranked, such as battles that fall apart without one voter, `no_order` says why.
        """
        if self.refit is None:
            raise InputError("ranking", f"{self.provenance.method} keeps nothing that could be left out")
        schema = {
            self.unit: pl.String,
            "leader": pl.String,
            "leader_changes": pl.Boolean,
            "tau": pl.Float64,
            "moves_most": pl.String,
            "by_places": pl.Int64,
            "no_order": pl.String,
        }
        rows: list[dict[str, Any]] = []
        for index, name in enumerate(self.units.cast(pl.String)):
            try:
                made = self.refit(index)
            except InputError as problem:
                rows.append({self.unit: name, "no_order": problem.problem})
                continue
            found = compare_rankings(self, made)
            moved = found.table().head(1)
            rows.append(
                {
                    self.unit: name,
                    "leader": "; ".join(made.leaders),
                    "leader_changes": set(made.leaders) != set(self.leaders),
                    "tau": None if np.isnan(found.tau.value) else found.tau.value,
                    "moves_most": moved["candidate"][0] if len(moved) and moved["shift"][0] else None,
                    "by_places": abs(moved["shift"][0]) if len(moved) else 0,
                }
            )
        whole = pl.DataFrame(rows, schema=schema)
        return whole if whole["no_order"].null_count() < len(whole) else whole.drop("no_order")

    def table(self) -> pl.DataFrame:
        """One row per candidate, best first, those not ranked last with the reason."""
        ranked = np.zeros(len(self.candidates), dtype=bool)
        ranked[self.order] = True
        rows = np.concatenate([self.order, np.flatnonzero(~ranked)])
        columns: dict[str, Any] = {
            "rank": pl.Series(self.ranks[rows]).replace(0, None),
            "candidate": self.candidates.cast(pl.String).gather(rows),
            "score": pl.Series(self.scores[rows]).fill_nan(None),
        }
        if self.spread is not None:
            columns |= {
                "low": pl.Series(self.spread.low[rows]).fill_nan(None),
                "high": pl.Series(self.spread.high[rows]).fill_nan(None),
                "rank_low": pl.Series(self.spread.rank_low[rows]).replace(0, None),
                "rank_high": pl.Series(self.spread.rank_high[rows]).replace(0, None),
                "first": pl.Series(self.spread.first[rows]).fill_nan(None),
            }
        columns["group"] = pl.Series(self.groups[rows]).replace(0, None)
        if self.reasons:
            columns["not_ranked"] = [self.reasons.get(str(name)) for name in columns["candidate"]]
        return pl.DataFrame(columns)

    def summary(self) -> list[tuple[str, str]]:
        """Who leads, how surely, and who could not be placed."""
        n = len(self.order)
        lines = [
            ("ranking", f"{plural(n, 'candidate')} by {self.provenance.method}"),
            ("first", _listed(self.leaders, ", ") + self._surely() if n else "nobody could be ranked"),
        ]
        if n > 1:
            shown = " > ".join(_listed(names, " = ") for names in self.tied[:10])
            lines.append(("order", shown + (" > ..." if len(self.tied) > 10 else "")))
        if self.spread is not None and n:
            lines.append(("groups", f"{self._apart(self.spread)} ({self.spread.means})"))
        if len(self.units):
            lines.append((f"{self.unit}s", f"{len(self.units):,}"))
        if self.reasons:
            why = next(iter(self.reasons.values()))
            lines.append(("not ranked", f"{first_of(list(self.reasons), 1)}: {why}"))
        lines.append(("score", self.score_means))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON, with the matrices."""
        matrices = {
            "pairwise": None if self.pairwise is None else self.pairwise.tolist(),
            "above": None if self.spread is None or self.spread.above is None else self.spread.above.tolist(),
        }
        names = self.candidates.cast(pl.String).to_list()
        return {**super().to_dict(), "result": "ranking", "candidates": names, **json_ready(matrices)}

    def _index(self, argument: str, name: str) -> int:
        index = self.candidates.cast(pl.String).index_of(name)
        if index is None:
            raise InputError(argument, f"there is no candidate {name!r:.80}", hint="write it as the ranking does")
        return int(index)

    def _apart(self, spread: RankSpread) -> str:
        """Whether groups, single pairs or nobody can be told apart."""
        if spread.above is None:
            return "too many candidates to compare each pair: only ties are groups"
        at, count = f"at {spread.level:.0%} the candidates", int(self.groups.max())
        if count > 1:
            return f"{at} fall into {count:,} groups that can be told apart"
        n = len(self.order)
        sure = int((spread.above[np.ix_(self.order, self.order)] >= (1 + spread.level) / 2).sum())
        if sure:
            return f"{at} do not fall into groups, though {sure:,} of {n * (n - 1) // 2:,} pairs can be told apart"
        return f"{at} cannot be told apart"

    def _surely(self) -> str:
        if self.spread is None:
            return ""
        chance = float(self.spread.first[self.order[0]])
        return "" if np.isnan(chance) else f" (probability to be first {chance:.2f})"


def _listed(names: list[str], sign: str) -> str:
    """Tied names, the first of many."""
    return first_of(names, TIED_SHOWN, sign=sign)


def ranking_by_scores(
    candidates: pl.Series,
    scores: npt.NDArray[np.float64],
    *,
    score_means: str,
    provenance: Provenance,
    equal_within: float = 1e-9,
    **more: Any,
) -> Ranking:
    """A ranking in which the higher score stands above; equal scores share the rank, in the order of the input.

    Parameters
    ----------
    candidates : polars.Series, shape (n,)
        Their names.
    scores : ndarray of float64, shape (n,)
        NaN: not ranked; say why in `reasons`.
    score_means : str
        What a score is.
    provenance : Provenance
        How the scores were made.
    equal_within : float
        Scores that lie as close as this to their neighbour are equal.
    **more
        Further fields of `Ranking`.

    Examples
    --------
    >>> from psephos.opinions.model import Source
    >>> made = ranking_by_scores(
    ...     pl.Series(["a", "b", "c"]), np.array([1.0, 3.0, 3.0]), score_means="points",
    ...     provenance=Provenance("borda", {}, Source()),
    ... )
    >>> made.names, made.ranks.tolist(), made.leaders
    (['b', 'c', 'a'], [3, 1, 1], ['b', 'c'])
    """
    order, ranks = order_of(scores, equal_within)
    return Ranking(
        provenance=provenance,
        candidates=candidates,
        scores=scores,
        score_means=score_means,
        order=order,
        ranks=ranks,
        **more,
    )


def order_of(
    scores: npt.NDArray[np.float64], equal_within: float = 1e-9
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Order and ranks of scores: highest first, then the order of the input; NaN takes no place.

    Examples
    --------
    >>> [part.tolist() for part in order_of(np.array([1.0, np.nan, 2.0]))]
    [[2, 0], [2, 0, 1]]
    """
    falling = np.argsort(np.where(np.isnan(scores), np.inf, -scores), kind="stable")
    falling = falling[: int((~np.isnan(scores)).sum())]
    # A run of scores, each equal to the one before within rounding, shares the rank of its first.
    opens = np.concatenate(([0.0], -np.diff(scores[falling]))) > equal_within
    ranks = np.zeros(len(scores), dtype=np.int64)
    ranks[falling] = np.maximum.accumulate(np.where(opens, np.arange(len(falling)), 0)) + 1
    order = np.argsort(np.where(ranks == 0, len(scores) + 1, ranks), kind="stable")[: len(falling)]
    return order.astype(np.int64), ranks
