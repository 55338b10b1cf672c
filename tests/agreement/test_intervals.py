"""Intervals of agreement: they hold the value, cover the truth, narrow with more items, and count equal items once."""

from __future__ import annotations

import numpy as np
import pytest

from psephos.agreement import krippendorff_alpha, percent_agreement
from psephos.agreement.counting import counts_of
from psephos.statistics import bootstrap

MEASURES = pytest.mark.parametrize("measure", [percent_agreement, krippendorff_alpha], ids=["percent", "alpha"])


def drawn(rng: np.random.Generator, n_items: int, n_voters: int = 3, *, right: float = 0.8) -> np.ndarray:
    """Voters that are right on an item of three categories with probability `right`, else guess among all three."""
    truth = rng.integers(0, 3, (n_items, 1))
    size = (n_items, n_voters)
    return np.where(rng.random(size) < right, truth, rng.integers(0, 3, size))


def true_values(n_voters: int, right: float) -> dict[str, float]:
    """Two votes are equal if both are not guessed, or else by chance of 1/3; all categories are equally common."""
    same = right**2 + (1 - right**2) / 3
    return {"percent_agreement": same, "krippendorff_alpha": (same - 1 / 3) / (1 - 1 / 3)}


@MEASURES
def test_the_interval_holds_the_value_and_has_its_level(measure):
    votes = drawn(np.random.default_rng(1), 60)
    wide, narrow = measure(votes, level=0.99), measure(votes, level=0.5)
    for found in (wide, narrow):
        assert found.low < found.value < found.high
    assert (wide.level, narrow.level) == (0.99, 0.5)
    assert wide.low < narrow.low
    assert narrow.high < wide.high


@MEASURES
def test_it_narrows_as_the_square_root_of_the_items(measure):
    votes = drawn(np.random.default_rng(2), 100)
    widths = [measure(np.tile(votes, (times, 1))).half_width for times in (1, 4, 16)]
    # The half width of a bootstrap of 1000 resamples has a standard error of some 3 to 4 %.
    assert widths[0] / widths[1] == pytest.approx(2, rel=0.2)
    assert widths[1] / widths[2] == pytest.approx(2, rel=0.2)


@MEASURES
def test_a_seed_repeats_the_interval_and_another_does_not(measure):
    votes = drawn(np.random.default_rng(3), 40)
    assert measure(votes, rng=5) == measure(votes, rng=5)
    assert measure(votes, rng=5) != measure(votes, rng=6)


@MEASURES
def test_without_resamples_or_items_there_is_no_interval(measure):
    few = "no interval from fewer than 5 items"
    for found, note in ((measure([[0, 0], [0, 1]], repeats=0), "no interval"), (measure([[0, 0, 1]]), few)):
        assert np.isnan([found.low, found.high]).all()
        assert str(found).endswith(f"n = {'1 item' if found.items == 1 else f'{found.items} items'} ({note})")
        assert "nan" not in str(found)
        assert not np.isnan(found.value)


def dense_alpha(votes: np.ndarray):
    """Alpha for item weights of shape (rows, n_items) from a dense table with a row for every item."""
    counts = np.stack([(votes == choice).sum(axis=1) for choice in range(3)], axis=1).astype(np.float64)
    m = counts.sum(axis=1)
    unlike = (m * m - (counts**2).sum(axis=1)) / (m - 1)

    def statistic(weights):
        by_choice, n = weights @ counts, weights @ m
        return 1 - (n - 1) * (weights @ unlike) / (n * n - (by_choice**2).sum(axis=1))

    return statistic


def test_items_counted_together_are_resampled_as_if_one_by_one():
    votes = drawn(np.random.default_rng(4), 200)
    assert len(counts_of(votes).copies) < 20
    fast = krippendorff_alpha(votes, repeats=4000, level=0.68)
    dense = bootstrap(dense_alpha(votes), len(votes), repeats=4000, level=0.68, method="percentile", rng=1)
    assert fast.value == pytest.approx(float(dense.value), abs=1e-12)
    # Ends of a percentile interval at one standard error have a standard error of some 1.5 / sqrt(repeats) of it.
    allowed = 4 * np.sqrt(2) * 1.5 * float(dense.standard_error) / np.sqrt(4000)
    assert abs(fast.low - dense.low) < allowed
    assert abs(fast.high - dense.high) < allowed


def test_a_million_items_of_few_kinds_are_few_rows():
    votes = drawn(np.random.default_rng(5), 1_000_000, 2)
    found = krippendorff_alpha(votes)
    assert found.items == 1_000_000
    assert len(counts_of(votes).copies) == 6
    assert abs(found.value - true_values(2, 0.8)["krippendorff_alpha"]) < 2 * (found.high - found.low)


@MEASURES
@pytest.mark.slow
@pytest.mark.parametrize("n_items", [60, 250])
def test_the_interval_covers_the_truth(measure, n_items):
    """The share of 600 samples whose 95 % interval holds the true value; a percentile bootstrap is a little short."""
    rng = np.random.default_rng(6)
    truth = true_values(3, 0.8)[measure.__name__]
    intervals = [measure(drawn(rng, n_items), repeats=400, rng=rng) for _ in range(600)]
    covered = np.mean([found.low <= truth <= found.high for found in intervals])
    error = np.sqrt(0.95 * 0.05 / 600)
    assert 0.93 - 4 * error < covered < 0.95 + 4 * error
    halved = np.mean([abs(found.value - truth) <= found.half_width / 2 for found in intervals])
    assert halved < 0.93 - 4 * error  # the bound finds out an interval of half the width
