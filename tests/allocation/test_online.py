"""Questions settled as they arrive: curves, patterns, plans, the server, its budget, bad input."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from psephos.allocation import (
    Online,
    accuracy_curve,
    allocate,
    fit_probit,
    oracle_samples,
    pattern_chances,
    plan_budgets,
    plan_from_pools,
    plan_with_oracle,
)
from psephos.errors import InputError
from tests.allocation.populations import POOLED, mixed, pools_of

CURVES = {
    (0.5, 0.3, 0.1, 0.1): (
        {1: 0.5, 2: 0.5, 3: 0.57, 4: 0.614, 5: 0.6425, 8: 0.71308, 16: 0.81262717},
        (0.30822224, -0.32494645),
    ),
    (0.7, 0.1, 0.1, 0.1): (
        {1: 0.7, 2: 0.7, 3: 0.826, 4: 0.8764, 5: 0.91042, 8: 0.968632, 16: 0.99789526},
        (0.85351441, -0.55213788),
    ),
    (0.4, 0.35, 0.15, 0.1): ({16: 0.57357801}, (0.14874886, -0.39150788)),
}


@pytest.mark.parametrize("shares", CURVES, ids=lambda s: f"sheet09-probit-{s[0]}")
def test_the_curves_of_the_sheet(shares):
    points, probit = CURVES[shares]
    curve = accuracy_curve(shares, 16)
    assert curve[0] == 0.5
    for n, value in points.items():
        assert curve[n] == pytest.approx(value, abs=6e-9)
    np.testing.assert_allclose(fit_probit(curve), probit, atol=6e-9)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 6))
def test_the_curve_is_the_sum_over_all_sequences(weights, n):
    shares = np.array(sorted(weights, reverse=True)) / sum(weights)
    expected = 0.0
    for sequence in itertools.product(range(len(shares)), repeat=n):
        votes = Counter(sequence)
        leaders = [answer for answer, count in votes.items() if count == max(votes.values())]
        expected += math.prod(shares[list(sequence)]) * (0 in leaders) / len(leaders)
    assert accuracy_curve(shares, n)[n] == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6), st.randoms())
def test_curves_do_not_depend_on_the_names_of_answers(counts, random):
    shuffled = counts.copy()
    random.shuffle(shuffled)
    np.testing.assert_allclose(accuracy_curve(counts, 12), accuracy_curve(shuffled, 12), atol=1e-12)
    np.testing.assert_allclose(accuracy_curve([counts, shuffled], 12)[1], accuracy_curve(counts, 12), atol=1e-12)


def test_long_curves_come_to_one():
    curve = accuracy_curve([0.5, 0.2, 0.2, 0.1], 150)
    assert (np.diff(curve[2:]) > 0).all()
    assert 0.9995 < curve[-1] < 1


def test_chances_of_patterns_by_listing_all_quadruples():
    patterns = [(4,), (3, 1), (2, 2), (2, 1, 1), (1, 1, 1, 1)]
    for counts in ([5, 1, 1], [3, 3, 2], [1, 1, 1, 1, 1], [4], [2, 2]):
        pool = np.repeat(np.arange(len(counts)), counts)
        seen = Counter(tuple(sorted(Counter(four).values(), reverse=True)) for four in itertools.combinations(pool, 4))
        expected = [seen[pattern] / sum(seen.values()) for pattern in patterns]
        np.testing.assert_allclose(pattern_chances(counts), expected, atol=1e-12)
        np.testing.assert_allclose(pattern_chances(counts, free=True), [expected[0], 1 - expected[0]], atol=1e-12)


TWO = ([0.6, 0.4], [0.9, 0.25], [0.2, 0.0], 10)
FIVE = ([0.3, 0.25, 0.2, 0.15, 0.1], [1.2, 0.8, 0.5, 0.3, 0.1], [0.3, 0.1, 0, -0.05, -0.1], 12)
PLANS = [
    pytest.param(TWO, "greedy", (5, 17), 9.8, 0.931390, id="sheet09-plan-two"),
    pytest.param(TWO, "exact", (6, 16), 10.0, 0.931680, id="sheet09-plan-two-exact"),
    pytest.param(FIVE, "greedy", (4, 8, 15, 25, 20), 11.95, 0.943961, id="sheet09-plan-five"),
    pytest.param(FIVE, "exact", (4, 8, 15, 26, 19), 12.0, 0.944143, id="sheet09-plan-five-exact"),
]


@pytest.mark.parametrize(("given_plan", "method", "samples", "used", "value"), PLANS)
def test_the_plans_of_the_sheet(given_plan, method, samples, used, value):
    plan = plan_budgets(*given_plan, method=method)
    assert tuple(plan.samples) == samples
    assert plan.used == pytest.approx(used, abs=1e-9)
    assert plan.value == pytest.approx(value, abs=1e-6)


buckets = st.lists(st.tuples(st.integers(1, 9), st.floats(-0.3, 1.5), st.floats(-4, 1)), min_size=1, max_size=3)


@given(buckets, st.floats(2, 12), st.sampled_from(["skip", "stop"]))
def test_plans_keep_the_budget_and_exact_is_the_best_of_all(rows, budget, unaffordable):
    weight, a, b = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    pi = weight / weight.sum()
    greedy = plan_budgets(pi, a, b, budget, most=12, unaffordable=unaffordable)
    best = plan_budgets(pi, a, b, budget, most=12, method="exact")
    if budget < 4:
        assert greedy.over_budget
        assert set(greedy.samples) == set(best.samples) == {4}
        return
    every = np.array(list(itertools.product(range(4, 13), repeat=len(pi))))
    value = special.ndtr(a * np.sqrt(every) + b) @ pi
    value[every @ pi > budget + 1e-9] = -1
    assert best.value == pytest.approx(value.max(), abs=1e-7)
    assert greedy.used <= budget + 1e-8
    assert greedy.value <= best.value + 1e-7
    assert all(n == 4 for n, slope in zip(greedy.samples, a, strict=True) if slope <= 0)


def test_where_the_curve_is_convex_the_envelope_is_followed():
    """b = -4: single raises gain next to nothing at first, and a greedy rule without envelope would never start."""
    plan = plan_budgets([0.5, 0.5], [0.5, 0.01], [-4, 0.2], 30)
    assert plan.samples[0] > 40
    exact = plan_budgets([0.5, 0.5], [0.5, 0.01], [-4, 0.2], 30, method="exact")
    assert plan.value == pytest.approx(exact.value, abs=0.01)


def test_stop_then_fill_up_with_the_rarest():
    stopped = plan_budgets(*TWO, unaffordable="stop")
    assert tuple(stopped.samples) == (5, 17)
    # The first bucket gains most twice; its second raise to 5.4 is not affordable, and the rest goes to the other one.
    fills = plan_budgets([0.7, 0.3], [0.9, 0.05], [0.2, 0], 5.3, unaffordable="stop")
    assert tuple(fills.samples) == (5, 6)


def test_gains_are_told_apart_where_probabilities_round_to_one():
    plan = plan_budgets([0.5, 0.5], [3.0, 2.9], [3.0, 3.0], 40)
    assert plan.value == 1.0
    assert plan.samples[1] > plan.samples[0]
    assert (plan.table()["gain"] > 0).all()


def test_a_plan_explains_itself():
    plan = plan_budgets(*FIVE, names=list("abcde"))
    more = plan_budgets(FIVE[0], FIVE[1], FIVE[2], 13, method="exact").value
    now = plan_budgets(*FIVE, method="exact").value
    assert plan.next_unit == pytest.approx(more - now, abs=0.001)
    assert plan.table()["bucket"].to_list() == list("abcde")
    assert plan.table()["share"].to_numpy() @ plan.table()["consistency"].to_numpy() == pytest.approx(plan.value)
    assert "one more sample a question would add" in str(plan)
    assert plan.to_dict()["most"] == 64
    over = plan_budgets(FIVE[0], FIVE[1], FIVE[2], 3)
    assert over.over_budget
    assert over.provenance.notes


def plan_of(seed, budget, *, questions=200, free=False):
    pools = pools_of(mixed(POOLED, questions), 64, np.random.default_rng([seed, 3]))
    return plan_from_pools(pools, budget, fit_to=16, free=free)


def served(plan, pools, **options):
    """Consistency and samples a question of a server."""
    server = Online(plan, **options)
    right = 0
    for name, pool in pools.items():
        store = iter(pool)
        right += server.answer(name, lambda _, store=store: next(store)) == majority_of(pool)
    return right / len(pools), server.result().table()["drawn"].mean()


def majority_of(pool):
    return Counter(pool).most_common(1)[0][0]


def even(pools, budget):
    """Consistency of even spending, between whole budgets."""

    def at(n):
        return np.mean([majority_of(p[:n]) == majority_of(p) for p in pools.values()])

    low = int(budget)
    return at(low) * (low + 1 - budget) + at(low + 1) * (budget - low)


@pytest.mark.parametrize(
    ("budget", "expected", "lead"),
    [(6, 0.906, 0.023), (8, 0.919, 0.022), (10, 0.932, 0.024), (12, 0.937, 0.017)],
    ids=lambda v: f"sheet09-online-{v}",
)
def test_online_beats_even_spending_at_the_same_average(budget, expected, lead):
    """Twelve seeds; standard errors .005 of the consistency and .005 of the lead, on either side."""
    found = []
    for seed in range(12):
        pools = pools_of(
            np.random.default_rng(seed).permutation(mixed(POOLED, 200)), 64, np.random.default_rng([seed, 4])
        )
        consistency, used = served(plan_of(seed, budget), pools, control="none", stop="plan")
        found.append((consistency, consistency - even(pools, used), used))
    consistency, ahead, used = np.mean(found, axis=0)
    assert consistency == pytest.approx(expected, abs=0.02)
    assert ahead == pytest.approx(lead, abs=0.018)
    assert ahead > 0.008
    assert used == pytest.approx(budget, rel=0.05)


@pytest.mark.parametrize("budget", [6, 8, 10, 12], ids=lambda v: f"sheet09-oracle-{v}")
def test_the_oracle_beats_even_spending(budget):
    """It knows how hard each question is, but not how the draws went; twelve seeds, standard error of the lead .005."""
    found = []
    for seed in range(12):
        rng = np.random.default_rng([seed, 4])
        pools = pools_of(np.random.default_rng(seed).permutation(mixed(POOLED, 200)), 64, rng)
        train = pools_of(mixed(POOLED, 200), 64, np.random.default_rng([seed, 3]))
        plan = plan_with_oracle(train, budget, fit_to=16)
        samples = oracle_samples(plan, pools, fit_to=16)["samples"]
        right = [majority_of(pool[:n]) == majority_of(pool) for pool, n in zip(pools.values(), samples, strict=True)]
        found.append((np.mean(right) - even(pools, samples.mean()), samples.mean()))
    ahead, used = np.mean(found, axis=0)
    assert ahead > 0.005
    assert used == pytest.approx(budget, rel=0.05)


def test_buckets_of_the_oracle_by_hand():
    """Three sorts of questions: k-means finds just these, the easiest first, and questions go to the nearest."""
    sorts = {"sure": [30, 1, 1], "fair": [20, 8, 4], "open": [12, 11, 9]}
    pools = {f"{name}{k}": list("a" * n + "b" * m + "c" * o) for name, (n, m, o) in sorts.items() for k in range(4)}
    plan = plan_with_oracle(pools | {"short": ["a"]}, 12, buckets=3, fit_to=16)
    curves = fit_probit(accuracy_curve(list(sorts.values()), 16))
    np.testing.assert_allclose(np.column_stack([plan.a, plan.b]), curves, atol=1e-12)
    np.testing.assert_allclose(plan.shares, 1 / 3)
    assert (np.diff(special.ndtr(plan.a + plan.b)) < 0).all()
    assert tuple(plan.samples) == tuple(plan_budgets([1 / 3] * 3, *curves.T, 12).samples)
    assert any("1 question with fewer than 4" in note for note in plan.provenance.notes)
    table = oracle_samples(plan, pools | {"short": ["a"]}, fit_to=16)
    assert table["bucket"].to_list() == ["1"] * 4 + ["2"] * 4 + ["3"] * 4 + [None]
    assert table["samples"].to_list() == [*np.repeat(plan.samples, 4), 4]
    assert table["a"][-1] is None
    assert plan_with_oracle(pools, 12, buckets=40, fit_to=16).names == ("1", "2", "3")


def test_the_certain_stop_changes_no_answer():
    pools = pools_of(mixed(POOLED, 80), 64, np.random.default_rng(0))
    plan = plan_of(0, 10)
    whole = Online(plan, control="none", stop="plan")
    early = Online(plan, control="none")
    for name, pool in pools.items():
        stores = iter(pool), iter(pool)
        answers = [
            server.answer(name, lambda _, s=s: next(s)) for server, s in zip((whole, early), stores, strict=True)
        ]
        assert answers[0] == answers[1]
    assert early.result().spent < 0.95 * whole.result().spent
    assert set(early.result().table()["status"]) <= {"served", "certain"}


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_control_keeps_the_budget_whatever_comes(share):
    """The plan was made for 70 % easy questions; 1500 come of which another share is easy."""
    plan = plan_of(1, 10)
    rng = np.random.default_rng(2)
    shares = rng.permutation(mixed((share, *POOLED[1:]), 1500))
    pools = pools_of(shares, 64, rng)
    _, controlled = served(plan, pools)
    _, planned = served(plan, pools, control="none")
    assert controlled == pytest.approx(10, rel=0.03)
    if share != 0.7:
        assert abs(planned - 10) > 0.6


def test_free_answers_have_two_buckets():
    plan = plan_of(2, 8, free=True)
    assert len(plan.samples) == 2
    server = Online(plan, control="none")
    assert server.answer("equal", lambda _: "42") == "42"
    assert server.result().table()["drawn"][0] <= plan.samples[0]


def test_batches_of_several_questions_give_the_same_plan(draw_from):
    pools = pools_of(mixed(POOLED, 30), 64, np.random.default_rng(3))
    plan = plan_of(3, 8)
    batched = allocate(Online(plan, list(pools), control="none", stop="plan"), draw_from(pools), batch=7)
    single = allocate(Online(plan, list(pools), control="none", stop="plan"), draw_from(pools))
    assert batched.table().equals(single.table())
    assert batched.table()["pending"].sum() == 0


def test_pools_that_end_early(draw_from):
    pools = {"empty": [], "three": list("aab"), "five": list("ababa"), "unreadable": [None] * 80}
    found = allocate(Online(plan_of(4, 12), list(pools), control="none"), draw_from(pools))
    status = dict(found.table().select("question", "status").iter_rows())
    assert status == {
        "empty": "empty",
        "three": "exhausted_warmup",
        "five": "exhausted",
        "unreadable": "exhausted_warmup",
    }
    assert found.table()["answer"].to_list() == [None, "a", "a", None]
    assert found.table()["drawn"][3] == 64


@pytest.mark.parametrize("unreadable", range(4))
def test_no_question_gets_more_than_the_most_of_a_plan(unreadable):
    plan = plan_budgets([0.2] * 5, [1.0] * 5, [0.0] * 5, 6, most=6)
    server = Online(plan, control="none", stop="plan")
    answers = iter([None] * unreadable + list("abcdefgh"))
    server.answer("q", lambda _: next(answers))
    assert server.result().table()["drawn"][0] == 6


def test_a_sample_that_does_not_come_is_asked_for_again():
    server = Online(plan_of(5, 8), ["q"], control="none", stop="plan")
    assert server.next(9) == ["q"] * 4
    server.lose("q")
    assert server.next(9) == ["q"]
    server.close("q", lost=1)
    assert server.result().table()["pending"][0] == 3
    server.observe("q", "a")
    assert server.result().table().select("answer", "drawn", "pending").row(0) == ("a", 1, 2)


def test_an_unreadable_first_draw_is_drawn_again():
    server = Online(plan_of(5, 8), control="none", stop="plan")
    answers = iter([None, "a", "a", "a", "a"] + ["a"] * 80)
    server.answer("q", lambda _: next(answers))
    row = server.result().table().row(0, named=True)
    assert row["drawn"] == row["samples"] + 1 == server.plan.samples[0] + 1


def test_weighted_votes_never_stop_early():
    server = Online(plan_of(6, 8), control="none", vote="weighted")
    server.arrive("q")
    sent = 0
    while batch := server.next(1):
        for name in batch:
            server.observe(name, "b" if sent == 0 else "a", confidence=100.0 if sent == 0 else 1.0)
            sent += 1
    row = server.result().table().row(0, named=True)
    assert row["answer"] == "b"
    assert row["status"] == "served"


def test_questions_left_out_of_the_plan_are_counted():
    pools = pools_of(mixed(POOLED, 30), 10, np.random.default_rng(0)) | {"short": ["a", "b"]}
    assert "left out: 1 question with fewer than 4 answers" in plan_from_pools(pools, 6).provenance.notes


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: accuracy_curve([-1, 2], 4), "shares"),
        (lambda: accuracy_curve([0, 0], 4), "shares"),
        (lambda: accuracy_curve([1, 1], 0), "most"),
        (lambda: accuracy_curve([1, 1], 151), "most"),
        (lambda: fit_probit([0.5, 0.6, 0.7, 0.8]), "accuracy"),
        (lambda: fit_probit([0.5, 0.6, 0.7, 0.8, 1.2]), "accuracy"),
        (lambda: pattern_chances([1, 1, 1]), "counts"),
        (lambda: pattern_chances([5, -1]), "counts"),
        (lambda: plan_budgets([0.5, 0.4], [1, 1], [0, 0], 9), "shares"),
        (lambda: plan_budgets([1.5, -0.5], [1, 1], [0, 0], 9), "shares"),
        (lambda: plan_budgets([], [], [], 9), "shares"),
        (lambda: plan_budgets([1], [1, 2], [0], 9), "a"),
        (lambda: plan_budgets([1], [1], [0, 1], 9), "b"),
        (lambda: plan_budgets([1], [math.nan], [0], 9), "a"),
        (lambda: plan_budgets([1], [1], [0], -1), "budget"),
        (lambda: plan_budgets([1], [1], [0], 9, most=3), "most"),
        (lambda: plan_budgets([1], [1], [0], 9, method="best"), "method"),
        (lambda: plan_budgets([1], [1], [0], 9, unaffordable="wait"), "unaffordable"),
        (lambda: plan_budgets([1], [1], [0], 9, names=["a", "b"]), "names"),
        (lambda: plan_from_pools({"q": ["a"]}, 9), "pools"),
        (lambda: plan_from_pools({"q": ["a"] * 4}, 9, fit_to=3), "fit_to"),
        (lambda: plan_with_oracle({"q": ["a"]}, 9), "pools"),
        (lambda: plan_with_oracle({"q": ["a"] * 4}, 9, buckets=0), "buckets"),
        (lambda: plan_with_oracle({"q": ["a"] * 4}, 9, fit_to=3), "fit_to"),
        (lambda: oracle_samples(plan_of(0, 8), {"q": ["a"]}), "pools"),
        (lambda: oracle_samples(plan_of(0, 8), {"q": ["a"] * 4}, fit_to=3), "fit_to"),
        (lambda: Online(plan_budgets([1], [1], [0], 9)), "plan"),
        (lambda: Online(plan_of(0, 8), ["q", "q"]), "questions"),
        (lambda: Online(plan_of(0, 8), control="tight"), "control"),
        (lambda: Online(plan_of(0, 8), rate=0), "rate"),
        (lambda: Online(plan_of(0, 8), stop="never"), "stop"),
        (lambda: Online(plan_of(0, 8), vote="loud"), "vote"),
        (lambda: Online(plan_of(0, 8), n_classes=1), "n_classes"),
        (lambda: Online(plan_of(0, 8)).observe("q", "a"), "question"),
        (lambda: Online(plan_of(0, 8), ["q"]).observe("q", "a", cost=-1), "cost"),
        (lambda: Online(plan_of(0, 8), ["q"]).next(0), "batch"),
    ],
)
def test_bad_input_is_named(call, argument):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument
