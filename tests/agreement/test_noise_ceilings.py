"""How well the mean of noisy votes can be predicted: vectors, real votes, simulation, limits and bad input."""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.agreement import (
    ceiling_of,
    ceiling_of_means,
    ceiling_of_moments,
    intraclass_correlation,
    rank_ceiling,
    simulate_mean_votes,
    simulate_votes,
    vote_plan,
    votes_needed,
    where_to_vote,
)
from psephos.errors import InputError, ModelMismatchError, ScaleError
from psephos.opinions import from_matrix, labels, results, scores

FIVE = [[1, 2, 2, 3], [3, 3, 4, 2], [5, 4, 5, 5], [2, 1, 1, 1], [4, 4, 3, 5]]


def sources(found):
    return {bound.source: bound for bound in found.bounds}


@pytest.mark.parametrize(
    ("given_", "rmse", "pcc"),
    [
        pytest.param(
            {"votes": 10, "mean_variance": 0.8, "vote_variance": 1}, 0.316227766, 0.935414347, id="sheet35-data"
        ),
        pytest.param({"votes": 10, "mean": 3.2, "mean_variance": 0.8}, 0.284650033, 0.948007357, id="sheet35-mos-only"),
        pytest.param(
            {"votes": 10, "quality_variance": 0.6, "vote_variance": 0.9}, 0.3, 0.932504808, id="sheet35-quality"
        ),
        pytest.param(
            {"votes": 10, "mean": 3.2, "quality_variance": 0.6},
            0.289827535,
            0.936585812,
            id="sheet35-quality-binovotes",
        ),
        pytest.param(
            {"votes": 12, "mean": 55, "quality_variance": 300, "scale": (0, 100, 101)},
            1.346291202,
            0.996992786,
            id="sheet35-slider",
        ),
    ],
)
def test_the_bounds_of_the_sheet_from_moments(given_, rmse, pcc):
    found = ceiling_of_moments(**given_)
    assert found.rmse_bound == pytest.approx(rmse, abs=1e-9)
    assert found.pcc_bound == pytest.approx(pcc, abs=1e-9)


def test_the_vote_variance_of_the_sheet_from_moments():
    assert ceiling_of_moments(votes=10, mean=3.2, mean_variance=0.8).bound.vote_variance == pytest.approx(
        0.810256410, abs=1e-9
    )


@pytest.mark.parametrize("votes", [np.array(FIVE, float), from_matrix(FIVE, kind="scores")], ids=["matrix", "opinions"])
def test_the_votes_of_the_sheet(votes):
    found = ceiling_of(votes, repeats=50)
    assert found.items["mean"].to_list() == [2, 3, 4.75, 1.25, 4]
    assert found.bound.mean_variance == pytest.approx(2.03125)
    assert found.bound.vote_variance == pytest.approx(0.5)
    assert (found.rmse_bound, found.pcc_bound) == pytest.approx((0.353553391, 0.968742246), abs=1e-9)
    model = sources(found)["binovotes"]
    assert (model.rmse_bound.value, model.pcc_bound.value) == pytest.approx((0.362284419, 0.967152840), abs=1e-9)
    assert found.source == "data"


REAL = {
    "vqeghd3": (3.244792, 1.096437, 0.553819, 0.151907, 0.989421, 0.718393, 0.173012, 0.986255, 0.382590, 0.992704),
    "nflx_public": (3.544791, 1.419186, 0.481655, 0.136107, 0.993452, 0.576548, 0.148912, 0.992157, 0.394049, 0.994646),
}


@pytest.fixture(params=REAL)
def real_votes(request, shared_data):
    table = pl.read_csv(shared_data("35-binovotes") / f"{request.param}.csv").drop("asset", "content")
    return request.param, table.to_numpy().astype(float)


def test_sheet35_real_votes(real_votes):
    name, votes = real_votes
    mean, spread, variance, rmse, pcc, model_variance, model_rmse, model_pcc, residual, adjusted = REAL[name]
    found = ceiling_of(votes, repeats=200)
    data, model, free = (sources(found)[source] for source in ("data", "binovotes", "without rater bias"))
    assert (data.mean, data.mean_variance, data.vote_variance) == pytest.approx((mean, spread, variance), abs=1e-6)
    assert (data.rmse_bound.value, data.pcc_bound.value) == pytest.approx((rmse, pcc), abs=1e-6)
    assert model.vote_variance == pytest.approx(model_variance, abs=1e-6)
    assert (model.rmse_bound.value, model.pcc_bound.value) == pytest.approx((model_rmse, model_pcc), abs=1e-6)
    assert (free.vote_variance, free.pcc_bound.value) == pytest.approx((residual, adjusted), abs=1e-6)
    assert abs(data.pcc_bound.value - model.pcc_bound.value) < 0.0035
    assert 1.19 < model.vote_variance / data.vote_variance < 1.31
    assert found.dispersion == pytest.approx({"vqeghd3": 0.77, "nflx_public": 0.84}[name], abs=0.005)
    for bound in found.bounds:
        assert bound.pcc_bound.low < bound.pcc_bound.value < bound.pcc_bound.high
        assert bound.rmse_bound.low < bound.rmse_bound.value < bound.rmse_bound.high


