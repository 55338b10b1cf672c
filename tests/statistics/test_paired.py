"""Comparing two on the same items: against McNemar's definition, SciPy, and simulations that know the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from psephos.errors import InputError
from psephos.statistics import compare_all, compare_paired, items_needed, mcnemar_p


def test_mcnemar_published_example():
    # Fagerland, Lydersen and Laake (2013), airway hyper-responsiveness, 1 and 7 discordant: exact .070, mid-p .039.
    assert mcnemar_p(1, 7, middle=False) == pytest.approx(0.0703125)
    assert mcnemar_p(1, 7) == pytest.approx(0.0390625)


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_the_binomial_test_less_half_its_last_term(wins, losses):
    exact = mcnemar_p(wins, losses, middle=False)
    expected = stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    assert exact == pytest.approx(expected, abs=1e-12)
    assert mcnemar_p(wins, losses) <= exact
    assert mcnemar_p(wins, losses) == mcnemar_p(losses, wins)


def test_what_is_counted():
    made = compare_paired([1, 0, 1, np.nan, 1], [0, 1, 1, 1, 0], rng=0)
    assert (made.wins, made.losses, made.ties, made.left_out, made.test) == (2, 1, 1, 1, "mcnemar")
    assert made.difference.value == pytest.approx(0.25)


def test_items_as_clusters_count_once():
    # Ten draws of each of six items, all alike: as rows they would prove what six items cannot.
    rng = np.random.default_rng(0)
    item = np.repeat(np.arange(6), 10)
    left = np.array([1, 1, 1, 1, 0, 1.0])[item]
    right = np.array([0, 1, 0, 1, 0, 1.0])[item]
    as_rows, as_items = compare_paired(left, right, rng=0), compare_paired(left, right, clusters=item, rng=0)
    assert as_rows.p < 1e-4
    assert as_items.p == 0.5  # two of six lean one way: half of all sign flips are as extreme
    assert as_items.difference.half_width > 2 * as_rows.difference.half_width
    shuffled = rng.permutation(60)
    again = compare_paired(left[shuffled], right[shuffled], clusters=item[shuffled], rng=0)
    assert (again.p, again.difference.value) == (as_items.p, pytest.approx(as_items.difference.value))


def test_scores_agree_with_the_paired_t_test_where_that_is_right():
    rng = np.random.default_rng(1)
    right = rng.normal(size=400)
    left = right + rng.normal(0.1, 0.8, size=400)
    made = compare_paired(left, right, repeats=9999, rng=2)
    assert made.test == "sign flip"
    assert made.p == pytest.approx(stats.ttest_rel(left, right).pvalue, abs=0.01)
    interval = stats.ttest_rel(left, right).confidence_interval()
    assert (made.difference.low, made.difference.high) == pytest.approx((interval.low, interval.high), abs=0.01)


def test_pairing_finds_what_two_samples_hide():
    rng = np.random.default_rng(3)
    difficulty = rng.random(300)
    left = (difficulty < 0.62).astype(float)
    right = (difficulty < 0.58).astype(float)
    assert compare_paired(left, right, rng=0).p < 0.01
    assert stats.ttest_ind(left, right).pvalue > 0.2


def test_the_level_is_kept_where_there_is_no_difference():
    rng = np.random.default_rng(4)
    found = sum(mcnemar_p(int(wins), int(losses)) <= 0.05 for wins, losses in rng.binomial(60, 0.1, size=(4000, 2)))
    assert found / 4000 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4000)


def test_items_needed_give_the_power_they_promise():
    n = items_needed(0.3, 1.0)
    assert n == 88
    rng = np.random.default_rng(5)
    samples = rng.normal(0.3, 1.0, size=(2000, n))
    power = (np.abs(samples.mean(axis=1)) / (samples.std(axis=1, ddof=1) / np.sqrt(n)) > 1.96).mean()
    assert power == pytest.approx(0.8, abs=3 * np.sqrt(0.8 * 0.2 / 2000))


def test_all_pairs_are_adjusted_together():
    scores = np.array([[1] * 12, [0] * 10 + [1] * 2, [0] * 5 + [1] * 7], dtype=float)
    made = compare_all(scores, rng=0)
    single = {pair: mcnemar_p(one.wins, one.losses) for pair, one in made.items()}
    order = sorted(single, key=single.__getitem__)
    assert made[order[0]].p == pytest.approx(3 * single[order[0]])
    assert list(made) == [(0, 1), (0, 2), (1, 2)]


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        pytest.param(([1, 0], [1]), "right", id="lengths"),
        pytest.param(([1, np.nan], [1, 0]), "right", id="one item in common"),
        pytest.param(([np.inf, 0], [1, 0]), "left", id="infinity"),
        pytest.param((["a", "b"], [1, 0]), "left", id="text"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments, argument):
    with pytest.raises(InputError) as problem:
        compare_paired(*arguments)
    assert problem.value.argument == argument


def test_mcnemar_is_refused_where_it_does_not_hold():
    with pytest.raises(InputError, match="mcnemar"):
        compare_paired([0.5, 1], [0, 1], test="mcnemar")
    with pytest.raises(InputError, match="mcnemar"):
        compare_paired([0, 1, 1], [0, 1, 0], clusters=[0, 0, 1], test="mcnemar")
    with pytest.raises(InputError, match="difference"):
        items_needed(0, 1)


def test_seeds_fix_the_outcome():
    left, right = np.random.default_rng(6).random((2, 50))
    assert compare_paired(left, right, rng=7) == compare_paired(left, right, rng=7)


@pytest.mark.parametrize("seed", range(3))
def test_t_and_wilcoxon_are_those_of_scipy(seed) -> None:
    rng = np.random.default_rng(seed)
    left, right = rng.random((2, 40))
    found = compare_paired(left, right, test="t")
    theirs = stats.ttest_rel(left, right)
    ends = theirs.confidence_interval()
    assert found.p == pytest.approx(theirs.pvalue)
    assert (found.difference.low, found.difference.high) == pytest.approx((ends.low, ends.high))
    ranked = compare_paired(left, right, test="wilcoxon", repeats=200, rng=0)
    assert (ranked.test, ranked.p) == ("wilcoxon", pytest.approx(stats.wilcoxon(left, right).pvalue))


def test_t_without_a_difference_or_without_spread() -> None:
    assert compare_paired([1, 2, 3], [1, 2, 3], test="t").p == 1
    assert compare_paired([1, 2, 3], [0, 1, 2], test="t").p == 0
    assert compare_paired([1, 2, 3], [1, 2, 3], test="wilcoxon", repeats=50, rng=0).p == 1


def test_t_of_clusters_is_that_of_their_means_where_they_are_alike_in_size() -> None:
    rng = np.random.default_rng(1)
    left, right = rng.random((2, 60))
    cluster = np.repeat(np.arange(20), 3)
    means = [values.reshape(20, 3).mean(axis=1) for values in (left, right)]
    found, of_means = compare_paired(left, right, clusters=cluster, test="t"), compare_paired(*means, test="t")
    assert (found.p, found.difference.low) == pytest.approx((of_means.p, of_means.difference.low))
