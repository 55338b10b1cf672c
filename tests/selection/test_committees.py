"""Committees: the vectors of sheet 05, its claims, slow references, bounds that cannot be kept, bad input."""

from __future__ import annotations

from itertools import combinations
from math import inf

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InfeasibleError, InputError
from psephos.opinions import rankings as opinions_of
from psephos.opinions import samples
from psephos.selection import (
    ballots,
    bias_by_swaps,
    bias_by_utility,
    committee,
    committee_influence,
    committee_worth,
    enough_rankings,
    fairness_frontier,
    group_gap,
    proportional_bounds,
    rankings_needed,
    select,
    smoothness,
)
from psephos.selection.committees.exact import programmed
from psephos.selection.committees.greedy import exchanged, greedy
from psephos.selection.committees.group_bounds import quotas
from psephos.selection.committees.place_scores import (
    candidate_scores,
    committee_value,
    place_scores,
    rule_weights,
    total_scores,
)
from psephos.selection.committees.solving import price_of, submodular_bound

VOTES = [
    [0, 1, 2, 3, 4, 5],
    [1, 0, 3, 2, 5, 4],
    [2, 0, 1, 4, 3, 5],
    [0, 2, 1, 5, 3, 4],
    [1, 2, 0, 3, 4, 5],
    [3, 4, 0, 1, 2, 5],
    [0, 1, 4, 2, 5, 3],
]
GROUPS = list("AAABBB")


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        pytest.param("borda", (29, 26, 21, 14, 11, 4), id="sheet05-scores-borda"),
        pytest.param("sntv", (3, 2, 1, 1, 0, 0), id="sheet05-scores-sntv"),
        pytest.param("bloc", (7, 6, 4, 2, 2, 0), id="sheet05-scores-bloc"),
        pytest.param("dcg", (5.26186, 4.692536, 4.010065, 3.491266, 3.047726, 2.629211), id="sheet05-scores-dcg"),
    ],
)
def test_scores_of_candidates(score: str, expected: tuple[float, ...]) -> None:
    np.testing.assert_allclose(total_scores(ballots(VOTES), place_scores(score, 6, 3)), expected, atol=1e-5)


OPTIMA = [
    ("borda", "separable", 0, 76, ["012"]),
    ("borda", "separable", 1, 69, ["013"]),
    ("borda", "separable", 2, 54, ["034"]),
    ("borda", "cc", 0, 34, ["013"]),
    ("borda", "cc", 1, 34, ["013"]),
    ("borda", "cc", 2, 31, ["034", "035"]),
    ("borda", "pav", 0, 51.666667, ["012"]),
    ("borda", "pav", 1, 49.666667, ["013"]),
    ("borda", "pav", 2, 41.5, ["034"]),
    ("bloc", "pav", 0, 11.333333, ["012"]),
    ("bloc", "pav", 1, 10.833333, ["013", "014"]),
    ("bloc", "pav", 2, 8.833333, ["034"]),
    ("bloc", "cc", 0, 7, None),
    ("bloc", "cc", 1, 7, None),
    ("bloc", "cc", 2, 7, None),
    ("dcg", "cc", 0, 6.630930, ["013"]),
    ("dcg", "cc", 1, 6.630930, ["013"]),
    ("dcg", "cc", 2, 5.761860, ["034", "035"]),
]


@pytest.mark.parametrize("solver", ["auto", "exact", "programme"])
@pytest.mark.parametrize(
    ("score", "rule", "least", "value", "best"),
    [pytest.param(*one, id=f"sheet05-{one[0]}-{one[1]}-B{one[2]}") for one in OPTIMA],
)
def test_optima(score: str, rule: str, least: int, value: float, best: list[str] | None, solver: str) -> None:
    if solver == "programme":
        own = ballots(VOTES, groups=GROUPS)
        table, a = candidate_scores(own, place_scores(score, 6, 3)), rule_weights(rule, 3)
        bounds = quotas(own.groups, 6, 3, {"B": least}, None)
        found = programmed(table, own.weights, a, 3, bounds, [0, 3, 4], seconds=20)
        assert found.bound == pytest.approx(value, abs=1e-5)
        assert found.value == pytest.approx(value, abs=1e-5)
        assert bounds.feasible(found.members)
        return
    made = committee(VOTES, 3, score=score, rule=rule, groups=GROUPS, lower={"B": least}, solver=solver)
    assert made.value[0] == pytest.approx(value, abs=1e-5)
    assert made.bound[0] == pytest.approx(value, abs=1e-5)
    if best is not None:
        tied = {"".join(sorted(made.members)), *("".join(sorted(one)) for one in made.ties[0])}
        assert "".join(sorted(made.members)) == best[0]
        assert tied == set(best)
    assert "best" in made.guarantees[0]