def test_sheet35_split_halves(real_votes):
    """What two halves of the raters really agree to is nearer to the bound without rater bias."""
    name, votes = real_votes
    raters, half = votes.shape[1], votes.shape[1] // 2
    rng = np.random.default_rng(0)
    observed, apart = [], []
    for _ in range(2000):
        order = rng.permutation(raters)
        one, other = votes[:, order[:half]].mean(axis=1), votes[:, order[half:]].mean(axis=1)
        observed.append(np.corrcoef(one, other)[0, 1])
        apart.append(((one - other) ** 2).mean())
    found = sources(ceiling_of(votes, repeats=0))

    def predicted(bound):
        return bound.quality_variance / (bound.quality_variance + bound.vote_variance / half)

    plain, free = predicted(found["data"]), predicted(found["without rater bias"])
    expected = {"vqeghd3": (0.9736, 0.9588, 0.9713), "nflx_public": (0.9799, 0.9742, 0.9789)}[name]
    assert (np.mean(observed), plain, free) == pytest.approx(expected, abs=0.001)
    assert abs(free - np.mean(observed)) < abs(plain - np.mean(observed))
    squares = {"vqeghd3": 0.092303, "nflx_public": 0.074101}[name]
    assert 2 * found["data"].vote_variance / half == pytest.approx(squares, abs=1e-5)
    assert np.mean(apart) == pytest.approx(squares, abs=0.003)


def test_the_bounds_are_intraclass_correlations(real_votes):
    """PCC bound squared: ICC(1,k) as it is, ICC(3,k) without rater bias."""
    _, votes = real_votes
    found = sources(ceiling_of(votes, repeats=0))
    for source, form in (("data", "ICC(1,k)"), ("without rater bias", "ICC(3,k)")):
        expected = intraclass_correlation(votes, form=form, repeats=0).value
        assert found[source].pcc_bound.value ** 2 == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n", [2, 4, 8, 24])
def test_sheet35_the_perfect_estimate_reaches_the_bound(n):
    """200,000 items of uniform quality: within .003 of sqrt(Var q / (Var q + E v / n)), E v = 2/3, Var q = 4/3."""
    rng = np.random.default_rng(n)
    quality = rng.uniform(1, 5, 200_000)
    means = simulate_mean_votes(quality, n, rng=rng)
    bound = math.sqrt((4 / 3) / (4 / 3 + (2 / 3) / n)), math.sqrt((2 / 3) / n)
    found = ceiling_of_means(means, n, estimates=quality, repeats=0)
    reached = found.estimates.row(0, named=True)
    assert (reached["pcc"], reached["rmse"]) == pytest.approx(bound, abs=0.003)
    assert (found.pcc_bound, found.rmse_bound) == pytest.approx(bound, abs=0.003)
    assert (found.pcc_bound, found.rmse_bound) == pytest.approx((reached["pcc"], reached["rmse"]), abs=0.003)


def test_sheet35_the_model_gives_the_same_from_means_as_the_data_from_votes():
    quality = np.random.default_rng(1).uniform(1, 5, 200_000)
    found = sources(ceiling_of(simulate_votes(quality, 8, rng=2), repeats=0))
    assert found["binovotes"].pcc_bound.value == pytest.approx(found["data"].pcc_bound.value, abs=0.0005)
    assert found["binovotes"].rmse_bound.value == pytest.approx(found["data"].rmse_bound.value, abs=0.0005)


@pytest.fixture(scope="module", params=[400, pytest.param(2000, marks=pytest.mark.slow)])
def finite_tests(request):
    """PCC of the perfect estimate, bound and z of tests of 100 items with 8 votes."""
    rng = np.random.default_rng(35)
    rows = []
    for _ in range(request.param):
        quality = rng.uniform(1, 5, 100)
        votes = simulate_votes(quality, 8, rng=rng)
        found = ceiling_of_means(
            votes.mean(axis=1), 8, variances=votes.var(axis=1, ddof=1), estimates=quality, repeats=0
        )
        rows.append((*found.estimates.select("pcc", "z").row(0), found.pcc_bound))
    return np.array(rows)


