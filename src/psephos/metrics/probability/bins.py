r"""What was said and what came true, by bins of what was said?

Values between 0 and 1 go into bins of equal width, of about equally many items, or with stated edges; each bin is

    [e_k, e_k+1),       the last one closed; (e_k, e_k+1], the first one closed, with ``right_closed``.

Sources: Naeini, Cooper and Hauskrecht (2015); sheet 08. Differs: every convention has a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_choice, check_count, check_floats
from psephos.metrics.columns import Floats
from psephos.metrics.conventions import Missing
from psephos.metrics.probability.forecasts import Forecasts, Ties, check_forecasts
from psephos.statistics import wilson_interval

Strategy = Literal["width", "quantile"]
Of = Literal["event", "confidence"]


@dataclass(frozen=True, eq=False)
class Bins:
    """Bins of values: their edges, and the bin of each value."""

    edges: Floats
    place: npt.NDArray[np.int64]

    def sums(self, weights: Floats, *values: Floats) -> tuple[Floats, ...]:
        """Sums per bin.

        Parameters
        ----------
        weights : ndarray of float64, shape (n,)
        *values : ndarray of float64, shape (n,)
            What is summed, times the weights.

        Returns
        -------
        tuple of ndarray of float64, shape (n_bins,)
            Of the weights first, then of each of the values.
        """
        count = len(self.edges) - 1
        parts = [weights, *(weights * value for value in values)]
        return tuple(np.bincount(self.place, weights=part, minlength=count).astype(np.float64) for part in parts)


def bins_of(
    values: Floats,
    bins: int | npt.ArrayLike,
    strategy: Strategy,
    right_closed: bool,
) -> Bins:
    """Put values between 0 and 1 into bins.

    Examples
    --------
    >>> bins_of(np.array([0.0, 0.5, 1.0]), 2, "width", False).place
    array([0, 1, 1])
    """
    check_choice("strategy", strategy, get_args(Strategy))
    if np.ndim(bins) == 0:
        count = check_count("bins", bins)  # type: ignore[arg-type]
        if strategy == "width":
            # The product in float64 and no tolerance: the convention that others can repeat.
            scaled = values * count
            low = np.maximum(np.ceil(scaled) - 1, 0) if right_closed else np.minimum(np.floor(scaled), count - 1)
            return Bins(np.linspace(0, 1, count + 1), low.astype(np.int64))
        edges = np.unique(np.quantile(values, np.linspace(0, 1, count + 1)))
        edges = np.array([edges[0], edges[0]]) if len(edges) == 1 else edges
    else:
        edges = check_floats("bins", bins)
        if len(edges) < 2 or (np.diff(edges) <= 0).any():
            raise InputError("bins", "must be a number of bins, or two rising edges or more")
        outside = (values < edges[0]) | (values > edges[-1])
        if outside.any():
            raise InputError("bins", f"leave out {values[outside][0]:g}", hint="let the edges run from 0 to 1")
    place = np.searchsorted(edges, values, side="left" if right_closed else "right") - 1
    return Bins(edges, np.clip(place, 0, len(edges) - 2).astype(np.int64))


def reliability_table(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    bins: int | npt.ArrayLike = 10,
    strategy: Strategy = "width",
    right_closed: bool = False,
    of: Of = "event",
    weights: npt.ArrayLike | None = None,
    ties: Ties = "error",
    missing: Missing = "error",
) -> pl.DataFrame:
    """What was said and what came true, by bins of what was said.

    Parameters
    ----------
    prob : array_like of float, shape (n,) or (n, n_classes)
        Probability of the event, or of each class (``of="confidence"`` only).
    y : array_like, shape (n,)
        0 or 1, or the code of the class.
    bins : int or array_like of float, default 10
        How many bins, or their edges.
    strategy : {"width", "quantile"}, default "width"
        Bins of equal width over [0, 1], or of about equally many items.
    right_closed : bool, default False
        Whether a value on an edge belongs to the bin below it. Both ends always belong to a bin.
    of : {"event", "confidence"}, default "event"
        Whether the probability is that of the event, or that of the side that is taken, held against being right.
    weights, ties, missing
        As of `brier_score`.

    Returns
    -------
    polars.DataFrame
        low, high, items, weight, said (mean probability), happened (share), happened_low, happened_high (95 % Wilson
        interval; of weighted items, of as many items as the weights are worth). Bins without items are left out.

    Raises
    ------
    InputError
        As of `brier_score`; if there is no bin, or edges do not rise or leave out a value.

    See Also
    --------
    expected_calibration_error : its mean distance.

    Examples
    --------
    >>> reliability_table([0.2, 0.3, 0.9], [0, 1, 1], bins=2).select("items", "said", "happened").rows()
    [(2, 0.25, 0.5), (1, 0.9, 1.0)]
    """
    forecasts = check_forecasts(prob, y, weights, ties=ties, missing=missing)
    said, happened = sides(forecasts, of)
    made = bins_of(said, bins, strategy, right_closed)
    return _table(made, said, happened, forecasts.weights)


def sides(forecasts: Forecasts, of: str) -> tuple[Floats, Floats]:
    """What was said and what happened.

    Parameters
    ----------
    forecasts : Forecasts
    of : {"event", "confidence"}
        The probability of the event and whether it happened, or the confidence in the side that was taken and whether
        that was right.

    Returns
    -------
    said, happened : ndarray of float64, shape (n,)

    Raises
    ------
    InputError
        `of`: no such choice, or the event of several classes.
    """
    if check_choice("of", of, get_args(Of)) == "confidence":
        return forecasts.confidence, forecasts.hit
    if not forecasts.binary:
        raise InputError("of", "must be 'confidence' for several classes, got 'event'")
    return forecasts.prob, forecasts.y


def _table(made: Bins, said: Floats, happened: Floats, weights: Floats) -> pl.DataFrame:
    items = np.bincount(made.place, minlength=len(made.edges) - 1)
    size, spoken, true = made.sums(weights, said, happened)
    squares = made.sums(weights**2)[0]
    some = size > 0
    share = np.clip(true[some] / size[some], 0, 1)
    worth = size[some] ** 2 / squares[some]  # items of equal weight that tell as much
    low, high = wilson_interval(np.minimum(share * worth, worth), worth)
    return pl.DataFrame(
        {
            "low": made.edges[:-1][some],
            "high": made.edges[1:][some],
            "items": items[some],
            "weight": size[some],
            "said": spoken[some] / size[some],
            "happened": share,
            "happened_low": low,
            "happened_high": high,
        }
    )
