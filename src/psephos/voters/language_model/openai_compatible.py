"""What does a server answer that speaks the OpenAI interface for chats?

The request is posted to `URL/chat/completions`. Too many requests (429), server errors, broken connections, answers
that are cut short, empty, a page of HTML or no JSON are failures that may pass: `Retrying` tries them again, and what
fails in the end is no answer and no vote. A refused request fails at once; but where a server only refuses a wish
(a schema, log-probabilities, a seed, several samples), it is asked without it. Whatever wish came to nothing is a note
of the reply and a warning, given once. One of several samples that is broken is a failed one (`FAILED`), no vote, and
the others count; if all are broken there is no answer.

More samples than were asked for are not taken: they have no number. Numbers that cannot be (a probability above 1, a
price below 0) are as good as none.

The key comes from the environment, is read when it is sent, and is kept nowhere. See `psephos.voters.servers`.

Source: sheets 19 and 24. Differs: httpx and this file instead of a client library: nine packages, not sixteen.
"""

from __future__ import annotations

import json
import re
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from psephos.errors import InputError, MissingPartError, check_number, is_number
from psephos.opinions.canonical_json import canonical_json
from psephos.voters.language_model.protocol import IgnoredWishWarning, ModelError
from psephos.voters.language_model.replies import FAILED, Reply, Sample, Usage
from psephos.voters.language_model.requests import Request, seed_for
from psephos.voters.language_model.structured import parsed
from psephos.voters.servers import (
    KEY,
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

if TYPE_CHECKING:
    import httpx

_PATH = "/chat/completions"
_MILLION = 1_000_000
_WISHES = {
    "response_format": ("response_format", "json_schema"),
    "logprobs": ("logprobs",),
    "seed": ("seed",),
    "n": (),
}
_BROKEN = ("error", "failed", "abort")
"""Reasons to end of a sample that is no whole one: the server could not go on."""

_LONGEST_STOP = 60
_MOST_TOKENS = 2**53
_ROUNDING = 1e-6
"""How far above 0 a log-probability may be rounded."""

_SAYS_N = re.compile(r"['\"`]n['\"`]")


class OpenAICompatible:
    """A model behind ``/v1/chat/completions``.

    Parameters
    ----------
    url : str
        Where the interface begins, as in ``http://127.0.0.1:8000/v1``.
    model : str
        The model to ask for.
    key_variable : str, default "PSEPHOS_API_KEY"
        The environment variable that holds the key, if the server wants one.
    timeout : float, default 300
        Seconds in which the server must answer.
    prices : tuple of float, optional
        Price of a million tokens of prompts, and of answers, where the server does not say what a call cost.
    options : mapping, optional
        Further fields of the request, such as ``{"top_p": 0.9}``.
    id : str, optional
        Its name in caches and cassettes; model, address and options if not given.

    Raises
    ------
    InputError
        If the address is none, a key would cross a network in the clear, or an option is one that a `Request` sets.
    MissingPartError
        If httpx is not installed.

    Examples
    --------
    >>> model = OpenAICompatible("http://127.0.0.1:8000/v1", "small")
    >>> model
    OpenAICompatible('small at http://127.0.0.1:8000/v1/chat/completions')
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key_variable: str = KEY,
        timeout: float = 300.0,
        prices: tuple[float, float] | None = None,
        options: Mapping[str, Any] | None = None,
        id: str | None = None,  # noqa: A002 - the name in the protocol
    ) -> None:
        try:
            import httpx  # noqa: F401
        except ImportError:
            raise MissingPartError("httpx", "judges", "language models behind a server") from None
        if not model.strip():
            raise InputError("model", "must name the model that the endpoint is to use")
        self._key_variable = key_variable
        self._url = address(url, _PATH, secret=bool(self._key()), variable=key_variable)
        self._model = model
        self._timeout = check_number("timeout", timeout, low=0, open_ends=True)
        self._prices = None if prices is None else tuple(check_number("prices", price, low=0) for price in prices)
        if self._prices is not None and len(self._prices) != 2:
            raise InputError("prices", f"must be two numbers, got {len(self._prices)}")
        self._options = _checked(options or {})
        told = f" with {canonical_json(self._options)}" if self._options else ""
        self._id = id or f"{model} at {self._url}{told}"
        self._client: httpx.Client = client_of(self._url, self._timeout)
        self._refused: set[str] = set()
        self._warned: set[str] = set()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"OpenAICompatible({self._id!r})"

    @property
    def id(self) -> str:
        """Model, address and options, or the id that was given."""
        return self._id

    def complete(self, request: Request) -> Reply:
        """What the server answers."""
        start = time.perf_counter()
        body = self._body(request)
        answer = None
        while answer is None:
            answer = self._answer({name: value for name, value in body.items() if name not in self._refused})
        found = self._read(answer)
        samples = self._samples(found["choices"][: request.n])
        return Reply(
            samples,
            parsed(samples[0].text, request.schema),
            self._usage(found),
            time.perf_counter() - start,
            self._id,
            notes=self._notes(request, samples, len(found["choices"])),
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> OpenAICompatible:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _key(self) -> str:
        return key_in(self._key_variable)

    def _where(self) -> str:
        return f"{self._model} at {self._url}"

    def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {
            **self._options,
            "model": self._model,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            "temperature": request.temperature,
        }
        optional = {
            "max_tokens": request.max_tokens,
            "seed": seed_for(request),
            "stop": list(request.stop) or None,
            "n": request.n if request.n > 1 else None,
            "logprobs": request.logprobs or None,
            "response_format": _format_of(request.schema),
        }
        return body | {name: value for name, value in optional.items() if value is not None}

    def _answer(self, body: dict[str, Any]) -> bytes | None:
        """The body of a good answer; None if the server refuses a wish, which is not made again."""
        key = self._key()
        try:
            answer = posted(self._client, self._url, self._timeout, json=body, headers=bearer(key))
        except NoAnswer as problem:
            raise ModelError(f"{self._where()} {hidden(str(problem), key)}", again=problem.again) from None
        if answer.status == 200:
            return answer.body
        wish = _refused_wish(answer.body, body) if answer.status in (400, 422) else None
        if wish is None:
            reason = f"{self._where()} answers {answer.status}: {one_line(answer.body, key)}"
            raise ModelError(reason, again=answer.may_pass, wait=answer.wait)
        self._refused.add(wish)
        return None

    def _read(self, answer: bytes) -> Mapping[str, Any]:
        try:
            found = json.loads(answer)
        except (ValueError, RecursionError):
            raise self._unreadable("what is no JSON", answer) from None
        if not isinstance(found, dict) or not isinstance(found.get("choices"), list) or not found["choices"]:
            raise self._unreadable("without a choice", answer)
        return found

    def _samples(self, choices: Sequence[object]) -> tuple[Sample, ...]:
        """The samples that came, broken ones among them as failed, if there is one that is not."""
        samples: list[Sample] = []
        broken: ModelError | None = None
        for choice in choices:
            try:
                samples.append(self._sample(choice))
            except ModelError as problem:
                broken = broken or problem
                samples.append(Sample("", None, FAILED))
        if broken is not None and all(sample.stop == FAILED for sample in samples):
            raise broken
        return tuple(samples)

    def _sample(self, choice: object) -> Sample:
        message = choice.get("message") if isinstance(choice, dict) else None
        text = message.get("content") if isinstance(message, dict) else None
        if not isinstance(choice, dict) or not isinstance(text, str):
            raise self._unreadable("without a text", canonical_json(choice).encode())
        stop = choice.get("finish_reason")
        if stop in _BROKEN:
            raise self._unreadable("with a text that broke off", canonical_json(choice).encode())
        key = self._key()
        ended = plain(stop, key)[:_LONGEST_STOP] if isinstance(stop, str) else None
        return Sample(plain(text, key), _logprobs(choice.get("logprobs"), text), ended)

    def _unreadable(self, what: str, answer: bytes) -> ModelError:
        return ModelError(f"{self._where()} answers {what}: {one_line(answer, self._key())}", again=True)

    def _usage(self, found: Mapping[str, Any]) -> Usage:
        said = found.get("usage")
        usage = said if isinstance(said, dict) else {}
        read, written = (_count(usage.get(name)) for name in ("prompt_tokens", "completion_tokens"))
        cost = float(usage["cost"]) if is_number(usage.get("cost")) and usage["cost"] >= 0 else None
        if cost is None and self._prices is not None and read is not None and written is not None:
            cost = (read * self._prices[0] + written * self._prices[1]) / _MILLION
        return Usage(read, written, cost)

    def _notes(self, request: Request, samples: tuple[Sample, ...], came: int) -> tuple[str, ...]:
        """The wishes that came to nothing."""
        ignored = []
        whole = [sample for sample in samples if sample.stop != FAILED]
        if came < request.n:
            ignored.append(f"{came} of {request.n} samples came")
        if came > request.n:
            ignored.append(f"{came} samples came where {request.n} were asked for, and the first are taken")
        if len(whole) < len(samples):
            ignored.append(f"{len(samples) - len(whole)} of {len(samples)} samples broke off or had no text")
        if request.logprobs and any(sample.logprobs is None for sample in whole):
            ignored.append("no log-probabilities came")
        if request.schema is not None and "response_format" in self._refused:
            ignored.append("the schema was not enforced")
        if request.seed is not None and "seed" in self._refused:
            ignored.append("the seed was refused")
        for what in ignored:
            with self._lock:
                new = what not in self._warned
                self._warned.add(what)
            if new:
                warnings.warn(f"{self._where()}: {what}", IgnoredWishWarning, stacklevel=3)
        return tuple(ignored)


def _checked(options: Mapping[str, Any]) -> dict[str, Any]:
    own = {"model", "messages", "temperature", "max_tokens", "stop", "stream", *_WISHES} & set(options)
    if own:
        raise InputError("options", f"sets {min(own)!r}", hint="set it in the request; answers are never streamed")
    try:
        canonical_json(dict(options))
    except (TypeError, ValueError):
        raise InputError("options", "must hold text, numbers, lists and dicts only") from None
    return dict(options)


def _format_of(schema: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if schema is None:
        return None
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema)}}


def _refused_wish(answer: bytes, body: Mapping[str, Any]) -> str | None:
    """The wish that a refusal names, among those that were made."""
    said = answer[:4000].decode("utf-8", "replace")
    for wish, names in _WISHES.items():
        if wish in body and (any(name in said for name in names) or (wish == "n" and _SAYS_N.search(said))):
            return wish
    return None


def _logprobs(said: object, text: str) -> tuple[float, ...] | None:
    """The log-probability of each token; None if there are none, or one of them cannot be."""
    tokens = said.get("content") if isinstance(said, dict) else None
    if not isinstance(tokens, list) or (text and not tokens):
        return None
    values = [token.get("logprob") if isinstance(token, dict) else None for token in tokens]
    return tuple(map(float, values)) if all(map(_log_of_probability, values)) else None  # type: ignore[arg-type]


def _log_of_probability(value: object) -> bool:
    return is_number(value) and value <= _ROUNDING  # type: ignore[operator]


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS else None