GREEDY = [
    ("borda", "separable", 0, "012", (29, 55, 76)),
    ("borda", "separable", 2, "034", (29, 43, 54)),
    ("borda", "cc", 0, "013", (29, 32, 34)),
    ("borda", "cc", 2, "034", (29, 31, 31)),
    ("borda", "pav", 0, "012", (29, 43.5, 51.666667)),
    ("borda", "pav", 2, "034", (29, 37, 41.5)),
    ("bloc", "pav", 0, "012", None),
    ("bloc", "pav", 2, "034", None),
    ("bloc", "cc", 0, "012", None),
    ("bloc", "cc", 2, "034", None),
    ("dcg", "cc", 0, "013", None),
    ("dcg", "cc", 2, "034", None),
]


@pytest.mark.parametrize(
    ("score", "rule", "least", "order", "path"),
    [pytest.param(*one, id=f"sheet05-greedy-{one[0]}-{one[1]}-B{one[2]}") for one in GREEDY],
)
def test_greedy_choices(score: str, rule: str, least: int, order: str, path: tuple[float, ...] | None) -> None:
    own = ballots(VOTES, groups=GROUPS)
    table = candidate_scores(own, place_scores(score, 6, 3))
    bounds = quotas(own.groups, 6, 3, {"B": least}, None)
    members, values = greedy(table, own.weights, rule_weights(rule, 3), 3, bounds)
    assert "".join(map(str, members)) == order
    if path is not None:
        np.testing.assert_allclose(values, path, atol=1e-6)


def test_bounds_that_cannot_be_kept_sheet05_infeasible() -> None:
    """sheet05-infeasible"""
    with pytest.raises(InfeasibleError, match="4 of group 'B', which has 3") as problem:
        committee(VOTES, 3, groups=GROUPS, lower={"B": 4})
    assert problem.value.argument == "lower"


def test_greedy_is_near_the_best_sheet05_worst() -> None:
    """sheet05-worst-ratio"""
    rng = np.random.default_rng(5)
    worst = 1.0
    for _ in range(100):
        votes = np.argsort(rng.random((6, 8)), axis=1)
        groups = np.array(["x", "y"])[rng.permutation(8) % 2]
        own = ballots(votes, groups=groups.tolist())
        table, a = candidate_scores(own, place_scores("borda", 8, 3)), rule_weights("cc", 3)
        bounds = quotas(own.groups, 8, 3, {"x": 1, "y": 1}, {"x": 2, "y": 2})
        _, values = greedy(table, own.weights, a, 3, bounds)
        best = max(
            committee_value(table, own.weights, a, one) for one in combinations(range(8), 3) if bounds.feasible(one)
        )
        worst = min(worst, values[-1] / best)
    assert 0.85 < worst <= 1


# Slow references.


def slow_value(votes: np.ndarray, weights: np.ndarray, scores: np.ndarray, a: np.ndarray, members: list[int]) -> float:
    total = 0.0
    for vote, weight in zip(votes, weights, strict=True):
        own = sorted((scores[list(vote).index(i)] for i in members), reverse=True)
        total += weight * sum(x * y for x, y in zip(a, own, strict=False))
    return total


@given(st.integers(0, 10**6), st.sampled_from(["cc", "pav", "separable"]), st.sampled_from(["borda", "bloc", "dcg"]))
def test_values_and_greedy_gains_follow_the_formula(seed: int, rule: str, score: str) -> None:
    rng = np.random.default_rng(seed)
    votes, weights = np.argsort(rng.random((5, 7)), axis=1), rng.integers(1, 4, 5).astype(float)
    own = ballots(votes, weights=weights)
    scores, a = place_scores(score, 7, 3), rule_weights(rule, 3)
    members, values = greedy(candidate_scores(own, scores), weights, a, 3, quotas(None, 7, 3, None, None))
    chosen: list[int] = []
    for value in values:
        gains = [slow_value(votes, weights, scores, a, [*chosen, i]) if i not in chosen else -inf for i in range(7)]
        best = next(i for i in range(7) if gains[i] >= max(gains) - 1e-9)
        chosen.append(best)
        assert value == pytest.approx(gains[best])
    assert members == chosen
    assert committee_worth(votes, members, score=score, rule=rule, weights=weights) == pytest.approx(values[-1])


