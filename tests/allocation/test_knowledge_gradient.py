"""Spending a budget by the optimistic gain: the table of the sheet, a slow reference, parity, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.allocation import KnowledgeGradient, allocate, optimistic_gain, replay
from psephos.errors import InputError
from tests.allocation.populations import POOLED, mixed, pools_of

BUDGETS = (4, 6, 8, 10, 12, 16)
UNIFORM = (0.848, 0.877, 0.895, 0.906, 0.914, 0.929)
GRADIENT = (0.896, 0.928, 0.946, 0.963, 0.978, 0.992)


def mean_consistency(method, seeds):
    found = []
    for seed in seeds:
        pools = pools_of(mixed(POOLED, 200), 64, np.random.default_rng([seed, 2]))
        curve = replay(pools, BUDGETS, [method], n_options=4, rng=seed).table()
        found.append(curve["consistency"].to_numpy())
    return np.mean(found, axis=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "expected"),
    [
        pytest.param("uniform", UNIFORM, id="sheet09-uniform"),
        pytest.param("knowledge-gradient", GRADIENT, id="sheet09-okg"),
    ],
)
def test_the_table_of_the_sheet(method, expected):
    np.testing.assert_allclose(mean_consistency(method, range(25)), expected, atol=0.013)


def test_sheet09_six_samples_do_what_sixteen_even_ones_do():
    """Three seeds; standard error of a mean at most .012, and both methods meet the same pools."""
    gradient, even = (mean_consistency(method, range(3)) for method in ("knowledge-gradient", "uniform"))
    assert gradient[1] == pytest.approx(even[-1], abs=0.03)
    np.testing.assert_allclose(gradient, GRADIENT, atol=0.036)
    np.testing.assert_allclose(even, UNIFORM, atol=0.036)
    assert (gradient > even).all()
    assert (gradient - even).mean() > 0.03


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(2, 5), st.integers(3, 40))
def test_the_next_question_is_the_one_with_the_largest_gain(seed, n_questions, options, steps):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([0.8] * options, n_questions)
    names = [f"q{q}" for q in range(n_questions)]
    session = KnowledgeGradient(names, 1000, n_options=options)
    alpha = np.ones((n_questions, options))
    for step in range(n_questions + steps):
        (name,) = session.next()
        q = names.index(name)
        if step >= n_questions:
            gains = optimistic_gain(alpha)
            assert gains[q] == pytest.approx(gains.max(), abs=1e-11)
            assert q == np.flatnonzero(gains > gains.max() - 1e-12)[0] or gains[q] > gains.max() - 1e-12
        answer = int(rng.choice(options, p=shares[q]))
        alpha[q, answer] += 1
        session.observe(name, str(answer))


def test_answers_without_a_bucket_are_paid_and_not_counted():
    session = KnowledgeGradient(["q"], 9, n_options=2)
    for answer in "abcab":
        session.observe("q", answer)
    found = session.result()
    row = found.table().row(0, named=True)
    assert (row["samples"], row["drawn"], row["votes"]) == (4, 5, 2)
    assert found.spent == 5
    assert any("without room" in note for note in found.provenance.notes)


def test_free_answers_have_32_buckets():
    session = KnowledgeGradient(["q"], 99)
    for k in range(40):
        session.observe("q", f"answer {k}")
    assert session.result().table()["samples"].to_list() == [32]


def test_samples_under_way_are_taken_to_agree_with_the_leader():
    session = KnowledgeGradient(["tie", "fresh"], 99, n_options=4, per_question=9)
    for answer in "aabb":
        session.observe("tie", answer)
    session.observe("fresh", "a")
    waiting = KnowledgeGradient(["tie", "fresh"], 99, n_options=4)
    for answer in "aabb":
        waiting.observe("tie", answer)
    for answer in "aaa":
        waiting.observe("fresh", answer)
    batch = session.next(3)
    assert batch[0] == "fresh"
    assert batch.count("fresh") <= 3
    assert "tie" in session.next(6) or "tie" in batch
    assert waiting.next() == ["tie"]


def test_a_prior_of_nearly_unanimous_questions_stops_sooner_on_them():
    def first_to_the_tie(prior):
        session = KnowledgeGradient(["sure", "tie"], 99, n_options=4, prior=prior)
        session.observe("sure", "a")
        for answer in "abab":
            session.observe("tie", answer)
        return session.next()[0]

    assert first_to_the_tie(1.0) == "sure"
    assert first_to_the_tie(0.05) == "tie"


def test_by_random_gammas_as_the_authors_do(draw_from):
    """The same seed gives the same choices, and the seed is recorded."""
    pools = pools_of(mixed(POOLED, 10), 20, np.random.default_rng(0))

    def run(**options):
        return allocate(KnowledgeGradient(list(pools), 30, n_options=4, **options), draw_from(pools))

    drawn = run(method="mc", rng=5)
    assert drawn.table().equals(run(method="mc", rng=5).table())
    assert drawn.provenance.seed == 5
    assert run().provenance.seed is None


def test_random_gammas_choose_nearly_the_largest_gain():
    """Of 4000 draws the error of a gain is about .011, so the choice is at most some .05 short of the best."""
    rng = np.random.default_rng(0)
    session = KnowledgeGradient([f"q{q}" for q in range(6)], 99, n_options=4, method="mc", nsamples=4000, rng=1)
    alpha = np.ones((6, 4))
    for step in range(30):
        (name,) = session.next()
        if step >= 6:
            gains = optimistic_gain(alpha)
            assert gains[int(name[1])] > gains.max() - 0.05
        answer = int(rng.choice(4, p=(0.45, 0.3, 0.15, 0.1)))
        alpha[int(name[1]), answer] += 1
        session.observe(name, str(answer))


@pytest.mark.parametrize(
    ("terms", "argument"),
    [
        ({"n_options": 1}, "n_options"),
        ({"prior": 0}, "prior"),
        ({"method": "exactly"}, "method"),
        ({"nsamples": 0}, "nsamples"),
        ({"method": "mc", "rng": -1}, "rng"),
        ({"init": 9}, "budget"),
    ],
    ids=str,
)
def test_bad_terms_are_named(terms, argument):
    with pytest.raises(InputError) as caught:
        KnowledgeGradient(["a", "b"], 4, **terms)
    assert caught.value.argument == argument
