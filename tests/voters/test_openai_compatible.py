"""Does a server of a language model get what it needs, and is no fault of it taken for an answer?"""

from __future__ import annotations

import email.utils
import json
import logging
import pickle
import time
import warnings
from pathlib import Path
from typing import Any

import pytest
from chat_server import ChatServer, Said, chat

from psephos.errors import InputError
from psephos.voters.language_model import (
    Caching,
    IgnoredWishWarning,
    Message,
    ModelError,
    OpenAICompatible,
    Recording,
    Reply,
    Request,
    Retrying,
    as_samples,
    complete_many,
)


@pytest.fixture(autouse=True)
def parts(require: Any) -> None:
    """What the client needs."""
    require("httpx")
    require("jsonschema")


SUM = Request.of("2 + 2?", tag="sum")
SCHEMA = {"type": "object", "properties": {"answer": {"enum": ["A", "B"]}}, "required": ["answer"]}


def model(server: ChatServer, **options: Any) -> OpenAICompatible:
    return OpenAICompatible(server.url, "small", **{"timeout": 5.0, **options})


def test_the_whole_request_and_the_whole_reply(chat_server: ChatServer) -> None:
    chat_server.answers = [Said(chat("4", "four", logprobs=True))]
    request = Request(
        (Message("system", "Be brief."), Message("user", "2 + 2?")),
        temperature=0.7,
        seed=5,
        max_tokens=8,
        logprobs=True,
        stop=("\n",),
        n=2,
    )
    reply = model(chat_server, options={"top_p": 0.9}, prices=(1.0, 2.0)).complete(request)
    assert chat_server.requests == [
        {
            "path": "/v1/chat/completions",
            "model": "small",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 2?"}],
            "temperature": 0.7,
            "top_p": 0.9,
            "seed": 5,
            "max_tokens": 8,
            "logprobs": True,
            "stop": ["\n"],
            "n": 2,
        }
    ]
    assert (reply.text, reply.n, reply.logprobs, reply.stop) == ("4", 2, (-0.25,), "stop")
    assert [sample.text for sample in reply.samples] == ["4", "four"]
    assert (reply.usage.tokens_in, reply.usage.tokens_out) == (10, 4)
    assert reply.usage.cost == pytest.approx((10 * 1 + 4 * 2) / 1e6)
    assert reply.notes == ()
    assert not reply.cached
    assert reply.latency_s > 0


def test_a_plain_request_wishes_for_nothing(chat_server: ChatServer) -> None:
    model(chat_server).complete(SUM)
    assert set(chat_server.requests[0]) == {"path", "model", "messages", "temperature"}


FAULTS = {
    "html": Said(b"<!DOCTYPE html><h1>Bad gateway</h1>"),
    "empty": Said(b""),
    "truncated-body": Said(json.dumps(chat("4")).encode()[:40], headers={"content-length": "400"}),
    "truncated-json": Said(json.dumps(chat("4")).encode()[:40]),
    "not-json": Said(b"4"),
    "a-list": Said([1]),
    "deep": Said(b"[" * 100_000),
    "no-choices": Said({"choices": []}),
    "choices-no-list": Said({"choices": {"0": "4"}}),
    "choice-null": Said({"choices": [None]}),
    "no-text": Said({"choices": [{"message": {"content": None}}]}),
    "text-a-list": Said({"choices": [{"message": {"content": ["4"]}}]}),
    "server-error": Said({"error": "overloaded"}, status=503),
    "rate-limited": Said({"error": "slow down"}, status=429),
    "slow": Said(after=30.0),
    "trickling": Said(trickle=0.2),
}


def patience(fault: str) -> float:
    """Seconds for an answer: few only where that is the fault."""
    return 1.5 if fault in ("slow", "trickling") else 60.0


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_tried_again(chat_server: ChatServer, fault: str) -> None:
    chat_server.answers = [FAULTS[fault], FAULTS[fault], Said()]
    waits: list[float] = []
    asked = Retrying(model(chat_server, timeout=patience(fault)), sleep=waits.append)
    assert asked.complete(SUM).text == "4"
    assert len(chat_server.requests) == 3
    assert 0.8 <= waits[0] <= 1.2
    assert 1.6 <= waits[1] <= 2.4


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_is_recorded_and_no_vote(chat_server: ChatServer, fault: str) -> None:
    def answers(asked: dict[str, Any]) -> Said:
        return FAULTS[fault] if asked["messages"][0]["content"] == "bad" else Said()

    chat_server.answers = answers
    requests = [Request.of(text, tag=text) for text in ("good", "bad", "fine")]
    asked = Retrying(model(chat_server, timeout=patience(fault)), attempts=2, sleep=lambda wait: None)
    done = complete_many(asked, requests, workers=2)
    assert [reply and reply.text for reply in done.replies] == ["4", None, "4"]
    (failure,) = done.failures
    assert (failure.index, failure.tag) == (1, "bad")
    assert "small at http://127.0.0.1" in failure.reason
    assert "(tried 2 times)" in failure.reason
    opinions = as_samples(["a", "b", "c"], "small", requests, done)
    rows = opinions.frame().select("item", "answer", "status").rows()
    assert rows == [("a", "4", "stop"), ("b", None, "failed"), ("c", "4", "stop")]


