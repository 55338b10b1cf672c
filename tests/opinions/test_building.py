"""What may come in: every defined outcome of a row, and that no row is lost without a word."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.opinions import building
from psephos.opinions.building import Segment, build, lookalikes
from psephos.opinions.constructors import battles, interactions, labels, rankings, results, samples, scores, transcripts
from psephos.opinions.kinds import KINDS, kind_named


def said(opinions):
    return [(issue.reason, issue.action, issue.rows.tolist(), issue.example) for issue in opinions.issues]


def column(opinions, name):
    return opinions.frame()[name].to_list()


@pytest.mark.parametrize("label", [None, math.nan, ""], ids=["null", "nan", "empty"])
def test_a_missing_label_is_an_abstention_that_stays_and_is_counted(label):
    opinions = labels(["a", "b"], ["u", "u"], [label, "x"])
    assert column(opinions, "label") == [None, "x"]
    assert said(opinions) == [("no label: counted as an abstention", "noted", [1], "")]
    assert opinions.vocabulary("label").to_list() == ["x"]


@pytest.mark.parametrize("item", [None, math.nan, ""], ids=["null", "nan", "empty"])
def test_a_row_without_item_is_set_aside(item):
    opinions = labels([item, "b"], ["u", "u"], ["x", "y"])
    assert column(opinions, "item") == ["b"]
    assert said(opinions) == [("no item", "set aside", [1], "")]
    assert opinions.vocabulary("label").to_list() == ["y"]


def test_a_row_without_voter_is_set_aside():
    assert said(labels(["a", "b"], ["u", None], ["x", "y"])) == [("no voter", "set aside", [2], "")]


def test_a_row_at_fault_twice_is_set_aside_once():
    opinions = labels([None, "b"], [None, "u"], ["x", "y"], weight=[-1, 1])
    assert opinions.issues.set_aside == 1
    assert len(opinions) == 1


@pytest.mark.parametrize(
    ("score", "kept", "issues"),
    [
        ([1, math.nan], [1.0, None], [("no score: counted as an abstention", "noted", [2], "")]),
        ([1, None], [1.0, None], [("no score: counted as an abstention", "noted", [2], "")]),
        ([1, math.inf], [1.0], [("score is out of range", "set aside", [2], "inf")]),
        ([1, -math.inf], [1.0], [("score is out of range", "set aside", [2], "-inf")]),
        (["1", "one"], [1.0], [("score is not a number", "set aside", [2], "one")]),
        (["1", ""], [1.0, None], [("no score: counted as an abstention", "noted", [2], "")]),
        (["1", "NaN"], [1.0, None], [("no score: counted as an abstention", "noted", [2], "")]),
        ([" 1 ", "1e3"], [1.0, 1000.0], []),
        ([True, False], [1.0, 0.0], []),
        (["True", "FALSE"], [1.0, 0.0], []),
        ([1, 0.5], [1.0, 0.5], []),
        ([10**30, 1], [1e30, 1.0], []),
        ([1, True], [1.0, 1.0], []),
    ],
    ids=[
        "nan",
        "null",
        "infinity",
        "minus infinity",
        "word",
        "empty text",
        "nan as text",
        "texts of numbers",
        "booleans",
        "words for booleans",
        "whole and broken",
        "beyond 64 bits",
        "number and boolean",
    ],
)
def test_a_score_is_a_number_an_abstention_or_set_aside(score, kept, issues):
    opinions = scores(["a", "b"], ["u", "u"], score)
    assert column(opinions, "score") == kept
    assert said(opinions) == issues


@pytest.mark.parametrize(
    ("weight", "kept", "issues"),
    [
        ([2, -1], [2.0], [("weight is out of range", "set aside", [2], "-1")]),
        ([2, 0], [2.0, 0.0], []),
        ([2, None], [2.0, None], [("no weight: counted as 1", "noted", [2], "")]),
        ([2, math.nan], [2.0, None], [("no weight: counted as 1", "noted", [2], "")]),
        ([2, math.inf], [2.0], [("weight is out of range", "set aside", [2], "inf")]),
        (["2", "heavy"], [2.0], [("weight is not a number", "set aside", [2], "heavy")]),
    ],
    ids=["negative", "zero", "null", "nan", "infinity", "word"],
)
def test_a_weight_is_at_least_zero_or_one_or_set_aside(weight, kept, issues):
    opinions = labels(["a", "b"], ["u", "u"], ["x", "y"], weight=weight)
    assert column(opinions, "weight") == kept
    assert said(opinions) == issues
    assert opinions.weights().tolist() == [1.0 if value is None else value for value in kept]


EPOCH_2024 = dt.datetime(2024, 1, 1, tzinfo=dt.UTC).timestamp()


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        (["2024-01-01", "2024-01-01T10:00:00Z"], [0, 36_000]),
        (["2024-01-01 10:00", "2024-01-01T10:00:00.25"], [36_000, 36_000.25]),
        (["2024-01-01T10:00:00+02:00", "2024-01-01T10:00:00-0130"], [28_800, 41_400]),
        ([dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, 0, 0, 1)], [0, 1]),
        ([dt.date(2024, 1, 1), dt.date(2024, 1, 2)], [0, 86_400]),
        ([dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 0, 0, 1)], [0, 1]),
        (pl.Series([dt.datetime(2024, 1, 1)] * 2, dtype=pl.Datetime("ns")), [0, 0]),
        (pl.Series([dt.datetime(2024, 1, 1)] * 2).dt.replace_time_zone("Asia/Tokyo"), [-32_400, -32_400]),
        (np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[s]"), [0, 86_400]),
    ],
    ids=["ISO", "blank and fraction", "zones", "datetimes", "dates", "both", "nanoseconds", "time zone", "numpy"],
)
def test_dates_become_seconds_since_1970(time, seconds):
    opinions = labels(["a", "b"], ["u", "u"], ["x", "y"], time=time)
    assert column(opinions, "time") == [EPOCH_2024 + second for second in seconds]
    assert said(opinions) == []


@pytest.mark.parametrize("time", ["01/02/2024", "yesterday", "2024-02-30", "2024-13-01", "10:00"])
@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
def test_a_time_that_is_no_iso_date_is_set_aside_wherever_it_stands(time, first):
    opinions = labels(["a", "b"], ["u", "u"], ["x", "y"], time=[time, "2024-01-01"] if first else ["2024-01-01", time])
    reason = "time is neither a number of seconds nor an ISO 8601 date"
    assert said(opinions) == [(reason, "set aside", [1 if first else 2], time)]


def test_seconds_and_dates_may_stand_in_one_column():
    assert column(labels(["a", "b"], ["u"] * 2, ["x"] * 2, time=["5", "1970-01-01T00:00:06"]), "time") == [5.0, 6.0]


@pytest.mark.parametrize(
    ("draw", "kept", "issues"),
    [
        ([0, 1.0], [0, 1], []),
        ([0, 0.5], [0], [("draw is not a whole number", "set aside", [2], "0.5")]),
        ([0, -1], [0], [("draw is out of range", "set aside", [2], "-1")]),
        ([2**53, 2**63], [2**53], [("draw is out of range", "set aside", [2], str(2**63))]),
        ([0, None], [0], [("no draw", "set aside", [2], "")]),
        (["0", "x"], [0], [("draw is not a number", "set aside", [2], "x")]),
    ],
    ids=["whole", "broken", "negative", "too large", "missing", "word"],
)
def test_a_draw_is_a_whole_number_or_set_aside(draw, kept, issues):
    opinions = samples(["a", "a"], ["u", "u"], draw, ["x", "y"])
    assert column(opinions, "draw") == kept
    assert opinions.frame().schema["draw"] == pl.Int64
    assert said(opinions) == issues


@pytest.mark.parametrize(
    ("winner", "kept"),
    [
        ("left", True),
        ("right", True),
        ("tie", True),
        ("both_bad", True),
        ("leftmost", False),
        ("model_c", False),
        (None, False),
    ],
)
def test_a_winner_is_one_of_four_or_set_aside(winner, kept):
    opinions = battles(["x", "x"], ["y", "y"], [winner, "tie"])
    assert column(opinions, "winner") == ([winner] if kept else []) + ["tie"]
    expected = ("winner is none of left, right, tie, both_bad", "set aside", [1], winner or "")
    assert said(opinions) == ([] if kept else [expected])


@pytest.mark.parametrize(
    ("word", "winner"), [("Left", "left"), ("model_a", "left"), ("B>A", "right"), ("tie (bothbad)", "both_bad")]
)
def test_the_words_of_arenas_are_understood_and_said(word, winner):
    opinions = battles(["x", "x"], ["y", "y"], [word, "tie"])
    assert column(opinions, "winner") == [winner, "tie"]
    assert [issue.reason for issue in opinions.issues] == [f"winner: took {word!r} as {winner}"]


def test_the_same_battle_may_be_fought_again():
    assert len(battles(["x", "x"], ["y", "y"], ["left", "left"])) == 2
    assert len(interactions(["u", "u"], ["film", "film"])) == 2


@pytest.mark.parametrize(
    ("opinions", "reason"),
    [
        (lambda: rankings(["u", "u"], ["x", "y"], [1, 0]), "rank is out of range"),
        (
            lambda: transcripts(["c", "c"], ["u", "u"], [0, 1], ["a", "b"], confidence=[1, 1.5]),
            "confidence is out of range",
        ),
        (lambda: transcripts(["c", "c"], ["u", "u"], [0, 1], ["a", "b"], start=[0, -1]), "start is out of range"),
        (lambda: transcripts(["c", "c"], ["u", "u"], [0, -1], ["a", "b"]), "position is out of range"),
    ],
    ids=["rank 0", "confidence 1.5", "start -1", "position -1"],
)
def test_measures_have_their_range(opinions, reason):
    ((found, action, rows, _),) = said(opinions())
    assert (found, action, rows) == (reason, "set aside", [2])


def test_equal_ranks_are_ties_and_stay():
    assert column(rankings(["u", "u"], ["x", "y"], [1, 1]), "rank") == [1.0, 1.0]


@pytest.mark.parametrize(
    ("logprobs", "kept"),
    [
        ([[-1, -0.5], [0.0]], [[-1.0, -0.5], [0.0]]),
        ([[-1], [-0.5]], [[-1.0], [-0.5]]),
        ([(-1, -0.5), None], [[-1.0, -0.5], None]),
        ([np.array([-1]), np.array([-0.5, -2])], [[-1.0], [-0.5, -2.0]]),
        ([[np.float32(-0.5)], [np.int64(1)]], [[-0.5], [1.0]]),
        ([[None, -0.5], []], [[None, -0.5], []]),
        (["[-1, -0.5]", ""], [[-1.0, -0.5], None]),
        (["[1, 2]", "[]"], [[1, 2], []]),
        ([[1, 2], [3]], [[1, 2], [3]]),
        ([None, None], [None, None]),
        (["[-Infinity]", "[NaN]"], [[-math.inf], [math.nan]]),
        (pl.Series([[-1, -0.5], "[2]"], dtype=pl.Object), [[-1.0, -0.5], [2.0]]),
        (["[1000000000000000000000]", "[1]"], [[1e21], [1.0]]),
    ],
    ids=[
        "whole and broken",
        "whole first",
        "tuples",
        "arrays",
        "numpy scalars",
        "gaps",
        "JSON texts",
        "JSON whole numbers",
        "whole numbers",
        "none",
        "infinity",
        "lists and texts",
        "huge numbers",
    ],
)
def test_lists_of_numbers_keep_their_numbers(logprobs, kept):
    opinions = samples(["a", "a"], ["u", "u"], [0, 1], ["x", "y"], logprobs=logprobs)
    assert repr(column(opinions, "logprobs")) == repr(kept)
    assert said(opinions) == []


@pytest.mark.parametrize(
    "wrong", ["[1, true]", "[[1]]", '["1"]', "1", "{}", "[1", "[" * 100_000], ids=lambda text: text[:9]
)
def test_a_text_that_is_no_list_of_numbers_is_set_aside(wrong):
    opinions = samples(["a", "a"], ["u", "u"], [0, 1], ["x", "y"], logprobs=["[1]", wrong])
    assert said(opinions) == [("logprobs is not a list of numbers", "set aside", [2], wrong)]


@pytest.mark.parametrize(
    "wrong", [[1, 2], pl.Series([["a"], ["b"]]), [True, False]], ids=["numbers", "lists of texts", "booleans"]
)
def test_a_column_without_lists_is_refused(wrong):
    with pytest.raises(InputError, match="not lists of numbers") as caught:
        samples(["a", "a"], ["u", "u"], [0, 1], ["x", "y"], logprobs=wrong)
    assert caught.value.argument == "logprobs"


def test_ids_that_look_alike_are_said_and_kept_apart():
    opinions = labels(["a", "a", "a"], ["ann", "Ann ", "bob"], ["x", "x", "x"])
    (issue,) = opinions.issues
    assert (issue.action, issue.source, issue.count) == ("noted", "voter", 2)
    assert issue.example == "'ann', 'Ann '"
    assert opinions.size("voter") == 3


def test_ids_of_different_types_are_one():
    opinions = labels(["a", "b", "c", "d"], pl.Series([1, 1.0, "1", True], dtype=pl.Object), ["x"] * 4)
    assert opinions.vocabulary("voter").to_list() == ["1", "true"]
    assert opinions.codes("voter").tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("mixed", [[1, True], [True, 1], [1.5, True], ["true", True, 1]], ids=str)
def test_true_is_never_the_number_one(mixed):
    opinions = labels(range(len(mixed)), mixed, ["x"] * len(mixed))
    names = column(opinions, "voter")
    assert names == ["true" if value is True else str(value) for value in mixed]


@pytest.mark.parametrize("name", KINDS)
def test_an_empty_table_has_nothing_left(name):
    kind = kind_named(name)
    with pytest.raises(InputError, match="no row is left of 0: the table is empty") as caught:
        build(kind, pl.DataFrame(schema=dict.fromkeys(kind.required, pl.String)))
    assert caught.value.argument == "opinions"


def test_a_part_of_a_table_may_be_empty():
    kind = kind_named("labels")
    empty = build(kind, pl.DataFrame(schema=dict.fromkeys(kind.names, pl.String)), empty=True)
    assert len(empty) == 0
    assert empty.frame().columns == list(kind.names)


def test_if_no_row_is_left_the_reasons_are_said():
    with pytest.raises(InputError, match=r"no row is left of 2: 1 set aside: no item .*; 1 set aside: no voter"):
        labels([None, "a"], ["u", None], ["x", "y"])


def test_rows_are_named_by_file():
    frame = pl.DataFrame({"item": ["a", None, None, "b"], "voter": list("uuuu"), "label": list("xxxx")})
    segments = [Segment("one.csv", np.array([1, 3])), Segment("two.csv", np.array([7, 9]))]
    opinions = build(kind_named("labels"), frame, segments=segments)
    assert [(issue.source, issue.rows.tolist()) for issue in opinions.issues] == [("one.csv", [3]), ("two.csv", [7])]


def test_further_columns_are_carried_untouched():
    frame = pl.DataFrame(
        {
            "item": ["a", None, "b"],
            "voter": ["u", "u", "u"],
            "label": ["x", "y", "z"],
            "note": [[1], [2], None],
            "when": [dt.date(2024, 1, 1)] * 3,
            "any": pl.Series([1, "a", {"b": True}], dtype=pl.Object),
        }
    )
    kept = build(kind_named("labels"), frame).frame()
    assert kept["note"].to_list() == [[1], None]
    assert kept.schema["when"] == pl.Date
    assert kept["any"].to_list() == ["1", '{"b": true}']


def test_results_are_told_apart_by_every_part_of_their_key():
    opinions = results(["m", "m", "m"], ["i", "i", "i"], [0.1, 0.2, 0.3], metric=["f1", "bleu", "f1"], run=[1, 1, 2])
    assert len(opinions) == 3
    assert said(opinions) == []


VOTES = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", None]),
        st.sampled_from(["u", "v", "", None]),
        st.sampled_from(["x", "y", None]),
        st.sampled_from([1.0, 2.0, -1.0, None, math.nan, math.inf]),
        st.sampled_from([None, 1.0, 2.0]),
    ),
    min_size=1,
    max_size=20,
)


def voted(rows):
    item, voter, label, weight, time = zip(*rows, strict=True)
    try:
        return labels(
            *(pl.Series(part, dtype=pl.String) for part in (item, voter, label)),
            weight=pl.Series(weight, dtype=pl.Float64),
            time=pl.Series(time, dtype=pl.Float64),
        )
    except InputError as problem:
        if problem.argument != "opinions":
            raise
        return None


@given(VOTES)
@settings(max_examples=60, deadline=None)
def test_every_row_is_kept_or_set_aside(rows):
    opinions = voted(rows)
    if opinions is None:
        return
    aside = [row for issue in opinions.issues if issue.action == "set aside" for row in issue.rows.tolist()]
    assert len(opinions) + len(aside) == len(rows)
    assert len(set(aside)) == len(aside)
    kept = [row for place, row in enumerate(rows, start=1) if place not in set(aside)]
    assert column(opinions, "item") == [row[0] for row in kept]
    assert column(opinions, "label") == [row[2] for row in kept]


@given(VOTES, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_rows_does_not_change_what_was_said(rows, random):
    one, other = voted(rows), voted(random.sample(rows, len(rows)))
    if one is None or other is None:
        assert one is other
        return
    by = ["item", "voter", "label"]
    assert one.frame().select(by).sort(by).equals(other.frame().select(by).sort(by))
    assert one.issues.set_aside == other.issues.set_aside
    assert one.vocabulary("label").to_list() == other.vocabulary("label").to_list()


WORDS = st.sampled_from(["left", "Left", " LEFT ", "right", "tie", "both_bad", "draw", "", "NA", None, "?"])
NAMES = st.sampled_from(["x", "X", "x ", "y", "z", "", None])


@given(st.lists(st.tuples(NAMES, NAMES, WORDS), min_size=1), st.sampled_from([(), "NA", ["NA", "?"]]))
def test_lists_make_the_opinions_that_their_columns_make(rows, missing):
    """A short list of texts is coded on the way in; what it makes, and what is said of it, are those of a column."""

    def made(make):
        columns = [make(column) for column in zip(*rows, strict=True)]
        try:
            found = battles(*columns, missing=missing)
        except InputError as problem:
            return str(problem)
        return found.frame().rows(), found.issues.to_list(), found.sha256, [*found.coded["left"].codes]

    assert made(list) == made(lambda column: pl.Series(column, dtype=pl.String))


@given(st.lists(st.text(st.sampled_from("aAbBß\u1e9eſsİi \t\x1f\u2003"), max_size=4), unique=True))
def test_few_names_are_alike_as_many_are(names):
    vocabulary = pl.Series(names, dtype=pl.String)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(building, "FEW_NAMES", -1)
        asked = lookalikes("voter", vocabulary)
    found = lookalikes("voter", vocabulary)
    assert [issue.reason + issue.example for issue in found] == [issue.reason + issue.example for issue in asked]
    assert [issue.count for issue in found] == [issue.count for issue in asked]
