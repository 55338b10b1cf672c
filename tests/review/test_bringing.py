"""Files come in through page and API: logs, annotations, whole projects, and nothing of what cannot be read."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psephos.review import bringing, trying
from psephos.review.store.audit_log import history, verify
from psephos.review.store.exporting.whole import lines
from psephos.review.store.tables import Decision, Item, Media, Project
from tests.opinions.test_annotations import ARGILLA, LABEL_STUDIO

LOGS = Path(__file__).parents[1] / "opinions" / "eval_logs"
ARENA = [
    {"type": "leftvote", "models": ["", ""], "hidden_models": ["m1", "m2"], "question_id": "q1", "user": "a"},
    {"type": "rightvote", "models": ["", ""], "hidden_models": ["m2", "m1"], "question_id": "q1", "user": "b"},
    {"type": "tievote", "models": ["", ""], "hidden_models": ["m1", "m2"], "question_id": "q1", "user": "c"},
    {"type": "bothbad_vote", "models": ["", ""], "hidden_models": ["m1", "m2"], "question_id": "q2", "user": "a"},
]


def send(visitor: Any, path: str, body: bytes, **asked: str) -> Any:
    headers = visitor.own() | {"accept": "application/json", "content-type": "application/octet-stream"}
    return visitor.client.post(f"/api/v1/projects{path}", content=body, params=asked, headers=headers)


def kinds(world: Any, project: int) -> dict[str, int]:
    with world.store.read() as session:
        rows = session.query(Item.kind, Item.id).filter_by(project_id=project).all()
    return {kind: sum(one == kind for one, _ in rows) for kind, _ in rows}


@pytest.mark.parametrize(
    ("name", "body", "asked", "expected"),
    [
        ("tasks.json", json.dumps(LABEL_STUDIO).encode(), {"question": "tone"}, {"labels": 2}),
        ("tasks.json", json.dumps(LABEL_STUDIO).encode(), {"question": "stars"}, {"scores": 2}),
        ("records.jsonl", json.dumps(ARGILLA).encode(), {}, {"labels": 1}),
        ("arena.jsonl", "\n".join(map(json.dumps, ARENA)).encode(), {}, {"labels": 2}),
        ("votes.csv", b"item,voter,label\na,x,1\na,y,2\n", {"kind": "labels"}, {"labels": 1}),
        ("wide.csv", b"item,voter,tone,stars\na,x,good,5\na,y,bad,4\n", {"question": "stars"}, {"scores": 1}),
    ],
    ids=["label-studio", "label-studio-ratings", "argilla", "arena", "csv", "csv-question"],
)
def test_a_file_of_another_tool_becomes_a_project(
    world: Any, name: str, body: bytes, asked: dict[str, str], expected: dict[str, int]
) -> None:
    made = send(world.visitor("admin"), "/from-file", body, name=name, **asked)
    assert made.status_code == 201, made.text
    assert kinds(world, made.json()["id"]) == expected
    assert made.json()["name"] == name


@pytest.mark.parametrize(
    ("name", "items"),
    [("inspect-2.eval", None), ("inspect-2.json", None), ("promptfoo-3.json", None), ("promptfoo-3.jsonl", None)],
)
def test_logs_of_evaluations_come_in(world: Any, name: str, items: None) -> None:
    made = send(world.visitor("admin"), "/from-file", (LOGS / name).read_bytes(), name=name, project="a log")
    assert made.status_code == 201, made.text
    assert set(kinds(world, made.json()["id"])) == {"samples"}
    assert (made.json()["name"], made.json()["opinions"] > 0) == ("a log", True)


def test_votes_of_an_arena_are_labels_of_who_is_better(world: Any) -> None:
    body = "\n".join(map(json.dumps, ARENA)).encode()
    made = send(world.visitor("admin"), "/from-file", body, name="arena.jsonl").json()
    with world.store.read() as session:
        found = {one.name: (one.about, one.votes) for one in session.query(Item).filter_by(project_id=made["id"])}
    pair = {"left": "m1", "right": "m2"}
    assert found == {"q1: m1 / m2": (pair, 3), "q2: m1 / m2": (pair, 1)}


def test_more_opinions_come_beside_those_that_are_there(world: Any) -> None:
    manager = world.visitor("manager")
    body = b"item,voter,label\nitem-00,new voter,dog\nitem-99,new voter,cat\n"
    made = send(manager, f"/{world.ids['own']}/sources", body, name="more.csv").json()
    assert (made["items"], made["known_items"], made["opinions"]) == (1, 1, 2)
    again = send(manager, f"/{world.ids['own']}/sources", body, name="again.csv")
    assert (again.status_code, again.json()["argument"]) == (422, "path")
    page = manager.get(f"/projects/{world.ids['own']}/settings").text
    assert "more.csv" in page
    assert f'data-to="/api/v1/projects/{world.ids["own"]}/sources"' in page


def test_a_full_export_becomes_the_project_that_it_was(world: Any) -> None:
    with world.store.read() as session:
        text = "".join(lines(session, session.get_one(Project, world.ids["own"])))
        items = session.query(Item).filter_by(project_id=world.ids["own"]).count()
    admin = world.visitor("admin")
    made = send(admin, "/from-file", text.encode(), name="own-1.jsonl", project="a copy")
    assert (made.status_code, made.json()["name"]) == (201, "a copy")
    number = made.json()["id"]
    assert number != world.ids["own"]
    assert kinds(world, number) == {"labels": items}
    with world.store.read() as session:
        assert verify(session, number).bad is None
        assert history(session, number, action="project.import")
    changed = send(admin, "/from-file", text.replace("item-00", "item-OO").encode(), name="own-1.jsonl")
    assert (changed.status_code, changed.json()["argument"]) == (422, "own-1.jsonl")


def test_a_full_export_keeps_signs_that_some_take_for_the_end_of_a_line(world: Any) -> None:
    remark = "one\u2028two\u2029three\x85four"
    with world.store.write() as session:
        session.get_one(Project, world.ids["own"]).description = remark
    with world.store.read() as session:
        text = "".join(lines(session, session.get_one(Project, world.ids["own"])))
    assert "\u2028" in text
    made = send(world.visitor("admin"), "/from-file", text.encode(), name="own-1.jsonl")
    assert made.status_code == 201, made.text
    with world.store.read() as session:
        assert session.get_one(Project, made.json()["id"]).description == remark


@pytest.mark.parametrize(
    ("name", "body", "asked", "argument"),
    [
        ("tasks.json", json.dumps(LABEL_STUDIO).encode(), {}, "file"),
        ("tasks.json", json.dumps(LABEL_STUDIO).encode(), {"question": "none"}, "file"),
        ("votes.csv", b"", {}, "file"),
        ("votes.csv", b"item,voter\n", {}, "file"),
        ("votes", b"item,voter,label\n", {}, "name"),
        ("../../x.csv/..", b"a", {}, "name"),
        ("ranks.csv", b"voter,candidate,rank\na,x,1\n", {}, "opinions"),
        ("a.eval", b"PK\x03\x04 no zip", {}, "file"),
        ("own.jsonl", b'{"format": "psephos project", "version": 99}\n', {}, "own.jsonl"),
        ("own.jsonl", b'{"format": "psephos project", "version": 1}\n', {}, "own.jsonl"),
        ("own.jsonl", b'{"format": "psephos project"\xff\n', {}, "file"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value),
)
def test_what_cannot_be_read_leaves_nothing_behind(
    world: Any, name: str, body: bytes, asked: dict[str, str], argument: str
) -> None:
    with world.store.read() as session:
        before = (session.query(Project).count(), session.query(Item).count(), session.query(Decision).count())
    got = send(world.visitor("admin"), "/from-file", body, name=name, **asked)
    assert got.status_code == 422, got.text
    assert got.json()["argument"] == argument
    assert "/tmp" not in got.text
    with world.store.read() as session:
        after = (session.query(Project).count(), session.query(Item).count(), session.query(Decision).count())
    assert after == before


def test_a_full_export_cannot_name_files_of_this_machine(world: Any, tmp_path: Path) -> None:
    """Only a recording that has the SHA-256 of the export is taken from where the export says."""
    secret = tmp_path / "secret.txt"
    secret.write_bytes(b"RIFF\x24\x08\x00\x00WAVEfmt a secret")
    with world.store.read() as session:
        rows = [json.loads(line) for line in lines(session, session.get_one(Project, world.ids["own"]))]
    for row in rows:
        if row.get("table") == "media":
            row["path"] = str(secret)

    said = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows[:-1]]
    end = rows[-1] | {"sha256": hashlib.sha256("".join(said).encode()).hexdigest()}
    made = send(world.visitor("admin"), "/from-file", ("".join(said) + json.dumps(end) + "\n").encode(), name="x.jsonl")
    assert made.status_code == 201, made.text
    with world.store.read() as session:
        found = session.query(Media).filter_by(project_id=made.json()["id"]).one()
    assert found.path == ""
    assert world.visitor("admin").get(f"/media/{found.id}").status_code == 404


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("item", "id", "x"),
        ("item", "created_at", 10**30),
        ("item", "table", ["item"]),
        ("audit", "chain", None),
        ("item", "more", 1),
        ("project", "name", ["x"]),
        ("project", "blind", "x"),
    ],
)
def test_a_full_export_with_odd_values_is_refused(world: Any, table: str, column: str, value: Any) -> None:
    with world.store.read() as session:
        rows = [json.loads(line) for line in lines(session, session.get_one(Project, world.ids["own"]))]
    (rows[0]["project"] if table == "project" else next(row for row in rows if row.get("table") == table))[column] = (
        value
    )
    body = "".join(json.dumps(row) + "\n" for row in rows).encode()
    got = send(world.visitor("admin"), "/from-file", body, name="odd.jsonl")
    assert (got.status_code, got.json()["argument"]) == (422, "odd.jsonl")


def test_a_full_export_of_endless_depth_is_refused(world: Any) -> None:
    with world.store.read() as session:
        first, *_ = lines(session, session.get_one(Project, world.ids["own"]))
    got = send(world.visitor("admin"), "/from-file", (first + "[" * 200_000 + "\n").encode(), name="deep.jsonl")
    assert (got.status_code, got.json()["argument"]) == (422, "deep.jsonl")


HOSTILE = Path(__file__).parents[1] / "opinions" / "hostile"
HEAD = json.dumps({"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}})


def archive(samples: dict[str, str]) -> bytes:
    """An archive of Inspect; the values are answers, the keys where they lie."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        made.writestr("header.json", HEAD)
        for number, (place, text) in enumerate(samples.items()):
            said = {"id": number, "epoch": 1, "input": "", "target": "a", "output": {"completion": text}, "scores": {}}
            made.writestr(place, json.dumps(said))
    return file.getvalue()


