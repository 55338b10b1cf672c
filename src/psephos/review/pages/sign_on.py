"""Sign in by a provider: out to it, and back.

Who comes back is known by the provider's own name for them (issuer and subject). An address of mail makes nobody an
owner of an account that exists: who has one joins the two while signed in, by a click on a page of ours. A link
elsewhere that is followed while signed in leads to our door first: it could be another person's account at the provider
that this browser is signed in with, and that person would come in here from then on. Whoever is new needs an invitation
to the address that the provider has checked.

Each trip has this server ask the provider and remember something, so an address may begin so many that it does not
finish, and then they get slow as wrong passwords do. A trip that is finished does not count.
"""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from psephos.errors import InputError
from psephos.review.accounts import people, sessions, sign_on, throttle
from psephos.review.context import Context, Here
from psephos.review.pages.sign_in import door, signed_in, told, too_many
from psephos.review.store.account_tables import Identity, Invitation, User
from psephos.review.store.audit_log import record
from psephos.review.store.people import set_role
from psephos.review.store.tables import Project

router = APIRouter(include_in_schema=False)

UNFINISHED = 20
"""Trips that an address may begin without finishing them before it has to wait; several people may share one."""


@router.get("/sign-on", name="sign_on")
def out(here: Here) -> Response:
    """Out to the provider."""
    from_elsewhere = here.request.headers.get("sec-fetch-site", "same-origin") != "same-origin"
    if not here.cookie or (here.caller.user_id and from_elsewhere):
        return RedirectResponse("/sign-in", 303)
    with here.write() as session:
        seconds = throttle.tried(session, here.at, _subject(here), free=UNFINISHED)
    if seconds > 0:
        return _refused(here, too_many(here, seconds), 429)
    address, state, trip = sign_on.depart(here.settings, here.cookie)
    here.server.pending.begin(trip, f"trip {state}")
    return RedirectResponse(address, 303)


@router.get(sign_on.PATH, name="sign_on.back")
def back(here: Here, state: str = "", code: str = "", error: str = "") -> Response:
    """Back from the provider."""
    trip = here.server.pending.finish(f"trip {state}")
    if not isinstance(trip, sign_on.Trip) or trip.cookie != here.cookie or error or not code:
        return _refused(here, "The sign-in was not finished. Begin again.")
    try:
        person = sign_on.arrive(here.settings, trip, code)
    except InputError as wrong:
        return _refused(here, told(here, wrong))
    with here.write() as session:
        throttle.forgiven(session, _subject(here))
        user = _owner(session, here, person)
        if user is None or not sessions.is_active(user):
            record(session, None, "", "sign_in.failed", "user:unknown", None, {"step": "single sign-on"})
        else:
            return signed_in(here, session, user, strong=True, after="/projects")
    return _refused(here, "The provider knows you, but nobody has invited you here. Ask a manager for an invitation.")


def _owner(session: Session, here: Context, person: sign_on.Person) -> User | None:
    """The account of whoever came back; made now for who is invited."""
    known = select(Identity).where(Identity.issuer == person.issuer, Identity.subject == person.subject)
    one = session.scalar(known)
    if one is not None:
        return session.get(User, one.user_id)
    if here.caller.session_id is not None:  # a token does less than its person, so it joins nothing
        user = session.get_one(User, here.caller.user_id)
    else:
        invited = _invitation(session, here, person)
        if invited is None:
            return None
        invited.used_at = here.at
        login = person.email.lower() if people.by_login(session, person.email) is None else f"{person.subject}@sign-on"
        user = people.create(session, login, name=person.name, email=person.email)
        if invited.project_id is not None:
            set_role(session, session.get_one(Project, invited.project_id), user, invited.role, actor=user.id)
        record(session, invited.project_id, user.id, "person.joined", f"user:{user.id}", None, {"role": invited.role})
    session.add(Identity(user_id=user.id, issuer=person.issuer, subject=person.subject, created_at=here.at))
    record(session, None, user.id, "identity.joined", f"user:{user.id}", None, {"issuer": person.issuer})
    return user


def _invitation(session: Session, here: Context, person: sign_on.Person) -> Invitation | None:
    if not (person.email and person.email_verified):
        return None
    statement = select(Invitation).where(
        Invitation.purpose == "invite",
        Invitation.email == person.email.lower(),
        Invitation.used_at.is_(None),
        Invitation.ends_at > here.at,
    )
    return session.scalars(statement.order_by(Invitation.id.desc()).with_for_update()).first()


def _subject(here: Context) -> str:
    return f"sign-on {here.address}"


def _refused(here: Context, problem: str, status: int = 401) -> Response:
    return door(here, "sign_in.html", {"after": "", "problem": problem, "login": ""}, status=status)
