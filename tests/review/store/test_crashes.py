"""What happens when the power goes, the disk is full, somebody else holds the file, or the server goes away?"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from psephos.errors import StoreError
from psephos.review.store import deciding, open_store, undoing
from psephos.review.store.account_tables import User
from psephos.review.store.audit_log import verify
from psephos.review.store.tables import Decision, Project

A = {"choice": "a"}


def killed(bench: Any, place: str, kills: int, seconds: float) -> None:
    """Kill a process that decides, again and again; every decision that it acknowledged must be there."""
    acknowledged: dict[int, int] = {}
    command = [sys.executable, str(Path(__file__).with_name("killed.py")), place, bench.users[0]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        for turn in range(kills):
            worker.stdin.write(f"{max(acknowledged.values(), default=-1) + 1}\n")
            worker.stdin.flush()
            child = int(worker.stdout.readline().split()[1])
            said = [worker.stdout.readline()]
            time.sleep(seconds * (turn % 7) / 7)
            os.kill(child, signal.SIGKILL)
            while "gone" not in said[-1]:
                said.append(worker.stdout.readline())
            whole = [line.split() for line in said if line.startswith("kept") and line.endswith("\n")]
            acknowledged.update((int(line[1]), int(line[2])) for line in whole if len(line) == 3)
        worker.stdin.close()
    with bench.store.read() as session:
        found = {made.id: made.answer for made in session.scalars(select(Decision))}
        assert verify(session, bench.project).bad is None
    assert acknowledged
    assert all(found[kept] == {"choice": f"answer {answer}"} for kept, answer in acknowledged.items())


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_killed_server_loses_no_acknowledged_decision(fresh: Any, bench_of: Any, database: str) -> None:
    bench = bench_of(fresh(database))
    killed(bench, _address(bench.store), kills=20 if database == "sqlite" else 5, seconds=0.05)


@pytest.mark.slow
def test_a_thousand_kills_lose_no_acknowledged_decision(fresh: Any, bench_of: Any) -> None:
    bench = bench_of(fresh("sqlite"))
    killed(bench, _address(bench.store), kills=1000, seconds=0.05)
    with sqlite3.connect(bench.store.place) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_full_disk_keeps_nothing_of_a_change_and_says_so(fresh: Any, bench_of: Any) -> None:
    bench = bench_of(fresh("sqlite"))
    before = bench.verified().head
    with bench.store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    limited = open_store(bench.store.place)
    from sqlalchemy import event

    event.listen(limited.engine, "connect", lambda made, _: made.execute(f"PRAGMA max_page_count = {pages}").close())
    limited.close()

    def much() -> None:
        with limited.write() as session:
            for number in range(200):
                deciding.decide(session, 1 + number % 6, bench.users[0], A, note="x" * 5000)

    with pytest.raises(StoreError, match="disk is full"):
        much()
    limited.close()
    assert bench.verified().head == before


def test_a_file_that_somebody_holds_is_said_to_be_busy(
    fresh: Any, bench_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("psephos.review.store.opening.PATIENCE", 0.2)
    bench = bench_of(fresh("sqlite"))
    other = sqlite3.connect(bench.store.place, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="busy"):
        bench.decide(1, bench.users[0], A)
    with bench.store.read() as session:
        assert session.get(Project, bench.project) is not None
    other.execute("ROLLBACK")
    other.close()
    bench.decide(1, bench.users[0], A)


def test_a_server_that_is_gone_is_said_and_found_again(fresh: Any, bench_of: Any, postgres_server: Any) -> None:
    bench = bench_of(fresh("postgresql"))
    postgres_server.stop()
    try:
        with pytest.raises(StoreError, match="cannot be reached"):
            bench.decide(1, bench.users[0], A)
        with pytest.raises(StoreError, match="cannot be reached"):
            open_store(_address(bench.store))
    finally:
        postgres_server.start()
    bench.decide(1, bench.users[0], A)
    assert bench.verified().bad is None


def test_twenty_write_at_once_and_none_is_told_that_it_is_locked(fresh: Any, bench_of: Any) -> None:
    bench = bench_of(fresh("sqlite"), overlap=20)
    with bench.store.write() as session:
        session.add_all(User(id=f"u{n}", login=f"u{n}") for n in range(20))
    second = open_store(bench.store.place)  # as another process would
    problems: list[Exception] = []

    def work(number: int) -> None:
        store = (bench.store, second)[number % 2]
        try:
            for item in range(1, 4):
                with store.write() as session:
                    deciding.decide(session, item, f"u{number}", A)
        except Exception as problem:  # noqa: BLE001 - shown by the assertion
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second.close()
    assert problems == []
    assert [bench.item(n).state for n in (1, 2, 3)] == ["decided"] * 3
    assert bench.verified().bad is None


def test_a_write_inside_a_write_of_the_same_thread_is_a_mistake(fresh: Any) -> None:
    store = fresh("sqlite")
    with store.write(), pytest.raises(RuntimeError, match="inside a write"), store.write():
        pass
    with store.write() as session:
        session.execute(text("SELECT 1"))


def test_undo_after_a_crash_goes_on_where_it_was(fresh: Any, bench_of: Any) -> None:
    bench = bench_of(fresh("sqlite"))
    bench.decide(1, bench.users[0], A)
    again = open_store(bench.store.place)
    with again.write() as session:
        undoing.undo(session, session.get(Project, bench.project), bench.users[0])
    again.close()
    assert bench.item(1).state == "new"


def _address(store: Any) -> str:
    return store.place if store.is_sqlite else store.engine.url.set(drivername="postgresql").render_as_string(False)
