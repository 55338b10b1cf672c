"""Best of majority and best of n: the vectors and the table of sheet 03, a slow reference, and what must not matter."""

from __future__ import annotations

import json
import math
import warnings
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.opinions import labels, samples
from psephos.selection import best_of_majority, best_of_n, most_common, plan_samples, weighted_vote

ANSWERS = [7, 7, 7, 7, 9, 9, 9, 12, 12, 3]
REWARDS = [0.2, 0.4, 0.3, 0.3, 0.8, 0.5, 0.6, 0.7, 0.6, 0.99]


def first(selection, column="answer"):
    return selection.table()[column].to_list()


@pytest.mark.parametrize(
    ("alpha", "reward_agg", "chosen", "score"),
    [
        pytest.param(0, "mean", ["3"], 0.99, id="sheet03-alpha-0-mean"),
        pytest.param(0, "max", ["3"], 0.99, id="sheet03-alpha-0-max"),
        pytest.param(0, "sum", ["9"], 1.9, id="sheet03-alpha-0-sum"),
        pytest.param(0.15, "mean", ["12"], 0.65, id="sheet03-alpha-.15-mean"),
        pytest.param(0.15, "max", ["9"], 0.8, id="sheet03-alpha-.15-max"),
        pytest.param(0.15, "sum", ["9"], 1.9, id="sheet03-alpha-.15-sum"),
        pytest.param(0.25, "mean", ["9"], 0.633333333, id="sheet03-alpha-.25-mean"),
        pytest.param(0.35, "mean", ["7"], 0.3, id="sheet03-alpha-.35-mean"),
        pytest.param(0.5, "mean", ["7"], 0.3, id="sheet03-alpha-.5-empty-gate"),
    ],
)
def test_the_vectors_of_the_sheet(alpha, reward_agg, chosen, score):
    found = best_of_majority(ANSWERS, REWARDS, alpha=alpha, reward_agg=reward_agg)
    assert found.chosen == [chosen]
    assert first(found, "score") == [pytest.approx(score, abs=1e-9)]
    assert found.flags["empty gate"].tolist() == [alpha == 0.5]


@pytest.mark.parametrize(
    ("k", "chosen"),
    [
        pytest.param(2, ["12", "9"], id="sheet03-k-2"),
        pytest.param(5, ["12", "9", "7"], id="sheet03-k-5-three-kept"),
    ],
)
def test_several_answers_are_taken_in_the_order_of_their_scores(k, chosen):
    found = best_of_majority(ANSWERS, REWARDS, alpha=0.15, k=k)
    assert found.chosen == [chosen]
    assert found.flags["fewer than k"].tolist() == [len(chosen) < k]


def test_sheet03_best_of_n_and_majority():
    assert best_of_n(ANSWERS, REWARDS).chosen == [["3"]]
    assert most_common(ANSWERS).chosen == [["7"]]


def test_sheet03_the_gate_is_closed():
    """3 of 20 is exactly .15; .07 of 100 is 7, though .07 * 100 is 7.000000000000001 in floats."""
    twenty = ["a"] * 3 + ["b"] * 17
    assert best_of_majority(twenty, [1.0] * 3 + [0.0] * 17, alpha=0.15).chosen == [["a"]]
    hundred = ["a"] * 7 + ["b"] * 93
    assert best_of_majority(hundred, [1.0] * 7 + [0.0] * 93, alpha=0.07).chosen == [["a"]]
    assert best_of_majority(hundred, [1.0] * 7 + [0.0] * 93, alpha=0.0701).chosen == [["b"]]


@pytest.mark.parametrize(
    ("fill", "chosen"), [("none", ["9"]), ("majority", ["9", "12", "3"]), ("reward", ["9", "3", "12"])]
)
def test_what_is_missing_is_filled_from_those_gated_out(fill, chosen):
    answers, rewards = [9, 9, 9, 12, 12, 3], [0.1, 0.1, 0.1, 0.2, 0.2, 0.9]
    found = best_of_majority(answers, rewards, alpha=0.5, k=3, fill=fill)
    assert found.chosen == [chosen]
    if fill != "none":
        assert found.candidates()["reason"][1].startswith("taken at place 2 to fill up")


def test_the_representative_is_the_best_rewarded_sample_and_the_earliest_of_equals():
    found = best_of_majority([1, 1, 1, 2], [0.5, 0.7, 0.7, 0.1], alpha=0)
    assert found.table().select("answer", "draw").row(0) == ("1", 1)


# Rewards that are asked for.


def test_a_function_is_asked_only_about_answers_that_pass_the_gate():
    asked = []

    def reward(answer):
        asked.append(answer)
        return {7: 0.3, 9: 0.6, 12: 0.65}[answer]

    found = best_of_majority(ANSWERS, reward, alpha=0.15)
    assert found.chosen == [["12"]]
    assert asked == [7, 9, 12]
    assert found.why("0").rows.filter(answer="3")["score"].to_list() == [None]
    assert best_of_majority(ANSWERS, {7: 0.3, 9: 0.6, 12: 0.65}, alpha=0.15).chosen == [["12"]]


def test_an_empty_gate_asks_nothing():
    def reward(answer):
        raise AssertionError(answer)

    found = best_of_majority(ANSWERS, reward, alpha=0.5, k=2)
    assert found.chosen == [["7", "9"]]
    assert "because no answer is in the 5 that are needed" in found.candidates()["reason"][0]


def test_filling_up_by_reward_asks_about_the_others_and_by_votes_does_not():
    asked = []
    rewards = {9: 0.1, 12: 0.2, 3: 0.9}

    def reward(answer):
        asked.append(answer)
        return rewards[answer]

    answers = [9, 9, 9, 12, 12, 3]
    assert best_of_majority(answers, reward, alpha=0.5, k=2, fill="majority").chosen == [["9", "12"]]
    assert asked == [9]
    asked.clear()
    assert best_of_majority(answers, reward, alpha=0.5, k=2, fill="reward").chosen == [["9", "3"]]
    assert asked == [9, 12, 3]


def test_rewards_of_several_questions_are_lists_mappings_or_functions():
    answers = [["a", "a", "b"], ["c", "d"]]
    lists = best_of_majority(answers, [[0.1, 0.1, 0.9], [0.2, 0.1]], alpha=0)
    told = best_of_majority(answers, [{"a": 0.1, "b": 0.9}, {"c": 0.2, "d": 0.1}], alpha=0)
    function = best_of_majority(answers, {"a": 0.1, "b": 0.9, "c": 0.2, "d": 0.1}.__getitem__, alpha=0)
    assert lists.chosen == told.chosen == function.chosen == [["b"], ["c"]]
    opinions = samples(["q", "q", "r"], ["m"] * 3, [0, 1, 0], ["a", "b", "a"])
    by_question = best_of_majority(opinions, {("q", "a"): 1, ("q", "b"): 2, ("r", "a"): 0}, alpha=0)
    assert by_question.chosen == [["b"], ["a"]]
    assert best_of_majority(opinions, lambda item, answer: len(item + answer), alpha=0).chosen == [["a"], ["a"]]


# The choice of alpha.


@pytest.mark.parametrize(
    ("n", "p_right", "alpha"),
    [(3, None, 0.0), (4, None, 0.5), (20, None, 0.1), (500, None, 0.01), (20, 0.1, 0.075), (20, 1.0, 0.75)],
)
def test_sheet03_alpha_auto(n, p_right, alpha):
    found = best_of_majority(["a"] * n, [0.0] * n, p_right=p_right)
    assert found.facts["alpha"].tolist() == [pytest.approx(alpha)]
    assert (p_right is None) == any("rule of ours" in note for note in found.provenance.notes)


def test_the_denominator_counts_all_samples_or_those_with_an_answer():
    answers, rewards = ["a", "a", "b", None, None, None, None, None], [0.1, 0.1, 0.9] + [0.5] * 5
    assert best_of_majority(answers, rewards, alpha=0.25).chosen == [["a"]]
    assert best_of_majority(answers, rewards, alpha=0.25, denominator="valid").chosen == [["b"]]


