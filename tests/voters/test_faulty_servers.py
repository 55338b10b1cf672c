"""Is no fault of a server taken for an answer, and does its key stay with it, down to the bytes on the wire?

Both clients, of language models and of transcription, meet the same faults of a real server.
"""

from __future__ import annotations

import json
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_server import chat
from faulty_server import FAULTS, STALLS, FaultyServer, Heard, Step, reply

from psephos.errors import InputError
from psephos.voters import Endpoint, RecogniserError
from psephos.voters.language_model import (
    Budget,
    IgnoredWishWarning,
    ModelError,
    OpenAICompatible,
    Request,
    Retrying,
    as_samples,
    complete_many,
)
from psephos.voters.servers import seconds_asked

CLIP = Path(__file__).parents[2] / "examples" / "scribe" / "audio" / "clip-01.flac"
KEY = "sk-very/secret-0123456789"
SUM = Request.of("2 + 2?", tag="sum")

Ask = Callable[..., str]


@pytest.fixture(autouse=True)
def httpx(require: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    require("httpx")
    for name in ("PSEPHOS_API_KEY", "NO_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def serve() -> Iterator[Callable[..., FaultyServer]]:
    """`serve(steps, steps, ...)` answers in order, the last one for ever."""
    servers: list[FaultyServer] = []

    def start(*answers: list[Step]) -> FaultyServer:
        left = list(answers)
        lock = threading.Lock()

        def script(heard: Heard) -> list[Step]:
            with lock:
                return left.pop(0) if len(left) > 1 else left[0]

        servers.append(FaultyServer(script))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def ask_chat(url: str, attempts: int = 3, timeout: float = 60.0) -> str:
    with OpenAICompatible(url, "small", timeout=timeout) as client:
        return Retrying(client, attempts=attempts, sleep=lambda wait: None).complete(SUM).text


def ask_audio(url: str, attempts: int = 3, timeout: float = 60.0) -> str:
    tokens = Endpoint(url, "whisper-1", attempts=attempts, timeout=timeout, pause=0.0).transcribe(CLIP)
    return " ".join(token.text for token in tokens)


CLIENTS = {
    "chat": (ask_chat, json.dumps(chat("4")).encode(), ModelError),
    "audio": (ask_audio, json.dumps({"text": "4"}).encode(), RecogniserError),
}


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> tuple[Ask, bytes, type[Exception]]:
    """What asks once, a good answer, and the error of a bad one."""
    return CLIENTS[request.param]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_tried_again_and_in_the_end_said(serve: Any, client: Any, fault: str) -> None:
    ask, good, error = client
    bad = FAULTS[fault](good)
    server = serve(bad, bad, [reply(good)])
    assert ask(server.url) == "4"
    assert len(server.heard) == 3
    server = serve(bad)
    with pytest.raises(error, match=r"\(tried 2 times\)"):
        ask(server.url, attempts=2)
    assert len(server.heard) == 2


@pytest.mark.parametrize("stall", STALLS)
def test_nobody_waits_for_a_server_that_stalls(serve: Any, client: Any, stall: str) -> None:
    ask, good, error = client
    server = serve(STALLS[stall](good), [reply(good)])
    begun = time.monotonic()
    assert ask(server.url, timeout=1.0) == "4"
    assert time.monotonic() - begun < 100  # the stalls are of 120 seconds
    server = serve(STALLS[stall](good))
    with pytest.raises(error, match=r"gave no answer within 0.4 seconds \(tried 1 times\)"):
        ask(server.url, attempts=1, timeout=0.4)


def test_a_server_that_goes_down_and_comes_back(serve: Any, client: Any) -> None:
    ask, good, error = client
    server = serve([reply(good)])
    assert ask(server.url) == "4"
    server.close()
    with pytest.raises(error, match=r"cannot be reached or broke off: .* \(tried 2 times\)"):
        ask(server.url, attempts=2)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_followed_elsewhere(serve: Any, client: Any, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, good, error = client
    monkeypatch.setenv("PSEPHOS_API_KEY", KEY)
    thief = serve([reply(good)])
    server = serve([reply(b"", "content-length: 0", f"location: {thief.url}/chat/completions", status=f"{status} Go")])
    with pytest.raises(error, match=f"answers {status}"):
        ask(server.url)
    assert server.heard[0].key == f"bearer {KEY}".encode()
    assert not thief.heard


def test_what_is_for_this_machine_goes_through_no_proxy(
    serve: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy lies elsewhere: it would have the key in the clear."""
    ask, good, _ = client
    monkeypatch.setenv("PSEPHOS_API_KEY", KEY)
    proxy, server = serve([reply(good)]), serve([reply(good)])
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
    assert ask(server.url) == "4"
    assert not proxy.heard
    assert server.heard[0].key


@pytest.mark.parametrize("proxy", ["socks4://127.0.0.1:1", "magic://127.0.0.1:1", "http://127.0.0.1:port"])
def test_a_proxy_that_is_none_is_a_complaint(client: Any, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    ask, _, _ = client
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(InputError, match=r"_PROXY: .*unset it"):
        ask("https://psephos.invalid/v1")


@pytest.mark.parametrize("key", ["sk-one\nsk-two", "sk-schlüssel", "sk-one sk-two", "sk-\x7f"])
def test_a_key_that_no_header_can_carry_is_not_shown(
    serve: Any, client: Any, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, good, _ = client
    monkeypatch.setenv("PSEPHOS_API_KEY", key)
    server = serve([reply(good)])
    with pytest.raises(InputError) as caught:
        ask(server.url)
    assert caught.value.argument == "PSEPHOS_API_KEY"
    assert "sk-" not in str(caught.value)
    assert not server.heard


ECHOES = {
    "as it is": KEY,
    "as some write JSON": KEY.replace("/", "\\/"),
    "in signs of JSON": "".join(f"\\u{ord(sign):04x}" for sign in KEY),
}


@pytest.mark.parametrize("echo", ECHOES)
def test_a_key_that_comes_back_is_struck_out(
    serve: Any, client: Any, echo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, good, error = client
    monkeypatch.setenv("PSEPHOS_API_KEY", KEY)
    said = good.replace(b"4", b"it is " + ECHOES[echo].encode(), 1)
    assert ask(serve([reply(said)]).url) == "it is ***"
    for status in ("200 OK", "401 No"):
        with pytest.raises(error) as caught:
            ask(serve([reply(b"{" + b" " * 1990 + KEY.encode(), status=status)]).url, attempts=1)
        assert KEY[:4] not in str(caught.value)


def test_a_key_that_is_a_word_changes_no_answer(serve: Any, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers on this machine are often given any key: "none", "text", "4"."""
    ask, good, _ = client
    for key in ("4", "text", "content"):
        monkeypatch.setenv("PSEPHOS_API_KEY", key)
        server = serve([reply(good)])
        assert ask(server.url) == "4"
        assert server.heard[0].key == f"bearer {key}".encode()


# What is well formed and still cannot be.


def told(**changes: Any) -> bytes:
    """A good answer of one choice with other fields in it."""
    body = chat("4", logprobs=True)
    choice = body["choices"][0]
    for name, value in changes.items():
        part = choice["message"] if name == "content" else choice if name in choice else body["usage"]
        part[name] = value
    return json.dumps(body).encode()


@pytest.mark.parametrize("content", [None, ["4"], 4, 4.0, True, {"text": "4"}])
def test_a_text_of_another_type_is_no_text(serve: Any, content: Any) -> None:
    with pytest.raises(ModelError, match="answers without a text"):
        ask_chat(serve([reply(told(content=content))]).url, attempts=1)


@pytest.mark.parametrize("choices", [None, {}, "4", 4, [], [[]], [None], ["4"], [{}], [{"message": None}]])
def test_choices_of_another_type_are_none(serve: Any, choices: Any) -> None:
    with pytest.raises(ModelError, match="answers without a"):
        ask_chat(serve([reply(json.dumps({"choices": choices}).encode())]).url, attempts=1)


@pytest.mark.parametrize("reason", ["error", "failed", "abort"])
def test_a_sample_that_the_server_could_not_end_is_none(serve: Any, reason: str) -> None:
    server = serve([reply(told(content="The answer is", finish_reason=reason))], [reply(told())])
    assert ask_chat(server.url) == "4"
    with pytest.raises(ModelError, match="broke off"):
        ask_chat(serve([reply(told(finish_reason=reason))]).url, attempts=1)


HUGE = 10**400


def short(value: object) -> str | None:
    """The id of a value that would fill the screen."""
    return "huge" if isinstance(value, int) and abs(value) == HUGE else None


LOGPROBS = [
    None,
    4,
    {"content": None},
    {"content": []},
    {"content": [None]},
    {"content": [{}]},
    {"content": [{"logprob": "x"}]},
    {"content": [{"logprob": None}]},
    {"content": [{"logprob": True}]},
    {"content": [{"logprob": 3.5}]},
    {"content": [{"logprob": float("nan")}]},
    {"content": [{"logprob": float("-inf")}]},
    {"content": [{"logprob": -HUGE}]},
    {"content": [{"logprob": -0.5}, {"logprob": [-0.5]}]},
]


@pytest.mark.parametrize("said", range(len(LOGPROBS)))
def test_log_probabilities_that_cannot_be_are_none_and_said(serve: Any, said: int) -> None:
    server = serve([reply(told(logprobs=LOGPROBS[said]))])
    with OpenAICompatible(server.url, "small") as model, pytest.warns(IgnoredWishWarning, match="no log-prob"):
        answer = model.complete(Request.of("2 + 2?", logprobs=True))
    assert (answer.text, answer.logprobs) == ("4", None)
    assert answer.notes == ("no log-probabilities came",)


@pytest.mark.parametrize("value", [-1, -0.5, "4", None, True, [], float("nan"), float("inf"), HUGE, 2**63], ids=short)
def test_what_cannot_have_been_used_is_not_known(serve: Any, value: Any) -> None:
    server = serve([reply(told(prompt_tokens=value, completion_tokens=value, cost=None if value == 2**63 else value))])
    with OpenAICompatible(server.url, "small", prices=(1.0, 1.0)) as model:
        used = model.complete(SUM).usage
    assert (used.tokens_in, used.tokens_out, used.cost) == (None, None, None)


def test_no_price_below_0_buys_more(serve: Any) -> None:
    server = serve([reply(told(cost=-1000.0))])
    with OpenAICompatible(server.url, "small") as client:
        model = Budget(client, cost=1.0, prices=(1.0, 1.0))
        model.complete(SUM)
    assert 0 < model.spent.cost < 1


def test_more_samples_than_were_asked_for_are_no_votes(serve: Any) -> None:
    """Their draws have no number: it would be that of the next request."""
    server = serve([reply(json.dumps(chat("4", "5", "5")).encode())])
    requests = [Request.of("2 + 2?", sample_index=draw) for draw in range(3)]
    with OpenAICompatible(server.url, "small") as model, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        done = complete_many(model, requests, workers=1)
    found = as_samples(["sum"] * 3, "small", requests, done).frame()
    assert found.select("draw", "answer").rows() == [(0, "4"), (1, "4"), (2, "4")]
    assert [reply.n for reply in done.replies if reply] == [1, 1, 1]
    assert len(warned) == 1
    assert "3 samples came where 1 were asked for" in str(warned[0].message)


@pytest.mark.parametrize("field", ["start", "end", "probability"])
@pytest.mark.parametrize("value", [HUGE, float("nan"), float("inf"), "0", [], {}], ids=short)
def test_times_and_confidences_that_cannot_be_are_left_out(serve: Any, field: str, value: Any) -> None:
    word = {"word": "four", "start": 0.5, "end": 1.0, "probability": 0.5} | {field: value}
    body = {"text": "four", "words": [word], "segments": [{"text": "four", "start": value, "end": value}]}
    (token,) = Endpoint(serve([reply(json.dumps(body).encode())]).url, "m").transcribe(CLIP)
    expected = {"start": (None, None, 0.5), "end": (None, None, 0.5), "probability": (0.5, 1.0, None)}[field]
    assert (token.start, token.end, token.confidence) == expected


def test_half_a_character_of_a_transcript_reaches_no_file(serve: Any) -> None:
    body = json.dumps({"text": "fo\ud800ur", "words": [{"word": "fo\ud800ur", "start": 0, "end": 1}]}).encode()
    (token,) = Endpoint(serve([reply(body)]).url, "m").transcribe(CLIP)
    assert token.text == "fo?ur"


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("0", 0, 0),
        ("9" * 30, 1e29, 1e31),
        pytest.param("9" * 400, float("inf"), float("inf"), id="huge"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 1e11, 1e12),
        ("Sat, 01 Jan 0001 00:00:00 -0000", 0, 0),
    ],
)
def test_absurd_waits_are_numbers(header: str, low: float, high: float) -> None:
    wait = seconds_asked(header)
    assert wait is not None
    assert low <= wait <= high


NO_TIMES = ["", " ", ",", "-1", "1e9", "nan", "inf", "٣", "soon", "0x10", "1;2", "Mon", "99 Foo", "a b c d", "\x00"]
NO_DATES = ["21 Oct 99999 07:28:00 GMT", "21 Oct 2015 07:28:00 +9999999", "99 Oct 2015 99:99:99 GMT"]


@pytest.mark.parametrize("header", [*NO_TIMES, *(f"Wed, {date}" for date in NO_DATES)])
def test_what_is_no_time_says_nothing(header: str) -> None:
    assert seconds_asked(header) is None


def test_no_wait_is_longer_than_a_minute(serve: Any) -> None:
    waits: list[float] = []
    server = serve(
        *([reply(b"", "content-length: 0", f"retry-after: {said}", status="429 No")] for said in ("9" * 400, "soon")),
        [reply(told())],
    )
    with OpenAICompatible(server.url, "small") as client:
        assert Retrying(client, sleep=waits.append).complete(SUM).text == "4"
    assert waits[0] == 60
    assert 1.6 <= waits[1] <= 2.4
