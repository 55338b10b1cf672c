"""How many samples to draw, so that the right answer is seen often enough for its score to be trusted?

    C = 1 / P(one sample is right),    alpha = 3 / (4 C),    N = ceil(16 C log(k C / eps^2)),    eps^2 = score error,

after which the right answer is expected N / C times where alpha N are needed, and the chance that it is not is of the
order of C exp(-N / (32 C)).

Source: Best-of-Majority; Di, Ji, Li, Zhao and Gu (2025), arXiv:2510.03199; sheet 03. The constant is that of a proof:
far fewer samples often do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from psephos.errors import check_count, check_number
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class SamplePlan(Result):
    """How many samples to draw for one question.

    Attributes
    ----------
    samples : int
        N, enough by the theory.
    alpha : float
        The gate to use with them.
    needed : int
        How often an answer must then be seen.
    expected : float
        How often the right answer is expected to be seen.
    """

    samples: int
    alpha: float
    needed: int
    expected: float

    def table(self) -> pl.DataFrame:
        """The plan in one row."""
        return pl.DataFrame({name: [getattr(self, name)] for name in ("samples", "alpha", "needed", "expected")})

    def summary(self) -> list[tuple[str, str]]:
        """The plan in a few lines."""
        return [
            ("samples", f"{self.samples:,}"),
            ("gate", f"alpha {self.alpha:.4g}: an answer must be seen {self.needed:,} times"),
            ("expected", f"the right answer is seen about {self.expected:.1f} times"),
        ]


def plan_samples(p_right: float, *, k: int = 1, reward_error: float) -> SamplePlan:
    """How many samples of a question are enough, and the gate to use with them.

    Parameters
    ----------
    p_right : float
        Probability that a single sample is right, above 0 and at most 1.
    k : int, default 1
        Answers that may be handed in.
    reward_error : float
        Root mean square error of the reward on a scale of 0 to 1, above 0 and at most 1 (eps in the formula).

    Returns
    -------
    SamplePlan
        The number of samples and the gate, with how often an answer is needed and expected.

    Raises
    ------
    InputError
        If a number is out of range.

    See Also
    --------
    psephos.selection.best_of_majority : the rule that is planned for.

    Examples
    --------
    >>> print(plan_samples(0.1, reward_error=0.5))
    samples   591
    gate      alpha 0.075: an answer must be seen 45 times
    expected  the right answer is seen about 59.1 times
    """
    p_right = check_number("p_right", p_right, low=0, high=1)
    reward_error = check_number("reward_error", reward_error, low=0, high=1)
    for name, value in (("p_right", p_right), ("reward_error", reward_error)):
        if value == 0:
            check_number(name, value, low=0, high=math.inf, open_ends=True)
    k = check_count("k", k)
    samples = max(1, math.ceil(16 / p_right * math.log(k / p_right / reward_error**2) - 1e-9))
    alpha = 0.75 * p_right
    return SamplePlan(
        provenance=Provenance("sample plan", {"p_right": p_right, "k": k, "reward_error": reward_error}, Source(())),
        samples=samples,
        alpha=alpha,
        needed=max(1, math.ceil(alpha * samples - 1e-9)),
        expected=samples * p_right,
    )
