from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from psephos.agreement.bands import TIES
from psephos.agreement.jackknife import jackknife
from psephos.errors import InputError


def by_hand(matrix: np.ndarray, null: int | None, ties: str) -> tuple[np.ndarray, np.ndarray]:
    agrees, compared = np.zeros((2, *matrix.shape), dtype=bool)
    for place, row in enumerate(matrix.tolist()):
        for voter, mine in enumerate(row):
            others = [code for other, code in enumerate(row) if other != voter and code >= 0]
            if mine < 0 or not others:
                continue
            most = max(others.count(code) for code in others)
            leaders = [code for code in others if others.count(code) == most]
            if ties == "word" and any(code != null for code in leaders):
                leaders = [code for code in leaders if code != null]
            if null is not None and mine == leaders[0] == null:
                continue
            compared[place, voter] = True
            agrees[place, voter] = mine == leaders[0]
    return agrees, compared


@given(
    arrays(np.int32, st.tuples(st.integers(1, 10), st.integers(2, 7)), elements=st.integers(-1, 3)),
    st.sampled_from([None, 0]),
    st.sampled_from(TIES),
)
def test_it_equals_electing_without_each_voter(matrix: np.ndarray, null: int | None, ties: str) -> None:
    found = jackknife(matrix, null=null, ties=ties)
    agrees, compared = by_hand(matrix, null, ties)
    assert np.array_equal(found.agrees, agrees)
    assert np.array_equal(found.compared, compared)


def test_an_order_of_voters_is_that_of_the_columns() -> None:
    matrix = np.random.default_rng(0).integers(0, 3, (50, 5))
    order = np.array([3, 0, 4, 1, 2])
    found = jackknife(matrix, null=0, order=order)
    agrees, _ = by_hand(matrix[:, order], 0, "earliest")
    assert np.array_equal(found.agrees[:, order], agrees)


def test_one_voter_cannot_be_compared() -> None:
    with pytest.raises(InputError, match="at least 2 voters"):
        jackknife([[1], [2]])
