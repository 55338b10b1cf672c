"""How good are the probabilities of each group? The lines of the report by group.

Source: sheet 08. Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt
import polars as pl

from psephos.metrics.columns import codes_of
from psephos.metrics.probability.balance import balance_of
from psephos.metrics.probability.bins import Of
from psephos.metrics.probability.calibration_error import expected_calibration_error
from psephos.metrics.probability.forecasts import Forecasts, check_forecasts
from psephos.metrics.probability.scoring_rules import log_losses, squares


def by_group(forecasts: Forecasts, groups: npt.ArrayLike, of: Of, same: Mapping[str, Any]) -> pl.DataFrame:
    """One row for each group.

    Parameters
    ----------
    forecasts : Forecasts
        Of the rows that were kept.
    groups : array_like, shape (n_rows,)
        Group of each row that was given.
    of : {"event", "confidence"}
        What the calibration error is of.
    same : mapping
        Options of the calibration error, those of the whole report.

    Returns
    -------
    polars.DataFrame
        group, items, accuracy, balance, standard_error, z, brier, log_loss, ece; nulls for a group without rows.
    """
    codes, names = codes_of("groups", groups, len(forecasts.kept))
    codes = codes[forecasts.kept]
    rows: list[dict[str, Any]] = []
    for code, name in enumerate(names):
        those = (codes == code) & (forecasts.weights > 0)
        if not those.any():
            rows.append({"group": name, "items": 0})
            continue
        part: dict[str, Any] = {**same, "weights": forecasts.weights[those]}
        own = check_forecasts(forecasts.prob[those], forecasts.y[those], part["weights"], ties=same["ties"])
        found = balance_of(own, None, 0.95)
        rows.append(
            {
                "group": name,
                "items": len(own),
                "accuracy": found.accuracy,
                "balance": found.value,
                "standard_error": found.standard_error,
                "z": found.z,
                "brier": own.mean(squares(own)),
                "log_loss": own.mean(log_losses(own)),
                "ece": expected_calibration_error(own.prob, own.y, of=of, **part),
            }
        )
    numbers = ("accuracy", "balance", "standard_error", "z", "brier", "log_loss", "ece")
    return pl.DataFrame(rows, schema={"group": pl.String, "items": pl.Int64} | dict.fromkeys(numbers, pl.Float64))
