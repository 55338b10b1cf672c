"""Metrics of ranked lists against pytrec_eval-terrier and ranx: equal values first.

20,000 queries of 100 documents with 10 judged each, as each tool takes them (prepared before the clock starts), and the
same from mappings, where each tool codes the names. Then one million users, ours alone.
"""

import sys

import numpy as np
from harness import Benchmark, Contender, main
from scipy import sparse

from psephos.metrics import evaluate, pairwise_unfairness

FIVE = ["ap", "ndcg", "mrr", "precision", "recall"]
TWELVE = ["precision", "recall", "f1", "hit_rate", "mrr", "ap", "ndcg", "mean_precision"]
TWELVE += ["novelty", "popularity", "catalogue_coverage", "epc"]
ITEMS = 100_000


def problem(users: int, seed: int = 2) -> tuple[sparse.csr_matrix, np.ndarray, sparse.csr_matrix]:
    """Ten relevant items a user, a third of them in its list of 100; and ten items that it had before."""
    rng = np.random.default_rng(seed)
    lists = ((rng.integers(0, ITEMS, (users, 1)) + np.arange(100) * 991) % ITEMS).astype(np.int32)

    def held(inside: float) -> sparse.csr_matrix:
        user = np.repeat(np.arange(users), 10)
        own = lists[user, rng.integers(0, 100, len(user))]
        item = np.where(rng.random(len(user)) < inside, own, rng.integers(0, ITEMS, len(user)))
        made = sparse.csr_matrix((np.ones(len(user)), (user, item)), shape=(users, ITEMS))
        made.sum_duplicates()
        made.data[:] = rng.integers(1, 4, made.nnz)
        return made

    return held(0.3), lists, held(0.0)


def queries(tiny: bool) -> tuple[sparse.csr_matrix, np.ndarray, sparse.csr_matrix]:
    return problem(50 if tiny else 20_000)


def million(tiny: bool) -> tuple[sparse.csr_matrix, np.ndarray, sparse.csr_matrix]:
    return problem(50 if tiny else 1_000_000)


def as_mappings(data) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, float]]]:
    truth, lists, _ = data
    ends = truth.indptr
    qrels = {
        f"q{q}": dict(
            zip(
                map(str, truth.indices[ends[q] : ends[q + 1]]),
                map(int, truth.data[ends[q] : ends[q + 1]]),
                strict=True,
            )
        )
        for q in range(len(lists))
    }
    run = {f"q{q}": {str(item): 100.0 - place for place, item in enumerate(row)} for q, row in enumerate(lists)}
    return qrels, run


def values(found) -> list[float]:
    return [found.value("ap", k=100).value] + [found.value(metric, k=10).value for metric in FIVE[1:]]


def of_arrays(data):
    return evaluate(data[0], data[1], FIVE, [10, 100])


def of_mappings(data):
    return evaluate(*data, FIVE, [10, 100])


def terrier_prepared(data):
    import pytrec_eval

    qrels, run = data if isinstance(data[0], dict) else as_mappings(data)
    measures = {"map_cut.100", "ndcg_cut.10", "P.10", "recall.10", "recip_rank"}
    return pytrec_eval.RelevanceEvaluator(qrels, measures), run


def terrier(prepared) -> list[float]:
    found = prepared[0].evaluate(prepared[1])
    names = ("map_cut_100", "ndcg_cut_10", "recip_rank", "P_10", "recall_10")
    return [float(np.mean([one[name] for one in found.values()])) for name in names]


RANX = ["map@100", "ndcg@10", "mrr", "precision@10", "recall@10"]


def ranx_prepared(data):
    import ranx

    qrels, run = as_mappings(data)
    made = ranx.Qrels(qrels), ranx.Run(run)
    ranx.evaluate(*made, RANX)  # compiled before the clock starts
    return made


def ranx_values(prepared) -> list[float]:
    import ranx

    found = ranx.evaluate(*prepared, RANX)
    return [float(found[name]) for name in RANX]


def ranx_from_mappings(data) -> list[float]:
    import ranx

    return ranx_values((ranx.Qrels(data[0]), ranx.Run(data[1])))


def near(ours, theirs) -> float:
    """The peers cut the reciprocal rank nowhere, ours is cut at 10; the other four are compared."""
    return float(np.abs(np.delete(np.subtract(ours, theirs), 2)).max())


def unfairness(tiny: bool):
    rng = np.random.default_rng(18)
    users = 100 if tiny else 20_000
    history = sparse.random(users, 5000, 0.004, format="csr", random_state=18)
    return rng.random(users), history


OURS = ("psephos",)
BENCHMARKS = [
    Benchmark(
        "metrics-recommendation-arrays",
        "AP, nDCG, MRR, precision and recall, each tool's own input prepared before",
        "20,000 queries of 100 documents, 10 judged each",
        make=queries,
        ours=Contender("psephos", of_arrays, answer=values, packages=OURS),
        peers=(
            Contender("pytrec_eval-terrier", terrier, prepare=terrier_prepared, packages=("pytrec-eval-terrier",)),
            Contender("ranx", ranx_values, prepare=ranx_prepared, packages=("ranx",)),
        ),
        check=near,
        tolerance=1e-9,
    ),
    Benchmark(
        "metrics-recommendation-mappings",
        "The same from mappings of names",
        "20,000 queries of 100 documents, 10 judged each",
        make=lambda tiny: as_mappings(queries(tiny)),
        ours=Contender("psephos", of_mappings, answer=values, packages=OURS),
        peers=(
            Contender("pytrec_eval-terrier", lambda d: terrier(terrier_prepared(d)), packages=("pytrec-eval-terrier",)),
            Contender("ranx", ranx_from_mappings, packages=("ranx",)),
        ),
        check=near,
        tolerance=1e-9,
    ),
    Benchmark(
        "metrics-recommendation-million",
        "Twelve metrics at five cutoffs, each with its interval",
        "1,000,000 users of 100 items",
        make=million,
        ours=Contender(
            "psephos",
            lambda d: evaluate(d[0], d[1], TWELVE, [5, 10, 20, 50, 100], train=d[2]),
            answer=lambda found: found.table()["value"].to_numpy(),
            packages=OURS,
        ),
        tolerance=1e-12,
    ),
    Benchmark(
        "metrics-user-fairness",
        "PUF with its 99 shuffles",
        "20,000 users with 20 of 5,000 items each",
        make=unfairness,
        ours=Contender("psephos", lambda d: pairwise_unfairness(*d, repeats=99, rng=0).puf.value, packages=OURS),
        tolerance=1e-12,
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
