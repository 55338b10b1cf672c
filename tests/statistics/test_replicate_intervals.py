import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from psephos.errors import InputError
from psephos.statistics import bca_interval, percentile_interval

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)
# 26 neurologically impaired children, Efron and Tibshirani (1993), table 14.1, test A
SPATIAL = np.array(
    [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41]
)


def without_each(values, statistic):
    return np.array([statistic(np.delete(values, i)) for i in range(len(values))])


@given(VALUES, st.floats(0.01, 0.99))
def test_percentile_is_the_linear_quantile(replicates, level):
    expected = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2])
    assert percentile_interval(replicates, level) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(VALUES, st.integers(1, 20))
def test_undefined_replicates_take_no_part(replicates, gaps):
    with_gaps = np.append(replicates, np.full(gaps, np.nan))
    assert percentile_interval(with_gaps) == percentile_interval(replicates)
    value, jackknife = replicates[0], [0.0, 1.0, 5.0]
    assert bca_interval(value, with_gaps, jackknife) == bca_interval(value, replicates, jackknife)
    assert bca_interval(value, replicates, [math.nan, *jackknife]) == bca_interval(value, replicates, jackknife)


def test_columns_are_independent():
    rng = np.random.default_rng(1)
    replicates, jackknife = rng.normal(size=(200, 3)), rng.exponential(size=(12, 3))
    replicates[::7, 1] = np.nan
    replicates[:, 2] = np.nan
    low, high = bca_interval([0.1, -0.2, 0.0], replicates, jackknife)
    for column, value in enumerate([0.1, -0.2]):
        assert (low[column], high[column]) == bca_interval(value, replicates[:, column], jackknife[:, column])
    assert np.isnan([low[2], high[2]]).all()
    assert np.isnan([end[2] for end in percentile_interval(replicates)]).all()


def test_no_variation_gives_equal_ends():
    assert percentile_interval([0.3] * 10) == (0.3, 0.3)
    assert bca_interval(0.3, [0.3] * 10, [0.3] * 4) == (0.3, 0.3)


@pytest.mark.parametrize("statistic", [np.mean, np.var, stats.skew], ids=["mean", "variance", "skewness"])
def test_bca_equals_scipy(statistic):
    data = np.random.default_rng(2).exponential(size=40)
    peer = stats.bootstrap((data,), statistic, n_resamples=999, rng=3)
    low, high = bca_interval(statistic(data), peer.bootstrap_distribution, without_each(data, statistic))
    assert (low, high) == pytest.approx(tuple(peer.confidence_interval), rel=1e-9)


def test_bca_in_two_strata_equals_scipy_on_two_samples():
    rng = np.random.default_rng(4)
    a, b = rng.exponential(size=15), rng.exponential(size=40)

    def ratio(first, second, axis=-1):
        return first.mean(axis=axis) / second.mean(axis=axis)

    peer = stats.bootstrap((a, b), ratio, n_resamples=999, rng=5)
    jackknife = np.append(without_each(a, lambda x: ratio(x, b)), without_each(b, lambda x: ratio(a, x)))
    strata = np.repeat([7, 3], [15, 40])
    low, high = bca_interval(ratio(a, b), peer.bootstrap_distribution, jackknife, strata=strata)
    assert (low, high) == pytest.approx(tuple(peer.confidence_interval), rel=1e-9)
    assert (low, high) != pytest.approx(bca_interval(ratio(a, b), peer.bootstrap_distribution, jackknife), rel=1e-3)


def test_acceleration_published():
    """On replicates whose quantile function is the identity the ends give back the acceleration: .061."""
    grid, z = np.linspace(0, 1, 20_001), special.ndtri(0.95)
    _, high = bca_interval(0.5, grid, without_each(SPATIAL, np.var), level=0.9)
    assert round((1 - z / special.ndtri(high)) / z, 3) == 0.061


@given(st.lists(st.tuples(st.floats(-10, 10), st.integers(1, 4)), min_size=2, max_size=8))
def test_copies_stand_for_equal_jackknife_values(cells):
    values, copies = (np.array(part) for part in zip(*cells, strict=True))
    replicates = np.linspace(-1, 2, 101)
    merged = bca_interval(0.4, replicates, values, copies=copies)
    assert merged == pytest.approx(bca_interval(0.4, replicates, np.repeat(values, copies)), abs=1e-9)


@given(st.floats(0.1, 10), st.floats(-5, 5))
def test_bca_follows_affine_maps(scale, shift):
    rng = np.random.default_rng(6)
    replicates, jackknife = rng.gumbel(size=99), rng.gumbel(size=9)
    low, high = bca_interval(0.6, replicates, jackknife)
    up = bca_interval(0.6 * scale + shift, replicates * scale + shift, jackknife * scale + shift)
    down = bca_interval(shift - 0.6 * scale, shift - replicates * scale, shift - jackknife * scale)
    assert up == pytest.approx((low * scale + shift, high * scale + shift), abs=1e-9)
    assert down == pytest.approx((shift - high * scale, shift - low * scale), abs=1e-9)


@pytest.mark.parametrize(("value", "low_end"), [(-5.0, 0.0), (5.0, 1.0)])
def test_value_beyond_all_replicates(value, low_end):
    low, high = bca_interval(value, np.linspace(0, 1, 1001), [1.0, 2.0, 3.0])
    assert abs(low - low_end) < 0.05 or abs(high - low_end) < 0.05
    assert 0 <= low <= high <= 1


def test_acceleration_beyond_the_turning_point_reaches_the_end():
    """One unit carries the statistic (a near 1/6), and b + z is above 6, where 1 - a (b + z) is negative."""
    replicates, jackknife = np.arange(2000.0), np.append(np.zeros(10_000), -1.0)
    _, high = bca_interval(1e9, replicates, jackknife, level=0.9999)
    assert high == 1999
    low, _ = bca_interval(-1e9, replicates, -jackknife, level=0.9999)
    assert low == 0


def test_undefined_value_has_no_interval():
    assert np.isnan(bca_interval(math.nan, [1.0, 2.0], [1.0, 2.0])).all()


def test_ties_by_rounding_count_as_ties():
    noisy = np.array([0.1 + 0.2] * 40 + [0.2] * 30 + [0.4] * 30)
    assert bca_interval(0.3, noisy, [1.0, 2.0, 3.0]) == pytest.approx(
        bca_interval(3, np.round(noisy * 10), [1.0, 2.0, 3.0]) / np.array(10), abs=1e-9
    )


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: percentile_interval([]), "replicates"),
        (lambda: percentile_interval([1.0, math.inf]), "replicates"),
        (lambda: percentile_interval(1.0), "replicates"),
        (lambda: percentile_interval([1.0], level=2), "level"),
        (lambda: bca_interval([1.0, 2.0], [1.0, 2.0], [1.0]), "value"),
        (lambda: bca_interval(1.0, [1.0, 2.0], [[1.0]]), "jackknife"),
        (lambda: bca_interval(1.0, [1.0, 2.0], []), "jackknife"),
        (lambda: bca_interval(1.0, [1.0, 2.0], [1.0, 2.0], copies=[1]), "copies"),
        (lambda: bca_interval(1.0, [1.0, 2.0], [1.0, 2.0], copies=[1, 0]), "copies"),
        (lambda: bca_interval(1.0, [1.0, 2.0], [1.0, 2.0], strata=[1, 0, 1]), "strata"),
        (lambda: bca_interval(1.0, [1.0, 2.0], [1.0, 2.0], level=0), "level"),
    ],
)
def test_bad_input_is_named(call, argument):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument
