"""Does the mean of a benchmark move when its largest groups are cut down?

Random items of the largest groups are dropped until all groups are as small as the smallest. The mean of a harmonious
benchmark stays, that of one that a few groups carry moves to the mean of groups.

Source: Uzunoglu, Li and Khashabi (2025), arXiv 2509.25671. Differs: which items go is ours to choose, at random.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine.streams import Rng, generator
from psephos.errors import check_count, check_floats
from psephos.metrics.harmony.group_scores import bandwidth, check_unit, groups_of, index_of


def prune_groups(
    correct: npt.ArrayLike, groups: Sequence[object], *, h: float = 0.1, steps: int = 20, rng: Rng = 0
) -> pl.DataFrame:
    """What happens to mean and harmony as random items of the largest group are dropped, until all groups are alike.

    Parameters
    ----------
    correct : array_like of float, shape (n_items,)
        Scores of one model, between 0 and 1, none missing.
    groups : sequence, shape (n_items,)
        Group of each item.
    h : float, default 0.1
        Bandwidth.
    steps : int, default 20
        Rows of the table, about evenly spaced.
    rng : int, Generator or None, default 0
        Which items are dropped.

    Returns
    -------
    polars.DataFrame
        items (left), mean, shift (of the mean), harmony.

    Raises
    ------
    InputError
        As `harmony`.

    Examples
    --------
    >>> table = prune_groups([1] * 70 + [0] * 30, ["a"] * 70 + ["b"] * 30)
    >>> table["items"][-1], table["shift"].round(3)[-1]
    (60, -0.2)
    """
    scores = check_floats("correct", correct)
    check_unit("correct", scores)
    labels, codes = groups_of(groups, len(scores))
    width, stream = bandwidth(h), generator(rng)
    by_group = [scores[codes == group][stream.permutation(int((codes == group).sum()))] for group in range(len(labels))]
    sizes = np.array([len(part) for part in by_group])
    totals = [np.concatenate([[0.0], np.cumsum(part)]) for part in by_group]
    caps = np.unique(np.linspace(sizes.min(), sizes.max(), check_count("steps", steps, low=2)).round().astype(np.int64))
    rows = []
    for cap in caps[::-1]:
        n = np.minimum(sizes, cap)
        sums = np.array([total[size] for total, size in zip(totals, n, strict=True)])
        value = float(index_of(n.astype(np.float64), (sums / n)[None], width)[0][0])
        rows.append((int(n.sum()), float(sums.sum() / n.sum()), float(sums.sum() / n.sum() - scores.mean()), value))
    return pl.DataFrame(rows, schema=["items", "mean", "shift", "harmony"], orient="row")
