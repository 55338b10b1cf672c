"""What is asked of a language model, and what does it answer?

There is one protocol: `complete(request)` gives a `Reply`. Clients, the local model, a cache, a cassette, a budget, a
script for tests: each is a `LanguageModel`, and wrappers hold another one, so that they are put together at will:

    Retrying(Caching(Budget(OpenAICompatible(...))))

A request is found again by its key, the SHA-256 of its canonical JSON with the id of the model and without its tag,

    key = SHA-256({"model": id, "request": {all fields but tag}}),        keys sorted, no blanks, UTF-8.

A draw has a number, `sample_index`, which is part of the key: a cache can never pass one answer off as several. A
server that gives fewer samples than asked for, or no log-probabilities, is noticed: `Reply.notes` says so.

Source: sheet 19. Differs: a failure is a `ModelError`, which says whether asking again may help.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.opinions.canonical_json import canonical_json

ROLES = ("system", "user", "assistant")
FAILED = "failed"
"""Why a sample ended that is none, though others of its request came: it has no text and is no vote."""
_LARGEST_SEED = 2**31 - 1


class ModelError(RuntimeError):
    """A language model failed on a request that may be fine; it gave no answer, so it cast no vote.

    Parameters
    ----------
    reason : str
        What happened, in one line.
    again : bool, default False
        Whether the same request may succeed later.
    wait : float, optional
        Seconds that the server asks to wait before.

    Examples
    --------
    >>> ModelError("model at http://127.0.0.1/v1 answers 503: busy", again=True).again
    True
    """

    def __init__(self, reason: str, *, again: bool = False, wait: float | None = None) -> None:
        self.again = again
        self.wait = wait
        super().__init__(reason)

    def __reduce__(self) -> tuple[Any, ...]:
        return _failed_again, (str(self), self.again, self.wait)


class IgnoredWishWarning(UserWarning):
    """A server did not do a part of what was asked, such as `n` samples or log-probabilities.

    Examples
    --------
    >>> issubclass(IgnoredWishWarning, UserWarning)
    True
    """


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation that a model is given.

    Attributes
    ----------
    role : str
        ``system``, ``user`` or ``assistant``.
    content : str
        What is said.
    """

    role: str
    content: str

    def __post_init__(self) -> None:
        check_choice("role", self.role, ROLES)
        if not isinstance(self.content, str):
            raise InputError("content", f"must be text, got {type(self.content).__name__}")
        try:
            self.content.encode()
        except UnicodeEncodeError as problem:
            raise InputError("content", "holds half a character", where=f"sign {problem.start}") from None