def test_a_server_that_is_not_there(chat_server: ChatServer) -> None:
    chat_server.close()
    with pytest.raises(ModelError, match="cannot be reached") as caught:
        model(chat_server).complete(SUM)
    assert caught.value.again


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("3", 3, 3),
        ("0.5", 0.5, 0.5),
        ("600", 60, 60),
        (email.utils.formatdate(time.time() + 1e6, usegmt=True), 60, 60),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0, 0),
        ("soon", 0.8, 1.2),
    ],
    ids=["seconds", "half a second", "too long", "a date to come", "a date gone by", "no number"],
)
def test_a_server_is_left_alone_for_as_long_as_it_asks(
    chat_server: ChatServer, header: str, low: float, high: float
) -> None:
    chat_server.answers = [Said({}, status=429, headers={"retry-after": header}), Said()]
    waits: list[float] = []
    assert Retrying(model(chat_server), sleep=waits.append).complete(SUM).text == "4"
    assert low <= waits[0] <= high


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 422])
def test_a_refusal_is_final(chat_server: ChatServer, status: int) -> None:
    chat_server.answers = [Said({"error": {"message": "no"}}, status=status, headers={"location": "http://other/"})]
    with pytest.raises(ModelError, match=f"answers {status}") as caught:
        Retrying(model(chat_server), sleep=lambda wait: None).complete(SUM)
    assert len(chat_server.requests) == 1
    assert not caught.value.again


