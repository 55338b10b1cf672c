r"""Has a live forecaster drifted, and can the probabilities be mended?

**Monitor.** Under calibration the items f_t = hit - c of the Balance score are increments of a martingale, each within
an interval of length 1. The mixture of Hoeffding's bounds over all slopes gives a band that the sum S_t leaves with
probability at most alpha, at whatever time one looks,

    |S_t| <= sqrt((t / 4 + r) log((t / 4 + r) / (r alpha^2))).

**Repair.** Dividing logits by a temperature T moves confidence and leaves sides alone, so Balance(T) = accuracy - mean
confidence rises with T, and one T has Balance 0.

Sources: Robbins (1970), doi:10.1214/aoms/1177696786; sheet 08, "beyond the paper". Differs: ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import scipy
from scipy import special

from psephos.errors import InputError, check_number
from psephos.metrics.columns import Floats
from psephos.metrics.conventions import Missing
from psephos.metrics.probability.forecasts import Ties, check_forecasts
from psephos.metrics.probability.scoring_rules import log_losses
from psephos.opinions.wording import plural

HOTTEST = 1e6


@dataclass(frozen=True, eq=False)
class BalanceMonitor:
    """The sum of the Balance scores of items over time, with a band that holds at all times.

    Attributes
    ----------
    path : polars.DataFrame
        time (1 for the first item), total (sum of scores), limit (end of the band).
    alarm_at : int or None
        The first time at which the total is outside the band.
    direction : str
        "over-confident", "under-confident", or "" without alarm.
    level : float
        The chance that a calibrated forecaster is never called off.
    """

    path: pl.DataFrame
    alarm_at: int | None
    direction: str
    level: float

    def __str__(self) -> str:
        if self.alarm_at is None:
            return f"no drift in {plural(self.path.height, 'item')}"
        return f"{self.direction} from item {self.alarm_at:,} at the latest"


def balance_monitor(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    ties: Ties = "error",
    missing: Missing = "error",
    level: float = 0.95,
    tuned_for: int = 100,
) -> BalanceMonitor:
    """Watch the calibration of a live forecaster.

    Parameters
    ----------
    prob, y, ties, missing
        As of `balance_score`, in the order of time.
    level : float, default 0.95
        The chance that a calibrated forecaster is never called off, however long one watches.
    tuned_for : int, default 100
        Number of items at which the band is about narrowest for its purpose; fixed before looking.

    Returns
    -------
    BalanceMonitor
        The sum after each item, its band, and the item at which it left the band, if it did.

    Raises
    ------
    InputError
        As of `balance_score`; if `tuned_for` is not above 0.

    Examples
    --------
    >>> balance_monitor([0.99] * 20, [0] * 20).alarm_at
    6
    """
    alpha = 1 - check_number("level", level, low=0, high=1, open_ends=True)
    prior = check_number("tuned_for", tuned_for, low=0, open_ends=True) / 4 / (1 - 2 * math.log(alpha))
    scores = check_forecasts(prob, y, ties=ties, missing=missing).scores
    time = np.arange(1, len(scores) + 1)
    spread = time / 4 + prior
    total, limit = np.cumsum(scores), np.sqrt(spread * np.log(spread / (prior * alpha**2)))
    outside = np.abs(total) > limit
    first = int(np.argmax(outside)) if outside.any() else None
    direction = "" if first is None else "over-confident" if total[first] < 0 else "under-confident"
    path = pl.DataFrame({"time": time, "total": total, "limit": limit})
    return BalanceMonitor(path, None if first is None else first + 1, direction, level)


@dataclass(frozen=True)
class Temperature:
    """A temperature at which the Balance score is 0.

    Attributes
    ----------
    value : float
        Logits are divided by it; above 1 where the forecast was over-confident.
    balance_before : float
        Balance score on the items it was fitted to.
    log_loss_before, log_loss_after : float
        On the held-out items, or on those it was fitted to if none were given.
    held_out : bool
        Whether the log losses are of held-out items.
    """

    value: float
    balance_before: float
    log_loss_before: float
    log_loss_after: float
    held_out: bool

    def apply(self, prob: npt.ArrayLike) -> Floats:
        """The mended probabilities of the event."""
        checked = check_forecasts(prob, np.zeros(np.shape(prob)), binary=True).prob
        return _cooled(checked, self.value)


def balance_temperature(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    ties: Ties = "error",
    missing: Missing = "error",
    held_out: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
) -> Temperature:
    """The temperature that makes the Balance score 0.

    Parameters
    ----------
    prob, y, weights, ties, missing
        As of `balance_score`, two outcomes.
    held_out : (array_like, array_like), optional
        Probabilities and outcomes of other items, on which the log loss before and after is told.

    Returns
    -------
    Temperature
        Above 1 the forecasts were too sure; with the scores before and after.

    Raises
    ------
    InputError
        As of `balance_score`; if no temperature does it: fewer than half of the sides are right, or all of them.

    Examples
    --------
    >>> found = balance_temperature([0.9, 0.9, 0.9, 0.9], [1, 1, 1, 0])
    >>> found.apply([0.9]).round(6)
    array([0.75])
    """
    forecasts = check_forecasts(prob, y, weights, ties=ties, missing=missing, binary=True)
    accuracy = forecasts.mean(forecasts.hit)

    def balance(log_temperature: float) -> float:
        cooled = _cooled(forecasts.prob, math.exp(log_temperature))
        return accuracy - forecasts.mean(np.maximum(cooled, 1 - cooled))

    end = math.log(HOTTEST)
    if not balance(-end) < 0 < balance(end):
        raise InputError(
            "y",
            f"no temperature balances an accuracy of {accuracy:.3f}",
            hint="probabilities of 0, 1/2 and 1 do not move; the sides have to be right more often than a coin",
        )
    value = math.exp(float(scipy.optimize.brentq(balance, -end, end, xtol=1e-12)))
    told = forecasts if held_out is None else check_forecasts(*held_out, ties=ties, missing=missing, binary=True)
    after = check_forecasts(_cooled(told.prob, value), told.y, told.weights, ties="half")
    before, mended = told.mean(log_losses(told)), after.mean(log_losses(after))
    return Temperature(value, forecasts.mean(forecasts.scores), before, mended, held_out is not None)


def _cooled(prob: Floats, temperature: float) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(special.expit(special.logit(prob) / temperature))
