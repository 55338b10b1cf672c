"""Is a limit ever exceeded, one call after the other or many side by side?"""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import BudgetExceeded, InputError
from psephos.voters.language_model import (
    Budget,
    Caching,
    ModelError,
    Reply,
    Request,
    Sample,
    Scripted,
    Usage,
    complete_many,
    estimated_tokens,
)


def reply(tokens_in: int | None = 5, tokens_out: int | None = 10, cost: float | None = None) -> Reply:
    return Reply((Sample("4"),), usage=Usage(tokens_in, tokens_out, cost))


def asked(number: int, **options: Any) -> list[Request]:
    return [Request.of(f"{place} + {place}?", tag=str(place), **options) for place in range(number)]


def test_the_call_beyond_is_not_made() -> None:
    model = Scripted(lambda request: "4")
    budget = Budget(model, calls=3)
    for request in asked(3):
        budget.complete(request)
    with pytest.raises(BudgetExceeded, match="3 of 3 are spent") as caught:
        budget.complete(Request.of("?"))
    assert caught.value.argument == "calls"
    assert len(model.requests) == budget.spent.calls == 3


def test_tokens_are_set_aside_at_their_dearest_and_counted_as_they_were() -> None:
    model = Scripted(lambda request: reply())
    budget = Budget(model, tokens=100, count_tokens=len)
    request = Request.of("x" * 20, max_tokens=30)
    for calls in (1, 2, 3, 4):  # 45 used, and 50 more may be needed
        if calls == 4:
            with pytest.raises(BudgetExceeded) as caught:
                budget.complete(Request.of("x" * 26, max_tokens=30))
            assert caught.value.argument == "tokens"
        else:
            budget.complete(request)
            assert budget.spent.tokens == 15 * calls
    budget.complete(Request.of("x" * 25, max_tokens=30))
    assert len(model.requests) == 4


def test_several_samples_are_as_dear_as_they_are() -> None:
    budget = Budget(Scripted(lambda request: "4"), tokens=100, count_tokens=len)
    with pytest.raises(BudgetExceeded):
        budget.complete(Request.of("x", max_tokens=30, n=4))


def test_money_is_that_of_the_prices_or_of_the_server() -> None:
    budget = Budget(Scripted([reply(), reply(cost=0.5)]), cost=1.0, prices=(1e4, 2e4))
    budget.complete(Request.of("x", max_tokens=10))
    assert budget.spent.cost == pytest.approx(5 * 0.01 + 10 * 0.02)
    budget.complete(Request.of("x", max_tokens=10))
    assert budget.spent.cost == pytest.approx(0.75)
    with pytest.raises(BudgetExceeded) as caught:
        budget.complete(Request.of("x", max_tokens=20))
    assert caught.value.argument == "cost"


def test_what_a_model_does_not_say_is_as_dear_as_it_could_be() -> None:
    budget = Budget(Scripted([reply(None, None)]), tokens=100, count_tokens=len)
    budget.complete(Request.of("x" * 20, max_tokens=30))
    assert budget.spent.tokens == 50


def test_what_is_kept_costs_nothing(tmp_path: Any) -> None:
    with Caching(Scripted(lambda request: "4"), tmp_path / "kept.sqlite") as cache:
        budget = Budget(cache, calls=2)
        for _ in range(2):
            budget.complete(Request.of("?"))
        assert budget.spent.calls == 1


def test_a_failed_call_is_a_call() -> None:
    budget = Budget(Scripted([ModelError("down"), "4"]), calls=2, tokens=10_000)
    with pytest.raises(ModelError):
        budget.complete(Request.of("?"))
    assert (budget.spent.calls, budget.spent.tokens) == (1, 0)
    budget.complete(Request.of("?"))
    with pytest.raises(BudgetExceeded):
        budget.complete(Request.of("?"))


@given(
    limit=st.integers(0, 400),
    took=st.lists(st.integers(0, 30), min_size=1, max_size=12),
    workers=st.integers(1, 6),
)
def test_side_by_side_nothing_is_exceeded_and_what_is_done_is_kept(limit: int, took: list[int], workers: int) -> None:
    def slow(request: Request) -> Reply:
        time.sleep(0.001)
        return reply(1, took[int(request.tag)])

    model = Scripted(slow)
    budget = Budget(model, tokens=limit, count_tokens=lambda text: 1)
    requests = asked(len(took), max_tokens=30)
    try:
        done = complete_many(budget, requests, workers=workers)
    except BudgetExceeded as problem:
        done = problem.partial
        assert None in done.replies
    assert budget.spent.tokens <= limit
    assert budget.spent.tokens == sum(1 + used for used, one in zip(took, done.replies, strict=True) if one is not None)
    assert len(model.requests) == sum(one is not None for one in done.replies)
    assert done.failures == ()


@pytest.mark.parametrize(
    ("limits", "argument"),
    [
        ({}, "budget"),
        ({"calls": -1}, "calls"),
        ({"tokens": 1.5}, "tokens"),
        ({"cost": 1.0}, "prices"),
        ({"cost": -1.0, "prices": (1, 1)}, "cost"),
        ({"calls": 1, "prices": (1, -1)}, "prices"),
        ({"calls": 1, "prices": (1,)}, "prices"),
    ],
)
def test_a_budget_that_cannot_be(limits: dict[str, Any], argument: str) -> None:
    with pytest.raises(InputError) as caught:
        Budget(Scripted([]), **limits)
    assert caught.value.argument == argument


def test_the_estimate_is_rather_too_high() -> None:
    english = "The committee voted to approve the new budget on Tuesday afternoon."
    assert 14 <= estimated_tokens(english) <= 2 * 14  # fourteen tokens or so for common tokenizers
    assert estimated_tokens("\u4e00" * 10) == 10
