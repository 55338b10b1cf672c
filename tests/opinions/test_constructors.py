"""Arrays of any library and any type make opinions, or an error that names the argument."""

from __future__ import annotations

import datetime as dt
import decimal
import inspect

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from psephos.errors import InputError
from psephos.opinions import constructors
from psephos.opinions.constructors import labels
from psephos.opinions.kinds import KINDS

SEQUENCES = {
    "list": list,
    "tuple": tuple,
    "generator": lambda values: (value for value in values),
    "dict keys": lambda values: dict.fromkeys(values).keys(),
    "numpy": np.array,
    "numpy objects": lambda values: np.array(values, dtype=object),
    "polars": pl.Series,
    "pandas": pd.Series,
    "pandas objects": lambda values: pd.Series(values, dtype=object),
    "pandas category": lambda values: pd.Series(values, dtype="category"),
    "pandas index": pd.Index,
    "arrow": lambda values: pd.Series(values, dtype=pd.ArrowDtype(pa.string())),
}


@pytest.mark.parametrize("kind", SEQUENCES)
def test_sequences_of_any_library_are_taken(kind):
    make = SEQUENCES[kind]
    opinions = labels(make(["a", "b", "c"]), make(["u", "v", "w"]), make(["x", "y", "z"]))
    assert opinions.frame().rows() == [("a", "u", "x"), ("b", "v", "y"), ("c", "w", "z")]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (np.array([1, 2], dtype=np.int8), ["1", "2"]),
        (np.array([1, 2], dtype=np.uint64), ["1", "2"]),
        (np.array([1, 0.5], dtype=np.float16), ["1", "0.5"]),
        (np.array([1, 0.1], dtype=np.float32), ["1", "0.1"]),
        (np.array([1, 2], dtype=np.longdouble), ["1", "2"]),
        (np.array([True, False]), ["true", "false"]),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[D]"), ["2024-01-01", "2024-01-02"]),
        (np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[s]"), ["2024-01-01T00:00:00", "2024-01-02T00:00:00"]),
        (pd.Series([1, 2], dtype="Int64"), ["1", "2"]),
        ([1, 2**70], ["1", str(2**70)]),
        ([2**60 + 1, 0.5], [str(2**60 + 1), "0.5"]),
        ([decimal.Decimal("1.50"), 2], ["1.5", "2"]),
        ([dt.date(2024, 1, 1), "a"], ["2024-01-01", "a"]),
        ([np.float64(1), 2], ["1", "2"]),
        ([np.str_("a"), "b"], ["a", "b"]),
    ],
    ids=[
        "int8",
        "uint64",
        "float16",
        "float32",
        "longdouble",
        "bool",
        "str",
        "days",
        "seconds",
        "nullable",
        "huge",
        "huge beside a fraction",
        "decimal",
        "date beside text",
        "numpy beside python",
        "numpy text",
    ],
)
def test_ids_of_any_type_have_their_text(values, names):
    assert labels(values, ["u", "v"], ["x", "y"]).frame()["item"].to_list() == names


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1, None], dtype="Int64"),
        pd.Series([1, None], dtype=object),
        pd.Series([1, pd.NA], dtype=object),
        pd.Series([1.0, float("nan")]),
        np.array([1, None], dtype=object),
        np.ma.array([1, 7], mask=[False, True]),
        [1, float("nan")],
        [1, pd.NaT],
        [1, ""],
    ],
    ids=["nullable", "None", "NA", "nan", "object", "masked", "list with nan", "NaT", "empty text"],
)
def test_missing_ids_of_any_library_are_missing(values):
    opinions = labels(values, ["u", "v"], ["x", "y"])
    assert opinions.frame()["item"].to_list() == ["1"]
    assert [issue.rows.tolist() for issue in opinions.issues] == [[2]]


@pytest.mark.parametrize(
    "gone",
    [None, float("nan"), pd.NA, pd.NaT, "", np.float64("nan"), decimal.Decimal("NaN")],
    ids=["None", "nan", "NA", "NaT", "empty text", "NumPy nan", "Decimal nan"],
)
@pytest.mark.parametrize("other", ["3", decimal.Decimal(3)], ids=["text", "Decimal"])
def test_a_missing_number_among_values_of_several_types_is_missing(gone, other):
    """It once was no number at all, and its row was set aside."""
    scored = constructors.scores(["i", "j", "k"], ["u"] * 3, [1, gone, other])
    assert scored.frame()["score"].to_list() == [1.0, None, 3.0]
    assert [(issue.reason, issue.rows.tolist()) for issue in scored.issues] == [
        ("no score: counted as an abstention", [2])
    ]
    weighed = labels(["i", "j", "k"], ["u"] * 3, ["x", "y", "z"], weight=[1, gone, other])
    assert weighed.weights().tolist() == [1.0, 1.0, 3.0]


