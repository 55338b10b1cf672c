"""Do measures of vectors, ratings, sales, logs and experiments reproduce sheet 02?"""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse, stats

from psephos.errors import InputError
from psephos.metrics import (
    adjusted_cosine,
    business_report,
    concentration,
    gini_coefficient,
    off_policy_value,
    rating_errors,
    sampled_expectation,
    uplift,
    vector_similarity,
)

X, Y = (5, 3, 4, 4, 1), (3, 1, 2, 3, 3)
SETS = (1, 1, 0, 1, 0), (1, 0, 0, 1, 1)
RATED, PREDICTED = (4, 3, 5, 2, 1), (3.5, 3, 4, 2.5, 2)


@pytest.mark.parametrize(
    ("measure", "vectors", "expected"),
    [
        ("cosine", (X, Y), 0.8854651),
        ("euclidean", (X, Y), 4.1231056),
        ("manhattan", (X, Y), 9),
        ("chebyshev", (X, Y), 2),
        ("hamming", (X, Y), 5),
        ("hamming_share", (X, Y), 1),
        ("pearson", (X, Y), 0.0368605),
        ("spearman", (X, Y), 0.2294157),
        ("jaccard", SETS, 0.5),
        ("hamming", SETS, 2),
    ],
    ids=lambda one: f"sheet02-{one}" if isinstance(one, str) else None,
)
def test_similarities(measure, vectors, expected) -> None:
    assert vector_similarity(*vectors, measure) == pytest.approx(expected, abs=5e-8)


def test_sheet02_adjusted_cosine() -> None:
    found = adjusted_cosine([[5, 3, 4], [3, 1, 2], [4, 3, np.nan], [1, 5, 5]])
    assert found[[0, 0, 1], [1, 2, 2]] == pytest.approx([-0.9454691, -0.8834522, 0.6859944], abs=1e-7)
    assert np.isnan(adjusted_cosine([[1, np.nan], [np.nan, 2]])[0, 1])


def test_sheet02_the_formulas_of_the_repository() -> None:
    assert vector_similarity(X, Y, "spearman", variant="repo") == pytest.approx(4.1231056, abs=5e-8)
    assert vector_similarity(X, Y, "hamming", variant="repo") == 9
    assert vector_similarity([-1, 2], [3, 1], "jaccard", variant="repo") == 0.5
    assert vector_similarity(X, Y, "manhattan", as_similarity=True) == 0.1
    assert vector_similarity(X, Y, as_similarity=True) == pytest.approx(0.8854651, abs=5e-8)


@pytest.mark.parametrize(
    ("measure", "x", "y"),
    [
        ("cosine", [0, 0], [1, 2]),
        ("jaccard", [0, 0], [0, 0]),
        ("weighted_jaccard", [0, 0], [0, 0]),
        ("pearson", [0.1, 0.1, 0.1], [1, 2, 3]),
        ("spearman", [1, 2, 3], [7, 7, 7]),
    ],
)
def test_what_is_undefined_is_nan(measure, x, y) -> None:
    assert np.isnan(vector_similarity(x, y, measure))


@given(st.integers(0, 2**32 - 1))
def test_identities_of_similarities(seed) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, 6, 9)).round(1)
    centred = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    pearson = vector_similarity(x, y, "pearson")
    np.testing.assert_allclose(pearson, vector_similarity(*centred), atol=1e-12)
    np.testing.assert_allclose(pearson, [stats.pearsonr(a, b).statistic for a, b in zip(x, y, strict=True)], atol=1e-10)
    spearman = [stats.spearmanr(a, b).statistic for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(vector_similarity(x, y, "spearman"), spearman, atol=1e-10)
    a, b = sparse.csr_matrix(x), sparse.csr_matrix(y)
    np.testing.assert_allclose(vector_similarity(a, b), vector_similarity(x, y), atol=1e-15)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("rmse", 0.7071068), ("mse", 0.5), ("mae", 0.6), ("mape", 31.5), ("r2", 0.75), ("explained_variance", 0.75)],
    ids=lambda one: f"sheet02-{one}" if isinstance(one, str) else None,
)
def test_errors_of_ratings(metric, expected) -> None:
    assert rating_errors(RATED, PREDICTED, metrics=metric)["value"][0] == pytest.approx(expected, abs=5e-8)


