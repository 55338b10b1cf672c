"""One's own account: language and theme, keys, password, second factors, sessions, tokens.

What makes an account safer or less safe (password, factors, tokens) asks for the password once more, where there is
one.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Form
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from psephos.errors import InputError, check_choice
from psephos.review.accounts import api_tokens, passkeys, people, sessions, throttle
from psephos.review.accounts.passwords import is_right
from psephos.review.accounts.second_factors import (
    address,
    matching_step,
    new_recovery_codes,
    new_secret,
    recovery_fingerprint,
)
from psephos.review.authorisation import NotThereError
from psephos.review.context import Context, Here
from psephos.review.keys import BINDINGS, check_keys
from psephos.review.languages import LANGUAGES
from psephos.review.pages.second_factor import passkeys_of
from psephos.review.pages.sign_in import Line, go, signed_in
from psephos.review.rendering import page
from psephos.review.store.account_tables import ApiToken, SecondFactor, User
from psephos.review.store.audit_log import record

router = APIRouter(prefix="/account", include_in_schema=False)

THEMES = ("", "light", "dark")


@router.get("", name="account")
def account(here: Here) -> Response:
    """The page."""
    return shown(here)


@router.post("", name="account.save")
def save(here: Here, name: Line = "", locale: Line = "", theme: Line = "", autoplay: Line = "") -> Response:
    """Name, language, theme."""
    check_choice("locale", locale, ("", *LANGUAGES))
    check_choice("theme", theme, THEMES)
    with here.write() as session:
        user = session.get_one(User, here.caller.user_id)
        user.locale = locale
        user.name = name.strip()[:200] or user.name
        user.settings = user.settings | {"theme": theme, "autoplay": bool(autoplay)}
    return go("/account")


@router.post("/keys", name="account.keys")
def keys(here: Here, form: Annotated[dict[str, Any], Body()] | None = None) -> Response:
    """Other keys, or none for a command; JSON ``{"keys": {command: key}, "single_keys": true}``."""
    given = form or {}
    changed = check_keys(dict(given.get("keys", {})))
    with here.write() as session:
        user = session.get_one(User, here.caller.user_id)
        user.settings = user.settings | {"keys": changed, "single_keys": bool(given.get("single_keys", True))}
    return JSONResponse({"keys": changed})


@router.post("/password", name="account.password")
def password(here: Here, present: Line, password: Line) -> Response:
    """A new password; all other sessions end, and this one gets a new id."""
    confirm(here, present)
    with here.write() as session:
        user = session.get_one(User, here.caller.user_id)
        people.set_password(session, user, password)
        sessions.revoke(session, user.id, here.at)
        record(session, None, user.id, "password.changed", f"user:{user.id}", None, {"by": "person"})
        return signed_in(here, session, user, strong=people.has_second_factor(session, user.id), after="/account")


@router.post("/code", name="account.code")
def code(here: Here, present: Line = "") -> Response:
    """Begin with codes of the clock: show the secret once."""
    confirm(here, present)
    with here.write() as session:
        session.execute(
            delete(SecondFactor).where(SecondFactor.user_id == here.caller.user_id, SecondFactor.confirmed.is_(False))
        )
        secret = new_secret()
        session.add(SecondFactor(user_id=here.caller.user_id, kind="totp", secret=secret, name="Authenticator"))
    return shown(here, secret=secret, secret_address=address(secret, here.caller.login))


@router.post("/code/confirm", name="account.code.confirm")
def confirm_code(here: Here, code: Line) -> Response:
    """The first code shows that the authenticator has the secret; recovery codes are shown once."""
    with here.write() as session:
        waiting = select(SecondFactor).where(
            SecondFactor.user_id == here.caller.user_id, SecondFactor.kind == "totp", SecondFactor.confirmed.is_(False)
        )
        one = session.scalar(waiting)
        step = None if one is None else matching_step(one.secret, code, now=here.at.timestamp())
        if one is None or step is None:
            raise InputError("code", "is not right", hint="take the six digits that the authenticator shows now")
        one.confirmed, one.counter, one.used_at = True, step, here.at
        codes = _recovery(session, here)
        record(
            session, None, here.caller.user_id, "factor.added", f"user:{here.caller.user_id}", None, {"kind": "totp"}
        )
    return shown(here, recovery=codes)


@router.post("/factors/{factor}/remove", name="account.factor.remove")
def remove_factor(here: Here, factor: int, present: Line = "") -> Response:
    """Do without a second factor."""
    confirm(here, present)
    with here.write() as session:
        one = session.get(SecondFactor, factor)
        if one is None or one.user_id != here.caller.user_id:
            raise NotThereError
        session.delete(one)
        record(session, None, here.caller.user_id, "factor.removed", f"user:{one.user_id}", {"kind": one.kind})
    return go("/account")


@router.post("/passkeys/question", name="account.passkey.offer")
def offer_passkey(here: Here, asked: Annotated[dict[str, str], Body()]) -> Response:
    """What the browser is to make a key of."""
    confirm(here, asked.get("present", ""))
    with here.read() as session:
        known = [key.credential for key in passkeys_of(session, here.caller.user_id)]
    options, challenge = passkeys.offer(here.settings.origin, here.caller.user_id, here.caller.login, known)
    here.server.pending.begin(challenge, f"new key {here.cookie}")
    return JSONResponse(options)


@router.post("/passkeys", name="account.passkey.accept")
def accept_passkey(here: Here, reply: Annotated[dict[str, Any], Body()]) -> Response:
    """The new key."""
    challenge = here.server.pending.finish(f"new key {here.cookie}")
    if challenge is None:
        raise InputError("passkey", "took too long", hint="try again")
    key = passkeys.accept(here.settings.origin, challenge, reply)
    with here.write() as session:
        if session.scalar(select(SecondFactor.id).where(SecondFactor.credential == key.credential.encode())):
            raise InputError("passkey", "is known already", hint="take another key")
        session.add(
            SecondFactor(
                user_id=here.caller.user_id,
                kind="webauthn",
                name="Passkey",
                credential=key.credential.encode(),
                public_key=key.public_key.encode(),
                counter=key.count,
                confirmed=True,
            )
        )
        record(
            session,
            None,
            here.caller.user_id,
            "factor.added",
            f"user:{here.caller.user_id}",
            None,
            {"kind": "webauthn"},
        )
    return JSONResponse({"to": "/account"})


@router.post("/sessions/{one}/end", name="account.session.end")
def end_session(here: Here, one: int) -> Response:
    """End a session elsewhere."""
    with here.write() as session:
        if not sessions.revoke(session, here.caller.user_id, here.at, only=one):
            raise NotThereError
        record(session, None, here.caller.user_id, "session.ended", f"session:{one}")
    return go("/account")


@router.post("/tokens", name="account.token")
def token(
    here: Here,
    name: Line,
    days: Annotated[int, Form(ge=1, le=api_tokens.LONGEST_DAYS)] = 90,
    scopes: Annotated[list[str] | None, Form(max_length=3)] = None,
    present: Line = "",
) -> Response:
    """A new token, shown once."""
    confirm(here, present)
    with here.write() as session:
        one, text = api_tokens.issue(
            session, here.caller.user_id, here.at, name=name, scopes=scopes or ["read"], days=days
        )
        after = {"scopes": one.scopes, "days": days}
        record(session, None, here.caller.user_id, "token.made", f"token:{one.id}", None, after)
    return shown(here, token=text)


@router.post("/tokens/{one}/end", name="account.token.end")
def end_token(here: Here, one: int) -> Response:
    """End a token."""
    with here.write() as session:
        kept = session.get(ApiToken, one)
        if kept is None or kept.user_id != here.caller.user_id:
            raise NotThereError
        kept.revoked_at = here.at
        record(session, None, here.caller.user_id, "token.ended", f"token:{one}")
    return go("/account")


def shown(here: Context, **just_made: Any) -> Response:
    """The page; what was just made is on it this once."""
    with here.read() as session:
        user = session.get_one(User, here.caller.user_id)
        tokens = session.scalars(
            select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None)).order_by(ApiToken.id)
        ).all()
        says: dict[str, Any] = {
            "user": user,
            "factors": people.factors_of(session, user.id),
            "sessions": sessions.sessions_of(session, here.settings, user.id, here.at),
            "tokens": tokens,
        }
    empty = {"secret": "", "secret_address": "", "recovery": [], "token": ""}
    return page(here, "account.html", says | {"known_keys": BINDINGS, "scopes": api_tokens.SCOPES} | empty | just_made)


def confirm(here: Context, present: str) -> None:
    """Ask for the password once more, where there is one.

    Raises
    ------
    InputError
        If it is not right.
    """
    with here.read() as session:
        user = session.get_one(User, here.caller.user_id)
    if user.password is None:
        return
    subject = f"login {user.login}"
    with here.write() as session:
        seconds = throttle.tried(session, here.at, subject)
    if seconds > 0:
        raise InputError("present", throttle.too_many(seconds))
    if not is_right(present, user.password):
        raise InputError("present", "is not your password")
    with here.write() as session:
        throttle.forgiven(session, subject)


def _recovery(session: Session, here: Context) -> list[str]:
    """Ten new recovery codes in place of the old ones."""
    session.execute(
        delete(SecondFactor).where(SecondFactor.user_id == here.caller.user_id, SecondFactor.kind == "recovery")
    )
    codes = new_recovery_codes()
    for text in codes:
        session.add(
            SecondFactor(
                user_id=here.caller.user_id, kind="recovery", secret=recovery_fingerprint(text), confirmed=True
            )
        )
    return codes
