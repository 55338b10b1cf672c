"""Points over orders: the vectors of sheet 14, its simulations, bad input, and what must never change a ranking."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from borda_vectors import HOLES, INSTANCES, NAN, XTREME_POINTS, condorcet, holes, xtreme
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from psephos.errors import InputError
from psephos.ranking import TaskRanking, borda, kemeny, mean_score, rank, ranks_under_missing, score_table
from psephos.ranking.orders import average_ranks, points, preferences
from psephos.statistics import kendall_tau


def test_points_of_a_leaderboard_sheet14_1() -> None:
    """sheet14-1"""
    made = borda(xtreme(), rng=0)
    np.testing.assert_allclose(made.scores, XTREME_POINTS, atol=1e-9)
    assert made.cost == pytest.approx(47.5)
    assert made.names[0] == "Turing"
    assert [names for names in made.tied if len(names) > 1] == [["HiCTL", "T-ULRv2"]]


@pytest.mark.parametrize(
    ("missing", "scores"),
    [
        pytest.param("completion", (6.8, 7.3, 10.8, 9.3, 5.8), id="sheet14-2-completion"),
        pytest.param("available", (0.428571, 0.464286, 0.727273, 0.590909, 0.357143), id="sheet14-2-available"),
    ],
)
def test_points_with_holes(missing: str, scores: tuple[float, ...]) -> None:
    np.testing.assert_allclose(borda(holes(), holes=missing, rng=0).scores, scores, atol=1e-6)


def test_points_miss_the_majority_winner_sheet14_3() -> None:
    """sheet14-3"""
    made = borda(condorcet(), rng=0)
    assert made.scores.tolist() == [6, 7, 2]
    assert made.leaders == ["B"]


@pytest.mark.parametrize(
    ("pooling", "scores"),
    [
        pytest.param("one_level", (3, 5, 7), id="sheet14-4-one-level"),
        pytest.param("two_level", (0, 2, 4), id="sheet14-4-two-level"),
        pytest.param(None, (0, 2, 4), id="sheet14-4-default"),
    ],
)
def test_points_of_instances(pooling: str | None, scores: tuple[float, ...]) -> None:
    assert borda(INSTANCES, pooling=pooling, rng=0).scores.tolist() == list(scores)
    per_task = [points(average_ranks(part.T), "completion")[0].sum(axis=0).tolist() for part in INSTANCES]
    assert per_task == [[2, 3, 4], [1, 2, 3]]


CORRUPTED = {
    (0.1, 0): (0.07, 0.07, 0.08, 0.09),
    (0.1, 2): (1.00, 0.42, 0.14, 0.18),
    (0.1, 4): (1.00, 0.94, 0.41, 0.44),
    (0.5, 4): (1.00, 0.09, 0.04, 0.06),
    (0.5, 5): (1.00, 0.72, 0.15, 0.12),
}


def distance(order: np.ndarray) -> float:
    """Share of pairs that an order has the wrong way round, the truth being 0, 1, 2, ..."""
    place = np.argsort(order)
    n = len(place)
    return float(np.triu(place[:, None] > place[None, :], 1).sum() / (n * (n - 1) / 2))


@pytest.mark.parametrize("setting", [pytest.param(key, id=f"sheet14-corrupted-{key}") for key in CORRUPTED])
def test_orders_withstand_corrupted_tasks(setting: tuple[float, int]) -> None:
    phi, corrupted = setting
    rng = np.random.default_rng(14)
    index = np.arange(10)
    errors = []
    for _ in range(40):
        tasks = [rng.gumbel(size=(10, 12)) - phi * index[:, None] for _ in range(11)]
        for k in range(corrupted):
            tasks[k] = np.repeat(1000.0 * index[:, None], 12, axis=1)
        table = score_table(tasks)
        made = (
            mean_score(table, repeats=0),
            borda(table, pooling="one_level", repeats=0),
            borda(table, repeats=0),
            kemeny(table, repeats=0),
        )
        errors.append([distance(one.order) for one in made])
    within = 0.12 if corrupted == 5 else 0.06
    np.testing.assert_allclose(np.mean(errors, axis=0), CORRUPTED[setting], atol=within)


LEFT_OUT = {0.1: (0.81, 0.81, 0.62), 0.3: (0.77, 0.78, 0.51), 0.5: (0.69, 0.72, 0.41), 0.0: (0.83, 0.83, 0.71)}


@pytest.mark.parametrize("share", [pytest.param(key, id=f"sheet14-missing-{key}") for key in LEFT_OUT])
def test_orders_withstand_holes(share: float) -> None:
    rng = np.random.default_rng(15)
    truth = np.linspace(1, -1, 15)
    found = []
    for _ in range(60):
        scale, offset = 10 ** rng.uniform(-1, 2, 10), rng.uniform(0, 100, 10)
        scores = (truth[:, None] + 0.7 * rng.normal(size=(15, 10))) * scale + offset
        scores[rng.random(scores.shape) < share] = np.nan
        made = [borda(scores, repeats=0).scores, borda(scores, holes="available", repeats=0).scores]
        made.append(mean_score(scores, repeats=0).scores)
        found.append([kendall_tau(one, truth).value for one in made])
    difference = np.abs(np.mean(found, axis=0) - LEFT_OUT[share])
    assert (difference <= (0.04, 0.04, 0.08)).all(), np.mean(found, axis=0)


def completed(column: list[float]) -> np.ndarray:
    """Slow reference: P of one order by listing all full orders that are compatible with it."""
    n = len(column)
    total, count = np.zeros((n, n)), 0
    known = [i for i in range(n) if not np.isnan(column[i])]
    for order in permutations(range(n)):
        place = {i: at for at, i in enumerate(order)}
        if all(place[i] < place[j] for i in known for j in known if column[i] > column[j]):
            total += [[float(place[i] < place[j]) for j in range(n)] for i in range(n)]
            count += 1
    return total / count


@given(st.permutations([1.0, 2.0, 3.0, 4.0, 5.0]), st.sets(st.integers(0, 4), max_size=5))
def test_completion_is_the_mean_over_all_full_orders(scores: list[float], lost: set[int]) -> None:
    column = [NAN if i in lost else value for i, value in enumerate(scores)]
    ranks = average_ranks(np.array([column]))
    above = preferences(ranks, np.ones(1), "completion")
    np.testing.assert_allclose(above, completed(column), atol=1e-12)
    np.testing.assert_allclose(points(ranks, "completion")[0][0], above.sum(axis=1), atol=1e-12)


TABLES = arrays(
    np.float64, st.tuples(st.integers(2, 7), st.integers(1, 5)), elements=st.sampled_from([0.0, 1.0, 2.0, 3.0, NAN])
)


@given(TABLES, st.randoms(use_true_random=False))
def test_neither_order_of_rows_nor_scale_matters(scores: np.ndarray, random: object) -> None:
    made = borda(scores, repeats=0)
    rows = np.random.default_rng(random.randrange(1000)).permutation(len(scores))  # type: ignore[attr-defined]
    np.testing.assert_allclose(borda(scores[rows], repeats=0).scores, made.scores[rows], atol=1e-9)
    np.testing.assert_allclose(borda(np.exp(scores), repeats=0).scores, made.scores, atol=1e-9)
    np.testing.assert_allclose(made.scores.sum(), scores.shape[1] * len(scores) * (len(scores) - 1) / 2)
    np.testing.assert_allclose(made.pairwise.sum(axis=1), made.scores, atol=1e-9)  # type: ignore[union-attr]


def test_rows_break_ties_only_on_demand() -> None:
    scores = [[1.0, 2.0], [1.0, 1.0], [1.0, 0.0]]
    assert borda(scores, ties="first", repeats=0).scores.tolist() == [2, 2, 2]
    assert borda(scores, repeats=0).scores.tolist() == [3, 2, 1]


@pytest.mark.parametrize(
    ("scores", "options", "argument", "words"),
    [
        pytest.param([[1.0, 2.0]], {}, "systems", "two at least", id="sheet14-systems"),
        pytest.param(np.empty((3, 0)), {}, "tasks", "there is none", id="sheet14-tasks"),
        pytest.param([[1, "x"], [2, 3]], {}, "scores", "candidate 0, task 1", id="sheet14-text"),
        pytest.param([[1, 2], [2, float("inf")]], {}, "scores", "candidate 1, task 1", id="sheet14-infinity"),
        pytest.param(HOLES, {"holes": "error"}, "scores", "2 missing: 3 on 2, 2 on 3", id="sheet14-holes"),
        pytest.param(
            [[1, 2], [NAN, NAN]], {"holes": "available"}, "scores", "candidate 1 has no score", id="sheet14-no"
        ),
        pytest.param([[1, 2], [3, 4]], {"ties": "worst"}, "ties", "must be one of", id="ties"),
        pytest.param([[1, 2], [3, 4]], {"level": 95}, "level", "strictly between", id="level"),
        pytest.param([[1, 2], [3, 4]], {"repeats": -1}, "repeats", "at least 0", id="repeats"),
        pytest.param([1, 2], {}, "scores", "dimension", id="one-dimension"),
    ],
)
def test_bad_input_is_named(scores: object, options: dict[str, object], argument: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as problem:
        borda(scores, **options)  # type: ignore[arg-type]
    assert problem.value.argument == argument


@pytest.mark.parametrize("weights", [[1, -1], [1, NAN], [1], [0, 0]], ids=["negative", "nan", "length", "zero"])
def test_bad_weights_are_named(weights: list[float]) -> None:
    with pytest.raises(InputError) as problem:
        score_table([[1, 2], [3, 4]], task_weights=weights)
    assert problem.value.argument == "task_weights"


def test_a_name_stands_once() -> None:
    with pytest.raises(InputError, match="'a' twice") as problem:
        score_table([[1], [2]], candidates=["a", "a"])
    assert problem.value.argument == "candidates"


def test_odd_input_is_said() -> None:
    made = borda([[1, 5, NAN], [1, 6, NAN], [1, NAN, NAN]], repeats=0)
    said = " ".join(made.provenance.notes)
    assert "task 0 carries no information" in said
    assert "task 2 has no score at all" in said
    assert "no score at all: a neutral place" in " ".join(borda([[1.0], [NAN], [2.0]], repeats=0).provenance.notes)


def test_who_met_nobody_is_not_ranked() -> None:
    made = borda([[3, NAN], [1, NAN], [NAN, 7]], holes="available", repeats=0)
    assert made.names == ["0", "1"]
    assert made.reasons == {"2": "was never compared with anyone"}
    assert made.table()["rank"].to_list() == [1, 2, None]


def test_lower_may_be_better() -> None:
    table = score_table([[0.9, 120], [0.8, 100]], higher_is_better=[True, False])
    assert borda(table, repeats=0).scores.tolist() == [1, 1]
    with pytest.raises(InputError) as problem:
        score_table([[1, 2], [3, 4]], higher_is_better=[True])
    assert problem.value.argument == "higher_is_better"


def test_weights_multiply_tasks() -> None:
    twice = borda(score_table([[1, 2, 2], [2, 1, 1]]), repeats=0).scores
    weighed = borda(score_table([[1, 2], [2, 1]], task_weights=[1, 2]), repeats=0).scores
    assert twice.tolist() == weighed.tolist() == [2, 1]


def test_intervals_cover_and_narrow() -> None:
    """P(first) of the truly best nears 1 with more tasks, and the interval of ranks closes."""
    rng = np.random.default_rng(3)
    wide = borda(np.linspace(1, -1, 8)[:, None] + rng.normal(size=(8, 6)), rng=1).spread
    close = borda(np.linspace(1, -1, 8)[:, None] + rng.normal(size=(8, 600)), rng=1).spread
    assert wide is not None
    assert close is not None
    assert (close.rank_high - close.rank_low).sum() == 0
    assert (wide.rank_high - wide.rank_low).sum() > 8
    assert close.first[0] == 1


def test_instances_add_to_the_doubt() -> None:
    """With equal tasks, drawing the few instances of each anew moves the points; one task alone still has intervals."""
    rng = np.random.default_rng(4)
    made = borda([0.3 * np.arange(5)[:, None] + rng.normal(size=(5, 20))], rng=1).spread
    assert made is not None
    assert made.means == "instances resampled"
    assert (made.rank_high > made.rank_low).any()
    alone = borda([[1.0], [2.0]], rng=1)
    assert alone.spread is None
    assert "one task alone" in alone.provenance.notes[-1]


def test_leaving_out_a_task_shows_who_depends_on_it() -> None:
    table = score_table([[9, 1, 2], [1, 2, 3], [0, 0, 0]], candidates=list("abc"), tasks=["x", "y", "z"])
    made = borda(table, rng=0)
    changes = made.leave_one_out()
    assert made.without("x").leaders == ["b"]
    assert changes["leader_changes"].to_list() == [False, True, True]
    with pytest.raises(InputError) as problem:
        made.without("w")
    assert problem.value.argument == "task"


def test_the_seed_repeats_the_answer() -> None:
    first, second = (borda(xtreme(), rng=7).spread for _ in range(2))
    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(first.above, second.above)


def test_holes_that_hide_bad_scores_move_places() -> None:
    made = ranks_under_missing(holes())
    assert (made["rank_best"] <= made["rank_worst"]).all()
    full = ranks_under_missing(xtreme())
    assert (full["rank_best"] == full["rank"]).all()


def test_methods_by_name() -> None:
    assert rank(condorcet(), method="kemeny", rng=0).leaders == ["A"]
    with pytest.raises(InputError) as problem:
        rank(condorcet(), method="mean", holes="completion")
    assert problem.value.argument == "holes"
    with pytest.raises(InputError) as problem:
        rank(condorcet(), method="elo")
    assert problem.value.argument == "method"


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e9])
@pytest.mark.parametrize("method", [borda, kemeny, mean_score], ids=["borda", "kemeny", "mean"])
def test_only_ratios_of_weights_count(method: Callable[..., TaskRanking], scale: float) -> None:
    """Points that are equal stay so, and those that are not are told apart, whatever the unit of the weights."""
    scores = [[2, 2, 1, 4], [1, 1, 2, 4], [3, 0, 0, 1]]
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    one, other = (method(score_table(scores, task_weights=weights * k), repeats=0, rng=0) for k in (1.0, scale))
    assert one.ranks.tolist() == other.ranks.tolist()
    assert (one.optimal, one.co_optimal) == (other.optimal, other.co_optimal)
    assert other.cost == pytest.approx(one.cost * scale)
    assert other.bound == pytest.approx(one.bound * scale)
    if method is borda:
        # .1 + .2 is a little more than .3 in binary; the first two are tied nevertheless.
        assert one.tied[0] == ["0", "1"]


def test_a_costlier_order_is_not_proven_by_small_weights() -> None:
    votes = score_table([[2, 2, 2, 1, 1], [1, 1, 1, 3, 3], [0, 0, 0, 2, 2]], task_weights=[1e-12] * 5)
    by_points, by_majority = borda(votes, repeats=0), kemeny(votes, repeats=0, rng=0)
    assert (by_points.names[0], by_majority.names[0]) == ("1", "0")
    assert by_points.cost > by_majority.cost
    assert (by_points.optimal, by_majority.optimal) == (False, True)


def test_resamples_that_tie_are_ties() -> None:
    """Of 27 draws of three tasks six hold each once: .1 + .2 against .3 is a tie, however it is rounded."""
    votes = score_table([[1, 1, 0], [0, 0, 1]], task_weights=[0.1, 0.2, 0.3])
    weights = [Fraction(1, 10), Fraction(2, 10), Fraction(-3, 10)]
    gaps = [sum(draw, Fraction(0)) for draw in product(weights, repeat=3)]
    exact = sum(1.0 if gap > 0 else 0.5 if gap == 0 else 0.0 for gap in gaps) / 27
    assert gaps.count(Fraction(0)) == 6
    found = borda(votes, repeats=4000, rng=0).spread
    assert found is not None
    assert found.above is not None
    assert abs(found.above[0, 1] - exact) < 4 * np.sqrt(0.25 / 4000)


@pytest.mark.parametrize("method", [borda, kemeny], ids=["borda", "kemeny"])
def test_pairs_that_were_never_compared_are_said(method: Callable[..., TaskRanking]) -> None:
    apart = [[1, NAN], [NAN, 2], [NAN, 1], [2, NAN]]
    said = method(apart, holes="available", repeats=0, rng=0).provenance.notes
    assert "4 pairs were never compared; their order is neutral" in said
    assert not any("never compared" in note for note in method(holes(), holes="available", rng=0).provenance.notes)
    # A task that does not count brings nobody together.
    joined = score_table([[*row, 0] for row in apart], task_weights=[1, 1, 0])
    assert any("4 pairs" in note for note in method(joined, holes="available", repeats=0, rng=0).provenance.notes)


@pytest.mark.parametrize("deep", [False, True], ids=["tasks", "instances"])
@pytest.mark.parametrize("method", [borda, kemeny], ids=["borda", "kemeny"])
def test_intervals_of_points_lie_within_what_points_can_be(method: Callable[..., TaskRanking], deep: bool) -> None:
    """Of tasks with weights 1 and 9, who is first everywhere has 20 points, however often the heavy one is drawn."""
    scores = np.array([[3.0, 3.0], [2.0, 1.0], [1.0, 2.0]])
    given = [np.column_stack([column] * 4) for column in scores.T] if deep else scores
    found = method(score_table(given, task_weights=[1, 9]), repeats=200, rng=0).table()
    assert found["candidate"][0] == "0"
    assert (found["score"][0], found["low"][0], found["high"][0]) == pytest.approx((20, 20, 20))
    # Of two tasks one alone is drawn in half of the draws, and the second candidate wins 0 or all there.
    assert found.select("score", "low", "high").rows()[1:] == [pytest.approx((9, 0, 10)), pytest.approx((1, 0, 10))]


@pytest.mark.parametrize("weight", [1e-12, 1e12])
def test_places_under_holes_go_by_ratios_of_weights(weight: float) -> None:
    plain = holes()
    weighed = score_table(plain.scores, candidates=list("ABCDE"), task_weights=[weight] * len(plain.tasks))
    assert ranks_under_missing(weighed).equals(ranks_under_missing(plain))
