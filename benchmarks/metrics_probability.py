"""Metrics of probabilities and rankings against scikit-learn, netcal and relplot: equal values first."""

import sys

import numpy as np
from harness import Benchmark, Contender, main

from psephos.metrics import (
    auprc,
    auroc,
    brier_score,
    discrimination,
    expected_calibration_error,
    log_loss,
    probability_report,
    smooth_calibration_error,
)


def forecasts(tiny: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    p = rng.random(1000 if tiny else 1_000_000)
    return p, (rng.random(len(p)) < 0.5 + 0.9 * (p - 0.5)).astype(int)


def few_forecasts(tiny: bool) -> tuple[np.ndarray, np.ndarray]:
    p, y = forecasts(tiny)
    return p[:20_000], y[:20_000]


def scores(tiny: bool) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(13)
    y = (rng.random(1000 if tiny else 1_000_000) < 0.1).astype(int)
    return y, rng.normal(size=len(y)) + y


def sklearn_scores(data) -> list[float]:
    from sklearn.metrics import brier_score_loss
    from sklearn.metrics import log_loss as theirs

    p, y = data
    return [brier_score_loss(y, p), theirs(y, p)]


def sklearn_areas(data) -> list[float]:
    from sklearn.metrics import average_precision_score, roc_auc_score

    return [roc_auc_score(*data), average_precision_score(*data)]


def netcal_ece(data) -> float:
    from netcal.metrics import ECE

    return ECE(10).measure(*data)


def torchmetrics_ece(data) -> float:
    import torch
    from torchmetrics.functional.classification import binary_calibration_error

    p, y = data
    return float(binary_calibration_error(torch.from_numpy(p), torch.from_numpy(y), n_bins=10, norm="l1"))


def relplot_smooth(data) -> float:
    import relplot

    return float(relplot.smECE(*data))


def resampled(data) -> list[float]:
    found = discrimination(*data, interval="bootstrap", repeats=20 if len(data[0]) < 10_000 else 1000, rng=0)
    return [found.auroc.value, found.auprc.value]


def report(data) -> list[float]:
    found = probability_report(*data, rng=0)
    return [found.balance.value, found.brier, found.log_loss, found.calibration.error, found.smooth]


OURS = ("psephos",)
BENCHMARKS = [
    Benchmark(
        "metrics-probability-scores",
        "Brier score and log loss",
        "1,000,000 forecasts",
        make=forecasts,
        ours=Contender("psephos", lambda d: [brier_score(*d), log_loss(*d)], packages=OURS),
        peers=(Contender("scikit-learn", sklearn_scores, packages=("scikit-learn",)),),
        tolerance=1e-9,
    ),
    Benchmark(
        "metrics-probability-ece",
        "ECE of the event, 10 bins",
        "1,000,000 forecasts, none on an edge of a bin",
        make=forecasts,
        ours=Contender("psephos", lambda d: expected_calibration_error(*d, of="event"), packages=OURS),
        peers=(
            Contender("netcal", netcal_ece, packages=("netcal",)),
            Contender("torchmetrics", torchmetrics_ece, packages=("torchmetrics", "torch")),
        ),
        tolerance=1e-6,
    ),
    Benchmark(
        "metrics-probability-smooth",
        "Smooth ECE; the peer rounds probabilities to a grid of its own",
        "20,000 forecasts",
        make=few_forecasts,
        ours=Contender("psephos", lambda d: smooth_calibration_error(*d, of="event"), packages=OURS),
        peers=(Contender("relplot", relplot_smooth, packages=("relplot",)),),
        tolerance=2e-3,
    ),
    Benchmark(
        "metrics-probability-report",
        "The whole report on probabilities",
        "1,000,000 forecasts",
        make=forecasts,
        ours=Contender("psephos", report, packages=OURS),
        tolerance=1e-9,
    ),
    Benchmark(
        "metrics-discrimination-areas",
        "AUROC and average precision, no interval",
        "1,000,000 scores, a tenth positive",
        make=scores,
        ours=Contender("psephos", lambda d: [auroc(*d), auprc(*d)], packages=OURS),
        peers=(Contender("scikit-learn", sklearn_areas, packages=("scikit-learn",)),),
        tolerance=1e-9,
    ),
    Benchmark(
        "metrics-discrimination-bootstrap",
        "AUROC and average precision with 1,000 resamples",
        "1,000,000 scores, a tenth positive",
        make=scores,
        ours=Contender("psephos", resampled, packages=OURS),
        tolerance=1e-9,
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
