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


@pytest.fixture
def bench(store: Any) -> Any:
    """A store with a project of six labelled items and five people."""
    return Bench(store)


class Bench:
    """A project, people, and short ways to the services."""

    def __init__(self, store: Any, items: int = 6, **rules: Any) -> None:
        from psephos.opinions import labels
        from psephos.review.store import deciding, loading, people, projects

        self.store = store
        with store.write() as session:
            self.system = projects.system_user(session).id
            self.users = [people.create_user(session, f"user{n}", actor=self.system).id for n in range(5)]
            rules = {"audit_share": 0.0} | rules
            self.project = projects.create_project(session, "labels", actor=self.system, **rules).id
            names = [f"item {n}" for n in range(items) for _ in range(3)]
            said = [label for n in range(items) for label in (("a", "a", "b") if n % 2 else ("a", "a", "a"))]
            votes = labels(names, ["x", "y", "z"] * items, said)
            loading.load(session, self.project_in(session), votes, actor=self.system)
        self.decide = self.service(deciding.decide)
        self.skip = self.service(deciding.skip)

    def project_in(self, session: Any) -> Any:
        from psephos.review.store.tables import Project

        return session.get(Project, self.project)

    def service(self, function: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            with self.store.write() as session:
                return function(session, *arguments, **options)

        return call

    def in_project(self, function: Any, *arguments: Any, **options: Any) -> Any:
        with self.store.write() as session:
            return function(session, self.project_in(session), *arguments, **options)

    def item(self, item_id: int) -> Any:
        from psephos.review.store.tables import Item

        with self.store.read() as session:
            return session.get(Item, item_id)

    def verified(self) -> Any:
        from psephos.review.store.audit_log import verify

        with self.store.read() as session:
            return verify(session, self.project)


@pytest.fixture
def make_bench(store: Any) -> Callable[..., Any]:
    """`make_bench(items=..., overlap=...)`: as `bench`, with other rules."""
    return lambda **rules: Bench(store, **rules)


@pytest.fixture
def bench_of() -> Any:
    """`bench_of(store, items=..., overlap=...)`: a bench in a store of one's own."""
    return Bench
