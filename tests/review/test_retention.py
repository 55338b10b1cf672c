"""What has passed is deleted after its days, counted in the log; nothing that anybody decided or said is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from psephos.errors import InputError
from psephos.review import exporting, retention
from psephos.review.accounts import api_tokens, links, sessions, throttle
from psephos.review.context import Server
from psephos.review.settings import Kept, Settings, read_kept
from psephos.review.store.account_tables import ApiToken, Attempt, Delivery, Invitation, SignIn, User
from psephos.review.store.audit_log import history, verify
from psephos.review.store.columns import now
from psephos.review.store.reservations import reserve
from psephos.review.store.tables import Base, Export, Reservation
from tests.review.conftest import World, on_both
from tests.waiting import until

TABLES = {
    "sessions": SignIn,
    "links": Invitation,
    "tokens": ApiToken,
    "messages": Delivery,
    "leases": Reservation,
    "failures": Attempt,
}
DAYS = {"sessions": 30, "links": 30, "tokens": 90, "messages": 30, "exports": 30, "leases": 1, "failures": 1 / 24}
"""The defaults that the documentation names, by hand."""


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the server under test keeps exports: that of a PostgreSQL is shared with other servers of the machine."""
    made = tmp_path / "exports"
    made.mkdir()
    monkeypatch.setattr(retention, "folder_of", lambda settings: made)
    return made


def passing(world: World, folder: Path, *, of: int = 1) -> datetime:
    """Put `of` rows of each kind into the store, all of which end at the moment that is returned."""
    at = now()
    began = at - timedelta(days=1)
    with world.store.write() as session:
        for number in range(of):
            settings, ann = world.app.server.settings, session.get_one(User, world.ids["annotator"])
            sessions.begin(session, settings, ann, began, strong=True, address="192.0.2.1")
            links.make(session, settings, "invite", began, email="ann@example.org")
            api_tokens.issue(session, ann.id, began, name="old", scopes=["read"])
            session.add(Delivery(webhook_id=world.ids["own webhook"], event="test", body="{}", created_at=at))
            throttle.tried(session, at, f"login {number}")
            file = folder / str(number) / "export.jsonl"
            file.parent.mkdir()
            file.write_text("{}\n")
            project, admin = world.ids["own"], world.ids["admin"]
            stated = {"status": "done", "path": str(file), "sha256": "a" * 64, "finished_at": at}
            session.add(Export(project_id=project, user_id=admin, format="jsonl", **stated))
        reserve(session, world.ids["own item"], world.ids["annotator"])
        session.flush()
        session.query(SignIn).update({"ends_at": at})
        session.query(Invitation).update({"ends_at": at})
        session.query(ApiToken).update({"ends_at": at})
        session.query(Delivery).update({"status": "sent"})
        session.query(Reservation).update({"until": at})
    return at


def counts(world: World) -> dict[str, int]:
    with world.store.read() as session:
        return {kind: session.scalar(select(func.count()).select_from(table)) or 0 for kind, table in TABLES.items()}


def rows(world: World) -> dict[str, int]:
    """How many rows each table has that is not of something that passes, or of the log."""
    passes = {table.__tablename__ for table in TABLES.values()} | {"audit"}
    with world.store.read() as session:
        tables = [table for table in Base.metadata.sorted_tables if table.name not in passes]
        return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


@on_both
@pytest.mark.parametrize("kind", sorted(DAYS))
def test_each_kind_goes_after_its_days_and_not_before(world: World, folder: Path, kind: str) -> None:
    ended = passing(world, folder)
    due = ended + timedelta(days=DAYS[kind])
    assert kind not in retention.sweep(world.app.server, due - timedelta(seconds=1))
    assert retention.sweep(world.app.server, due + timedelta(minutes=1))[kind] == 1
    assert (list(folder.iterdir()) if kind == "exports" else counts(world)[kind]) == ([] if kind == "exports" else 0)


@on_both
def test_nothing_else_goes_and_the_log_says_what_did(world: World, folder: Path) -> None:
    ended, before = passing(world, folder), rows(world)
    found = retention.sweep(world.app.server, ended + timedelta(days=400))
    assert found == {"sessions": 1, "links": 1, "tokens": 1, "messages": 1, "leases": 1, "failures": 1, "exports": 1}
    assert rows(world) == before
    with world.store.read() as session:
        (row,) = history(session, None, action="retention.sweep")
        assert row["after"]["deleted"] == found
        assert row["after"]["days"] == {"sessions": 30, "links": 30, "tokens": 90, "messages": 30, "exports": 30}
        assert all(verify(session, chain).bad is None for chain in (None, world.ids["own"], world.ids["foreign"]))
    assert retention.sweep(world.app.server, ended + timedelta(days=400)) == {}
    with world.store.read() as session:
        assert len(history(session, None, action="retention.sweep")) == 1


