"""What is a forecast of probabilities, and what came of it?

The door of all metrics of probabilities. An event has a probability p of y = 1; a choice between C classes has one
probability per class. Either way there is a side that is taken, how sure the forecast is of it, and whether it is so:

    two outcomes    taken 1 if p >= 1/2 else 0,     c = max(p, 1 - p),      hit = [taken = y]
    C classes       the first of the likeliest,     c = max_k p_k,          hit = [taken = y]

An outcome of a half (a draw, with ``ties="half"``) counts half as each outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_choice, check_floats, check_same_length
from psephos.metrics.columns import Floats, check_weights
from psephos.metrics.conventions import Missing, check_missing

Ties = Literal["error", "drop", "half"]
"""An outcome of 0.5: refuse, leave the row out and count it, or count it half as each outcome."""

SUM_TOLERANCE = 1e-6
"""How far the probabilities of the classes of an item may be from a sum of 1; they are then divided by their sum."""


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Checked forecasts with their outcomes.

    Attributes
    ----------
    prob : ndarray of float64, shape (n,) or (n, n_classes)
    y : ndarray of float64, shape (n,)
        0, 1 or 1/2; the codes of the classes if there are several.
    weights : ndarray of float64, shape (n,)
    confidence, hit : ndarray of float64, shape (n,)
    kept : ndarray of bool, shape (n_rows,)
        Which of the rows that were given take part.
    ties, missing : int
        Rows left out for a draw, and for NaN.
    """

    prob: Floats
    y: Floats
    weights: Floats
    confidence: Floats
    hit: Floats
    kept: npt.NDArray[np.bool_]
    ties: int = 0
    missing: int = 0

    def __len__(self) -> int:
        return len(self.y)

    @property
    def binary(self) -> bool:
        """Whether an event is forecast, rather than one of several classes."""
        return self.prob.ndim == 1

    @property
    def scores(self) -> Floats:
        """What each item adds to the Balance score, hit - c."""
        return self.hit - self.confidence

    def mean(self, values: Floats) -> float:
        """Weighted mean over the items."""
        return float(self.weights @ values / self.weights.sum())


def check_forecasts(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    *,
    ties: Ties = "error",
    missing: Missing = "error",
    binary: bool = False,
) -> Forecasts:
    """Check probabilities, outcomes and weights; `binary` refuses several classes.

    Examples
    --------
    >>> check_forecasts([0.8, 0.4], [1, 1]).scores
    array([ 0.2, -0.6])
    """
    check_choice("ties", ties, get_args(Ties))
    skip = check_missing(missing)
    several = np.ndim(prob) == 2
    if several and binary:
        raise InputError("prob", "must be the probability of one event, got several classes")
    p = check_floats("prob", prob, ndim=2 if several else 1, missing=True)
    outcome = check_floats("y", y, missing=True)
    w = check_weights(weights, len(p))
    check_same_length(prob=p, y=outcome)
    if not len(p):
        raise InputError("prob", "is empty", hint="give one probability per item")
    lost = np.isnan(outcome) | (np.isnan(p).any(axis=1) if several else np.isnan(p))
    if lost.any() and not skip:
        first = int(np.argmax(lost))
        raise InputError(
            "y" if np.isnan(outcome[first]) else "prob",
            "holds NaN",
            where=f"index {first}",
            hint='missing="skip" leaves such rows out and counts them',
        )
    _check_range(p)
    kept = ~lost
    if several:
        p = _check_sums(p, lost)
        _check_classes(outcome, p.shape[1], lost)
        draws = np.zeros(len(p), dtype=bool)
    else:
        draws = _check_outcomes(outcome, lost, ties)
        kept &= ~draws if ties == "drop" else True
    if not kept.any() or not w[kept].sum() > 0:
        raise InputError("prob" if not kept.any() else "weights", "leave nothing: every row was left out")
    p, outcome, w = p[kept], outcome[kept], w[kept]
    if several:
        taken = p.argmax(axis=1)
        confidence, hit = p[np.arange(len(p)), taken], (taken == outcome).astype(np.float64)
    else:
        confidence, hit = np.where(p >= 0.5, p, 1 - p), np.where(p >= 0.5, outcome, 1 - outcome)
    dropped = int((draws & ~lost).sum()) if ties == "drop" else 0
    return Forecasts(p, outcome, w, confidence, hit, kept, dropped, int(lost.sum()))


def _check_range(p: Floats) -> None:
    bad = (p < 0) | (p > 1)
    if bad.any():
        index = np.unravel_index(int(np.argmax(bad)), p.shape)
        percent = np.nanmax(p) > 1 and np.nanmin(p) >= 0 and np.nanmax(p) <= 100
        raise InputError(
            "prob",
            f"must lie between 0 and 1, got {p[index]:g}",
            where=f"index {', '.join(map(str, index))}",
            hint="these look like percent: divide by 100" if percent else None,
        )


def _check_sums(p: Floats, lost: npt.NDArray[np.bool_]) -> Floats:
    if p.shape[1] < 2:
        raise InputError("prob", f"must have a column for each of two classes or more, got {p.shape[1]}")
    sums = p.sum(axis=1)
    off = ~lost & (np.abs(sums - 1) > SUM_TOLERANCE)
    if off.any():
        first = int(np.argmax(off))
        raise InputError(
            "prob",
            f"must sum to 1 over the classes, got {sums[first]:g}",
            where=f"index {first}",
            hint="divide each row by its sum",
        )
    return np.asarray(p / sums[:, None])


def _check_classes(y: Floats, n_classes: int, lost: npt.NDArray[np.bool_]) -> None:
    bad = ~lost & ~np.isin(y, np.arange(n_classes))
    if bad.any():
        first = int(np.argmax(bad))
        raise InputError("y", f"must be a class from 0 to {n_classes - 1}, got {y[first]:g}", where=f"index {first}")


def _check_outcomes(y: Floats, lost: npt.NDArray[np.bool_], ties: Ties) -> npt.NDArray[np.bool_]:
    draws = np.asarray(y == 0.5)
    bad = ~lost & (y != 0) & (y != 1) & ~(draws if ties != "error" else False)
    if bad.any():
        first = int(np.argmax(bad))
        raise InputError(
            "y",
            f"must be 0 or 1, got {y[first]:g}",
            where=f"index {first}",
            hint='a draw: ties="drop" or ties="half"' if y[first] == 0.5 else None,
        )
    return draws
