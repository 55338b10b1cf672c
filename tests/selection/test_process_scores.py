"""Process rewards: the vectors of sheet 39, a slow reference, bad input, and that they find the wrong step."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.opinions import from_frame, labels, samples
from psephos.selection import best_of_n, process_scores, select, step_ends_of, weighted_vote

LOGP = [-0.5, -0.2, -1.0, -0.1, -0.3, -0.4]
REF = [-0.7, -0.1, -1.6, -0.2, -0.1, -0.9]
ENDS = [1, 3, 5]


@pytest.mark.parametrize(
    ("beta", "reference", "values", "steps", "scores"),
    [
        pytest.param(
            1,
            True,
            [0.1, 0.8, 1.1],
            [0.1, 0.7, 0.3],
            {"min": 0.1, "sum": 1.1, "last": 0.3, "mean": 0.36666667, "orm": 1.1},
            id="sheet39-beta-1",
        ),
        pytest.param(
            0.05,
            True,
            [0.005, 0.04, 0.055],
            [0.005, 0.035, 0.015],
            {"min": 0.005, "sum": 0.055},
            id="sheet39-beta-.05",
        ),
        pytest.param(1, False, [-0.7, -1.8, -2.5], [-0.7, -1.1, -0.7], {"min": -1.1}, id="sheet39-without-a-reference"),
    ],
)
def test_the_vectors_of_the_sheet(beta, reference, values, steps, scores):
    for aggregate, score in scores.items():
        found = process_scores([LOGP], [REF], [ENDS], beta=beta, aggregate=aggregate, reference=reference)
        assert found.score[0] == pytest.approx(score, abs=1e-8)
        assert found.steps()["value"].to_list() == pytest.approx(values, abs=1e-9)
        assert found.step_reward.tolist() == pytest.approx(steps, abs=1e-9)
        assert found.has_reference is reference
    running = process_scores([LOGP], [REF], [ENDS], beta=beta, reference=reference, step_rewards="accumulative")
    assert running.step_reward.tolist() == pytest.approx(values, abs=1e-9)
    assert running.score[0] == pytest.approx(min(values), abs=1e-9)


def test_scores_without_a_reference_are_labelled_so():
    without, with_one = process_scores([LOGP]), process_scores([LOGP], [REF])
    assert "without a reference" in str(without)
    assert any("no reference took part" in note for note in without.provenance.notes)
    assert "without a reference" not in str(with_one)


ANSWERS, SCORES = list("aabbbc"), [0.9, 0.4, 0.1, -0.2, 0.05, 1.5]


@pytest.mark.parametrize(
    ("weight", "chosen", "weights"),
    [
        pytest.param("sigmoid", "b", {"a": 1.309637, "b": 1.487643, "c": 0.817574}, id="sheet39-vote-sigmoid"),
        pytest.param("raw", "c", {"a": 1.3, "b": -0.05, "c": 1.5}, id="sheet39-vote-raw"),
    ],
)
def test_the_weighted_vote_of_the_sheet(weight, chosen, weights):
    found = weighted_vote(ANSWERS, SCORES, weight=weight)
    assert found.chosen == [[chosen]]
    assert dict(found.candidates().select("answer", "score").iter_rows()) == pytest.approx(weights, abs=1e-6)


def test_sheet39_best_of_6():
    assert best_of_n(ANSWERS, SCORES).chosen == [["c"]]


def test_a_tied_vote_goes_to_the_answer_seen_first():
    assert weighted_vote(list("baab"), [1, 1, 1, 1]).chosen == [["b"]]
    assert weighted_vote(list("abb"), [2, 1, 1], weight="raw").chosen == [["a"]]
    assert weighted_vote(list("ab"), [float("nan"), -5]).chosen == [["b"]]


# Ragged responses.


def slowly(logp, ref, ends):
    """Rewards of the steps of one response as the sheet defines them, and q."""
    q = np.cumsum([a - b for a, b in zip(logp, ref, strict=True)])
    at = [0.0, *(float(q[end]) for end in ends)]
    return [later - earlier for earlier, later in pairwise(at)], q.tolist()


NUMBERS = st.floats(-20, 0, allow_nan=False)


@st.composite
def responses(draw):
    found = []
    for _ in range(draw(st.integers(1, 5))):
        length = draw(st.integers(0, 7))
        logp, ref = (draw(st.lists(NUMBERS, min_size=length, max_size=length)) for _ in range(2))
        inner = draw(st.sets(st.integers(0, length - 1))) if length else set()
        found.append((logp, ref, sorted(inner | ({length - 1} if length else set()))))
    return found


@given(responses())
def test_ragged_batches_are_the_single_responses(given_responses):
    logp, ref, ends = (list(part) for part in zip(*given_responses, strict=True))
    found = process_scores(logp, ref, ends, beta=1)
    for aggregate, reduce in (("min", min), ("sum", sum), ("mean", np.mean), ("last", lambda steps: steps[-1])):
        score = process_scores(logp, ref, ends, beta=1, aggregate=aggregate).score
        for row, (a, b, e) in enumerate(given_responses):
            steps, q = slowly(a, b, e)
            own = slice(found.step_starts[row], found.step_starts[row + 1])
            assert found.step_reward[own].tolist() == pytest.approx(steps, abs=1e-9)
            tokens = slice(found.token_starts[row], found.token_starts[row + 1])
            assert found.value[tokens].tolist() == pytest.approx(q, abs=1e-9)
            assert score[row] == pytest.approx(reduce(steps) if steps else 0, abs=1e-9)
    orm, total = (process_scores(logp, ref, ends, aggregate=one).score for one in ("orm", "sum"))
    np.testing.assert_allclose(orm, total, rtol=1e-12, atol=1e-12)
    for row, (a, b, e) in enumerate(given_responses):  # padding and neighbours play no part
        alone = process_scores([a], [b], [e], beta=1)
        assert alone.score[0] == found.score[row]


def test_a_column_is_read_as_lists_are():
    frame = pl.DataFrame(
        {
            "item": ["q", "q", "r"],
            "voter": ["m"] * 3,
            "draw": [0, 1, 0],
            "answer": ["a", "b", "c"],
            "logprobs": [LOGP, [-1.0], None],
            "ref_logprobs": [REF, [-0.5], None],
            "step_ends": [ENDS, [0], None],
        }
    )
    opinions = from_frame(frame, kind="samples")
    found = process_scores(opinions, beta=1)
    assert found.score.tolist() == pytest.approx([0.1, -0.5, math.nan], nan_ok=True)
    assert found.flags["no log-probabilities"].tolist() == [False, False, True]
    assert found.table()["answer"].to_list() == ["a", "b", "c"]
    single = process_scores([LOGP, [-1.0]], [REF, [-0.5]], [ENDS, [0]], beta=1)
    assert np.array_equal(single.step_reward, found.step_reward)
    chosen = select(opinions, method="best-of-n")
    assert chosen.chosen == [["a"], ["c"]]
    assert chosen.flags["no reward"].tolist() == [False, True]
    assert "process rewards" in chosen.score_means
    labelled = select(opinions.take([0, 1]), method="weighted-vote", beta=1)
    assert labelled.provenance.parameters["score"] == "process"


def test_the_samples_keep_what_they_were():
    opinions = samples(["q"], ["m"], [0], ["a"], logprobs=[[-1.0]])
    found = process_scores(opinions)
    assert found.rewarded().numbers["reward"].tolist() == [pytest.approx(-0.05)]
    assert "reward" not in opinions.numbers


# Impossible tokens, empty responses, tails.


def test_a_token_of_probability_zero_makes_its_own_step_impossible_and_no_other():
    found = process_scores([[-1.0, -math.inf, -1.0, -2.0], [-1.0]], None, [[0, 1, 3], [0]], beta=1)
    assert found.step_reward.tolist() == [-1.0, -math.inf, -3.0, -1.0]
    assert found.value.tolist() == [-1.0, -math.inf, -math.inf, -math.inf, -1.0]
    assert found.flags["impossible token"].tolist() == [True, False]
    assert found.score.tolist() == [-math.inf, -1.0]
    assert found.best() == 1
    assert process_scores([[-1.0, -math.inf]], None, [[0, 1]], aggregate="last").score.tolist() == [-math.inf]
    json.dumps(found.to_dict(), allow_nan=False)
    opinions = samples(["q", "q"], ["m"] * 2, [0, 1], ["x", "y"], logprobs=[[-math.inf], [-3.0]])
    for method in ("best-of-n", "weighted-vote", "best-of-majority"):
        assert select(opinions, method=method, repeats=5).chosen == [["y"]]


def test_an_empty_response_scores_zero_and_is_best_only_among_empty_ones():
    found = process_scores([[], [-5.0]], [[], [-1.0]], [[], [0]])
    assert found.score[0] == 0
    assert found.flags["empty"].tolist() == [True, False]
    assert found.weakest.tolist() == [-1, 0]
    assert found.best() == 1
    assert process_scores([[], []], None, [[], []]).best() == 0
    opinions = samples(["q", "q", "r"], ["m"] * 3, [0, 1, 0], ["x", "y", "z"], logprobs=[[], [-5.0], []])
    assert select(opinions, method="best-of-n").chosen == [["y"], ["z"]]


def test_tokens_after_the_last_end_are_a_step_or_an_error():
    found = process_scores([LOGP], [REF], [[1]], beta=1)
    assert found.step_reward.tolist() == pytest.approx([0.1, 1.0])
    assert found.flags["tail without end"].tolist() == [True]
    with pytest.raises(InputError, match="after the last step"):
        process_scores([LOGP], [REF], [[1]], tail="error")
    assert process_scores([LOGP], [REF], beta=1).step_reward.tolist() == pytest.approx([1.1])


@pytest.mark.parametrize(
    ("arguments", "options", "argument", "words"),
    [
        (([LOGP], [REF[:5]], [ENDS]), {}, "ref_logprobs", "response 0"),
        (([LOGP], [REF, REF], [ENDS]), {}, "ref_logprobs", "as many responses"),
        (([[-1.0], [math.nan]],), {}, "logprobs", "response 1, token 0"),
        (([[-1.0, 0.1]],), {}, "logprobs", "holds 0.1"),
        (([[math.inf]],), {}, "logprobs", "holds inf"),
        (([[None]],), {}, "logprobs", "NaN"),
        (([["x"]],), {}, "logprobs", "numbers only"),
        (([-1.0],), {}, "logprobs", "list of lists"),
        (("abc",), {}, "logprobs", "list of lists"),
        (([[-1.0]], [[-math.inf]]), {}, "ref_logprobs", "holds -inf"),
        (([[-1.0]], [[math.nan]]), {}, "ref_logprobs", "NaN"),
        (([LOGP], [REF], [[3, 1]]), {}, "step_ends", "must rise"),
        (([LOGP], [REF], [[1, 1]]), {}, "step_ends", "must rise"),
        (([LOGP], [REF], [[6]]), {}, "step_ends", "below the 6 tokens"),
        (([LOGP], [REF], [[-1]]), {}, "step_ends", "must rise"),
        (([LOGP], [REF], [[1.5]]), {}, "step_ends", "got 1.5"),
        (([LOGP], [REF], [[]]), {}, "step_ends", "are none"),
        (([LOGP], [REF], [ENDS, ENDS]), {}, "step_ends", "each of 1 responses"),
        (([LOGP],), {"beta": 0}, "beta", "more than 0"),
        (([LOGP],), {"beta": math.nan}, "beta", "more than 0"),
        (([LOGP],), {"aggregate": "max"}, "aggregate", "one of"),
        (([LOGP],), {"step_rewards": "both"}, "step_rewards", "one of"),
        (([LOGP],), {"tail": "drop"}, "tail", "one of"),
        ((labels(["a"], ["x"], ["y"]),), {}, "logprobs", "must be samples"),
        ((samples(["a"], ["x"], [0], ["y"]),), {}, "logprobs", "no column"),
    ],
)
def test_bad_input_is_named(arguments, options, argument, words):
    with pytest.raises(InputError) as caught:
        process_scores(*arguments, **options)
    assert caught.value.argument == argument
    assert words in str(caught.value)


def test_rounding_above_zero_is_let_in():
    assert process_scores([[5e-7]]).score[0] == pytest.approx(0, abs=1e-6)


def test_a_vote_needs_a_score_for_each_sample():
    with pytest.raises(InputError, match="one number for each sample"):
        weighted_vote(["a"], {"a": 1})
    with pytest.raises(InputError, match="weight"):
        weighted_vote(["a"], [1], weight="odds")
    with pytest.raises(InputError, match="are none"):
        weighted_vote(["a"])


# Finding the wrong step.


def test_the_first_error_is_the_first_step_below_the_threshold():
    found = process_scores([LOGP, LOGP], None, [ENDS, [5]], beta=1)
    assert found.step_reward.tolist() == pytest.approx([-0.7, -1.1, -0.7, -2.5])
    assert found.first_error(-1).tolist() == [1, 0]
    assert found.first_error(-3).tolist() == [-1, -1]
    assert found.weakest.tolist() == [1, 0]
    listed = found.weakest_steps()
    assert listed["response"].to_list() == [1, 0]
    assert listed.select("first", "last").rows() == [(0, 5), (2, 3)]
    assert found.weakest_steps([0])["reward"].to_list() == pytest.approx([-1.1])


@given(responses(), st.randoms(use_true_random=False))
def test_the_tuned_threshold_is_the_best_of_all(given_responses, random):
    logp, ref, ends = (list(part) for part in zip(*given_responses, strict=True))
    found = process_scores(logp, ref, ends, beta=1)
    steps = np.diff(found.step_starts)
    known = np.array([random.randint(-1, int(count) - 1) if count else -1 for count in steps])
    if not steps.any():
        with pytest.raises(InputError, match="needs a response with steps"):
            found.tune_threshold(known)
        return
    some = steps > 0

    def right(threshold):
        return (found.first_error(threshold)[some] == known[some]).sum()

    values = np.unique(found.step_reward)
    tried = [values[0] - 1, values[-1] + 1, *values, *((values[1:] + values[:-1]) / 2)]
    assert right(found.tune_threshold(known)) == max(map(right, tried))


def test_a_threshold_is_tuned_on_steps_that_are_there():
    found = process_scores([LOGP], None, [ENDS])
    for wrong in ([3], [0, 0], [-2], [0.5]):
        with pytest.raises(InputError) as caught:
            found.tune_threshold(wrong)
        assert caught.value.argument == "first_error"


def test_sheet39_tokens_of_a_trained_policy_bear_the_blame():
    """A policy trained on right and wrong responses only (label: no token 7) puts its least reward on a token 7.

    One independent softmax per position, cross-entropy, Adam .1, 400 steps, 2,000 uniform sequences, as in the sheet.
    """
    vocabulary, length, bad = 8, 6, 7
    for beta in (0.05, 1.0):
        rng = np.random.default_rng(0)
        tokens = rng.integers(0, vocabulary, (2000, length))
        right = (tokens != bad).all(axis=1).astype(float)
        logits = np.zeros((length, vocabulary))
        moment, square = np.zeros_like(logits), np.zeros_like(logits)
        onehot = np.eye(vocabulary)[tokens]
        for step in range(1, 401):
            logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            reward = beta * ((onehot * logp).sum(axis=(1, 2)) + length * math.log(vocabulary))
            error = 1 / (1 + np.exp(-reward)) - right
            slope = beta * (np.einsum("n,ntv->tv", error, onehot) - error.sum() * np.exp(logp)) / len(tokens)
            moment, square = 0.9 * moment + 0.1 * slope, 0.999 * square + 0.001 * slope**2
            logits -= 0.1 * (moment / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        fresh = rng.integers(0, vocabulary, (3000, length))
        fresh = fresh[(fresh == bad).any(axis=1)]
        own = logp[np.arange(length), fresh]
        reference = np.full(own.shape, -math.log(vocabulary))
        found = process_scores(own.tolist(), reference.tolist(), [list(range(length))] * len(fresh), beta=beta)
        assert np.mean(fresh[np.arange(len(fresh)), found.weakest] == bad) >= 0.95


def test_the_worst_step_is_found_better_than_by_chance():
    """Two models that agree but for noise, except on one step of five that the tuned one finds less likely."""
    rng = np.random.default_rng(1)
    ref = -rng.exponential(1, (400, 20))
    wrong = rng.integers(0, 5, 400)
    logp = np.minimum(ref + 0.3 * rng.standard_normal((400, 20)), 0)
    logp[np.arange(400)[:, None], wrong[:, None] * 4 + np.arange(4)] -= 0.4
    found = process_scores(logp.tolist(), ref.tolist(), [[3, 7, 11, 15, 19]] * 400)
    share = np.mean(found.weakest == wrong)
    assert share > 0.2 + 5 * math.sqrt(0.2 * 0.8 / 400)


# How sure, how long.


def test_the_interval_of_the_weakest_step_holds_its_value_and_narrows_with_equal_tokens():
    found = process_scores([LOGP], [REF], [ENDS], beta=1)
    interval = found.interval(0, repeats=500, rng=0)
    assert interval.low <= found.score[0] + 1e-12
    assert interval.high > interval.low
    level = process_scores([[-1.0] * 6], None, [ENDS]).interval(0, repeats=100, rng=0)
    assert level.low == pytest.approx(level.high)
    assert process_scores([[-math.inf, -1.0]]).interval(0).value == -math.inf
    assert math.isnan(process_scores([[-1.0]]).interval(0).low)
    with pytest.raises(InputError, match="response"):
        process_scores([[]], None, [[]]).interval(0)


def test_sheet39_sums_grow_with_length_and_it_is_said():
    rng = np.random.default_rng(0)
    logp = [(-rng.exponential(1, length)).tolist() for length in rng.integers(2, 60, 80)]
    assert process_scores(logp, aggregate="sum").length_correlation() < -0.8
    assert "rank correlation of score and number of tokens" in str(process_scores(logp))
    assert math.isnan(process_scores([[-1.0]]).length_correlation())


# Steps from a text.


@pytest.mark.parametrize(
    ("text", "pieces", "expected"),
    [
        ("One.\n\nTwo.", ["One", ".", "\n\n", "Two", "."], [2, 4]),
        ("One.\n\nTwo.", ["One", ".\n\nT", "wo."], [1, 2]),
        ("Step 1: a\nStep 2: b", ["Step 1: a", "\n", "Step 2: b"], [1, 2]),
        ("no break", ["no", " break"], [1]),
        ("a\n\n\n\nb\n\n", ["a", "\n\n", "\n\n", "b", "\n\n"], [2, 4]),
        ("", [], []),
    ],
)
def test_steps_end_at_blank_lines_and_before_numbered_steps(text, pieces, expected):
    ends = np.cumsum([len(piece) for piece in pieces]).tolist()
    assert step_ends_of(text, ends) == expected


@pytest.mark.parametrize("ends", [[1], [2, 1, 8], [-1, 8]])
def test_token_ends_must_rise_to_the_end(ends):
    with pytest.raises(InputError, match="token_ends"):
        step_ends_of("no break", ends)


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"method": "guess"}, "method"),
        ({"score": "luck"}, "score"),
        ({"score": "process"}, "score"),
        ({"score": "reward"}, "score"),
    ],
)
def test_select_names_what_is_missing(options, argument):
    with pytest.raises(InputError) as caught:
        select(samples(["q"], ["m"], [0], ["a"]), **options)
    assert caught.value.argument == argument


def test_select_takes_what_is_there():
    plain = samples(["q"] * 3, ["m"] * 3, [0, 1, 2], ["a", "b", "b"])
    assert select(plain).provenance.method == "most common"
    with pytest.raises(InputError, match="must be samples"):
        select(labels(["a"], ["x"], ["y"]))
    with pytest.raises(InputError, match="must be samples"):
        select(["a"])
