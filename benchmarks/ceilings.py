"""How fast are noise ceilings and curves of consistency, next to pingouin's ICC and llm-consistency?"""

import sys
from itertools import pairwise

import numpy as np
import polars as pl
from harness import SHARED, Benchmark, Contender, main, on_real_data

from psephos.agreement import ceiling_of, consistency, consistency_curve, simulate_votes
from psephos.opinions import from_frame


def counts(questions: int):
    def make(tiny: bool) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(0)
        n = 500 if tiny else questions
        total = rng.integers(5, 23, n)
        return rng.binomial(total, rng.beta(0.8, 1.2, n)), total

    return make


def ours_core(data: tuple[np.ndarray, np.ndarray]) -> list[float]:
    curve = consistency_curve(*data, repeats=0)
    return [*curve.share, curve.aucar.value, curve.norm_dtw.value, curve.core.value]


def as_objects(data: tuple[np.ndarray, np.ndarray]) -> list:
    """What llm-consistency computes from: one object a question; its shares are quotients of floats."""
    from llm_consistency.types import QuestionConsistencyResult

    return [
        QuestionConsistencyResult(
            question_id=str(number),
            rc_correct=int(right) / int(total),
            rc_agree=int(right) / int(total),
            total_variants=int(total),
            correct_count=int(right),
            answer_distribution={},
            scored_responses=(),
        )
        for number, (right, total) in enumerate(zip(*data, strict=True))
    ]


def their_core(results: list) -> list[float]:
    from llm_consistency.metrics import car_curve, core_index, trapezoidal_auc

    grid = [k / 10 for k in range(11)]
    share = [value for _, value in car_curve(results, grid)]
    core = core_index(results, grid)
    area = trapezoidal_auc(grid, share)
    return [*share, area, core / area, core]


def authors_core(data: tuple[np.ndarray, np.ndarray]) -> list[float]:
    """The definitions as the authors state them: exact fractions a question, and the warped distance cell by cell."""
    right, total = data
    share = [float(np.mean(right * 10 >= k * total)) for k in range(11)]
    area = sum((a + b) / 20 for a, b in pairwise(share))

    def warped(one, other):
        cost = np.full((len(one) + 1, len(other) + 1), np.inf)
        cost[0, 0] = 0
        for i, a in enumerate(one):
            for j, b in enumerate(other):
                cost[i + 1, j + 1] = abs(a - b) + min(cost[i, j], cost[i, j + 1], cost[i + 1, j])
        return cost[-1, -1]

    near = 1 - warped(share, [1.0] * 11) / warped([1.0] + [0.0] * 10, [1.0] * 11)
    return [*share, area, near, area * near]


def panel(tiny: bool) -> np.ndarray:
    n = 40 if tiny else 5_000
    return simulate_votes(np.random.default_rng(0).uniform(1, 5, n), 8, rng=1)


def shown_films(tiny: bool) -> np.ndarray:
    """The votes of 26 people on 79 clips of a real test of video quality (sheet 35)."""
    if tiny:
        return panel(tiny)
    return pl.read_csv(SHARED / "35-binovotes" / "nflx_public.csv").drop("asset", "content").to_numpy()


def ours_bounds(votes: np.ndarray) -> list[float]:
    bounds = {bound.source: bound.pcc_bound.value for bound in ceiling_of(votes, repeats=0).bounds}
    return [bounds["data"] ** 2, bounds["without rater bias"] ** 2]


def pingouin_icc(frame) -> list[float]:
    import pingouin

    table = pingouin.intraclass_corr(frame, targets="item", raters="rater", ratings="vote").set_index("Type")["ICC"]
    names = ("ICC1k", "ICC3k") if "ICC1k" in table.index else ("ICC(1,k)", "ICC(C,k)")
    return [float(table[name]) for name in names]


def long_frame(votes: np.ndarray):
    import pandas as pd

    item, rater = np.indices(votes.shape)
    return pd.DataFrame({"item": item.ravel(), "rater": rater.ravel(), "vote": votes.ravel()})


