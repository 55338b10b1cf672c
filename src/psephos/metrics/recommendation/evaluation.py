"""What did an evaluation find: each number with its interval and definition, each user, each pair of systems?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine.streams import Rng
from psephos.errors import InputError, check_choice, check_same_length
from psephos.metrics.recommendation.comparing import agreement_of_metrics, compare_runs
from psephos.metrics.recommendation.conventions import Convention
from psephos.metrics.recommendation.names import metric_names
from psephos.metrics.recommendation.shown_numbers import ends_of, in_words
from psephos.metrics.recommendation.user_metrics import BOUNDED, error_of
from psephos.opinions.coding import canonical
from psephos.opinions.frames import series
from psephos.opinions.outcomes import Result, json_ready
from psephos.opinions.wording import plural
from psephos.statistics import Interval

Floats = npt.NDArray[np.float64]

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
    comparison : polars.DataFrame
        The rows of `compare` that whoever made the result kept with it; empty otherwise.
    explanation : polars.DataFrame
        The rows of `explain_value` of a number from elsewhere, kept likewise.
    """

    values: pl.DataFrame
    ledger: pl.DataFrame
    convention: Convention
    users: pl.Series
    by_user: Mapping[tuple[str, str, int], Floats]
    level: float
    comparison: pl.DataFrame = field(default_factory=pl.DataFrame)
    explanation: pl.DataFrame = field(default_factory=pl.DataFrame)

    def table(self) -> pl.DataFrame:
        """One row for each run, metric and cutoff: run, metric, k, value, low, high, standard_error, users (behind the
        value; pairs of ratings), left_out, reason, definition.
        """
        return self.values

    def summary(self) -> list[tuple[str, str]]:
        """Every number with its interval, and what was found in the lists."""
        lines = [
            (f"{row['run']} {row['definition']}", in_words(row, self.level))
            for row in self.values.head(24).iter_rows(named=True)
        ]
        if self.values.height > 24:
            lines.append(("more", f"{self.values.height - 24:,} further numbers"))
        for row in self.ledger.iter_rows(named=True):
            odd = [f"{row[name]:,} {name.replace('_', ' ')}" for name in LEDGER[2:] if row[name]]
            if odd:
                lines.append((f"{row['run']} lists", f"of {plural(row['rows'], 'row')}: {', '.join(odd)}"))
        for row in self.comparison.head(24).iter_rows(named=True):
            cut = "" if row["k"] is None else f"@{row['k']}"
            difference = Interval(row["difference"], row["low"], row["high"], self.level)
            chance = f"p = {row['p']:.3g}, adjusted {row['adjusted']:.3g} ({row['test']}, n = {row['users']:,})"
            lines.append((f"{row['left']} less {row['right']}, {row['metric']}{cut}", f"{difference}, {chance}"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON; with the comparison and the explanation that were kept."""
        kept = {name: getattr(self, name).to_dicts() for name in ("ledger", "comparison", "explanation")}
        more: dict[str, Any] = json_ready(kept)
        return super().to_dict() | more

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
                inside = (names.is_null() if kind is None else names.eq_missing(kind)).to_numpy()
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
                        *ends_of(metric, value, error, self.level),
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
        runs: Sequence[str] | None = None,
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
        runs : sequence of str, optional
            Which systems, the left one first; all if not given.
        test : {"auto", "mcnemar", "sign flip", "t", "wilcoxon"}, default "auto"
            See `psephos.statistics.compare_paired`; "auto" is "t" above 20,000 users.
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
            If there are not two runs, one is unknown, or a metric is not one of users.

        Examples
        --------
        >>> from psephos.metrics import evaluate
        >>> truth = {f"u{n}": ["a"] for n in range(12)}
        >>> runs = {"good": {user: ["a", "b"] for user in truth}, "bad": {user: ["b", "a"] for user in truth}}
        >>> evaluate(truth, runs, "mrr").compare().select("difference", "p").rows()
        [(0.5, 0.0009...)]
        """
        return compare_runs(self, metrics, runs=runs, test=test, adjustment=adjustment, repeats=repeats, rng=rng)

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
        return agreement_of_metrics(self)

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
