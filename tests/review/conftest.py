"""A small world to review in, and ways to visit it: as a program, as a browser without script, in Chromium."""

from __future__ import annotations

import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

pytest.importorskip("fastapi", reason="the extra web is not installed")
pytest.importorskip("sqlalchemy", reason="the extra web is not installed")

import uvicorn
from sqlalchemy import text
from starlette.testclient import TestClient

from psephos.opinions import from_frame
from psephos.review.accounts import sessions
from psephos.review.app import ReviewApp, create_app
from psephos.review.security import csrf_token
from psephos.review.settings import Settings
from psephos.review.store import opening
from psephos.review.store.account_tables import Membership, SavedView, User, Webhook
from psephos.review.store.columns import now
from psephos.review.store.loading import load
from psephos.review.store.opening import Store, open_store
from psephos.review.store.people import set_role
from psephos.review.store.projects import create_project, system_user
from psephos.review.store.tables import Base, Comment, Export, Item, Media
from tests.waiting import PATIENCE, until

LOCAL, TEAM = "http://127.0.0.1:8484", "https://reviews.test"
PEOPLE = ("viewer", "annotator", "reviewer", "manager", "stranger", "admin", "second")
XSS = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onfocus=alert(1) autofocus x='",
    "<a href=javascript:alert(1)>go</a>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "{{ 7 * 7 }}{% raw %}",
    "<!--<script>",
    "javascript:alert(1)",
    "\u202eturned",
    "👩‍👩‍👧‍👦 e\u0301\u0302 שלום",
]


def labels(items: int = 24, voters: int = 5) -> pl.DataFrame:
    """Votes that agree on most items, and less and less on the last ones."""
    rows = [
        (f"item-{item:02d}", f"voter-{voter}", "cat" if voter >= item % 4 else ("dog", "bird")[voter % 2])
        for item in range(items)
        for voter in range(voters)
    ]
    return pl.DataFrame(rows, schema=["item", "voter", "label"], orient="row")


@dataclass
class World:
    """An application with two projects and a person for each role; ids by name."""

    app: ReviewApp
    ids: dict[str, Any]

    @property
    def store(self) -> Store:
        return self.app.server.store

    def visitor(self, name: str = "", *, strong: bool = True) -> Visitor:
        """Somebody who is signed in, or nobody."""
        visitor = Visitor(self.app)
        if name:
            with self.store.write() as session:
                user = session.get_one(User, self.ids[name])
                visitor.cookie = sessions.begin(session, self.app.server.settings, user, now(), strong=strong)
            visitor.client.cookies.set(self.app.server.settings.cookie, visitor.cookie)
        return visitor


class Visitor:
    """A browser without script: keeps its cookie, sends what browsers send with a form of the page."""

    def __init__(self, app: ReviewApp) -> None:
        self.settings = app.server.settings
        self.client = TestClient(
            app, base_url=self.settings.origin, follow_redirects=False, raise_server_exceptions=False
        )
        self.cookie = ""

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, headers={"accept": "text/html"} | options.pop("headers", {}), **options)

    def form(self, path: str, **fields: Any) -> Any:
        cookie = self.client.cookies.get(self.settings.cookie) or ""
        return self.client.post(path, data={"csrf": csrf_token(cookie)} | fields, headers=self.own(token=False))

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        headers = self.own() | {"accept": "application/json"} | options.pop("headers", {})
        more = {} if body is None else {"json": body}
        return self.client.request(method, path, headers=headers, **more, **options)

    def own(self, *, token: bool = True) -> dict[str, str]:
        cookie = self.client.cookies.get(self.settings.cookie) or ""
        said = {"origin": self.settings.origin, "sec-fetch-site": "same-origin"}
        return said | ({"x-csrf-token": csrf_token(cookie)} if token else {})


