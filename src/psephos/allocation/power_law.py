"""How fast does the error of a majority fall with the number of samples?

    error(n) = C n^(-s)

by least squares on logarithms. If the density of the margins of the questions behaves like m^(s - 1) near 0, the error
of even spending falls like n^(-s): near ties make it slow, s = 1/2 is common. A single question falls exponentially.

Source: arXiv 2511.12309, Section 3. Differs: nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.errors import InputError, check_floats, check_number, check_same_length
from psephos.statistics import Interval, least_squares

FEWEST = 3
_LARGEST_LOG = 700.0


@dataclass(frozen=True)
class PowerLaw:
    """error(n) = coefficient n^(-exponent).

    Attributes
    ----------
    coefficient : float
        C, the error at one sample if the law held down to there.
    exponent : Interval
        s.
    r_squared : float
        Share of the variance of log error that the law explains.
    points : int
        How many it was fitted to.
    """

    coefficient: float
    exponent: Interval
    r_squared: float
    points: int

    def error(self, samples: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Error at numbers of samples, above 0."""
        n = check_floats("samples", samples, ndim=np.ndim(samples))
        if (n <= 0).any():
            raise InputError("samples", f"must be above 0, got {n.min():g}")
        return np.asarray(np.minimum(1.0, self.coefficient * n**-self.exponent.value))[()]

    def samples_for(self, error: float) -> float:
        """Samples a question for this error; infinite if the error does not fall, or too slowly for a number."""
        wanted = check_number("error", error, low=0, high=1, open_ends=True)
        if self.exponent.value <= 0:
            return math.inf
        log_samples = math.log(self.coefficient / wanted) / self.exponent.value
        return math.exp(log_samples) if log_samples < _LARGEST_LOG else math.inf

    def __str__(self) -> str:
        return f"error = {self.coefficient:.3g} n^-s, s = {self.exponent}, R² = {self.r_squared:.3f}"


def fit_power_law(samples: npt.ArrayLike, errors: npt.ArrayLike, *, level: float = 0.95) -> PowerLaw:
    """Fit a power law to errors at several numbers of samples.

    Parameters
    ----------
    samples : array_like of float, shape (n_points,)
        Samples a question, above 0.
    errors : array_like of float, shape (n_points,)
        Between 0 and 1; where there is no error at all its logarithm is not defined, and the point is left out.
    level : float, default 0.95
        Confidence of the interval of the exponent, from the scatter of the points about the law.

    Returns
    -------
    PowerLaw
        Coefficient and exponent with intervals.

    Raises
    ------
    InputError
        If fewer than three points have an error, or a number is out of range.

    Examples
    --------
    >>> law = fit_power_law([4, 8, 16, 32], [0.25, 0.177, 0.125, 0.088])
    >>> round(law.exponent.value, 2), round(float(law.error(64)), 3)
    (0.5, 0.062)
    """
    n, e = check_floats("samples", samples), check_floats("errors", errors)
    check_same_length(samples=n, errors=e)
    if (n <= 0).any():
        raise InputError("samples", f"must be above 0, got {n.min():g}")
    if ((e < 0) | (e > 1)).any():
        raise InputError("errors", "must lie between 0 and 1")
    some = e > 0
    if (different := len(np.unique(n[some]))) < FEWEST:
        raise InputError("errors", f"a power law needs {FEWEST} numbers of samples with an error, got {different}")
    fit = least_squares(np.log(n[some])[:, None], np.log(e[some]), level=level)
    # A handful of points: quantiles of Student's t, not of the normal distribution.
    half = float(special.stdtrit(some.sum() - 2, (1 + level) / 2) * fit.standard_error[1])
    value = -float(fit.coefficients[1])
    slope = Interval(value, value - half, value + half, level)
    return PowerLaw(float(np.exp(fit.coefficients[0])), slope, fit.r_squared, int(some.sum()))
