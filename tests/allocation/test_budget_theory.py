"""When many agents beat one: vectors, claims played out, limits, slow references and bad input."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from psephos.allocation import (
    amplification,
    best_design,
    calibrate_tree,
    compare_budgets,
    fidelity_curve,
    fidelity_table,
    joint_estimate,
    layer_bias,
    majority_bias,
    majority_slope,
    mixed_tree,
    organisation,
    simulate_tree,
    spending_exponent,
    spread_amplification,
    weighted_majority_bias,
)
from psephos.allocation.trees.majority_layers import layer
from psephos.errors import InputError
from psephos.opinions import from_matrix

VECTORS = [
    (3, 1, 0, 1.5, 0.369070, 1, 1),
    (3, 0.9, 0.1, 1.305, 0.242308, 0.964228, 0.777778),
    (5, 0.8, 0.2, 1.36, 0.191051, 0.915388, 0.714286),
    (3, 0.7, 0, 1.05, 0.044411, 0.539949, 0.142857),
    (7, 0.6, 0.3, 1.09875, 0.048395, 0.565762, 0.438596),
    (9, 0.9, 0.25, 1.886133, 0.288786, 0.967522, 0.923945),
]


@pytest.mark.parametrize(
    ("b", "gamma", "rho", "alpha", "s", "fixed", "limit"),
    VECTORS,
    ids=[f"sheet34-b{v[0]}-{v[1]}-{v[2]}" for v in VECTORS],
)
def test_the_regimes_of_the_sheet(b, gamma, rho, alpha, s, fixed, limit):
    found = organisation(b, gamma, rho)
    shown = found.alpha, found.exponent, found.fixed_point, found.rho_limit
    assert shown == pytest.approx((alpha, s, fixed, limit), abs=1e-6)
    assert found.regime == "amplifying"
    assert amplification(b, found.gamma_limit, rho) == pytest.approx(1, abs=1e-12)


SLOPES = {3: 1.5, 5: 1.875, 7: 2.1875, 9: 2.4609375, 15: 3.14208984375, 31: 4.478397890925407}


@pytest.mark.parametrize("b", SLOPES, ids=lambda b: f"sheet34-slope-{b}")
def test_the_slopes_of_the_sheet(b):
    assert majority_slope(b) == pytest.approx(SLOPES[b], rel=1e-13)
    assert majority_slope(b) <= math.sqrt(b)


def test_sheet34_critical():
    found = organisation(3, 2 / 3, 0)
    assert (found.regime, found.exponent, found.fixed_point, found.mixing_depth) == ("critical", 0, 0, None)


def test_sheet34_curve_and_bounds():
    found = organisation(5, 0.8, 0.2, mu0=0.05)
    expected = [0.05, 0.067936, 0.092233, 0.125035, 0.169050, 0.227448, 0.303365, 0.398535, 0.510586]
    assert found.levels["bias"].to_list() == pytest.approx(expected, abs=1e-6)
    assert found.mixing_depth == pytest.approx(9.455185, abs=1e-6)
    for depth, bounds in ((4, (0.171051, 0.164243)), (8, (0.585169, 0.379451))):
        assert found.levels.select("upper", "lower").row(depth) == pytest.approx(bounds, abs=1e-6)
    washed = organisation(5, 0.5, 0.5, mu0=0.4, depth=4).levels.select("bias", "upper", "lower").row(-1)
    assert washed == pytest.approx((0.103321, 0.106751, 0.099601), abs=1e-6)


def test_sheet34_boundary_is_sharp():
    """Start at .02, 200 layers: above .02 in the end if and only if alpha > 1, on all points off the boundary."""
    gamma, rho = np.meshgrid(np.linspace(0.3, 1, 15), np.arange(10) / 10, indexing="ij")
    points = 0
    for b in (3, 5, 7):
        alpha = amplification(b, gamma, rho)
        mu = np.full(alpha.shape, 0.02)
        for _ in range(200):
            mu = layer(mu, b, gamma, rho)
        off = np.abs(alpha - 1) >= 0.02
        points += int(off.sum())
        assert ((mu > 0.02) == (alpha > 1))[off].all()
    assert 431 <= points <= 434  # three of them lie at .02 exactly, but for rounding


@pytest.mark.parametrize(
    ("b", "depth", "gamma", "rho", "mu0", "exact", "trees", "tolerance"),
    [
        pytest.param(3, 6, 0.9, 0.1, 0.1, 0.45605, 120_000, 0.015, id="sheet34-played-amplifying"),
        pytest.param(5, 4, 0.5, 0.5, 0.4, 0.10332, 120_000, 0.02, id="sheet34-played-washing-out"),
    ],
)
def test_trees_played_out_meet_the_recursion(b, depth, gamma, rho, mu0, exact, trees, tolerance):
    bias = organisation(b, gamma, rho, mu0=mu0, depth=depth).levels["bias"][-1]
    assert bias == pytest.approx(exact, abs=1e-5)
    played = simulate_tree(b, gamma, rho, depth=depth, mu0=mu0, trees=trees, rng=34)
    assert played.value == pytest.approx(exact, abs=tolerance)
    assert played == simulate_tree(b, gamma, rho, depth=depth, mu0=mu0, trees=trees, rng=34)


def test_sheet34_budgets():
    law = {"k": 0.02, "beta": 0.2}
    found = compare_budgets([9, 81, 729, 6561], b=3, gamma=0.95, rho=0.05, **law)
    assert found.exponent == pytest.approx(0.307083, abs=1e-6)
    assert found.budgets["single"].to_list() == pytest.approx([0.03104, 0.04816, 0.07474, 0.11599], abs=1e-5)
    assert found.budgets["depth"].to_list() == [2, 4, 6, 8]
    assert found.budgets["bias"].to_list() == pytest.approx([0.03926, 0.07698, 0.15038, 0.28959], abs=1e-5)
    assert found.threshold == 3
    poor = compare_budgets([9, 81, 729, 6561], b=3, gamma=0.8, rho=0.2, **law)
    assert poor.exponent == pytest.approx(0.103156, abs=1e-6)
    assert poor.budgets["depth"].to_list() == [0] * 4
    assert poor.threshold is None


def test_the_threshold_is_where_a_tree_begins_to_win():
    options = {"b": 3, "gamma": 0.95, "rho": 0.05, "k": 0.02, "beta": 0.2, "c_msg": 1.0, "m": 5}
    found = compare_budgets(100, **options).threshold
    assert compare_budgets([found * 0.999, found * 1.001], **options).budgets["depth"].to_list() == [0, 1]


@given(st.integers(1, 6), st.floats(0.05, 1), st.floats(0, 1), st.floats(0.3, 1), st.floats(1, 1e5))
def test_no_tree_pays_where_one_run_gains_as_fast(half, gamma, rho, beta, budget):
    """F(mu) <= alpha mu, so mu_L <= k B^beta N^(s - beta): never above one run if s <= beta; s <= 1/2 always."""
    b = 2 * half + 1
    found = compare_budgets(budget, b=b, gamma=gamma, rho=rho, k=0.01, beta=beta)
    assert found.exponent <= 0.5
    assert found.exponent > beta or found.budgets["depth"][0] == 0


@pytest.mark.parametrize(
    ("shape", "options", "expected", "floor"),
    [
        pytest.param(
            "tree", {"b": 4}, [1, 0.375, 0.171875, 0.105859, 0.084404, 0.077431, 0.075165], 0.0740741, id="sheet34-tree"
        ),
        pytest.param("relay", {}, [1, 1.2, 1.4, 1.6, 1.8], math.inf, id="sheet34-relay"),
        pytest.param(
            "fused", {}, [1, 0.595, 0.480915, 0.438398, 0.420999, 0.413611, 0.410425], 0.407974, id="sheet34-fused"
        ),
    ],
)
def test_the_estimates_of_the_sheet(shape, options, expected, floor):
    found = joint_estimate(shape, len(expected) - 1, q=0.2, rho=0.1, **options)
    assert found.steps["variance"].to_list() == pytest.approx(expected, abs=1e-6)
    assert found.floor == pytest.approx(floor, abs=1e-6)
    assert found.helps == (shape != "relay")


@pytest.mark.parametrize(
    ("q", "rho", "expected"),
    [(0.2, 1.0, [1, 1, 1]), (0.0, 1.0, [1, 1, 1]), (0.0, 0.0, [1, 1 / 2, 1 / 3]), (5.0, 0.0, [1, 6 / 7])],
    ids=lambda v: None if isinstance(v, list) else f"sheet34-fused-{v}",
)
def test_the_weight_of_a_fused_estimate_stays_between_0_and_1(q, rho, expected):
    """Where C >= min(A, v0) the best linear mix would lie outside, and with q = 0, rho = 1 it would be 0 / 0."""
    found = joint_estimate("fused", len(expected) - 1, q=q, rho=rho)
    assert found.steps["variance"].to_list() == pytest.approx(expected, abs=1e-12)
    assert found.helps == (rho < 1)


def test_sheet34_limits_of_correlation_and_depth():
    for gamma in (0.0, 0.4, 1.0):
        assert organisation(5, gamma, 1.0).alpha == gamma
        assert organisation(5, gamma, 1.0).regime != "amplifying"
    assert organisation(3, 1.0, 0.0).rho_limit == 1
    assert organisation(3, 0.5, 0.0).rho_limit == 0  # 1 / gamma is above c_b: no correlation is low enough
    assert organisation(5, 0.8, 0.2, mu0=0.95).mixing_depth == 0
    assert organisation(5, 0.5, 0.5, mu0=0.4).mixing_depth is None


def test_sheet34_families_of_fidelity():
    lengths = np.array([0.0, 40, 200, 4000])
    np.testing.assert_allclose(fidelity_curve(m0=200)(lengths), 1 - np.exp(-lengths / 200), atol=1e-15)
    found = fidelity_curve("saturating", m0=200, gmax=0.9)(lengths)
    np.testing.assert_allclose(found, 0.9 * lengths / (lengths + 200), atol=1e-15)


def test_sheet34_star():
    found = joint_estimate("star", 64, q=0.2, rho=0.1).steps
    values = found.filter(found["size"].is_in([1, 4, 16, 64]))["variance"].to_list()
    assert values == pytest.approx([1.2, 0.375, 0.16875, 0.117188], abs=1e-6)
    limited = joint_estimate("star", 64, q=0.2, rho=0.1, W=4000, m=400)
    assert limited.steps.height == 10
    assert "10 messages" in str(limited)


@given(st.floats(0.1, 5), st.floats(0, 2), st.floats(0, 0.99), st.integers(2, 9))
def test_a_tree_helps_if_and_only_if_it_starts_above_its_floor(v0, q, rho, b):
    found = joint_estimate("tree", 3, v0=v0, q=q, rho=rho, b=b)
    if abs(v0 - found.floor) > 1e-9:
        assert found.helps == (v0 > found.floor)


def test_sheet34_design():
    found = best_design(4000, fidelity_curve(m0=200), 0.1, lengths=[40, 100, 200, 400, 800])
    assert found.designs["widest"].to_list() == [99, 39, 19, 9, 5]
    expected = [0.059852, 0.162738, 0.246766, 0.315821, 0.349397]
    assert found.designs["widest_exponent"].to_list() == pytest.approx(expected, abs=1e-6)
    assert (found.best["m"], found.best["b"]) == (800, 5)


def test_a_design_under_a_budget_is_the_best_of_all_trees():
    gamma = fidelity_curve(m0=200)
    found = best_design(1000, gamma, 0.1, lengths=[50, 200], B=500, k=0.02, beta=0.2, c_msg=0.001)
    tried = {
        (m, b): compare_budgets(500, b=b, gamma=float(gamma(m)), rho=0.1, k=0.02, beta=0.2, c_msg=0.001, m=m)
        for m in (50, 200)
        for b in range(3, int(1000 // m) + 1, 2)
    }
    best = max(tried.values(), key=lambda one: one.budgets["bias"][0])
    assert found.best["bias"] == pytest.approx(best.budgets["bias"][0], abs=1e-12)
    assert found.best["depth"] == best.budgets["depth"][0]


@given(st.integers(1, 40), st.floats(0, 1))
def test_the_majority_is_the_binomial_tail(half, mu):
    b = 2 * half + 1
    assert majority_bias(b, mu) == pytest.approx(2 * stats.binom.sf(half, b, (1 + mu) / 2) - 1, abs=1e-12)
    assert majority_bias(b + 1, mu) == majority_bias(b, mu)
    exact_even = 2 * stats.binom.sf(half + 1, b + 1, (1 + mu) / 2) + stats.binom.pmf(half + 1, b + 1, (1 + mu) / 2) - 1
    assert majority_bias(b, mu) == pytest.approx(exact_even, abs=1e-12)
    assert majority_bias(b, -mu) == -majority_bias(b, mu)


def test_large_numbers_of_children():
    assert majority_slope(10**8 + 1) == pytest.approx(math.sqrt(2e8 / math.pi), rel=1e-6)
    assert majority_bias(10**6 + 1, 0.001) == pytest.approx(2 * stats.norm.cdf(1.0) - 1, abs=1e-3)


@example(1, 1.0, 2.225073858507e-311, 1.0)
@given(st.integers(1, 5), st.floats(0.01, 1), st.floats(0, 1), st.floats(0.001, 1))
def test_the_bounds_hold_and_the_fixed_point_is_one(half, gamma, rho, mu0):
    found = organisation(2 * half + 1, gamma, rho, mu0=mu0, depth=12)
    table = found.levels
    assert (table["lower"] <= table["bias"]).all()
    assert (table["bias"] <= table["upper"]).all()
    fixed = found.fixed_point
    assert (fixed > 0) == (found.regime == "amplifying")
    assert float(layer_bias(fixed, 2 * half + 1, gamma, rho)) == pytest.approx(fixed, abs=1e-9)


def test_the_bounds_are_not_those_of_the_exact_curve():
    """The bounds come from the formulas and not from the curve that they are cut to."""
    found = organisation(5, 0.8, 0.2, mu0=0.05)
    assert found.levels["upper"][8] - found.levels["bias"][8] > 0.05
    assert found.levels["bias"][8] - found.levels["lower"][8] > 0.1


@pytest.mark.parametrize(("b", "gamma", "rho"), [(3, 1.0, 0.3), (5, 0.8, 0.2), (9, 0.9, 0.6)])
def test_the_spread_model_is_a_beta_binomial_majority(b, gamma, rho):
    size, step = (1 - rho) / rho, 1e-5

    def top(mu):
        p = (1 + gamma * mu) / 2
        return 2 * stats.betabinom.sf(b // 2, b, p * size, (1 - p) * size) - 1

    assert spread_amplification(b, gamma, rho) == pytest.approx((top(step) - top(-step)) / (2 * step), abs=1e-6)


def test_both_models_of_correlation_meet_at_the_ends():
    for rho, expected in ((0.0, 1.875), (1.0, 1.0)):
        assert spread_amplification(5, 1.0, rho) == amplification(5, 1.0, rho) == pytest.approx(expected)
    for rho in (1e-7, 1e-10, 1e-14, 1e-300):
        assert spread_amplification(5, 1.0, rho) == pytest.approx(1.875, rel=max(2 * rho, 1e-12) * 10)


def test_the_verdict_that_hangs_on_the_model_is_said():
    assert any("differ in difficulty" in note for note in organisation(7, 0.6, 0.3).provenance.notes)


def test_weights_by_log_odds_are_best_and_equal_children_are_a_majority():
    assert weighted_majority_bias([0.3] * 5) == pytest.approx(float(majority_bias(5, 0.3)), abs=1e-12)
    rng = np.random.default_rng(0)
    biases = [0.8, 0.4, 0.3, 0.1]
    best = weighted_majority_bias(biases)
    assert all(weighted_majority_bias(biases, rng.random(4)) <= best + 1e-12 for _ in range(200))


def test_layers_that_are_alike_make_the_plain_tree():
    plain = organisation(5, 0.8, 0.2, mu0=0.05, depth=4)
    mixed = mixed_tree([(5, 0.8, 0.2)] * 4, mu0=0.05)
    assert mixed.bias == pytest.approx(plain.levels["bias"][4], abs=1e-15)
    assert mixed.alpha == pytest.approx(1.36**4)


def test_even_numbers_are_said_to_behave_like_one_less():
    found = organisation(4, 0.9, 0.1)
    assert (found.b, found.alpha) == (3, pytest.approx(1.305))
    assert "b = 4 behaves like 3" in str(found)


def test_saturation_is_said():
    found = organisation(5, 0.9, 0.1, mu0=0.3, depth=30)
    reached = found.saturation_depth
    assert found.levels["bias"][reached] >= 0.95 * found.fixed_point > found.levels["bias"][reached - 1]
    assert "saturated" in str(found)


def test_messages_that_keep_nothing():
    found = organisation(3, 0.0, 0.1)
    assert (found.exponent, found.rho_limit, found.regime) == (-math.inf, 0, "washing out")
    assert found.to_dict()["exponent"] is None


def test_advice_by_the_length_of_messages():
    found = organisation(5, fidelity_curve(m0=200), 0.2, m=100, W=2000)
    then = amplification(5, float(fidelity_curve(m0=200)(200)), 0.2)
    row = found.advice.filter(found.advice["change"] == "messages longer by 100 tokens").row(0)
    assert row[1:] == pytest.approx((then, math.log(then / found.alpha)))


# Calibration.


def agents(questions, rho, gamma, seed, wrong=0.4, agents=5):
    rng = np.random.default_rng(seed)
    copied = rng.random(questions) < rho
    draw = rng.random((questions, agents)) < wrong
    draw[copied] = draw[copied, :1]
    sent = rng.choice([-1.0, 1.0], (questions, 6))
    received = np.where(rng.random(sent.shape) < (1 - gamma) / 2, -sent, sent)
    return draw.astype(float), sent, received


def test_calibration_finds_what_was_put_in():
    errors, sent, received = agents(4000, 0.3, 0.8, 1)
    found = calibrate_tree(errors, 5, sent=sent, received=received, repeats=300)
    assert found.rho.low < 0.3 < found.rho.high
    assert found.gamma.low < 0.8 < found.gamma.high
    assert found.alpha.low < 0.8 * (0.3 + 0.7 * 1.875) < found.alpha.high
    assert found.regime == "amplifying"
    assert found.chance_amplifying == 1


def test_the_correlation_is_the_intraclass_correlation():
    from psephos.agreement import intraclass_correlation

    errors, _, _ = agents(60, 0.4, 1, 2)
    found = calibrate_tree(errors, 3, gamma=1.0, repeats=2)
    expected = intraclass_correlation(errors, form="ICC(1,1)", repeats=0).value
    assert found.rho.value == pytest.approx(expected, abs=1e-12)


def test_sheet34_undecided():
    errors, _, _ = agents(29, 0.0, 1, 3)
    few = calibrate_tree(errors, 5, gamma=0.9, repeats=100)
    assert few.regime == "undecided"
    errors, _, _ = agents(200, 0.5, 1, 4)
    near = calibrate_tree(errors, 3, gamma=0.8, repeats=400)
    assert near.alpha.low < 1 < near.alpha.high
    assert near.regime == "undecided"
    assert 0.02 < near.chance_amplifying < 0.98


def test_votes_with_known_answers_are_errors():
    votes = [["a", "a", "b"], ["b", "a", "b"], ["a", None, "a"]] * 12
    opinions = from_matrix(
        votes, about={"items": pl.DataFrame({"item": [str(i) for i in range(36)], "gold": ["a", "b", "a"] * 12})}
    )
    wrong = np.array([[0, 0, 1], [0, 1, 0], [0, np.nan, 0]] * 12, dtype=float)
    a, b = calibrate_tree(opinions, 3, repeats=50), calibrate_tree(wrong, 3, repeats=50)
    assert a.table().equals(b.table())


def test_sheet34_spending():
    x = np.array([1.0, 3, 9, 27, 81])
    mu = 0.1 * x**0.2
    asked = np.full(5, 200_000)
    found = spending_exponent([*x, 2], [*(asked * (1 + mu) / 2).round(), 90_000], [*asked, 200_000])
    assert found.beta.value == pytest.approx(0.2, abs=1e-3)
    assert found.k == pytest.approx(0.1, abs=1e-3)
    assert found.beta.low < 0.2 < found.beta.high
    assert found.dropped == (5,)


# Bad input.

LAW = {"gamma": 0.9, "rho": 0.1, "k": 0.02, "beta": 0.2}
BAD = {
    "few-children": (lambda: organisation(2, 0.9, 0.1), "b"),
    "half-child": (lambda: organisation(3.5, 0.9, 0.1), "b"),
    "gamma-above": (lambda: organisation(3, 1.1, 0.1), "gamma"),
    "gamma-below": (lambda: organisation(3, -0.1, 0.1), "gamma"),
    "gamma-nan": (lambda: organisation(3, math.nan, 0.1), "gamma"),
    "rho-above": (lambda: organisation(3, 0.9, 1.1), "rho"),
    "rho-below": (lambda: organisation(3, 0.9, -0.1), "rho"),
    "leaf-at-chance": (lambda: organisation(3, 0.9, 0.1, mu0=0), "mu0"),
    "leaf-above-one": (lambda: organisation(3, 0.9, 0.1, mu0=1.5), "mu0"),
    "window": (lambda: organisation(3, 0.9, 0.1, W=1000, m=400), "W"),
    "too-wide": (lambda: organisation(9, 0.9, 0.1, W=1000, m=300), "b"),
    "length-missing": (lambda: organisation(3, fidelity_curve(m0=200), 0.1), "m"),
    "curve-falls": (lambda: fidelity_table([1, 2, 3], [0.5, 0.4, 0.6]), "gamma curve"),
    "curve-lengths": (lambda: fidelity_table([1, 1], [0.5, 0.6]), "gamma curve"),
    "curve-beyond": (lambda: fidelity_table([10, 20], [0.5, 0.6])(5), "m"),
    "family": (lambda: fidelity_curve("linear", m0=1), "family"),
    "no-layers": (lambda: mixed_tree([]), "layers"),
    "half-layer": (lambda: mixed_tree([(3, 0.9)]), "layers"),
    "poor": (lambda: compare_budgets(0.5, b=3, **LAW), "B"),
    "no-budget": (lambda: compare_budgets([], b=3, **LAW), "B"),
    "flat-law": (lambda: compare_budgets(9, b=3, **LAW | {"beta": 0}), "beta"),
    "shape": (lambda: joint_estimate("ring", 3), "shape"),
    "too-many-leaves": (lambda: simulate_tree(3, 0.9, 0.1, depth=40), "depth"),
    "unequal": (lambda: weighted_majority_bias([0.1] * 21), "biases"),
    "errors-values": (lambda: calibrate_tree([[0, 2]], 3), "errors"),
    "errors-alike": (lambda: calibrate_tree(np.zeros((40, 3)), 3), "errors"),
    "messages-alone": (lambda: calibrate_tree([[0, 1], [1, 1]], 3, sent=[[1], [1]]), "received"),
    "flip": (lambda: calibrate_tree([[0, 1], [1, 1]], 3, sent=[[1], [1]], received=[[-1], [-1]]), "gamma"),
    "one-spending": (lambda: spending_exponent([1, 1], [6, 7], [10, 10]), "x"),
    "more-right": (lambda: spending_exponent([1, 2], [6, 17], [10, 10]), "right"),
}


@pytest.mark.parametrize("case", BAD, ids=lambda case: f"sheet34-{case}")
def test_bad_input(case):
    call, argument = BAD[case]
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument


def test_sheet34_the_words_of_the_complaints():
    with pytest.raises(InputError, match="flip the message"):
        organisation(3, -0.1, 0)
    with pytest.raises(InputError, match="leaf at or below chance: no tree helps"):
        organisation(3, 0.9, 0, mu0=0)
    with pytest.raises(InputError, match="window holds fewer than 3 messages"):
        organisation(3, 0.9, 0, W=5, m=2)
