"""Answers that are compared two at a time: same, different or unknown."""

from __future__ import annotations

import threading
import time

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.consensus import majority
from psephos.errors import InputError
from psephos.opinions import Pairwise, interactions, labels, samples, scan, scores
from psephos.opinions.equivalence import number, parse_number

UNKNOWN = "whether two answers are the same is unknown: kept apart"


def initial(left: str, right: str) -> bool:
    return left[0].lower() == right[0].lower()


def asked(answers, same, **options):
    """The answers on one item, one voter each, after merging, and what was found."""
    opinions = labels(["q"] * len(answers), [f"v{n}" for n in range(len(answers))], answers)
    merged = opinions.merged(Pairwise(same, **options))
    return merged.frame()["label"].to_list(), [(one.reason, one.count) for one in merged.issues]


def test_sheet16_the_text_is_normalised_before_anyone_is_asked():
    never = lambda left, right: pytest.fail(f"asked about {left} and {right}") if "paris" in left.lower() else False  # noqa: E731
    found, _ = asked(["Paris", "paris.", None, "Paris"], never, after="text")
    assert found == ["Paris", "Paris", None, "Paris"]


def test_sheet16_an_answer_joins_the_first_class_whose_first_member_is_the_same():
    # b is like a and like c, a is not like c: whoever comes first decides, and members other than the first never do.
    alike = {("a", "b"), ("b", "c")}
    same = lambda left, right: (left, right) in alike  # noqa: E731
    assert asked(["a", "a", "a", "b", "b", "c"], same)[0] == ["a", "a", "a", "a", "a", "c"]
    assert asked(["b", "b", "b", "a", "a", "c"], same)[0] == ["b"] * 6


def test_a_class_is_called_by_its_most_frequent_answer_on_the_item():
    opinions = labels(
        ["q", "q", "q", "r", "r", "r"], ["x", "y", "z"] * 2, ["Yes", "yeah", "yeah", "Yes", "Yes", "yeah"]
    )
    merged = opinions.merged(Pairwise(initial))
    assert merged.frame()["label"].to_list() == ["yeah"] * 3 + ["Yes"] * 3


def test_answers_on_different_items_are_not_compared():
    opinions = labels(["q", "r"], ["x", "x"], ["yes", "yeah"])
    assert opinions.merged(Pairwise(lambda *pair: pytest.fail(f"asked about {pair}"))).frame().equals(opinions.frame())


def test_each_two_answers_are_asked_about_once_and_in_one_order():
    calls = []
    opinions = labels(["q", "q", "r", "r", "r"], ["x", "y"] * 2 + ["z"], ["b", "a", "a", "b", "b"])
    opinions.merged(Pairwise(lambda left, right: calls.append((left, right)) or False))
    assert calls == [("a", "b")]


# Sheet 92: cases of Math-Verify #69 (equal, called different) and #14 (different, called equal).
EQUAL = [
    ("-1 + exp(16)", "e^{16} - 1"),
    ("pi/2", r"\dfrac{\pi}{2}"),
    ("14.0 + -1.0i", "14 - i"),
    ("-2*pi", r"-2\pi"),
]
DIFFERENT = [
    (r"\frac{1}{2004!}", r"\frac{1}{2006!}"),
    (r"\frac{1}{2^{99}}", r"\frac{1}{2^{98}}"),
    ("n=2, 3, 4", "n=1, 2, 3"),
    ("D = (0, 1)", "D = (0, 1.5)"),
    (r"19, 46, \text{ and } 82", "21, 36, and 82"),
    ("12:00", "1:00"),
    (r"\pm 2021", "2021"),
]


def by_value(left: str, right: str) -> bool | None:
    """Numbers by their value; of anything else it is not known."""
    values = parse_number(left), parse_number(right)
    return None if None in values else values[0] == values[1]


@pytest.mark.parametrize(("left", "right"), EQUAL + DIFFERENT, ids=[f"sheet92-{n}" for n in range(11)])
def test_sheet92_what_is_no_number_is_neither_same_nor_different(left, right):
    assert number(left) != number(right) or (left, right) in EQUAL
    found, issues = asked([left, right], by_value)
    assert found == [left, right]
    assert issues == [(UNKNOWN, 1)]


@pytest.mark.parametrize(("left", "right", "same"), [("1/2", "0.50", True), ("1/3", "0.333333333333", False)])
def test_sheet92_numbers_are_the_same_or_not_and_nothing_is_unknown(left, right, same):
    found, issues = asked([left, left, right], by_value)
    assert found == ([left] * 3 if same else [left, left, right])
    assert issues == []


