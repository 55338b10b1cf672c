"""Topics, asking until sure, and sources that become worse: sheet 16, beyond the paper."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from psephos.consensus import SourceTracker, ask_sources, choose_sources, source_reliability, topic_reliability
from psephos.errors import InputError
from psephos.opinions import labels


def opinions_of(matrix: np.ndarray, **about):
    voter, item = np.nonzero(matrix.T >= 0)
    return labels(item, voter, matrix[item, voter], **about)


def drawn(rng, chance: np.ndarray, wrong: int = 4) -> np.ndarray:
    """Answer 0 with these probabilities, else one of the wrong ones."""
    return np.where(rng.random(chance.shape) < chance, 0, rng.integers(1, 1 + wrong, chance.shape))


# Topics.


def of_topics(seed: int = 0):
    rng = np.random.default_rng(seed)
    topic = np.arange(400) % 2
    chance = np.full((400, 6), 0.8)
    chance[:, 5] = np.where(topic == 0, 0.95, 0.35)
    truth = rng.integers(0, 5, 400)
    shown = (drawn(rng, chance) + truth[:, None]) % 5
    table = pl.DataFrame({"item": np.arange(400), "topic": np.where(topic == 0, "health", "sport")})
    return opinions_of(shown, about={"items": table}), topic, truth


def test_a_source_that_knows_one_topic_only_is_told_apart_sheet16():
    opinions, _, _ = of_topics()
    verdict = source_reliability(opinions, classes=5)
    table = topic_reliability(verdict)
    of = {(voter, topic): w for voter, topic, w in table.select("voter", "topic", "reliability").iter_rows()}
    assert of["5", "health"] > 0.9 - 0.05
    assert of["5", "sport"] < 0.5
    assert abs(of["1", "health"] - of["1", "sport"]) < 0.12
    assert table["answered"].sum() == 2400


def test_topic_reliability_by_hand_sheet16():
    opinions, topic, _ = of_topics(1)
    verdict = source_reliability(opinions, classes=5)
    named = {str(item): f"t{topic[item]}" for item in range(100)}
    table = topic_reliability(verdict, named, lent=20)
    choice = dict(verdict.table().select("item", "choice").iter_rows())
    cast = list(opinions.frame().select("item", "voter", "label").iter_rows())
    for voter, name, answered, agreed, reliability, weight in table.iter_rows():
        mine = [(i, said) for i, v, said in cast if v == voter and named.get(i) == name]
        good = sum(choice[i] == said for i, said in mine)
        whole = verdict.reliability[int(voter)]
        assert (answered, agreed) == (len(mine), good)
        assert reliability == pytest.approx((good + 20 * whole) / (len(mine) + 20))
        assert weight == pytest.approx(5 * reliability - 1)


@pytest.mark.parametrize(
    ("topics", "options", "argument"),
    [(None, {}, "topics"), ({"9": "x"}, {}, "topics"), ({"0": "x"}, {"lent": -1}, "lent")],
    ids=["none", "of other items", "negative"],
)
def test_bad_topics_are_refused(topics, options, argument):
    verdict = source_reliability(opinions_of(np.array([[0, 1, 1], [0, 0, 1]])))
    with pytest.raises(InputError) as caught:
        topic_reliability(verdict, topics, **options)
    assert caught.value.argument == argument


# Asking until sure.


def test_fewer_calls_than_a_fixed_number_for_the_same_share_right_sheet16():
    rng = np.random.default_rng(2)
    p = np.array([0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4])
    learnt = source_reliability(opinions_of(drawn(rng, np.tile(p, (300, 1)))), classes=5)
    fresh = drawn(rng, np.tile(p, (1000, 1)))
    names = [int(name) for name in learnt.sources["voter"]]
    calls, right, sure = 0, 0, []
    for row in fresh:
        found = ask_sources(learnt, lambda name, row=row: row[int(name)], target=0.97)
        calls, right = calls + len(found.asked), right + (found.answer == "0")
        sure.append(found.certainty)
    four = choose_sources(learnt.weight, np.ones(7, bool), 4)
    assert sorted(names[place] for place in four) == [0, 1, 2, 3]
    assert calls < 0.75 * 4 * len(fresh)
    error = math.sqrt(0.95 * 0.05 / len(fresh))
    assert right / len(fresh) > 0.95
    assert abs(np.mean(sure) - right / len(fresh)) < 4 * error  # the posterior is honest at the stop


def test_the_posterior_by_hand_and_the_order_of_asking():
    matrix = drawn(np.random.default_rng(3), np.tile([0.6, 0.9, 0.75], (200, 1)), wrong=2)
    learnt = source_reliability(opinions_of(matrix), classes=3)
    asked: list[str] = []

    def ask(name: str) -> str | None:
        asked.append(name)
        return {"0": "x", "1": "y", "2": None}[name]

    found = ask_sources(learnt, ask, target=0.999)
    assert asked == ["1", "2", "0"] == list(found.asked)
    accuracy = dict(learnt.sources.select("voter", "accuracy").iter_rows())
    odds = {name: 2 * c / (1 - c) for name, c in accuracy.items()}
    assert found.answer == "y"
    assert found.certainty == pytest.approx(odds["1"] / (odds["1"] + odds["0"] + 1))
    assert not found.reached
    assert ask_sources(learnt, ask, [True, False, True], most=1, target=0.999).asked == ("2",)
    nothing = ask_sources(learnt, lambda _: None)
    assert (nothing.answer, nothing.reached, math.isnan(nothing.certainty)) == (None, False, True)
    assert ask_sources(learnt, ask, [False] * 3).asked == ()


@pytest.mark.parametrize(
    ("options", "argument"),
    [({"target": 1.0}, "target"), ({"most": 0}, "most"), ({"relevant": [True]}, "relevant")],
    ids=["certain", "nobody", "too short"],
)
def test_bad_asking_is_refused(options, argument):
    learnt = source_reliability(opinions_of(np.array([[0, 1, 1], [0, 0, 1]])))
    with pytest.raises(InputError) as caught:
        ask_sources(learnt, lambda name: name, **options)
    assert caught.value.argument == argument


# Forgetting.


def test_without_forgetting_the_shares_are_plain_counts():
    tracker = SourceTracker(half_life=1e12, classes=3)
    said = [{"a": 1, "b": 1, "c": 2}, {"a": 2, "b": 2, "c": 2}, {"a": 1, "b": None, "c": 1}]
    assert [tracker.add(answers) for answers in said] == ["1", "2", "1"]
    table = tracker.table()
    assert table.select("voter", "answered", "agreed").rows() == [("a", 3, 3), ("b", 2, 2), ("c", 3, 2)]
    assert table["recent"].to_list() == pytest.approx([1, 1, 2 / 3])
    assert table["weight"].to_list() == pytest.approx([2, 2, 1])


def test_an_answer_one_half_life_ago_counts_half():
    tracker = SourceTracker(half_life=2)
    for truth in ("x", "y", "x"):  # right, wrong, right, each weighed 1/2, 2^-.5, 1
        tracker.add({"a": "x", "b": truth}, truth=truth)
    recent = tracker.table()["recent"][0]
    assert recent == pytest.approx((0.5 + 1) / (0.5 + 2**-0.5 + 1))


def test_a_source_that_becomes_worse_raises_an_alarm_and_steady_ones_do_not_sheet16():
    false, found = 0, []
    for seed in range(10):
        rng, tracker = np.random.default_rng(seed), SourceTracker(half_life=100, classes=5)
        early = set()
        for query in range(800):
            chance = np.array([0.85, 0.8, 0.8, 0.75, 0.9 if query < 500 else 0.4])
            row = drawn(rng, chance[None])[0]
            tracker.add({str(source): int(answer) for source, answer in enumerate(row)})
            if query in (150, 300, 499):
                early |= set(tracker.alarms)
        false += len(early) + len(set(tracker.alarms) - {"4"})
        found.append("4" in tracker.alarms)
    assert all(found)
    assert false <= 1


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"half_life": 0}, "half_life"),
        ({"classes": 1}, "classes"),
        ({"level": 1}, "level"),
        ({"equivalence": "x"}, "equivalence"),
    ],
)
def test_bad_trackers_are_refused(options, argument):
    with pytest.raises(InputError) as caught:
        SourceTracker(**options)
    assert caught.value.argument == argument


def test_answers_that_are_no_mapping_are_refused_and_silence_is_none():
    tracker = SourceTracker()
    with pytest.raises(InputError) as caught:
        tracker.add(["a"])
    assert caught.value.argument == "answers"
    assert tracker.add({"a": None}) is None
    assert tracker.table().is_empty()