@given(st.integers(0, 10**6), st.sampled_from(["cc", "pav"]))
def test_the_programme_finds_what_listing_finds(seed: int, rule: str) -> None:
    rng = np.random.default_rng(seed)
    own = ballots(np.argsort(rng.random((7, 9)), axis=1), groups=list("aaabbbccc"))
    table, a = candidate_scores(own, place_scores("borda", 9, 4)), rule_weights(rule, 4)
    bounds = quotas(own.groups, 9, 4, {"a": 2}, {"b": 1})
    best = max(committee_value(table, own.weights, a, one) for one in combinations(range(9), 4) if bounds.feasible(one))
    start, _ = greedy(table, own.weights, a, 4, bounds)
    found = programmed(table, own.weights, a, 4, bounds, start, seconds=20)
    assert found.value == pytest.approx(best)
    assert found.bound == pytest.approx(best, rel=1e-6)
    better = exchanged(table, own.weights, a, start, bounds)
    assert bounds.feasible(better)
    assert committee_value(table, own.weights, a, start) <= committee_value(table, own.weights, a, better) + 1e-9
    assert submodular_bound(table, own.weights, a, start, own.weights @ table) >= best - 1e-9


@given(st.integers(0, 10**6))
def test_sums_within_bounds_are_the_best_sums(seed: int) -> None:
    rng = np.random.default_rng(seed)
    votes = np.argsort(rng.random((4, 7)), axis=1)
    groups = np.array(["x", "y", "z"])[rng.permutation(7) % 3].tolist()
    own = ballots(votes, groups=groups)
    bounds = quotas(own.groups, 7, 4, {"x": 1, "y": 1}, {"x": 2, "z": 1})
    totals = total_scores(own, place_scores("borda", 7, 4))
    best = max(totals[list(one)].sum() for one in combinations(range(7), 4) if bounds.feasible(one))
    made = committee(votes, 4, groups=groups, lower={"x": 1, "y": 1}, upper={"x": 2, "z": 1})
    assert made.value[0] == pytest.approx(best)


@given(st.integers(0, 10**6))
def test_neither_order_of_voters_nor_names_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    votes = np.argsort(rng.random((6, 6)) + np.arange(6), axis=1)
    new = rng.permutation(6)
    one = committee(votes, 3, rule="pav")
    other = committee(new[votes][rng.permutation(6)], 3, rule="pav")
    assert other.value[0] == pytest.approx(one.value[0])
    if not one.ties[0]:
        assert sorted(other.members) == sorted(str(new[int(i)]) for i in one.members)


def test_who_is_not_ranked_shares_the_places_that_are_left() -> None:
    short = ballots([[0, 1], [2, 0, 1, 3]], candidates=range(4))
    np.testing.assert_allclose(candidate_scores(short, place_scores("borda", 4, 2)), [[3, 2, 0.5, 0.5], [2, 1, 3, 0]])
    tied = opinions_of(["a"] * 3, list("xyz"), [1, 1, 3])
    np.testing.assert_allclose(candidate_scores(ballots(tied), place_scores("borda", 3, 1)), [[1.5, 1.5, 0]])


def test_a_large_committee_of_sixty_is_proven() -> None:
    rng = np.random.default_rng(6)
    votes = np.argsort(rng.random((200, 60)) + np.linspace(0, 0.5, 60), axis=1)
    for rule in ("cc", "pav"):
        made = committee(votes, 8, rule=rule)
        assert made.guarantees == ("best: proven by an integer programme",)


def test_what_is_not_proven_has_a_bound() -> None:
    rng = np.random.default_rng(7)
    votes = np.argsort(rng.random((300, 80)), axis=1)
    made = committee(votes, 10, rule="pav")
    assert "greedy" in made.guarantees[0]
    assert made.bound[0] > made.value[0]
    assert made.flags["not proven"].all()


# Bounds.


