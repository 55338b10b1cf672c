"""How fast are stopping rules and the allocation of samples, next to scorio and to gains by random draws?"""

import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from harness import Benchmark, Contender, main

from psephos.allocation import Adaptive, KnowledgeGradient, Uniform, allocate, ask, mode_certainty, replay_stopping
from psephos.voters.language_model import NoisyOracle, Request

LETTERS = np.array(list("abcde"))


def pools(questions: int, draws: int):
    def make(tiny: bool) -> dict[str, list[str]]:
        rng = np.random.default_rng(0)
        n = 50 if tiny else questions
        easy = (rng.random(n) < 0.7)[:, None]
        shares = np.where(easy, (0.85, 0.06, 0.04, 0.03, 0.02), (0.45, 0.30, 0.15, 0.06, 0.04))
        codes = (rng.random((n, draws))[:, :, None] > shares.cumsum(axis=1)[:, None, :-1]).sum(axis=2)
        return {f"q{q}": pool for q, pool in enumerate(LETTERS[codes].tolist())}

    return make


def ours_stops(stored: dict[str, list[str]]) -> list[int]:
    return replay_stopping(stored, ["asc"]).questions["samples"].to_list()


def scorio_stops(stored: dict[str, list[str]]) -> list[int]:
    from scorio.aggregate import adaptive_consistency_stop

    return [
        next((n for n in range(1, len(pool)) if adaptive_consistency_stop(pool[:n])), len(pool))
        for pool in stored.values()
    ]


def vote_counts(tiny: bool) -> np.ndarray:
    rng = np.random.default_rng(0)
    return 1 + rng.multinomial(20, rng.dirichlet([0.8] * 5, 20 if tiny else 2_000))


def as_answers(counts: np.ndarray) -> list[list[str]]:
    return [np.repeat(LETTERS, row).tolist() for row in counts]


def scorio_dirichlet(answers: list[list[str]]) -> list[float]:
    from scorio.aggregate import adaptive_consistency_dirichlet_stop

    return [adaptive_consistency_dirichlet_stop(one, return_prob=True)[1] for one in answers]


def spend(make, stored: dict[str, list[str]], mean: int) -> float:
    """Spend a budget on stored samples; the share of questions whose answer is the most frequent one."""
    stores = {name: iter(pool) for name, pool in stored.items()}
    found = allocate(make(list(stored), mean * len(stored)), lambda name: next(stores[name]))
    return float(np.mean([answer == "a" for answer in found.table()["answer"]]))


gradient = partial(KnowledgeGradient, n_options=5)
by_draws = partial(KnowledgeGradient, n_options=5, method="mc", rng=0)
blend = partial(Adaptive, n_classes=5)

LARGE = "10,000 questions, 100,000 samples in all"


def ask_oracle(questions: dict[str, str], budget: int) -> float:
    """Ask a model that answers at once, each sample written to the disk; the share of questions that are right."""
    model = NoisyOracle(dict.fromkeys(questions, "A"), choices=("A", "B", "C"), p_correct=0.8)
    with TemporaryDirectory() as folder:
        asked = {name: Request.of(prompt, temperature=1.0) for name, prompt in questions.items()}
        found = ask(asked, model, budget=budget * len(asked), log=Path(folder, "log.jsonl"))
    return float(np.mean([answer == "A" for answer in found.table()["answer"]]))


def prompts(tiny: bool) -> dict[str, str]:
    return {f"q{q}": f"question {q}" for q in range(20 if tiny else 500)}


def large(name: str, make) -> Benchmark:
    return Benchmark(
        f"allocation-large-{name}",
        f"One budget over many questions, one sample at a time: {name}",
        LARGE,
        make=pools(10_000, 300),
        ours=Contender("psephos", partial(spend, make, mean=10), packages=("psephos",)),
    )


BENCHMARKS = [
    Benchmark(
        "allocation-stopping",
        "Where Adaptive-Consistency stops, asked after every sample; ours with answers and agreement with the pool",
        "1,000,000 samples, 25,000 questions",
        make=pools(25_000, 40),
        ours=Contender("psephos", ours_stops, packages=("psephos",)),
        peers=(Contender("scorio", scorio_stops, packages=("scorio",)),),
    ),
    Benchmark(
        "allocation-mode",
        "Probability that the leader is the mode, Dirichlet posterior of five answers",
        "2,000 sets of counts",
        make=vote_counts,
        ours=Contender("psephos", partial(mode_certainty, n_classes=5), packages=("psephos",)),
        peers=(Contender("scorio", scorio_dirichlet, prepare=as_answers, packages=("scorio",)),),
        tolerance=1e-9,
    ),
    Benchmark(
        "allocation-gradient",
        "Knowledge gradient, exact; peer: gains from 500 random gammas, drawn for all questions at every step",
        "60 questions, 360 samples in all",
        make=pools(60, 64),
        ours=Contender("psephos", partial(spend, gradient, mean=6), packages=("psephos",)),
        peers=(Contender("random gammas", partial(spend, by_draws, mean=6)),),
        tolerance=0.1,  # of the share of questions that are right: the choices differ, the quality does not
    ),
    Benchmark(
        "allocation-asking",
        "Ask a model that answers at once under one budget, each sample on the disk before it counts",
        "500 questions, 5,000 samples in all",
        make=prompts,
        ours=Contender("psephos", partial(ask_oracle, budget=10), packages=("psephos",)),
        tolerance=0.1,  # which sample comes first hangs on the threads
    ),
    large("uniform", Uniform),
    large("adaptive", blend),
    large("asc", partial(blend, schedule=0.0)),
    large("ppr", partial(blend, schedule=1.0)),
    large("knowledge-gradient", gradient),
    large("knowledge-gradient-free", KnowledgeGradient),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
