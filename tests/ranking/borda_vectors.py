"""Inputs of sheet 14 that several tests use."""

from __future__ import annotations

import numpy as np

from psephos.ranking import ScoreTable, score_table

XTREME = {
    "Turing": (90.3, 81.7, 76.3, 93.7),
    "CoFe": (90.1, 81.4, 75.0, 94.2),
    "InfoXLM": (89.3, 75.5, 75.2, 92.4),
    "VECO": (89.0, 76.7, 73.4, 93.3),
    "Polyglot": (88.3, 80.6, 71.9, 90.8),
    "Unicoder": (88.4, 76.2, 72.5, 93.7),
    "ERNIE-M": (87.9, 75.6, 72.3, 91.9),
    "HiCTL": (89.0, 74.4, 71.9, 92.6),
    "T-ULRv2": (88.8, 75.4, 72.9, 89.3),
    "Anon3": (88.2, 74.6, 71.7, 89.0),
    "FILTER": (87.5, 71.9, 68.5, 84.4),
    "Creative": (86.3, 90.8, 59.7, 77.5),
    "X-STILTs": (83.9, 69.4, 67.2, 76.5),
    "XLM": (75.0, 65.6, 43.9, 44.7),
    "Anon5": (75.3, 66.9, 52.5, 18.0),
}
XTREME_POINTS = (53.5, 51, 41, 42.5, 31.5, 38.5, 29, 31, 31, 21, 15, 22, 9, 1, 3)
XTREME_KEMENY = [
    *("Turing", "CoFe", "VECO", "InfoXLM", "Unicoder", "HiCTL", "Polyglot", "T-ULRv2"),
    *("ERNIE-M", "Anon3", "FILTER", "Creative", "X-STILTs", "Anon5", "XLM"),
]
NAN = float("nan")
HOLES = ((0.90, 0.30, 71, 12), (0.85, 0.50, 70, 15), (0.80, 0.60, 75, NAN), (0.85, 0.40, NAN, 20), (0.10, 0.55, 72, 9))
CONDORCET = ((3, 3, 3, 1, 1), (2, 2, 2, 3, 3), (1, 1, 1, 2, 2))
INSTANCES = (
    np.array([[0.9, 0.2, 0.5], [0.8, 0.3, 0.6], [0.1, 0.4, 0.7]]),
    np.array([[5.0, 1.0], [4.0, 3.0], [6.0, 2.0]]),
)


def xtreme() -> ScoreTable:
    """The leaderboard of vector 1."""
    return score_table(
        list(XTREME.values()), candidates=list(XTREME), tasks=["classification", "structured", "answering", "retrieval"]
    )


def holes() -> ScoreTable:
    """Vector 2, with two holes."""
    return score_table(HOLES, candidates=list("ABCDE"))


def condorcet() -> ScoreTable:
    """Vector 3: three voters A > B > C, two B > C > A."""
    return score_table(CONDORCET, candidates=list("ABC"))