@given(st.integers(0, 2**32 - 1))
def test_identities_of_errors(seed) -> None:
    from sklearn.metrics import explained_variance_score, log_loss, r2_score, roc_auc_score

    rng = np.random.default_rng(seed)
    y, f = rng.normal(size=(2, 30))
    made = dict(rating_errors(y, f).select("metric", "value").iter_rows())
    assert made["mse"] == pytest.approx(made["rmse"] ** 2, abs=1e-12)
    assert made["explained_variance"] >= made["r2"] - 1e-12
    assert made["r2"] == pytest.approx(r2_score(y, f), abs=1e-12)
    assert made["explained_variance"] == pytest.approx(explained_variance_score(y, f), abs=1e-12)
    right, p = rng.permutation(np.arange(30) % 2), rng.random(30)
    chances = dict(rating_errors(right, p, metrics=["auc", "log_loss"]).select("metric", "value").iter_rows())
    assert chances["log_loss"] == pytest.approx(log_loss(right, p), abs=1e-12)
    assert chances["auc"] == pytest.approx(roc_auc_score(right, p), abs=1e-12)


@pytest.mark.parametrize("metric", ["rmse", "mae", "r2", "explained_variance", "auc", "log_loss", "mape"])
def test_errors_of_errors_heed_users(metric) -> None:
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(60), 8)
    lean = np.repeat(rng.normal(0, 0.7, 60), 8)
    if metric in ("auc", "log_loss"):
        y = (rng.random(480) < 0.5).astype(float)
        f = np.clip(0.5 + 0.2 * (y - 0.5) + 0.1 * lean + rng.normal(0, 0.1, 480), 0.01, 0.99)
    else:
        y = rng.integers(1, 6, 480).astype(float)
        f = y + lean + rng.normal(0, 0.5, 480)
    found = rating_errors(y, f, users=users, metrics=metric)["standard_error"][0]
    draws = []
    for _ in range(400):
        rows = (rng.integers(0, 60, 60)[:, None] * 8 + np.arange(8)).ravel()
        draws.append(rating_errors(y[rows], f[rows], metrics=metric)["value"][0])
    assert found == pytest.approx(np.std(draws), rel=0.2)


def test_micro_and_macro_differ() -> None:
    y, f, users = [1, 1, 1, 5], [1, 1, 1, 1], ["a", "a", "a", "b"]
    assert rating_errors(y, f, users=users, metrics="mae")["value"][0] == 1
    assert rating_errors(y, f, users=users, metrics="mae", average="macro")["value"][0] == 2
    row = rating_errors(y, f, users=users, metrics="r2", average="macro").row(0, named=True)
    assert np.isnan(row["value"])
    assert row["reason"] == "a user without variation"


def test_undefined_errors_say_why() -> None:
    same = rating_errors([3, 3], [1, 2], metrics="r2").row(0, named=True)
    assert (np.isnan(same["value"]), same["reason"]) == (True, "the ratings are all equal")
    zero = rating_errors([0, 2], [1, 1], metrics="mape").row(0, named=True)
    assert (zero["value"], zero["left_out"]) == (50, 1)
    assert rating_errors([1, 1], [0.5, 0.6], metrics="auc")["reason"][0] == "one class only"


# Sales, logs, experiments.


@given(st.lists(st.integers(0, 50), min_size=2, max_size=30).filter(any))
def test_the_effective_size_is_what_gini_leaves(amounts) -> None:
    n = len(amounts)
    found = dict(concentration(amounts, top=(0.1, 0.5, 1.0)).iter_rows())
    assert found["effective_items"] == pytest.approx(n * (1 - found["gini"]))
    pairs = np.abs(np.subtract.outer(amounts, amounts)).sum() / (2 * n * sum(amounts))
    assert found["gini"] == pytest.approx(pairs) == pytest.approx(gini_coefficient(amounts))
    assert found["top_share_1"] == pytest.approx(1)
    assert found["top_share_0.1"] <= found["top_share_0.5"] + 1e-12
    ordered = sorted(amounts, reverse=True)
    assert found["top_share_0.1"] == pytest.approx(sum(ordered[: math.ceil(n / 10)]) / sum(amounts))


def test_unsold_items_count_as_nothing() -> None:
    alone = dict(concentration([7], catalogue=4).iter_rows())
    assert (alone["gini"], alone["effective_items"], alone["entropy"]) == (0.75, 1, 0)


LOG = pl.DataFrame(
    {
        "user": ["a", "a", "a", "b", "c", "c"],
        "clicked": [1, 0, 1, 0, 1, 0],
        "converted": [0, 0, 1, 0, 1, 0],
        "revenue": [0.0, 0, 30, 0, 10, 0],
        "cost": [0.0, 0, 12, 0, 8, 0],
        "position": [1, 2, 2, 1, 2, 1],
        "dwell": [10.0, None, 30, None, 20, None],
        "session": [1, 1, 2, 1, 1, 1],
        "time": [0.0, 60, 86_400, 100, 0, 86_400 * 3],
        "arm": ["x", "x", "x", "y", "y", "y"],
    }
)


