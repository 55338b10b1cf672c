import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from psephos.errors import InputError
from psephos.statistics import _evaluation, permutation_test, sign_flip_test

# Darwin's maize, crossed less self-fertilised plant of a pair, in eighths of an inch
MAIZE = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48])
ALTERNATIVES = ["two-sided", "greater", "less"]


def difference_of_means(scores):
    def statistic(group):
        return group @ scores / group.sum(axis=1) - (1 - group) @ scores / (1 - group).sum(axis=1)

    return statistic


def arrangements_of(labels, strata, **how):
    """The rows that the statistic was shown, without the observed one."""
    shown = []
    result = permutation_test(lambda rows: shown.append(rows) or np.zeros(len(rows)), labels, strata=strata, **how)
    return result, np.concatenate(shown[1:])


@pytest.mark.parametrize(("alternative", "count"), [("greater", 863), ("two-sided", 2 * 863)])
def test_fisher_1935_maize(alternative, count):
    result = sign_flip_test(lambda signs: signs @ MAIZE, 15, repeats=2**15, alternative=alternative)
    assert result.exact
    assert result.statistic == 314
    assert result.p == count / 2**15


def test_five_to_nothing_sign_test():
    """Sheet 36: five movements towards, none away, p = .0625."""
    assert sign_flip_test(lambda signs: signs.sum(axis=1), 5).p == 0.0625


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_exact_labels_equal_scipy(alternative):
    treated, control = [94, 197, 16, 38, 99, 141, 23], [52, 104, 146, 10, 51, 30, 40, 27, 46]
    ours = permutation_test(
        difference_of_means(np.array(treated + control)),
        np.repeat([1, 0], [7, 9]),
        repeats=math.comb(16, 7),
        alternative=alternative,
    )
    theirs = stats.permutation_test(
        (treated, control),
        lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
        n_resamples=math.inf,
        alternative=alternative,
    )
    assert ours.exact
    assert len(ours.replicates) == math.comb(16, 7)
    assert ours.statistic == pytest.approx(theirs.statistic)
    assert ours.p == pytest.approx(theirs.pvalue)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_exact_row_numbers_equal_scipy(alternative):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=6), rng.normal(size=6)
    ours = permutation_test(lambda rows: x[rows] @ y, np.arange(6), alternative=alternative)
    theirs = stats.permutation_test(
        (x,), lambda x: x @ y, permutation_type="pairings", n_resamples=math.inf, alternative=alternative
    )
    assert len(ours.replicates) == 720
    assert ours.p == pytest.approx(theirs.pvalue)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_exact_signs_equal_scipy(alternative):
    differences = np.random.default_rng(2).normal(0.4, 1, size=9)
    ours = sign_flip_test(lambda signs: signs @ differences, 9, alternative=alternative)
    theirs = stats.permutation_test(
        (differences,),
        lambda d, axis: d.sum(axis=axis),
        permutation_type="samples",
        n_resamples=math.inf,
        alternative=alternative,
    )
    assert ours.p == pytest.approx(theirs.pvalue)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 1)), min_size=1, max_size=7))
@settings(max_examples=60)
def test_all_arrangements_are_enumerated_once(rows):
    labels, strata = (np.array(part) for part in zip(*rows, strict=True))
    expected = {
        tuple(order)
        for order in itertools.permutations(labels.tolist())
        if all(sorted(np.array(order)[strata == s]) == sorted(labels[strata == s]) for s in (0, 1))
    }
    result, shown = arrangements_of(labels, strata, repeats=5040)
    assert result.exact
    assert sorted(map(tuple, shown.tolist())) == sorted(expected)


def test_exact_up_to_the_number_of_repeats():
    labels = [0, 0, 1, 1, 2]
    assert permutation_test(lambda rows: rows[:, 0], labels, repeats=30).exact
    assert not permutation_test(lambda rows: rows[:, 0], labels, repeats=29, rng=0).exact
    assert sign_flip_test(lambda signs: signs[:, 0], 4, repeats=16).exact
    assert not sign_flip_test(lambda signs: signs[:, 0], 4, repeats=15, rng=0).exact


def test_many_rows_with_few_arrangements_are_exact():
    labels = np.zeros(3000, int)
    labels[7] = 1
    result = permutation_test(lambda rows: rows @ np.arange(3000), labels, repeats=3000, alternative="less")
    assert result.exact
    assert result.p == 8 / 3000


