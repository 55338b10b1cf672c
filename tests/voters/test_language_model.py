"""Requests, replies, keys, answers in JSON, scripts, the noisy oracle, and asking again."""

from __future__ import annotations

import json
import math
import pickle
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.opinions.lost_draws import drawn_only
from psephos.voters.language_model import (
    Message,
    ModelError,
    NoisyOracle,
    Reply,
    Request,
    Retrying,
    Sample,
    Scripted,
    Usage,
    as_samples,
    complete_many,
    open_model,
    parsed,
    request_key,
    seed_for,
)

SUM = Request.of("2 + 2?", tag="sum")
ANSWER = {"type": "object", "properties": {"answer": {"enum": ["A", "B"]}}, "required": ["answer"]}


# Requests and keys.


@pytest.mark.parametrize(
    ("fields", "argument"),
    [
        ({"messages": ()}, "messages"),
        ({"messages": "2 + 2?"}, "messages"),
        ({"messages": ("2 + 2?",)}, "messages"),
        ({"temperature": -1}, "temperature"),
        ({"temperature": math.nan}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"sample_index": -1}, "sample_index"),
        ({"n": 0}, "n"),
        ({"n": True}, "n"),
        ({"stop": "x"}, "stop"),
        ({"stop": ("",)}, "stop"),
        ({"schema": ["answer"]}, "schema"),
        ({"schema": {"enum": [math.nan]}}, "schema"),
        ({"schema": {"enum": {1}}}, "schema"),
    ],
)
def test_a_bad_request_is_refused(fields: dict[str, Any], argument: str) -> None:
    with pytest.raises(InputError) as caught:
        Request(**{"messages": (Message("user", "2 + 2?"),), **fields})
    assert caught.value.argument == argument


@pytest.mark.parametrize(
    ("role", "content", "argument"), [("robot", "x", "role"), ("user", 4, "content"), ("user", "\ud800", "content")]
)
def test_a_bad_message_is_refused(role: str, content: Any, argument: str) -> None:
    with pytest.raises(InputError) as caught:
        Message(role, content)
    assert caught.value.argument == argument


def test_the_key_is_the_digest_of_canonical_json() -> None:
    import hashlib

    text = (
        '{"model":"m","request":{"logprobs":false,"max_tokens":null,"messages":[{"content":"Gr\u00fc\u00dfe","role":"user"}],'
        '"n":1,"sample_index":0,"schema":null,"seed":null,"stop":[],"temperature":0.0}}'
    )
    assert request_key("m", Request.of("Gr\u00fc\u00dfe")) == hashlib.sha256(text.encode()).hexdigest()


def test_all_but_the_tag_counts_in_the_key() -> None:
    key = request_key("m", SUM)
    assert key == request_key("m", replace(SUM, tag="other"))
    others = [
        request_key("n", SUM),
        *(
            request_key("m", replace(SUM, **change))
            for change in (
                {"temperature": 1.0},
                {"seed": 0},
                {"max_tokens": 5},
                {"sample_index": 1},
                {"logprobs": True},
                {"stop": ("x",)},
                {"n": 2},
                {"schema": {}},
                {"messages": (Message("system", "2 + 2?"),)},
            )
        ),
    ]
    assert len({key, *others}) == 11


def test_each_draw_has_a_seed_of_its_own_and_the_first_has_that_of_the_request() -> None:
    request = Request.of("?", seed=7, n=3)
    seeds = [seed_for(request, draw) for draw in range(50)]
    assert seeds[0] == 7
    assert len(set(seeds)) == 50
    assert seeds[2] == seed_for(request.single(2)) == seed_for(replace(request, sample_index=2))
    assert seed_for(replace(request, seed=None), 3) is None


def test_an_error_of_a_model_survives_a_process() -> None:
    error = pickle.loads(pickle.dumps(ModelError("busy", again=True, wait=3.0)))
    assert (str(error), error.again, error.wait) == ("busy", True, 3.0)


texts = st.text(st.characters(exclude_categories=["Cs"]))
replies = st.builds(
    Reply,
    st.lists(
        st.builds(
            Sample,
            texts,
            st.none() | st.lists(st.floats(max_value=0, allow_infinity=False)).map(tuple),
            st.none() | texts,
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
    st.none() | st.dictionaries(texts, st.none() | texts | st.integers() | st.lists(texts)),
    st.builds(
        Usage,
        st.none() | st.integers(0, 9999),
        st.none() | st.integers(0),
        st.none() | st.floats(0, allow_infinity=False),
    ),
    st.floats(0, 1e6),
    texts,
    notes=st.lists(texts).map(tuple),
)


@given(replies)
def test_a_reply_comes_back_from_json(reply: Reply) -> None:
    assert Reply.from_dict(json.loads(json.dumps(reply.to_dict())), cached=False) == reply


# Answers in JSON.


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"answer": "A"}', {"answer": "A"}),
        ('```json\n{"answer": "A"}\n```', {"answer": "A"}),
        ('I think {"answer": "B", "thought": "in {braces}"} is right.', {"answer": "B", "thought": "in {braces}"}),
        ('{"answer": "A",}', None),
        ("{'answer': 'A'}", None),
        ('{"answer": "Both"}', None),
        ('{"answer": "Answer: A"}', None),
        ('{"answer": NaN}', None),
        ('{"answer": "A"} or {"answer": "B"}', None),
        ('["A"]', None),
        ('[{"answer": "A"}]', {"answer": "A"}),
        ('[{"answer": "A"}, {"answer": "B"}]', None),
        ('"A"', None),
        ("A", None),
        ("", None),
        ("}{", None),
        ('{"a":' * 100_000, None),
    ],
)
def test_sheet19_what_is_json_and_follows_the_schema_is_an_answer(text: str, found: Any) -> None:
    assert parsed(text, ANSWER) == found