def test_sheet35_the_bare_comparison_says_nothing_and_the_flag_is_quiet(finite_tests):
    """The share above the bound lies in .49 to .57 for 2,000 tests; wider by the standard error for fewer."""
    pcc, z, bound = finite_tests.T
    assert (pcc.mean(), pcc.std()) == pytest.approx((0.9699, 0.0061), abs=0.001)
    assert (bound.mean(), bound.std()) == pytest.approx((0.9698, 0.0046), abs=0.001)
    assert (pcc > bound).mean() == pytest.approx(0.53, abs=0.04 * math.sqrt(2000 / len(pcc)))
    assert 0.76 < z.std() < 0.92
    assert (z > 2.58).mean() < 0.005


def test_an_estimate_that_knows_the_noise_is_flagged():
    quality = np.random.default_rng(0).uniform(1, 5, 300)
    votes = simulate_votes(quality, 4, rng=1)
    means = votes.mean(axis=1)
    cheat = means + np.random.default_rng(2).normal(0, 0.05, 300)
    found = ceiling_of(votes, estimates={"honest": quality, "cheat": cheat, "the means": means}, repeats=200)
    rows = {row["estimate"]: row for row in found.estimates.iter_rows(named=True)}
    assert (rows["cheat"]["above_bound"], rows["honest"]["above_bound"]) == (True, False)
    assert rows["cheat"]["z"] > 2.58 > rows["honest"]["z"]
    assert rows["the means"]["above_bound"] is None
    assert "fits noise" in rows["cheat"]["finding"]
    assert rows["the means"]["finding"].startswith("the mean votes themselves")


def test_the_share_of_the_ceiling_is_the_correlation_with_the_true_quality():
    rng = np.random.default_rng(4)
    quality = rng.uniform(1, 5, 50_000)
    estimate = quality + rng.normal(0, 1, len(quality))
    found = ceiling_of(simulate_votes(quality, 4, rng=rng), estimates=estimate, repeats=0)
    true = np.corrcoef(quality, estimate)[0, 1]
    assert found.estimates["share_of_ceiling"][0] == pytest.approx(true, abs=0.01)
    assert found.estimates["pcc"][0] < true - 0.02


def test_intervals_hold_the_truth_as_often_as_they_say():
    """300 tests of 60 items, 3 votes: 95 % intervals of the bound; standard error 1.3 %."""
    truth = math.sqrt((4 / 3) / (4 / 3 + 2 / 9))
    held = 0
    for seed in range(300):
        quality = np.random.default_rng(seed).uniform(1, 5, 60)
        votes = simulate_votes(quality, 3, rng=seed)
        means, variances = votes.mean(axis=1), votes.var(axis=1, ddof=1)
        interval = ceiling_of_means(means, 3, variances=variances, repeats=200).bound.pcc_bound
        held += interval.low <= truth <= interval.high
    assert 0.89 <= held / 300 <= 0.99


def test_resampled_raters_spread_as_other_panels_do():
    """Raters of different level and care: the bound moves with the panel far more than with the items of one panel."""
    rng = np.random.default_rng(9)
    quality = rng.uniform(1.5, 4.5, 400)

    def panel():
        level, care = rng.normal(0, 0.5, 12), rng.gamma(2, 0.35, 12)
        return quality[:, None] + level + rng.normal(size=(400, 12)) * care

    bounds = [ceiling_of(panel(), scale=None, repeats=0).rmse_bound for _ in range(300)]
    widths, narrow = [], []
    for _ in range(6):
        votes = panel()
        both = [ceiling_of(votes, scale=None, unit=unit, repeats=300).bound.rmse_bound for unit in ("rater", "item")]
        widths.append(both[0].high - both[0].low)
        narrow.append(both[1].high - both[1].low)
    wanted = 2 * 1.96 * np.std(bounds)
    assert 0.6 * wanted < np.mean(widths) < 1.3 * wanted  # a percentile interval of 12 raters is rather short
    assert np.mean(narrow) < 0.5 * np.mean(widths)


