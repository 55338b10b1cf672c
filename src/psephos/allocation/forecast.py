"""What error would more samples a question buy?

The shares of the answers of each question have a Dirichlet posterior, whose prior is fitted to all questions. Shares
are drawn from it, then samples from the shares, and the majority of n samples is compared with the largest share:

    error_q(n) = E P(majority of n samples is not the mode | theta),    theta ~ Dirichlet(alpha + counts_q),

the probability that even n samples get the mode wrong; ties count in part. That is an error of the majority, not of the
answer: no number of samples mends a question whose mode is wrong. A power law through the means over questions says how
fast it falls.

Source: the quantities are those of arXiv 2511.12309; the posterior forecast is ours, because the bound exp(-n m) at
fitted margins has no prefactor and is far off at budgets that people have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.allocation.allocation_result import Allocation
from psephos.allocation.pools import PoolsLike, pools_of
from psephos.allocation.power_law import FEWEST, PowerLaw, fit_power_law
from psephos.allocation.prior import likely_prior
from psephos.engine import Rng
from psephos.engine.streams import seed_of, spawn
from psephos.errors import InputError, check_count, check_number
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result, json_ready, option_name
from psephos.statistics import Interval, bootstrap

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

LAW_FROM = 4
"""Samples from which on errors are taken to follow the power law."""

RESAMPLES = 1000
_CELLS = 2**22


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Forecast(Result):
    """The error of the majority at other numbers of samples.

    Attributes
    ----------
    points : polars.DataFrame
        One row per number of samples; see `table`.
    questions : polars.DataFrame
        question, and its probability of a wrong mode at the last number of samples.
    power_law : PowerLaw or None
        How fast the error falls with the samples in all; None if there are too few numbers of samples.
    prior : float
        Parameter of the Dirichlet prior of each answer.
    level : float
        Confidence of the intervals, which are over questions.
    at_hand : float
        Samples a question, on average, that count besides those of the table: 0 unless those at hand are kept.
    """

    points: pl.DataFrame
    questions: pl.DataFrame
    power_law: PowerLaw | None
    prior: float
    level: float
    at_hand: float = 0.0

    def table(self) -> pl.DataFrame:
        """One row per number of samples: samples, error with low and high, wrong (expected wrong modes)."""
        return self.points

    def summary(self) -> list[tuple[str, str]]:
        """The forecast in a few lines."""
        lines = []
        for row in self.points.iter_rows(named=True):
            if row["low"] is None:  # a single question
                shown = f"{row['error']:.3f} (no interval)"
            else:
                shown = str(Interval(row["error"], row["low"], row["high"], self.level))
            further = " further" if self.at_hand else ""
            lines.append((f"{row['samples']:,}{further} samples", f"error {shown}, {row['wrong']:.1f} wrong modes"))
        if self.power_law is not None:
            lines.append(("power law", str(self.power_law)))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        law = self.power_law
        own = None if law is None else {"coefficient": law.coefficient, "exponent": vars(law.exponent)}
        rest = {"power_law": own, "prior": self.prior, "at_hand": self.at_hand, "questions": self.questions.to_dicts()}
        return super().to_dict() | dict(json_ready(rest))


def forecast(
    pools: PoolsLike | Allocation,
    samples: Sequence[int] = (1, 2, 4, 8, 16, 32, 64),
    *,
    keep: bool = False,
    n_options: int | None = None,
    prior: float | None = None,
    draws: int = 100,
    equivalence: Equivalence = "exact",
    level: float = 0.95,
    rng: Rng = None,
) -> Forecast:
    """Say what error of the majority other numbers of samples would have.

    Parameters
    ----------
    pools : mapping of question to sequence of answers, Opinions or Allocation
        Samples at hand; they may be spread over the questions in any way.
    samples : sequence of int
        Samples a question, spent evenly.
    keep : bool, default False
        Whether the samples at hand count too, so that `samples` are further ones.
    n_options : int, optional
        Answers that a question can have; by default one more than the question with most has.
    prior : float, optional
        Parameter of each answer before the first sample; by default the most likely one.
    draws : int, default 100
        Simulated outcomes of each question.
    equivalence : str or callable, default "exact"
        Which answers are the same.
    level : float, default 0.95
        Confidence of the intervals.
    rng : int, Generator or None
        Source of the outcomes.

    Returns
    -------
    Forecast
        Expected share of wrong modes at each number of samples, with a band.

    Raises
    ------
    InputError
        If there is no question, no question has two samples and no prior is given, or a number is out of range.

    See Also
    --------
    fit_power_law : of errors that were measured.
    psephos.allocation.replay : what was reached with the samples in store.

    Examples
    --------
    >>> pools = {f"q{k}": list("aaaab" if k % 3 else "abbab") for k in range(30)}
    >>> found = forecast(pools, [5, 50], rng=0)
    >>> found.table()["error"][0] > found.table()["error"][1]
    True
    """
    names, counts, source = _counts(pools, equivalence)
    numbers = sorted({check_count("samples", n, low=0 if keep else 1) for n in samples})
    if not numbers:
        raise InputError("samples", "there is none")
    check_count("draws", draws)
    level = check_number("level", level, low=0, high=1, open_ends=True)
    options = max(2, counts.shape[1] + 1) if n_options is None else check_count("n_options", n_options, low=2)
    alpha = likely_prior(counts, options) if prior is None else check_number("prior", prior, low=0, open_ends=True)
    if counts.shape[1] > options:
        raise InputError("n_options", f"is {options}, but a question has {counts.shape[1]} answers")
    counts = np.pad(counts, ((0, 0), (0, options - counts.shape[1])))
    seed = seed_of(rng)
    outcomes, resampling = spawn(seed, 2)
    errors = _errors(counts, np.array(numbers), alpha, draws, keep=keep, stream=outcomes)
    at_hand = float(counts.sum(axis=1).mean()) if keep else 0.0
    low, high, law = _with_intervals(errors, np.array(numbers) + at_hand, level, resampling)
    mean = errors.mean(axis=0)
    notes = [] if n_options else [f"a question is taken to have {options} possible answers"]
    parameters = {"samples": numbers, "keep": keep, "n_options": n_options, "prior": prior, "draws": draws}
    return Forecast(
        provenance=Provenance(
            "forecast",
            parameters | {"equivalence": option_name(equivalence), "level": level},
            source,
            seed=seed,
            notes=tuple(notes),
        ),
        points=pl.DataFrame(
            {"samples": numbers, "error": mean, "low": low, "high": high, "wrong": mean * len(names)}
        ).with_columns(pl.col("low", "high").fill_nan(None)),
        questions=pl.DataFrame({"question": names, "error": errors[:, -1]}),
        power_law=law,
        prior=alpha,
        level=level,
        at_hand=at_hand,
    )


def _counts(pools: PoolsLike | Allocation, equivalence: Equivalence) -> tuple[list[str], Counts, Source]:
    if not isinstance(pools, Allocation):
        stored = pools_of(pools, equivalence)
        return stored.names, stored.counts(), stored.source
    names = pools.questions["question"].to_list()
    if not names:
        raise InputError("pools", "there is no question")
    by_question = dict(pools.votes.group_by("question").agg("votes").iter_rows())
    rows = [sorted(by_question.get(name, []), reverse=True) for name in names]
    width = max(map(len, rows))
    return (
        names,
        np.array([row + [0] * (width - len(row)) for row in rows], np.int64).reshape(len(rows), width),
        Source(),
    )


def _errors(
    counts: Counts, numbers: Counts, alpha: float, draws: int, *, keep: bool, stream: np.random.Generator
) -> Floats:
    """Probability of a wrong mode of each question at each number of samples, shape (n_questions, n_numbers)."""
    found = np.empty((len(counts), len(numbers)))
    size = max(1, _CELLS // (draws * counts.shape[1]))
    for start in range(0, len(counts), size):
        part = counts[start : start + size]
        gammas = stream.standard_gamma(np.repeat(part + alpha, draws, axis=0))
        # A tiny prior can make all gammas of a question underflow.
        shares = np.maximum(gammas, 1e-300)
        shares /= shares.sum(axis=1, keepdims=True)
        mode = shares.argmax(axis=1)
        votes = np.repeat(part, draws, axis=0) if keep else np.zeros(shares.shape, dtype=np.int64)
        for k, more in enumerate(np.diff(numbers, prepend=0)):
            if more:
                votes = votes + stream.multinomial(more, shares)
            leading = votes == votes.max(axis=1, keepdims=True)
            right = leading[np.arange(len(mode)), mode] / leading.sum(axis=1)
            found[start : start + size, k] = 1 - right.reshape(len(part), draws).mean(axis=1)
    return found


def _with_intervals(
    errors: Floats, n: Floats, level: float, stream: np.random.Generator
) -> tuple[Floats, Floats, PowerLaw | None]:
    """Ends of the intervals over questions at n samples in all, and the power law with one for its exponent."""
    far = n >= LAW_FROM
    if far.sum() < FEWEST:
        far = n > 0
    mean = errors.mean(axis=0)
    far &= mean > 0
    law = fit_power_law(n[far], mean[far], level=level) if far.sum() >= FEWEST else None
    if len(errors) < 2:
        nothing = np.full(len(n), np.nan)
        return nothing, nothing, law
    x = np.log(n[far]) if law else np.zeros(0)
    x = x - x.mean() if law else x

    def statistic(weights: Floats) -> Floats:
        means = np.asarray(weights @ errors / weights.sum(axis=1, keepdims=True))
        if law is None:
            return means
        with np.errstate(divide="ignore", invalid="ignore"):
            y = np.log(means[:, far])
            slope = -(y @ x) / (x @ x)
        return np.column_stack([means, np.where(np.isfinite(slope), slope, np.nan)])

    drawn = bootstrap(statistic, len(errors), repeats=RESAMPLES, level=level, method="percentile", rng=stream)
    low, high = np.atleast_1d(drawn.low), np.atleast_1d(drawn.high)
    if law is not None:
        exponent = Interval(law.exponent.value, float(low[-1]), float(high[-1]), level)
        law = PowerLaw(law.coefficient, exponent, law.r_squared, law.points)
    return low[: len(n)], high[: len(n)], law
