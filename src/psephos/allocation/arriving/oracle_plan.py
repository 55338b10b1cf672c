r"""How good could an online plan be, if it knew how hard each question is before the first sample?

Four samples tell little. An oracle sees the whole pool of a question, fits Phi(a sqrt(n) + b) to its curve, and puts it
into the nearest of k buckets, which k-means found among the (a, b) of training questions,

    bucket(q) = argmin_t (a_q - a_t)^2 + (b_q - b_t)^2,        buckets in the order of falling Phi(a_t + b_t).

The plan for these buckets is that of `psephos.allocation.plan_budgets`. No one can serve questions by it, as the pools
of new questions are not known. It is a reference and no bound: an oracle knows how hard a question is, four samples
also say how this run of draws has gone, and at small budgets that is worth more.

Source: arXiv 2602.16745 (PETS, oracle variant), k = 5 with ten starts. Differs: the curves are exact; the authors call
it an upper reference, which at 6 samples a question it is not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import special

from psephos.allocation.arriving.budget_plan import BudgetPlan
from psephos.allocation.arriving.online_plan import plan_budgets
from psephos.allocation.arriving.probit_curves import curves_of, left_out
from psephos.allocation.arriving.warm_up_patterns import WARM_UP
from psephos.allocation.pools import PoolsLike, pools_of
from psephos.engine import Rng, seed_of
from psephos.errors import check_count
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.outcomes import Provenance, option_name
from psephos.statistics import k_means

Floats = npt.NDArray[np.float64]

BUCKETS = 5
RESTARTS = 10


def plan_with_oracle(
    pools: PoolsLike,
    budget: float,
    *,
    buckets: int = BUCKETS,
    fit_to: int = 32,
    most: int = 64,
    method: str = "greedy",
    equivalence: Equivalence = "exact",
    rng: Rng = 0,
) -> BudgetPlan:
    """Plan samples per bucket of questions whose difficulty is known: a reference for online plans.

    Parameters
    ----------
    pools : mapping of question to sequence of answers, or Opinions
        Stored samples of training questions; those with fewer than four answers are left out.
    budget : float
        Samples a question on average.
    buckets : int, default 5
        How many; there are fewer if fewer curves differ.
    fit_to, most, method, equivalence
        As in `plan_from_pools`.
    rng : int, Generator, SeedSequence or None, default 0
        Where k-means begins.

    Returns
    -------
    BudgetPlan
        Its buckets are named 1 (the easiest), 2, ...

    Raises
    ------
    InputError
        If no question has four answers, or a number is out of range.

    See Also
    --------
    oracle_samples : how many samples the plan gives each of some questions.
    plan_from_pools : the plan that can be served.

    Examples
    --------
    >>> pools = {f"q{k}": ["a"] * (32 - 2 * (k % 8)) + ["b"] * (2 * (k % 8)) for k in range(40)}
    >>> plan = plan_with_oracle(pools, 10, buckets=3)
    >>> plan.names, bool(plan.samples[0] < plan.samples[2])
    (('1', '2', '3'), True)
    """
    stored = pools_of(pools, equivalence)
    check_count("buckets", buckets)
    curves, enough = curves_of(stored.counts(), fit_to)
    seed = seed_of(rng)
    found = k_means(curves[enough], buckets, restarts=RESTARTS, rng=seed)
    order = np.argsort(-special.ndtr(found.centres.sum(axis=1)), kind="stable")
    a, b = found.centres[order].T
    shares = np.bincount(found.labels)[order] / len(found.labels)
    names = [str(number + 1) for number in range(len(order))]
    plan = plan_budgets(shares, a, b, budget, most=most, method=method, names=names)
    reference = "buckets are told from whole pools: a reference, not a plan to serve new questions by"
    options = {"budget": budget, "buckets": buckets, "fit_to": fit_to, "most": most, "method": method}
    made = Provenance(
        "plan_with_oracle",
        options | {"equivalence": option_name(equivalence)},
        stored.source,
        seed=seed,
        notes=(*plan.provenance.notes, reference, *left_out(enough)),
    )
    return replace(plan, provenance=made)


def oracle_samples(
    plan: BudgetPlan, pools: PoolsLike, *, fit_to: int = 32, equivalence: Equivalence = "exact"
) -> pl.DataFrame:
    """How many samples a plan with an oracle gives each of these questions.

    Parameters
    ----------
    plan : BudgetPlan
        Of `plan_with_oracle`, or any other: the nearest curve counts.
    pools : mapping of question to sequence of answers, or Opinions
        The whole pools of the questions, from which their difficulty is read.
    fit_to : int, default 32
        As of the plan.
    equivalence : str or callable, default "exact"
        Which answers are the same.

    Returns
    -------
    polars.DataFrame
        One row per question: question, a, b, bucket, samples; a question with fewer than four answers has no curve and
        no bucket, and gets the first four samples.

    Raises
    ------
    InputError
        If there is no question, none has four answers, or a number is out of range.

    Examples
    --------
    >>> pools = {f"q{k}": ["a"] * (32 - 2 * (k % 8)) + ["b"] * (2 * (k % 8)) for k in range(40)}
    >>> plan = plan_with_oracle(pools, 10, buckets=3)
    >>> oracle_samples(plan, {"easy": ["a"] * 32, "hard": ["a", "b"] * 16 + ["a"]})["bucket"].to_list()
    ['1', '3']
    """
    stored = pools_of(pools, equivalence)
    curves, enough = curves_of(stored.counts(), fit_to)
    there = np.flatnonzero(plan.shares > 0)
    centres = np.column_stack([plan.a, plan.b])[there]
    apart = ((np.nan_to_num(curves)[:, None, :] - centres) ** 2).sum(axis=2)
    nearest = there[apart.argmin(axis=1)]
    return pl.DataFrame(
        {
            "question": stored.names,
            "a": pl.Series(curves[:, 0]).fill_nan(None),
            "b": pl.Series(curves[:, 1]).fill_nan(None),
            "bucket": [plan.names[t] if known else None for t, known in zip(nearest, enough, strict=True)],
            "samples": np.where(enough, plan.samples[nearest], WARM_UP),
        }
    )