@pytest.mark.parametrize("estimates", [None, "half"])
def test_resampled_raters_are_centred_on_the_value(estimates):
    quality = np.random.default_rng(0).uniform(1, 5, 200)
    votes = simulate_votes(quality, 10, rng=1)
    votes[np.random.default_rng(2).random(votes.shape) < 0.2] = np.nan
    said = None if estimates is None else np.where(np.arange(200) % 2, quality, np.nan)
    found = ceiling_of(votes, unit="rater", estimates=said, repeats=400)
    for bound in found.bounds:
        middle = (bound.pcc_bound.low + bound.pcc_bound.high) / 2
        assert middle == pytest.approx(bound.pcc_bound.value, abs=0.006)
    if estimates:
        row = found.estimates.row(0, named=True)
        assert row["pcc_low"] < row["pcc"] < row["pcc_high"]
        assert row["rmse_low"] < row["rmse"] < row["rmse_high"]


def slow_bounds(votes, pooling):
    """The definitions, item by item."""
    cast = [row[~np.isnan(row)] for row in votes]
    cast = [row for row in cast if len(row)]
    means = [row.mean() for row in cast]
    variances = [row.var(ddof=1) if len(row) > 1 else None for row in cast]
    known = [v for v in variances if v is not None]
    average = sum(known) / len(known)
    if pooling == "authors":
        noise = average / np.mean([len(row) for row in cast])
    else:
        noise = np.mean([(average if v is None else v) / len(row) for v, row in zip(variances, cast, strict=True)])
    spread = np.var(means, ddof=1)
    return math.sqrt(noise), math.sqrt(max(0.0, 1 - noise / spread)) if spread else 0.0


holey = st.integers(0, 2**32 - 1).map(
    lambda seed: np.where(
        np.random.default_rng(seed).random((12, 5)) < 0.3,
        np.nan,
        simulate_votes(np.random.default_rng(seed + 1).uniform(1, 5, 12), 5, rng=seed),
    )
)


@given(holey, st.sampled_from(["per-item", "authors"]))
def test_it_is_the_slow_reference_whatever_is_missing(votes, pooling):
    found = ceiling_of(votes, pooling=pooling, repeats=0)
    assert (found.rmse_bound, found.pcc_bound) == pytest.approx(slow_bounds(votes, pooling), abs=1e-9)


@given(holey, st.randoms())
def test_order_and_names_do_not_matter(votes, random):
    rows, columns = list(range(12)), list(range(5))
    random.shuffle(rows)
    random.shuffle(columns)
    one, other = (ceiling_of(table, repeats=0).table() for table in (votes, votes[np.ix_(rows, columns)]))
    for name in one.columns[1:]:
        np.testing.assert_allclose(one[name], other[name], atol=1e-7)


@given(holey, st.floats(0.1, 50), st.floats(-20, 20))
def test_a_change_of_unit_changes_no_correlation(votes, factor, shift):
    plain = ceiling_of(votes, repeats=0)
    scale = (factor + shift, 5 * factor + shift, 5)
    other = ceiling_of(votes * factor + shift, scale=scale, repeats=0)
    assert plain.bounds
    for one, two in zip(plain.bounds, other.bounds, strict=True):
        assert two.pcc_bound.value == pytest.approx(one.pcc_bound.value, abs=1e-6)
        assert two.rmse_bound.value == pytest.approx(one.rmse_bound.value * factor, rel=1e-6, abs=1e-9)


def test_the_residual_is_that_of_least_squares_also_with_holes():
    rng = np.random.default_rng(6)
    votes = rng.uniform(1, 5, (30, 1)) + rng.normal(0, 1, 6) + rng.normal(0, 0.4, (30, 6))
    votes[rng.random(votes.shape) < 0.4] = np.nan
    item, rater = np.nonzero(~np.isnan(votes))
    design = np.zeros((len(item), 36))
    design[np.arange(len(item)), item] = design[np.arange(len(item)), 30 + rater] = 1
    value = votes[item, rater]
    solution, _, rank, _ = np.linalg.lstsq(design, value)
    left = ((value - design @ solution) ** 2).sum() / (len(value) - rank)
    found = ceiling_of(votes, scale=None, repeats=0)
    counted = (~np.isnan(votes)).sum(axis=1)
    assert found.raters["level"].is_finite().all()
    levels = dict(found.raters.select("rater", "level").iter_rows())
    differences = solution[30:] - solution[30]
    for place, expected in enumerate(differences):
        assert levels[str(place)] - levels["0"] == pytest.approx(expected, abs=1e-6)
    from psephos.agreement.noise_ceilings.bounds import without_rater_bias

    bias = without_rater_bias(item.astype(np.int32), rater.astype(np.int32), value, 30, 6)
    assert bias is not None
    assert bias.residual == pytest.approx(left, rel=1e-9)
    assert counted.sum() == len(value)
    assert any("adjusted means" in note for note in found.provenance.notes)


