"""Do distance covariance, its joint forms and the report on attributes reproduce sheet 20 and keep their promises?"""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from psephos.errors import InputError
from psephos.metrics import (
    dependence,
    dependence_test,
    distance_correlation,
    joint_distance_covariance,
    squared_distance_covariance,
    subgroup_divergence,
)
from psephos.metrics.dependence import distance_sums, group_form
from psephos.metrics.dependence.distance_sums import product_mean, row_means

Y = np.array([0.1, 0.4, 0.35, 0.8, 0.6, 0.9, 0.2, 0.7])
SEX = np.array([0, 0, 0, 1, 1, 1, 0, 1.0])
AGE = np.array([23, 45, 31, 60, 52, 38, 29, 41.0])
Z = (AGE - AGE.mean()) / AGE.std()
BOTH = np.stack([SEX, Z], axis=1)
A, B = np.array([1, 1, -1, -1, 1, 1, -1, -1.0]), np.array([1, -1, 1, -1, 1, -1, 1, -1.0])
FOUR = [0, 0.25, 0.5, 0.75, 1]

columns = st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3), st.integers(1, 4)), min_size=4, max_size=25)


def centred(x, estimator, w=None):
    """U of the definition, from the whole matrix."""
    table = np.asarray(x, dtype=float).reshape(len(x), -1)
    a, n = cdist(table, table), len(table)
    if estimator == "v":
        w = np.full(n, 1 / n) if w is None else np.asarray(w) / np.sum(w)
        rows = a @ w
        return -(a - rows[:, None] - rows + w @ rows)
    sums = a.sum(axis=1)
    u = -(a - sums[:, None] / (n - 2) - sums / (n - 2) + sums.sum() / ((n - 1) * (n - 2)))
    np.fill_diagonal(u, 0)
    return u


def by_definition(*variables, c=1.0, estimator="v", w=None):
    """JdCov^2 of the definition; with c = 0 and two variables dCov^2."""
    n, product = len(variables[0]), 1.0
    for x in variables:
        product = product * (centred(x, estimator, w) + c)
    if estimator == "u":
        return product.sum() / (n * (n - 3)) - n / (n - 3) * c ** len(variables)
    w = np.full(n, 1 / n) if w is None else np.asarray(w) / np.sum(w)
    return w @ product @ w - c ** len(variables)


@pytest.mark.parametrize(
    ("x", "y", "v", "u"),
    [
        pytest.param(Y, SEX, 0.08984375, 0.1085714286, id="sheet20-y-sex"),
        pytest.param(Y, Z, 0.0906663251, 0.0600123716, id="sheet20-y-age"),
        pytest.param(Y, BOTH, 0.1218502795, 0.0979305928, id="sheet20-y-both"),
        pytest.param(SEX, Z, 0.1747050320, 0.1498245590, id="sheet20-sex-age"),
        pytest.param(A * B, A, 0, -0.2285714286, id="sheet20-xor-single"),
        pytest.param(A * B, np.stack([A, B], axis=1), 0.2928932188, 0.0784333144, id="sheet20-xor-both"),
    ],
)
def test_distance_covariance_of_sheet20(x, y, v, u) -> None:
    assert squared_distance_covariance(x, y) == pytest.approx(v, abs=5e-11)
    assert squared_distance_covariance(x, y, estimator="u") == pytest.approx(u, abs=1e-10)


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        pytest.param(SEX, 0.9294517806, id="sheet20-dcor-sex"),
        pytest.param(Z, 0.7748415577, id="sheet20-dcor-age"),
        pytest.param(BOTH, 0.8605678674, id="sheet20-dcor-both"),
    ],
)
def test_distance_correlation_of_sheet20(y, expected) -> None:
    assert distance_correlation(Y, y) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(
    ("c", "v", "u"),
    [
        pytest.param(1, 0.3635440680, 0.3276969708, id="sheet20-joint-1"),
        pytest.param(0.5, 0.1859365144, 0.1684927912, id="sheet20-joint-half"),
        pytest.param(2, 0.7187591752, 0.6461053300, id="sheet20-joint-2"),
    ],
)
def test_joint_distance_covariance_of_sheet20(c, v, u) -> None:
    assert joint_distance_covariance(Y, SEX, Z, c=c) == pytest.approx(v, abs=1e-10)
    assert joint_distance_covariance(Y, SEX, Z, c=c, estimator="u") == pytest.approx(u, abs=1e-10)


