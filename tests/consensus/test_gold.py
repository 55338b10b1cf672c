"""A verdict held against known answers, worked out by hand."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from psephos.consensus import against_gold, majority
from psephos.errors import InputError
from psephos.opinions import from_matrix, labels

ITEMS = [f"i{number}" for number in range(10)]
CERTAINTY = np.array([0.55, 0.6, 0.65, 0.95, 0.96, 0.99, 0.99, 1.0, 1.0, np.nan])
GOLD = ["a", "b", "a", "a", "b", "a", "a", "a", "b", "a"]
"""Every choice is "a", but the last item has none; so the items 1, 4, 8 and 9 are wrong."""


@pytest.fixture
def verdict():
    made = majority(from_matrix([["a", "a"]] * 9 + [["a", "b"]], items=ITEMS), ties="none")
    assert np.isnan(made.certainty).tolist() == [False] * 9 + [True]
    return replace(made, certainty=CERTAINTY)


def test_answers_by_item_are_those_in_order(verdict):
    """A mapping is no sequence of its keys: that would call every choice wrong."""
    by_item = dict(reversed(list(zip(ITEMS, GOLD, strict=True))))
    assert against_gold(verdict, by_item).wrong.equals(against_gold(verdict, GOLD).wrong)
    some = against_gold(verdict, {"i1": "b", "i2": "a"})
    assert (some.items, some.errors) == (2, 1)
    with pytest.raises(InputError, match="names 'i77', which is no item") as error:
        against_gold(verdict, {"i1": "b", "i77": "a"})
    assert error.value.argument == "gold"


def wilson(right: int, n: int) -> tuple[float, float]:
    z = 1.959963984540054
    middle, spread = right + z * z / 2, z * math.sqrt(right * (n - right) / n + z * z / 4)
    return (middle - spread) / (n + z * z), (middle + spread) / (n + z * z)


def test_accuracy_counts_an_item_without_a_choice_as_not_right(verdict):
    found = against_gold(verdict, GOLD)
    assert (found.items, found.errors) == (10, 4)
    assert (found.accuracy.value, found.accuracy.level) == (0.6, 0.95)
    assert (found.accuracy.low, found.accuracy.high) == pytest.approx(wilson(6, 10))
    assert found.wrong.rows() == [
        ("i1", "a", "b", 0.6),
        ("i4", "a", "b", 0.96),
        ("i8", "a", "b", 1.0),
        ("i9", None, "a", None),
    ]


def test_reliability_by_hand(verdict):
    table = against_gold(verdict, GOLD).reliability
    # Bins are open below and closed above, so that 0.6, 0.95, 0.99 and 1 belong to the bins that they end.
    assert table.select("low", "high", "items", "right").rows() == [
        (0.5, 0.6, 2, 0.5),
        (0.6, 0.7, 1, 1.0),
        (0.9, 0.95, 1, 1.0),
        (0.95, 0.99, 3, 2 / 3),
        (0.99, 1.0, 2, 0.5),
    ]
    assert table["certainty"].to_list() == pytest.approx([0.575, 0.65, 0.95, 0.98, 1.0])
    ends = [wilson(1, 2), (wilson(1, 1)[0], 1.0), (wilson(1, 1)[0], 1.0), wilson(2, 3), wilson(1, 2)]
    assert table.select("right_low", "right_high").rows() == [pytest.approx(pair) for pair in ends]


def test_calibration_error_by_hand(verdict):
    gaps = 2 * 0.075 + 1 * 0.35 + 1 * 0.05 + 3 * (0.98 - 2 / 3) + 2 * 0.5
    assert against_gold(verdict, GOLD).calibration_error == pytest.approx(gaps / 9)


def test_the_share_of_errors_that_the_queue_finds_by_hand(verdict):
    # The queue opens with the item without a choice, which is wrong, then 0.55, which is right. 5 and 10 % of ten
    # items are one item, 20 % are two: of four errors one is found in either.
    assert against_gold(verdict, GOLD).found.rows() == [(0.05, 0.25), (0.10, 0.25), (0.20, 0.25)]


@pytest.mark.parametrize(("certainty", "low", "high"), [(0.0, 0.0, 0.5), (1.0, 0.99, 1.0), (0.5, 0.0, 0.5)])
def test_both_ends_of_certainty_have_a_bin(verdict, certainty, low, high):
    table = against_gold(replace(verdict, certainty=np.full(10, certainty)), GOLD).reliability
    assert table.select("low", "high", "items").rows() == [(low, high, 10)]


def test_items_without_a_known_answer_take_no_part(verdict):
    some = [gold if number < 3 else None for number, gold in enumerate(GOLD)]
    found = against_gold(verdict, some)
    assert (found.items, found.errors, found.accuracy.value) == (3, 1, pytest.approx(2 / 3))
    assert found.wrong["item"].to_list() == ["i1"]
    assert found.reliability["items"].sum() == 3


def test_known_answers_may_stand_in_the_table_about_items():
    about = {"items": pl.DataFrame({"item": ["y", "x", "z"], "gold": ["a", "b", None]})}
    verdict = majority(labels(["x", "x", "y", "y", "z"], [1, 2, 1, 2, 1], ["a", "a", "a", "a", "a"], about=about))
    found = against_gold(verdict)
    assert (found.items, found.errors, found.wrong["item"].to_list()) == (2, 1, ["x"])


@pytest.mark.parametrize(
    "gold",
    [
        [7, 7.5, None],
        [7.0, 7.5, float("nan")],
        ["7", "7.5", ""],
        [7, "7.5", None],
        pl.Series([7.0, 7.5, None]),
        np.array([7.0, 7.5, np.nan]),
        np.array([7, 7.5, None], dtype=object),
    ],
    ids=["numbers", "floats", "texts", "mixed", "a series", "an array", "an array of objects"],
)
def test_answers_of_any_type_are_named_like_choices(gold):
    verdict = majority(from_matrix([[7, 7], [7.5, 7.5], [8, 8]]))
    found = against_gold(verdict, gold)
    assert (found.items, found.errors) == (2, 0)


def test_equivalent_answers_are_right():
    verdict = majority(from_matrix([["Yes ", "Yes "], ["1/2", "1/2"], ["no", "no"]]))
    gold = ["yes", "0.5", "yes"]
    assert against_gold(verdict, gold).errors == 3
    assert against_gold(verdict, gold, equivalence="number").errors == 1
    assert against_gold(verdict, gold, equivalence=lambda answer: 0).errors == 0


def test_a_known_answer_that_nobody_gave_is_an_error():
    found = against_gold(majority(from_matrix([["a", "b"], ["a", "a"]])), ["z", "a"])
    assert (found.errors, found.wrong["gold"].to_list()) == (1, ["z"])


def test_without_one_choice_there_is_no_certainty_to_be_off():
    found = against_gold(majority(from_matrix([["a", "b"]]), ties="none"), ["a"])
    assert (found.errors, found.accuracy.value) == (1, 0.0)
    assert math.isnan(found.calibration_error)
    assert dict(found.summary())["calibration"] == "no choice"
    assert found.table().is_empty()


def test_it_reads_as_text_and_as_json(verdict):
    found = against_gold(verdict, GOLD)
    assert (
        dict(found.summary())["errors"]
        == "4; the queue finds 25% in the first 5%, 25% in the first 10%, 25% in the first 20%"
    )
    said = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert said["result"] == "againstgold"
    assert len(said["rows"]) == 5
    assert said["provenance"]["parameters"] == {"of": "majority"}
    assert dict(against_gold(verdict, ["a"] * 9 + [None]).summary())["errors"] == "0"


@pytest.mark.parametrize(
    ("gold", "message"),
    [
        (["a"], "must have one answer for each of 10 items, got 1"),
        ([None] * 10, "no answer is known"),
        (None, "no answer is known"),
        ("aaaaaaaaaa", "must be a sequence"),
        ([["a"]] * 10, "cannot be a name"),
    ],
    ids=["too few", "none known", "no table about items", "a text", "lists"],
)
def test_what_is_no_known_answer_is_refused(verdict, gold, message):
    with pytest.raises(InputError, match=message) as caught:
        against_gold(verdict, gold)
    assert caught.value.argument == "gold"