def test_items_without_votes_are_dropped_and_listed():
    votes = [*FIVE, [np.nan] * 4]
    found = ceiling_of(votes, repeats=0, estimates=[1, 2, 3, 4, 5, 6])
    assert found.dropped == ("5",)
    assert found.table().equals(ceiling_of(FIVE, repeats=0).table())
    assert any(note == "1 item has no vote: 5" for note in found.provenance.notes)
    assert found.estimates["items"][0] == 5


def test_one_vote_an_item_falls_back_to_the_model_and_says_so():
    votes = [[1, np.nan], [np.nan, 3], [4, np.nan], [np.nan, 5], [2, 2]]
    found = ceiling_of(votes, repeats=0)
    assert found.source == "binovotes"
    assert "no two items have two votes" in found.provenance.notes[0]
    assert sources(found).keys() == {"binovotes"}
    with pytest.raises(InputError) as caught:
        ceiling_of(votes, scale=None)
    assert caught.value.argument == "votes"


def test_the_variance_of_another_test_a_number_or_a_function():
    one = ceiling_of(FIVE, vote_variance=0.5, repeats=0)
    assert one.source == "other-test"
    assert one.pcc_bound == pytest.approx(ceiling_of(FIVE, repeats=0).pcc_bound)
    means = np.array(FIVE).mean(axis=1)
    other = ceiling_of(FIVE, vote_variance=lambda m: (m - 1) * (5 - m) / 4, repeats=0)
    assert other.bound.vote_variance == pytest.approx(np.mean((means - 1) * (5 - means) / 4))
    assert other.provenance.parameters["vote_variance"] == "a function"


def test_a_dispersion_scales_the_model():
    quality = np.random.default_rng(1).uniform(1, 5, 100_000)
    votes = simulate_votes(quality, 6, dispersion=0.77, rng=2)
    plain = sources(ceiling_of(votes, repeats=0))
    scaled = sources(ceiling_of(votes, dispersion=ceiling_of(votes, repeats=0).dispersion, repeats=0))
    assert plain["binovotes"].vote_variance > 1.2 * plain["data"].vote_variance
    assert scaled["binovotes"].vote_variance == pytest.approx(plain["data"].vote_variance, rel=1e-9)


def test_a_slider_is_no_scale_of_a_hundred_levels():
    rng = np.random.default_rng(0)
    votes = np.clip(np.round(rng.uniform(20, 80, (200, 1)) + rng.normal(0, 12, (200, 8))), 0, 100)
    found = ceiling_of(votes, scale=(0, 100, 101), vote_variance="binovotes", repeats=0)
    note = next(note for note in found.provenance.notes if "slider" in note)
    assert f"{found.effective_levels:.3g} levels" in note
    model, data = sources(found)["binovotes"], sources(found)["data"]
    assert model.vote_variance < data.vote_variance / 5
    fitted = ceiling_of(votes, scale=(0, 100, found.effective_levels), vote_variance="binovotes", repeats=0)
    assert fitted.bound.vote_variance == pytest.approx(data.vote_variance, rel=1e-6)


def test_no_differences_in_quality_are_a_bound_of_nought_and_a_note():
    rng = np.random.default_rng(3)
    votes = rng.integers(1, 6, (30, 4))
    votes[:, :] = rng.permuted(np.tile([1, 2, 4, 5], (30, 1)), axis=1)
    found = ceiling_of(votes, estimates=rng.random(30), repeats=0)
    assert found.pcc_bound == 0
    assert "no detectable quality differences" in str(found)
    assert found.estimates["share_of_ceiling"][0] is None
    with pytest.raises(InputError) as caught:
        votes_needed(found, 0.9)
    assert caught.value.argument == "ceiling"


def test_fewer_than_three_items_have_no_correlation():
    found = ceiling_of([[1, 2], [4, 5]], estimates=[1, 2])
    assert math.isnan(found.pcc_bound)
    assert found.rmse_bound == pytest.approx(0.5)
    row = found.estimates.row(0, named=True)
    assert (row["pcc"], row["z"], row["above_bound"]) == (None, None, None)
    assert row["finding"] == "fewer than 3 items have an estimate"
    assert found.to_dict()["rows"][0]["pcc_bound"] is None


