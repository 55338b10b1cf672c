"""What does a model say that says what it was told to?

For tests and simulations. `Scripted` answers from a function, a list or a dict; `NoisyOracle` knows the truth and gives
it with probability p, abstains with another, and may prefer the first choice whatever it is. What the oracle says to a
request depends on its seed and the request alone, so that neither the order of calls nor threads change a simulation.

Source: sheet 19. Differs: nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from psephos.errors import InputError, check_count, check_number
from psephos.opinions.canonical_json import canonical_json
from psephos.voters.language_model.protocol import ModelError
from psephos.voters.language_model.replies import Reply, Sample
from psephos.voters.language_model.requests import Request, request_key
from psephos.voters.language_model.structured import parsed

Line = str | Reply | BaseException


class Scripted:
    """A model that follows a script.

    Parameters
    ----------
    script : callable, list or dict
        A function from a request to a text, a `Reply` or an error to raise (asked once for each sample); a list of
        these, given in turn; or a dict of them by the tag of the request or the text of its last message.
    id : str, default "scripted"
        Its name in keys and provenance.

    Attributes
    ----------
    requests : list of Request
        What it was asked.

    Examples
    --------
    >>> model = Scripted({"sum": "4"})
    >>> model.complete(Request.of("2 + 2?", tag="sum")).text, len(model.requests)
    ('4', 1)
    """

    def __init__(
        self,
        script: Callable[[Request], Line] | Sequence[Line] | Mapping[str, Line],
        *,
        id: str = "scripted",  # noqa: A002 - the name in the protocol
    ) -> None:
        if isinstance(script, str) or not (callable(script) or isinstance(script, (Sequence, Mapping))):
            raise InputError("script", f"must be a function, a list or a dict, got {type(script).__name__}")
        self.requests: list[Request] = []
        self._id = id
        self._script = script
        self._given = 0
        self._lock = threading.Lock()

    @property
    def id(self) -> str:
        """The id that was given."""
        return self._id

    def complete(self, request: Request) -> Reply:
        """What the script says."""
        with self._lock:
            self.requests.append(request)
        if not callable(self._script):
            return self._reply(self._line(request), request)
        replies = [self._reply(self._script(request.single(sample)), request) for sample in range(request.n)]
        return replace(replies[0], samples=tuple(sample for reply in replies for sample in reply.samples))

    def _line(self, request: Request) -> Line:
        if isinstance(self._script, Mapping):
            for name in (request.tag, request.messages[-1].content):
                if name in self._script:
                    return self._script[name]
            raise InputError("script", f"has no line for {request.tag or request.messages[-1].content!r:.80}")
        assert isinstance(self._script, Sequence)  # noqa: S101 - the constructor has made sure
        with self._lock:
            if self._given == len(self._script):
                raise ModelError(f"the script has {self._given} lines, and all are said")
            self._given += 1
            return self._script[self._given - 1]

    def _reply(self, line: Line, request: Request) -> Reply:
        if isinstance(line, BaseException):
            raise line
        if isinstance(line, Reply):
            return line
        return Reply((Sample(line, stop="stop"),), parsed(line, request.schema), model=self._id)


class NoisyOracle:
    """A model that knows the truth and does not always say it.

    Parameters
    ----------
    truth : callable or mapping
        The right answer to a request, or right answers by tag.
    choices : sequence of str, default ("A", "B")
        What it may answer; a wrong answer is any of the others, each as likely.
    p_correct : float, default 1
        Probability that an answer is right, where it neither abstains nor is biased.
    p_abstain : float, default 0
        Probability that it answers ``None``.
    position_bias : float, default 0
        Probability that it takes the first choice without a look.
    seed : int, default 0
        Of its errors.

    Examples
    --------
    >>> sure = NoisyOracle({"pair 1": "B"})
    >>> sure.complete(Request.of("A or B?", tag="pair 1")).text
    'B'
    """

    def __init__(
        self,
        truth: Callable[[Request], str] | Mapping[str, str],
        *,
        choices: Sequence[str] = ("A", "B"),
        p_correct: float = 1.0,
        p_abstain: float = 0.0,
        position_bias: float = 0.0,
        seed: int = 0,
    ) -> None:
        self._truth = truth
        self._choices = tuple(choices)
        if len(set(self._choices)) != len(self._choices) or len(self._choices) < 2:
            raise InputError("choices", f"must be two or more different texts, got {self._choices!r:.80}")
        self._p_correct = check_number("p_correct", p_correct, low=0, high=1)
        self._p_abstain = check_number("p_abstain", p_abstain, low=0, high=1)
        self._bias = check_number("position_bias", position_bias, low=0, high=1)
        self._seed = check_count("seed", seed, low=0)

    @property
    def id(self) -> str:
        """All that its answers depend on besides the request and the truth."""
        settings = [list(self._choices), self._p_correct, self._p_abstain, self._bias, self._seed]
        return f"noisy oracle {canonical_json(settings)}"

    def complete(self, request: Request) -> Reply:
        """An answer, as JSON with ``thought`` and ``answer`` where the request has a schema."""
        true = self._truth(request) if callable(self._truth) else self._truth.get(request.tag)
        if true not in self._choices:
            raise InputError("truth", f"gives {true!r:.60} for {request.tag!r:.60}, which is no choice")
        samples = tuple(self._sample(request.single(sample), true) for sample in range(request.n))
        return Reply(samples, parsed(samples[0].text, request.schema), model=self.id)

    def _sample(self, request: Request, true: str) -> Sample:
        key = int(request_key("", replace(request, seed=None)), 16)
        tag = int.from_bytes(request.tag.encode(), "big")
        abstains, biased, right, which = np.random.default_rng([self._seed, key, tag]).random(4)
        if abstains < self._p_abstain:
            said = "None"
        elif biased < self._bias:
            said = self._choices[0]
        elif right < self._p_correct:
            said = true
        else:
            others = [choice for choice in self._choices if choice != true]
            said = others[int(which * len(others))]
        text = said if request.schema is None else canonical_json({"answer": said, "thought": "noise"})
        return Sample(text, stop="stop")
