"""Candidates on the same items: the test of each pair, and when `rank` takes it by itself."""

from __future__ import annotations

import numpy as np
import pytest

from psephos.errors import InputError
from psephos.opinions import results
from psephos.ranking import paired, rank, score_table, swiss
from psephos.statistics import compare_paired


def right(n: int, seed: int, *chances: float) -> np.ndarray:
    """Candidates who are right on the same easy and hard items."""
    rng = np.random.default_rng(seed)
    ease = rng.random(n)
    return np.array([(ease + chance > 1).astype(float) for chance in chances])


def test_two_candidates_are_compared_as_statistics_does() -> None:
    scores = right(300, 0, 0.5, 0.56)
    made = paired([scores], rng=0)
    assert made.leaders == ["1"]
    assert made.comparisons[0, 1].p == compare_paired(*scores, rng=0).p
    assert made.comparisons[0, 1].test == "mcnemar"
    row = made.pairs().row(0, named=True)
    assert row["wins"] == 0
    assert row["difference"] == pytest.approx(scores[0].mean() - scores[1].mean())


def test_pairing_sees_what_two_samples_do_not() -> None:
    """The same items are hard for both: 18 of 300 decide, where two samples of 300 would show nothing."""
    scores = right(300, 1, 0.5, 0.56)
    made = paired([scores], rng=0)
    assert made.comparisons[0, 1].p < 0.001
    share = scores.mean(axis=1)
    apart = (share[1] - share[0]) / np.sqrt((share * (1 - share)).sum() / 300)
    assert apart < 1.96
    assert made.groups.tolist() == [2, 1]


def test_rank_takes_it_for_two_candidates_with_items() -> None:
    scores = right(40, 2, 0.4, 0.7)
    item = np.tile(np.arange(40), 2)
    votes = results(np.repeat(["a", "b"], 40), item, scores.ravel(), task=["t"] * 80)
    assert rank(votes, rng=0).provenance.method == "paired"
    assert rank([[1, 2], [2, 1]], rng=0).provenance.method == "borda"
    three = results(np.repeat(["a", "b", "c"], 40), np.tile(np.arange(40), 3), right(40, 2, 0.4, 0.7, 0.5).ravel())
    assert rank(three, rng=0).provenance.method == "borda"


def test_more_candidates_pay_for_their_pairs() -> None:
    scores = right(200, 3, 0.4, 0.5, 0.6)
    made = paired([scores], rng=0)
    assert made.names == ["2", "1", "0"]
    assert len(made.pairs()) == 3
    assert made.comparisons[0, 1].p > compare_paired(scores[0], scores[1], rng=0).p


def test_items_without_a_score_of_all_are_left_out_and_said() -> None:
    scores = right(20, 4, 0.3, 0.8)
    scores[0, :5] = np.nan
    made = paired([scores], rng=0)
    assert made.n_items == 15
    assert "left out: 5 items without a score of every candidate" in made.provenance.notes
    with pytest.raises(InputError) as problem:
        paired([[[1.0, np.nan], [np.nan, 1.0]]])
    assert problem.value.argument == "scores"


def test_neither_the_unit_of_scores_nor_weights_of_tasks_decide() -> None:
    """Scores of 1e-11 are told apart, sums of .1, .2, .3 in another order are not; weights are said not to count."""
    one, other = [0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]
    for scale in (1e-11, 1.0, 1e7):
        made = paired([[np.multiply(one, scale), np.multiply(other, scale)]], repeats=400, rng=0)
        assert made.tied == [["0", "1"]]
        made = paired([[np.multiply([1, 2, 3, 5], scale), np.multiply([1, 2, 3, 4], scale)]], repeats=400, rng=0)
        assert made.names == ["0", "1"]
        assert made.tied == [["0"], ["1"]]
    table = score_table([[one, other], [other, one]], task_weights=[1, 3])
    for method in (paired, swiss):
        notes = method(table, rng=0, **({"n_sim": 100} if method is swiss else {})).provenance.notes
        assert any("weights of tasks do not count" in note for note in notes)


def test_items_that_are_left_out_have_their_names() -> None:
    """Of one task the items are left out one by one, and called as the results call them."""
    made = rank(results(["a", "b"] * 4, list("wwxxyyzz"), [1, 0, 1, 0, 0, 1, 1, 1], task=["t"] * 8), rng=0)
    assert made.unit == "item"
    assert made.leave_one_out()["item"].to_list() == list("wxyz")
    assert made.without("y").units.to_list() == list("wxz")
    # An item that one of them has not is left out of the comparison, and the names stay with their items.
    holes = rank(results(["a", "b"] * 4 + ["a"], list("wwyyzzvvx"), [1.0] * 9, task=["t"] * 9), method="paired", rng=0)
    assert sorted(holes.units) == list("vwyz")
    assert score_table([[[1, 0, 1], [0, 1, 1]]]).items is None
