"""Tables about things: keys that match nothing or occur twice are said, and nothing else is lost."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from psephos.errors import InputError
from psephos.opinions.about import About
from psephos.opinions.constructors import battles, labels


def votes(**about):
    return labels(["a", 1, 2.0], ["u", "u", "v"], ["x", "x", "y"], about=about)


def said(opinions):
    return [(issue.reason, issue.action, issue.source, issue.rows.tolist(), issue.count) for issue in opinions.issues]


@pytest.mark.parametrize(
    "library",
    [pl.DataFrame, pd.DataFrame, pa.table],
    ids=["polars", "pandas", "arrow"],
)
def test_tables_of_any_library_are_taken(library):
    opinions = votes(items=library({"gold": ["x", "y"], "item": ["a", "2"]}))
    assert opinions.about.items.rows() == [("a", "x"), ("2", "y")]
    assert said(opinions) == []


def test_keys_are_the_same_whatever_their_type():
    opinions = votes(items=pl.DataFrame({"item": [1.0, 2.0], "gold": ["x", "y"]}))
    assert opinions.about.column("items", "gold", opinions.vocabulary("item")).to_list() == [None, "x", "y"]
    assert said(opinions) == []


def test_a_key_that_no_opinion_has_is_said_and_kept():
    opinions = votes(voters=pl.DataFrame({"voter": ["u", "w", "z"], "price": [1, 2, 3]}))
    assert said(opinions) == [("no opinion has this voter", "noted", "about voters", [], 2)]
    assert opinions.about.voters.height == 3


def test_a_table_about_things_that_the_kind_does_not_have_is_said():
    opinions = votes(tasks=pl.DataFrame({"task": ["t"], "weight": [1.0]}))
    assert said(opinions) == [("no opinion has this task", "noted", "about tasks", [], 1)]


def test_a_second_row_of_a_key_and_a_row_without_key_are_set_aside():
    opinions = votes(items=pl.DataFrame({"item": ["a", "1", None, "a", "", "2"], "gold": list("xyzxyz")}))
    assert said(opinions) == [
        ("no item", "set aside", "about items", [3, 5], 2),
        ("a second row for one item", "set aside", "about items", [4], 1),
    ]
    assert opinions.about.items.rows() == [("a", "x"), ("1", "y"), ("2", "z")]


def test_both_sides_of_a_battle_are_candidates():
    opinions = battles(["x"], ["y"], ["left"], about={"candidates": pl.DataFrame({"candidate": ["x", "y", "z"]})})
    (issue,) = opinions.issues
    assert (issue.reason, issue.example, issue.count) == ("no opinion has this candidate", "z", 1)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"judges": pl.DataFrame({"judge": ["u"]})}, "not about 'judges'"),
        ({"items": pl.DataFrame({"gold": ["x"]})}, "no column 'item'"),
        ({"items": pl.DataFrame({"item": [[1]]})}, "List"),
        ({"items": 3}, "must be a data frame, got int"),
    ],
    ids=["unknown table", "no key", "lists as keys", "no table"],
)
def test_what_is_no_table_about_things_is_refused(tables, said):
    with pytest.raises(InputError, match=said):
        votes(**tables)


def test_unknown_tables_and_columns_have_no_values():
    about = About()
    assert about.column("items", "gold", pl.Series(["a"])) is None
    assert about.tables == {}
    assert votes(items=pl.DataFrame({"item": ["a"]})).about.column("items", "gold", pl.Series(["a"])) is None


def test_mixed_objects_become_texts():
    opinions = votes(items=pd.DataFrame({"item": ["a", "1"], "note": pd.Series([1, {"k": True}], dtype=object)}))
    assert opinions.about.items["note"].to_list() == ["1", '{"k": true}']
