"""One value has one text and one code, whatever storage it came from."""

from __future__ import annotations

import datetime as dt
import decimal
import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.opinions import coding, text_codes
from psephos.opinions.coding import (
    Coded,
    canonical,
    coded_list,
    combined,
    encode,
    natural_order,
    recode,
    reorder,
    text_of,
)

DAY, NOON = dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 12, 0, 0)
HALF_PAST = dt.datetime(2024, 2, 29, 12, 0, 0, 500_000)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


def texts(values: pl.Series) -> list[str | None]:
    return canonical(values).cast(pl.String).to_list()


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        *(([7], dtype, "7") for dtype in (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.Int128)),
        *(([7], dtype, "7") for dtype in (pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64, pl.UInt128)),
        ([7.0], pl.Float32, "7"),
        ([7.0], pl.Float64, "7"),
        (["7"], pl.String, "7"),
        (["7"], pl.Categorical, "7"),
        (["7"], pl.Enum(["7"]), "7"),
        ([decimal.Decimal("7.00")], pl.Decimal(10, 2), "7"),
        ([7], pl.Object, "7"),
        ([7.0], pl.Object, "7"),
        (["7"], pl.Object, "7"),
        ([decimal.Decimal("7.0")], pl.Object, "7"),
        ([-0.0], pl.Float64, "0"),
        ([decimal.Decimal("-0")], pl.Object, "0"),
        ([0.1], pl.Float32, "0.1"),
        ([0.1], pl.Float64, "0.1"),
        ([decimal.Decimal("0.10")], pl.Decimal(10, 2), "0.1"),
        ([2**63 - 1], pl.Int64, "9223372036854775807"),
        ([-(2**63)], pl.Int64, "-9223372036854775808"),
        ([2**64 - 1], pl.UInt64, "18446744073709551615"),
        ([1e300], pl.Float64, "1e+300"),
        ([2.0**60], pl.Float64, "1.152921504606847e+18"),
        ([2.0**60], pl.Object, "1.152921504606847e+18"),
        ([2**60], pl.Object, "1152921504606846976"),
        ([math.inf], pl.Float64, "inf"),
        ([decimal.Decimal("1E+3")], pl.Object, "1000"),
        ([decimal.Decimal(10**37 + 1)], pl.Decimal(38, 0), str(10**37 + 1)),
        ([True], pl.Boolean, "true"),
        ([False], pl.Object, "false"),
        ([DAY], pl.Date, "2024-02-29"),
        ([DAY], pl.Object, "2024-02-29"),
        *(([NOON], pl.Datetime(unit), "2024-02-29T12:00:00") for unit in ("ms", "us", "ns")),
        ([NOON], pl.Object, "2024-02-29T12:00:00"),
        *(([HALF_PAST], pl.Datetime(unit), "2024-02-29T12:00:00.5") for unit in ("ms", "us", "ns")),
        ([HALF_PAST], pl.Object, "2024-02-29T12:00:00.5"),
        ([pd.Timestamp(HALF_PAST)], pl.Object, "2024-02-29T12:00:00.5"),
        ([NOON.replace(tzinfo=dt.UTC)], pl.Datetime("us", "UTC"), "2024-02-29T12:00:00+00:00"),
        ([NOON.replace(tzinfo=dt.UTC)], pl.Object, "2024-02-29T12:00:00+00:00"),
        ([dt.time(9, 30)], pl.Time, "09:30:00"),
        ([dt.time(9, 30)], pl.Object, "09:30:00"),
        ([" 7"], pl.String, " 7"),
    ],
    ids=str,
)
def test_one_value_has_one_text(values, dtype, expected):
    assert texts(pl.Series("x", values, dtype=dtype)) == [expected]


@pytest.mark.parametrize(
    "values",
    [
        pl.Series("x", [None], dtype=pl.Int64),
        pl.Series("x", [math.nan]),
        pl.Series("x", [math.nan], dtype=pl.Float32),
        pl.Series("x", [""]),
        pl.Series("x", [""], dtype=pl.Categorical),
        pl.Series("x", [None]),
        pl.Series("x", [None, math.nan, "", pd.NA, pd.NaT, np.float32("nan"), decimal.Decimal("NaN")], dtype=pl.Object),
    ],
    ids=["null", "nan", "nan of 32 bits", "empty text", "empty category", "null type", "objects"],
)
def test_missing_values_have_no_code(values):
    coded = encode(values)
    assert coded.codes.tolist() == [-1] * len(values)
    assert coded.names() == []


