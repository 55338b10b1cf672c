"""How fast are the forecasts of trees of agents, next to their definition with SciPy's binomials?"""

import sys

import numpy as np
from harness import Benchmark, Contender, main

from psephos.allocation import majority_bias


def biases(tiny: bool) -> np.ndarray:
    return np.linspace(0, 1, 1_000 if tiny else 200_000)


def by_binomials(mu: np.ndarray) -> np.ndarray:
    from scipy import stats

    return 2 * stats.binom.sf(15, 31, (1 + mu) / 2) - 1


BENCHMARKS = [
    Benchmark(
        "budget-theory-majority",
        "Bias of the majority of 31 voters",
        "200,000 biases",
        make=biases,
        ours=Contender("psephos", lambda mu: majority_bias(31, mu), packages=("psephos",)),
        peers=(Contender("scipy binomials", by_binomials, packages=("scipy",)),),
        tolerance=1e-9,
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
