"""How fast are consensus orders, next to pref_voting, and how far does the proof reach?"""

import sys

import numpy as np
from harness import Benchmark, Contender, main

from psephos.ranking import ScoreTable, borda, kemeny, score_table, swiss
from psephos.ranking.orders import cost_of, preferences


def ballots(n_candidates: int, n_voters: int):
    def make(tiny: bool) -> np.ndarray:
        """Ranks from 1, shape (n_candidates, n_voters), without ties."""
        size = (4, 5) if tiny else (n_candidates, n_voters)
        rng = np.random.default_rng(0)
        noisy = np.linspace(1, -1, size[0])[:, None] + 1.5 * rng.normal(size=size)
        return 1 + np.argsort(np.argsort(-noisy, axis=0), axis=0)

    return make


def as_profile(ranks: np.ndarray):
    from pref_voting.profiles import Profile

    return Profile([np.argsort(column).tolist() for column in ranks.T])


def preference(ranks: np.ndarray) -> np.ndarray:
    return preferences(ranks.T.astype(np.float64), np.ones(ranks.shape[1]), "completion")


def ours_kemeny(ranks: np.ndarray) -> list[float]:
    made = kemeny(-ranks.astype(np.float64), repeats=0, rng=0)
    assert made.optimal
    return [made.cost]


def their_kemeny(data) -> list[float]:
    from pref_voting.other_methods import kemeny_young_rankings

    profile, above = data
    rankings, _ = kemeny_young_rankings(profile)
    first = rankings[0]
    order = np.array(first if isinstance(first, (list, tuple)) else [first.cands_at_rank(k)[0] for k in first.ranks])
    return [cost_of(order, above)]


def ours_borda(ranks: np.ndarray) -> list[float]:
    return borda(-ranks.astype(np.float64), repeats=0, rng=0).scores.tolist()


def prepared(ranks: np.ndarray) -> ScoreTable:
    return score_table(-ranks.astype(np.float64))


def ours_points(table: ScoreTable) -> list[float]:
    return borda(table, repeats=0, rng=0).scores.tolist()


def their_borda(profile) -> list[float]:
    scores = profile.borda_scores()
    return [float(scores[candidate]) for candidate in sorted(scores)]


def ours_interval(ranks: np.ndarray) -> list[float]:
    return borda(-ranks.astype(np.float64), rng=0).scores.tolist()


def board(tiny: bool) -> np.ndarray:
    rng = np.random.default_rng(0)
    size = (6, 4) if tiny else (29, 38)
    ability = np.linspace(15, -15, size[0])[:, None]
    return 60 + ability + 4 * rng.normal(size=size) + 10 * rng.normal(size=size[1])


def ours_swiss(scores: np.ndarray) -> list[float]:
    return swiss(scores, n_sim=1_000 if len(scores) < 10 else 100_000, rng=0, engine=1).scores.tolist()


BENCHMARKS = [
    Benchmark(
        "ranking-swiss",
        "100,000 Swiss tournaments in one process; no package plays them",
        "29 models, 38 benchmarks",
        make=board,
        ours=Contender("psephos", ours_swiss, packages=("psephos",)),
        tolerance=1e-9,
    ),
    Benchmark(
        "ranking-kemeny",
        "Kemeny order of complete ballots, proven",
        "8 candidates, 21 ballots",
        make=ballots(8, 21),
        ours=Contender("psephos", ours_kemeny, packages=("psephos",)),
        peers=(
            Contender(
                "pref_voting",
                their_kemeny,
                prepare=lambda ranks: (as_profile(ranks), preference(ranks)),
                packages=("pref_voting",),
            ),
        ),
        tolerance=1e-9,
    ),
    Benchmark(
        "ranking-kemeny-large",
        "Kemeny order of 25 systems on 50 tasks, proven by the integer programme; no peer gets there",
        "25 systems, 50 tasks",
        make=ballots(25, 50),
        ours=Contender("psephos", ours_kemeny, packages=("psephos",)),
        tolerance=1e-9,
    ),
    Benchmark(
        "ranking-borda",
        "Points of complete ballots, from an array of ranks; ours with the cost of the order and what each ballot adds",
        "30 candidates, 2,000 ballots",
        make=ballots(30, 2_000),
        ours=Contender("psephos", ours_borda, packages=("psephos",)),
        peers=(Contender("pref_voting", lambda ranks: their_borda(as_profile(ranks)), packages=("pref_voting",)),),
        tolerance=1e-9,
    ),
    Benchmark(
        "ranking-borda-prepared",
        "The same from what each package makes of the ballots first: points alone, and all that comes with ours",
        "30 candidates, 2,000 ballots",
        make=ballots(30, 2_000),
        ours=Contender("psephos", ours_points, prepare=prepared, packages=("psephos",)),
        peers=(Contender("pref_voting", their_borda, prepare=as_profile, packages=("pref_voting",)),),
        tolerance=1e-9,
    ),
    Benchmark(
        "ranking-borda-interval",
        "Points with intervals of points and places and who stands above whom, 1,000 resamples",
        "30 systems, 200 tasks",
        make=ballots(30, 200),
        ours=Contender("psephos", ours_interval, packages=("psephos",)),
        tolerance=1e-9,
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
