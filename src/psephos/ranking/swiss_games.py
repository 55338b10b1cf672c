"""Which games does a Swiss tournament over benchmarks consist of? The door of `psephos.ranking.swiss`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_choice, check_floats, check_squares
from psephos.opinions.model import Source
from psephos.ranking.score_tables import Scores, ScoreTable, score_table, unused_weights

HOLES = ("error", "bye", "loss")
TIES = ("half", "coin")
PAIRINGS = ("random", "adjacent")


@dataclass(frozen=True, eq=False)
class Games:
    """What happens when two models meet on each benchmark, and the rules.

    Attributes
    ----------
    models, benchmarks : polars.Series
    outcome : ndarray of uint8, shape (n_benchmarks, n_models, n_models)
        Half points of row against column; empty if games are played by `chance`.
    chance : ndarray of float64, same shape
        Chance that row gets the point; empty if scores decide.
    present : ndarray of bool, shape (n_benchmarks, n_models)
        Who plays.
    eliminate : ndarray of int64, shape (n_benchmarks,)
        How many leave after each round.
    bye : int
        Half points for a round without an opponent.
    """

    models: pl.Series
    benchmarks: pl.Series
    outcome: npt.NDArray[np.uint8]
    chance: npt.NDArray[np.float64]
    present: npt.NDArray[np.bool_]
    eliminate: npt.NDArray[np.int64]
    bye: int
    pairing: str
    tie: str
    source: Source
    notes: tuple[str, ...]

    def take(self, benchmarks: Sequence[int] | npt.NDArray[np.int64]) -> Games:
        """The same with these benchmarks in this order; how many leave after each round stays with the round."""
        rows = np.asarray(benchmarks, dtype=np.int64)
        rule = self.eliminate[: len(rows)].copy()
        if len(rule) and self.eliminate[-1] == 0:
            rule[-1] = 0
        return replace(
            self,
            benchmarks=self.benchmarks.gather(rows),
            outcome=self.outcome[rows] if len(self.outcome) else self.outcome,
            chance=self.chance[rows] if len(self.chance) else self.chance,
            present=self.present[rows],
            eliminate=rule,
        )


def games_of(
    scores: Scores | ScoreTable | None,
    *,
    chances: npt.ArrayLike | None = None,
    eliminate: int | Sequence[int] = 0,
    bye: float = 1.0,
    pairing: str = "random",
    tie: str = "half",
    tie_margin: float | Sequence[float] = 0.0,
    holes: str = "error",
) -> Games:
    """Check scores or chances and the rules, and lay out all games.

    Parameters
    ----------
    scores : array_like, Opinions, ScoreTable or None
        Who beats whom follows from them.
    chances : array_like of float, shape (n_benchmarks, n_models, n_models), optional
        In their place: the chance of row against column.
    eliminate, bye, pairing, tie, tie_margin, holes
        As in `psephos.ranking.swiss`.

    Returns
    -------
    Games
        Memory is of the order of benchmarks times pairs of models.

    Raises
    ------
    InputError
        `scores`: both or none were given. `bye`: not 0, 1/2 or 1. Others by name: no such choice, a margin below 0,
        chances that do not sum to 1, a model without a score where none may be missing.
    """
    check_choice("pairing", pairing, PAIRINGS)
    check_choice("tie", tie, TIES)
    check_choice("holes", holes, HOLES)
    if isinstance(bye, bool) or bye not in (0, 0.5, 1):
        raise InputError("bye", f"must be 0, 0.5 or 1, got {bye!r}")
    notes: tuple[str, ...] = ()
    if (scores is None) == (chances is None):
        raise InputError("scores", "give scores or chances, one of them", hint="leave one of them out")
    if scores is not None:
        table = benchmark_table(scores)
        outcome, present = _by_scores(table, tie_margin, holes)
        chance = np.empty((0, 0, 0))
        models, benchmarks, source = table.candidates, table.tasks, table.source
        notes = (*table.notes, *unused_weights(table))
    else:
        chance = _checked_chances(chances)
        outcome = np.empty((0, 0, 0), dtype=np.uint8)
        present = np.ones(chance.shape[:2], dtype=np.bool_)
        models = pl.Series("candidates", [str(m) for m in range(chance.shape[1])])
        benchmarks, source = pl.Series("tasks", [str(k) for k in range(len(chance))]), Source()
    rule = _checked_elimination(eliminate, len(benchmarks))
    if int(rule.sum()) >= len(models):
        notes += (f"{int(rule.sum()):,} should leave of {len(models):,} models; the last one stays",)
    return Games(models, benchmarks, outcome, chance, present, rule, int(2 * bye), pairing, tie, source, notes)


def benchmark_table(scores: Scores | ScoreTable) -> ScoreTable:
    """Checked scores; complaints call candidates models and tasks benchmarks, as this method does."""
    try:
        table = score_table(scores)
        check_squares("scores", table.scores)
    except InputError as problem:
        name = {"systems": "models", "tasks": "benchmarks"}.get(problem.argument, problem.argument)
        raise InputError(name, problem.problem, where=problem.where, hint=problem.hint) from None
    return table


def _by_scores(
    table: ScoreTable, tie_margin: float | Sequence[float], holes: str
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    values = table.scores.T
    margin = margins_of(tie_margin, len(values))
    known = ~np.isnan(values)
    if holes == "error" and not known.all():
        k, m = np.argwhere(~known)[0].tolist()
        raise InputError(
            "scores",
            f"{int((~known).sum()):,} missing, first that of {table.candidates[m]} on {table.tasks[k]}",
            hint="holes='bye' lets a model sit out, holes='loss' lets it lose",
        )
    present = known if holes == "bye" else np.ones_like(known)
    filled = np.where(known, values, -1e300)
    gap = filled[:, :, None] - filled[:, None, :]
    # .8 - .7 is a little more than .1: a gap of just the margin is a tie whatever rounding makes of it.
    wide = margin[:, None, None] * (1 + 1e-9)
    outcome = np.where(gap > wide, 2, np.where(gap < -wide, 0, 1))
    return outcome.astype(np.uint8), present


def margins_of(tie_margin: float | Sequence[float], rounds: int) -> npt.NDArray[np.float64]:
    """The margin of each benchmark, shape (n_benchmarks,)."""
    given = check_floats("tie_margin", np.atleast_1d(np.asarray(tie_margin, dtype=object)).tolist())
    if len(given) not in (1, rounds):
        raise InputError("tie_margin", f"must be one number, or one for each of {rounds} benchmarks, got {len(given)}")
    if (given < 0).any():
        raise InputError("tie_margin", "must not be negative", where=f"index {int(np.argmax(given < 0))}")
    return np.broadcast_to(given, (rounds,))


def _checked_chances(chances: npt.ArrayLike | None) -> npt.NDArray[np.float64]:
    given = check_floats("chances", [] if chances is None else chances, ndim=3, missing=True)
    if given.shape[1] != given.shape[2]:
        raise InputError("chances", f"must have shape (benchmarks, models, models), got {given.shape}")
    if given.shape[1] < 2:
        raise InputError("models", f"a tournament needs two at least, got {given.shape[1]}", hint="add a model")
    if not len(given):
        raise InputError("benchmarks", "there is none")
    made = np.array(given)
    made[:, np.arange(given.shape[1]), np.arange(given.shape[1])] = 0.5
    odd = ~(np.abs(made + made.transpose(0, 2, 1) - 1) <= 1e-9) | ~((made >= 0) & (made <= 1))
    if odd.any():
        k, i, j = np.argwhere(odd)[0].tolist()
        raise InputError(
            "chances",
            f"of {i} against {j} and of {j} against {i} must lie in [0, 1] and add up to 1, "
            f"got {made[k, i, j]:g} and {made[k, j, i]:g}",
            where=f"index {k}, {i}, {j}",
        )
    return made


def _checked_elimination(eliminate: int | Sequence[int], rounds: int) -> npt.NDArray[np.int64]:
    single = isinstance(eliminate, (int, np.integer)) and not isinstance(eliminate, bool)
    if single:
        rule: list[Any] = [eliminate] * (rounds - 1) + [0]
    elif isinstance(eliminate, (list, tuple, np.ndarray)):
        rule = list(eliminate)
    else:
        raise InputError("eliminate", f"must be a whole number, or one for each round, got {eliminate!r}")
    if len(rule) != rounds:
        raise InputError("eliminate", f"must give one number for each of {rounds} rounds, got {len(rule)}")
    for k, value in enumerate([eliminate] if single else rule):
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or value < 0:
            raise InputError("eliminate", f"must be a whole number of at least 0, got {value!r}", where=f"round {k}")
    return np.array(rule, dtype=np.int64)
