"""What does a language model answer?

A `Reply` holds one `Sample` or several, what they took, and how they came about. A server that gives fewer samples than
asked for, or no log-probabilities, is noticed: `Reply.notes` says so.

Source: sheet 19. Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from psephos.errors import InputError

FAILED = "failed"
"""Why a sample ended that is none, though others of its request came: it has no text and is no vote."""


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
        """Natural log-probability of each token of the first sample; None where the model does not say."""
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
        """All fields but `cached`, ready for JSON; `from_dict` is the way back."""
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
        """The reply that `to_dict` wrote down.

        Parameters
        ----------
        stored : mapping
            As `to_dict` gives it.
        cached : bool, default True
            What the reply says of itself.

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
