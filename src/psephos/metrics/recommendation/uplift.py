r"""Which arm of an experiment did better, and what would another policy have brought?

Difference of two arms, treatment - control: of rates by Newcombe's interval from Wilson's limits, of money by Welch's;
relative lift by the delta method. With what the same users did before, CUPED subtracts theta (x - mean x), theta =
cov(y, x) / var(x) over both arms, and keeps the mean. If the arms are not as large as they were meant to be (chi2,
p < .001), something went wrong before the experiment, and no number of it can be trusted.

From a log with the chance of each shown action, the reward of a policy that shows it with chance pi:

    IPS = mean w r, w = pi / p       SNIPS = sum w r / sum w       DR = mean (q_pi + w (r - q))

where q predicts the reward of the shown action and q_pi that of the policy. n_eff = (sum w)^2 / sum w^2 says how many
rows the weights leave.

Sources: Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I; Deng et al. (2013),
doi:10.1145/2433396.2433413 (CUPED); Dudik et al. (2011), arXiv 1103.4601 (DR). Differs: nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import special, stats

from psephos.errors import InputError, check_choice, check_floats, check_number, check_same_length
from psephos.statistics import Interval, normal_interval, wilson_interval

RATIO_ALARM = 0.001
"""p-value of the sizes of the arms below which the experiment is not to be trusted."""

FEW = 100
"""Effective rows below which an off-policy estimate is called unsure."""

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

    Returns
    -------
    Uplift

    Raises
    ------
    InputError
        If an arm has fewer than two users, or a rate holds other numbers than 0 and 1.

    Examples
    --------
    >>> print(uplift([1] * 10 + [0] * 90, [1] * 20 + [0] * 80))
    .100 [.000, .199], p = 0.0477, relative 1.0 [-.4, 2.4]
    """
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


def off_policy_value(
    rewards: npt.ArrayLike,
    logged: npt.ArrayLike,
    target: npt.ArrayLike,
    *,
    predicted: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    level: float = 0.95,
) -> pl.DataFrame:
    """What another policy would have brought, from the log of this one.

    Parameters
    ----------
    rewards : array_like of float, shape (n,)
        Of the action that was shown.
    logged, target : array_like of float, shape (n,)
        Chance of that action under the policy that made the log (above 0) and under the other.
    predicted : (array_like, array_like), optional
        A model's reward of the shown action, and its mean reward under the other policy; for DR.
    level : float, default 0.95

    Returns
    -------
    polars.DataFrame
        estimator, value, low, high, standard_error, effective_rows, note.

    Raises
    ------
    InputError
        If lengths differ or a logged chance is not above 0.

    Examples
    --------
    >>> off_policy_value([1, 0, 1, 0], [0.5] * 4, [1, 0, 1, 0])["value"].to_list()
    [1.0, 1.0]
    """
    r, p = check_floats("rewards", rewards), check_floats("logged", logged)
    pi = check_floats("target", target)
    check_same_length(rewards=r, logged=p, target=pi)
    if len(r) < 2:
        raise InputError("rewards", "two rows are the least")
    for name, chance, least in (("logged", p, np.finfo(float).tiny), ("target", pi, 0.0)):
        bad = (chance < least) | (chance > 1)
        if bad.any():
            place = int(np.argmax(bad))
            raise InputError(
                name, f"must be a chance{' above 0' if least else ''}, got {chance[place]:g}", where=f"row {place}"
            )
    w = pi / p
    n = len(r)
    effective = float(w.sum() ** 2 / (w @ w)) if w.any() else 0.0
    made: list[tuple[str, Floats, float]] = [("ips", w * r, float((w * r).mean()))]
    if w.any():
        value = float((w @ r) / w.sum())
        made.append(("snips", w * (r - value) / w.mean() + value, value))
    else:
        made.append(("snips", np.full(n, math.nan), math.nan))
    if predicted is not None:
        q, q_pi = (check_floats("predicted", side) for side in predicted)
        check_same_length(rewards=r, predicted=q)
        check_same_length(rewards=r, predicted=q_pi)
        own = q_pi + w * (r - q)
        made.append(("dr", own, float(own.mean())))
    rows = []
    for name, own, value in made:
        error = math.sqrt(float(((own - value) ** 2).sum()) / (n - 1) / n)
        low, high = (float(end) for end in normal_interval(value, error, level))
        few = f"the weights leave {effective:.0f} rows: unsure" if effective < FEW else ""
        rows.append((name, value, low, high, error, effective, few))
    schema = ["estimator", "value", "low", "high", "standard_error", "effective_rows", "note"]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None))


def _welch(a: Floats, b: Floats, difference: float, level: float) -> tuple[float, float, float]:
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
