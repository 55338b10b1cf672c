"""What would each threshold of a score call positive?

Source: sheet 13. Differs: nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.metrics.columns import Floats
from psephos.metrics.conventions import Missing
from psephos.metrics.discrimination.ranked_areas import check_ranked


def threshold_curve(
    y: npt.ArrayLike,
    score: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    positive: object = None,
    missing: Missing = "error",
) -> pl.DataFrame:
    """Both curves: what every threshold would call positive.

    Parameters
    ----------
    y, score, weights, positive, missing
        As of `auroc`.

    Returns
    -------
    polars.DataFrame
        threshold (called positive from here), true, false (weights called positive), recall, false_positive_rate,
        firing_rate, precision; highest threshold first; null where there is no positive or negative.

    Raises
    ------
    InputError
        As of `auroc`, but for one class only.

    Examples
    --------
    >>> threshold_curve([1, 0, 1], [0.9, 0.5, 0.5]).select("threshold", "recall", "precision").rows()
    [(0.9, 0.5, 1.0), (0.5, 1.0, 0.6666666666666666)]
    """
    ranked = check_ranked(y, score, weights, positive=positive, missing=missing)
    true, false = ranked.curve()
    fired = true + false

    def share(part: Floats, whole: Floats | float) -> Floats:
        some = np.broadcast_to(whole, part.shape) > 0
        return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=some))

    columns = {
        "threshold": ranked.score[ranked.ends],
        "true": true,
        "false": false,
        "recall": share(true, true[-1]),
        "false_positive_rate": share(false, false[-1]),
        "firing_rate": share(fired, fired[-1]),
        "precision": share(true, fired),
    }
    return pl.DataFrame(columns).with_columns(pl.exclude("threshold").fill_nan(None))
