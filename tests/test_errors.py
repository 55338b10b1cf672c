"""Errors name the argument, the place and the remedy, and survive the way between processes."""

from __future__ import annotations

import math
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import (
    ContradictionError,
    EncodingError,
    InputError,
    MissingPartError,
    ParseError,
    check_choice,
    check_codes,
    check_count,
    check_floats,
    check_number,
    check_same_length,
)


@pytest.mark.parametrize(
    ("where", "hint", "text"),
    [
        (None, None, "x: is bad"),
        ("row 3", None, "x: is bad (row 3)"),
        (None, "mend it", "x: is bad; mend it"),
        ("row 3", "mend it", "x: is bad (row 3); mend it"),
    ],
    ids=["bare", "place", "remedy", "both"],
)
def test_says_argument_problem_place_and_remedy(where, hint, text):
    error = InputError("x", "is bad", where=where, hint=hint)
    assert str(error) == text
    assert (error.argument, error.problem, error.where, error.hint) == ("x", "is bad", where, hint)


@pytest.mark.parametrize("kind", [InputError, ParseError, EncodingError, ContradictionError])
def test_is_a_value_error_that_survives_pickling(kind):
    error = pickle.loads(pickle.dumps(kind("x", "is bad", where="row 3", hint="mend it")))
    assert type(error) is kind
    assert isinstance(error, ValueError)
    assert str(error) == "x: is bad (row 3); mend it"


def test_reaches_the_parent_from_another_process():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        error = pool.submit(check_number, "level", 95, high=1).exception()
    assert isinstance(error, InputError)
    assert (error.argument, error.problem) == ("level", "must be at most 1, got 95")


@pytest.mark.parametrize(
    ("value", "limits", "said"),
    [
        (math.inf, {"low": 0}, "must be finite and at least 0, got inf"),
        (math.inf, {"low": 0, "open_ends": True}, "must be finite and more than 0, got inf"),
        (-math.inf, {"high": 1}, "must be finite and at most 1, got -inf"),
        (-math.inf, {"low": 0}, "must be finite and at least 0, got -inf"),
        (math.inf, {}, "must be a finite number, got inf"),
        (math.inf, {"low": 0, "high": 1}, "must lie between 0 and 1, got inf"),
        (-1, {"low": 0}, "must be at least 0, got -1"),
    ],
)
def test_infinity_is_not_refused_by_words_that_let_it_in(value, limits, said):
    assert refused(check_number, value, **limits).problem == said


def test_a_missing_part_names_the_extra_that_brings_it():
    error = MissingPartError("matplotlib", "plots", "pictures")
    assert isinstance(error, ImportError)
    assert (error.name, error.part, error.extra) == ("matplotlib", "matplotlib", "plots")
    assert "pip install 'psephos[plots]'" in str(error)


def test_a_missing_part_survives_pickling():
    error = pickle.loads(pickle.dumps(MissingPartError("matplotlib", "plots", "pictures")))
    assert (error.part, error.extra) == ("matplotlib", "plots")


def refused(check, *arguments, **limits):
    with pytest.raises(InputError) as caught:
        check("x", *arguments, **limits)
    assert caught.value.argument == "x"
    return caught.value


def test_a_choice_outside_the_list_is_refused_with_the_list():
    assert check_choice("x", "a", ("a", "b")) == "a"
    assert "'a', 'b'" in refused(check_choice, "c", ("a", "b")).problem


@pytest.mark.parametrize("value", [["a"], {"a": 1}, np.array(["a", "b"]), None, 1])
@pytest.mark.parametrize("allowed", [("a", "b"), {"a": 1, "b": 2}], ids=["tuple", "mapping"])
def test_what_is_no_text_is_no_choice(value, allowed):
    assert "'a', 'b'" in refused(check_choice, value, allowed).problem


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.5), np.int64(1)])
def test_a_number_in_range_comes_back_as_float(value):
    number = check_number("x", value, low=0, high=1)
    assert type(number) is float
    assert number == value


@pytest.mark.parametrize(
    ("value", "limits"),
    [
        (float("nan"), {}),
        (float("inf"), {}),
        (float("-inf"), {}),
        (True, {}),
        (None, {}),
        ("one", {}),
        ([1, 2], {}),
        (1j, {}),
        (-0.1, {"low": 0}),
        (1.1, {"high": 1}),
        (0, {"low": 0, "open_ends": True}),
        (1, {"low": 0, "high": 1, "open_ends": True}),
    ],
    ids=str,
)
def test_a_number_that_is_none_or_out_of_range_is_refused(value, limits):
    assert repr(value) in refused(check_number, value, **limits).problem


