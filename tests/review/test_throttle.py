"""Tries at once, tries at several servers, trips to the provider, sign-ins under way: what counts, and what ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from psephos.review.accounts import passwords, people, sessions, throttle
from psephos.review.accounts.second_factors import recovery_fingerprint
from psephos.review.pages import sign_on
from psephos.review.store.account_tables import Attempt, SecondFactor, SignIn, User
from psephos.review.store.columns import now
from tests.review.conftest import Visitor, World, on_both, over
from tests.review.test_sign_in import PASSWORD, SoftKey, enter
from tests.review.test_sign_on import Provider, joined, provider, travel

__all__ = ["joined", "provider"]
OTHER = "five loud herons"
MANY = 12


def together(work: Callable[[int], Any]) -> list[Any]:
    """What many threads come back with that begin at once."""
    gate = threading.Barrier(MANY)

    def begin(number: int) -> Any:
        gate.wait(timeout=60)
        return work(number)

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(begin, range(MANY)))


@on_both
def test_of_the_first_tries_of_somebody_that_come_at_once_each_counts(world: World) -> None:
    at = now()

    def guess(_: int) -> float:
        with world.store.write() as session:
            return throttle.tried(session, at, "login new", "address new")

    waits = together(guess)
    assert waits.count(0.0) == throttle.FREE + 1
    assert set(waits) == {0.0, 1.0}
    with world.store.read() as session:
        assert sorted(one.failures for one in session.query(Attempt)) == [throttle.FREE + 1] * 2


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_tries_that_name_the_same_in_another_order_do_not_wait_for_each_other_in_a_circle(world: World) -> None:
    old, at = now() - timedelta(hours=2), now()
    with world.store.write() as session:
        for number in range(MANY):
            throttle.tried(session, old, f"old {number}")

    def guess(number: int) -> float:
        waited = 0.0
        for turn in range(10):
            named = ["login a", "address b", f"old {(number + turn) % MANY}", f"old {(number - turn) % MANY}"]
            with world.store.write() as session:
                waited += throttle.tried(session, at, *(named if number % 2 else reversed(named)), free=1000)
        return waited

    assert together(guess) == [0.0] * MANY
    with world.store.read() as session:
        counted = {one.failures for one in session.query(Attempt) if one.failures >= MANY * 10}
    assert counted == {MANY * 10}


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_what_is_forgotten_meanwhile_makes_nobody_wait_in_a_circle(world: World) -> None:
    """Each turn is hours after the last: whoever comes forgets counts that others are about to take in hand."""
    at = now()

    def guess(number: int) -> None:
        for turn in range(12):
            named = [f"old {(number + turn) % 5}", f"old {(number * 3 - turn) % 5}"]
            with world.store.write() as session:
                throttle.tried(session, at + timedelta(hours=2 * turn), *named)

    assert together(guess) == [None] * MANY


@on_both
def test_what_was_long_ago_is_forgotten_while_somebody_else_holds_it(world: World) -> None:
    at = now()
    with world.store.write() as session:
        for _ in range(9):
            throttle.tried(session, at, "login ann", free=9)
        session.query(Attempt).update({"last_at": at - timedelta(hours=2), "free_at": at - timedelta(hours=1)})
    with world.store.write() as session:
        assert throttle.tried(session, at, "login ann") == 0
        assert [one.failures for one in session.query(Attempt)] == [1]


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_two_servers_over_one_database_count_together(world: World) -> None:
    with world.store.write() as session:
        people.create(session, "ann@example.org", password=PASSWORD)
        for _ in range(throttle.FREE + 8):
            throttle.tried(session, now(), "login ann@example.org", free=1000)
        throttle.tried(session, now(), "login ann@example.org")
    address = world.store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    other = over(address, world.ids)
    try:
        assert enter(other)[1].status_code == 429
        with other.store.write() as session:
            throttle.succeeded(session, "login ann@example.org")
        assert enter(world)[1].headers["location"] == "/projects"
    finally:
        other.store.close()


def test_trips_to_the_provider_that_nobody_finishes_get_slow(
    joined: Any, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_on, "UNFINISHED", 2)
    for _ in range(6):
        assert travel(joined, provider)[1].headers["location"] == "/projects"  # a finished trip does not count
    one, begun, got = joined.visitor(), 0, None
    one.get("/sign-in")
    while (got is None or got.status_code == 303) and begun < 12:  # on a slow machine some waits are over
        got, begun = one.get("/sign-on"), begun + 1
    assert got is not None
    assert (got.status_code, begun > 3) == (429, True)
    assert "Too many tries" in got.text
    with joined.store.read() as session:
        (kept,) = session.query(Attempt).all()
        assert kept.failures == begun - 1
    german = one.get("/sign-on", headers={"accept-language": "de"})
    assert german.status_code == 303 or "Zu viele Versuche" in german.text


@pytest.fixture(params=["code", "recovery code", "passkey"])
def second(request: pytest.FixtureRequest, world: Any) -> Callable[[Visitor], str]:
    """Ann has a second factor of this kind; what brings a visitor in by it, and where that leads."""
    secret = pyotp.random_base32()
    with world.store.write() as session:
        ann = people.create(session, "ann@example.org", name="Ann", password=PASSWORD).id
        if request.param == "code":
            session.add(SecondFactor(user_id=ann, kind="totp", secret=secret, confirmed=True))
    if request.param != "passkey":
        with world.store.write() as session:
            kept = recovery_fingerprint("aaaa-bbbb-cccc-dddd")
            session.add(SecondFactor(user_id=ann, kind="totp", secret=pyotp.random_base32(), confirmed=True))
            session.add(SecondFactor(user_id=ann, kind="recovery", secret=kept, confirmed=True))
        code = pyotp.TOTP(secret).now if request.param == "code" else lambda: "aaaa-bbbb-cccc-dddd"
        return lambda one: str(one.form("/sign-in/second", code=code()).headers.get("location"))
    key, (one, _) = SoftKey(), enter(world)
    made = key.make(one.call("POST", "/account/passkeys/question", {"present": PASSWORD}).json())
    assert one.call("POST", "/account/passkeys", made).status_code == 200

    def sign(one: Visitor) -> str:
        question = one.call("POST", "/sign-in/passkey/question")
        return str(one.call("POST", "/sign-in/passkey", key.sign(question.json())).json()["to"]) if question else ""

    return lambda one: sign(one) if one.get("/sign-in/second").status_code == 200 else "/sign-in"


@pytest.mark.parametrize("change", ["password", "disabled"])
def test_a_sign_in_that_waits_for_the_second_factor_ends_with_the_password(
    world: Any, second: Callable[[Visitor], str], change: str
) -> None:
    """Somebody knew the password and has begun; its owner changes it before the second half."""
    begun, got = enter(world)
    assert got.headers["location"] == "/sign-in/second"
    with world.store.write() as session:
        ann = session.query(User).filter_by(login="ann@example.org").one()
        if change == "password":
            people.set_password(session, ann, OTHER)
        else:
            ann.disabled_at = now()
        sessions.revoke(session, ann.id, now())
    assert second(begun) == "/sign-in"
    assert begun.get("/account").status_code == 303
    with world.store.read() as session:
        assert session.query(SignIn).filter_by(user_id=ann.id, revoked_at=None).count() == 0


def test_a_second_factor_brings_in_as_long_as_nothing_changed(world: Any, second: Callable[[Visitor], str]) -> None:
    begun, _ = enter(world)
    assert second(begun) == "/projects"
    assert begun.get("/account").status_code == 200


@on_both
def test_a_password_that_is_changed_while_it_is_looked_at_is_not_right_any_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.store.write() as session:
        ann = people.create(session, "ann@example.org", password=PASSWORD).id
    hasher = passwords._hasher().__class__
    verify, changes = hasher.verify, [OTHER]

    def slow(self: Any, kept: str, given: str) -> bool:
        found = bool(verify(self, kept, given))
        if changes:
            with world.store.write() as session:
                people.set_password(session, session.get_one(User, ann), changes.pop())
                sessions.revoke(session, ann, now())
        return found

    monkeypatch.setattr(hasher, "verify", slow)
    one, got = enter(world)
    assert got.status_code == 401
    assert one.get("/account").status_code == 303
    assert enter(world, password=OTHER)[1].headers["location"] == "/projects"
