r"""What would another policy have brought, going by the log of this one?

From a log with the chance of each shown action, the reward of a policy that shows it with chance pi:

    IPS = mean w r, w = pi / p       SNIPS = sum w r / sum w       DR = mean (q_pi + w (r - q))

where q predicts the reward of the shown action and q_pi that of the policy. n_eff = (sum w)^2 / sum w^2 says how many
rows the weights leave.

Source: Dudik, Langford and Li (2011), arXiv 1103.4601. Differs: nothing.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_floats, check_same_length
from psephos.statistics import normal_interval

FEW = 100
"""Effective rows below which an off-policy estimate is called unsure."""

Floats = npt.NDArray[np.float64]


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
        Of the intervals.

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
