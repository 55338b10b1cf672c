"""pass@k, pass^k and maj@k against counting all ways to draw, and their intervals against what they promise."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from psephos.errors import InputError
from psephos.opinions import labels, samples
from psephos.selection import majority_at_k, pass_all_at_k, pass_at_k, solved, success_curves
from psephos.selection.best_of_majority import best_of_majority
from psephos.selection.best_of_n import best_of_n
from psephos.selection.majority_at_k import MOST_PRODUCTS, _by_binomials, _by_products
from psephos.selection.most_common import most_common

POOLS = st.lists(st.sampled_from([None, "a", "a", "b", "c", "d"]), min_size=1, max_size=8)


def by_counting(answers, k, won):
    """Share of all ways to draw k in which the draw is won, exactly."""
    ways = [won(draw) for draw in itertools.combinations(answers, k)]
    return sum(ways, Fraction(0)) / len(ways)


def most_say_a(draw):
    votes = Counter(answer for answer in draw if answer is not None)
    top = [answer for answer in votes if votes[answer] == max(votes.values())]
    return Fraction("a" in top, max(1, len(top)))


@settings(max_examples=40)
@given(POOLS)
def test_every_measure_is_the_share_of_all_ways_to_draw(answers):
    every = list(range(1, len(answers) + 1))
    measures = (
        (pass_at_k, lambda draw: Fraction("a" in draw)),
        (pass_all_at_k, lambda draw: Fraction(all(answer == "a" for answer in draw))),
        (majority_at_k, most_say_a),
    )
    for measure, won in measures:
        found = measure([answers], every, gold=["a"], repeats=0).table()["value"].to_list()
        expected = [float(by_counting(answers, k, won)) for k in every]
        assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("counts", "k", "expected"),
    [
        pytest.param({"a": 3, "b": 3}, 6, 1 / 2, id="sheet92-a-tie-is-its-expected-value"),
        pytest.param({"a": 1, "b": 1, "c": 1, "d": 1}, 4, 1 / 4, id="sheet92-a-tie-of-four"),
        pytest.param({"a": 2, "b": 1, "c": 1}, 1, 1 / 2, id="sheet92-n-1"),
        pytest.param({"a": 2, "b": 1, "c": 1}, 2, 1 / 6 + (4 / 6 + 0) / 2, id="sheet92-n-2"),
        pytest.param({"a": 700, "b": 600, "c": 699}, 1999, 1.0, id="all-of-many"),
        pytest.param({"b": 5}, 3, 0.0, id="never-right"),
    ],
)
def test_majority_by_hand(counts, k, expected):
    answers = [answer for answer, count in counts.items() for _ in range(count)]
    assert majority_at_k([answers], k, gold=["a"]).table()["value"].to_list() == [pytest.approx(expected, abs=1e-12)]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(any), min_size=1, max_size=5), st.integers(1, 9))
def test_right_and_wrong_alone_are_two_answers(counts, k):
    """The closed form against the votes of two answers; NaN where a question has fewer draws than others."""
    longest = max(map(sum, counts))
    k = min(k, longest)
    graded = [[1.0] * right + [0.0] * wrong + [np.nan] * (longest - right - wrong) for right, wrong in counts]
    named = [["a"] * right + ["b"] * wrong for right, wrong in counts]
    one = majority_at_k(graded, k, repeats=0)
    other = majority_at_k(named, k, gold=["a"] * len(counts), repeats=0)
    assert one.table()["value"].to_list() == pytest.approx(other.table()["value"].to_list(), abs=1e-12)
    assert one.table()["items"].to_list() == other.table()["items"].to_list()
    assert any("one answer" in note for note in one.provenance.notes)


@pytest.mark.parametrize("way", [_by_products, _by_binomials], ids=["products", "binomials"])
@pytest.mark.parametrize(("n", "k"), [(1, 1), (7, 2), (40, 31), (500, 500), (501, MOST_PRODUCTS), (100_000, 499)])
def test_both_ways_to_draw_right_and_wrong_are_hypergeometric(way, n, k):
    right = np.unique(np.linspace(0, n, min(n + 1, 40)).astype(np.int64))
    x = np.arange((k + 1) // 2, k + 1)
    expected = stats.hypergeom.pmf(x, n, right[:, None], k)
    assert way(right, np.full(len(right), n), k) == pytest.approx(expected, abs=1e-12)


def test_more_draws_than_products_can_tell_are_told_by_binomials():
    right, k = [[1] * 700 + [0] * 500], MOST_PRODUCTS + 1
    chance = stats.hypergeom.sf(k // 2, 1200, 700, k)
    assert majority_at_k(right, k, repeats=0).at(k).value == pytest.approx(chance, rel=1e-9)


@pytest.mark.parametrize(
    ("asked", "argument"), [((3,), "draws"), ((1, "maj@k"), "measure")], ids=["unknown-draws", "unknown-measure"]
)
def test_a_point_that_a_curve_lacks_is_named(asked, argument):
    curves = pass_at_k([[1, 0, 1, 0]], [1, 2], repeats=0)
    with pytest.raises(InputError) as raised:
        curves.at(*asked)
    assert raised.value.argument == argument
    assert curves.at(2, "pass@k").value == pytest.approx(5 / 6)


def test_requests_that_failed_are_no_draws():
    """Two right of three samples, and two requests that nothing came to: 2/3, not 2/5; an empty text is a draw."""
    answers = ["a", None, "a", None, None]
    status = ["stop", "failed", "stop", "empty", "not asked"]
    opinions = samples(["q"] * 5, ["llm"] * 5, range(5), answers, status=status)
    whole = samples(["q"] * 3, ["llm"] * 3, range(3), ["a", "a", None])
    for measure in (pass_at_k, pass_all_at_k, majority_at_k):
        assert measure(opinions, [1, 2, 3], gold=["a"]).table().equals(measure(whole, [1, 2, 3], gold=["a"]).table())
        with pytest.raises(InputError, match="no question has 4 samples"):
            measure(opinions, 4, gold=["a"])
    curves = success_curves(opinions, None, ["a"], sizes=[3], rules=["most-common"], rng=0)
    assert curves.table()["value"].to_list() == [1.0]
    found = best_of_majority(opinions, np.ones(5), alpha=0.5)
    assert found.facts["samples"].tolist() == [3]
    assert found.share.tolist() == [pytest.approx(2 / 3)]


def test_right_and_wrong_alone_are_a_lower_bound():
    named = [["a"] * 4 + ["b"] * 3 + ["c"] * 3]
    apart = majority_at_k(named, [3, 5, 10], gold=["a"]).table()["value"]
    graded = majority_at_k([[answer == "a" for answer in named[0]]], [3, 5, 10]).table()["value"]
    assert (graded < apart).all()


def test_majority_of_many_draws_is_what_simulation_says():
    rng = np.random.default_rng(1)
    answers = np.repeat(["a", "b", "c", "d"], [150, 140, 60, 50])
    exact = majority_at_k([answers.tolist()], 100, gold=["a"]).table()["value"][0]
    wins = []
    for _ in range(4000):
        _, votes = np.unique(rng.permutation(answers)[:100], return_counts=True)
        wins.append((votes[0] == votes.max()) / (votes == votes.max()).sum())
    assert exact == pytest.approx(np.mean(wins), abs=4 * np.std(wins) / np.sqrt(4000))
    assert 0.5 < exact < 0.8


def test_the_same_from_a_matrix_from_lists_and_from_samples():
    matrix = [[0, 1, 1, 0], [1, 1, 1, np.nan]]
    lists = [["x", "a", "a", "y"], ["b", "b", "b"]]
    item = ["q"] * 4 + ["r"] * 3
    about = {"items": pl.DataFrame({"item": ["q", "r"], "gold": ["a", "b"]})}
    opinions = samples(item, ["m"] * 7, [0, 1, 2, 3, 0, 1, 2], [*lists[0], *lists[1]], about=about)
    for measure in (pass_at_k, pass_all_at_k):
        tables = [
            measure(matrix, [1, 3]).table(),
            measure(lists, [1, 3], gold=["a", "b"]).table(),
            measure(opinions, [1, 3]).table(),
        ]
        assert all(table.equals(tables[0]) for table in tables)
    assert majority_at_k(opinions, 3).table().equals(majority_at_k(lists, 3, gold=["a", "b"]).table())


def test_questions_with_too_few_samples_are_left_out_and_said():
    found = pass_at_k([[1, 0, 0], [0, 1, np.nan]], [2, 3])
    assert found.table()["items"].to_list() == [2, 1]
    assert found.provenance.notes == ("1 of 2 questions have too few samples for some k and are left out there",)


# How sure.


def test_sheet92_the_interval_is_never_of_zero_width():
    for right in ([[1, 0]], [[1, 0]] * 5, [[1, 1]] * 5, [[0, 0]] * 5):
        row = pass_at_k(right, 1).table().row(0, named=True)
        assert row["high"] - row["low"] > 0.1
        assert row["low"] <= row["value"] <= row["high"]


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Questions of different difficulty: 95 % intervals of 40 questions cover in 95 +- 5 % of 200 repetitions."""
    rng = np.random.default_rng(3)
    truth = np.mean(1 - (1 - np.random.default_rng(0).beta(1, 2, 200_000)) ** 4)
    covered = 0
    for _ in range(200):
        solve = rng.beta(1, 2, (40, 1))
        row = pass_at_k((rng.random((40, 8)) < solve).astype(int), 4, repeats=300, rng=rng).table().row(0, named=True)
        covered += row["low"] <= truth <= row["high"]
    assert 180 <= covered <= 199


