"""An export whose server is killed is said to be interrupted and leaves no half file; a running one is left alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from psephos.errors import InputError
from psephos.review.store.audit_log import history
from psephos.review.store.columns import now
from psephos.review.store.exporting.jobs import INTERRUPTED, LEASE, interrupt, run_export
from psephos.review.store.migrating import upgrade
from psephos.review.store.reservations import AHEAD
from psephos.review.store.tables import Export
from tests.waiting import until

LONG = 3600.0
"""Seconds between signs of life of an export that gives no second one."""


def address(store: Any) -> str:
    return store.place if store.is_sqlite else store.engine.url.set(drivername="postgresql").render_as_string(False)


@contextmanager
def exporting(bench: Any, file: Path, *, beat: float = LONG) -> Iterator[subprocess.Popen[str]]:
    """A process that is in the middle of an export; killed at the end at the latest."""
    file.parent.mkdir(parents=True)
    script = str(Path(__file__).with_name("killed_export.py"))
    command = [sys.executable, script, address(bench.store), str(bench.project), bench.users[0], str(file), str(beat)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "5\n"
            yield process
        finally:
            process.kill()


def row(bench: Any) -> Export:
    with bench.store.read() as session:
        one: Export = session.query(Export).order_by(Export.id).first()
        return one


def test_an_export_whose_process_is_killed_is_interrupted_and_leaves_no_half_file(bench: Any, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    file = folder / "random" / "export.jsonl"
    with exporting(bench, file) as process:
        process.kill()
        process.wait()
    assert [one.name for one in file.parent.iterdir()] != []
    assert row(bench).status == "running"
    assert interrupt(bench.store, folder=folder, at=now()) == []  # it may be another server's, and run
    later = now() + LEASE
    assert interrupt(bench.store, folder=folder, but={row(bench).id}, at=later) == []
    assert interrupt(bench.store, folder=folder, at=later) == [row(bench).id]
    assert interrupt(bench.store, folder=folder, at=later) == []
    told = row(bench)
    assert (told.status, told.problem, told.finished_at) == ("interrupted", INTERRUPTED, later)
    assert list(folder.iterdir()) == []
    with bench.store.read() as session:
        assert [one["object"] for one in history(session, bench.project, action="export.interrupted")] == ["export:1"]
    assert bench.verified().bad is None
    once_more = run_export(bench.store, bench.project, told.format, tmp_path / "again.jsonl", actor=bench.users[0])
    assert once_more.status == "done"


def test_a_running_export_of_another_server_is_left_alone(bench: Any, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    with exporting(bench, folder / "random" / "export.jsonl", beat=0.05):
        first = row(bench).until
        until(lambda: row(bench).until > first)
        assert interrupt(bench.store, folder=folder, at=first) == []
        assert row(bench).status == "running"
        assert len(list(folder.iterdir())) == 1


def test_a_time_far_ahead_as_of_a_clock_that_was_set_back_is_none(bench: Any, tmp_path: Path) -> None:
    with bench.store.write() as session:
        made = {"project_id": bench.project, "user_id": bench.users[0], "format": "csv", "status": "running"}
        session.add(Export(**made, until=now() + LEASE + AHEAD + timedelta(minutes=1)))
        session.add(Export(**made))  # as older versions left it
    assert interrupt(bench.store, folder=tmp_path, at=now()) == [1, 2]


def test_nothing_is_removed_outside_of_the_folder_of_exports(bench: Any, tmp_path: Path) -> None:
    places = [tmp_path / "mine" / "votes.csv", tmp_path / "exports" / "votes.csv", tmp_path / "exports" / "a" / "b.csv"]
    for place in places:
        place.parent.mkdir(exist_ok=True)
        place.write_text("x")
    with bench.store.write() as session:
        made = {"project_id": bench.project, "user_id": bench.users[0], "format": "csv", "status": "running"}
        session.add_all(Export(**made, path=str(place)) for place in [*places, ""])
    assert len(interrupt(bench.store, folder=tmp_path / "exports", at=now())) == 4
    assert [place.exists() for place in places] == [True, True, False]


def test_an_export_that_comes_back_after_it_was_given_up_says_what_is_there(bench: Any, tmp_path: Path) -> None:
    """A process that was stopped for long: its file counts if it is whole, and nothing is said of one that is gone."""
    folder = tmp_path / "exports"

    def give_up(_: int) -> None:
        assert interrupt(bench.store, folder=folder, at=now() + LEASE) != []

    told = run_export(bench.store, bench.project, "csv", tmp_path / "a.csv", actor=bench.users[0], begun=give_up)
    assert (told.status, told.problem) == ("done", "")
    (folder / "own").mkdir(parents=True)
    gone = {"actor": bench.users[0], "own_folder": True, "begun": give_up}
    with pytest.raises(InputError):
        run_export(bench.store, bench.project, "csv", folder / "own" / "b.csv", **gone)
    with bench.store.read() as session:
        assert [one.status for one in session.query(Export).order_by(Export.id)] == ["done", "interrupted"]


def test_a_store_of_the_version_before_gets_leases_and_loses_them(store: Any, bench_of: Any) -> None:
    bench = bench_of(store)
    with store.write() as session:
        made = {"project_id": bench.project, "user_id": bench.users[0], "format": "csv"}
        session.add_all([Export(**made, status="interrupted"), Export(**made, status="done", until=now())])
    upgrade(store, "0001")
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM export ORDER BY id").mappings().all()
    assert [one["status"] for one in rows] == ["failed", "done"]
    assert "until" not in rows[0]
    upgrade(store)
    assert row(bench).until is None
    assert bench.verified().bad is None