def test_a_constant_estimate_has_no_correlation_and_a_reason():
    row = ceiling_of(FIVE, estimates=[3.0] * 5, repeats=100).estimates.row(0, named=True)
    assert row["pcc"] is None
    assert "all the same" in row["finding"]
    assert row["rmse"] == pytest.approx(math.sqrt(np.mean((np.array(FIVE).mean(axis=1) - 3) ** 2)))


def test_estimates_come_by_name_in_any_form():
    matrix = from_matrix(FIVE, kind="scores", items=list("abcde"))
    said = {"good": [2, 3, 5, 1, 4], "bad": [3, 1, 2, 4, 4]}
    plain = ceiling_of(matrix, estimates=said, repeats=100)
    item, voter = list("edcba") * 2, ["good"] * 5 + ["bad"] * 5
    score = said["good"][::-1] + said["bad"][::-1]
    by_voter = ceiling_of(matrix, estimates=scores(item, voter, score), repeats=100)
    by_candidate = ceiling_of(matrix, estimates=results(voter, item, score), repeats=100)
    assert plain.estimates.equals(by_voter.estimates)
    assert plain.estimates.equals(by_candidate.estimates)
    assert plain.estimates["estimate"].to_list() == ["good", "bad"]


def test_two_estimates_are_compared_on_the_same_items():
    quality = np.random.default_rng(0).uniform(1, 5, 200)
    votes = simulate_votes(quality, 6, rng=1)
    noise = np.random.default_rng(2).normal(size=(3, 200))
    said = {"a": quality + noise[0] / 3, "b": quality + noise[1], "c": quality + noise[0] / 3 + noise[2] / 50}
    found = ceiling_of(votes, estimates=said, repeats=0).comparisons
    by_pair = {frozenset(row[:2]): row for row in found.select("left", "right", "p_adjusted").iter_rows()}
    assert by_pair[frozenset("ab")][2] < 1e-6
    assert by_pair[frozenset("ac")][2] > 0.001
    assert (found["difference"] >= 0).all()


def test_off_grid_votes_are_noted_or_refused():
    votes = np.array(FIVE, float)
    votes[1, 2] = 3.5
    assert any("1 of 20 votes lie between" in note for note in ceiling_of(votes, repeats=0).provenance.notes)
    with pytest.raises(ScaleError) as caught:
        ceiling_of(votes, strict=True)
    assert caught.value.where == "item '1', rater '2'"


