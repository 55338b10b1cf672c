r"""What are fidelity, correlation and the gain by spending of these very agents, and do trees of them amplify?

    gamma = mean of sent * received          over +-1 messages,
    rho   = (MSB - MSW) / (MSB + (n0 - 1) MSW)      of error indicators: questions are the groups, negative counts as 0,
    beta  = slope of ln mu on ln x, weighted by the inverse of Var(ln mu) = (1 - mu^2) / (n mu^2),

with MSB, MSW the mean squares between and within questions, and n0 = (n - sum n_i^2 / n) / (questions - 1). Questions
are resampled for intervals of gamma, rho and alpha and for the chance that alpha > 1. With fewer than 30 questions, or
an interval on both sides of 1, the regime is undecided.

Source: ours, for the quantities of Liu, Kong and Pei (2026), arXiv 2601.17311. The correlation includes that some
questions are harder for all; see `spread_amplification` for what that changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.allocation.trees.majority_layers import Floats, check_message, fan_in, slopes
from psephos.allocation.trees.regimes import regime_of
from psephos.engine.streams import Rng, seed_of
from psephos.errors import InputError, check_count, check_floats, check_number, check_same_length
from psephos.opinions.model import Opinions, Source
from psephos.opinions.outcomes import Provenance, Result, json_ready
from psephos.statistics import Interval, bootstrap, normal_interval

FEWEST = 30
"""Questions below which no regime is called."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class TreeCalibration(Result):
    """What agents at hand say of a tree of them.

    Attributes
    ----------
    b : int
        Children of each node that the verdict is about.
    gamma, rho, alpha, exponent : Interval
        Each with its interval.
    regime : str
        As in `Organisation`, or ``"undecided"``.
    chance_amplifying : float
        Share of resamples in which alpha > 1.
    questions : int
        How many the intervals come from.
    """

    b: int
    gamma: Interval
    rho: Interval
    alpha: Interval
    exponent: Interval
    regime: str
    chance_amplifying: float
    questions: int

    def table(self) -> pl.DataFrame:
        """One row per quantity: quantity, value, low, high."""
        names = ("gamma", "rho", "alpha", "exponent")
        rows = [(name, part.value, part.low, part.high) for name in names for part in (getattr(self, name),)]
        return pl.DataFrame(rows, schema=["quantity", "value", "low", "high"], orient="row")

    def summary(self) -> list[tuple[str, str]]:
        """The regime and what it comes from."""
        sides = f"amplifying in {self.chance_amplifying:.0%} of resamples"
        return [
            ("regime", f"{self.regime}; {sides}, {self.questions:,} questions, {self.b} children"),
            *((name, str(getattr(self, name))) for name in ("alpha", "gamma", "rho", "exponent")),
            *(("note", note) for note in self.provenance.notes),
        ]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        names = ("b", "regime", "chance_amplifying", "questions")
        more: dict[str, Any] = json_ready({name: getattr(self, name) for name in names})
        return super().to_dict() | more