def test_the_xor_of_sheet20() -> None:
    assert joint_distance_covariance(A * B, A, B) == pytest.approx(1, abs=1e-12)
    assert joint_distance_covariance(A * B, A, B, estimator="u") == pytest.approx(0.6204081633, abs=1e-10)
    coded = dependence(A * B, {"a": A, "b": B}, kinds={"a": "nominal", "b": "nominal"}, repeats=0)
    assert coded.measure("ccdcov")["value"] == pytest.approx(0.1464466094, abs=1e-10)
    assert coded.measure("jdcov")["value"] == pytest.approx(0.25, abs=1e-10)


def test_triple_term_of_sheet20() -> None:
    triple = np.mean(centred(Y, "v") * centred(SEX, "v") * centred(Z, "v"))
    assert triple == pytest.approx(0.0083289608, abs=1e-10)
    pairs = sum(squared_distance_covariance(*pair) for pair in ((Y, SEX), (Y, Z), (SEX, Z)))
    for c in (0.3, 1.0, 2.0):
        assert joint_distance_covariance(Y, SEX, Z, c=c) == pytest.approx(c * pairs + triple, abs=1e-12)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        pytest.param(SEX, math.log(2), id="sheet20-apart"),
        pytest.param([0, 1, 0, 1, 1, 0, 0, 1], 0.3465735903, id="sheet20-half"),
    ],
)
def test_subgroup_divergence_of_sheet20(groups, expected) -> None:
    found = subgroup_divergence(Y, groups, edges=FOUR, repeats=0)
    assert found.value == pytest.approx(expected, abs=1e-10)
    assert found.value <= found.bound + 1e-12


@given(columns, st.sampled_from(["v", "u"]))
def test_sums_of_sorted_rows_are_those_of_all_pairs(rows, estimator) -> None:
    x, y, _ = np.array(rows, dtype=float).T
    expected = by_definition(x, y, c=0, estimator=estimator)
    assert squared_distance_covariance(x, y, estimator=estimator) == pytest.approx(expected, abs=1e-10)


@given(columns)
def test_the_compiled_sums_are_those_of_all_pairs(rows) -> None:
    x, y, w = np.array(rows, dtype=float).T
    from psephos.metrics.dependence._kernels import distance_products

    order = np.argsort(x)
    expected = w @ (abs(x[:, None] - x) * abs(y[:, None] - y)) @ w
    assert distance_products(x[order], y[order], w[order]) == pytest.approx(expected, abs=1e-9)


@given(columns)
def test_weights_are_repeated_rows(rows) -> None:
    x, y, w = np.array(rows, dtype=float).T
    again = np.repeat(np.arange(len(x)), w.astype(int))
    found = squared_distance_covariance(x, y, weights=w)
    assert found == pytest.approx(squared_distance_covariance(x[again], y[again]), abs=1e-12)
    assert distance_correlation(x, y, weights=w) == pytest.approx(distance_correlation(x[again], y[again]), abs=1e-7)
    joint = joint_distance_covariance(x, y, x * y, weights=w)
    assert joint == pytest.approx(joint_distance_covariance(x[again], y[again], (x * y)[again]), abs=1e-10)


@given(columns)
def test_ones_as_weights_change_nothing(rows) -> None:
    x, y, _ = np.array(rows, dtype=float).T
    assert squared_distance_covariance(x, y, weights=np.ones(len(x))) == squared_distance_covariance(x, y)


@given(columns)
def test_order_shift_and_scale(rows) -> None:
    x, y, _ = np.array(rows, dtype=float).T
    found = squared_distance_covariance(x, y)
    assert squared_distance_covariance(y, x) == pytest.approx(found, abs=1e-12)
    assert squared_distance_covariance(x[::-1], y[::-1]) == pytest.approx(found, abs=1e-12)
    assert squared_distance_covariance(3 * x + 7, -2 * y) == pytest.approx(6 * found, abs=1e-10)
    assert 0 <= distance_correlation(x, y) <= 1
    assert distance_correlation(x, 5 - 2 * x) == pytest.approx(float(np.ptp(x) > 0), abs=1e-7)


@given(columns, st.floats(0.1, 3), st.sampled_from(["v", "u"]))
def test_the_joint_measure_is_that_of_the_definition(rows, c, estimator) -> None:
    x, y, z = np.array(rows, dtype=float).T
    expected = by_definition(x, y, z, c=c, estimator=estimator)
    assert joint_distance_covariance(x, y, z, c=c, estimator=estimator) == pytest.approx(expected, abs=1e-9)


