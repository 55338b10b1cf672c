"""Do AUROC, average precision and what is built on them reproduce sheet 13, and hold what they promise?"""

from __future__ import annotations

import csv
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.metrics import (
    areas_by_rates,
    auprc,
    auprc_trapezoid,
    auroc,
    auroc_statistic,
    compare_discrimination,
    discrimination,
    fix_experiment,
    mistakes,
    sample_at_auroc,
    subgroup_report,
    threshold_curve,
)
from psephos.metrics.discrimination import ranked_areas as areas_module
from psephos.metrics.discrimination.ranked_areas import check_ranked

M1 = [1, 0, 1, 1, 0, 0, 1, 0, 0, 0], [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
M2 = [0] * 5 + [1] * 10 + [0, 1, 0, 0, 0], -np.arange(20.0)
TIES = [1, 0, 1, 0, 1, 0, 0, 1], [0.9, 0.9, 0.7, 0.7, 0.7, 0.4, 0.2, 0.2]

rankings = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 7)), min_size=2, max_size=40).filter(
    lambda rows: len({y for y, _ in rows}) == 2
)


@pytest.mark.parametrize(
    ("metric", "vector", "expected"),
    [
        pytest.param(auroc, M1, 0.791667, id="sheet13-m1-auroc"),
        pytest.param(auprc, M1, 0.747024, id="sheet13-m1-ap"),
        pytest.param(auroc, TIES, 0.5625, id="sheet13-ties-auroc"),
        pytest.param(auprc, TIES, 0.55, id="sheet13-ties-ap"),
        pytest.param(auprc_trapezoid, TIES, 0.5875, id="sheet13-ties-trapezoid"),
    ],
)
def test_areas(metric, vector, expected) -> None:
    assert metric(*vector) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("vector", "rows"),
    [
        pytest.param(M1, [(2, 2, 0.041667, 0.083333), (6, 4, 0.041667, 0.023810)], id="sheet13-m1-mistakes"),
        pytest.param(M2, [(5, 1, 1 / 99, 0.00303030), (16, 11, 1 / 99, 0.00367647)], id="sheet13-m2-mistakes"),
    ],
)
def test_mistakes_are_priced(vector, rows) -> None:
    found = mistakes(*vector).ledger.select("rank", "true_positives", "gain_auroc", "gain_auprc").rows()
    for made, expected in zip(found, rows, strict=True):
        assert made == pytest.approx(expected, abs=6e-7)


def test_sheet13_ties_are_counted_and_not_priced() -> None:
    found = mistakes(*TIES)
    assert (len(found), found.tied_border) == (0, 2)
    flat = mistakes([1, 0, 1], [2, 2, 2])
    assert (len(flat), flat.tied_border) == (0, 0)
    assert (auroc([1, 0, 1], [2, 2, 2]), auprc([1, 0, 1], [2, 2, 2])) == (0.5, pytest.approx(2 / 3))


def test_sheet13_adult(shared_data) -> None:
    with (shared_data("13-auroc-auprc") / "adult.test.csv").open() as lines:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines) if len(row) == 15]
    y = np.array([row[14] == ">50K." for row in rows])
    score = np.array([20 * int(r[4]) + int(r[0]) + int(r[12]) + 100 * (int(r[10]) > 5000) for r in rows])
    assert len(np.unique(score)) == 448
    found = subgroup_report(y, score, [row[9] for row in rows])
    assert (len(y), y.mean(), found.auroc, found.auprc) == pytest.approx(
        (16281, 0.236226, 0.804356, 0.612139), abs=1e-6
    )
    by = {row["group"]: row for row in found.groups.iter_rows(named=True)}
    for group, expected in {
        "Male": (10860, 0.299816, 0.800925, 0.665350),
        "Female": (5421, 0.108836, 0.821847, 0.456130),
    }.items():
        row = by[group]
        assert (row["items"], row["prevalence"], row["auroc"], row["auprc"]) == pytest.approx(expected, abs=1e-6)
    # At one share of positives the two metrics agree on which group is served better.
    assert by["Female"]["auprc_shared"] > by["Male"]["auprc_shared"]


@pytest.mark.parametrize("seed", range(12))
def test_sheet13_theorem_1(seed) -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    rng = np.random.default_rng(seed)
    for target in np.linspace(0.1, 0.95, 10):
        y, score = sample_at_auroc(1000, rng.uniform(0.02, 0.9), target, rng=rng)
        found = areas_by_rates(y, score)
        assert abs(found.auroc - roc_auc_score(y, score)) < 1e-12
        assert abs(found.auprc - average_precision_score(y, score)) < 1e-12


