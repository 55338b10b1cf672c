"""A ranking made of battles: ratings, how sure they are, what was counted, and what could not be.

Ratings are on the scale of chess, R = 1000 + 400 / ln 10 theta: 400 points are ten to one. A candidate with few battles
or none that leads to the others keeps its counts (and its rating, where there is one) but takes no place, and the
reason is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.opinions.orderings import Ranking, order_of
from psephos.opinions.outcomes import Provenance, command_for, json_ready
from psephos.opinions.wording import MINUS
from psephos.ranking.pairwise.battle_table import BOTH_BAD, LEFT, RIGHT, TIE, BattleTable, PairCounts
from psephos.ranking.pairwise.battle_units import BattleUnits
from psephos.statistics import RankSpread, wilson_interval

POINTS = 400 / np.log(10)
"""Points of a rating to one natural unit of strength."""

CENTRE = 1000.0

UNSPOKEN: Mapping[str, object] = {"start": CENTRE, "side": True, "shares": True, "values": None}
"""Options that the command line has no word for, with what it means there."""

FEW = 30
"""Battles below which a candidate takes no place by default."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class BattleRanking(Ranking):
    """A `Ranking` made of battles. `pairwise` is the chance to win a battle that has a winner.

    Attributes
    ----------
    ratings : ndarray of float64, shape (n,)
        As `scores`, but also of candidates that have a rating and take no place.
    standard_errors : ndarray of float64, shape (n,)
        Of the ratings, right also with ties (sandwich) and, where asked for, with votes that hang together; NaN where
        the method has none.
    fisher_errors : ndarray of float64, shape (n,)
        Of the ratings if battles end exactly as the model says.
    covariance : ndarray of float64, shape (n, n), optional
        Of the ratings, by the sandwich.
    games, wins, losses, ties, both_bad : ndarray of float64, shape (n,)
        Battles of each candidate, in all and by how they ended.
    component : ndarray of int64, shape (n,)
        Groups within which candidates can be compared, from 0; the first is ranked.
    absent : ndarray of float64, shape (n,)
        Share of the resamples in which the candidate had no battle.
    tie_parameter : float, optional
        Of a model of ties: Davidson's nu, Rao and Kupper's kappa, Newman's nu.
    effects : polars.DataFrame
        Of `style_control`: what else moves votes, one row per covariate.
    steps : int
        Steps of the fit.
    converged : bool
        Whether the fit ended because nothing moved any more.
    counts : PairCounts
        What was counted.
    """

    ratings: Floats
    standard_errors: Floats
    fisher_errors: Floats
    covariance: Floats | None = None
    games: Floats
    wins: Floats
    losses: Floats
    ties: Floats
    both_bad: Floats
    component: npt.NDArray[np.int64]
    absent: Floats
    tie_parameter: float | None = None
    effects: pl.DataFrame = field(default_factory=pl.DataFrame)
    steps: int = 0
    converged: bool = True
    counts: PairCounts

    def win_fraction(self) -> Floats:
        """Share of the decided battles that row won against column; NaN where there was none, shape (n, n)."""
        wins = self.counts.wins()
        both = wins + wins.T
        return np.asarray(np.divide(wins, both, out=np.full(both.shape, np.nan), where=both > 0))

    def battle_counts(self) -> Floats:
        """Battles of row with column, shape (n, n)."""
        return self.counts.matrix(self.counts.met, self.counts.met)

    def average_win_rate(self) -> Floats:
        """Mean over the opponents of the share of decided battles won, shape (n,); NaN where none was decided."""
        share = self.win_fraction()
        known = ~np.isnan(share)
        total = np.where(known, share, 0.0).sum(axis=1)
        return np.asarray(np.divide(total, known.sum(axis=1), out=np.full(len(share), np.nan), where=known.any(axis=1)))

    def quality_floor(self) -> pl.DataFrame:
        """How often both sides of a battle of each candidate were bad, with Wilson's interval; the worst first.

        A loss says that the other was better; "both bad" says that neither was good enough. Kept apart, it is a signal
        of its own: who leads may still fail.
        """
        known = self.games > 0
        low, high = (
            wilson_interval(self.both_bad[known], self.games[known]) if known.any() else (np.empty(0), np.empty(0))
        )
        made = pl.DataFrame(
            {
                "candidate": self.candidates.cast(pl.String).filter(pl.Series(known)),
                "both_bad": self.both_bad[known] / self.games[known],
                "low": low,
                "high": high,
                "battles": self.games[known],
            }
        )
        return made.sort("both_bad", descending=True, maintain_order=True)

    def table(self) -> pl.DataFrame:
        """One row per candidate, best first: as of a ranking, with errors and what was counted."""
        made = super().table()
        place = {str(name): i for i, name in enumerate(self.candidates.cast(pl.String))}
        rows = np.array([place[name] for name in made["candidate"]], dtype=np.int64)
        more: dict[str, pl.Series] = {}
        if not np.isnan(self.standard_errors).all():
            more["standard_error"] = pl.Series(self.standard_errors[rows]).fill_nan(None)
        for name in ("games", "wins", "losses", "ties", "both_bad"):
            values = getattr(self, name)[rows]
            whole = bool((values == np.rint(values)).all())
            more[name] = pl.Series(values.astype(np.int64) if whole else values)
        if self.reasons and not np.array_equal(np.isnan(self.ratings), np.isnan(self.scores)):
            more["rating"] = pl.Series(self.ratings[rows]).fill_nan(None)
        if self.component.max(initial=0):
            more["component"] = pl.Series(self.component[rows])
        if self.absent.any():
            more["absent"] = pl.Series(self.absent[rows])
        last = [made["not_ranked"]] if "not_ranked" in made.columns else []
        return made.drop("not_ranked", strict=False).with_columns(**more).with_columns(last)

    def summary(self) -> list[tuple[str, str]]:
        """That of a ranking, with the battles and how they ended."""
        lines = super().summary()
        ends = self.counts.ends.sum(axis=0)
        total = float(ends.sum())
        drawn, bad = ends[TIE] / total, ends[BOTH_BAD] / total
        text = f"{total:,.0f} of {len(self.counts.first):,} pairs"
        if drawn or bad:
            text += f"; {drawn:.0%} ties, {bad:.0%} both bad"
        lines.insert(1, ("battles", text))
        if self.tie_parameter is not None:
            lines.insert(2, ("ties", f"parameter {self.tie_parameter:.3f}"))
        for row in self.effects.iter_rows(named=True):
            sign = MINUS if row["points"] < 0 else "+"
            words = f"{sign}{abs(row['points']):.1f} points per {row['per']}, {row['low']:.1f} to {row['high']:.1f}"
            lines.insert(2, (str(row["effect"]), words))
        return lines

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        more = {
            "tie_parameter": self.tie_parameter,
            "effects": self.effects.to_dicts(),
            "steps": self.steps,
            "converged": self.converged,
            "win_fraction": self.win_fraction().tolist(),
            "battles": self.battle_counts().tolist(),
        }
        return {**super().to_dict(), **json_ready(more)}