def test_both_paths_of_the_product_agree(monkeypatch) -> None:
    rng = np.random.default_rng(0)
    x, y, w = rng.normal(size=3500), rng.integers(0, 6, 3500).astype(float), rng.random(3500)
    w /= w.sum()
    fast = product_mean(x, y, w)
    monkeypatch.setattr(distance_sums, "KERNEL_FROM", 10**9)
    assert product_mean(x, y, w) == pytest.approx(fast, rel=1e-12)


def test_blocks_give_the_same(monkeypatch) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(90, 3)), rng.normal(size=(90, 2))
    whole = squared_distance_covariance(x, y), joint_distance_covariance(x, y, x[:, 0])
    monkeypatch.setattr(distance_sums, "BLOCK_CELLS", 700)
    again = squared_distance_covariance(x, y), joint_distance_covariance(x, y, x[:, 0])
    assert again == pytest.approx(whole, abs=1e-12)
    assert whole[0] == pytest.approx(by_definition(x, y, c=0), abs=1e-12)


def test_far_from_zero_nothing_is_lost() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=5000), rng.normal(size=5000)
    assert squared_distance_covariance(x + 1e6, y - 1e6) == pytest.approx(squared_distance_covariance(x, y), rel=1e-6)


@pytest.mark.parametrize("value", [0.1, 1e9, -7.3])
def test_a_constant_depends_on_nothing(value) -> None:
    x, y = np.full(5000, value), np.random.default_rng(0).normal(size=5000)
    assert squared_distance_covariance(x, y) == 0
    assert distance_correlation(x, y) == 0
    assert distance_correlation(x, y, estimator="u") == 0


def test_the_unbiased_estimator_is_unbiased() -> None:
    rng = np.random.default_rng(3)
    found = [squared_distance_covariance(*rng.normal(size=(2, 12)), estimator="u") for _ in range(1500)]
    assert abs(np.mean(found)) < 4 * np.std(found) / math.sqrt(1500)
    biased = [squared_distance_covariance(*rng.normal(size=(2, 12))) for _ in range(200)]
    assert np.mean(biased) > 0.05


@pytest.mark.parametrize("test", ["permutation", "chi-square"])
def test_the_pair_test_keeps_its_level_and_finds_what_correlation_misses(test) -> None:
    rng = np.random.default_rng(4)
    p = [dependence_test(*rng.normal(size=(2, 60)), test=test, repeats=39, rng=k).p for k in range(200)]
    assert np.mean(np.array(p) <= 0.05) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 200)
    x = rng.normal(size=150)
    assert dependence_test(x, x**2 + rng.normal(0, 0.2, 150), test=test, rng=0).p <= 0.01


def test_permutation_of_vectors_is_the_same_test() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=40), rng.normal(size=40) ** 2
    flat = dependence_test(x, y, rng=3)
    wide = dependence_test(np.stack([x, np.zeros(40)], axis=1), y, rng=3)
    assert wide.covariance == pytest.approx(flat.covariance, abs=1e-12)
    assert abs(wide.p - flat.p) < 0.15  # the shuffles are others


# The report on attributes.


@given(columns, st.floats(0.2, 2))
def test_the_group_form_is_that_of_all_pairs(rows, c) -> None:
    y, a, b = np.array(rows, dtype=float).T
    found = dependence(
        y, {"a": a.astype(int).astype(str), "b": b}, kinds={"b": "continuous"}, c=c, repeats=0, weights=b
    )
    kinds = sorted({str(int(kind)) for kind in a})
    if len(kinds) > 2:
        one = np.array([[str(int(kind)) == name for name in kinds] for kind in a]) / math.sqrt(2)
    else:
        one = np.array([[str(int(kind)) != kinds[0]] for kind in a], dtype=float)
    two = (b - b.mean()) / (b.std() or 1)
    w = b / b.sum()
    expected = [by_definition(y, block, c=0, w=w) for block in (one, two, np.column_stack([one, two]))]
    assert found.attributes["dcov2"].to_list() == pytest.approx(expected[:2], abs=1e-10)
    assert found.measure("ccdcov")["value"] == pytest.approx(expected[2], abs=1e-10)
    assert found.measure("eta")["value"] == pytest.approx(expected[2] - expected[0] - expected[1], abs=1e-10)
    joint = by_definition(y, one, two, c=c, w=w)
    assert found.measure("jdcov")["value"] == pytest.approx(joint, abs=1e-9)
    alone = by_definition(one, two, c=c, w=w)
    assert found.measure("jdcov_model")["value"] == pytest.approx(joint - c * alone, abs=1e-9)
    assert found.pairs["part"].sum() == pytest.approx(joint - c * alone, abs=1e-9) or found.pairs.height == 10