@on_both
def test_what_goes_on_stays_however_old_it_is(world: World, folder: Path) -> None:
    """A session that goes on, a token without an end, a message that waits, a lease, a file of their own."""
    at = now() + timedelta(days=1000)
    began = at - timedelta(hours=1)
    elsewhere = folder.parent / "own.jsonl"
    elsewhere.write_text("{}\n")
    with world.store.write() as session:
        ann = session.get_one(User, world.ids["annotator"])
        sessions.begin(session, world.app.server.settings, ann, began, strong=True)
        token, _ = api_tokens.issue(session, ann.id, now(), name="for good", scopes=["read"])
        token.ends_at = None
        session.add(Delivery(webhook_id=world.ids["own webhook"], event="test", body="{}"))
        reserve(session, world.ids["own item"], ann.id, at=at)
        stated = {"status": "done", "path": str(elsewhere), "finished_at": now()}
        session.add(Export(project_id=world.ids["own"], user_id=ann.id, format="jsonl", **stated))
    assert retention.sweep(world.app.server, at) == {}
    assert counts(world) == dict.fromkeys(TABLES, 1) | {"links": 0, "failures": 0}
    assert elsewhere.is_file()


@on_both
def test_many_go_in_parts(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "MOST", 2)
    ended = passing(world, folder, of=5)
    found = retention.sweep(world.app.server, ended + timedelta(days=400))
    assert found == dict.fromkeys((*TABLES, "exports"), 5) | {"leases": 1}
    with world.store.read() as session:
        parts = [row["after"]["deleted"]["sessions"] for row in history(session, None, action="retention.sweep")]
    assert parts == [1, 2, 2]


def test_an_export_whose_file_went_says_so(make_world: Callable[..., World]) -> None:
    world = make_world()
    manager, path = world.visitor("manager"), f"/api/v1/projects/{world.ids['own']}/exports"
    made = manager.call("POST", path, {"format": "jsonl"}).json()["id"]
    one = until(lambda: (got := manager.call("GET", f"{path}/{made}").json())["status"] == "done" and got)
    assert manager.get(one["file"]).status_code == 200
    assert retention.sweep(world.app.server, now() + timedelta(days=31))["exports"] == 1
    assert list(exporting.folder_of(world.app.server.settings).iterdir()) == []
    manager = world.visitor("manager")  # the session of before went too
    after = manager.call("GET", f"{path}/{made}").json()
    assert after == one | {"status": "removed", "file": None}
    gone = manager.get(one["file"])
    assert (gone.status_code, "export again" in gone.text) == (422, True)
    assert one["file"] not in manager.get(f"/projects/{world.ids['own']}/settings").text


def test_a_server_sweeps_when_it_starts(world: World) -> None:
    with world.store.write() as session:
        user = session.get_one(User, world.ids["annotator"])
        sessions.begin(session, world.app.server.settings, user, now() - timedelta(days=32), strong=True)
    with TestClient(world.app, base_url=world.app.server.settings.origin):
        until(lambda: counts(world)["sessions"] == 0)


def test_what_is_kept_for_good_and_what_for_no_time(make_world: Callable[..., World], tmp_path: Path) -> None:
    world = make_world(keep=read_kept(["sessions=forever", "links=0", "exports=forever"]))
    ended = passing(world, tmp_path)
    found = retention.sweep(world.app.server, ended + timedelta(seconds=1))
    assert found == {"links": 1}
    later = retention.sweep(world.app.server, ended + timedelta(days=40_000))
    assert {"sessions", "exports"} & set(later) == set()
    with world.store.read() as session:
        assert history(session, None, action="retention.sweep")[0]["after"]["days"]["sessions"] is None


@pytest.mark.parametrize(
    "stated", ["exports", "exports=", "exports=soon", "exports=-1", "exports=nan", "exports=1e9", "x=1"]
)
def test_days_that_cannot_be_are_refused(stated: str) -> None:
    with pytest.raises(InputError) as refused:
        read_kept([stated])
    assert refused.value.argument == "--keep"
    assert stated.partition("=")[0] in str(refused.value)


@pytest.mark.parametrize("days", [-1, float("nan"), "soon", True, 40_000])
def test_settings_that_cannot_be_are_refused(days: Any) -> None:
    with pytest.raises(InputError) as refused:
        Settings(database="x.sqlite", origin="http://127.0.0.1:8484", keep=Kept(messages=days))
    assert refused.value.argument == "messages"


def test_a_sweep_of_a_store_that_is_gone_does_not_end_the_thread(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(retention, "EVERY", timedelta(milliseconds=5))
    tries: list[Server] = []

    def sweep(server: Server) -> dict[str, int]:
        tries.append(server)
        raise OSError("no space")

    monkeypatch.setattr(retention, "sweep", sweep)
    stop = retention.start(world.app.server)
    until(lambda: len(tries) > 2)
    stop()