def test_a_whole_number_beyond_all_floats_is_refused():
    refused(check_number, 10**400)


@given(st.floats(allow_nan=False), st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_a_number_passes_exactly_if_it_lies_within_the_limits(value, low, high):
    if low <= value <= high and abs(value) != float("inf"):
        assert check_number("x", value, low=low, high=high) == value
    else:
        refused(check_number, value, low=low, high=high)


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "1", None, np.float64(2), np.bool_(True)], ids=repr)
def test_a_count_must_be_a_whole_number_of_at_least_one(value):
    refused(check_count, value)


def test_a_count_of_numpy_becomes_a_plain_int():
    assert type(check_count("x", np.int32(3))) is int
    assert check_count("x", 0, low=0) == 0


def test_floats_come_back_as_float64():
    array = check_floats("x", [1, 2])
    assert array.dtype == np.float64
    assert np.isnan(check_floats("x", [1, np.nan], missing=True)[1])


@pytest.mark.parametrize(
    ("values", "limits", "said"),
    [
        ([1, np.nan], {}, "NaN"),
        ([1, -np.inf], {}, "infinity"),
        ([np.inf, np.nan], {"missing": True}, "infinity"),
        ([[1.0]], {}, "1 dimension(s), got 2"),
        (1.0, {}, "1 dimension(s), got 0"),
        (["a"], {}, "numbers only"),
        ([[1], [1, 2]], {}, "numbers only"),
        ([None, object()], {}, "numbers only"),
    ],
    ids=["nan", "infinity", "infinity beside missing", "matrix", "scalar", "text", "ragged", "objects"],
)
def test_floats_that_are_none_are_refused(values, limits, said):
    assert said in refused(check_floats, values, **limits).problem


def test_floats_beyond_all_floats_are_refused():
    refused(check_floats, [10**400])


def test_complex_numbers_are_no_floats():
    refused(check_floats, np.array([1j]))


def test_floats_name_the_first_place_at_fault():
    assert refused(check_floats, [[0, 0], [0, np.nan]], ndim=2).where == "index 1, 1"


def test_codes_come_back_as_int32():
    for values in ([[0, -1]], [[0.0, -1.0]], np.array([[0, -1]], dtype=np.int64)):
        codes = check_codes("x", values)
        assert codes.dtype == np.int32
        assert codes.tolist() == [[0, -1]]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([[0, -2]], "holds -2"),
        ([[2**31]], "holds 2147483648"),
        ([[np.inf]], "holds inf"),
        ([[np.nan]], "whole numbers"),
        ([[0.5]], "whole numbers"),
        ([["a"]], "whole numbers"),
        ([[None]], "whole numbers"),
        ([[1], [1, 2]], "whole numbers"),
        ([0, 1], "2 dimension(s), got 1"),
    ],
    ids=["below -1", "beyond int32", "infinity", "nan", "fraction", "text", "none", "ragged", "one dimension"],
)
def test_codes_that_are_none_are_refused(values, said):
    assert said in refused(check_codes, values).problem


def test_arrays_must_be_equally_long():
    assert check_same_length(a=[1, 2], b=(3, 4)) == 2
    with pytest.raises(InputError, match=r"b: must have as many rows as a \(2\), got 1"):
        check_same_length(a=[1, 2], b=[1])


def test_what_is_masked_is_missing():
    """`numpy.asarray` hands back what a mask hides."""
    hidden = np.ma.array([1, 2, 3], mask=[0, 1, 0])
    assert np.isnan(check_floats("x", hidden, missing=True)).tolist() == [False, True, False]
    assert check_codes("x", hidden, ndim=1).tolist() == [1, -1, 3]
    with pytest.raises(InputError, match="holds NaN"):
        check_floats("x", hidden)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint64", "int8", "int64", "float32", "bool"])
def test_what_is_masked_is_missing_whatever_the_type(dtype):
    """-1 does not fit into bytes without a sign: it would be choice 255 there."""
    hidden = np.ma.array([[1, 0], [0, 1]], mask=[[0, 1], [0, 0]], dtype=dtype)
    assert check_codes("x", hidden).tolist() == [[1, -1], [0, 1]]


def test_what_lies_under_a_mask_is_not_looked_at():
    hidden = np.ma.array([1.0, np.nan, 0.5], mask=[False, True, True])
    assert check_codes("x", hidden, ndim=1).tolist() == [1, -1, -1]


@pytest.mark.parametrize("dtype", ["datetime64[D]", "timedelta64[s]"])
def test_dates_are_no_numbers(dtype):
    refused(check_floats, np.array([1, 2], dtype=dtype))
