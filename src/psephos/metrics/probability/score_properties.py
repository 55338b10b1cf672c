"""What does a measure of probabilities promise?

Six properties that a check of calibration should have, and one that it need not: each is tried on worlds in which
everything is known, with weights for probabilities, so that nothing is simulated (an item that happens with probability
p is two rows, y = 1 with weight p and y = 0 with weight 1 - p).

    no truth needed     it takes probabilities and outcomes only
    known optimum       0 where q = p, whatever p
    bounded             no value beyond 1 in size, also for sure and wrong
    calibration only    two calibrated forecasters of different skill have the same value
    item by item        the value of all is the mean of the values of each
    true to distance    one item: the size of its expectation is |q - p|
    proper              saying p is better than saying the base rate: what training needs

Sources: Choi, Kim and Lee (2023), arXiv 2309.06248, as sheet 08 reconstructs the six. Differs: properness is ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.metrics.columns import Floats
from psephos.metrics.probability.balance import balance_score
from psephos.metrics.probability.calibration_error import expected_calibration_error
from psephos.metrics.probability.scoring_rules import brier_score, log_loss

Score = Callable[..., float]
CLOSE = 1e-9
LEVELS = np.linspace(0.02, 0.98, 49)


def score_properties(scores: dict[str, Score] | None = None) -> pl.DataFrame:
    """Which measure has which property.

    Parameters
    ----------
    scores : dict of str to callable, optional
        Measures called as ``score(prob, y, weights=weights)``; best at 0 or small. Balance score, ECE of the event,
        Brier score and log loss if not given.

    Returns
    -------
    polars.DataFrame
        score, property, holds, worst (the largest deviation that was found; 1 where a call fails).

    See Also
    --------
    balance_score : has the six and is not proper.

    Examples
    --------
    >>> held = score_properties().filter(pl.col("holds")).group_by("score").len().sort("score")
    >>> held.rows()
    [('Balance', 6), ('Brier', 4), ('ECE', 5), ('log loss', 3)]
    """
    measures = scores or {
        "Balance": lambda prob, y, weights: balance_score(prob, y, weights=weights).value,
        "ECE": lambda prob, y, weights: expected_calibration_error(prob, y, of="event", weights=weights),
        "Brier": brier_score,
        "log loss": log_loss,
    }
    rows: list[dict[str, Any]] = []
    for name, score in measures.items():
        for what, check in CHECKS.items():
            try:
                holds, worst = check(score)
            except (TypeError, ValueError):
                holds, worst = False, 1.0
            rows.append({"score": name, "property": what, "holds": bool(holds), "worst": float(worst)})
    return pl.DataFrame(rows)


def expected_value(score: Score, q: npt.ArrayLike, p: npt.ArrayLike) -> float:
    """The measure of forecasts q where events have the probabilities p: each outcome weighs as likely as it is."""
    said, true = np.atleast_1d(q).astype(np.float64), np.atleast_1d(p).astype(np.float64)
    happened = np.concatenate([np.ones(len(said)), np.zeros(len(said))])
    return float(score(np.concatenate([said, said]), happened, weights=np.concatenate([true, 1 - true])))


def _no_truth_needed(score: Score) -> tuple[bool, float]:
    found = score(np.array([0.3, 0.8]), np.array([0.0, 1.0]), weights=np.ones(2))
    return bool(np.isfinite(found)), 0.0


def _known_optimum(score: Score) -> tuple[bool, float]:
    worst = max(abs(expected_value(score, world, world)) for world in _worlds())
    return worst < CLOSE, worst


def _bounded(score: Score) -> tuple[bool, float]:
    extremes = np.array([0.0, 1e-300, 1e-9, 0.5, 1 - 1e-9, 1.0])
    worst = max(abs(score(np.array([q]), np.array([y]), weights=np.ones(1))) for q in extremes for y in (0.0, 1.0))
    return worst <= 1 + CLOSE, float(worst)


def _calibration_only(score: Score) -> tuple[bool, float]:
    values = [expected_value(score, world, world) for world in _worlds()]
    return max(values) - min(values) < CLOSE, max(values) - min(values)


def _item_by_item(score: Score) -> tuple[bool, float]:
    prob, y = np.array([0.31, 0.33, 0.37, 0.72, 0.78]), np.array([1.0, 0.0, 0.0, 1.0, 0.0])
    each = [score(prob[[i]], y[[i]], weights=np.ones(1)) for i in range(len(y))]
    apart = abs(score(prob, y, weights=np.ones(len(y))) - float(np.mean(each)))
    return apart < CLOSE, apart


def _true_to_distance(score: Score) -> tuple[bool, float]:
    worst = max(abs(abs(expected_value(score, q, p)) - abs(q - p)) for q in LEVELS[::4] for p in LEVELS[::6])
    return worst < CLOSE, float(worst)


def _proper(score: Score) -> tuple[bool, float]:
    """Among forecasts of a world of two kinds of item, the honest one alone has the least size."""
    true = np.array([0.2, 0.8])
    honest = abs(expected_value(score, true, true))
    others = [abs(expected_value(score, q, true)) for q in ([0.5, 0.5], [0.3, 0.7], [0.1, 0.9], [0.8, 0.2])]
    return honest < min(others) - CLOSE, max(0.0, honest - min(others))


def _worlds() -> tuple[Floats, ...]:
    return LEVELS, LEVELS[:10], np.full(3, 0.5), np.array([0.1, 0.9])


CHECKS: dict[str, Callable[[Score], tuple[bool, float]]] = {
    "no truth needed": _no_truth_needed,
    "known optimum": _known_optimum,
    "bounded": _bounded,
    "calibration only": _calibration_only,
    "item by item": _item_by_item,
    "true to distance": _true_to_distance,
    "proper": _proper,
}
