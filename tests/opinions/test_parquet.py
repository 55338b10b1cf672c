"""Parquet files are tried in another process first, so that no file can end this one."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from psephos.errors import ParseError
from psephos.opinions.parquet import check_parquet, faults_of, read_parquet_files

HOSTILE = Path(__file__).parent / "hostile"


@pytest.fixture
def good(tmp_path):
    frame = pl.DataFrame({"item": ["a", None], "list": [[1.5], []], "struct": [{"k": 1}, None]})
    frame.write_parquet(tmp_path / "good.parquet")
    return tmp_path / "good.parquet"


@pytest.mark.parametrize("in_parts", [False, True], ids=["whole", "in parts"])
def test_every_file_gets_its_verdict_even_if_some_end_the_process(good, in_parts):
    ends, changed = HOSTILE / "ends-the-decoder.parquet", HOSTILE / "page-changed.parquet"
    faults = faults_of([good, ends, good, changed, ends, good], in_parts=in_parts)
    assert [fault is None for fault in faults] == [True, False, True, False, False, True]
    assert all("decoding it ends the process; it is damaged, or larger than the memory" in faults[n] for n in (1, 4))
    assert "String data" in faults[3]


def test_files_are_read_in_order_with_all_columns(good, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"item": ["b"]}).write_parquet("other.parquet")
    one, other = read_parquet_files([Path("good.parquet"), Path("other.parquet")])
    assert one.rows() == [("a", [1.5], {"k": 1}), (None, [], None)]
    assert other.rows() == [("b",)]


def test_the_first_file_at_fault_is_named(good):
    ends = HOSTILE / "ends-the-decoder.parquet"
    with pytest.raises(ParseError, match="ends the process") as caught:
        read_parquet_files([good, ends, HOSTILE / "page-changed.parquet"])
    assert caught.value.argument == str(ends)


def test_no_files_are_no_tables():
    assert read_parquet_files([]) == []


def test_a_module_of_the_same_name_in_the_folder_is_not_run(good, tmp_path, monkeypatch):
    (tmp_path / "polars.py").write_text("raise SystemExit('run')")
    (tmp_path / "json.py").write_text("raise SystemExit('run')")
    monkeypatch.chdir(tmp_path)
    assert faults_of([good]) == [None]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a whole"),
        (b"PAR1", None),
        (b"PAR", "not a whole"),
        (b"PAR1" + bytes(100), "not a whole"),
        (None, "exist"),
    ],
    ids=["empty", "one mark", "half a mark", "cut off", "absent"],
)
def test_a_file_that_does_not_look_like_parquet_is_refused_at_once(tmp_path, content, said):
    path = tmp_path / "x.parquet"
    if content is not None:
        path.write_bytes(content)
    if said is None:
        check_parquet(path, str(path))
        said, check = "cannot be read as Parquet", lambda: read_parquet_files([path])
    else:
        check = lambda: check_parquet(path, str(path))  # noqa: E731
    with pytest.raises(ParseError, match=said) as caught:
        check()
    assert caught.value.argument == str(path)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ParseError, match="is a folder"):
        check_parquet(tmp_path, str(tmp_path))
