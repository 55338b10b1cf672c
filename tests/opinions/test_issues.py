"""Findings are counted, named, shortened where long, and safe to show."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from psephos.opinions.issues import NOTED, SET_ASIDE, Issue, Issues


def rows(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


@pytest.mark.parametrize(
    ("issue", "text"),
    [
        (Issue("no item", SET_ASIDE, "votes.csv", rows(3)), "1 set aside: no item (votes.csv, row 3)"),
        (
            Issue("no item", SET_ASIDE, "votes.csv", rows(*range(1, 8)), "x"),
            "7 set aside: no item, such as 'x' (votes.csv, rows 1, 2, 3, 4, 5 and 2 more)",
        ),
        (Issue("odd", NOTED, "about items", count=1200), "1,200 noted: odd (about items)"),
        (Issue("odd", NOTED, "f", example="y" * 100), "0 noted: odd, such as '" + "y" * 57 + "...' (f)"),
        (Issue("odd", NOTED, "f", example="a\nb\x1b[2J"), "0 noted: odd, such as 'a\\nb\\x1b[2J' (f)"),
    ],
    ids=["one row", "many rows", "count without rows", "long example", "control characters"],
)
def test_an_issue_reads_as_one_line(issue, text):
    assert str(issue) == text


ISSUES = Issues(
    (
        Issue("no item", SET_ASIDE, "a.csv", rows(4, 2), "x"),
        Issue("odd", NOTED, "a.csv", count=5),
        Issue("no item", SET_ASIDE, "a.csv", rows(3), "y"),
        Issue("no item", SET_ASIDE, "b.csv", rows(1), "z"),
    )
)


def test_only_rows_that_take_no_part_are_counted_as_set_aside():
    assert ISSUES.set_aside == 4
    assert Issues().set_aside == 0


def test_the_table_has_a_row_for_each_row_at_fault():
    assert ISSUES.table().rows() == [
        ("no item", "set aside", "a.csv", 4, "x"),
        ("no item", "set aside", "a.csv", 2, "x"),
        ("odd", "noted", "a.csv", None, ""),
        ("no item", "set aside", "a.csv", 3, "y"),
        ("no item", "set aside", "b.csv", 1, "z"),
    ]


def test_no_issues_have_a_table_of_the_same_columns():
    assert Issues().table().schema == ISSUES.table().schema
    assert Issues().table().height == 0
    assert str(Issues()) == "no issues"


def test_the_list_for_json_is_short_and_says_the_whole_number():
    (entry,) = Issues((Issue("odd", NOTED, "f", np.arange(1000), "x"),)).to_list()
    assert entry["count"] == 1000
    assert entry["rows"] == list(range(100))


def test_findings_of_one_reason_and_source_become_one():
    merged = ISSUES.merged()
    assert [(issue.reason, issue.source, issue.rows.tolist(), issue.count) for issue in merged] == [
        ("no item", "a.csv", [2, 3, 4], 3),
        ("odd", "a.csv", [], 5),
        ("no item", "b.csv", [1], 1),
    ]
    assert merged.set_aside == ISSUES.set_aside


def test_findings_are_added_in_order():
    both = Issues((Issue("first", NOTED, "f"),)) + Issues((Issue("second", NOTED, "f"),))
    assert [issue.reason for issue in both] == ["first", "second"]
    assert len(both) == 2


def test_a_notebook_shows_no_markup_from_the_data():
    shown = Issues((Issue("odd", NOTED, "<b>", example="<script>"),))._repr_html_()
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert "&lt;script&gt;" in shown


def test_the_table_of_a_long_finding_is_made_in_one_go():
    table = Issues((Issue("odd", NOTED, "f", np.arange(200_000), "x" * 10_000),)).table()
    assert table.height == 200_000
    assert table["row"].to_list()[:3] == [0, 1, 2]
    assert isinstance(table, pl.DataFrame)