@pytest.mark.parametrize(
    ("call", "kind", "argument"),
    [
        (lambda: ceiling_of([[1, 7], [2, 3]]), ScaleError, "votes"),
        (lambda: ceiling_of([[1, 2], [2, 3]], scale=(1, 5, 1)), InputError, "scale"),
        (lambda: ceiling_of([[1, 2], [2, 3]], scale=(5, 5, 5)), InputError, "scale"),
        (lambda: ceiling_of([[1, math.inf], [2, 3]]), InputError, "votes"),
        (lambda: ceiling_of([[math.nan, math.nan]]), InputError, "votes"),
        (lambda: ceiling_of([[1, 2]]), InputError, "votes"),
        (lambda: ceiling_of([1, 2, 3]), InputError, "votes"),
        (lambda: ceiling_of(labels(["a"], ["x"], ["1"])), InputError, "votes"),
        (lambda: ceiling_of(FIVE, estimates=[1, 2]), InputError, "estimates"),
        (lambda: ceiling_of(FIVE, estimates=labels(["a"], ["x"], ["1"])), InputError, "estimates"),
        (lambda: ceiling_of(FIVE, estimates=scores(["z"], ["x"], [1])), InputError, "estimates"),
        (
            lambda: ceiling_of(FIVE, estimates=scores(["0", "0"], ["x", "x"], [1, 2], round=[0, 1])),
            InputError,
            "estimates",
        ),
        (lambda: ceiling_of(FIVE, vote_variance="guess"), InputError, "vote_variance"),
        (lambda: ceiling_of(FIVE, vote_variance=-1), InputError, "vote_variance"),
        (lambda: ceiling_of(FIVE, vote_variance=lambda m: -m), InputError, "vote_variance"),
        (lambda: ceiling_of(FIVE, vote_variance="binovotes", scale=None), InputError, "scale"),
        (lambda: ceiling_of(FIVE, vote_variance=0.5, unit="rater"), InputError, "unit"),
        (lambda: ceiling_of(FIVE, unit="person"), InputError, "unit"),
        (lambda: ceiling_of(FIVE, pooling="all"), InputError, "pooling"),
        (lambda: ceiling_of(FIVE, dispersion=0), InputError, "dispersion"),
        (lambda: ceiling_of(FIVE, repeats=-1), InputError, "repeats"),
        (lambda: ceiling_of(FIVE, level=95), InputError, "level"),
        (lambda: ceiling_of([[1, 1], [1, 1], [5, 5]], vote_variance="binovotes"), ModelMismatchError, "votes"),
        (lambda: ceiling_of_means([1, 5, 1, 5], 3), ModelMismatchError, "means"),
        (lambda: ceiling_of_means([0, 1, 1], 1, scale=(0, 1, 2)), InputError, "means"),
        (lambda: ceiling_of_means([1, 9], 3), ScaleError, "means"),
        (lambda: ceiling_of_means([1, 2], [3]), InputError, "votes"),
        (lambda: ceiling_of_means([1, 2], 0), InputError, "votes"),
        (lambda: ceiling_of_means([1, 2], 3, variances=[1]), InputError, "variances"),
        (lambda: ceiling_of_means([1, 2], 3, variances=[1, -1]), InputError, "variances"),
        (lambda: ceiling_of_moments(votes=10, mean=3), InputError, "mean_variance"),
        (lambda: ceiling_of_moments(votes=10, mean_variance=1, quality_variance=1), InputError, "mean_variance"),
        (lambda: ceiling_of_moments(votes=10, mean_variance=1), InputError, "mean"),
        (lambda: ceiling_of_moments(votes=10, mean=3, mean_variance=4.5), ModelMismatchError, "mean_variance"),
        (lambda: ceiling_of_moments(votes=10, mean=3, quality_variance=4.5), ModelMismatchError, "quality_variance"),
        (
            lambda: ceiling_of_moments(votes=1, mean=0.5, mean_variance=0.2, scale=(0, 1, 2)),
            InputError,
            "mean_variance",
        ),
        (lambda: ceiling_of_moments(votes=0.5, mean=3, mean_variance=1), InputError, "votes"),
    ],
)
def test_bad_input_is_named(call, kind, argument):
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.argument == argument


def test_a_vote_off_the_scale_names_item_rater_and_value():
    with pytest.raises(ScaleError) as caught:
        ceiling_of(scores(["clip"] * 2, ["ann", "bob"], [3, 11]))
    assert (caught.value.where, caught.value.problem) == (
        "item 'clip', rater 'bob'",
        "11 lies outside the scale, 1 to 5 in 5 levels",
    )


def test_sheet35_impossible_means_are_named_with_their_numbers():
    with pytest.raises(ModelMismatchError) as caught:
        ceiling_of_moments(votes=10, mean=3, mean_variance=4.5)
    for number in ("mean 3", "variance 4.5", "at most 4"):
        assert number in caught.value.problem


def test_sheet35_the_test_above_the_bound_needs_four_items_and_a_bound_below_one():
    three = ceiling_of([[1, 2], [3, 3], [5, 4]], estimates=[1, 2, 5], repeats=0).estimates.row(0, named=True)
    assert three["pcc"] is not None
    assert (three["z"], three["above_bound"]) == (None, None)
    sure = ceiling_of([[1, 1], [2, 2], [3, 3], [4, 4], [5, 5]], estimates=[1, 2, 3, 5, 4], repeats=0)
    assert sure.pcc_bound == 1
    assert sure.estimates.select("z", "above_bound").row(0) == (None, None)
    assert math.isnan(sure.effective_levels)  # no votes differ: it was divided by their variance


def test_one_binary_vote_says_so():
    with pytest.raises(InputError, match="one binary vote carries no variance information"):
        ceiling_of_means([0, 1, 1], 1, scale=(0, 1, 2))


def test_average_numbers_of_votes_need_not_be_whole():
    found = ceiling_of_moments(votes=7.5, mean=3, mean_variance=1)
    assert found.bound.vote_variance == pytest.approx(7.5 / (7.5 * 4 - 1) * (4 - 1))


def test_the_seed_repeats_the_answer_and_items_alike_are_drawn_as_one():
    quality = np.random.default_rng(0).uniform(1, 5, 3000)
    means = simulate_mean_votes(quality, 3, rng=1)
    one, other = (ceiling_of_means(means, 3, rng=5) for _ in range(2))
    assert one.table().equals(other.table())
    apart = ceiling_of_means(means, 3, estimates=quality, rng=5)  # with estimates, items are drawn one by one
    width = one.bound.pcc_bound.high - one.bound.pcc_bound.low
    assert apart.bound.pcc_bound.high - apart.bound.pcc_bound.low == pytest.approx(width, rel=0.15)


