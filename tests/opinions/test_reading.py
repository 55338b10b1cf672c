"""Files, folders, pipes and plug-ins become opinions, and every row of every file is accounted for."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from psephos.errors import ContradictionError, EncodingError, InputError, ParseError
from psephos.opinions import text_files
from psephos.opinions.finding import find_files
from psephos.opinions.reading import read

VOTES = "item,voter,label\na,u,x\nb,v,y\n"
ROWS = [("a", "u", "x"), ("b", "v", "y")]


@pytest.fixture
def put(tmp_path):
    """`put(name, content)` writes a file, of a table in the format of its suffix, and gives its path."""

    def write(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, pl.DataFrame):
            content.write_parquet(path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def said(opinions):
    return [(issue.reason, issue.action, Path(issue.source).name, issue.rows.tolist()) for issue in opinions.issues]


FORMATS = {
    "csv": VOTES,
    "CSV": VOTES,
    "tsv": VOTES.replace(",", "\t"),
    "jsonl": '{"item": "a", "voter": "u", "label": "x"}\n{"item": "b", "voter": "v", "label": "y"}\n',
    "ndjson": '{"item": "a", "voter": "u", "label": "x"}\n{"item": "b", "voter": "v", "label": "y"}\n',
    "json": json.dumps({"item": ["a", "b"], "voter": ["u", "v"], "label": ["x", "y"]}),
    "parquet": pl.DataFrame(ROWS, schema=["item", "voter", "label"], orient="row"),
}


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_suffix_names_the_format(put, suffix):
    path = put(f"votes.{suffix}", FORMATS[suffix])
    opinions = read(str(path))
    assert opinions.frame().rows() == ROWS
    assert opinions.source.names == (str(path),)
    assert opinions.source.sha256 == (hashlib.sha256(path.read_bytes()).hexdigest(),)
    assert said(opinions) == []


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_stated_format_counts_more_than_the_suffix(put, suffix):
    assert read(put("votes.txt", FORMATS[suffix]), format=suffix).frame().rows() == ROWS
    assert read(put("votes.csv", FORMATS[suffix]), format="." + suffix).frame().rows() == ROWS


def test_several_files_are_one_table_with_rows_named_by_file(put):
    one, two = (
        put("one.csv", VOTES + ",w,z\n"),
        put("two.jsonl", '{"item": 1.0, "voter": true, "label": null, "n": [1]}\n[]\n'),
    )
    three = put("three.parquet", pl.DataFrame({"item": [None, 1], "voter": ["u", "v"], "label": [0.5, 2.0]}))
    opinions = read([one, two, three])
    assert opinions.frame().select("item", "voter", "label").rows() == [*ROWS, ("1", "true", None), ("1", "v", "2")]
    assert said(opinions) == [
        ("not a JSON object", "set aside", "two.jsonl", [2]),
        ("no item", "set aside", "one.csv", [3]),
        ("no item", "set aside", "three.parquet", [1]),
        ("no label: counted as an abstention", "noted", "two.jsonl", [1]),
    ]
    assert opinions.source.names == (str(one), str(two), str(three))
    assert len(opinions.source.sha256) == 3


@pytest.mark.parametrize(
    ("left", "right", "kept"),
    [
        ([1.0], ["1"], ["1", "1"]),
        ([True], ["true"], ["true", "true"]),
        ([2**60 + 1], [0.5], [str(2**60 + 1), "0.5"]),
        ([True], [1], ["true", "1"]),
        (pl.Series(["2024-01-01"]).str.to_datetime(), ["2024-01-01T00:00:00"], ["2024-01-01T00:00:00"] * 2),
        (pl.Series([None]), ["x"], [None, "x"]),
        (pl.Series(["x"], dtype=pl.Categorical), ["x"], ["x", "x"]),
    ],
    ids=[
        "float and text",
        "boolean and text",
        "huge and fraction",
        "boolean and number",
        "date and text",
        "null",
        "category",
    ],
)
def test_names_stay_the_same_across_files_of_different_types(put, left, right, kept):
    files = [
        put(f"{name}.parquet", pl.DataFrame({"item": [name], "voter": ["u"], "label": values}))
        for name, values in (("left", left), ("right", right))
    ]
    assert read(files).frame()["label"].to_list() == kept


def test_numbers_stay_numbers_across_files(put):
    files = [
        put("one.parquet", pl.DataFrame({"item": ["a"], "voter": ["u"], "score": [1], "note": [1], "list": [[1]]})),
        put("two.csv", "item,voter,score,note\na,v,0.1,x\n"),
        put(
            "three.parquet",
            pl.DataFrame({"item": ["a"], "voter": ["w"], "score": [0.1], "note": [1.0], "list": [[0.5]]}),
        ),
    ]
    frame = read(files).frame()
    assert frame["score"].to_list() == [1.0, 0.1, 0.1]
    assert frame["note"].to_list() == ["1", "x", "1"]
    assert frame["list"].to_list() == [[1.0], None, [0.5]]


def test_columns_that_do_not_fit_together_are_refused_by_name(put):
    one = put("one.parquet", pl.DataFrame({"item": ["a"], "voter": ["u"], "label": ["x"], "note": [[1]]}))
    two = put("two.csv", "item,voter,label,note\nb,u,x,y\n")
    with pytest.raises(InputError, match="List") as caught:
        read([one, two])
    assert caught.value.argument == "note"


def test_files_of_different_kinds_are_refused(put):
    one, two = put("one.csv", VOTES), put("two.csv", "item,voter,score\na,u,1\n")
    with pytest.raises(InputError, match=r"holds scores, but the files before hold labels \(.*two.csv\)"):
        read([one, two])


def test_the_file_whose_columns_tell_no_kind_is_named(put):
    one, two = put("one.csv", VOTES), put("two.csv", "a,b\n1,2\n")
    with pytest.raises(InputError, match=r"two\.csv") as caught:
        read([one, two])
    assert caught.value.argument == "columns"


def test_columns_under_other_names_are_taken_and_said(put):
    opinions = read(put("votes.csv", "task,worker,label,item_\na,u,x,1\n"))
    assert said(opinions) == [("took 'task' as item, 'worker' as voter", "noted", "votes.csv", [])]
    assert opinions.frame().columns == ["item", "voter", "label", "item_"]


def test_columns_may_be_stated(put):
    path = put("votes.csv", "q,who,label,score\na,u,x,1\n")
    opinions = read(path, kind="scores", columns={"item": "q", "voter": "who"})
    assert opinions.frame().rows() == [("a", "u", 1.0, "x")]


def test_a_file_called_like_a_kind_is_of_that_kind_where_its_columns_fit_two(put):
    columns = "item,voter,label,score\na,u,x,1\n"
    assert read(put("labels.csv", columns)).kind == "labels"
    assert read(put("scores.csv", columns)).kind == "scores"
    assert read(put("results.csv", VOTES)).kind == "labels"
    assert read(put("labels.csv", columns), kind="scores").kind == "scores"
    with pytest.raises(InputError, match="could be labels or scores"):
        read(put("votes.csv", columns))


def test_a_folder_holds_opinions_and_tables_about_things(put, tmp_path):
    put("all/b.csv", VOTES)
    put("all/a.csv", "item,voter,label\nc,u,x\n")
    put("all/items.jsonl", '{"item": "a", "gold": "x"}\n{"item": "a"}\n{"item": "z"}\n5\n')
    put("all/voters.parquet", pl.DataFrame({"voter": ["u"], "price": [2]}))
    put("all/notes.txt", "nothing")
    put("all/deeper/c.csv", "item,voter,label\nd,u,x\n")
    opinions = read(tmp_path / "all")
    assert opinions.frame()["item"].to_list() == ["c", "a", "b"]
    assert opinions.about.items.rows() == [("a", "x"), ("z", None)]
    assert opinions.about.column("voters", "price", opinions.vocabulary("voter")).to_list() == [2, None]
    assert said(opinions) == [
        ("not a JSON object", "set aside", "items.jsonl", [4]),
        ("a second row for one item", "set aside", "about items", [2]),
        ("no opinion has this item", "noted", "about items", []),
    ]


def test_tables_about_things_may_be_paths_or_frames(put):
    votes, items = put("votes.csv", VOTES), put("gold.csv", "item,gold\na,x\nb,y,z\n")
    opinions = read(votes, about={"items": items, "voters": pd.DataFrame({"voter": ["u", "v"]})})
    assert opinions.about.items.rows() == [("a", "x")]
    assert said(opinions) == [("more fields than the header", "set aside", "gold.csv", [2])]
    with pytest.raises(ParseError, match="does not exist"):
        read(votes, about={"items": "nowhere.csv"})
    for suffix in ("csv", "parquet"):
        with pytest.raises(ParseError, match="cannot be opened"):
            read(votes, about={"items": "x" * 5000 + f".{suffix}"})


def test_two_tables_about_the_same_things_are_refused(put, tmp_path):
    for folder in ("one", "two"):
        put(f"{folder}/votes.csv", VOTES)
        put(f"{folder}/items.csv", "item,gold\na,x\n")
    with pytest.raises(InputError, match="two tables about items"):
        find_files([tmp_path / "one", tmp_path / "two"])


def test_a_wide_table_is_read_with_its_rows(put):
    path = put("wide.csv", "q,ann,bob\na,x,\n\n,y,z\nb,x,y\n")
    opinions = read(path, wide="q")
    assert opinions.frame().rows() == [("a", "ann", "x"), ("b", "ann", "x"), ("b", "bob", "y")]
    assert said(opinions) == [
        ("a wide table of 3 rows", "noted", "wide.csv", []),
        ("no item", "set aside", "wide.csv", [2, 2]),
    ]
    assert read(put("scores.csv", "q,u,v\na,1,2.5\n"), wide="q", kind="scores").frame()["score"].to_list() == [1.0, 2.5]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nowhere.csv", "does not exist"),
        ("nowhere.parquet", "does not exist"),
        ("x" * 5000 + ".parquet", "cannot be opened"),
        ("x" * 5000 + ".csv", "cannot be opened"),
        ("a\0b.csv", "cannot be opened|does not exist"),
        ("votes.xlsx", "unknown suffix '.xlsx'.*state format="),
        ("votes", "unknown suffix ''"),
        ("empty", "holds no file of opinions"),
        ("only", "holds no file of opinions"),
        ("strange.csv", "is a folder|holds no file"),
    ],
    ids=[
        "csv",
        "parquet",
        "long parquet name",
        "long name",
        "NUL",
        "spreadsheet",
        "no suffix",
        "empty folder",
        "only about",
        "folder with suffix",
    ],
)
def test_a_path_that_cannot_be_read_is_refused_by_name(put, tmp_path, path, said):
    put("votes.xlsx", VOTES)
    put("votes", VOTES)
    put("only/items.csv", "item\na\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "strange.csv").mkdir()
    with pytest.raises(ParseError, match=said) as caught:
        read(tmp_path / path)
    assert caught.value.argument == str(tmp_path / path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(put):
    path = put("votes.csv", VOTES)
    path.chmod(0)
    with pytest.raises(ParseError, match="cannot be opened"):
        read(path)


def test_no_path_is_refused():
    with pytest.raises(InputError, match="names no file") as caught:
        read([])
    assert caught.value.argument == "path"


@pytest.mark.parametrize("name", ["v[1]", "v*", "v?", "{a}", "a b", "\u00fc\U0001f600", "-", "..x"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_name_is_a_name_and_no_pattern(put, name, suffix):
    put(f"v1.{suffix}", FORMATS[suffix])
    path = put(f"{name}.{suffix}", FORMATS[suffix])
    opinions = read(path)
    assert opinions.frame().rows() == ROWS
    assert said(opinions) == []


def test_how_it_was_read_is_said_in_words_of_the_command_line(put, tmp_path):
    put("ann/a.txt", "good morning")
    opinions = read(tmp_path, layout="{voter}/{item}", format="txt")
    assert opinions.source.options == ("--format", "txt", "--layout", "{voter}/{item}")
    assert opinions.source.sha256 == (hashlib.sha256(b"good morning").hexdigest(),)


def test_the_encoding_is_stated_for_all_text_files(put):
    votes, items = (
        put("votes.csv", "item,voter,label\na,J\u00fcrgen,x\n".encode("cp1252")),
        "item,gold\na,\u00fc\n".encode("cp1252"),
    )
    with pytest.raises(EncodingError, match=r"votes\.csv: is not utf-8"):
        read(votes)
    opinions = read(votes, encoding="cp1252", about={"items": put("items.csv", items)})
    assert opinions.vocabulary("voter").to_list() == ["J\u00fcrgen"]
    assert opinions.about.items["gold"].to_list() == ["\u00fc"]


@pytest.mark.parametrize("data", [VOTES.encode(), (VOTES + ",u,x\n").encode()], ids=["clean", "one row without item"])
def test_strict_refuses_input_of_which_a_row_is_set_aside(put, data):
    path = put("votes.csv", data)
    if data == VOTES.encode():
        assert len(read(path, strict=True)) == 2
    else:
        assert len(read(path)) == 2
        with pytest.raises(InputError, match="1 set aside: no item") as caught:
            read(path, strict=True)
        assert caught.value.argument == "strict"


def test_repeated_votes_across_files_follow_the_rule(put):
    files = [put("one.csv", VOTES), put("two.csv", "item,voter,label\na,u,z\nb,v,y\n")]
    opinions = read(files)
    assert opinions.frame().rows() == [("b", "v", "y")]
    assert said(opinions) == [
        ("said twice: counted once", "set aside", "two.csv", [2]),
        ("contradicts itself: none of the rows counts", "set aside", "one.csv", [1]),
        ("contradicts itself: none of the rows counts", "set aside", "two.csv", [1]),
    ]
    assert read(files, repeated="last").frame().rows() == [("b", "v", "y"), ("a", "u", "z")]
    with pytest.raises(ContradictionError):
        read(files, repeated="error")


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        *((FORMATS[name], None) for name in ("csv", "tsv", "jsonl")),
        ("\n" + FORMATS["csv"], None),
        ("\ufeff" + FORMATS["jsonl"], None),
        (json.dumps([dict(zip(("item", "voter", "label"), row, strict=True)) for row in ROWS]), None),
        (FORMATS["json"], "json"),
    ],
    ids=["csv", "tsv", "jsonl", "blank line first", "mark", "json", "columns in json, stated"],
)
def test_standard_input_is_told_by_its_first_sign(monkeypatch, text, stated):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    opinions = read("-", format=stated)
    assert opinions.frame().rows() == ROWS
    assert opinions.source.sha256 == (hashlib.sha256(text.encode()).hexdigest(),)


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "is empty"), (b"PAR1....PAR1", "from a pipe"), (gzip.compress(b"a"), "gzip")],
    ids=["empty", "parquet", "gzip"],
)
def test_standard_input_that_cannot_be_read_is_refused(monkeypatch, data, said):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    with pytest.raises(ParseError, match=said) as caught:
        read("-")
    assert caught.value.argument == "standard input"


class Endless(io.RawIOBase):
    """A line that never ends, as of a device; what was taken of it is counted."""

    taken = 0

    def readable(self):
        return True

    def readinto(self, room):
        self.taken += len(room)
        room[:] = b"x" * len(room)
        return len(room)


@pytest.mark.parametrize("form", [None, "csv", "jsonl"])
def test_a_line_without_end_is_refused_before_memory_ends(monkeypatch, form):
    monkeypatch.setattr(text_files, "LONGEST_LINE", 3_000_000)
    endless = Endless()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(endless)))
    with pytest.raises(ParseError, match="more than 3,000,000 bytes of it came") as caught:
        read("-", format=form)
    assert caught.value.argument == "standard input"
    assert endless.taken < 5_000_000
    endless.close()


@pytest.mark.skipif(not Path("/dev/zero").is_char_device(), reason="there is no /dev/zero here")
def test_a_device_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(text_files, "LONGEST_LINE", 3_000_000)
    with pytest.raises(ParseError, match="line without end") as caught:
        read("/dev/zero", format="csv")
    assert caught.value.argument == "/dev/zero"


def test_long_streams_of_short_lines_and_long_last_lines_are_read(monkeypatch):
    """Only the line counts: it may be as long as said, whichever way lines end, and the stream longer."""
    monkeypatch.setattr(text_files, "LONGEST_LINE", 2**20)
    lines = b"item,voter,label\r" + b"a,u,x\r" * 600_000
    assert text_files.read_stream(io.BytesIO(lines), "s") == lines
    line = b"\n" + b"x" * 2**20
    assert text_files.read_stream(io.BytesIO(line), "s") == line
    with pytest.raises(ParseError):
        text_files.read_stream(io.BytesIO(line + b"x" * 2**20), "s")


def test_a_pipe_is_read_between_files(put):
    path = put("votes.csv", VOTES)
    script = f"from psephos.opinions import read; print(read([{str(path)!r}, '-']).frame()['item'].to_list())"
    done = subprocess.run(
        [sys.executable, "-c", script], input="item,voter,label\nc,u,x\n", capture_output=True, text=True, check=True
    )
    assert done.stdout == "['a', 'b', 'c']\n"


@pytest.fixture
def plugged(tmp_path, monkeypatch):
    """A package on the path that brings a reader for .votes and one that is broken."""
    package = tmp_path / "site"
    (package / "votes_format-1.0.dist-info").mkdir(parents=True)
    (package / "votes_format-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: votes-format\nVersion: 1.0\n"
    )
    (package / "votes_format-1.0.dist-info" / "entry_points.txt").write_text(
        "[psephos.readers]\n.votes = votes_format:read\n"
    )
    (package / "votes_format.py").write_text(
        "import numpy, polars\n"
        "from psephos.errors import ParseError\n"
        "from psephos.opinions.text_files import Table\n"
        "def read(data, name, *, encoding):\n"
        "    rows = [line.split() for line in data.decode(encoding).splitlines()]\n"
        "    if not all(len(row) == 3 for row in rows):\n"
        "        raise ParseError(name, 'needs three words per line')\n"
        "    frame = polars.DataFrame(rows, schema=['item', 'voter', 'label'], orient='row')\n"
        "    return Table(frame, numpy.arange(1, len(rows) + 1))\n"
    )
    monkeypatch.syspath_prepend(str(package))
    yield
    sys.modules.pop("votes_format", None)


@pytest.mark.usefixtures("plugged")
def test_an_installed_package_adds_a_format(put):
    assert read(put("all.votes", "a u x\nb v y\n")).frame().rows() == ROWS
    assert read(put("all.txt", "a u x\nb v y\n"), format="votes").frame().rows() == ROWS
    with pytest.raises(ParseError, match="three words"):
        read(put("all.votes", "a u\n"))


def test_without_the_package_the_format_is_unknown(put):
    with pytest.raises(ParseError, match=r"unknown suffix '\.votes'"):
        read(put("all.votes", "a u x\n"))


def test_a_hundred_thousand_labels_are_read(put):
    lines = "".join(f"i{n},u,label {n}\n" for n in range(100_000))
    opinions = read(put("votes.csv", "item,voter,label\n" + lines))
    assert opinions.size("label") == 100_000
    assert opinions.frame().row(99_999) == ("i99999", "u", "label 99999")


def test_a_large_parquet_file_with_nested_columns_is_read(put):
    n = 50_000
    frame = pl.DataFrame(
        {
            "item": np.arange(n) // 4,
            "voter": ["llm"] * n,
            "draw": np.arange(n) % 4,
            "answer": np.arange(n) % 7,
            "logprobs": [[-0.5] * (place % 3) for place in range(n)],
            "meta": [{"k": place} for place in range(n)],
        }
    )
    opinions = read(put("samples.parquet", frame))
    assert len(opinions) == n
    assert opinions.frame()["meta"].to_list()[5] == {"k": 5}
    assert opinions.frame()["logprobs"].to_list() == frame["logprobs"].to_list()