def calibrate_tree(
    errors: Opinions | npt.ArrayLike,
    b: int,
    *,
    gamma: float | None = None,
    sent: npt.ArrayLike | None = None,
    received: npt.ArrayLike | None = None,
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = 0,
) -> TreeCalibration:
    """Measure what decides whether a tree of these agents amplifies.

    Parameters
    ----------
    errors : Opinions, or array_like of float, shape (n_questions, n_agents)
        1 where an agent was wrong, 0 where it was right, NaN where it did not answer. Labels with the column ``gold``
        in the table about items say the same; items without gold are left out.
    b : int
        Children of each node, at least 3.
    gamma : float, optional
        What of a bias a message keeps, if known (2 acc - 1, with acc the share of facts that arrive right).
    sent, received : array_like of float, shape (n_questions, n_messages), optional
        +1 or -1 that was sent, and as it was understood; NaN where there was no message. Perfect messages if neither
        these nor `gamma` are given.
    repeats : int, default 1000
        Resamples of the questions, at least 2.
    level : float, default 0.95
        Coverage of the intervals.
    rng : int, Generator or None, default 0
        Source of the resamples.

    Returns
    -------
    TreeCalibration
        Bias, correlation and fidelity with intervals, and whether the tree amplifies.

    Raises
    ------
    InputError
        If tables do not fit, hold other values, no question has two answers, or messages are worse than chance.

    See Also
    --------
    spending_exponent : beta, to hold the exponent against.

    Examples
    --------
    >>> draw = np.random.default_rng(0).random((200, 5)) < 0.4
    >>> found = calibrate_tree(draw.astype(float), 5, gamma=0.9)
    >>> found.regime, round(found.alpha.value, 1)
    ('amplifying', 1.7)
    """
    odd, even = fan_in(b)
    wrong, notes = _errors(errors)
    repeats, seed = check_count("repeats", repeats, low=2), seed_of(rng)
    check_number("level", level, low=0, high=1, open_ends=True)
    counts = (~np.isnan(wrong)).sum(axis=1).astype(np.float64)
    if not (counts >= 2).any() or (counts > 0).sum() < 2:
        raise InputError("errors", "needs two questions with answers and one with two of them")
    sums = np.nansum(wrong, axis=1)
    products, messages = _messages(sent, received, len(wrong))
    known = 1.0 if gamma is None else check_message(gamma)
    if messages.any() and gamma is not None:
        raise InputError("gamma", "is measured from sent and received; give one of them")
    if messages.any() and products.sum() < 0:
        raise InputError("gamma", f"< 0: flip the message; measured {products.sum() / messages.sum():.3f}")
    slope = float(slopes(np.array([odd]))[0])

    def statistic(weights: Floats) -> Floats:
        rho = np.maximum(_intraclass(weights, counts, sums), 0.0)
        told = weights @ messages
        kept = np.full(len(weights), known)
        if messages.any():
            kept = np.divide(weights @ products, told, out=np.full(len(weights), np.nan), where=told > 0)
        alpha = np.maximum(kept, 0.0) * (rho + (1 - rho) * slope)
        with np.errstate(divide="ignore"):
            s = np.log(alpha) / math.log(odd)
        return np.stack([kept, rho, alpha, np.where(np.isfinite(s), s, np.nan)], axis=1)

    drawn = bootstrap(statistic, len(wrong), repeats=repeats, level=level, method="percentile", rng=seed)
    kept, rho, alpha, s = (drawn.interval(column) for column in range(4))
    if math.isnan(alpha.value):
        raise InputError(
            "errors", "do not vary: all agents are right, or wrong, on all questions", hint="ask harder ones"
        )
    replicates = drawn.replicates[:, 2]
    over = float((replicates[~np.isnan(replicates)] > 1).mean())
    questions = int((counts > 0).sum())
    undecided = questions < FEWEST or alpha.low <= 1 <= alpha.high
    if even:
        notes.append(f"b = {b} behaves like {odd}: ties are broken by a fair coin")
    if questions < FEWEST:
        notes.append(f"fewer than {FEWEST} questions decide nothing")
    if gamma is None and not messages.any():
        notes.append("messages are taken to be perfect: nothing was said of them")
    source = errors.source if isinstance(errors, Opinions) else Source()
    stated = {"b": b, "gamma": gamma, "repeats": repeats, "level": level}
    return TreeCalibration(
        b=odd,
        gamma=kept,
        rho=rho,
        alpha=alpha,
        exponent=s,
        regime="undecided" if undecided else regime_of(alpha.value),
        chance_amplifying=over,
        questions=questions,
        provenance=Provenance("tree calibration", stated, source, seed=seed, notes=tuple(notes)),
    )


@dataclass(frozen=True)
class SpendingExponent:
    """How one agent gains by spending, mu = k x^beta.

    Attributes
    ----------
    beta : Interval
        The exponent.
    k : float
        The factor before it.
    dropped : tuple of int
        Rows at or below chance, which have no logarithm.
    """

    beta: Interval
    k: float
    dropped: tuple[int, ...]


