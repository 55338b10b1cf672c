r"""How far are probabilities from the shares that come true?

Of the items given a probability of about p, a share of about p should happen. In bins of p,

    ECE = sum_k (n_k / n) |p_k - y_k|,          MCE = max_k |p_k - y_k|,            p_k, y_k the means in bin k.

It depends on the bins and is biased upwards: with few items a bin, chance alone is a distance, which `calibration_test`
takes off; `smooth_calibration_error` needs no bins.

Sources: Naeini, Cooper and Hauskrecht (2015); sheet 08. Differs: every convention has a name, and which probability is
meant has none by default.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from psephos.errors import check_choice
from psephos.metrics.columns import Floats
from psephos.metrics.conventions import Missing
from psephos.metrics.probability.bins import Of, Strategy, bins_of, sides
from psephos.metrics.probability.forecasts import Ties, check_forecasts

Norm = Literal["l1", "l2", "max"]


def expected_calibration_error(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    of: Of,
    norm: Norm = "l1",
    bins: int | npt.ArrayLike = 10,
    strategy: Strategy = "width",
    right_closed: bool = False,
    weights: npt.ArrayLike | None = None,
    ties: Ties = "error",
    missing: Missing = "error",
) -> float:
    """Distance of probabilities from the shares that come true, over bins (ECE; ``norm="max"`` is the MCE).

    Parameters
    ----------
    prob, y
        As of `reliability_table`.
    of : {"event", "confidence"}
        Which probability is meant, see `reliability_table`. It has no default: both are called ECE.
    norm : {"l1", "l2", "max"}, default "l1"
        Mean distance, root of the mean squared distance, or largest distance over bins.
    bins, strategy, right_closed, weights, ties, missing
        As of `reliability_table`.

    Returns
    -------
    float
        0 is best.

    Raises
    ------
    InputError
        As of `reliability_table`.

    See Also
    --------
    calibration_test : how much of it is chance.
    smooth_calibration_error : without bins.
    balance_score : without bins, and with a sign.

    Examples
    --------
    >>> round(expected_calibration_error([0.2, 0.3, 0.9], [0, 1, 1], of="event", bins=2), 6)
    0.2
    """
    check_choice("norm", norm, get_args(Norm))
    forecasts = check_forecasts(prob, y, weights, ties=ties, missing=missing)
    said, happened = sides(forecasts, of)
    made = bins_of(said, bins, strategy, right_closed)
    return distance(made.sums(forecasts.weights, said, happened), norm)


def distance(sums: tuple[Floats, ...], norm: Norm = "l1") -> float:
    """The distance over bins from sums of the weights, of what was said and of what happened."""
    size, said, happened = sums
    some = size > 0
    gaps = np.abs(said[some] - happened[some])
    if norm == "l1":
        return float(gaps.sum() / size.sum())
    if norm == "max":
        return float((gaps / size[some]).max())
    return float(np.sqrt((gaps**2 / size[some]).sum() / size.sum()))
