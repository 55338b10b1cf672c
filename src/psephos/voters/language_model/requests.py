"""What is asked of a language model, and under which name is the answer kept?

A request is found again by its key, the SHA-256 of its canonical JSON with the id of the model and without its tag,

    key = SHA-256({"model": id, "request": {all fields but tag}}),        keys sorted, no blanks, UTF-8.

A draw has a number, `sample_index`, which is part of the key: a cache can never pass one answer off as several.

Source: sheet 19. Differs: nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.opinions.canonical_json import canonical_json

ROLES = ("system", "user", "assistant")
_LARGEST_SEED = 2**31 - 1


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

        Parameters
        ----------
        text : str
            What the user says.
        system : str, default ""
            What the model is told beforehand; nothing if empty.
        **options
            Further fields of a `Request`.

        Examples
        --------
        >>> [message.role for message in Request.of("2 + 2?", system="Be brief.").messages]
        ['system', 'user']
        """
        told = (Message("system", system),) if system else ()
        return cls((*told, Message("user", text)), **options)

    def single(self, sample: int) -> Request:
        """The request for one of the `n` samples alone: the key under which a cache keeps that sample.

        Examples
        --------
        >>> one = Request.of("2 + 2?", n=3, sample_index=10).single(2)
        >>> one.n, one.sample_index
        (1, 12)
        """
        return replace(self, n=1, sample_index=self.sample_index + sample)

    def to_dict(self) -> dict[str, Any]:
        """All fields by name, ready for JSON: messages as dicts of role and content, `stop` as a list."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return fields | {"messages": [asdict(message) for message in self.messages], "stop": list(self.stop)}


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