def tape() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as made:
        entry = tarfile.TarInfo("../header.json")
        entry.size = len(HEAD)
        made.addfile(entry, io.BytesIO(HEAD.encode()))
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("rows.parquet", lambda: (HOSTILE / "many-rows.parquet").read_bytes(), "larger than the memory"),
        ("lists.json", lambda: b"[" + b"[]," * 12_000_000 + b"[]]", "more than 1 GiB of memory"),
        ("wide.csv", lambda: b"item,voter,label" + b",a" * 1_000_000 + b"\na,b,c\n", "at most 100,000"),
        ("wide.jsonl", lambda: json.dumps({f"c{n}": 1 for n in range(100_001)}).encode(), "at most 100,000"),
        ("deep.json", lambda: b'{"a":' * 1_000_000, "nested too deeply"),
        ("tape.eval", tape, "no archive of Inspect"),
        ("tape.csv", tape, "NUL character"),
        ("tape.zip", tape, "unknown suffix"),
        ("book.csv", lambda: archive({}), "is a zip archive or a spreadsheet"),
        ("book.xlsx", lambda: archive({}), "is a zip archive or a spreadsheet"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else None,
)
def test_a_file_that_would_fill_the_memory_is_refused_by_a_limit_that_is_named(
    make_world: Any, name: str, body: Any, said: str
) -> None:
    world = make_world(largest_memory=2**30)
    admin = world.visitor("admin")
    got = send(admin, "/from-file", body(), name=name)
    assert got.status_code == 422, got.text
    assert said in got.json()["problem"]
    assert len(got.text) < 2000
    assert admin.get("/projects").status_code == 200


