"""How fast are harmony and the discovery of groups, next to the definition and to scikit-learn?"""

import sys

import numpy as np
from harness import Benchmark, Contender, main

from psephos.metrics import discover_groups, harmony_index, rand_index


def scores(tiny: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(5, 100, 57).astype(float), rng.random((20 if tiny else 2_000, 57))


def by_definition(data: tuple[np.ndarray, np.ndarray]) -> list[float]:
    n, table = data
    found = []
    for row in table:
        w = n / n.sum()
        weight = w * np.exp(-(((row - w @ row) / 0.5) ** 2) / 2)
        p = weight / weight.sum()
        found.append(float(-(p * np.log(p)).sum() / np.log(len(p))))
    return found


def distributions(tiny: bool) -> np.ndarray:
    rng = np.random.default_rng(27)
    domain = np.repeat(np.arange(4), 15 if tiny else 150)
    logits = rng.normal(0, 2, (4, 50))[domain] + rng.normal(0, 1.2, (len(domain), 50))
    p = np.exp(logits)
    return p / p.sum(axis=1, keepdims=True)


def ours_groups(probs: np.ndarray) -> np.ndarray:
    return discover_groups(probs, most=10, stability=False).labels


def scikit_learn(probs: np.ndarray) -> np.ndarray:
    from sklearn.cluster import SpectralClustering
    from sklearn.metrics import silhouette_score

    log_p = np.log(np.maximum(probs, 1e-12))
    own, cross = (probs * log_p).sum(axis=1), probs @ log_p.T
    between = np.maximum((own[:, None] + own - cross - cross.T) / 2, 0)
    np.fill_diagonal(between, 0)
    affinity = np.exp(-between / np.median(between[~np.eye(len(between), dtype=bool)]))
    best, labels = -2.0, None
    for k in range(2, 11):
        found = SpectralClustering(k, affinity="precomputed", random_state=0).fit_predict(affinity)
        score = silhouette_score(np.sqrt(between), found, metric="precomputed")
        if score > best:
            best, labels = score, found
    return labels


BENCHMARKS = [
    Benchmark(
        "metrics-harmony",
        "Harmony of models over the groups of a benchmark",
        "2,000 models, 57 groups",
        make=scores,
        ours=Contender("psephos", lambda data: harmony_index(*data, h=0.5), packages=("psephos",)),
        peers=(Contender("the definition", by_definition),),
        tolerance=1e-9,
    ),
    Benchmark(
        "metrics-groups",
        "Groups found among items by predictive similarity, 2 to 10 tried",
        "600 items, 50 answers",
        make=distributions,
        ours=Contender("psephos", ours_groups, packages=("psephos",)),
        peers=(Contender("scikit-learn", scikit_learn, packages=("scikit-learn",)),),
        check=lambda ours, theirs: 1 - rand_index(ours, theirs),
        tolerance=1e-9,
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
