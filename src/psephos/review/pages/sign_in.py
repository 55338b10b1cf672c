"""Come in, go out: password, the link of a local start, invitations and new passwords.

A wrong name and a wrong password get the same answer after the same work. Failures of an account and of an address slow
down the next try (see `throttle`). Every sign-in makes a new session.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Form
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from psephos.errors import InputError
from psephos.review.accounts import links, people, sessions, throttle
from psephos.review.accounts.passwords import LONGEST, SHORTEST_ALONE, hash_password, is_outdated, is_right
from psephos.review.accounts.second_factors import fingerprint
from psephos.review.authorisation import NotThereError
from psephos.review.context import Context, Here
from psephos.review.languages import rephrased, spoken
from psephos.review.rendering import language_of, page
from psephos.review.security import cookie_line
from psephos.review.store.account_tables import User
from psephos.review.store.audit_log import record
from psephos.review.store.people import set_role
from psephos.review.store.tables import Project

router = APIRouter(include_in_schema=False)

Line = Annotated[str, Form(max_length=1000)]
WRONG = "Name or password is not right."


@router.get("/", name="home")
def home(here: Here) -> Response:
    """To the projects, or to the door."""
    return go("/projects" if here.caller.user_id else "/sign-in")


@router.get("/enter", name="enter")
def enter(here: Here, token: Annotated[str, "from the terminal"] = "") -> Response:
    """The link that a local start prints: good once, on this machine."""
    if here.settings.mode != "local":
        raise NotThereError
    with here.write() as session:
        if links.take(session, token, "local", here.at) is not None:
            return signed_in(here, session, people.local_user(session), strong=False, after="/projects")
    return go("/projects" if here.caller.user_id else "/sign-in")


@router.get("/sign-in", name="sign_in")
def sign_in(here: Here, after: str = "") -> Response:
    """The door."""
    return door(here, "sign_in.html", {"after": own_path(after), "problem": "", "login": ""})


@router.post("/sign-in", name="sign_in.send")
def send(here: Here, login: Line, password: Line, after: Line = "") -> Response:
    """Name and password."""
    if here.settings.mode == "local":
        raise NotThereError
    subjects = (f"login {login.strip().lower()}", f"address {here.address}")
    with here.write() as session:
        seconds = throttle.tried(session, here.at, *subjects)
        user = people.by_login(session, login)
    problem = WRONG
    if seconds > 0:
        problem = too_many(here, seconds)
    else:
        good = user if user is not None and sessions.is_active(user) else None
        right = is_right(password, good.password if good else None)
        with here.write() as session:
            if right and good is not None and _still_right(session, good, password):
                throttle.forgiven(session, *subjects)
                return _right(here, session, good.id, password, own_path(after), subjects)
            record(session, None, "", "sign_in.failed", f"user:{user.id}" if user else "user:unknown")
    says = {"after": own_path(after), "problem": problem, "login": login}
    return door(here, "sign_in.html", says, status=429 if seconds > 0 else 401)


def _still_right(session: Session, looked_at: User, password: str) -> bool:
    """Whether the password is still that of the person, who may have changed it while it was looked at."""
    user = session.get_one(User, looked_at.id, with_for_update=True)
    if not sessions.is_active(user):
        return False
    return user.password == looked_at.password or is_right(password, user.password)


def _right(
    here: Context, session: Session, user_id: str, password: str, after: str, subjects: tuple[str, str]
) -> Response:
    """The password is right; a second factor may be asked for."""
    user = session.get_one(User, user_id)
    if user.password and is_outdated(user.password):
        user.password = hash_password(password)
    if people.has_second_factor(session, user.id):
        waits = {"user": user.id, "after": after, "password": fingerprint(user.password or "")}
        here.server.pending.begin(waits, f"second {here.cookie}")
        return go("/sign-in/second")
    throttle.succeeded(session, subjects[0])
    return signed_in(here, session, user, strong=False, after=after)


@router.post("/sign-out", name="sign_out")
def sign_out(here: Here, everywhere: Line = "") -> Response:
    """Go, from here or from everywhere."""
    with here.write() as session:
        sessions.revoke(session, here.caller.user_id, here.at, only=None if everywhere else here.caller.session_id)
        record(session, None, here.caller.user_id, "sign_out", f"user:{here.caller.user_id}")
    answer = go("/sign-in")
    answer.headers.append("set-cookie", cookie_line(here.settings, "", seconds=0))
    answer.headers["clear-site-data"] = '"cache", "storage"'
    return answer


@router.get("/welcome/{link}", name="welcome")
def welcome(here: Here, link: str) -> Response:
    """An invitation: choose a name and a password."""
    with here.read() as session:
        one = links.look(session, link, "invite", here.at)
    if one is None:
        return ended(here)
    return door(here, "welcome.html", _asks(link, one.email, ""))


@router.post("/welcome/{link}", name="welcome.send")
def accept(here: Here, link: str, login: Line, password: Line, name: Line = "") -> Response:
    """Take up an invitation."""
    with here.read() as session:
        if links.look(session, link, "invite", here.at) is None:
            return ended(here)
    try:
        with here.write() as session:
            user = people.create(session, login, name=name, password=password)
            one = links.take(session, link, "invite", here.at)
            if one is None:
                raise NotThereError
            user.email = one.email
            if one.project_id is not None:
                set_role(session, session.get_one(Project, one.project_id), user, one.role, actor=user.id)
            after = {"role": one.role, "invited_by": one.invited_by}
            record(session, one.project_id, user.id, "person.joined", f"user:{user.id}", None, after)
            return signed_in(here, session, user, strong=False, after="/projects")
    except InputError as wrong:
        return door(here, "welcome.html", _asks(link, login, told(here, wrong), name=name), status=422)


@router.get("/new-password/{link}", name="new_password")
def new_password(here: Here, link: str) -> Response:
    """A link that an administrator made for somebody who forgot a password."""
    with here.read() as session:
        one = links.look(session, link, "reset", here.at)
        if one is None:
            return ended(here)
        user = session.get(User, one.user_id) if one.user_id else None
    return door(here, "new_password.html", _asks(link, (user and user.login) or "", ""))


@router.post("/new-password/{link}", name="new_password.send")
def change(here: Here, link: str, password: Line) -> Response:
    """Set the new password; every session of the person ends."""
    try:
        with here.write() as session:
            one = links.take(session, link, "reset", here.at)
            user = session.get(User, one.user_id) if one is not None and one.user_id else None
            if user is None or not sessions.is_active(user):
                return ended(here)
            people.set_password(session, user, password)
            sessions.revoke(session, user.id, here.at)
            record(session, None, user.id, "password.changed", f"user:{user.id}", None, {"by": "link"})
    except InputError as wrong:
        return door(here, "new_password.html", _asks(link, "", told(here, wrong)), status=422)
    return go("/sign-in")


def signed_in(here: Context, session: Session, user: User, *, strong: bool, after: str) -> Response:
    """Begin a session and go on."""
    agent = here.request.headers.get("user-agent", "")
    cookie = sessions.begin(session, here.settings, user, here.at, strong=strong, address=here.address, agent=agent)
    if here.caller.session_id is not None:
        sessions.revoke(session, here.caller.user_id, here.at, only=here.caller.session_id)
    record(session, None, user.id, "sign_in", f"user:{user.id}", None, {"strong": strong})
    answer = go(after or "/projects")
    seconds = round(here.settings.absolute_hours * 3600)
    answer.headers.append("set-cookie", cookie_line(here.settings, cookie, seconds=seconds))
    return answer


def told(here: Context, wrong: InputError) -> str:
    """What is wrong with what somebody sent, in their language where it is known."""
    return str(spoken(language_of(here), wrong.argument, wrong.problem, wrong.where, wrong.hint))


def too_many(here: Context, seconds: float) -> str:
    """What somebody reads who has to wait, in their language."""
    text = throttle.too_many(seconds)
    said = rephrased(language_of(here), text) or text
    return f"{said[0].upper()}{said[1:]}."


def door(here: Context, template: str, says: dict[str, Any], *, status: int = 200) -> Response:
    """A page before anybody is signed in: its cookie is random and stands for nothing but the form on it."""
    fresh = "" if here.cookie else secrets.token_urlsafe(32)
    sign_on = here.settings.sign_on.name if here.settings.sign_on else ""
    says = {"sign_on": sign_on, "shortest": SHORTEST_ALONE, "longest": LONGEST} | says
    answer = page(here, template, says, status=status, cookie=fresh)
    if fresh:
        answer.headers.append("set-cookie", cookie_line(here.settings, fresh, seconds=None))
    return answer


def ended(here: Context) -> Response:
    """A link that is not good any more."""
    return door(here, "ended.html", {}, status=404)


def go(path: str) -> Response:
    """On to a page of this server."""
    return RedirectResponse(path, 303)


def own_path(text: str) -> str:
    """A path of this server, or nothing: a link must not lead elsewhere after the sign-in.

    Examples
    --------
    >>> own_path("/projects/1?state=new"), own_path("//evil.example"), own_path("https://evil.example")
    ('/projects/1?state=new', '', '')
    """
    bad = not text.startswith("/") or text.startswith("//") or "\\" in text or any(ord(sign) < 33 for sign in text)
    parts = urlsplit("" if bad else text)
    return "" if bad or parts.scheme or parts.netloc or parts.path.startswith("/sign") else text


def _asks(link: str, login: str, problem: str, *, name: str = "") -> dict[str, str]:
    return {"link": link, "login": login, "problem": problem, "name": name}
