"""Who has an account, and what may they do where?

Source: sheet 90 section 7. Differs: nothing. There is no account that was not made by somebody: the first administrator
comes from the command line, all others from invitations or the single sign-on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from psephos.errors import InputError
from psephos.review.accounts.passwords import check_password, hash_password
from psephos.review.store.account_tables import SYSTEM, SecondFactor, User
from psephos.review.store.people import create_user

LOCAL = "local"
"""How the one user of a local server is called."""

_LOGIN = re.compile(r"[\w.+@-]{2,200}")


def check_login(text: str) -> str:
    """What somebody signs in with, in small letters.

    Examples
    --------
    >>> check_login(" Ann@Example.org ")
    'ann@example.org'
    """
    login = text.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise InputError(
            "login", "must be an address or a name of letters, digits and . + - _ @, of 2 to 200 characters"
        )
    return login


def by_login(session: Session, login: str) -> User | None:
    """The person who signs in like that."""
    return session.scalar(select(User).where(User.login == login.strip().lower()))


def create(
    session: Session,
    login: str,
    *,
    name: str = "",
    password: str | None = None,
    admin: bool = False,
    email: str = "",
    actor: str = "",
) -> User:
    """A new person.

    Raises
    ------
    InputError
        If the login is taken or not one, or the password may not be used.
    """
    login = check_login(login)
    hashed = None
    if password is not None:
        hashed = hash_password(check_password(password, name=f"{login} {name}"))
    known = {"email": email[:200], "password": hashed, "admin": admin}
    return create_user(session, login, actor=actor or SYSTEM, name=name.strip()[:200], **known)


def local_user(session: Session) -> User:
    """The one user of a local server, made at the first start."""
    user = by_login(session, LOCAL)
    if user is None:
        user = User(login=LOCAL, name="You", admin=True)
        session.add(user)
        session.flush()
    return user


def set_password(session: Session, user: User, password: str) -> None:
    """Give a person a new password."""
    second = has_second_factor(session, user.id)
    user.password = hash_password(check_password(password, name=f"{user.login} {user.name}", second_factor=second))


def has_second_factor(session: Session, user_id: str) -> bool:
    """Whether something is asked for besides the password."""
    return bool(factors_of(session, user_id))


def factors_of(session: Session, user_id: str, *kinds: str) -> Sequence[SecondFactor]:
    """The confirmed second factors of a person."""
    wanted = kinds or ("totp", "webauthn")
    statement = select(SecondFactor).where(
        SecondFactor.user_id == user_id, SecondFactor.confirmed.is_(True), SecondFactor.kind.in_(wanted)
    )
    return session.scalars(statement.order_by(SecondFactor.id)).all()
