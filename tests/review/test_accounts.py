"""Passwords, second factors, throttle, sessions, links, tokens: the parts, each for itself."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.review.accounts import api_tokens, links, passwords, people, sessions, throttle
from psephos.review.accounts.pending import SECONDS, Pending
from psephos.review.accounts.second_factors import (
    fingerprint,
    matching_step,
    new_recovery_codes,
    recovery_fingerprint,
)
from psephos.review.store.account_tables import ApiToken, Attempt, Invitation, SignIn, User
from psephos.review.store.columns import now
from tests.review.conftest import on_both

GUESSED = [
    "Password12345678",
    "aaaaaaaaaaaaaaaa",
    "abcabcabcabcabcabc",
    "qwertyuiopasdfghjkl",
    "123456789012345",
    "P@ssw0rd!!!!!!!!!!",
    "Summer2026!!!!!!!",
    "iloveyou-1234567",
    "abcdefghijklmnop",
    "dragonmonkey2026!",
    "ann.example.2026!!",
    "zyxwvutsrqponmlk",
]


@pytest.mark.parametrize("password", GUESSED)
def test_passwords_that_are_guessed_first_are_refused(password: str) -> None:
    with pytest.raises(InputError, match="guessed first"):
        passwords.check_password(password, name="ann@example.org")


@pytest.mark.parametrize(
    "password",
    [
        "four quiet herons",
        "ein Storch frisst Lakritze",
        "tr7$kk-92!mmQx_vv",
        "дождь идёт вторник",
        "x" * 5 + "Kq1§ßöä-9 wandering",
    ],
)
def test_good_passwords_of_any_signs_are_taken(password: str) -> None:
    assert passwords.check_password(password, name="ann@example.org") == password


def test_length_counts_and_less_is_enough_beside_a_second_factor() -> None:
    with pytest.raises(InputError, match="15 characters"):
        passwords.check_password("quiet heron 7x")
    assert passwords.check_password("quiet heron 7x", second_factor=True)
    with pytest.raises(InputError, match="12 characters"):
        passwords.check_password("quiet heron", second_factor=True)
    assert passwords.check_password("a long walk by the river " * 5)
    with pytest.raises(InputError, match="may have 256"):
        passwords.check_password("a long walk by the river " * 50)


def test_a_hash_is_argon2id_with_the_costs_of_the_sheet_and_never_the_same() -> None:
    first, second = (passwords.hash_password("four quiet herons") for _ in range(2))
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert first != second
    assert passwords.is_right("four quiet herons", first)
    assert not passwords.is_right("four quiet heron", first)
    assert not passwords.is_right("four quiet herons", None)
    assert not passwords.is_right("four quiet herons", "damaged")
    assert not passwords.is_outdated(first)
    assert passwords.is_outdated("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l$" + "a" * 43)


def test_a_password_is_the_same_however_its_accents_are_written() -> None:
    assert passwords.is_right("cafe\u0301 mit vier Tischen", passwords.hash_password("café mit vier Tischen"))


# RFC 6238, appendix B, SHA-1, the last six digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC = [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")]


@pytest.mark.parametrize(("at", "code"), RFC, ids=[f"rfc6238-{at}" for at, _ in RFC])
def test_codes_of_the_clock(at: int, code: str) -> None:
    step = at // 30
    assert matching_step(RFC_SECRET, code, now=at) == step
    assert matching_step(RFC_SECRET, f" {code[:3]} {code[3:]}", now=at + 30) == step
    assert matching_step(RFC_SECRET, code, now=at - 30) == step
    assert matching_step(RFC_SECRET, code, now=at + 90) is None
    assert matching_step(RFC_SECRET, code, now=at, after=step) is None


@pytest.mark.parametrize("code", ["", "28708", "2870822", "abcdef", "２８７０８２", "-87082"])
def test_what_is_no_code_is_not_right(code: str) -> None:
    assert matching_step(RFC_SECRET, code, now=59) is None


def test_recovery_codes_are_long_different_and_known_however_they_are_typed() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert {len(code.replace("-", "")) for code in codes} == {16}
    assert recovery_fingerprint(codes[0].upper().replace("-", " ")) == recovery_fingerprint(codes[0])


def test_what_waits_is_taken_once_and_not_for_ever() -> None:
    clock = [0.0]
    pending = Pending(clock=lambda: clock[0])
    name = pending.begin("thing")
    assert pending.look(name) == "thing"
    assert pending.finish(name) == "thing"
    assert pending.finish(name) is None
    late = pending.begin("thing")
    clock[0] = SECONDS
    assert pending.look(late) is None
    assert pending.finish(late) is None


@on_both
def test_failures_slow_down_and_nobody_is_locked_out_for_good(world: Any) -> None:
    at = now()
    waits = []
    for _ in range(16):
        with world.store.write() as session:
            assert throttle.tried(session, at, "login ann") == 0
        with world.store.write() as session:  # one more is refused, and not counted
            seconds = throttle.tried(session, at, "login ann")
            waits.append(seconds)
            if seconds == 0:
                throttle.forgiven(session, "login ann")
        at += timedelta(seconds=seconds)
    assert waits == [0, 0, 0, 0, *(min(300, 2**more) for more in range(12))]
    with world.store.write() as session:
        assert throttle.tried(session, at, "login ann", "login bob") == 0
        assert session.query(Attempt).filter(Attempt.subject.contains("ann")).count() == 0
    with world.store.write() as session:
        assert throttle.tried(session, at, "login ann") == 300
        assert throttle.tried(session, at, "login bob") == 0
        throttle.succeeded(session, "login ann")
        assert throttle.tried(session, at, "login ann") == 0


@on_both
def test_a_session_ends_when_idle_when_old_when_revoked_and_with_its_person(world: Any) -> None:
    at, settings = now(), world.app.server.settings
    with world.store.write() as session:
        user = session.get_one(User, world.ids["viewer"])
        cookie = sessions.begin(session, settings, user, at, strong=False)
        kept = session.query(SignIn).filter_by(user_id=user.id).one()
        assert cookie not in (kept.token, kept.csrf)
        assert kept.token == fingerprint(cookie)

        def is_known(later: timedelta) -> bool:
            return sessions.of_cookie(session, settings, cookie, at + later) is not None

        assert is_known(timedelta(0))
        assert is_known(timedelta(minutes=29))
        assert not is_known(timedelta(minutes=30))
        assert is_known(-timedelta(hours=1))
        kept.seen_at = at + timedelta(hours=11, minutes=59)
        session.flush()
        assert is_known(timedelta(hours=11, minutes=59))
        assert not is_known(timedelta(hours=12))
        kept.seen_at = at
        user.disabled_at = at
        session.flush()
        assert not is_known(timedelta(0))
        user.disabled_at = None
        sessions.revoke(session, user.id, at)
        session.flush()
        assert not is_known(timedelta(0))
        assert sessions.of_cookie(session, settings, "", at) is None


def test_a_link_is_good_once_for_one_purpose_and_half_an_hour(world: Any) -> None:
    at, settings = now(), world.app.server.settings
    with world.store.write() as session:
        text = links.make(session, settings, "invite", at, email="a@example.org")
        assert text not in {one.token for one in session.query(Invitation)}
        assert links.take(session, text, "reset", at) is None
        assert links.take(session, text, "invite", at + timedelta(minutes=30)) is None
        assert links.take(session, text, "invite", at + timedelta(minutes=29)) is not None
        assert links.take(session, text, "invite", at) is None


@on_both
def test_of_two_browsers_only_one_gets_through_a_link(world: Any) -> None:
    at = now()
    with world.store.write() as session:
        text = links.make(session, world.app.server.settings, "invite", at)
    taken: list[bool] = []

    def take() -> None:
        with world.store.write() as session:
            taken.append(links.take(session, text, "invite", at) is not None)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(taken) == [False] * 7 + [True]


@on_both
def test_a_token_is_shown_once_and_kept_as_a_hash(world: Any) -> None:
    at = now()
    with world.store.write() as session:
        one, text = api_tokens.issue(session, world.ids["viewer"], at, name="nightly", scopes=["read"], days=7)
        assert text.startswith("psp_")
        assert len(text) >= 4 + 43
        assert one.token == fingerprint(text)
        assert text not in str([vars(kept) for kept in session.query(ApiToken)])
        assert api_tokens.of_text(session, text, at) is not None
        assert api_tokens.of_text(session, text[:-1], at) is None
        assert api_tokens.of_text(session, text, at + timedelta(days=7)) is None
        one.revoked_at = at
        session.flush()
        assert api_tokens.of_text(session, text, at) is None


@pytest.mark.parametrize(
    ("stated", "argument"),
    [
        ({"name": " "}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["all"]}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
    ],
)
def test_a_token_without_bounds_is_refused(world: Any, stated: dict[str, Any], argument: str) -> None:
    whole = {"name": "nightly", "scopes": ["read"], "days": 7} | stated
    with world.store.write() as session, pytest.raises(InputError) as problem:
        api_tokens.issue(session, world.ids["viewer"], now(), **whole)
    assert problem.value.argument == argument


@pytest.mark.parametrize("login", ["", "a", "a b", "<b>", "x" * 201, "a\nb"])
def test_logins_that_are_none_are_refused(world: Any, login: str) -> None:
    with world.store.write() as session, pytest.raises(InputError) as problem:
        people.create(session, login)
    assert problem.value.argument == "login"


@on_both
def test_a_login_is_taken_once_whatever_its_capitals(world: Any) -> None:
    with world.store.write() as session:
        people.create(session, "New@example.org", password="four quiet herons")
        with pytest.raises(InputError):
            people.create(session, "new@EXAMPLE.org")


def test_the_list_of_common_words_is_ours_and_in_small_letters() -> None:
    words = passwords.common_words()
    assert len(words) > 300
    assert all(word == word.casefold() for word in words)


@given(st.text(min_size=1, max_size=40))
def test_a_password_is_given_back_as_it_is_or_refused_as_one(text: str) -> None:
    given, refused = text, "password"
    try:
        given = passwords.check_password(text, name=text)
    except InputError as problem:
        refused = problem.argument
    assert (given, refused) == (text, "password")
