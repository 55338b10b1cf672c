"""Do evidence, information value, stability and their kin reproduce sheet 23, with errors and tests that hold?"""

from __future__ import annotations

import csv
import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from psephos.errors import InputError
from psephos.metrics import (
    compare_divergences,
    count_by_outcome,
    count_samples,
    divergence,
    information_value,
    population_drift,
    population_stability,
    quantile_edges,
    weight_of_evidence,
)
from psephos.metrics.divergence.measures import FORMS, bias_by_curvature, variance

FOUR = [100, 200, 300, 400], [40, 30, 20, 10]
PSI = [400, 300, 200, 100], [210, 160, 90, 40]
TWO = [30, 20], [10, 40]
SMOOTHED = [100, 50, 0], [10, 20, 5]
EVIDENCE = [1.38629436, 0.40546511]
MEASURES = tuple(FORMS)

counts = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), min_size=2, max_size=8)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(lambda: weight_of_evidence(*FOUR)[0], [-1.38629436, -0.40546511, *EVIDENCE[::-1]], id="woe"),
        pytest.param(
            lambda: weight_of_evidence(*FOUR, spread="fastwoe")[1],
            [0.18708287, 0.195789, 0.23094011, 0.32015621],
            id="sheet23-conditional",
        ),
        pytest.param(
            lambda: weight_of_evidence(*FOUR)[1],
            [0.15491933, 0.16532796, 0.20575066, 0.30248967],
            id="sheet23-error",
        ),
        pytest.param(lambda: weight_of_evidence(*TWO)[0], [1.09861229, -0.69314718], id="sheet23-woe-two"),
        pytest.param(
            lambda: weight_of_evidence([100, 50, 0], [10, 20, 5])[0],
            [0.83550911, -0.52172491, -3.82116864],
            id="sheet23-smoothed",
        ),
        pytest.param(lambda: weight_of_evidence(*TWO, sign="event")[0], [-1.09861229, 0.69314718], id="sheet23-event"),
    ],
)
def test_evidence_of_sheet23(found, expected) -> None:
    np.testing.assert_allclose(found(), expected, atol=5e-9)


@pytest.mark.parametrize(
    ("result", "value", "error", "statistic", "p"),
    [
        pytest.param(
            lambda: information_value(*FOUR), 0.9128696383, 0.2062942451, 82.98814894, 7.0e-18, id="sheet23-iv"
        ),
        pytest.param(
            lambda: population_stability(*PSI), 0.0088366550, 0.0103040984, 2.945551682, 0.400096, id="sheet23-psi"
        ),
        pytest.param(lambda: information_value(*TWO), 0.7167037877, 0.3411053390, 17.91759469, None, id="sheet23-two"),
        pytest.param(
            lambda: information_value([139, 49, 164, 348], [135, 14, 105, 46]),
            0.6660115034,
            0.1144610088,
            139.8624157,
            None,
            id="sheet23-checking-account",
        ),
        pytest.param(
            lambda: information_value([64, 527, 109], [44, 186, 70]),
            0.0832934336,
            0.0398988615,
            None,
            0.000159,
            id="sheet23-housing",
        ),
        pytest.param(
            lambda: information_value([84, 69, 189, 231, 39, 58, 30], [10, 17, 62, 109, 20, 42, 40]),
            0.2889771769,
            None,
            None,
            None,
            id="sheet23-duration",
        ),
        pytest.param(
            lambda: information_value([100, 50, 0], [10, 20, 5]), 0.9961933742, None, None, None, id="sheet23-smoothed"
        ),
    ],
)
def test_values_of_sheet23(result, value, error, statistic, p) -> None:
    found = result()
    assert found.value == pytest.approx(value, abs=1e-9)
    if error is not None:
        assert found.standard_error == pytest.approx(error, abs=1e-9)
    if statistic is not None:
        assert found.statistic == pytest.approx(statistic, rel=1e-8)
    if p is not None:
        assert found.p == pytest.approx(p, rel=5e-3)


def test_the_bias_and_the_published_error_of_sheet23() -> None:
    found = information_value(*FOUR)
    assert found.bias == pytest.approx(0.033, abs=1e-12)
    assert found.debiased == pytest.approx(found.value - 0.033)
    assert information_value(*FOUR, spread="fastwoe").standard_error == pytest.approx(0.1446960967, abs=1e-9)
    assert found.degrees == 3


