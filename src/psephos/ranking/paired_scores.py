"""Which of two is better on the same items?

Two candidates with a result on each item are compared item by item: what makes an item hard falls out of the
difference. The ranking is by the mean score over the items that both have; the interval of a place draws whole items,
and each pair has a test (McNemar for right or wrong, sign flips for other scores). With more than two candidates the
p-values are adjusted for the number of pairs (Holm).

Source: `psephos.statistics.paired`. Differs: items of all tasks count alike; the mean over tasks is `mean_score`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine.streams import Rng, seed_of, spawn
from psephos.errors import InputError, check_count, check_number, check_squares
from psephos.opinions.orderings import Ranking, order_of
from psephos.opinions.outcomes import Provenance, command_for, json_ready
from psephos.opinions.wording import plural
from psephos.ranking.score_tables import Scores, ScoreTable, score_table, unused_weights
from psephos.statistics import Paired, compare_all, items_needed, reweightings
from psephos.statistics.rank_spread import competition_ranks, on_grid, rank_spread


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class PairedRanking(Ranking):
    """A `Ranking` of candidates on the same items.

    Attributes
    ----------
    comparisons : mapping of (int, int) to Paired
        Of each pair of candidates, by their places in `candidates`; p-values are adjusted for the number of pairs.
    n_items : int
        Items that all have a score on.
    """

    comparisons: Mapping[tuple[int, int], Paired]
    n_items: int

    def pairs(self) -> pl.DataFrame:
        """One row per pair: difference with its interval, p, wins, losses, ties, and the items that would show it."""
        names = self.candidates.cast(pl.String)
        rows = []
        for (i, j), found in self.comparisons.items():
            apart = found.difference
            known = apart.value != 0 and found.standard_deviation > 0
            rows.append(
                {
                    "left": names[i],
                    "right": names[j],
                    "difference": apart.value,
                    "low": apart.low,
                    "high": apart.high,
                    "p": found.p,
                    "test": found.test,
                    "wins": found.wins,
                    "losses": found.losses,
                    "ties": found.ties,
                    "items_needed": items_needed(apart.value, found.standard_deviation) if known else None,
                }
            )
        return pl.DataFrame(rows, infer_schema_length=None)

    def summary(self) -> list[tuple[str, str]]:
        """That of a ranking, with the test of the first two."""
        lines = super().summary()
        i, j = sorted(self.order[:2].tolist())
        found = self.comparisons[i, j]
        names = self.candidates.cast(pl.String)
        words = f"{names[i]} less {names[j]}: {found}"
        return [lines[0], ("items", f"{self.n_items:,} that all have a score on"), ("paired", words), *lines[1:]]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        return {**super().to_dict(), "pairs": json_ready(self.pairs().to_dicts()), "items": self.n_items}


def paired(scores: Scores | ScoreTable, *, repeats: int = 2000, level: float = 0.95, rng: Rng = None) -> PairedRanking:
    """Rank candidates by their mean on the same items, with a test of each pair.

    Parameters
    ----------
    scores : array_like of float, shape (n_candidates, n_tasks); sequence of such; Opinions; or ScoreTable
        See `score_table`; with results on single items these are compared, else the tasks.
    repeats : int, default 2000
        Resamples of items.
    level : float, default 0.95
        Of the intervals.
    rng : int, Generator, SeedSequence or None
        Of the resamples; an int repeats them.

    Returns
    -------
    PairedRanking
        Candidates in order of their mean, with a test of each pair and adjusted p-values.

    Raises
    ------
    InputError
        `scores`: fewer than two items have a score of every candidate. As of `score_table`.

    See Also
    --------
    psephos.statistics.compare_paired : two arrays.
    mean_score : the mean over tasks.

    Examples
    --------
    >>> one, other = [1, 1, 1, 1, 1, 1, 0, 1], [0, 0, 0, 0, 0, 1, 0, 1]
    >>> made = paired([[one, other]], rng=0)
    >>> made.names, made.comparisons[0, 1].p
    (['0', '1'], 0.03125)
    """
    repeats = check_count("repeats", repeats, low=2)
    level = check_number("level", level, low=0, high=1, open_ends=True)
    table = score_table(scores)
    items = _items(table)
    shared = np.asarray(~np.isnan(items).any(axis=0))
    if shared.sum() < 2:
        raise InputError(
            "scores",
            f"{plural(int(shared.sum()), 'item has', 'items have')} a score of every candidate; two are the least",
            hint="candidates must be scored on the same items",
        )
    values = items[:, shared]
    check_squares("scores", values)
    seed = seed_of(rng)
    tests, draws = spawn(seed, 2)
    comparisons = compare_all(values, repeats=repeats, level=level, rng=tests)
    means = values.mean(axis=1)
    replicates = (
        np.concatenate([weights @ values.T for weights in reweightings(values.shape[1], repeats=repeats, rng=draws)])
        / values.shape[1]
    )
    order, ranks = order_of(means, 1e-12 * float(np.abs(values).max()))
    unit, units, by_unit = _by_unit(table, values, shared)
    lost = int((~shared).sum())
    gaps: tuple[str, ...] = (f"left out: {plural(lost, 'item')} without a score of every candidate",) if lost else ()
    gaps += unused_weights(table)
    options = {"repeats": repeats, "level": level}
    stated = {"method": "paired", **options, **({"seed": seed} if seed else {})}
    return PairedRanking(
        provenance=Provenance(
            "paired",
            options,
            table.source,
            seed=seed,
            command=command_for("rank", table.source, stated),
            notes=(*table.notes, *gaps),
        ),
        candidates=table.candidates,
        scores=means,
        score_means="mean score over the items that all have",
        order=order,
        ranks=ranks,
        spread=rank_spread(
            replicates, ranks=competition_ranks(on_grid(replicates)), level=level, means="items resampled"
        ),
        unit=unit,
        units=units,
        contributions=by_unit,
        refit=partial(_without, table, repeats, level, seed) if len(units) > 1 else None,
        comparisons=comparisons,
        n_items=int(shared.sum()),
    )


def has_paired_items(table: ScoreTable) -> bool:
    """Whether these are two candidates with results on single items."""
    return len(table.candidates) == 2 and (table.instances is not None or table.unit == "item")


def _by_unit(
    table: ScoreTable, values: npt.NDArray[np.float64], shared: npt.NDArray[np.bool_]
) -> tuple[str, pl.Series, npt.NDArray[np.float64]]:
    """Tasks, or the items of a single one, and what each adds to the mean of each candidate."""
    if table.instances is not None and len(table.tasks) > 1:
        task = np.repeat(np.arange(len(table.tasks)), [part.shape[1] for part in table.instances])[shared]
        by_task = np.zeros((len(table.tasks), len(values)))
        np.add.at(by_task, task, values.T / values.shape[1])
        return table.unit, table.tasks, by_task
    if table.instances is None:
        by_task = np.full((len(table.tasks), len(values)), np.nan)
        by_task[shared] = values.T / values.shape[1]
        return table.unit, table.tasks, by_task
    names = pl.Series("item", range(len(shared))).cast(pl.String) if table.items is None else table.items[0]
    names = names.filter(pl.Series(shared)).alias("item")
    return "item", names, values.T / values.shape[1]


def _without(table: ScoreTable, repeats: int, level: float, seed: int, unit: int) -> PairedRanking:
    """The ranking without a task, or without one of the items that all have of a single task."""
    if table.instances is None or len(table.tasks) > 1:
        return paired(table.without(unit), repeats=repeats, level=level, rng=seed)
    items = table.instances[0]
    shared = np.flatnonzero(~np.isnan(items).any(axis=0))
    rest = np.delete(items, shared[unit], axis=1)
    left = np.delete(np.arange(items.shape[1]), shared[unit])
    names = None if table.items is None else (table.items[0].gather(left),)
    return paired(
        replace(table, scores=rest.mean(axis=1, keepdims=True), instances=(rest,), items=names),
        repeats=repeats,
        level=level,
        rng=seed,
    )


def _items(table: ScoreTable) -> npt.NDArray[np.float64]:
    """Scores by candidate and item."""
    return table.scores if table.instances is None else np.concatenate(table.instances, axis=1)
