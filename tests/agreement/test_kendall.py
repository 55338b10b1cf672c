"""Kendall's W: published tables, the formula with ties, and its tests."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
import slowly
from hypothesis import given
from hypothesis import strategies as st

from psephos.agreement import agree, kendall_w
from psephos.agreement.concordance import ranked_pairs
from psephos.errors import InputError
from psephos.opinions import from_matrix, labels, rankings, scores

# Siegel (1956), Nonparametric Statistics, pages 229 and following: three executives rank six applicants, W = .16; and
# Kendall's example with ties, W = .828.
APPLICANTS = [[1, 1, 6], [6, 5, 3], [3, 6, 2], [2, 4, 5], [5, 2, 4], [4, 3, 1]]
TIED = [
    [1, 2.5, 2],
    [4.5, 1, 1],
    [2, 2.5, 4.5],
    [4.5, 4.5, 4.5],
    [3, 4.5, 4.5],
    [7.5, 8, 4.5],
    [6, 9, 8],
    [9, 6.5, 8],
    [7.5, 10, 8],
    [10, 6.5, 10],
]


@pytest.mark.parametrize(("table", "printed", "digits"), [(APPLICANTS, 0.16, 2), (TIED, 0.828, 3)])
def test_published_values(table, printed, digits):
    found = kendall_w(table, repeats=0)
    assert round(found.value, digits) == printed
    n, m = np.array(table).shape
    assert found.chi_square == pytest.approx(m * (n - 1) * found.value)
    assert (found.degrees, found.voters, found.items) == (n - 1, m, n)


ranked = st.integers(2, 4).flatmap(
    lambda m: st.lists(st.lists(st.integers(1, 4), min_size=m, max_size=m), min_size=2, max_size=9)
)


@given(ranked)
def test_the_formula_with_ties(table):
    if all(len(set(column)) == 1 for column in zip(*table, strict=True)):
        found = kendall_w(table, repeats=5)
        assert math.isnan(found.value)
        assert found.note == "nobody ranks one item above another"
    else:
        assert kendall_w(table, repeats=0, permutations=0).value == pytest.approx(slowly.kendall(table), abs=1e-9)


@given(ranked)
def test_only_the_order_counts(table):
    values = np.exp(np.array(table) / 2) * 10
    one, other = (kendall_w(votes, repeats=0, permutations=0).value for votes in (table, values))
    assert one == pytest.approx(other, nan_ok=True)


def test_one_order_is_one_and_its_reverse_beside_it_is_zero():
    order = np.arange(8.0)
    assert kendall_w(np.stack([order, order, order], axis=1)).value == pytest.approx(1)
    assert kendall_w(np.stack([order, order[::-1]], axis=1)).value == pytest.approx(0)


def test_chi_square_is_friedmans_test():
    from scipy.stats import friedmanchisquare

    table = np.random.default_rng(0).normal(size=(5, 12)).round(1)  # items by voters
    statistic, p = friedmanchisquare(*table)
    found = kendall_w(table, repeats=0)
    assert found.chi_square == pytest.approx(statistic)
    assert found.p == pytest.approx(p)


def test_the_permutation_test_by_enumeration():
    # Two voters, three items: of the 36 pairs of orders 6 agree fully, so p = 1 / 6.
    found = kendall_w([[1, 1], [2, 2], [3, 3]], permutations=999)
    assert found.p_permutation == pytest.approx(1 / 6)
    assert str(found).endswith("p = 0.17")


def test_p_values_are_level_where_orders_are_chance():
    rng = np.random.default_rng(1)
    p = [kendall_w(rng.normal(size=(6, 4)), repeats=0, permutations=199, rng=rng).p_permutation for _ in range(200)]
    assert abs(np.mean(np.array(p) <= 0.2) - 0.2) < 4 * np.sqrt(0.2 * 0.8 / 200)


def test_items_that_not_all_ranked_are_left_out_and_counted():
    table = np.array([*TIED, [np.nan, 3, 3], [1, 2, np.nan]])
    found = kendall_w(table, repeats=0)
    assert found.value == kendall_w(TIED, repeats=0).value
    assert found.note == "left out: 2 items that not all voters ranked"


@pytest.mark.parametrize("table", [[[1, 2]], [[1, np.nan], [np.nan, 2]], [[np.nan, np.nan]]])
def test_too_little_is_undefined(table):
    found = kendall_w(np.array(table, dtype=float))
    assert math.isnan(found.value)
    assert "fewer than 2 items" in found.note


def test_rankings_of_several_tasks_are_put_together():
    rows = [
        (voter, candidate, rank, task)
        for task, table in {"t": APPLICANTS, "u": TIED}.items()
        for candidate, ranks in enumerate(table)
        for voter, rank in enumerate(ranks)
    ]
    voter, candidate, rank, task = zip(*rows, strict=True)
    both = rankings(voter, candidate, rank, task=task)
    found = kendall_w(both, repeats=50)
    one, other = kendall_w(APPLICANTS, repeats=0), kendall_w(TIED, repeats=0)
    assert found.chi_square == pytest.approx(one.chi_square + other.chi_square)
    assert found.degrees == one.degrees + other.degrees
    assert one.value < found.value < other.value
    assert found.items == 16
    answer = agree(both, repeats=0)
    assert answer.coefficients[0].value == found.value
    assert answer.pairs.height == 3
    assert set(answer.pairs["items"]) == {16}


def test_rankings_say_who_ranks_alike():
    orders = {"x": [1, 2, 3, 4], "y": [2, 1, 3, 4], "z": [4, 3, 2, 1]}
    rows = [(voter, name, rank) for voter, ranks in orders.items() for name, rank in zip("abcd", ranks, strict=True)]
    found = agree(rankings(*zip(*rows, strict=True)), repeats=0)
    # x and y swap one pair of six; y and z agree on that pair only.
    assert found.pairs.select("left", "right", "items", "agreement").rows() == [
        ("x", "y", 4, pytest.approx(5 / 6)),
        ("x", "z", 4, pytest.approx(0)),
        ("y", "z", 4, pytest.approx(1 / 6)),
    ]
    assert found.voters["voter"][0] == "z"
    without = dict(found.voters.select("voter", "without").iter_rows())
    assert without["z"] == pytest.approx(slowly.kendall([[1, 2], [2, 1], [3, 3], [4, 4]]))


def test_labels_in_an_order_can_be_ranked():
    opinions = from_matrix([["low", "low"], ["mid", "high"], ["high", "high"]])
    found = kendall_w(opinions, order=["low", "mid", "high"], repeats=0)
    assert found.value == pytest.approx(slowly.kendall([[0, 0], [1, 2], [2, 2]]))


@pytest.mark.parametrize(
    ("votes", "options", "argument"),
    [
        ([[1], [2]], {}, "votes"),
        (APPLICANTS, {"repeats": -1}, "repeats"),
        (APPLICANTS, {"permutations": -1}, "permutations"),
        (APPLICANTS, {"level": 1}, "level"),
        (rankings(["x", "y"], ["a", "a"], [1, 1]), {"order": ["a"]}, "order"),
        (labels(["i"], ["x"], ["a"]), {}, "votes"),
        (scores(["i", "i"], ["x", "y"], [1, 2], round=["1", "2"]), {}, "votes"),
    ],
)
def test_what_cannot_be_measured_is_named(votes, options, argument):
    with pytest.raises(InputError) as caught:
        kendall_w(votes, **options)
    assert caught.value.argument == argument


def test_rankings_of_many_tasks_need_no_table_of_all_candidates_in_each():
    rows = [(v, f"{t} {c}", (c * 7 + v) % 200 + 1, t) for t in range(100) for c in range(200) for v in range(2)]
    voter, candidate, rank, task = zip(*rows, strict=True)
    opinions = rankings(voter, candidate, rank, task=task)
    ranked_pairs(rankings(["x", "y"] * 2, ["a", "a", "b", "b"], [1, 2, 2, 1]), 0.95)  # what is imported late
    tracemalloc.start()
    try:
        pairs, _ = ranked_pairs(opinions, 0.95)
        # Half of voters times tasks times candidates, 8 bytes each.
        assert tracemalloc.get_traced_memory()[1] < 2 * 100 * 20_000 * 8 / 2
    finally:
        tracemalloc.stop()
    assert pairs["items"].to_list() == [20_000]
