from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from psephos.agreement.bands import band_limits, band_of, majority_strength
from psephos.errors import InputError


@pytest.mark.parametrize(
    ("voters", "bands"),
    [
        pytest.param(8, "hhhhmmmnn", id="sheet01-N8"),
        pytest.param(7, "hhhmmmmn", id="sheet01-N7"),
        pytest.param(5, "hhmmmn", id="sheet01-N5"),
        pytest.param(3, "hhmn", id="sheet01-N3"),
    ],
)
def test_the_bands_of_the_sheet(voters: int, bands: str) -> None:
    band = band_of(np.arange(voters + 1), np.full(voters + 1, voters))
    assert "".join("hmn"[place] for place in band) == bands


def test_a_bound_that_is_a_whole_number_is_met_in_spite_of_rounding() -> None:
    assert band_limits(10, high=0.3, near=0.7) == (3, 7)
    assert band_limits(3, high=1 / 3, near=2 / 3) == (1, 2)


def test_high_at_or_above_near_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        band_limits(8, high=0.9, near=0.8)
    assert caught.value.argument == "near"


def test_entropy_of_the_columns_of_the_sheet() -> None:
    strength = majority_strength([[1, 2, 3, 3, 3, 2, 3, 3], [1, 1, 1, 1, 1, 1, 1, 2], [4, 4, 4, 4, 4, 4, 4, 4]])
    assert strength.entropy.round(4).tolist() == [1.2988, 0.5436, 0.0]


codes = arrays(np.int32, st.tuples(st.integers(1, 12), st.integers(1, 7)), elements=st.integers(-1, 4))


@given(codes)
def test_strength_equals_counting_by_hand(matrix: np.ndarray) -> None:
    found = majority_strength(matrix)
    for row, leader, votes, voters, tied in zip(
        matrix.tolist(), found.leader, found.votes, found.voters, found.tied, strict=True
    ):
        cast = [code for code in row if code >= 0]
        most = max((cast.count(code) for code in cast), default=0)
        first = next((code for code in cast if cast.count(code) == most), -1)
        assert (leader, votes, voters) == (first, most, len(cast))
        assert tied == (len({code for code in cast if cast.count(code) == most}) > 1)


@given(codes)
def test_names_of_the_codes_do_not_matter(matrix: np.ndarray) -> None:
    other = np.append(np.array([3, 0, 4, 1, 2]), -1)[matrix]
    one, two = majority_strength(matrix), majority_strength(other)
    assert np.array_equal(one.votes, two.votes)
    assert np.allclose(one.entropy, two.entropy)
    assert np.array_equal(np.append(np.array([3, 0, 4, 1, 2]), -1)[one.leader], two.leader)


def test_words_go_before_null_among_equals_only_if_asked() -> None:
    matrix = [[0, 0, 7, 7, 9]]
    assert majority_strength(matrix, null=0).leader.tolist() == [0]
    assert majority_strength(matrix, null=0, ties="word").leader.tolist() == [7]
    assert majority_strength(matrix, null=0, order=[2, 3, 0, 1, 4]).leader.tolist() == [7]
