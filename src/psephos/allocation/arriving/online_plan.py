"""How many samples should a question get, if it has to be settled before the next one is known?

Four samples put a question into a bucket t (see `warm_up_patterns`), and the plan says how many samples B_t it gets in
all. With pi_t the share of questions in bucket t and A_t(n) = Phi(a_t sqrt(n) + b_t) their consistency,

    maximise sum_t pi_t A_t(B_t)    subject to    sum_t pi_t B_t <= budget,     4 <= B_t <= most.

Objective and cost carry the same pi_t, so the bucket with the largest gain A_t(B_t + 1) - A_t(B_t) is raised first,
until nothing affordable is left (see `budget_plan`). Greedy is not the best plan in whole numbers; ``method="exact"``
solves for that.

Source: arXiv 2602.16745 (PETS, online). Differs: buckets whose raise is not affordable are left and others tried
(``unaffordable="stop"`` ends there, then fills up with the rarest buckets, as one of the authors' versions does); the
exact plan is ours.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from psephos.allocation.arriving.budget_plan import BudgetPlan, gains_of
from psephos.allocation.arriving.probit_curves import curves_of, left_out
from psephos.allocation.arriving.warm_up_patterns import WARM_UP, bucket_names, pattern_chances
from psephos.allocation.pools import PoolsLike, pools_of
from psephos.errors import InputError, check_choice, check_count, check_floats, check_number, check_same_length
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, option_name

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

NEARLY = 1e-9


def plan_budgets(
    shares: npt.ArrayLike,
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    budget: float,
    *,
    start: int = WARM_UP,
    most: int = 64,
    method: str = "greedy",
    unaffordable: str = "skip",
    names: Sequence[str] | None = None,
) -> BudgetPlan:
    """Plan samples per bucket from the curves of the buckets.

    Parameters
    ----------
    shares : array_like of float, shape (n_buckets,)
        pi, not negative, with a sum of 1.
    a, b : array_like of float, shape (n_buckets,)
        Consistency of a bucket at n samples is Phi(a sqrt(n) + b). With a <= 0 more samples do not help, and the bucket
        keeps its first ones.
    budget : float
        Samples a question on average.
    start, most : int, default 4 and 64
        Fewest and most samples of a question.
    method : {"greedy", "exact"}, default "greedy"
        Raise the largest gain first, or solve for the best whole numbers.
    unaffordable : {"skip", "stop"}, default "skip"
        What greedy does at a raise that it cannot pay.
    names : sequence of str, optional
        Names of the buckets.

    Returns
    -------
    BudgetPlan
        Samples for each bucket, expected accuracy, and what one more sample would buy.

    Raises
    ------
    InputError
        If lengths differ, shares are no shares, or a number is out of range.

    See Also
    --------
    plan_from_pools : from stored samples.

    Examples
    --------
    >>> plan = plan_budgets([0.6, 0.4], [0.9, 0.25], [0.2, 0], 10)
    >>> plan.samples, round(plan.used, 1), round(plan.value, 6)
    (array([ 5, 17]), 9.8, 0.93139)
    """
    pi, slope, level = (check_floats(name, given) for name, given in (("shares", shares), ("a", a), ("b", b)))
    check_same_length(shares=pi, a=slope, b=level)
    if not len(pi) or (pi < 0).any() or abs(pi.sum() - 1) > 1e-6:
        raise InputError("shares", f"must not be negative and sum to 1, got a sum of {pi.sum():g}")
    check_number("budget", budget, low=0)
    low = check_count("start", start)
    high = check_count("most", most, low=low)
    check_choice("method", method, ("greedy", "exact"))
    check_choice("unaffordable", unaffordable, ("skip", "stop"))
    titles = tuple(str(name) for name in names) if names is not None else tuple(map(str, range(len(pi))))
    check_same_length(shares=pi, names=titles)
    over = budget + NEARLY < low
    gains = gains_of(slope, level, low, high)
    if over:
        chosen = np.full(len(pi), low)
    elif method == "exact":
        chosen = _exact(pi, slope, level, budget, low, high)
    else:
        chosen = _greedy(pi, gains, budget, low, unaffordable)
    value = float(pi @ special.ndtr(slope * np.sqrt(chosen) + level))
    left = chosen < high
    following = gains[np.arange(len(pi)), np.minimum(chosen, high - 1) - low] if high > low else np.zeros(len(pi))
    notes = (f"the first {low} samples of each question alone are over the budget",) if over else ()
    options = {"budget": budget, "start": low, "most": high, "method": method, "unaffordable": unaffordable}
    return BudgetPlan(
        provenance=Provenance("plan_budgets", options, Source(), notes=notes),
        names=titles,
        shares=pi,
        a=slope,
        b=level,
        samples=chosen.astype(np.int64),
        budget=float(budget),
        used=float(pi @ chosen),
        value=value,
        next_unit=float(following[left & (pi > 0)].max(initial=0.0)),
        most=high,
        over_budget=bool(over),
    )


def plan_from_pools(
    pools: PoolsLike,
    budget: float,
    *,
    free: bool = False,
    fit_to: int = 32,
    most: int = 64,
    method: str = "greedy",
    equivalence: Equivalence = "exact",
) -> BudgetPlan:
    """Plan samples per bucket from stored samples of questions of the same kind.

    Parameters
    ----------
    pools : mapping of question to sequence of answers, or Opinions
        Stored samples of training questions; those with fewer than four answers are left out.
    budget : float
        Samples a question on average.
    free : bool, default False
        Whether any answer can be given: two buckets in place of five.
    fit_to : int, default 32
        Curves are fitted to 3 .. `fit_to` samples.
    most : int, default 64
        The most samples of a question.
    method : {"greedy", "exact"}, default "greedy"
        See `plan_budgets`.
    equivalence : str or callable, default "exact"
        Which answers are the same.

    Returns
    -------
    BudgetPlan
        Samples for each bucket, expected accuracy, and what one more sample would buy.

    Raises
    ------
    InputError
        If no question has four answers, or a number is out of range.

    See Also
    --------
    Online : serves questions by the plan.

    Examples
    --------
    >>> import random
    >>> stream = random.Random(0)
    >>> pools = {f"q{k}": stream.choices("abcd", [6 if k % 3 else 2, 2, 1, 1], k=32) for k in range(60)}
    >>> plan = plan_from_pools(pools, 10)
    >>> plan.samples[0] < plan.samples[1]
    np.True_
    """
    stored = pools_of(pools, equivalence)
    counts = stored.counts()
    curves, enough = curves_of(counts, fit_to)
    chances = pattern_chances(counts[enough], free=free)
    weights = chances.mean(axis=0)
    there = weights > 0
    mean = np.divide(
        chances.T @ curves[enough], chances.sum(axis=0)[:, None], out=np.zeros((len(weights), 2)), where=there[:, None]
    )
    plan = plan_budgets(
        weights / weights.sum(), mean[:, 0], mean[:, 1], budget, most=most, method=method, names=bucket_names(free=free)
    )
    options = {"budget": budget, "free": free, "fit_to": fit_to, "most": most, "method": method}
    made = Provenance(
        "plan_from_pools",
        options | {"equivalence": option_name(equivalence)},
        stored.source,
        notes=plan.provenance.notes + left_out(enough),
    )
    return replace(plan, provenance=made)


def _greedy(pi: Floats, gains: Floats, budget: float, low: int, unaffordable: str) -> Counts:
    """Raise the bucket with the largest gain, of equal gains the first, while it can be paid."""
    chosen = np.full(len(pi), low)
    used = float(pi @ chosen)
    waiting = [(-gains[t, 0], t) for t in range(len(pi)) if gains.shape[1] and gains[t, 0] > 0 and pi[t] > 0]
    heapq.heapify(waiting)
    while waiting:
        t = heapq.heappop(waiting)[1]
        if used + pi[t] > budget + NEARLY:
            if unaffordable == "stop":
                break
            continue
        chosen[t] += 1
        used += pi[t]
        if (place := chosen[t] - low) < gains.shape[1] and gains[t, place] > 0:
            heapq.heappush(waiting, (-gains[t, place], t))
    for t in np.argsort(pi, kind="stable"):
        while (
            pi[t] > 0
            and (place := chosen[t] - low) < gains.shape[1]
            and gains[t, place] > 0
            and used + pi[t] <= budget + NEARLY
        ):
            chosen[t] += 1
            used += pi[t]
    return chosen


def _exact(pi: Floats, a: Floats, b: Floats, budget: float, low: int, high: int) -> Counts:
    """The best whole numbers: one of the numbers of samples is chosen for each bucket."""
    n = np.arange(low, high + 1)
    # The solver stops within 1e-6 of the optimum; losses are in units of 1e-7.
    loss = 1e7 * pi[:, None] * special.ndtr(-(a[:, None] * np.sqrt(n) + b[:, None]))
    cost = pi[:, None] * n
    one_each = np.kron(np.eye(len(pi)), np.ones(len(n)))
    found = optimize.milp(
        loss.ravel(),
        integrality=np.ones(loss.size),
        bounds=optimize.Bounds(0, 1),
        constraints=[
            optimize.LinearConstraint(one_each, 1, 1),
            optimize.LinearConstraint(cost.reshape(1, -1), -np.inf, budget + NEARLY),
        ],
        options={"mip_rel_gap": 0.0},
    )
    return np.asarray(n[found.x.reshape(loss.shape).argmax(axis=1)])
