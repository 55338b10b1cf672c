"""What hangs on alpha: breakpoints against the rule itself, the tuned alpha against a plain loop."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.opinions import samples
from psephos.selection import alpha_breakpoints, best_of_majority, tune_alpha
from psephos.selection.alpha_tuning import GRID

ANSWERS = [7, 7, 7, 7, 9, 9, 9, 12, 12, 3]
REWARDS = [0.2, 0.4, 0.3, 0.3, 0.8, 0.5, 0.6, 0.7, 0.6, 0.99]

QUESTIONS = st.lists(
    st.lists(
        st.tuples(st.sampled_from([None, "a", "b", "c", "d", "e"]), st.sampled_from([0.1, 0.3, 0.5, 0.9])),
        min_size=1,
        max_size=15,
    ),
    min_size=1,
    max_size=4,
)


def test_sheet03_breakpoints_by_hand():
    found = alpha_breakpoints(ANSWERS, REWARDS)
    expected = [(0.0, 0.1, "3"), (0.1, 0.2, "12"), (0.2, 0.3, "9"), (0.3, 0.4, "7"), (0.4, 1.0, None)]
    assert found.winners("0") == [(pytest.approx(low), pytest.approx(high), answer) for low, high, answer in expected]
    assert found.table()["votes"].to_list() == [1, 2, 3, 4, 0]


def test_neighbours_with_the_same_winner_are_one():
    found = alpha_breakpoints(["a", "a", "a", "b", "c", "c"], [0.9, 0.9, 0.9, 0.1, 0.2, 0.2])
    assert found.winners(0) == [(0.0, 0.5, "a"), (0.5, 1.0, None)]
    assert alpha_breakpoints(["a"], [1]).winners("0") == [(0.0, 1.0, "a")]
    assert alpha_breakpoints([[None], ["a"]], [[1], [1]]).winners("0") == [(0.0, 1.0, None)]


@given(QUESTIONS, st.sampled_from(["mean", "sum", "max", "median"]), st.sampled_from(["all", "valid"]))
def test_inside_each_interval_the_rule_takes_its_winner(questions, reward_agg, denominator):
    answers = [[answer for answer, _ in question] for question in questions]
    rewards = [[reward for _, reward in question] for question in questions]
    options = {"reward_agg": reward_agg, "denominator": denominator}
    table = alpha_breakpoints(answers, rewards, **options).table()
    for item, question in enumerate(answers):
        rows = table.filter(item=str(item))
        assert rows["low"][0] == 0
        assert rows["high"][-1] == 1
        assert rows["low"][1:].to_list() == rows["high"][:-1].to_list()
        winners = rows["answer"].to_list()
        assert all(one != other for one, other in pairwise(winners))
        for low, high, answer in rows.select("low", "high", "answer").iter_rows():
            for alpha in ((low + high) / 2, high):
                found = best_of_majority(question, rewards[item], alpha=alpha, **options)
                if answer is None:
                    assert found.flags["empty gate"][0] or not any(question)
                else:
                    assert found.chosen == [[answer]]


def test_rewards_may_be_asked_for():
    found = alpha_breakpoints(["a", "a", "b"], {"a": 0.1, "b": 0.9})
    assert [answer for *_, answer in found.winners("0")] == ["b", "a", None]


def labelled(n_items=40, n=30, seed=0):
    """Questions on which a rare wrong answer has the best reward and the right one is seen often enough."""
    rng = np.random.default_rng(seed)
    answers, rewards = [], []
    for _ in range(n_items):
        drawn = rng.choice(["right", "wrong", "freak", "odd"], n, p=[0.3, 0.5, 0.06, 0.14])
        answers.append(drawn.tolist())
        score = {"right": 0.7, "wrong": 0.3, "freak": 0.95, "odd": 0.5}
        rewards.append([score[answer] + 0.1 * rng.standard_normal() for answer in drawn])
    return answers, rewards


@pytest.mark.parametrize("k", [1, 2])
def test_the_grid_is_the_rule_at_each_alpha(k):
    answers, rewards = labelled()
    tuned = tune_alpha(answers, rewards, ["right"] * 40, k=k, repeats=100)
    hits = np.array(
        [["right" in taken for taken in best_of_majority(answers, rewards, alpha=alpha, k=k).chosen] for alpha in GRID]
    )
    assert tuned.grid["pass_at_k"].to_list() == pytest.approx(hits.mean(axis=1).tolist())
    assert tuned.alpha == GRID[int(np.argmax(hits.mean(axis=1)))]
    left_out = []
    for item in range(40):
        others = np.delete(hits, item, axis=1).sum(axis=1)
        left_out.append(hits[int(np.argmax(others)), item])
    assert tuned.left_out.value == pytest.approx(np.mean(left_out))
    assert tuned.left_out.low <= tuned.left_out.value <= tuned.left_out.high
    assert (tuned.grid["low"] <= tuned.grid["pass_at_k"]).all()


def test_the_smallest_of_equal_alphas_is_taken():
    tuned = tune_alpha([["a", "a"], ["b", "b"]], [[1, 1], [1, 1]], ["a", "b"], grid=[0.5, 0.1, 0.2])
    assert tuned.alpha == 0.1
    assert tuned.grid["pass_at_k"].to_list() == [1, 1, 1]
    assert tuned.grid["low"][0] < 1  # two questions are no proof


def test_an_empty_gate_counts_with_its_fallback():
    tuned = tune_alpha([["a", "a", "b"]], [[0.1, 0.1, 0.9]], ["a"], grid=[0, 1])
    assert tuned.grid["pass_at_k"].to_list() == [0, 1]
    assert tuned.grid["empty"].to_list() == [0, 1]


def test_gold_comes_from_the_table_about_items_and_may_be_unknown():
    opinions = samples(
        ["q", "q", "r"],
        ["m"] * 3,
        [0, 1, 0],
        ["0.5", "2", "x"],
        reward=[0.9, 0.1, 0.5],
        about={"items": pl.DataFrame({"item": ["q"], "gold": ["1/2"]})},
    )
    tuned = tune_alpha(opinions, equivalence="number")
    assert (tuned.items, tuned.grid["pass_at_k"][0]) == (1, 1.0)
    json.dumps(tuned.to_dict(), allow_nan=False)
    assert "1 questions" in str(tuned)


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"grid": []}, "grid"),
        ({"grid": [2.0]}, "grid"),
        ({"grid": [float("nan")]}, "grid"),
        ({"gold": None}, "gold"),
        ({"gold": [None]}, "gold"),
        ({"gold": ["a", "b"]}, "gold"),
        ({"k": 0}, "k"),
        ({"reward_agg": "mode"}, "reward_agg"),
        ({"fill": "mode"}, "fill"),
        ({"denominator": "mode"}, "denominator"),
        ({"rewards": None}, "rewards"),
    ],
)
def test_bad_input_is_named(options, argument):
    given_options = {"answers": ["a", "b"], "rewards": [1, 2], "gold": ["a"], **options}
    with pytest.raises(InputError) as caught:
        tune_alpha(**given_options)
    assert caught.value.argument == argument


def test_breakpoints_of_an_unknown_item():
    with pytest.raises(InputError, match="no item 'x'"):
        alpha_breakpoints(["a"], [1]).winners("x")
