"""Any bytes and any damaged file end in opinions or in an `InputError`, with every row accounted for.

Each check runs on few examples, and on 10,000 where slow tests run. A damaged Parquet file can end the process that
decodes it, so many are tried in one child process, and what passes there must pass here.
"""

from __future__ import annotations

import csv
import io
import json

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psephos.errors import InputError, ParseError
from psephos.opinions.formats import parse
from psephos.opinions.frames import from_frame
from psephos.opinions.kinds import KINDS
from psephos.opinions.parquet import faults_of
from psephos.opinions.reading import read

FEW = settings(max_examples=60, deadline=10_000)
MANY = settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))

TABLES = [
    pl.DataFrame({"item": ["a", "a", "b"], "voter": ["u", "v", "u"], "label": ["x", None, "y"], "time": [1.5, None, 2.0]}),
    pl.DataFrame({"item": [1, 2, 2], "voter": [1.0, 0.5, None], "score": [0.5, None, 3.0], "weight": [1, 0, 2]}),
    pl.DataFrame({"left": ["x", "y"], "right": ["y", "z"], "winner": ["tie", "left"], "voter": ["\u00fc", "a b"]}),
    pl.DataFrame(
        {"item": ["q", "q"], "voter": ["m", "m"], "draw": [0, 1], "answer": ["4", "5"], "logprobs": [[-0.5, -1.0], []]}
    ),
    pl.DataFrame({"user": ["u"], "item": ["i"], "rating": [5], "time": ["2024-01-01"]}),
]


def flat(table):
    return table.with_columns(
        pl.Series(name, [json.dumps(value) for value in table[name].to_list()]) for name, dtype in table.schema.items() if dtype.is_nested()
    )


def as_parquet(table, compression):
    file = io.BytesIO()
    table.write_parquet(file, compression=compression)
    return file.getvalue()


