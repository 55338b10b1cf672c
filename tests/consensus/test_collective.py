"""The collective of models: the vectors and signs of sheet 22, a slow reference, and bad input."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.consensus import against_gold, collective, decide, group_advantages, majority
from psephos.errors import InputError
from psephos.opinions import Opinions, from_frame, labels, samples, scan

X = {"A": [5, 5, 5, 5], "B": [7, 7, 3, 5], "C": [7, 7, 1, 7]}
Y = {"A": [5, 5, 5, 5], "B": [7, 7, 3, 1], "C": [7, 7, 1, 8]}


def asked(questions, **options) -> Opinions:
    """Samples from question to model to answers; one question may stand alone."""
    if not isinstance(next(iter(questions.values())), dict):
        questions = {"q": questions}
    rows = [
        (question, model, draw, answer)
        for question, models in questions.items()
        for model, answers in models.items()
        for draw, answer in enumerate(answers)
    ]
    return samples(*map(list, zip(*rows, strict=True)), **options)


def said(verdict) -> list[str | None]:
    return verdict.table()["choice"].to_list()


# The vectors.


@pytest.mark.parametrize(
    ("answers", "consistency", "votes", "label", "collective_consistency", "weighted"),
    [
        (X, [1, 0.5, 0.75], {"5": 4.5, "7": 3.25, "3": 0.5, "1": 0.75}, "5", 5 / 12, 0.5),
        (Y, [1, 0.5, 0.5], {"5": 4, "7": 2, "1": 1, "3": 0.5, "8": 0.5}, "5", 4 / 12, 0.5),
    ],
    ids=["sheet22-X", "sheet22-Y"],
)
def test_vectors(answers, consistency, votes, label, collective_consistency, weighted):
    verdict = collective(asked(answers))
    assert said(verdict) == [label]
    assert verdict.models["self_consistency"].to_list() == consistency
    assert verdict.consistency[0] == pytest.approx(collective_consistency)
    assert verdict.weighted_consistency[0] == pytest.approx(weighted)
    soft = verdict.rewards(soft=True)
    whole = sum(votes.values())
    given_answers = [str(answer) for model in answers.values() for answer in model]
    assert soft["reward"].to_list() == pytest.approx([votes[answer] / whole for answer in given_answers])
    assert verdict.dominated.rows() == [("q", "A", "5", "7")]
    assert verdict.flags["dominated"].tolist() == [True]
    assert majority(asked(answers)).flags["tie"].tolist() == [True]


def test_vector_x_rewards_and_advantages_sheet22():
    verdict = collective(asked(X))
    earned = verdict.rewards()
    assert earned["reward"].to_list() == [1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0]
    advantage = earned["advantage"].to_numpy()
    np.testing.assert_allclose(advantage[4:8], [-0.4999] * 3 + [1.4997], atol=5e-5)
    assert (advantage[[0, 1, 2, 3, 8, 9, 10, 11]] == 0).all()
    centred = verdict.rewards(scale="none")["advantage"].to_list()
    assert centred == [0] * 4 + [-0.25] * 3 + [0.75] + [0] * 4
    assert verdict.models["flat"].to_list() == [1, 0, 1]
    assert verdict.models["rewarded"].to_list() == [1, 0.25, 0]


# A slow reference in plain Python.


def slow_label(models, weighting="self-consistency"):
    """Label of one question by sheet 22; None if nobody answered."""
    present = {name: answers for name, answers in models.items() if answers}
    if not present:
        return None
    mean = sum(map(len, present.values())) / len(present)
    votes, modes, seen = defaultdict(float), Counter(), {}
    for place, (_, answers) in enumerate(present.items()):
        histogram = Counter(answer for answer in answers if answer is not None)
        top = max(histogram.values(), default=0)
        consistency = top / len(answers) if weighting == "self-consistency" else 1.0
        for answer, times in histogram.items():
            votes[answer] += consistency / len(answers) * mean * times
            modes[answer] += times == top
            seen.setdefault(answer, (place, answers.index(answer)))
    if not votes:
        return None
    best = max(votes.values())
    tied = [answer for answer, weight in votes.items() if weight >= best * (1 - 1e-12)]
    return min(tied, key=lambda answer: (-modes[answer], seen[answer]))


answers = st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=1, max_size=5)
panels = st.dictionaries(st.sampled_from(["m", "n", "o", "p"]), answers, min_size=1, max_size=4)


@given(st.lists(panels, min_size=1, max_size=4), st.sampled_from(["self-consistency", "equal"]))
def test_a_slow_count_says_the_same(questions, weighting):
    order = ["m", "n", "o", "p"]
    panel = {
        f"q{number}": {name: models[name] for name in order if name in models}
        for number, models in enumerate(questions)
    }
    # A first question on which every model answers fixes their order.
    panel = {"first": {name: ["a"] for name in order}} | panel
    verdict = collective(asked(panel), weights=weighting)
    assert said(verdict) == [slow_label(models, weighting) for models in panel.values()]
    flips = {(question, model): instead for question, model, _, instead in verdict.dominated.iter_rows()}
    for question, models in panel.items():
        label = slow_label(models, weighting)
        for name in models:
            others = {other: given for other, given in models.items() if other != name}
            without = slow_label(others, weighting)
            expected = None if without is None or without == label else without
            assert flips.get((question, name)) == expected, (question, name)
    rewards = verdict.rewards()
    by_question = {question: slow_label(models, weighting) for question, models in panel.items()}
    rows = [(question, answer) for question, models in panel.items() for given in models.values() for answer in given]
    expected = [None if by_question[q] is None else float(answer == by_question[q]) for q, answer in rows]
    assert rewards["reward"].to_list() == expected
    assert np.all((verdict.certainty >= 0) & (verdict.certainty <= 1) | np.isnan(verdict.certainty))


@given(panels, st.randoms(use_true_random=False))
def test_the_order_of_draws_and_rows_does_not_matter_without_a_tie(models, random):
    if all(answer is None for given in models.values() for answer in given):
        return
    one = collective(asked({"q": models}))
    shuffled = {name: random.sample(given, len(given)) for name, given in models.items()}
    other = collective(asked({"q": shuffled}))
    assert one.flags["tie"].tolist() == other.flags["tie"].tolist()
    if not one.flags["tie"][0]:
        assert said(one) == said(other)
        np.testing.assert_allclose(one.certainty, other.certainty, atol=1e-9)


# The tie rule, missing answers, single models.


@pytest.mark.parametrize(
    ("models", "label"),
    [
        ({"A": ["x", "y"], "B": ["y", "z"], "C": ["x", "z"]}, "x"),
        ({"A": ["y", "x"], "B": ["x", "y"]}, "y"),
        ({"A": ["x", "x", "y"], "B": ["y", "y", "x"], "C": ["y", "x", "z"]}, "x"),
    ],
    ids=["earliest model", "earliest draw", "as many modes"],
)
def test_ties_by_hand(models, label):
    verdict = collective(asked(models))
    assert verdict.flags["tie"].tolist() == [True]
    assert said(verdict) == [label] == [slow_label(models)]


def test_more_modes_win_a_tie():
    models = {"A": ["x", "x"], "B": ["y", "z"], "C": ["y", "w"], "D": ["y", "v"], "E": ["y", "u"]}
    assert slow_label(models) == "y"
    verdict = collective(asked(models))
    assert verdict.flags["tie"].tolist() == [True]
    assert said(verdict) == ["y"]


def test_a_model_does_not_count_more_for_more_samples():
    few, many = {"A": ["x"] * 2, "B": ["y"] * 2}, {"A": ["x"] * 2, "B": ["y"] * 20}
    for models in (few, many):
        verdict = collective(asked(models))
        assert verdict.flags["tie"].tolist() == [True]
        assert verdict.weighted_consistency.tolist() == [0.5]


def test_nothing_said_is_no_label_and_no_reward():
    verdict = collective(asked({"q": {"A": [None, None], "B": [None]}, "r": {"A": ["x", None], "B": ["x"]}}))
    assert said(verdict) == [None, "x"]
    assert verdict.flags["no votes"].tolist() == [True, False]
    assert verdict.flags["silent model"].tolist() == [True, False]
    earned = verdict.rewards()
    assert earned["reward"].to_list() == [None, None, None, 1.0, 0.0, 1.0]
    assert earned["advantage"].to_list() == pytest.approx(
        [0, 0, 0, 0.5 / (0.5**0.5 + 1e-4), -0.5 / (0.5**0.5 + 1e-4), 0]
    )
    assert verdict.models["unparsable"].to_list() == [3, 1]
    assert verdict.consistency[1] == pytest.approx(2 / 3)


def test_a_single_model_is_the_majority_of_its_draws():
    verdict = collective(asked({"q": {"A": ["x", "y", "x"]}, "r": {"A": ["y", "y", "z"]}}))
    assert said(verdict) == said(majority(verdict.opinions)) == ["x", "y"]
    assert any("a single model" in note for note in verdict.provenance.notes)
    assert verdict.dominated.is_empty()


def test_a_small_margin_may_be_no_label():
    verdict = collective(asked({"q": X, "r": {"A": [1, 1], "B": [1, 1], "C": [1, 2]}}), min_margin=0.2)
    assert said(verdict) == [None, "1"]
    assert verdict.flags["small margin"].tolist() == [True, False]
    assert verdict.rewards()["reward"].to_list()[:12] == [None] * 12


def test_equal_answers_count_together():
    verdict = collective(asked({"A": ["1/2", "0.5", "50 %"], "B": ["2", "2", "0.50"]}), equivalence="number")
    assert verdict.support.tolist() == [4]


# Simulated models: P(right) ~ Beta(a_n, 2), the wrong mass split by a Dirichlet.


def simulated(seed: int, scatter: float, questions: int = 500, draws: int = 16) -> Opinions:
    rng = np.random.default_rng(seed)
    right = rng.beta([0.8, 1.2, 2.0, 3.0], 2.0, (questions, 4))
    wrong = rng.dirichlet(np.full(5, scatter), (questions, 4))
    chance = np.concatenate([right[..., None], (1 - right)[..., None] * wrong], axis=-1).cumsum(axis=-1)
    answer = (rng.random((questions, 4, draws))[..., None] > chance[:, :, None, :]).sum(axis=-1).clip(0, 5)
    item, model, draw = np.indices(answer.shape)
    return samples(item.ravel(), model.ravel(), draw.ravel(), answer.ravel())


@pytest.mark.parametrize(
    ("scatter", "weighted", "plain", "sign"),
    [
        pytest.param(20, 0.975, 0.967, 1, id="sheet22-c20"),
        pytest.param(5, 0.966, 0.957, 1, id="sheet22-c5"),
        pytest.param(2, 0.949, 0.945, 1, id="sheet22-c2"),
        pytest.param(0.5, 0.884, 0.900, -1, id="sheet22-c.5"),
    ],
)
def test_the_weights_help_where_errors_scatter_and_hurt_where_models_are_surely_wrong(scatter, weighted, plain, sign):
    gold = {str(question): "0" for question in range(500)}
    found = []
    for seed in range(20):
        opinions = simulated(seed, scatter)
        one, other = collective(opinions, gold=gold), collective(opinions, weights="equal", gold=gold)
        found.append((one.label_accuracy.value, other.label_accuracy.value))
    accuracy = np.mean(found, axis=0)
    assert accuracy == pytest.approx([weighted, plain], abs=0.01)
    gain = np.array(found)[:, 0] - np.array(found)[:, 1]
    error = gain.std(ddof=1) / np.sqrt(len(gain))
    assert sign * gain.mean() > 3 * error
    assert gain.mean() == pytest.approx(weighted - plain, abs=max(3 * error, 0.003))


@pytest.mark.parametrize("scatter", [20, 5, 2], ids=["c20", "c5", "c2"])
def test_the_certainty_is_calibrated_where_models_err_independently(scatter):
    off, expected, wrong = [], 0.0, 0
    for seed in range(6):
        verdict = collective(simulated(seed, scatter))
        gold = against_gold(verdict, ["0"] * 500)
        off.append(gold.calibration_error)
        expected, wrong = expected + verdict.expected_errors, wrong + gold.errors
    assert np.mean(off) < 0.02
    assert abs(expected - wrong) < 3 * np.sqrt(wrong)


def test_the_table_of_self_consistency_shows_who_is_surely_wrong():
    scattered = collective(simulated(0, 20, questions=2000), gold={str(q): "0" for q in range(2000)}).calibration
    sure = collective(simulated(0, 0.5, questions=2000), gold={str(q): "0" for q in range(2000)}).calibration
    for table in (scattered, sure):
        assert table["answers"].sum() == 8000
        assert table["right"].to_list()[-3:] == sorted(table["right"].to_list()[-3:])
    at = pl.col("high") == 0.8
    assert scattered.filter(at)["agreement"][0] > sure.filter(at)["agreement"][0] + 0.1
    assert scattered.filter(at)["right"][0] > sure.filter(at)["right"][0] + 0.1


def test_rewards_can_be_right_where_the_label_is_wrong():
    """The label 7 is wrong, but the six samples that are neither 7 nor the known 5 get the 0 they should get."""
    opinions = asked({"A": [7, 7, 1, 2], "B": [7, 3, 4, 5], "C": [6, 7, 8, 9]})
    verdict = collective(opinions, gold={"q": "5"})
    assert said(verdict) == ["7"]
    assert verdict.label_accuracy.value == 0
    assert verdict.reward_accuracy == pytest.approx(7 / 12)
    assert verdict.models["reward_right"].to_list() == [0.5, 0.5, 0.75]


def test_known_answers_of_the_table_are_for_monitoring_only():
    about = {"items": pl.DataFrame({"item": ["q", "r"], "gold": [5, None]})}
    verdict = collective(asked({"q": X, "r": Y}, about=about))
    assert verdict.label_accuracy.value == 1.0
    assert said(verdict) == said(collective(asked({"q": X, "r": Y})))
    assert verdict.models["known"].to_list() == [1, 1, 1]
    assert verdict.models["right"].to_list() == [1, 0, 0]


# Collapse.


def test_collapse_is_an_alarm_when_all_agree_and_say_less():
    before = collective(asked({f"q{n}": {"A": [n, n], "B": [n, 9]} for n in range(4)}))
    after = collective(asked({f"q{n}": {"A": [1, 1], "B": [1, 1]} for n in range(4)}))
    found = after.collapse(before)
    assert found.alarm
    assert found.sure == 1
    assert found.entropy == 0
    assert found.entropy_before == pytest.approx(np.log(4))
    assert not before.collapse(before).alarm
    still = collective(asked({f"q{n}": {"A": [n, n], "B": [n, n]} for n in range(4)}))
    assert not still.collapse(before).alarm
    assert any("near-unanimous" in note for note in after.provenance.notes)
    with pytest.raises(InputError) as error:
        after.collapse(collective(asked({"elsewhere": X})))
    assert error.value.argument == "before"


# Advantages.


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.0, 1.0, 0.5, float("nan")])), min_size=1, max_size=20),
    st.sampled_from(["group", "none"]),
)
def test_slow_advantages_are_the_same(rows, scale):
    group, reward = (list(column) for column in zip(*rows, strict=True))
    expected = []
    for code, own in rows:
        mine = [r for g, r in rows if g == code and not np.isnan(r)]
        if np.isnan(own) or len(mine) < 2 or len(set(mine)) == 1:
            expected.append(0.0)
            continue
        spread = 1.0 if scale == "none" else np.std(mine, ddof=1) + 1e-4
        expected.append((own - np.mean(mine)) / spread)
    np.testing.assert_allclose(group_advantages(reward, group, scale=scale), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("rewards", "groups", "scale", "argument"),
    [
        ([1.0], [0, 0], "group", "groups"),
        ([float("inf")], [0], "group", "rewards"),
        (["good"], [0], "group", "rewards"),
        ([1.0], [-1], "group", "groups"),
        ([1.0], [0.5], "group", "groups"),
        ([1.0], [0], "batch", "scale"),
    ],
    ids=["lengths", "infinite", "a word", "no group", "half a group", "unknown scale"],
)
def test_bad_advantages_are_refused(rewards, groups, scale, argument):
    with pytest.raises(InputError) as error:
        group_advantages(rewards, groups, scale=scale)
    assert error.value.argument == argument


# The same wherever the work runs.


@pytest.fixture(scope="module")
def many() -> pl.DataFrame:
    frame = simulated(3, 1.0, questions=80, draws=5).frame()
    gaps = np.random.default_rng(0).random(frame.height) < 0.1
    return frame.with_columns(answer=pl.when(pl.Series(gaps)).then(None).otherwise("answer"))


def assert_same(one, other):
    assert one.table().equals(other.table())
    assert one.models.equals(other.models)
    assert one.calibration.equals(other.calibration)
    assert one.dominated.equals(other.dominated)
    assert str(one) == str(other)


def test_parts_and_processes_say_the_same(many, two_processes, tmp_path):
    one = collective(from_frame(many), gold={"3": "0"})
    many.sort("item", maintain_order=True).write_parquet(tmp_path / "samples.parquet")
    in_order = collective(from_frame(many.sort("item", maintain_order=True)), gold={"3": "0"})
    shards = scan(tmp_path / "samples.parquet", kind="samples", rows_per_part=100)
    assert_same(one, collective(from_frame(many), gold={"3": "0"}, engine=two_processes))
    assert_same(in_order, collective(shards, gold={"3": "0"}, engine=two_processes))
    assert_same(in_order, collective(shards, gold={"3": "0"}))
    many.sample(fraction=1.0, shuffle=True, seed=1).write_parquet(tmp_path / "mixed.parquet")
    mixed = collective(scan(tmp_path / "mixed.parquet", kind="samples", rows_per_part=150))
    assert_same(mixed, collective(from_frame(pl.read_parquet(tmp_path / "mixed.parquet"))))
    with pytest.raises(InputError) as error:
        mixed.rewards()
    assert error.value.argument == "opinions"


@pytest.mark.ray
@pytest.mark.xdist_group("ray")
def test_ray_says_the_same(many, ray_cluster):
    assert_same(collective(from_frame(many)), collective(from_frame(many), engine="ray"))


def test_a_million_samples_are_counted_as_few_are(monkeypatch):
    from psephos.opinions import tallies

    opinions = simulated(1, 1.0, questions=60)
    one = collective(opinions)
    monkeypatch.setattr(tallies, "COMPILED_ROWS", 1)
    assert_same(one, collective(opinions))


# What a reader sees.


def test_the_words_and_the_table():
    verdict = collective(asked({"q": X, "r": Y}), gold={"q": "5"})
    text = str(verdict)
    assert "2 labels flip without one model, 2 without A" in text
    assert "labels right" in text
    assert {"consistency", "weighted_consistency"} <= set(verdict.table().columns)
    plain = verdict.to_dict()
    assert plain["dominated"][0]["voter"] == "A"
    assert plain["models"][0]["self_consistency"] == 1.0
    assert verdict.why("q").flip.startswith("'7' has 5 samples against 5")


def test_decide_takes_it_by_name(many):
    opinions = from_frame(many)
    verdict = decide(opinions, method="collective", ties="first", rule="plurality", weights=None, resume=None)
    assert_same(verdict, collective(opinions))
    assert decide(opinions, method="collective", weights="equal").weighting == "equal"
    with pytest.raises(InputError) as error:
        decide(opinions, method="source-reliability")
    assert error.value.argument == "method"


# Bad input.


@pytest.mark.parametrize(
    ("opinions", "options", "argument"),
    [
        (labels(["q"], ["a"], ["x"]), {}, "opinions"),
        ("no opinions", {}, "opinions"),
        (asked({"A": [None], "B": [None]}), {}, "opinions"),
        (asked(X), {"weights": "loudness"}, "weights"),
        (asked(X), {"min_margin": 2}, "min_margin"),
        (asked(X), {"min_margin": float("nan")}, "min_margin"),
        (asked(X), {"gold": {"q": None}}, "gold"),
        (asked(X), {"equivalence": "vibes"}, "equivalence"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bad_input_is_refused(opinions, options, argument):
    with pytest.raises(InputError) as error:
        collective(opinions, **options)
    assert error.value.argument == argument


def test_an_answer_that_is_no_name_is_refused_sheet22():
    with pytest.raises(InputError) as error:
        samples(["q"], ["A"], [0], [["x"]])
    assert error.value.argument == "answer"


def test_no_sample_at_all_is_refused_sheet22():
    with pytest.raises(InputError) as error:
        samples([], [], [], [])
    assert error.value.argument == "opinions"


def test_few_items_say_little_about_certainty():
    alone = collective(asked(X))
    assert 0.5 < alone.certainty[0] < 0.85
    firm = collective(asked({"A": [1] * 4, "B": [1] * 4, "C": [1, 1, 1, 2]}))
    loose = collective(asked({"A": [1, 2, 3, 4], "B": [1, 1, 5, 6], "C": [7, 8, 9, 2]}))
    assert firm.certainty[0] > 0.9 > 0.6 > loose.certainty[0]
