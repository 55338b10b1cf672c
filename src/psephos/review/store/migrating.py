"""Which tables does a store have, and how does it get those of this version?

Each change of the tables is one file in `migrations/versions`, run by Alembic inside one transaction: a store is of one
version or of the next, never between. Who comes second while another program migrates waits for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, text

from psephos.errors import StoreError, check_choice

if TYPE_CHECKING:
    from psephos.review.store.opening import Store

HEAD = "0002"
"""The version that this version of psephos needs."""

VERSIONS = ("base", "0001", HEAD)
"""All versions, the oldest first; ``base`` has no tables."""

FOLDER = Path(__file__).parent / "migrations"

_LOCK = 7_737_001
"""Key of the lock in PostgreSQL under which tables are changed."""


def version_of(connection: Connection) -> str:
    """The version of the tables; ``"base"`` where there are none.

    Raises
    ------
    StoreError
        If there are tables of something else.
    """
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "base"
    if tables:
        place = str(connection.engine.url.render_as_string(hide_password=True))
        raise StoreError(place, f"holds tables of something else, such as {min(tables)!r:.60}", hint="name another")
    return "base"


def check_version(store: Store) -> None:
    """Refuse a store whose tables are not of this version."""
    with store.engine.connect() as connection:
        found = version_of(connection)
    if found == HEAD:
        return
    if found not in VERSIONS:
        raise StoreError(store.place, f"is of a later version ({found!r:.20})", hint="install a newer psephos")
    raise StoreError(store.place, f"has the tables of version {found}, not {HEAD}", hint="run psephos db upgrade")


def upgrade(store: Store, version: str = HEAD) -> str:
    """Bring the tables to this version; return the version that they had.

    Raises
    ------
    StoreError
        If they are of a version that is not known here.
    """
    check_choice("version", version, VERSIONS)
    with store.engine.connect() as connection:
        found = version_of(connection)
    if found == version:
        return found
    if found not in VERSIONS:
        check_version(store)
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    with store.writer.begin() as connection:
        if not store.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        found = version_of(connection)
        up = VERSIONS.index(found) <= VERSIONS.index(version)

        def steps(revision: Any, _context: Any) -> Any:
            return script._upgrade_revs(version, revision) if up else script._downgrade_revs(version, revision)

        with EnvironmentContext(config, script, fn=steps, destination_rev=version) as environment:
            environment.configure(connection=connection, transactional_ddl=True)
            environment.run_migrations()
    return found
