"""Text formats: every defined outcome of bytes, and the fast way agrees with the careful one."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
import zipfile

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from psephos.errors import EncodingError, InputError, ParseError
from psephos.opinions import delimited, json_records
from psephos.opinions.delimited import read_csv, read_tsv
from psephos.opinions.json_records import read_json, read_jsonl

HEAD = "item,voter,label\n"
UMLAUTS = HEAD + "a,J\u00fcrgen,\u20ac\n"


def contents(table):
    return table.frame.rows(), table.rows.tolist()


def found(table):
    return [(issue.reason, issue.action, issue.rows.tolist(), issue.example) for issue in table.issues]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (UMLAUTS.encode(), "utf-8"),
        (UMLAUTS.encode(), "UTF_8"),
        (UMLAUTS.encode("utf-8-sig"), "utf-8"),
        (UMLAUTS.encode("utf-8-sig"), "cp1252"),
        (2 * codecs.BOM_UTF8 + UMLAUTS.encode("utf-8-sig"), "utf-8"),
        (2 * codecs.BOM_UTF16_LE + UMLAUTS.encode("utf-16-le"), "utf-8"),
        (codecs.BOM_UTF16_LE + UMLAUTS.encode("utf-16-le"), "utf-8"),
        (codecs.BOM_UTF16_BE + UMLAUTS.encode("utf-16-be"), "utf-8"),
        (codecs.BOM_UTF16_LE + UMLAUTS.encode("utf-16-le"), "latin-1"),
        (UMLAUTS.encode("cp1252"), "cp1252"),
        (UMLAUTS.encode("utf-16-le"), "utf-16-le"),
        (UMLAUTS.encode("utf-32"), "utf-32"),
    ],
    ids=[
        "utf-8",
        "another spelling",
        "byte-order mark",
        "mark against what is stated",
        "three marks",
        "two marks of utf-16",
        "utf-16 little end first",
        "utf-16 big end first",
        "utf-16 mark against what is stated",
        "cp1252 stated",
        "utf-16 stated",
        "utf-32 stated",
    ],
)
def test_text_is_read_in_its_encoding(data, encoding):
    table = read_csv(data, "f.csv", encoding=encoding)
    assert table.frame.columns == ["item", "voter", "label"]
    assert contents(table) == ([("a", "J\u00fcrgen", "\u20ac")], [1])


@pytest.mark.parametrize(
    ("data", "encoding", "place"),
    [
        (UMLAUTS.encode("cp1252"), "utf-8", "byte 20, line 2"),
        (codecs.BOM_UTF16_LE + b"i", "utf-8", "byte 2, line 1"),
        (UMLAUTS.encode(), "ascii", "byte 20, line 2"),
        (b"item\n+2AA-\n", "utf-7", None),
        (b"\xff\xff\xff", "utf-8", "byte 0, line 1"),
    ],
    ids=["cp1252 unstated", "half a character", "ascii", "lone surrogate in utf-7", "no text"],
)
def test_bytes_of_another_encoding_are_refused_with_the_place(data, encoding, place):
    for read in (read_csv, read_tsv, read_jsonl, read_json):
        with pytest.raises(EncodingError, match="encoding='cp1252'") as caught:
            read(data, "f.csv", encoding=encoding)
        assert caught.value.argument == "f.csv"
        assert caught.value.where == place


@pytest.mark.parametrize("encoding", ["utf8000", "hex", "", "a\0b"])
def test_an_unknown_encoding_is_refused(encoding):
    with pytest.raises(InputError, match="not known") as caught:
        read_csv(b"item\na", "f.csv", encoding=encoding)
    assert caught.value.argument == "encoding"


def zipped():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("votes.csv", HEAD)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (gzip.compress(HEAD.encode()), "gzip"),
        (zipped(), "zip archive or a spreadsheet"),
        (b"SQLite format 3\0" + bytes(80), "SQLite"),
        (b"\x28\xb5\x2f\xfd" + bytes(9), "zstd"),
        (b"\xd0\xcf\x11\xe0" + bytes(9), "spreadsheet"),
        (b"item,\0voter\n", "NUL character"),
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b" \n\t\r\n", "is empty"),
        (b"\n\n\n", "is empty"),
    ],
    ids=[
        "gzip",
        "zip",
        "sqlite",
        "zstd",
        "old spreadsheet",
        "NUL",
        "no bytes",
        "only a mark",
        "only blanks",
        "only lines",
    ],
)
@pytest.mark.parametrize("read", [read_csv, read_tsv, read_jsonl, read_json], ids=["csv", "tsv", "jsonl", "json"])
def test_what_is_no_text_is_refused_with_a_word_on_what_it_is(read, data, said):
    if said == "is empty" and read is read_json:
        said = "is not JSON"
    with pytest.raises(ParseError, match=said) as caught:
        read(data, "f.csv")
    assert caught.value.argument == "f.csv"


@pytest.mark.parametrize(
    ("data", "rows", "numbers"),
    [
        ("a,u,x\r\nb,v,y\r\n", [("a", "u", "x"), ("b", "v", "y")], [1, 2]),
        ("a,u,x\rb,v,y\r", [("a", "u", "x"), ("b", "v", "y")], [1, 2]),
        (
            "a,u,x\nb,v,y\r\nc,w,z\rd,u,x",
            [("a", "u", "x"), ("b", "v", "y"), ("c", "w", "z"), ("d", "u", "x")],
            [1, 2, 3, 4],
        ),
        ("a,u,x\n\n\r\nb,v,y\n\n", [("a", "u", "x"), ("b", "v", "y")], [1, 2]),
        ('"a,1","u""v","x\ny"\n', [("a,1", 'u"v', "x\ny")], [1]),
        ('"a\r\nb",u,x\nc,v,y', [("a\r\nb", "u", "x"), ("c", "v", "y")], [1, 2]),
        ('a"b,u,x\n', [('a"b', "u", "x")], [1]),
        ("a,u\nb\nc,v,y\n", [("a", "u", None), ("b", None, None), ("c", "v", "y")], [1, 2, 3]),
        ("a,,\n,,\n", [("a", None, None), (None, None, None)], [1, 2]),
        ('"",u,x\n', [(None, "u", "x")], [1]),
        (" a , u,x \n", [(" a ", " u", "x ")], [1]),
        ("  \na,u,x\n", [("  ", None, None), ("a", "u", "x")], [1, 2]),
        ("a\u2028b,u\x85,x\x0cy\n", [("a\u2028b", "u\x85", "x\x0cy")], [1]),
        ("a,\ufeffu,x\n", [("a", "\ufeffu", "x")], [1]),
        ("a,=1+1,'x\n", [("a", "=1+1", "'x")], [1]),
        ("", [], []),
    ],
    ids=[
        "CRLF",
        "lone CR",
        "mixed line ends",
        "blank lines do not count",
        "quotes",
        "line end in quotes",
        "quote inside a field",
        "short rows",
        "empty fields",
        "empty quotes",
        "blanks are kept",
        "line of blanks is a row",
        "other line separators are text",
        "mark in the middle",
        "formulas are text",
        "header only",
    ],
)
@pytest.mark.parametrize("separator", [",", "\t", ";"], ids=["comma", "tab", "semicolon"])
def test_fields_and_row_numbers(data, rows, numbers, separator):
    data = (HEAD + data).replace(",", separator)
    rows = [tuple(field and field.replace(",", separator) for field in row) for row in rows]
    read = read_tsv if separator == "\t" else read_csv
    assert contents(read(data.encode(), "f.csv")) == (rows, numbers)


@pytest.mark.parametrize("blank", ["\n", "\r\n\r\n", "\r"])
def test_blank_lines_before_the_header_do_not_count(blank):
    table = read_csv((blank + HEAD + "a,u,x\n").encode(), "f.csv")
    assert table.frame.columns == ["item", "voter", "label"]
    assert contents(table) == ([("a", "u", "x")], [1])


def test_rows_longer_than_the_header_are_set_aside_by_name():
    table = read_csv((HEAD + "a,u,x\nb,v,y,z\n\nc,w,z\nd,u,x,,\n").encode(), "f.csv")
    assert contents(table) == ([("a", "u", "x"), ("c", "w", "z")], [1, 3])
    assert found(table) == [("more fields than the header", "set aside", [2, 4], "b,v,y,z")]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("item,voter,item", "two columns called 'item'"),
        ("item, item ", "two columns called 'item'"),
        ("column 2,", "two columns called 'column 2'"),
        ('"item,voter', "cannot be read"),
        ('"a"b,c', "cannot be read"),
    ],
    ids=["twice", "twice but for blanks", "unnamed as another", "unclosed quote", "quote in the middle"],
)
def test_a_header_that_cannot_be_used_is_refused(header, said):
    with pytest.raises(ParseError, match=said) as caught:
        read_csv(f"{header}\na,u\n".encode(), "f.csv")
    assert caught.value.argument == "f.csv"


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (" item , voter ", ["item", "voter"]),
        ("item,", ["item", "column 2"]),
        (",,", ["column 1", "column 2", "column 3"]),
        ('"item, no",voter', ["item, no", "voter"]),
        ('"item\nno",voter', ["item\nno", "voter"]),
        ("item\x0cno,voter\u2028", ["item\x0cno", "voter"]),
        ("item,Item", ["item", "Item"]),
        ("item", ["item"]),
        (",".join(f"c{n}" for n in range(10_000)), [f"c{n}" for n in range(10_000)]),
        (f"{'x' * 200_000},b", ["x" * 200_000, "b"]),
        (f'"{"x" * 200_000}",b', ["x" * 200_000, "b"]),
    ],
    ids=[
        "blanks",
        "unnamed",
        "only separators",
        "comma in quotes",
        "line end in quotes",
        "other separators",
        "case",
        "one column",
        "ten thousand columns",
        "long name",
        "long name in quotes",
    ],
)
def test_headers(header, columns):
    assert read_csv(f"{header}\n1{',2' * (len(columns) - 1)}\n".encode(), "f.csv").frame.columns == columns


@pytest.mark.parametrize(
    ("head", "noted"),
    [("item;voter", "';'"), ("item\tvoter", "'\\t'"), ("item;voter,label", None), ("item", None)],
    ids=["semicolon", "tab", "comma too", "neither"],
)
def test_another_separator_is_used_and_said_only_where_the_header_has_no_comma(head, noted):
    issues = read_csv(f"{head}\na\n".encode(), "f.csv").issues
    assert [issue.reason for issue in issues] == ([f"fields are separated by {noted}, not by commas"] if noted else [])


@pytest.mark.parametrize("quote", ["", '"'], ids=["plain", "quoted"])
def test_a_field_of_20_megabytes_is_read(quote):
    table = read_csv(f"{HEAD}{quote}{'x' * 20_000_000}{quote},u,y\n".encode(), "f.csv")
    assert table.frame["item"].str.len_bytes().to_list() == [20_000_000]


def test_an_unclosed_quote_is_refused_with_the_last_good_row(monkeypatch):
    with pytest.raises(ParseError, match=r"after row 1: .*line 4\).*quote that is not closed"):
        read_csv((HEAD + 'a,u,x\nb,"v,y\nc,w,z').encode(), "f.csv")
    monkeypatch.setattr(delimited, "LONGEST_FIELD", 100)
    with pytest.raises(ParseError, match=r"after row 1: field larger"):
        read_csv((HEAD + 'a,u,x\nb,"v,y\n' + "c,w,z\n" * 100).encode(), "f.csv")


FIELD = st.text(st.sampled_from(' ab1.,;\t\n\r"=\u00e4\u2028\ufeff\x0c'), max_size=4)


@st.composite
def tables_of_text(draw):
    """A header and rows as a writer would quote them, or not, with any line end."""
    width = draw(st.integers(1, 4))
    quoting = draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
    file = io.StringIO()
    writer = csv.writer(file, quoting=quoting, lineterminator=draw(st.sampled_from(["\n", "\r\n"])))
    writer.writerow([f"c{place}" for place in range(width)])
    for row in draw(st.lists(st.lists(FIELD, min_size=1, max_size=width + 1), max_size=6)):
        writer.writerow(row)
    return file.getvalue()


RAW = st.lists(st.text(st.sampled_from(" ab,\r\x0c\u2028"), max_size=6), max_size=8).map("\n".join)


@given(tables_of_text() | RAW.map(lambda text: "x,y\n" + text) | RAW.map(lambda text: "x\n" + text))
@settings(max_examples=150, deadline=None)
@example("x\n\n")
@example("x,y\na\n,\n")
@example("x,y\n \n")
@example("x\n\ta\n")
def test_the_fast_way_agrees_with_the_careful_one(text):
    header = delimited._header(text, "f.csv", ",")
    try:
        careful = delimited._careful_csv(text, "f.csv", ",", header, [])
    except ParseError as problem:
        with pytest.raises(ParseError, match=re.escape(str(problem))):
            read_csv(text.encode(), "f.csv")
        return
    table = read_csv(text.encode(), "f.csv")
    assert table.frame.equals(careful.frame)
    assert table.rows.tolist() == careful.rows.tolist()
    assert found(table) == found(careful)
    reference = [row for row in csv.reader(io.StringIO(text, newline="")) if row][1:]
    assert len(table.rows) + sum(issue.count for issue in table.issues) == len(reference)


@pytest.mark.parametrize("row", ["b,v,y,z", "b,v,y,", "b,v,y,,,", "b", 'b,v,"y"'])
@pytest.mark.parametrize("place", [1, 30_000, 60_000])
def test_one_odd_row_among_many_is_found(row, place):
    lines = ["a,u,x"] * 60_000
    lines[place - 1] = row
    table = read_csv((HEAD + "\n".join(lines)).encode(), "f.csv")
    if row.count(",") > 2:
        assert found(table) == [("more fields than the header", "set aside", [place], row)]
        assert table.frame.height == 59_999
    else:
        assert found(table) == []
        assert table.frame.row(place - 1) == (("b", None, None) if row == "b" else ("b", "v", "y"))
    assert table.frame.with_row_index(offset=1).filter(pl.col("item") == "a").height == 59_999


def test_plain_files_take_the_fast_way():
    assert delimited._is_plain(HEAD + "a,u,x\n")
    assert delimited._is_plain(HEAD.replace("\n", "\r\n") + "a,u,x\r\n")
    for careful in ('"', "\n\n", "\n\r\n", "a\rb"):
        assert not delimited._is_plain(HEAD + careful)


@pytest.mark.parametrize(
    "text", ['"a",u,x\n', 'a,"u\n\nv","x ""y""\r"\r\nb,u,\n', '"","",""', ',"u",\n"a"\n', 'a,"1,5",x']
)
def test_well_quoted_files_take_the_fast_way(text):
    assert delimited._fast_csv(HEAD + text, ",") is not None


@pytest.mark.parametrize(
    "text", ['a"b,u,x\n', '"a"b,u,x', '"a",u,"x', 'a, "u",x', '"a",u,x\n\n"b",u,x', '"a",u,x\rb,u,x']
)
def test_files_that_readers_do_not_agree_on_take_the_careful_way(text):
    assert delimited._fast_csv(HEAD + text, ",") is None


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_line_ends_in_quotes_stay_wherever_the_file_is_cut(end):
    rows = [(f"i{n}", f'say "{n}",{end}then{end}{end}stop', f"{n % 7}") for n in range(40_000)]
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator=end).writerows([("item", "voter", "label"), *rows])
    table = read_csv(file.getvalue().encode(), "f.csv")
    assert table.frame.rows() == rows
    assert delimited._fast_csv(file.getvalue(), ",") is not None


@pytest.mark.parametrize(
    ("lines", "rows", "numbers", "issues"),
    [
        (['{"a": 1}', "", '{"a": 2}', "  "], [(1,), (2,)], [1, 3], []),
        (['{"a": 1}', "[]"], [(1,)], [1], [("not a JSON object", "set aside", [2], "[]")]),
        (
            ["1", '"x"', "null", '{"a": 1}', "true"],
            [(1,)],
            [4],
            [("not a JSON object", "set aside", [1, 2, 3, 5], "1")],
        ),
        (['{"a": 1}', '{"a": 2'], [(1,)], [1], [("not JSON (Expecting ',' delimiter)", "set aside", [2], '{"a": 2')]),
        (
            ['{"a": 1, "a": 2}', '{"a": 1}'],
            [(1,)],
            [2],
            [("a key occurs twice in one JSON object", "set aside", [1], '{"a": 1, "a": 2}')],
        ),
        (
            ['{"a": "\\ud800"}', '{"a": "\\ud83d\\ude00"}'],
            [("\U0001f600",)],
            [2],
            [("half of a surrogate pair is no character", "set aside", [1], '{"a": "\\ud800"}')],
        ),
        (
            ['{"\\uDFFF": 1}', '{"a": 1}'],
            [(1,)],
            [2],
            [("half of a surrogate pair is no character", "set aside", [1], '{"\\uDFFF": 1}')],
        ),
        (['{"a": 1}', '{"b": 2}'], [(1, None), (None, 2)], [1, 2], []),
        (['{"a": 1}\r', '{"a": 2}\r'], [(1,), (2,)], [1, 2], []),
        (['{"a": 1.5}', '{"a": 2}'], [(1.5,), (2.0,)], [1, 2], []),
        (['{"a": [1]}', '{"a": [0.5, null]}'], [([1.0],), ([0.5, None],)], [1, 2], []),
        (["{}", '{"a": 1}'], [(None,), (1,)], [1, 2], []),
        (['{"": 1, "column_0": 2}'], [(1, 2)], [1], []),
        (['{"a": -0, "b": 1e2}'], [(0, 100.0)], [1], []),
    ],
    ids=[
        "blank lines",
        "array",
        "scalars",
        "half a line",
        "key twice",
        "lone surrogate",
        "surrogate in a key",
        "different keys",
        "CRLF",
        "whole and broken",
        "lists of both",
        "empty object",
        "empty key",
        "minus zero",
    ],
)
def test_json_lines(lines, rows, numbers, issues):
    table = read_jsonl("\n".join(lines).encode(), "f.jsonl")
    assert contents(table) == (rows, numbers)
    assert found(table) == issues


def test_nested_values_are_kept_as_json_text_with_their_lines():
    table = read_jsonl(b'\n{"a": {"b": [1, {"c": null}]}}\n[]\n{"a": "x"}\n{"a": [true]}\n', "f.jsonl")
    assert contents(table) == ([('{"b": [1, {"c": null}]}',), ("x",), ("[true]",)], [2, 4, 5])
    assert found(table)[1] == ("a holds nested values: kept as JSON text", "noted", [2, 5], "")


def test_lists_of_numbers_beside_other_values_are_kept_as_json_text():
    table = read_jsonl(b'{"a": [1], "b": [1]}\n{"a": "x", "b": null}\n{"a": 2}\n', "f.jsonl")
    assert contents(table) == ([("[1]", [1]), ("x", None), (2, None)], [1, 2, 3])
    assert found(table) == [("a holds nested values: kept as JSON text", "noted", [1], "")]


@pytest.mark.parametrize("depth", [100, *range(900, 1010, 3), 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["arrays", "objects"])
def test_deeply_nested_values_are_text_or_set_aside(depth, opening, closing):
    nested = opening * depth + "1" * (opening != "[") + closing * depth
    table = read_jsonl(f'{{"a": 1}}\n{{"a": {nested}}}\n'.encode(), "f.jsonl")
    aside = [issue.reason for issue in table.issues if issue.action == "set aside"]
    assert len(table.rows) == (1 if aside else 2)
    assert aside in ([], ["nested too deeply"])
    assert (depth < 900) <= (not aside)
    assert (depth > 1000) <= bool(aside)
    assert json.loads(table.frame["a"][1]) if depth == 100 else True


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("9" * 18, "9" * 18),
        ("9" * 19, "9" * 19),
        ("-9223372036854775808", "-9223372036854775808"),
        ("1" + "0" * 5000, "1" + "0" * 5000),
        ("1e999", "inf"),
        ("-1E999", "-inf"),
        ("Infinity", "inf"),
        ("NaN", None),
        ("1.0", "1"),
    ],
    ids=[
        "18 digits",
        "19 digits",
        "smallest of 64 bits",
        "5000 digits",
        "exponent",
        "minus",
        "infinity",
        "nan",
        "whole",
    ],
)
def test_numbers_of_any_size_are_names(number, text):
    from psephos.opinions.coding import encode

    table = read_jsonl(f'{{"a": {number}}}'.encode(), "f.jsonl")
    assert encode(table.frame["a"]).values().to_list() == [text]


@pytest.mark.parametrize(
    ("text", "rows", "numbers"),
    [
        ('[{"a": 1}, {"a": 2, "b": "x"}]', [(1, None), (2, "x")], [1, 2]),
        ('{"a": [1, 2], "b": ["x", null]}', [(1, "x"), (2, None)], [1, 2]),
        ('[1, {"a": 1}, null, {"a": 2}]', [(1,), (2,)], [2, 4]),
        ('\ufeff [{"a": 1}]\n', [(1,)], [1]),
    ],
    ids=["objects", "columns", "strays", "mark"],
)
def test_json(text, rows, numbers):
    assert contents(read_json(text.encode(), "f.json")) == (rows, numbers)


def test_strays_in_json_are_set_aside_by_place():
    table = read_json(b'[{"a": {"b": 1}}, 1, {"a": {"b": 2}}, "x"]', "f.json")
    assert found(table) == [
        ("not a JSON object", "set aside", [2, 4], "1"),
        ("a holds nested values: kept as JSON text", "noted", [1, 3], ""),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "neither an array of objects nor"),
        ("[]", "no JSON object"),
        ("1", "neither an array of objects nor"),
        ('{"a": 1}', "neither an array of objects nor"),
        ('{"a": [1], "b": [1, 2]}', r"different lengths: \[1, 2\]"),
        ('{"a": []}', "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ('[{"a": 1}', "is not JSON.*line 1"),
        ('[{"a": 1}\n{"a": 2}]', "is not JSON.*line 2"),
        ('[{"a": 1, "a": 2}]', "a key occurs twice"),
        ('[{"a": "\\ud800"}]', "surrogate"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
    ],
    ids=[
        "empty object",
        "empty array",
        "number",
        "one object",
        "columns of different lengths",
        "empty columns",
        "no objects",
        "unclosed",
        "no comma",
        "key twice",
        "lone surrogate",
        "deep and unclosed",
        "deep",
    ],
)
def test_json_that_is_no_table_is_refused(text, said):
    with pytest.raises(ParseError, match=said) as caught:
        read_json(text.encode(), "f.json")
    assert caught.value.argument == "f.json"


def test_objects_without_a_common_key_are_no_table(monkeypatch):
    lines = "\n".join(f'{{"key {n}": 1}}' for n in range(100)).encode()
    assert read_jsonl(lines, "f.jsonl").frame.shape == (100, 100)
    monkeypatch.setattr(json_records, "MOST_CELLS", 9_999)
    with pytest.raises(ParseError, match="100 objects have 100 different keys"):
        read_jsonl(lines, "f.jsonl")


@given(
    st.lists(
        st.dictionaries(st.sampled_from("abc"), st.none() | st.booleans() | st.integers() | st.text(max_size=3)),
        min_size=1,
    )
)
@settings(max_examples=60, deadline=None)
def test_json_lines_and_json_agree(records):
    lines = "\n".join(map(json.dumps, records)).encode()
    try:
        one = read_jsonl(lines, "f")
    except ParseError:
        assert not any(records)
        with pytest.raises(ParseError, match="only empty JSON objects"):
            read_json(json.dumps(records).encode(), "f")
        return
    other = read_json(json.dumps(records).encode(), "f")
    assert one.frame.rows() == other.frame.rows()
    assert one.frame.schema == other.frame.schema
    for record, row in zip(records, one.frame.iter_rows(named=True), strict=True):
        for key, value in row.items():
            wanted = record.get(key)
            assert value == wanted or str(wanted) == value or float(wanted) == float(value)


def test_columns_stay_what_they_are():
    frame = read_jsonl(b'{"i": 1, "f": 0.5, "b": true, "s": "x", "n": null}', "f").frame
    assert dict(frame.schema) == {"i": pl.Int64, "f": pl.Float64, "b": pl.Boolean, "s": pl.String, "n": pl.Null}