@given(counts)
def test_iv_is_psi_is_jeffreys_and_symmetric(rows) -> None:
    left, right = np.array(rows, dtype=float).T
    value = information_value(left, right).value
    p, q = left / left.sum(), right / right.sum()
    assert value == pytest.approx(population_stability(left, right).value, abs=1e-12)
    assert value == pytest.approx(population_stability(right, left).value, abs=1e-12)
    assert value == pytest.approx(stats.entropy(p, q) + stats.entropy(q, p), abs=1e-10)
    assert value >= 0


@given(counts)
def test_measures_agree_with_scipy(rows) -> None:
    from scipy.spatial.distance import jensenshannon

    left, right = np.array(rows, dtype=float).T
    p, q = left / left.sum(), right / right.sum()
    assert divergence(left, right).value == pytest.approx(jensenshannon(p, q) ** 2, abs=1e-9)
    assert divergence(left, right, measure="kullback-leibler").value == pytest.approx(stats.entropy(p, q), abs=1e-10)
    far = math.sqrt(max(0.0, 1 - float(np.sqrt(p * q).sum())))
    assert divergence(left, right, measure="hellinger").value == pytest.approx(far, abs=1e-7)


@given(counts, st.sampled_from(MEASURES), st.randoms(use_true_random=False))
def test_merging_bins_never_raises_and_their_order_plays_no_part(rows, measure, random) -> None:
    left, right = np.array(rows, dtype=float).T
    whole = divergence(left, right, measure=measure)
    order = list(range(len(left)))
    random.shuffle(order)
    again = divergence(left[order], right[order], measure=measure)
    assert again.value == pytest.approx(whole.value, abs=1e-12)
    assert again.standard_error == pytest.approx(whole.standard_error, abs=1e-7, nan_ok=True)
    assume(len(left) > 2)
    merged = divergence(np.append(left[2:], left[:2].sum()), np.append(right[2:], right[:2].sum()), measure=measure)
    assert merged.value <= whole.value + 1e-12


@pytest.mark.parametrize("measure", MEASURES)
def test_slopes_and_bends_are_those_of_finite_steps(measure) -> None:
    """The variance and the bias rest on them; differences of the value itself are the reference."""
    form = FORMS[measure]
    p, q = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.3, 0.3, 0.25, 0.15])
    parts, step = form.parts(p, q), 1e-5
    for place in range(4):
        move = np.zeros(4)
        move[place] = step
        up, down, here = (form.value(p + sign * move, q).sum() for sign in (1, -1, 0))
        assert parts.left[place] / p[place] == pytest.approx((up - down) / (2 * step), abs=1e-7)
        assert parts.left_bend[place] / p[place] == pytest.approx((up + down - 2 * here) / step**2, rel=1e-3)
        up, down = (form.value(p, q + sign * move).sum() for sign in (1, -1))
        assert parts.right[place] / q[place] == pytest.approx((up - down) / (2 * step), abs=1e-7)
        assert parts.right_bend[place] / q[place] == pytest.approx((up + down - 2 * here) / step**2, rel=1e-3)
    np.testing.assert_allclose(parts.left_squares, parts.left**2 / p)
    np.testing.assert_allclose(parts.right_squares, parts.right**2 / q)
    np.testing.assert_allclose(parts.value, form.value(p, q))


REVERSED = (0.1, 0.2, 0.3, 0.4), (0.4, 0.3, 0.2, 0.1)
NEAR = (0.2, 0.25, 0.25, 0.3), (0.3, 0.25, 0.25, 0.2)


@pytest.mark.parametrize(
    ("shares", "spread", "published", "coverage", "published_coverage"),
    [
        pytest.param(REVERSED, 0.1081, 0.0763, 0.952, 0.837, id="sheet23-simulation-far"),
        pytest.param(NEAR, 0.0322, 0.0216, 0.953, 0.815, id="sheet23-simulation-near"),
    ],
)
def test_the_error_is_the_spread_of_draws(shares, spread, published, coverage, published_coverage) -> None:
    rng = np.random.default_rng(23)
    p, q = (np.array(side) for side in shares)
    true, draws = float(((p - q) * np.log(p / q)).sum()), 1500
    values, errors, low = np.empty(draws), np.empty(draws), np.empty(draws)
    for draw in range(draws):
        left, right = rng.multinomial(2000, p), rng.multinomial(400, q)
        found = information_value(left, right)
        values[draw], errors[draw] = found.value, found.standard_error
        low[draw] = information_value(left, right, spread="fastwoe").standard_error
    assert values.std() == pytest.approx(spread, abs=0.006)
    assert errors.mean() == pytest.approx(spread, abs=0.006)
    assert low.mean() == pytest.approx(published, abs=0.006)
    tolerance = 4 * math.sqrt(0.16 * 0.84 / draws)
    assert np.mean(abs(values - true) < 1.959964 * errors) == pytest.approx(coverage, abs=tolerance)
    assert np.mean(abs(values - true) < 1.959964 * low) == pytest.approx(published_coverage, abs=tolerance)


def test_the_bias_by_curvature_is_that_of_the_simulation() -> None:
    """sheet23: .0126 by curvature, .0129 simulated, .0090 by the form of no difference."""
    found = information_value([200, 400, 600, 800], [160, 120, 80, 40], bias="second_order")
    assert found.bias == pytest.approx(0.0126, abs=1e-4)
    assert information_value([200, 400, 600, 800], [160, 120, 80, 40]).bias == pytest.approx(0.0090, abs=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
def test_the_test_keeps_its_level_and_the_null_bias_is_right(measure) -> None:
    rng = np.random.default_rng(5)
    p, draws = np.array([0.1, 0.2, 0.3, 0.4]), 1200
    found = [divergence(rng.multinomial(2000, p), rng.multinomial(400, p), measure=measure) for _ in range(draws)]
    rejected = np.mean([one.p < 0.05 for one in found])
    assert rejected == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / draws))
    power = 2 if measure == "hellinger" else 1
    mean = np.mean([one.value**power for one in found])
    assert mean == pytest.approx(found[0].bias, rel=0.1)


@pytest.mark.parametrize("measure", MEASURES)
def test_the_error_of_each_measure_is_the_spread_of_draws(measure) -> None:
    rng = np.random.default_rng(7)
    p, q, draws = np.array(REVERSED[0]), np.array(REVERSED[1]), 1500
    found = [divergence(rng.multinomial(2000, p), rng.multinomial(400, q), measure=measure) for _ in range(draws)]
    spread = np.std([one.value for one in found])
    assert np.mean([one.standard_error for one in found]) == pytest.approx(spread, rel=0.08)
    truth = divergence(p * 1e9, q * 1e9, measure=measure)
    power = 2 if measure == "hellinger" else 1
    away = np.mean([one.value**power for one in found]) - truth.value**power
    error = np.std([one.value**power for one in found]) / math.sqrt(draws)
    assert bias_by_curvature(FORMS[measure].parts(p, q), p, q, 2000, 400) == pytest.approx(away, abs=4 * error)


def test_the_permutation_test_is_that_of_shuffled_rows() -> None:
    rng = np.random.default_rng(0)
    left, right = np.array([12, 5, 1]), np.array([6, 9, 4])
    bins = np.repeat(np.tile(np.arange(3), 2), np.concatenate([left, right]))
    observed = divergence(left, right).value
    at_least = 0
    for _ in range(2000):
        shuffled = rng.permutation(bins)
        own = np.bincount(shuffled[:18], minlength=3)
        at_least += divergence(own, left + right - own).value >= observed - 1e-12
    found = divergence(left, right, test="permutation", rng=1).p
    assert found == pytest.approx(at_least / 2000, abs=5 * math.sqrt(0.25 / 2000))
    assert found == divergence(left, right, test="permutation", rng=1).p


def test_a_single_bin_says_nothing() -> None:
    found = information_value([5], [7])
    assert (found.value, found.degrees) == (0, 0)
    assert math.isnan(found.p)
    assert "single bin" in found.provenance.notes


def test_an_empty_cell_without_smoothing_is_infinite_and_said() -> None:
    found = information_value([100, 50, 0], [10, 20, 5], smoothing=0)
    assert found.value == math.inf
    assert math.isnan(found.standard_error)
    assert any("infinite" in note for note in found.provenance.notes)
    assert found.to_dict()["summary"]["information value"].startswith("inf")


def test_an_empty_cell_is_no_matter_to_bounded_measures() -> None:
    apart = divergence([10, 0], [0, 10])
    assert apart.value == pytest.approx(math.log(2))
    assert apart.smoothing == 0
    assert divergence([10, 0], [0, 10], measure="hellinger").value == pytest.approx(1)


@pytest.mark.parametrize(("measure", "most"), [("hellinger", 1.0), ("jensen-shannon", math.log(2))])
def test_an_interval_ends_where_the_measure_ends(measure, most) -> None:
    found = divergence([7, 1, 0], [0, 1, 9], measure=measure)
    assert found.value + 1.96 * found.standard_error > most
    assert found.distance.low < found.value < found.distance.high == most
    whole = divergence([10, 0], [0, 10], measure=measure).distance
    assert whole.value == pytest.approx(most)
    assert whole.low <= whole.value <= whole.high
    free = divergence([700, 100, 200], [50, 100, 900], measure=measure)
    assert free.distance.high == pytest.approx(free.value + 1.959964 * free.standard_error)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_cut_interval_covers_what_the_whole_one_does(measure) -> None:
    rng = np.random.default_rng(11)
    p, q, draws = np.array([0.9, 0.06, 0.04]), np.array([0.03, 0.07, 0.9]), 600
    truth = divergence(p * 1e9, q * 1e9, measure=measure).value
    found = [divergence(rng.multinomial(40, p), rng.multinomial(40, q), measure=measure) for _ in range(draws)]
    whole = np.mean([abs(one.value - truth) <= 1.959964 * one.standard_error for one in found])
    assert np.mean([one.distance.low <= truth <= one.distance.high for one in found]) == whole


def test_a_bin_that_is_empty_on_both_sides_is_left_out_and_said() -> None:
    found = information_value([100, 0, 200], [40, 0, 30], names=["a", "b", "c"])
    assert found.value == pytest.approx(information_value([100, 200], [40, 30]).value)
    assert found.bins["bin"].to_list() == ["a", "c"]
    assert any("b" in note for note in found.provenance.notes)


def test_smoothing_is_of_all_cells_and_of_the_totals() -> None:
    found = information_value([100, 50, 0], [10, 20, 5])
    assert found.smoothing == 0.5
    assert found.sizes == (151.5, 36.5)
    filled = information_value([100.5, 50.5, 0.5], [10.5, 20.5, 5.5])
    assert (found.value, found.standard_error, found.statistic) == pytest.approx(
        (filled.value, filled.standard_error, filled.statistic)
    )


def test_weights_that_are_alike_change_nothing() -> None:
    values, y = ["a", "b", "b", "a", "a"] * 80, [0, 0, 0, 1, 1, 1, 0, 1] * 50
    plain, even = (count_by_outcome(values, y, weights=w) for w in (None, np.full(400, 3.0)))
    assert even.sizes == pytest.approx(plain.sizes)
    light, heavy = (information_value(one.left, one.right, sizes=one.sizes) for one in (plain, even))
    numbers = ("value", "standard_error", "statistic", "p")
    assert [getattr(heavy, name) for name in numbers] == pytest.approx([getattr(light, name) for name in numbers])


def test_the_error_of_weighted_counts_is_the_spread_of_draws() -> None:
    rng = np.random.default_rng(9)
    p, q, made = np.array(REVERSED[0]), np.array(REVERSED[1]), []
    for _ in range(600):
        values = np.concatenate([rng.choice(4, 2000, p=p), rng.choice(4, 400, p=q)])
        y = np.repeat([0, 1], [2000, 400])
        found = count_by_outcome(values, y, weights=rng.exponential(1, 2400))
        made.append(information_value(found.left, found.right, sizes=found.sizes))
    spread = np.std([one.value for one in made])
    assert np.mean([one.standard_error for one in made]) == pytest.approx(spread, rel=0.12)
    unweighted = information_value(p * 2000, q * 400).standard_error
    assert spread > 1.2 * unweighted  # weights cost half of the rows


def test_counts_of_chunks_add_up() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=400), rng.integers(0, 2, 400)
    edges = quantile_edges(x, 5)
    whole = count_by_outcome(x, y, edges=edges)
    added = count_by_outcome(x[:150], y[:150], edges=edges) + count_by_outcome(x[150:], y[150:], edges=edges)
    np.testing.assert_array_equal(whole.left, added.left)
    np.testing.assert_array_equal(whole.right, added.right)
    assert whole.sizes == added.sizes


@pytest.mark.parametrize("place", [0, 300], ids=["in the first part", "in the second part"])
def test_counts_of_chunks_add_up_where_one_has_missing_values(place: int) -> None:
    x, y = np.random.default_rng(3).normal(size=400), np.tile([0, 1], 200)
    x[place : place + 7] = math.nan
    edges = [-1.0, 0.0, 1.0]
    whole = count_by_outcome(x, y, edges=edges)
    added = count_by_outcome(x[:150], y[:150], edges=edges) + count_by_outcome(x[150:], y[150:], edges=edges)
    assert whole.names == added.names
    np.testing.assert_array_equal(whole.left, added.left)
    np.testing.assert_array_equal(whole.right, added.right)
    assert whole.sizes == added.sizes


