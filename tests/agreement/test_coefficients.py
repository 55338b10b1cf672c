"""Coefficients that are one minus observed over expected: published values, a slow reference, what must hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
import slowly
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.agreement import (
    agree,
    cohen_kappa,
    conger_kappa,
    fleiss_kappa,
    gwet_ac,
    intraclass_correlation,
    kendall_w,
    krippendorff_alpha,
    percent_agreement,
    scott_pi,
)
from psephos.agreement.choosing import _FROM_COUNTS
from psephos.agreement.cohen import own_chance_kappa
from psephos.agreement.counting import counted_of
from psephos.agreement.icc import FORMS
from psephos.agreement.ratings import ratings_of
from psephos.errors import InputError
from psephos.opinions import from_matrix, labels, scores

N = -1
MANY = {
    "percent": percent_agreement,
    "alpha": krippendorff_alpha,
    "fleiss": fleiss_kappa,
    "ac": gwet_ac,
    "conger": conger_kappa,
}
SLOWLY = {
    "percent": slowly.percent,
    "alpha": slowly.alpha,
    "fleiss": slowly.fleiss,
    "ac": slowly.ac,
    "conger": slowly.conger,
}
METRICS = ("nominal", "linear", "quadratic", "interval", "ratio", "circular")

# Krippendorff (2011), "Computing Krippendorff's alpha-reliability", example C: four observers, missing data.
TWELVE = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
        [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
    ]
).T


# The same items by other raters: Gwet (2014), Handbook of Inter-Rater Reliability, 4th edition, table 2.10; the values
# are also those of the package irrCAC on its data set of this name, `raw_4raters`.
FOUR_RATERS = [
    [1, 1, N, 1],
    [2, 2, 3, 2],
    [3, 3, 3, 3],
    [3, 3, 3, 3],
    [2, 2, 2, 2],
    [1, 2, 3, 4],
    [4, 4, 4, 4],
    [1, 1, 2, 1],
    [2, 2, 2, 2],
    [N, 5, 5, 5],
    [N, N, 1, 1],
    [N, N, 3, N],
]


def crosstab(table: list[list[int]]) -> np.ndarray:
    """Votes of two voters that have this table."""
    return np.array([[a, b] for a, row in enumerate(table) for b, n in enumerate(row) for _ in range(n)])


PSYCHIATRISTS = crosstab([[75, 1, 4], [5, 4, 1], [0, 0, 10]])
TRAIT = crosstab([[118, 5], [2, 0]])
FOURTEEN = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


@pytest.mark.parametrize(
    ("measure", "votes", "options", "printed", "digits"),
    [
        pytest.param(krippendorff_alpha, TWELVE, {}, 0.743, 3, id="Krippendorff 2011 C nominal"),
        pytest.param(krippendorff_alpha, TWELVE, {"metric": "ordinal"}, 0.815, 3, id="Krippendorff 2011 C ordinal"),
        pytest.param(krippendorff_alpha, TWELVE, {"metric": "interval"}, 0.849, 3, id="Krippendorff 2011 C interval"),
        pytest.param(krippendorff_alpha, TWELVE, {"metric": "ratio"}, 0.797, 3, id="Krippendorff 2011 C ratio"),
        pytest.param(fleiss_kappa, FOUR_RATERS, {}, 0.76117, 5, id="Gwet 2014 Fleiss"),
        pytest.param(conger_kappa, FOUR_RATERS, {}, 0.76282, 5, id="Gwet 2014 Conger"),
        pytest.param(gwet_ac, FOUR_RATERS, {}, 0.77544, 5, id="Gwet 2014 AC1"),
        pytest.param(cohen_kappa, PSYCHIATRISTS, {}, 0.68, 2, id="Fleiss 1981 two psychiatrists"),
        pytest.param(gwet_ac, TRAIT, {}, 0.941, 3, id="Gwet 2002 AC1"),
        pytest.param(cohen_kappa, TRAIT, {}, -0.0234, 4, id="Gwet 2002 Cohen"),
        pytest.param(scott_pi, TRAIT, {}, -0.0288, 4, id="Gwet 2002 Scott"),
        pytest.param(
            fleiss_kappa,
            np.array([np.repeat(np.arange(5), row) for row in FOURTEEN]),
            {},
            0.210,
            3,
            id="Fleiss 1971 fourteen psychiatrists",
        ),
    ],
)
def test_published_values(measure, votes, options, printed, digits):
    assert round(measure(votes, repeats=0, **options).value, digits) == printed


def values_of(lines) -> np.ndarray:
    return np.array([[np.nan if vote is None else float(vote) for vote in line] for line in lines])


cells = st.one_of(st.none(), st.integers(1, 5))
tables = st.integers(2, 4).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), min_size=2, max_size=10))
meeting = tables.filter(
    lambda lines: (
        any(sum(vote is not None for vote in line) >= 2 for line in lines)
        and len({vote for line in lines if sum(v is not None for v in line) >= 2 for vote in line if vote is not None})
        > 1
    )
)


@pytest.mark.parametrize("metric", [*METRICS, "ordinal"])
@pytest.mark.parametrize("name", SLOWLY)
@settings(max_examples=25)
@given(lines=meeting)
def test_a_slow_reference_says_the_same(name, metric, lines):
    if metric == "ordinal" and name != "alpha":
        return
    period = 7.0 if metric == "circular" else None
    found = MANY[name](values_of(lines), metric=metric, period=period, repeats=0)
    distance = slowly.delta(metric, lines, 7.0)
    try:
        reference = slowly.cohen if name == "conger" and len(lines[0]) == 2 else SLOWLY[name]
        expected = reference(lines, distance, *([1.0] if name in ("ac", "percent") and metric == "circular" else []))
    except ZeroDivisionError:
        assert "same" in found.note
        return
    assert found.value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=25)
@given(lines=meeting.filter(lambda lines: len(lines[0]) == 2))
def test_scott_of_two_voters_with_gaps_by_hand(metric, lines):
    found = scott_pi(values_of(lines), metric=metric, period=7.0 if metric == "circular" else None, repeats=0)
    assert found.value == pytest.approx(slowly.scott(lines, slowly.delta(metric, lines, 7.0)), abs=1e-9)


@settings(max_examples=60)
@given(lines=meeting.filter(lambda lines: sum(None not in line for line in lines) >= 2))
def test_the_six_intraclass_correlations_with_gaps_by_hand(lines):
    whole = values_of([line for line in lines if None not in line])
    for form in FORMS:
        found = intraclass_correlation(values_of(lines), form=form, repeats=0)
        if np.ptp(whole) == 0:
            assert math.isnan(found.value)
            continue
        above, below = slowly.icc(lines)[form]
        if abs(below) > 1e-9:  # else nothing varies that the form could divide by
            assert found.value == pytest.approx(above / below, rel=1e-6, abs=1e-9)
        assert found.items == len(whole)


@settings(max_examples=60)
@given(lines=meeting.filter(lambda lines: sum(None not in line for line in lines) >= 2))
def test_concordance_with_gaps_by_hand(lines):
    whole = [line for line in lines if None not in line]
    found = kendall_w(values_of(lines), repeats=0, permutations=0)
    if all(len(set(column)) == 1 for column in zip(*whole, strict=True)):
        assert math.isnan(found.value)
    else:
        assert found.value == pytest.approx(slowly.kendall(whole), abs=1e-9)
    assert found.items == len(whole)


@pytest.mark.parametrize("metric", ["nominal", "linear", "ratio"])
@pytest.mark.parametrize("name", MANY)
@settings(max_examples=25)
@given(lines=meeting, random=st.randoms(use_true_random=False))
def test_order_of_items_and_voters_does_not_matter(name, metric, lines, random):
    votes = values_of(lines)
    value = MANY[name](votes, metric=metric, repeats=0).value
    items, voters = ([*range(n)] for n in votes.shape)
    random.shuffle(items)
    random.shuffle(voters)
    assert MANY[name](votes[items][:, voters], metric=metric, repeats=0).value == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("name", ["alpha", "fleiss", "conger"])
@pytest.mark.parametrize("metric", ["linear", "interval"])
@given(lines=meeting, stretch=st.sampled_from([-3.0, 0.5, 1e6]))
def test_a_stretch_of_the_scale_does_not_matter(name, metric, lines, stretch):
    votes = values_of(lines)
    value = MANY[name](votes, metric=metric, repeats=0).value
    assert MANY[name](votes * stretch + 5, metric=metric, repeats=0).value == pytest.approx(value, abs=1e-6)


@given(lines=meeting)
def test_alpha_is_pi_with_a_correction_for_small_samples(lines):
    whole = [line for line in lines if None not in line]
    n = len(whole) * len(lines[0])
    if len({vote for line in whole for vote in line}) < 2:
        return
    pi, alpha = (measure(whole, repeats=0).value for measure in (fleiss_kappa, krippendorff_alpha))
    assert 1 - alpha == pytest.approx((1 - pi) * (n - 1) / n, abs=1e-9)


def test_scott_is_fleiss_of_two_and_cohen_is_conger_of_two():
    votes = np.random.default_rng(1).integers(-1, 3, (50, 2))
    assert scott_pi(votes, rng=1).value == fleiss_kappa(votes).value
    one, two = cohen_kappa(votes), conger_kappa(votes)
    assert (one.name, one.value, one.low) == ("Cohen's kappa", two.value, two.low)


def test_own_distances_as_a_function_and_as_a_matrix():
    votes = np.random.default_rng(2).integers(0, 4, (30, 3))
    matrix = np.abs(np.subtract.outer(np.arange(4), np.arange(4)))
    for measure in MANY.values():
        linear = measure(votes, metric="linear", repeats=0).value
        assert measure(votes, metric=matrix, repeats=0).value == pytest.approx(linear)
        assert measure(votes, metric=lambda a, b: abs(a - b), repeats=0).value == pytest.approx(linear)
    assert krippendorff_alpha(votes, metric=matrix, repeats=0).name == "Krippendorff's alpha (own distance)"


def test_weighted_kappa_by_hand():
    # 3 x 3, n = 10. Linear: D_o = (1 + 1 + 2) / 10; rows .5 .3 .2, columns .4 .3 .3:
    # D_e = .5 (.3 + 2 * .3) + .3 (.4 + .3) + .2 (2 * .4 + .3) = .45 + .21 + .22 = .88.
    votes = crosstab([[4, 0, 1], [0, 2, 1], [0, 1, 1]])
    assert cohen_kappa(votes, metric="linear", repeats=0).value == pytest.approx(1 - 0.4 / 0.88)


def test_the_order_of_labels_can_be_said():
    opinions = from_matrix([["low", "mid"], ["high", "high"], ["mid", "low"], ["low", "low"]])
    stated = krippendorff_alpha(opinions, metric="ordinal", order=["low", "mid", "high"], repeats=0)
    codes = [[0, 1], [2, 2], [1, 0], [0, 0]]
    assert stated.value == pytest.approx(krippendorff_alpha(codes, metric="ordinal", repeats=0).value)
    natural = krippendorff_alpha(opinions, metric="ordinal", repeats=0)  # high, low, mid
    assert natural.value == pytest.approx(
        krippendorff_alpha([[1, 2], [0, 0], [2, 1], [1, 1]], metric="ordinal", repeats=0).value
    )


def test_labels_that_are_numbers_have_their_values():
    cells = [["1", "2"], ["10", "10"], ["2", "1"]]
    by_label = krippendorff_alpha(from_matrix(cells), metric="interval", repeats=0).value
    assert by_label == pytest.approx(krippendorff_alpha([[1, 2], [10, 10], [2, 1]], metric="interval", repeats=0).value)


def test_scores_are_values():
    opinions = scores(["a", "a", "b", "b", "c"], ["x", "y", "x", "y", "x"], [-1.5, -1.0, 2.0, 2.5, float("nan")])
    found = krippendorff_alpha(opinions, metric="interval", repeats=0)
    assert found.value == pytest.approx(krippendorff_alpha([[-1.5, -1.0], [2.0, 2.5]], metric="interval").value)
    assert found.items == 2


@pytest.mark.parametrize("name", MANY)
def test_both_intervals_hold_the_value_and_agree(name):
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, (400, 1))
    votes = np.where(rng.random((400, 3)) < 0.7, truth, rng.integers(0, 3, (400, 3)))
    votes[rng.random(votes.shape) < 0.1] = N
    drawn, formula = (MANY[name](votes, interval=interval, repeats=4000) for interval in ("bootstrap", "analytic"))
    assert formula.value == pytest.approx(drawn.value, abs=1e-12)
    # A standard error from 4000 resamples has one of its own of about 1.2 %; those of large samples differ little.
    assert drawn.standard_error == pytest.approx(formula.standard_error, rel=0.05)
    assert formula.low < formula.value < formula.high


def measures_of(votes, metric):
    counted = counted_of(votes)
    made = [make(counted, metric, None) for name, make in _FROM_COUNTS.items() if name != "scott"]
    return [*made, own_chance_kappa(ratings_of(votes), metric)]


@pytest.mark.parametrize("metric", ["nominal", "linear", "quadratic", "ratio", "ordinal"])
def test_the_influence_of_an_item_is_the_slope_of_the_value(metric):
    votes = np.random.default_rng(4).integers(-1, 4, (40, 4))
    counted = counted_of(votes)
    measures = [_FROM_COUNTS["alpha"](counted, metric, None)] if metric == "ordinal" else measures_of(votes, metric)
    for measure in measures:
        weights = measure.counts.copies.astype(float)
        step = 1e-5 * np.eye(len(weights))
        slope = (measure.statistic(weights + step) - measure.statistic(weights - step)) / 2e-5
        np.testing.assert_allclose(measure.influence(), slope, atol=1e-8)


def test_the_variance_of_kappa_is_that_of_fleiss_cohen_and_everitt():
    """Fleiss, Cohen and Everitt (1969), doi:10.1037/h0028106, with n - 1 for n."""
    p = np.array([[75, 1, 4], [5, 4, 1], [0, 0, 10]]) / 100
    row, column, n = p.sum(axis=1), p.sum(axis=0), 100
    po, pe = np.trace(p), row @ column
    kappa = (po - pe) / (1 - pe)
    diagonal = sum(p[k, k] * (1 - (row[k] + column[k]) * (1 - kappa)) ** 2 for k in range(3))
    beside = (1 - kappa) ** 2 * sum(p[k, m] * (column[k] + row[m]) ** 2 for k in range(3) for m in range(3) if k != m)
    variance = (diagonal + beside - (kappa - pe * (1 - kappa)) ** 2) / (n * (1 - pe) ** 2)
    found = cohen_kappa(PSYCHIATRISTS, interval="analytic")
    assert found.standard_error == pytest.approx(math.sqrt(variance * n / (n - 1)), rel=1e-9)


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize("interval", ["bootstrap", "analytic"])
def test_full_agreement_is_one(name, interval):
    found = MANY[name]([[0, 0, 0], [1, 1, N], [2, 2, 2], [0, N, 0], [1, 1, 1]], interval=interval)
    assert (found.value, found.low, found.high) == (1.0, pytest.approx(1.0), pytest.approx(1.0))
    assert found.note == ""


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize("metric", ["nominal", "linear", "quadratic"])
def test_one_label_only_is_one_and_says_why(name, metric):
    found = MANY[name]([*[[3, 3]] * 5, [3, N]], metric=metric)
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)
    assert name == "percent" or "all votes are the same" in found.note


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize(
    "votes", [[[0, N], [N, 1]], [[N, N]], np.empty((0, 2), dtype=int)], ids=["apart", "none", "empty"]
)
@pytest.mark.parametrize("interval", ["bootstrap", "analytic"])
def test_where_nobody_meets_it_is_undefined_and_says_why(name, votes, interval):
    found = MANY[name](votes, interval=interval)
    assert math.isnan(found.value)
    assert found.items == 0
    assert found.note == "no item has two votes, so nobody can agree with anybody"
    assert str(found) == f"{found.name} undefined ({found.note})"


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize("interval", ["bootstrap", "analytic"])
def test_one_item_has_no_interval(name, interval):
    found = MANY[name]([[0, 0, 1]], interval=interval)
    assert not math.isnan(found.value)
    assert math.isnan(found.low)
    assert found.note == ("no interval from fewer than 5 items" if interval == "bootstrap" else "no interval")


OF_ITEMS = {**MANY, "cohen": cohen_kappa, "scott": scott_pi, "icc": intraclass_correlation, "w": kendall_w}


@pytest.mark.parametrize("name", OF_ITEMS)
@pytest.mark.parametrize("items", [2, 4, 5, 8])
def test_fewer_than_five_items_are_not_resampled_by_any_coefficient(name, items):
    votes = np.array([[1, 2], [3, 3], [2, 1], [1, 1], [3, 2], [2, 2], [1, 3], [3, 3]], dtype=float)[:items]
    found = OF_ITEMS[name](votes)
    assert not math.isnan(found.value)
    assert math.isfinite(found.low) == math.isfinite(found.standard_error) == (items >= 5)
    assert ("no interval from fewer than 5 items" in found.note) == (items < 5)
    if name != "w":  # which has none by formula
        assert math.isfinite(OF_ITEMS[name](votes, interval="analytic").low)


def test_a_constant_voter_is_named():
    opinions = from_matrix([["a", "a"], ["b", "a"], ["a", "a"], ["c", "a"]], voters=["ann", "bob"])
    found = cohen_kappa(opinions)
    assert found.value == pytest.approx(0.0)
    assert found.note == "voter bob always says 'a', so kappa cannot exceed 0"


@pytest.mark.parametrize("name", [name for name in MANY if name != "conger"])
def test_a_hundred_thousand_labels(name):
    votes = np.arange(200_000).reshape(-1, 2)
    votes[:50_000, 1] = votes[:50_000, 0]
    found = MANY[name](votes, repeats=3)
    # Labels are nearly all different, so chance agreement is nearly 0.
    assert found.value == pytest.approx(0.5, abs=1e-4)


def test_more_categories_than_were_chosen_leave_less_to_chance():
    assert gwet_ac(TRAIT, categories=5, repeats=0).value > gwet_ac(TRAIT, repeats=0).value
    # One category was chosen of three: P_e = 3 / (3 * 2) * 0 = 0, so AC1 is the observed agreement.
    assert gwet_ac([[0, 0], [0, 0]], categories=3, repeats=0).value == 1


@pytest.mark.parametrize(
    ("measure", "votes", "options", "argument"),
    [
        (fleiss_kappa, [[0], [1]], {}, "votes"),
        (conger_kappa, [[0], [1]], {}, "votes"),
        (cohen_kappa, [[0, 1, 1]], {}, "votes"),
        (scott_pi, [[0, 1, 1]], {}, "votes"),
        (fleiss_kappa, [[0, float("inf")]], {}, "votes"),
        (fleiss_kappa, [["a", "b"]], {}, "votes"),
        (fleiss_kappa, [[[0, 1]]], {}, "votes"),
        (fleiss_kappa, [[0, 1], [1]], {}, "votes"),
        (fleiss_kappa, [[0, 1]], {"metric": "ordinal"}, "metric"),
        (fleiss_kappa, [[0, 1]], {"metric": "fuzzy"}, "metric"),
        (krippendorff_alpha, [[0, 1]], {"metric": "circular"}, "period"),
        (krippendorff_alpha, [[0, 1]], {"metric": "circular", "period": 0}, "period"),
        (krippendorff_alpha, [[0, 1]], {"metric": "interval", "period": 24}, "period"),
        (krippendorff_alpha, [[0, 1]], {"metric": "ordinal", "period": 24}, "period"),
        (krippendorff_alpha, [[-1.0, 1.0]], {"metric": "ratio"}, "metric"),
        (krippendorff_alpha, [[0, 2]], {"metric": [[0, 1], [1, 0]]}, "metric"),
        (krippendorff_alpha, [[0, 1]], {"metric": [[0, 1], [2, 0]]}, "metric"),
        (krippendorff_alpha, [[0, 1]], {"metric": [[1, 1], [1, 1]]}, "metric"),
        (krippendorff_alpha, [[0, 1]], {"metric": lambda a, b: -1}, "metric"),
        (krippendorff_alpha, [[0, 1]], {"metric": lambda a, b: "far"}, "metric"),
        (krippendorff_alpha, np.arange(8000.0).reshape(-1, 2), {"metric": "linear"}, "metric"),
        (krippendorff_alpha, from_matrix([["a", "1"]]), {"metric": "interval"}, "metric"),
        (krippendorff_alpha, from_matrix([["a", "b"]]), {"metric": "ordinal", "order": ["a"]}, "order"),
        (krippendorff_alpha, from_matrix([["a", "b"]]), {"order": ["a", "b", "a"]}, "order"),
        (krippendorff_alpha, [[0, 1]], {"order": ["0", "1"]}, "order"),
        (krippendorff_alpha, [[0, 1]], {"interval": "exact"}, "interval"),
        (gwet_ac, [[0, 1], [2, 2]], {"categories": 2}, "categories"),
        (gwet_ac, [[0, 1], [2, 2]], {"categories": 4, "metric": "linear"}, "categories"),
        (cohen_kappa, labels(["i"], ["x"], ["a"]), {}, "votes"),
    ],
)
def test_what_cannot_be_measured_is_named(measure, votes, options, argument):
    with pytest.raises(InputError) as caught:
        measure(votes, **options)
    assert caught.value.argument == argument


def test_scores_of_several_rounds_are_refused():
    opinions = scores(["a", "a"], ["x", "y"], [1, 2], round=["1", "2"])
    with pytest.raises(InputError, match="2 rounds"):
        krippendorff_alpha(opinions)


def test_in_floats_minus_one_is_a_value_and_nan_no_vote():
    assert krippendorff_alpha([[-1.0, -1.0], [1.0, np.nan], [0.0, 1.0]], repeats=0).items == 2
    assert krippendorff_alpha([[-1, -1], [1, 1], [0, 1]], repeats=0).items == 2
    assert krippendorff_alpha([[1, None], [1, 1], [0, 1]], repeats=0).items == 2


def test_a_duplicate_vote_counts_once():
    opinions = labels(["a", "a", "a", "b", "b"], ["x", "x", "y", "x", "y"], ["p", "p", "p", "q", "p"])
    assert [issue.reason for issue in opinions.issues] == ["said twice: counted once"]
    assert agree(opinions, repeats=0).coefficients[0].value == pytest.approx(0.5)


def drawn(rng: np.random.Generator, n_items: int) -> np.ndarray:
    truth = rng.choice(3, (n_items, 1), p=[0.6, 0.3, 0.1])
    votes = np.where(rng.random((n_items, 3)) < 0.8, truth, rng.choice(3, (n_items, 3), p=[0.6, 0.3, 0.1]))
    votes[rng.random(votes.shape) < 0.1] = N
    return votes


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alpha", "fleiss", "conger"])
def test_the_analytic_interval_covers_the_truth(name):
    """All three estimate .8^2: a vote is copied from the truth or drawn from the same shares."""
    rng = np.random.default_rng(5)
    found = [MANY[name](drawn(rng, 100), interval="analytic") for _ in range(2000)]
    covered = np.mean([one.low <= 0.64 <= one.high for one in found])
    error = np.sqrt(0.95 * 0.05 / 2000)
    assert 0.93 - 4 * error < covered < 0.96 + 4 * error
    halved = np.mean([abs(one.value - 0.64) <= one.half_width / 2 for one in found])
    assert halved < 0.93 - 4 * error
    spread = np.std([one.value for one in found])
    assert np.mean([one.standard_error for one in found]) == pytest.approx(spread, rel=0.06)
