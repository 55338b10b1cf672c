"""Are the lists of two systems alike where they are, by places and whatever the order of users?"""

from __future__ import annotations

import itertools
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from psephos.errors import InputError
from psephos.metrics import list_similarity


def values(table: pl.DataFrame) -> dict[str, float | None]:
    return dict(table.select("measure", "value").iter_rows())


def test_sheet12_kendall_goes_by_places() -> None:
    found = list_similarity({"one": {"u": [20, 10, 30]}, "other": {"u": [20, 30, 10]}}).table()
    assert values(found) == {"jaccard": 1.0, "kendall": pytest.approx(1 / 3)}


@settings(max_examples=40)
@given(
    st.lists(st.tuples(*[st.lists(st.integers(0, 9), max_size=8) for _ in range(2)]), min_size=1, max_size=5),
    st.sampled_from([1, 3, 6, None]),
)
def test_every_user_by_definition(lists, k) -> None:
    runs = {name: {f"u{n}": pair[place] for n, pair in enumerate(lists)} for place, name in enumerate(("a", "b"))}
    own: dict[str, list[float]] = {"jaccard": [], "kendall": []}
    for left, right in lists:
        one, other = (list(dict.fromkeys(items))[:k] for items in (left, right))
        common = [item for item in one if item in other]
        if one and other:
            own["jaccard"].append(len(common) / len({*one, *other}))
        if len(common) > 1:
            own["kendall"].append(stats.kendalltau(range(len(common)), [other.index(i) for i in common]).statistic)
    if not any(left for left, _ in lists) and not any(right for _, right in lists):
        return
    table = list_similarity(runs, k).table()
    for row in table.iter_rows(named=True):
        expected = own[row["measure"]]
        assert row["users"] == len(expected)
        assert row["left_out"] == sum(bool(left or right) for left, right in lists) - len(expected)
        assert row["value"] == (pytest.approx(np.mean(expected), abs=1e-12) if expected else None)
        if len(expected) > 1 and np.std(expected) > 1e-9:
            error = np.std(expected, ddof=1) / math.sqrt(len(expected))
            assert row["standard_error"] == pytest.approx(error, abs=1e-12)
    turned = list_similarity({name: runs[name] for name in ("b", "a")}, k).table()
    assert turned["value"].to_list() == pytest.approx(table["value"].to_list(), nan_ok=True)


def test_pairs_and_a_baseline() -> None:
    frame = pl.DataFrame(
        {
            "run": ["x"] * 2 + ["y"] * 2 + ["z"] * 2,
            "user": ["u"] * 6,
            "item": ["a", "b", "b", "a", "c", "d"],
            "score": [2.0, 1.0, 2.0, 1.0, 2.0, 1.0],
        }
    )
    table = list_similarity(frame).table()
    assert list(table.select("left", "right").unique(maintain_order=True).iter_rows()) == [
        *itertools.combinations("xyz", 2)
    ]
    assert table.filter(left="x", right="y")["value"].to_list() == [1.0, -1.0]
    assert table.filter(left="x", right="z")["value"].to_list() == [0.0, None]
    assert list_similarity(frame, baseline="y").table()["right"].unique(maintain_order=True).to_list() == ["x", "z"]
    alone = table.filter(left="x", right="y", measure="jaccard").row(0, named=True)
    assert (alone["users"], alone["low"]) == (1, None)


def test_users_of_one_system_alone_are_left_out() -> None:
    runs = {"a": {"u": ["x"], "v": ["x"]}, "b": {"u": ["x"], "w": ["x"]}}
    row = list_similarity(runs).table().row(0, named=True)
    assert (row["value"], row["users"], row["left_out"]) == (1.0, 1, 2)


@pytest.mark.parametrize(
    ("runs", "options", "argument"),
    [
        ({"u": ["a"]}, {}, "runs"),
        ({"a": {"u": ["x"]}, "b": {"u": ["x"]}}, {"k": 0}, "k"),
        ({"a": {"u": ["x"]}, "b": {"u": ["x"]}}, {"baseline": "c"}, "baseline"),
        ({"a": {"u": ["x"]}, "b": {"u": ["x"]}}, {"order": "score"}, "order"),
        ({"a": {"u": {"x": math.nan}}, "b": {"u": {"x": 1.0}}}, {}, "runs['a']"),
        ({"a": {"u": ["x"]}, "b": {"u": ["x"]}}, {"level": 1}, "level"),
    ],
)
def test_bad_input(runs, options, argument) -> None:
    with pytest.raises(InputError) as caught:
        list_similarity(runs, **options)
    assert caught.value.argument == argument


def test_the_result_says_each_pair_and_how_many_more() -> None:
    runs = {f"s{n}": {u: [n, u, 99] for u in range(5)} for n in range(7)}
    found = list_similarity(runs, 3)
    lines = found.summary()
    assert len(lines) == 2 * 12 + 1
    assert lines[-1] == ("more", "9 further pairs")
    assert lines[0][0] == "s0 and s1, jaccard@3"
    made = found.to_dict()
    assert made["result"] == "listsimilarity"
    assert len(made["rows"]) == 42
    assert made["provenance"]["parameters"] == {"k": 3, "baseline": None, "level": 0.95}
