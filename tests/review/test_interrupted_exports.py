"""A server finds exports of one that was killed, says so, and one press makes them again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from psephos.review import exporting
from psephos.review.store.columns import now
from psephos.review.store.exporting.jobs import LEASE
from psephos.review.store.tables import Export
from tests.review.conftest import World, on_both
from tests.waiting import until


def running(world: World, **more: Any) -> int:
    """The row of an export that runs, and where its half file lies."""
    folder = exporting.folder_of(world.app.server.settings) / "own"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".psephos-half.tmp").write_text("{")
    stated = {"until": now() + LEASE, "options": {"table": "gold", "neutralise": False}} | more
    with world.store.write() as session:
        one = Export(
            project_id=world.ids["own"],
            user_id=world.ids["manager"],
            format="csv",
            status="running",
            path=str(folder / "export.csv"),
            **stated,
        )
        session.add(one)
        session.flush()
        return one.id


def status(world: World, export: int) -> str:
    with world.store.read() as session:
        return session.get_one(Export, export).status


@on_both
def test_an_export_of_a_killed_server_is_found_and_one_press_makes_it_again(world: World) -> None:
    export = running(world, until=now() - timedelta(seconds=1))
    stop = exporting.watch(world.app.server)
    until(lambda: status(world, export) == "interrupted")
    stop()
    assert not (exporting.folder_of(world.app.server.settings) / "own").exists()
    manager = world.visitor("manager")
    page = f"/projects/{world.ids['own']}/settings"
    shown = manager.get(page).text
    assert "interrupted: the server stopped before it was done" in shown
    assert f'action="/projects/{world.ids["own"]}/exports/{export}/again"' in shown
    assert manager.form(f"/projects/{world.ids['own']}/exports/{export}/again").status_code == 303
    exports = f"/api/v1/projects/{world.ids['own']}/exports"
    until(lambda: manager.call("GET", exports).json()[0]["status"] == "done")
    newest = manager.call("GET", exports).json()[0]
    assert newest["id"] > export
    with world.store.read() as session:
        made = session.get_one(Export, newest["id"])
        assert (made.format, made.options) == ("csv", {"table": "gold", "neutralise": False})
    assert manager.get(newest["file"]).text.startswith("item,kind,gold")
    assert manager.call("POST", f"{exports}/{export}/again").status_code == 202
    assert world.visitor("annotator").call("POST", f"{exports}/{export}/again").status_code == 403


def test_a_running_export_is_not_begun_again(world: World) -> None:
    export = running(world)
    got = world.visitor("manager").call("POST", f"/api/v1/projects/{world.ids['own']}/exports/{export}/again")
    assert (got.status_code, got.json()["argument"]) == (422, "export")
    assert status(world, export) == "running"


@on_both
def test_a_server_that_is_stopped_says_at_once_that_its_exports_are_interrupted(world: World) -> None:
    mine, of_another = running(world), running(world)
    stop = exporting.watch(world.app.server)
    world.app.server.exports.add(mine)
    stop()
    assert [status(world, one) for one in (mine, of_another)] == ["interrupted", "running"]


def test_an_export_that_fails_leaves_no_folder(world: World) -> None:
    exports = f"/api/v1/projects/{world.ids['own']}/exports"
    world.visitor("manager").call("POST", exports, {"format": "srt"})
    until(lambda: not world.app.server.exports)
    until(lambda: not list(exporting.folder_of(world.app.server.settings).iterdir()))
