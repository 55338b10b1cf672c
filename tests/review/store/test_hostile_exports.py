"""Exports of hostile texts, exports while people work, and each field of the log."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import text

from psephos.opinions import labels
from psephos.review.store import adjudicating, projects
from psephos.review.store.audit_log import chained, head, record, verify
from psephos.review.store.exporting import preferences, tables, whole
from psephos.review.store.exporting.jobs import run_export
from psephos.review.store.loading import load
from psephos.review.store.tables import Audit, Project
from tests.review.store.test_audit_log import fill, tampered

RUN = ("=1+1", "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", '=cmd|" /c calc"!A1', "-5", "=", "@")
"""What a spreadsheet takes for a formula."""


def unguarded(store: Any, *statements: Any) -> None:
    """Run statements as somebody who has all rights over the database."""
    with store.writer.begin() as connection:
        if store.is_sqlite:
            for name in ("update", "delete", "replace"):
                connection.execute(text(f"DROP TRIGGER audit_refuses_{name}"))
        else:
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        for statement in statements:
            connection.execute(text(statement) if isinstance(statement, str) else statement)
        if not store.is_sqlite:
            connection.execute(text("ALTER TABLE audit ENABLE TRIGGER USER"))


def hostile(store: Any, bench_of: Any) -> Any:
    """A project of which every text that comes from outside is a formula: names, voters, answers, notes, people."""
    bench = bench_of(store, items=1)
    with store.write() as session:
        project = projects.create_project(session, "=1+1", actor=bench.system, audit_share=0.0, overlap=2)
        names = [f"{sign} {n}" for n, sign in enumerate(RUN) for _ in range(2)]
        said = [sign for sign in RUN for _ in range(2)]
        pairs = [{"item": name, "left": "=m1", "right": "@m2"} for name in dict.fromkeys(names)]
        about = {"items": pl.DataFrame(pairs)}
        load(session, project, labels(names, ["=x", "@y"] * len(RUN), said, about=about), actor=bench.system)
        bench.project = project.id
    for n, sign in enumerate(RUN):
        number = first_item(store, bench.project) + n
        for user, answer in zip(bench.users, ({"choice": "=m1"}, {"own": sign}), strict=False):
            bench.decide(number, user, answer, note=sign)
        if n % 2:
            bench.service(adjudicating.adjudicate)(number, bench.users[3], {"both": ["=a", sign]}, note=sign)
    return bench


def first_item(store: Any, project: int) -> int:
    from psephos.review.store.tables import Item

    with store.read() as session:
        return int(session.query(Item.id).filter_by(project_id=project).order_by(Item.id).first()[0])


@pytest.mark.parametrize("table", tables.TABLES)
def test_no_cell_of_any_table_is_run_by_a_spreadsheet(fresh: Any, bench_of: Any, tmp_path: Path, table: str) -> None:
    bench = hostile(fresh("sqlite"), bench_of)
    file = tmp_path / "a.csv"
    run_export(bench.store, bench.project, "csv", file, actor=bench.users[0], table=table, history=True)
    with file.open(encoding="utf-8", newline="") as opened:
        cells = [cell for row in csv.reader(opened) for cell in row]
    numbers = {cell for cell in cells if re.fullmatch(r"[+-][0-9.]+", cell)}  # a spreadsheet reads them as they are
    assert [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and cell not in numbers] == []
    assert sum(cell[:2] in ("'=", "'@") for cell in cells) >= len(RUN) / 2


@pytest.mark.parametrize("form", ["settled", "decisions", "opinions", "whole"])
def test_an_export_shows_one_moment_while_people_work(store: Any, bench_of: Any, form: str) -> None:
    """Rows come in parts from the database; what is written between two parts stands in neither or in both tables."""
    bench = bench_of(store, items=1_200)
    reading: Any = {"whole": lambda session, one: whole.lines(session, one)}.get(
        form, lambda session, one: tables.parts(session, one, form, history=True)
    )
    with store.read() as session:
        parts: Any = reading(session, session.get_one(Project, bench.project))
        first = next(parts)
        if not store.is_sqlite and form in ("settled", "opinions"):
            assert session.scalar(text("SELECT count(*) FROM pg_cursors WHERE name LIKE 'c%'")) > 0
        for number in (1, 1_150):
            bench.decide(number, bench.users[0], {"choice": "b"})
        rest = list(parts)
    if form == "whole":
        rows = [json.loads(line) for line in [first, *rest]]
        assert [row for row in rows if row.get("table") == "decision"] == []
        assert rows[-1]["end"]["decision"] == 0
        last = [row for row in rows if row.get("table") == "audit"][-1]
        assert (last["seq"], last["hash"]) == (rows[0]["head"]["seq"], rows[0]["head"]["hash"])
    elif form == "decisions":
        assert sum(part.height for part in [first, *rest]) == 0
    else:
        assert sum(part.height for part in [first, *rest]) == 1_200 * (3 if form == "opinions" else 1)
        if form == "settled":
            assert {state for part in [first, *rest] for state in part["state"]} == {"new"}
    assert bench.verified().bad is None


def test_pairs_and_battles_come_from_postgresql_as_from_sqlite(fresh: Any, bench_of: Any) -> None:
    found = []
    for database in ("sqlite", "postgresql"):
        bench = hostile(fresh(database), bench_of)
        with bench.store.read() as session:
            project = session.get_one(Project, bench.project)
            rows = [row[:3] + row[4:] for row in preferences.battle_rows(session, project)]
            gold = [part.to_dicts() for part in tables.parts(session, project, "gold")]
            told = [part.drop("person", "at").to_dicts() for part in tables.parts(session, project, "decisions")]
        found.append((rows, gold, told))
    assert found[0] == found[1]
    assert len(found[0][0]) == len(RUN)


@pytest.mark.parametrize("field", ["actor", "action", "object", "before", "after", "at", "seq"])
def test_each_field_of_a_row_is_under_its_hash(store: Any, field: str) -> None:
    value = {"seq": "7", "at": "'2026-01-02T03:04:05.000001Z'"}.get(field, "'\"x\"'")
    assert tampered(store, f"UPDATE audit SET {field} = {value} WHERE seq = 6").bad == 6


@pytest.mark.parametrize(
    ("statements", "bad"),
    [
        (("DELETE FROM audit WHERE seq > 3",), None),
        (("UPDATE audit SET chain = 2 WHERE seq = 6",), None),
        (("UPDATE audit SET chain = 2 WHERE seq = 5",), 5),
        (("UPDATE audit SET chain = 2 WHERE seq = 1",), 1),
    ],
    ids=["cut-off", "last-moved", "one-moved", "first-moved"],
)
def test_rows_that_went_to_another_chain_are_missed(store: Any, statements: tuple[str, ...], bad: int | None) -> None:
    """At the end only a head that was kept tells; the chain that they went to is broken by them in any case."""
    fill(store)
    with store.read() as session:
        kept = head(session, 1).hash
    unguarded(store, *statements)
    with store.read() as session:
        assert verify(session, 1).bad == bad
        assert verify(session, 1, expected=kept).bad is not None
        if "chain = 2" in statements[0]:
            assert verify(session, 2).bad == (None if statements[0].endswith("1") else 1)


def test_two_chains_that_change_places_are_found_by_a_kept_head(store: Any) -> None:
    with store.write() as session:
        for chain in (1, 2):
            for number in range(3):
                record(session, chain, "u", "test.made", f"item:{chain}{number}")
    with store.read() as session:
        kept = {chain: head(session, chain).hash for chain in (1, 2)}
    moves = ((1, 9), (2, 1), (9, 2))
    unguarded(store, *(f"UPDATE audit SET chain = {new} WHERE chain = {old}" for old, new in moves))
    with store.read() as session:
        assert [verify(session, chain, expected=kept[chain]).bad for chain in (1, 2)] == [4, 4]


def test_a_row_that_is_written_anew_with_a_right_hash_breaks_the_next(store: Any) -> None:
    """Whoever knows how hashes are made must write all rows after it anew, and then the head is another."""
    fill(store)
    with store.read() as session:
        rows = session.query(Audit).filter_by(chain=1).order_by(Audit.seq).all()
        kept = rows[-1].hash
    row = {name: getattr(rows[3], name) for name in ("seq", "at", "actor", "action", "object")}
    made = chained(bytes.fromhex(rows[2].hash), row | {"before": None, "after": {"number": 9}}).hex()
    change = text("UPDATE audit SET after = :after, hash = :hash WHERE seq = 4 AND chain = 1")
    unguarded(store, change.bindparams(after='{"number":9}', hash=made))
    with store.read() as session:
        assert verify(session, 1).bad == 5
        assert verify(session, 1, expected=kept).bad == 5
