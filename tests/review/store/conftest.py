"""A fresh store for each test, once in SQLite and once in a real PostgreSQL, and people to use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def _postgres_store(request: pytest.FixtureRequest) -> Iterator[Any]:
    """One database of PostgreSQL for all tests of this process, emptied for each: making tables takes long."""
    pytest.importorskip("sqlalchemy")
    from psephos.review.store import open_store

    store = open_store(request.getfixturevalue("postgres_server").database())
    yield store
    store.close()


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """sqlite or postgresql."""
    return str(request.param)


@pytest.fixture
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Any]:
    """`fresh(database)` is an empty store."""
    from psephos.review.store import open_store

    made = []

    def store(database: str) -> Any:
        if database == "sqlite":
            made.append(open_store(tmp_path / f"review{len(made)}.db"))
            return made[-1]
        held = request.getfixturevalue("_postgres_store")
        empty(held)
        return held

    yield store
    for one in made:
        one.close()


@pytest.fixture
def store(fresh: Callable[[str], Any], database: str) -> Any:
    """An empty store."""
    return fresh(database)


def empty(store: Any) -> None:
    """Empty a PostgreSQL as its owner can: the log refuses everybody else."""
    from sqlalchemy import text

    from psephos.review.store.tables import Base

    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with store.engine.begin() as connection:
        connection.execute(text("SET TRANSACTION READ WRITE"))
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        connection.execute(text("ALTER TABLE audit ENABLE TRIGGER USER"))