def test_sheet03_plan():
    plan = plan_samples(0.1, k=1, reward_error=0.5)
    assert plan.samples == math.ceil(16 * 10 * math.log(10 / 0.25))
    assert (plan.alpha, plan.needed) == (pytest.approx(0.075), math.ceil(0.075 * plan.samples))
    assert plan.expected == pytest.approx(plan.samples / 10)
    assert plan_samples(0.1, k=4, reward_error=0.5).samples > plan.samples
    assert plan_samples(1, reward_error=1).samples == 1


def test_the_soft_gate_draws_rare_scores_to_the_mean():
    """By hand: the mean reward is .45; of the answers c / (c + 2) of the distance to it is left."""
    found = best_of_majority(["a", "a", "a", "b"], [0.4, 0.4, 0.4, 0.6], soft_gate=2)
    score = dict(found.candidates().select("answer", "score").iter_rows())
    assert score == {"a": pytest.approx(0.45 - 0.05 * 3 / 5), "b": pytest.approx(0.45 + 0.15 / 3)}
    assert best_of_majority(ANSWERS, REWARDS, soft_gate=0).chosen == best_of_majority(ANSWERS, REWARDS, alpha=0).chosen
    # In the limit votes times the distance to the mean of .539 count: 9 has .283, 3 has .451, 12 has .222.
    assert best_of_majority(ANSWERS, REWARDS, soft_gate=1e6, k=3).chosen == [["3", "9", "12"]]


# Ties, gaps, and nothing.


def test_equal_scores_go_to_more_votes_then_to_the_earlier():
    assert best_of_majority(["a", "b", "b"], [0.5] * 3, alpha=0).chosen == [["b"]]
    assert best_of_majority(["b", "a"], [0.5] * 2, alpha=0).chosen == [["b"]]
    noisy = best_of_majority(["a", "b", "b", "b"], [0.1 + 0.2, 0.3, 0.3, 0.3], alpha=0)
    assert noisy.chosen == [["b"]]
    assert noisy.flags["tie"].tolist() == [True]
    assert best_of_n(["a", "b", "b"], [0.5] * 3).chosen == [["a"]]


def test_a_reward_of_nan_counts_for_the_gate_and_not_for_the_score():
    nan = float("nan")
    for agg in ("mean", "max", "median"):
        found = best_of_majority(["a", "a", "b", "c", "c"], [nan, 0.7, 0.5, nan, nan], alpha=0.4, k=2, reward_agg=agg)
        assert found.chosen == [["a", "c"]]
        assert found.flags["no reward"].tolist() == [True]
        assert found.candidates()["score"].to_list()[:2] == [pytest.approx(0.7), None]
    assert found.candidates()["reason"][1].endswith("no sample of it has a reward")


def test_no_valid_answer_takes_nothing_and_says_so():
    found = best_of_majority([[None, ""], ["a"]], [[0.1, 0.2], [0.3]], repeats=10)
    assert found.chosen == [[], ["a"]]
    table = found.table()
    assert table["answer"].to_list() == [None, "a"]
    assert table["flags"][0] == "no valid answer"
    assert found.why("0").summary()[0] == ("0", "nothing is taken")
    nothing = best_of_majority([None], [0.1])
    assert nothing.table().select("item", "place", "answer", "score", "flags").row(0) == (
        "0",
        None,
        None,
        None,
        "no valid answer",
    )
    assert nothing.candidates().is_empty()
    assert nothing.queue().height == 1


def test_one_sample_is_its_answer():
    assert best_of_majority(["a"], [0.1], repeats=5).chosen == [["a"]]


@pytest.mark.parametrize(
    ("arguments", "options", "argument", "words"),
    [
        (([], []), {}, "answers", "none"),
        (([["a"], []], [[1.0], []]), {}, "answers", "none (question 1)"),
        (("abc", [1, 2, 3]), {}, "answers", "sequence of answers"),
        ((["a", "b"], [1.0]), {}, "rewards", "as many as answers (2), got 1"),
        (([["a", "b"], ["c"]], [[1, 2], [1, 2]]), {}, "rewards", "answers of question 1 (1), got 2"),
        (([["a"], ["b"]], [[1]]), {}, "rewards", "2 questions of answers, got 1"),
        ((["a", "b"], [1.0, math.inf]), {}, "rewards", "infinity (index 1)"),
        ((["a", "b"], [1.0, -math.inf]), {}, "rewards", "infinity (index 1)"),
        ((["a", "b"], ["x", "y"]), {}, "rewards", "real numbers"),
        ((["a", "b"],), {}, "rewards", "are none"),
        ((["a", "b"], {"a": 1.0}), {"alpha": 0}, "rewards", "none for 'b'"),
        ((["a"], lambda answer: math.inf), {"alpha": 0}, "rewards", "infinity (answer 'a'"),
        ((["a"], lambda answer: "good"), {"alpha": 0}, "rewards", "must be numbers, got 'good'"),
        (([("a", "b"), (3,)], [[1, 2], [{}]]), {}, "rewards", "real numbers"),
        ((["a"], [1]), {"k": 0}, "k", "at least 1"),
        ((["a"], [1]), {"k": 1.5}, "k", "whole number"),
        ((["a"], [1]), {"k": True}, "k", "whole number"),
        ((["a"], [1]), {"alpha": -0.1}, "alpha", "between 0 and 1"),
        ((["a"], [1]), {"alpha": 1.1}, "alpha", "between 0 and 1"),
        ((["a"], [1]), {"alpha": math.nan}, "alpha", "between 0 and 1"),
        ((["a"], [1]), {"alpha": "some"}, "alpha", "'auto'"),
        ((["a"], [1]), {"alpha": 0.1, "p_right": 0.2}, "p_right", "in the place of alpha"),
        ((["a"], [1]), {"alpha": 0.1, "soft_gate": 1}, "soft_gate", "in the place of alpha"),
        ((["a"], [1]), {"p_right": 2}, "p_right", "between 0 and 1"),
        ((["a"], [1]), {"soft_gate": -1}, "soft_gate", "at least 0"),
        ((["a"], [1]), {"reward_agg": "mode"}, "reward_agg", "one of"),
        ((["a"], [1]), {"denominator": "some"}, "denominator", "one of"),
        ((["a"], [1]), {"fill": "yes"}, "fill", "one of"),
        ((["a"], [1]), {"repeats": -1}, "repeats", "at least 0"),
        ((["a"], [1]), {"equivalence": "fuzzy"}, "equivalence", "one of"),
        ((labels(["a"], ["x"], ["y"]), [1]), {}, "answers", "must be samples, got labels"),
    ],
)
def test_bad_input_is_named(arguments, options, argument, words):
    with pytest.raises(InputError) as caught:
        best_of_majority(*arguments, **options)
    assert caught.value.argument == argument
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("p_right", "k", "reward_error", "argument"),
    [(0, 1, 0.5, "p_right"), (1.5, 1, 0.5, "p_right"), (0.5, 0, 0.5, "k"), (0.5, 1, 0, "reward_error")],
)
def test_a_plan_needs_numbers_in_range(p_right, k, reward_error, argument):
    with pytest.raises(InputError) as caught:
        plan_samples(p_right, k=k, reward_error=reward_error)
    assert caught.value.argument == argument


# Against a slow reference, and what must not matter.


def slowly(answers, rewards, alpha, k, aggregate):
    """The rule as one writes it down."""
    groups = defaultdict(list)
    for place, answer in enumerate(answers):
        if answer is not None:
            groups[answer].append(place)
    functions = {"mean": np.mean, "max": np.max, "sum": np.sum, "median": np.median}

    def score(answer):
        known = [rewards[place] for place in groups[answer] if not math.isnan(rewards[place])]
        return functions[aggregate](known) if known else -math.inf

    kept = [a for a in groups if len(groups[a]) >= math.ceil(alpha * len(answers) - 1e-9)]
    if not kept:
        return sorted(groups, key=lambda a: (-len(groups[a]), groups[a][0]))[:k]
    return sorted(kept, key=lambda a: (-round(score(a), 9), -len(groups[a]), groups[a][0]))[:k]