@pytest.mark.parametrize(
    ("values", "dtype", "shown"),
    [
        ([[1]], pl.List(pl.Int64), "List"),
        ([{"a": 1}], pl.Struct({"a": pl.Int64}), "Struct"),
        ([b"x"], pl.Binary, "Binary"),
        ([dt.timedelta(1)], pl.Duration, "Duration"),
        ([1j], pl.Object, "complex"),
        ([b"x"], pl.Object, "bytes"),
        ([{1}], pl.Object, "set"),
        (["a\ud800"], pl.Object, "Unicode"),
    ],
    ids=["list", "struct", "bytes", "duration", "complex", "bytes object", "set", "lone surrogate"],
)
def test_what_cannot_be_a_name_is_refused_with_the_column(values, dtype, shown):
    with pytest.raises(InputError, match=shown) as caught:
        encode(pl.Series("label", values, dtype=dtype))
    assert caught.value.argument == "label"


@pytest.mark.parametrize(
    "values",
    [
        [2**63 - 1],
        [2**63 - 1, None, 2**63 - 2],
        [-(2**63), None],
        [-(2**63), 2**63 - 1, None, 0],
        [5, None, 5, -5],
        [None, None],
        [],
    ],
    ids=["largest", "largest and null", "smallest", "both ends", "small", "nulls", "empty"],
)
def test_whole_numbers_of_any_size_are_coded(values):
    coded = encode(pl.Series("x", values, dtype=pl.Int64))
    assert coded.values().to_list() == [None if value is None else str(value) for value in values]


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3)))
@settings(max_examples=60, deadline=None)
def test_codes_of_whole_numbers_are_those_of_their_texts(values):
    numbers = encode(pl.Series("x", values, dtype=pl.Int64))
    named = encode(pl.Series("x", [None if value is None else str(value) for value in values], dtype=pl.String))
    assert numbers.codes.tolist() == named.codes.tolist()
    assert numbers.names() == named.names()


@given(st.lists(st.none() | TEXTS))
@settings(max_examples=60, deadline=None)
def test_codes_follow_the_first_appearance(values):
    coded = encode(pl.Series("x", values, dtype=pl.String))
    first_seen = list(dict.fromkeys(value for value in values if value))
    assert coded.names() == first_seen
    assert coded.codes.tolist() == [first_seen.index(value) if value else -1 for value in values]
    assert coded.codes.dtype == np.int32


ANY = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXTS | st.dates() | st.decimals()


@given(st.lists(ANY))
@settings(max_examples=60, deadline=None)
def test_mixed_objects_are_coded_value_by_value(values):
    assert encode(pl.Series("x", values, dtype=pl.Object)).values().to_list() == [
        None if value is decimal.Decimal("sNaN") else text_of(value) for value in values
    ]


@given(st.floats(allow_nan=False) | st.integers(-(2**53), 2**53).map(float))
def test_the_text_of_a_float_is_that_number_again(value):
    assert float(text_of(value)) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=10))
def test_the_text_of_a_decimal_is_exact(value):
    shown = text_of(value)
    assert decimal.Decimal(shown) == value
    assert text_of(decimal.Decimal(shown + ("0" if "." in shown else ".0"))) == shown


def test_a_hundred_thousand_labels_keep_their_codes():
    names = [f"label {n * 7919 % 100_000}" for n in range(100_000)]
    coded = encode(pl.Series("x", names))
    assert coded.codes.tolist() == list(range(100_000))
    assert coded.names() == names
    assert coded.position["label 7919"] == 1


@pytest.mark.parametrize(
    ("values", "ordered"),
    [
        (["10", "9", "1"], ["1", "9", "10"]),
        (["10", "9", "a"], ["10", "9", "a"]),
        (["2", "1.5", "-1"], ["-1", "1.5", "2"]),
        (["1.0", "1", "01"], ["01", "1", "1.0"]),
        (["nan", "2", "10"], ["10", "2", "nan"]),
        (["inf", "2", "10"], ["10", "2", "inf"]),
        (["b", "a", "B"], ["B", "a", "b"]),
        ([], []),
    ],
    ids=["numbers", "one text", "fractions", "equal numbers", "nan is no number", "inf is no number", "texts", "none"],
)
def test_choices_are_ordered_by_number_only_if_all_are_numbers(values, ordered):
    vocabulary = pl.Series("x", values, dtype=pl.String)
    assert vocabulary.gather(natural_order(vocabulary)).to_list() == ordered
    assert encode(vocabulary, ordered=True).names() == ordered


CODED = st.lists(st.none() | st.sampled_from("abcdef"), min_size=1).map(lambda v: encode(pl.Series("x", v, pl.String)))


@given(st.lists(st.sampled_from([f"text {n}" for n in range(20)]), min_size=1))
def test_sorting_gives_the_codes_that_hashing_gives(texts):
    by_sorting, by_hashing = text_codes.by_sorting(pl.Series("x", texts)), text_codes.by_hashing(pl.Series("x", texts))
    assert by_sorting is not None
    assert by_sorting[0].tolist() == by_hashing[0].tolist()
    assert by_sorting[1].to_list() == by_hashing[1].to_list() == list(dict.fromkeys(texts))


def test_many_texts_that_hardly_repeat_are_coded_by_sorting():
    rows = text_codes.SORTED_ROWS.start + 7
    texts = pl.Series("x", np.random.default_rng(0).integers(0, rows, rows)).cast(pl.String)
    coded = encode(texts)
    assert coded.values().equals(texts)
    assert coded.vocabulary.equals(texts.unique(maintain_order=True))
    holes = texts.scatter(5, None)
    assert encode(holes).values().equals(holes)


def test_texts_whose_hashes_collide_are_told_apart(monkeypatch):
    texts = pl.Series("x", [f"text {n}" for n in range(100)])
    monkeypatch.setattr(pl.Series, "hash", lambda self: pl.Series([2**60] * len(self), dtype=pl.UInt64))
    assert text_codes.by_sorting(texts) is None
    monkeypatch.setattr(text_codes, "SORTED_ROWS", range(2, 1000))
    assert encode(texts).values().equals(texts)


@given(st.lists(st.none() | st.sampled_from(["b", "a", "", "1"])))
@pytest.mark.parametrize("dtype", [pl.Categorical(), pl.Enum(["", "1", "a", "b", "never"])], ids=["categories", "enum"])
def test_categories_are_coded_as_their_texts(dtype, values):
    texts = pl.Series("x", values, dtype=pl.String)
    for ordered in (False, True):
        coded, plain = encode(texts.cast(dtype), ordered=ordered), encode(texts, ordered=ordered)
        assert coded.codes.tolist() == plain.codes.tolist()
        assert coded.names() == plain.names()


@given(st.lists(st.none() | st.sampled_from(["b", "a", "", "1"]) | TEXTS, min_size=1))
def test_a_short_list_is_coded_as_its_column(values):
    made, column = coded_list("x", values), encode(pl.Series("x", values, dtype=pl.String))
    if type(values[0]) is not str:
        assert made is None
        return
    assert made.codes.tolist() == column.codes.tolist()
    assert made.codes.dtype == np.int32
    assert made.vocabulary.equals(column.vocabulary, check_dtypes=True, check_names=True)


class Word(str):
    __slots__ = ()


@pytest.mark.parametrize(
    "values",
    [[], ["a", 1], ["a", 1.5], ["a", True], ["a", ["b"]], ["a", "\ud800"], ["a", Word("b")], ["a"] * (2**14 + 1)],
    ids=["none", "a number", "a fraction", "a truth", "a list", "no Unicode", "another kind of text", "long"],
)
def test_other_lists_are_left_to_the_columns(values):
    assert coded_list("x", values) is None


@given(st.lists(TEXTS | st.from_regex(r"[-+]?[0-9]{1,2}(\.[05])?", fullmatch=True), unique=True))
def test_few_names_have_the_order_of_many(names):
    vocabulary = pl.Series("x", names, dtype=pl.String)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(coding, "FEW_NAMES", -1)
        asked = natural_order(vocabulary)
    assert vocabulary.gather(natural_order(vocabulary)).to_list() == vocabulary.gather(asked).to_list()


@given(CODED, st.randoms(use_true_random=False))
def test_another_order_of_codes_leaves_the_values(coded, random):
    order = list(range(len(coded.vocabulary)))
    random.shuffle(order)
    assert reorder(coded, np.array(order, dtype=np.intp)).values().to_list() == coded.values().to_list()


@given(CODED)
def test_codes_of_a_larger_vocabulary_leave_the_values(coded):
    larger = pl.Series("x", list("zfedcbay"))
    assert recode(coded, larger).values().to_list() == coded.values().to_list()


@given(CODED, st.data())
def test_taking_and_compacting_keep_the_values(coded, data):
    rows = data.draw(st.lists(st.integers(0, len(coded) - 1)))
    taken = coded.take(np.array(rows, dtype=np.intp))
    compact = taken.compact()
    assert compact.values().to_list() == taken.values().to_list() == [coded.values()[row] for row in rows]
    assert sorted(set(compact.codes[compact.codes >= 0])) == list(range(len(compact.vocabulary)))


@given(
    st.lists(st.tuples(st.integers(-1, 2**31 - 2), st.integers(-1, 3), st.integers(0, 2)), min_size=1), st.booleans()
)
def test_one_number_stands_for_one_combination(rows, large):
    parts = [np.array(part, dtype=np.int32) for part in zip(*rows, strict=True)] * (4 if large else 1)
    parts[-1] = parts[-1] / 7
    keys = combined(parts).tolist()
    for left, key in zip(rows, keys, strict=True):
        for right, other in zip(rows, keys, strict=True):
            assert (left == right) == (key == other)


def test_values_of_codes_outlive_a_missing_vocabulary():
    nothing = Coded(np.array([-1, -1], dtype=np.int32), pl.Series("x", [], dtype=pl.String))
    assert nothing.values().to_list() == [None, None]
