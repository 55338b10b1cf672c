"""Does every form of input say the same, and is what cannot be used refused by name?"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from psephos.errors import InputError
from psephos.metrics import convention, evaluate, explain_value
from psephos.opinions import interactions, rankings

TRUTH = pl.DataFrame({"user": [1, 1, 2], "item": [10, 11, 12], "rating": [2.0, 1.0, 1.0]})
RUN = pl.DataFrame({"user": [1, 1, 2, 2], "item": [10, 99, 98, 12], "rank": [1, 2, 1, 2]})


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("user", "item").cast(pl.String))


@pytest.mark.parametrize(
    ("truth", "run"),
    [
        (TRUTH, RUN),
        (TRUTH.to_pandas(), RUN.to_pandas()),
        (TRUTH.to_arrow(), RUN.to_arrow()),
        (as_text(TRUTH), RUN),
        (TRUTH.to_pandas().astype({"user": float}), as_text(RUN)),
        ({1: {10: 2, 11: 1}, 2: {12: 1}}, {1: [10, 99], 2: [98, 12]}),
        ({"1": {"10": 2, "11": 1}, "2": {"12": 1}}, {1: {10: 0.9, 99: 0.1}, 2: {98: 0.9, 12: 0.2}}),
        (
            interactions([1, 1, 2], [10, 11, 12], rating=[2, 1, 1]),
            rankings(["s"] * 4, [10, 99, 98, 12], [1, 2, 1, 2], task=[1, 1, 2, 2]),
        ),
        (TRUTH.rename({"user": "query_id", "item": "docno", "rating": "relevance"}), RUN.rename({"item": "doc_id"})),
        (
            TRUTH,
            RUN.with_columns(score=-pl.col("rank").cast(pl.Float64))
            .drop("rank")
            .sample(fraction=1, shuffle=True, seed=1),
        ),
    ],
    ids=[
        "polars",
        "pandas",
        "arrow",
        "text-ids",
        "float-ids",
        "lists",
        "scores",
        "opinions",
        "other-names",
        "shuffled",
    ],
)
def test_forms_of_input(truth, run) -> None:
    found = evaluate(truth, run, ["ndcg", "ap"], 2)
    assert found.value("ap").value == pytest.approx((0.5 + 0.5) / 2)
    ideal = 2 + 1 / np.log2(3)
    assert found.value("ndcg").value == pytest.approx((2 / ideal + 1 / np.log2(3)) / 2)


def test_several_systems_by_mapping_or_column() -> None:
    other = RUN.with_columns(item=pl.col("item").reverse())
    both = {"one": RUN, "other": other}
    stacked = pl.concat([frame.with_columns(system=pl.lit(name)) for name, frame in both.items()])
    for runs in (
        both,
        stacked,
        {
            name: dict(frame.group_by("user", maintain_order=True).agg("item").iter_rows())
            for name, frame in both.items()
        },
    ):
        found = evaluate(TRUTH, runs, "ap", 2)
        assert found.ledger["run"].to_list() == ["one", "other"]
        assert [found.value("ap", name).value for name in both] == pytest.approx([0.5, 0.0])


def test_arrays_need_no_names() -> None:
    truth = sparse.csr_matrix(([2.0, 1, 1], ([0, 0, 1], [0, 1, 2])), shape=(2, 5))
    found = evaluate(truth, np.array([[0, 4], [3, 2]]), "ap", 2)
    assert found.value("ap").value == pytest.approx(0.5)
    assert found.per_user()["user"].to_list() == [0, 1]
    gap = evaluate(truth, {"a": np.array([[-1, 0], [3, 2]], dtype=np.int64)}, "mrr", 2)
    assert gap.value("mrr").value == pytest.approx((1 + 0.5) / 2)


def test_repeated_pairs_of_the_truth_are_said_and_the_first_counts() -> None:
    twice = pl.concat([TRUTH, TRUTH.head(1).with_columns(rating=9.0)])
    found = evaluate(twice, RUN, "dcg", 1)
    assert found.per_user()["dcg@1"][0] == 2
    assert "1 repeated pairs of interactions" in str(found)


def test_users_that_are_named_with_no_item_are_said() -> None:
    found = evaluate({1: [10], 2: [], 3: {}}, {1: [10], 2: [10]}, ["precision"], 1)
    assert found.provenance.notes == ("left out: 2 users of the interactions without an item",)
    assert (found.value("precision").value, found.table()["users"].to_list()) == (1.0, [1])


def test_one_user_has_no_interval() -> None:
    found = evaluate({1: [2]}, {1: [3, 2]}, ["mrr", "gini"], 3, train={1: [5]}).table()
    assert found.select("low", "high", "standard_error").rows() == [(None, None, None)] * 2


def test_items_without_an_id_are_counted() -> None:
    run = pl.DataFrame({"user": [1, 1], "item": [None, 10], "rank": [1, 2]})
    found = evaluate(TRUTH, run, "mrr", 2)
    assert found.ledger["unknown_items"].to_list() == [1]
    assert found.per_user()["mrr@2"][0] == 1


def test_ratings_through_the_same_door() -> None:
    predicted = pl.DataFrame({"user": [1, 1, 2], "item": [10, 11, 50], "score": [1.5, 1.0, 7.0]})
    found = evaluate(TRUTH, predicted, ["rmse", "mae", "ndcg"], 2)
    assert found.value("rmse").value == pytest.approx(np.sqrt(0.125))
    assert found.value("mae").value == 0.25
    row = found.table().filter(metric="rmse").row(0, named=True)
    assert (row["users"], row["left_out"], row["reason"]) == (2, 1, "without a prediction")
    assert evaluate(TRUTH, predicted, "mae", average="macro").value("mae").value == 0.25
    with pytest.raises(InputError, match="has no scores"):
        evaluate(TRUTH, RUN, "rmse")


ARRAY = sparse.csr_matrix(np.eye(2, 3))


@pytest.mark.parametrize(
    ("call", "argument", "words"),
    [
        (lambda: evaluate(TRUTH, RUN, k=0), "k", "at least 1"),
        (lambda: evaluate(TRUTH, RUN, k=[]), "k", "at least one"),
        (lambda: evaluate(TRUTH, RUN, k=2.5), "k", "whole number"),
        (lambda: evaluate(TRUTH, RUN, "best"), "metrics", "no metric 'best'.*known are"),
        (lambda: evaluate(TRUTH, RUN, []), "metrics", "at least one"),
        (lambda: evaluate(TRUTH, RUN, convention="elliott"), "convention", "'elliot'"),
        (lambda: evaluate(TRUTH, RUN, convention=convention(tie="worst")), "convention", "'ties'"),
        (lambda: convention(ties="best of all"), "ties", "'expected'"),
        (lambda: convention(gain="exponential_from_level"), "gain", "needs a level"),
        (lambda: evaluate(TRUTH, RUN, "gini"), "train", "gini needs the train data"),
        (lambda: evaluate(TRUTH, RUN, "diversity"), "train", "diversity needs"),
        (lambda: evaluate(TRUTH.clear(), RUN), "interactions", "hold no row"),
        (lambda: evaluate(TRUTH, {}), "runs", "no run"),
        (lambda: evaluate(TRUTH.drop("item"), RUN), "interactions", "no column 'item'"),
        (lambda: evaluate(3, RUN), "interactions", "data frame, opinions, a mapping or arrays"),
        (lambda: evaluate({"u": "text"}, RUN), "interactions", "mapping or a list.*user 'u'"),
        (lambda: evaluate({"u": {"a": 1}, "v": ["b"]}, RUN), "interactions", "mixes"),
        (lambda: evaluate(TRUTH, RUN.with_columns(score=1.0)), "order", "a rank and a score"),
        (lambda: evaluate(TRUTH, RUN, order="score"), "order", "no column 'score'"),
        (lambda: evaluate(TRUTH, RUN, order="best"), "order", "one of 'rank'"),
        (lambda: evaluate(TRUTH, {1: [10]}, order="score"), "order", "have none"),
        (
            lambda: evaluate(TRUTH, RUN.with_columns(rank=pl.Series([1.0, float("nan"), 1.0, 2.0]))),
            "runs['run']",
            r"nan \(column 'rank', row 2\)",
        ),
        (lambda: evaluate(TRUTH, {1: {10: float("nan")}}), "run", "nan.*user 1, item 10"),
        (
            lambda: evaluate(TRUTH.with_columns(rating=pl.lit("good")), RUN),
            "interactions",
            "nan.*column 'rating', row 1",
        ),
        (lambda: evaluate(ARRAY, [[0, 3], [1, 2]]), "runs", "holds item 3; items are 0 to 2.*row 0, column 1"),
        (lambda: evaluate(ARRAY, [[0, 1]]), "runs", "a row for each of 2 users, got 1"),
        (lambda: evaluate(ARRAY, [[0.5], [1.0]]), "runs", "item numbers, got float64"),
        (lambda: evaluate(ARRAY, [[0], [1]], train=TRUTH), "train", "sparse matrix"),
        (lambda: evaluate(ARRAY, [[0], [1]], "gini", train=sparse.eye(3, format="csr")), "train", "shape"),
        (lambda: evaluate({1: {2: 10**400}}, {1: [2]}), "interactions", "numbers only"),
        (lambda: evaluate({1: [2]}, {1: {2, 3}}), "runs['run']", "no order.*user 1"),
        (lambda: evaluate({1: (item for item in [2])}, {1: [2]}), "interactions", "list of items"),
        (
            lambda: evaluate({1: {2: 2000}}, {1: [2]}, convention=convention(gain="exponential")),
            "interactions",
            "too large.*linear",
        ),
        (lambda: evaluate(ARRAY * np.nan, [[0], [1]]), "interactions", "nan.*row 0, column 0"),
        (lambda: evaluate(ARRAY, [[0], [1]], "diversity", features=[[1.0]]), "features", "a row for each of 3 items"),
        (lambda: evaluate(TRUTH, RUN).compare(), "runs", "nothing to compare"),
        (lambda: evaluate(TRUTH, {"a": RUN, "b": RUN}, "ap").compare("gini"), "metrics", "only metrics of users"),
        (lambda: evaluate(TRUTH, RUN).agreement(), "runs", "three and two"),
        (lambda: evaluate(TRUTH, RUN).per_user("other"), "run", "one of 'run'"),
        (lambda: evaluate(TRUTH, RUN, average="mean"), "average", "micro"),
        (lambda: explain_value(TRUTH, {"a": RUN, "b": RUN}, "ap", 0.5), "runs", "give one, got 2"),
        (lambda: explain_value(TRUTH, RUN, "rmse", 0.5), "metric", "one definition"),
    ],
)
def test_bad_input(call, argument, words) -> None:
    with pytest.raises(InputError, match=words) as caught:
        call()
    assert caught.value.argument in (argument, f"runs[{argument!r}]")


def test_nothing_given_is_changed() -> None:
    truth, lists = ARRAY.copy(), np.array([[0, 1], [1, -1]])
    before = truth.toarray().copy(), lists.copy()
    evaluate(truth, lists, ["ndcg", "gini", "novelty"], 2, train=truth, convention=convention(seen="drop"))
    np.testing.assert_array_equal(truth.toarray(), before[0])
    np.testing.assert_array_equal(lists, before[1])
    frame = pd.DataFrame({"user": [1], "item": [10]})
    kept = frame.copy()
    evaluate(frame, pa.table({"user": [1], "item": [10]}), "ap", 1)
    pd.testing.assert_frame_equal(frame, kept)


def test_sheet92_a_small_file_does_not_load_the_compiler() -> None:
    """Two queries that took 55 s elsewhere: loading a compiler takes longer than measuring."""
    code = (
        "import sys; from psephos.metrics import evaluate\n"
        "evaluate({1: [2], 3: [4]}, {1: [2, 5], 3: [5, 4]}, ['ap', 'ndcg', 'coverage'], train={1: [6, 5]})\n"
        "print('numba' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, timeout=300, capture_output=True, text=True)
    assert said.stdout.split() == ["False"]
