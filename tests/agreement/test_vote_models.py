"""Votes on items of known quality: distributions, moments, simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from psephos.agreement import (
    VoteScale,
    mean_vote_distribution,
    simulate_mean_votes,
    simulate_votes,
    vote_distribution,
)
from psephos.errors import InputError, ScaleError


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(lambda: vote_distribution(3.8), [0.0081, 0.0756, 0.2646, 0.4116, 0.2401], id="sheet35-votes-3.8"),
        pytest.param(lambda: vote_distribution(3.8, votes=3)[[9]], [0.239700426], id="sheet35-three-votes-mean-4"),
        pytest.param(
            lambda: mean_vote_distribution(2, mean=1 + 4 * 0.4, variance=16 * 0.04),  # Beta(2, 3)
            [0.090909, 0.145455, 0.169697, 0.169697, 0.151515, 0.121212, 0.084848, 0.048485, 0.018182],
            id="sheet35-beta-quality",
        ),
        pytest.param(lambda: mean_vote_distribution(3), [1 / 13] * 13, id="sheet35-uniform-quality"),
    ],
)
def test_the_distributions_of_the_sheet(found, expected):
    np.testing.assert_allclose(found(), expected, atol=5e-7)


@given(st.floats(0, 1), st.integers(2, 9), st.integers(1, 5))
def test_a_vote_has_the_mean_and_the_variance_of_the_model(place, levels, votes):
    scale = VoteScale(-2.0, 6.0, levels)
    quality = -2 + 8 * place
    shares = vote_distribution(quality, scale=scale, votes=votes)
    values = np.linspace(-2, 6, votes * (levels - 1) + 1)
    mean = shares @ values
    assert shares.sum() == pytest.approx(1)
    assert mean == pytest.approx(quality, abs=1e-9)
    assert shares @ (values - mean) ** 2 == pytest.approx(scale.room(quality) / (levels - 1) / votes, abs=1e-9)


def test_the_closed_form_is_the_integral_over_qualities():
    a, b, votes = 1.7, 0.6, 3
    spread = a * b / ((a + b) ** 2 * (a + b + 1))
    found = mean_vote_distribution(votes, mean=1 + 4 * a / (a + b), variance=16 * spread)
    for k in (0, 5, 12):
        slow, _ = integrate.quad(lambda p, k=k: stats.binom.pmf(k, 12, p) * stats.beta.pdf(p, a, b), 0, 1, limit=200)
        assert found[k] == pytest.approx(slow, abs=1e-6)


@pytest.mark.parametrize("dispersion", [0.6, 0.8, 1.0, 1.5, 3.0, 4.0])
def test_simulated_votes_have_the_mean_and_the_dispersion_asked_for(dispersion):
    quality = np.array([1.0, 1.8, 2.5, 3.0, 4.0, 5.0])
    votes = simulate_votes(quality, 100_000, dispersion=dispersion, rng=3)
    assert set(np.unique(votes)) <= {1.0, 2.0, 3.0, 4.0, 5.0}
    np.testing.assert_allclose(votes.mean(axis=1), quality, atol=0.03)  # four standard errors and more
    wanted = dispersion * (quality - 1) * (5 - quality) / 4
    np.testing.assert_allclose(votes.var(axis=1), wanted, atol=0.03)


def test_no_votes_on_a_grid_are_steadier_than_rounding():
    votes = simulate_votes([1.2], 100_000, dispersion=0.1, rng=0)
    assert votes.var() == pytest.approx(0.2 * 0.8, abs=0.005)


def test_the_mean_of_many_votes_is_drawn_at_once():
    quality = np.full(200_000, 2.2)
    one, other = simulate_mean_votes(quality, 6, rng=1), simulate_votes(quality, 6, rng=2).mean(axis=1)
    assert one.mean() == pytest.approx(2.2, abs=0.005)
    assert one.var() == pytest.approx(other.var(), rel=0.02)
    np.testing.assert_allclose(one * 6, np.round(one * 6), atol=1e-9)


@pytest.mark.parametrize("draw", [simulate_votes, simulate_mean_votes])
def test_the_seed_is_honoured(draw):
    quality = np.linspace(1, 5, 20)
    assert (draw(quality, 4, rng=7) == draw(quality, 4, rng=7)).all()
    assert (draw(quality, 4, rng=7) != draw(quality, 4, rng=8)).any()


@pytest.mark.parametrize(
    ("call", "argument", "kind"),
    [
        (lambda: simulate_votes([0.5], 3), "quality", ScaleError),
        (lambda: simulate_votes([3], 0), "votes", InputError),
        (lambda: simulate_votes([3], 3, dispersion=5), "dispersion", InputError),
        (lambda: simulate_votes([3], 3, scale=(1, 5, 4.5)), "scale", InputError),
        (lambda: simulate_votes([3], 3, scale=(5, 1, 5)), "scale", InputError),
        (lambda: simulate_votes([3], 3, scale=(1, 5, 1)), "scale", InputError),
        (lambda: simulate_votes([3], 3, scale=(1, 5)), "scale", InputError),
        (lambda: vote_distribution(7), "quality", InputError),
        (lambda: mean_vote_distribution(2, mean=3), "variance", InputError),
        (lambda: mean_vote_distribution(2, variance=1), "mean", InputError),
        (lambda: mean_vote_distribution(2, mean=3, variance=4), "variance", InputError),
    ],
)
def test_what_cannot_be_drawn_is_refused(call, argument, kind):
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.argument == argument
