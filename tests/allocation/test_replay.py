"""What methods would have done with stored samples: by hand, against slow counting, intervals, bad input."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from psephos.allocation import Uniform, replay
from psephos.errors import InputError
from psephos.opinions import samples
from tests.allocation.populations import POOLED, mixed, pools_of


def majority_of(pool):
    return Counter(pool).most_common(1)[0][0]


def test_even_spending_is_the_majority_of_the_first_samples():
    pools = pools_of(mixed(POOLED, 60), 20, np.random.default_rng(0))
    gold = dict.fromkeys(pools, "a")
    found = replay(pools, [1, 2, 5, 20], ["uniform"], gold=gold, rng=0)
    for row in found.table().iter_rows(named=True):
        answers = {name: majority_of(pool[: int(row["budget"])]) for name, pool in pools.items()}
        assert row["spent"] == row["budget"]
        assert row["consistency"] == pytest.approx(
            np.mean([answers[q] == majority_of(pool) for q, pool in pools.items()])
        )
        assert row["accuracy"] == pytest.approx(np.mean([answer == "a" for answer in answers.values()]))
        assert row["low"] <= row["consistency"] <= row["high"]
    assert found.table()["consistency"][-1] == 1.0


def test_one_run_to_the_largest_budget_gives_the_smaller_ones():
    pools = pools_of(mixed(POOLED, 40), 40, np.random.default_rng(1))
    methods = ["asc", "ppr", "adaptive", "knowledge-gradient"]
    whole = replay(pools, [4, 9], methods, n_options=4, rng=0).table()
    alone = replay(pools, [4], methods, n_options=4, rng=0).table()
    at_four = whole.filter(whole["budget"] == 4).select("method", "consistency", "spent")
    assert at_four.equals(alone.select("method", "consistency", "spent"))


def test_a_method_from_outside_is_run_for_each_budget():
    pools = pools_of(mixed(POOLED, 20), 20, np.random.default_rng(2))
    budgets = []

    def mine(names, budget):
        budgets.append(budget)
        return Uniform(names, budget)

    found = replay(pools, [2, 3.5], {"mine": mine, "even": "uniform"}, rng=0)
    assert budgets == [40, 70]
    table = found.table()
    own, even = (table.filter(table["method"] == name).drop("method") for name in ("mine", "even"))
    assert own.select("budget", "spent", "consistency").equals(even.select("budget", "spent", "consistency"))


def test_ties_in_part():
    pools = {"q": list("abbbb")}
    first = replay(pools, [2], ["uniform"], rng=0).table()["consistency"][0]
    split = replay(pools, [2], ["uniform"], ties="split", rng=0).table()["consistency"][0]
    assert (first, split) == (0.0, 0.5)


def test_consistency_is_not_accuracy():
    """A misaligned question gets worse the more consistent it is."""
    pools = {f"q{k}": list("abbbbbbb") for k in range(10)}
    found = replay(pools, [1, 8], ["uniform"], gold=dict.fromkeys(pools, "a"), rng=0).table()
    assert found["consistency"].to_list() == [0, 1]
    assert found["accuracy"].to_list() == [1, 0]


def test_targets_can_be_given():
    pools = {"q": list("ab"), "r": list("ab")}
    found = replay(pools, [1], ["uniform"], targets={"q": "A", "r": "b"}, equivalence="casefold", rng=0)
    assert found.table()["consistency"][0] == 0.5
    assert not any("tied" in note or "whole pool" in note for note in found.provenance.notes)


def test_shuffled_replays_take_out_the_order_of_draws():
    """Each pool is 12 a and 8 b in this order; even spending at 3 is right by the hypergeometric chance."""
    from scipy import stats

    pools = {f"q{k}": list("b" * 8 + "a" * 12) for k in range(40)}
    assert replay(pools, [3], ["uniform"], rng=0).table()["consistency"][0] == 0
    found = replay(pools, [3], ["uniform"], repeats=10, rng=0)
    expected = stats.hypergeom(20, 12, 3).sf(1)
    assert found.table()["consistency"][0] == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 400))
    assert found.table().equals(replay(pools, [3], ["uniform"], repeats=10, rng=0).table())


def test_the_ratio_is_read_off_the_curve_of_even_spending():
    """Even spending is right on 6 of 10 questions from 3 samples on; who is so with 2 on average saves 1.5 x."""
    lead = {1: "aaaaaaaa", 2: "aaaaaaaa", 3: "baaaaaaa", 4: "bbaaaaaa"}
    pools = {f"q{k}": list(lead[1 if k < 1 else 3 if k < 6 else 4]) for k in range(10)}
    even = replay(pools, [1, 2, 3, 4, 5], ["uniform"], rng=0).table()["consistency"].to_list()
    assert even == [0.1, 0.1, 0.6, 0.6, 1.0]

    class Knowing(Uniform):
        """Three samples for the questions that need them, one for the rest."""

        def top(self):
            ledger = self._ledger
            wanted = [q for q in range(1, 6) if ledger.drawn[q] + ledger.pending[q] < 3]
            return wanted[0] if wanted else super().top()

    (row,) = replay(pools, [2], {"knowing": Knowing}, rng=0).savings.iter_rows(named=True)
    assert row["consistency"] == 0.6
    assert row["uniform"] == 3
    assert row["ratio"] == 1.5


def test_savings_have_a_standard_error_and_an_interval_over_questions():
    pools = pools_of(mixed(POOLED, 150), 64, np.random.default_rng(4))
    found = replay(pools, [8], ["uniform", "knowledge-gradient"], n_options=4, rng=0)
    (row,) = found.savings.iter_rows(named=True)
    assert row["method"] == "knowledge-gradient"
    assert row["ratio"] > 1.2
    assert row["low"] < row["ratio"] < row["high"]
    assert 0 < row["standard_error"] < row["ratio"]
    assert "saves" in str(found)
    assert found.to_dict()["savings"][0]["budget"] == 8


@pytest.mark.slow
def test_intervals_hold_the_consistency_of_all_questions_as_often_as_they_say():
    """60 panels of 100 of 4000 questions, even spending at 4; standard error of 60 trials 2.8 %."""
    rng = np.random.default_rng(5)
    pools = pools_of(mixed(POOLED, 4000), 12, rng)
    names = list(pools)
    truth = np.mean([majority_of(pool[:4]) == majority_of(pool) for pool in pools.values()])
    held = 0
    for _ in range(60):
        some = rng.choice(4000, 100, replace=False)
        row = replay({names[q]: pools[names[q]] for q in some}, [4], ["uniform"], rng=rng).table().row(0, named=True)
        held += row["low"] <= truth <= row["high"]
    assert held / 60 >= 0.86


def test_unreadable_draws_empty_pools_and_single_questions():
    pools = {"q": [None, "a", None, "a"], "none": [None], "empty": []}
    found = replay(pools, [1, 4], ["uniform", "adaptive", "knowledge-gradient"], rng=0)
    assert found.table().filter(found.table()["budget"] == 4)["consistency"].to_list() == [1, 1, 1]
    alone = replay({"q": ["a", "b"]}, [1], ["uniform"], rng=0).table().row(0, named=True)
    assert alone["low"] is None


def test_samples_of_one_voter():
    rows = [("q", k, answer) for k, answer in enumerate("abbb")] + [("r", k, "x") for k in range(4)]
    item, draw, answer = zip(*rows, strict=True)
    table = samples(item, ["llm"] * 8, draw, answer)
    found = replay(table, [1, 3], ["uniform"], rng=0)
    assert found.table()["consistency"].to_list() == [0.5, 1.0]
    assert found.questions.filter(found.questions["question"] == "q")["samples"].to_list() == [3]


def test_the_plan_of_samples_per_question_can_be_exported():
    """verl#4585: a plan is n per item."""
    pools = pools_of(mixed(POOLED, 12), 20, np.random.default_rng(6))
    plan = replay(pools, [5], ["adaptive"], rng=0).questions.select("question", "samples")
    assert plan["samples"].sum() == 60
    assert plan.write_csv().count("\n") == 13


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"pools": {}}, "pools"),
        ({"budget": 0.5}, "budget"),
        ({"budget": [0.5, 2]}, "budget"),
        ({"budget": 0, "init": 0}, "budget"),
        ({"budget": -1, "init": 0}, "budget"),
        ({"budget": ["x"]}, "budget"),
        ({"budget": []}, "budget"),
        ({"budget": float("nan")}, "budget"),
        ({"init": 3}, "budget"),
        ({"methods": ["best"]}, "methods"),
        ({"methods": "uniform"}, "methods"),
        ({"methods": []}, "methods"),
        ({"methods": ["uniform", "uniform"]}, "methods"),
        ({"targets": {"q": "a"}}, "targets"),
        ({"gold": {"r": "a"}}, "gold"),
        ({"ties": "last"}, "ties"),
        ({"repeats": 0}, "repeats"),
        ({"equivalence": "same"}, "equivalence"),
        ({"n_options": 1}, "n_classes"),
    ],
    ids=str,
)
def test_bad_input_is_named(change, argument):
    given = {"pools": {"q": list("aab"), "r": list("bba")}, "budget": 2, "methods": ["uniform"]} | change
    with pytest.raises(InputError) as caught:
        replay(given.pop("pools"), given.pop("budget"), given.pop("methods"), **given, rng=0)
    assert caught.value.argument == argument


def test_a_single_question_is_said_to_have_no_interval():
    found = replay({"q": ["a", "b", "a"]}, [1, 3], ["uniform"], gold={"q": "a"}, rng=0)
    assert "1.000 (no interval), accuracy 1.000 (no interval)" in str(found)
    assert found.to_dict()["summary"]["uniform"].startswith("3.0 samples a question")
