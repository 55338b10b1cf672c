"""Which of two systems is better on the same users, and do metrics agree on it?

Pairs of systems go through `psephos.statistics.compare_paired`, users being the items; p-values are adjusted for all
rows of the table. Source: sheet 12 (beyond the paper). Differs: nothing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from psephos.engine.streams import Rng, spawn
from psephos.errors import InputError, check_choice
from psephos.metrics.recommendation.names import metric_names
from psephos.statistics import adjust, compare_paired, kendall_tau

if TYPE_CHECKING:
    from psephos.metrics.recommendation.evaluation import Evaluation

MOST_RESAMPLED = 20_000
"""Users up to which a comparison is resampled; above, its error is that of a mean, which by then is the same."""

DETECTED = 2.801585
"""Standard errors of a difference that is found with a power of .8 at the level .05: z(.975) + z(.8)."""


def compare_runs(
    evaluation: Evaluation,
    metrics: str | Iterable[str] | None,
    *,
    runs: Sequence[str] | None,
    test: str,
    adjustment: str,
    repeats: int,
    rng: Rng,
) -> pl.DataFrame:
    """The table of `Evaluation.compare`: each two systems on the users that both have a value of.

    Parameters
    ----------
    evaluation : Evaluation
    metrics : str or iterable of str, or None
        Metrics of users; None takes all that were evaluated.
    runs : sequence of str or None
        Systems to compare; None takes all.
    test : str
        As in `psephos.statistics.compare_paired`; ``"auto"`` is the t-test beyond `MOST_RESAMPLED` users.
    adjustment : str
        For the number of rows.
    repeats, rng
        Of resamples; each row has a stream of its own.

    Raises
    ------
    InputError
        `runs`: fewer than two. `metrics`: none of users.
    """
    known = evaluation.ledger["run"].to_list()
    if len(known) < 2:
        raise InputError("runs", "there is one only, and nothing to compare it with")
    compared = known if runs is None else [check_choice("runs", run, known) for run in runs]
    if len(set(compared)) < max(len(compared), 2):
        raise InputError("runs", f"must be two or more different ones, got {', '.join(compared) or 'none'}")
    wanted = None if metrics is None else metric_names(metrics)
    keys = list(dict.fromkeys((metric, k) for _, metric, k in evaluation.by_user if wanted is None or metric in wanted))
    if not keys or (wanted is not None and len({metric for metric, _ in keys}) < len(wanted)):
        raise InputError("metrics", "only metrics of users that were evaluated can be compared")
    cases = [(metric, k, *pair) for metric, k in keys for pair in itertools.combinations(compared, 2)]
    rows = []
    for (metric, k, one, other), stream in zip(cases, spawn(rng, len(cases)), strict=True):
        left, right = evaluation.by_user[one, metric, k], evaluation.by_user[other, metric, k]
        both = int((~(np.isnan(left) | np.isnan(right))).sum())
        how = "t" if test == "auto" and both > MOST_RESAMPLED else test
        found = compare_paired(left, right, test=how, level=evaluation.level, repeats=repeats, rng=stream)
        ends = found.difference
        detectable = DETECTED * found.standard_deviation / math.sqrt(both)
        said = ends.value, ends.low, ends.high, found.p, found.test, found.wins, found.losses, found.ties
        rows.append((metric, None if k < 0 else k, one, other, *said, both, detectable))
    names = ["metric", "k", "left", "right", "difference", "low", "high", "p", "test", "wins", "losses", "ties"]
    table = pl.DataFrame(rows, schema=[*names, "users", "detectable"], orient="row")
    adjusted = pl.Series("adjusted", adjust(table["p"].to_numpy(), adjustment))
    return table.insert_column(table.columns.index("p") + 1, adjusted)


def agreement_of_metrics(evaluation: Evaluation) -> pl.DataFrame:
    """The table of `Evaluation.agreement`."""
    named = evaluation.values.with_columns(
        pl.when(pl.col("k").is_null()).then("metric").otherwise(pl.format("{}@{}", "metric", "k")).alias("name")
    ).pivot("name", index="run", values="value")
    names = [name for name in named.columns if name != "run"]
    if named.height < 3 or len(names) < 2:
        raise InputError("runs", f"{named.height} runs and {len(names)} metrics; three and two are the least")
    rows = []
    for one, other in itertools.combinations(names, 2):
        x, y = (named[name].cast(pl.Float64).fill_null(math.nan).to_numpy() for name in (one, other))
        turned = (x[:, None] < x[None]) & (y[:, None] > y[None])
        rows.append((one, other, kendall_tau(x, y).value, int(turned.sum())))
    return pl.DataFrame(rows, schema=["left", "right", "tau", "flips"], orient="row").fill_nan(None)