def test_the_sampler_hits_its_target() -> None:
    rng = np.random.default_rng(1)
    for target in (0.65, 0.85):
        made = [auroc(*sample_at_auroc(400, 0.2, target, rng=rng)) for _ in range(200)]
        assert np.mean(made) == pytest.approx(target, abs=4 * np.std(made) / math.sqrt(200))


@pytest.mark.parametrize(
    ("target", "arm", "ends", "gap"),
    [
        (0.85, "random", (0.866, 0.868, 0.863, 0.603), -0.004),
        (0.85, "topmost", (0.875, 0.850, 0.863, 0.678), 0.024),
        (0.85, "exact", (0.875, 0.850, 0.863, 0.678), 0.024),
        (0.65, "random", (0.667, 0.673, 0.733, 0.376), -0.007),
        (0.65, "topmost", (0.676, 0.648, 0.733, 0.463), 0.026),
        (0.65, "exact", (0.676, 0.648, 0.733, 0.463), 0.026),
    ],
)
def test_sheet13_fixing_experiment(target, arm, ends, gap) -> None:
    found = fix_experiment(target=target, arms=(arm,), seeds=150, rng=13)
    last = found.steps.row(-1, named=True)
    # A group of two positives has an AUROC of sd .2 (.85: .18) in one seed: .016 in the mean of 150, twice that here.
    assert last["auroc_high"] == pytest.approx(ends[0], abs=0.03)
    assert last["auroc_low"] == pytest.approx(ends[1], abs=0.05)
    assert last["auroc"] == pytest.approx(ends[2], abs=0.015)
    assert last["auprc"] == pytest.approx(ends[3], abs=0.035)
    assert found.change_of_gap(arm) == pytest.approx(gap, abs=0.008)


def test_sheet13_the_best_mistake_serves_the_group_with_many_positives() -> None:
    found = fix_experiment(arms=("exact",), steps=1, seeds=200, rng=0)
    assert found.served >= 0.98
    assert found.mistakes == pytest.approx(0.72, abs=0.04)


@given(rankings)
def test_areas_are_those_of_pairs_and_prefixes(rows) -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    y, score = map(np.array, zip(*rows, strict=True))
    pairs = [(s > t) + (s == t) / 2 for s in score[y == 1] for t in score[y == 0]]
    assert auroc(y, score) == pytest.approx(np.mean(pairs), abs=1e-12)
    assert auroc(y, score) == pytest.approx(roc_auc_score(y, score), abs=1e-12)
    assert auroc(1 - y, -score) == pytest.approx(auroc(y, score), abs=1e-12)
    precision = [y[score >= s].mean() for s in score[y == 1]]
    assert auprc(y, score) == pytest.approx(np.mean(precision), abs=1e-12)
    assert auprc(y, score) == pytest.approx(average_precision_score(y, score), abs=1e-12)
    assert auprc(y, np.exp(score)) == auprc(y, score)
    assert auprc(y[::-1], score[::-1]) == auprc(y, score)
    assert auprc(y, score, prevalence=float(y.mean())) == pytest.approx(auprc(y, score), abs=1e-12)
    found = areas_by_rates(y, score)
    assert (found.auroc, found.auprc) == pytest.approx((auroc(y, score), auprc(y, score)), abs=1e-12)


@given(rankings, st.data())
def test_weights_are_copies_in_every_path(rows, data) -> None:
    y, score = map(np.array, zip(*rows, strict=True))
    w = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(y), max_size=len(y))))
    if w.sum() == 0 or len(set(y[w > 0])) < 2:
        return
    for metric in (auroc, auprc, auprc_trapezoid):
        assert metric(y, score, weights=w) == pytest.approx(metric(np.repeat(y, w), np.repeat(score, w)), abs=1e-12)
    ranked = check_ranked(y, score)
    assert auroc_statistic(y, score)(w[None])[0] == pytest.approx(auroc(y, score, weights=w), abs=1e-12)
    slow = ranked.areas(w[ranked.order][None].astype(float))
    old, areas_module.KERNEL_FROM = areas_module.KERNEL_FROM, 0
    try:
        fast = ranked.areas(w[ranked.order][None].astype(float))
    finally:
        areas_module.KERNEL_FROM = old
    np.testing.assert_allclose(fast, slow, atol=1e-12)


