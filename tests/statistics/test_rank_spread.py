"""Places over replicates, against a slow reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from psephos.errors import InputError
from psephos.statistics import rank_spread
from psephos.statistics.rank_spread import competition_ranks, separated

VALUES = st.sampled_from([0.0, 1.0, 2.0, float("nan")])


@given(arrays(np.float64, (6, 4), elements=VALUES))
def test_places_by_counting(scores: np.ndarray) -> None:
    places = competition_ranks(scores)
    for row, place in zip(scores, places, strict=True):
        for value, found in zip(row, place, strict=True):
            assert (np.isnan(value) and np.isnan(found)) or found == 1 + (row > value).sum()
    spread = rank_spread(scores)
    for i in range(4):
        for j in range(4):
            met = ~np.isnan(scores[:, i]) & ~np.isnan(scores[:, j])
            if not met.any():
                assert np.isnan(spread.above[i, j])
                continue
            left, right = scores[met, i], scores[met, j]
            assert spread.above[i, j] == pytest.approx(np.mean((left > right) + (left == right) / 2))
    assert spread.first.sum() == pytest.approx((~np.isnan(scores)).any(axis=1).mean())
    ranked = ~np.isnan(places).all(axis=0)
    assert (spread.rank_low[ranked] >= 1).all()
    assert (spread.rank_low[~ranked] == 0).all()


@given(arrays(np.float64, (8, 5), elements=st.floats(0, 1)))
def test_groups_are_surely_apart(scores: np.ndarray) -> None:
    spread = rank_spread(scores)
    order = np.argsort(-scores.mean(axis=0), kind="stable")
    groups = separated(order, spread.above)
    assert (np.diff(groups[order]) >= 0).all()
    for i in range(5):
        for j in range(5):
            if groups[i] < groups[j]:
                assert spread.above[i, j] >= 0.975


@pytest.mark.parametrize(
    ("scores", "ranks", "argument"), [(np.empty((0, 2)), None, "scores"), ([[1, 2]], [[1, 2, 3]], "ranks")]
)
def test_bad_input(scores: object, ranks: object, argument: str) -> None:
    with pytest.raises(InputError) as problem:
        rank_spread(scores, ranks=ranks)  # type: ignore[arg-type]
    assert problem.value.argument == argument