def test_sheet02_business_measures_by_hand() -> None:
    found = dict(business_report(LOG, examined={1: 1.0, 2: 0.5}, days=(1, 3)).select("measure", "value").iter_rows())
    assert found == pytest.approx(
        {
            "ctr": 3 / 6,
            "ctr_users": (2 / 3 + 0 + 1 / 2) / 3,
            "ctr_examined": (1 + 2 + 2) / 6,
            "adoption": 2 / 3,
            "conversion_of_clicks": 2 / 3,
            "conversion_of_impressions": 2 / 6,
            "revenue_per_mille": 1000 * 40 / 6,
            "revenue_per_user": 40 / 3,
            "average_order_value": 20,
            "gross_margin": 20 / 40,
            "dwell": 20,
            "session_length": (60 + 0 + 0 + 86_400 * 3) / 4,
            "return_day_1": 1 / 3,
            "churn_1": 2 / 3,
            "return_day_3": 1 / 3,
            "churn_3": 0,  # the log ends on day 3 at 0 and b was last seen 100 seconds less than 3 days before
        },
        rel=1e-12,
    )
    assert business_report(LOG, by="arm").filter(measure="ctr")["value"].to_list() == pytest.approx([2 / 3, 1 / 3])


def test_clicks_of_one_user_are_not_independent() -> None:
    rng = np.random.default_rng(1)
    rate = rng.beta(0.5, 0.5, 200)
    user = np.repeat(np.arange(200), 20)
    log = pl.DataFrame({"user": user, "clicked": (rng.random(4000) < rate[user]).astype(int)})
    error = business_report(log).filter(measure="ctr")["standard_error"][0]
    rates = log.group_by("user").agg(pl.col("clicked").mean())["clicked"].to_numpy()
    assert error == pytest.approx(rates.std() / math.sqrt(200), rel=0.02)
    assert error > 3 * math.sqrt(0.25 / 4000)


def test_intervals_of_few_users_end_where_they_can_or_nowhere() -> None:
    log = pl.DataFrame(
        {
            "user": ["a", "a", "b", "b"],
            "clicked": [1, 0, 1, 0],
            "session": [None, None, "s", "s"],
            "time": [0.0, 9e5, 10.0, 20.0],
            "dwell": [1.0, None, 50.0, None],
            "revenue": [5.0, 0.0, -50.0, 0.0],
        }
    )
    found = {row["measure"]: row for row in business_report(log).iter_rows(named=True)}
    assert found["session_length"]["value"] == 10  # the rows of a are of no session
    assert (found["session_length"]["low"], found["session_length"]["standard_error"]) == (None, None)
    assert found["ctr"]["standard_error"] == pytest.approx(0.25)  # both are alike
    assert 0 < found["ctr"]["low"] < 0.5 < found["ctr"]["high"] < 1
    assert found["dwell"]["low"] == 0
    assert found["revenue_per_user"]["low"] < -22.5
    alone = business_report(log.filter(user="a")).row(0, named=True)
    assert (alone["value"], alone["low"], alone["high"]) == (0.5, None, None)


def test_aggregated_rows_and_empty_ones() -> None:
    log = pl.DataFrame({"user": ["a", "b"], "clicked": [3, 0], "impressions": [10, 0]})
    found = {row["measure"]: row for row in business_report(log).iter_rows(named=True)}
    assert found["ctr"]["value"] == 0.3
    assert found["ctr_users"]["n"] == 1
    nothing = business_report(log.with_columns(clicked=0, impressions=0)).row(0, named=True)
    assert (nothing["value"], nothing["reason"]) == (None, "nothing to divide by")
    never = business_report(pl.DataFrame({"user": ["a", "b"], "clicked": [0, 0]})).row(0, named=True)
    assert (never["value"], never["low"]) == (0, 0)
    assert never["high"] > 0.3


