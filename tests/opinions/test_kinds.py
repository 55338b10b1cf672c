"""The kind of a table is told by its columns, and a draw is an error and no guess."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.opinions.kinds import KINDS, kind_named
from psephos.opinions.recognising import recognise

ALL_NAMES = sorted(
    {name for kind in KINDS.values() for column in kind.columns for name in (column.name, *column.aliases)}
)


@pytest.mark.parametrize("name", KINDS)
def test_required_columns_alone_tell_the_kind(name):
    kind, parts = recognise(KINDS[name].required)
    assert kind.name == name
    assert parts == {column: column for column in KINDS[name].required}


@pytest.mark.parametrize("name", KINDS)
def test_all_columns_together_tell_the_kind(name):
    kind, parts = recognise(KINDS[name].names)
    assert kind.name == name
    assert parts == {column: column for column in KINDS[name].names}


@pytest.mark.parametrize(
    ("columns", "kind", "parts"),
    [
        (["task", "worker", "label"], "labels", {"item": "task", "voter": "worker", "label": "label"}),
        (
            ["question", "annotator", "category"],
            "labels",
            {"item": "question", "voter": "annotator", "label": "category"},
        ),
        (["clip", "rater", "grade"], "scores", {"item": "clip", "voter": "rater", "score": "grade"}),
        (["model", "item", "correct"], "results", {"candidate": "model", "item": "item", "score": "correct"}),
        (["model_a", "model_b", "winner"], "battles", {"left": "model_a", "right": "model_b", "winner": "winner"}),
        (
            ["doc_id", "model", "repeat", "answer"],
            "samples",
            {"item": "doc_id", "voter": "model", "draw": "repeat", "answer": "answer"},
        ),
        (["user_id", "item_id", "rating"], "interactions", {"user": "user_id", "item": "item_id", "rating": "rating"}),
        ([" Item ", "VOTER", "Label"], "labels", {"item": " Item ", "voter": "VOTER", "label": "Label"}),
        (["task", "item", "worker", "label"], "labels", {"item": "item", "voter": "worker", "label": "label"}),
        (["Item", "item", "voter", "label"], "labels", {"item": "item", "voter": "voter", "label": "label"}),
    ],
    ids=[
        "crowd",
        "synonyms",
        "grades",
        "correct",
        "arena",
        "repeats",
        "user ids",
        "case and blanks",
        "own name first",
        "lower case first",
    ],
)
def test_names_used_elsewhere_are_understood(columns, kind, parts):
    found, taken = recognise(columns)
    assert found.name == kind
    assert taken == parts


def test_a_table_that_fits_two_kinds_is_refused_until_the_kind_is_stated():
    columns = ["item", "voter", "label", "score"]
    with pytest.raises(InputError, match="could be labels or scores") as caught:
        recognise(columns)
    assert caught.value.argument == "kind"
    assert recognise(columns, kind="scores")[0].name == "scores"


def test_stated_columns_count_before_names():
    kind, parts = recognise(["item", "who", "voter", "label"], stated={"voter": "who"})
    assert kind.name == "labels"
    assert parts["voter"] == "who"


@pytest.mark.parametrize(
    ("columns", "options", "said"),
    [
        (["a", "b"], {}, "no kind of opinion has the columns 'a', 'b'"),
        ([], {}, "no kind of opinion has the columns none"),
        (["item", "voter", "label"], {"stated": {"voter": "who"}}, "column 'who', which is not among"),
        (["item", "voter", "label"], {"kind": "labels", "stated": {"draw": "item"}}, "labels have no 'draw'"),
        (
            ["item", "voter", "label"],
            {"stated": {"foo": "item"}},
            "has a part 'foo'; the part stands before its column",
        ),
        (["who", "label", "of"], {"stated": {"annotator": "who"}}, "part 'annotator'; write columns={'voter': 'NAME'}"),
        (["who", "label", "of"], {"stated": {"xyz": "who"}}, "part 'xyz'; parts are 'item', 'voter', 'label'"),
        (["item", "voter"], {"kind": "labels"}, "found no 'label' among 'item', 'voter'"),
        (["x", "label"], {"kind": "labels", "stated": {"item": "x", "voter": "x"}}, "item and voter are both said"),
        ([f"column{n}" for n in range(1000)], {}, "and 988 more"),
    ],
    ids=[
        "nothing fits",
        "no columns",
        "no such column",
        "no such part",
        "turned round",
        "part as elsewhere",
        "part of nothing",
        "part missing",
        "one column twice",
        "many",
    ],
)
def test_what_does_not_fit_is_refused(columns, options, said):
    with pytest.raises(InputError, match=said) as caught:
        recognise(columns, **options)
    assert caught.value.argument == "columns"
    assert len(str(caught.value)) < 2000


def test_an_unknown_kind_is_refused_with_the_list():
    with pytest.raises(InputError, match="'polls'") as caught:
        kind_named("polls")
    assert caught.value.argument == "kind"
    assert all(name in caught.value.problem for name in KINDS)


def test_the_list_of_kinds_cannot_be_changed():
    with pytest.raises(TypeError):
        KINDS["polls"] = KINDS["labels"]  # type: ignore[index]


@given(st.lists(st.sampled_from(ALL_NAMES), unique=True), st.sampled_from([None, *KINDS]))
def test_no_column_plays_two_parts_and_all_required_parts_are_found(columns, kind):
    try:
        found, parts = recognise(columns, kind=kind)
    except InputError:
        return
    assert len(set(parts.values())) == len(parts)
    assert set(parts.values()) <= set(columns)
    assert set(found.required) <= set(parts) <= set(found.names)


@given(st.permutations(["task", "worker", "label", "weight", "note"]))
def test_the_order_of_columns_does_not_matter(columns):
    assert recognise(columns) == recognise(sorted(columns))