def test_nullable_numbers_of_pandas_keep_their_rows():
    weighed = labels(["i", "j"], ["u"] * 2, ["x", "y"], weight=pd.Series([2, None], dtype="Int64"))
    assert weighed.weights().tolist() == [2.0, 1.0]
    timed = labels(["i", "j"], ["u"] * 2, ["x", "y"], time=pd.Series(["2020-01-01", None], dtype="datetime64[ns]"))
    assert len(timed) == 2


@pytest.mark.parametrize("odd", ["NaN", "Infinity", "sNaN"])
def test_decimals_that_are_no_numbers_end_nothing(odd):
    """Polars panics on them, which no `except Exception` catches."""
    column = [decimal.Decimal("0.5"), decimal.Decimal(odd)]
    assert constructors.scores(["i", "j"], ["u", "u"], column).numbers["score"][0] == 0.5


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (1, "must be a sequence, got 1"),
        ("ab", "must be a sequence, got 'ab'"),
        (b"ab", "must be a sequence"),
        ({"a": 1, "b": 2}, "must be a sequence, got a dict, whose rows have no order"),
        ({"a", "b"}, "must be a sequence, got a set, whose rows have no order"),
        (np.zeros((2, 1)), "one dimension, got 2"),
        (np.array(1), "one dimension, got 0"),
        (["a"], "as many rows"),
        ([1j, 2], "complex"),
        (np.array([1j, 2]), "complex"),
        ([b"a", b"b"], "Binary"),
        (np.array([b"a", b"b"]), "Binary"),
        ([[1], [2]], "List"),
        ([{}, {}], "dict"),
        (np.array([1, 2], dtype="timedelta64[s]"), "Duration"),
        (["a", "\ud800"], "Unicode"),
        ([object(), 1], "object"),
    ],
    ids=[
        "number",
        "text",
        "bytes",
        "a mapping",
        "a set",
        "matrix",
        "no dimension",
        "too short",
        "complex",
        "complex array",
        "bytes in a list",
        "bytes in an array",
        "lists",
        "dicts",
        "durations",
        "lone surrogate",
        "any object",
    ],
)
def test_what_is_no_column_of_ids_is_refused_by_name(values, said):
    with pytest.raises(InputError, match=said) as caught:
        labels(["a", "b"], values, ["x", "y"])
    assert caught.value.argument == "voter"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_constructor_with_its_columns(kind):
    parameters = inspect.signature(getattr(constructors, kind)).parameters
    columns = [name for name in parameters if name not in ("about", "repeated", "missing")]
    required = [name for name in columns if parameters[name].default is inspect.Parameter.empty]
    assert tuple(required) == KINDS[kind].required
    assert sorted(columns) == sorted(KINDS[kind].names)


@pytest.mark.parametrize("kind", KINDS)
def test_each_constructor_fills_every_column(kind):
    values = {"id": ["a"], "choice": ["left"], "number": [1], "integer": [0], "time": [5], "text": ["t"], "list": [[1]]}
    given = {column.name: values[column.role] for column in KINDS[kind].columns}
    opinions = getattr(constructors, kind)(**given)
    assert opinions.kind == kind
    assert len(opinions.issues) == 0
    assert opinions.frame().select(KINDS[kind].names).row(0, named=True) == {
        name: value[0] for name, value in given.items()
    }


def test_given_arrays_are_not_changed_and_stay_writable():
    item, weight = np.array([3, 1, 3]), np.array([1.0, 2.0, 3.0])
    opinions = labels(item, [0, 1, 2], ["x", "y", "z"], weight=weight)
    weight[0] = 9.0
    item[0] = 9
    assert opinions.numbers["weight"].tolist() == [1.0, 2.0, 3.0]
    assert opinions.frame()["item"].to_list() == ["3", "1", "3"]
