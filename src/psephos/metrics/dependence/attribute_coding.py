r"""How does an attribute of any kind become numbers whose distances mean something?

    nominal     one column a kind, 1 / sqrt(2) where it is this kind: any two kinds are 1 apart
    ordinal     rank of the level, from 0 to 1 in even steps
    continuous  (x - mean) / standard deviation

so that the order in which kinds are named plays no part. A missing kind is the kind "missing"; a missing number is
refused, or its row left out and counted. The scale of an attribute is its weight beside the others; ``scale="dvar"``
divides by the root of its distance deviation, which makes all count alike.

Source: sheet 20 (the coding is ours: published code takes kinds as the numbers 0, 1, 2). Differs: nothing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_choice
from psephos.metrics.columns import Floats, kinds_of
from psephos.metrics.dependence.distance_covariance import plain

KINDS = ("nominal", "ordinal", "continuous")


@dataclass(frozen=True, eq=False)
class Attribute:
    """An attribute as numbers.

    Attributes
    ----------
    name, kind : str
    columns : ndarray of float64, shape (n, d)
    codes : ndarray of int64, shape (n,)
        Which of its distinct values each row has.
    labels : tuple of str
        Their names.
    cuts : ndarray of int64, shape (n,)
        The same with a continuous attribute cut at its quartiles, for subgroups.
    cut_labels : tuple of str
    missing : int
        Rows of the kind "missing".
    """

    name: str
    kind: str
    columns: Floats
    codes: npt.NDArray[np.int64]
    labels: tuple[str, ...]
    cuts: npt.NDArray[np.int64]
    cut_labels: tuple[str, ...]
    missing: int = 0

    @property
    def constant(self) -> bool:
        """Whether all rows are alike."""
        return len(self.labels) < 2


def code_attributes(
    attributes: Mapping[str, npt.ArrayLike],
    kinds: Mapping[str, str],
    kept: npt.NDArray[np.bool_],
    w: Floats,
    *,
    levels: int | None = None,
    scale: str = "none",
) -> list[Attribute]:
    """Attributes as numbers, of the rows that take part.

    Parameters
    ----------
    attributes : mapping of str to array_like, shape (n_rows,)
        Columns by name.
    kinds : mapping of str to str
        ``"nominal"``, ``"ordinal"`` or ``"continuous"`` by name; told from the column where it is not stated.
    kept : ndarray of bool, shape (n_rows,)
        Rows that take part.
    w : ndarray of float64, shape (n,)
        Their weights, which sum to 1.
    levels : int, optional
        Into how many levels a continuous attribute is cut.
    scale : {"none", "dvar"}
        Whether each is divided by the root of its distance deviation.

    Returns
    -------
    list of Attribute
        In the order of the mapping.

    Raises
    ------
    InputError
        `scale`: no such choice. The name of an attribute, if it is not of its kind.
    """
    check_choice("scale", scale, ("none", "dvar"))
    found = []
    for name, values in attributes.items():
        column = np.asarray(values)[kept]
        one = _coded(name, column, kind_of(name, column, kinds), levels)
        if scale == "dvar" and not one.constant:
            centred = one.columns - one.columns.mean(axis=0)
            deviation = math.sqrt(plain(narrow(centred), narrow(centred), w))
            one = Attribute(**{**vars(one), "columns": one.columns / math.sqrt(deviation)})
        found.append(one)
    return found


def kind_of(name: str, column: npt.NDArray[Any], kinds: Mapping[str, str]) -> str:
    """The stated kind, or nominal for names, truth values and two distinct numbers, and continuous for other numbers.

    Examples
    --------
    >>> kind_of("sex", np.array([0, 1, 1]), {}), kind_of("age", np.array([30, 41, 52]), {})
    ('nominal', 'continuous')
    """
    if name in kinds:
        return check_choice(f"kinds[{name!r}]", kinds[name], KINDS)
    if column.dtype.kind not in "iuf":
        return "nominal"
    known = column[~np.isnan(column)] if column.dtype.kind == "f" else column
    return "nominal" if len(np.unique(known)) <= 2 else "continuous"


def lost_rows(name: str, column: npt.NDArray[Any], kind: str, *, drop: bool) -> npt.NDArray[np.bool_]:
    """Rows of an attribute whose number is missing.

    Parameters
    ----------
    name : str
        Of the attribute, for complaints.
    column : ndarray, shape (n_rows,)
        As it was given.
    kind : str
        A nominal attribute lacks none: missing is a kind.
    drop : bool
        Whether such rows may be left out.

    Raises
    ------
    InputError
        `name`: infinity, or a missing number that may not be left out, with its index.
    """
    if kind == "nominal":
        return np.zeros(len(column), dtype=bool)
    numbers = _numbers(name, column, kind)
    if np.isinf(numbers).any():
        raise InputError(name, "holds infinity", where=f"index {int(np.argmax(np.isinf(numbers)))}")
    lost = np.isnan(numbers)
    if lost.any() and not drop:
        hint = "missing='drop' leaves such rows out and counts them"
        raise InputError(name, "holds NaN", where=f"index {int(np.argmax(lost))}", hint=hint)
    return np.asarray(lost)


def narrow(table: Floats) -> Floats:
    """A table of one column as that column, whose distances are sums of sorted rows."""
    return np.ascontiguousarray(table[:, 0]) if table.shape[1] == 1 else table


def _coded(name: str, column: npt.NDArray[Any], kind: str, levels: int | None) -> Attribute:
    if kind == "nominal":
        codes, labels, missing = kinds_of(column)
        # Of two kinds one column says as much: the same distances.
        columns = np.eye(len(labels))[codes] / math.sqrt(2) if len(labels) > 2 else codes[:, None].astype(np.float64)
        return Attribute(name, kind, columns, codes, labels, codes, labels, missing)
    numbers = _numbers(name, column, kind)
    if kind == "ordinal":
        values, codes = np.unique(numbers, return_inverse=True)
        columns = (codes / max(1, len(values) - 1))[:, None]
        labels = tuple(f"{value:g}" for value in values)
        return Attribute(name, kind, columns, codes.astype(np.int64), labels, codes.astype(np.int64), labels)
    centred = numbers - numbers.mean()
    spread = float(centred.std())
    scaled = centred / spread if spread > 0 and np.ptp(numbers) > 0 else np.zeros(len(numbers))
    if levels is not None and len(np.unique(scaled)) > levels:
        inner = np.unique(np.quantile(scaled, np.linspace(0, 1, levels + 1)[1:-1]))
        place = np.searchsorted(inner, scaled, side="right")
        size = np.bincount(place, minlength=len(inner) + 1)
        scaled = (np.bincount(place, weights=scaled, minlength=len(inner) + 1) / np.maximum(size, 1))[place]
    values, codes = np.unique(scaled, return_inverse=True)
    labels = tuple(f"{value * spread + numbers.mean():g}" for value in values)
    cuts, cut_labels = _quartiles(numbers)
    return Attribute(name, kind, scaled[:, None], codes.astype(np.int64), labels, cuts, cut_labels)


def _quartiles(numbers: Floats) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    edges = np.unique(np.quantile(numbers, [0.25, 0.5, 0.75]))
    edges = edges[edges > numbers.min()]
    place = np.searchsorted(edges, numbers, side="right")
    if not len(edges):
        return place.astype(np.int64), (f"{numbers[0]:g}",)
    inner = [f"{low:.3g} to {high:.3g}" for low, high in itertools.pairwise(edges)]
    return place.astype(np.int64), (f"below {edges[0]:.3g}", *inner, f"{edges[-1]:.3g} and above")


def _numbers(name: str, column: npt.NDArray[Any], kind: str) -> Floats:
    try:
        return column.astype(np.float64)
    except (TypeError, ValueError):
        raise InputError(name, f"must be numbers to be {kind}", hint="or state that it is nominal") from None
