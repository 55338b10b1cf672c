"""k-means: the best of all partitions on small inputs, planted groups, rows alike, bad input."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.statistics import k_means


def least_inertia(rows, k):
    """By listing every partition into at most k groups."""
    best = np.inf
    for labels in itertools.product(range(k), repeat=len(rows)):
        parts = [rows[np.array(labels) == g] for g in set(labels)]
        best = min(best, sum(((part - part.mean(axis=0)) ** 2).sum() for part in parts))
    return best


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=2, max_size=7), st.integers(1, 3))
def test_no_partition_is_much_better(points, k):
    rows = np.array(points, dtype=float)
    found = k_means(rows, k, restarts=30, rng=0)
    assert least_inertia(rows, k) - 1e-9 <= found.inertia <= least_inertia(rows, k) * 1.3 + 1e-9
    nearest = ((rows[:, None] - found.centres) ** 2).sum(axis=2)
    own = nearest[np.arange(len(rows)), found.labels]
    assert (own <= nearest.min(axis=1) + 1e-9).all()


@given(st.integers(0, 1000), st.integers(2, 5))
def test_planted_groups_are_found_in_any_order(seed, k):
    rng = np.random.default_rng(seed)
    planted = rng.permutation(np.repeat(np.arange(k), 20))
    rows = 30.0 * np.column_stack([planted, planted**2]) + rng.normal(size=(20 * k, 2))
    found = k_means(rows, k, rng=rng)
    assert len(set(zip(planted.tolist(), found.labels.tolist(), strict=True))) == k
    parts = [rows[planted == group] for group in range(k)]
    assert found.inertia == pytest.approx(sum(((part - part.mean(axis=0)) ** 2).sum() for part in parts))


def test_fewer_different_rows_than_groups():
    found = k_means([[1.0], [2.0], [1.0]], 5)
    assert found.labels.tolist() == [0, 1, 0]
    assert found.centres.tolist() == [[1.0], [2.0]]
    assert found.inertia == 0


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: k_means([], 2), "rows"),
        (lambda: k_means(np.zeros((0, 2)), 2), "rows"),
        (lambda: k_means([[np.nan]], 2), "rows"),
        (lambda: k_means([[1.0]], 0), "k"),
        (lambda: k_means([[1.0]], 1, restarts=0), "restarts"),
    ],
    ids=["flat", "none", "nan", "k", "restarts"],
)
def test_bad_input_is_named(call, argument):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument
