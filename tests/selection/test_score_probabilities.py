"""Probabilities from scores: by hand, the least squares, planted curves, nothing judged by itself, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.selection import score_probabilities


def test_by_hand():
    """Blocks: half a right one with 0 and 0, then 1 and 0 (level), then 1, 1 and half a wrong one."""
    found = score_probabilities([1, 2, 3, 4, 5, 6], [0, 0, 1, 0, 1, 1], [1, 2, 2.5, 3, 4, 5, 9])
    np.testing.assert_allclose(found, [0.2, 0.2, 0.35, 0.5, 0.5, 2 / 2.5, 2 / 2.5], atol=0.04)
    assert found[0] == pytest.approx(0.5 / 2.5)
    assert found[3] == found[4] == pytest.approx(0.5)


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=30))
def test_it_never_falls_and_no_other_rising_function_is_nearer(rows):
    scores, right = np.array(rows, dtype=float).T
    at = np.unique(scores)
    found = score_probabilities(scores, right, at)
    assert (np.diff(found) >= -1e-12).all()
    assert ((found > 0) & (found < 1)).all()

    def loss(values):
        pseudo = 0.5 * (values[0] - 1) ** 2 + 0.5 * values[-1] ** 2
        return ((values[np.searchsorted(at, scores)] - right) ** 2).sum() + pseudo

    rng = np.random.default_rng(0)
    for _ in range(30):
        other = np.sort(np.clip(found + rng.normal(0, 0.1, len(at)), 0, 1))
        assert loss(found) <= loss(other) + 1e-9


def test_the_planted_curve_is_found():
    rng = np.random.default_rng(1)
    scores = rng.normal(size=20_000)
    truth = 1 / (1 + np.exp(-2 * scores))
    at = np.linspace(-1.5, 1.5, 7)
    found = score_probabilities(scores, rng.random(20_000) < truth, at)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-2 * at)), atol=0.04)


def test_no_response_is_judged_by_its_own_question():
    """Scores say nothing; within a question all responses are alike. A fit that saw them would seem to know them."""
    rng = np.random.default_rng(2)
    right = np.repeat(rng.random(60) < 0.5, 10).astype(float)
    scores, questions = np.repeat(rng.random(60), 10), np.repeat(np.arange(60), 10)
    brier = {
        name: np.mean((found - right) ** 2)
        for name, found in {
            "apart": score_probabilities(scores, right, questions=questions, rng=3),
            "seen": score_probabilities(scores, right, scores),
        }.items()
    }
    assert brier["seen"] < 0.25 < brier["apart"] + 0.01
    texts = [f"q{number}" for number in questions]
    np.testing.assert_array_equal(
        score_probabilities(scores, right, questions=texts, rng=3),
        score_probabilities(scores, right, questions=questions, rng=3),
    )


def test_more_folds_than_questions_leave_one_out():
    scores, right = [0.1, 0.5, 0.7, 0.9], [0, 1, 0, 1]
    found = score_probabilities(scores, right, folds=99)
    for held in range(4):
        rest = [place for place in range(4) if place != held]
        alone = score_probabilities(np.take(scores, rest), np.take(right, rest), [scores[held]])
        assert found[held] == alone[0]


def test_what_cannot_be_is_the_least_likely():
    found = score_probabilities([-np.inf, -np.inf, 0.2, 0.4], [0, 0, 1, 1], [-np.inf, 0.3])
    assert found[0] == pytest.approx(0.5 / 2.5)
    assert found[1] > 0.7


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: score_probabilities([0.1], [1]), "scores"),
        (lambda: score_probabilities([0.1, np.nan], [1, 0]), "scores"),
        (lambda: score_probabilities([0.1, np.inf], [1, 0]), "scores"),
        (lambda: score_probabilities([0.1, 0.2], [1]), "right"),
        (lambda: score_probabilities([0.1, 0.2], [1, 2]), "right"),
        (lambda: score_probabilities([0.1, 0.2], [1, 0], [np.nan]), "new"),
        (lambda: score_probabilities([0.1, 0.2], [1, 0], folds=1), "folds"),
        (lambda: score_probabilities([0.1, 0.2], [1, 0], questions=["a"]), "questions"),
        (lambda: score_probabilities([0.1, 0.2], [1, 0], questions=["a", "a"]), "questions"),
        (lambda: score_probabilities([0.1, 0.2], [1, 0], questions=["a", None]), "questions"),
    ],
    ids=["one", "nan", "infinity", "length", "right", "new", "folds", "questions", "one-question", "missing"],
)
def test_bad_input_is_named(call, argument):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument
