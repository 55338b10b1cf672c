"""Percent agreement and agreement of pairs: against counting every pair of votes one by one."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import sqrt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.agreement import pairwise_agreement, percent_agreement
from psephos.errors import InputError
from psephos.opinions import from_matrix, labels, scores

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
        both = [line for line in lines if line[left] >= 0 and line[right] >= 0]
        if both:
            same = sum(line[left] == line[right] for line in both)
            low, high = wilson(same, len(both))
            found.append((str(left), str(right), len(both), same / len(both), pytest.approx(low), pytest.approx(high)))
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
        (scores(["i", "i"], ["x", "y"], [1, 2]), {}, "votes"),
        ([[0, 1]], {"level": 1.0}, "level"),
    ],
    ids=["too many voters", "scores", "level"],
)
def test_what_cannot_be_compared_is_named(votes, options, argument):
    with pytest.raises(InputError) as caught:
        pairwise_agreement(votes, **options)
    assert caught.value.argument == argument
