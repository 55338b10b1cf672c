"""What did an evaluation find: each number with its interval and definition, each user, each pair of systems?"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine.streams import Rng, spawn
from psephos.errors import InputError, check_choice, check_same_length
from psephos.metrics.recommendation.coding import Counts, Problem
from psephos.metrics.recommendation.conventions import Convention
from psephos.metrics.recommendation.names import METRICS, definition, metric_names
from psephos.metrics.recommendation.user_metrics import BOUNDED, Column, error_of
from psephos.opinions.coding import canonical
from psephos.opinions.frames import series
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result
from psephos.statistics import Interval, adjust, compare_paired, kendall_tau, normal_interval

Floats = npt.NDArray[np.float64]

MOST_RESAMPLED = 20_000
"""Users up to which a comparison is resampled; above, its error is that of a mean, which by then is the same."""

SHARES = frozenset({"gini", "pop_reo", "pop_rsp", "entropy_share", "auc", "r2", "explained_variance"})
"""Metrics of no single user that are 1 at most."""

LEDGER = (
    "rows",
    "lists",
    "absent",
    "without_relevant",
    "unknown_users",
    "unknown_items",
    "repeats",
    "seen",
    "outside",
    "outside_candidates",
    "ties",
)
"""What is counted of each run: rows; users with a list, of the truth without one, without a relevant item; users that
neither the truth nor the train data know; rows without an item, that repeat an item of the list, that the user's own
train data hold, of no train data, outside the candidates, and of equal scores."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Evaluation(Result):
    """How good the lists of systems are.

    Attributes
    ----------
    values : polars.DataFrame
        One row for each run, metric and cutoff; see `table`.
    ledger : polars.DataFrame
        One row per run: what was found in its lists, all rows counted, whether dropped or not; see `LEDGER`.
    convention : Convention
        The definitions.
    users : polars.Series
        Names of users.
    by_user : dict of (str, str, int) to ndarray of float64, shape (n_users,)
        The value of each user by run, metric and cutoff (-1: whole list), NaN where it has none.
    level : float
        Coverage of the intervals.
    """

    values: pl.DataFrame
    ledger: pl.DataFrame
    convention: Convention
    users: pl.Series
    by_user: Mapping[tuple[str, str, int], Floats]
    level: float

    def table(self) -> pl.DataFrame:
        """One row for each run, metric and cutoff: run, metric, k, value, low, high, standard_error, users (behind the
        value; pairs of ratings), left_out, reason, definition.
        """
        return self.values

    def summary(self) -> list[tuple[str, str]]:
        """Every number with its interval, and what was found in the lists."""
        lines = [
            (f"{row['run']} {row['definition']}", _in_words(row, self.level))
            for row in self.values.head(24).iter_rows(named=True)
        ]
        if self.values.height > 24:
            lines.append(("more", f"{self.values.height - 24:,} further numbers"))
        for row in self.ledger.iter_rows(named=True):
            odd = [f"{row[name]:,} {name.replace('_', ' ')}" for name in LEDGER[2:] if row[name]]
            if odd:
                lines.append((f"{row['run']} lists", f"of {row['rows']:,} rows: {', '.join(odd)}"))
        return lines + [("note", note) for note in self.provenance.notes]

    def value(self, metric: str, run: str | None = None, k: int | None = None) -> Interval:
        """One number with its interval.

        Parameters
        ----------
        metric : str
        run : str, optional
            Needed where there are several.
        k : int, optional
            Needed where there are several cutoffs.

        Examples
        --------
        >>> from psephos.metrics import evaluate
        >>> evaluate({"u": ["a", "b"], "v": ["c"]}, {"u": ["a"], "v": ["x"]}, "recall").value("recall").value
        0.25
        """
        found = self.values.filter(metric=metric_names(metric)[0])
        if run is not None:
            found = found.filter(run=run)
        if k is not None:
            found = found.filter(k=k)
        if found.height != 1:
            raise InputError("metric", f"names {found.height} numbers", hint="say which run and which k")
        row = found.row(0, named=True)
        value, low, high = (math.nan if row[name] is None else row[name] for name in ("value", "low", "high"))
        return Interval(value, low, high, self.level)

    def per_user(self, run: str | None = None) -> pl.DataFrame:
        """The value of each user: columns user, run, and one for each metric and cutoff; null where it has none."""
        runs = self.ledger["run"].to_list() if run is None else [check_choice("run", run, self.ledger["run"].to_list())]
        parts = []
        for name in runs:
            own = {
                metric if k < 0 else f"{metric}@{k}": pl.Series(values, nan_to_null=True)
                for (of, metric, k), values in self.by_user.items()
                if of == name
            }
            parts.append(
                pl.DataFrame({"user": self.users, "run": pl.Series([name]).new_from_index(0, len(self.users))} | own)
            )
        return pl.concat(parts)

    def by(self, groups: Mapping[object, object] | Sequence[object]) -> pl.DataFrame:
        """The same numbers within groups of users, such as cold and warm ones.

        Parameters
        ----------
        groups : mapping of user to group, or sequence, shape (n_users,)
            Users that a mapping lacks are in the group null.

        Returns
        -------
        polars.DataFrame
            run, metric, k, group, value, low, high, standard_error, users; of metrics of users only.
        """
        names = self._groups(groups)
        kinds = names.unique(maintain_order=True).to_list()
        rows = []
        for (run, metric, k), values in self.by_user.items():
            for kind in kinds:
                inside = (names.is_null() if kind is None else names == kind).to_numpy()
                own = values[inside & ~np.isnan(values)]
                value = float(own.mean()) if len(own) else math.nan
                error = error_of(own - value, value, bounded=metric in BOUNDED) if len(own) else math.nan
                rows.append(
                    (
                        run,
                        metric,
                        None if k < 0 else k,
                        kind,
                        value,
                        *_ends(metric, value, error, self.level),
                        error,
                        len(own),
                    )
                )
        schema = dict.fromkeys(("run", "metric"), pl.String) | {"k": pl.Int64, "group": pl.String}
        schema |= dict.fromkeys(("value", "low", "high", "standard_error"), pl.Float64) | {"users": pl.Int64}
        return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None))

    def compare(
        self,
        metrics: str | Iterable[str] | None = None,
        *,
        test: str = "auto",
        adjustment: str = "holm",
        repeats: int = 2000,
        rng: Rng = 0,
    ) -> pl.DataFrame:
        """Which of two systems is better on the same users, for every pair of them.

        Parameters
        ----------
        metrics : str or iterable of str, optional
            Which; all metrics of users if not given.
        test : {"auto", "mcnemar", "sign flip", "t", "wilcoxon"}, default "auto"
            See `psephos.statistics.compare_paired`; "auto" is "t" above `MOST_RESAMPLED` users.
        adjustment : str, default "holm"
            For the number of rows of the whole table; see `psephos.statistics.adjust`.
        repeats : int, default 2000
            Resamples of each difference.
        rng : int, Generator or None, default 0

        Returns
        -------
        polars.DataFrame
            metric, k, left, right, difference, low, high, p, adjusted, test, wins, losses, ties, users, detectable (the
            difference that this many users would show with a power of .8).

        Raises
        ------
        InputError
            If there is one run only, or a metric is not one of users.

        Examples
        --------
        >>> from psephos.metrics import evaluate
        >>> truth = {f"u{n}": ["a"] for n in range(12)}
        >>> runs = {"good": {user: ["a", "b"] for user in truth}, "bad": {user: ["b", "a"] for user in truth}}
        >>> evaluate(truth, runs, "mrr").compare().select("difference", "p").rows()
        [(0.5, 0.0009...)]
        """
        runs = self.ledger["run"].to_list()
        if len(runs) < 2:
            raise InputError("runs", "there is one only, and nothing to compare it with")
        wanted = None if metrics is None else metric_names(metrics)
        keys = list(dict.fromkeys((metric, k) for _, metric, k in self.by_user if wanted is None or metric in wanted))
        if not keys or (wanted is not None and len({metric for metric, _ in keys}) < len(wanted)):
            raise InputError("metrics", "only metrics of users that were evaluated can be compared")
        cases = [(metric, k, *pair) for metric, k in keys for pair in itertools.combinations(runs, 2)]
        rows = []
        for (metric, k, one, other), stream in zip(cases, spawn(rng, len(cases)), strict=True):
            left, right = self.by_user[one, metric, k], self.by_user[other, metric, k]
            both = int((~(np.isnan(left) | np.isnan(right))).sum())
            how = "t" if test == "auto" and both > MOST_RESAMPLED else test
            found = compare_paired(left, right, test=how, level=self.level, repeats=repeats, rng=stream)
            ends = found.difference
            detectable = 2.801585 * found.standard_deviation / math.sqrt(both)  # z(.975) + z(.8)
            said = ends.value, ends.low, ends.high, found.p, found.test, found.wins, found.losses, found.ties
            rows.append((metric, None if k < 0 else k, one, other, *said, both, detectable))
        names = ["metric", "k", "left", "right", "difference", "low", "high", "p", "test", "wins", "losses", "ties"]
        table = pl.DataFrame(rows, schema=[*names, "users", "detectable"], orient="row")
        adjusted = pl.Series("adjusted", adjust(table["p"].to_numpy(), adjustment))
        return table.insert_column(table.columns.index("p") + 1, adjusted)

    def agreement(self) -> pl.DataFrame:
        """How far metrics order the systems alike: for each pair Kendall's tau over runs, and the runs whose places
        turn most.

        Returns
        -------
        polars.DataFrame
            left, right (metrics with cutoffs), tau, flips (pairs of runs in opposite order).

        Raises
        ------
        InputError
            If there are fewer than three runs, or fewer than two metrics.
        """
        named = self.values.with_columns(
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

    def _groups(self, groups: Mapping[object, object] | Sequence[object]) -> pl.Series:
        if isinstance(groups, Mapping):
            users = canonical(series("user", list(groups))).cast(pl.String)
            known = pl.DataFrame(
                {"user": users, "group": [None if one is None else str(one) for one in groups.values()]}
            )
            own = pl.DataFrame({"user": self.users.cast(pl.String)})
            return own.join(known, on="user", how="left", maintain_order="left")["group"]
        check_same_length(users=self.users, groups=groups)
        return pl.Series([None if one is None else str(one) for one in groups], dtype=pl.String)


def made_evaluation(
    problem: Problem,
    rule: Convention,
    names: Sequence[str],
    cutoffs: Counts,
    found: Mapping[str, tuple[Mapping[tuple[str, int], Column], Mapping[str, int]]],
    level: float,
    sampled: int | None,
) -> Evaluation:
    """The result from the columns of each run."""
    rows, by_user = [], {}
    for run, (columns, _) in found.items():
        for (metric, k), one in columns.items():
            error = one.standard_error
            cut = None if k < 0 else k
            said = definition(metric, cut, rule, sampled=sampled)
            ends = _ends(metric, one.value, error, level)
            rows.append((run, metric, cut, one.value, *ends, error, one.users, one.left_out, one.reason, said))
            if one.by_user is not None and METRICS[metric] != "ratings":
                by_user[run, metric, k] = one.by_user
    floats = dict.fromkeys(("value", "low", "high", "standard_error"), pl.Float64)
    schema = {"run": pl.String, "metric": pl.String, "k": pl.Int64, **floats, "users": pl.Int64, "left_out": pl.Int64}
    values = pl.DataFrame(rows, schema={**schema, "reason": pl.String, "definition": pl.String}, orient="row")
    ledger = pl.DataFrame(
        [(run, *(counts.get(name, 0) for name in LEDGER)) for run, (_, counts) in found.items()],
        schema={"run": pl.String} | dict.fromkeys(LEDGER, pl.Int64),
        orient="row",
    )
    parameters = {"metrics": list(names), "k": [None if k < 0 else int(k) for k in cutoffs], "level": level}
    notes = list(problem.notes)
    if sampled is not None:
        notes.append(f"sampled: relevant items are ranked among {sampled:,} others; not comparable with full lists")
    return Evaluation(
        provenance=Provenance("evaluate", parameters | {"convention": rule.to_dict()}, Source(), notes=tuple(notes)),
        values=values.with_columns(pl.col(pl.Float64).fill_nan(None)),
        ledger=ledger,
        convention=rule,
        users=problem.user_names(),
        by_user=by_user,
        level=level,
    )


def _ends(metric: str, value: float, error: float, level: float) -> tuple[float, float]:
    low, high = (float(end) for end in normal_interval(value, error, level))
    if metric not in ("r2", "explained_variance"):
        low = max(0.0, low) if low == low else low
    return low, min(1.0, high) if metric in BOUNDED or metric in SHARES else high


def _in_words(row: Mapping[str, Any], level: float) -> str:
    if row["value"] is None:
        return f"undefined: {row['reason']}"
    value, low, high = (math.nan if row[name] is None else row[name] for name in ("value", "low", "high"))
    shown = str(Interval(value, low, high, level))
    shown = shown.partition(" [")[0] if row["low"] is None else shown
    left = f", {row['left_out']:,} left out: {row['reason']}" if row["left_out"] else ""
    return f"{shown} (n = {row['users']:,}{left})"
