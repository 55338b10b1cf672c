"""What is written can be read again and equals what it was; formulas are neutralised; files appear whole."""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opinion_strategies import AWKWARD, opinions

from psephos.errors import InputError
from psephos.opinions.constructors import labels, samples
from psephos.opinions.frames import from_frame
from psephos.opinions.kinds import KINDS
from psephos.opinions.reading import read
from psephos.opinions.writing import Written, write, write_frame

SUFFIXES = ("csv", "tsv", "jsonl", "ndjson", "json", "parquet")


def again(said, suffix):
    """The opinions after they went through a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder, f"votes.{suffix}" if suffix else "votes")
        write(said, path, neutralise=False)
        return read(path)


def assert_same(one, other):
    assert one.kind == other.kind
    assert one.frame().equals(other.frame())
    for name, column in one.coded.items():
        assert column.names() == other.coded[name].names()
    assert one.issues.set_aside >= other.issues.set_aside == 0


@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if suffix != "parquet"])
@given(said=opinions())
@settings(max_examples=40, deadline=None)
def test_text_files_give_back_what_was_written(suffix, said):
    assert_same(said, again(said, suffix))


@given(opinions())
@settings(max_examples=15, deadline=None)
def test_parquet_files_give_back_what_was_written(said):
    copy = again(said, "parquet")
    assert_same(said, copy)
    assert copy.frame().schema == said.frame().schema
    assert copy.sha256 == said.sha256


ABOUT = {
    "items": pl.DataFrame({"item": ["a", "b"], "gold": ["x", None], "prompt": ["", "=1"]}),
    "voters": pl.DataFrame({"voter": ["u"], "price": [0.5]}),
    "tasks": pl.DataFrame({"task": ["t"], "higher_is_better": [True]}),
}


def voted(**columns):
    frame = pl.DataFrame({"item": ["a", "b"], "voter": ["u", "u"], "label": ["x", "=1+1"], **columns})
    return from_frame(frame, about=ABOUT)


@pytest.mark.parametrize("exists", [False, True], ids=["new", "there already"])
def test_a_folder_loses_nothing(tmp_path, exists):
    said = voted(note=[[1], None], when=[dt.date(2024, 1, 1)] * 2, text=["", None])
    folder = tmp_path / "deep" / "votes"
    if exists:
        folder.mkdir(parents=True)
    for _ in range(2):
        written = write(said, folder)
        assert [path.name for path in written.paths] == [
            "labels.parquet",
            "items.parquet",
            "voters.parquet",
            "tasks.parquet",
        ]
        assert (written.neutralised, written.left_out) == (0, ())
        copy = read(folder)
        assert copy.frame().equals(said.frame())
        assert copy.frame().schema == said.frame().schema
        assert {name: table.rows() for name, table in copy.about.tables.items()} == {
            name: table.rows() for name, table in ABOUT.items()
        }
        assert copy.sha256 == said.sha256


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_of_any_kind_is_read_as_that_kind_whatever_is_carried(tmp_path, kind):
    values = {"id": ["a"], "choice": ["left"], "number": [1], "integer": [0], "time": [5], "text": ["t"], "list": [[1]]}
    columns = {column.name: values[column.role] for other in KINDS.values() for column in other.columns}
    said = from_frame(pl.DataFrame(columns), kind=kind)
    write(said, tmp_path / "all")
    copy = read(tmp_path / "all")
    assert copy.kind == kind
    assert copy.frame().equals(said.frame())


@pytest.mark.parametrize("other", ["votes.csv", "items.parquet", "labels.json"])
def test_a_folder_with_other_opinions_is_refused_and_left_as_it_was(tmp_path, other):
    (tmp_path / other).write_text("kept")
    (tmp_path / "notes.txt").write_text("kept")
    with pytest.raises(InputError, match=f"already holds {other}") as caught:
        write(labels(["a"], ["u"], ["x"]), tmp_path)
    assert caught.value.argument == "path"
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {other: "kept", "notes.txt": "kept"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_single_file_says_which_tables_it_leaves_out(tmp_path, suffix):
    written = write(voted(), tmp_path / f"votes.{suffix}")
    assert written.left_out == ("items", "voters", "tasks")
    assert "without what is known about items, voters, tasks" in str(written)
    assert written.paths == (tmp_path / f"votes.{suffix}",)
    assert len(read(written.paths[0])) == 2


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("votes.xlsx", "unknown suffix '.xlsx'"),
        ("votes.", "unknown suffix|is a folder"),
        ("taken/votes", "cannot be a folder"),
    ],
    ids=["spreadsheet", "point", "folder in a file"],
)
def test_a_place_that_cannot_be_written_is_refused(tmp_path, path, said):
    (tmp_path / "taken").write_text("kept")
    if path == "votes.":
        written = write(labels(["a"], ["u"], ["x"]), tmp_path / path)
        assert read(written.paths[0].parent).frame().rows() == [("a", "u", "x")]
        return
    with pytest.raises(InputError, match=said) as caught:
        write(labels(["a"], ["u"], ["x"]), tmp_path / path)
    assert caught.value.argument == "path"
    assert [file.name for file in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_missing_folder_is_refused(tmp_path, suffix):
    with pytest.raises(InputError, match="create the folder first"):
        write_frame(pl.DataFrame({"a": [1]}), tmp_path / "nowhere" / f"table.{suffix}")


def test_a_table_alone_needs_a_suffix(tmp_path):
    for path in (tmp_path, tmp_path / "table", tmp_path / "table.xls"):
        with pytest.raises(InputError, match=r"unknown suffix.*\.csv, \.tsv, \.jsonl") as caught:
            write_frame(pl.DataFrame({"a": [1]}), path)
        assert caught.value.argument == "path"


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("-", "'-"),
        ("-x", "'-x"),
        ("-1\n=1", "'-1\n=1"),
        ("+1 555", "'+1 555"),
        ("-inf", "'-inf"),
        ("-1", "-1"),
        ("+1.5e-3", "+1.5e-3"),
        ("-.5", "-.5"),
        ("-5.", "-5."),
        ("a=1", "a=1"),
        (" =1", " =1"),
        ("'=1", "'=1"),
        ("", ""),
    ],
    ids=repr,
)
@pytest.mark.parametrize("suffix", ["csv", "tsv"])
def test_cells_that_look_like_formulas_get_an_apostrophe(tmp_path, cell, safe, suffix):
    path = tmp_path / f"table.{suffix}"
    written = write_frame(pl.DataFrame({"text": [cell, "x"], "n": [-1, 2]}), path)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter="," if suffix == "csv" else "\t"))
    assert rows == [["text", "n"], [safe, "-1"], ["x", "2"]]
    assert written.neutralised == (cell != safe)
    assert ("1 cell that looks like a formula" in str(written)) == (cell != safe)


def test_column_names_and_categories_are_neutralised_too(tmp_path):
    frame = pl.DataFrame(
        {"=a": pl.Series(["=b", "c"], dtype=pl.Categorical), "d": pl.Series(["+e", None], dtype=pl.Enum(["+e"]))}
    )
    written = write_frame(frame, tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text() == "'=a,d\n'=b,'+e\nc,\n"
    assert written.neutralised == 3


def test_the_file_is_as_it_is_where_the_caller_asks_for_it(tmp_path):
    written = write(voted(), tmp_path / "votes.csv", neutralise=False)
    assert written.neutralised == 0
    assert (tmp_path / "votes.csv").read_text() == "item,voter,label\na,u,x\nb,u,=1+1\n"


@pytest.mark.parametrize("suffix", ["jsonl", "json", "parquet"])
def test_formats_that_no_spreadsheet_runs_are_not_changed(tmp_path, suffix):
    written = write(voted(), tmp_path / f"votes.{suffix}")
    assert written.neutralised == 0
    assert read(tmp_path / f"votes.{suffix}").vocabulary("label").to_list() == ["=1+1", "x"]


@given(st.lists(st.sampled_from(AWKWARD), min_size=1))
@settings(max_examples=40, deadline=None)
def test_no_cell_starts_like_a_formula_and_the_number_changed_is_true(cells):
    with TemporaryDirectory() as folder:
        path = Path(folder, "table.csv")
        written = write_frame(pl.DataFrame({"cell": cells, "number": range(len(cells))}), path)
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))[1:]
    changed = 0
    for cell, (shown, _) in zip(cells, rows, strict=True):
        changed += shown != cell
        assert shown in (cell, "'" + cell)
        if shown[0] in "=+-@\t\r":
            assert math.isfinite(float(shown))
    assert written.neutralised == changed


def test_lists_and_structs_are_json_texts_in_csv(tmp_path):
    frame = pl.DataFrame(
        {
            "list": [[1.0, -math.inf], None],
            "struct": [{"a": "=1"}, {"a": None}],
            "array": pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int64, 2)),
        }
    )
    write_frame(frame, tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(newline="") as file:
        first, second = list(csv.DictReader(file))
    assert json.loads(first["list"]) == [1.0, -math.inf]
    assert (first["struct"], first["array"]) == ('{"a": "=1"}', "[1, 2]")
    assert (second["list"], second["struct"]) == ("", '{"a": null}')


def test_infinite_log_probabilities_survive_where_the_format_knows_infinity(tmp_path):
    said = samples(["q"], ["llm"], [0], ["x"], logprobs=[[-math.inf, -0.5]])
    for suffix, kept in (("csv", -math.inf), ("parquet", -math.inf), ("jsonl", None), ("json", None)):
        write(said, tmp_path / f"samples.{suffix}")
        assert read(tmp_path / f"samples.{suffix}").frame()["logprobs"].to_list() == [[kept, -0.5]]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "json"])
def test_nan_is_missing_in_text(tmp_path, suffix):
    write_frame(pl.DataFrame({"a": ["x", "y"], "b": [math.nan, 0.5]}), tmp_path / f"table.{suffix}")
    assert "nan" not in (tmp_path / f"table.{suffix}").read_text().lower()


def test_dates_are_iso_in_text(tmp_path):
    frame = pl.DataFrame({"day": [dt.date(2024, 2, 29)], "time": [dt.datetime(2024, 2, 29, 12, 30)]})
    write_frame(frame, tmp_path / "table.csv")
    day, time = (tmp_path / "table.csv").read_text().splitlines()[1].split(",")
    assert (day, dt.datetime.fromisoformat(time)) == ("2024-02-29", dt.datetime(2024, 2, 29, 12, 30))


@pytest.mark.parametrize(
    ("column", "suffixes"),
    [
        (pl.Series("x", [b"a"]), ("csv", "tsv", "jsonl", "json")),
        (pl.Series("x", [dt.timedelta(1)]), ("csv", "tsv")),
        (pl.Series("x", ["a\0b"]), ("csv", "tsv")),
    ],
    ids=["bytes", "durations", "NUL"],
)
def test_what_a_format_cannot_hold_is_refused_and_the_old_file_stays(tmp_path, column, suffixes):
    for suffix in suffixes:
        path = tmp_path / f"table.{suffix}"
        path.write_text("old")
        with pytest.raises(InputError, match=r"column 'x'.*write .*\.parquet") as caught:
            write_frame(column.to_frame(), path)
        assert caught.value.argument == "path"
        assert path.read_text() == "old"
    write_frame(column.to_frame(), tmp_path / "table.parquet")
    assert pl.read_parquet(tmp_path / "table.parquet")["x"].to_list() == column.to_list()
    assert sorted(file.suffix for file in tmp_path.iterdir()) == sorted(
        [f".{suffix}" for suffix in suffixes] + [".parquet"]
    )


def test_mixed_objects_are_written_as_texts(tmp_path):
    frame = pl.DataFrame({"x": pl.Series([1, "a", None, {"b": 1}], dtype=pl.Object), "y": range(4)})
    for suffix in SUFFIXES:
        write_frame(frame, tmp_path / f"table.{suffix}")
    assert pl.read_parquet(tmp_path / "table.parquet")["x"].to_list() == ["1", "a", None, '{"b": 1}']
    assert json.loads((tmp_path / "table.json").read_text())[3] == {"x": '{"b": 1}', "y": 3}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_old_file_is_replaced_whole_and_its_permissions_stay(tmp_path, suffix):
    path = tmp_path / f"votes.{suffix}"
    path.write_text("old" * 1000)
    path.chmod(0o640)
    write(labels(["a"], ["u"], ["x"]), path)
    assert read(path).frame().rows() == [("a", "u", "x")]
    assert path.stat().st_mode & 0o777 == 0o640
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_table_without_rows_is_written(tmp_path, suffix):
    frame = pl.DataFrame(schema={"a": pl.String, "=b": pl.List(pl.Int64), "c": pl.Float64})
    write_frame(frame, tmp_path / f"table.{suffix}")
    assert (tmp_path / f"table.{suffix}").exists()
    if suffix == "csv":
        assert (tmp_path / "table.csv").read_text() == "a,'=b,c\n"


def test_suffixes_of_any_case_are_known(tmp_path):
    write(labels(["a"], ["u"], ["x"]), tmp_path / "votes.CSV")
    assert read(tmp_path / "votes.CSV").frame().rows() == [("a", "u", "x")]


def test_says_what_was_written():
    assert str(Written((Path("a.csv"), Path("b.csv")))) == "wrote a.csv, b.csv"
    assert str(Written((Path("a.csv"),), 1200)) == (
        "wrote a.csv; 1,200 cells that look like formulas got an apostrophe in front"
    )