def test_votes_needed_and_plan_are_the_formula():
    ceiling = ceiling_of_moments(votes=10, quality_variance=0.6, vote_variance=0.9)
    for target in (0.5, 0.9, 0.95, 0.99):
        n = votes_needed(ceiling, target)
        reach = vote_plan(ceiling, [n])["pcc_bound"][0]
        assert reach >= target - 1e-12
        assert n == 1 or vote_plan(ceiling, [n - 1])["pcc_bound"][0] < target
    plan = vote_plan(ceiling, [2, 10, 10**6])
    assert plan["rmse_bound"][1] == pytest.approx(0.3)
    assert plan["pcc_bound"][1] == pytest.approx(0.932504808, abs=1e-9)
    for n, more in plan.head(2).select("votes", "next_hundredth").iter_rows():
        before, after, short = vote_plan(ceiling, [n, n + more, n + more - 1])["pcc_bound"]
        assert after >= before + 0.01 > short - 1e-12
    assert plan["next_hundredth"][2] is None


def test_votes_go_where_they_help():
    votes = np.array([[3, 3, 3, 3.0], [1, 5, 1, 5], [2, 3, 3, np.nan], [4, np.nan, np.nan, np.nan]])
    table = where_to_vote(ceiling_of(votes, repeats=0))
    assert table["item"][0] == "3"  # one vote only
    assert table["item"][-1] == "0"  # four votes, all alike
    near = where_to_vote(ceiling_of(votes, repeats=0), threshold=3.1, limit=2)
    assert near.height == 2
    assert near["wrong_side"].is_between(0, 0.5).all()
    with pytest.raises(InputError) as caught:
        where_to_vote(ceiling_of_moments(votes=3, mean=3, mean_variance=1))
    assert caught.value.argument == "ceiling"


def test_rank_ceilings_are_what_the_true_order_reaches():
    rng = np.random.default_rng(0)
    quality = 1 + 4 * rng.beta(2, 2, 20_000)
    votes = simulate_votes(quality, 5, rng=1)
    ceiling = ceiling_of(votes, repeats=0)
    found = rank_ceiling(ceiling, items=2000, repeats=20)
    from scipy import stats

    means = votes.mean(axis=1)
    assert found.measures["Spearman"].value == pytest.approx(stats.spearmanr(quality, means).statistic, abs=0.01)
    assert found.measures["Kendall tau-b"].value == pytest.approx(stats.kendalltau(quality, means).statistic, abs=0.01)
    assert found.measures["Pearson"].value == pytest.approx(ceiling.pcc_bound, abs=0.01)
    left, right = rng.integers(0, 20_000, (2, 200_000))
    order = np.sign(quality[left] - quality[right]) * np.sign(means[left] - means[right])
    assert found.measures["pairwise accuracy"].value == pytest.approx((1 + order[left != right].mean()) / 2, abs=0.01)
    assert found.table().equals(rank_ceiling(ceiling, items=2000, repeats=20).table())


@pytest.mark.parametrize(
    ("ceiling", "options", "argument"),
    [
        (lambda: ceiling_of(FIVE, scale=None, repeats=0), {}, "ceiling"),
        (lambda: ceiling_of_moments(votes=3, mean_variance=1, vote_variance=1), {}, "ceiling"),
        (lambda: ceiling_of(FIVE, repeats=0), {"items": 1}, "items"),
        (lambda: ceiling_of(FIVE, repeats=0), {"repeats": 1}, "repeats"),
    ],
)
def test_what_cannot_be_simulated_is_refused(ceiling, options, argument):
    with pytest.raises(InputError) as caught:
        rank_ceiling(ceiling(), **options)
    assert caught.value.argument == argument


def test_the_whole_answer_is_json_and_text():
    found = ceiling_of(FIVE, estimates={"<b>": [1, 2, 3, 4, 5]}, repeats=100)
    said = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert said["result"] == "noiseceiling"
    assert said["estimates"][0]["estimate"] == "<b>"
    assert "<b>" not in found._repr_html_()
    assert str(found).splitlines()[0].startswith("ceiling")
    assert found.bound.repeat_pcc == pytest.approx(found.pcc_bound**2)
    assert found.bound.repeat_mse == pytest.approx(2 * 0.5 / 4)
    assert found.provenance.seed == 0