def rating_of(theta: Floats) -> Floats:
    """Strengths in natural units as ratings.

    Examples
    --------
    >>> rating_of(np.array([0.0, np.log(10)])).tolist()
    [1000.0, 1400.0]
    """
    return np.asarray(CENTRE + POINTS * theta)


def counted(counts: PairCounts) -> dict[str, Floats]:
    """Battles of each candidate, in all and by how they ended."""
    ends = counts.ends.T
    return {
        "games": counts.by_candidate(counts.met, counts.met),
        "wins": counts.by_candidate(ends[LEFT], ends[RIGHT]),
        "losses": counts.by_candidate(ends[RIGHT], ends[LEFT]),
        "ties": counts.by_candidate(ends[TIE], ends[TIE]),
        "both_bad": counts.by_candidate(ends[BOTH_BAD], ends[BOTH_BAD]),
    }


def few_games(
    table: BattleTable, games: Floats, least_games: int, reasons: Mapping[str, str]
) -> tuple[npt.NDArray[np.bool_], dict[str, str]]:
    """Who has too few battles for a place, and the reasons with theirs."""
    few = games < least_games
    made = dict(reasons)
    for i in np.flatnonzero(few):
        name = str(table.candidates[int(i)])
        made.setdefault(name, f"has {games[i]:,.0f} battles; a place needs {least_games}")
    return few, made


def battle_ranking(
    table: BattleTable,
    *,
    method: str,
    ratings: Floats,
    score_means: str,
    options: Mapping[str, object],
    placed: npt.NDArray[np.bool_],
    reasons: Mapping[str, str],
    component: npt.NDArray[np.int64],
    spread: RankSpread | None,
    seed: int | None,
    pairwise: Floats | None = None,
    pairwise_means: str = "chance to win a battle that has a winner",
    notes: tuple[str, ...] = (),
    units: BattleUnits,
    refit: Callable[[BattleTable], Ranking],
    **more: Any,
) -> BattleRanking:
    """Put together what methods on battles have in common.

    `placed` says who may take a place; `refit` ranks what is left of the battles without one of the units.
    """
    scores = np.where(placed, ratings, np.nan)
    order, ranks = order_of(scores)
    given = {name: value for name, value in options.items() if value is not None}
    size = len(table.candidates)
    blank = np.full(size, np.nan)
    command = _command(method, given, table, seed)
    defaults: dict[str, Any] = {"standard_errors": blank, "fisher_errors": blank, "absent": np.zeros(size)}
    return BattleRanking(
        provenance=Provenance(method, given, table.source, seed=seed, command=command, notes=(*table.notes, *notes)),
        candidates=table.candidates,
        scores=scores,
        score_means=score_means,
        order=order,
        ranks=ranks,
        reasons=reasons,
        spread=spread,
        pairwise=pairwise,
        pairwise_means=pairwise_means,
        unit=units.name,
        units=units.names,
        refit=partial(_without, units, refit) if units.name else None,
        ratings=ratings,
        component=component,
        counts=table.counts,
        **cast("dict[str, Any]", counted(table.counts)),
        **{**defaults, **more},
    )


def _without(units: BattleUnits, refit: Callable[[BattleTable], Ranking], unit: int) -> Ranking:
    return refit(units.without(unit))


def _command(method: str, given: Mapping[str, object], table: BattleTable, seed: int | None) -> str:
    """The command that gives the ranking again; none where an option has no word there."""
    spoken = {name: value for name, value in given.items() if UNSPOKEN.get(name, "") != value}
    spoken.pop("covariates", None)  # the verb adds them, a word each
    if any(name in UNSPOKEN or not isinstance(value, (str, int, float)) for name, value in spoken.items()):
        return ""
    return command_for("rank", table.source, {"method": method, **spoken, **({"seed": seed} if seed else {})})
