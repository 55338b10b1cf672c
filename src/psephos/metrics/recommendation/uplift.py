r"""Which arm of an experiment did better?

Difference of two arms, treatment - control: of rates by Newcombe's interval from Wilson's limits, of money by Welch's;
relative lift by the delta method. With what the same users did before, CUPED subtracts theta (x - mean x), theta =
cov(y, x) / var(x) over both arms, and keeps the mean. If the arms are not as large as they were meant to be (chi2,
p < .001), something went wrong before the experiment, and no number of it can be trusted.

Sources: Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I; Deng et al. (2013),
doi:10.1145/2433396.2433413 (CUPED). Differs: nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.errors import InputError, check_choice, check_floats, check_number, check_same_length
from psephos.statistics import Interval, normal_interval, wilson_interval

RATIO_ALARM = 0.001
"""p-value of the sizes of the arms below which the experiment is not to be trusted."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Uplift:
    """Treatment - control.

    Attributes
    ----------
    difference, relative : Interval
        Relative to the mean of the control; NaN where that is 0.
    p : float
        Two-sided: of rates by the pooled score test, of money by Welch's test.
    adjusted : Interval or None
        The difference after CUPED, where something is known from before.
    control, treatment : float
        Means.
    sample_ratio_p : float
        Of the sizes of the arms.
    """

    difference: Interval
    relative: Interval
    p: float
    adjusted: Interval | None
    control: float
    treatment: float
    sample_ratio_p: float

    @property
    def trusted(self) -> bool:
        """Whether the arms are as large as they were meant to be."""
        return self.sample_ratio_p >= RATIO_ALARM

    def __str__(self) -> str:
        more = f"; with what was before {self.adjusted}" if self.adjusted else ""
        alarm = "" if self.trusted else f"; not to be trusted: sizes of the arms, p = {self.sample_ratio_p:.2g}"
        return f"{self.difference}, p = {self.p:.3g}, relative {self.relative}{more}{alarm}"


def uplift(
    control: npt.ArrayLike,
    treatment: npt.ArrayLike,
    *,
    kind: str = "auto",
    before: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    share: float = 0.5,
    level: float = 0.95,
) -> Uplift:
    """Difference between two arms of an experiment.

    Parameters
    ----------
    control, treatment : array_like of float, shape (n,) and (m,)
        One number per user: 0 or 1 of a rate, or an amount.
    kind : {"auto", "rate", "money"}, default "auto"
        "auto": a rate where all numbers are 0 or 1.
    before : (array_like, array_like), optional
        The same users before the experiment, for CUPED.
    share : float, default 0.5
        Share of users that were meant to be treated.
    level : float, default 0.95
        Of the intervals.

    Returns
    -------
    Uplift
        The difference, absolute and relative, with interval and p-value, and a test of the sizes of the arms.

    Raises
    ------
    InputError
        If an arm has fewer than two users, or a rate holds other numbers than 0 and 1.

    Examples
    --------
    >>> print(uplift([1] * 10 + [0] * 90, [1] * 20 + [0] * 80))
    .100 [.000, .199], p = 0.0477, relative 1.0 [-.4, 2.4]
    """
    from scipy import stats

    check_choice("kind", kind, ("auto", "rate", "money"))
    check_number("level", level, low=0, high=1, open_ends=True)
    check_number("share", share, low=0, high=1, open_ends=True)
    a, b = check_floats("control", control), check_floats("treatment", treatment)
    for name, arm in (("control", a), ("treatment", b)):
        if len(arm) < 2:
            raise InputError(name, f"needs two users at least, got {len(arm)}")
    binary = bool(np.isin(np.concatenate([a, b]), (0.0, 1.0)).all())
    if kind == "rate" and not binary:
        raise InputError("kind", "a rate takes 0 and 1 only", hint="use kind='money'")
    n, m = len(a), len(b)
    one, other = float(a.mean()), float(b.mean())
    difference = other - one
    if binary and kind != "money":
        (l1, l2), (u1, u2) = (np.asarray(end) for end in wilson_interval([a.sum(), b.sum()], [n, m], level))
        low = difference - math.hypot(other - l2, u1 - one)
        high = difference + math.hypot(u2 - other, one - l1)
        pooled = (a.sum() + b.sum()) / (n + m)
        error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        p = float(2 * special.ndtr(-abs(difference) / error)) if error else 1.0
    else:
        low, high, p = _welch(a, b, difference, level)
    adjusted = None
    if before is not None:
        adjusted = _adjusted(a, b, before, level)
    expected = np.array([(1 - share) * (n + m), share * (n + m)])
    return Uplift(
        difference=Interval(difference, low, high, level),
        relative=_relative(a, b, level),
        p=p,
        adjusted=adjusted,
        control=one,
        treatment=other,
        sample_ratio_p=float(stats.chisquare([n, m], expected).pvalue),
    )


def _welch(a: Floats, b: Floats, difference: float, level: float) -> tuple[float, float, float]:
    from scipy import stats

    va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    error = math.sqrt(va + vb)
    if not error:
        return difference, difference, 1.0 if not difference else 0.0
    degrees = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    low, high = (float(end) for end in normal_interval(difference, error, level, degrees=float(degrees)))
    return low, high, float(2 * stats.t.sf(abs(difference) / error, degrees))


def _relative(a: Floats, b: Floats, level: float) -> Interval:
    one, other = float(a.mean()), float(b.mean())
    if not one:
        return Interval(math.nan, math.nan, math.nan, level)
    va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    error = math.sqrt(vb / one**2 + va * other**2 / one**4)
    value = other / one - 1
    low, high = (float(end) for end in normal_interval(value, error, level))
    return Interval(value, low, high, level)


def _adjusted(a: Floats, b: Floats, before: tuple[npt.ArrayLike, npt.ArrayLike], level: float) -> Interval:
    x, z = check_floats("before", before[0]), check_floats("before", before[1])
    check_same_length(control=a, before=x)
    check_same_length(treatment=b, before=z)
    both, was = np.concatenate([a, b]), np.concatenate([x, z])
    spread = was.var()
    theta = float(((both - both.mean()) * (was - was.mean())).mean() / spread) if spread else 0.0
    a, b = a - theta * (x - was.mean()), b - theta * (z - was.mean())
    difference = float(b.mean() - a.mean())
    low, high, _ = _welch(a, b, difference, level)
    return Interval(difference, low, high, level)