def spending_exponent(
    x: npt.ArrayLike, right: npt.ArrayLike, asked: npt.ArrayLike, *, level: float = 0.95
) -> SpendingExponent:
    """Estimate how the bias of one agent grows with what it spends.

    Parameters
    ----------
    x : array_like of float, shape (n,)
        What was spent, above 0.
    right, asked : array_like of float, shape (n,)
        Questions answered right, and asked, at each.
    level : float, default 0.95
        Coverage of the interval.

    Returns
    -------
    SpendingExponent
        The exponent with its interval.

    Raises
    ------
    InputError
        If numbers lie outside their range, or fewer than two different spendings are above chance.

    Examples
    --------
    >>> found = spending_exponent([1, 4, 16], [600, 641, 700], [1000, 1000, 1000])
    >>> round(found.beta.value, 2), found.dropped
    (0.25, ())
    """
    spent, correct, total = (check_floats(name, part) for name, part in (("x", x), ("right", right), ("asked", asked)))
    check_same_length(x=spent, right=correct, asked=total)
    for name, bad in (("x", spent <= 0), ("asked", total < 1), ("right", (correct < 0) | (correct > total))):
        if bad.any():
            raise InputError(
                name, "must be positive, and right no more than asked", where=f"index {int(np.argmax(bad))}"
            )
    mu = 2 * correct / total - 1
    above = mu > 0
    if len(np.unique(spent[above])) < 2:
        raise InputError("x", "needs two different spendings with agents above chance")
    smooth = 2 * (correct + 0.5) / (total + 1) - 1  # a perfect score has no variance of its own
    weight = total[above] * mu[above] ** 2 / np.maximum(1 - smooth[above] ** 2, 1e-12)
    t, y = np.log(spent[above]), np.log(mu[above])
    centre, mean = np.average(t, weights=weight), np.average(y, weights=weight)
    spread = float(weight @ (t - centre) ** 2)
    beta = float(weight @ ((t - centre) * (y - mean))) / spread
    low, high = normal_interval(beta, math.sqrt(1 / spread), level)
    k = math.exp(mean - beta * centre)
    return SpendingExponent(Interval(beta, float(low), float(high), level), k, tuple(np.flatnonzero(~above).tolist()))


def _errors(errors: Opinions | npt.ArrayLike) -> tuple[Floats, list[str]]:
    if not isinstance(errors, Opinions):
        table = check_floats("errors", errors, ndim=2, missing=True)
        if not np.isin(table[~np.isnan(table)], (0, 1)).all():
            raise InputError("errors", "must be 0 (right), 1 (wrong) or NaN")
        return table, []
    gold = errors.about.column("items", "gold", errors.vocabulary("item"))
    if gold is None:
        raise InputError("errors", "no answer is known", hint="add a column 'gold' to the table about items")
    said, names = errors.matrix(), errors.vocabulary(errors.value).cast(pl.String)
    places = {name: place for place, name in enumerate(names)}
    right = np.array([-1 if one is None else places.get(str(one), -2) for one in gold])
    table = np.where(said < 0, np.nan, said != right[:, None])[right != -1]
    left = int((right == -1).sum())
    return table, [f"{left:,} items without a known answer were left out"] if left else []


def _messages(sent: npt.ArrayLike | None, received: npt.ArrayLike | None, rows: int) -> tuple[Floats, Floats]:
    """Sum of sent * received and number of messages of each question."""
    if sent is None and received is None:
        return np.zeros(rows), np.zeros(rows)
    if sent is None or received is None:
        raise InputError("sent" if sent is None else "received", "must be given too: messages are sent and received")
    tables = [check_floats(name, part, ndim=2, missing=True) for name, part in (("sent", sent), ("received", received))]
    for name, table in zip(("sent", "received"), tables, strict=True):
        if table.shape != tables[0].shape or len(table) != rows:
            raise InputError(name, f"must have a row for each of {rows} questions and fit sent, got {table.shape}")
        if not np.isin(table[~np.isnan(table)], (-1, 1)).all():
            raise InputError(name, "must be +1, -1 or NaN")
    product = tables[0] * tables[1]
    return np.nansum(product, axis=1), (~np.isnan(product)).sum(axis=1).astype(np.float64)


def _intraclass(weights: Floats, counts: Floats, sums: Floats) -> Floats:
    """One-way intraclass correlation of 0/1 values from counts and sums per group; one row of weights, one value."""
    used = (counts > 0).astype(np.float64)
    groups, n = weights @ used, weights @ counts
    total = weights @ sums
    means = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
    between = weights @ (counts * means**2) - np.divide(total**2, n, out=np.zeros_like(n), where=n > 0)
    within = weights @ (sums - counts * means**2)
    enough = (groups > 1) & (n > groups)
    msb = np.divide(between, groups - 1, out=np.full_like(n, np.nan), where=enough)
    msw = np.divide(within, n - groups, out=np.full_like(n, np.nan), where=enough)
    n0 = np.divide(
        n - np.divide(weights @ counts**2, n, out=np.zeros_like(n), where=n > 0),
        groups - 1,
        out=np.full_like(n, np.nan),
        where=enough,
    )
    below = msb + (n0 - 1) * msw
    return np.asarray(np.divide(msb - msw, below, out=np.full_like(n, np.nan), where=enough & (below > 1e-15)))
