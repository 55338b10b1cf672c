"""Data frames of every library, long and wide, and matrices become opinions; nothing is guessed."""

from __future__ import annotations

import datetime as dt
import decimal
import subprocess
import sys
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import psephos
from psephos.errors import InputError
from psephos.opinions.frames import from_frame, from_matrix, renamed, series, to_polars

COLUMNS = {"task": ["a", "a", "b"], "worker": [1, 2, 1], "label": ["x", None, "y"], "note": [0.5, None, 1.0]}


class Capsule:
    """Knows nothing but the Arrow PyCapsule interface."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


LIBRARIES = {
    "polars": pl.DataFrame,
    "pandas": pd.DataFrame,
    "pandas nullable": lambda columns: pd.DataFrame(columns).convert_dtypes(),
    "pandas objects": lambda columns: pd.DataFrame(columns).astype(object),
    "pandas category": lambda columns: pd.DataFrame(columns).astype({"label": "category", "task": "category"}),
    "pandas arrow": lambda columns: pd.DataFrame(columns).convert_dtypes(dtype_backend="pyarrow"),
    "pandas python strings": lambda columns: pd.DataFrame(columns).astype({"task": pd.StringDtype("python")}),
    "arrow table": pa.table,
    "arrow dictionary": lambda columns: pa.table(columns).set_column(
        0, "task", pa.array(["a", "a", "b"]).dictionary_encode()
    ),
    "arrow large strings": lambda columns: pa.table(columns).set_column(
        0, "task", pa.array(["a", "a", "b"], pa.large_string())
    ),
    "arrow reader": lambda columns: pa.table(columns).to_reader(),
    "capsule": lambda columns: Capsule(pa.table(columns)),
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_frames_of_every_library_say_the_same(library):
    opinions = from_frame(LIBRARIES[library](COLUMNS))
    assert opinions.kind == "labels"
    assert opinions.frame().drop("note").rows() == [("a", "1", "x"), ("a", "2", None), ("b", "1", "y")]
    assert opinions.frame()["note"].fill_nan(None).cast(pl.Float64, strict=True).to_list() == [0.5, None, 1.0]
    assert [issue.reason for issue in opinions.issues] == ["no label: counted as an abstention"]


def test_opinions_go_out_as_arrow():
    opinions = from_frame(pl.DataFrame(COLUMNS))
    assert pl.DataFrame(opinions).equals(opinions.frame())
    assert pa.table(opinions)["voter"].to_pylist() == ["1", "2", "1"]
    assert pa.table(opinions)["note"].to_pylist() == [0.5, None, 1.0]
    assert from_frame(Capsule(pa.table(opinions))).frame().equals(opinions.frame())


def test_mixed_objects_go_out_as_texts_and_not_as_addresses():
    frame = pd.DataFrame(
        {"item": [1, 2], "voter": [2, 3], "label": ["a", "b"], "note": pd.Series([1, "a"], dtype=object)}
    )
    assert pa.table(from_frame(frame))["note"].to_pylist() == ["1", "a"]


@pytest.mark.parametrize("stated", [{"item": 0, "voter": 1, "label": 2}, {"item": "0", "voter": "1", "label": "2"}])
def test_whole_numbers_may_name_columns(stated):
    opinions = from_frame(pd.DataFrame([["a", "u", "x"]]), columns=stated)
    assert opinions.frame().rows() == [("a", "u", "x")]
    assert from_frame(pd.DataFrame([["a", "x", "y"]]), wide=0).frame().rows() == [("a", "1", "x"), ("a", "2", "y")]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (pd.Series(["a", "b"]), ["a", "b"]),
        (pd.Series([1, 2], dtype="UInt8"), ["1", "2"]),
        (pd.Series([1.0, 2.0]), ["1", "2"]),
        (pd.Series([True, False], dtype="boolean"), ["true", "false"]),
        (pd.Series([1, "b"], dtype=object), ["1", "b"]),
        (pd.Series([1, True], dtype=object), ["1", "true"]),
        (pd.Series([dt.date(2024, 1, 1), "b"], dtype=object), ["2024-01-01", "b"]),
        (pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02"])), ["2024-01-01T00:00:00", "2024-01-02T00:00:00"]),
        (pd.Series([decimal.Decimal("1.50"), decimal.Decimal("2")], dtype=object), ["1.5", "2"]),
        (pd.Series(pd.arrays.SparseArray([1, 2])), ["1", "2"]),
        (pd.Series([5, 6], dtype="category"), ["5", "6"]),
    ],
    ids=[
        "str",
        "UInt8",
        "float",
        "boolean",
        "mixed",
        "number and boolean",
        "dates",
        "timestamps",
        "decimals",
        "sparse",
        "category",
    ],
)
def test_pandas_columns_of_any_type_have_their_text(values, names):
    opinions = from_frame(pd.DataFrame({"item": values, "voter": ["u", "v"], "label": ["x", "y"]}))
    assert opinions.frame()["item"].to_list() == names


@pytest.mark.parametrize(
    "values",
    [
        pd.period_range("2024", periods=2, freq="M"),
        pd.interval_range(0, 2),
        [1j, 2],
        pd.to_timedelta([1, 2]),
        [[1], [2]],
    ],
    ids=["period", "interval", "complex", "timedelta", "lists"],
)
def test_pandas_columns_that_cannot_be_names_are_refused_by_name(values):
    with pytest.raises(InputError, match=r"cannot be (names|a name)") as caught:
        from_frame(pd.DataFrame({"item": values, "voter": ["u", "v"], "label": ["x", "y"]}))
    assert caught.value.argument == "item"


def test_pandas_needs_no_pyarrow(tmp_path):
    for package in chain.from_iterable(Path(part.__file__).parents[1].iterdir() for part in (pd, np)):
        if not package.name.lower().startswith("pyarrow") and not (tmp_path / package.name).exists():
            (tmp_path / package.name).symlink_to(package)
    script = f"""