@pytest.mark.parametrize(
    ("k", "lower", "upper", "argument", "words"),
    [
        (3, {"A": 2, "B": 2}, None, "lower", "asks for 4 in a committee of 3"),
        (3, None, {"A": 1, "B": 1}, "upper", "leaves room for 2 in a committee of 3"),
        (3, {"A": 2}, {"A": 1}, "lower", "more than its upper bound 1"),
        (3, {"B": 4}, None, "lower", "which has 3"),
    ],
    ids=["sheet05-sum-lower", "sheet05-sum-upper", "sheet05-lower-upper", "sheet05-size"],
)
def test_infeasible_bounds_name_group_and_numbers(
    k: int, lower: dict[str, int] | None, upper: dict[str, int] | None, argument: str, words: str
) -> None:
    with pytest.raises(InfeasibleError, match=words) as problem:
        committee(VOTES, k, groups=GROUPS, lower=lower, upper=upper)
    assert problem.value.argument == argument


def test_proportional_bounds() -> None:
    assert proportional_bounds(pl.Series(list("aaabcc")), 4) == {"a": 2, "b": 1, "c": 1}
    assert proportional_bounds(pl.Series(list("ab")), 1) == {"a": 1, "b": 0}
    made = committee(VOTES, 2, groups=GROUPS, proportional=True)
    assert made.groups()["members"].to_list() == [1, 1]


def test_prices() -> None:
    made = committee(VOTES, 3, groups=GROUPS, lower={"B": 2})
    assert made.price[0] == pytest.approx(76 / 54)
    assert price_of(1, 0) == inf
    zero = committee([[0, 1, 2]] * 2, 1, score="sntv", groups=list("xyy"), lower={"y": 1})
    assert zero.price[0] == inf
    whole = committee(VOTES, 6, groups=GROUPS)
    assert sorted(whole.members) == list("012345")
    assert whole.price[0] == 1


# Bad input.


@pytest.mark.parametrize(
    ("votes", "k", "options", "argument", "words"),
    [
        pytest.param(VOTES, 0, {}, "k", "from 1 to 6", id="sheet05-k0"),
        pytest.param(VOTES, 7, {}, "k", "from 1 to 6", id="sheet05-k7"),
        pytest.param([[0, 1, 1]], 1, {}, "rankings", "candidate 1 stands twice .*voter row 0", id="sheet05-twice"),
        pytest.param(
            [[0, 1], [0, 5]], 1, {"candidates": "ab"}, "rankings", "no candidate 5 .*voter row 1", id="sheet05-unknown"
        ),
        pytest.param(VOTES, 2, {"groups": ["x"]}, "groups", "each of 6", id="sheet05-groups"),
        pytest.param(VOTES, 2, {"groups": GROUPS, "lower": {"C": 1}}, "bounds", "'C'", id="sheet05-bounds"),
        pytest.param(VOTES, 2, {"lower": {"C": 1}}, "groups", "needed", id="bounds-without-groups"),
        pytest.param(VOTES, 2, {"score": [0, 1, 0, 0, 0, 0]}, "not monotone", "rise", id="sheet05-rising"),
        pytest.param(VOTES, 2, {"score": [1, 0, 0, 0, 0, -1]}, "not monotone", "negative", id="sheet05-negative"),
        pytest.param([], 1, {}, "rankings", "no ballot", id="sheet05-none"),
        pytest.param(VOTES, 2, {"weights": [0] * 7}, "weights", "all 0", id="sheet05-weights"),
        pytest.param(VOTES, 2, {"weights": [1]}, "weights", "each of 7", id="weights-length"),
        pytest.param(VOTES, 2, {"weights": [-1] + [1] * 6}, "weights", "negative", id="weights-negative"),
        pytest.param(VOTES, 2, {"rule": "max"}, "rule", "must be one of", id="rule"),
        pytest.param(VOTES, 2, {"rule": [1, -1]}, "rule", "negative", id="rule-negative"),
        pytest.param(VOTES, 2, {"rule": [1]}, "rule", "each of 2", id="rule-length"),
        pytest.param(VOTES, 2, {"solver": "luck"}, "solver", "must be one of", id="solver"),
        pytest.param([[0.5, 1]], 1, {}, "rankings", "whole numbers", id="fractions"),
        pytest.param(VOTES, 2, {"proportional": True}, "groups", "needed", id="proportional"),
    ],
)
def test_bad_input_is_named(
    votes: list[list[int]], k: int, options: dict[str, object], argument: str, words: str
) -> None:
    with pytest.raises(InputError, match=words) as problem:
        committee(votes, k, **options)  # type: ignore[arg-type]
    assert problem.value.argument == argument


