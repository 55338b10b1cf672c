r"""How much does a feature tell about an event, and how sure is that?

With p_j and q_j the shares of the rows without the event (good) and with it (bad) in bin j,

    WoE_j = ln(p_j / q_j),          IV = sum_j (p_j - q_j) WoE_j = KL(p || q) + KL(q || p),

the weight of evidence of a bin, and the information value of the feature, which is Jeffreys' divergence. IV is 0 only
if both are distributed alike, is symmetric, and never rises if bins are merged. The log odds of good in a bin are
WoE_j + ln(n_good / n_bad). Errors, bias and test: see `measures`. Labels are rules of thumb; look at the interval.

Sources: Sudjianto and Burakov (2025), arXiv 2509.09855; sheet 23. Differs: the error counts covariances, the test is
chi-square and not Wald, and a feature of many bins is not flattered if features are ranked by `debiased`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from psephos.engine import Rng
from psephos.errors import InputError, check_choice, check_floats
from psephos.metrics.divergence.measuring import measured
from psephos.metrics.divergence.result import Divergence

LABELS = ("none", "weak", "medium", "strong", "very strong: check for leakage")
THRESHOLDS = (0.02, 0.1, 0.3, 0.5)


def information_value(
    good: npt.ArrayLike,
    bad: npt.ArrayLike,
    *,
    names: Sequence[object] | None = None,
    sizes: tuple[float, float] | None = None,
    sign: str = "good",
    smoothing: float = 0.5,
    spread: str = "multinomial",
    bias: str = "null",
    test: str = "chi-square",
    repeats: int = 9999,
    level: float = 0.95,
    rng: Rng = None,
    thresholds: Sequence[float] = THRESHOLDS,
) -> Divergence:
    """Information value of a feature, with the weight of evidence of each bin.

    Parameters
    ----------
    good, bad : array_like of float, shape (n_bins,)
        Rows without and with the event in each bin; `count_by_outcome` counts them.
    names, sizes
        As of `divergence`.
    sign : {"good", "event"}, default "good"
        Whether evidence is for the absence of the event, or for the event.
    smoothing : float, default 0.5
        What is added to every cell if some cell is empty.
    spread : {"multinomial", "fastwoe"}, default "multinomial"
        Errors with both distributions estimated; "fastwoe": as published, the prior fixed for the evidence, and of the
        IV too small.
    bias, test, repeats, level, rng
        As of `divergence`.
    thresholds : sequence of float, default (0.02, 0.1, 0.3, 0.5)
        From where a feature is called weak, medium, strong, very strong.

    Returns
    -------
    Divergence
        The sum with its error and p-value, and the evidence of each bin.

    Raises
    ------
    InputError
        As of `divergence`; if there are not four rising thresholds.

    See Also
    --------
    weight_of_evidence : the evidence alone.
    population_stability : the same number for drift.

    Examples
    --------
    >>> found = information_value([100, 200, 300, 400], [40, 30, 20, 10])
    >>> print(f"{found.distance}, T = {found.statistic:.3f}")
    .91 [.51, 1.32], T = 82.988
    """
    return measured(
        good,
        bad,
        sides=("good", "bad"),
        name="information value",
        measure="jeffreys",
        names=names,
        sizes=sizes,
        smoothing=smoothing,
        spread=spread,
        bias=bias,
        test=test,
        repeats=repeats,
        level=level,
        rng=rng,
        labels=LABELS,
        thresholds=check_thresholds(thresholds, len(LABELS) - 1),
        sign=1 if check_choice("sign", sign, ("good", "event")) == "good" else -1,
    )


def weight_of_evidence(
    good: npt.ArrayLike,
    bad: npt.ArrayLike,
    *,
    sign: str = "good",
    smoothing: float = 0.5,
    spread: str = "multinomial",
    level: float = 0.95,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Weight of evidence of each bin and its standard error.

    Parameters
    ----------
    good, bad, sign, smoothing, spread, level
        As of `information_value`.

    Returns
    -------
    evidence, standard_error : ndarray of float64, shape (n_bins,)
        Without bins that are empty on both sides; infinite, with an error of NaN, where a cell is empty and
        `smoothing` is 0.

    Raises
    ------
    InputError
        As of `information_value`.

    Examples
    --------
    >>> evidence, error = weight_of_evidence([30, 20], [10, 40])
    >>> evidence.round(3), error.round(3)
    (array([ 1.099, -0.693]), array([0.306, 0.187]))
    """
    bins = information_value(good, bad, sign=sign, smoothing=smoothing, spread=spread, level=level).bins
    return bins["evidence"].to_numpy(), bins["standard_error"].fill_null(float("nan")).to_numpy()


def check_thresholds(thresholds: Sequence[float], count: int) -> list[float]:
    """Rising thresholds, as many as are needed.

    Examples
    --------
    >>> check_thresholds([0.1, 0.25], 2)
    [0.1, 0.25]
    """
    found: list[float] = check_floats("thresholds", list(thresholds)).tolist()
    if len(found) != count or sorted(set(found)) != found:
        raise InputError("thresholds", f"must be {count} rising numbers, got {found}")
    return found
