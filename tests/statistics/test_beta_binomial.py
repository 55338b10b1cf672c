"""Shares behind counts, against SciPy, simulation and limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from psephos.errors import InputError
from psephos.statistics import BetaBinomial, fit_beta_binomial

counts = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=3, max_size=12).map(
    lambda pairs: [(min(pair), max(pair)) for pair in pairs]
)


def log_likelihood(successes, trials, mean, correlation) -> float:
    """By the urn: each ball drawn adds one of its colour."""
    total = 1 / correlation - 1
    a, b = mean * total, (1 - mean) * total
    logs = 0.0
    for s, t in zip(successes.tolist(), trials.tolist(), strict=True):
        logs += sum(math.log(a + k) for k in range(s)) + sum(math.log(b + k) for k in range(t - s))
        logs -= sum(math.log(total + k) for k in range(t))
    return logs


@pytest.mark.parametrize(("mean", "correlation", "trials"), [(0.3, 0.4, 6), (0.9, 0.05, 3), (0.5, 0.9, 11)])
def test_counts_and_shares_are_those_of_scipy(mean, correlation, trials):
    shares = BetaBinomial(mean, correlation)
    np.testing.assert_allclose(
        shares.counts(trials), stats.betabinom.pmf(np.arange(trials + 1), trials, shares.a, shares.b), atol=1e-12
    )
    places = np.linspace(0, 1, 7)
    np.testing.assert_allclose(shares.at_least(places), stats.beta.sf(places, shares.a, shares.b), atol=1e-12)


def test_the_fit_finds_what_was_drawn():
    rng = np.random.default_rng(5)
    p = rng.beta(0.9, 2.1, 40_000)  # mean .3, correlation .25
    trials = rng.integers(1, 12, len(p))
    fit = fit_beta_binomial(rng.binomial(trials, p), trials)
    assert fit.mean == pytest.approx(0.3, abs=0.005)  # three standard errors
    assert fit.correlation == pytest.approx(0.25, abs=0.01)
    assert (fit.units, fit.note) == (40_000, "")


@given(counts)
def test_no_point_of_a_grid_is_more_likely(pairs):
    successes, trials = (np.array(column) for column in zip(*pairs, strict=True))
    if not trials.any():
        with pytest.raises(InputError, match="no unit has a trial"):
            fit_beta_binomial(successes, trials)
        return
    fit = fit_beta_binomial(successes, trials)
    if fit.note.startswith(("one trial", "all trials")):
        return
    asked = trials > 0
    s, t = successes[asked], trials[asked]
    best = max(log_likelihood(s, t, m, r) for m in np.linspace(0.1, 0.9, 7) for r in (0.001, 0.1, 0.3, 0.6, 0.99))
    assert log_likelihood(s, t, fit.mean, fit.correlation) >= best - 1e-6
    assert fit.log_likelihood == pytest.approx(log_likelihood(s, t, fit.mean, fit.correlation), abs=1e-6)


def test_the_order_of_units_does_not_matter():
    rng = np.random.default_rng(0)
    trials = rng.integers(1, 9, 50)
    successes = rng.binomial(trials, rng.random(50))
    order = rng.permutation(50)
    assert fit_beta_binomial(successes, trials) == fit_beta_binomial(successes[order], trials[order])


@pytest.mark.parametrize(
    ("successes", "trials", "mean", "note"),
    [
        ([3, 2], [3, 2], 1.0, "all trials end alike"),
        ([0, 0], [3, 2], 0.0, "all trials end alike"),
        ([1, 0, 1, 1], [1, 1, 1, 1], 0.75, "one trial a unit"),
        ([5, 5, 5, 5], [10, 10, 10, 10], 0.5, "no more than chance"),
        ([10, 0, 10, 0], [10, 10, 10, 10], 0.5, "always or never"),
    ],
)
def test_at_the_edges_it_says_so(successes, trials, mean, note):
    fit = fit_beta_binomial(successes, trials)
    assert fit.mean == pytest.approx(mean, abs=1e-4)
    assert note in fit.note


@pytest.mark.parametrize(
    ("successes", "trials", "argument"),
    [
        ([3], [2], "successes"),
        ([-1], [2], "successes"),
        ([1, 1], [2], "trials"),
        ([0], [0], "trials"),
        ([], [], "trials"),
    ],
)
def test_impossible_counts_are_refused(successes, trials, argument):
    with pytest.raises(InputError) as caught:
        fit_beta_binomial(successes, trials)
    assert caught.value.argument == argument