@pytest.mark.parametrize("n", [100_000, 400], ids=["two halves", "few"])
def test_many_arrangements_are_drawn(n):
    result = permutation_test(lambda rows: rows[:, 0], np.repeat([0, 1], n // 2), repeats=5, rng=0)
    assert not result.exact
    assert len(result.replicates) == 5


def test_random_arrangements_stay_in_their_stratum():
    labels, strata = np.arange(40), np.arange(40) % 3
    _, shown = arrangements_of(labels, strata, repeats=200, rng=3)
    for stratum in range(3):
        inside = np.sort(shown[:, strata == stratum], axis=1)
        assert (inside == labels[strata == stratum]).all()
    # each of the first stratum's 14 places sees each of its labels in 1/14 of the arrangements
    share = (shown[:, 0, None] == labels[strata == 0]).mean(axis=0)
    assert share == pytest.approx(np.full(14, 1 / 14), abs=5 * math.sqrt(1 / 14 / 200))


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_random_p_is_the_formula_and_near_the_exact_p(alternative):
    scores, group = np.random.default_rng(4).normal(size=16), np.repeat([0, 1], 8)
    exact = permutation_test(difference_of_means(scores), group, repeats=12870, alternative=alternative)
    drawn = permutation_test(difference_of_means(scores), group, repeats=4000, alternative=alternative, rng=5)
    above = (1 + (drawn.replicates >= drawn.statistic - 1e-12).sum()) / 4001
    below = (1 + (drawn.replicates <= drawn.statistic + 1e-12).sum()) / 4001
    assert drawn.p == {"greater": above, "less": below, "two-sided": 2 * min(above, below)}[alternative]
    assert (exact.exact, drawn.exact) == (True, False)
    assert abs(drawn.p - exact.p) < 4 * drawn.standard_error
    assert exact.standard_error == 0


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_monte_carlo_error_is_the_spread_of_p(alternative):
    differences = np.random.default_rng(6).normal(0.15, 1, size=30)
    runs = [
        sign_flip_test(lambda signs: signs @ differences, 30, repeats=300, alternative=alternative, rng=seed)
        for seed in range(200)
    ]
    spread = np.std([run.p for run in runs])
    # relative standard error of a standard deviation over 200 runs: 1 / sqrt(400) = .05
    assert np.mean([run.standard_error for run in runs]) == pytest.approx(spread, rel=0.2)


def test_p_is_never_zero():
    result = permutation_test(lambda rows: (rows == np.arange(50)).sum(axis=1), np.arange(50), repeats=99, rng=7)
    assert result.p == pytest.approx(2 / 100)


def test_chance_is_rejected_as_rarely_as_promised_and_an_effect_often():
    rng, rejected = np.random.default_rng(8), {0.0: 0, 1.5: 0}
    for seed in range(300):
        for effect in rejected:
            scores = rng.normal(size=20) + effect * np.repeat([0, 1], 10)
            test = permutation_test(difference_of_means(scores), np.repeat([0, 1], 10), repeats=199, rng=seed)
            rejected[effect] += test.p <= 0.05
    # .05 of 300 with a standard error of .0126
    assert 0.01 < rejected[0.0] / 300 < 0.09
    assert rejected[1.5] / 300 > 0.7


def test_strata_remove_the_effect_of_the_stratum():
    """Group and score both follow the stratum, and nothing else: shuffled across strata that looks like an effect."""
    strata, rng = np.repeat([0, 1], 30), np.random.default_rng(9)
    group = np.where(np.arange(60) % 5 == 0, 1 - strata, strata)
    rejected = {"across": 0, "within": 0}
    for seed in range(100):
        statistic = difference_of_means(3.0 * strata + rng.normal(size=60))
        for how, codes in (("across", None), ("within", strata)):
            rejected[how] += permutation_test(statistic, group, strata=codes, repeats=199, rng=seed).p <= 0.05
    assert rejected["across"] > 95
    # 5 of 100 with a standard error of 2.2
    assert rejected["within"] <= 13


def test_clusters_are_flipped_whole():
    shown = []
    clusters = np.array([4, 4, 1, 4, 1, 9])
    sign_flip_test(lambda signs: shown.append(signs) or signs[:, 0], 6, clusters=clusters, repeats=7, rng=11)
    signs = np.concatenate(shown)
    assert (signs[:, [1, 3]] == signs[:, [0]]).all()
    assert (signs[:, 4] == signs[:, 2]).all()
    assert set(np.unique(signs)) == {-1.0, 1.0}
    exact = sign_flip_test(lambda signs: signs @ np.ones(6), 6, clusters=clusters)
    assert sorted(exact.replicates) == [-6, -4, -2, 0, 0, 2, 4, 6]


@pytest.mark.parametrize("exact", [True, False])
def test_chunks_do_not_change_results(monkeypatch, exact):
    scores = np.arange(9) ** 2
    repeats = 1680 if exact else 50
    outcomes = []
    for cells in (1, 9 * 7, 10**9):
        monkeypatch.setattr(_evaluation, "CHUNK_CELLS", cells)
        labels = permutation_test(lambda rows: rows @ scores, np.arange(9) // 3, repeats=repeats, rng=12)
        strata = permutation_test(
            lambda rows: rows @ scores, np.arange(9), strata=np.arange(9) // 4, repeats=repeats, rng=12
        )
        signs = sign_flip_test(lambda s: s @ scores, 9, repeats=repeats, rng=12)
        assert labels.exact == signs.exact == exact
        outcomes.append(np.concatenate([test.replicates for test in (labels, strata, signs)]))
    assert (outcomes[0] == outcomes[1]).all()
    assert (outcomes[0] == outcomes[2]).all()


@given(st.lists(st.integers(-20, 20), min_size=2, max_size=8))
@settings(max_examples=60)
def test_p_depends_on_order_only_and_not_on_rounding(differences):
    whole = np.array(differences)
    plain = sign_flip_test(lambda signs: signs @ whole, len(whole))
    tenths = sign_flip_test(lambda signs: (signs * (whole / 10)).sum(axis=1), len(whole))
    mapped = sign_flip_test(lambda signs: np.arctan(signs @ whole), len(whole))
    assert plain.p == tenths.p == mapped.p


def test_undefined_replicates_count_as_extreme():
    def statistic(signs):
        return np.where(signs[:, 0] < 0, np.nan, signs @ np.array([1.0, 2.0, 4.0]))

    for alternative, p in (("greater", 5 / 8), ("less", 1.0), ("two-sided", 1.0)):
        result = sign_flip_test(statistic, 3, alternative=alternative)
        assert result.undefined == 4
        assert result.p == p
        assert "4 undefined" in str(result)


def test_undefined_statistic_has_no_p():
    result = sign_flip_test(lambda signs: np.where(signs.min(axis=1) > 0, np.nan, 1.0), 3)
    assert math.isnan(result.p)
    assert math.isnan(result.standard_error)


def test_random_numbers():
    def replicates(rng):
        return permutation_test(lambda rows: rows[:, 0], np.arange(20), repeats=20, rng=rng).replicates

    assert (replicates(13) == replicates(13)).all()
    source = np.random.default_rng(13)
    first, second = replicates(source), replicates(source)
    assert (first == replicates(13)).all()
    assert (first != second).any()


def test_printed_result_says_how_it_was_found():
    drawn = sign_flip_test(lambda signs: signs @ MAIZE, 15, repeats=999, rng=14)
    assert str(drawn) == f"314, p = {drawn.p:.4g} (two-sided, +- {drawn.standard_error:.2g}, 999 random arrangements)"


def first(rows):
    return np.asarray(rows)[:, 0]


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: permutation_test(first, []), "labels"),
        (lambda: permutation_test(first, [[0, 1]]), "labels"),
        (lambda: permutation_test(first, [0, 1], strata=[0]), "strata"),
        (lambda: permutation_test(first, [0, 1], strata=[0.5, 1]), "strata"),
        (lambda: permutation_test(first, [0, 1], repeats=0), "repeats"),
        (lambda: permutation_test(first, [0, 1], alternative="both"), "alternative"),
        (lambda: permutation_test(first, np.arange(20), rng="seed"), "rng"),
        (lambda: permutation_test(lambda rows: rows, [0, 1]), "statistic"),
        (lambda: permutation_test(lambda rows: np.full(len(rows), np.inf), [0, 1]), "statistic"),
        (lambda: permutation_test(lambda rows: 1.0, [0, 1]), "statistic"),
        (lambda: sign_flip_test(first, 0), "n"),
        (lambda: sign_flip_test(first, 3, clusters=[0, 1]), "clusters"),
        (lambda: sign_flip_test(first, 3, clusters=["a", "b", "c"]), "clusters"),
        (lambda: sign_flip_test(first, 3, repeats=-1), "repeats"),
        (lambda: sign_flip_test(first, 3, alternative="two_sided"), "alternative"),
        (lambda: sign_flip_test(lambda signs: signs, 3), "statistic"),
    ],
)
def test_bad_input_is_named(call, argument):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument
