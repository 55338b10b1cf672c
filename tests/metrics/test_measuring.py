"""Do metrics by name give what their functions give, with errors that cluster, and are the lists of families one?"""

from __future__ import annotations

import math

import numpy as np
import pytest

from psephos.errors import InputError
from psephos.metrics import (
    balance_score,
    brier_score,
    compare_discrimination,
    compare_forecasts,
    dependence,
    discrimination,
    diversity,
    effective_features,
    expected_calibration_error,
    information_value,
    log_loss,
    measure,
    metric_names,
    population_stability,
    smooth_calibration_error,
    text_spectrum,
)
from psephos.metrics.divergence.bin_counts import count_by_outcome, count_samples, quantile_edges
from psephos.metrics.measuring.families import FAMILIES

RNG = np.random.default_rng(0)
N = 300
P = RNG.random(N)
Y = (RNG.random(N) < P).astype(int)
Q = np.clip(1.4 * P - 0.2, 0, 1)
KIND = np.where(RNG.random(N) < 0.5, "a", "b")


def test_probability_values_are_those_of_the_functions() -> None:
    found = measure("probability", truth=Y, score=P, metrics=list(metric_names("probability")), repeats=50)
    assert found.value("brier") == pytest.approx(brier_score(P, Y))
    assert found.value("log-loss") == pytest.approx(log_loss(P, Y))
    assert found.value("balance") == pytest.approx(balance_score(P, Y).value)
    assert found.value("accuracy") == np.mean((P >= 0.5) == Y)
    assert found.value("ece") == pytest.approx(expected_calibration_error(P, Y, of="event"))
    assert found.value("ece-confidence") == pytest.approx(expected_calibration_error(P, Y, of="confidence"))
    assert found.value("mce") == pytest.approx(expected_calibration_error(P, Y, of="event", norm="max"))
    assert found.value("smooth-ece") == pytest.approx(smooth_calibration_error(P, Y, of="event"))
    inside = found.values.drop_nulls("standard_error")
    assert (inside["standard_error"] > 0).all()


def test_discrimination_values_are_those_of_the_functions() -> None:
    metrics = list(metric_names("discrimination"))
    found = measure("discrimination", truth=Y, score=P, metrics=metrics, options={"prevalence": 0.3}, repeats=60, rng=3)
    own = discrimination(Y, P, repeats=60, rng=3)
    assert found.value("auroc") == own.auroc.value
    assert found.values["low"][0] == own.auroc.low
    assert found.values["high"][1] == own.auprc.high
    assert found.value("lift") == pytest.approx(own.lift)
    assert found.value("auprc-trapezoid") > found.value("auprc") - 0.05


def test_divergence_values_are_those_of_the_functions() -> None:
    found = measure("divergence", truth=Y, score={"p": P, "kind": KIND}, metrics=list(metric_names("divergence")))
    counts = count_by_outcome(P, Y, edges=quantile_edges(P[Y == 0], 10))
    assert found.value("iv", of="p") == pytest.approx(information_value(counts.left, counts.right).value)
    kinds = count_by_outcome(KIND, Y)
    assert found.value("iv", of="kind") == pytest.approx(information_value(kinds.left, kinds.right).value)
    other = measure("divergence", score={"p": P}, against={"p": Q}, metrics=["psi"], options={"edges": "0.2,0.5,0.8"})
    counts = count_samples(P, Q, edges=[0.2, 0.5, 0.8])
    assert other.value("psi") == pytest.approx(population_stability(counts.left, counts.right).value)


def test_dependence_values_are_those_of_the_function() -> None:
    metrics = list(metric_names("dependence"))
    found = measure("dependence", score=P, attribute={"y": Y, "kind": KIND}, metrics=metrics, repeats=19, rng=4)
    own = dependence(P, {"y": Y, "kind": KIND}, repeats=19, rng=4)
    assert found.value("dcov", of="score with y") == own.attributes["dcov2"][0]
    assert found.value("jdcov-model") == own.measure("jdcov_model")["value"]
    assert found.value("subgroup-divergence") == own.divergence.value
    assert found.values.filter(of="score with kind")["p"][0] == own.attributes["adjusted_p"][1]


def test_diversity_is_that_of_the_report() -> None:
    vectors = np.random.default_rng(1).normal(size=(40, 3))
    columns = dict(zip("abc", vectors.T, strict=True))
    found = measure("diversity", score=columns, metrics=["vendi", "vendi-inf"], repeats=30, rng=2)
    own = diversity(vectors, q=[1, "inf"], repeats=30, rng=2)
    assert found.values["value"].to_list() == own.scores["score"].to_list()
    assert found.values["low"].to_list() == own.scores["low"].to_list()
    texts = measure("diversity", score=np.array(["yes", "no", "yes"], dtype=object), metrics=["vendi"], repeats=0)
    assert (
        texts.value("vendi") == diversity(text_spectrum(["yes", "no", "yes"]), q=1, interval="none").scores["score"][0]
    )
    with pytest.raises(InputError):
        measure("diversity", score={"t": np.array(["a", "b"], dtype=object), "x": np.array([1.0, 2])})


def test_effective_features_are_those_of_the_count() -> None:
    codes = abs(np.random.default_rng(3).normal(size=(60, 8)))
    found = measure("effective-features", score=codes, repeats=30, rng=2)
    assert found.value("effective-features") == effective_features(codes, repeats=30, rng=2).value.value


def test_differences_are_those_of_the_paired_tests() -> None:
    found = measure("probability", truth=Y, score={"a": P, "b": Q}, compare=("a", "b"), repeats=100, rng=1)
    own = compare_forecasts(P, Q, Y, measure="brier", repeats=100, rng=1)
    assert found.value("brier") == own.value
    assert found.values.filter(metric="brier")["p"][0] >= own.p  # adjusted
    assert found.values.filter(metric="debiased-ece")["note"][0].startswith("there is no paired")
    areas = measure("discrimination", truth=Y, score={"a": P, "b": Q}, compare=("b", "a"), repeats=100, rng=1)
    assert areas.value("auroc") == compare_discrimination(Y, Q, P, repeats=100, rng=1).auroc.value


def test_the_difference_of_two_features_is_found_and_chance_is_not() -> None:
    rng = np.random.default_rng(5)
    y = rng.integers(0, 2, 500)
    strong, weak, other = y + rng.normal(0, 0.8, 500), y + rng.normal(0, 2, 500), y + rng.normal(0, 2, 500)
    apart = measure(
        "divergence", truth=y, score={"s": strong, "w": weak}, compare=("s", "w"), metrics=["iv"], repeats=99
    )
    assert apart.values["low"][0] > 0
    assert apart.values["p"][0] <= 0.02
    alike = measure(
        "divergence", truth=y, score={"w": weak, "o": other}, compare=("w", "o"), metrics=["iv"], repeats=99
    )
    assert alike.values["p"][0] > 0.05


def test_errors_cluster_by_item() -> None:
    """Three rows of each item that are all alike tell as much as one of them."""
    single = measure("probability", truth=Y, score=P, metrics=["brier", "accuracy", "balance"])
    thrice = {"truth": np.repeat(Y, 3), "score": np.repeat(P, 3), "item": np.repeat(np.arange(N), 3)}
    again = measure("probability", metrics=["brier", "accuracy", "balance"], **thrice)
    naive = measure("probability", metrics=["brier"], truth=thrice["truth"], score=thrice["score"])
    assert again.values["standard_error"].to_list() == pytest.approx(
        single.values["standard_error"].to_list(), rel=0.01
    )
    assert naive.values["standard_error"][0] < 0.6 * again.values["standard_error"][0]
    area = measure("discrimination", metrics=["auroc"], **thrice).values["standard_error"][0]
    alone = measure("discrimination", metrics=["auroc"], truth=Y, score=P).values["standard_error"][0]
    assert area == pytest.approx(alone, rel=0.02)


@pytest.mark.parametrize("hits", [0, 1, 40])
def test_no_share_inside_has_an_error_of_zero(hits) -> None:
    truth = np.r_[np.ones(hits), np.zeros(40 - hits)]
    found = measure("probability", truth=truth, score=np.full(40, 0.9), metrics=["accuracy"]).values
    assert found["standard_error"][0] > 0
    assert found["low"][0] < found["high"][0]


def test_sheet92_errors_of_alike_clusters_are_not_zero_and_ends_stay_inside() -> None:
    item, truth = np.repeat(np.arange(10), 2), np.tile([1, 0], 10)
    found = measure("probability", truth=truth, score=np.full(20, 0.9), item=item, metrics=["accuracy", "brier"]).values
    assert found["standard_error"].to_list() == pytest.approx([0.5 / 10, math.sqrt(0.41 * 0.59) / 10])
    same = measure("probability", truth=np.ones(9), score=np.full(9, 0.8), metrics=["log-loss", "brier"]).values
    assert same["standard_error"].to_list() == [None, pytest.approx(math.sqrt(0.04 * 0.96) / 9)]
    assert "same loss" in same["note"][0]
    wide = measure("probability", truth=[0, 0, 0, 1], score=[1, 1, 0.9, 0.2], metrics=["brier"]).values
    assert wide["high"].to_list() == [1.0]
    three = measure("probability", truth=[1, 1, 0], score=[[1, 0, 0], [1, 0, 0], [0, 1, 0.0]], metrics=["brier"]).values
    assert three.row(0, named=True)["high"] == 2.0


def test_masked_values_are_missing() -> None:
    masked = np.ma.array(P, mask=np.arange(N) < 7)
    found = measure("probability", truth=Y, score=masked, missing="skip", metrics=["brier"])
    assert found.values["rows"][0] == N - 7
    both = {"a": masked, "b": P}
    found = measure("discrimination", truth=Y, score=both, compare=("a", "b"), missing="skip", metrics=["auroc"])
    assert found.value("auroc") == 0
    with pytest.raises(InputError, match="NaN"):
        measure("discrimination", truth=Y, score=both, compare=("a", "b"), metrics=["auroc"])


def test_groups_are_reported_and_what_is_undefined_says_why() -> None:
    group = np.where(np.arange(N) < 20, "few", "many")
    truth = np.where(group == "few", 1, Y)
    found = measure("discrimination", truth=truth, score=P, group=group, metrics=["auroc"], repeats=0)
    rows = {row["group"]: row for row in found.values.iter_rows(named=True)}
    assert rows["few"]["value"] is None
    assert "both classes" in rows["few"]["note"]
    assert rows["many"]["value"] == pytest.approx(
        measure("discrimination", truth=truth[20:], score=P[20:], metrics=["auroc"], repeats=0).value("auroc")
    )
    assert rows[""]["rows"] == N == rows["few"]["rows"] + rows["many"]["rows"]


def test_missing_rows_are_left_out_and_counted() -> None:
    holes = P.copy()
    holes[:7] = math.nan
    found = measure("probability", truth=Y, score=holes, missing="skip", metrics=["brier"])
    assert found.values["rows"][0] == N - 7
    assert found.value("brier") == pytest.approx(brier_score(P[7:], Y[7:]))


def test_the_command_line_has_every_family() -> None:
    from psephos.cli.measure_families import FAMILIES as VERBS

    assert list(VERBS) == list(FAMILIES)
    for name, family in FAMILIES.items():
        assert family.name == name
        assert set(family.usual) <= set(family.metrics)


def test_the_same_seed_gives_the_same() -> None:
    one, two = (measure("probability", truth=Y, score=P, repeats=30, rng=7).to_dict()["rows"] for _ in range(2))
    assert one == two


BAD = {
    "family": (lambda: measure("beauty", score=P), "family"),
    "metric": (lambda: measure("probability", truth=Y, score=P, metrics=["auroc"]), "metrics"),
    "metrics-text": (lambda: measure("probability", truth=Y, score=P, metrics="brier"), "metrics"),
    "no-truth": (lambda: measure("probability", score=P), "truth"),
    "no-part": (lambda: measure("probability", truth=Y, score=P, attribute={"k": KIND}), "attribute"),
    "length": (lambda: measure("probability", truth=Y[:9], score=P), "truth"),
    "option": (lambda: measure("probability", truth=Y, score=P, options={"edges": 3}), "options"),
    "option-text": (lambda: measure("probability", truth=Y, score=P, options={"bins": "many"}), "bins"),
    "compare-one": (lambda: measure("probability", truth=Y, score={"a": P}, compare=("a", "a")), "compare"),
    "compare-unknown": (lambda: measure("probability", truth=Y, score={"a": P}, compare=("a", "b")), "compare"),
    "compare-dependence": (
        lambda: measure("dependence", score={"a": P, "b": Q}, attribute={"k": KIND}, compare=("a", "b")),
        "compare",
    ),
    "percent": (lambda: measure("probability", truth=Y, score=100 * P), "score"),
    "not-binary": (lambda: measure("probability", truth=Y + 1, score=P), "truth"),
    "one-class": (lambda: measure("discrimination", truth=np.ones(N), score=P), "truth"),
    "against-and-truth": (lambda: measure("divergence", truth=Y, score={"p": P}, against={"p": Q}), "truth"),
    "against-nothing": (lambda: measure("divergence", score={"p": P}, against={"q": Q}), "against"),
    "prevalence": (lambda: measure("discrimination", truth=Y, score=P, metrics=["auprc-at"]), "prevalence"),
    "missing": (lambda: measure("probability", truth=Y, score=P, missing="drop"), "missing"),
    "empty": (lambda: measure("probability", truth=[], score=[]), "score"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_by_name(case) -> None:
    call, argument = BAD[case]
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument


def test_an_outcome_that_is_missing_is_no_negative() -> None:
    score, said = np.arange(6.0), np.array(["y", "n", "y", "n", None, "n"], dtype=object)
    for family in ("divergence", "discrimination"):
        with pytest.raises(InputError) as caught:
            measure(family, score=score, truth=said, options={"positive": "y"}, repeats=0)
        assert (caught.value.argument, caught.value.where) == ("truth", "index 4")
    found = measure("divergence", score=score[:4], truth=said[:4], options={"positive": "y"}, metrics=["iv"])
    plain = measure("divergence", score=score[:4], truth=[1, 0, 1, 0], metrics=["iv"])
    assert found.value("iv") == plain.value("iv")


def test_a_single_value_is_no_column() -> None:
    with pytest.raises(InputError, match="must be a column, got a single value"):
        measure("probability", score=0.5, truth=[1])