@pytest.fixture(scope="session", autouse=True)
def _patient() -> None:
    """A database may take long to answer where many tests want the machine."""
    opening.PATIENCE = PATIENCE


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A store with two projects, made once and copied for each test that changes it."""
    folder = tmp_path_factory.mktemp("review")
    file = folder / "seed.sqlite"
    return file, seeded(str(file), folder)


@pytest.fixture(scope="session")
def postgres_seed(postgres_server: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """The same in PostgreSQL, with a copy of every table in a schema of its own, from which `restore` takes it."""
    address = postgres_server.database()
    ids = seeded(address, tmp_path_factory.mktemp("review"))
    store = open_store(address)
    with store.writer.begin() as connection:
        connection.execute(text("CREATE SCHEMA kept"))
        for table in Base.metadata.sorted_tables:
            connection.execute(text(f'CREATE TABLE kept."{table.name}" AS TABLE public."{table.name}"'))
    store.close()
    return address, ids


def restore(store: Store) -> None:
    """Put everything back as it was made: with triggers off, as only the owner of the database can."""
    names = [f'"{table.name}"' for table in Base.metadata.sorted_tables]
    with store.writer.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(f"TRUNCATE {', '.join(names)} CASCADE"))
        for name in names:
            connection.execute(text(f"INSERT INTO public.{name} SELECT * FROM kept.{name}"))


def seeded(address: str, folder: Path) -> dict[str, Any]:
    """Two projects and a person for each role, in a new store; ids by name."""
    sound = folder / "tone.wav"
    sound.write_bytes(b"RIFF\x24\x08\x00\x00WAVEfmt " + bytes(2048))
    export = folder / "export.jsonl"
    export.write_text("{}\n")
    store = open_store(address)
    ids: dict[str, Any] = {}
    with store.write() as session:
        system_user(session)
        for name in PEOPLE:
            user = User(login=name, name=name.title(), admin=name == "admin")
            session.add(user)
            session.flush()
            ids[name] = user.id
        for called in ("own", "foreign"):
            project = create_project(session, called, actor=ids["admin"], audit_share=0.2)
            project.salt = called  # the same items are of the hidden slice each time, and stand at the same place
            load(session, project, from_frame(labels(), kind="labels"), actor=ids["admin"])
            ids[called] = project.id
            item = session.query(Item).filter_by(project_id=project.id).order_by(Item.id).first()
            assert item is not None
            parts = {
                "comment": Comment(item_id=item.id, author_id=ids["admin"], body="a remark"),
                "media": Media(project_id=project.id, name="tone.wav", path=str(sound), type="audio/wav", size=2068),
                "export": Export(
                    project_id=project.id, user_id=ids["admin"], format="jsonl", status="done", path=str(export)
                ),
                "webhook": Webhook(project_id=project.id, url="https://example.org", secret="s", events=["comment"]),
            }
            session.add_all(parts.values())
            session.flush()
            ids[f"{called} item"] = item.id
            ids |= {f"{called} {name}": part.id for name, part in parts.items()}
            for role in ("viewer", "annotator", "reviewer", "manager", "second"):
                who = role if called == "own" else "stranger"
                if called == "foreign" and role != "manager":
                    continue
                held = "annotator" if role == "second" else role
                set_role(session, project, session.get_one(User, ids[who]), held, actor=ids["admin"])
        for name in PEOPLE:
            view = SavedView(project_id=ids["own"], user_id=ids[name], name="mine", query="?state=new")
            session.add(view)
            session.flush()
            ids[f"view {name}"] = view.id
        member = session.query(Membership).filter_by(user_id=ids["viewer"]).one()
        ids["own member"] = member.id
        ids["foreign member"] = session.query(Membership).filter_by(user_id=ids["stranger"]).one().id
    store.close()
    return ids


def made(seed: tuple[Path, dict[str, Any]], folder: Path, **settings: Any) -> World:
    file = folder / "reviews.sqlite"
    shutil.copy(seed[0], file)
    return over(str(file), seed[1], **settings)


def over(database: str, ids: dict[str, Any], **settings: Any) -> World:
    stated = {"origin": TEAM, "mode": "team", "trusted_proxy": "127.0.0.1"} | settings
    return World(create_app(Settings(database=database, **stated)), dict(ids))


on_both = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)
"""Runs a test once over SQLite and once over a real PostgreSQL."""


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A team's server; over SQLite unless `on_both` says otherwise."""
    if getattr(request, "param", "sqlite") == "sqlite":
        found = made(request.getfixturevalue("seed"), tmp_path)
    else:
        found = over(*request.getfixturevalue("postgres_seed"))
        restore(found.store)
    yield found
    found.store.close()


@pytest.fixture
def make_world(seed: tuple[Path, dict[str, Any]], tmp_path: Path) -> Iterator[Callable[..., World]]:
    """`make_world(**settings)`: a server with other settings."""
    worlds: list[World] = []

    def make(**settings: Any) -> World:
        worlds.append(made(seed, tmp_path, **settings))
        return worlds[-1]

    yield make
    for one in worlds:
        one.store.close()


@dataclass
class Running:
    """A server that listens on loopback."""

    world: World
    url: str
    server: uvicorn.Server
    thread: threading.Thread = field(repr=False)


@contextmanager
def listening(seed: tuple[Path, dict[str, Any]], folder: Path, **settings: Any) -> Iterator[Running]:
    """A local server that really listens, over http on loopback."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    world = made(seed, folder, **{"origin": url, "mode": "local", "trusted_proxy": None} | settings)
    server = uvicorn.Server(uvicorn.Config(world.app, log_level="error", server_header=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield Running(world, url, server, thread)
    server.should_exit = True
    thread.join(timeout=PATIENCE)
    world.store.close()


@pytest.fixture
def serve(seed: tuple[Path, dict[str, Any]], tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """`serve(**settings)`: a server as of `listening`."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(listening(seed, tmp_path, **settings))


def hidden_field(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found is not None
    return found[1]
