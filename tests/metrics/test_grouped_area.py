"""Is GAUC the chance that a relevant item of a user stands above another one, in each of its conventions?"""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from psephos.errors import InputError
from psephos.metrics import convention, evaluate, explain_value
from psephos.metrics.discrimination import auroc

# u1: a above b and d, c level with b and above d; u2: x below y and above z; u3 likes all that it was shown.
TRUTH = {"u1": ["a", "c"], "u2": ["x"], "u3": ["p"], "u4": ["q"]}
SCORES = {
    "u1": {"a": 0.9, "b": 0.5, "c": 0.5, "d": 0.1},
    "u2": {"y": 0.9, "x": 0.5, "z": 0.1},
    "u3": {"p": 0.5},
}


@pytest.mark.parametrize(
    ("choices", "expected", "users"),
    [
        ({}, (0.875 + 0.5) / 2, 2),
        ({"auc_weight": "relevant"}, (2 * 0.875 + 1 * 0.5) / 3, 2),
        ({"auc_weight": "length"}, (4 * 0.875 + 3 * 0.5) / 7, 2),
        ({"one_class": "half"}, (0.875 + 0.5 + 0.5) / 3, 3),
        ({"one_class": "half", "auc_weight": "length"}, (4 * 0.875 + 3 * 0.5 + 1 * 0.5) / 8, 3),
        ({"one_class": "half", "auc_weight": "relevant"}, (2 * 0.875 + 1 * 0.5 + 1 * 0.5) / 4, 3),
    ],
    ids=["users", "relevant", "length", "half", "half-length", "half-relevant"],
)
@pytest.mark.parametrize("ties", ["order", "worst", "best", "expected", "trec"])
def test_by_hand(choices, expected, users, ties) -> None:
    found = evaluate(TRUTH, SCORES, "gauc", convention=convention(ties=ties, **choices)).table()
    row = found.row(0, named=True)
    assert row["value"] == pytest.approx(expected, abs=1e-12)
    assert (row["k"], row["users"], row["left_out"]) == (None, users, 4 - users)
    assert row["reason"] == ("no list" if "one_class" in choices else "no list, or one class in it")


def test_each_user_is_the_area_of_its_scores() -> None:
    own = evaluate(TRUTH, SCORES, "gauc").per_user()
    expected = [auroc([item in TRUTH[u] for item in SCORES[u]], list(SCORES[u].values())) for u in ("u1", "u2")]
    assert own["gauc"].to_list() == [*expected, None, None]


cases = st.dictionaries(
    st.integers(0, 5),
    st.dictionaries(st.integers(0, 7), st.integers(0, 3).map(float), max_size=8),
    min_size=1,
)
wanted = st.dictionaries(st.integers(0, 5), st.sets(st.integers(0, 9), min_size=1).map(sorted), min_size=1)


@settings(max_examples=60)
@given(wanted, cases, st.sampled_from(["users", "relevant", "length"]), st.sampled_from(["skip", "half"]))
def test_every_pair_counted(truth, scores, weight, one_class) -> None:
    total, mass, users = 0.0, 0.0, 0
    for user, liked in truth.items():
        own = scores.get(user, {})
        good = [score for item, score in own.items() if item in liked]
        rest = [score for item, score in own.items() if item not in liked]
        pairs = [(a > b) + (a == b) / 2 for a in good for b in rest]
        if not own or (not pairs and one_class == "skip"):
            continue
        heavy = {"users": 1, "relevant": len(good), "length": len(own)}[weight]
        total += heavy * (sum(pairs) / len(pairs) if pairs else 0.5)
        mass += heavy
        users += 1
    rule = convention(auc_weight=weight, one_class=one_class)
    row = evaluate(truth, {"run": scores}, "gauc", convention=rule).table().row(0, named=True)
    if mass:
        assert row["value"] == pytest.approx(total / mass, abs=1e-12)
        assert row["users"] == users
    else:
        assert row["value"] is None


