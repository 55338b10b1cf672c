"""Which battles take part, in which form: who met whom, and how did it end?

Battles are votes on pairs. They come as opinions of the kind `battles` or as arrays of codes, and become one table of
codes; from there a method needs the counts of each pair only:

    W_ij = weight of battles that i won against j,   T_ij = weight of ties,   B_ij = weight of "both bad",

one pass over the data by `bincount`, however many battles there are. A weight is a count: a battle of weight 3 stands
for three equal ones.

Source: sheet 30 (Jiang and others 2024, arXiv:2406.04485). Differs: the counts keep ties and "both bad" apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_codes, check_floats, check_number
from psephos.opinions.coding import natural_order
from psephos.opinions.issues import Issues
from psephos.opinions.model import Opinions, Source
from psephos.opinions.wording import plural

LEFT, RIGHT, TIE, BOTH_BAD = range(4)
OUTCOMES = ("left", "right", "tie", "both_bad")
"""Ends of a battle, in the order of their codes."""

_DENSE = 2**24
"""Most cells (pairs times ends) that are counted in one dense array; beyond, those that occur are sorted out."""

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PairCounts:
    """How often each pair met, and how it ended.

    Attributes
    ----------
    size : int
        Candidates.
    first, second : ndarray of int64, shape (n_pairs,)
        Codes of each pair that met, first < second.
    ends : ndarray of float64, shape (n_pairs, 4)
        Weight of the battles that first won, that second won, of ties and of "both bad".
    """

    size: int
    first: Codes
    second: Codes
    ends: Floats

    @cached_property
    def met(self) -> Floats:
        """Weight of the battles of each pair, shape (n_pairs,)."""
        return np.asarray(self.ends.sum(axis=1))

    def among(self, kept: npt.NDArray[np.bool_]) -> PairCounts:
        """The battles among some of the candidates; all keep their codes."""
        inside = kept[self.first] & kept[self.second]
        return PairCounts(self.size, self.first[inside], self.second[inside], self.ends[inside])

    def matrix(self, forward: Floats, backward: Floats) -> Floats:
        """A square matrix from one number per pair in each direction, shape (n, n)."""
        made = np.zeros((self.size, self.size))
        made[self.first, self.second] = forward
        made[self.second, self.first] = backward
        return made

    def wins(self, ties: float = 0.0) -> Floats:
        """Weight of the battles that row won against column, a tie or "both bad" counting `ties`, shape (n, n)."""
        shared = ties * (self.ends[:, TIE] + self.ends[:, BOTH_BAD])
        return self.matrix(self.ends[:, LEFT] + shared, self.ends[:, RIGHT] + shared)

    def by_candidate(self, forward: Floats, backward: Floats) -> Floats:
        """Sum over the pairs of each candidate of one number per pair in each direction, shape (n,)."""
        own = np.bincount(self.first, weights=forward, minlength=self.size)
        return np.asarray(own + np.bincount(self.second, weights=backward, minlength=self.size))


@dataclass(frozen=True, eq=False)
class BattleTable:
    """Battles as codes, with those set aside that cannot count.

    Attributes
    ----------
    candidates : polars.Series, shape (n_candidates,)
        Names, in natural order; codes count from 0.
    left, right : ndarray of int64, shape (n_battles,)
        Who met.
    outcome : ndarray of int64, shape (n_battles,)
        How it ended: code into `OUTCOMES`.
    weight : ndarray of float64, shape (n_battles,), optional
        How many battles each row stands for; one each if None.
    voter, item : ndarray of int64, shape (n_battles,), optional
        Who judged, on what; -1 where it is not said.
    voters, items : polars.Series
        Their names.
    time : ndarray of float64, shape (n_battles,), optional
        When, in seconds.
    carried : polars.DataFrame
        Further columns, a row per battle.
    source : Source
        Where the data came from.
    notes : tuple of str
        What was set aside or found on the way.
    issues : Issues
        What was set aside or found odd before.
    """

    candidates: pl.Series
    left: Codes
    right: Codes
    outcome: Codes
    weight: Floats | None = None
    voter: Codes | None = None
    item: Codes | None = None
    voters: pl.Series = field(default_factory=lambda: pl.Series("voter", [], dtype=pl.String))
    items: pl.Series = field(default_factory=lambda: pl.Series("item", [], dtype=pl.String))
    time: Floats | None = None
    carried: pl.DataFrame = field(default_factory=pl.DataFrame)
    source: Source = field(default_factory=Source)
    notes: tuple[str, ...] = ()
    issues: Issues = field(default_factory=Issues)

    def __len__(self) -> int:
        return len(self.left)

    @property
    def weights(self) -> Floats:
        """Weight of each battle."""
        return np.ones(len(self)) if self.weight is None else self.weight

    @cached_property
    def turned(self) -> npt.NDArray[np.bool_]:
        """Whether the pair of a battle counts from right to left: left has the higher code."""
        return self.left > self.right

    @cached_property
    def ends(self) -> Codes:
        """How each battle ended for its pair, seen from the candidate of the lower code."""
        swapped = self.turned & (self.outcome < TIE)
        return np.where(swapped, 1 - self.outcome, self.outcome)

    @cached_property
    def pair_key(self) -> Codes:
        """One number for each pair, the same for both directions."""
        low, high = np.minimum(self.left, self.right), np.maximum(self.left, self.right)
        return low * len(self.candidates) + high

    @cached_property
    def counts(self) -> PairCounts:
        """The counts of each pair that met."""
        size = len(self.candidates)
        if 4 * size * size <= _DENSE:
            # Both directions of a pair are counted apart in one pass, and folded afterwards.
            key = (self.left * size + self.right) * 4 + self.outcome
            both = np.bincount(key, weights=self.weight, minlength=4 * size * size).reshape(size, size, 4)
            low, high = np.triu_indices(size, 1)
            total = both[low, high] + both[high, low][:, [RIGHT, LEFT, TIE, BOTH_BAD]]
            met = total.any(axis=1)
            return PairCounts(size, low[met], high[met], total[met].astype(np.float64))
        seen, place = np.unique(self.pair_key, return_inverse=True)
        key = place * 4 + self.ends
        ends = np.bincount(key, weights=self.weight, minlength=4 * len(seen)).reshape(-1, 4)
        return PairCounts(size, seen // size, seen % size, ends.astype(np.float64))

    def take(self, rows: npt.NDArray[np.generic]) -> BattleTable:
        """The battles at `rows` (indices or a mask), with the same candidates and voters."""

        def part(values: Any) -> Any:
            return None if values is None else values[rows]

        if rows.dtype == bool and rows.all():
            return self
        index = np.flatnonzero(rows) if rows.dtype == bool else rows
        return replace(
            self,
            left=self.left[rows],
            right=self.right[rows],
            outcome=self.outcome[rows],
            weight=part(self.weight),
            voter=part(self.voter),
            item=part(self.item),
            time=part(self.time),
            carried=self.carried[index] if self.carried.width else self.carried,
            source=replace(self.source, given=()),
        )

    def weighed(self, voter_weights: Mapping[str, float]) -> BattleTable:
        """The same, each battle weighing as much as its voter says (1 if not said), times its own weight."""
        if self.voter is None:
            raise InputError("voter_weights", "weigh voters, and the battles do not say who voted")
        known = {str(name) for name in self.voters}
        for name, value in voter_weights.items():
            if name not in known:
                raise InputError(
                    "voter_weights",
                    f"there is no voter {name!r:.80}",
                    hint="its keys are voters as the battles name them",
                )
            try:
                check_number("voter_weights", value, low=0)
            except InputError as problem:
                raise InputError("voter_weights", problem.problem, where=f"voter {name!r:.80}") from None
        each = np.array([float(voter_weights.get(str(name), 1.0)) for name in self.voters] + [1.0])
        return replace(self, weight=self.weights * each[self.voter])._known_weights()

    def _known_weights(self) -> BattleTable:
        assert self.weight is not None  # noqa: S101 - called where there are weights
        counted = self.weight > 0
        if counted.all():
            return self
        if not counted.any():
            raise InputError("weight", "are all 0: no battles are left")
        note = f"{plural(int((~counted).sum()), 'battle has', 'battles have')} weight 0: not counted"
        return replace(self.take(counted), source=self.source, notes=(*self.notes, note))

    def explain(self, problem: str) -> str:
        """A complaint about the battles with what was set aside before it, which may be why.

        Examples
        --------
        >>> coded_battles([0, 1, 1], [1, 1, 2], [0, 0, 0]).explain("2 never lost")
        '2 never lost; 1 battle of a candidate with itself is set aside'
        """
        return "; ".join((self.issues.explain(problem), *self.notes))

    def __str__(self) -> str:
        return f"{plural(len(self), 'battle')} of {plural(len(self.candidates), 'candidate')}"

    __repr__ = __str__


def battle_table(battles: Opinions | BattleTable, *, strict: bool = False) -> BattleTable:
    """Check battles and put them into the form that methods count.

    Parameters
    ----------
    battles : Opinions of kind ``battles``, or BattleTable
        A table stays as it is.
    strict : bool, default False
        Refuse battles of a candidate with itself instead of setting them aside.

    Returns
    -------
    BattleTable
        Battles as codes, and how many were set aside for which reason.

    Raises
    ------
    InputError
        `battles`: of another kind, or none is left. `candidates`: fewer than two. `left`: a battle of a candidate with
        itself, where `strict`. `weight`: all are 0.

    See Also
    --------
    coded_battles : from arrays of integer codes, without texts.

    Examples
    --------
    >>> from psephos.opinions import battles
    >>> print(battle_table(battles(["x", "y", "z"], ["y", "z", "z"], ["left", "tie", "left"])))
    2 battles of 3 candidates
    """
    if isinstance(battles, BattleTable):
        return battles
    if not isinstance(battles, Opinions) or battles.kind != "battles":
        found = battles.kind if isinstance(battles, Opinions) else type(battles).__name__
        raise InputError("battles", f"must be opinions of the kind battles, got {found}")
    sides = battles.coded["left"].names(), battles.coded["right"].names()
    names = pl.Series("candidate", list(dict.fromkeys(sides[0] + sides[1])), dtype=pl.String)
    names = names[natural_order(names)]
    place = {name: code for code, name in enumerate(names.to_list())}
    left, right = (np.array([place[name] for name in side], dtype=np.int64) for side in sides)
    winner = battles.coded["winner"].names()
    code_of = {name: code for code, name in enumerate(OUTCOMES)}
    outcome = np.array([code_of[name] for name in winner], dtype=np.int64)
    optional = {name: battles.codes(name).astype(np.int64) for name in ("voter", "item") if name in battles.coded}
    named = {f"{name}s": battles.vocabulary(name).cast(pl.String) for name in optional}
    weight = battles.weights()
    return _checked(
        BattleTable(
            names,
            left[battles.codes("left")],
            right[battles.codes("right")],
            outcome[battles.codes("winner")],
            weight,
            time=battles.numbers.get("time"),
            carried=battles.carried,
            source=battles.source,
            issues=battles.issues,
            **optional,  # type: ignore[arg-type]
            **named,  # type: ignore[arg-type]
        ),
        strict,
    )


def coded_battles(
    left: npt.ArrayLike,
    right: npt.ArrayLike,
    outcome: npt.ArrayLike,
    *,
    candidates: Sequence[object] | None = None,
    weight: npt.ArrayLike | None = None,
    voter: npt.ArrayLike | None = None,
    time: npt.ArrayLike | None = None,
    strict: bool = False,
) -> BattleTable:
    """Battles from arrays of codes.

    Parameters
    ----------
    left, right : array_like of int, shape (n_battles,)
        Codes of the two candidates, from 0.
    outcome : array_like of int, shape (n_battles,)
        0 left wins, 1 right wins, 2 tie, 3 both bad.
    candidates : sequence, optional
        Names by code; numbers from 0 if not given.
    weight : array_like of float, shape (n_battles,), optional
        How many battles each row stands for; at least 0.
    voter : array_like of int, shape (n_battles,), optional
        Codes of voters, from 0; -1 where it is not known.
    time : array_like of float, shape (n_battles,), optional
        Seconds.
    strict : bool, default False
        As in `battle_table`.

    Returns
    -------
    BattleTable
        As `battle_table` makes it of opinions.

    Raises
    ------
    InputError
        If lengths differ, a code is out of range, a weight negative; and as of `battle_table`.

    Examples
    --------
    >>> table = coded_battles([0, 1, 2], [1, 2, 0], [0, 0, 2], candidates=["x", "y", "z"])
    >>> table.counts.wins(ties=0.5).tolist()
    [[0.0, 1.0, 0.5], [0.0, 0.0, 1.0], [0.5, 0.0, 0.0]]
    """
    codes = {
        name: check_codes(name, values, ndim=1).astype(np.int64)
        for name, values in (("left", left), ("right", right), ("outcome", outcome))
    }
    n = len(codes["left"])
    given: dict[str, Any] = {} if voter is None else {"voter": check_codes("voter", voter, ndim=1).astype(np.int64)}
    numbers: dict[str, Any] = {
        name: check_floats(name, values, missing=name == "time")
        for name, values in (("weight", weight), ("time", time))
        if values is not None
    }
    for name, values in {**codes, **given, **numbers}.items():
        if len(values) != n:
            raise InputError(name, f"must have as many rows as left ({n}), got {len(values)}")
    most = max((int(codes[name].max(initial=-1)) for name in ("left", "right")), default=-1) + 1
    names = [str(name) for name in (range(most) if candidates is None else candidates)]
    if len(set(names)) < len(names):
        raise InputError("candidates", "names one twice")
    for name, high in (("left", len(names)), ("right", len(names)), ("outcome", 4)):
        bad = (codes[name] < 0) | (codes[name] >= high)
        if bad.any():
            row = int(np.argmax(bad))
            raise InputError(name, f"holds {codes[name][row]}; codes are 0 to {high - 1}", where=f"row {row}")
    if "weight" in numbers and (numbers["weight"] < 0).any():
        row = int(np.argmax(numbers["weight"] < 0))
        raise InputError("weight", f"must not be negative, got {numbers['weight'][row]:g}", where=f"row {row}")
    most_voters = int(given["voter"].max(initial=-1)) + 1 if given else 0
    voters = pl.Series("voter", [str(code) for code in range(most_voters)], dtype=pl.String)
    return _checked(
        BattleTable(
            pl.Series("candidate", names, dtype=pl.String),
            codes["left"],
            codes["right"],
            codes["outcome"],
            **numbers,
            **given,
            voters=voters,
        ),
        strict,
    )


def _checked(table: BattleTable, strict: bool) -> BattleTable:
    own = table.left == table.right
    if own.any():
        if strict:
            row = int(np.argmax(own))
            name = table.candidates[int(table.left[row])]
            raise InputError("left", f"{name!r:.80} meets itself", where=f"row {row + 1}", hint="leave the row out")
        note = plural(int(own.sum()), "battle of a candidate with itself is", "battles of a candidate with itself are")
        note += " set aside"
        table = replace(table.take(~own), source=table.source, notes=(*table.notes, note))
    if not len(table):
        reasons = "; ".join(table.notes) or "the table is empty"
        raise InputError("battles", table.issues.explain(f"no battles are left: {reasons}"))
    if len(table.candidates) < 2:
        raise InputError(
            "candidates",
            f"a ranking needs two at least, got {len(table.candidates)}",
            hint="add battles of another candidate",
        )
    return table if table.weight is None else table._known_weights()
