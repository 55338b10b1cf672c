"""What does a server hear that speaks the OpenAI interface for transcription?

The recording is posted to `URL/audio/transcriptions` as it is, and word times are asked for (``verbose_json``). A
server that refuses this format is asked for plain ``json``: its words then have no times. Times of segments are spread
over their words and marked ``interpolated``; the confidence of a word is taken where the server gives one, a mean over
a segment is not passed off as one.

Too many requests (429), server errors, broken connections and answers that are cut short, empty, a page of HTML or no
JSON are tried again, after as long as the server asks for or else after 1, 2, 4, ... seconds; anything else fails at
once. The key comes from the environment (``PSEPHOS_API_KEY``), is sent to that server alone (no redirects), over plain
http only to this machine, and stands in no message.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psephos.errors import InputError, MissingPartError, ParseError, check_count, check_number
from psephos.voters.audio import sniffed
from psephos.voters.recognisers import Recogniser, RecogniserError, Token, given, in_order, interpolated
from psephos.voters.servers import (
    KEY,
    LONGEST_WAIT,
    NoAnswer,
    address,
    bearer,
    client_of,
    hidden,
    key_in,
    one_line,
    plain,
    posted,
)

LARGEST_FILE = 100 * 2**20
"""Bytes of a recording that are sent, at most."""

_PATH = "/audio/transcriptions"
_CONFIDENCES = ("probability", "confidence")


class Endpoint(Recogniser):
    """A model behind ``/v1/audio/transcriptions``.

    Parameters
    ----------
    url : str
        Where the interface begins, as in ``http://127.0.0.1:8000/v1``.
    model : str
        The model to ask for; also its name as a voter.
    language : str, default "en"
        Code of the language.
    timeout : float, default 300
        Seconds in which the server must answer.
    attempts : int, default 5
        How often a request is tried.
    pause : float, default 1
        Seconds before the second attempt; doubled before each further one.

    Raises
    ------
    InputError
        If the address is none, or a key would cross a network in the clear.
    MissingPartError
        If httpx is not installed.

    Examples
    --------
    >>> Endpoint("ftp://example.org", model="whisper-1")
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: endpoint: must be an address such as http://127.0.0.1:8000/v1, got 'ftp://example.org'
    """

    group = "endpoint"

    def __init__(
        self,
        url: str,
        model: str,
        *,
        language: str = "en",
        timeout: float = 300.0,
        attempts: int = 5,
        pause: float = 1.0,
    ) -> None:
        try:
            import httpx
        except ImportError:
            raise MissingPartError("httpx", "asr", "transcription servers") from None
        if not model.strip():
            raise InputError("model", "must name the model that the endpoint is to use")
        self._key = key_in(KEY)
        self._url = address(url, _PATH, secret=bool(self._key), variable=KEY)
        self._timeout = check_number("timeout", timeout, low=0, open_ends=True)
        self._attempts = check_count("attempts", attempts)
        self._pause = check_number("pause", pause, low=0)
        self.name = self.model = model
        self.language = language
        self.description = f"{model} at {httpx.URL(self._url).host}"

    @property
    def identity(self) -> Mapping[str, str]:
        """The address, the model and the language."""
        return {"endpoint": self._url, "model": self.model, "language": self.language}

    def transcribe(self, path: str | Path) -> tuple[Token, ...]:
        """The words of the server's answer, with times where it gives them."""
        sound, form = _bytes_of(Path(path))
        wishes = {"model": self.model, "language": self.language, "temperature": "0"}
        verbose = {**wishes, "response_format": "verbose_json", "timestamp_granularities[]": ["word", "segment"]}
        status, answer = self._ask(verbose, sound, form)
        if status in (400, 422) and (b"response_format" in answer or b"timestamp_granularities" in answer):
            status, answer = self._ask({**wishes, "response_format": "json"}, sound, form)
        if status != 200:
            raise RecogniserError(f"{self._where()} answers {status}: {self._shown(answer)}")
        return self._words(answer)

    def _ask(self, wishes: Mapping[str, Any], sound: bytes, form: str) -> tuple[int, bytes]:
        file = {"file": (f"recording.{form}", sound, f"audio/{form}")}
        failure = ""
        with client_of(self._url, self._timeout) as client:
            for attempt in range(1, self._attempts + 1):
                wait = self._pause * 2 ** (attempt - 1)
                try:
                    answer = posted(
                        client, self._url, self._timeout, data=dict(wishes), files=file, headers=bearer(self._key)
                    )
                    failure = self._unreadable(answer.body) if answer.status == 200 else ""
                    if not failure and not answer.may_pass:
                        return answer.status, answer.body
                    failure = failure or f"answers {answer.status}: {self._shown(answer.body)}"
                    wait = wait if answer.wait is None else answer.wait
                except NoAnswer as problem:
                    if not problem.again:
                        raise RecogniserError(f"{self._where()} {problem}") from None
                    failure = hidden(str(problem), self._key)
                if attempt < self._attempts:
                    time.sleep(min(wait, LONGEST_WAIT))
        raise RecogniserError(f"{self._where()} {failure} (tried {self._attempts} times)")

    def _unreadable(self, answer: bytes) -> str:
        """What is wrong with an answer that should hold a text; nothing if it does."""
        try:
            body = json.loads(answer)
        except (ValueError, RecursionError):
            return f"answers what is no JSON: {self._shown(answer)}"
        if not isinstance(body, dict) or not isinstance(body.get("text"), str):
            return f"answers without a text: {self._shown(answer)}"
        return ""

    def _words(self, answer: bytes) -> tuple[Token, ...]:
        body = json.loads(answer, object_pairs_hook=self._plain)
        segments = [part for part in _list(body.get("segments")) if isinstance(part.get("text"), str)]
        words = _list(body.get("words")) or [word for part in segments for word in _list(part.get("words"))]
        timed = [token for word in words if (token := _token(word)) is not None]
        if timed:
            return in_order(_as_written(timed, body["text"]))
        if segments:
            return tuple(
                token for part in segments for token in interpolated(part["text"], part.get("start"), part.get("end"))
            )
        return tuple(Token(word) for word in body["text"].split())

    def _plain(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {name: plain(value, self._key) if isinstance(value, str) else value for name, value in pairs}

    def _where(self) -> str:
        return f"{self.model} at {self._url}"

    def _shown(self, answer: bytes) -> str:
        return one_line(answer, self._key)


def _bytes_of(path: Path) -> tuple[bytes, str]:
    """A recording as it is, and what it is."""
    try:
        if path.exists() and not path.is_file():
            raise ParseError(str(path), "is not an ordinary file")
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise ParseError(
                str(path), f"has {size:,} bytes; {LARGEST_FILE:,} can be sent", hint="make it FLAC or Opus"
            )
        sound = path.read_bytes()
    except OSError as problem:
        raise ParseError(str(path), f"cannot be opened: {problem.strerror}") from None
    return sound, sniffed(sound[:4096], str(path))


def _list(value: object) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _token(word: Mapping[str, Any]) -> Token | None:
    text = word.get("word", word.get("text"))
    if not isinstance(text, str) or not text.strip():
        return None
    confidence = next((word[name] for name in _CONFIDENCES if word.get(name) is not None), None)
    return given(text.strip(), word.get("start"), word.get("end"), confidence)


def _as_written(timed: list[Token], text: str) -> list[Token]:
    """The timed words with the case and punctuation of the text, where these are the same words."""
    written = text.split()
    if [_letters(word) for word in written] != [_letters(token.text) for token in timed]:
        return timed
    return [
        Token(word, token.start, token.end, token.confidence, token.times)
        for word, token in zip(written, timed, strict=True)
    ]


def _letters(word: str) -> str:
    return "".join(sign for sign in word.casefold() if sign.isalnum())
