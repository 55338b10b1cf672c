"""Williams' test against its published example, its definition and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.statistics import correlation_difference


def test_the_example_of_steiger():
    """r .4 and .5, .1 between, n = 103: the case that packages print as t = -.89, p = .37."""
    found = correlation_difference(0.4, 0.5, 0.1, 103)
    assert found.value == pytest.approx(-0.1)
    assert found.statistic == pytest.approx(-0.89, abs=0.005)
    assert found.p == pytest.approx(0.37, abs=0.005)


@given(st.integers(0, 2**32 - 1), st.integers(6, 40))
def test_it_is_the_formula_of_the_determinant_and_changes_sign_with_the_order(seed, n):
    columns = np.random.default_rng(seed).normal(size=(3, n)) + np.random.default_rng(seed + 1).normal(size=n)
    table = np.corrcoef(columns)
    first, second, between = table[0, 2], table[1, 2], table[0, 1]
    found = correlation_difference(first, second, between, n)
    determinant = np.linalg.det(table)
    mean = (first + second) / 2
    below = 2 * determinant * (n - 1) / (n - 3) + mean**2 * (1 - between) ** 3
    assert found.statistic == pytest.approx((first - second) * math.sqrt((n - 1) * (1 + between) / below), rel=1e-6)
    other = correlation_difference(second, first, between, n)
    assert (other.statistic, other.p) == pytest.approx((-found.statistic, found.p), rel=1e-9)


def test_it_rejects_as_often_as_it_says():
    """Two estimates equally good: 5 % of 2,000 tests, standard error .5 %."""
    rng = np.random.default_rng(3)
    rejected = 0
    for _ in range(2000):
        target = rng.normal(size=30)
        first, second = target + rng.normal(size=(2, 30)) + 0.7 * rng.normal(size=30)
        table = np.corrcoef([first, second, target])
        rejected += correlation_difference(table[0, 2], table[1, 2], table[0, 1], 30).p < 0.05
    assert 0.035 < rejected / 2000 < 0.065


@pytest.mark.parametrize(
    ("first", "second", "between", "n", "p"), [(0.5, 0.5, 1.0, 20, 1.0), (0.5, 0.2, 0.1, 3, math.nan)]
)
def test_what_cannot_be_told_is_nan(first, second, between, n, p):
    found = correlation_difference(first, second, between, n)
    assert math.isnan(found.statistic)
    assert found.p == pytest.approx(p, nan_ok=True)


@pytest.mark.parametrize(
    ("values", "argument"),
    [
        ((1.5, 0, 0, 9), "first"),
        ((0, -2, 0, 9), "second"),
        ((0, 0, 3, 9), "between"),
        ((0.9, -0.9, 0.9, 9), "between"),
        ((0, 0, 0, 0), "n"),
    ],
)
def test_impossible_correlations_are_refused(values, argument):
    with pytest.raises(InputError) as caught:
        correlation_difference(*values)
    assert caught.value.argument == argument
