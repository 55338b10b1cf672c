"""What may the server do in PostgreSQL? Everything it needs, but never change or delete the log."""

from __future__ import annotations

from sqlalchemy import text

from psephos.errors import InputError
from psephos.review.store.complaints import complaining
from psephos.review.store.opening import Store
from psephos.review.store.tables import Audit, Base


def grant(store: Store, role: str) -> None:
    """Give a role of PostgreSQL the rights of the app: to read and add rows of the log, and to use all other tables.

    Raises
    ------
    InputError
        If the store is SQLite, which has no roles, or there is no such role.
    """
    if store.is_sqlite:
        raise InputError("app_role", "is for PostgreSQL; SQLite has no roles", hint="the file belongs to its user")
    with complaining(store.place), store.writer.begin() as connection:
        known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).first()
        if known is None:
            raise InputError("app_role", f"there is no role {role!r:.60}", hint="CREATE ROLE ... LOGIN first")
        quote = connection.dialect.identifier_preparer.quote_identifier
        name = quote(role)
        connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}"))
        connection.execute(text(f"GRANT SELECT ON alembic_version TO {name}"))
        for table in Base.metadata.sorted_tables:
            logs = table.name == Audit.__tablename__
            connection.execute(text(f"REVOKE ALL ON {quote(table.name)} FROM {name}"))
            rights = "SELECT, INSERT" if logs else "SELECT, INSERT, UPDATE, DELETE"
            connection.execute(text(f"GRANT {rights} ON {quote(table.name)} TO {name}"))
