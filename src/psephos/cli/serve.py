"""psephos serve: the review app, on this machine or for a team."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from psephos.review.settings import Settings, SignOn
    from psephos.review.store.opening import Store

PORT = 8484


def serve(
    path: Annotated[
        Path | None, typer.Argument(help="Opinions to review: a file or a folder; loaded once.", show_default=False)
    ] = None,
    database: Annotated[
        str,
        typer.Option(
            "--database",
            "--store",
            metavar="FILE|URL",
            help="Where everything is kept: a SQLite file, or postgresql://...",
        ),
    ] = "psephos.db",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = PORT,
    team: Annotated[bool, typer.Option("--team", help="For several people: accounts, over https.")] = False,
    origin: Annotated[
        str | None, typer.Option(metavar="https://HOST", help="Of a team: the address in the browser.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="Of a team: TLS certificate, PEM.")] = None,
    private_key: Annotated[Path | None, typer.Option(help="Of a team: its key, PEM.")] = None,
    behind_proxy: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Of a team: the proxy that holds the certificate.")
    ] = None,
    hsts: Annotated[bool, typer.Option("--hsts", help="Tell browsers to come by https only.")] = False,
    sign_on: Annotated[
        str | None,
        typer.Option(
            metavar="ISSUER", help="OpenID provider; PSEPHOS_CLIENT_ID and PSEPHOS_CLIENT_SECRET name us to it."
        ),
    ] = None,
    idle_minutes: Annotated[float, typer.Option(help="Minutes after which a session ends that is not used.")] = 30,
    absolute_hours: Annotated[float, typer.Option(help="Hours after which a session ends in any case.")] = 12,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=DAYS",
            envvar="PSEPHOS_KEEP",
            help="Days for which what has passed is kept: sessions, links, messages and exports 30, tokens 90, if not "
            "said otherwise; forever keeps it for good. May be said several times.",
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the project; the name of the path if not given.")] = None,
) -> None:
    """Review opinions in the browser: what is most likely wrong comes first."""
    import socket

    from psephos.errors import InputError, MissingPartError
    from psephos.opinions.text_files import missing_file
    from psephos.review.settings import Settings, is_loopback, read_kept

    try:
        import uvicorn

        from psephos.review.app import create_app
        from psephos.review.logs import write_lines_of_json
        from psephos.review.store.opening import open_store
    except ModuleNotFoundError as missing:
        if isinstance(missing, MissingPartError):
            raise
        raise MissingPartError(str(missing.name), "web", "the review app and its pages") from None

    if not team and not is_loopback(host):
        hint = "others need accounts: add --team"
        raise InputError("--host", f"{host} can be reached from other machines", hint=hint)
    if path is not None and not path.exists():
        raise missing_file(path)
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
    except OSError as problem:
        listener.close()
        raise InputError(
            "--port", f"{host}:{port} is not to be had: {problem.strerror}", hint="take --port 0"
        ) from None
    try:
        taken = listener.getsockname()[1]
        shown = f"[{host}]" if ":" in host and "[" not in host else host
        settings = Settings(
            database=database,
            mode="team" if team else "local",
            origin=(origin or f"{'https' if team else 'http'}://{shown}:{taken}").rstrip("/"),
            own_tls=certificate is not None and private_key is not None,
            trusted_proxy=behind_proxy,
            hsts=hsts,
            idle_minutes=idle_minutes if team else max(idle_minutes, 24 * 60),
            absolute_hours=absolute_hours if team else max(absolute_hours, 7 * 24),
            sign_on=_sign_on(sign_on),
            keep=read_kept(keep or ()),
        )
        write_lines_of_json()
        store = open_store(database)
        _load(store, settings, path, name)
        listener.listen(128)  # who opens the link at once waits until the app answers
        typer.echo(_address(store, settings))
        if team:
            typer.echo("The first administrator comes from: psephos user create-admin")
        uvicorn.Server(
            uvicorn.Config(
                create_app(settings, store),
                log_level="warning",
                access_log=False,
                server_header=False,
                date_header=True,
                proxy_headers=behind_proxy is not None,
                forwarded_allow_ips=behind_proxy or "",
                ssl_certfile=certificate,
                ssl_keyfile=private_key,
                timeout_graceful_shutdown=5,
            )
        ).run(sockets=[listener])
    finally:
        listener.close()


def _sign_on(issuer: str | None) -> SignOn | None:
    """The provider, with what the environment says of us."""
    import os

    from psephos.errors import InputError
    from psephos.review.settings import SignOn

    if issuer is None:
        return None
    names = ("PSEPHOS_CLIENT_ID", "PSEPHOS_CLIENT_SECRET")
    values = [os.environ.get(name, "") for name in names]
    if not all(values):
        raise InputError("--sign-on", f"needs {' and '.join(names)} in the environment")
    return SignOn(issuer=issuer, client_id=values[0], client_secret=values[1])


def _load(store: Store, settings: Settings, path: Path | None, name: str | None) -> None:
    """Load what is to be reviewed into a project of its own, unless it is there already."""
    from psephos.review.accounts.people import local_user
    from psephos.review.store.account_tables import SYSTEM
    from psephos.review.store.loading import load_path
    from psephos.review.store.projects import create_project, project_named, system_user

    with store.write() as session:
        system_user(session)
        if settings.mode == "local":
            local_user(session)
        if path is None:
            return
        called = name or path.resolve().name
        if project_named(session, called) is not None:
            typer.echo(f"{called} is there already; nothing was loaded")
            return
        project = create_project(session, called, actor=SYSTEM)
        typer.echo(f"{called}: {load_path(session, project, path, actor=SYSTEM)}")


def _address(store: Store, settings: Settings) -> str:
    """What to open: of a local server a link that works once."""
    from psephos.review.accounts import links
    from psephos.review.store.columns import now

    if settings.mode == "team":
        return settings.origin
    with store.write() as session:
        return f"{settings.origin}/enter?token={links.make(session, settings, 'local', now())}"
