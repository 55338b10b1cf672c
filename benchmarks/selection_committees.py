"""How fast are committees, next to abcvoting, and how large may they be?"""

import sys

import numpy as np
from harness import Benchmark, Contender, main

from psephos.selection import committee


def votes(n_voters: int, n_candidates: int):
    def make(tiny: bool) -> np.ndarray:
        size = (9, 6) if tiny else (n_voters, n_candidates)
        rng = np.random.default_rng(0)
        return np.argsort(rng.random(size) + np.linspace(0, 0.5, size[1]), axis=1)

    return make


def approvals(rows: np.ndarray):
    """Each voter approves its first ten, in the form of abcvoting."""
    from abcvoting.preferences import Profile

    profile = Profile(rows.shape[1])
    profile.add_voters([set(row[:10].tolist()) for row in rows])
    return profile


def ours_sequential(rows: np.ndarray) -> list[int]:
    return sorted(
        map(int, committee(rows, min(10, rows.shape[1] - 1), score="bloc", rule="pav", solver="greedy").members)
    )


def their_sequential(profile) -> list[int]:
    from abcvoting import abcrules

    return sorted(abcrules.compute_seqpav(profile, min(10, profile.num_cand - 1), resolute=True)[0])


def ours_greedy(rule: str):
    def run(rows: np.ndarray) -> list[float]:
        return committee(rows, min(10, rows.shape[1] - 1), rule=rule, solver="greedy").value.tolist()

    return run


def ours_exact(rule: str):
    def run(rows: np.ndarray) -> list[float]:
        made = committee(rows, min(10, rows.shape[1] - 1), rule=rule, solver="exact", seconds=60)
        assert made.bound[0] <= made.value[0] * (1 + 1e-6)
        return made.value.tolist()

    return run


def ours_pav(rows: np.ndarray) -> list[float]:
    return committee(rows, min(10, rows.shape[1] - 1), score="bloc", rule="pav", solver="exact").value.tolist()


def their_pav(profile) -> list[float]:
    from abcvoting import abcrules
    from abcvoting.scores import thiele_score

    found = abcrules.compute_pav(profile, min(10, profile.num_cand - 1), resolute=True, algorithm="pulp-highs")[0]
    return [float(thiele_score("pav", profile, found))]


PEER = ("abcvoting",)

BENCHMARKS = [
    Benchmark(
        "selection-committees-sequential",
        "Sequential PAV of ten approved by each (theirs are given the approvals, ours the rankings)",
        "1,000 ballots, 100 candidates, committee of 10",
        make=votes(1000, 100),
        ours=Contender("psephos", ours_sequential, packages=("psephos",)),
        peers=(Contender("abcvoting", their_sequential, prepare=approvals, packages=PEER),),
    ),
    Benchmark(
        "selection-committees-pav",
        "PAV of ten approved by each, proven",
        "60 candidates, 200 ballots, committee of 10",
        make=votes(200, 60),
        ours=Contender("psephos", ours_pav, packages=("psephos",)),
        peers=(Contender("abcvoting", their_pav, prepare=approvals, packages=PEER),),
        tolerance=1e-6,
    ),
    Benchmark(
        "selection-committees-proven-cc",
        "Chamberlin-Courant of Borda scores, proven; no package has it with bounds for groups",
        "60 candidates, 200 ballots, committee of 10",
        make=votes(200, 60),
        ours=Contender("psephos", ours_exact("cc"), packages=("psephos",)),
        tolerance=1e-6,
    ),
    Benchmark(
        "selection-committees-proven-pav",
        "PAV of Borda scores, proven",
        "60 candidates, 200 ballots, committee of 10",
        make=votes(200, 60),
        ours=Contender("psephos", ours_exact("pav"), packages=("psephos",)),
        tolerance=1e-6,
    ),
    Benchmark(
        "selection-committees-large-cc",
        "Greedy Chamberlin-Courant of Borda scores, from rows of rankings",
        "10,000 ballots, 1,000 candidates, committee of 10",
        make=votes(10_000, 1000),
        ours=Contender("psephos", ours_greedy("cc"), packages=("psephos",)),
        tolerance=1e-6,
    ),
    Benchmark(
        "selection-committees-large-pav",
        "Greedy PAV of Borda scores, from rows of rankings",
        "10,000 ballots, 1,000 candidates, committee of 10",
        make=votes(10_000, 1000),
        ours=Contender("psephos", ours_greedy("pav"), packages=("psephos",)),
        tolerance=1e-6,
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