import sys
sys.path[:0] = {[str(Path(psephos.__file__).parents[1]), str(tmp_path)]}
import pandas as pd
from psephos.opinions import from_frame
assert "pyarrow" not in sys.modules
frame = pd.DataFrame(dict(item=["a", None], voter=[1, 2], label=pd.Series([1, "x"], dtype=object)))
frame["when"] = pd.to_datetime(["2024-01-01", None])
print(from_frame(frame.convert_dtypes()).frame().drop("when").rows(), from_frame(frame).frame().drop("when").rows())
"""
    done = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "[('a', '1', '1')] [('a', '1', '1')]\n", done.stderr


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ({"item": [1]}, "must be a data frame, got dict"),
        (None, "must be a data frame, got NoneType"),
        ("votes.csv", "must be a data frame, got str"),
        (np.zeros((2, 2)), "must be a data frame, got ndarray"),
        (pl.DataFrame({"a": [1]}).lazy(), "must be a data frame, got LazyFrame"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "'a'"),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), "two columns called '1'"),
        (pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), "'a'"),
        (Capsule(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])), "'a'"),
    ],
    ids=["dict", "none", "path", "array", "lazy", "pandas twice", "pandas 1 and '1'", "arrow twice", "capsule twice"],
)
def test_what_is_no_data_frame_is_refused(frame, said):
    with pytest.raises(InputError, match=said) as caught:
        from_frame(frame)
    assert caught.value.argument == "frame"


WIDE = {"item": ["a", "b"], "ann": ["x", None], "bob": ["", "y"]}


@pytest.mark.parametrize("library", [pl.DataFrame, pd.DataFrame, pa.table], ids=["polars", "pandas", "arrow"])
def test_a_wide_table_has_a_voter_per_column_and_no_vote_per_empty_cell(library):
    assert from_frame(library(WIDE), wide="item").frame().rows() == [("a", "ann", "x"), ("b", "bob", "y")]


@pytest.mark.parametrize("item", ["voter", "label", "item", "score", "q"])
@pytest.mark.parametrize("voter", ["voter", "label", "item", "score"])
def test_columns_of_a_wide_table_may_be_called_anything(item, voter):
    if item == voter:
        item = "q"
    opinions = from_frame(pl.DataFrame({item: ["a", "b"], voter: ["x", "y"]}), wide=item)
    assert opinions.frame().rows() == [("a", voter, "x"), ("b", voter, "y")]


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        ({"u": [1, 2], "v": [0.5, None]}, [("a", "u", 1.0), ("a", "v", 0.5), ("b", "u", 2.0)]),
        ({"u": [1, 2], "v": ["3", "x"]}, [("a", "u", 1.0), ("a", "v", 3.0), ("b", "u", 2.0)]),
        (
            {"u": pl.Series([1, "2"], dtype=pl.Object), "v": [True, None]},
            [("a", "u", 1.0), ("a", "v", 1.0), ("b", "u", 2.0)],
        ),
    ],
    ids=["numbers", "numbers and texts", "objects and booleans"],
)
def test_a_wide_table_of_scores_may_mix_types(cells, kept):
    opinions = from_frame(pl.DataFrame({"item": ["a", "b"], **cells}), wide="item", kind="scores")
    assert opinions.frame().rows() == kept


@pytest.mark.parametrize(
    ("table", "options", "argument", "said"),
    [
        (WIDE, {"wide": "task"}, "wide", "no column 'task'"),
        ({"item": ["a"]}, {"wide": "item"}, "wide", "no columns of voters"),
        (WIDE, {"wide": "item", "kind": "rankings"}, "kind", "'labels', 'scores'"),
        (WIDE, {"wide": "item", "kind": "polls"}, "kind", "polls"),
    ],
    ids=["no such column", "no voters", "kind that is not wide", "unknown kind"],
)
def test_what_is_no_wide_table_is_refused(table, options, argument, said):
    with pytest.raises(InputError, match=said) as caught:
        from_frame(pl.DataFrame(table), **options)
    assert caught.value.argument == argument


def test_a_foreign_column_in_the_way_is_kept_under_another_name():
    frame = renamed(pl.DataFrame({"x": [1], "item": [2], "item_": [3]}), {"item": "x"})
    assert frame.to_dict(as_series=False) == {"item": [1], "item_": [2], "item__": [3]}


@pytest.mark.parametrize(
    "matrix",
    [
        [["x", None], ["y", "z"]],
        [["x", float("nan")], ["y", "z"]],
        [["x", ""], ["y", "z"]],
        [["x", pd.NA], ["y", "z"]],
        np.array([["x", None], ["y", "z"]], dtype=object),
        np.ma.array([["x", "?"], ["y", "z"]], mask=[[False, True], [False, False]]),
        pd.DataFrame([["x", None], ["y", "z"]]),
        (("x", None), ("y", "z")),
    ],
    ids=["None", "nan", "empty text", "NA", "array", "masked", "pandas", "tuples"],
)
def test_a_matrix_has_a_row_per_item_and_a_column_per_voter(matrix):
    opinions = from_matrix(matrix, items=["a", "b"], voters=["u", "v"])
    assert opinions.frame().rows() == [("a", "u", "x"), ("b", "u", "y"), ("b", "v", "z")]


@pytest.mark.parametrize("unit", ["D", "s", "us", "ns"])
def test_a_matrix_of_dates_has_dates(unit):
    dates = np.array([["2020-01-01", "2020-01-02"], ["2020-01-02", "NaT"]], dtype=f"datetime64[{unit}]")
    hidden = np.ma.array(dates, mask=[[True, False], [False, False]])
    named = ["2020-01-01T00:00:00", "2020-01-02T00:00:00"]
    assert from_matrix(dates).vocabulary("label").to_list() == named
    assert from_matrix(hidden).vocabulary("label").to_list() == named[1:]


def test_a_matrix_of_numbers_is_labels_or_scores():
    matrix = np.array([[1.0, np.nan], [2.5, 3.0]])
    assert from_matrix(matrix).frame().rows() == [("0", "0", "1"), ("1", "0", "2.5"), ("1", "1", "3")]
    assert from_matrix(matrix, kind="scores").frame()["score"].to_list() == [1.0, 2.5, 3.0]


@pytest.mark.parametrize(
    ("matrix", "options", "argument", "said"),
    [
        ([1, 2], {}, "matrix", "2 dimensions"),
        ([[1], [1, 2]], {}, "matrix", "2 dimensions|one value per cell"),
        (np.zeros((1, 1, 1)), {}, "matrix", "got 3"),
        ([[1, 2]], {"voters": ["u"]}, "matrix", "1 voters"),
        ([[1, 2]], {"items": ["a", "b"]}, "matrix", "2 items"),
        ([[1, 2]], {"kind": "rankings"}, "kind", "rankings"),
        ([[[1], 2]], {}, "matrix", "one value per cell|2 dimensions|cannot be a name"),
        ([[None]], {}, "opinions", "no row is left"),
        (np.zeros((0, 3)), {}, "opinions", "no row is left"),
    ],
    ids=["flat", "ragged", "three dimensions", "voters", "items", "kind", "list in a cell", "all missing", "no items"],
)
def test_what_is_no_matrix_is_refused(matrix, options, argument, said):
    with pytest.raises(InputError, match=said) as caught:
        from_matrix(matrix, **options)
    assert caught.value.argument == argument


def test_a_repeated_name_in_a_matrix_is_a_repeated_vote():
    opinions = from_matrix([["x"], ["x"]], items=["a", "a"])
    assert [issue.reason for issue in opinions.issues] == ["said twice: counted once"]


@given(st.lists(st.lists(st.none() | st.sampled_from("xyz"), min_size=3, max_size=3), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_a_matrix_comes_back_as_it_was(rows):
    if not any(cell for row in rows for cell in row):
        return
    opinions = from_matrix(rows)
    back = opinions.matrix()
    names = opinions.vocabulary("label").to_list()
    items, voters = opinions.vocabulary("item").to_list(), opinions.vocabulary("voter").to_list()
    for row, line in enumerate(rows):
        for voter, cell in enumerate(line):
            if cell is not None:
                assert names[back[items.index(str(row)), voters.index(str(voter))]] == cell
    assert int((back >= 0).sum()) == sum(cell is not None for line in rows for cell in line)


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ([[1, 2], [1.5]], [[1.0, 2.0], [1.5]]),
        ([(1,), (1.5,)], [[1.0], [1.5]]),
        ([[1], None], [[1], None]),
        ([1, 1.5, None], [1.0, 1.5, None]),
        ([[True], [2]], None),
        ([[[1]], [[1.5]]], None),
        ([{"a": 1}, {"a": 1.5}], None),
    ],
    ids=["whole list first", "tuples", "gap", "scalars", "booleans and numbers", "deeper", "dicts"],
)
def test_no_number_is_cut_to_the_type_of_the_first(values, kept):
    column = series("x", values)
    assert column.to_list() == (values if kept is None else kept)
    assert (column.dtype == pl.Object) == (kept is None)


def test_polars_frames_are_taken_as_they_are():
    frame = pl.DataFrame({"a": [1]})
    assert to_polars(frame) is frame