def test_no_schema_asks_for_no_object() -> None:
    assert parsed('{"answer": "A"}', None) is None


def test_a_schema_that_is_none_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        parsed("{}", {"type": "number or so"})
    assert caught.value.argument == "schema"


def test_a_schema_fetches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import urllib.request

    def fetched(*arguments: Any, **options: Any) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr(urllib.request, "urlopen", fetched)
    with pytest.raises(InputError, match="which it does not hold") as caught:
        parsed("{}", {"$ref": "http://127.0.0.1:9/other.json"})
    assert caught.value.argument == "schema"


# Scripts.


def test_a_list_is_said_in_turn_and_ends() -> None:
    model = Scripted(["4", ModelError("busy"), Reply((Sample("five"),))])
    assert model.complete(SUM).text == "4"
    with pytest.raises(ModelError, match="busy"):
        model.complete(SUM)
    assert model.complete(SUM).text == "five"
    with pytest.raises(ModelError, match="3 lines"):
        model.complete(SUM)
    assert [request.tag for request in model.requests] == ["sum"] * 4


def test_a_dict_is_asked_by_tag_and_by_text() -> None:
    model = Scripted({"sum": "4", "2 + 3?": "5"})
    assert model.complete(SUM).text == "4"
    assert model.complete(Request.of("2 + 3?")).text == "5"
    with pytest.raises(InputError, match="no line for 'product'") as caught:
        model.complete(Request.of("2 x 3?", tag="product"))
    assert caught.value.argument == "script"


def test_a_function_is_asked_for_each_sample() -> None:
    reply = Scripted(lambda request: str(request.sample_index)).complete(Request.of("?", n=3, sample_index=4))
    assert [sample.text for sample in reply.samples] == ["4", "5", "6"]


def test_a_script_that_is_none() -> None:
    with pytest.raises(InputError) as caught:
        Scripted("4")  # type: ignore[arg-type]
    assert caught.value.argument == "script"


# The noisy oracle.


@pytest.mark.parametrize(
    ("p", "n", "exact"),
    [(0.6, 1, 0.6), (0.6, 5, 0.68256), (0.6, 11, 0.7534981325), (0.7, 5, 0.83692), (0.7, 11, 0.9217752090)],
    ids=["sheet19-p6n1", "sheet19-p6n5", "sheet19-p6n11", "sheet19-p7n5", "sheet19-p7n11"],
)
def test_a_majority_of_independent_oracles_is_right_as_often_as_it_should(p: float, n: int, exact: float) -> None:
    pairs = 1500
    oracle = NoisyOracle(lambda request: "AB"[int(request.tag) % 2], p_correct=p, seed=3)
    right = 0
    for pair in range(pairs):
        said = oracle.complete(Request.of(f"pair {pair}", tag=str(pair), n=n))
        votes = sum(sample.text == "AB"[pair % 2] for sample in said.samples)
        right += votes > n / 2
    assert abs(right / pairs - exact) < 3 * math.sqrt(exact * (1 - exact) / pairs)


def test_the_oracle_abstains_and_prefers_a_place_as_often_as_it_should() -> None:
    oracle = NoisyOracle(lambda request: "B", p_correct=0.9, p_abstain=0.2, position_bias=0.3)
    draws = 4000
    said = [sample.text for sample in oracle.complete(Request.of("?", n=draws)).samples]
    for answer, exact in (("None", 0.2), ("A", 0.8 * (0.3 + 0.7 * 0.1)), ("B", 0.8 * 0.7 * 0.9)):
        assert abs(said.count(answer) / draws - exact) < 4 * math.sqrt(exact * (1 - exact) / draws)


def test_the_oracle_does_not_depend_on_the_order_of_calls() -> None:
    requests = [Request.of(str(number), tag=str(number)) for number in range(30)]
    oracle = NoisyOracle(lambda request: "A", p_correct=0.5, seed=1)
    there = [oracle.complete(request).text for request in requests]
    back = [oracle.complete(request).text for request in reversed(requests)]
    assert there == back[::-1]
    assert len(set(there)) == 2
    other = NoisyOracle(lambda request: "A", p_correct=0.5, seed=2)
    assert [other.complete(request).text for request in requests] != there
    assert other.id != oracle.id


