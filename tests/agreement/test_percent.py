"""Percent agreement and agreement of pairs: against counting every pair of votes one by one."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import sqrt

import numpy as np
import polars as pl
import pytest
import slowly
from hypothesis import given
from hypothesis import strategies as st

from psephos.agreement import cohen_kappa, pairwise_agreement, percent_agreement
from psephos.errors import InputError
from psephos.opinions import from_matrix, labels, rankings

matrices = st.integers(2, 5).flatmap(
    lambda n_voters: st.lists(
        st.lists(st.integers(-1, 3), min_size=n_voters, max_size=n_voters), min_size=1, max_size=12
    )
)
comparable = matrices.filter(lambda lines: any(sum(vote >= 0 for vote in line) >= 2 for line in lines))


def observed_agreement(lines) -> Fraction:
    """The mean over items of the share of agreeing pairs of votes (Fleiss 1971), pair by pair."""
    shares = []
    for line in lines:
        votes = [vote for vote in line if vote >= 0]
        pairs = list(combinations(votes, 2))
        if pairs:
            shares.append(Fraction(sum(one == other for one, other in pairs), len(pairs)))
    return sum(shares, Fraction(0)) / len(shares)


def wilson(same: int, n: int) -> tuple[float, float]:
    z = 1.959963984540054
    middle, spread = same + z * z / 2, z * sqrt(same * (n - same) / n + z * z / 4)
    return (0.0 if same == 0 else (middle - spread) / (n + z * z)), (
        1.0 if same == n else (middle + spread) / (n + z * z)
    )


def pairs_slowly(lines) -> list[tuple]:
    found = []
    for left, right in combinations(range(len(lines[0])), 2):
        both = [(line[left], line[right]) for line in lines if line[left] >= 0 and line[right] >= 0]
        if both:
            n, same = len(both), sum(one == other for one, other in both)
            chance = sum(one == other for one, _ in both for _, other in both) / n**2
            kappa = None if chance == 1 else pytest.approx((same / n - chance) / (1 - chance), abs=1e-12)
            low, high = wilson(same, n)
            ends = pytest.approx(low), pytest.approx(high)
            found.append((str(left), str(right), n, same / n, *ends, kappa))
    return found


def percent(votes) -> float:
    return percent_agreement(votes, repeats=0).value


def test_the_table_of_fleiss():
    # Ten subjects and five categories by fourteen psychiatrists: the worked example of Fleiss' kappa, P = 0.378.
    counts = """0 0 0 0 14 | 0 2 6 4 2 | 0 0 3 5 6 | 0 3 9 2 0 | 2 2 8 1 1
                7 7 0 0 0 | 3 2 6 3 0 | 2 5 3 2 2 | 6 5 2 1 0 | 0 2 2 3 7""".replace("\n", "|")
    rows = [[int(n) for n in line.split()] for line in counts.split("|")]
    matrix = [np.repeat(np.arange(5), line) for line in rows]
    assert {len(line) for line in matrix} == {14}
    assert round(percent(np.array(matrix)), 3) == 0.378


@given(comparable)
def test_every_pair_of_votes_is_counted(lines):
    assert percent(lines) == pytest.approx(float(observed_agreement(lines)), abs=1e-12)


@pytest.mark.parametrize(
    ("lines", "value"), [([[0, 0], [1, 1]], 1.0), ([[0, 1]], 0.0), ([[0, 0, 1], [1, -1, -1]], 1 / 3)]
)
def test_by_hand(lines, value):
    assert percent(lines) == pytest.approx(value)


def test_with_two_voters_it_is_the_agreement_of_the_pair():
    lines = [[0, 0], [1, 0], [2, 2], [1, -1]]
    assert percent(lines) == pytest.approx(pairwise_agreement(lines)["agreement"][0])


@given(matrices)
def test_every_pair_of_voters_is_compared(lines):
    assert pairwise_agreement(lines).rows() == pairs_slowly(lines)


@pytest.mark.parametrize("metric", ["linear", "interval", "ratio"])
@given(matrices)
def test_pairs_under_another_metric(metric, lines):
    distance = slowly.delta(metric, [])
    levels = {vote for line in lines for vote in line if vote >= 0}
    largest = max((distance(a, b) for a in levels for b in levels), default=0.0) or 1.0
    expected = []
    for left, right in combinations(range(len(lines[0])), 2):
        both = [(line[left], line[right]) for line in lines if line[left] >= 0 and line[right] >= 0]
        if both:
            apart = sum(distance(a, b) for a, b in both) / len(both)
            chance = sum(distance(a, b) for a, _ in both for _, b in both) / len(both) ** 2
            kappa = None if chance == 0 else pytest.approx(1 - apart / chance, abs=1e-9)
            agreement = pytest.approx(1 - apart / largest, abs=1e-9)
            expected.append((str(left), str(right), len(both), agreement, kappa))
    found = pairwise_agreement(lines, metric=metric)
    assert found.select("left", "right", "items", "agreement", "kappa").rows() == expected
    known = found.drop_nulls("low")
    assert ((known["low"] <= known["agreement"] + 1e-12) & (known["agreement"] <= known["high"] + 1e-12)).all()


def test_the_kappa_of_a_pair_is_cohens():
    votes = np.random.default_rng(1).integers(-1, 3, (60, 3))
    table = pairwise_agreement(votes)
    assert table.height == 3
    for left, right, kappa in table.select("left", "right", "kappa").iter_rows():
        pair = votes[:, [int(left), int(right)]]
        assert kappa == pytest.approx(cohen_kappa(pair, repeats=0).value)


def test_voters_of_opinions_have_their_names():
    opinions = from_matrix([["a", "a", None], ["b", None, "b"]], voters=["ann", "bob", "cid"])
    table = pairwise_agreement(opinions)
    assert table.select("left", "right", "items", "agreement").rows() == [
        ("ann", "bob", 1, 1.0),
        ("ann", "cid", 1, 1.0),
    ]
    assert table.schema == pairwise_agreement([[0, 1]]).schema
    assert table.schema["items"] == pl.Int64


def test_abstentions_are_no_agreement():
    votes = labels(["i", "i", "j", "j"], ["x", "y"] * 2, ["a", "a", None, None])
    assert pairwise_agreement(votes).select("items", "agreement").rows() == [(1, 1.0)]


def test_nobody_in_common_is_an_empty_table():
    assert pairwise_agreement([[0, -1], [-1, 0]]).is_empty()


def test_the_level_widens_the_interval():
    narrow, wide = (pairwise_agreement([[0, 0], [0, 1], [1, 1]], level=level) for level in (0.5, 0.99))
    assert (wide["low"] < narrow["low"]).all()
    assert (wide["high"] > narrow["high"]).all()


@pytest.mark.parametrize(
    ("votes", "options", "argument"),
    [
        (np.zeros((1, 2001), dtype=np.int32), {}, "votes"),
        (np.zeros((1, 101), dtype=np.int32), {"metric": "linear"}, "votes"),
        (rankings(["x", "y"], ["a", "a"], [1, 2]), {}, "votes"),
        ([[0, 1]], {"level": 1.0}, "level"),
        ([[0, 1]], {"metric": "ordinal"}, "metric"),
    ],
    ids=["too many voters", "too many voters one by one", "rankings", "level", "ordinal"],
)
def test_what_cannot_be_compared_is_named(votes, options, argument):
    with pytest.raises(InputError) as caught:
        pairwise_agreement(votes, **options)
    assert caught.value.argument == argument