QUESTION = st.lists(
    st.tuples(st.sampled_from([None, "a", "b", "c", "d"]), st.sampled_from([0.0, 0.1, 0.25, 0.7, -1.0, math.nan])),
    min_size=1,
    max_size=12,
)
CASES = st.tuples(
    st.lists(QUESTION, min_size=1, max_size=5),
    st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]),
    st.integers(1, 4),
    st.sampled_from(["mean", "max", "sum", "median"]),
)


@given(CASES)
def test_it_is_the_slow_reference(case):
    questions, alpha, k, aggregate = case
    answers = [[answer for answer, _ in question] for question in questions]
    rewards = [[reward for _, reward in question] for question in questions]
    found = best_of_majority(answers, rewards, alpha=alpha, k=k, reward_agg=aggregate)
    expected = [slowly(a, r, alpha, k, aggregate) for a, r in zip(answers, rewards, strict=True)]
    assert found.chosen == expected


@given(CASES, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_names_of_answers_do_not_matter(case, random):
    questions, alpha, k, aggregate = case
    rows = [
        (f"q{number}", "m", draw, answer, reward)
        for number, question in enumerate(questions)
        for draw, (answer, reward) in enumerate(question)
    ]

    def chosen(rows, name):
        item, voter, draw, answer, reward = zip(*rows, strict=True)
        opinions = samples(item, voter, draw, [None if a is None else name[a] for a in answer], reward=reward)
        found = best_of_majority(opinions, alpha=alpha, k=k, reward_agg=aggregate)
        return dict(zip(found.items, found.chosen, strict=True))

    same = {name: name for name in "abcd"}
    other = {"a": "zz", "b": "10", "c": "9", "d": "A"}
    before = chosen(rows, same)
    shuffled = random.sample(rows, len(rows))
    assert chosen(shuffled, same) == before
    assert chosen(rows, other) == {item: [other[answer] for answer in taken] for item, taken in before.items()}


@given(CASES)
def test_best_of_n_depends_only_on_the_order_of_scores(case):
    questions, _, k, _ = case
    answers = [[answer for answer, _ in question] for question in questions]
    rewards = [[reward for _, reward in question] for question in questions]
    squeezed = [[math.atan(3 * reward) for reward in question] for question in rewards]
    found = best_of_n(answers, rewards, k=k)
    assert found.chosen == best_of_n(answers, squeezed, k=k).chosen
    # The limit alpha = 0; only votes, which break ties of best of majority, can make a difference.
    loose = best_of_majority(answers, rewards, k=k, alpha=0, reward_agg="max")
    for item, tied in enumerate(loose.flags["tie"]):
        if not tied and k == 1:
            assert found.chosen[item] == loose.chosen[item]


def test_voters_are_put_in_the_order_of_their_names():
    """Two models, one draw each: which row stands first does not decide who is earlier."""
    rows = (["q", "q"], ["zoe", "ann"], [0, 0], ["x", "y"])
    found = best_of_n(samples(*rows, reward=[0.5, 0.5]))
    assert found.chosen == best_of_n(samples(*(part[::-1] for part in rows), reward=[0.5, 0.5])).chosen == [["y"]]
    assert found.table()["voter"].to_list() == ["ann"]


def test_equivalent_answers_are_one_before_they_are_counted():
    answers = ["1/2", "0.5", "50%", "2", "2"]
    assert best_of_majority(answers, [0.9, 0.9, 0.9, 0.1, 0.1], alpha=0.4).chosen == [["2"]]
    assert best_of_majority(answers, [0.9, 0.9, 0.9, 0.1, 0.1], alpha=0.4, equivalence="number").chosen == [["1/2"]]


# How sure.


def test_sureness_is_the_chance_that_the_best_sample_is_drawn_again():
    """Best of n takes the answer with the single best sample unless it is missed: 1 - (1 - 1/n)^n, with its error."""
    n, repeats = 10, 4000
    found = best_of_n(list(range(n)), [0.1 * value for value in range(n)], repeats=repeats, rng=1)
    expected = 1 - (1 - 1 / n) ** n
    error = math.sqrt(expected * (1 - expected) / repeats)
    assert found.table()["sureness"][0] == pytest.approx(expected, abs=4 * error)
    assert found.flags["unsure"].tolist() == [True]


@pytest.mark.parametrize("rule", [best_of_majority, best_of_n, weighted_vote])
def test_sureness_adds_up_and_does_not_depend_on_the_engine(rule, two_processes):
    rng = np.random.default_rng(0)
    answers = rng.integers(0, 4, (6, 9)).tolist()
    rewards = rng.random((6, 9)).tolist()
    found = rule(answers, rewards, k=2, repeats=50, rng=3)
    total = np.add.reduceat(found.sureness, found.starts[:-1])
    assert (total <= 2 + 1e-9).all()
    assert (total > 1.5).all()
    again = rule(answers, rewards, k=2, repeats=50, rng=3, engine=two_processes)
    assert np.array_equal(found.sureness, again.sureness)
    assert not np.array_equal(found.sureness, rule(answers, rewards, k=2, repeats=50, rng=4).sureness)


@settings(max_examples=30)
@given(CASES, st.sampled_from(["none", "majority", "reward"]), st.sampled_from(["all", "valid"]))
def test_a_resample_that_is_the_sample_itself_takes_the_same(case, fill, denominator):
    """With copies of one sample only, every resample is the sample: what is taken is taken each time."""
    questions, alpha, k, aggregate = case
    answers = [[question[0][0] or "x"] * len(question) for question in questions]
    rewards = [[0.5] * len(question) for question in questions]
    found = best_of_majority(
        answers, rewards, alpha=alpha, k=k, reward_agg=aggregate, fill=fill, denominator=denominator, repeats=3
    )
    assert found.sureness.tolist() == [1.0] * len(answers)


def test_rules_on_resamples_are_the_rules_on_samples():
    """Each resample, drawn here by the same stream, selected by the public function: the shares are equal."""
    from psephos.engine import seed_of, spawn
    from psephos.statistics import reweightings

    rng = np.random.default_rng(5)
    answers = rng.integers(0, 4, 12)
    answers = np.where(rng.random(12) < 0.2, -1, answers)
    rewards = np.round(rng.random(12), 2)
    named = [None if a < 0 else f"a{a}" for a in answers]
    options = [
        {"alpha": 0.2, "k": 2, "fill": "majority"},
        {"alpha": 0.2, "reward_agg": "median", "denominator": "valid"},
        {"soft_gate": 2.0, "reward_agg": "max"},
        {"alpha": 0.45, "k": 2},
        {"alpha": 0.3, "k": 3, "fill": "reward", "reward_agg": "sum"},
    ]
    for option in options:
        found = best_of_majority(named, rewards, repeats=40, rng=9, **option)
        codes = found.opinions.codes("answer")
        rows = np.flatnonzero(codes >= 0)
        rows = (
            rows[np.lexsort((rewards[rows], codes[rows]))]
            if option.get("reward_agg") == "median"
            else rows[np.argsort(codes[rows], kind="stable")]
        )
        rows = np.concatenate([rows, np.flatnonzero(codes < 0)])
        (stream,) = spawn(seed_of(9), 1)
        share = defaultdict(float)
        for weights in reweightings(12, strata=np.zeros(12, int), repeats=40, rng=stream):
            for weight in weights:
                copies = np.repeat(rows, weight.astype(int))
                copies = np.sort(copies)  # earlier draws first, as in the sample
                one = best_of_majority([named[c] for c in copies], rewards[copies], **option)
                for answer in one.chosen[0]:
                    share[answer] += 1 / 40
        for answer, sure in zip(found.answers.gather(found.answer), found.sureness, strict=True):
            assert share[answer] == pytest.approx(sure, abs=1e-9), (option, answer)


# The claim of the paper, on the sheet's population.


def hacked(n, repetitions, rng):
    """Samples of the sheet's synthetic question, one row a repetition, with rewards; the right answer is 0."""
    draw = rng.random((repetitions, n))
    rare = 5 + rng.integers(0, 3000, (repetitions, n))
    answers = np.where(draw < 0.1, 0, np.where(draw < 0.7, 1 + ((draw - 0.1) / 0.15).astype(int), rare))
    reward = np.where(rng.random((repetitions, 3005)) < 0.02, 0.99, 0.2)
    reward[:, 0], reward[:, 1:5] = 0.9, 0.3
    return answers, np.take_along_axis(reward, answers, axis=1)


@pytest.mark.parametrize(
    ("n", "k", "expected"),
    [
        pytest.param(50, 1, (0.05, 0.71, 0.74), id="sheet03-table-50-1"),
        pytest.param(100, 1, (0.01, 0.56, 0.81), id="sheet03-table-100-1"),
        pytest.param(500, 1, (0.00, 0.05, 0.98), id="sheet03-table-500-1"),
        pytest.param(500, 3, (0.01, 0.45, 0.98), id="sheet03-table-500-3"),
        pytest.param(2000, 3, (0.00, 0.00, 1.00), id="sheet03-table-2000-3", marks=pytest.mark.slow),
    ],
)
def test_the_table_of_the_sheet(n, k, expected):
    answers, rewards = hacked(n, 400, np.random.default_rng(n + k))
    answers, rewards = answers.tolist(), rewards.tolist()
    found = (
        most_common(answers, k=k),
        best_of_n(answers, rewards, k=k),
        best_of_majority(answers, rewards, k=k, alpha=0.075),
    )
    shares = [np.mean(["0" in taken for taken in one.chosen]) for one in found]
    assert shares == pytest.approx(expected, abs=0.06)


def test_sheet03_more_samples_help_the_gate_and_hurt_best_of_n():
    shares = []
    for n in (50, 400):
        answers, rewards = (part.tolist() for part in hacked(n, 300, np.random.default_rng(n)))
        for rule, options in ((best_of_majority, {"alpha": 0.075}), (best_of_n, {})):
            shares.append(np.mean(["0" in taken for taken in rule(answers, rewards, **options).chosen]))
    gate, best, gate_later, best_later = shares
    assert gate_later > gate + 0.1
    assert best_later < best - 0.3


# What a selection says.


def test_a_selection_reads_well():
    opinions = samples(
        ["q"] * 5 + ["r"], ["m"] * 6, [*range(5), 0], [*"aabbc", None], reward=[0.1, 0.2, 0.6, 0.6, 0.9, 0.5]
    )
    found = best_of_majority(opinions, alpha=0.4, repeats=20)
    assert len(found) == 2
    assert found.table().columns == [
        "item",
        "place",
        "answer",
        "score",
        "votes",
        "share",
        "sureness",
        "voter",
        "draw",
        "flags",
    ]
    reasons = dict(found.why("q").rows.select("answer", "reason").iter_rows())
    assert reasons == {
        "b": "taken at place 1: score 0.6, in 2 of 5 samples",
        "a": "often enough (in 2 of 5 samples), but its score 0.15 is not among the best",
        "c": "in 1 of 5 samples; 2 are needed for its score to be trusted",
    }
    assert found.why("q").facts == {"samples": 5, "alpha": 0.4, "needed": 2}
    assert found.queue()["item"].to_list() == ["r", "q"]
    assert "1 no valid answer" in str(found)
    said = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert said["result"] == "selection"
    assert [row["answer"] for row in said["rows"]] == ["b", None]
    json.dumps(found.why("q").to_dict(), allow_nan=False)
    with pytest.raises(InputError, match="no item 'z'"):
        found.why("z")
    assert "<table>" in found._repr_html_()


def test_the_median_and_the_votes_are_those_of_numpy():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rng = np.random.default_rng(2)
        answers = rng.integers(0, 50, 3000)
        rewards = np.where(rng.random(3000) < 0.1, np.nan, rng.random(3000))
        found = best_of_majority(answers, rewards, alpha=0, reward_agg="median")
        assert found.candidates().height == len(np.unique(answers))
        for name, score, votes in found.candidates().select("answer", "score", "votes").iter_rows():
            own = rewards[answers == int(name)]
            assert votes == len(own)
            assert score == pytest.approx(np.nanmedian(own), abs=1e-12)