def test_both_paths_of_the_group_form_agree(monkeypatch) -> None:
    rng = np.random.default_rng(6)
    values, codes, w = rng.normal(size=500), rng.integers(0, 7, 500), rng.random(500)
    plain = group_form.distances_between(values, codes, w, 7)
    monkeypatch.setattr(group_form, "KERNEL_FROM", 0)
    np.testing.assert_allclose(group_form.distances_between(values, codes, w, 7), plain, rtol=1e-12)
    np.testing.assert_allclose(plain, plain.T)


def test_gerrymandering_of_sheet20() -> None:
    rng = np.random.default_rng(20)
    single, joint, raw = [], [], []
    for _ in range(40):
        a, b = rng.random((2, 2000)) < 0.5
        found = dependence((a ^ b) + rng.normal(0, 0.5, 2000), {"a": a, "b": b}, repeats=0)
        single += found.attributes["dcov2"].to_list()
        joint.append(found.measure("ccdcov")["value"])
        raw.append(found.measure("jdcov")["value"])
    assert max(single) < 1.5e-3
    assert np.mean(joint) == pytest.approx(0.0359, abs=4 * 0.0016 / math.sqrt(40))
    assert np.mean(raw) == pytest.approx(0.0612, abs=4 * 0.0027 / math.sqrt(40))


def test_the_report_finds_the_combination_and_not_the_parts() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.random((2, 400)) < 0.5
    found = dependence((a ^ b) + rng.normal(0, 0.5, 400), {"a": a, "b": b}, rng=0)
    assert found.attributes["p"].min() > 0.05
    assert found.measure("ccdcov")["p"] == found.measure("jdcov_model")["p"] == 0.005
    assert found.divergence.p == 0.005
    assert sorted(found.subgroups["subgroup"][:2].to_list()) == ["a False, b True", "a True, b False"]
    assert "eta" in dict(found.summary())["missed singly"]


def test_shuffles_keep_their_level_and_weights_do_not_spoil_it() -> None:
    rng = np.random.default_rng(8)
    p = []
    for k in range(80):
        a, b = rng.integers(0, 3, 80), rng.normal(size=80)
        w = rng.random(80) if k % 2 else None
        found = dependence(rng.normal(size=80), {"a": a.astype(str), "b": b}, weights=w, repeats=19, rng=k)
        p.append([*found.attributes["p"].to_list(), *found.measures["p"].drop_nulls().to_list()])
    share = np.mean(np.array(p) <= 0.05, axis=0)
    assert (share <= 0.05 + 3.5 * math.sqrt(0.05 * 0.95 / 80)).all()


def test_the_names_and_order_of_kinds_play_no_part() -> None:
    rng = np.random.default_rng(9)
    y, kind = rng.normal(size=60), rng.integers(0, 4, 60)
    names = np.array(["d", "b", "zz", "a"])
    found = [
        dependence(y, {"a": column}, kinds={"a": "nominal"}, repeats=0).measures["value"].to_list()
        for column in (kind, names[kind], np.array([7.0, -3, 0.5, 11])[kind])
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-12)
    assert found[0] == pytest.approx(found[2], abs=1e-12)


def test_levels_are_noted_and_near() -> None:
    rng = np.random.default_rng(10)
    age = rng.normal(40, 10, 7000)
    y = 0.05 * age + rng.normal(size=7000)
    with pytest.raises(InputError, match="7,000 distinct rows"):
        dependence(y, {"age": age}, repeats=0)
    found = dependence(y, {"age": age}, levels=32, repeats=0)
    whole = squared_distance_covariance(y, (age - age.mean()) / age.std())
    assert found.measure("ccdcov")["value"] == pytest.approx(whole, rel=0.01)
    assert any("32 levels" in note for note in found.provenance.notes)


def test_scale_makes_attributes_count_alike() -> None:
    rng = np.random.default_rng(11)
    y, a, b = rng.normal(size=200), rng.normal(size=200), rng.integers(0, 2, 200)
    found = dependence(y, {"a": a, "b": b}, scale="dvar", repeats=0)
    plain = dependence(y, {"a": a, "b": b}, repeats=0)
    assert found.attributes["dcor"].to_list() == pytest.approx(plain.attributes["dcor"].to_list())
    deviation = math.sqrt(squared_distance_covariance(b.astype(float), b.astype(float)))
    assert found.attributes["dcov2"][1] == pytest.approx(plain.attributes["dcov2"][1] / math.sqrt(deviation))


