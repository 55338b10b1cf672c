"""What was said: who said what about which item, held as integer codes.

`Opinions` is one table of one kind (see `kinds`). Ids and choices are codes into vocabularies, measures are float64
arrays, further columns are carried along untouched. Everything that was set aside or found odd on the way in stands in
`issues`.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.about import About
from psephos.opinions.coding import Coded
from psephos.opinions.comparing import Pairwise, merged_by_item
from psephos.opinions.equivalence import Equivalence, classes
from psephos.opinions.issues import Issues
from psephos.opinions.kinds import kind_named
from psephos.opinions.wording import plural

PARTS = 16
"""Into how many parts opinions in memory are cut for other processes."""

MATRIX_CELLS = 2**28
"""Largest dense matrix of items by voters that is made without asking: one GiB of int32."""


@dataclass(frozen=True)
class Source:
    """Where opinions came from.

    `names` are the files or objects read, `sha256` is the SHA-256 of each file as `sha256sum` prints it, `given` is
    what the user named: a folder, files, or nothing where these are not all the opinions of files; `options` are the
    words of the command line that say how they were read; `tables` are the files of tables about things, each with its
    SHA-256.
    """

    names: tuple[str, ...] = ("data",)
    sha256: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    tables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Opinions:
    """Opinions of one kind.

    Made by `psephos.read`, by the constructors of `psephos.opinions` (`labels`, `scores`, ...) or from any data frame
    by `psephos.opinions.from_frame`; not by calling the class.

    Attributes
    ----------
    kind : str
        One of the names in `psephos.opinions.kinds.KINDS`.
    coded : mapping of str to Coded
        Ids and choices as codes and vocabulary.
    numbers : mapping of str to ndarray of float64, shape (n_rows,)
        Measured columns, NaN where missing.
    carried : polars.DataFrame, n_rows rows
        All further columns, untouched.
    about : About
        What is known of items, voters, candidates and tasks.
    issues : Issues
        What was set aside or found odd.
    source : Source
        What was read.

    See Also
    --------
    psephos.read : from files.
    psephos.from_frame : from any data frame.
    psephos.labels : from arrays, as `scores`, `samples` and the other kinds.

    Examples
    --------
    >>> import psephos
    >>> opinions = psephos.labels(["a", "a", "b"], ["ann", "bob", "ann"], ["cat", "dog", "cat"])
    >>> opinions.kind, len(opinions), opinions.vocabulary("item").to_list()
    ('labels', 3, ['a', 'b'])
    >>> opinions.matrix()
    array([[ 0,  1],
           [ 0, -1]], dtype=int32)
    """

    kind: str
    coded: Mapping[str, Coded]
    numbers: Mapping[str, npt.NDArray[np.float64]]
    carried: pl.DataFrame
    about: About = field(default_factory=About)
    issues: Issues = field(default_factory=Issues)
    source: Source = field(default_factory=Source)

    def __len__(self) -> int:
        return len(next(iter(self.coded.values())))

    def codes(self, name: str) -> npt.NDArray[np.int32]:
        """Codes of column `name`, -1 where missing, shape (n_rows,)."""
        return self.coded[name].codes

    def vocabulary(self, name: str) -> pl.Series:
        """The distinct values of column `name` in the order of their codes."""
        return self.coded[name].vocabulary

    def size(self, name: str) -> int:
        """How many distinct values column `name` has."""
        return len(self.coded[name].vocabulary)

    def weights(self) -> npt.NDArray[np.float64] | None:
        """Weight of each row, 1 where none was given; None if the table has no weights."""
        weight = self.numbers.get("weight")
        return None if weight is None else np.where(np.isnan(weight), 1.0, weight)

    @property
    def largest_weight(self) -> float:
        """The largest weight of a row; 1 if the table has no weights."""
        weight = self.weights()
        return 1.0 if weight is None else float(weight.max(initial=0.0))

    @property
    def value(self) -> str:
        """Name of the column that says what a voter chose or measured."""
        return kind_named(self.kind).value

    def of_item(self, item: str) -> Opinions:
        """The opinions on one item.

        Raises
        ------
        InputError
            If there is no such item.

        Examples
        --------
        >>> from psephos.opinions import labels
        >>> labels(["a", "b"], ["ann", "ann"], ["cat", "dog"]).of_item("b").frame().rows()
        [('b', 'ann', 'dog')]
        """
        code = self.coded["item"].vocabulary.index_of(item)
        if code is None:
            raise InputError("item", f"there is no item {item!r:.80}", hint="write it as the opinions do")
        return self.take(self.codes("item") == code)

    def parts(self, engine: object = 1) -> Sequence[tuple[int, int]]:
        """Ranges of items to be given to `load`: one for this process, several for other engines."""
        n_items = self.size("item")
        pieces = 1 if engine == 1 else min(PARTS, n_items)
        bounds = [n_items * piece // pieces for piece in range(pieces + 1)]
        return list(pairwise(bounds))

    def load(self, part: tuple[int, int]) -> tuple[Opinions, npt.NDArray[np.int64]]:
        """The opinions on a range of items.

        Parameters
        ----------
        part : tuple of int
            First item, and one past the last; see `parts`.

        Returns
        -------
        opinions : Opinions
            Items are counted from the start of the part; other codes stay. Without issues, which belong to all.
        place : ndarray of int64
            Place of each of these items among all.
        """
        low, high = part
        place = np.arange(low, high)
        if (low, high) == (0, self.size("item")):
            return replace(self, issues=Issues()), place
        item = self.codes("item")
        inside = self.take((item >= low) & (item < high))
        cut = Coded(inside.codes("item") - np.int32(low), self.vocabulary("item")[low:high])
        return replace(inside, coded=frozen({**inside.coded, "item": cut}), issues=Issues()), place

    def matrix(self, name: str | None = None) -> npt.NDArray[np.int32]:
        """Codes of the choice (or of column `name`) as a matrix, -1 where a voter took no part.

        Returns
        -------
        ndarray of int32, shape (n_items, n_voters)

        Raises
        ------
        InputError
            If the kind has no items or voters, an item and voter meet in more than one row, or the matrix would have
            more than `MATRIX_CELLS` cells.
        """
        name = name or self.value
        if not {"item", "voter", name} <= set(self.coded):
            raise InputError(
                "opinions", f"{self.kind} have no matrix of items by voters", hint="only labels and scores do"
            )
        shape = self.size("item"), self.size("voter")
        if shape[0] * shape[1] > MATRIX_CELLS:
            raise InputError(
                "opinions",
                f"a matrix of {shape[0]:,} items by {shape[1]:,} voters is too large to make",
                hint="methods need no matrix, or go through it in parts",
            )
        item, voter = self.codes("item"), self.codes("voter")
        known = (item >= 0) & (voter >= 0)
        cell = item[known].astype(np.int64) * shape[1] + voter[known]
        if len(np.unique(cell)) < len(cell):
            raise InputError(
                "opinions",
                "a voter has several rows on one item; a matrix holds one",
                hint="keep one of them, or average them first",
            )
        flat = np.full(shape[0] * shape[1], -1, dtype=np.int32)
        flat[cell] = self.codes(name)[known]
        return flat.reshape(shape)

    def merged(self, equivalence: Equivalence) -> Opinions:
        """The same opinions with equivalent choices made one.

        A class of choices is called by the text that most rows use, the first in natural order if several are used
        equally often. See `psephos.opinions.equivalence` for the rules, and `psephos.opinions.Pairwise` for answers
        that are compared two at a time, which are made one item by item.
        """
        if isinstance(equivalence, Pairwise):
            return self.merged(equivalence.after)._merged_by_item(equivalence)
        if self.value not in self.coded:
            raise InputError("equivalence", f"{self.kind} have no choices to compare")
        if equivalence == "exact":
            return self
        column = self.coded[self.value]
        new, vocabulary = classes(column.vocabulary, np.bincount(column.codes[column.codes >= 0]), equivalence)
        merged = Coded(np.append(new, np.int32(-1))[column.codes], vocabulary)
        return replace(self, coded=frozen({**self.coded, self.value: merged}))

    def _merged_by_item(self, same: Pairwise) -> Opinions:
        if "item" not in self.coded:
            raise InputError("equivalence", f"{self.kind} have no items, on which answers could be compared")
        column = self.coded[self.value]
        codes, issues = merged_by_item(self.codes("item"), column.codes, column.vocabulary, same)
        coded = frozen({**self.coded, self.value: Coded(codes, column.vocabulary).compact()})
        return replace(self, coded=coded, issues=self.issues + Issues(issues))

    def take(self, rows: npt.ArrayLike) -> Opinions:
        """The opinions at `rows` (indices or a mask), with the same vocabularies.

        Examples
        --------
        >>> from psephos.opinions import labels
        >>> votes = labels(["a", "b"], ["ann", "ann"], ["cat", "dog"])
        >>> votes.take([1]).frame().rows(), votes.take([1]).size("item")
        ([('b', 'ann', 'dog')], 2)
        """
        index = np.asarray(rows)
        if index.dtype == bool or not index.size:
            index = np.flatnonzero(index)
        return replace(
            self,
            coded=frozen({name: column.take(index) for name, column in self.coded.items()}),
            numbers=frozen({name: values[index] for name, values in self.numbers.items()}),
            carried=self.carried[index] if self.carried.width else self.carried,
            source=replace(self.source, given=()),
        )

    def frame(self) -> pl.DataFrame:
        """All columns as one data frame, ids and choices as texts.

        Returns
        -------
        polars.DataFrame, n_rows rows
            The columns of the kind under their own names, then those that were carried along; null where missing.

        Examples
        --------
        >>> from psephos.opinions import labels
        >>> labels(["a", "b"], [1, 1], ["cat", None], weight=[1, 2]).frame().rows()
        [('a', '1', 'cat', 1.0), ('b', '1', None, 2.0)]
        """
        columns: list[pl.Series] = []
        for column in kind_named(self.kind).columns:
            if column.name in self.coded:
                columns.append(self.coded[column.name].values().alias(column.name))
            elif column.name in self.numbers:
                values = pl.Series(column.name, self.numbers[column.name]).fill_nan(None)
                columns.append(values.cast(pl.Int64) if column.role == "integer" else values)
        return pl.DataFrame(columns).hstack(self.carried.get_columns())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.frame().__arrow_c_stream__(requested_schema)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of all that was said and is known: the identity of opinions that came from no file."""
        digest = hashlib.sha256(self.kind.encode())
        for name, column in self.coded.items():
            digest.update(f"\0{name}\0{len(column)}\0".encode())
            digest.update(np.ascontiguousarray(column.codes).data)
            digest.update(json.dumps(column.names()).encode())
        for name, values in self.numbers.items():
            digest.update(f"\0{name}\0".encode())
            digest.update(np.ascontiguousarray(values).data)
        for name, table in {"carried": self.carried, **self.about.tables}.items():
            digest.update(f"\0{name}\0{table.schema}\0".encode())
            for rows in table.iter_slices(100_000):
                digest.update(json.dumps(rows.to_dict(as_series=False), default=str).encode())
        return digest.hexdigest()

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (
            self.kind,
            dict(self.coded),
            dict(self.numbers),
            self.carried,
            self.about,
            self.issues,
            self.source,
        )

    def __str__(self) -> str:
        sizes = ", ".join(plural(len(column.vocabulary), name) for name, column in self.coded.items())
        issues = ""
        if len(self.issues):
            issues = f"; {plural(len(self.issues), 'issue')}, {plural(self.issues.set_aside, 'row')} set aside"
        return f"{plural(len(self), self.kind.removesuffix('s'))} ({sizes}) from {', '.join(self.source.names)}{issues}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(str(self))}</p>" + self.frame().head(10)._repr_html_()


def _rebuild(kind: str, coded: dict[str, Any], numbers: dict[str, Any], *rest: Any) -> Opinions:
    """The same opinions in another process."""
    return Opinions(kind, frozen(coded), frozen(numbers), *rest)


def frozen(columns: dict[str, Any]) -> Mapping[str, Any]:
    """A read-only view of `columns`, whose arrays are made read-only too.

    Opinions share their arrays with their parts and with workers, so nobody may write to them.
    """
    for column in columns.values():
        values = column.codes if isinstance(column, Coded) else column
        values.flags.writeable = False
    return MappingProxyType(columns)
