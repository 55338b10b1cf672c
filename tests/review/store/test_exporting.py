"""What people settled gets out in every format, and annotations of other tools get in."""

from __future__ import annotations

import json
import tracemalloc
import xml.etree.ElementTree as ET
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from psephos.errors import InputError
from psephos.opinions import Word, labels, read, transcripts
from psephos.review.store import adjudicating, deciding, loading, people, projects
from psephos.review.store.audit_log import history, verify
from psephos.review.store.bulk import insert_rows, reserve_ids
from psephos.review.store.exporting.elan import format_elan
from psephos.review.store.exporting.jobs import FORMATS, run_export
from psephos.review.store.exporting.text_grid import format_text_grid
from psephos.review.store.exporting.transcripts import rewritten
from psephos.review.store.tables import Consensus, Decision, Item, Run


@pytest.fixture
def clips(fresh: Any) -> Any:
    """Two clips heard by three, of which one was put right by a person."""
    store = fresh("sqlite")
    rows = [
        (clip, voter, place, word, 0.5 * place, 0.5 * place + 0.4)
        for clip in ("c1", "c2/x")
        for voter, said in (("a", "no chest pain"), ("b", "no chest pain"), ("c", "now chest pain"))
        for place, word in enumerate(said.split())
    ]
    item, voter, position, token, start, end = zip(*rows, strict=True)
    with store.write() as session:
        actor = projects.system_user(session).id
        project = projects.create_project(session, "clips", actor=actor, audit_share=0)
        loading.load(session, project, transcripts(item, voter, position, token, start=start, end=end), actor=actor)
        user = people.create_user(session, "ann", actor=actor).id
        deciding.decide(session, 1, user, {"own": "new"}, place=1)
        deciding.decide(session, 1, user, {"text": "new chest pain today"})
    return store, user


def export(clips: Any, form: str, path: Path, **options: Any) -> Any:
    store, user = clips
    return run_export(store, 1, form, path, actor=user, **options)


def test_corrections_of_people_stand_in_the_words(clips: Any, tmp_path: Path) -> None:
    export(clips, "json", tmp_path / "all.json")
    first, second = json.loads((tmp_path / "all.json").read_text())
    assert [word["text"] for word in first["tokens"]] == ["new", "chest", "pain", "today"]
    assert [word.get("start") for word in first["tokens"]] == [0.0, 0.5, 1.0, None]
    assert first["tokens"][0]["confidence"] == 1
    assert [word["text"] for word in second["tokens"]] == ["no", "chest", "pain"]
    assert second["tokens"][0]["confidence"] < 1


@pytest.mark.parametrize("form", ["txt", "srt", "vtt", "textgrid", "eaf", "ctm", "stm"])
def test_every_format_of_transcripts_holds_the_words(clips: Any, tmp_path: Path, form: str) -> None:
    made = export(clips, form, tmp_path / f"clips.{form}")
    if form in ("ctm", "stm"):
        text = Path(made.path).read_text()
    else:
        with zipfile.ZipFile(made.path) as archive:
            assert len(archive.namelist()) == 2
            assert not any("/" in name for name in archive.namelist())
            text = archive.read(archive.namelist()[0]).decode()
    for word in ("new", "chest", "pain", "today"):
        assert word in text
    single = export(clips, form, tmp_path / f"one.{form}", only_final=True)
    assert single.path == str(tmp_path / f"one.{form}")
    if form in ("ctm", "stm", "srt", "vtt", "txt"):
        layout = None if form in ("ctm", "stm") else "{voter}"
        assert read(single.path, layout=layout).size("item") == 1


def test_elan_and_praat_files_are_what_these_programs_read() -> None:
    words = [Word('say "hi" <b>', 0.5, 1), Word("\x01\ud7ff", 1, 1), Word("end", 0.9, 2.5)]
    root = ET.fromstring(format_elan(words, "clip & more"))
    slots = {one.get("TIME_SLOT_ID"): int(one.get("TIME_VALUE", -1)) for one in root.iter("TIME_SLOT")}
    spans = [
        (slots[note.get("TIME_SLOT_REF1")], slots[note.get("TIME_SLOT_REF2")])
        for note in root.iter("ALIGNABLE_ANNOTATION")
    ]
    assert spans == [(500, 1000), (1000, 1001), (900, 2500)]
    assert next(one.text for one in root.iter("ANNOTATION_VALUE")) == 'say "hi" <b>'
    grid = format_text_grid(words, "clip").splitlines()
    ends = [(float(grid[n].split("=")[1]), float(grid[n + 1].split("=")[1])) for n in _places(grid)]
    assert ends[0][0] == 0
    assert all(high > low for low, high in ends)
    assert all(before[1] == after[0] for before, after in pairwise(ends))
    assert 'text = "say ""hi"" <b>"' in "\n".join(grid)
    with pytest.raises(InputError, match="time"):
        format_elan([Word("no")], "clip")


