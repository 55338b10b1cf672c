"""The second half of a sign-in: a code, a key, or a recovery code.

The first half is worth something as long as the password that it was done with is the password: whoever changes it,
because somebody else knew it, ends also what that other has begun.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from psephos.errors import InputError
from psephos.review.accounts import passkeys, people, sessions, throttle
from psephos.review.accounts.second_factors import fingerprint, matching_step, recovery_fingerprint
from psephos.review.context import Context, Here
from psephos.review.pages.sign_in import Line, door, go, signed_in, too_many
from psephos.review.store.account_tables import SecondFactor, User
from psephos.review.store.audit_log import record

router = APIRouter(include_in_schema=False)


@router.get("/sign-in/second", name="second_factor")
def ask(here: Here) -> Response:
    """Ask for the second factor."""
    waiting = _waiting(here)
    if waiting is None:
        return go("/sign-in")
    return _form(here, waiting["user"], "", 200)


@router.post("/sign-in/second", name="second_factor.send")
def send(here: Here, code: Line) -> Response:
    """A code of the clock, or a recovery code."""
    waiting = _waiting(here)
    if waiting is None:
        return go("/sign-in")
    user_id, subject = waiting["user"], f"second {waiting['user']}"
    with here.write() as session:
        seconds = throttle.tried(session, here.at, subject)
        if seconds <= 0 and _person(session, waiting) is not None and _is_good(session, user_id, code, here):
            return _done(here, session, waiting)
        if seconds <= 0:
            record(session, None, "", "sign_in.failed", f"user:{user_id}", None, {"step": "second factor"})
    if seconds > 0:
        return _form(here, user_id, too_many(here, seconds), 429)
    return _form(here, user_id, "This code is not right, or was used.", 401)


@router.post("/sign-in/passkey/question", name="second_factor.question")
def question(here: Here) -> Response:
    """What the key is to sign."""
    waiting = _waiting(here)
    if waiting is None:
        raise InputError("sign_in", "took too long", hint="begin again with the password")
    with here.read() as session:
        known = [key.credential for key in passkeys_of(session, waiting["user"])]
    options, challenge = passkeys.challenge(here.settings.origin, known)
    here.server.pending.begin(challenge, f"key {here.cookie}")
    return JSONResponse(options)


@router.post("/sign-in/passkey", name="second_factor.passkey")
def passkey(here: Here, reply: Annotated[dict[str, Any], Body()]) -> Response:
    """What the key signed."""
    waiting, challenge = _waiting(here), here.server.pending.finish(f"key {here.cookie}")
    if waiting is None or challenge is None:
        raise InputError("sign_in", "took too long", hint="begin again with the password")
    with here.write() as session:
        if _person(session, waiting) is None:
            raise InputError("sign_in", "took too long", hint="begin again with the password")
        known = passkeys_of(session, waiting["user"])
        key = passkeys.signed(here.settings.origin, challenge, reply, known)
        row = session.scalar(select(SecondFactor).where(SecondFactor.credential == key.credential.encode()))
        if row is not None:
            row.counter, row.used_at = key.count, here.at
        answer = _done(here, session, waiting)
    going = JSONResponse({"to": answer.headers["location"]})
    for line in answer.headers.getlist("set-cookie"):
        going.headers.append("set-cookie", line)
    return going


def passkeys_of(session: Session, user_id: str) -> list[passkeys.Passkey]:
    """The keys of a person."""
    return [
        passkeys.Passkey((one.credential or b"").decode(), (one.public_key or b"").decode(), one.counter)
        for one in people.factors_of(session, user_id, "webauthn")
    ]


def _waiting(here: Context) -> dict[str, str] | None:
    found: dict[str, str] | None = here.server.pending.look(f"second {here.cookie}") if here.cookie else None
    if found is None:
        return None
    with here.read() as session:
        return None if _person(session, found, held=False) is None else found


def _person(session: Session, waiting: dict[str, str], *, held: bool = True) -> User | None:
    """Who waits, whose password nobody changes meanwhile if `held`; None if it is another one already."""
    user = session.get(User, waiting["user"], with_for_update=held)
    good = user is not None and sessions.is_active(user) and fingerprint(user.password or "") == waiting["password"]
    return user if good else None


def _is_good(session: Session, user_id: str, code: str, here: Context) -> bool:
    for one in people.factors_of(session, user_id, "totp"):
        session.refresh(one, with_for_update=True)  # of two that come at once with one code the second sees the first
        step = matching_step(one.secret, code, after=one.counter, now=here.at.timestamp())
        if step is not None:
            one.counter, one.used_at = step, here.at
            return True
    kept = select(SecondFactor).where(
        SecondFactor.user_id == user_id,
        SecondFactor.kind == "recovery",
        SecondFactor.secret == recovery_fingerprint(code),
        SecondFactor.used_at.is_(None),
    )
    code_kept = session.scalar(kept.with_for_update())
    if code_kept is None:
        return False
    code_kept.used_at = here.at
    record(session, None, user_id, "recovery.used", f"user:{user_id}")
    return True


def _done(here: Context, session: Session, waiting: dict[str, str]) -> Response:
    here.server.pending.finish(f"second {here.cookie}")
    user = session.get_one(User, waiting["user"])
    throttle.succeeded(session, f"login {user.login}")
    throttle.succeeded(session, f"second {user.id}")
    return signed_in(here, session, user, strong=True, after=waiting["after"])


def _form(here: Context, user_id: str, problem: str, status: int) -> Response:
    with here.read() as session:
        kinds = {one.kind for one in people.factors_of(session, user_id)}
    return door(here, "second_factor.html", {"kinds": kinds, "problem": problem}, status=status)