def test_an_answer_without_end_is_cut(chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psephos.voters.servers.LARGEST_ANSWER", 1000)
    chat_server.answers = [Said(chat("4" * 2000))]
    with pytest.raises(ModelError, match="more than 1,000 bytes"):
        model(chat_server).complete(SUM)


def test_a_server_that_ignores_n_and_logprobs_is_noticed_once(chat_server: ChatServer) -> None:
    asked = model(chat_server)
    wish = Request.of("2 + 2?", n=3, logprobs=True)
    with pytest.warns(IgnoredWishWarning) as warned:
        reply = asked.complete(wish)
    assert sorted(str(one.message).partition(": ")[2] for one in warned) == [
        "1 of 3 samples came",
        "no log-probabilities came",
    ]
    assert (reply.n, reply.logprobs) == (1, None)
    assert reply.notes == ("1 of 3 samples came", "no log-probabilities came")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert asked.complete(wish).notes == reply.notes


def several(*choices: dict[str, Any]) -> dict[str, Any]:
    body = chat("4")
    return body | {"choices": [body["choices"][0] | choice for choice in choices]}


def test_one_broken_sample_of_several_is_failed_and_the_others_count(chat_server: ChatServer, tmp_path: Path) -> None:
    no_text, cut = {"message": {"role": "assistant", "content": None}}, {"finish_reason": "error"}
    chat_server.answers = lambda asked: Said(several({}, no_text, {}, cut))
    asked, wish = model(chat_server), Request.of("2 + 2?", tag="sum", n=4)
    with pytest.warns(IgnoredWishWarning, match="2 of 4 samples broke off or had no text"):
        reply = asked.complete(wish)
    assert [sample.text for sample in reply.samples] == ["4", "", "4", ""]
    assert [sample.stop for sample in reply.samples] == ["stop", "failed", "stop", "failed"]
    opinions = as_samples(["sum"], "small", [wish], complete_many(asked, [wish]))
    assert opinions.frame()["answer"].to_list() == ["4", None, "4", None]
    assert opinions.frame()["status"].to_list() == ["stop", "failed", "stop", "failed"]
    with Caching(asked, tmp_path / "kept.sqlite") as cache:
        cache.complete(wish)
        assert len(cache) == 0
        chat_server.answers = lambda asked: Said(several({}, {}, {}, {}))
        assert [sample.text for sample in cache.complete(wish).samples] == ["4"] * 4
        assert len(cache) == 1


def test_where_every_sample_is_broken_there_is_no_answer(chat_server: ChatServer) -> None:
    cut = {"finish_reason": "abort"}
    chat_server.answers = lambda asked: Said(several(cut, cut, {}))  # the third was not asked for
    with pytest.raises(ModelError, match="broke off") as caught:
        model(chat_server).complete(Request.of("2 + 2?", n=2))
    assert caught.value.again


def refuses(*wishes: str) -> Any:
    def answers(asked: dict[str, Any]) -> Said:
        for wish in wishes:
            if wish in asked:
                return Said({"error": {"message": f"Field '{wish}' is not supported"}}, status=400)
        return Said(chat('{"answer": "A"}'))

    return answers


def test_a_server_that_refuses_wishes_is_asked_without_them(chat_server: ChatServer) -> None:
    chat_server.answers = refuses("response_format", "logprobs", "seed", "n")
    asked = model(chat_server)
    wish = Request.of("A or B?", n=2, logprobs=True, seed=1, schema=SCHEMA)
    with pytest.warns(IgnoredWishWarning):
        reply = asked.complete(wish)
    assert reply.parsed == {"answer": "A"}
    assert set(reply.notes) == {
        "1 of 2 samples came",
        "no log-probabilities came",
        "the schema was not enforced",
        "the seed was refused",
    }
    before = len(chat_server.requests)
    asked.complete(wish)
    assert len(chat_server.requests) == before + 1  # it has learnt


def test_a_schema_is_sent_and_what_does_not_follow_it_is_asked_again(chat_server: ChatServer) -> None:
    chat_server.answers = [Said(chat("Both!")), Said(chat('{"answer": "C"}')), Said(chat('Well: {"answer": "B"}'))]
    reply = Retrying(model(chat_server)).complete(Request.of("A or B?", schema=SCHEMA, seed=7))
    assert reply.parsed == {"answer": "B"}
    assert [asked["response_format"]["json_schema"]["schema"] for asked in chat_server.requests] == [SCHEMA] * 3
    assert len({asked["seed"] for asked in chat_server.requests}) == 3  # else the same text would come again


def test_log_probabilities_that_are_none(chat_server: ChatServer) -> None:
    body = chat("4")
    body["choices"][0]["logprobs"] = {"content": [{"logprob": None}]}
    chat_server.answers = [Said(body)]
    with pytest.warns(IgnoredWishWarning):
        assert model(chat_server).complete(Request.of("?", logprobs=True)).logprobs is None


def test_half_a_character_does_not_reach_a_file(chat_server: ChatServer, tmp_path: Any) -> None:
    chat_server.answers = [Said(json.dumps(chat("x")).replace('"x"', '"a\\ud800"').encode())]
    assert Recording(model(chat_server), tmp_path / "a.jsonl").complete(SUM).text == "a?"


KEY = "sk-very-secret-0123456789"


def test_the_key_reaches_the_server_and_nothing_else(
    chat_server: ChatServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PSEPHOS_API_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    asked = model(chat_server)
    file = tmp_path / "said.jsonl"
    chat_server.answers = [
        Said(chat(f"your key is {KEY}")),
        Said({"error": f"no such key: {KEY}"}, status=401),
        Said(f"<html>{KEY}</html>".encode()),
    ]
    recording = Recording(asked, file)
    reply = recording.complete(SUM)
    assert chat_server.headers[0]["authorization"] == f"Bearer {KEY}"
    shown = [reply.text, repr(asked), str(asked.id), repr(vars(asked)), repr(recording)]
    for _ in range(2):
        with pytest.raises(ModelError) as caught:
            asked.complete(SUM)
        shown += [str(caught.value), repr(caught.value)]
    shown += [file.read_text(), caplog.text]
    assert all(KEY not in text for text in shown)
    assert "your key is ***" in shown[0]
    with pytest.raises(TypeError):
        pickle.dumps(asked)


def test_a_key_can_have_another_variable(chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_KEY", KEY)
    model(chat_server, key_variable="OTHER_KEY").complete(SUM)
    assert chat_server.headers[0]["authorization"] == f"Bearer {KEY}"
    model(chat_server).complete(SUM)
    assert "authorization" not in chat_server.headers[1]


def test_a_key_does_not_cross_a_network_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSEPHOS_API_KEY", KEY)
    with pytest.raises(InputError, match="in the clear") as caught:
        OpenAICompatible("http://example.org/v1", "small")
    assert caught.value.argument == "endpoint"
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"url": "example.org"}, "endpoint"),
        ({"url": "http://user:word@127.0.0.1/v1"}, "endpoint"),
        ({"model": " "}, "model"),
        ({"timeout": 0}, "timeout"),
        ({"prices": (1.0,)}, "prices"),
        ({"prices": (1.0, -1.0)}, "prices"),
        ({"options": {"temperature": 1}}, "options"),
        ({"options": {"stream": True}}, "options"),
        ({"options": {"top_p": object()}}, "options"),
    ],
)
def test_bad_settings_are_refused(given: dict[str, Any], argument: str) -> None:
    with pytest.raises(InputError) as caught:
        OpenAICompatible(**{"url": "http://127.0.0.1:1/v1", "model": "small", **given})
    assert caught.value.argument == argument


def test_options_are_a_part_of_the_id(chat_server: ChatServer) -> None:
    plain, warm = model(chat_server), model(chat_server, options={"top_p": 0.9})
    assert plain.id != warm.id
    assert model(chat_server, id="mine").id == "mine"


def test_many_requests_are_bounded_and_in_order(chat_server: ChatServer) -> None:
    def answers(asked: dict[str, Any]) -> Said:
        number = int(asked["messages"][0]["content"])
        return Said(chat(str(number)), after=0.03 * ((number * 7) % 3))

    chat_server.answers = answers
    done = complete_many(model(chat_server), [Request.of(str(number)) for number in range(20)], workers=4)
    assert [reply.text for reply in done.replies if isinstance(reply, Reply)] == [str(number) for number in range(20)]
    assert 1 < chat_server.most_under_way <= 4