def _places(grid: list[str]) -> list[int]:
    return [n + 1 for n, line in enumerate(grid) if line.strip().startswith("intervals [")]


def test_a_text_written_anew_keeps_the_times_of_what_stayed() -> None:
    words = [Word(text, n, n + 1, 0.5) for n, text in enumerate(["a", "b", "c", "d"])]
    made = rewritten(words, ["a", "x", "c", "d", "e"])
    assert [(word.text, word.start, word.confidence) for word in made] == [
        ("a", 0, 0.5),
        ("x", 1, 1.0),
        ("c", 2, 0.5),
        ("d", 3, 0.5),
        ("e", None, 1.0),
    ]


def test_gold_says_the_shares_of_people(make_bench: Any, tmp_path: Path) -> None:
    bench = make_bench(overlap=2)
    one, two, three = bench.users[:3]
    bench.decide(1, one, {"choice": "a"})
    bench.decide(1, two, {"choice": "b"})
    bench.service(adjudicating.adjudicate)(1, three, {"both": ["a", "b"]})
    bench.decide(2, one, {"choice": "b"})
    bench.decide(2, two, {"choice": "b"})
    run_export(bench.store, bench.project, "gold", tmp_path / "gold.jsonl", actor=one)
    rows = [json.loads(line) for line in (tmp_path / "gold.jsonl").read_text().splitlines()]
    assert [(row["item"], row["gold"], json.loads(row["shares"])) for row in rows] == [
        ("item 0", "a | b", {"a": 0.5, "b": 0.5}),
        ("item 1", "b", {"b": 1.0}),
    ]


def test_cells_that_a_spreadsheet_would_run_are_neutralised(bench: Any, tmp_path: Path) -> None:
    bench.decide(1, bench.users[0], {"own": "=HYPERLINK(1)"}, note="@SUM(1)")
    made = run_export(bench.store, 1, "csv", tmp_path / "d.csv", actor=bench.users[0], table="decisions")
    text = (tmp_path / "d.csv").read_text()
    assert "'=HYPERLINK" in text
    assert "'@SUM" in text
    run_export(bench.store, 1, "csv", tmp_path / "r.csv", actor=bench.users[0], table="decisions", neutralise=False)
    assert "'=" not in (tmp_path / "r.csv").read_text()
    run_export(bench.store, 1, "parquet", tmp_path / "s.parquet", actor=bench.users[0])
    assert pl.read_parquet(tmp_path / "s.parquet")["final"].to_list()[0] == "=HYPERLINK(1)"
    with bench.store.read() as session:
        assert len(history(session, 1, action="export.create")) == 3
        assert verify(session, 1, expected=made.head).bad is None


