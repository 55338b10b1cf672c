"""Whole stores and projects on the way: backup, another database, full export and back, migrations, rights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from psephos.cli import app
from psephos.errors import InputError, ParseError, StoreError
from psephos.review.store import adjudicating, comments, deciding, items, open_store, undoing
from psephos.review.store.account_tables import User
from psephos.review.store.audit_log import record, verify
from psephos.review.store.exporting.whole import lines
from psephos.review.store.importing.whole import import_project
from psephos.review.store.migrating import HEAD, upgrade, version_of
from psephos.review.store.moving import backup, move
from psephos.review.store.opening import connect, file_system_of
from psephos.review.store.rights import grant
from psephos.review.store.tables import Base, Project


def worked(bench: Any) -> None:
    """Some history of every kind."""
    one, two, three = bench.users[:3]
    bench.decide(1, one, {"choice": "a"}, note="Zürich \U0001f4a7 =1+1", seconds=2.5)
    bench.decide(1, two, {"own": "c"})
    bench.service(adjudicating.adjudicate)(1, three, {"both": ["a", "c"]})
    bench.decide(2, one, {"choice": "b"})
    bench.in_project(undoing.undo, one)
    bench.skip(3, one, "bad data")
    bench.service(comments.comment)(2, two, "<b>look</b>", place=None)
    bench.service(items.flag)(4, one, True)


def exported(store: Any, project: int) -> list[str]:
    with store.read() as session:
        return list(lines(session, session.get(Project, project)))


def test_a_full_export_comes_back_as_it_was(make_bench: Any, fresh: Any, database: str) -> None:
    bench = make_bench(overlap=2, audit_share=0.5)
    worked(bench)
    first = exported(bench.store, bench.project)
    other = fresh("postgresql" if database == "sqlite" else "sqlite")
    with other.write() as session:
        session.add(User(id="me", name="me"))
        made = import_project(session, first, actor="me").id
    second = exported(other, made)

    def without_head(text: list[str]) -> Any:
        return [json.loads(line) for line in text[1:-1] if '"project.import"' not in line]

    assert without_head(second) == without_head(first)
    assert json.loads(second[0])["project"] == json.loads(first[0])["project"]
    with other.read() as session:
        assert verify(session, made, expected=json.loads(first[0])["head"]["hash"]).bad is None
    with other.write() as session:
        again = import_project(session, first, actor="me").id
    with other.read() as session:
        assert verify(session, again).bad is None
    assert len(exported(other, again)) == len(second)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[:-1], "cut"),
        (lambda text: text[:-2] + text[-1:], "as many rows"),
        (lambda text: text[:5] + text[6:], "not there"),
        (lambda text: [*text[:5], text[5].replace("item 0", "item 9").replace('"a"', '"b"'), *text[6:]], "SHA-256"),
        (lambda text: text[1:], "no full export"),
        (lambda text: [text[0].replace('"version":1', '"version":2'), *text[1:]], "version"),
        (lambda text: [*text[:3], "[1]\n", *text[3:]], "no JSON object"),
        (lambda text: [*text[:3], '{"table":"user2"}\n', *text[3:]], "unknown table"),
        (lambda text: [*text[:4], text[4].replace('"kind"', '"sort"'), *text[5:]], "lacks or has"),
        (lambda text: [], "no JSON object"),
    ],
    ids=["cut", "row-lost", "item-lost", "changed", "beheaded", "version", "no-object", "table", "column", "empty"],
)
def test_a_damaged_export_is_refused_whole(fresh: Any, bench_of: Any, change: Any, said: str) -> None:
    bench = bench_of(fresh("sqlite"))
    bench.decide(1, bench.users[0], {"choice": "a"})
    text = exported(bench.store, bench.project)
    other = fresh("sqlite")
    with pytest.raises(ParseError, match=said), other.write() as session:
        import_project(session, change(text), actor="me")
    with other.read() as session:
        assert session.get(Project, 1) is None


def test_a_store_moves_from_one_database_to_the_other_and_back(fresh: Any, bench_of: Any, tmp_path: Path) -> None:
    bench = bench_of(fresh("sqlite"), overlap=2)
    worked(bench)
    target = fresh("postgresql")
    moved = move(bench.store, target)
    assert moved.rows["decision"] == 6
    back = open_store(tmp_path / "back.db")
    assert move(target, back).heads == moved.heads
    assert exported(back, bench.project) == exported(bench.store, bench.project)
    with pytest.raises(InputError, match="holds rows"):
        move(bench.store, target)
    with target.write() as session:
        deciding.decide(session, 5, bench.users[0], {"choice": "a"})
    back.close()


def test_a_backup_is_whole_private_and_of_one_moment(fresh: Any, bench_of: Any, tmp_path: Path) -> None:
    bench = bench_of(fresh("sqlite"))
    bench.decide(1, bench.users[0], {"choice": "a"})
    copy = backup(bench.store, tmp_path / "copy.db")
    assert copy.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError, match="exists"):
        backup(bench.store, copy)
    opened = open_store(copy)
    assert exported(opened, bench.project) == exported(bench.store, bench.project)
    opened.close()


def test_migrations_go_down_and_up_and_make_what_the_tables_say(store: Any) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with store.writer.connect() as connection:
        context = MigrationContext.configure(connection)
        assert [change for change in compare_metadata(context, Base.metadata) if not _same_type(change)] == []
    assert upgrade(store, "base") == HEAD
    with store.engine.connect() as connection:
        assert version_of(connection) == "base"
    assert upgrade(store) == "base"


def _same_type(change: Any) -> bool:
    return isinstance(change, list) and all(part[0] == "modify_type" for part in change)


def test_a_store_of_another_version_or_of_something_else_is_refused(fresh: Any, tmp_path: Path) -> None:
    store = fresh("sqlite")
    with store.writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for options in ({}, {"upgrade": False}):
        with pytest.raises(StoreError, match="later version"):
            open_store(store.place, **options)
    other = connect(tmp_path / "other.db")
    with other.writer.begin() as connection:
        connection.execute(text("CREATE TABLE cats (name TEXT)"))
    other.close()
    with pytest.raises(StoreError, match="something else, such as 'cats'"):
        open_store(tmp_path / "other.db")
    (tmp_path / "text.db").write_text("not a database at all " * 50)
    with pytest.raises(StoreError, match="not a database of psephos"):
        open_store(tmp_path / "text.db")


def test_network_file_systems_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "1 0 8:1 / / rw - ext4 /dev/sda rw\n"
        f"2 1 0:5 / {str(tmp_path).replace(' ', chr(92) + '040')} rw - fuse.sshfs host: rw\n"
    )
    assert file_system_of(Path("/usr"), mounts) == "ext4"
    monkeypatch.setattr("psephos.review.store.opening.MOUNTS", mounts)
    monkeypatch.setattr("psephos.review.store.opening.file_system_of.__defaults__", (mounts,))
    with pytest.raises(InputError, match="network file system"):
        open_store(tmp_path / "review.db")


@pytest.mark.parametrize("address", ["mysql://host/x", "sqlite://", "postgresql://[", "."])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InputError):
        open_store(address)


def test_the_role_of_the_app_cannot_change_the_log(fresh: Any, postgres_server: Any) -> None:
    store = fresh("postgresql")
    with store.writer.begin() as connection:
        connection.execute(text("DROP OWNED BY app; DROP ROLE app") if _has_role(connection) else text("SELECT 1"))
        connection.execute(text("CREATE ROLE app LOGIN"))
    grant(store, "app")
    url = store.engine.url
    limited = open_store(postgres_server.address(url.database, "app"), upgrade=False)
    with limited.write() as session:
        record(session, None, "u", "test.made", "x")
    for statement in ("UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"):
        with (
            pytest.raises((DBAPIError, StoreError), match=r"let this user|permission|append"),
            limited.write() as session,
        ):
            session.execute(text(statement))
    limited.close()
    with pytest.raises(InputError, match="no role"):
        grant(store, "nobody else")
    with pytest.raises(InputError, match="no roles"):
        grant(fresh("sqlite"), "app")


def _has_role(connection: Any) -> bool:
    return connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = 'app'")).first() is not None


def test_the_verbs_verify_back_up_and_move(fresh: Any, bench_of: Any, tmp_path: Path) -> None:
    bench = bench_of(fresh("sqlite"))
    bench.decide(1, bench.users[0], {"choice": "a"})
    place = bench.store.place
    run = CliRunner().invoke
    done = run(app, ["audit", "verify", "--store", place])
    assert (done.exit_code, "all in order" in done.output) == (0, True)
    assert run(app, ["backup", str(tmp_path / "copy.db"), "--store", place]).exit_code == 0
    target = str(tmp_path / "moved.db")
    assert "in order" in run(app, ["db", "migrate-to", target, "--store", place]).output
    assert "version base before" in run(app, ["db", "upgrade", "--store", str(tmp_path / "new.db")]).output
    moved = open_store(target)
    with moved.writer.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_refuses_update"))
        connection.execute(text("UPDATE audit SET actor = 'x' WHERE chain = 1 AND seq = 2"))
    moved.close()
    done = run(app, ["audit", "verify", "--store", target])
    assert (done.exit_code, "project 1: row 2" in done.output) == (1, True)
    done = run(app, ["audit", "verify", "--store", str(tmp_path / "none.db")])
    assert isinstance(done.exception, InputError)
