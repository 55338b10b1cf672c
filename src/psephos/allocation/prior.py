"""How concentrated are the answers to questions like these?

Each question has shares theta ~ Dirichlet(alpha, ..., alpha) over K answers, and its counts are drawn from them. The
most likely alpha of counts at hand maximises

    sum_q log Gamma(K alpha) - log Gamma(K alpha + n_q) + sum_j log Gamma(alpha + c_qj) - log Gamma(alpha).

A small alpha says that most questions are nearly unanimous, alpha = 1 that all shares are as likely. As the prior of
the next questions it saves the samples that would be spent to learn this anew.

Source: Minka (2000), "Estimating a Dirichlet distribution". Differs: one alpha for all answers, because answers to
different questions have nothing in common but their rank.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from psephos.allocation.pools import PoolsLike, pools_of
from psephos.errors import InputError, check_count
from psephos.opinions.equivalence import Equivalence

Counts = npt.NDArray[np.int64]

SMALLEST, LARGEST = 1e-3, 1e3
"""The most likely alpha is looked for between these."""


def fit_prior(pools: PoolsLike, n_options: int, *, equivalence: Equivalence = "exact") -> float:
    """Most likely prior of the shares of answers, from samples of earlier questions.

    Parameters
    ----------
    pools : mapping of question to sequence of answers, or Opinions
        Samples of earlier questions of the same kind.
    n_options : int
        Answers that a question can have.
    equivalence : str or callable, default "exact"
        Which answers are the same.

    Returns
    -------
    float
        alpha, the parameter of each answer, between `SMALLEST` and `LARGEST`.

    Raises
    ------
    InputError
        If there is no question, a question has more answers than `n_options`, or none has two samples.

    See Also
    --------
    KnowledgeGradient : takes it as `prior`.

    Examples
    --------
    >>> fit_prior({f"q{k}": list("aaaaaaab") for k in range(20)}, n_options=4) < 1
    True
    """
    options = check_count("n_options", n_options, low=2)
    return likely_prior(pools_of(pools, equivalence).counts(), options)


def likely_prior(counts: Counts, n_options: int) -> float:
    """The same from counts, shape (n_questions, n_answers)."""
    answers = (counts > 0).sum(axis=1).max(initial=0)
    if answers > n_options:
        raise InputError("n_options", f"is {n_options}, but a question has {answers} answers")
    total = counts.sum(axis=1)
    if total.max(initial=0) < 2:
        raise InputError("pools", "no question has two samples", hint="one sample says nothing of the others")
    values, copies = np.unique(counts[counts > 0], return_counts=True)
    totals, questions = np.unique(total, return_counts=True)

    def loss(log_alpha: float) -> float:
        alpha = np.exp(log_alpha)
        whole = special.gammaln(n_options * alpha) - special.gammaln(n_options * alpha + totals)
        each = special.gammaln(alpha + values) - special.gammaln(alpha)
        return -float(questions @ whole + copies @ each)

    found = optimize.minimize_scalar(loss, bounds=(np.log(SMALLEST), np.log(LARGEST)), method="bounded")
    return float(np.exp(found.x))