def test_weights_that_rise_are_listed_and_said() -> None:
    made = committee(VOTES, 2, rule=[1, 2])
    table = candidate_scores(ballots(VOTES), place_scores("borda", 6, 2))
    best = max(committee_value(table, np.ones(7), np.array([1.0, 2.0]), one) for one in combinations(range(6), 2))
    assert made.value[0] == pytest.approx(best)
    assert "rise" in made.provenance.notes[0]
    with pytest.raises(InputError) as problem:
        committee(VOTES, 2, rule=[1, 2], solver="greedy")
    assert problem.value.argument == "rule"


# Biases.


def test_swaps_part_the_groups_entirely() -> None:
    rng = np.random.default_rng(8)
    votes = np.argsort(rng.random((60, 12)), axis=1)
    down = rng.permutation(12) < 6
    for phi in (0.5, 0.0001, 1.0):
        made = bias_by_swaps(votes, down, share=1.0, phi=phi, rng=1).biased
        assert not down[made[:, :6]].any()
    assert (bias_by_swaps(votes, down, share=0.0, rng=1).biased == votes).all()
    half = bias_by_swaps(votes, down, share=0.5, rng=1).biased
    assert 0 < down[half[:, :6]].mean() < down[votes[:, :6]].mean()
    old = bias_by_swaps(votes, down, share=1.0, legacy=True, rng=1).biased
    assert down[old[:, :6]].any()


def test_a_distant_pair_does_not_underflow() -> None:
    votes = np.concatenate([[0], np.arange(2, 120), [1]])[None, :]
    down = np.zeros(120, dtype=bool)
    down[0] = True
    made = bias_by_swaps(votes, down, share=1.0, phi=0.0001, rng=0).biased
    assert made[0, -1] == 0


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: bias_by_utility([1, 1], [True, False], theta=0, voters=3), "theta"),
        (lambda: bias_by_utility([1, 1], [True, False], theta=1.5, voters=3), "theta"),
        (lambda: bias_by_utility([1, -1], [True, False], theta=0.5, voters=3), "values"),
        (lambda: bias_by_utility([1, 1], [True], theta=0.5, voters=3), "disadvantaged"),
        (lambda: bias_by_swaps([[0, 1]], [True, False], share=0.5, phi=0), "phi"),
        (lambda: bias_by_swaps([[0, 1]], [True, False], share=0.5, phi=2), "phi"),
        (lambda: bias_by_swaps([[0, 0]], [True, False], share=0.5), "rankings"),
        (lambda: bias_by_swaps([[0, 1]], [True, False], share=2), "share"),
    ],
    ids=["sheet05-theta0", "sheet05-theta", "values", "mask", "sheet05-phi0", "sheet05-phi", "ballots", "share"],
)
def test_biases_out_of_range(call: object, argument: str) -> None:
    with pytest.raises(InputError) as problem:
        call()  # type: ignore[operator]
    assert problem.value.argument == argument


RECOVERY = {
    (0.3, 10): ((0.54, 0.56), (0.77, 0.78), (0.93, 0.97)),
    (0.3, 100): ((0.57, 0.58), (0.83, 0.94), (0.94, 0.99)),
    (0.3, 1000): ((0.57, 0.62), (0.84, 0.97), (0.94, 0.99)),
    (0.7, 10): ((0.56, 0.55), (0.87, 0.90), (0.96, 0.96)),
    (0.7, 100): ((0.73, 0.77), (0.93, 0.97), (0.97, 0.99)),
    (0.7, 1000): ((0.74, 0.97), (0.93, 0.99), (0.98, 1.00)),
}