def test_unknown_pairs_are_counted_and_one_is_shown():
    opinions = labels(["q"] * 3, ["x", "y", "z"], ["b", "a", "c"])
    issue = opinions.merged(Pairwise(lambda *_: None)).issues.found[-1]
    assert (issue.reason, issue.action, issue.count, issue.example) == (UNKNOWN, "noted", 3, "'a' and 'b'")
    assert majority(opinions, equivalence=Pairwise(lambda *_: None)).issues.to_list()[-1]["count"] == 3


def test_a_verdict_by_pairs_names_the_function_and_no_command():
    drawn = samples(["q"] * 3, ["m"] * 3, [0, 1, 2], ["yes", "yeah", "no"])
    verdict = majority(drawn, equivalence=Pairwise(initial))
    assert verdict.table()["choice"].to_list() == ["yeah"]
    assert verdict.provenance.command == ""
    assert "equivalence" in verdict.to_dict()["provenance"]["parameters"]


ANSWERS = st.lists(
    st.tuples(st.sampled_from("pqr"), st.sampled_from(["aa", "ab", "ba", "bb", "ca", None])), min_size=1, max_size=12
)


def reference(rows, same):
    """The definition, one item and one answer at a time."""
    new = {}
    for item in {item for item, _ in rows}:
        said = [answer for where, answer in rows if where == item and answer is not None]
        firsts = []
        for answer in sorted(set(said), key=lambda one: (-said.count(one), one)):
            like = [first for first in firsts if same(min(first, answer), max(first, answer))]
            new[item, answer] = like[0] if like else answer
            firsts += [] if like else [answer]
    return [new.get(row) for row in rows]


@given(ANSWERS, st.sampled_from([0, 1]), st.randoms(use_true_random=False))
def test_classes_are_those_of_the_definition_in_any_order_of_rows(rows, place, random):
    same = lambda left, right: left[place] == right[place]  # noqa: E731
    for _ in range(2):
        opinions = labels([item for item, _ in rows], range(len(rows)), [answer for _, answer in rows])
        found = opinions.merged(Pairwise(same))
        assert found.frame()["label"].to_list() == reference(rows, same)
        assert set(found.vocabulary("label")) == set(filter(None, reference(rows, same)))
        random.shuffle(rows)


def test_a_limit_makes_a_comparison_that_hangs_unknown():
    stop = threading.Event()
    same = Pairwise(lambda left, right: stop.wait(600) if "hang" in (left, right) else True, seconds=2.0)
    start = time.monotonic()
    assert same("a", "hang") is None
    assert time.monotonic() - start < 300
    assert same("a", "b") is True
    stop.set()


def test_the_limit_holds_in_any_thread():
    said = []
    stop = threading.Event()
    same = Pairwise(lambda *_: stop.wait(600), seconds=0.1)
    thread = threading.Thread(target=lambda: said.append(same("a", "b")))
    thread.start()
    thread.join(300)
    stop.set()
    assert said == [None]


@pytest.mark.parametrize("seconds", [None, 5.0])
def test_what_the_function_raises_comes_through(seconds):
    with pytest.raises(ZeroDivisionError):
        Pairwise(lambda *_: 1 / 0, seconds=seconds)("a", "b")


def test_answers_of_numpy_are_taken():
    assert Pairwise(lambda *_: np.True_)("a", "b") is True


@pytest.mark.parametrize("said", [1, 0.9, "yes"], ids=repr)
def test_an_answer_that_is_none_of_three_is_refused(said):
    with pytest.raises(InputError, match="not True, False or None") as caught:
        Pairwise(lambda *_: said)("a", "b")
    assert caught.value.argument == "equivalence"


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"same": "text"}, "same"),
        ({"same": initial, "seconds": 0}, "seconds"),
        ({"same": initial, "seconds": "1s"}, "seconds"),
    ],
    ids=["no function", "no time", "no number"],
)
def test_what_cannot_compare_is_refused(options, argument):
    with pytest.raises(InputError) as caught:
        Pairwise(**options)
    assert caught.value.argument == argument


@pytest.mark.parametrize(
    "opinions",
    [scores(["a"], ["x"], [1]), interactions(["u"], ["i"])],
    ids=["scores", "interactions"],
)
def test_kinds_without_answers_on_items_are_refused(opinions):
    with pytest.raises(InputError) as caught:
        opinions.merged(Pairwise(initial))
    assert caught.value.argument == "equivalence"


def test_parts_cannot_be_compared_yet(tmp_path):
    pl.DataFrame({"item": ["a"], "voter": ["x"], "label": ["p"]}).write_parquet(tmp_path / "v.parquet")
    with pytest.raises(InputError, match="in memory") as caught:
        scan(tmp_path / "v.parquet").merged(Pairwise(initial))
    assert caught.value.argument == "equivalence"
