r"""Is a budget better spent on one strong run or on many weak agents, and how deep, how wide, with what messages?

One agent that spends x has bias mu(x) = min(1, k x^beta). A tree of N = b^L leaves spends

    B = N x + c_msg m (b^(L + 1) - b) / (b - 1)         its leaves, then a message along every edge

and ends with the exact recursion mu_L from mu(x). While nothing saturates, mu_L = k B^beta N^(s - beta): a tree pays if
and only if s > beta, and then the widest one that leaves x >= x_min for each leaf, up to the mixing depth.

Source: Liu, Kong and Pei (2026), arXiv 2601.17311. Differs: the comparison by the exact recursion, the threshold
and the
search over message lengths are ours. That no tree ever pays where s <= beta holds exactly, not just for small signals,
because F(mu) <= alpha mu.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.allocation.trees.majority_layers import CRITICAL, Floats, check_message, curve, fan_in, layer, slopes
from psephos.allocation.trees.regimes import check_window, exponent
from psephos.errors import InputError, check_floats, check_number
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result, json_ready

DEEPEST = 60
TRIED = 400
"""Budgets that are tried for each depth before the threshold is narrowed down."""


@dataclass(frozen=True)
class Costs:
    """What agents and messages cost, and what an agent gets for it.

    Attributes
    ----------
    k, beta : float
        One agent that spends x has bias min(1, k x^beta).
    x_min : float
        The least that an agent can spend.
    message : float
        Cost of one message: price of a token times its tokens.
    """

    k: float
    beta: float
    x_min: float
    message: float

    def single(self, x: npt.ArrayLike) -> Floats:
        """Bias of one agent that spends x."""
        return np.asarray(np.minimum(1.0, self.k * np.asarray(x, dtype=np.float64) ** self.beta))

    def edges(self, odd: int, depth: int) -> float:
        """What the messages of a tree cost."""
        return self.message * (float(odd) ** (depth + 1) - odd) / (odd - 1)

    def least(self, odd: int, depth: int) -> float:
        """The smallest budget with which every leaf still works."""
        return float(odd) ** depth * self.x_min + self.edges(odd, depth)

    def depths(self, odd: int, budget: float) -> int:
        """How many layers a budget pays for."""
        return next((depth - 1 for depth in range(1, DEEPEST) if self.least(odd, depth) > budget), DEEPEST - 1)


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class BudgetComparison(Result):
    """One strong run against the best tree, for several budgets.

    Attributes
    ----------
    exponent, beta : float
        s of the tree, and the exponent with which one run gains by spending; a tree can pay only if s > beta.
    budgets : polars.DataFrame
        One row per budget: budget, single (bias of one run), depth of the best tree (0: one run is best), leaves, spend
        (per leaf), bias, gain (over one run).
    threshold : float or None
        Smallest budget with which a tree beats one run; None if none does.
    """

    exponent: float
    beta: float
    budgets: pl.DataFrame
    threshold: float | None

    def table(self) -> pl.DataFrame:
        """One row per budget: budget, single, depth, leaves, spend, bias, gain."""
        return self.budgets

    def summary(self) -> list[tuple[str, str]]:
        """What to do with each budget."""
        sign = ">" if self.exponent > self.beta else "<="
        pays = "a tree can pay" if sign == ">" else "spend all on one run"
        from_ = "no budget" if self.threshold is None else f"a budget of {self.threshold:.4g}"
        lines = [
            ("rule", f"s = {self.exponent:.4f} {sign} beta = {self.beta:g}: {pays}"),
            ("a tree beats one", f"{from_}"),
        ]
        for row in self.budgets.head(12).iter_rows(named=True):
            tree = f"{row['depth']} layers, {row['leaves']:,.0f} leaves at {row['spend']:.4g}: bias {row['bias']:.4f}"
            best = tree if row["depth"] else "one run is best"
            lines.append((f"budget {row['budget']:g}", f"one run {row['single']:.4f}; {best}"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        more = {"exponent": self.exponent, "beta": self.beta, "threshold": self.threshold}
        ready: dict[str, Any] = json_ready(more)
        return super().to_dict() | ready


def compare_budgets(
    budgets: float | Sequence[float],
    *,
    b: int,
    gamma: float,
    rho: float,
    k: float,
    beta: float,
    x_min: float = 1.0,
    c_msg: float = 0.0,
    m: float = 1.0,
    W: float | None = None,
) -> BudgetComparison:
    """Compare one strong run with the best tree for each budget.

    Parameters
    ----------
    budgets : float or sequence of float
        What can be spent, at least `x_min`.
    b, gamma, rho
        As in `organisation`.
    k, beta : float
        Bias of one agent that spends x is min(1, k x^beta); above 0.
    x_min : float, default 1
        Least that a leaf needs to work.
    c_msg : float, default 0
        Cost of a token that is sent.
    m, W : float
        Tokens of a message, default 1, and of the window of a node, which limit b to W / m.

    Returns
    -------
    BudgetComparison
        One row for each budget: the strong run, the best tree and which of them wins.

    Raises
    ------
    InputError
        If a number lies outside its range or a budget does not pay for one leaf.

    Examples
    --------
    >>> found = compare_budgets([9, 729], b=3, gamma=0.95, rho=0.05, k=0.02, beta=0.2)
    >>> found.table()["depth"].to_list(), found.threshold
    ([2, 6], 3.0)
    """
    odd, even = fan_in(b)
    keep, shared = check_message(gamma), check_number("rho", rho, low=0, high=1)
    costs = _costs(k, beta, x_min, c_msg, m)
    most = check_window(W, m)
    if most is not None and odd > most:
        raise InputError("b", f"must be at most {most}, as W holds no more messages of m tokens, got {b}")
    spend = check_floats("B", [budgets] if np.ndim(budgets) == 0 else budgets)
    if not len(spend) or (spend < x_min).any():
        raise InputError(
            "B", f"must pay for one leaf, at least {x_min:g}" + (f", got {spend.min():g}" if len(spend) else "")
        )
    rows = [_best_tree(float(budget), odd, keep, shared, costs) for budget in spend]
    alpha = float(keep * (shared + (1 - shared) * slopes(np.array([odd]))[0]))
    s = exponent(alpha, odd)
    notes = [f"b = {b} behaves like {odd}: ties are broken by a fair coin"] if even else []
    if any(row[-2] >= 1 - 1e-12 for row in rows):
        notes.append("a bias of 1 is a leaf law that has run out: it says nothing of larger budgets")
    stated = {"b": b, "gamma": keep, "rho": shared, "k": k, "beta": beta, "x_min": x_min, "c_msg": c_msg, "m": m}
    columns = ["budget", "single", "depth", "leaves", "spend", "bias", "gain"]
    return BudgetComparison(
        exponent=s,
        beta=costs.beta,
        budgets=pl.DataFrame(rows, schema=columns, orient="row"),
        threshold=None if s <= costs.beta else _threshold(odd, keep, shared, costs),
        provenance=Provenance("budget comparison", stated, Source(("numbers",)), notes=tuple(notes)),
    )


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class TreeDesign(Result):
    """Which messages and how many children make the best tree.

    Attributes
    ----------
    designs : polars.DataFrame
        One row per length of messages: m, gamma, widest (most children a window holds), widest_exponent, b (the best
        number of children), alpha, exponent, and with a budget depth and bias of the best tree.
    best : dict
        The best row.
    """

    designs: pl.DataFrame
    best: dict[str, Any]

    def table(self) -> pl.DataFrame:
        """One row per length of messages."""
        return self.designs

    def summary(self) -> list[tuple[str, str]]:
        """The best tree."""
        row = self.best
        with_budget = "bias" in row
        gives = f"{row['depth']} layers, bias {row['bias']:.4f}" if with_budget else f"s = {row['exponent']:.4f}"
        lines = [("best", f"messages of {row['m']:g} tokens, {row['b']} children: {gives}")]
        return lines + [("note", note) for note in self.provenance.notes]


def best_design(
    W: float,
    gamma: Callable[[float], Any],
    rho: float,
    *,
    lengths: Sequence[float],
    B: float | None = None,
    k: float = 0.02,
    beta: float = 0.2,
    x_min: float = 1.0,
    c_msg: float = 0.0,
) -> TreeDesign:
    """Choose the length of messages and the number of children for a window.

    Parameters
    ----------
    W : float
        Tokens of the window of a node.
    gamma : callable
        Fidelity of a message by its length (`fidelity_curve`, `fidelity_table`).
    rho : float
        Correlation of votes, 0 to 1.
    lengths : sequence of float
        Lengths of messages to try.
    B : float, optional
        A budget: then the tree with the highest bias is chosen, by the law of leaves as in `compare_budgets`. Without
        one, that with the highest exponent s.
    k, beta, x_min, c_msg : float
        As in `compare_budgets`.

    Returns
    -------
    TreeDesign
        Every combination with what the tree makes of its leaves, and the best.

    Raises
    ------
    InputError
        If a window holds fewer than 3 of the longest messages or a number lies outside its range.

    Examples
    --------
    >>> from psephos.allocation import fidelity_curve
    >>> found = best_design(4000, fidelity_curve(m0=200), 0.1, lengths=[40, 200, 800])
    >>> found.best["m"], found.best["b"], round(found.best["exponent"], 4)
    (800.0, 5, 0.3494)
    """
    shared = check_number("rho", rho, low=0, high=1)
    costs = _costs(k, beta, x_min, c_msg, 1.0)
    tried = check_floats("lengths", list(lengths))
    if not len(tried):
        raise InputError("lengths", "must hold at least one length")
    budget = None if B is None else check_number("B", B, low=x_min)
    rows = [_design(float(m), W, gamma, shared, costs, budget) for m in tried]
    table = pl.DataFrame(rows)
    order = ["exponent" if budget is None else "bias", "m"]
    best = table.sort(order, descending=[True, False]).row(0, named=True)
    notes = () if budget is not None or best["exponent"] > 0 else ("no length of messages amplifies",)
    stated = {"W": W, "rho": shared, "lengths": tried.tolist(), "B": B, "k": k, "beta": beta, "c_msg": c_msg}
    return TreeDesign(
        designs=table, best=best, provenance=Provenance("tree design", stated, Source(("numbers",)), notes=notes)
    )


def _costs(k: float, beta: float, x_min: float, c_msg: float, m: float) -> Costs:
    return Costs(
        check_number("k", k, low=0, open_ends=True),
        check_number("beta", beta, low=0, open_ends=True),
        check_number("x_min", x_min, low=0, open_ends=True),
        check_number("c_msg", c_msg, low=0) * check_number("m", m, low=0, open_ends=True),
    )


def _best_tree(budget: float, odd: int, gamma: float, rho: float, costs: Costs) -> tuple[float, ...]:
    """Budget, bias of one run; depth, leaves, spend and bias of the best tree, the shallowest of equals; its gain."""
    single = float(costs.single(budget))
    best = (0, 1.0, budget, single)
    for depth in range(1, costs.depths(odd, budget) + 1):
        leaves = float(odd) ** depth
        spend = (budget - costs.edges(odd, depth)) / leaves
        bias = float(curve(costs.single(spend), depth, odd, gamma, rho)[-1])
        if bias > best[-1] * (1 + 1e-12):
            best = (depth, leaves, spend, bias)
    return budget, single, *best, best[-1] - single


def _threshold(odd: int, gamma: float, rho: float, costs: Costs) -> float | None:
    """Smallest budget at which a tree of any depth beats one run."""

    def ahead(budget: npt.ArrayLike, depth: int) -> Floats:
        spend = (np.asarray(budget) - costs.edges(odd, depth)) / float(odd) ** depth
        tree = curve(costs.single(spend), depth, odd, gamma, rho)[-1]
        return np.asarray(tree - costs.single(budget) * (1 + 1e-12))

    full = costs.k ** (-1 / costs.beta) if costs.k < 1 else 1.0  # above this one run is always right
    found = math.inf
    for depth in range(1, DEEPEST):
        least = costs.least(odd, depth) * (1 + 1e-12)
        if least >= min(found, full):
            break
        tried = np.geomspace(least, min(found, full), TRIED)
        wins = ahead(tried, depth) > 0
        if not wins.any():
            continue
        first = int(np.argmax(wins))
        low, high = (tried[first - 1], tried[first]) if first else (least, least)
        while high - low > 1e-9 * high:
            middle = (low + high) / 2
            low, high = (low, middle) if ahead(middle, depth) > 0 else (middle, high)
        found = high if first else costs.least(odd, depth)
    return found if math.isfinite(found) else None


def _design(
    m: float, W: float, gamma: Callable[[float], Any], rho: float, costs: Costs, budget: float | None
) -> dict[str, Any]:
    most = check_window(W, m)
    widest = int(most or 3) - (int(most or 3) % 2 == 0)
    kept = check_message(float(gamma(m)))
    odd = np.arange(3, widest + 1, 2)
    alpha = kept * (rho + (1 - rho) * slopes(odd))
    with np.errstate(divide="ignore"):
        s = np.where(np.abs(alpha - 1) <= CRITICAL, 0.0, np.log(alpha) / np.log(odd))
    row: dict[str, Any] = {"m": m, "gamma": kept, "widest": widest, "widest_exponent": float(s[-1])}
    if budget is None:
        best = int(np.argmax(s))
        return row | {"b": int(odd[best]), "alpha": float(alpha[best]), "exponent": float(s[best])}
    dear = Costs(costs.k, costs.beta, costs.x_min, costs.message * m)
    bias, depth = _best_under(odd, kept, rho, dear, budget)
    best = int(np.argmax(bias))
    found = {"b": int(odd[best]), "alpha": float(alpha[best]), "exponent": float(s[best])}
    return row | found | {"depth": int(depth[best]), "bias": float(bias[best])}


def _best_under(
    odd: npt.NDArray[np.int64], gamma: float, rho: float, costs: Costs, budget: float
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Bias of the best tree under a budget and its depth, for each number of children."""
    best = np.full(len(odd), float(costs.single(budget)))
    depths = np.zeros(len(odd), dtype=np.int64)
    width = odd.astype(np.float64)
    for depth in range(1, DEEPEST):
        leaves = width**depth
        messages = costs.message * (width ** (depth + 1) - width) / (width - 1)
        spend = (budget - messages) / leaves
        can = spend >= costs.x_min
        if not can.any():
            break
        bias = costs.single(spend[can])
        for _ in range(depth):
            bias = np.asarray(layer(bias, odd[can], gamma, rho))
        better = np.zeros(len(odd), dtype=bool)
        better[can] = bias > best[can] * (1 + 1e-12)
        best[better] = bias[better[can]]
        depths[better] = depth
    return best, depths