@pytest.mark.parametrize("theta", [pytest.param(t, id=f"sheet05-recovery-{t}") for t in (0.3, 0.7)])
def test_bounds_bring_quality_back(theta: float) -> None:
    plan = rankings_needed(50, 10, theta=theta, lower=5, rankings=(10, 100, 1000), repeats=20, rng=5)
    for row in plan.curve.iter_rows(named=True):
        place = ("sntv", "bloc", "borda").index(row["score"])
        free, fair = RECOVERY[(theta, row["rankings"])][place]
        within = 0.1 if row["score"] == "sntv" or row["rankings"] == 10 else 0.05
        assert row["free"] == pytest.approx(free, abs=within)
        assert row["fair"] == pytest.approx(fair, abs=within)
    assert plan.needed["borda"] is not None
    assert plan.needed["borda"] <= 100
    if theta == 0.7:
        assert plan.needed["sntv"] == 1000


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0], ids=lambda s: f"sheet05-swaps-{s}")
def test_swaps_cost_and_bounds_bring_back(share: float) -> None:
    rng = np.random.default_rng(51)
    found: dict[str, list[tuple[float, float]]] = {"sntv": [], "bloc": [], "borda": []}
    for _ in range(24):
        down = rng.permutation(50) < 25
        votes = bias_by_utility(rng.random(50), down, theta=1.0, voters=25, rng=rng).latent
        biased = bias_by_swaps(votes, down, share=share, phi=0.5, rng=rng).biased
        own, seen = ballots(votes), ballots(biased, groups=np.where(down, "d", "a").tolist())
        for score in found:
            scores = place_scores(score, 50, 10)
            truth = total_scores(own, scores)
            best = np.sort(truth)[-10:].sum()
            free = truth[[int(i) for i in committee(seen, 10, score=score).members]].sum() / best
            fair = max(
                truth[[int(i) for i in committee(seen, 10, score=score, lower={"d": n}, upper={"d": n}).members]].sum()
                for n in range(0, 11, 2)
            )
            found[score].append((free, fair / best))
    expected = {"sntv": (0.48, 0.60, 0.12), "bloc": (0.76, 0.79, 0.07), "borda": (0.93, 0.995, 0.02)}
    for score, pairs in found.items():
        free, fair = np.mean(pairs, axis=0)
        if share == 0:
            assert free == pytest.approx(1)
            continue
        assert free == pytest.approx(expected[score][0], abs=expected[score][2])
        assert fair == pytest.approx(expected[score][1], abs=expected[score][2])


def test_borda_is_smooth_and_first_places_are_not_sheet05_smoothness() -> None:
    """sheet05-smoothness"""
    down = np.arange(10) % 2 == 1
    made = bias_by_utility(np.linspace(1, 0.1, 10), down, theta=0.5, voters=40_000, rng=2)
    groups = np.where(down, "d", "a").tolist()
    borda = smoothness(made.latent, made.biased, groups)
    assert borda.alpha == pytest.approx(0.075, abs=0.005)
    assert borda.gamma == pytest.approx(0.83, abs=0.03)
    assert smoothness(made.latent, made.biased, groups, beta=0.5).gamma == pytest.approx(0.50, abs=0.03)
    first = smoothness(made.latent, made.biased, groups, score="sntv")
    assert first.alpha < 1e-4
    assert first.needed > 1000 * borda.needed


def test_an_alpha_of_nothing_is_below_what_was_seen() -> None:
    found = smoothness([[0, 1, 2]] * 4, [[0, 1, 2]] * 4, list("aab"), score="sntv")
    assert (found.alpha, found.alpha_below, found.needed) == (0, 0.25, inf)
    assert "alpha below 0.25" in str(found)
    assert smoothness([[0, 1]] * 2, [[1, 0]] * 2, list("aa"), score="sntv").gamma == inf


# Tools.


def test_the_frontier_falls_from_the_free_committee() -> None:
    made = fairness_frontier(VOTES, 3, "B", groups=GROUPS, rng=0)
    assert made.curve["value"].to_list() == [76, 69, 54, 29]
    assert (made.free_members, made.knee) == (0, 0)
    assert (made.curve["low"] <= made.curve["high"]).all()
    with pytest.raises(InputError) as problem:
        fairness_frontier(VOTES, 3, "C", groups=GROUPS)
    assert problem.value.argument == "bounds"


def test_more_voters_are_steadier() -> None:
    rng = np.random.default_rng(9)
    made = bias_by_utility(np.linspace(1, 0.5, 10), np.zeros(10, dtype=bool), theta=1.0, voters=2000, rng=rng).latent
    few, many = (enough_rankings(made[:n], 3, rng=1) for n in (20, 2000))
    assert many["kept"].min() > few["kept"].max()
    assert many["advised"].to_list() == [True, False, False, False]