def test_edges_whose_rounded_names_are_alike_do_not_add_up() -> None:
    x, y = np.arange(8.0), np.tile([0, 1], 4)
    first, second = (count_by_outcome(x, y, edges=[edge]) for edge in (3.00000001, 2.99999999))
    assert first.names == second.names
    with pytest.raises(InputError, match="other bins") as caught:
        first + second
    assert caught.value.argument == "other"
    assert (first + first).left.sum() == 8
    with pytest.raises(InputError, match="other bins"):
        count_samples(["a"], ["a"]) + count_samples(["a"], ["b"])


def test_edges_are_of_the_bin_to_the_right_and_infinity_is_at_the_ends() -> None:
    found = count_samples([-np.inf, 1, 2, np.inf, np.nan], [1.5], edges=[1, 2])
    assert found.names == ("below 1", "1 to 2", "2 and above", "missing")
    assert found.left.tolist() == [1, 1, 2, 1]
    assert found.right.tolist() == [0, 1, 0, 0]


def test_a_bin_that_was_not_expected_has_its_own_row() -> None:
    found = count_samples(["a", "b", None], ["b", "c"])
    assert found.names == ("a", "b", "c", "missing")
    result = population_stability(found.left, found.right, names=found.names)
    assert result.bins.filter(bin="c")["expected"].to_list() == [0]
    assert result.smoothing == 0.5


def test_real_counts_of_sheet23(shared_data) -> None:
    with (shared_data("23-credit-scorecards") / "germancredit.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    y = np.array([row["creditability"] == "bad" for row in rows])
    duration = [float(row["duration_in_month"]) for row in rows]
    found = count_by_outcome(duration, y, edges=[8.5, 11.5, 15.5, 26.5, 34.5, 43.5])
    assert found.left.tolist() == [84, 69, 189, 231, 39, 58, 30]
    assert found.right.tolist() == [10, 17, 62, 109, 20, 42, 40]
    account = count_by_outcome([row["status_of_existing_checking_account"] for row in rows], y)
    assert sorted(account.left.tolist()) == [49, 139, 164, 348]
    assert information_value(account.left, account.right).value == pytest.approx(0.6660115034, abs=1e-9)


def test_two_distances_are_compared() -> None:
    then, now = information_value([300, 700], [60, 40]), information_value([290, 710], [40, 60])
    found = compare_divergences(then, now)
    assert found.value == pytest.approx(then.value - now.value)
    assert found.standard_error == pytest.approx(math.hypot(then.standard_error, now.standard_error))
    above = compare_divergences(then, 0.1)
    assert above.z == pytest.approx((then.value - 0.1) / then.standard_error)


def test_the_difference_test_keeps_its_level() -> None:
    rng = np.random.default_rng(11)
    p, q = np.array(REVERSED[0]), np.array(REVERSED[1])
    made = [information_value(rng.multinomial(2000, p), rng.multinomial(400, q)) for _ in range(1600)]
    rejected = np.mean([compare_divergences(made[k], made[k + 1]).p < 0.05 for k in range(0, 1600, 2)])
    assert rejected == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / 800))


def test_many_features_are_adjusted_for() -> None:
    rng = np.random.default_rng(4)
    p = np.full(5, 0.2)
    features = {f"f{k}": (rng.multinomial(1000, p), rng.multinomial(1000, p)) for k in range(100)}
    features["moved"] = rng.multinomial(1000, p), rng.multinomial(1000, [0.3, 0.25, 0.2, 0.15, 0.1])
    found = population_drift(features)
    assert found.features["feature"][0] == found.shifted[0] == "moved"
    assert len(found.shifted) <= 2 < (found.features["p"] < 0.05).sum()  # by chance alone, and so adjusted
    assert (found.features["adjusted_p"] >= found.features["p"]).all()


def test_labels_stand_at_the_thresholds() -> None:
    assert information_value(*FOUR).label.startswith("very strong")
    assert information_value(*FOUR, thresholds=[0.1, 0.2, 0.3, 1]).label == "strong"
    assert population_stability(*PSI).label == "stable"
    assert population_stability([50, 50], [20, 80]).label == "shift"


