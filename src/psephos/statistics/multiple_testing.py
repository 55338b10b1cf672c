"""Which of many p-values still count once it is said how many were tried?

With the p-values sorted, p_(1) <= ... <= p_(m), an adjusted value is the smallest level at which the procedure rejects:

    bonferroni              m p_(i)
    holm                    max over j <= i of (m - j + 1) p_(j)
    hochberg                min over j >= i of (m - j + 1) p_(j)
    benjamini-hochberg      min over j >= i of (m / j) p_(j)
    benjamini-yekutieli     min over j >= i of (m / j) p_(j) (1 + 1/2 + ... + 1/m)

each at most 1. The first three bound the chance of any false rejection (Hochberg for independent or positively
dependent tests), the last two the expected share of false ones among the rejections (Benjamini-Hochberg under the
same condition, Benjamini-Yekutieli always).

Sources: Holm (1979), Scand. J. Statist. 6, 65-70; Hochberg (1988), doi:10.1093/biomet/75.4.800; Benjamini and Hochberg
(1995), doi:10.1111/j.2517-6161.1995.tb02031.x; Benjamini and Yekutieli (2001), doi:10.1214/aos/1013699998.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_choice, check_floats

METHODS = ("holm", "bonferroni", "hochberg", "benjamini-hochberg", "benjamini-yekutieli")


def adjust(p: npt.ArrayLike, method: str = "holm") -> npt.NDArray[np.float64]:
    """Adjust p-values for the number of tests.

    Parameters
    ----------
    p : array_like of float
        One family of p-values in an array of any shape; NaN marks a test that was not made: it stays NaN and does not
        count.
    method : {"holm", "bonferroni", "hochberg", "benjamini-hochberg", "benjamini-yekutieli"}
        The procedure.

    Returns
    -------
    ndarray of float64
        Adjusted p-values, of the shape of `p`: reject where they are at most the level.

    Raises
    ------
    InputError
        If a p-value lies outside [0, 1] or the method is unknown.

    Examples
    --------
    >>> adjust([0.01, 0.04, float("nan"), 0.03])
    array([0.03, 0.06,  nan, 0.06])
    """
    check_choice("method", method, METHODS)
    values = check_floats("p", p, ndim=np.ndim(p), missing=True)
    if ((values < 0) | (values > 1)).any():
        raise InputError("p", f"must lie between 0 and 1, got {values[(values < 0) | (values > 1)][0]:g}")
    made = ~np.isnan(values)
    order = np.argsort(values[made])
    m = len(order)
    place = np.arange(1, m + 1)
    if method == "bonferroni":
        factor = np.full(m, float(m))
    elif method in ("holm", "hochberg"):
        factor = m - place + 1.0
    else:
        factor = m / place * ((1 / place).sum() if method == "benjamini-yekutieli" else 1.0)
    raised = np.minimum(values[made][order] * factor, 1.0)
    steps_up = method in ("hochberg", "benjamini-hochberg", "benjamini-yekutieli")
    raised = np.minimum.accumulate(raised[::-1])[::-1] if steps_up else np.maximum.accumulate(raised)
    family = np.empty(m)
    family[order] = raised
    adjusted = np.full(values.shape, np.nan)
    adjusted[made] = family
    return adjusted
