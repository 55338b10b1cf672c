import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from psephos.errors import InputError
from psephos.statistics import Interval, beta_interval, normal_interval, wilson_interval

LEVELS = st.floats(0.5, 0.999)


@st.composite
def proportions(draw):
    trials = draw(st.integers(1, 10_000))
    return draw(st.integers(0, trials)), trials


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high", "decimals"),
    [
        pytest.param(4, 13, 0.126807, 0.576307, 6, id="sheet36-4-of-13"),
        pytest.param(6, 9, 0.3542, 0.8794, 4, id="sheet24-6-of-9"),
        pytest.param(81, 263, 0.2553, 0.3662, 4, id="newcombe1998-81-of-263"),
        pytest.param(15, 148, 0.0624, 0.1605, 4, id="newcombe1998-15-of-148"),
        pytest.param(0, 20, 0.0, 0.1611, 4, id="newcombe1998-0-of-20"),
        pytest.param(1, 29, 0.0061, 0.1718, 4, id="newcombe1998-1-of-29"),
    ],
)
def test_wilson_published(successes, trials, low, high, decimals):
    found = wilson_interval(successes, trials)
    assert [round(float(end), decimals) for end in found] == [low, high]


@given(proportions(), LEVELS)
def test_wilson_equals_scipy(proportion, level):
    peer = stats.binomtest(*proportion).proportion_ci(level, method="wilson")
    assert wilson_interval(*proportion, level) == pytest.approx((peer.low, peer.high), abs=1e-9)


@given(proportions(), LEVELS)
@pytest.mark.parametrize("interval", [wilson_interval, beta_interval])
def test_proportion_interval_holds_the_value_and_has_width(interval, proportion, level):
    successes, trials = proportion
    low, high = interval(successes, trials, level)
    assert 0 <= low <= successes / trials <= high <= 1
    assert low < high


@given(proportions(), LEVELS)
@pytest.mark.parametrize("interval", [wilson_interval, beta_interval])
def test_proportion_interval_is_symmetric(interval, proportion, level):
    successes, trials = proportion
    low, high = interval(successes, trials, level)
    assert interval(trials - successes, trials, level) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(proportions(), st.integers(2, 50))
@pytest.mark.parametrize("interval", [wilson_interval, beta_interval])
def test_proportion_interval_narrows_with_trials(interval, proportion, times):
    successes, trials = proportion
    (low, high), (low_more, high_more) = interval(successes, trials), interval(times * successes, times * trials)
    assert high_more - low_more < high - low


@pytest.mark.parametrize("interval", [wilson_interval, beta_interval])
def test_no_trials_tell_nothing(interval):
    assert interval(0, 0) == (0, 1)


@pytest.mark.parametrize("interval", [wilson_interval, beta_interval])
def test_proportion_interval_takes_arrays_and_half_wins(interval):
    low, high = interval([[0], [2.5], [5]], [5, 10])
    assert low.shape == high.shape == (3, 2)
    assert (low[1, 0], high[1, 0]) == interval(2.5, 5)
    assert interval(2, 5)[0] < low[1, 0] < interval(3, 5)[0]


@pytest.mark.parametrize(
    ("interval", "error"),
    [pytest.param(wilson_interval, 0.01, id="wilson"), pytest.param(beta_interval, 0.01, id="jeffreys")],
)
def test_mean_coverage_of_proportion_intervals(interval, error):
    """Exact coverage by summing the binomial; the interval p -+ z sqrt(p q / n) misses by .09 here."""
    trials, chances = 20, np.linspace(0.01, 0.99, 197)
    outcomes = np.arange(trials + 1)
    low, high = interval(outcomes, trials)
    covered = (low <= chances[:, None]) & (chances[:, None] <= high)
    coverage = (stats.binom.pmf(outcomes, trials, chances[:, None]) * covered).sum(axis=1)
    assert abs(coverage.mean() - 0.95) < error


@pytest.mark.parametrize(
    ("successes", "low", "high"),
    [(0, 0.0, 0.292), (1, 0.016, 0.501), (2, 0.065, 0.648)],
    ids="brown2001-table5-x{}".format,
)
def test_jeffreys_published(successes, low, high):
    assert [round(float(end), 3) for end in beta_interval(successes, 7)] == [low, high]


@given(st.integers(1, 40), st.integers(1, 40), LEVELS, st.tuples(st.floats(0.1, 20), st.floats(0.1, 20)))
def test_beta_is_the_equal_tailed_posterior(successes, failures, level, prior):
    posterior = stats.beta(successes + prior[0], failures + prior[1])
    expected = posterior.ppf([(1 - level) / 2, (1 + level) / 2])
    assert beta_interval(successes, successes + failures, level, prior) == pytest.approx(expected, abs=1e-9)


