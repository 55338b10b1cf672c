"""Does a transcription server get what it needs, and does no fault of it go unnoticed?"""

from __future__ import annotations

import email.utils
import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from psephos.errors import InputError, ParseError
from psephos.voters import Endpoint, RecogniserError, Token

CLIP = Path(__file__).parents[2] / "examples" / "scribe" / "audio" / "clip-01.flac"
KEY = "sk-not-to-be-seen-anywhere"


@pytest.fixture(autouse=True)
def httpx(require: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    require("httpx")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("PSEPHOS_API_KEY", raising=False)


def endpoint(server: Any, **options: Any) -> Endpoint:
    return Endpoint(server.url, "whisper-1", **{"pause": 0.01, "timeout": 60.0} | options)


def test_what_is_asked(speech_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PSEPHOS_API_KEY", KEY)
    endpoint(speech_server, language="de").transcribe(CLIP)
    (request,) = speech_server.requests
    assert request["path"] == "/v1/audio/transcriptions"
    assert request["file"] == [CLIP.read_bytes()]
    assert (request["model"], request["language"], request["temperature"]) == (["whisper-1"], ["de"], ["0"])
    assert request["response_format"] == ["verbose_json"]
    assert request["timestamp_granularities[]"] == ["word", "segment"]
    assert request["headers"]["authorization"] == f"Bearer {KEY}"


def test_without_a_key_none_is_sent(speech_server: Any) -> None:
    endpoint(speech_server).transcribe(CLIP)
    assert "authorization" not in speech_server.requests[0]["headers"]


def test_words_with_times_keep_the_case_and_marks_of_the_text(speech_server: Any) -> None:
    words = [
        {"word": "no", "start": 0.1, "end": 0.3, "probability": 0.9},
        {"word": "pain", "start": 0.3, "end": 0.8, "probability": 0.5},
    ]
    speech_server.replies = [speech_server.Reply({"text": "No pain.", "words": words})]
    assert endpoint(speech_server).transcribe(CLIP) == (
        Token("No", 0.1, 0.3, 0.9, "given"),
        Token("pain.", 0.3, 0.8, 0.5, "given"),
    )


def test_words_inside_segments_are_found(speech_server: Any) -> None:
    segments = [{"text": " no pain", "words": [{"word": " no", "start": 0, "end": 1}]}]
    speech_server.replies = [speech_server.Reply({"text": "no pain", "segments": segments})]
    assert endpoint(speech_server).transcribe(CLIP) == (Token("no", 0.0, 1.0, None, "given"),)


def test_times_of_segments_are_marked_and_their_mean_is_no_confidence(speech_server: Any) -> None:
    segments = [{"text": "the dose", "start": 0, "end": 9, "avg_logprob": -0.1}]
    speech_server.replies = [speech_server.Reply({"text": "the dose", "segments": segments})]
    assert endpoint(speech_server).transcribe(CLIP) == (
        Token("the", 0.0, 4.0, None, "interpolated"),
        Token("dose", 4.0, 9.0, None, "interpolated"),
    )


def test_a_bare_text_has_no_times(speech_server: Any) -> None:
    assert endpoint(speech_server).transcribe(CLIP) == tuple(map(Token, ("no", "chest", "pain")))


@pytest.mark.parametrize(
    "times", [(2, 1), (-1, 1), (None, 1), ("0", "1"), (float("nan"), 1), (0, 1e400), ([], {}), (True, None)]
)
def test_times_that_cannot_be_are_left_out(speech_server: Any, times: tuple[Any, Any]) -> None:
    word = {"word": "no", "start": times[0], "end": times[1], "probability": 7}
    speech_server.replies = [speech_server.Reply({"text": "no", "words": [word]})]
    assert endpoint(speech_server).transcribe(CLIP) == (Token("no"),)


def test_a_server_that_knows_only_json_is_asked_for_that(speech_server: Any) -> None:
    refusal = {"error": {"message": "response_format 'verbose_json' is not compatible with this model"}}
    speech_server.replies = [speech_server.Reply(refusal, 400), speech_server.Reply()]
    assert len(endpoint(speech_server).transcribe(CLIP)) == 3
    assert [request["response_format"] for request in speech_server.requests] == [["verbose_json"], ["json"]]
    assert "timestamp_granularities[]" not in speech_server.requests[1]


def test_no_words_are_no_words(speech_server: Any) -> None:
    speech_server.replies = [speech_server.Reply({"text": " ", "words": [], "segments": []})]
    assert endpoint(speech_server).transcribe(CLIP) == ()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again(speech_server: Any, status: int) -> None:
    speech_server.replies = [
        speech_server.Reply("busy", status),
        speech_server.Reply("busy", status),
        *[speech_server.Reply()],
    ]
    assert len(endpoint(speech_server).transcribe(CLIP)) == 3
    assert len(speech_server.requests) == 3


@pytest.mark.parametrize("date", [False, True])
def test_the_server_says_how_long_to_wait(speech_server: Any, monkeypatch: pytest.MonkeyPatch, date: bool) -> None:
    waits: list[float] = []
    clock = SimpleNamespace(**vars(time) | {"sleep": waits.append})  # its own: threads of other tests sleep too
    monkeypatch.setattr("psephos.voters.endpoint.time", clock)
    when = email.utils.formatdate(time.time() + 50, usegmt=True) if date else "50"
    speech_server.replies = [speech_server.Reply("busy", 429, {"retry-after": when}), speech_server.Reply()]
    begun = time.time()
    assert len(endpoint(speech_server).transcribe(CLIP)) == 3
    passed = time.time() - begun + 1 if date else 0  # a date is of whole seconds, and time goes on
    assert [50 - passed <= wait <= 50 for wait in waits] == [True]


def test_nonsense_for_how_long_to_wait_is_ignored(speech_server: Any) -> None:
    replies = [speech_server.Reply("busy", 429, {"retry-after": text}) for text in ("soon", "-5", "1e9", "99 Foo")]
    speech_server.replies = [*replies, speech_server.Reply()]
    assert len(endpoint(speech_server).transcribe(CLIP)) == 3


def test_trying_ends(speech_server: Any) -> None:
    speech_server.replies = [speech_server.Reply("the cat is on the keyboard", 500)]
    with pytest.raises(RecogniserError, match=r"answers 500: .*the cat is on the keyboard.* \(tried 3 times\)"):
        endpoint(speech_server, attempts=3).transcribe(CLIP)
    assert len(speech_server.requests) == 3


@pytest.mark.parametrize("status", [301, 400, 401, 404])
def test_what_will_not_pass_is_not_tried_again(speech_server: Any, status: int) -> None:
    speech_server.replies = [speech_server.Reply("no", status, {"location": "http://127.0.0.1:9/steal"})]
    with pytest.raises(RecogniserError, match=f"answers {status}"):
        endpoint(speech_server).transcribe(CLIP)
    assert len(speech_server.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502</html>",
        b'{"text": "no ch',
        b"[1, 2]",
        b"null",
        b'{"text": 7}',
        b'{"texts": ["no"]}',
        b"[" * 100_000,
        b"\xff\xfe\x00",
    ],
)
def test_an_answer_that_is_none_is_refused(speech_server: Any, body: bytes) -> None:
    speech_server.replies = [speech_server.Reply(body)]
    with pytest.raises(RecogniserError, match=r"answers what is no JSON|answers without a text"):
        endpoint(speech_server).transcribe(CLIP)


@pytest.mark.parametrize("words", ["no", {"a": 1}, [1, None, "no"], [{}], [{"word": 7}], [[]]])
def test_words_of_another_shape_leave_the_text(speech_server: Any, words: Any) -> None:
    speech_server.replies = [speech_server.Reply({"text": "no pain", "words": words, "segments": words})]
    assert endpoint(speech_server).transcribe(CLIP) == (Token("no"), Token("pain"))


def test_a_slow_server_is_not_waited_for(speech_server: Any) -> None:
    speech_server.replies = [speech_server.Reply(after=1.0)]
    with pytest.raises(RecogniserError, match=r"gave no answer within 0.2 seconds \(tried 2 times\)"):
        endpoint(speech_server, timeout=0.2, attempts=2).transcribe(CLIP)


def test_a_server_that_trickles_is_not_waited_for(speech_server: Any) -> None:
    speech_server.replies = [speech_server.Reply({"text": "no " * 100}, trickle=0.05)]
    with pytest.raises(RecogniserError, match=r"gave no answer within 0\.5 seconds"):
        endpoint(speech_server, timeout=0.5, attempts=1).transcribe(CLIP)


def test_a_cut_answer_is_tried_again(speech_server: Any) -> None:
    speech_server.replies = [
        speech_server.Reply(b'{"text":', headers={"content-length": "500", "connection": "close"}),
        speech_server.Reply(),
    ]
    assert len(endpoint(speech_server).transcribe(CLIP)) == 3


def test_an_endless_answer_is_refused(speech_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psephos.voters.servers.LARGEST_ANSWER", 1000)
    speech_server.replies = [speech_server.Reply({"text": "no " * 1000})]
    with pytest.raises(RecogniserError, match="more than 1,000 bytes"):
        endpoint(speech_server).transcribe(CLIP)


def test_nobody_at_the_address() -> None:
    nobody = Endpoint("http://127.0.0.1:9/v1", "whisper-1", pause=0.01, attempts=2)
    with pytest.raises(RecogniserError, match=r"cannot be reached or broke off: .* \(tried 2 times\)"):
        nobody.transcribe(CLIP)


def test_the_key_stands_in_no_message(
    speech_server: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setenv("PSEPHOS_API_KEY", KEY)
    speech_server.replies = [speech_server.Reply(f"wrong key: {KEY} \x1b[31m", 401)]
    voter = endpoint(speech_server)
    with pytest.raises(RecogniserError) as caught:
        voter.transcribe(CLIP)
    assert "wrong key: ***" in str(caught.value)
    assert "\x1b" not in str(caught.value)
    said = str(caught.value) + repr(voter) + voter.description + json.dumps(dict(voter.identity)) + caplog.text
    assert KEY not in said


def test_the_key_crosses_no_network_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    Endpoint("http://example.org/v1", "m")
    monkeypatch.setenv("PSEPHOS_API_KEY", KEY)
    Endpoint("https://example.org/v1", "m")
    Endpoint("http://localhost:8000/v1", "m")
    Endpoint("http://[::1]:8000/v1", "m")
    with pytest.raises(InputError, match="in the clear; use https"):
        Endpoint("http://example.org/v1", "m")
    with pytest.raises(InputError, match="in the clear"):
        Endpoint("http://127.0.0.1.example.org/v1", "m")


@pytest.mark.parametrize(
    "url", ["", "example.org", "file:///etc/passwd", "http://", "http://[::1", "http://a:b@c/v1", "http://c/v1?key=1"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="endpoint: must"):
        Endpoint(url, "m")


def test_bad_options_are_refused() -> None:
    for options in ({"timeout": 0}, {"attempts": 0}, {"pause": -1}):
        with pytest.raises(InputError, match=next(iter(options))):
            Endpoint("http://127.0.0.1/v1", "m", **options)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="model"):
        Endpoint("http://127.0.0.1/v1", " ")


def test_what_is_no_sound_is_not_sent(speech_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    voter = endpoint(speech_server)
    (tmp_path / "a.wav").write_text("PATIENT: secret")
    with pytest.raises(ParseError, match="no sound"):
        voter.transcribe(tmp_path / "a.wav")
    with pytest.raises(ParseError, match="No such file"):
        voter.transcribe(tmp_path / "b.wav")
    monkeypatch.setattr("psephos.voters.endpoint.LARGEST_FILE", 1000)
    with pytest.raises(ParseError, match="1,000 can be sent"):
        voter.transcribe(CLIP)
    assert not speech_server.requests


def test_the_whole_address_may_be_given(speech_server: Any) -> None:
    Endpoint(speech_server.url + "/audio/transcriptions/", "m").transcribe(CLIP)
    assert speech_server.requests[0]["path"] == "/v1/audio/transcriptions"
