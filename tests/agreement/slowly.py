"""Coefficients pair of votes by pair of votes, as their definitions say; slow, and sharing no code with ours."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations, permutations

Delta = Callable[[float, float], float]


def votes_of(line: list[float | None]) -> list[float]:
    return [vote for vote in line if vote is not None]


def delta(metric: str, lines: list[list[float | None]], period: float = 1.0) -> Delta:
    if metric == "ordinal":
        pooled = [vote for line in lines if len(votes_of(line)) >= 2 for vote in votes_of(line)]

        def between(a: float, b: float) -> float:
            low, high = min(a, b), max(a, b)
            inside = sum(low <= vote <= high for vote in pooled)
            return (inside - (pooled.count(a) + pooled.count(b)) / 2) ** 2

        return lambda a, b: 0.0 if a == b else between(a, b)
    return {
        "nominal": lambda a, b: float(a != b),
        "interval": lambda a, b: (a - b) ** 2,
        "quadratic": lambda a, b: (a - b) ** 2,
        "linear": lambda a, b: abs(a - b),
        "ratio": lambda a, b: 0.0 if a == b else ((a - b) / (a + b)) ** 2,
        "circular": lambda a, b: math.sin(math.pi * (a - b) / period) ** 2,
    }[metric]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def observed(lines: list[list[float | None]], d: Delta) -> float:
    """Mean over items of the mean distance of two votes on them."""
    return mean([mean([d(a, b) for a, b in permutations(votes_of(x), 2)]) for x in lines if len(votes_of(x)) >= 2])


def alpha(lines: list[list[float | None]], d: Delta) -> float:
    units = [votes_of(line) for line in lines if len(votes_of(line)) >= 2]
    pooled = [vote for unit in units for vote in unit]
    n = len(pooled)
    inside = sum(sum(d(a, b) for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in units) / n
    return 1 - inside / (sum(d(a, b) for a, b in permutations(pooled, 2)) / (n * (n - 1)))


def shares(lines: list[list[float | None]]) -> dict[float, float]:
    """Mean over items of the share of each level among the votes on them."""
    units = [votes_of(line) for line in lines if votes_of(line)]
    levels = sorted({vote for unit in units for vote in unit})
    return {level: mean([unit.count(level) / len(unit) for unit in units]) for level in levels}


def fleiss(lines: list[list[float | None]], d: Delta) -> float:
    p = shares(lines)
    return 1 - observed(lines, d) / sum(p[a] * p[b] * d(a, b) for a in p for b in p)


def ac(lines: list[list[float | None]], d: Delta, largest: float | None = None) -> float:
    p = shares(lines)
    largest = largest or max(d(a, b) for a in p for b in p)
    weight = sum(1 - d(a, b) / largest for a in p for b in p)
    chance = weight / (len(p) * (len(p) - 1)) * sum(x * (1 - x) for x in p.values())
    return (1 - observed(lines, d) / largest - chance) / (1 - chance)


def conger(lines: list[list[float | None]], d: Delta) -> float:
    by_voter = [votes_of(list(column)) for column in zip(*lines, strict=True)]
    by_voter = [votes for votes in by_voter if votes]
    apart = [mean([d(a, b) for a in one for b in other]) for one, other in combinations(by_voter, 2)]
    return 1 - observed(lines, d) / mean(apart)


def cohen(lines: list[list[float | None]], d: Delta) -> float:
    return conger([line for line in lines if None not in line], d)


def percent(lines: list[list[float | None]], d: Delta, largest: float | None = None) -> float:
    levels = {vote for line in lines for vote in votes_of(line)}
    largest = largest or max(d(a, b) for a in levels for b in levels)
    return 1 - observed(lines, d) / largest


def scott(lines: list[list[float | None]], d: Delta) -> float:
    """Of two voters: chance draws twice from what both say together, on items that both judged alike in weight."""
    units = [votes_of(line) for line in lines if votes_of(line)]
    p = shares(lines)
    apart = mean([d(unit[0], unit[1]) for unit in units if len(unit) == 2])
    return 1 - apart / sum(p[a] * p[b] * d(a, b) for a in p for b in p)


def icc(lines: list[list[float | None]]) -> dict[str, tuple[float, float]]:
    """Above and below the line of the six forms, from sums of squares of the items that all judged."""
    table = [votes_of(line) for line in lines if None not in line]
    n, k = len(table), len(table[0])
    grand = mean([x for line in table for x in line])
    rows, columns = [mean(line) for line in table], [mean(list(column)) for column in zip(*table, strict=True)]
    between = k * sum((row - grand) ** 2 for row in rows) / (n - 1)
    raters = n * sum((column - grand) ** 2 for column in columns) / (k - 1)
    within = sum((x - row) ** 2 for line, row in zip(table, rows, strict=True) for x in line) / (n * (k - 1))
    rest = sum(
        (x - row - column + grand) ** 2
        for line, row in zip(table, rows, strict=True)
        for x, column in zip(line, columns, strict=True)
    ) / ((n - 1) * (k - 1))
    return {
        "ICC(1,1)": (between - within, (between + (k - 1) * within)),
        "ICC(2,1)": (between - rest, (between + (k - 1) * rest + k * (raters - rest) / n)),
        "ICC(3,1)": (between - rest, (between + (k - 1) * rest)),
        "ICC(1,k)": (between - within, between),
        "ICC(2,k)": (between - rest, (between + (raters - rest) / n)),
        "ICC(3,k)": (between - rest, between),
    }


def kendall(ranks: list[list[float]]) -> float:
    """12 S / (m^2 (n^3 - n) - m sum (t^3 - t)) of ranks with ties sharing the mean of their places."""
    n, m = len(ranks), len(ranks[0])
    columns = []
    ties = 0.0
    for column in zip(*ranks, strict=True):
        columns.append([sum(x < value for x in column) + (column.count(value) + 1) / 2 for value in column])
        ties += sum(column.count(value) ** 3 - column.count(value) for value in set(column))
    sums = [sum(column[item] for column in columns) for item in range(n)]
    s = sum((total - m * (n + 1) / 2) ** 2 for total in sums)
    return 12 * s / (m**2 * (n**3 - n) - m * ties)
