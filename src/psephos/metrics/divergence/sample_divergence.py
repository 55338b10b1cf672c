"""How far are two samples apart that were counted in the same bins, how sure is that, and is it more than chance?

The value of a measure (see `measures`) with its delta-method error and interval, what is left of it without its bias,
and a test of "no difference": T against chi-square, or by permutation where cells are small. The Wald ratio of value
and error is no such test, as the slopes vanish at 0; it serves for a distance above 0 and for differences of distances,
`compare_divergences`.

Source: sheet 23; see `measures`. Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy.typing as npt

from psephos.engine import Rng
from psephos.metrics.divergence.measures import (
    Measure,
)
from psephos.metrics.divergence.measuring import measured
from psephos.metrics.divergence.result import Divergence


def divergence(
    left: npt.ArrayLike,
    right: npt.ArrayLike,
    *,
    measure: Measure = "jensen-shannon",
    names: Sequence[object] | None = None,
    sizes: tuple[float, float] | None = None,
    smoothing: float | None = None,
    spread: str = "multinomial",
    bias: str = "null",
    test: str = "chi-square",
    repeats: int = 9999,
    level: float = 0.95,
    rng: Rng = None,
) -> Divergence:
    """Distance of two samples that were counted in the same bins.

    Parameters
    ----------
    left, right : array_like of float, shape (n_bins,)
        Counts or sums of weights, at least 0.
    measure : {"jensen-shannon", "hellinger", "jeffreys", "kullback-leibler"}, default "jensen-shannon"
        What is measured.
    names : sequence, shape (n_bins,), optional
        Names of the bins; numbers if not given.
    sizes : (float, float), optional
        Rows that each sample is worth, where weights are not all one; the sums of the counts if not given.
    smoothing : float, optional
        What is added to every cell if some cell is empty; 0.5 for measures that an empty cell makes infinite, 0 for
        the others, if not given.
    spread : {"multinomial", "fastwoe"}, default "multinomial"
        "fastwoe", of "jeffreys" only: the published errors, which are too small; to compare with those who report them.
    bias : {"null", "second_order"}, default "null"
        The bias if there is no difference, or that by curvature: right away from it, unstable with small cells.
    test : {"chi-square", "permutation"}, default "chi-square"
        "permutation", for whole counts, where cells are small.
    repeats : int, default 9999
        Random arrangements of the permutation test.
    level : float, default 0.95
        Of the intervals.
    rng : int, Generator, SeedSequence or None
        Of the permutation test.

    Returns
    -------
    Divergence
        The distance with its error, interval and p-value, and what each bin adds.

    Raises
    ------
    InputError
        If a count is negative or NaN, a side is empty, lengths differ, or an option is unknown.

    See Also
    --------
    information_value, population_stability : with their thresholds.
    compare_divergences : whether one distance is larger than another.

    Examples
    --------
    >>> found = divergence([30, 20], [10, 40])
    >>> round(found.value, 6), round(found.statistic, 4)
    (0.086305, 17.2609)
    """
    return measured(
        left,
        right,
        sides=("left", "right"),
        name=f"{measure} distance" if measure == "hellinger" else f"{measure} divergence",
        measure=measure,
        names=names,
        sizes=sizes,
        smoothing=smoothing,
        spread=spread,
        bias=bias,
        test=test,
        repeats=repeats,
        level=level,
        rng=rng,
    )
