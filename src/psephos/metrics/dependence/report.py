r"""Does a prediction depend on protected attributes, also on their combinations?

A prediction can be independent of each attribute and yet depend on two together. So beside dCov^2 of the prediction
with each attribute stand two joint measures, of the prediction p and attributes S_1 .. S_d:

    CCdCov^2        dCov^2(p, [S_1, .., S_d]), 0 only if p is independent of all together
    eta             CCdCov^2 less the sum over attributes: what single attributes miss (may be negative)
    JdCov^2         of p, S_1, .., S_d, 0 only if all are mutually independent, attributes among themselves too
    jdcov_model     JdCov^2 less c times that of the attributes alone: the part that p can change

each tested by shuffling p over the rows, and the divergence of the predictions of subgroups. Attributes are coded by
`attribute_coding`; all measures come from one table of distances between groups (`group_form`), so a million rows take
seconds as long as the attributes together have few distinct rows.

Source: Lee, Antonio, Avanzi, Marchi and Zhou (2025), arXiv 2509.08163; sheet 20. Differs: coding, the group form and
`jdcov_model` are ours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Rng, seed_of, spawn
from psephos.errors import InputError, check_choice, check_count, check_floats, check_number
from psephos.metrics.columns import Floats, check_weights, unmasked
from psephos.metrics.dependence.attribute_coding import code_attributes, kind_of, lost_rows, narrow
from psephos.metrics.dependence.dependence_result import Dependence
from psephos.metrics.dependence.distance_covariance import check_rows, correlated, plain
from psephos.metrics.dependence.group_form import Groups, distances_between, group_rows, joint_weights
from psephos.metrics.dependence.subgroup_divergence import subgroup_divergence
from psephos.metrics.dependence.subgroup_tables import distant_pairs, notes_on, subgroup_cells, subgroup_means
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance
from psephos.statistics import adjust, permutation_tests

LARGEST = 5000
"""Distinct rows of attributes that the group form takes."""

COMPARED = 2000
"""Rows on which levels are held against the numbers as they are."""


def dependence(
    pred: npt.ArrayLike,
    attributes: Mapping[str, npt.ArrayLike],
    *,
    kinds: Mapping[str, str] | None = None,
    weights: npt.ArrayLike | None = None,
    c: float = 1.0,
    scale: str = "none",
    missing: str = "error",
    levels: int | None = None,
    bins: int = 20,
    repeats: int = 199,
    rng: Rng = None,
) -> Dependence:
    """Measure and test the dependence of a prediction on attributes, singly and together.

    Parameters
    ----------
    pred : array_like of float, shape (n,)
        Predictions.
    attributes : mapping of str to array_like, each of shape (n,)
        What it should not depend on, by name.
    kinds : mapping of str to {"nominal", "ordinal", "continuous"}, optional
        Kinds of attributes; of others they are inferred: names, truth values and two distinct numbers are nominal,
        other numbers continuous.
    weights : array_like of float, shape (n,), optional
        Exposure, at least 0.
    c : float, default 1
        Above 0: how much pairs count against higher orders in JdCov.
    scale : {"none", "dvar"}, default "none"
        "dvar": attributes count alike, whatever their distances.
    missing : {"error", "drop"}, default "error"
        A number that is missing: refuse, or leave the row out and count it. A missing kind is a kind of its own.
    levels : int, optional
        Cut each continuous attribute into so many levels, each at the mean of its numbers: for many rows of continuous
        attributes. A note says what it changes on some rows.
    bins : int, default 20
        Of the predictions, for the divergence of subgroups.
    repeats : int, default 199
        Shuffles; 0 for no tests.
    rng : int, Generator, SeedSequence or None
        Of the random draws; an int repeats them.

    Returns
    -------
    Dependence
        Distance correlations with p-values, by attribute and jointly.

    Raises
    ------
    InputError
        If there are fewer than two rows or no attribute, lengths differ, a value is not finite, a kind is unknown, or
        attributes together have more than 5,000 distinct rows.

    See Also
    --------
    squared_distance_covariance, joint_distance_covariance : of plain columns.
    subgroup_divergence : the divergence alone.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> a, b = rng.random((2, 400)) < 0.5
    >>> found = dependence((a ^ b) + rng.normal(0, 0.5, 400), {"a": a, "b": b}, rng=0)
    >>> found.attributes["p"].min() > 0.05, found.measure("ccdcov")["p"]
    (True, 0.005)
    """
    check_choice("missing", missing, ("error", "drop"))
    constant = check_number("c", c, low=0, open_ends=True)
    check_count("repeats", repeats, low=0)
    if levels is not None:
        check_count("levels", levels, low=2)
    p, columns, w, lost = _checked(pred, attributes, kinds or {}, weights, drop=missing == "drop")
    kept = ~lost
    coded = code_attributes(columns, kinds or {}, kept, w, levels=levels, scale=scale)
    groups = group_rows(coded, w)
    if len(groups) > LARGEST:
        hint = "levels=32 cuts continuous attributes"
        raise InputError("attributes", f"have {len(groups):,} distinct rows together, {LARGEST:,} at most", hint=hint)
    parts = [groups.centred(one.columns) for one in coded]
    together = groups.centred(np.concatenate([one.columns for one in coded], axis=1))
    joint, alone = joint_weights(parts, groups, constant)
    forms = np.stack([*(-part for part in parts), -together, joint])
    seed = seed_of(rng)
    shuffles, subgroups_stream = spawn(seed, 2)
    values, chance = _tested(p, groups, w, forms, repeats, shuffles)
    own = plain(p, p, w)
    names, cells = subgroup_cells(coded)
    notes = notes_on(p, coded, names, cells, int(lost.sum()))
    if levels is not None:
        notes.append(_change(p, columns, kinds or {}, kept, w, levels, scale))
    spread = subgroup_divergence(p, cells, bins=bins, weights=w, repeats=repeats, rng=subgroups_stream)
    d = len(coded)
    marginal = adjust([math.nan if one.constant else chance[place] for place, one in enumerate(coded)], "holm")
    table = pl.DataFrame(
        {
            "attribute": [one.name for one in coded],
            "kind": [one.kind for one in coded],
            "levels": [len(one.labels) for one in coded],
            "missing": [one.missing for one in coded],
            "dcov2": values[:d],
            "dcor": [
                math.sqrt(min(1.0, max(0.0, correlated(value, own, groups.mean(part * part)))))
                for value, part in zip(values[:d], parts, strict=True)
            ],
            "p": [math.nan if one.constant else chance[place] for place, one in enumerate(coded)],
            "adjusted_p": marginal,
        }
    ).with_columns(pl.col("p", "adjusted_p").fill_nan(None))
    rows = {
        "ccdcov": (values[d], chance[d]),
        "eta": (values[d] - float(values[:d].sum()), math.nan),
        "jdcov": (values[d + 1] + constant * alone, chance[d + 1]),
        "jdcov_model": (values[d + 1], chance[d + 1]),
    }
    measures = pl.DataFrame(
        [(name, value, p_value) for name, (value, p_value) in rows.items()],
        schema=["measure", "value", "p"],
        orient="row",
    ).with_columns(pl.col("p").fill_nan(None))
    parameters = {
        "c": constant,
        "scale": scale,
        "missing": missing,
        "levels": levels,
        "bins": bins,
        "repeats": repeats,
        "kinds": {one.name: one.kind for one in coded},
    }
    return Dependence(
        provenance=Provenance("dependence", parameters, Source(), seed, notes=tuple(notes)),
        attributes=table,
        measures=measures,
        subgroups=subgroup_means(p, names, cells, w),
        pairs=distant_pairs(p, coded, groups, w, joint),
        divergence=spread,
        correlation=math.sqrt(min(1.0, max(0.0, correlated(float(values[d]), own, groups.mean(together * together))))),
        rows=len(p),
    )


def _checked(
    pred: npt.ArrayLike,
    attributes: Mapping[str, npt.ArrayLike],
    kinds: Mapping[str, str],
    weights: npt.ArrayLike | None,
    *,
    drop: bool,
) -> tuple[Floats, dict[str, npt.NDArray[Any]], Floats, npt.NDArray[np.bool_]]:
    """Predictions about their mean, attributes, shares of weights, and which rows are left out."""
    p = check_floats("pred", pred)
    if not attributes:
        raise InputError("attributes", "are empty")
    unknown = [name for name in kinds if name not in attributes]
    if unknown:
        raise InputError("kinds", f"there is no attribute {unknown[0]!r}")
    columns = {str(name): unmasked(values) for name, values in attributes.items()}
    lost = np.zeros(len(p), dtype=bool)
    for name, column in columns.items():
        if column.ndim != 1 or len(column) != len(p):
            raise InputError(name, f"must have one value for each of {len(p)} rows, got shape {column.shape}")
        lost |= lost_rows(name, column, kind_of(name, column, kinds), drop=drop)
    w = check_weights(weights, len(p))[~lost]
    found = check_rows("pred", p[~lost], 2)
    if not w.sum() > 0:
        raise InputError("weights", "are all 0")
    return found, columns, w / w.sum(), lost


def _tested(
    p: Floats, groups: Groups, w: Floats, forms: Floats, repeats: int, rng: np.random.Generator
) -> tuple[Floats, list[float]]:
    """What each form says of the prediction, and its p-value with the prediction shuffled over the rows."""
    order = np.argsort(p)
    ordered, codes, weights = p[order], groups.codes[order], w[order]
    even = bool(np.allclose(w, w[0], rtol=1e-12, atol=0))

    def measured(rows: npt.NDArray[Any]) -> Floats:
        found = []
        for row in rows:
            own, heavy = (row, weights) if even else (codes[row], weights[row])
            found.append(np.tensordot(forms, distances_between(ordered, own, heavy, len(groups)), axes=2))
        return np.stack(found)

    # Shuffled are the groups, over predictions that stay sorted.
    labels = codes if even else np.arange(len(p))
    if not repeats:
        return measured(labels[None])[0], [math.nan] * len(forms)
    tests = permutation_tests(measured, labels, repeats=repeats, alternative="greater", rng=rng)
    return np.array([test.statistic for test in tests]), [test.p for test in tests]


def _change(
    p: Floats,
    columns: Mapping[str, npt.NDArray[Any]],
    kinds: Mapping[str, str],
    kept: npt.NDArray[np.bool_],
    w: Floats,
    levels: int,
    scale: str,
) -> str:
    """What cutting continuous attributes does to CCdCov, on rows evenly spread over the data."""
    some = np.unique(np.linspace(0, len(p) - 1, min(COMPARED, len(p))).astype(np.int64))
    rows = np.flatnonzero(kept)[some]
    mask = np.zeros(len(kept), dtype=bool)
    mask[rows] = True
    share = w[some] / w[some].sum()
    stated = {name: kind_of(name, column[kept], kinds) for name, column in columns.items()}
    found = []
    for count in (None, levels):
        coded = code_attributes(columns, stated, mask, share, levels=count, scale=scale)
        found.append(plain(p[some], narrow(np.concatenate([one.columns for one in coded], axis=1)), share))
    return f"{levels} levels: CCdCov of {len(some):,} rows is {found[1]:.4g} with them, {found[0]:.4g} without"
