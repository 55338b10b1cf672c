"""Distance covariance against dcor, information value and stability against optbinning: equal values first."""

import sys

import numpy as np
from harness import Benchmark, Contender, main

from psephos.metrics import (
    count_by_outcome,
    dependence,
    distance_correlation,
    divergence,
    information_value,
    squared_distance_covariance,
)


def pairs(tiny: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(20)
    x = rng.normal(size=4000 if tiny else 1_000_000)
    return x, x**2 + rng.normal(size=len(x))


def few_pairs(tiny: bool) -> tuple[np.ndarray, np.ndarray]:
    x, y = pairs(tiny)
    return x[:10_000], y[:10_000]


def vectors(tiny: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(21)
    x = rng.normal(size=(300 if tiny else 2000, 3))
    return x, x[:, :2] ** 2 + rng.normal(size=(len(x), 2))


def attributes(tiny: bool) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(22)
    n = 1000 if tiny else 1_000_000
    one, two = rng.integers(0, 2, n), rng.integers(0, 3, n)
    return (one ^ (two > 1)).astype(float) + rng.normal(size=n), {"one": one, "two": two}


def feature(tiny: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(23)
    y = (rng.random(1000 if tiny else 1_000_000) < 0.3).astype(int)
    return np.maximum(rng.integers(0, 8, len(y)) - y * (rng.random(len(y)) < 0.2), 0), y


def dcor_squared(data) -> float:
    import dcor

    return float(dcor.distance_covariance_sqr(*data, method="mergesort"))


def dcor_squared_avl(data) -> float:
    import dcor

    return float(dcor.distance_covariance_sqr(*data, method="avl"))


def dcor_correlation(data) -> float:
    import dcor

    return float(dcor.distance_correlation(*data, method="mergesort"))


def dcor_vectors(data) -> float:
    import dcor

    return float(dcor.distance_covariance_sqr(*data))


def together(data) -> list[float]:
    p, columns = data
    found = dependence(p, columns, kinds={"two": "nominal"}, repeats=0)
    return [*found.attributes["dcov2"].to_list(), found.measure("ccdcov")["value"], found.measure("jdcov")["value"]]


def counted(data) -> tuple[np.ndarray, np.ndarray]:
    x, y = data
    kinds = np.unique(x)
    return (
        np.array([((x == kind) & (y == 0)).sum() for kind in kinds]),
        np.array([((x == kind) & (y == 1)).sum() for kind in kinds]),
    )


def own_measures(counts) -> list[float]:
    return [information_value(*counts).value, divergence(*counts).value]


def optbinning_measures(counts) -> list[float]:
    from optbinning.binning.metrics import jeffrey, jensen_shannon

    good, bad = (side / side.sum() for side in counts)
    return [float(jeffrey(good, bad, return_sum=True)), float(jensen_shannon(good, bad, return_sum=True))]


def whole_column(data) -> float:
    found = count_by_outcome(*data)
    return information_value(found.left, found.right).value


OURS = ("psephos",)
DCOR = ("dcor",)
BENCHMARKS = [
    Benchmark(
        "metrics-dependence-pairs",
        "Squared distance covariance of two columns",
        "1,000,000 pairs",
        make=pairs,
        ours=Contender("psephos", lambda d: squared_distance_covariance(*d), packages=OURS),
        peers=(
            Contender("dcor (mergesort)", dcor_squared, packages=DCOR),
            Contender("dcor (avl)", dcor_squared_avl, packages=DCOR),
        ),
        tolerance=1e-8,
    ),
    Benchmark(
        "metrics-dependence-few-pairs",
        "Distance correlation of two columns",
        "10,000 pairs",
        make=few_pairs,
        ours=Contender("psephos", lambda d: distance_correlation(*d), packages=OURS),
        peers=(Contender("dcor (mergesort)", dcor_correlation, packages=DCOR),),
        tolerance=1e-8,
    ),
    Benchmark(
        "metrics-dependence-vectors",
        "Squared distance covariance of vectors",
        "2,000 rows of 3 and 2 columns",
        make=vectors,
        ours=Contender("psephos", lambda d: squared_distance_covariance(*d), packages=OURS),
        peers=(Contender("dcor", dcor_vectors, packages=DCOR),),
        tolerance=1e-9,
    ),
    Benchmark(
        "metrics-dependence-attributes",
        "Single and joint measures of a prediction with two attributes of 2 and 3 kinds, no shuffles",
        "1,000,000 rows",
        make=attributes,
        ours=Contender("psephos", together, packages=OURS),
        tolerance=1e-12,
    ),
    Benchmark(
        "metrics-divergence-counts",
        "Jeffreys and Jensen-Shannon divergence of counts; ours with errors and tests",
        "8 bins",
        make=feature,
        ours=Contender("psephos", own_measures, prepare=counted, packages=OURS),
        peers=(Contender("optbinning", optbinning_measures, prepare=counted, packages=("optbinning",)),),
        tolerance=1e-9,
    ),
    Benchmark(
        "metrics-divergence-column",
        "Information value of a column of 8 kinds, counted and measured",
        "1,000,000 rows",
        make=feature,
        ours=Contender("psephos", whole_column, packages=OURS),
        tolerance=1e-12,
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
