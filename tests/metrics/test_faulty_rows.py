"""Are shares of faulty rows those of a count by hand, with errors over users?"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from psephos.errors import InputError
from psephos.metrics import convention, evaluate, explain_value
from psephos.metrics.recommendation import definition
from psephos.metrics.recommendation.names import FAULTS

TRAIN = {"u": ["a", "b"], "v": ["c"]}
TRUTH = {"u": ["c"], "v": ["a"]}
CANDIDATES = {"u": ["a", "c", "x"], "v": ["a"]}
ROWS = pl.DataFrame(
    [("u", "a", 1), ("u", None, 2), ("u", "c", 3), ("u", "c", 4), ("u", "x", 5), ("v", "c", 1), ("w", "a", 1)],
    schema=["user", "item", "rank"],
    orient="row",
)


def shares(rule: str = "psephos", **choices: str) -> dict[str, float]:
    found = evaluate(TRUTH, ROWS, FAULTS, 1, train=TRAIN, candidates=CANDIDATES, convention=convention(rule, **choices))
    return dict(found.table().select("metric", "value").iter_rows())


# Of the rows of u and v (w is a stranger): none without an item but one, c again, a of u and c of v seen, x of no train
# data, c outside the candidates of v.
EXPECTED = {
    "unmatched_share": 1 / 6,
    "repeat_share": 1 / 6,
    "seen_share": 2 / 6,
    "outside_share": 1 / 6,
    "stray_share": 1 / 6,
}


@pytest.mark.parametrize("choices", [{}, {"seen": "drop"}, {"outside": "drop"}, {"repeats": "keep"}])
def test_by_hand_whatever_is_dropped(choices) -> None:
    assert shares(**choices) == pytest.approx(EXPECTED)


def test_rows_of_one_list_are_not_independent() -> None:
    # Half of the users see only repeats, the others none: the share has the error of users, not of rows.
    lists = {u: (["a"] * 11 if u % 2 else [str(i) for i in range(11)]) for u in range(40)}
    row = evaluate({u: ["a"] for u in lists}, lists, "repeat_share").table().row(0, named=True)
    assert row["value"] == pytest.approx(10 / 11 / 2)
    assert row["standard_error"] == pytest.approx(10 / 11 / 2 * np.sqrt(40 / 39) / np.sqrt(40), rel=1e-9)
    assert (row["users"], row["k"], row["definition"]) == (40, None, "repeat share[of all rows]")


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.integers(0, 3), st.lists(st.one_of(st.none(), st.integers(0, 4)), max_size=6), min_size=1, max_size=4
    )
)
def test_the_shares_are_the_counts_of_the_ledger(lists) -> None:
    rows = [(u, i, r) for u, own in lists.items() for r, i in enumerate(own)]
    if not any(i is not None for _, i, _ in rows):
        return
    run = pl.DataFrame(rows, schema={"user": pl.Int64, "item": pl.Int64, "rank": pl.Int64}, orient="row")
    train = {u: [u, 4] for u in range(4)}
    found = evaluate({0: [1]}, run, FAULTS, train=train, candidates={u: [0, 1] for u in range(4)})
    ledger = evaluate({0: [1]}, run, "mrr", train=train, candidates={u: [0, 1] for u in range(4)}).ledger
    names = ("unknown_items", "repeats", "seen", "outside", "outside_candidates")
    expected = [ledger[name][0] / len(rows) for name in names]
    assert found.table()["value"].to_list() == pytest.approx(expected)


def test_matrices() -> None:
    lists = np.array([[0, 0, 2], [1, 2, -1]])
    train = sparse.csr_matrix([[1, 0, 0], [0, 1, 0]])
    found = evaluate(sparse.csr_matrix([[0, 1, 0], [1, 0, 0]]), lists, ["repeat_share", "seen_share"], train=train)
    assert found.table()["value"].to_list() == pytest.approx([1 / 5, 3 / 5])


def test_systems_are_compared() -> None:
    runs = {"clean": {u: ["a", "b"] for u in range(12)}, "odd": {u: ["a", "a"] for u in range(12)}}
    found = evaluate({u: ["a"] for u in range(12)}, runs, "repeat_share").compare()
    assert (found["difference"][0], found["k"][0]) == (-0.5, None)


def test_bad_input() -> None:
    with pytest.raises(InputError, match="seen_share needs the train data") as caught:
        evaluate(TRUTH, ROWS, "seen_share")
    assert caught.value.argument == "train"
    with pytest.raises(InputError, match="stray_share needs what could be ranked") as caught:
        evaluate(TRUTH, ROWS, "stray_share")
    assert caught.value.argument == "candidates"
    with pytest.raises(InputError, match="one definition only"):
        explain_value(TRUTH, {"u": ["a"]}, "repeat_share", 0.5)
    assert definition("seen_share", None, convention("elliot")) == "seen share[of all rows]"
