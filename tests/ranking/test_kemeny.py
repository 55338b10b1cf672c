"""The order that contradicts least: vectors, slow references, proofs, and the search where no proof is had."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from borda_vectors import XTREME_KEMENY, condorcet, holes, xtreme
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from psephos.errors import InputError
from psephos.ranking import borda, kemeny, mean_rank, mean_score
from psephos.ranking.kemeny_components import best_of_subsets, components
from psephos.ranking.kemeny_program import solve
from psephos.ranking.kemeny_search import search
from psephos.ranking.orders import cost_of


def test_a_leaderboard_sheet14_1() -> None:
    """sheet14-1"""
    made = kemeny(xtreme(), rng=0)
    assert (made.cost, made.pairwise_bound, made.co_optimal, made.optimal) == (42.5, 42.5, 42, True)
    assert made.names == XTREME_KEMENY
    assert mean_score(xtreme(), repeats=0).cost == pytest.approx(49.5)


@pytest.mark.parametrize(
    ("missing", "cost", "many"),
    [
        pytest.param("completion", 15.9, 12, id="sheet14-2-completion"),
        pytest.param("available", 12.5, 14, id="sheet14-2-available"),
    ],
)
def test_holes(missing: str, cost: float, many: int) -> None:
    made = kemeny(holes(), holes=missing, rng=0)
    assert made.cost == pytest.approx(cost, abs=1e-9)
    assert made.co_optimal == many
    assert made.names == list("CDBAE")
    assert set(made.possible_first) == {"C", "D"}
    assert mean_score(holes(), repeats=0).names == list("CBAED")


def test_the_majority_winner_comes_first_sheet14_3() -> None:
    """sheet14-3"""
    made = kemeny(condorcet(), rng=0)
    assert made.names == list("ABC")
    assert made.cost == 4


@given(arrays(np.float64, (5, 4), elements=st.sampled_from([0.0, 1.0, 2.0, float("nan")])))
def test_no_order_is_cheaper(scores: np.ndarray) -> None:
    made = kemeny(scores, repeats=0, rng=0)
    assert made.pairwise is not None
    costs = {order: cost_of(np.array(order), made.pairwise) for order in permutations(range(5))}
    least = min(costs.values())
    best = [order for order, cost in costs.items() if cost <= least + 1e-9]
    assert made.cost == pytest.approx(least)
    assert made.co_optimal == len(best)
    assert tuple(made.order.tolist()) in best
    assert {int(name) for name in made.possible_first} == {order[0] for order in best}
    assert sorted(made.ranks.tolist()) == [1, 2, 3, 4, 5]


@given(arrays(np.float64, (6, 5), elements=st.floats(0, 1, allow_nan=False)), st.permutations(range(6)))
def test_the_order_of_rows_does_not_matter(scores: np.ndarray, rows: list[int]) -> None:
    here = kemeny(scores, repeats=0)
    there = kemeny(scores[rows], repeats=0)
    assert (here.cost, here.co_optimal) == (pytest.approx(there.cost), there.co_optimal)


@pytest.mark.parametrize("seed", range(4))
def test_the_programme_agrees_with_the_subsets(seed: int) -> None:
    rng = np.random.default_rng(seed)
    votes = np.argsort(rng.random((7, 12)), axis=1)
    above = (votes[:, :, None] < votes[:, None, :]).sum(axis=0).astype(np.float64)
    exact = best_of_subsets(above, above.sum(axis=1))
    made = solve(above, np.arange(12), 60.0)
    assert made.cost == made.bound == exact.cost
    found = search(above, above.sum(axis=1), np.random.default_rng(0))
    assert exact.cost <= cost_of(found, above) <= 1.05 * exact.cost


def test_components_are_solved_one_by_one() -> None:
    """Two groups of three with a cycle each; the one beats the other."""
    cycle = np.array([[0, 2, 1], [1, 0, 2], [2, 1, 0.0]])
    above = np.block([[cycle, np.full((3, 3), 3.0)], [np.zeros((3, 3)), cycle]])
    assert [part.tolist() for part in components(above)] == [[0, 1, 2], [3, 4, 5]]
    scores = np.array([[6, 4, 5], [5, 6, 4], [4, 5, 6], [3, 1, 2], [2, 3, 1], [1, 2, 3]])
    made = kemeny(scores, repeats=0)
    assert made.co_optimal == 9
    assert made.cost == 8
    assert made.pairwise_bound == 6


def test_twenty_five_systems_on_fifty_tasks_are_proven() -> None:
    """One component of 25, as hard as it gets: no system is better than another."""
    made = kemeny(np.random.default_rng(0).normal(size=(25, 50)), repeats=0)
    assert made.optimal
    assert made.cost == made.bound > made.pairwise_bound
    assert made.co_optimal is None
    assert "too large to count" in " ".join(made.provenance.notes)


def test_what_is_not_proven_says_so() -> None:
    scores = np.random.default_rng(1).normal(size=(40, 11))
    fast = kemeny(scores, search_by="fast", repeats=0, rng=0)
    short = kemeny(scores, seconds=0, repeats=0, rng=0)
    for made in (fast, short):
        assert not made.optimal
        assert made.bound < made.cost
        assert "none costs less than" in str(made)
    assert "no proof within 0 s" in " ".join(short.provenance.notes)
    assert fast.cost <= borda(scores, repeats=0).cost


def test_intervals_come_from_tasks() -> None:
    made = kemeny(xtreme(), rng=0)
    assert made.spread is not None
    assert made.spread.first[0] > 0.5
    assert (made.spread.rank_low <= made.spread.rank_high).all()
    assert made.compare(borda(xtreme(), rng=0)).tau.value > 0.9
    assert "resamples start from one of 42 optimal orders" in str(made)


def test_one_optimal_order_has_nothing_to_say_of_others() -> None:
    made = kemeny([[3, 3, 3], [2, 2, 2], [1, 1, 1]], rng=0)
    assert made.co_optimal == 1
    assert "optimal orders" not in str(made)


def test_means_say_what_decides_them() -> None:
    made = mean_score([[0.9, 10], [0.8, 11], [0.7, 90]], rng=0)
    assert "task 1 has 100 % of the variance" in made.provenance.notes[0]
    assert "averaged over different tasks" in " ".join(mean_score(holes(), repeats=0).provenance.notes)
    assert mean_rank([[3, 1], [2, 3], [1, 2]], repeats=0).scores.tolist() == [-2, -1.5, -2.5]
    blank = mean_score([[1.0, 2.0], [float("nan")] * 2, [3.0, 1.0]], repeats=0)
    assert blank.reasons == {"1": "has no score"}


@pytest.mark.parametrize(("option", "value"), [("search_by", "best"), ("seconds", -1), ("holes", "drop")])
def test_bad_options_are_named(option: str, value: object) -> None:
    with pytest.raises(InputError) as problem:
        kemeny([[1, 2], [2, 1]], **{option: value})  # type: ignore[arg-type]
    assert problem.value.argument == option