def test_a_gap_is_found_and_sized() -> None:
    rng = np.random.default_rng(10)
    down = np.arange(20) % 2 == 0
    made = bias_by_utility(rng.random(20) * 0 + 1, down, theta=0.6, voters=400, rng=rng)
    groups = np.where(down, "d", "a").tolist()
    found = group_gap(made.biased, "d", groups=groups, rng=1)
    assert found.gap > 2
    assert found.p < 0.001
    none = group_gap(made.latent, "d", groups=groups, rng=1)
    assert none.p > 0.05
    assert none.theta > 0.9 > found.theta


def test_a_voter_who_decides_is_named() -> None:
    votes = [[0, 1, 2]] * 2 + [[1, 0, 2]] * 2 + [[0, 2, 1]]
    made = committee_influence(votes, 1, score="sntv")
    assert made.row(0) == ("0", 0, "", "")
    by_candidate = committee_influence(votes, 1, of="candidate")
    assert by_candidate.filter(pl.col("candidate") == "0")["join"][0] == "1"
    with pytest.raises(InputError):
        committee_influence(votes, 1, most=3)


def test_leaving_out_a_candidate_moves_up_the_rest() -> None:
    from psephos.selection.committees.group_bias import _without_candidate

    rng = np.random.default_rng(11)
    votes = np.argsort(rng.random((5, 6)), axis=1)
    rest = _without_candidate(ballots(votes), 2)
    again = np.array([[i - (i > 2) for i in row if i != 2] for row in votes])
    np.testing.assert_array_equal(rest.low, ballots(again).low)


# Opinions, select, sureness.


def test_opinions_bring_weights_groups_and_tasks() -> None:
    columns: dict[str, list[object]] = {"voter": [], "candidate": [], "rank": [], "weight": [], "task": []}
    for v, vote in enumerate(VOTES):
        for place, who in enumerate(vote):
            row = (f"v{v}", f"c{who}", place + 1, 2.0, "t1" if v < 5 else "t2")
            for values, value in zip(columns.values(), row, strict=True):
                values.append(value)
    about = {"candidates": pl.DataFrame({"candidate": [f"c{i}" for i in range(6)], "group": GROUPS})}
    one = opinions_of(**{k: v for k, v in columns.items() if k != "task"}, about=about)  # type: ignore[arg-type]
    made = committee(one, 3, lower={"B": 2})
    assert made.members == ["c0", "c3", "c4"]
    assert made.value[0] == 108
    assert select(one, k=3, lower={"B": 2}).chosen == made.chosen
    several = committee(opinions_of(**columns, about=about), 2)  # type: ignore[arg-type]
    assert several.items.to_list() == ["t1", "t2"]
    assert several.table().height == 4
    assert several.queue().height == 2
    with pytest.raises(InputError):
        _ = several.members
    with pytest.raises(InputError, match="means nothing for committee") as problem:
        select(one, method="committee", alpha=0.3)
    assert problem.value.argument == "alpha"
    with pytest.raises(InputError, match="must be rankings"):
        select(samples(["q"], ["m"], [0], ["a"]), method="committee", k=1)


def test_every_candidate_has_its_reason() -> None:
    made = committee(VOTES, 3, groups=GROUPS, lower={"B": 2})
    reasons = dict(made.why("election").rows.select("answer", "reason").iter_rows())
    assert reasons["3"] == "taken at place 2: its group needs members; scores 14.0 over all ballots"
    assert reasons["1"] == "left out: scores 26.0 over all ballots"
    full = committee(VOTES, 3, groups=GROUPS, upper={"A": 1})
    assert "as many members as it may" in dict(full.why("election").rows.select("answer", "reason").iter_rows())["1"]
    assert made.to_dict()["committees"][0]["price"] == pytest.approx(76 / 54)


def test_sureness_is_that_of_resamples() -> None:
    sure = committee([[0, 1, 2, 3]] * 30, 2, repeats=50, rng=1)
    assert sure.sureness.tolist() == [1, 1, 0, 0]
    close = committee([[0, 1, 2]] * 10 + [[1, 0, 2]] * 10, 1, repeats=200, rng=1)
    assert 0.3 < close.sureness[0] < 0.8
    assert close.flags["tie"].all()
    quick = committee(np.argsort(np.random.default_rng(0).random((30, 8)), axis=1), 3, rule="cc", repeats=20, rng=1)
    assert quick.sureness.sum() == pytest.approx(3)


