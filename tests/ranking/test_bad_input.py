"""What is wrong or odd with the input is defined, named or refused alike by every method."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from psephos.errors import InputError, SeparationError
from psephos.opinions import battles, rankings, results
from psephos.ranking import bradley_terry, coded_battles, davidson, rank, rao_kupper, score_table
from psephos.ranking.by_method import BATTLE_METHODS, METHODS, places_by_method
from psephos.selection import committee

NAN = float("nan")
OF_SCORES, OF_BATTLES = sorted(METHODS), sorted(BATTLE_METHODS)
FEW: dict[str, dict[str, Any]] = {
    "swiss": {"n_sim": 2000},
    "paired": {"repeats": 20},
    "item-response": {"errors": "none"},
    "style-control": {"side": True},
}


def options(method: str, **more: Any) -> dict[str, Any]:
    return {**FEW.get(method, {}), **more, "rng": 0}


def right_or_wrong(n: int = 6, items: int = 12, tasks: int = 3, seed: int = 4) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    ability = np.linspace(1, -1, n)[:, None]
    return [(rng.random((n, items)) < 1 / (1 + np.exp(rng.normal(size=items) - ability))) * 1.0 for _ in range(tasks)]


@pytest.mark.parametrize("method", OF_SCORES)
def test_a_cycle_of_scores_is_a_tie_or_a_named_choice(method: str) -> None:
    """A beats B beats C beats A, each once on three tasks: nobody is better."""
    cycle = np.array([[2.0, 1.0, 0.0], [0.0, 2.0, 1.0], [1.0, 0.0, 2.0]])
    if method == "item-response":  # of which there is one with a wrong answer each, turned round
        cycle = np.tile((cycle < 2) * 1.0, 4)
    made = rank(score_table(cycle, candidates=["A", "B", "C"]), method=method, **options(method))
    assert len(made.order) == 3
    if method == "kemeny":
        assert made.co_optimal == 3  # type: ignore[attr-defined]
        assert set(made.possible_first) == {"A", "B", "C"}  # type: ignore[attr-defined]
    else:
        # Of three, one has a bye in each round: there the order of the tasks decides, within half a point.
        np.testing.assert_allclose(made.scores, made.scores.mean(), atol=0.5 if method == "swiss" else 1e-6)


@pytest.mark.parametrize("method", OF_BATTLES)
def test_a_cycle_of_battles_is_a_tie(method: str) -> None:
    one = [("x", "y"), ("y", "z"), ("z", "x")] * 40
    # Each also stands right once in a while, so that the side and the candidates can be told apart.
    flipped = [(b, a) for a, b in one]
    left, right = zip(*one, *flipped, strict=True)
    votes = battles(left, right, ["left"] * len(one) + ["right"] * len(flipped))
    made = rank(votes, method=method, **options(method, **({"order": "average"} if method == "elo" else {})))
    assert len(made.order) == 3
    np.testing.assert_allclose(made.scores, made.scores.mean(), atol=3 if method == "elo" else 1e-6)


@pytest.mark.parametrize("method", OF_SCORES)
def test_two_candidates_of_one_name_are_refused(method: str) -> None:
    with pytest.raises(InputError, match="twice") as problem:
        rank(score_table(right_or_wrong(3), candidates=["A", "B", "A"]), method=method)
    assert problem.value.argument == "candidates"
    assert problem.value.where == "index 2"


def test_two_candidates_of_one_name_in_battles_are_refused() -> None:
    with pytest.raises(InputError, match="twice") as problem:
        coded_battles([0], [1], [0], candidates=["A", "A"])
    assert problem.value.argument == "candidates"


@pytest.mark.parametrize("method", OF_SCORES)
def test_two_results_of_one_candidate_on_one_item_are_one_or_refused(method: str) -> None:
    """The reader settles them: the same result counts once, contradicting ones do not count in silence."""
    rows = {
        "candidate": ["A", "A", "B", "C"] * 6,
        "item": np.repeat([f"i{k}" for k in range(6)], 4).tolist(),
        "score": [1, 1, 0, 1] * 3 + [0, 0, 1, 1] * 3,
    }
    found = results(**rows)
    assert found.issues.set_aside == 6
    made = rank(found, method=method, **options(method))
    assert sorted(made.names) == ["A", "B", "C"]


@pytest.mark.parametrize("method", OF_SCORES)
def test_a_hole_is_filled_left_out_or_refused_by_name(method: str) -> None:
    parts = right_or_wrong()
    parts[1][2, :] = NAN
    table = score_table(parts, candidates=list("ABCDEF"), tasks=["s", "t", "u"])
    if method == "swiss":
        with pytest.raises(InputError, match="C on t") as problem:
            rank(table, method=method, **options(method))
        assert problem.value.argument == "scores"
        assert "holes=" in (problem.value.hint or "")
        return
    made = rank(table, method=method, **options(method))
    assert not np.isnan(made.scores).any()
    assert sorted(made.names) == list("ABCDEF")
    if method == "paired":
        assert made.n_items == 24  # type: ignore[attr-defined]
        assert any("12 items" in note for note in made.provenance.notes)


@pytest.mark.parametrize("value", [float("inf"), -float("inf")], ids=["inf", "minus inf"])
@pytest.mark.parametrize("method", OF_SCORES)
def test_infinity_is_refused_with_its_place(method: str, value: float) -> None:
    scores = np.zeros((3, 4))
    scores[1, 2] = value
    with pytest.raises(InputError) as problem:
        rank(scores, method=method)
    assert problem.value.argument in ("scores", "responses")
    assert "1" in str(problem.value)
    assert "2" in str(problem.value)


@pytest.mark.parametrize("method", OF_SCORES)
def test_a_constant_benchmark_is_named_and_moves_nobody(method: str) -> None:
    parts = right_or_wrong()
    flat = np.ones((6, 12))
    names = ["s", "t", "u"]
    without = rank(score_table(parts, tasks=names), method=method, **options(method))
    table = score_table([*parts, flat], tasks=[*names, "flat"])
    made = rank(table, method=method, **options(method))
    assert made.names == without.names
    assert any("flat carries no information" in note for note in (*made.provenance.notes, *table.notes))


@pytest.mark.parametrize("method", OF_SCORES)
@pytest.mark.parametrize("answer", [1.0, 0.0], ids=["all solve", "nobody solves"])
def test_an_item_that_all_or_none_solve_moves_nobody(method: str, answer: float) -> None:
    parts = right_or_wrong()
    longer = [np.column_stack([parts[0], np.full(6, answer)]), *parts[1:]]
    one, other = (rank(score_table(each), method=method, **options(method)) for each in (parts, longer))
    assert np.isfinite(other.scores).all()
    if method not in ("mean", "mean-rank"):  # means of one task shrink a little against the others
        assert one.names == other.names


@pytest.mark.parametrize("method", [name for name in OF_SCORES if name != "item-response"])
def test_mixed_directions_are_those_of_turned_scores(method: str) -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(5, 4))
    directions = [True, False, True, False]
    turned = scores * np.where(directions, 1, -1)
    one = rank(score_table(scores, higher_is_better=directions), method=method, **options(method))
    other = rank(score_table(turned), method=method, **options(method))
    np.testing.assert_array_equal(one.scores, other.scores)
    assert one.names == other.names


def test_directions_stand_in_the_table_about_tasks_and_contradictions_are_named() -> None:
    rows = {"candidate": ["A", "B"] * 2, "item": ["i"] * 4, "task": ["t", "t", "u", "u"], "score": [1.0, 2.0, 1.0, 2.0]}
    about = {"tasks": pl.DataFrame({"task": ["t", "u"], "higher_is_better": ["false", "false"]})}
    assert rank(results(**rows, about=about), method="mean", rng=0).names == ["A", "B"]
    odd = {"tasks": pl.DataFrame({"task": ["t", "u"], "higher_is_better": ["maybe", "true"]})}
    with pytest.raises(InputError) as problem:
        rank(results(**rows, about=odd), method="mean")
    assert problem.value.argument == "higher_is_better"


@pytest.mark.parametrize("method", ["borda", "kemeny", "mean", "mean-rank", "paired"])
def test_a_voter_who_ranks_an_unknown_candidate_is_named(method: str) -> None:
    """The table about candidates does not know Z: its row counts, and it is said."""
    votes = rankings(
        ["u"] * 3 + ["v"] * 3,
        ["A", "B", "Z", "A", "B", "Z"],
        [1, 2, 3, 1, 3, 2],
        about={"candidates": pl.DataFrame({"candidate": ["A", "B", "Q"], "group": ["g", "g", "h"]})},
    )
    assert any("Q" in str(issue) for issue in votes.issues)
    assert sorted(rank(votes, method=method, **options(method)).names) == ["A", "B", "Z"]


def test_a_ballot_for_an_unknown_candidate_is_refused_by_committees() -> None:
    with pytest.raises(InputError) as problem:
        committee([[0, 1], [0, 5]], k=1, candidates=["A", "B"])
    assert problem.value.argument == "rankings"
    assert "5" in problem.value.problem
    assert "1" in (problem.value.where or "")


@pytest.mark.parametrize("method", OF_BATTLES)
@pytest.mark.parametrize(
    ("weight", "problem_of"), [([1.0, -1.0, 1.0], "weight"), ([1.0, NAN, 1.0], "weight")], ids=["negative", "nan"]
)
def test_weights_of_battles_that_cannot_be(method: str, weight: list[float], problem_of: str) -> None:
    with pytest.raises(InputError) as problem:
        rank(coded_battles([0, 1, 2], [1, 2, 0], [0, 0, 0], weight=weight), method=method)
    assert problem.value.argument == problem_of


@pytest.mark.parametrize("method", OF_BATTLES)
def test_battles_with_oneself_and_lonely_candidates_are_named(method: str) -> None:
    rng = np.random.default_rng(0)
    n = 200
    left = rng.integers(0, 3, n)
    right = (left + rng.integers(1, 3, n)) % 3
    table = coded_battles(
        [*left, 3, 4],
        [*right, 3, 5],
        [*rng.integers(0, 3, n), 0, 0],
        candidates=["a", "b", "c", "selfish", "lone", "some"],
    )
    made = rank(table, method=method, **options(method, least_games=0))
    assert sorted(made.names) == ["a", "b", "c"]
    assert set(made.reasons) == {"selfish", "lone", "some"}
    assert any("with itself" in note for note in made.provenance.notes)


@pytest.mark.parametrize("method", OF_BATTLES)
def test_one_candidate_cannot_be_ranked(method: str) -> None:
    with pytest.raises(InputError) as problem:
        rank(coded_battles([0], [0], [0]), method=method)
    assert problem.value.argument in ("battles", "candidates")


@pytest.mark.parametrize("method", OF_SCORES)
def test_one_candidate_or_no_task_cannot_be_ranked(method: str) -> None:
    for scores, arguments in (
        ([[1.0, 0.0]], {"systems", "models"}),
        (np.empty((3, 0)), {"tasks", "scores", "responses"}),
    ):
        with pytest.raises(InputError) as problem:
            rank(scores, method=method)
        assert problem.value.argument in arguments


@pytest.mark.parametrize("penalty", [0.0, 0.1])
@pytest.mark.parametrize("method", [davidson, rao_kupper])
def test_ties_alone_do_not_say_how_rare_ties_are(method: Any, penalty: float) -> None:
    ties = battles(["x", "y", "x"], ["y", "z", "z"], ["tie", "tie", "both_bad"])
    with pytest.raises(SeparationError, match="all are ties") as caught:
        method(ties, penalty=penalty)
    assert caught.value.argument == "battles"
    assert bradley_terry(ties, least_games=1).scores.tolist() == [1000.0] * 3


@pytest.mark.parametrize("deep", [False, True], ids=["tasks", "instances"])
@pytest.mark.parametrize("method", OF_SCORES)
def test_a_task_of_weight_0_is_as_if_it_were_not_there(method: str, deep: bool) -> None:
    """In points, in their intervals, and in what is left out one by one."""
    if method == "item-response":
        parts = right_or_wrong(tasks=5)
        scores: Any = parts if deep else np.concatenate(parts[:4], axis=1)
        weights = [1, 0, 2, 1, 0] if deep else [1, 0] * 24
    else:
        rng = np.random.default_rng(6)
        parts = [rng.normal(size=(4, 5)) + np.arange(4)[:, None] * 0.3 for _ in range(5)]
        scores, weights = parts if deep else np.column_stack([part[:, 0] for part in parts]), [1, 0, 2, 1, 0]
    few = [k for k, weight in enumerate(weights) if weight]
    rest = [parts[k] for k in few] if deep else scores[:, few]
    one = rank(score_table(scores, task_weights=weights), method=method, **options(method))
    names = [str(k) for k in few]
    other = rank(
        score_table(rest, task_weights=[weights[k] for k in few], tasks=names), method=method, **options(method)
    )
    assert one.table().equals(other.table())
    assert "weight is 0" in " ".join(one.provenance.notes) or "weights are 0" in " ".join(one.provenance.notes)
    assert one.units is not None
    assert one.units.to_list() == names or method in ("item-response", "paired")
    if deep and method != "item-response":
        assert one.leave_one_out().equals(other.leave_one_out())


@pytest.mark.parametrize("method", OF_BATTLES)
def test_battles_of_weight_0_are_as_if_they_were_not_there(method: str) -> None:
    rng = np.random.default_rng(2)
    left = rng.integers(0, 4, 300)
    right = (left + rng.integers(1, 4, 300)) % 4
    won = np.array(["left", "right", "tie"])[rng.integers(0, 3, 300)]
    weight = np.where((left == 3) | (right == 3), 0.0, rng.integers(0, 3, 300))

    def made(keep: np.ndarray) -> Any:
        given = battles(left[keep], right[keep], won[keep], weight=weight[keep])
        return rank(given, method=method, least_games=0, **options(method, repeats=20))

    one, other = made(np.ones(300, dtype=bool)), made(weight > 0)
    table, expected = one.table().drop_nulls("rank"), other.table().drop_nulls("rank")
    assert table.height == 3
    assert table["candidate"].to_list() == expected["candidate"].to_list()
    for column in ("score", "low", "high"):
        assert table[column].to_list() == pytest.approx(expected[column].to_list(), rel=1e-9, abs=1e-9)
    assert one.reasons == {"3": "has no battle that counts"}


@pytest.mark.parametrize("size", [1e300, 1.7e308])
@pytest.mark.parametrize("method", [name for name in OF_SCORES if name != "item-response"])
def test_scores_at_the_end_of_the_scale_are_ranked_or_named(method: str, size: float) -> None:
    """A run that diverged may have the largest number there is: orders take it, means say that they cannot."""
    scores = [[size, -size, 1], [size, size, 2], [-size, 0, 3]]
    if method in ("mean", "paired", "swiss"):
        with pytest.raises(InputError, match="too large to be squared") as problem:
            rank(scores, method=method, **options(method))
        assert problem.value.argument == "scores"
        return
    assert rank(scores, method=method, **options(method)).names[0] == "1"
    assert places_by_method(score_table(scores))["mean"].null_count() == 3