def test_an_export_that_fails_is_logged_as_such(bench: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no transcripts"):
        run_export(bench.store, 1, "srt", tmp_path / "x.srt", actor=bench.users[0])
    with pytest.raises(InputError) as told:
        run_export(bench.store, 1, "doc", tmp_path / "x.doc", actor=bench.users[0])
    assert told.value.argument == "format"
    with pytest.raises(InputError, match="no project"):
        run_export(bench.store, 9, "csv", tmp_path / "x.csv", actor=bench.users[0])
    assert list(tmp_path.glob("x*")) == []
    assert set(FORMATS) >= {"jsonl", "csv", "parquet", "gold", "srt"}


SMALL, LARGE = 2_500, 10_000
"""Rows of two projects of which the second must not take more memory than the first."""


def filled(store: Any, items: int) -> tuple[int, str]:
    """A project of so many items, each with an opinion and a decision."""
    with store.write() as session:
        actor = projects.system_user(session).id
        project = projects.create_project(session, f"{items} items", actor=actor, audit_share=0)
        votes = labels([f"i{n}" for n in range(items)], ["x"] * items, ["a, or so"] * items)
        loading.load(session, project, votes, actor=actor, decide=False)
        told = session.query(Item).filter_by(project_id=project.id).first()
        plain = {column.name: None for column in Decision.__table__.columns}
        plain |= {"project_id": project.id, "author_id": actor, "act": "decide", "answer": {"choice": "a"}, "note": ""}
        plain |= {"current": True, "older_evidence": False, "content": "", "blind": False, "seconds": 1.0}
        plain |= {"created_at": told.created_at}
        ids = reserve_ids(session, Decision, items)
        rows = (plain | {"id": one, "item_id": told.id + place} for place, one in enumerate(ids))
        insert_rows(session, Decision, rows)
        return project.id, actor


def peak(store: Any, project: int, actor: str, form: str, path: Path, **options: Any) -> int:
    """Bytes that an export held at most, beside what was there before."""
    run_export(store, project, form, path, actor=actor, **options)  # what is imported and kept once
    tracemalloc.start()
    run_export(store, project, form, path, actor=actor, **options)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return held


@pytest.mark.parametrize(
    ("form", "table"),
    [
        ("csv", "settled"),
        pytest.param("parquet", "opinions", marks=pytest.mark.slow),
        pytest.param("csv", "decisions", marks=pytest.mark.slow),
        pytest.param("gold", "gold", marks=pytest.mark.slow),
    ],
)
def test_memory_of_an_export_does_not_grow_with_the_project(fresh: Any, tmp_path: Path, form: str, table: str) -> None:
    store = fresh("sqlite")
    held = []
    for items in (SMALL, LARGE):
        project, actor = filled(store, items)
        if table == "gold":
            with store.write() as session:
                session.query(Item).filter_by(project_id=project).update({"state": "decided"})
        path = tmp_path / f"{items}.{'jsonl' if form == 'gold' else form}"
        held.append(peak(store, project, actor, form, path, table=table))
        frame = {"csv": pl.read_csv, "parquet": pl.read_parquet, "gold": pl.read_ndjson}[form](path)
        assert frame.height == items
        assert frame["item"].to_list() == [f"i{n}" for n in range(items)]
    assert held[1] < 1.5 * held[0]
    assert list(tmp_path.glob(".parts*")) == []


@pytest.mark.parametrize("form", ["ctm", pytest.param("json", marks=pytest.mark.slow)])
def test_memory_of_transcripts_does_not_grow_with_the_project(fresh: Any, tmp_path: Path, form: str) -> None:
    store, held = fresh("sqlite"), []
    for clips in (100, 400):
        project, actor = filled(store, clips)
        columns = [
            {"text": f"w{n}", "certainty": 0.9, "start": 0.5 * n, "end": 0.5 * n + 0.4, "votes": 3} for n in range(40)
        ]
        with store.write() as session:
            session.query(Decision).filter_by(project_id=project).delete()
            run = Run(project_id=project, kind="transcripts", method="majority", sha256="")
            session.add(run)
            session.flush()
            session.query(Item).filter_by(project_id=project).update({"kind": "transcripts", "run_id": run.id})
            first = session.query(Item.id).filter_by(project_id=project).order_by(Item.id).first()[0]
            plain = {column.name: None for column in Consensus.__table__.columns}
            plain |= {
                "run_id": run.id,
                "votes": 3,
                "support": 3,
                "risk": 0.1,
                "flags": [],
                "detail": {"columns": columns},
            }
            ids = reserve_ids(session, Consensus, clips)
            insert_rows(
                session, Consensus, (plain | {"id": one, "item_id": first + place} for place, one in enumerate(ids))
            )
        path = tmp_path / f"{clips}.{form}"
        held.append(peak(store, project, actor, form, path))
        assert read(path).size("item") == clips
    assert held[1] < 1.5 * held[0]
    if form == "ctm":
        names = [line.split()[0] for line in path.read_text().splitlines()]
        assert names == sorted(names)


def test_names_of_clips_are_sorted_by_sign_in_either_database(store: Any, tmp_path: Path) -> None:
    names = ["b", "B", "a1", "a_2", "ä", "a10"]
    rows = [(clip, voter, 0, "yes", 0.0, 0.4) for clip in names for voter in ("a", "b")]
    item, voter, position, token, start, end = zip(*rows, strict=True)
    with store.write() as session:
        actor = projects.system_user(session).id
        project = projects.create_project(session, "clips", actor=actor, audit_share=0)
        loading.load(session, project, transcripts(item, voter, position, token, start=start, end=end), actor=actor)
        number = project.id
    made = run_export(store, number, "ctm", tmp_path / "all.ctm", actor=actor)
    assert [line.split()[0] for line in Path(made.path).read_text().splitlines()] == sorted(names)


def test_a_table_that_is_parquet_has_groups_of_rows(fresh: Any, tmp_path: Path, require: Any) -> None:
    store = fresh("sqlite")
    project, actor = filled(store, 25_000)
    run_export(store, project, "parquet", tmp_path / "all.parquet", actor=actor, table="opinions")
    kept = require("pyarrow.parquet").ParquetFile(tmp_path / "all.parquet").metadata
    assert kept.num_rows == 25_000
    assert kept.num_row_groups >= 3
    with store.write() as session:
        empty = projects.create_project(session, "empty", actor=actor).id
    run_export(store, empty, "parquet", tmp_path / "none.parquet", actor=actor)
    assert "certainty" in pl.read_parquet(tmp_path / "none.parquet").columns
    assert pl.read_parquet(tmp_path / "none.parquet").height == 0
