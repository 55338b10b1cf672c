r"""How good is an estimate that several agents make together, as a star, a tree or a chain?

Each agent has an estimate with error variance v0, errors of two agents correlate by rho, each message adds variance q:

    star of N      R    = v0 (rho + (1 - rho) / N) + q / N,                 floor rho v0
    tree layer     v'   = v (rho + (1 - rho) / b) + q / b,                  floor v* = q / ((b - 1) (1 - rho))
    relay          v_k  = v0 + k q                                          pure hand-over along a chain
    fused chain    v'   = (A v0 - C^2) / (A + v0 - 2 C),  A = v + q,  C = rho sqrt(v v0)

The fused chain mixes what comes in with an estimate of its own in the best linear way; where C >= min(A, v0) the best
weight would be negative, and the better of the two is kept. A tree helps if and only if v0 > v*.

Source: Liu, Kong and Pei (2026), arXiv 2601.17311. Differs: the chains are reconstructed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import polars as pl

from psephos.allocation.trees.regimes import check_window
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result, json_ready

SHAPES = ("star", "tree", "relay", "fused")


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class JointEstimate(Result):
    """Error variance of an estimate that several agents make together.

    Attributes
    ----------
    shape : str
        ``"star"``, ``"tree"``, ``"relay"`` or ``"fused"``.
    steps : polars.DataFrame
        size (agents of a star, layers of a tree, messages along a chain), agents, variance.
    floor : float
        What endless sizes come to.
    helps : bool
        Whether any size is better than one agent.
    """

    shape: str
    steps: pl.DataFrame
    floor: float
    helps: bool

    def table(self) -> pl.DataFrame:
        """One row per size: size, agents, variance."""
        return self.steps

    def summary(self) -> list[tuple[str, str]]:
        """The best size, and what endless ones come to."""
        best = self.steps.sort("variance", "size").row(0, named=True)
        return [
            (self.shape, f"variance {best['variance']:.6g} at size {best['size']:g} ({best['agents']:,.0f} agents)"),
            ("floor", f"{self.floor:.6g}"),
            ("verdict", "agents together beat one" if self.helps else "one agent alone is as good or better"),
            *(("note", note) for note in self.provenance.notes),
        ]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        more: dict[str, Any] = json_ready({"shape": self.shape, "floor": self.floor, "helps": self.helps})
        return super().to_dict() | more


def joint_estimate(
    shape: str,
    size: int,
    *,
    v0: float = 1.0,
    q: float = 0.0,
    rho: float = 0.0,
    b: int = 2,
    W: float | None = None,
    m: float | None = None,
) -> JointEstimate:
    """Error variance of a star, tree or chain of agents, up to a size.

    Parameters
    ----------
    shape : {"star", "tree", "relay", "fused"}
        How agents are arranged.
    size : int
        Most agents of a star, layers of a tree, messages along a chain.
    v0 : float, default 1
        Error variance of one agent, above 0.
    q : float, default 0
        Variance that a message adds.
    rho : float, default 0
        Correlation of the errors of two agents, 0 to 1.
    b : int, default 2
        Children of a node of a tree, at least 2.
    W, m : float, optional
        Tokens of a window and of a message; a star or node holds at most W / m messages.

    Returns
    -------
    JointEstimate
        Error variance for each number of agents, its floor, and whether another agent helps.

    Raises
    ------
    InputError
        If a number lies outside its range or the window holds too few messages.

    Examples
    --------
    >>> tree = joint_estimate("tree", 5, q=0.2, rho=0.1, b=4)
    >>> tree.table()["variance"].round(6).to_list()[:3], round(tree.floor, 6)
    ([1.0, 0.375, 0.171875], 0.074074)
    """
    check_choice("shape", shape, SHAPES)
    most = check_count("size", size)
    v0 = check_number("v0", v0, low=0, open_ends=True)
    q, rho = check_number("q", q, low=0), check_number("rho", rho, low=0, high=1)
    held = check_window(W, m)
    notes: list[str] = []
    if shape == "star":
        if held is not None and most > held:
            notes.append(f"the window holds {held} messages; larger stars were left out")
            most = held
        rows = [(n, float(n), v0 * (rho + (1 - rho) / n) + q / n) for n in range(1, most + 1)]
        floor = rho * v0
    elif shape == "tree":
        children = check_count("b", b, low=2)
        if held is not None and children > held:
            raise InputError("b", f"must be at most {held}, as W holds no more messages of m tokens, got {b}")
        factor = rho + (1 - rho) / children
        variances = [v0]
        for _ in range(most):
            variances.append(variances[-1] * factor + q / children)
        rows = [
            (k, float(children) ** k if k * math.log(children) < 700 else math.inf, v) for k, v in enumerate(variances)
        ]
        floor = q / ((children - 1) * (1 - rho)) if rho < 1 else (math.inf if q else v0)
    else:
        variances = [v0]
        for _ in range(most):
            variances.append(variances[-1] + q if shape == "relay" else _fused(variances[-1], v0, q, rho))
        rows = [(k, float(k + 1), v) for k, v in enumerate(variances)]
        floor = (math.inf if q else v0) if shape == "relay" else _fused_floor(v0, q, rho)
    steps = pl.DataFrame(rows, schema=["size", "agents", "variance"], orient="row")
    stated = {"shape": shape, "size": size, "v0": v0, "q": q, "rho": rho, "b": b}
    made = Provenance("joint estimate", stated, Source(("numbers",)), notes=tuple(notes))
    best = min(row[-1] for row in rows if row[1] > 1) if len(rows) > 1 else v0
    helps = min(best, math.inf if shape == "star" and held is not None else floor) < v0 * (1 - 1e-12)
    return JointEstimate(shape=shape, steps=steps, floor=floor, helps=helps, provenance=made)


def _fused(v: float, v0: float, q: float, rho: float) -> float:
    received, common = v + q, rho * math.sqrt(v * v0)
    if common >= min(received, v0):
        return min(received, v0)
    return (received * v0 - common**2) / (received + v0 - 2 * common)


def _fused_floor(v0: float, q: float, rho: float) -> float:
    if q == 0:
        return rho**2 * v0  # there the own estimate is as good as its covariance with what comes in
    v = v0
    for _ in range(100_000):
        before, v = v, _fused(v, v0, q, rho)
        if abs(v - before) <= 1e-15 * v0:
            break
    return v
