"""Which answer is the mode: vectors, exact and slow references, limits and bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from psephos.allocation import (
    fit_prior,
    gains_by_outcome,
    margin,
    mode_probabilities,
    optimistic_gain,
    oracle_allocation,
    sampled_mode_probabilities,
)
from psephos.allocation.mode_probability import LeaderGains
from psephos.errors import InputError

VECTORS = {
    (1, 1): (0.5, 0.25),
    (2, 1): (0.75, 0.125),
    (2, 2): (0.5, 0.1875),
    (3, 1): (0.875, 0.0625),
    (3, 3): (0.5, 0.15625),
    (1, 1, 1, 1): (0.25, 0.27083333),
    (2, 1, 1, 1): (0.52083333, 0.19965278),
    (5, 1, 1, 1): (0.91761912, 0.03937697),
    (3, 3, 1, 1): (0.45136478, 0.16702501),
    (3, 2, 1, 1): (0.59534144, 0.15430491),
    (2, 2, 2, 2): (0.25, 0.19339554),
    (9, 6, 1, 1): (0.78681889, 0.06155935),
}


@pytest.mark.parametrize(
    ("alpha", "expected"), VECTORS.items(), ids=[f"sheet09-{'-'.join(map(str, a))}" for a in VECTORS]
)
def test_the_vectors_of_the_sheet(alpha, expected):
    h, gain = expected
    assert mode_probabilities(alpha).max() == pytest.approx(h, abs=6e-9)
    assert optimistic_gain(alpha) == pytest.approx(gain, abs=6e-9)


@pytest.mark.parametrize(
    ("alpha", "deltas"),
    [
        pytest.param((1, 1), (0.25, 0.25), id="sheet09-delta-1-1"),
        pytest.param((2, 1), (0.125, -0.25), id="sheet09-delta-2-1"),
        pytest.param((2, 2), (0.1875, 0.1875), id="sheet09-delta-2-2"),
        pytest.param((2, 1, 1, 1), (0.19965278, -0.13310185, -0.13310185, -0.13310185), id="sheet09-delta-2-1-1-1"),
    ],
)
def test_gain_of_each_outcome(alpha, deltas):
    np.testing.assert_allclose(gains_by_outcome(alpha), deltas, atol=6e-9)


def test_sheet09_a_fresh_question_beats_a_tie():
    assert optimistic_gain([2, 1, 1, 1]) > optimistic_gain([3, 3, 1, 1])


def test_sheet09_all_mode_probabilities_of_2_1_1_1():
    np.testing.assert_allclose(mode_probabilities([2, 1, 1, 1]), [0.52083333] + [0.15972222] * 3, atol=6e-9)


alphas = st.lists(st.floats(0.05, 40), min_size=2, max_size=6)


@given(alphas)
def test_probabilities_sum_to_one_and_rise_with_alpha(alpha):
    found = mode_probabilities(alpha)
    assert found.sum() == pytest.approx(1, abs=1e-10)
    order = np.argsort(alpha)
    assert (np.diff(found[order]) >= -1e-12).all()


@given(st.floats(0.05, 60), st.floats(0.05, 60))
def test_two_answers_are_an_incomplete_beta(a, b):
    assert mode_probabilities([a, b])[0] == pytest.approx(special.betainc(b, a, 0.5), abs=1e-11)


@pytest.mark.parametrize("alpha", [(3, 2, 1, 1), (0.3, 0.3, 2.3), (12, 9, 9, 1, 1, 1), (1.5, 0.2, 0.2)])
def test_against_adaptive_quadrature(alpha):
    for m, own in enumerate(alpha):
        others = [a for k, a in enumerate(alpha) if k != m]

        def integrand(x, own=own, others=others):
            return stats.gamma.pdf(x, own) * np.prod([special.gammainc(a, x) for a in others])

        top = 60 + 2 * max(alpha)
        expected = sum(
            integrate.quad(integrand, *ends, epsabs=1e-11, limit=200)[0] for ends in ((0, 1), (1, 20), (20, top))
        )
        assert mode_probabilities(alpha)[m] == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("alpha", [[1] * 32, [0.03] * 8, [1000, 990, 1], [0.001, 0.002], [30] + [1] * 31])
def test_extreme_parameters_still_sum_to_one(alpha):
    assert mode_probabilities(alpha).sum() == pytest.approx(1, abs=1e-9)


def test_many_rows_are_as_one_by_one():
    rows = np.random.default_rng(0).integers(1, 12, (40, 5))
    np.testing.assert_allclose(mode_probabilities(rows), [mode_probabilities(row) for row in rows], atol=1e-14)
    np.testing.assert_allclose(optimistic_gain(rows), [optimistic_gain(row) for row in rows], atol=1e-14)


@given(st.lists(st.integers(0, 25), min_size=1, max_size=5), st.integers(2, 12), st.sampled_from([0.1, 0.5, 1.0, 2.5]))
def test_the_best_outcome_is_one_more_of_the_leader(counts, options, prior):
    """The short cut of the planner is the maximum over all outcomes."""
    seen = sorted((c for c in counts if c), reverse=True)[:options]
    alpha = np.array(seen + [0] * (options - len(seen))) + prior
    gains = LeaderGains(options, prior)
    assert gains(tuple(seen)) == pytest.approx(float(optimistic_gain(alpha)), abs=1e-11)
    assert gains.certainty(tuple(seen)) == pytest.approx(mode_probabilities(alpha).max(), abs=1e-11)


def test_random_gammas_come_near():
    alpha = np.array([[3, 2, 1, 1], [5, 1, 1, 1]])
    drawn = sampled_mode_probabilities(alpha, nsamples=40_000, rng=0)
    error = np.sqrt(mode_probabilities(alpha) * (1 - mode_probabilities(alpha)) / 40_000)
    assert (np.abs(drawn - mode_probabilities(alpha)) < 4 * error).all()
    assert drawn.sum(axis=1) == pytest.approx([1, 1])


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        pytest.param((0.5, 0.3, 0.2), 0.0254033, id="sheet10-margin-.5-.3"),
        pytest.param((0.85, 0.06, 0.05, 0.04), 0.4583364, id="sheet10-margin-.85-.06"),
        ((1.0,), 1.0),
        ((0.5, 0.5), 0.0),
    ],
)
def test_margins(shares, expected):
    assert margin(shares) == pytest.approx(expected, abs=1e-7)


def test_the_error_of_two_answers_falls_as_the_margin_says():
    """The exact exponent of two answers is -log(1 - m); counted from 200 to 400 samples, without the prefactor."""
    p = 0.7
    exponent = -np.log(1 - margin([p, 1 - p]))
    wrong = [stats.binom.cdf(n // 2 - 1, n, p) + stats.binom.pmf(n // 2, n, p) / 2 for n in (200, 400)]
    prefactor = np.log(2) / 2  # the error is about exp(-n e) / sqrt(n)
    assert np.log(wrong[0] / wrong[1]) == pytest.approx(200 * exponent + prefactor, rel=0.01)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0, 500), st.integers(0, 7), st.integers(0, 7))
@example([0.689453125], 0.0, 0, 0)
def test_no_exchange_improves_the_oracle(margins, budget, one, other):
    m = np.array(margins)
    n = oracle_allocation(m, budget)
    assert (n >= 0).all()
    if (m > 1e-9).any() and n.any():
        assert n.sum() == pytest.approx(budget, rel=1e-9, abs=1e-9)
    value = np.exp(-n * m).sum()
    one, other = one % len(m), other % len(m)
    moved = min(0.5, n[one])
    n[one] -= moved
    n[other] += moved
    assert np.exp(-n * m).sum() >= value - 1e-7


def test_the_prior_of_simulated_questions_is_found():
    rng = np.random.default_rng(0)
    for alpha in (0.2, 0.6, 3.0):
        shares = rng.dirichlet([alpha] * 5, 1500)
        counts = [rng.multinomial(16, p) for p in shares]
        pools = {f"q{q}": np.repeat(list("abcde"), row).tolist() for q, row in enumerate(counts)}
        assert fit_prior(pools, 5) == pytest.approx(alpha, rel=0.12)


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: mode_probabilities([1]), "n_options"),
        (lambda: mode_probabilities([1, 0]), "alpha"),
        (lambda: mode_probabilities([1, float("nan")]), "alpha"),
        (lambda: optimistic_gain([[1], [2]]), "n_options"),
        (lambda: sampled_mode_probabilities([1, 1], nsamples=0), "nsamples"),
        (lambda: margin([-1, 2]), "shares"),
        (lambda: margin([0, 0]), "shares"),
        (lambda: oracle_allocation([-0.1], 5), "margins"),
        (lambda: oracle_allocation([0.1], -5), "budget"),
        (lambda: fit_prior({"q": ["a", "b", "c"]}, 2), "n_options"),
        (lambda: fit_prior({"q": ["a"]}, 2), "pools"),
        (lambda: fit_prior({"q": ["a", "a"]}, 1), "n_options"),
    ],
)
def test_bad_input_is_named(call, argument):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument
