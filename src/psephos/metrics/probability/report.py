"""How good are these probabilities?

One report on forecasts of an event (or of one of several classes) and what came of them: the Balance score with its
error, test and alarm, Brier score and its parts, log loss, ECE with and without chance, smooth ECE, the reliability
table, and the same by group.

Sources: sheet 08 and the files of each measure. Differs: see there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Rng, seed_of
from psephos.errors import check_number
from psephos.metrics.columns import codes_of
from psephos.metrics.conventions import Missing
from psephos.metrics.probability.balance import Balance, balance_of
from psephos.metrics.probability.balance_bands import bands_of, cancelling
from psephos.metrics.probability.bins import Of, Strategy, bins_of, reliability_table
from psephos.metrics.probability.calibration_chance import CalibrationTest, calibration_test
from psephos.metrics.probability.calibration_error import expected_calibration_error
from psephos.metrics.probability.forecasts import Forecasts, Ties, check_forecasts
from psephos.metrics.probability.report_by_group import by_group
from psephos.metrics.probability.scoring_rules import BrierParts, brier_parts, clipped, log_losses, squares
from psephos.metrics.probability.smooth_calibration import smooth_calibration_error
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result
from psephos.opinions.wording import plural


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class ProbabilityReport(Result):
    """How good probabilities are.

    Attributes
    ----------
    balance : Balance
        Accuracy minus mean confidence, with interval and test.
    brier, log_loss : float
        Both scores.
    parts : BrierParts or None
        What the Brier score is made of; None for several classes.
    calibration : CalibrationTest
        The ECE of the event (of several classes: of the confidence), and what of it is chance.
    largest : float
        The largest distance over bins (MCE).
    confidence_error : float
        ECE of the confidence.
    smooth : float
        Smooth ECE.
    reliability : polars.DataFrame
        See `reliability_table`.
    bands : polars.DataFrame
        See `balance_bands`.
    cancel : tuple of str
        Why errors of opposite sign are taken to cancel; empty if they are not.
    groups : polars.DataFrame
        group, items, accuracy, balance, standard_error, z, brier, log_loss, ece; empty without groups.
    clipped : int
        Items whose probability was clipped in the log loss.
    """

    balance: Balance
    brier: float
    log_loss: float
    parts: BrierParts | None
    calibration: CalibrationTest
    largest: float
    confidence_error: float
    smooth: float
    reliability: pl.DataFrame
    bands: pl.DataFrame
    cancel: tuple[str, ...] = ()
    groups: pl.DataFrame = field(default_factory=pl.DataFrame)
    clipped: int = 0

    @property
    def errors_cancel(self) -> bool:
        """Whether the alarm of the Balance score is raised."""
        return bool(self.cancel)

    def table(self) -> pl.DataFrame:
        """The reliability table."""
        return self.reliability

    def summary(self) -> list[tuple[str, str]]:
        """The report in a few lines."""
        found = self.balance
        lines = [
            ("balance", str(found)),
            ("accuracy", f"{found.accuracy:.4f}, mean confidence {found.confidence:.4f}"),
        ]
        if self.cancel:
            lines.insert(1, ("errors cancel", "; ".join(self.cancel)))
        parts = self.parts
        made = "" if parts is None else f" = {parts.reliability:.4f} reliability - {parts.resolution:.4f} resolution"
        made += "" if parts is None else f" + {parts.uncertainty:.4f} uncertainty {parts.remainder:+.4f} within bins"
        cut = f" ({self.clipped:,} clipped)" if self.clipped else ""
        lines += [
            ("Brier score", f"{self.brier:.4f}{made}"),
            ("log loss", f"{self.log_loss:.4f}{cut}"),
            ("calibration", f"{self.calibration}; largest {self.largest:.4f}"),
            ("other ECE", f"of the confidence {self.confidence_error:.4f}, smooth {self.smooth:.4f}"),
        ]
        return lines


def probability_report(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    clusters: npt.ArrayLike | None = None,
    bins: int | npt.ArrayLike = 10,
    strategy: Strategy = "width",
    right_closed: bool = False,
    ties: Ties = "error",
    missing: Missing = "error",
    level: float = 0.95,
    rng: Rng = None,
) -> ProbabilityReport:
    """Report on probabilities and what came of them.

    Parameters
    ----------
    prob : array_like of float, shape (n,) or (n, n_classes)
        Probability of the event, or of each class.
    y : array_like, shape (n,)
        0 or 1, or the code of the class.
    weights : array_like of float, shape (n,), optional
        How much each row counts, at least 0.
    groups : array_like, shape (n,), optional
        A report line for each of these.
    clusters : array_like, shape (n,), optional
        Within what the items are not independent, for the error of the Balance score.
    bins, strategy, right_closed
        Of the ECE, see `reliability_table`.
    ties : {"error", "drop", "half"}, default "error"
        What an outcome of 0.5 is.
    missing : {"error", "skip"}, default "error"
        What is done with NaN.
    level : float, default 0.95
        Confidence of the interval.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers of the calibrated worlds.

    Returns
    -------
    ProbabilityReport
        All scores with intervals, tables of reliability and of bands, and values of groups.

    Raises
    ------
    InputError
        As of `brier_score` and `reliability_table`.

    See Also
    --------
    ForecastSums : the same of more rows than fit into memory.
    compare_forecasts : which of two is better.

    Examples
    --------
    >>> p = np.linspace(0.01, 0.99, 500)
    >>> y = np.random.default_rng(0).random(500) < p
    >>> found = probability_report(p, y, rng=0)
    >>> found.errors_cancel, found.balance.items
    (False, 500)
    """
    check_number("level", level, low=0, high=1, open_ends=True)
    forecasts = check_forecasts(prob, y, weights, ties=ties, missing=missing)
    kept, seed = forecasts.kept, seed_of(rng)
    codes = None if clusters is None else codes_of("clusters", clusters, len(kept))[0][kept]
    of: Of = "event" if forecasts.binary else "confidence"
    # Rows that take no part are gone, and draws stay halves.
    p, outcome = forecasts.prob, forecasts.y
    same: dict[str, Any] = {
        "bins": bins,
        "strategy": strategy,
        "right_closed": right_closed,
        "weights": forecasts.weights,
        "ties": "half" if forecasts.binary else "error",
    }
    test = calibration_test(p, outcome, of=of, rng=seed, **same)
    balance, bands = balance_of(forecasts, codes, level), bands_of(forecasts)
    return ProbabilityReport(
        provenance=_provenance(forecasts, seed, bins, strategy, right_closed, ties, missing, level),
        balance=balance,
        brier=forecasts.mean(squares(forecasts)),
        log_loss=forecasts.mean(log_losses(forecasts)),
        parts=_parts(forecasts, same),
        calibration=test,
        largest=expected_calibration_error(p, outcome, of=of, norm="max", **same),
        confidence_error=expected_calibration_error(p, outcome, of="confidence", **same),
        smooth=smooth_calibration_error(p, outcome, of=of, weights=forecasts.weights, ties=same["ties"]),
        reliability=reliability_table(p, outcome, of=of, **same),
        bands=bands,
        cancel=tuple(cancelling(balance, bands, test)),
        groups=by_group(forecasts, groups, of, same) if groups is not None else pl.DataFrame(),
        clipped=clipped(forecasts),
    )


def _parts(forecasts: Forecasts, same: Mapping[str, Any]) -> BrierParts | None:
    if not forecasts.binary:
        return None
    made = bins_of(forecasts.prob, same["bins"], same["strategy"], same["right_closed"])
    sums = made.sums(forecasts.weights, forecasts.prob, forecasts.y)
    return brier_parts(forecasts.mean(squares(forecasts)), *sums)


def _provenance(
    forecasts: Forecasts,
    seed: int,
    bins: int | npt.ArrayLike,
    strategy: str,
    right_closed: bool,
    ties: str,
    missing: str,
    level: float,
) -> Provenance:
    notes = []
    if forecasts.ties or forecasts.missing:
        notes.append(f"left out: {plural(forecasts.ties, 'draw')} and {plural(forecasts.missing, 'row')} with NaN")
    if len(np.unique(forecasts.y)) == 1:
        notes.append("one class only happened")
    if math.isclose(float(forecasts.confidence.max()), float(forecasts.confidence.min())):
        notes.append("all forecasts are equally sure")
    parameters = {
        "bins": bins if np.ndim(bins) == 0 else np.asarray(bins).tolist(),
        "strategy": strategy,
        "right_closed": right_closed,
        "ties": ties,
        "missing": missing,
        "level": level,
    }
    return Provenance("probability report", parameters, Source(), seed, notes=tuple(notes))
