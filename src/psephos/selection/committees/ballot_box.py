"""Who ranked what where? The door of the methods that choose committees.

Each voter ranks candidates, best first. Places start at 0; a candidate that shares its place with others, or was not
ranked, lies in a block of places [low, high), and scores the mean of the scores of these places. So ties and ballots
that stop early need nothing of their own.

Source: sheet 05. Differs: ties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_floats
from psephos.opinions.model import Opinions, Source

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Ballots:
    """Ballots of voters; made by `ballots`.

    Attributes
    ----------
    candidates : polars.Series of String, shape (n_candidates,)
        Their names.
    low, high : ndarray of int32, shape (n_voters, n_candidates)
        Block of places of each candidate; high is low + 1 where the place is its own.
    weights : ndarray of float64, shape (n_voters,)
        How much each voter counts.
    voters : polars.Series of String, shape (n_voters,)
        Their names.
    ranked : ndarray of int64, shape (n_candidates,)
        How many voters ranked each candidate.
    groups : polars.Series of String, shape (n_candidates,), or None
        The group of each candidate.
    source : Source
        Where the ballots came from.
    notes : tuple of str
        What was decided on the way.
    """

    candidates: pl.Series
    low: Integers
    high: Integers
    weights: Floats
    voters: pl.Series
    ranked: npt.NDArray[np.int64]
    groups: pl.Series | None = None
    source: Source = field(default_factory=Source)
    notes: tuple[str, ...] = ()

    @property
    def strict(self) -> bool:
        """Whether every candidate has a place of its own on every ballot."""
        return bool((self.high == self.low + 1).all())

    @property
    def size(self) -> int:
        """How many candidates."""
        return int(self.low.shape[1])

    def take(self, voters: npt.ArrayLike) -> Ballots:
        """The ballots of these voters, by index."""
        index = np.asarray(voters)
        return replace(
            self,
            low=self.low[index],
            high=self.high[index],
            weights=self.weights[index],
            voters=self.voters.gather(index),
        )

    def weighted(self, weights: Floats) -> Ballots:
        """The same ballots with other weights."""
        return replace(self, weights=weights)

    def __str__(self) -> str:
        return f"{len(self.low):,} ballots on {self.size:,} candidates"

    __repr__ = __str__


Rankings = npt.ArrayLike | Sequence[Sequence[int]] | Opinions | Ballots


def ballots(
    rankings: Rankings,
    *,
    weights: npt.ArrayLike | None = None,
    candidates: Sequence[object] | None = None,
    groups: Sequence[object] | None = None,
) -> Ballots:
    """Check ballots and put them into one form.

    Parameters
    ----------
    rankings : array_like of int, shape (n_voters, n_candidates); list of lists; Opinions; or Ballots
        Each row names candidates by number, best first; lists may stop early. Opinions are ``rankings``.
    weights : array_like of float, shape (n_voters,), optional
        At least 0; 1 each if not given.
    candidates : sequence, optional
        Names; needed with lists that stop early where not every candidate occurs.
    groups : sequence, shape (n_candidates,), optional
        Group of each candidate; of opinions the column ``group`` of the table about candidates.

    Returns
    -------
    Ballots
        Ballots as codes, which every function of committees takes.

    Raises
    ------
    InputError
        `rankings`: a candidate stands twice in a ballot or is unknown, with the row; or there is none. `weights`:
        negative, all 0, or of another length. `groups`: of another length.

    Examples
    --------
    >>> print(ballots([[0, 1, 2], [2, 1]]))
    2 ballots on 3 candidates
    """
    if isinstance(rankings, Ballots):
        made = rankings
    elif isinstance(rankings, Opinions):
        made = _from_opinions(rankings)
    else:
        made = _from_lists(rankings, candidates)
    if weights is not None:
        made = replace(made, weights=_weights(weights, len(made.low)))
    if groups is not None:
        given = [str(group) for group in groups]
        if len(given) != made.size:
            raise InputError("groups", f"must give one for each of {made.size:,} candidates, got {len(given):,}")
        made = replace(made, groups=pl.Series("group", given, dtype=pl.String))
    return made


def _from_lists(rankings: object, candidates: Sequence[object] | None) -> Ballots:
    if isinstance(rankings, np.ndarray) and rankings.ndim == 2 and rankings.dtype.kind in "iu":
        whole = _whole_rows(rankings, candidates)
        if whole is not None:
            return whole
    rows = rankings if isinstance(rankings, np.ndarray) else list(rankings)  # type: ignore[call-overload]
    if not len(rows):
        raise InputError("rankings", "there is no ballot", hint="give one row of candidates per voter, best first")
    try:
        lengths = np.array([len(row) for row in rows])
        flat = (
            np.asarray(rows).ravel() if isinstance(rows, np.ndarray) else np.concatenate([np.asarray(r) for r in rows])
        )
    except (TypeError, ValueError):
        raise InputError("rankings", "must be rows of candidate numbers, best first") from None
    if not len(flat):
        raise InputError("rankings", "no ballot ranks a candidate")
    voter = np.repeat(np.arange(len(lengths)), lengths)
    numbers = flat.dtype.kind in "iu" or (flat.dtype.kind == "f" and bool(np.all(flat == np.floor(flat))))
    if not numbers:
        raise InputError("rankings", "must hold whole numbers: candidates, best first")
    flat = flat.astype(np.int64)
    size = len(candidates) if candidates is not None else int(max(flat.max() + 1, lengths.max()))
    unknown = (flat < 0) | (flat >= size)
    if unknown.any():
        at = int(np.argmax(unknown))
        raise InputError("rankings", f"there is no candidate {flat[at]}", where=f"voter row {voter[at]}")
    place = np.arange(len(flat)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    low = np.broadcast_to(lengths[:, None], (len(lengths), size)).astype(np.int32)
    high = np.full(low.shape, size, dtype=np.int32)
    cell = voter * size + flat
    seen = np.bincount(cell, minlength=low.size)
    if (seen > 1).any():
        row, who = divmod(int(np.argmax(seen > 1)), size)
        raise InputError(
            "rankings",
            f"candidate {who} stands twice in a ballot",
            where=f"voter row {row}",
            hint="a ballot names each candidate once",
        )
    low.ravel()[cell] = place
    high.ravel()[cell] = place + 1
    names = [str(name) for name in (range(size) if candidates is None else candidates)]
    if len(set(names)) < len(names):
        raise InputError("candidates", "names must differ")
    return Ballots(
        pl.Series("candidate", names, dtype=pl.String),
        low,
        high,
        np.ones(len(low)),
        pl.Series("voter", [str(v) for v in range(len(low))], dtype=pl.String),
        seen.reshape(low.shape).sum(axis=0),
    )


def _whole_rows(rows: npt.NDArray[Any], candidates: Sequence[object] | None) -> Ballots | None:
    """Ballots that each rank everyone; None if they do not, which is then said by the way that looks closer."""
    n, size = rows.shape
    if not n or not size or (candidates is not None and len(candidates) != size):
        return None
    if rows.min() < 0 or rows.max() >= size:
        return None
    low = np.full((n, size), -1, dtype=np.int32)
    np.put_along_axis(low, rows.astype(np.int64, copy=False), np.arange(size, dtype=np.int32)[None, :], axis=1)
    names = [str(name) for name in (range(size) if candidates is None else candidates)]
    if low.min() < 0 or len(set(names)) < size:
        return None
    return Ballots(
        pl.Series("candidate", names, dtype=pl.String),
        low,
        low + 1,
        np.ones(n),
        pl.Series("voter", np.arange(n)).cast(pl.String),
        np.full(size, n),
    )


def _from_opinions(opinions: Opinions) -> Ballots:
    if opinions.kind != "rankings":
        raise InputError(
            "opinions", f"must be rankings, got {opinions.kind}", hint="read the table with kind='rankings'"
        )
    parts = [name for name in ("voter", "task") if name in opinions.coded]
    frame = pl.DataFrame(
        {
            **{name: opinions.codes(name).astype(np.int64) for name in ("candidate", *parts)},
            "rank": opinions.numbers["rank"],
            "weight": np.ones(len(opinions)) if opinions.weights() is None else opinions.weights(),
        }
    ).filter(pl.col("rank").is_not_nan())
    if frame.is_empty():
        raise InputError("rankings", "there is no ballot", hint="give one row of candidates per voter, best first")
    keys = frame.group_by(parts).agg(pl.col("weight").min(), most=pl.col("weight").max()).sort(parts)
    torn = keys.filter(pl.col("weight") != pl.col("most"))
    if torn.height:
        name = opinions.vocabulary("voter")[int(torn["voter"][0])]
        raise InputError(
            "weight",
            f"voter {name!r:.80} has rows of different weights; a ballot has one weight",
            hint="give all rows of this voter one weight",
        )
    keys = keys.with_row_index("ballot")
    frame = frame.join(keys.select("ballot", *parts), on=parts).with_columns(
        low=pl.col("rank").rank("min").over("ballot").cast(pl.Int32) - 1,
        high=pl.col("rank").rank("max").over("ballot").cast(pl.Int32),
    )
    names = opinions.vocabulary("candidate").cast(pl.String)
    size = len(names)
    ballot, who = frame["ballot"].to_numpy().astype(np.int64), frame["candidate"].to_numpy()
    counts = np.bincount(ballot, minlength=keys.height)
    low = np.broadcast_to(counts[:, None], (keys.height, size)).astype(np.int32)
    high = np.full(low.shape, size, dtype=np.int32)
    low[ballot, who], high[ballot, who] = frame["low"].to_numpy(), frame["high"].to_numpy()
    told = opinions.about.column("candidates", "group", names)
    notes: tuple[str, ...] = ()
    short = int((counts < size).sum())
    if short:
        notes = (f"{short:,} ballots do not rank everyone: whom they leave out shares the mean of the last places",)
    return Ballots(
        names.alias("candidate"),
        low,
        high,
        _weights(keys["weight"].to_numpy(), keys.height),
        opinions.vocabulary("voter").cast(pl.String).gather(keys["voter"]).alias("voter"),
        np.bincount(who, minlength=size),
        None if told is None else told.cast(pl.String).fill_null("no group").alias("group"),
        opinions.source,
        notes,
    )


def _weights(given: npt.ArrayLike, n: int) -> Floats:
    weights = check_floats("weights", given)
    if len(weights) != n:
        raise InputError("weights", f"must give one for each of {n:,} ballots, got {len(weights):,}")
    if (weights < 0).any():
        raise InputError("weights", "must not be negative", where=f"voter row {int(np.argmax(weights < 0))}")
    if not weights.any():
        raise InputError("weights", "are all 0")
    return weights
