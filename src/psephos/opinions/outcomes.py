"""What does every answer of psephos carry: a table, words, and how it came about.

`Result` is the common base: `table()` is a Polars data frame, `to_dict()` is ready for JSON, `str()` is for a terminal,
`provenance` says how to get the same answer again. `Verdict` is what the voters say together.
"""

from __future__ import annotations

import html
import math
import shlex
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos import __version__
from psephos.errors import InputError, check_count, check_floats
from psephos.opinions.coding import text_of
from psephos.opinions.issues import Issues
from psephos.opinions.model import Opinions, Source
from psephos.opinions.sharding import Shards
from psephos.opinions.tallies import EQUAL_WEIGHTS


@dataclass(frozen=True)
class Provenance:
    """How a result came about.

    Attributes
    ----------
    method : str
        Name of the method.
    parameters : mapping
        Its parameters, as given or by default.
    source : Source
        What was read, with the SHA-256 of each file.
    seed : int or None
        Seed of the random numbers; None if none were drawn.
    command : str
        The command that gives the same result again.
    notes : tuple of str
        Whatever was decided on the way: a fallback, an approximation, a warning.
    version : str
        Version of psephos.
    """

    method: str
    parameters: Mapping[str, Any]
    source: Source
    seed: int | None = None
    command: str = ""
    notes: tuple[str, ...] = ()
    version: str = __version__

    def to_dict(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return {
            "method": self.method,
            "parameters": dict(self.parameters),
            "source": list(self.source.names),
            "sha256": list(self.source.sha256),
            "seed": self.seed,
            "command": self.command,
            "notes": list(self.notes),
            "version": self.version,
        }


def command_for(verb: str, source: Source, options: Mapping[str, object]) -> str:
    """The command line that gives a result again, or nothing where none does: the opinions are not those of files, or
    an option is a function.

    Examples
    --------
    >>> command_for("decide", Source(("my votes.csv",), given=("my votes.csv",)), {"ties": "none"})
    "psephos decide 'my votes.csv' --ties none"
    """
    if not source.given or any(map(callable, options.values())):
        return ""
    stated = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    paths = [f"./{path}" if path.startswith("-") and path != "-" else path for path in source.given]
    return shlex.join(["psephos", verb, *paths, *source.options, *stated])


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Result(ABC):
    """An answer with its provenance; see the module for what every result can do."""

    provenance: Provenance

    @abstractmethod
    def table(self) -> pl.DataFrame:
        """The answer as a table."""

    @abstractmethod
    def summary(self) -> list[tuple[str, str]]:
        """The answer in a few lines, each a name and what it says."""

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON; what is undefined is None."""
        return {
            "result": type(self).__name__.lower(),
            "summary": dict(self.summary()),
            "rows": json_ready(self.table().to_dicts()),
            "provenance": json_ready(self.provenance.to_dict()),
        }

    def __str__(self) -> str:
        lines = self.summary()
        width = max(len(name) for name, _ in lines)
        return "\n".join(f"{name:<{width}}  {text}" for name, text in lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th scope='row'>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>"
            for name, text in self.summary()
        )
        return f"<table>{rows}</table>{self.table().head(10)._repr_html_()}"


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Verdict(Result):
    """What the voters say together about each item, how sure that is, and what to check first.

    Attributes
    ----------
    opinions : Opinions or Shards
        The votes behind the verdict, after equivalent choices were made one.
    items : polars.Series of String, shape (n_items,)
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
    weights : mapping of str to float
        Weights of the voters that do not weigh 1.
    issues : Issues
        What was set aside or found odd in the input.
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
    weights: Mapping[str, float] = field(default_factory=dict)
    issues: Issues = field(default_factory=Issues)

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
            raise InputError("item", f"there is no item {str(item)!r:.80} in this verdict")
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
        return Reasons(
            provenance=self.provenance,
            item=name,
            choice=named(self.choice[[place]], self.choices)[0],
            certainty=float(self.certainty[place]),
            flags=tuple(flag for flag, mask in self.flags.items() if mask[place]),
            rows=rows.drop("code"),
            flip=self._flip(rows, int(self.choice[place])),
        )

    def _flip(self, rows: pl.DataFrame, choice: int) -> str:
        """The fewest votes that would change the choice, in words; `rows` are those of `Reasons` with codes."""
        if choice < 0:
            return "there is no choice to change"
        ties, rule = (self.provenance.parameters.get(name) for name in ("ties", "rule"))
        weight = dict(rows.select("code", "weight").iter_rows())
        asked, mine = sum(weight.values()), weight.pop(choice)
        weight.pop(-1, None)
        slack = EQUAL_WEIGHTS * asked
        name, more = "any other choice", _votes_beyond(mine, slack, reach=ties == "none")
        for code, votes in weight.items():
            needed = _votes_beyond(mine - votes, slack, reach=ties == "none" or code < choice)
            if needed < more or name == "any other choice":
                name, more = repr(self.choices[code]), needed
        if rule == "strict":
            more = min(more, _votes_beyond(2 * mine - asked, slack, reach=True))
        weighted = "" if (rows["weight"] == rows["votes"]).all() else " of weight 1"
        return f"{more:,} more {'vote' if more == 1 else 'votes'}{weighted} for {name} would change it"

    def summary(self) -> list[tuple[str, str]]:
        """The verdict in a few lines."""
        decided = int((self.choice >= 0).sum())
        lines = [
            ("items", f"{len(self):,}, of which {decided:,} have a choice"),
            ("votes", f"{int(self.votes.sum()):,} by {self.voters.height:,} voters"),
        ]
        if decided:
            sure = float(np.nanmean(self.certainty))
            lines.append(("certainty", f"{sure:.3f} on average; {self.expected_errors:,.1f} wrong choices expected"))
            wrong, _, order = self._in_checking_order(1.0, 1.0)
            half = int(np.searchsorted(np.cumsum(wrong[order]), wrong.sum() * (0.5 - 1e-12))) + 1
            share = f"{half:,} of {len(self):,} items ({half / len(self):.1%})"
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


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Reasons(Result):
    """Why one item got its choice: who voted for what, and what would change it.

    Attributes
    ----------
    item, choice : str
        The item, and its choice (None if it has none).
    certainty : float
        How sure the choice is.
    flags : tuple of str
        What is odd about the item.
    rows : polars.DataFrame
        One row per choice: choice (null for abstentions), votes, weight, voters.
    flip : str
        What would change the choice, in words.
    """

    item: str
    choice: str | None
    certainty: float
    flags: tuple[str, ...]
    rows: pl.DataFrame
    flip: str

    @property
    def supporters(self) -> list[str]:
        """Voters that gave the choice."""
        return self._voters(pl.col("choice") == self.choice)

    @property
    def dissenters(self) -> list[str]:
        """Voters that gave another choice."""
        return self._voters(pl.col("choice") != self.choice)

    def table(self) -> pl.DataFrame:
        """One row per choice, the heaviest first."""
        return self.rows

    def summary(self) -> list[tuple[str, str]]:
        """The reasons in a few lines."""
        sure = "" if math.isnan(self.certainty) else f" (certainty {self.certainty:.3f})"
        lines = [(self.item, f"{self.choice if self.choice is not None else 'no choice'}{sure}")]
        for choice, votes, _, voters in self.rows.iter_rows():
            shown = ", ".join(voters[:8]) + (f" and {len(voters) - 8} more" if len(voters) > 8 else "")
            lines.append(("abstained" if choice is None else f"  {choice}", f"{votes} x  {shown}"))
        lines.append(("flip", self.flip))
        if self.flags:
            lines.append(("flags", ", ".join(self.flags)))
        return lines

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        return super().to_dict() | {
            "item": self.item,
            "choice": self.choice,
            "certainty": json_ready(self.certainty),
            "flags": list(self.flags),
            "flip": self.flip,
        }

    def _voters(self, which: pl.Expr) -> list[str]:
        return self.rows.filter(which)["voters"].explode(empty_as_null=False).to_list()


def _votes_beyond(lead: float, slack: float, *, reach: bool) -> int:
    """The fewest votes, at least one, that make more than `lead`, or as many if it is enough to `reach` it."""
    return max(1, math.ceil(lead - slack) if reach else math.floor(lead + slack) + 1)


def named(codes: npt.NDArray[np.int32], vocabulary: pl.Series) -> pl.Series:
    """Codes as names, null for -1.

    Examples
    --------
    >>> named(np.array([1, -1], np.int32), pl.Series(["a", "b"])).to_list()
    ['b', None]
    """
    index = pl.Series(codes.astype(np.int64)).replace(-1, None).cast(pl.UInt32)
    return vocabulary.gather(index)


def json_ready(value: Any) -> Any:
    """The same value with NaN and infinity as None and NumPy scalars as Python numbers.

    Examples
    --------
    >>> json_ready({"a": [1.5, float("nan")], "b": np.int64(3)})
    {'a': [1.5, None], 'b': 3}
    """
    if isinstance(value, Mapping):
        return {str(key): json_ready(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_ready(part) for part in value]
    if isinstance(value, np.generic):
        return json_ready(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