def test_newcombe_by_its_published_example() -> None:
    # Newcombe (1998), table II: 56/70 - 48/80, method 10: .0524 to .3339.
    found = uplift([1] * 48 + [0] * 32, [1] * 56 + [0] * 14)
    assert (found.difference.low, found.difference.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_money_by_welch_and_less_noise_by_what_was_before() -> None:
    rng = np.random.default_rng(2)
    was = rng.gamma(2, 10, (2, 400))
    now = was + rng.normal(0, 2, (2, 400)) + np.array([[0.0], [1.0]])
    found = uplift(now[0], now[1], before=(was[0], was[1]))
    theirs = stats.ttest_ind(now[1], now[0], equal_var=False)
    ends = theirs.confidence_interval()
    assert (found.p, found.difference.low, found.difference.high) == pytest.approx((theirs.pvalue, ends.low, ends.high))
    assert found.adjusted.half_width < found.difference.half_width / 3
    assert found.adjusted.low <= 1 <= found.adjusted.high
    assert found.relative.value == pytest.approx(now[1].mean() / now[0].mean() - 1)


def test_arms_of_the_wrong_size_raise_an_alarm() -> None:
    found = uplift(np.zeros(1000), np.r_[1, np.zeros(1199)])
    assert not found.trusted
    assert "not to be trusted" in str(found)
    assert uplift(np.zeros(1000), np.zeros(1030)).trusted
    assert uplift(np.zeros(1000), np.zeros(1010)).p == 1


def test_off_policy_estimates_come_to_the_truth() -> None:
    rng = np.random.default_rng(3)
    n = 20_000
    context = rng.integers(0, 2, n)
    p = np.where(context == 1, 0.8, 0.3)
    action = rng.random(n) < p
    worth = np.where(action, 0.3 + 0.4 * context, 0.5)
    reward = (rng.random(n) < worth).astype(float)
    logged = np.where(action, p, 1 - p)
    target = np.where(action == (context == 1), 0.9, 0.1)
    true = np.mean(0.9 * np.where(context == 1, 0.7, 0.5) + 0.1 * np.where(context == 1, 0.5, 0.3))
    model = np.full(n, 0.4), np.full(n, 0.4)
    found = off_policy_value(reward, logged, target, predicted=model)
    assert found["estimator"].to_list() == ["ips", "snips", "dr"]
    for row in found.iter_rows(named=True):
        assert row["value"] == pytest.approx(true, abs=4 * row["standard_error"])
    assert abs(reward.mean() - true) > 0.02
    assert "unsure" in off_policy_value(reward[:50], logged[:50], target[:50])["note"][0]


@pytest.mark.parametrize(
    ("call", "argument", "words"),
    [
        (lambda: vector_similarity([1, 2], [1, 2, 3]), "y", "shape"),
        (lambda: vector_similarity([1, np.nan], [1, 2]), "x", "NaN"),
        (lambda: vector_similarity([1], [1], "near"), "measure", "one of"),
        (lambda: vector_similarity([-1], [1], "weighted_jaccard"), "x", "negative"),
        (lambda: adjusted_cosine(np.zeros((1, 20_001))), "ratings", "20,000 at most"),
        (lambda: rating_errors([1], [1, 2]), "predicted", "as many rows"),
        (lambda: rating_errors([1], [np.inf]), "predicted", "infinity"),
        (lambda: rating_errors([2, 1], [0.5, 0.5], metrics="auc"), "ratings", "0 and 1, got 2"),
        (lambda: rating_errors([0, 1], [0.5, 1.5], metrics="log_loss"), "predicted", "between 0 and 1"),
        (lambda: rating_errors([1], [1], metrics="ndcg"), "metrics", "no metric of ratings"),
        (lambda: concentration([0, 0]), "amounts", "all 0"),
        (lambda: concentration([1, -1]), "values", "at least 0, got -1"),
        (lambda: concentration([1, 1], catalogue=1), "catalogue", "at least 2"),
        (lambda: business_report(pl.DataFrame({"user": ["a"]})), "events", "'clicked'"),
        (
            lambda: business_report(pl.DataFrame({"user": ["a"], "clicked": [2]})),
            "events",
            "2 clicked of 1 impressions.*row 1",
        ),
        (lambda: business_report(pl.DataFrame({"user": [None], "clicked": [0]})), "events", "without a user"),
        (lambda: business_report(LOG, examined={1: 1.0}), "examined", "position 2"),
        (lambda: uplift([1], [1, 0]), "control", "two users"),
        (lambda: uplift([0.5, 1], [1, 0], kind="rate"), "kind", "0 and 1 only"),
        (lambda: off_policy_value([1, 0], [0, 0.5], [1, 1]), "logged", "above 0, got 0"),
        (lambda: off_policy_value([1, 0], [1, 0.5], [2, 1]), "target", "got 2"),
        (lambda: sampled_expectation([0], 10, 5), "ranks", "between 1 and 10"),
    ],
)
def test_bad_input(call, argument, words) -> None:
    with pytest.raises(InputError, match=words) as caught:
        call()
    assert caught.value.argument == argument
