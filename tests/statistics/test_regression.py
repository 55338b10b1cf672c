"""Least squares and logistic regression against scikit-learn, a naive covariance, and their own limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.statistics import (
    bootstrap,
    dependent_column,
    least_squares,
    least_squares_statistic,
    logistic,
    logistic_statistic,
)


def data(n: int = 400, k: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Predictors, outcome, event, and clusters whose rows share a disturbance."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, k)) * [1, 10, 0.1][:k] + [5, -20, 3][:k]
    cluster = rng.integers(0, n // 5, n)
    line = (x - [5, -20, 3][:k]) @ ([0.5, -0.05, 4][:k]) + rng.normal(size=n // 5)[cluster]
    return x, line + rng.normal(size=n), (line + rng.logistic(size=n) > 0.3).astype(float), cluster


def naive_covariance(design: np.ndarray, residual: np.ndarray, bread: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    meat = np.zeros_like(bread)
    for g in np.unique(cluster):
        score = design[cluster == g].T @ residual[cluster == g]
        meat += np.outer(score, score)
    groups, (n, p) = len(np.unique(cluster)), design.shape
    return groups / (groups - 1) * (n - 1) / (n - p) * bread @ meat @ bread


@pytest.mark.parametrize("seed", range(3))
def test_least_squares_is_that_of_scikit_learn_with_the_textbook_covariance(seed: int) -> None:
    from sklearn.linear_model import LinearRegression

    x, y, _, cluster = data(seed=seed)
    fit, other = least_squares(x, y, clusters=cluster), LinearRegression().fit(x, y)
    np.testing.assert_allclose(fit.coefficients, [other.intercept_, *other.coef_], atol=1e-9)
    assert fit.r_squared == pytest.approx(other.score(x, y), abs=1e-12)
    design = np.column_stack([np.ones(len(x)), x])
    bread = np.linalg.inv(design.T @ design)
    expected = naive_covariance(design, y - other.predict(x), bread, cluster)
    np.testing.assert_allclose(fit.covariance, expected, rtol=1e-7)
    assert (fit.rows, fit.clusters) == (400, len(np.unique(cluster)))


@pytest.mark.parametrize("seed", range(3))
def test_the_logit_is_that_of_scikit_learn_with_the_textbook_covariance(seed: int) -> None:
    from sklearn.linear_model import LogisticRegression

    x, _, event, cluster = data(seed=seed)
    fit = logistic(x, event, clusters=cluster)
    other = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000, solver="newton-cholesky").fit(x, event)
    np.testing.assert_allclose(fit.coefficients, [other.intercept_[0], *other.coef_[0]], rtol=1e-5)
    chance = 1 / (1 + np.exp(-fit.linear(x)))
    np.testing.assert_allclose(np.column_stack([np.ones(len(x)), x]).T @ (event - chance), 0, atol=1e-5)
    design = np.column_stack([np.ones(len(x)), x])
    bread = np.linalg.inv((design * (chance * (1 - chance))[:, None]).T @ design)
    np.testing.assert_allclose(fit.covariance, naive_covariance(design, event - chance, bread, cluster), rtol=1e-5)
    assert not fit.separated


def test_rows_that_are_equal_count_as_one_with_a_share_of_events() -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(0, 4, (600, 2)).astype(float)
    event, cluster = (rng.random(600) < 0.3).astype(float), rng.integers(0, 80, 600)
    apart = x + 1e-9 * rng.normal(size=x.shape)  # no two rows equal
    merged, single = logistic(x, event, clusters=cluster), logistic(apart, event, clusters=cluster)
    np.testing.assert_allclose(merged.coefficients, single.coefficients, atol=1e-6)
    np.testing.assert_allclose(merged.covariance, single.covariance, rtol=1e-5)


@given(st.integers(0, 10_000), st.permutations(range(40)))
def test_order_of_rows_and_names_of_clusters_mean_nothing(seed: int, order: list[int]) -> None:
    x, y, event, cluster = (part[:40] for part in data(60, 2, seed))
    if 0 < event.sum() < 40:
        one = logistic(x, event, clusters=cluster, penalty="firth")
        two = logistic(x[order], event[order], clusters=97 - cluster[order], penalty="firth")
        np.testing.assert_allclose(one.coefficients, two.coefficients, atol=1e-5)
    one, two = least_squares(x, y, clusters=cluster), least_squares(x[order], y[order], clusters=3 * cluster[order])
    np.testing.assert_allclose(one.coefficients, two.coefficients, atol=1e-8)
    np.testing.assert_allclose(one.covariance, two.covariance, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("fit", [least_squares, logistic])
def test_whole_weights_are_copies(fit) -> None:
    x, y, event, cluster = data(80, 2, 3)
    outcome = event if fit is logistic else y
    copies = np.random.default_rng(0).integers(0, 3, 80)
    weighed = fit(x, outcome, clusters=cluster, weights=copies)
    copied = fit(*(np.repeat(part, copies, axis=0) for part in (x, outcome)), clusters=np.repeat(cluster, copies))
    np.testing.assert_allclose(weighed.coefficients, copied.coefficients, atol=1e-6)
    np.testing.assert_allclose(weighed.standard_error, copied.standard_error, rtol=1e-5)


def test_units_of_predictors_only_scale_the_coefficients() -> None:
    x, _, event, cluster = data()
    small, large = logistic(x, event, clusters=cluster), logistic(x * 1e6 + 1e7, event, clusters=cluster)
    np.testing.assert_allclose(large.coefficients[1:] * 1e6, small.coefficients[1:], rtol=1e-5)
    np.testing.assert_allclose(large.p[1:], small.p[1:], rtol=1e-3)


def test_nearly_dependent_predictors_keep_their_digits() -> None:
    rng = np.random.default_rng(2)
    first = rng.normal(size=300)
    x = np.column_stack([first, first + 1e-3 * rng.normal(size=300)])
    fit = least_squares(x, 1 + 2 * x[:, 0] - 3 * x[:, 1])
    np.testing.assert_allclose(fit.coefficients, [1, 2, -3], atol=1e-9)


def test_separated_events_are_said_and_firth_stays_finite() -> None:
    x, event = np.arange(20.0)[:, None], np.arange(20) >= 10
    assert logistic(x, event).separated
    fit = logistic(x, event, penalty="firth")
    assert not fit.separated
    assert 0 < fit.coefficients[1] < 5
    assert -fit.coefficients[0] / fit.coefficients[1] == pytest.approx(9.5, abs=1e-6)  # by symmetry
    assert abs(logistic(x, event, ridge=1.0).coefficients[1]) < abs(logistic(x, event).coefficients[1])


def test_firth_of_two_groups_adds_half_to_each_cell() -> None:
    """Of a saturated 2 x 2 table Firth's estimate is the log odds ratio with a half in each cell (Firth 1993)."""
    group = np.repeat([0.0, 1.0], [12, 9])
    event = np.array([1] * 3 + [0] * 9 + [1] * 9)
    fit = logistic(group[:, None], event, penalty="firth")
    first, second = np.log(3.5 / 9.5), np.log(9.5 / 0.5)
    np.testing.assert_allclose(fit.coefficients, [first, second - first], atol=1e-6)