@pytest.mark.parametrize("engine", [1, 2])
def test_the_engine_changes_nothing(engine: int) -> None:
    options = {"theta": 0.5, "rankings": (5, 20), "judges": 200, "repeats": 4, "rng": 3}
    here, there = rankings_needed(10, 3, **options), rankings_needed(10, 3, **options, engine=engine)  # type: ignore[arg-type]
    assert here.curve.equals(there.curve)


@pytest.mark.parametrize("rule", ["separable", "cc", "pav"])
@pytest.mark.parametrize("solver", ["auto", "exact", "greedy"])
def test_only_ratios_of_weights_count(rule: str, solver: str) -> None:
    weights = np.array([3.0, 1.0, 2.0, 1.0, 1.0, 4.0, 1.0])
    made = [committee(VOTES, 3, rule=rule, solver=solver, weights=weights * k) for k in (1.0, 1e-13, 1e12)]
    for one, scale in zip(made, (1.0, 1e-13, 1e12), strict=True):
        assert one.members == made[0].members
        assert one.value[0] == pytest.approx(made[0].value[0] * scale)
        assert one.bound[0] == pytest.approx(made[0].bound[0] * scale)
        assert one.ties == made[0].ties


def test_bounds_by_numbers_are_those_of_the_groups_called_so() -> None:
    """A lower bound above the upper one cannot be kept, in whatever form the names of groups come."""
    votes, groups = [[0, 1, 2], [1, 0, 2]], [1, 2, 2]
    assert committee(votes, 2, groups=groups, lower={1: 1}, upper={2: 1}).members == ["0", "1"]  # type: ignore[dict-item]
    with pytest.raises(InfeasibleError, match="more than its upper bound 1"):
        committee(votes, 2, groups=groups, lower={2: 2}, upper={2: 1})  # type: ignore[dict-item]


def test_voters_that_do_not_count_are_not_drawn() -> None:
    """Of three ballots two weigh nothing or are alike: no resample may choose otherwise."""
    votes, weights = [[0, 1, 2], [0, 2, 1], [2, 1, 0]], [1.0, 1.0, 0.0]
    assert committee(votes, 1, weights=weights, repeats=50).sureness.tolist() == [1, 0, 0]
    assert enough_rankings(votes, 1, weights=weights, rng=0, repeats=50)["same"].to_list() == [1] * 4
    one = fairness_frontier(votes, 1, "a", groups=["a", "b", "b"], weights=[0, 0, 1], rng=0)
    assert one.curve["value"].to_list() == [2, 0]
    assert one.curve["low"].to_list() == [None, None]
    alone = committee([[0, 1, 2]], 1, repeats=20)
    assert np.isnan(alone.sureness).all()
    assert "single ballot" in alone.provenance.notes[0]
    with pytest.raises(InputError) as problem:
        enough_rankings(votes, 1, weights=[0, 0, 1])
    assert problem.value.argument == "rankings"


def test_ballots_without_a_task_are_an_election_of_their_own() -> None:
    votes = opinions_of(["v", "v", "w", "w"], ["x", "y", "x", "y"], [1, 2, 2, 1], task=["t", "t", None, None])
    made = committee(votes, 1)
    assert dict(zip(made.items, made.chosen, strict=True)) == {"t": ["x"], "election": ["y"]}
    assert made.facts["ballots"].tolist() == [1, 1]


def test_many_committees_that_tie_are_cut_and_said_sheet92() -> None:
    """sheet92: of eight candidates whom all rank alike, 56 committees of three are worth as much."""
    ring = [[(start + step) % 8 for step in range(8)] for start in range(8)]
    for solver in ("exact", "auto"):
        made = committee(ring, 3, solver=solver)
        assert len(made.ties[0]) <= 20
        said = dict(made.summary())["ties"]
        assert said.startswith("at least " if len(made.ties[0]) == 20 else f"{len(made.ties[0])} ")
    few = committee([[0, 1], [1, 0]], 1, solver="exact")
    assert dict(few.summary())["ties"].startswith("1 other")