def test_constants_are_said_and_are_zero() -> None:
    rng = np.random.default_rng(12)
    a, y = rng.integers(0, 2, 50), rng.normal(size=50)
    found = dependence(np.full(50, 0.3), {"a": a, "b": rng.normal(size=50)}, rng=0)
    assert found.attributes["dcov2"].to_list() == [0, 0]
    assert found.measure("jdcov_model")["value"] == 0
    assert found.measure("jdcov")["value"] != 0
    assert "constant: the prediction" in found.provenance.notes
    other = dependence(y, {"a": a, "b": np.full(50, 2.0)}, kinds={"b": "continuous"}, rng=0)
    assert other.attributes["p"][1] is None
    assert other.attributes["dcov2"][1] == 0
    assert "constant: b" in other.provenance.notes


def test_missing_values_are_a_kind_or_are_counted() -> None:
    y = np.arange(8.0)
    names = np.array(["a", None, "b", "a", "b", None, "a", "b"], dtype=object)
    found = dependence(y, {"a": names}, repeats=0)
    assert found.attributes["missing"][0] == 2
    assert found.attributes["levels"][0] == 3
    age = np.array([1.0, math.nan, 3, 4, 5, 6, 7, 8])
    dropped = dependence(y, {"age": age}, missing="drop", repeats=0)
    assert dropped.rows == 7
    kept = ~np.isnan(age)
    same = dependence(y[kept], {"age": age[kept]}, repeats=0)
    assert dropped.measure("ccdcov")["value"] == same.measure("ccdcov")["value"]
    assert any("1 row with" in note for note in dropped.provenance.notes)


def test_subgroups_are_all_there_and_small_ones_flagged() -> None:
    rng = np.random.default_rng(13)
    sex, age = rng.integers(0, 2, 300), rng.normal(40, 10, 300)
    sex[:5] = 2
    found = dependence(rng.normal(size=300), {"sex": sex.astype(str), "age": age}, repeats=0)
    assert found.subgroups["rows"].sum() == 300
    assert found.subgroups["share"].sum() == pytest.approx(1)
    assert float((found.subgroups["above_mean"] * found.subgroups["share"]).sum()) == pytest.approx(0, abs=1e-12)
    assert found.subgroups.filter(found.subgroups["rows"] < 30)["few"].all()


def test_chance_of_the_divergence_is_that_of_the_formula() -> None:
    """sheet20: a mean of about (bins - 1) (groups - 1) / (2 n), also with groups as large as those of German credit."""
    rng = np.random.default_rng(14)
    groups = np.repeat(np.arange(4), [561, 129, 249, 61])
    found = subgroup_divergence(rng.random(1000), groups, edges=np.linspace(0, 1, 21), rng=0)
    assert found.expected == pytest.approx(19 * 3 / 2000, abs=0.003)
    assert found.limit == pytest.approx(0.0360, abs=0.004)
    assert found.p > 0.01


def test_values_outside_the_edges_go_to_the_ends_and_are_counted() -> None:
    found = subgroup_divergence([-1.0, 0.1, 0.9, 1.0, 2.0], list("aabbb"), edges=[0, 0.5, 1], repeats=0)
    assert found.outside == 2
    assert found.value == pytest.approx(found.bound)
    assert subgroup_divergence([0.0, 0.5, 1.0], list("aab"), edges=[0, 0.5, 1], repeats=0).outside == 0