def test_clustered_errors_cover_and_independent_ones_do_not() -> None:
    """With predictor and disturbance shared within clusters of ten, errors that ignore it are far too small."""
    rng = np.random.default_rng(5)
    hits = np.zeros(2)
    for _ in range(300):
        cluster = np.repeat(np.arange(40), 10)
        x = rng.normal(size=40)[cluster]
        y = 0.5 * x + rng.normal(size=40)[cluster] + rng.normal(size=400)
        for place, groups in enumerate((cluster, None)):
            fit = least_squares(x[:, None], y, clusters=groups)
            hits[place] += fit.low[1] <= 0.5 <= fit.high[1]
    assert hits[0] / 300 > 0.89  # 40 clusters: a little below .95 is known (Cameron and Miller)
    assert hits[1] / 300 < 0.75


@pytest.mark.parametrize(
    ("fit", "statistic", "place"), [(least_squares, least_squares_statistic, 1), (logistic, logistic_statistic, 2)]
)
def test_the_bootstrap_of_clusters_refits_with_their_weights(fit, statistic, place) -> None:
    parts = data(200, 2, 4)
    x, outcome, cluster = parts[0], parts[place], np.unique(parts[3], return_inverse=True)[1]
    groups = int(cluster.max()) + 1
    counts = np.random.default_rng(0).multinomial(groups, np.full(groups, 1 / groups), size=3).astype(float)
    found = np.asarray(statistic(x, outcome, cluster)(counts))
    for row, weights in zip(found, counts, strict=True):
        np.testing.assert_allclose(row, fit(x, outcome, weights=weights[cluster]).coefficients, atol=1e-6)
    drawn = bootstrap(statistic(x, outcome, cluster), groups, repeats=200, method="percentile", rng=1)
    error = fit(x, outcome, clusters=cluster).standard_error
    np.testing.assert_allclose(drawn.standard_error, error, rtol=0.35)


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"predictors": [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [4.0, 4.0]]}, "predictors"),
        ({"predictors": [[1.0], [1.0], [1.0], [1.0]]}, "predictors"),
        ({"predictors": [[1e9], [1e9], [1e9], [1e9]]}, "predictors"),
        ({"predictors": [[1.0], [np.nan], [2.0], [3.0]]}, "predictors"),
        ({"predictors": [1.0, 2.0, 3.0, 4.0]}, "predictors"),
        ({"predictors": [[1.0, 2.0, 5.0], [2.0, 2.0, 1.0], [3.0, 0.0, 1.0], [0.0, 0.0, 1.0]]}, "predictors"),
        ({"outcome": [0.0, 1.0]}, "outcome"),
        ({"clusters": [0, 1]}, "clusters"),
        ({"clusters": [0.5, 1, 2, 3]}, "clusters"),
        ({"weights": [1.0, -1.0, 3.0, 4.0]}, "weights"),
        ({"level": 95}, "level"),
    ],
)
def test_what_cannot_be_fitted_is_named(change: dict, argument: str) -> None:
    given = {"predictors": [[1.0], [2.0], [4.0], [3.0]], "outcome": [0.0, 1.0, 0.0, 1.0], "clusters": [0, 0, 1, 1]}
    given |= change
    with pytest.raises(InputError) as error:
        least_squares(given.pop("predictors"), given.pop("outcome"), **given)
    assert error.value.argument == argument


@pytest.mark.parametrize(
    ("event", "words"),
    [([0, 0, 0, 0], "never"), ([1, 1, 1, 1], "always"), ([0, 1, 2, 0], "true or false")],
)
def test_events_that_never_or_always_happen_have_no_logit(event: list[int], words: str) -> None:
    with pytest.raises(InputError, match=words) as error:
        logistic([[1.0], [2.0], [4.0], [3.0]], event)
    assert error.value.argument == "event"
    with pytest.raises(InputError, match="penalty"):
        logistic([[1.0], [2.0], [4.0], [3.0]], [0, 1, 1, 0], penalty="lasso")


def test_one_cluster_has_no_clustered_errors() -> None:
    fit = least_squares([[1.0], [2.0], [4.0], [3.0]], [0.0, 1.0, 0.0, 1.0], clusters=[0, 0, 0, 0])
    assert np.isnan(fit.standard_error).all()
    assert np.isfinite(fit.coefficients).all()


def test_the_dependent_column_is_the_later_one() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 3))
    assert dependent_column(x) is None
    assert dependent_column(np.column_stack([x, x @ [1, 2, 3] + 7])) == 3
    assert dependent_column(np.column_stack([x[:, :1], np.full(50, 3.0)])) == 1
