"""A plan of samples per bucket, and what each further sample of a bucket is worth.

The gain A(n + 1) - A(n) of a curve A(n) = Phi(a sqrt(n) + b) is computed from logarithms of upper tails, since the
probabilities themselves soon round to 1. For a > 0 and b >= -2 the curve is concave in n everywhere, so gains fall; for
b < -2 it is convex between sqrt(n) = (-b -+ sqrt(b^2 - 4)) / (2 a), and gains are those of its concave envelope.

Source: arXiv 2602.16745 (PETS, online). Differs: the envelope is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import special

from psephos.allocation.arriving.warm_up_patterns import WARM_UP
from psephos.opinions.outcomes import Result, json_ready

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class BudgetPlan(Result):
    """How many samples a question of each bucket gets.

    Attributes
    ----------
    names : tuple of str
        Buckets.
    shares, a, b : ndarray of float64, shape (n_buckets,)
        pi, and the parameters of the curves.
    samples : ndarray of int64, shape (n_buckets,)
        B, the first four included.
    budget, used : float
        Samples a question on average: what there is, and what the plan spends.
    value : float
        Expected consistency.
    next_unit : float
        What one more sample a question on average would add to it.
    most : int
        The most samples of a question.
    over_budget : bool
        Whether the first samples alone cost more than there is.
    """

    names: tuple[str, ...]
    shares: Floats
    a: Floats
    b: Floats
    samples: Counts
    budget: float
    used: float
    value: float
    next_unit: float
    most: int
    over_budget: bool

    def table(self) -> pl.DataFrame:
        """One row per bucket: bucket, share, a, b, samples, consistency, gain (of one more sample a question)."""
        return pl.DataFrame(
            {
                "bucket": self.names,
                "share": self.shares,
                "a": self.a,
                "b": self.b,
                "samples": self.samples,
                "consistency": special.ndtr(self.a * np.sqrt(self.samples) + self.b),
                "gain": gain_at(self.a, self.b, self.samples),
            }
        )

    def summary(self) -> list[tuple[str, str]]:
        """The plan in a few lines."""
        lines = [(name, f"{n} samples") for name, n in zip(self.names, self.samples.tolist(), strict=True)]
        lines.append(("spends", f"{self.used:.2f} of {self.budget:g} samples a question"))
        lines.append(("consistency", f"{self.value:.4f}; one more sample a question would add {self.next_unit:.4f}"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        names = ("budget", "used", "value", "next_unit", "most", "over_budget")
        own: dict[str, Any] = json_ready({name: getattr(self, name) for name in names})
        return super().to_dict() | own


def samples_at_price(plan: BudgetPlan, log_price: float) -> Counts:
    """Samples of each bucket if one of them costs this much consistency: all raises that gain more."""
    gains = gains_of(plan.a, plan.b, WARM_UP, plan.most)
    with np.errstate(divide="ignore"):
        return np.asarray(WARM_UP + (np.log(np.maximum(gains, 0)) > log_price).sum(axis=1))


def gain_at(a: Floats, b: Floats, n: npt.NDArray[Any]) -> Floats:
    """A(n + 1) - A(n) from logarithms of upper tails; negative for a < 0."""
    here, there = special.log_ndtr(-(a * np.sqrt(n) + b)), special.log_ndtr(-(a * np.sqrt(n + 1.0) + b))
    larger, smaller = np.maximum(here, there), np.minimum(here, there)
    return np.asarray(np.sign(here - there) * np.exp(larger) * -np.expm1(smaller - larger))


def gains_of(a: Floats, b: Floats, low: int, high: int) -> Floats:
    """Gain of each raise of each bucket, falling in each: of the concave envelope where the curve is not concave.

    Parameters
    ----------
    a, b : ndarray of float64, shape (n_buckets,)
        Curves Phi(a sqrt(n) + b).
    low, high : int
        Fewest and most samples of a question.

    Returns
    -------
    ndarray of float64, shape (n_buckets, high - low)
        Raises from low, low + 1, ... by one sample; inside a stretch of the envelope all are its mean.
    """
    gains = gain_at(a[:, None], b[:, None], np.arange(low, high)[None, :])
    for t in np.flatnonzero((a > 0) & (b < -2)):
        gains[t] = _falling_means(gains[t])
    return gains


def _falling_means(gains: Floats) -> Floats:
    """Slopes of the least concave curve above one with these slopes: rising neighbours are pooled."""
    blocks: list[tuple[float, int]] = []
    for gain in gains.tolist():
        total, count = gain, 1
        while blocks and blocks[-1][0] * count <= total * blocks[-1][1]:
            before, length = blocks.pop()
            total, count = total + before, count + length
        blocks.append((total, count))
    return np.concatenate([np.full(count, total / count) for total, count in blocks])
