"""Opinions hold what was said, unchanging, and can be hashed, pickled, taken apart and shown."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.opinions import model
from psephos.opinions.constructors import battles, labels, samples, scores
from psephos.opinions.frames import from_frame


def votes(**changes):
    columns = {"item": ["a", "a", "b"], "voter": ["u", "v", "u"], "label": ["x", "y", None], "weight": [1, None, 2]}
    return labels(**(columns | changes))


def test_columns_are_found_by_name():
    opinions = votes()
    assert (len(opinions), opinions.size("item"), opinions.size("voter")) == (3, 2, 2)
    assert opinions.codes("label").tolist() == [0, 1, -1]
    assert opinions.vocabulary("label").to_list() == ["x", "y"]
    assert opinions.weights().tolist() == [1.0, 1.0, 2.0]
    assert labels(["a"], ["u"], ["x"]).weights() is None


def test_nothing_can_be_changed():
    opinions = votes()
    with pytest.raises(dataclasses.FrozenInstanceError):
        opinions.kind = "scores"
    with pytest.raises(ValueError, match="read-only"):
        opinions.codes("item")[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        opinions.numbers["weight"][0] = 1
    with pytest.raises(TypeError):
        opinions.coded["item"] = opinions.coded["voter"]


def test_a_matrix_has_minus_one_where_nobody_voted():
    assert votes().matrix().tolist() == [[0, 1], [-1, -1]]
    assert votes().matrix("voter").tolist() == [[0, 1], [0, -1]]


@pytest.mark.parametrize(
    ("opinions", "name", "said"),
    [
        (lambda: scores(["a"], ["u"], [1]), None, "scores have no matrix"),
        (lambda: battles(["x"], ["y"], ["tie"]), None, "battles have no matrix"),
        (lambda: votes(), "nothing", "no matrix"),
        (lambda: samples(["a", "a"], ["u", "u"], [0, 1], ["x", "y"]), None, "several rows on one item"),
    ],
    ids=["scores", "battles without voters", "unknown column", "draws"],
)
def test_what_is_no_matrix_is_refused(opinions, name, said):
    with pytest.raises(InputError, match=said) as caught:
        opinions().matrix(name)
    assert caught.value.argument == "opinions"


def test_a_matrix_too_large_to_make_is_refused(monkeypatch):
    monkeypatch.setattr(model, "MATRIX_CELLS", 3)
    with pytest.raises(InputError, match="2 items by 2 voters is too large"):
        votes().matrix()


def test_battles_without_item_or_voter_are_in_no_cell():
    fought = battles(["x"] * 3, ["y"] * 3, ["left", "tie", "right"], voter=["u", None, "v"], item=["a", "a", None])
    assert fought.matrix("winner").tolist() == [[0, -1]]


def test_taking_rows_keeps_vocabularies_and_all_columns():
    frame = pl.DataFrame(
        {"item": ["a", "a", "b"], "voter": ["u", "v", "u"], "label": ["x", "y", "z"], "note": [[1], [2], [3]]}
    )
    opinions = from_frame(frame)
    for rows in ([2, 0], np.array([2, 0])):
        assert opinions.take(rows).frame().rows() == [("b", "u", "z", [3]), ("a", "u", "x", [1])]
    assert opinions.take([True, False, True]).frame()["note"].to_list() == [[1], [3]]
    assert opinions.take([0]).vocabulary("label").to_list() == ["x", "y", "z"]
    assert len(opinions.take([])) == 0


SAME = [
    (
        "codes from numbers",
        lambda: labels([1, 1], [0.0, 1.0], ["x", "y"]),
        lambda: labels(["1", "1"], ["0", "1"], ["x", "y"]),
    ),
    ("rows set aside", lambda: labels(["a", None], ["u", "v"], ["x", "y"]), lambda: labels(["a"], ["u"], ["x"])),
]


@pytest.mark.parametrize(("one", "other"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
def test_equal_content_has_one_hash(one, other):
    assert one().sha256 == other().sha256


BASE = {"item": ["a", "a"], "voter": ["u", "v"], "draw": [0, 0], "answer": ["x", "y"], "text": ["s", "t"]}
CHANGES = {
    "another item": {"item": ["a", "b"]},
    "another answer": {"answer": ["x", "z"]},
    "no answer": {"answer": ["x", None]},
    "another number": {"draw": [0, 1]},
    "another text": {"text": ["s", "u"]},
    "a missing text": {"text": ["s", None]},
    "lists": {"logprobs": [[0.5], [1.5]]},
    "other lists": {"logprobs": [[0.5], [1.25]]},
    "other borders between names": {"answer": ["x\0y", "x"]},
    "gold": {"about": {"items": pl.DataFrame({"item": ["a"], "gold": ["x"]})}},
    "other gold": {"about": {"items": pl.DataFrame({"item": ["a"], "gold": ["y"]})}},
}


def test_other_content_has_another_hash():
    hashes = {name: samples(**(BASE | change)).sha256 for name, change in CHANGES.items()}
    hashes["base"] = samples(**BASE).sha256
    assert len(set(hashes.values())) == len(hashes)
    assert all(len(value) == 64 for value in hashes.values())


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("uvw"), st.sampled_from(["x", "y", None])), min_size=1)
)
@settings(max_examples=40, deadline=None)
def test_hash_and_frame_survive_pickling_and_taking_all(rows):
    item, voter, label = zip(*rows, strict=True)
    opinions = labels(item, voter, label, repeated="first")
    copies = pickle.loads(pickle.dumps(opinions)), opinions.take(np.arange(len(opinions)))
    for copy in copies:
        assert copy.sha256 == opinions.sha256
        assert copy.frame().equals(opinions.frame())
        assert str(copy.issues) == str(opinions.issues)
    with pytest.raises(ValueError, match="read-only"):
        copies[0].codes("item")[0] = 1


def test_says_how_much_there_is_and_what_was_set_aside():
    assert str(votes()) == "3 labels (2 items, 2 voters, 2 labels) from data; 2 issues, 0 rows set aside"
    assert repr(votes()) == str(votes())


def test_a_notebook_shows_no_markup_from_the_data():
    shown = labels(["<script>alert(1)</script>"], ["<b>"], ["x"])._repr_html_()
    assert "<script>" not in shown
    assert "<b>" not in shown


def test_the_opinions_on_one_item_are_found():
    assert votes().of_item("a").frame()["voter"].to_list() == ["u", "v"]
    with pytest.raises(InputError, match="no item 'z'"):
        votes().of_item("z")


@pytest.mark.parametrize("engine", [1, 2])
def test_parts_hold_every_item_once(engine):
    opinions = votes()
    loaded = [opinions.load(part) for part in opinions.parts(engine)]
    assert sorted(int(item) for _, place in loaded for item in place) == [0, 1]
    rows = [row for part, _ in loaded for row in part.frame().select("item", "voter", "label").rows()]
    assert sorted(rows, key=str) == sorted(opinions.frame().select("item", "voter", "label").rows(), key=str)
    for part, place in loaded:
        assert part.vocabulary("item").to_list() == [opinions.vocabulary("item")[int(item)] for item in place]