def test_the_oracle_answers_as_workers_do() -> None:
    reply = NoisyOracle({"pair": "B"}).complete(Request.of("A or B?", tag="pair", schema=ANSWER))
    assert reply.parsed is not None
    assert reply.parsed["answer"] == "B"


@pytest.mark.parametrize(
    ("fields", "argument"),
    [
        ({"p_correct": 1.1}, "p_correct"),
        ({"p_abstain": -0.1}, "p_abstain"),
        ({"position_bias": 2}, "position_bias"),
        ({"choices": ("A",)}, "choices"),
        ({"choices": ("A", "A")}, "choices"),
    ],
)
def test_an_oracle_that_cannot_be(fields: dict[str, Any], argument: str) -> None:
    with pytest.raises(InputError) as caught:
        NoisyOracle({}, **fields)
    assert caught.value.argument == argument


def test_an_oracle_that_does_not_know() -> None:
    with pytest.raises(InputError) as caught:
        NoisyOracle({"a": "A"}).complete(Request.of("?", tag="b"))
    assert caught.value.argument == "truth"


# Asking again.


def test_sheet19_waits_grow_and_end() -> None:
    waits: list[float] = []
    busy = Scripted(lambda request: ModelError("busy", again=True))
    with pytest.raises(ModelError, match=r"busy \(tried 9 times\)") as caught:
        Retrying(busy, attempts=9, sleep=waits.append).complete(SUM)
    assert not caught.value.again
    assert len(busy.requests) == 9
    for wait, exact in zip(waits, (1, 2, 4, 8, 16, 32, 60, 60), strict=True):
        assert 0.8 * exact <= wait <= min(1.2 * exact, 60)


def test_sheet19_what_cannot_be_read_is_asked_for_three_times_more_and_then_invalid() -> None:
    vague = Scripted(lambda request: "Both")
    reply = Retrying(vague).complete(Request.of("A or B?", schema=ANSWER, sample_index=2))
    assert reply.parsed is None
    assert reply.text == "Both"
    draws = [request.sample_index for request in vague.requests]
    assert draws[0] == 2
    assert len(set(draws)) == len(draws) == 4


def test_an_error_in_the_program_is_not_tried_again() -> None:
    model = Scripted([KeyError("x"), "4"])
    with pytest.raises(KeyError):
        Retrying(model, pause=0).complete(SUM)


# Answers as opinions.


def test_every_draw_is_a_row_and_nothing_that_failed_is_a_vote() -> None:
    requests = [Request.of("a", n=2), Request.of("b", n=2, sample_index=3), Request.of("c", n=3), Request.of("d")]
    script = {
        "a": Reply((Sample("4 ", (-0.5,), "stop"), Sample(" ", None, "stop")), usage=Usage(9, 3, 0.25)),
        "b": ModelError("down"),
        "c": Reply((Sample("5", stop="length"),)),
        "d": Reply((Sample("6"),)),
    }
    done = complete_many(Scripted(script), requests, workers=1)
    opinions = as_samples(["A", "B", "C", "D"], "small", requests, done)
    rows = opinions.frame().select("item", "draw", "answer", "status", "cost", "tokens").rows()
    assert rows == [
        ("A", 0, "4", "stop", 0.25, 3),
        ("A", 1, None, "empty", None, None),
        ("B", 3, None, "failed", None, None),
        ("B", 4, None, "failed", None, None),
        ("C", 0, "5", "length", None, None),
        ("C", 1, None, "not given", None, None),
        ("C", 2, None, "not given", None, None),
        ("D", 0, "6", "stop", None, None),
    ]


def test_a_text_without_an_answer_is_told_from_an_empty_one_and_from_a_broken_one() -> None:
    reply = Reply((Sample("Well"), Sample(" "), Sample("", None, "failed"), Sample("4")))
    requests = [Request.of("a", n=4)]
    done = complete_many(Scripted({"a": reply}), requests)
    opinions = as_samples(["A"], "small", requests, done, answer=lambda text: text if text.isdigit() else None)
    told = opinions.frame().select("draw", "answer", "status").rows()
    assert told == [(0, None, "no answer"), (1, None, "empty"), (2, None, "failed"), (3, "4", "stop")]
    assert len(drawn_only(opinions)) == 3


def test_two_answers_to_one_draw_are_refused_not_set_aside() -> None:
    requests = [Request.of("a", n=2), Request.of("a", sample_index=1)]
    done = complete_many(Scripted(lambda request: "4"), requests)
    with pytest.raises(InputError, match="ask twice for draw 1 of 'A'") as caught:
        as_samples(["A", "A"], "small", requests, done)
    assert caught.value.argument == "requests"


def test_a_model_needs_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PSEPHOS_ENDPOINT", raising=False)
    with pytest.raises(InputError, match="PSEPHOS_ENDPOINT") as caught:
        open_model("small")
    assert caught.value.argument == "endpoint"
