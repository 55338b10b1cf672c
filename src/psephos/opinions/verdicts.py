"""What do the voters say together about each item, how sure is that, and what should be checked first?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_count, check_floats
from psephos.opinions.coding import text_of
from psephos.opinions.issues import Issues
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Result, json_ready, named
from psephos.opinions.reasons import Reasons
from psephos.opinions.sharding import Shards
from psephos.opinions.wording import plural


def unknown_flip(rows: pl.DataFrame, choice: int, choices: pl.Series) -> str:  # noqa: ARG001 - as `Verdict.flip`
    """What a method says that cannot say what would change its choice.

    Stands in for `Verdict.flip` of methods in which each vote moves the weights of all.
    """
    return "what would change it is not known"


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Verdict(Result):
    """What the voters say together about each item, how sure that is, and what to check first.

    Attributes
    ----------
    opinions : Opinions or Shards
        The votes behind the verdict, after equivalent choices were made one.
    items : polars.Series of String, shape (n_items,)
        Their names.
    choices : polars.Series of String
        The choices that the codes stand for.
    choice, runner_up : ndarray of int32, shape (n_items,)
        Code of the choice and of the one behind it; -1 where there is none.
    certainty : ndarray of float64, shape (n_items,)
        How sure the choice is, see `certainty_means`; NaN where there is no choice.
    margin : ndarray of float64, shape (n_items,)
        Weight behind the choice less the weight behind the runner-up, as a share of all weight on the item.
    votes, support : ndarray of int32, shape (n_items,)
        Votes on the item, and those for the choice.
    flags : mapping of str to ndarray of bool, shape (n_items,)
        What is odd about an item: ``"tie"``, ``"no majority"``, ``"single vote"``, ``"no votes"``, ...
    voters : polars.DataFrame
        One row per voter: votes, abstentions, and how often the others agree with it.
    certainty_means : str
        What the certainty is a probability of.
    flip : callable
        Says in words what would change a choice, given the rows of `Reasons` with codes, the code of the choice, and
        `choices`. It is asked only where there is a choice.
    weights : mapping of str to float
        Weights of the voters that do not weigh 1.
    issues : Issues
        What was set aside or found odd in the input.
    settings : mapping
        The arguments of the call, for `psephos.consensus.update`; empty where it cannot take further votes.

    See Also
    --------
    psephos.decide : makes it.
    psephos.against_gold : holds it against known answers.
    psephos.write_report : a page of it.

    Examples
    --------
    >>> import psephos
    >>> votes = psephos.from_matrix([["cat", "cat", "cat"], ["cat", "dog", "dog"], ["dog", "dog", "dog"]])
    >>> verdict = psephos.decide(votes, method="majority")
    >>> verdict.table()["choice"].to_list(), verdict.support.tolist()
    (['cat', 'dog', 'dog'], [3, 2, 3])
    >>> verdict.queue()["item"].to_list()[0]  # what to check first
    '1'
    """

    opinions: Opinions | Shards
    items: pl.Series
    choices: pl.Series
    choice: npt.NDArray[np.int32]
    runner_up: npt.NDArray[np.int32]
    certainty: npt.NDArray[np.float64]
    margin: npt.NDArray[np.float64]
    votes: npt.NDArray[np.int32]
    support: npt.NDArray[np.int32]
    flags: Mapping[str, npt.NDArray[np.bool_]]
    voters: pl.DataFrame
    certainty_means: str
    flip: Callable[[pl.DataFrame, int, pl.Series], str] = unknown_flip
    weights: Mapping[str, float] = field(default_factory=dict)
    issues: Issues = field(default_factory=Issues)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def expected_errors(self) -> float:
        """Number of choices that are wrong if the certainties are right; items without a choice are not counted."""
        return float(np.nansum(1 - self.certainty))

    def table(self) -> pl.DataFrame:
        """One row per item: item, choice, certainty, margin, votes, support, runner_up, flags."""
        return self._rows(slice(None))

    def queue(
        self, limit: int | None = None, *, cost: npt.ArrayLike = 1.0, seconds: npt.ArrayLike = 1.0
    ) -> pl.DataFrame:
        """What to check first: items by the expected value of checking them,

            value = P(the choice is wrong) * cost of being wrong / seconds to check.

        An item without a choice is certainly not settled: its P is 1.

        Parameters
        ----------
        limit : int, optional
            How many rows; all if not given.
        cost : float or array_like, shape (n_items,), default 1
            Cost of a wrong choice.
        seconds : float or array_like, shape (n_items,), default 1
            Time to check an item.

        Returns
        -------
        polars.DataFrame
            rank, item, choice, certainty, runner_up, votes, support, flags, value, and `found`: the share of the
            expected errors that is found once this row and all before it are checked.

        Raises
        ------
        InputError
            If there are not as many costs or seconds as items, a cost is negative, or a time is not above 0.
        """
        wrong, value, order = self._in_checking_order(cost, seconds)
        n = len(self)
        rows = n if limit is None else min(check_count("limit", limit, low=0), n)
        sums = np.cumsum(wrong[order])
        found = sums / sums[-1] if n and sums[-1] > 0 else np.ones(n)
        top = order[:rows]
        return self._rows(top).select(
            pl.Series("rank", np.arange(1, rows + 1)),
            "item",
            "choice",
            "certainty",
            "runner_up",
            "votes",
            "support",
            "flags",
            pl.Series("value", value[top]),
            pl.Series("found", found[:rows]),
        )

    def why(self, item: object) -> Reasons:
        """The votes behind the choice on one item, and what would change it.

        Raises
        ------
        InputError
            If there is no such item.
        """
        name = text_of(item, "item")
        place = None if name is None else self.items.index_of(name)
        if name is None or place is None:
            raise InputError(
                "item", f"there is no item {str(item)!r:.80} in this verdict", hint="write it as the opinions do"
            )
        votes = self.opinions.of_item(name)
        frame = votes.frame()
        of_row = pl.col("weight").fill_null(1.0) if "weight" in frame.columns else pl.lit(1.0)
        of_voter = pl.col("voter").replace_strict(self.weights, default=1.0) if self.weights else pl.lit(1.0)
        rows = (
            frame.with_columns((of_row * of_voter).alias("weight"), pl.Series("code", votes.codes(votes.value)))
            .group_by("code", pl.col(votes.value).alias("choice"), maintain_order=True)
            .agg(pl.len().alias("votes"), pl.col("weight").sum(), pl.col("voter").sort().alias("voters"))
            .sort(pl.col("code") < 0, -pl.col("weight"), "code")
        )
        code = int(self.choice[place])
        return Reasons(
            provenance=self.provenance,
            item=name,
            choice=named(self.choice[[place]], self.choices)[0],
            certainty=float(self.certainty[place]),
            flags=tuple(flag for flag, mask in self.flags.items() if mask[place]),
            rows=rows.drop("code"),
            flip=self.flip(rows, code, self.choices) if code >= 0 else "there is no choice to change",
        )

    def summary(self) -> list[tuple[str, str]]:
        """The verdict in a few lines."""
        decided = int((self.choice >= 0).sum())
        lines = [
            ("items", f"{len(self):,}, of which {decided:,} {'has' if decided == 1 else 'have'} a choice"),
            ("votes", f"{int(self.votes.sum()):,} by {plural(self.voters.height, 'voter')}"),
        ]
        if decided:
            sure = float(np.nanmean(self.certainty))
            lines.append(("certainty", f"{sure:.3f} on average; {self.expected_errors:,.1f} wrong choices expected"))
            wrong, _, order = self._in_checking_order(1.0, 1.0)
            half = int(np.searchsorted(np.cumsum(wrong[order]), wrong.sum() * (0.5 - 1e-12))) + 1
            share = f"{half:,} of {plural(len(self), 'item')} ({half / len(self):.1%})"
            lines.append(("check first", f"half of the expected errors are in {share}"))
        flagged = [f"{int(mask.sum()):,} {name}" for name, mask in self.flags.items() if mask.any()]
        lines.append(("flags", ", ".join(flagged) or "none"))
        lines += [("note", note) for note in self.provenance.notes]
        return lines

    def to_dict(self) -> dict[str, Any]:
        """The whole verdict, ready for JSON."""
        return super().to_dict() | {
            "certainty_means": self.certainty_means,
            "voters": json_ready(self.voters.to_dicts()),
            "issues": self.issues.to_list(),
        }

    def _rows(self, rows: npt.NDArray[np.intp] | slice) -> pl.DataFrame:
        """The table at `rows`."""
        return pl.DataFrame(
            {
                "item": self.items[rows],
                "choice": named(self.choice[rows], self.choices),
                "certainty": self.certainty[rows],
                "margin": self.margin[rows],
                "votes": self.votes[rows],
                "support": self.support[rows],
                "runner_up": named(self.runner_up[rows], self.choices),
                "flags": self._flags(rows),
            }
        ).with_columns(pl.col("certainty", "margin").fill_nan(None))

    def _in_checking_order(
        self, cost: npt.ArrayLike, seconds: npt.ArrayLike
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.intp]]:
        """P(wrong) and value of checking of each item, and the items by falling value."""
        costs, times = self._for_each_item("cost", cost), self._for_each_item("seconds", seconds)
        if (costs < 0).any():
            raise InputError("cost", f"must be at least 0, got {costs.min():g}")
        if (times <= 0).any():
            raise InputError("seconds", f"must be more than 0, got {times.min():g}")
        wrong = np.where(np.isnan(self.certainty), 1.0, 1 - self.certainty)
        value = wrong * costs / times
        return wrong, value, np.argsort(-value, kind="stable")

    def _for_each_item(self, argument: str, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        numbers = check_floats(argument, values, ndim=min(1, np.ndim(values)))
        if numbers.ndim and len(numbers) != len(self):
            raise InputError(argument, f"must have one number for each of {len(self):,} items, got {len(numbers):,}")
        return np.broadcast_to(numbers, len(self))

    def _flags(self, rows: npt.NDArray[np.intp] | slice) -> pl.Series:
        """The flags of items in words; items with the same flags share one text."""
        masks = [mask[rows] for mask in self.flags.values()]
        code = np.sum([mask.astype(np.int64) << bit for bit, mask in enumerate(masks)], axis=0)
        seen, place = np.unique(code, return_inverse=True)
        texts = ["; ".join(name for bit, name in enumerate(self.flags) if number >> bit & 1) for number in seen]
        return pl.Series("flags", texts, dtype=pl.String).gather(place)
