"""Vendi scores against vendi-score: equal values first.

The peer has no weights, orders or chunks in its dual form and holds the whole matrix of products; where it has no
counterpart (landmarks, random features, a report with intervals) ours stands alone.
"""

import sys

import numpy as np
from harness import Benchmark, Contender, main

from psephos.metrics import (
    diversity,
    effective_features,
    feature_spectrum,
    item_spectrum,
    nystrom_spectrum,
    random_feature_spectrum,
    text_spectrum,
    vendi_score,
    vendi_score_features,
)

GAMMA = 0.05


def rbf(left, right):
    squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1) - 2 * left @ right.T
    return np.exp(-GAMMA * squares)


def vectors(n: int, d: int):
    def make(tiny: bool) -> np.ndarray:
        rng = np.random.default_rng(11)
        return rng.normal(size=(200 if tiny else n, d)) * np.linspace(1, 0.1, d)

    return make


def kernel(tiny: bool) -> np.ndarray:
    points = vectors(1000, 8)(tiny)
    return (lambda k: (k + k.T) / 2 + np.eye(len(k)) - np.diag(k.diagonal()))(rbf(points, points))


def words(tiny: bool) -> list[str]:
    rng = np.random.default_rng(7)
    return [" ".join(f"w{w}" for w in rng.zipf(1.6, 8) % 500) for _ in range(40 if tiny else 300)]


def same_words(one: str, other: str) -> float:
    left, right = set(one.split()), set(other.split())
    return len(left & right) / len(left | right)


def peer_matrix(data: np.ndarray) -> float:
    from vendi_score import vendi

    return float(vendi.score_K(data))


def peer_features(data: np.ndarray) -> float:
    from vendi_score import vendi

    return float(vendi.score_dual(data))


def peer_function(data: list[str]) -> float:
    from vendi_score import vendi

    return float(vendi.score(data, same_words))


def codes(tiny: bool) -> np.ndarray:
    rng = np.random.default_rng(40)
    return rng.exponential(size=(200 if tiny else 20_000, 256)) * (rng.random(256) < 0.5)


PSEPHOS, PEER = ("psephos",), ("vendi-score",)
BENCHMARKS = [
    Benchmark(
        "metrics-diversity-matrix",
        "Vendi score of a matrix of similarities",
        "1,000 items",
        make=kernel,
        ours=Contender("psephos", lambda K: float(vendi_score(K)), packages=PSEPHOS),
        peers=(Contender("vendi-score", peer_matrix, packages=PEER),),
        tolerance=1e-8,
    ),
    Benchmark(
        "metrics-diversity-features",
        "Vendi score of vectors, cosine similarity",
        "200,000 items, 256 features",
        make=vectors(200_000, 256),
        ours=Contender("psephos", lambda X: float(vendi_score_features(X)), packages=PSEPHOS),
        peers=(Contender("vendi-score", peer_features, packages=PEER),),
        tolerance=1e-8,
    ),
    Benchmark(
        "metrics-diversity-function",
        "Vendi score of texts by a function of two",
        "300 texts",
        make=words,
        ours=Contender("psephos", lambda texts: float(item_spectrum(texts, same_words).score()), packages=PSEPHOS),
        peers=(Contender("vendi-score", peer_function, packages=PEER),),
        tolerance=1e-8,
    ),
    Benchmark(
        "metrics-diversity-landmarks",
        "Vendi score with bounds from a kernel function, 512 landmarks, no matrix",
        "20,000 items",
        make=vectors(20_000, 8),
        ours=Contender(
            "psephos",
            lambda X: list(nystrom_spectrum(X, rbf, coordinates=False, rng=0).bounds()),
            packages=PSEPHOS,
        ),
        tolerance=1e-6,
    ),
    Benchmark(
        "metrics-diversity-random-features",
        "Vendi score of an rbf kernel from 512 random projections",
        "20,000 items",
        make=vectors(20_000, 8),
        ours=Contender(
            "psephos",
            lambda X: float(random_feature_spectrum(X, gamma=GAMMA, rng=0).score()),
            packages=PSEPHOS,
        ),
        tolerance=1e-6,
    ),
    Benchmark(
        "metrics-diversity-texts",
        "Vendi score of texts by runs of 1 to 4 words",
        "300 texts",
        make=words,
        ours=Contender("psephos", lambda t: float(text_spectrum(t, coordinates=False).score()), packages=PSEPHOS),
        tolerance=1e-8,
    ),
    Benchmark(
        "metrics-diversity-report",
        "Seven orders with bootstrap intervals, contributions and themes",
        "2,000 items, 32 features",
        make=vectors(2000, 32),
        ours=Contender(
            "psephos",
            lambda X: diversity(feature_spectrum(X), interval="bootstrap", rng=0).table()["score"].to_numpy(),
            packages=PSEPHOS,
        ),
        tolerance=1e-8,
    ),
    Benchmark(
        "metrics-effective-features",
        "Effective features of codes with 400 resamples",
        "20,000 items, 256 features",
        make=codes,
        ours=Contender("psephos", lambda a: effective_features(a, rng=0).value.value, packages=PSEPHOS),
        tolerance=1e-8,
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