def test_matrices_and_frames_and_the_cutoff() -> None:
    rng = np.random.default_rng(4)
    lists = np.array([rng.permutation(20)[:12] for _ in range(30)])
    lists[3, 5:] = -1
    truth = sparse.csr_matrix(rng.random((30, 20)) < 0.3).astype(float)
    matrix = evaluate(truth, lists, ["gauc", "ndcg"], [1, 5])
    rows = pl.DataFrame(
        [(u, int(i), r) for u in range(30) for r, i in enumerate(lists[u]) if i >= 0],
        schema=["user", "item", "rank"],
        orient="row",
    )
    truth_rows = {u: truth[u].indices.tolist() for u in range(30) if truth[u].nnz}
    frame = evaluate(truth_rows, rows.sample(fraction=1, shuffle=True, seed=1), ["gauc"], 5)
    assert matrix.value("gauc").value == pytest.approx(frame.value("gauc").value, abs=1e-12)
    assert matrix.table()["k"].to_list() == [1, 5, None]
    assert frame.ledger.select("rows", "lists").row(0) == (30 * 12 - 7, 30)
    assert evaluate(truth, lists, "gauc").ledger.equals(evaluate(truth, lists, "gauc", 3).ledger)


def test_a_random_order_is_at_one_half() -> None:
    rng = np.random.default_rng(5)
    scores = {u: dict(enumerate(rng.random(30))) for u in range(400)}
    truth = {u: rng.choice(30, 5, replace=False).tolist() for u in range(400)}
    for weight in ("users", "length", "relevant"):
        row = evaluate(truth, scores, "gauc", convention=convention(auc_weight=weight)).table().row(0, named=True)
        # An area of 5 and 25 in random order has the variance 31 / (12 * 5 * 25).
        expected = math.sqrt(31 / 1500 / 400)
        assert row["standard_error"] == pytest.approx(expected, rel=0.15)
        assert abs(row["value"] - 0.5) < 4 * expected


def test_what_a_user_had_before_is_dropped_like_from_lists() -> None:
    train = {"u": ["h"], "v": ["a", "b", "h"]}
    run = {"u": ["h", "a", "b"], "v": []}
    found = {
        seen: evaluate({"u": ["a"]}, run, "gauc", train=train, convention=convention(seen=seen)).value("gauc").value
        for seen in ("keep", "drop")
    }
    assert found == {"keep": 0.5, "drop": 1.0}


def test_pairs_of_the_catalogue() -> None:
    # Six items; u had one and likes two, so that a relevant item competes with three others and one more.
    train = {"u": ["a"], "v": list("bcdef")}
    rule = convention(auc_pairs="catalogue", seen="drop")
    found = evaluate({"u": ["b", "c"]}, {"u": ["a", "d", "b", "e"]}, "gauc", train=train, convention=rule)
    assert found.value("gauc").value == (4 - 1) / 4 / 2  # b lost against d; c, not in the list, against all
    assert found.table()["definition"][0] == "GAUC[pairs of the catalogue; mean of users; seen dropped]"
    with pytest.raises(InputError, match="gauc over the catalogue needs the train data") as caught:
        evaluate({"u": ["b"]}, {"u": ["b"]}, "gauc", convention=rule)
    assert caught.value.argument == "train"


def test_systems_are_compared_and_numbers_explained() -> None:
    rng = np.random.default_rng(6)
    truth = {u: [0, 1] for u in range(60)}
    runs = {
        name: {u: {i: float(rng.normal(lift * (i < 2))) for i in range(10)} for u in truth}
        for name, lift in (("good", 2.0), ("bad", 0.0))
    }
    found = evaluate(truth, runs, "group_auc").compare()
    assert found.select("metric", "k").row(0) == ("gauc", None)
    assert found["difference"][0] > 0.25
    assert found["p"][0] < 0.001
    table = explain_value(TRUTH, SCORES, "gauc", 0.75)
    assert table.filter("matches").select("auc_weight", "one_class").rows()[0] == ("relevant", "skip")
    assert "recbole" in table["presets"][0]


@pytest.mark.parametrize("choice", ["auc_pairs", "auc_weight", "one_class", "rated"])
def test_unknown_choices(choice) -> None:
    with pytest.raises(InputError) as caught:
        convention(**{choice: "some"})
    assert caught.value.argument == choice