def test_real_attributes_of_sheet20(shared_data) -> None:
    """Groups of German credit as sheet 20 has them; the group form against all pairs."""
    with (shared_data("23-credit-scorecards") / "germancredit.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    female = np.array(["female" in row["personal_status_and_sex"] for row in rows])
    age = np.array([float(row["age_in_years"]) for row in rows])
    counts = np.bincount(2 * female + (age <= 25))
    assert sorted(counts.tolist()) == [61, 129, 249, 561]
    amount = np.log([float(row["credit_amount"]) for row in rows])
    found = dependence(amount, {"female": female, "age": age}, rng=0)
    z = (age - age.mean()) / age.std()
    assert found.attributes["dcov2"][1] == pytest.approx(squared_distance_covariance(amount, z), abs=1e-12)
    joint = joint_distance_covariance(amount, female.astype(float), z)
    assert found.measure("jdcov")["value"] == pytest.approx(joint, abs=1e-12)


def test_results_do_not_depend_on_what_is_global() -> None:
    y, a = np.arange(30.0) % 7, np.arange(30) % 3
    found = [dependence(y, {"a": a}, rng=5).table().to_dicts() for _ in range(2)]
    assert found[0] == found[1]


GOOD = np.arange(6.0)
BAD = {
    "one-row": (lambda: squared_distance_covariance([1.0], [2.0]), "n"),
    "three-rows-u": (lambda: squared_distance_covariance([1.0, 2, 3], [1.0, 2, 3], estimator="u"), "n"),
    "lengths": (lambda: squared_distance_covariance([1.0, 2], [1.0, 2, 3]), "y"),
    "nan": (lambda: squared_distance_covariance([1.0, math.nan], [1.0, 2]), "x"),
    "infinity": (lambda: distance_correlation([1.0, 2], [1.0, math.inf]), "y"),
    "too-large": (lambda: distance_correlation([1e308, -1e308], [1.0, 2]), "x"),
    "estimator": (lambda: distance_correlation(GOOD, GOOD, estimator="w"), "estimator"),  # type: ignore[arg-type]
    "weights-u": (lambda: squared_distance_covariance(GOOD, GOOD, estimator="u", weights=np.ones(6)), "weights"),
    "weights-negative": (lambda: squared_distance_covariance(GOOD, GOOD, weights=[-1, 1, 1, 1, 1, 1]), "weights"),
    "joint-one": (lambda: joint_distance_covariance(GOOD), "variables"),
    "joint-c": (lambda: joint_distance_covariance(GOOD, GOOD, c=0), "c"),
    "joint-length": (lambda: joint_distance_covariance(GOOD, GOOD[:4]), "variable 2"),
    "joint-few": (lambda: joint_distance_covariance([1.0, 2, 3], [1.0, 2, 3], estimator="u"), "n"),
    "test": (lambda: dependence_test(GOOD, GOOD, test="f"), "test"),
    "test-few": (lambda: dependence_test(GOOD[:3], GOOD[:3], test="chi-square"), "n"),
    "c": (lambda: dependence(GOOD, {"a": GOOD}, c=0), "c"),
    "attribute-length": (lambda: dependence(GOOD, {"a": GOOD, "b": GOOD[:3]}), "b"),
    "attribute-nan": (lambda: dependence(GOOD, {"a": [1, 2, math.nan, 4, 5, 6]}), "a"),
    "attribute-infinite": (lambda: dependence(GOOD, {"a": [1, 2, math.inf, 4, 5, 6]}, missing="drop"), "a"),
    "attribute-text": (lambda: dependence(GOOD, {"a": list("abcabc")}, kinds={"a": "continuous"}), "a"),
    "no-attributes": (lambda: dependence(GOOD, {}), "attributes"),
    "kind": (lambda: dependence(GOOD, {"a": GOOD}, kinds={"a": "interval"}), "kinds['a']"),
    "kind-of-none": (lambda: dependence(GOOD, {"a": GOOD}, kinds={"b": "nominal"}), "kinds"),
    "pred-nan": (lambda: dependence([1, math.nan, 3, 4, 5, 6], {"a": GOOD}), "pred"),
    "all-lost": (lambda: dependence(GOOD, {"a": np.full(6, math.nan)}, kinds={"a": "ordinal"}, missing="drop"), "n"),
    "levels": (lambda: dependence(GOOD, {"a": GOOD}, levels=1), "levels"),
    "edges": (lambda: subgroup_divergence(GOOD, list("aabbcc"), edges=[1, 0]), "edges"),
    "group-missing": (lambda: subgroup_divergence(GOOD, [None, *"abbcc"]), "groups"),
    "empty": (lambda: subgroup_divergence([], []), "pred"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_by_name(case) -> None:
    call, argument = BAD[case]
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument


def test_the_first_place_of_a_missing_number_is_named() -> None:
    with pytest.raises(InputError, match="index 2"):
        dependence(GOOD, {"a": [1, 2, math.nan, 4, 5, 6]})


def test_row_means_are_those_of_the_matrix() -> None:
    x = np.array([3.0, 1, 1, 7, -2])
    w = np.array([0.1, 0.2, 0.3, 0.3, 0.1])
    np.testing.assert_allclose(row_means(x, w), abs(x[:, None] - x) @ w)
    np.testing.assert_allclose(row_means(x[:, None] * [1.0, 0], w), row_means(x, w))
