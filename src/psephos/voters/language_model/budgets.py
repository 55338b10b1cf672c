"""What if a budget is spent before all is answered?

A call is made only if the budget covers it at its dearest: its prompt, estimated, and `max_tokens` for each of its `n`
samples. While it runs that much is set aside, so that calls side by side cannot exceed the budget together; afterwards
what it really took is counted. Replies that come from a cache or a cassette cost nothing. A call that fails counts as a
call; what a server charges for it is not known.

Source: sheet 19. Differs: tokens of a prompt are estimated as bytes of UTF-8 by 3, which is more than English has.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from psephos.errors import BudgetExceeded, InputError, check_count, check_number
from psephos.voters.language_model.protocol import LanguageModel
from psephos.voters.language_model.replies import Reply
from psephos.voters.language_model.requests import Request

LONGEST_REPLY = 1024
"""Tokens that are set aside for a sample whose request does not limit it."""

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Spent:
    """What a budget has paid for.

    Attributes
    ----------
    calls, tokens : int
        So far.
    cost : float
        So far, in the currency of the prices.
    """

    calls: int = 0
    tokens: int = 0
    cost: float = 0.0


class Budget:
    """A model that stops before a limit is exceeded.

    Parameters
    ----------
    model : LanguageModel
        Who is asked behind it.
    calls : int, optional
        Calls at most.
    tokens : int, optional
        Tokens at most, of prompts and answers together.
    cost : float, optional
        Money at most; needs `prices`.
    prices : tuple of float, optional
        Price of a million tokens of prompts, and of answers.
    count_tokens : callable, optional
        Gives the number of tokens of a text; estimated if not given.

    Raises
    ------
    InputError
        If there is no limit, one is negative, or a cost has no prices.

    Examples
    --------
    >>> from psephos.voters.language_model import Scripted
    >>> model = Budget(Scripted(["4", "5"]), calls=1)
    >>> model.complete(Request.of("2 + 2?")).text
    '4'
    >>> model.complete(Request.of("2 + 3?", tag="second"))
    Traceback (most recent call last):
        ...
    psephos.errors.BudgetExceeded: calls: 1 of 1 are spent, and 'second' would take 1 more
    """

    def __init__(
        self,
        model: LanguageModel,
        *,
        calls: int | None = None,
        tokens: int | None = None,
        cost: float | None = None,
        prices: tuple[float, float] | None = None,
        count_tokens: Callable[[str], int] | None = None,
    ) -> None:
        if calls is None and tokens is None and cost is None:
            raise InputError("budget", "has no limit", hint="give calls, tokens or cost")
        if cost is not None and prices is None:
            raise InputError("prices", "are needed to keep to a cost", hint="give those of a million tokens")
        self._calls = None if calls is None else check_count("calls", calls, low=0)
        self._tokens = None if tokens is None else check_count("tokens", tokens, low=0)
        self._cost = None if cost is None else check_number("cost", cost, low=0)
        self._prices = tuple(check_number("prices", price, low=0) for price in prices or (0.0, 0.0))
        if len(self._prices) != 2:
            raise InputError("prices", f"must be two numbers, got {len(self._prices)}")
        self._count = count_tokens or estimated_tokens
        self._model = model
        self._lock = threading.Lock()
        self._spent = Spent()
        self._aside = Spent()

    @property
    def id(self) -> str:
        """That of the model."""
        return self._model.id

    @property
    def spent(self) -> Spent:
        """What has been paid for so far."""
        return self._spent

    def complete(self, request: Request) -> Reply:
        """The model's answer, if the budget covers the call.

        Raises
        ------
        BudgetExceeded
            If it does not; nothing was asked.
        """
        dearest = self.dearest(request)
        with self._lock:
            self._check(dearest, request)
            self._aside = _sum(self._aside, dearest)
        took = Spent(calls=1)
        try:
            reply = self._model.complete(request)
            took = Spent() if reply.cached else self._took(reply, dearest)
        finally:
            with self._lock:
                self._aside = _sum(self._aside, dearest, -1)
                self._spent = _sum(self._spent, took)
        return reply

    def dearest(self, request: Request) -> Spent:
        """What a request may take at most: its prompt, estimated, and the longest answer to each of its samples.

        Parameters
        ----------
        request : Request
            What would be asked.

        Returns
        -------
        Spent
            One call, its tokens and their price.

        Examples
        --------
        >>> from psephos.voters.language_model import Scripted
        >>> Budget(Scripted([]), cost=1, prices=(1.0, 2.0)).dearest(Request.of("2 + 2?", max_tokens=10))
        Spent(calls=1, tokens=12, cost=2.2e-05)
        """
        prompt = sum(self._count(message.content) for message in request.messages)
        answer = request.n * (request.max_tokens or LONGEST_REPLY)
        return Spent(1, prompt + answer, self._price(prompt, answer))

    def _took(self, reply: Reply, dearest: Spent) -> Spent:
        """What a reply took; what the model does not say is counted as if it had been as dear as it could."""
        usage = reply.usage
        if usage.tokens_in is None or usage.tokens_out is None:
            return Spent(1, dearest.tokens, dearest.cost if usage.cost is None else usage.cost)
        cost = self._price(usage.tokens_in, usage.tokens_out) if usage.cost is None else usage.cost
        return Spent(1, usage.tokens_in + usage.tokens_out, cost)

    def _price(self, prompt: int, answer: int) -> float:
        return (prompt * self._prices[0] + answer * self._prices[1]) / _MILLION

    def _check(self, more: Spent, request: Request) -> None:
        for name in ("calls", "tokens", "cost"):
            limit = getattr(self, f"_{name}")
            used = getattr(self._spent, name) + getattr(self._aside, name)
            needed = getattr(more, name)
            if limit is not None and used + needed > limit * (1 + 1e-12):
                what = f"{used:,.6g} of {limit:,.6g} are spent" if used else f"{limit:,.6g} is the limit"
                raise BudgetExceeded(
                    name, f"{what}, and {request.tag or 'the next request'!r} would take {needed:,.6g} more"
                )


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has, rather too many.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    int
        A third of its bytes, rounded up.

    Examples
    --------
    >>> estimated_tokens("Is 17 a prime?")
    5
    """
    return -(-len(text.encode("utf-8", "replace")) // 3)


def _sum(one: Spent, other: Spent, sign: int = 1) -> Spent:
    return Spent(one.calls + sign * other.calls, one.tokens + sign * other.tokens, one.cost + sign * other.cost)