FILES = {
    "csv": [flat(table).write_csv(quote_style=style).encode() for table in TABLES for style in ("necessary", "always")],
    "tsv": [flat(table).write_csv(separator="\t").encode() for table in TABLES],
    "jsonl": [table.write_ndjson().encode() for table in TABLES],
    "json": [table.write_json().encode() for table in TABLES]
    + [json.dumps(table.to_dict(as_series=False)).encode() for table in TABLES],
    "parquet": [as_parquet(table, way) for table in TABLES for way in ("uncompressed", "zstd", "snappy")],
}
TOKENS = [
    *(b'"', b'""', b",", b"\t", b";", b"\n", b"\r", b"\r\n", b"\n\n", b"\0", b" ", b"'", b"\\", b"\\u0000", b"\\ud800"),
    *(b"{", b"}", b"[", b"]", b"[" * 2000, b'{"":' * 2000, b":", b"null", b"NaN", b"-Infinity", b"true", b'""', b"{}", b"[]"),
    *(b"1e999", b"-1", b"9" * 30, b"0.1", b"1" * 5000, b"2024-01-01", b"2024-02-30T25:61:61Z", b"1_0", b"0x1"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b", b"PK\x03\x04", b"PAR1", b"\xc3", b"\xc3\xbc", b"\xf0\x9f\x98\x80"),
    *("\u2028", "\x85", "\x0c", "\x1c", "\u202e", "\u0661", "\ufeff"),
    *(b"item", b"voter", b"label", b"score", b"draw", b"time", b"weight", b"winner", b'"item": 1, ', b"column 1"),
]
TOKENS = [token if isinstance(token, bytes) else token.encode() for token in TOKENS]


@st.composite
def damaged(draw, files):
    """One of the files with bytes changed, cut, doubled, moved or put in."""
    data = bytearray(draw(st.sampled_from(files)))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        match draw(st.integers(0, 4)):
            case 0:
                data[start:end] = b""
            case 1:
                data[start:start] = data[start:end]
            case 2:
                data[start:start] = draw(st.sampled_from(TOKENS))
            case 3:
                data[start : start + 1] = bytes([draw(st.integers(0, 255))])
            case 4:
                place = draw(st.integers(0, len(data)))
                data[place:place] = data[start:end]
    return bytes(data)


ODD = st.one_of(
    st.sampled_from(["a", "b", "", " ", "1", "0.5", "-1", "1e999", "NaN", "true", "left", "tie", "[1, 2]", "2024-01-01T10:00Z"]),
    st.sampled_from([0, 1, -1, 2**53 + 1, 2**63, 10**30, 0.5, -0.0, 1e300, float("nan"), float("inf"), True, False, None]),
    st.sampled_from([[], [1], [0.5, 1], [None], [True], ["a"], [[1]], [10**30], {}, {"a": 1}, {"": [None]}]),
    st.text(max_size=3),
)


@st.composite
def odd_tables(draw, suffix):
    """The columns of one kind, and others, with values of any type in any of them."""
    kind = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    others = [name for name in (*kind.names, "note", "ITEM", "") if name not in kind.required]
    names = [*kind.required, *draw(st.lists(st.sampled_from(others), unique=True, max_size=3))]
    usual = ["a", "left", 1]
    rows = draw(
        st.lists(
            st.fixed_dictionaries({name: st.sampled_from(usual) | ODD for name in names}), min_size=1, max_size=8
        )
    )
    if suffix == "jsonl":
        return "\n".join(map(json.dumps, rows)).encode()
    if suffix == "json":
        return json.dumps(rows).encode()
    file = io.StringIO()
    writer = csv.DictWriter(file, names, delimiter="\t" if suffix == "tsv" else ",")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode("utf-8", "replace")


def any_bytes(suffix):
    token_soup = st.lists(st.sampled_from(TOKENS), max_size=20).map(b"".join)
    return st.one_of(odd_tables(suffix), damaged(FILES[suffix]), damaged(FILES[suffix]), token_soup, st.binary(max_size=200))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


def ends_well(data, path):
    """Read the bytes; whatever comes in must be there or be set aside."""
    path.write_bytes(data)
    try:
        table = parse(data, str(path), path.suffix)
    except InputError as problem:
        with pytest.raises(type(problem)):
            read(path)
        return
    assert table.frame.height == len(table.rows)
    rows = len(table.rows) + sum(issue.count for issue in table.issues if issue.action == "set aside")
    try:
        opinions = read(path)
    except InputError as problem:
        assert len(str(problem)) < 5_000
        return
    assert len(opinions) + opinions.issues.set_aside == rows
    assert opinions.frame().height == len(opinions)
    assert len(opinions.sha256) == 64


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "json"])
@given(data=st.data())
@FEW
def test_any_bytes_end_well(folder, suffix, data):
    ends_well(data.draw(any_bytes(suffix)), folder / f"fuzz.{suffix}")


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "json"])
@given(data=st.data())
@MANY
def test_any_bytes_end_well_10_000_times(folder, suffix, data):
    ends_well(data.draw(any_bytes(suffix)), folder / f"fuzz.{suffix}")


def end_well(files, folder):
    """Read Parquet files; those that pass in another process must pass in this one."""
    paths = [folder / f"{place}.parquet" for place in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    faults = faults_of(paths)
    if faults[0] is not None:
        with pytest.raises(ParseError) as caught:
            read(paths[0])
        assert caught.value.argument == str(paths[0])
    for path, fault in zip(paths, faults, strict=True):
        if fault is None:
            frame = pl.read_parquet(path, glob=False)
            try:
                opinions = from_frame(frame)
            except InputError:
                continue
            assert len(opinions) + opinions.issues.set_aside == frame.height
            assert len(opinions.sha256) == 64


BATCH = 20
parquet_files = st.lists(
    st.one_of(damaged(FILES["parquet"]), st.binary(max_size=200).map(lambda data: b"PAR1" + data + b"PAR1")),
    min_size=BATCH,
    max_size=BATCH,
)


@given(files=parquet_files)
@settings(FEW, max_examples=60 // BATCH, deadline=None)
def test_any_parquet_file_ends_well(folder, files):
    end_well(files, folder)


@pytest.mark.slow
@given(files=parquet_files)
@settings(MANY, max_examples=10_000 // BATCH)
def test_any_parquet_file_ends_well_10_000_times(folder, files):
    end_well(files, folder)


def test_the_files_are_whole_before_they_are_damaged(folder):
    for suffix in ("csv", "tsv", "jsonl", "json", "parquet"):
        for place, data in enumerate(FILES[suffix][:: 6 if suffix == "parquet" else 1]):
            path = folder / f"whole {place}.{suffix}"
            path.write_bytes(data)
            opinions = read(path)
            assert len(opinions) > 0
