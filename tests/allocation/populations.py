"""Populations of questions whose shares of answers are known, and what methods make of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

MIX = (0.7, (0.85, 0.06, 0.04, 0.03, 0.02), (0.45, 0.30, 0.15, 0.06, 0.04))
"""Sheet 10: share of easy questions, and the shares of answers of an easy and a hard one."""

POOLED = (0.7, (0.85, 0.06, 0.05, 0.04), (0.45, 0.30, 0.15, 0.10))
"""Sheet 09, the same."""


def mixed(population, questions):
    easy, one, other = population
    return np.where((np.arange(questions) < round(easy * questions))[:, None], one, other)


def pools_of(shares, draws, rng):
    """Stored samples of each question."""
    letters = np.array(list("abcdefgh"))
    return {f"q{q}": letters[rng.choice(len(p), draws, p=p)].tolist() for q, p in enumerate(shares)}


def errors_of(make: Callable[[list[str], float], object], shares, budgets: Sequence[int], rng) -> np.ndarray:
    """Share of questions whose majority is not the most frequent answer, ties in part, at several mean budgets."""
    names = [f"q{q}" for q in range(len(shares))]
    place = {name: q for q, name in enumerate(names)}
    session = make(names, max(budgets) * len(names))
    counts = np.zeros(shares.shape, dtype=np.int64)
    edges = np.cumsum(shares, axis=1)
    uniforms = iter(rng.random(max(budgets) * len(names)).tolist())
    found, spent = [], 0
    for budget in budgets:
        while spent < budget * len(names):
            (name,) = session.next()
            q = place[name]
            answer = int(np.searchsorted(edges[q], next(uniforms), side="right"))
            answer = min(answer, shares.shape[1] - 1)
            counts[q, answer] += 1
            spent += 1
            session.observe(name, "abcdefgh"[answer])
        leading = counts == counts.max(axis=1, keepdims=True)
        right = leading[np.arange(len(names)), shares.argmax(axis=1)] / leading.sum(axis=1)
        found.append(1 - right.mean())
    return np.array(found)
