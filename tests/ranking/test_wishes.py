"""What users of other libraries ask for (sheet 92), one test for each wish about rankings."""

from __future__ import annotations

import numpy as np
import pytest

from psephos.errors import SeparationError
from psephos.opinions import battles, results
from psephos.ranking import bradley_terry, coded_battles, davidson, newman, rank_by_ability
from psephos.ranking.item_response.marginal import marginal, rows_of
from psephos.ranking.item_response.several_starts import best_of_starts
from psephos.selection import committee


def coins(seed: int, people: int, items: int) -> np.ndarray:
    """Answers that say nothing of anybody: the likelihood of guessing has several tops."""
    return (np.random.default_rng(seed).random((people, items)) < 0.5).astype(np.float64)


def test_sheet92_strengths_stop_where_the_likelihood_is_flat_and_say_so():
    rng = np.random.default_rng(0)
    left = rng.integers(8, size=400)
    right = (left + rng.integers(1, 8, size=400)) % 8
    made = bradley_terry(coded_battles(left, right, rng.integers(3, size=400)), intervals="none")
    assert made.converged
    theta = np.log(10) / 400 * made.ratings
    met, won = made.battle_counts(), made.counts.wins(ties=0.5).sum(axis=1)
    slope = won - (met / (1 + np.exp(theta[None, :] - theta[:, None]))).sum(axis=1)
    assert np.abs(slope).max() < 1e-8


def test_sheet92_equal_battles_are_one_row_to_the_resamples():
    pairs, copies = [(0, 1, 0), (0, 1, 1), (1, 2, 0), (1, 2, 1), (2, 0, 2), (2, 0, 0)], [70, 40, 60, 50, 30, 20]
    once = coded_battles(*np.array(pairs).T, weight=copies)
    each = coded_battles(*np.repeat(pairs, copies, axis=0).T)
    here, there = (bradley_terry(table, repeats=200, rng=4) for table in (once, each))
    for name in ("low", "high", "rank_low", "rank_high"):
        np.testing.assert_allclose(getattr(here.spread, name), getattr(there.spread, name), rtol=1e-12)


@pytest.mark.parametrize("method", ["penalty", "prior"])
def test_sheet92_no_prior_ranks_across_groups_that_never_met(method):
    votes = battles(["a", "b", "a", "x", "y"] * 40, ["b", "a", "b", "y", "x"] * 40, ["left"] * 200)
    made = bradley_terry(votes, penalty=1.0, repeats=0) if method == "penalty" else newman(votes, prior=1.0, repeats=0)
    assert made.names == ["a", "b"]
    assert made.component.tolist() == [0, 0, 1, 1]
    assert "met nobody of the 2 candidates that hang together" in made.reasons["x"]
    assert np.isnan(made.scores[2:]).all()


def test_sheet92_ties_and_short_ballots_have_methods_that_take_them():
    votes = battles(["x", "y", "x", "x"] * 10, ["y", "x", "y", "y"] * 10, ["left", "left", "tie", "both_bad"] * 10)
    made = davidson(votes, repeats=0)
    assert made.tie_parameter is not None
    assert made.tie_parameter > 0
    assert (made.ties.tolist(), made.both_bad.tolist()) == ([10, 10], [10, 10])
    with pytest.raises(SeparationError) as found:
        davidson(battles(["x", "y"], ["y", "x"], ["tie", "tie"]))
    assert "bradley_terry" in (found.value.hint or "")
    # Points of 0, 1, 2: 2 1 0; 1/2 1/2 2; 0 2 1. Whom a ballot leaves out shares the places that are left.
    assert committee([[0, 1, 2], [2], [1, 2]], 1).members == ["1"]


def test_sheet92_sparse_responses_are_taken_long_with_errors_and_a_word_on_how_few():
    right = np.where(np.random.default_rng(1).random((20, 12)) < 0.5, coins(2, 20, 12), np.nan)
    who, what = np.nonzero(~np.isnan(right))
    long = results([f"model {i}" for i in who], [f"item {j}" for j in what], right[who, what])
    made = rank_by_ability(long, model="2pl", errors="scores", draws=50, rng=0)
    assert (made.fits[0].ability_error > 0).all()
    assert (made.fits[0].errors.slope > 0).all()
    assert any("few models (20)" in note for note in made.provenance.notes)


def test_sheet92_guessing_starts_several_times_and_says_whether_that_mattered():
    rows = rows_of(coins(6, 9, 4))[0]
    one, (best, said) = marginal(rows, model="3pl", prior=None), best_of_starts(rows, prior=None, rng=0)
    assert best.path[-1] > one.path[-1] + 0.1
    assert "3 starts: 2 ended lower" in said
    made = rank_by_ability(coins(0, 12, 6), model="3pl", prior=None, errors="none", draws=2, rng=0)
    assert "guessing is not determined by these responses" in str(made)


def test_sheet92_a_fit_that_runs_away_ends_finite_and_says_so():
    """Who is abler solves more, without exception: plain slopes have no end."""
    steps = (np.arange(16)[:, None] > np.arange(0, 15, 2)).astype(np.float64)
    made = rank_by_ability(steps, model="2pl", prior=None, errors="scores", draws=2, rng=0)
    fit = made.fits[0]
    assert np.isfinite(made.scores).all()
    assert np.isfinite(fit.slope).all()
    assert fit.converged or any("not converged" in note for note in made.provenance.notes)
    assert fit.iterations < 5001
