"""Battles of sheet 30, and others drawn from known strengths."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.ranking import BattleTable, coded_battles

STRENGTHS = np.array([0.9, 0.5, 0.2, -0.1, -0.5, -1.0])


def twelve(order: int = 1) -> BattleTable:
    """The twelve battles of the vector, in the order of time (or against it)."""
    words = ["ab1", "bc1", "ca.5", "ad1", "dc0", "bd.5", "cd1", "da1", "ba0", "cb1", "ac1", "db0"][::order]
    ends = {"1": 0, "0": 1, ".5": 2}
    return coded_battles(
        ["abcd".index(word[0]) for word in words],
        ["abcd".index(word[1]) for word in words],
        [ends[word[2:]] for word in words],
        candidates="abcd",
    )


def drawn(
    n: int, seed: int, strengths: npt.NDArray[np.float64] = STRENGTHS, *, ties: float = 0.0, side: float = 0.0
) -> BattleTable:
    """Battles of random pairs whose ends follow the strengths; a share of `ties` is drawn beforehand."""
    rng = np.random.default_rng(seed)
    size = len(strengths)
    left = rng.integers(size, size=n)
    right = (left + rng.integers(1, size, size=n)) % size
    chance = 1 / (1 + np.exp(strengths[right] - strengths[left] - side))
    outcome = np.where(rng.random(n) < ties, 2, np.where(rng.random(n) < chance, 0, 1))
    return coded_battles(left, right, outcome, candidates=[f"m{i}" for i in range(size)])


def slow_likelihood(table: BattleTable, theta: npt.NDArray[np.float64]) -> float:
    """Battle by battle, with ties as half wins."""
    total = 0.0
    for i, j, end in zip(table.left.tolist(), table.right.tolist(), table.outcome.tolist(), strict=True):
        p = 1 / (1 + np.exp(theta[j] - theta[i]))
        s = (1.0, 0.0, 0.5, 0.5)[end]
        total += s * np.log(p) + (1 - s) * np.log(1 - p)
    return total