def test_both_paths_say_nan_where_a_class_is_missing() -> None:
    ranked = check_ranked([1, 0, 1], [3, 2, 1])
    weights = np.array([[1.0, 0, 1], [0, 1, 0], [0, 0, 0]])
    assert np.isnan(ranked.areas(weights)).all()
    from psephos.metrics.discrimination._kernels import ranked_areas

    assert np.isnan(ranked_areas(weights, ranked.positive, np.ones(3, dtype=bool))).all()


@given(rankings)
def test_each_fix_gains_what_it_is_priced_at(rows) -> None:
    y = np.array([label for label, _ in rows])
    score = -np.arange(len(y), dtype=float)
    for rank, first, second, one, two in (
        mistakes(y, score).ledger.select("rank", "negative", "positive", "gain_auroc", "gain_auprc").iter_rows()
    ):
        swapped = score.copy()
        swapped[[first, second]] = swapped[[second, first]]
        assert rank == first + 1
        assert auroc(y, swapped) - auroc(y, score) == pytest.approx(one, abs=1e-12)
        assert auprc(y, swapped) - auprc(y, score) == pytest.approx(two, abs=1e-12)


def test_the_experiment_keeps_exact_values_by_small_steps() -> None:
    from psephos.metrics.discrimination.fixing_runs import FixingRun

    rng = np.random.default_rng(2)
    positive, low = rng.random((3, 60)) < 0.3, rng.random((3, 60)) < 0.5
    for arm in ("random", "topmost", "exact"):
        run = FixingRun(positive.copy(), low.copy())
        for _ in range(25):
            run.fix(arm, rng.random(3))
        again = FixingRun(run.positive.copy(), run.low.copy())
        np.testing.assert_allclose(run.values, again.values, atol=1e-12)
        for name in ("wrong", "true", "of_low", "true_low"):
            np.testing.assert_array_equal(getattr(run, name), getattr(again, name))
        np.testing.assert_array_equal(again.positive.sum(axis=1), positive.sum(axis=1))


def test_the_interval_by_formula_is_delongs() -> None:
    rng = np.random.default_rng(3)
    y = np.repeat([1, 0], [30, 70])
    score = np.round(rng.normal(size=100) + y, 1)
    below = np.array([np.mean((s > score[y == 0]) + (s == score[y == 0]) / 2) for s in score[y == 1]])
    above = np.array([np.mean((score[y == 1] > s) + (score[y == 1] == s) / 2) for s in score[y == 0]])
    expected = math.sqrt(below.var(ddof=1) / 30 + above.var(ddof=1) / 70)
    found = discrimination(y, score, repeats=0)
    assert found.auroc.standard_error == pytest.approx(expected, abs=1e-12)
    assert math.isnan(found.auprc.low)


def test_intervals_cover() -> None:
    rng = np.random.default_rng(4)
    truth = 0.760250  # P(N(1, 1) > N(0, 1)) = Phi(1 / sqrt 2)
    covered = np.zeros(2)
    for seed in range(200):
        y = rng.random(150) < 0.3
        score = rng.normal(size=150) + y
        for k, interval in enumerate(("delong", "bootstrap")):
            made = discrimination(y, score, interval=interval, repeats=200 if k else 0, rng=seed).auroc
            covered[k] += made.low <= truth <= made.high
    assert (covered >= 178).all()
    assert (covered <= 200).all()


def test_intervals_narrow_with_rows_and_not_with_copies() -> None:
    rng = np.random.default_rng(5)
    y = rng.random(200) < 0.4
    score = rng.normal(size=200) + y
    once = discrimination(y, score, rng=0)
    copies = {"y": np.repeat(y, 9), "score": np.repeat(score, 9)}
    many = discrimination(**copies, rng=0)
    clustered = discrimination(**copies, clusters=np.repeat(np.arange(200), 9), rng=0)
    assert many.auroc.standard_error == pytest.approx(once.auroc.standard_error / 3, rel=0.02)
    assert clustered.auroc.standard_error == pytest.approx(once.auroc.standard_error, rel=0.02)
    rows = discrimination(y, score, clusters=np.arange(200), rng=0)  # the share of positives varies, as with clusters
    assert clustered.auprc.standard_error == pytest.approx(rows.auprc.standard_error, rel=0.1)
    again = discrimination(y[::-1], score[::-1], rng=0)
    assert again.auroc.standard_error == pytest.approx(once.auroc.standard_error, abs=1e-12)


