"""Full disk, database held or gone, clock set back: a clear page, nothing lost, nothing half there."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from psephos.review.store import columns
from psephos.review.store.audit_log import history, verify
from psephos.review.store.tables import Comment, Decision
from tests.review.conftest import Visitor, World, on_both

LONG = "x" * 5000


@pytest.fixture
def one(world: World) -> Visitor:
    return world.visitor("annotator")


def item(world: World) -> str:
    return f"/api/v1/projects/{world.ids['own']}/items/{world.ids['own item']}"


def is_a_page_that_says(answer: Any, text: str) -> None:
    """What somebody with a browser gets: the number, what is wrong, what was kept."""
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert text in answer.text
    assert "</html>" in answer.text


def test_a_full_disk_is_said_and_nothing_of_the_change_is_there(world: World, one: Visitor) -> None:
    with world.store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

    def narrow(made: Any, record: Any) -> None:
        made.execute(f"PRAGMA max_page_count = {pages}").close()

    event.listen(world.store.engine, "connect", narrow)
    world.store.close()
    kept = 0
    while (answer := one.call("POST", f"{item(world)}/comments", {"body": LONG})).status_code == 201:
        kept += 1
        assert kept < 200
    assert answer.status_code == 503
    assert str(world.store.place) not in answer.text
    assert "the disk is full" in answer.json()["problem"]
    assert "nothing of this change was kept" in answer.json()["hint"]
    path = f"/projects/{world.ids['own']}/items/{world.ids['own item']}/comments"
    form = one.client.post(path, data={"body": LONG}, headers=one.own() | {"accept": "text/html"})
    is_a_page_that_says(form, "the disk is full")
    assert one.get(f"/projects/{world.ids['own']}").status_code == 200
    event.remove(world.store.engine, "connect", narrow)
    world.store.close()
    assert one.call("POST", f"{item(world)}/comments", {"body": LONG}).status_code == 201
    with world.store.read() as session:
        assert session.query(Comment).filter_by(body=LONG).count() == kept + 1
        rows = history(session, world.ids["own"], action="comment.create", limit=1000)
        assert len([row for row in rows if row["actor"] == world.ids["annotator"]]) == kept + 1
        assert verify(session, world.ids["own"]).bad is None


def test_a_database_that_somebody_holds_can_be_read_and_written_afterwards(world: World, one: Visitor) -> None:
    def impatient(made: Any, record: Any) -> None:
        made.execute("PRAGMA busy_timeout = 200").close()

    event.listen(world.store.engine, "connect", impatient)
    world.store.close()
    other = sqlite3.connect(world.store.place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = one.call("POST", f"{item(world)}/decisions", {"answer": {"choice": "cat"}})
    assert answer.status_code == 503
    assert "is busy" in answer.json()["problem"]
    assert one.get(f"/projects/{world.ids['own']}").status_code == 200
    other.execute("ROLLBACK")
    other.close()
    assert one.call("POST", f"{item(world)}/decisions", {"answer": {"choice": "cat"}}).status_code == 201
    with world.store.read() as session:
        assert session.query(Decision).count() == 1
        assert verify(session, world.ids["own"]).bad is None


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_postgresql_that_goes_is_said_and_found_again(world: World, one: Visitor, postgres_server: Any) -> None:
    assert one.get(f"/projects/{world.ids['own']}").status_code == 200
    postgres_server.stop()
    try:
        answer = one.call("POST", f"{item(world)}/decisions", {"answer": {"choice": "cat"}})
        assert answer.status_code == 503
        assert "cannot be reached" in answer.json()["problem"]
        shown = one.get(f"/projects/{world.ids['own']}")
        is_a_page_that_says(shown, "cannot be reached")
        for said in (answer.text, shown.text):
            assert "psephos@" not in said, "where the store lies"
            assert "127.0.0.1" not in said
    finally:
        postgres_server.start()
    assert one.call("POST", f"{item(world)}/decisions", {"answer": {"choice": "cat"}}).status_code == 201
    with world.store.read() as session:
        assert session.query(Decision).count() == 1
        assert verify(session, world.ids["own"]).bad is None


class Clock:
    """`shift` sets the clock of the program forward, or back."""

    shift = timedelta(0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz or UTC) + found.shift

    monkeypatch.setattr(columns, "datetime", Shifted)
    return found


@on_both
@pytest.mark.parametrize("hours", [-3, -24 * 400])
def test_a_clock_that_is_set_back_loses_nothing(world: World, clock: Clock, hours: int) -> None:
    one, other = world.visitor("annotator"), world.visitor("second")
    path = f"/api/v1/projects/{world.ids['own']}"
    first, second, third = (row["id"] for row in one.call("GET", f"{path}/queue").json()["items"][:3])
    assert one.call("POST", f"{path}/items/{first}/decisions", {"answer": {"own": "before"}}).status_code == 201
    assert other.call("POST", f"{path}/items/{third}/reservation", {}).status_code == 200
    clock.shift = timedelta(hours=hours)
    assert one.call("POST", f"{path}/items/{second}/decisions", {"answer": {"own": "after"}}).status_code == 201
    assert one.call("POST", f"{path}/items/{first}/decisions", {"answer": {"own": "changed"}}).status_code == 201
    assert one.call("POST", f"{path}/undo").json()["item"] == first
    assert one.call("GET", f"{path}/items/{first}").json()["mine"] == "before"
    assert one.call("POST", f"{path}/undo").json()["item"] == second
    assert one.call("POST", f"{path}/redo").json()["item"] == second
    assert one.call("GET", f"{path}/items/{second}").json()["mine"] == "after"
    assert one.call("POST", f"{path}/items/{third}/reservation", {}).status_code == 200, "a lease for hours"
    with world.store.read() as session:
        rows = history(session, world.ids["own"], limit=1000)
        assert [row["seq"] for row in rows] == list(range(len(rows), 0, -1))
        assert verify(session, world.ids["own"]).bad is None
