"""The log: the chain of the sheet, triggers, tampering found at its place, erasure, sensitive text."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from psephos.errors import InputError
from psephos.review.store import comments, people
from psephos.review.store.account_tables import User
from psephos.review.store.audit_log import INSTANCE, START, chained, entry, history, record, verify
from psephos.review.store.columns import read_moment
from psephos.review.store.tables import Audit

GIVEN = {"choice": "B", "note": "Zürich"}
CHANGED = {"choice": "A", "note": ""}
ROWS = (
    ("2026-01-02T03:04:05.000000Z", "u1", "decision.create", None, GIVEN),
    ("2026-01-02T03:04:09.500000Z", "u2", "decision.supersede", GIVEN, CHANGED),
)
HASHES = (
    "079bdb0837ece99b2c38d6479b77e1ac6b469b561276d0866a5411e3bed75e86",
    "24f50fa437a18696b8049a06f09934cc2d778b55a6b64c125e7196ca7d99da8f",
)


def test_sheet90_chain_of_two_rows_by_hand() -> None:
    hashed = START
    for seq, ((at, actor, action, before, after), expected) in enumerate(zip(ROWS, HASHES, strict=True), start=1):
        row = {"seq": seq, "at": at, "actor": actor, "action": action, "object": "item:17"}
        hashed = chained(hashed, row | {"before": before, "after": after})
        assert hashed.hex() == expected


def test_sheet90_chain_of_two_rows_in_the_store(store: Any) -> None:
    with store.write() as session:
        for at, actor, action, before, after in ROWS:
            record(session, 17, actor, action, "item:17", before, after, at=read_moment(at))
    with store.read() as session:
        assert [row.hash for row in session.scalars(select(Audit).order_by(Audit.seq))] == list(HASHES)
        assert verify(session, 17).head.hash == HASHES[1]
        assert verify(session, 17, expected=HASHES[0]).bad is None
        assert verify(session, 17, expected="ab" * 32).bad == 3
        assert [row["after"] for row in history(session, 17)] == [CHANGED, GIVEN]


def fill(store: Any, count: int = 6) -> None:
    with store.write() as session:
        for number in range(count):
            record(session, 1, "u", "test.made", f"item:{number}", None, {"number": number})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'x' WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 2",
        "UPDATE OR REPLACE audit SET seq = 1 WHERE seq = 2",
        "TRUNCATE audit",
    ],
    ids=lambda statement: "-".join(statement.split()[:3]).lower(),
)
def test_the_database_refuses_to_change_the_log(store: Any, statement: str) -> None:
    if store.is_sqlite == ("TRUNCATE" in statement) or (not store.is_sqlite and " OR " in statement):
        pytest.skip("the other database says it so")
    fill(store)
    with pytest.raises(DBAPIError, match="append only"), store.write() as session:
        session.execute(text(statement))
    with store.read() as session:
        assert verify(session, 1).head.seq == 6


def tampered(store: Any, *statements: str) -> Any:
    """What is found after someone with all rights over the database changed the log."""
    fill(store)
    with store.writer.begin() as connection:
        if store.is_sqlite:
            for name in ("update", "delete", "replace"):
                connection.execute(text(f"DROP TRIGGER audit_refuses_{name}"))
        else:
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        for statement in statements:
            connection.exec_driver_sql(statement)
        if not store.is_sqlite:
            connection.execute(text("ALTER TABLE audit ENABLE TRIGGER USER"))
    with store.read() as session:
        return verify(session, 1)


@pytest.mark.parametrize(
    ("statements", "bad"),
    [
        (("UPDATE audit SET after = '{\"number\":9}' WHERE seq = 4",), 4),
        (("UPDATE audit SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 1",), 1),
        (("UPDATE audit SET hash = '" + "0" * 64 + "' WHERE seq = 3",), 3),
        (("UPDATE audit SET after = 'no json' WHERE seq = 6",), 6),
        (("DELETE FROM audit WHERE seq = 3",), 3),
        (("DELETE FROM audit WHERE seq = 1",), 1),
        (("DELETE FROM audit WHERE seq = 3", "UPDATE audit SET seq = seq - 1 WHERE seq = 4"), 3),
        (("UPDATE audit SET seq = 99 WHERE seq = 2", "UPDATE audit SET seq = 2 WHERE seq = 5"), 2),
    ],
    ids=["changed", "backdated", "rehashed", "broken", "removed", "beheaded", "renumbered", "swapped"],
)
def test_tampering_is_found_at_the_first_bad_row(store: Any, statements: tuple[str, ...], bad: int) -> None:
    found = tampered(store, *statements)
    assert found.bad == bad
    assert f"row {bad}" in str(found)


def test_rows_cut_off_at_the_end_are_found_by_who_kept_a_head(store: Any) -> None:
    fill(store)
    with store.read() as session:
        kept = verify(session, 1).head.hash
    with store.write() as session:
        session.execute(text("SELECT 1"))
    found = tampered(store, "DELETE FROM audit WHERE seq > 4")
    assert found.bad is None
    with store.read() as session:
        assert verify(session, 1, expected=kept).bad == 5


def test_a_change_that_fails_leaves_no_row_and_no_change(bench: Any) -> None:
    before = bench.verified().head

    def half(session: Any) -> None:
        comments.comment(session, 1, bench.users[0], "hello")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bench.service(half)()
    assert bench.verified().head == before


def test_what_cannot_be_said_in_json_is_refused(store: Any) -> None:
    for value in (float("nan"), "\ud800", object()):
        with pytest.raises(InputError), store.write() as session:
            record(session, 1, "u", "test.made", "item:1", None, {"value": value})


def test_a_sensitive_project_logs_hashes_of_what_people_type(make_bench: Any) -> None:
    bench = make_bench(sensitive=True)
    bench.decide(1, bench.users[0], {"own": "Mrs Smith"}, note="Zürich")
    bench.decide(2, bench.users[0], {"choice": "a"})
    bench.service(comments.comment)(1, bench.users[0], "call Mrs Smith")
    with bench.store.read() as session:
        rows = [entry(row) for row in session.scalars(select(Audit).where(Audit.chain == bench.project))]
    assert "Smith" not in str(rows)
    assert "Zürich" not in str(rows)
    made = [row["after"] for row in rows if row["action"] == "decision.create"]
    assert set(made[0]["own"]) == set(made[0]["note"]) == {"sha256"}
    assert made[1]["choice"] == "a"
    assert bench.verified().bad is None


def test_erasing_a_person_leaves_the_chain_valid_and_no_name(bench: Any) -> None:
    one = bench.users[0]
    bench.decide(1, one, {"choice": "a"})
    with bench.store.write() as session:
        user = session.get(User, one)
        user.email = "one@example.org"
        people.set_role(session, bench.project_in(session), user, "reviewer", actor=bench.system)
    with bench.store.write() as session:
        people.erase(session, session.get(User, one), actor=bench.system)
    with bench.store.read() as session:
        user = session.get(User, one)
        assert (user.login, user.name, user.email) == (None, "", "")
        assert people.role_of(session, bench.project, one) is None
        assert verify(session, INSTANCE).bad is None
        assert bench.item(1).final == {"choice": "a"}
        logged = [entry(row) for row in session.scalars(select(Audit))]
    assert "user0" not in str(logged)
    assert "example.org" not in str(logged)
    assert bench.verified().bad is None


def test_the_log_cannot_be_replaced_over_another_connection(fresh: Any) -> None:
    store = fresh("sqlite")
    fill(store)
    with sqlite3.connect(store.place) as other, pytest.raises(sqlite3.IntegrityError, match="append only"):
        other.execute("REPLACE INTO audit SELECT * FROM audit WHERE seq = 2")
    other.close()
