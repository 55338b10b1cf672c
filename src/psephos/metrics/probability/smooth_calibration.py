r"""How far are probabilities from what comes true, without bins?

The residuals y - p are smoothed over p by a Gaussian kernel, reflected at 0 and 1, and

    smECE_s = int_0^1 |mean_i K_s(t, p_i) (y_i - p_i)| dt,          reported at the s with smECE_s = s.

Source: Blasiok and Nakkiran (2023), arXiv 2309.12236. Differs: the kernel is the heat kernel of [0, 1] without flux,
applied by a cosine transform, which is the reflected Gaussian exactly.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import scipy

from psephos.metrics.conventions import Missing
from psephos.metrics.probability.bins import Of, sides
from psephos.metrics.probability.forecasts import Ties, check_forecasts

GRID = 4096
"""Places at which residuals are smoothed."""


def smooth_calibration_error(
    prob: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    of: Of,
    weights: npt.ArrayLike | None = None,
    ties: Ties = "error",
    missing: Missing = "error",
) -> float:
    """Calibration error of residuals smoothed at their own scale (smECE); no bins.

    Parameters
    ----------
    prob, y, of, weights, ties, missing
        As of `expected_calibration_error`.

    Returns
    -------
    float
        The scale s with smECE_s = s.

    Raises
    ------
    InputError
        As of `expected_calibration_error`.

    Examples
    --------
    >>> round(smooth_calibration_error([0.3] * 10, [1] * 8 + [0] * 2, of="event"), 3)
    0.5
    """
    forecasts = check_forecasts(prob, y, weights, ties=ties, missing=missing)
    said, happened = sides(forecasts, of)
    at = np.clip(said * GRID - 0.5, 0, GRID - 1)
    low = np.minimum(at.astype(np.int64), GRID - 2)
    above = at - low
    residual = forecasts.weights * (happened - said) / forecasts.weights.sum()
    binned = np.bincount(low, weights=residual * (1 - above), minlength=GRID)
    binned += np.bincount(low + 1, weights=residual * above, minlength=GRID)
    waves = scipy.fft.dct(binned, type=2)
    decay = -0.5 * (math.pi * np.arange(GRID)) ** 2

    def excess(scale: float) -> float:
        return float(np.abs(scipy.fft.idct(waves * np.exp(decay * scale**2), type=2)).sum()) - scale

    if excess(1e-9) <= 1e-9:
        return 0.0
    return float(scipy.optimize.brentq(excess, 1e-9, 2.0, xtol=1e-10))