@dataclass(frozen=True, slots=True)
class Request:
    """All that an answer depends on besides the model.

    Attributes
    ----------
    messages : tuple of Message
        The conversation so far.
    schema : mapping, optional
        JSON schema that the answer must follow.
    temperature : float, default 0
        0 asks for the likeliest answer.
    seed : int, optional
        Of the random numbers of the model, for models that take one.
    max_tokens : int, optional
        Length of each sample at most.
    sample_index : int, default 0
        Number of the draw, or of the first of `n` draws.
    tag : str
        A name for logs and errors; the only field that is not part of the key.
    logprobs : bool, default False
        Whether the log-probability of each token is wanted.
    stop : tuple of str
        Texts at which a sample ends.
    n : int, default 1
        How many samples are wanted.
    """

    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = None
    temperature: float = 0.0
    seed: int | None = None
    max_tokens: int | None = None
    sample_index: int = 0
    tag: str = ""
    logprobs: bool = False
    stop: tuple[str, ...] = ()
    n: int = 1

    def __post_init__(self) -> None:
        for name, kind in (("messages", Message), ("stop", str)):
            values = getattr(self, name)
            if isinstance(values, (str, Message)) or not isinstance(values, Sequence):
                raise InputError(name, f"must be a tuple, got {type(values).__name__}")
            object.__setattr__(self, name, tuple(values))
            wrong = next(
                (place for place, value in enumerate(values) if not isinstance(value, kind) or not value), None
            )
            if wrong is not None:
                raise InputError(name, f"must hold {kind.__name__} only, none empty", where=f"index {wrong}")
        if not self.messages:
            raise InputError("messages", "holds none")
        if self.schema is not None:
            _check_schema(self.schema)
        object.__setattr__(self, "temperature", check_number("temperature", self.temperature, low=0))
        check_count("sample_index", self.sample_index, low=0)
        check_count("n", self.n)
        if self.max_tokens is not None:
            check_count("max_tokens", self.max_tokens)
        if self.seed is not None and check_count("seed", self.seed, low=0) > _LARGEST_SEED:
            raise InputError("seed", f"must be at most {_LARGEST_SEED}, got {self.seed}")

    @classmethod
    def of(cls, text: str, *, system: str = "", **options: Any) -> Request:
        """One question, with what the model is told beforehand.

        Examples
        --------
        >>> [message.role for message in Request.of("2 + 2?", system="Be brief.").messages]
        ['system', 'user']
        """
        told = (Message("system", system),) if system else ()
        return cls((*told, Message("user", text)), **options)

    def single(self, sample: int) -> Request:
        """The request for one of the `n` samples alone."""
        return replace(self, n=1, sample_index=self.sample_index + sample)

    def to_dict(self) -> dict[str, Any]:
        """All fields, ready for JSON."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return fields | {"messages": [asdict(message) for message in self.messages], "stop": list(self.stop)}


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer took; None where the model does not say.

    Attributes
    ----------
    tokens_in, tokens_out : int or None
        None where they are not known.
    cost : float or None
        In the currency of the prices that the client was given, or of the server.
    """

    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One of the samples of a reply.

    Attributes
    ----------
    text : str
        What was said.
    logprobs : tuple of float or None
        Natural log-probability of each token.
    stop : str or None
        Why it ended: ``stop``, ``length``, or what else the model says; ``failed`` if it broke off and others of its
        request came: then it has no text.
    """

    text: str
    logprobs: tuple[float, ...] | None = None
    stop: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answers.

    Attributes
    ----------
    samples : tuple of Sample
        All that came, at least one.
    parsed : mapping or None
        The first sample as the JSON object that was asked for; None if it is none, or none was asked for.
    usage : Usage
        Tokens and price.
    latency_s : float
        Seconds that the answer took when it was made.
    model : str
        The id of the model.
    cached : bool
        Whether it was taken from a cache or a cassette.
    notes : tuple of str
        Wishes that the model ignored.
    """

    samples: tuple[Sample, ...]
    parsed: dict[str, Any] | None = None
    usage: Usage = field(default_factory=Usage)
    latency_s: float = 0.0
    model: str = ""
    cached: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.samples:
            raise InputError("samples", "holds none")

    @property
    def text(self) -> str:
        """The text of the first sample."""
        return self.samples[0].text

    @property
    def logprobs(self) -> tuple[float, ...] | None:
        """The log-probabilities of the first sample."""
        return self.samples[0].logprobs

    @property
    def stop(self) -> str | None:
        """Why the first sample ended."""
        return self.samples[0].stop

    @property
    def n(self) -> int:
        """How many samples came."""
        return len(self.samples)

    def to_dict(self) -> dict[str, Any]:
        """All fields but `cached`, ready for JSON."""
        return {
            "samples": [asdict(sample) for sample in self.samples],
            "parsed": self.parsed,
            "usage": asdict(self.usage),
            "latency_s": self.latency_s,
            "model": self.model,
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], *, cached: bool = True) -> Reply:
        """What `to_dict` was given.

        Examples
        --------
        >>> Reply.from_dict(Reply((Sample("yes", (-0.5,), "stop"),)).to_dict()).logprobs
        (-0.5,)
        """
        samples = tuple(
            Sample(part["text"], None if part["logprobs"] is None else tuple(part["logprobs"]), part["stop"])
            for part in stored["samples"]
        )
        return cls(
            samples,
            stored["parsed"],
            Usage(**stored["usage"]),
            stored["latency_s"],
            stored["model"],
            cached,
            tuple(stored["notes"]),
        )


class LanguageModel(Protocol):
    """Whatever answers requests.

    Attributes
    ----------
    id : str
        Model and revision; a part of every key.
    """

    @property
    @abstractmethod
    def id(self) -> str:
        """Model and revision."""

    @abstractmethod
    def complete(self, request: Request) -> Reply:
        """Answer a request.

        Raises
        ------
        ModelError
            If there is no answer.
        """


def request_key(model: str, request: Request) -> str:
    """The name under which the answer of a model to a request is kept.

    Parameters
    ----------
    model : str
        Id of the model.
    request : Request
        What is asked.

    Returns
    -------
    str
        SHA-256 in hexadecimal; the same for requests that differ in their tag alone.

    Examples
    --------
    >>> one, two = (request_key("m", Request.of("2 + 2?", tag=tag)) for tag in ("a", "b"))
    >>> one == two, one == request_key("m", Request.of("2 + 2?", sample_index=1))
    (True, False)
    """
    fields = request.to_dict()
    del fields["tag"]
    return hashlib.sha256(canonical_json({"model": model, "request": fields}).encode()).hexdigest()


def seed_for(request: Request, sample: int = 0) -> int | None:
    """The seed to give to the model: that of the request for draw 0, and one of its own for each later draw.

    Parameters
    ----------
    request : Request
        What is asked.
    sample : int, default 0
        Which of its samples.

    Returns
    -------
    int or None
        None if the request has no seed.

    Examples
    --------
    >>> seed_for(Request.of("2 + 2?", seed=7)), seed_for(Request.of("2 + 2?", seed=7, sample_index=1)) == 7
    (7, False)
    """
    draw = request.sample_index + sample
    if request.seed is None or not draw:
        return request.seed
    digest = hashlib.blake2b(f"{request.seed}:{draw}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") & _LARGEST_SEED


def _check_schema(schema: object) -> None:
    try:
        if not isinstance(schema, Mapping):
            raise TypeError
        canonical_json(dict(schema)).encode()
    except (TypeError, ValueError):
        raise InputError("schema", "must be a JSON schema: a dict of text, numbers, lists and dicts") from None


def _failed_again(reason: str, again: bool, wait: float | None) -> ModelError:
    return ModelError(reason, again=again, wait=wait)
