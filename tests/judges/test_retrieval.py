"""Sources are chosen, asked, filtered and weighed: does the right answer come out, and is every silence explained?"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import BudgetExceeded, InputError
from psephos.judges import (
    Document,
    RetrievalVerdict,
    StoredSource,
    answer_from_sources,
    collect_answers,
    document_sources,
)
from psephos.judges.source_vote import answer_key
from psephos.voters.language_model import Budget, Caching, ModelError, Replay, Retrying, Scripted

ISLANDS = Path(__file__).parents[2] / "examples" / "islands"
CAPITAL = {"capital": "What is the capital of France?"}


def stored(**said: str | None) -> list[StoredSource]:
    return [StoredSource(name, {CAPITAL["capital"]: answer}) for name, answer in said.items()]


def answered(said: dict[str, str | None], weights: dict[str, float], **options: Any) -> dict[str, Any]:
    verdict = answer_from_sources(CAPITAL, stored(**said), weights, **options)
    return verdict.table().row(0, named=True)


# The vote.


def test_sheet16_wmv_of_clusters() -> None:
    weights = {"a": 1, "b": 0.5, "c": 1.4, "d": 9}
    verdict = answer_from_sources(CAPITAL, stored(a="Paris", b="paris.", c="Lyon", d=None), weights)
    row = verdict.table().row(0, named=True)
    assert (row["choice"], row["runner_up"]) == ("Paris", "Lyon")
    assert row["score"] == pytest.approx(1.5, abs=1e-9)
    assert row["lead"] == pytest.approx(0.1, abs=1e-9)
    assert verdict.why("capital").supporters == ["a", "b"]
    assert verdict.why("capital").dissenters == ["c"] or set(verdict.why("capital").dissenters) == {"c"}


V = {"s0": 1.4, "s1": 2.2, "s2": 1.666667, "s3": 0.6}


@pytest.mark.parametrize(
    ("kappa", "relevant", "asked"),
    [(2, ("s0", "s2", "s3"), ["s2", "s0"]), (5, ("s0", "s2", "s3"), ["s2", "s0", "s3"]), (4, (), [])],
    ids=["sheet16-kappa2", "sheet16-kappa5", "sheet16-none-relevant"],
)
def test_sheet16_the_kappa_best_relevant_sources_are_asked(
    kappa: int, relevant: Sequence[str], asked: list[str]
) -> None:
    sources = stored(**{name: "Paris" if name in relevant else None for name in V})
    verdict = answer_from_sources(CAPITAL, sources, V, kappa=kappa)
    trail = verdict.trail("capital")
    assert trail.filter(pl.col("status") == "voted")["source"].to_list() == asked
    if not asked:
        assert verdict.abstained == ("no relevant source",)
        assert verdict.table()["choice"].to_list() == [None]


@pytest.mark.parametrize(
    ("said", "weights", "options", "choice", "why"),
    [
        ({"a": None, "b": None}, {"a": 1, "b": 1}, {}, None, "no relevant source"),
        ({"a": "I don't know", "b": "unknown"}, {"a": 1, "b": 1}, {}, None, "no answer"),
        ({"a": "Paris", "b": "Lyon"}, {"a": 0, "b": -1}, {}, None, "no trusted source"),
        ({"a": "Paris", "b": "Lyon"}, {"a": -1, "b": -2}, {"clip_negative": True}, None, "no trusted source"),
        ({"a": "Paris", "b": "Lyon"}, {"a": 1, "b": 0.9}, {"least_lead": 0.2}, None, "too close"),
        ({"a": "Paris", "b": "Lyon"}, {"a": 1, "b": 0.8}, {"least_lead": 0.2 - 1e-12}, "Paris", None),
        ({"a": "Paris", "b": "Lyon"}, {"a": 1, "b": -2}, {}, "Paris", None),
        ({"a": "Paris", "b": "Lyon"}, {"a": 1, "b": 1}, {}, "Paris", None),
        ({"a": "Lyon", "b": "Paris", "c": "The Paris!"}, {"a": 1.5, "b": 1, "c": 1}, {}, "Paris", None),
        ({"a": "1,250", "b": "1250.0", "c": "900"}, {"a": 1, "b": 1, "c": 1.9}, {}, "1,250", None),
        ({"a": "Paris", "b": "Paris", "c": "Lyon"}, {"a": 1, "b": -3, "c": 0.5}, {}, "Lyon", None),
        (
            {"a": "Paris", "b": "Paris", "c": "Lyon"},
            {"a": 1, "b": -3, "c": 0.5},
            {"clip_negative": True},
            "Paris",
            None,
        ),
    ],
)
def test_a_choice_or_the_reason_why_there_is_none(
    said: dict[str, str | None], weights: dict[str, float], options: Any, choice: str | None, why: str | None
) -> None:
    row = answered(said, weights, **options)
    assert (row["choice"], row["abstained"]) == (choice, why)
    assert (row["certainty"] is None) == (choice is None)


def test_sheet16_tied_sums_take_the_source_that_was_asked_first_and_are_flagged() -> None:
    row = answered({"a": "Paris", "b": "Lyon", "c": "Lyon"}, {"a": 1, "b": 0.5, "c": 0.5})
    assert (row["choice"], row["flags"]) == ("Paris", "tie")
    row = answered({"c": "Lyon", "a": "Paris"}, {"a": 1, "c": 1 + 1e-12})
    assert (row["choice"], row["flags"]) == ("Lyon", "tie")


def test_answers_that_mean_the_same_by_a_function_of_the_user() -> None:
    row = answered(
        {"a": "the French capital Paris", "b": "Paris", "c": "Lyon"},
        {"a": 1, "b": 1, "c": 1.5},
        same=lambda one, other: ("paris" in one.lower()) == ("paris" in other.lower()),
    )
    assert row["choice"] == "the French capital Paris"


@given(
    st.dictionaries(
        st.sampled_from("abcdefgh"),
        st.tuples(st.sampled_from([None, "Paris", "paris!", "Lyon", "Nice", "unknown"]), st.integers(-3, 5)),
        min_size=2,
    ),
    st.integers(1, 9),
)
def test_the_vote_is_that_of_a_slow_reference(votes: dict[str, tuple[str | None, int]], kappa: int) -> None:
    said = {name: answer for name, (answer, _) in votes.items()}
    weights = {name: float(weight) for name, (_, weight) in votes.items()}
    row = answered(said, weights, kappa=kappa)
    order = sorted((name for name in said if said[name] is not None), key=lambda name: -weights[name])[:kappa]
    score: dict[str, float] = {}
    for name in order:
        if said[name] != "unknown":
            key = str(said[name]).strip("!").lower()
            score[key] = score.get(key, 0) + weights[name]
    best = max(score.values(), default=0.0)
    first = next((key for key, total in score.items() if total == best), None)
    expected = None if first is None or best <= 0 else first
    assert (row["choice"] or "").strip("!").lower() == (expected or "")
    assert row["asked"] == len(order)
    assert row["score"] == (best if score else 0)


def test_the_order_of_questions_and_workers_changes_nothing() -> None:
    questions = {str(number): f"question {number}?" for number in range(12)}
    rng = np.random.default_rng(3)
    said = {
        name: {text: rng.choice(["x", "y", "z"]) for text in questions.values() if rng.random() < 0.7}
        for name in "abcde"
    }
    weights = dict(zip("abcde", rng.normal(1, 1, 5), strict=True))
    sources = [StoredSource(name, answers) for name, answers in said.items()]
    one = answer_from_sources(questions, sources, weights, workers=1).table().sort("item")
    back = dict(reversed(list(questions.items())))
    other = answer_from_sources(back, sources, weights, workers=7).table().sort("item")
    assert one.equals(other)


# The certainty.


def test_the_certainty_is_the_posterior_of_one_coin_sources() -> None:
    said = {"a": "Paris", "b": "Lyon", "c": "Paris"}
    chance = {"a": 0.9, "b": 0.6, "c": 0.5}
    row = answered(said, {"a": 1, "b": 1, "c": 1}, reliability=chance)
    other = {name: (1 - p) / 2 for name, p in chance.items()}  # three possible answers
    paris, lyon, third = 0.9 * other["b"] * 0.5, other["a"] * 0.6 * other["c"], other["a"] * other["b"] * other["c"]
    assert row["certainty"] == pytest.approx(paris / (paris + lyon + third), abs=1e-12)


def test_the_certainty_is_as_often_right_as_it_says() -> None:
    rng = np.random.default_rng(11)
    chance = dict(zip("abcde", (0.9, 0.8, 0.6, 0.5, 0.4), strict=True))
    questions = {str(number): f"q{number}" for number in range(3000)}
    said: dict[str, dict[str, str | None]] = {name: {} for name in chance}
    for text in questions.values():
        for name, p in chance.items():
            right = rng.random() < p
            said[name][text] = "right" if right else f"wrong {rng.integers(4)}"
    sources = [StoredSource(name, answers) for name, answers in said.items()]
    weights = {name: math.log(4 * p / (1 - p)) for name, p in chance.items()}
    verdict = answer_from_sources(questions, sources, weights, kappa=5, reliability=chance)
    right = (verdict.table()["choice"] == "right").to_numpy()
    error = math.sqrt(np.mean(verdict.certainty * (1 - verdict.certainty)) / len(questions))
    assert abs(verdict.certainty.mean() - right.mean()) < 3 * error
    for low, high in ((0, 0.6), (0.6, 0.9), (0.9, 1.01)):
        some = (verdict.certainty >= low) & (verdict.certainty < high)
        assert abs(verdict.certainty[some].mean() - right[some].mean()) < 3 * math.sqrt(0.25 / some.sum())


def test_without_reliabilities_the_certainty_says_that_it_is_no_probability() -> None:
    verdict = answer_from_sources(CAPITAL, stored(a="Paris", b="Lyon", c="Nice"), {"a": 3, "b": 1, "c": -1})
    assert verdict.certainty.tolist() == [0.75]
    assert "no probability" in verdict.certainty_means
    assert "reliability" in verdict.provenance.notes[0]


# What became of each source.


class Library:
    """A source with a document, whose answer is given or raised."""

    def __init__(self, name: str, text: str, answer: Any, relevance: float = 1.0) -> None:
        self.name, self.text, self.said, self.relevance = name, text, answer, relevance
        self.searched = self.asked = 0

    def retrieve(self, question: str) -> list[tuple[Document, float]]:
        self.searched += 1
        return [(Document(f"{self.name}-1", self.text), self.relevance)]

    def answer(self, question: str, documents: Sequence[Document]) -> str | None:
        self.asked += 1
        if isinstance(self.said, Exception):
            raise self.said
        return self.said  # type: ignore[no-any-return]


def libraries() -> list[Library]:
    return [
        Library("first", "Paris is the capital.", "Paris"),
        Library("made up", "Lyon is a city.", "Marseille"),
        Library("shy", "Paris.", "I don't know."),
        Library("down", "Paris.", ModelError("is down")),
        Library("far", "Paris.", "Paris", relevance=0.1),
        Library("last", "Nice.", "Nice"),
    ]


WEIGHTS = {"first": 9.0, "made up": 8.0, "shy": 7.0, "down": 6.0, "far": 5.0, "last": 4.0}


def test_each_source_has_a_status_and_a_reason() -> None:
    sources = libraries()
    verdict = answer_from_sources(CAPITAL, sources, WEIGHTS, kappa=4, least_relevance=0.5)
    trail = verdict.trail("capital")
    assert dict(trail.select("source", "status").iter_rows()) == {
        "first": "voted",
        "made up": "unsupported",
        "shy": "refused",
        "down": "failed",
        "far": "skipped",
        "last": "skipped",
    }
    row = dict(zip(trail["source"], trail.iter_rows(named=True), strict=True))
    assert row["down"]["reason"] == "is down"
    assert row["made up"]["support"] == 0
    assert row["made up"]["answer"] == "Marseille"
    assert row["first"]["documents"] == ["first-1"]
    assert (verdict.asked, verdict.saved) == (4, 2)
    assert [source.searched for source in sources] == [1, 1, 1, 1, 0, 0]  # what is skipped costs nothing
    counts = verdict.sources.filter(pl.col("source") == "first").row(0, named=True)
    assert (counts["voted"], counts["won"]) == (1, 1)
    assert verdict.table()["asked"].to_list() == [4]
    said = dict(verdict.summary())
    assert said["not counted"] == "1 unsupported, 1 refused, 1 failed"
    assert said["asked"].startswith("4 of 6 times; 2 times")


def test_a_source_that_has_nothing_relevant_makes_room_for_the_next() -> None:
    sources = libraries()
    verdict = answer_from_sources(CAPITAL, sources, WEIGHTS, kappa=5, least_relevance=0.5)
    assert verdict.trail("capital")["status"].to_list()[-2:] == ["irrelevant", "voted"]
    assert sources[4].asked == 0


def test_the_filter_can_be_a_model_or_nothing() -> None:
    given: list[Any] = []

    def judge(documents: Sequence[str], question: str, answer: str) -> float:
        given.append((list(documents), question, answer))
        return 0.9 if answer == "Marseille" else 0.1

    kept = answer_from_sources(CAPITAL, libraries(), WEIGHTS, support=judge)
    assert kept.table()["choice"].to_list() == ["Marseille"]
    assert (["Lyon is a city."], CAPITAL["capital"], "Marseille") in given
    every = answer_from_sources(CAPITAL, libraries(), WEIGHTS, support=None)
    assert every.evidence.filter(pl.col("status") == "unsupported").is_empty()


def test_a_result_is_whole() -> None:
    verdict = answer_from_sources(CAPITAL, libraries(), WEIGHTS)
    assert isinstance(verdict, RetrievalVerdict)
    kept = json.loads(json.dumps(verdict.to_dict()))
    assert kept["result"] == "retrievalverdict"
    assert len(kept["evidence"]) == 6
    assert kept["questions"] == [CAPITAL["capital"]]
    assert verdict.queue().height == 1
    assert "capital" in str(verdict.why("capital"))
    with pytest.raises(InputError):
        verdict.trail("nothing")


def test_a_report_is_written(tmp_path: Path, require: Any) -> None:
    from psephos.reports import write_report

    require("matplotlib")
    write_report(answer_from_sources(CAPITAL, libraries(), WEIGHTS), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Paris" in page
    assert "made up" in page


def test_what_would_change_a_choice() -> None:
    said = {"a": "Paris", "b": "Paris", "c": "Lyon"}
    verdict = answer_from_sources(CAPITAL, stored(**said), {"a": 2, "b": 1.5, "c": 1.7})
    assert verdict.why("capital").flip == "without a it would be 'Lyon'"
    verdict = answer_from_sources(CAPITAL, stored(**said), {"a": 2, "b": 1, "c": -1})
    assert verdict.why("capital").flip == "without a, b it would be no answer"
    verdict = answer_from_sources(CAPITAL, stored(**said), {"a": 2, "b": 1, "c": 1})
    assert verdict.why("capital").flip == "without a it would be a tie with 'Lyon'"


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"questions": {}}, "questions"),
        ({"questions": {"capital": " "}}, "questions"),
        ({"sources": stored(a="Paris"), "weights": {"a": 1}}, "sources"),
        ({"sources": [*stored(a="Paris"), *stored(a="Lyon")]}, "sources"),
        ({"weights": {"a": 1}}, "weights"),
        ({"weights": {"a": 1, "b": 1, "x": 1}}, "weights"),
        ({"weights": {"a": 1, "b": math.nan}}, "weights"),
        ({"kappa": 0}, "kappa"),
        ({"kappa": 2.5}, "kappa"),
        ({"kappa": True}, "kappa"),
        ({"least_support": 1.5}, "least_support"),
        ({"least_lead": -1}, "least_lead"),
        ({"least_relevance": math.nan}, "least_relevance"),
        ({"reliability": {"a": 0.5}}, "reliability"),
        ({"reliability": {"a": 0.5, "b": 1.5}}, "reliability"),
        ({"workers": 0}, "workers"),
        ({"sources": [Library("a", "x", "y", math.nan), Library("b", "x", "y")]}, "relevance"),
        ({"sources": [Library("a", "x", "y"), Library("b", "x", "y")], "support": lambda *_: math.nan}, "support"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_input_is_refused(change: dict[str, Any], argument: str) -> None:
    whole = {"questions": CAPITAL, "sources": stored(a="Paris", b="Lyon"), "weights": {"a": 1, "b": 1}, **change}
    with pytest.raises(InputError) as caught:
        answer_from_sources(**whole)
    assert caught.value.argument == argument


def test_an_error_in_a_source_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        answer_from_sources(CAPITAL, [Library("a", "x", ZeroDivisionError()), Library("b", "x", "x")], {"a": 1, "b": 1})


def test_keys_of_answers() -> None:
    assert answer_key("An Apple") == answer_key("apple.")
    assert answer_key("A") == answer_key("a.")
    assert answer_key("12 m") != answer_key("12")


# The whole way, on the islands.


def table(name: str) -> pl.DataFrame:
    return pl.read_csv(ISLANDS / name, infer_schema=False)


QUESTIONS = dict(table("questions.csv").select("item", "question").iter_rows())
GOLD = dict(table("questions.csv").select("item", "gold").iter_rows())
TRUE = {name: float(value) for name, value in table("sources.csv").select("source", "reliability").iter_rows()}
SAYS = {(source, item): says for source, item, says in table("says.csv").select("source", "item", "says").iter_rows()}
LINEAR = {name: len(TRUE) * value - 1 for name, value in TRUE.items()}


def share_right(verdict: RetrievalVerdict) -> float:
    chosen = zip(verdict.items, verdict.table()["choice"], strict=True)
    return sum(choice is not None and answer_key(choice) == answer_key(GOLD[item]) for item, choice in chosen) / len(
        GOLD
    )


def reader(request: Any) -> str:
    """A model that reads without a mistake: it looks up what the page says, and does not know where it says nothing."""
    source, _, question = request.tag.partition(": ")
    item = next(item for item, text in QUESTIONS.items() if text == question)
    said = SAYS.get((source, item))
    return "I don't know." if said is None else f"The answer is {said}."


def test_the_islands_are_what_they_say() -> None:
    assert table("documents.csv")["source"].n_unique() >= 5
    assert len(QUESTIONS) >= 40
    documents = dict(table("documents.csv").group_by("source").agg(pl.col("text").str.join("\n")).iter_rows())
    assert all(says in documents[source] for (source, _), says in SAYS.items())
    rows = (
        table("says.csv")
        .with_columns(pl.col("right").cast(pl.Int64))
        .group_by("source")
        .agg(pl.col("right").mean(), pl.len())
    )
    for source, right, n in rows.iter_rows():
        assert abs(right - TRUE[source]) < 3 * math.sqrt(TRUE[source] * (1 - TRUE[source]) / n)


def test_sheet16_weights_beat_a_plain_majority_and_cost_less() -> None:
    sources = document_sources(table("documents.csv"), Scripted(reader))
    chosen = answer_from_sources(QUESTIONS, sources, LINEAR, kappa=3, least_relevance=0.5)
    every = answer_from_sources(QUESTIONS, sources, LINEAR, kappa=6, least_relevance=0.5)
    equal = answer_from_sources(QUESTIONS, sources, dict.fromkeys(TRUE, 1.0), kappa=6, least_relevance=0.5)
    assert share_right(every) > share_right(equal) + 0.05
    assert share_right(chosen) > share_right(equal)
    assert chosen.asked <= 3 * len(QUESTIONS) < every.asked
    assert chosen.evidence.filter(pl.col("status") == "unsupported").is_empty()


def test_the_real_models_recorded_answers_go_the_whole_way() -> None:
    sources = document_sources(table("documents.csv"), Replay(ISLANDS / "answers.jsonl"))
    verdict = answer_from_sources(QUESTIONS, sources, LINEAR, kappa=3, least_relevance=0.5, reliability=TRUE)
    equal = answer_from_sources(QUESTIONS, sources, dict.fromkeys(TRUE, 1.0), kappa=6, least_relevance=0.5)
    assert share_right(verdict) >= share_right(equal) > 0.6
    assert verdict.asked < 0.6 * equal.asked
    dropped = verdict.evidence.filter(pl.col("status") == "unsupported")
    assert not dropped.is_empty()  # the small model makes things up
    for source, item, answer in dropped.select("source", "item", "answer").iter_rows():
        assert answer_key(answer) != answer_key(SAYS.get((source, item), ""))


def test_answers_are_collected_to_learn_from() -> None:
    sources = document_sources(table("documents.csv"), Scripted(reader))
    opinions = collect_answers(QUESTIONS, sources, gold=GOLD, least_relevance=0.5)
    assert opinions.kind == "labels"
    rows = opinions.frame()
    assert rows.height == len(QUESTIONS) * len(sources)
    said = {(source, item): label for item, source, label in rows.select("item", "voter", "label").iter_rows()}
    for key, label in said.items():
        assert (label is None) == (key not in SAYS)
        assert label is None or answer_key(label) == answer_key(SAYS[key])
        if label is not None and answer_key(label) == answer_key(GOLD[key[1]]):
            assert label == GOLD[key[1]]


def test_a_spent_budget_ends_the_work_and_a_cache_goes_on_from_there(tmp_path: Path) -> None:
    some = dict(list(QUESTIONS.items())[:8])
    calls = 0
    for _ in range(20):
        model = Scripted(reader)
        with Caching(Budget(model, calls=5), tmp_path / "kept.sqlite") as cache:
            sources = document_sources(table("documents.csv"), Retrying(cache))
            try:
                verdict = answer_from_sources(some, sources, LINEAR, least_relevance=0.5, workers=2)
            except BudgetExceeded:
                calls += len(model.requests)
                assert len(model.requests) == 5
                continue
            calls += len(model.requests)
            break
    assert calls == verdict.asked
