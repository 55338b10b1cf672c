r"""Are predictions of subgroups distributed alike?

The generalised Jensen-Shannon divergence of the subgroups g with shares pi_g, over common bins,

    D = sum_g pi_g KL(P(p | g) || P(p)),        0 <= D <= H(pi) = -sum pi_g ln pi_g,

in nats. Few rows look different by luck, by about (bins - 1) (groups - 1) / (2 n): predictions are shuffled over the
rows, and the mean and the 95 % point of D under it stand beside it. Bins are [left, right), the last one closed; what
lies outside stated edges goes to the end bins and is counted.

Source: Lee, Antonio, Avanzi, Marchi and Zhou (2025), arXiv 2509.08163; sheet 20. Differs: 20 bins; no pseudo-counts;
the level of chance is ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.engine import Rng
from psephos.errors import InputError, check_count, check_floats
from psephos.metrics.columns import Floats, check_weights, codes_of
from psephos.statistics import permutation_test


@dataclass(frozen=True)
class SubgroupDivergence:
    """How unlike the predictions of subgroups are.

    Attributes
    ----------
    value : float
        D, in nats.
    bound : float
        The largest D with these shares.
    expected, limit : float
        Mean and 95 % point of D if predictions have nothing to do with groups; NaN without repeats.
    p : float
        Share of shuffles with at least this D.
    outside : int
        Rows outside the stated edges.
    """

    value: float
    bound: float
    expected: float
    limit: float
    p: float
    outside: int

    def __str__(self) -> str:
        chance = "" if math.isnan(self.p) else f", {self.expected:.4f} by chance, p = {self.p:.3g}"
        return f"{self.value:.4f} of at most {self.bound:.4f}{chance}"


def subgroup_divergence(
    pred: npt.ArrayLike,
    groups: npt.ArrayLike,
    *,
    bins: int = 20,
    edges: npt.ArrayLike | None = None,
    weights: npt.ArrayLike | None = None,
    repeats: int = 199,
    rng: Rng = None,
) -> SubgroupDivergence:
    """Generalised Jensen-Shannon divergence of the predictions of subgroups.

    Parameters
    ----------
    pred : array_like of float, shape (n,)
        Predictions.
    groups : array_like, shape (n,)
        Subgroup of each row, of any type.
    bins : int, default 20
        Bins of equal width from the least to the greatest prediction.
    edges : array_like of float, optional
        Their rising edges, first and last included, instead.
    weights : array_like of float, shape (n,), optional
        How much each row counts, at least 0.
    repeats : int, default 199
        Shuffles; 0 for none.
    rng : int, Generator, SeedSequence or None
        Of the random draws; an int repeats them.

    Returns
    -------
    SubgroupDivergence
        The divergence with its bound, what chance makes of it, and a p-value.

    Raises
    ------
    InputError
        If lengths differ, nothing is given, a prediction is not finite, or edges do not rise.

    See Also
    --------
    dependence : with tests of dependence.

    Examples
    --------
    >>> found = subgroup_divergence([0.1, 0.2, 0.8, 0.9], ["a", "a", "b", "b"], bins=2, repeats=0)
    >>> round(found.value, 6), round(found.bound, 6)
    (0.693147, 0.693147)
    """
    p = check_floats("pred", pred)
    if not len(p):
        raise InputError("pred", "is empty")
    codes, names = codes_of("groups", groups, len(p))
    w = check_weights(weights, len(p))
    check_count("repeats", repeats, low=0)
    place, count, outside = _placed(p, bins, edges)

    def measured(places: npt.NDArray[np.int64]) -> Floats:
        return np.array([_divergence(row, codes, w, count, len(names)) for row in places])

    share = np.bincount(codes, weights=w) / w.sum()
    share = share[share > 0]
    bound = max(0.0, -float(share @ np.log(share)))
    value = float(measured(place[None])[0])
    if not repeats:
        return SubgroupDivergence(value, bound, math.nan, math.nan, math.nan, outside)
    test = permutation_test(measured, place, repeats=repeats, alternative="greater", rng=rng)
    limit = float(np.quantile(test.replicates, 0.95))
    return SubgroupDivergence(value, bound, float(test.replicates.mean()), limit, test.p, outside)


def _placed(p: Floats, bins: int, edges: npt.ArrayLike | None) -> tuple[npt.NDArray[np.int64], int, int]:
    if edges is None:
        count = check_count("bins", bins)
        cuts = np.linspace(p.min(), p.max(), count + 1)
    else:
        cuts = check_floats("edges", edges)
        if len(cuts) < 2 or (np.diff(cuts) <= 0).any():
            raise InputError("edges", "must be two or more rising edges")
    place = np.clip(np.searchsorted(cuts, p, side="right") - 1, 0, len(cuts) - 2)
    return place.astype(np.int64), len(cuts) - 1, int(((p < cuts[0]) | (p > cuts[-1])).sum())


def _divergence(place: npt.NDArray[np.int64], codes: npt.NDArray[np.int64], w: Floats, bins: int, groups: int) -> float:
    cells = np.bincount(codes * bins + place, weights=w, minlength=groups * bins).reshape(groups, bins) / w.sum()
    expected = cells.sum(axis=1, keepdims=True) * cells.sum(axis=0)
    some = cells > 0
    # Never negative but for rounding.
    return max(0.0, float((cells[some] * np.log(cells[some] / expected[some])).sum()))