def test_sheet92_what_is_due_to_draws_is_told_from_what_is_due_to_questions():
    rng = np.random.default_rng(0)
    alike = pass_at_k((rng.random((400, 8)) < 0.5).astype(int), 1).table()["due_to_draws"][0]
    mixed = pass_at_k((rng.random((400, 8)) < rng.choice([0.05, 0.95], (400, 1))).astype(int), 1).table()
    assert alike > 0.8  # questions are alike: all variance is that of draws
    assert mixed["due_to_draws"][0] < 0.1


def test_the_seed_decides_the_interval():
    right = np.random.default_rng(0).integers(0, 2, (30, 5))
    assert pass_at_k(right, 2, rng=5).table().equals(pass_at_k(right, 2, rng=5).table())
    assert not pass_at_k(right, 2, rng=5).table().equals(pass_at_k(right, 2, rng=6).table())


@pytest.mark.parametrize(
    ("arguments", "options", "argument"),
    [
        (([[0, 1]], 0), {}, "k"),
        (([[0, 1]], 1.5), {}, "k"),
        (([[0, 1]], []), {}, "k"),
        (([[0, 1]], 3), {}, "k"),
        (([[0, 2]], 1), {}, "answers"),
        (([0, 1], 1), {}, "answers"),
        (([[0, 1], [1]], 1), {}, "answers"),
        (([["a", "b"]], 1), {}, "answers"),
        (([["a", "b"]], 1), {"gold": ["a", "b"]}, "gold"),
        ((samples(["q"], ["m"], [0], ["a"]), 1), {}, "gold"),
        ((labels(["q"], ["m"], ["a"]), 1), {}, "answers"),
        (([[0, 1]], 1), {"level": 95}, "level"),
        (([[0, 1]], 1), {"repeats": -1}, "repeats"),
    ],
)
def test_bad_input_is_named(arguments, options, argument):
    with pytest.raises(InputError) as caught:
        pass_at_k(*arguments, **options)
    assert caught.value.argument == argument


