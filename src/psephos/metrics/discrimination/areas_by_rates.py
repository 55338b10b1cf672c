r"""What is the same in AUROC and average precision, and what differs?

Both average a false-positive rate over thresholds t at the scores of the positives; the second divides it by the firing
rate, the share of all rows with a score of at least t,

    AUROC = 1 - E FPR(t),           AP = 1 - (1 - pi) E[FPR(t) / rho(t)],       pi the share of positives.

Source: McDermott, Zhang, Hansen, Angelotti and Gallifant (2024), arXiv 2401.06091, theorem 1; sheet 13. Differs: the
exact forms under ties are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.metrics.discrimination.ranked_areas import check_both, check_ranked


@dataclass(frozen=True, eq=False)
class AreasByRates:
    """AUROC and AP as averages over the positives.

    Attributes
    ----------
    auroc, auprc : float
        By the theorem; equal to `auroc` and `auprc`.
    positives : polars.DataFrame
        index (of the row), weight, false_positive_rate (ties in full), tied_rate (what of it is tied), firing_rate.
    """

    auroc: float
    auprc: float
    positives: pl.DataFrame


def areas_by_rates(y: npt.ArrayLike, score: npt.ArrayLike, *, weights: npt.ArrayLike | None = None) -> AreasByRates:
    """Both areas from the false-positive rate and the firing rate at the score of each positive.

    Parameters
    ----------
    y, score, weights
        As of `auroc`.

    Returns
    -------
    AreasByRates
        Both areas, with the rates of each positive.

    Raises
    ------
    InputError
        As of `auroc`.

    Examples
    --------
    >>> found = areas_by_rates([1, 0, 1], [0.9, 0.5, 0.1])
    >>> found.positives["firing_rate"].to_list()
    [0.3333333333333333, 1.0]
    """
    ranked = check_ranked(y, score, weights)
    check_both(ranked, True)
    true, false = ranked.curve()
    tied = np.diff(false, prepend=0.0)
    at = ranked.block[ranked.positive]
    w = ranked.weights[ranked.positive]
    fpr, half = false[at] / false[-1], tied[at] / false[-1]
    rho = (true + false)[at] / (true[-1] + false[-1])
    share = true[-1] / (true[-1] + false[-1])
    table = pl.DataFrame(
        {
            "index": np.flatnonzero(ranked.kept)[ranked.order[ranked.positive]],
            "weight": w,
            "false_positive_rate": fpr,
            "tied_rate": half,
            "firing_rate": rho,
        }
    )
    w, fpr, half, rho = (part[w > 0] for part in (w, fpr, half, rho))
    one = 1 - float(w @ (fpr - half / 2) / w.sum())
    two = 1 - (1 - share) * float(w @ (fpr / rho) / w.sum())
    return AreasByRates(one, two, table)