def test_names_in_an_archive_are_never_paths(world: Any, tmp_path: Path) -> None:
    places = ("samples/../../../../psephos-climbed.json", f"samples/{tmp_path}/climbed.json", "../samples/outside.json")
    made = send(world.visitor("admin"), "/from-file", archive(dict.fromkeys(places, "a")), name="log.eval")
    assert (made.status_code, made.json()["opinions"]) == (201, 2)
    assert not list(tmp_path.glob("climbed*"))
    assert not Path("/psephos-climbed.json").exists()


@pytest.mark.parametrize("told", [True, False], ids=["length", "chunked"])
def test_a_file_that_is_too_long_is_refused_as_it_comes(make_world: Any, told: bool) -> None:
    world = make_world(largest_upload=2**20)
    admin = world.visitor("admin")
    sent = 0

    def line() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 2**16
            yield b"a," * 2**15

    headers = admin.own() | {"accept": "application/json", "content-type": "application/octet-stream"}
    body = b"a" * (2**20 + 1) if told else line()
    got = admin.client.post("/api/v1/projects/from-file", params={"name": "a.csv"}, content=body, headers=headers)
    assert (got.status_code, got.json()["problem"]) == (413, "a request may have 1,048,576 bytes")
    assert admin.get("/projects").status_code == 200


