r"""Are probabilities too bold or too timid?

The Balance score asks how often the side that was taken is right, and how sure the forecast was of it:

    f_i = hit_i - c_i,          Balance = sum w_i f_i / sum w_i = accuracy - mean confidence.

Below 0: over-confident; above: under-confident; no bins. A calibrated forecast has E f_i = 0, variance c_i (1 - c_i),
so z = Balance / se0 with se0^2 = sum w_i^2 c_i (1 - c_i) / (sum w)^2 tests calibration; the interval is from the spread
of f itself. |E Balance| is the true calibration error only where the forecast errs in one direction: errors of opposite
sign cancel. Two things show it and raise the alarm "errors cancel": a band of confidence or a side with |z| > 3 where
the total has |z| < 2; and an ECE above the 99 % quantile of chance whose debiased value is more than twice |Balance|.

Sources: Choi, Kim and Lee (2023), arXiv 2309.06248; sheet 08. Differs: standard error, test, clusters, several classes
and the alarm are ours. It is not a proper score: a constant forecast of the base rate scores 0, so never train on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.errors import check_number
from psephos.metrics.columns import Floats, codes_of
from psephos.metrics.conventions import Missing
from psephos.metrics.probability.forecasts import Forecasts, Ties, check_forecasts
from psephos.opinions.wording import plural
from psephos.statistics import Interval, normal_interval

TOTAL_Z = 2.0
"""Up to this z the total is taken for calibrated."""


@dataclass(frozen=True)
class Balance(Interval):
    """The Balance score with its interval.

    Attributes
    ----------
    value, low, high, level : float
        Accuracy minus mean confidence; the ends are NaN where there is one item, or one cluster.
    standard_error : float
        Of the value, from the spread of the items (of clusters, where they are given).
    null_error : float
        Standard error if the forecasts were calibrated and items independent.
    z, p : float
        Test of calibration and its two-sided p-value; with clusters z is value / standard_error, as snapshots of one
        match are not independent. NaN where the error is 0.
    accuracy, confidence : float
        Share that was right, and mean probability of what was said.
    items : int
        How many were counted.
    note : str
        Why something is NaN, and what was left out.
    """

    standard_error: float
    null_error: float
    z: float
    p: float
    accuracy: float
    confidence: float
    items: int
    note: str = ""

    @property
    def verdict(self) -> str:
        """The finding in words, in points of a hundred."""
        error = "" if math.isnan(self.standard_error) else f" +- {100 * self.standard_error:.1f}"
        if not abs(self.z) >= TOTAL_Z:
            return f"balanced within chance: {100 * self.value:+z.1f} points{error}"
        side = "over" if self.value < 0 else "under"
        return f"{side}-confident by {100 * abs(self.value):.1f} points{error}"

    def __str__(self) -> str:
        note = f" ({self.note})" if self.note else ""
        return f"{self.verdict}, z = {self.z:.2f}, {plural(self.items, 'item')}{note}"


def balance_score(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    clusters: npt.ArrayLike | None = None,
    ties: Ties = "error",
    missing: Missing = "error",
    level: float = 0.95,
) -> Balance:
    """Accuracy minus mean confidence, with its error and a test of calibration.

    Parameters
    ----------
    prob : array_like of float, shape (n,) or (n, n_classes)
        Probability of the event, or of each class.
    y : array_like, shape (n,)
        0 or 1, or the code of the class.
    weights : array_like of float, shape (n,), optional
        How much each row counts, at least 0.
    clusters : array_like, shape (n,), optional
        Within what the items are not independent: the match of its snapshots.
    ties, missing
        As of `brier_score`.
    level : float, default 0.95
        Confidence of the interval.

    Returns
    -------
    Balance
        Below 0 is over-confident, above 0 under-confident; with error, interval and p-value.

    Raises
    ------
    InputError
        As of `brier_score`.

    See Also
    --------
    balance_bands : where errors cancel.
    probability_report : this beside Brier score, log loss and ECE, with the alarm.

    Examples
    --------
    >>> found = balance_score([0.9, 0.8, 0.7, 0.6], [1, 1, 0, 0])
    >>> round(found.value, 3), found.accuracy
    (-0.25, 0.5)
    """
    check_number("level", level, low=0, high=1, open_ends=True)
    forecasts = check_forecasts(prob, y, weights, ties=ties, missing=missing)
    codes = None if clusters is None else codes_of("clusters", clusters, len(forecasts.kept))[0][forecasts.kept]
    return balance_of(forecasts, codes, level)


def balance_items(prob: npt.ArrayLike, y: npt.ArrayLike, *, ties: Ties = "error", missing: Missing = "error") -> Floats:
    """What each item adds to the Balance score, hit - confidence.

    Parameters
    ----------
    prob, y, ties, missing
        As of `balance_score`; rows that are left out have no score.

    Returns
    -------
    ndarray of float64, shape (n_kept,)
        From -1 (sure and wrong) to 1/2 (right by a coin).

    Raises
    ------
    InputError
        As of `balance_score`.

    Examples
    --------
    >>> balance_items([0.75, 0.25, 0.5], [1, 1, 0])
    array([ 0.25, -0.75, -0.5 ])
    """
    return check_forecasts(prob, y, ties=ties, missing=missing).scores


def balance_of(forecasts: Forecasts, codes: npt.NDArray[np.int64] | None, level: float) -> Balance:
    """The Balance score of checked forecasts."""
    w, f, c = forecasts.weights, forecasts.scores, forecasts.confidence
    total, value = float(w.sum()), forecasts.mean(forecasts.scores)
    moved = w * (f - value)
    if codes is not None:
        _, codes = np.unique(codes, return_inverse=True)
        moved = np.bincount(codes, weights=moved).astype(np.float64)
    null = math.sqrt(float(w**2 @ (c * (1 - c)))) / total
    used = int((w > 0).sum()) if codes is None else len(moved)
    return balance_from(
        value,
        float((moved**2).sum()),
        null,
        used,
        total,
        accuracy=forecasts.mean(forecasts.hit),
        confidence=forecasts.mean(c),
        items=len(forecasts),
        level=level,
        clustered=codes is not None,
        left_out=_left_out(forecasts),
    )


def balance_from(
    value: float,
    squares: float,
    null: float,
    units: int,
    total: float,
    *,
    accuracy: float,
    confidence: float,
    items: int,
    level: float,
    clustered: bool = False,
    left_out: str = "",
) -> Balance:
    """The Balance score from its sums.

    Parameters
    ----------
    value : float
        The score: accuracy less mean confidence.
    squares : float
        Sum of w^2 (f - Balance)^2 over units.
    null : float
        Standard error se0 if the forecast is calibrated.
    units : int
        Items, or clusters of them.
    total : float
        Sum of the weights.
    accuracy, confidence : float
        Weighted means.
    items : int
        Items.
    level : float
        Confidence of the interval.
    clustered : bool
        Whether units are clusters: the test then uses their spread and not `null`.
    left_out : str
        A note on rows that were left out.

    Returns
    -------
    Balance
        Error and interval are NaN with a single unit.
    """
    notes = [left_out] if left_out else []
    error = math.sqrt(units / (units - 1) * squares) / total if units > 1 else math.nan
    if units < 2:
        notes.append(f"no standard error from one {'cluster' if clustered else 'item'}")
    spread = error if clustered else null
    z = value / spread if spread > 0 else math.nan
    if spread == 0:
        notes.append("no test: every forecast is sure" if not clustered else "no test: clusters do not differ")
    low, high = (float(end) for end in normal_interval(value, error, level))
    p = float(2 * special.ndtr(-abs(z)))
    return Balance(value, low, high, level, error, null, z, p, accuracy, confidence, items, "; ".join(notes))


def _left_out(forecasts: Forecasts) -> str:
    counts = ((forecasts.ties, "draws"), (forecasts.missing, "rows with NaN"))
    return ", ".join(f"{count:,} {what} left out" for count, what in counts if count)
