r"""Do groups of items say anything, or would groups at random be as uneven?

The items keep their scores, and groups of the same sizes are drawn at random. With H of the groups at hand and H_r of
the r-th random ones,

    p = (1 + #{r : H_r <= H}) / (R + 1)

is small where the groups are less even than chance makes them, so that they tell something of the model. Where it is
not, the partition carries no information: another one would do.

Source: sheet 27 (after Uzunoglu, Li and Khashabi 2025, arXiv 2509.25671), ours. Differs from the band of `harmony`: no
model of the scores, and graded ones are taken as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine.streams import Rng, generator
from psephos.errors import InputError, check_count, check_floats
from psephos.metrics.harmony.group_scores import Floats, bandwidth, check_unit, groups_of, index_of


def groups_against_chance(
    correct: npt.ArrayLike,
    groups: Sequence[object],
    *,
    models: Sequence[str] | None = None,
    h: float = 0.1,
    repeats: int = 500,
    rng: Rng = 0,
) -> pl.DataFrame:
    """Compare the harmony of groups with that of random groups of the same sizes.

    Parameters
    ----------
    correct : array_like of float, shape (n_models, n_items) or (n_items,)
        Scores between 0 and 1; NaN where a model did not run an item.
    groups : sequence, shape (n_items,)
        Group of each item.
    models : sequence of str, optional
        Names; numbers if not given.
    h : float, default 0.1
        Bandwidth.
    repeats : int, default 500
        Random partitions.
    rng : int, Generator or None, default 0
        Source of the random numbers.

    Returns
    -------
    polars.DataFrame
        model, harmony, random (mean over random groups), random_low (5 % of them lie below), p, informative (p at most
        .05); null where a model ran no item of a group. Random groups of which a model ran none are left out of its p.

    Raises
    ------
    InputError
        As `harmony`.

    See Also
    --------
    harmony : with the band of groups that are truly alike.
    discover_groups : groups that nobody declared.

    Examples
    --------
    >>> right = [1] * 40 + [0] * 40
    >>> groups_against_chance(right, ["a"] * 50 + ["b"] * 30)["informative"].to_list()
    [True]
    >>> groups_against_chance(right, ["a", "b"] * 40)["informative"].to_list()
    [False]
    """
    table = np.atleast_2d(check_floats("correct", correct, ndim=min(max(np.ndim(correct), 1), 2), missing=True))
    check_unit("correct", table)
    if not len(table):
        raise InputError("correct", "holds no model", hint="give a row of scores per model")
    labels, codes = groups_of(groups, table.shape[1])
    names = [f"model {place + 1}" for place in range(len(table))] if models is None else [str(one) for one in models]
    if len(names) != len(table):
        raise InputError("models", f"must be one name for each of {len(table)} models, got {len(names)}")
    width, count, stream = bandwidth(h), check_count("repeats", repeats), generator(rng)
    members = np.zeros((table.shape[1], len(labels)))
    members[np.arange(len(codes)), codes] = 1.0
    run, scores = (~np.isnan(table)).astype(np.float64), np.nan_to_num(table)
    own = _harmonies(run, scores, members, width)
    drawn = np.stack([_harmonies(run, scores, members[stream.permutation(len(codes))], width) for _ in range(count)])
    known = ~np.isnan(drawn)
    below = (drawn <= own + 1e-12).sum(axis=0)
    p = np.where(np.isnan(own), np.nan, (1 + below) / (known.sum(axis=0) + 1))
    frame = pl.DataFrame(
        {
            "model": names,
            "harmony": own,
            "random": np.where(known, drawn, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1),
            "random_low": [float(np.quantile(line[one], 0.05)) if one.any() else np.nan for line, one in
                           zip(drawn.T, known.T, strict=True)],
            "p": p,
        }
    )  # fmt: skip
    undefined = pl.Series(np.isnan(own))
    frame = frame.with_columns(
        pl.when(undefined).then(None).otherwise(pl.col(name)).alias(name) for name in frame.columns[1:]
    )
    return frame.with_columns(informative=pl.col("p") <= 0.05)


def _harmonies(run: Floats, scores: Floats, members: Floats, h: float) -> Floats:
    """H of each model; NaN where it ran no item of a group."""
    n, sums = run @ members, scores @ members
    mean = np.divide(sums, n, out=np.full(n.shape, np.nan), where=n > 0)
    if (n == n[0]).all():
        return index_of(n[0], mean, h)[0] if (n[0] > 0).all() else np.full(len(n), np.nan)
    rows = [
        index_of(size, row[None], h)[0][0] if (size > 0).all() else np.nan for size, row in zip(n, mean, strict=True)
    ]
    return np.array(rows, dtype=np.float64)
