"""Every method can leave out a part of its data, say what each part adds to a score, and name who moved a candidate."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.opinions import Ranking, battles
from psephos.ranking import (
    BattleTable,
    ScoreTable,
    borda,
    bradley_terry,
    coded_battles,
    elo,
    kemeny,
    newman,
    rank,
    rank_by_ability,
    score_table,
    simulate_responses,
)
from psephos.ranking.by_method import BATTLE_METHODS, METHODS

NAMES = list("abcdef")
TASKS = ["t0", "t1", "t2", "t3", "t4"]


def scores(best: float = 1.5) -> ScoreTable:
    """Right or wrong of six candidates on five tasks of thirty items each."""
    rng = np.random.default_rng(7)
    ability = np.linspace(best, -best, 6)[:, None]
    parts = [(rng.random((6, 30)) < 1 / (1 + np.exp(-ability + rng.normal(size=30)))) * 1.0 for _ in TASKS]
    return score_table(parts, candidates=NAMES, tasks=TASKS)


def votes(n: int = 1200, voters: int = 4, seed: int = 3) -> dict[str, npt.NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    left = rng.integers(0, 6, n)
    right = (left + rng.integers(1, 6, n)) % 6
    strength = np.linspace(1, -1, 6)
    wins = rng.random(n) < 1 / (1 + np.exp(strength[right] - strength[left]))
    outcome = np.where(rng.random(n) < 0.2, 2 + (rng.random(n) < 0.3), np.where(wins, 0, 1))
    return {"left": left, "right": right, "outcome": outcome, "voter": rng.integers(0, voters, n)}


def table_of(data: dict[str, npt.NDArray[np.int64]], *, voters: bool = True) -> BattleTable:
    given = data if voters else {name: part for name, part in data.items() if name != "voter"}
    return coded_battles(**given, candidates=NAMES)


def options_of(method: str, n: int) -> dict[str, Any]:
    length = np.random.default_rng(0).normal(size=n)
    more: dict[str, dict[str, Any]] = {
        "style-control": {"covariates": {"length": length}},
        "swiss": {"n_sim": 2000},
        "newman": {"prior": 0.0},
        "paired": {"repeats": 50},
    }
    return more.get(method, {})


@pytest.mark.parametrize("method", sorted(METHODS))
def test_each_method_of_scores_leaves_out_each_task(method: str) -> None:
    made = rank(scores(), method=method, rng=0, **options_of(method, 0))
    assert made.units.to_list() == TASKS
    found = made.leave_one_out()
    assert found.height == len(TASKS)
    assert found["tau"].null_count() == 0
    alone = rank(scores().without(2), method=method, rng=0, **options_of(method, 0))
    np.testing.assert_allclose(made.without("t2").scores, alone.scores, rtol=0, atol=1e-9)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_each_method_of_scores_says_what_each_task_adds(method: str) -> None:
    made = rank(scores(), method=method, rng=0, **options_of(method, 0))
    assert made.contributions is not None
    np.testing.assert_allclose(made.contributions.sum(axis=0), made.scores, rtol=0, atol=1e-9)


@pytest.mark.parametrize("voters", [True, False], ids=["voters", "opponents"])
@pytest.mark.parametrize("method", sorted(BATTLE_METHODS))
def test_each_method_of_battles_leaves_out_each_voter_or_opponent(method: str, voters: bool) -> None:
    data = votes()
    made = rank(table_of(data, voters=voters), method=method, rng=0, **options_of(method, 1200))
    assert made.unit == ("voter" if voters else "opponent")
    found = made.leave_one_out()
    assert found.height == len(made.units)
    assert found["tau"].null_count() == 0
    gone = data["voter"] == 1 if voters else (data["left"] == 1) | (data["right"] == 1)
    options = options_of(method, 1200)
    if method == "style-control":
        options = {"covariates": {name: values[~gone] for name, values in options["covariates"].items()}}
    rest = {name: part[~gone] for name, part in data.items()}
    alone = rank(table_of(rest, voters=voters), method=method, rng=0, **options)
    np.testing.assert_allclose(made.without(str(made.units[1])).scores, alone.scores, rtol=0, atol=1e-6)


@pytest.mark.parametrize("voters", [True, False], ids=["voters", "opponents"])
@pytest.mark.parametrize("method", sorted(BATTLE_METHODS))
def test_each_method_of_battles_says_what_each_voter_or_opponent_adds(method: str, voters: bool) -> None:
    made = rank(table_of(votes(), voters=voters), method=method, rng=0, **options_of(method, 1200))
    assert made.contributions is not None
    centre = 0.0 if method in ("eigenvector", "win-rate") else 1000.0
    np.testing.assert_allclose(np.nansum(made.contributions, axis=0) + centre, made.scores, rtol=0, atol=1e-5)
    if not voters:
        assert np.isnan(np.diag(made.contributions)).all()


@pytest.mark.parametrize("order", ["file", "average"])
def test_compiled_and_plain_elo_split_alike(order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of(votes(600))
    plain = elo(table, order=order, repeats=10, rng=0)
    # The function hides the module of the same name.
    monkeypatch.setattr(sys.modules["psephos.ranking.pairwise.elo"], "COMPILED", 1)
    compiled = elo(table, order=order, repeats=10, rng=0)
    np.testing.assert_allclose(plain.contributions, compiled.contributions, rtol=0, atol=1e-9)  # type: ignore[arg-type]


@given(st.integers(0, 2**32 - 1))
def test_parts_do_not_depend_on_sides_and_order_of_battles(seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = votes(200, seed=5)
    order = rng.permutation(200)
    flip = rng.random(200) < 0.5
    turned = {
        "left": np.where(flip, data["right"], data["left"])[order],
        "right": np.where(flip, data["left"], data["right"])[order],
        "outcome": np.where(flip & (data["outcome"] < 2), 1 - data["outcome"], data["outcome"])[order],
        "voter": data["voter"][order],
    }
    one, other = (bradley_terry(table_of(each), repeats=0, rng=0).contributions for each in (data, turned))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)  # type: ignore[arg-type]


@pytest.mark.parametrize("model", ["rasch", "1pl", "2pl", "3pl"])
@pytest.mark.parametrize("holes", [0.0, 0.2], ids=["complete", "holes"])
def test_items_of_one_topic_add_up_to_the_ability(model: str, holes: float) -> None:
    rng = np.random.default_rng(1)
    right = simulate_responses(40, 1, 60, wrong_keys=0, rng=25).responses.right.copy()
    right[rng.random(right.shape) < holes] = np.nan
    made = rank_by_ability(right, model=model, errors="none", rng=0)
    assert made.unit == "item"
    assert made.contributions is not None
    assert np.array_equal(np.isnan(made.contributions.T), np.isnan(right))
    total = np.nansum(made.contributions, axis=0) - made.fits[0].shift
    np.testing.assert_allclose(total, made.scores, rtol=0, atol=1e-4)


def test_items_add_up_to_the_joint_ability_too() -> None:
    right = simulate_responses(40, 1, 60, wrong_keys=0, rng=25).responses.right
    made = rank_by_ability(right, estimate="joint", model="2pl", errors="none", rng=0)
    assert made.contributions is not None
    np.testing.assert_allclose(made.contributions.sum(axis=0) - made.fits[0].shift, made.scores, rtol=0, atol=1e-6)


def test_newman_keeps_the_part_of_its_prior_apart() -> None:
    made = newman(table_of(votes()), prior=50.0, repeats=0, rng=0)
    assert made.contributions is not None
    held = made.scores - 1000 - np.nansum(made.contributions, axis=0)
    # The prior pulls everyone towards the middle: what it takes has the sign of the strength.
    assert (np.sign(-held) == np.sign(made.scores - 1000)).all()


def turned_on(table: ScoreTable, task: int) -> ScoreTable:
    """The same with everything on one task the other way round."""
    assert table.instances is not None
    parts = list(table.instances)
    parts[task] = 1 - parts[task]
    means = np.column_stack([part.mean(axis=1) for part in parts])
    return replace(table, instances=tuple(parts), scores=means)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_the_task_that_differs_is_named(method: str) -> None:
    alike = scores(0.2)
    here, there = (rank(one, method=method, rng=0, **options_of(method, 0)) for one in (alike, turned_on(alike, 3)))
    found = here.compare(there).table().filter(pl.col("shift") != 0)
    assert len(found)
    # In a tournament who meets whom later depends on it too.
    assert set(found["moved_by"]) <= ({"t3", "t4"} if method == "swiss" else {"t3"})


def test_where_points_and_kemeny_differ_the_voters_of_the_majority_are_named() -> None:
    """Three say A > B > C, two B > C > A: B has most points, A the majority."""
    ballots = score_table(
        [[3, 3, 3, 1, 1], [2, 2, 2, 3, 3], [1, 1, 1, 2, 2]],
        candidates=["A", "B", "C"],
        tasks=["one", "two", "three", "four", "five"],
    )
    points, least = borda(ballots, rng=0), kemeny(ballots, rng=0)
    for here, there, names in ((points, least, {"one"}), (least, points, {"four"})):
        found = here.compare(there).table().filter(pl.col("shift") != 0)
        assert set(found["candidate"]) == {"A", "B"}
        assert set(found["moved_by"]) == names
        assert found["part"].null_count() == 2


@pytest.mark.parametrize("method", sorted(BATTLE_METHODS))
def test_a_voter_with_a_favourite_is_found(method: str) -> None:
    data = votes()
    rng = np.random.default_rng(1)
    n = 500
    other = rng.integers(0, 5, n)
    fans = {
        "left": np.full(n, 5),
        "right": other,
        "outcome": np.zeros(n, dtype=np.int64),
        "voter": np.full(n, 4),
    }
    mixed = {name: np.concatenate([data[name], fans[name]]) for name in data}
    options = options_of(method, 1200 + n)
    with_fan = rank(table_of(mixed), method=method, rng=0, **options)
    found = with_fan.without("4").compare(with_fan).table()
    moved = found.filter(found["candidate"] == "f").row(0, named=True)
    assert moved["shift"] > 0
    assert moved["moved_by"] == "4"


def test_a_task_is_a_topic() -> None:
    """Methods that call the same part of the data by two names are compared by it."""
    here, there = borda(scores(0.2), rng=0), rank_by_ability(turned_on(scores(0.2), 3), errors="none", rng=0)
    assert (here.unit, there.unit) == ("task", "topic")
    found = here.compare(there).table().filter(pl.col("shift") != 0)
    assert len(found)
    assert set(found["moved_by"]) == {"t3"}


def test_battles_that_fall_apart_without_a_voter_are_said_to() -> None:
    """Without v only b against c is left, which b always won: there is no strength to rank by."""
    made = bradley_terry(
        battles(
            ["a"] * 40 + ["b"] * 40,
            ["b"] * 40 + ["c"] * 40,
            ["left", "right"] * 20 + ["left"] * 40,
            voter=["v"] * 40 + ["w"] * 40,
        ),
        rng=0,
    )
    found = made.leave_one_out()
    assert found["voter"].to_list() == ["v", "w"]
    assert found["leader"].is_null().to_list() == [True, False]
    assert found["no_order"].is_null().to_list() == [False, True]


@pytest.mark.parametrize("make", [bradley_terry, elo])
def test_two_candidates_without_voters_have_nothing_to_leave_out(make: Callable[..., Ranking]) -> None:
    made = make(battles(["x"] * 40, ["y"] * 40, ["left"] * 30 + ["right"] * 10), rng=0)
    assert made.unit == ""
    assert made.refit is None
    assert made.contributions is None