def authors_bounds(votes: np.ndarray) -> list[float]:
    """The formulas on summary numbers, item by item and by the two-way table."""
    items, raters = votes.shape
    variance = float(np.mean([row.var(ddof=1) for row in votes]))
    means = np.array([row.mean() for row in votes])
    spread = float(means.var(ddof=1))
    left = votes - means[:, None] - votes.mean(axis=0) + votes.mean()
    residual = float((left**2).sum()) / ((items - 1) * (raters - 1))
    return [1 - variance / raters / spread, 1 - residual / raters / spread]


def responses(tiny: bool) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    models, questions, variants = (2, 40, 5) if tiny else (5, 10_000, 11)
    p = rng.beta(0.8, 1.2, (models, questions, 1))
    answer = np.where(
        rng.random((models, questions, variants)) < p, 0, rng.integers(1, 5, (models, questions, variants))
    )
    model, question, variant = (index.ravel() for index in np.indices(answer.shape))
    frame = pl.DataFrame({"candidate": model, "item": question, "variant": variant, "answer": answer.ravel()})
    return frame.with_columns(score=(pl.col("answer") == 0).cast(pl.Int64))


def ours_report(frame) -> list[float]:
    return consistency(from_frame(frame), repeats=0).table().sort("candidate")["core"].to_list()


def ours_interval(data: tuple[np.ndarray, np.ndarray]) -> float:
    return consistency_curve(*data, repeats=1000).core.value


def their_interval(results: list) -> float:
    from llm_consistency.metrics import core_index_with_ci

    return core_index_with_ci(results, [k / 10 for k in range(11)], n_bootstrap=1000, seed=0).value


def their_report(frame: pl.DataFrame) -> list[float]:
    """The same CORE, without intervals, from one object a question."""
    from llm_consistency.metrics import build_question_consistency_result, core_index

    cores = []
    for _, mine in sorted(frame.group_by("candidate")):
        by_question = mine.group_by("item").agg("answer", "score")
        results = [
            build_question_consistency_result(
                str(item), [(str(one), score == 1) for one, score in zip(answers, scores, strict=True)]
            )
            for item, answers, scores in by_question.iter_rows()
        ]
        cores.append(core_index(results, [k / 10 for k in range(11)]))
    return cores


LLM_CONSISTENCY = ("llm-consistency",)
BOUNDS = {
    "ours": Contender("psephos", ours_bounds, packages=("psephos",)),
    "peers": (
        Contender("pingouin", pingouin_icc, prepare=long_frame, packages=("pingouin",)),
        Contender("the definitions", authors_bounds),
    ),
    "tolerance": 1e-9,
}

BENCHMARKS = [
    Benchmark(
        "ceilings-core",
        "CAR curve and CORE from counts",
        "300,000 questions of 5 to 22 variants",
        make=counts(300_000),
        ours=Contender("psephos", ours_core, packages=("psephos",)),
        peers=(
            Contender("llm-consistency", their_core, prepare=as_objects, packages=LLM_CONSISTENCY),
            Contender("the definitions", authors_core),
        ),
        tolerance=1e-9,
    ),
    Benchmark(
        "ceilings-consistency",
        "CORE from a table, without intervals; ours with differences of models, majorities, families and keys to check",
        "550,000 responses, 5 models, 10,000 questions of 11 variants",
        make=responses,
        ours=Contender("psephos", ours_report, packages=("psephos",)),
        peers=(Contender("llm-consistency", their_report, packages=LLM_CONSISTENCY),),
        tolerance=1e-9,
    ),
    Benchmark(
        "ceilings-interval",
        "CORE with its BCa interval, 1,000 resamples",
        "2,000 questions of 5 to 22 variants",
        make=counts(2_000),
        ours=Contender("psephos", ours_interval, packages=("psephos",)),
        peers=(Contender("llm-consistency", their_interval, prepare=as_objects, packages=LLM_CONSISTENCY),),
        tolerance=1e-9,
    ),
    Benchmark(
        "ceilings-bounds",
        "Bounds on correlation with mean votes, as squares: ICC(1,k) and ICC(C,k)",
        "5,000 items, 8 raters",
        make=panel,
        **BOUNDS,
    ),
    *on_real_data(
        "35-binovotes",
        [
            Benchmark(
                "ceilings-bounds-real",
                "The same of a real test of video quality",
                "79 clips, 26 viewers",
                make=shown_films,
                **BOUNDS,
            )
        ],
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
