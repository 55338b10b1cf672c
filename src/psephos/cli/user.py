"""psephos user: people of a review server, from the terminal of the machine that it runs on."""

from __future__ import annotations

from typing import Annotated

import typer

from psephos.cli.complaints import Verb

user = typer.Typer(help="People of a review server.", no_args_is_help=True)

Database = Annotated[str, typer.Option("--database", "--store", metavar="FILE|URL", help="The store of the server.")]


@user.command("create-admin", cls=Verb)
def create_admin(
    login: Annotated[str, typer.Argument(help="What they sign in with: an address or a name.")],
    database: Database = "psephos.db",
    name: Annotated[str, typer.Option(help="What others see.")] = "",
) -> None:
    """Make an administrator; the password is asked for, or read from standard input."""
    import sys

    from psephos.review.accounts import people
    from psephos.review.store.account_tables import SYSTEM
    from psephos.review.store.audit_log import record
    from psephos.review.store.opening import open_store
    from psephos.review.store.projects import system_user

    if sys.stdin.isatty():
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    store = open_store(database)
    with store.write() as session:
        system_user(session)
        made = people.create(session, login, name=name, password=password, admin=True)
        record(session, None, SYSTEM, "person.created", f"user:{made.id}", None, {"admin": True})
    typer.echo(f"{made.login} can sign in")


@user.command(cls=Verb)
def erase(
    login: Annotated[str, typer.Argument(help="What they sign in with.")],
    database: Database = "psephos.db",
) -> None:
    """Forget who somebody is: name, password, sessions and tokens go; what they decided stays, without a name."""
    from psephos.cli.store import existing
    from psephos.errors import InputError
    from psephos.review.accounts.people import by_login
    from psephos.review.store import people
    from psephos.review.store.account_tables import SYSTEM

    store = existing(database)
    with store.write() as session:
        found = by_login(session, login)
        if found is None:
            raise InputError("login", f"nobody signs in as {login!r:.80}", hint="it is what they sign in with")
        people.erase(session, found, actor=SYSTEM)
    store.close()
    typer.echo(f"{login.strip().lower()} is forgotten; what they decided stays")