def test_few_expected_rows_are_said() -> None:
    assert any("rough" in note for note in population_stability([400, 4], [100, 1]).provenance.notes)
    assert not any("rough" in note for note in population_stability(*PSI).provenance.notes)


BAD = {
    "negative": (lambda: information_value([1, -1], [1, 1]), "good", "bin 2"),
    "nan": (lambda: information_value([1, 1], [math.nan, 1]), "bad", "bin 1"),
    "one-class": (lambda: information_value([0, 0], [1, 1]), "good", None),
    "lengths": (lambda: information_value([1, 2], [1, 2, 3]), "bad", None),
    "empty": (lambda: information_value([], []), "good", None),
    "text": (lambda: information_value(["a"], [1]), "good", None),
    "y-not-binary": (lambda: count_by_outcome(["a", "b"], [0, 2]), "y", None),
    "y-one-class": (lambda: count_by_outcome(["a", "b"], [1, 1]), "y", None),
    "y-length": (lambda: count_by_outcome(["a", "b"], [0, 1, 1]), "y", None),
    "edges-fall": (lambda: count_by_outcome([1.0, 2], [0, 1], edges=[2, 1]), "edges", None),
    "no-edges-of-text": (lambda: quantile_edges(["a", "b"], 4), "values", None),
    "no-edges-of-one-bin": (lambda: quantile_edges([1.0, 2.0], 1), "bins", None),
    "edges-of-text": (lambda: count_by_outcome(["a", "b"], [0, 1], edges=[1]), "values", None),
    "weights": (lambda: count_by_outcome(["a", "b"], [0, 1], weights=[1, 0]), "weights", None),
    "sample-empty": (lambda: count_samples([], ["a"]), "expected", None),
    "names": (lambda: information_value(*TWO, names=["a"]), "names", None),
    "measure": (lambda: divergence(*TWO, measure="euclid"), "measure", None),  # type: ignore[arg-type]
    "spread": (lambda: divergence(*TWO, spread="fastwoe"), "spread", None),
    "smoothing": (lambda: information_value(*TWO, smoothing=-1), "smoothing", None),
    "test": (lambda: information_value(*TWO, test="wald"), "test", None),
    "level": (lambda: information_value(*TWO, level=95), "level", None),
    "thresholds": (lambda: information_value(*TWO, thresholds=[0.1, 0.2]), "thresholds", None),
    "permutation-of-weights": (lambda: information_value([1.5, 2], [1, 2], test="permutation"), "good", None),
    "compare-zero": (lambda: compare_divergences(information_value(*TWO), 0), "right", None),
    "compare-measures": (lambda: compare_divergences(information_value(*TWO), divergence(*TWO)), "right", None),
    "compare-infinite": (lambda: compare_divergences(information_value([1, 0], [1, 1], smoothing=0), 1), "left", None),
    "no-feature": (lambda: population_drift({}), "features", None),
    "drift-names-the-feature": (lambda: population_drift({"age": ([1, -1], [1, 1])}), "expected", "age, bin 2"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_by_name(case) -> None:
    call, argument, where = BAD[case]
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument
    if where:
        assert caught.value.where == where


def test_found_outcomes_are_named() -> None:
    with pytest.raises(InputError, match="got 0, 1, 2"):
        count_by_outcome(["a"] * 3, [0, 1, 2])


def test_an_error_of_the_covariances_is_needed() -> None:
    """The published variance leaves them out; where both sides are alike it is far too small."""
    p = np.array([0.25, 0.25, 0.25, 0.25])
    assert variance(FORMS["jeffreys"].parts(p, p), 100, 100) == 0
    far = information_value([900, 100], [100, 900])
    assert far.standard_error > information_value([900, 100], [100, 900], spread="fastwoe").standard_error


def test_a_result_is_whole() -> None:
    found = population_stability(*PSI, names=["a", "b", "c", "d"])
    assert isinstance(found.table(), pl.DataFrame)
    assert found.to_dict()["rows"][0]["bin"] == "a"
    assert replace(found, label="").summary()[0][1] == str(found.distance)


def test_every_bin_has_a_name_of_its_own() -> None:
    values = [1e6, 1e6 + 0.15, 1e6 + 0.3]
    found = count_samples(values, values, edges=[1e6 + 0.1, 1e6 + 0.2])
    assert found.names == ("below 1000000.1", "1000000.1 to 1000000.2", "1000000.2 and above")
    assert found.left.tolist() == [1, 1, 1]