def test_two_scores_are_compared_on_the_same_rows() -> None:
    rng = np.random.default_rng(6)
    falsely = 0
    for seed in range(100):
        y = rng.random(120) < 0.4
        common = rng.normal(size=120) + y
        left, right = (common + rng.normal(0, 0.5, 120) for _ in range(2))
        found = compare_discrimination(y, left, right, repeats=100, rng=seed)
        falsely += found.auroc_p < 0.05
    assert 0 <= falsely <= 13
    unpaired = math.hypot(*(discrimination(y, s, repeats=0).auroc.standard_error for s in (left, right)))
    assert found.auroc.standard_error < 0.8 * unpaired
    same = compare_discrimination(y, left, left, repeats=20, rng=0)
    assert (same.auroc.value, same.auroc_p, same.auprc_p) == (0, 1, 1)


def test_metrics_that_disagree_say_where() -> None:
    # Left has half of the positives right at the top and half below 100 negatives; right has all below ten.
    y = np.array([1] * 10 + [0] * 100 + [1] * 10 + [0] * 80)
    place = np.empty(200)
    place[y == 1] = np.arange(10, 30)
    place[y == 0] = np.concatenate([np.arange(10), np.arange(30, 200)])
    where = np.where(np.arange(200) < 10, "top", "rest")
    found = compare_discrimination(y, -np.arange(200.0), -place, groups=where, repeats=50, rng=0)
    assert (found.auroc.value < 0, found.auprc.value > 0) == (True, True)
    assert found.disagree
    assert found.where["auroc_part"].sum() == pytest.approx(found.auroc.value, abs=1e-12)
    assert found.where["auprc_part"].sum() == pytest.approx(found.auprc.value, abs=1e-12)
    assert "disagree" in str(found)


def test_groups_of_one_class_and_of_few_positives_are_said_to_be() -> None:
    found = subgroup_report([1, 0, 1, 0, 0, 1], [6, 5, 4, 3, 2, 1], ["a", "a", "b", "b", "c", "d"])
    notes = dict(found.groups.select("group", "note").iter_rows())
    assert notes == {"a": "unstable", "b": "unstable", "c": "only negatives", "d": "only positives"}
    assert found.groups.filter(group="c")["auroc"].to_list() == [None]
    cross = {(p, n): a for p, n, a in found.across.iter_rows()}
    assert cross["b", "a"] == 0
    assert cross["a", "b"] == 1
    assert cross["d", "d"] is None


def test_the_report_warns_of_whom_ap_serves() -> None:
    rng = np.random.default_rng(7)
    parts = [sample_at_auroc(400, share, 0.8, scaled=True, rng=rng) for share in (0.2, 0.05)]
    y, score = (np.concatenate(part) for part in zip(*parts, strict=True))
    found = subgroup_report(y, score, np.repeat(["many", "few"], 400))
    assert "would serve many" in found.warning
    assert found.groups["mistakes"].sum() == pytest.approx(1)
    assert found.groups["top_gain"].sum() == pytest.approx(1)


def test_a_reversed_or_unstable_score_is_noted() -> None:
    rng = np.random.default_rng(8)
    y = rng.random(200) < 0.5
    assert "reversed" in " ".join(discrimination(y, rng.normal(size=200) - 2 * y, rng=0).provenance.notes)
    assert "unstable" in str(discrimination([1, 0, 1, 0], [4, 3, 2, 1], rng=0))
    assert "separate" in str(discrimination([1, 1, 0, 0], [4, 3, 2, 1], rng=0))
    single = discrimination([1, 0, 0, 0], [3, 4, 2, 1], rng=0)
    assert math.isnan(single.auroc.low)
    assert math.isnan(single.auroc.high)
    assert "single row" in str(single)


def test_curves_end_at_all_rows_and_infinity_is_a_score() -> None:
    curve = threshold_curve([1, 0, 1], [np.inf, -np.inf, 0.0])
    assert curve["threshold"].to_list() == [np.inf, 0.0, -np.inf]
    assert curve.row(-1, named=True)["recall"] == 1
    assert auroc([1, 0, 1, 0], [np.inf, np.inf, 1, -np.inf]) == 0.625
    assert threshold_curve([1, 1], [1, 2])["false_positive_rate"].to_list() == [None, None]