def test_a_file_that_takes_too_long_is_refused(make_world: Any) -> None:
    admin = make_world(longest_reading=0.05).visitor("admin")
    got = send(admin, "/from-file", archive({"samples/1.json": "a"}), name="log.eval")
    assert got.status_code == 422
    assert "takes more than 0.05 seconds" in got.json()["problem"]


def test_one_file_is_read_at_a_time(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bringing, "_WAIT", 0.05)
    admin = world.visitor("admin")
    with bringing._READING:
        got = send(admin, "/from-file", b"item,voter,label\na,x,1\n", name="votes.csv")
    assert got.status_code == 503
    assert "waits for others" in got.json()["problem"]
    assert send(admin, "/from-file", b"item,voter,label\na,x,1\n", name="votes.csv").status_code == 201


def test_a_full_export_with_an_endless_row_is_refused(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psephos.review.store.importing.whole.LONGEST_ROW", 10_000)
    with world.store.read() as session:
        first = next(lines(session, session.get_one(Project, world.ids["own"])))
    body = first + '{"table": "item", "a": "' + "a" * 20_000 + '"}\n'
    got = send(world.visitor("admin"), "/from-file", body.encode(), name="long.jsonl")
    assert got.status_code == 422
    assert "more than 10,000 characters (line 2)" in got.json()["problem"]


@pytest.mark.parametrize("suffix", [".csv", ".CSV"])
def test_numbers_of_a_text_are_scores_however_its_name_is_written(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"answers{suffix}"
    file.write_text("item,voter,quality\na,x,1\na,y,2\n")
    assert trying.read_answers(file, "quality", "").kind == "scores"
