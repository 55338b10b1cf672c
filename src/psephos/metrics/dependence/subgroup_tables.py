"""Which subgroups are predicted higher than others, and which two are farthest apart?

Subgroups are the combinations of kinds of all attributes, continuous ones cut at their quartiles. What a pair of groups
adds to the joint measure is G_gh E_gh (see `group_form`); a small subgroup is flagged, never dropped.

Source: sheet 20 (the pairs are ours). Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.metrics.columns import Floats, combinations_of
from psephos.metrics.dependence.attribute_coding import Attribute
from psephos.metrics.dependence.group_form import Groups, distances_between
from psephos.opinions.wording import plural

FEW = 30
"""Rows of a subgroup below which its mean says little."""

SHOWN = 10


def subgroup_cells(coded: Sequence[Attribute]) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Subgroups: combinations of kinds that occur, with continuous attributes cut at quartiles.

    Returns
    -------
    names : list of str
        "sex f, age 30 to 41".
    cells : ndarray of int64, shape (n,)
        Place of each row's subgroup among these.
    """
    codes, first = combinations_of([one.cuts for one in coded])
    names = [", ".join(f"{one.name} {one.cut_labels[one.cuts[row]]}" for one in coded) for row in first]
    return names, codes


def subgroup_means(p: Floats, names: list[str], cells: npt.NDArray[np.int64], w: Floats) -> pl.DataFrame:
    """How much higher or lower than all each subgroup is predicted.

    Parameters
    ----------
    p : ndarray of float64, shape (n,)
        The predictions.
    names : list of str
        Of the subgroups.
    cells : ndarray of int64, shape (n,)
        Subgroup of each row.
    w : ndarray of float64, shape (n,)
        Weights, which sum to 1.

    Returns
    -------
    polars.DataFrame
        subgroup, rows, share (of the weight), above_mean, few (fewer than `FEW` rows); the highest first.
    """
    count = len(names)
    rows = np.bincount(cells, minlength=count)
    share = np.bincount(cells, weights=w, minlength=count)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(cells, weights=w * p, minlength=count) / share
    table = {"subgroup": names, "rows": rows, "share": share, "above_mean": mean - float(w @ p), "few": rows < FEW}
    return pl.DataFrame(table).sort("above_mean", descending=True, nulls_last=True, maintain_order=True)


def distant_pairs(p: Floats, coded: Sequence[Attribute], groups: Groups, w: Floats, joint: Floats) -> pl.DataFrame:
    """The pairs of groups that add most to the joint measure.

    Parameters
    ----------
    p : ndarray of float64, shape (n,)
        The predictions.
    coded : sequence of Attribute
        Attributes, for the names of groups.
    groups : Groups
        The distinct rows of all attributes together.
    w : ndarray of float64, shape (n,)
        Weights.
    joint : ndarray of float64, shape (n_groups, n_groups)
        G; see `group_form`.

    Returns
    -------
    polars.DataFrame
        left, right, part (of the measure, both orders of the pair together); `SHOWN` rows at most.
    """
    added = joint * distances_between(p, groups.codes, w, len(groups))
    left, right = np.triu_indices(len(groups))
    both = added[left, right] * np.where(left == right, 1, 2)
    top = np.argsort(-both, kind="stable")[:SHOWN]

    def name(group: int) -> str:
        row = groups.first[group]
        return ", ".join(f"{one.name} {one.labels[one.codes[row]]}" for one in coded)

    rows = [(name(left[place]), name(right[place]), float(both[place])) for place in top]
    return pl.DataFrame(rows, schema=["left", "right", "part"], orient="row")


def notes_on(
    p: Floats, coded: Sequence[Attribute], names: list[str], cells: npt.NDArray[np.int64], lost: int
) -> list[str]:
    """What to keep in mind: what is constant, missing, left out, small.

    Parameters
    ----------
    p : ndarray of float64, shape (n,)
        The predictions.
    coded : sequence of Attribute
        The attributes.
    names, cells
        As in `subgroup_means`.
    lost : int
        Rows that were left out.
    """
    notes = [f"constant: {one.name}" for one in coded if one.constant]
    notes += [f"of the kind 'missing': {plural(one.missing, 'row')} of {one.name}" for one in coded if one.missing]
    if np.ptp(p) == 0:
        notes.append("constant: the prediction")
    if lost:
        notes.append(f"left out: {plural(lost, 'row')} with missing numbers")
    small = int((np.bincount(cells, minlength=len(names)) < FEW).sum())
    if small:
        notes.append(f"{small} of {len(names)} subgroups have fewer than {FEW} rows")
    return notes