@pytest.mark.parametrize(
    ("call", "argument", "words"),
    [
        (lambda: auroc([1, 1], [1, 2]), "y", "both classes"),
        (lambda: auprc([0, 0], [1, 2]), "y", "both classes"),
        (lambda: auroc([1, 0], [1, np.nan]), "score", "index 1"),
        (lambda: auroc([1, np.nan], [1, 2]), "y", "index 1"),
        (lambda: auroc([1, 0], [1]), "y", "rows"),
        (lambda: auroc([], []), "y", "empty"),
        (lambda: auroc([1, 2], [1, 2]), "y", "positive="),
        (lambda: auroc(["a", "b", "c"], [1, 2, 3], positive="a"), "y", "more than one"),
        (lambda: auroc(["yes", "no"], [1, 2]), "y", "positive="),
        (lambda: auroc([1, 0], [1, 2], weights=[1, -1]), "weights", "negative"),
        (lambda: auroc([1, 0], ["a", "b"]), "score", "real numbers"),
        (lambda: auroc([1, 0], [[1, 2]]), "score", "dimension"),
        (lambda: auprc([1, 0], [1, 2], prevalence=1), "prevalence", "between"),
        (lambda: auroc([1, 0], [1, 2], undefined="zero"), "undefined", "one of"),
        (lambda: auroc([1, 0], [1, 2], missing="drop"), "missing", "one of"),
        (lambda: discrimination([1, 0], [1, 2], interval="exact"), "interval", "one of"),
        (lambda: compare_discrimination([1, 0], [1, 2], [1, np.nan]), "right", "NaN"),
        (lambda: subgroup_report([1, 0], [1, 2], ["a"]), "groups", "one name"),
        (lambda: sample_at_auroc(10, 0.01, 0.8), "prevalence", "both classes"),
        (lambda: fix_experiment(arms=("best",)), "arms", "one of"),
        (lambda: auroc([1, 0, 1], np.ma.array([3, 2, 1], mask=[0, 0, 1])), "score", "index 2"),
        (lambda: auroc(np.ma.array([1, 0, 1], mask=[0, 0, 1]), [3, 2, 1]), "y", "index 2"),
        (lambda: compare_discrimination([1, 0], [1, 2], [1, 2, 3]), "right", "rows"),
        (lambda: subgroup_report([1, 0], [2, 1], np.ma.array(["a", "b"], mask=[0, 1])), "groups", "index 1"),
        (lambda: fix_experiment(prevalence=(0.1, 0.2)), "prevalence", "higher"),
    ],
)
def test_bad_input(call, argument, words) -> None:
    with pytest.raises(InputError, match=words) as caught:
        call()
    assert caught.value.argument == argument


def test_named_options() -> None:
    assert math.isnan(auroc([1, 1], [1, 2], undefined="nan"))
    assert auroc([1, 0, 1], [2, 1, np.nan], missing="skip") == 1
    assert auroc(["b", "a"], [2, 1], positive="b") == 1
    for unknown in (None, np.nan):  # is not of the other class
        with pytest.raises(InputError, match="NaN"):
            auroc(np.array(["b", unknown], dtype=object), [2, 1], positive="b")
    named = np.array(["b", "a", None, np.nan], dtype=object)
    assert auroc(named, [2, 1, 3, 3], positive="b", missing="skip") == 1
    ledger = mistakes([0, 1], [2, 1], groups=["x", "y"]).ledger
    assert isinstance(ledger, pl.DataFrame)
    assert ledger.select("negative_group", "positive_group").rows() == [("x", "y")]


@pytest.mark.parametrize("interval", ["delong", "bootstrap"])
def test_sheet92_equal_scores_have_an_error_and_a_note(interval) -> None:
    y = np.arange(50) < 15
    found = discrimination(y, np.full(50, 0.3), interval=interval, rng=0)
    for area, value in ((found.auroc, 0.5), (found.auprc, 0.3)):
        assert area.value == pytest.approx(value)
        assert area.standard_error == pytest.approx(
            math.sqrt(value * (1 - value)) / 15
        )  # one positive in its own place
        assert 0 <= area.low < value < area.high <= 1
    assert "all scores are equal" in " ".join(found.provenance.notes)


def test_a_row_that_one_score_lacks_is_left_out_of_the_comparison() -> None:
    rng = np.random.default_rng(3)
    y = np.arange(60) % 3 == 0
    left, right = y + rng.normal(size=60), y + rng.normal(size=60)
    groups, clusters = np.where(np.arange(60) % 2, "a", "b"), np.arange(60) // 2
    left[[1, 7]], right[[7, 30]] = np.nan, np.nan
    there = ~(np.isnan(left) | np.isnan(right))
    names = ("auroc", "auprc", "auroc_p", "auprc_p", "left", "right", "disagree")
    found = compare_discrimination(y, left, right, groups=groups, clusters=clusters, missing="skip", rng=0)
    whole = compare_discrimination(
        y[there], left[there], right[there], groups=groups[there], clusters=clusters[there], rng=0
    )
    assert [getattr(found, name) for name in names] == [getattr(whole, name) for name in names]
    assert found.where.equals(whole.where)
