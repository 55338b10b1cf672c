"""psephos audit, backup and db: what happened, a copy of it, and the database that holds it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from psephos.cli.complaints import Verb

if TYPE_CHECKING:
    from psephos.review.store import Store

StoreOption = Annotated[
    str,
    typer.Option("--store", "--database", metavar="ADDRESS", help="A SQLite file, or postgresql://user@host/database."),
]
DEFAULT = "psephos.db"

audit = typer.Typer(no_args_is_help=True, help="The log of the review app: can it be proved what happened?")
db = typer.Typer(no_args_is_help=True, help="The database of the review app.")


@audit.command(cls=Verb)
def verify(
    store: StoreOption = DEFAULT,
    project: Annotated[int | None, typer.Option(help="Only the log of this project; 0 for the instance.")] = None,
    head: Annotated[
        str | None, typer.Option(metavar="HASH", help="A head that was kept, which must be in the chain.")
    ] = None,
) -> None:
    """Compute the chain of each log anew; name the first row that is wrong, and exit with 1 if any is."""
    from psephos.cli import output
    from psephos.errors import InputError
    from psephos.review.store.audit_log import chains
    from psephos.review.store.audit_log import verify as verify_chain

    if head is not None and project is None:
        raise InputError("head", "is of one log", hint="say which with project=")
    opened = existing(store)
    out, bad = output.console(), False
    with opened.read() as session:
        for chain in chains(session) if project is None else [project]:
            checked = verify_chain(session, chain, expected=head)
            bad = bad or checked.bad is not None
            output.print_line(out, checked)
    opened.close()
    if bad:
        raise typer.Exit(1)


def backup(
    to: Annotated[Path, typer.Argument(metavar="FILE", help="The new file.")],
    store: StoreOption = DEFAULT,
) -> None:
    """Copy a SQLite store while people work with it."""
    from psephos.cli import output
    from psephos.review.store.moving import backup as copy

    opened = existing(store)
    output.print_line(output.console(), f"Wrote {copy(opened, to)}")
    opened.close()


@db.command("migrate-to", cls=Verb)
def migrate_to(
    target: Annotated[str, typer.Argument(metavar="ADDRESS", help="An empty database.")],
    store: StoreOption = DEFAULT,
) -> None:
    """Copy everything into another database, and check rows and logs of the copy."""
    from psephos.cli import output
    from psephos.review.store import open_store
    from psephos.review.store.moving import move

    opened = existing(store)
    into = open_store(target)
    output.print_line(output.console(), f"Copied {move(opened, into)}")
    into.close()
    opened.close()


@db.command(cls=Verb)
def upgrade(
    store: StoreOption = DEFAULT,
    app_role: Annotated[
        str | None,
        typer.Option(metavar="ROLE", help="Of PostgreSQL: let this role use the app, but not change the log."),
    ] = None,
) -> None:
    """Make the tables, or bring them to this version of psephos."""
    from psephos.cli import output
    from psephos.review.store.migrating import HEAD
    from psephos.review.store.migrating import upgrade as bring
    from psephos.review.store.opening import connect
    from psephos.review.store.rights import grant

    opened = connect(store)
    before = bring(opened)
    output.print_line(output.console(), f"{opened.place}: version {before} before, {HEAD} now")
    if app_role is not None:
        grant(opened, app_role)
        output.print_line(output.console(), f"{app_role} may use the app, and not change its log")
    opened.close()


def existing(address: str) -> Store:
    """The store at an address, opened as it is: a verb that looks must not make an empty one, nor upgrade an old one.

    Parameters
    ----------
    address : str
        A SQLite file, or the address of a PostgreSQL database.

    Raises
    ------
    InputError
        `store`: there is no such file.
    StoreError
        It cannot be opened, or its tables are of another version.
    """
    from psephos.errors import InputError
    from psephos.review.store import open_store

    if "://" not in address and not Path(address).exists():
        raise InputError("store", f"there is no {address}", hint="name the file with store=")
    return open_store(address, upgrade=False)
