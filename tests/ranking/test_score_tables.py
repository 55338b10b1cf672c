"""Which opinions hold scores of candidates on tasks, and how they become a table."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from psephos.errors import InputError
from psephos.opinions import from_frame, labels, rankings, results, scores
from psephos.ranking import borda, responses, score_table
from psephos.ranking.score_tables import turned_results


def test_results_with_one_item_a_task_are_a_table() -> None:
    made = score_table(results(["a", "b", "a"], ["q", "q", "r"], [1, 0, 0.5], task=["x", "x", "y"]))
    assert made.tasks.to_list() == ["x", "y"]
    assert made.instances is None
    np.testing.assert_array_equal(made.scores, [[1, 0.5], [0, np.nan]])


def test_results_with_items_are_instances() -> None:
    made = score_table(results(list("abab"), list("qqrr"), [1, 0, 1, 1], task=["x"] * 4))
    assert str(made) == "2 candidates on 1 task, 2 to 2 instances each"
    assert made.scores.tolist() == [[1], [0.5]]


def test_metrics_are_tasks_and_runs_are_averaged() -> None:
    made = score_table(
        results(
            ["a", "a", "b", "a", "b"],
            ["q"] * 5,
            [1.0, 0.0, 1.0, 3.0, 4.0],
            task=["x"] * 5,
            metric=["f1", "f1", "f1", "bleu", "bleu"],
            run=["1", "2", "1", "1", "1"],
        )
    )
    assert sorted(made.tasks) == ["x / bleu", "x / f1"]
    assert sorted(made.scores[0]) == [0.5, 3.0]
    assert "1 score is a mean of several runs" in made.notes[0]


def test_the_table_about_tasks_says_directions_and_weights() -> None:
    about = {"tasks": pl.DataFrame({"task": ["err", "acc"], "higher_is_better": [False, True], "weight": [1.0, 3.0]})}
    opinions = results(["a", "b", "a", "b"], ["q"] * 4, [1, 2, 5, 4], task=["err", "err", "acc", "acc"], about=about)
    made = borda(opinions, repeats=0)
    assert made.scores.tolist() == [4, 0]
    bad = {"tasks": pl.DataFrame({"task": ["err"], "higher_is_better": ["maybe"]})}
    with pytest.raises(InputError) as problem:
        score_table(results(["a", "b"], ["q", "q"], [1, 2], task=["err", "err"], about=bad))
    assert problem.value.argument == "higher_is_better"


def test_ratings_rank_the_rated() -> None:
    made = borda(scores(["p", "q", "p", "q"], ["ann", "ann", "bob", "bob"], [3, 4, 1, 5]), repeats=0)
    assert made.names == ["q", "p"]
    assert made.unit == "voter"


def test_rankings_are_orders_with_weights() -> None:
    ballots = rankings(["ann", "ann", "bob", "bob"], list("xyxy"), [1, 2, 2, 1], weight=[1, 1, 3, 3])
    assert borda(ballots, repeats=0).scores.tolist() == [1, 3]
    with pytest.raises(InputError, match="different weights") as problem:
        borda(rankings(["ann", "ann"], list("xy"), [1, 2], weight=[1, 2]))
    assert problem.value.argument == "weight"


def test_an_absent_candidate_is_missing_not_last() -> None:
    ballots = rankings(["ann", "ann", "bob", "bob"], ["x", "y", "x", "z"], [1, 2, 1, 2])
    assert borda(ballots, holes="available", repeats=0).scores.tolist() == [1, 0, 0]


def test_other_opinions_are_refused() -> None:
    with pytest.raises(InputError, match="orders are made of") as problem:
        score_table(labels(["a"], ["v"], ["x"]))
    assert problem.value.argument == "opinions"


def test_tasks_must_have_the_same_systems() -> None:
    with pytest.raises(InputError, match="row per candidate") as problem:
        score_table([np.ones((2, 3)), np.ones((3, 3))])
    assert problem.value.argument == "scores"
    with pytest.raises(InputError, match="candidate b, task t, instance 1"):
        score_table([[[1, 2], [3, "x"]]], candidates=["a", "b"], tasks=["t"])


def test_rows_without_a_task_are_a_task_of_their_own() -> None:
    """Neither direction nor weight of another task is theirs, nor its topic."""
    about = {"tasks": pl.DataFrame({"task": ["t", "u"], "higher_is_better": [True, False], "weight": [1.0, 5.0]})}
    task = ["t", "t", None, None, "u", "u"]
    opinions = results(["a", "b"] * 3, ["i", "i", "j", "j", "k", "k"], [1, 0, 1, 0, 0, 1], task=task, about=about)
    made = score_table(opinions)
    assert made.tasks.to_list() == ["no task", "t", "u"]
    assert made.scores.tolist() == [[1, 1, 0], [0, 0, -1]]
    assert made.weights.tolist() == [1, 1, 5]
    rows = [(f"m{i}", f"q{j}", [None, "x", "y"][j // 6], (i + j) % 2) for i in range(4) for j in range(18)]
    candidate, item, topic, score = map(list, zip(*rows, strict=True))
    asked = responses(results(candidate, item, score, task=topic))
    by_name = dict(zip(asked.items, asked.topics.gather(asked.topic), strict=True))
    assert [by_name[name] for name in ("q0", "q6", "q12")] == ["no topic", "x", "y"]


def test_directions_that_are_given_stand_above_those_told():
    """Not turned twice: a table about tasks, rows and the caller may all say that lower is better."""
    about = {"tasks": pl.DataFrame({"task": ["err"], "higher_is_better": [False]})}
    made = results(["a", "b"], ["q", "q"], [0.1, 0.2], task=["err", "err"], about=about)
    assert score_table(made).scores.tolist() == [[-0.1], [-0.2]]
    assert score_table(made, higher_is_better=[False]).scores.tolist() == [[-0.1], [-0.2]]
    assert score_table(made, higher_is_better=[True]).scores.tolist() == [[0.1], [0.2]]


def test_rows_without_tasks_say_their_direction_too():
    frame = pl.DataFrame(
        {
            "candidate": ["a", "b"] * 2,
            "item": ["p", "p", "q", "q"],
            "score": [1.0, 2, 3, 4],
            "higher_is_better": [False, False, True, True],
        }
    )
    made = from_frame(frame, kind="results")
    assert score_table(made).scores.tolist() == [[-1, 3], [-2, 4]]
    assert score_table(turned_results(made, ["q"])).scores.tolist() == [[-1, -3], [-2, -4]]


def test_one_metric_of_a_task_is_turned():
    made = results(["a", "b"] * 2, ["x"] * 4, [1.0, 2, 3, 4], task=["t"] * 4, metric=["acc", "acc", "loss", "loss"])
    table = score_table(turned_results(made, ["t / loss"]))
    assert dict(zip(table.tasks.to_list(), table.scores.T.tolist(), strict=True)) == {
        "t / acc": [1, 2],
        "t / loss": [-3, -4],
    }