def test_wilson_of_less_than_one_trial():
    """A quarter in half a trial: sqrt(s (n - s) / n) is .125 under the root."""
    z = stats.norm.ppf(0.975)
    reach = z * math.sqrt(0.125 + z**2 / 4) / (0.5 + z**2)
    assert wilson_interval(0.25, 0.5) == pytest.approx((0.5 - reach, 0.5 + reach))


def test_beta_ends_where_nothing_or_everything_succeeded():
    (low_none, high_none), (low_all, high_all) = beta_interval(0, 4), beta_interval(4, 4)
    assert (low_none, high_all) == (0, 1)
    assert high_none == pytest.approx(stats.beta.ppf(0.975, 0.5, 4.5))
    assert low_all == pytest.approx(stats.beta.ppf(0.025, 4.5, 0.5))


def test_normal_interval_broadcasts_and_keeps_gaps():
    low, high = normal_interval([1.0, math.nan], [[0.0], [2.0]], level=0.6826894921370859)
    assert low == pytest.approx(np.array([[1, math.nan], [-1, math.nan]]), nan_ok=True)
    assert high == pytest.approx(np.array([[1, math.nan], [3, math.nan]]), nan_ok=True)


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(0.93, 0.91, 0.95, 0.95), ".930 [.910, .950]"),
        (Interval(-0.2504, -0.61, 0.11, 0.95), "-.25 [-.61, .11]"),
        (Interval(1123.4, 1100.2, 1146.9, 0.95), "1123 [1100, 1147]"),
        (Interval(-0.0, -0.1, 0.1, 0.95), ".00 [-.10, .10]"),
        (Interval(0.5, 0.5, 0.5, 0.95), ".500 [.500, .500]"),
        (Interval(0.3, 0.3, 0.3 + 1e-16, 0.95), ".300 [.300, .300]"),
        (Interval(1.0, 0.96, 1.0, 0.95), "1.000 [.960, 1.000]"),
        (Interval(10.0, 9.0, 11.0, 0.95), "10.0 [9.0, 11.0]"),
        (Interval(0.155, math.nan, math.nan, 0.95), ".155"),
        (Interval(0.155, 0.1, math.nan, 0.95), ".155"),
        (Interval(0.3, 0.1, math.inf, 0.95), ".300 [.100, inf]"),
        (Interval(math.nan, math.nan, math.nan, 0.95), "undefined"),
        (Interval(math.nan, 0.1, 0.2, 0.95), "undefined"),
    ],
)
def test_interval_prints_the_digits_that_are_known(interval, text):
    assert str(interval) == text


def test_half_width():
    assert Interval(0.93, 0.91, 0.95, 0.95).half_width == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: wilson_interval(5, 4), "successes"),
        (lambda: wilson_interval([1, -1], 4), "successes"),
        (lambda: wilson_interval(math.nan, 4), "successes"),
        (lambda: wilson_interval(1, math.inf), "trials"),
        (lambda: wilson_interval([1, 2], [3, 4, 5]), "trials"),
        (lambda: wilson_interval("many", 4), "successes"),
        (lambda: wilson_interval(1, 4, level=95), "level"),
        (lambda: wilson_interval(1, 4, level=1), "level"),
        (lambda: beta_interval(5, 4), "successes"),
        (lambda: beta_interval(1, 4, prior=(0, 1)), "prior"),
        (lambda: beta_interval(1, 4, level=0), "level"),
        (lambda: normal_interval(math.inf, 1), "value"),
        (lambda: normal_interval(0, -1), "standard_error"),
        (lambda: normal_interval([1, 2, 3], [1, 1]), "standard_error"),
        (lambda: normal_interval(0, 1, level=math.nan), "level"),
    ],
)
def test_bad_input_is_named(call, argument):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument


def test_students_t_is_wider_and_becomes_normal():
    # The .975 quantile of t with 4 degrees of freedom is 2.776445 (any table).
    low, high = normal_interval(10.0, 2.0, degrees=4)
    assert (high - 10) / 2 == pytest.approx(2.776445, abs=1e-6)
    assert low == pytest.approx(20 - high)
    assert normal_interval(10.0, 2.0, degrees=1e9) == pytest.approx(normal_interval(10.0, 2.0), rel=1e-6)
    with pytest.raises(InputError) as caught:
        normal_interval(10.0, 2.0, degrees=0)
    assert caught.value.argument == "degrees"