def test_what_a_curve_says():
    found = pass_at_k([[0, 1], [1, 1]], [1, 2]).joined(majority_at_k([["a", "b"]], [2], gold=["a"]))
    assert [name for name, _ in found.summary()] == ["pass@1", "pass@2", "maj@2"]
    assert found.at(2, "maj@k").value == 0.5
    json.dumps(found.to_dict(), allow_nan=False)


# Rules against the number of samples.


def test_with_all_samples_a_curve_is_the_rule_itself():
    rng = np.random.default_rng(4)
    answers = rng.integers(0, 4, (25, 12)).tolist()
    rewards = rng.random((25, 12)).tolist()
    gold = ["0"] * 25
    curves = success_curves(answers, rewards, gold, sizes=[12], alpha=0.2, draws=2)
    found = [
        most_common(answers),
        best_of_n(answers, rewards),
        best_of_majority(answers, rewards, alpha=0.2),
    ]
    assert curves.table()["measure"].to_list() == ["most-common", "best-of-n", "best-of-majority"]
    assert curves.table()["value"].to_list() == pytest.approx([solved(one, gold).value for one in found])


def test_majority_curves_are_the_exact_majority():
    """Ties are broken by the earliest draw here and by chance there: of an odd number of two answers there are none."""
    answers = [["a"] * 9 + ["b"] * 6, ["a"] * 5 + ["b"] * 10]
    exact = majority_at_k(answers, 5, gold=["a", "a"]).table()["value"][0]
    drawn = success_curves(answers, None, ["a", "a"], sizes=[5], rules=["most-common"], draws=4000, rng=2)
    assert drawn.table()["value"][0] == pytest.approx(exact, abs=4 * np.sqrt(0.25 / 8000))


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"sizes": [9]}, "sizes"),
        ({"sizes": [0]}, "sizes"),
        ({"rules": ["guess"]}, "rules"),
        ({"rewards": None}, "rewards"),
        ({"rewards": {"a": 1, "b": 2}}, "rewards"),
        ({"gold": None}, "gold"),
        ({"draws": 0}, "draws"),
        ({"alpha": 2}, "alpha"),
    ],
)
def test_bad_curves_are_named(options, argument):
    given_options = {"answers": ["a", "b"], "rewards": [1, 2], "gold": ["a"], "sizes": [1], **options}
    with pytest.raises(InputError) as caught:
        success_curves(**given_options)
    assert caught.value.argument == argument


@pytest.mark.parametrize("kind", ["bool", "uint8", "int8", "int32", "uint64", "int64", "float32"])
def test_any_kind_of_number_gives_the_same(kind):
    """300 draws: sums of small whole numbers must not wrap around."""
    right = np.random.default_rng(0).random((40, 300)) < 0.9
    table = pass_at_k(right.astype(kind), [1, 30], repeats=0).table()
    assert table["value"][0] == pytest.approx(right.mean(), abs=1e-12)
    assert table.equals(pass_at_k(right.astype(float), [1, 30], repeats=0).table())
