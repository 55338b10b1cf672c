"""Which of several rows of one key counts: checked against a slow, plain reading of the rule."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import ContradictionError, InputError
from psephos.opinions.constructors import labels, samples, scores
from psephos.opinions.repeats import find_repeats

ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(-1, 2), st.sampled_from([math.nan, 1.0, 2.0])),
    max_size=14,
)
RULES = st.sampled_from(["auto", "first", "last"])


def plainly(rows, rule, timed):
    """Value that counts for each key, by the rule as it is written in the docstring of `repeats`; absent if none."""
    said = {}
    for item, voter, value, time in rows:
        said.setdefault((item, voter), []).append((value, -math.inf if math.isnan(time) else time))
    counts = {}
    for key, values in said.items():
        latest = max(time for _, time in values)
        final = {value for value, time in values if time == latest} if timed else {value for value, _ in values}
        if len({value for value, _ in values}) == 1 or rule == "first":
            counts[key] = values[0][0]
        elif rule == "last":
            counts[key] = values[-1][0]
        elif len(final) == 1:
            counts[key] = final.pop()
    return counts


def found(rows, rule, timed):
    item, voter, value, time = (np.array(column) for column in zip(*rows, strict=True))
    repeats = find_repeats([item, voter], value, time if timed else None, rule)
    out = np.concatenate([repeats.twice, repeats.revised, repeats.undecided])
    assert len(set(out.tolist())) == len(out)
    kept = [row for place, row in enumerate(rows) if place not in set(out.tolist())]
    assert len({row[:2] for row in kept}) == len(kept)
    return {row[:2]: row[2] for row in kept}, repeats


@given(ROWS.filter(bool), RULES, st.booleans())
def test_agrees_with_a_plain_reading_of_the_rule(rows, rule, timed):
    assert found(rows, rule, timed)[0] == plainly(rows, rule, timed)


@given(ROWS.filter(bool), st.booleans(), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_change_what_counts(rows, timed, random):
    shuffled = random.sample(rows, len(rows))
    assert found(rows, "auto", timed)[0] == found(shuffled, "auto", timed)[0]


@given(ROWS.filter(bool), st.booleans())
def test_first_and_last_are_each_other_s_mirror(rows, timed):
    assert found(rows, "first", timed)[0] == found(rows[::-1], "last", timed)[0]


@given(ROWS.filter(bool))
def test_one_row_of_each_contradicting_key_is_named(rows):
    contradicting = found(rows, "error", timed=False)[1].contradicting
    values = {}
    for row in rows:
        values.setdefault(row[:2], set()).add(row[2])
    assert sorted(rows[place][:2] for place in contradicting) == sorted(key for key in values if len(values[key]) > 1)


def votes(label, time=None, repeated="auto", weight=None):
    n = len(label)
    return labels(["a"] * n + ["b"], ["u"] * n + ["u"], [*label, "z"], time=time, repeated=repeated, weight=weight)


def outcome(opinions):
    """What the voter said on item a, and each issue as (reason, rows)."""
    kept = [
        label for item, label in zip(opinions.frame()["item"], opinions.frame()["label"], strict=True) if item == "a"
    ]
    return kept, [(issue.reason, issue.rows.tolist()) for issue in opinions.issues if issue.action == "set aside"]


TWICE, NONE = "said twice: counted once", "contradicts itself: none of the rows counts"
LATEST, FIRST, LAST = (f"contradicts itself: the {which} counts" for which in ("latest", "first row", "last row"))


@pytest.mark.parametrize(
    ("label", "time", "repeated", "kept", "issues"),
    [
        ("xx", None, "auto", ["x"], [(TWICE, [2])]),
        ("xx", None, "first", ["x"], [(TWICE, [2])]),
        ("xx", None, "last", ["x"], [(TWICE, [2])]),
        ("xx", None, "error", ["x"], [(TWICE, [2])]),
        ("xy", None, "auto", [], [(NONE, [1, 2])]),
        ("xyx", None, "auto", [], [(NONE, [1, 2, 3])]),
        ("xy", None, "first", ["x"], [(FIRST, [2])]),
        ("xy", None, "last", ["y"], [(LAST, [1])]),
        ("xyx", None, "last", ["x"], [(TWICE, [1]), (LAST, [2])]),
        ("xy", [1, 2, 0], "auto", ["y"], [(LATEST, [1])]),
        ("xy", [2, 1, 0], "auto", ["x"], [(LATEST, [2])]),
        ("xy", [1, 1, 0], "auto", [], [(NONE, [1, 2])]),
        ("xyy", [1, 2, 2, 0], "auto", ["y"], [(TWICE, [2]), (LATEST, [1])]),
        ("xyz", [1, 2, 2, 0], "auto", [], [(NONE, [1, 2, 3])]),
        ("xy", [None, 1, 0], "auto", ["y"], [(LATEST, [1])]),
        ("xy", [None, None, 0], "auto", [], [(NONE, [1, 2])]),
        ("xy", [2, 1, 0], "first", ["x"], [(FIRST, [2])]),
        ("xy", [2, 1, 0], "last", ["y"], [(LAST, [1])]),
        ("xy", ["2024-01-02", "2024-01-01", None], "auto", ["x"], [(LATEST, [2])]),
        (["x", None], None, "auto", [], [(NONE, [1, 2])]),
        ([None, None], None, "auto", [None], [(TWICE, [2])]),
    ],
    ids=[
        "twice auto",
        "twice first",
        "twice last",
        "twice error",
        "contradiction without time",
        "majority of own votes is no rule",
        "contradiction first",
        "contradiction last",
        "last said before too",
        "later row counts",
        "earlier row counts if it is later in time",
        "tie in time",
        "latest said twice",
        "tie among the latest",
        "no time is before any time",
        "both without time",
        "first by row, not by time",
        "last by row, not by time",
        "dates",
        "abstention contradicts a vote",
        "abstained twice",
    ],
)
def test_each_rule_on_small_cases(label, time, repeated, kept, issues):
    found_kept, found_issues = outcome(votes(label, time, repeated))
    assert found_kept == kept
    assert sorted(found_issues) == sorted(issues)


def test_a_caller_who_refuses_contradictions_is_told_the_first():
    with pytest.raises(ContradictionError, match=r"item 'a', voter 'u' has two different values.*repeated='last'"):
        votes("xy", repeated="error")


def test_an_unknown_rule_is_refused():
    with pytest.raises(InputError, match="'latest'") as caught:
        votes("x", repeated="latest")
    assert caught.value.argument == "repeated"


def test_rows_set_aside_for_another_reason_do_not_contradict():
    kept, issues = outcome(votes("xy", weight=[1, -1, 1]))
    assert kept == ["x"]
    assert issues == [("weight is out of range", [2])]


def test_rounds_and_draws_are_no_repeats():
    assert len(scores(["a", "a"], ["u", "u"], [1, 2], round=["first", "second"])) == 2
    assert len(samples(["a", "a"], ["u", "u"], [0, 1], ["x", "y"])) == 2


def test_equal_scores_are_one_and_missing_scores_are_equal():
    twice = scores(["a", "a"], ["u", "u"], [math.nan, math.nan])
    assert len(twice) == 1
    assert [issue.reason for issue in twice.issues if issue.action == "set aside"] == [TWICE]
