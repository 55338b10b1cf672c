import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from psephos.errors import InputError
from psephos.statistics import _evaluation, _resampling, bca_interval, bootstrap, replicate_intervals, reweightings

# 26 neurologically impaired children, Efron and Tibshirani (1993), table 14.1, test A
SPATIAL = np.array(
    [48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41]
)


def mean_of(values):
    return lambda weights: weights @ values / weights.sum(axis=1)


def variance_of(values):
    def statistic(weights):
        total = weights.sum(axis=1)
        return weights @ values**2 / total - (weights @ values / total) ** 2

    return statistic


def drawn(n, **how):
    """The weights themselves, shape (repeats, n)."""
    return bootstrap(lambda weights: weights, n, method="percentile", **how).replicates


@pytest.mark.parametrize(
    ("method", "low", "high"),
    [
        pytest.param("bca", 115.8, 259.6, id="efron1993-table14.2-bca"),
        pytest.param("percentile", 100.8, 233.9, id="efron1993-table14.2-percentile"),
    ],
)
def test_published_interval_of_a_variance(method, low, high):
    """Theirs rests on 2000 replicates: an end has a standard error of about 2.5, the two methods are 15 apart."""
    result = bootstrap(variance_of(SPATIAL), 26, repeats=20_000, level=0.9, method=method, rng=0)
    assert round(float(result.value), 1) == 171.5
    assert (result.low, result.high) == (pytest.approx(low, abs=7), pytest.approx(high, abs=7))


@pytest.mark.parametrize(("method", "peer"), [("bca", "BCa"), ("percentile", "percentile")])
def test_same_ends_as_scipy(method, peer):
    data = np.random.default_rng(1).exponential(size=60)
    ours = bootstrap(mean_of(data), 60, repeats=8000, method=method, rng=2)
    theirs = stats.bootstrap((data,), np.mean, n_resamples=8000, method=peer, rng=3)
    # an end read off 8000 replicates has a standard error of .03 standard errors of the mean
    tolerance = 5 * math.sqrt(2) * 0.03 * theirs.standard_error
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs.confidence_interval), abs=tolerance)


def test_standard_error_of_a_mean():
    data = np.random.default_rng(4).normal(size=300)
    result = bootstrap(mean_of(data), 300, repeats=5000, method="normal", rng=5)
    # relative standard error of a standard deviation: 1 / sqrt(2 * 5000) = .01
    assert result.standard_error == pytest.approx(data.std() / math.sqrt(300), rel=0.04)
    assert result.high - result.value == pytest.approx(1.959964 * result.standard_error)
    assert result.value - result.low == pytest.approx(1.959964 * result.standard_error)


@pytest.mark.parametrize("units_per_row", [0, 10**9], ids=["multinomial", "unit by unit"])
def test_weights_are_multinomial(monkeypatch, units_per_row):
    monkeypatch.setattr(_resampling, "UNITS_PER_ROW", units_per_row)
    copies = np.array([5, 0, 1, 3, 11])
    weights = drawn(5, multiplicity=copies, repeats=20_000, rng=6)
    assert (weights.sum(axis=1) == 20).all()
    share = copies / 20
    covariance = 20 * (np.diag(share) - np.outer(share, share))
    assert weights.mean(axis=0) == pytest.approx(copies, abs=5 * math.sqrt(5 / 20_000))
    # the entries of a covariance of 20000 draws with variances up to 5 have standard errors below .05
    assert np.cov(weights.T, bias=True) == pytest.approx(covariance, abs=0.25)


@pytest.mark.parametrize("units_per_row", [0, 10**9], ids=["multinomial", "unit by unit"])
def test_strata_keep_their_totals(monkeypatch, units_per_row):
    monkeypatch.setattr(_resampling, "UNITS_PER_ROW", units_per_row)
    strata = np.array([2, 0, 2, 0, 9, 2])
    copies = np.array([1, 4, 2, 1, 3, 1])
    weights = drawn(6, multiplicity=copies, strata=strata, repeats=4000, rng=7)
    for stratum in (0, 2, 9):
        inside = strata == stratum
        assert (weights[:, inside].sum(axis=1) == copies[inside].sum()).all()
    assert weights.mean(axis=0) == pytest.approx(copies, abs=5 * math.sqrt(1 / 4000))
    assert (weights.std(axis=0) > 0).tolist() == [True, True, True, True, False, True]


def test_clusters_are_drawn_whole():
    clusters = np.array([5, 1, 5, 8, 1, 5])
    copies = np.array([1, 2, 3, 1, 0, 1])
    weights = drawn(6, clusters=clusters, multiplicity=copies, repeats=500, rng=8)
    times = weights[:, [0, 1, 3]] / copies[[0, 1, 3]]
    assert (times.sum(axis=1) == 3).all()
    assert (weights == times[:, [0, 1, 0, 2, 1, 0]] * copies).all()
    assert (bootstrap(lambda w: w, 6, clusters=clusters, multiplicity=copies, rng=8).value == copies).all()


def test_clusters_of_one_are_rows():
    data = np.random.default_rng(9).normal(size=30)
    plain = bootstrap(mean_of(data), 30, rng=10)
    alone = bootstrap(mean_of(data), 30, clusters=np.arange(30)[::-1] + 4, rng=10)
    assert alone.value == plain.value
    assert alone.standard_error == pytest.approx(plain.standard_error, rel=0.15)


def test_wish_draws_of_one_item_are_clustered():
    """Ten equal draws an item hold no more than one: the error is sqrt(10) times that of rows (inspect_ai#1113)."""
    scores = np.repeat(np.random.default_rng(11).normal(size=50), 10)
    rows = bootstrap(mean_of(scores), 500, repeats=2000, rng=12)
    items = bootstrap(mean_of(scores), 500, clusters=np.arange(500) // 10, repeats=2000, rng=12)
    assert items.standard_error / rows.standard_error == pytest.approx(math.sqrt(10), rel=0.1)


def test_wish_deduplicated_rows_give_the_same_answer():
    """A million rows of few kinds cost what the kinds cost (FastChat#3523)."""
    rng = np.random.default_rng(13)
    scores = rng.integers(1, 6, 1_000_000)
    kinds, copies = np.unique(scores, return_counts=True)
    result = bootstrap(mean_of(kinds.astype(float)), len(kinds), multiplicity=copies, repeats=4000, rng=14)
    assert result.value == pytest.approx(scores.mean())
    assert result.standard_error == pytest.approx(scores.std() / 1000, rel=0.05)


def test_jackknife_of_multiples_in_strata():
    """The ends are those of all 25 units left out one at a time."""
    values, copies, strata = np.array([1.0, 2.0, 9.0, 4.0, 30.0]), np.array([6, 3, 2, 10, 4]), np.array([0, 0, 0, 1, 1])
    result = bootstrap(mean_of(values), 5, multiplicity=copies, strata=strata, rng=15)
    units, stratum = np.repeat(values, copies), np.repeat(strata, copies)
    jackknife = [np.delete(units, unit).mean() for unit in range(25)]
    expected = bca_interval(units.mean(), result.replicates, jackknife, strata=stratum)
    assert (result.low, result.high) == pytest.approx(expected, abs=1e-9)
    assert (result.low, result.high) != pytest.approx(
        bca_interval(units.mean(), result.replicates, jackknife), rel=1e-3
    )


def test_wish_absent_groups_are_counted():
    """Two of five rows are in the group: it is absent from (3/5)^5 of the resamples (fairlearn#1441)."""
    group, scores = np.array([1.0, 1.0, 0, 0, 0]), np.array([0.2, 0.8, 0.5, 0.5, 0.5])

    def mean_of_group(weights):
        size = weights @ group
        return np.divide(weights @ (group * scores), size, out=np.full(len(weights), np.nan), where=size > 0)

    result = bootstrap(mean_of_group, 5, repeats=10_000, method="percentile", rng=17)
    assert result.undefined == np.isnan(result.replicates).sum()
    assert result.undefined / 10_000 == pytest.approx(0.6**5, abs=4 * math.sqrt(0.0778 * 0.9222 / 10_000))
    defined = result.replicates[~np.isnan(result.replicates)]
    assert (result.low, result.high) == pytest.approx(tuple(np.quantile(defined, [0.025, 0.975])))
    assert result.standard_error == pytest.approx(defined.std(ddof=1))
    assert f"{result.undefined} undefined" in str(result)


@pytest.mark.parametrize("method", ["bca", "percentile", "normal"])
def test_statistic_that_is_never_defined(method):
    result = bootstrap(lambda weights: np.full(len(weights), np.nan), 3, repeats=20, method=method)
    assert np.isnan([result.value, result.low, result.high, result.standard_error]).all()
    assert result.undefined == 20


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_undefined_value_has_no_interval(method):
    """Defined on resamples that lack a row, not on the data."""
    result = bootstrap(
        lambda weights: np.where((weights == 1).all(axis=1), np.nan, weights[:, 0]), 3, repeats=50, method=method, rng=0
    )
    assert np.isnan([result.value, result.low, result.high]).all()
    assert result.undefined < 50


@pytest.mark.parametrize("method", ["bca", "percentile", "normal"])
def test_no_variation(method):
    result = bootstrap(mean_of(np.full(7, 0.25)), 7, repeats=50, method=method, rng=0)
    assert result.value == result.low == result.high == 0.25
    assert result.standard_error == 0


SCHEMES = {
    "rows": {},
    "multiplicity": {"multiplicity": np.arange(24) * 9},
    "strata": {"strata": np.arange(24) % 3},
    "strata of multiples": {"strata": np.arange(24) % 3, "multiplicity": np.arange(24) * 9},
    "small strata": {"strata": np.arange(24) % 8},
    "clusters": {"clusters": np.arange(24) // 2},
    "clusters in strata": {"clusters": np.arange(24) // 2, "strata": np.arange(24) // 12},
}


@pytest.mark.parametrize("how", SCHEMES.values(), ids=SCHEMES.keys())
@pytest.mark.parametrize("groups", [500, 6], ids=["leave one out", "leave a group out"])
def test_chunks_do_not_change_results(monkeypatch, how, groups):
    monkeypatch.setattr(_resampling, "JACKKNIFE_GROUPS", groups)
    values = np.arange(24) ** 2
    results = []
    for cells in (1, 24 * 7, 10**9):
        monkeypatch.setattr(_evaluation, "CHUNK_CELLS", cells)
        results.append(bootstrap(lambda w: (w @ values) / w.sum(axis=1), 24, repeats=30, rng=18, **how))
    for other in results[1:]:
        assert (other.replicates == results[0].replicates).all()
        assert (other.low, other.high) == pytest.approx((results[0].low, results[0].high), rel=1e-12)


def test_chunks_bound_the_rows_handed_over(monkeypatch):
    monkeypatch.setattr(_evaluation, "CHUNK_CELLS", 100)
    seen = []
    bootstrap(lambda w: seen.append(w.shape) or w[:, 0], 20, repeats=50, rng=0)
    assert max(rows * n for rows, n in seen) <= 100


@pytest.mark.parametrize("how", SCHEMES.values(), ids=SCHEMES.keys())
@pytest.mark.parametrize("groups", [500, 6], ids=["leave one out", "leave a group out"])
def test_jackknife_leaves_every_unit_out_once(monkeypatch, how, groups):
    monkeypatch.setattr(_resampling, "JACKKNIFE_GROUPS", groups)
    units = _resampling.units_of(24, how.get("multiplicity"), how.get("clusters"), how.get("strata"))
    plan = _resampling.jackknife_plan(units, np.random.default_rng(19))
    weights = np.concatenate(list(_resampling.jackknife_samples(units, plan)))
    left_out = (units.multiplicity - weights) * plan.copies[:, None]
    assert (left_out.sum(axis=0) == units.multiplicity).all()
    if groups == 6:
        groups_in_stratum = np.bincount(plan.strata)
        assert groups_in_stratum.min() >= 2
        assert len(weights) <= 6 + 2 * len(groups_in_stratum)
        sizes = (units.multiplicity - weights).sum(axis=1)
        for stratum in np.unique(plan.strata):
            inside = sizes[plan.strata == stratum]
            assert inside.max() - inside.min() <= (2 if "clusters" in how else 1)


def test_grouped_jackknife_estimates_the_same_acceleration(monkeypatch):
    """Over 60 random groupings; groups of neighbours, or a forgotten group size, would be 2.4 times off."""
    data = np.sort(np.random.default_rng(20).exponential(size=600))
    units = _resampling.units_of(600, None, None, None)

    def acceleration(seed):
        plan = _resampling.jackknife_plan(units, np.random.default_rng(seed))
        values = _evaluation.evaluate(mean_of(data), _resampling.jackknife_samples(units, plan))
        return float(replicate_intervals._acceleration(values, plan.copies, plan.strata))

    monkeypatch.setattr(_resampling, "JACKKNIFE_GROUPS", 600)
    exact = acceleration(0)
    assert exact == pytest.approx(stats.skew(data) / (6 * math.sqrt(600)))
    monkeypatch.setattr(_resampling, "JACKKNIFE_GROUPS", 100)
    assert np.mean([acceleration(seed) for seed in range(60)]) == pytest.approx(exact, rel=0.25)


def test_columns_equal_single_statistics():
    data = np.random.default_rng(21).exponential(size=(40, 2))
    both = bootstrap(lambda w: w @ data / w.sum(axis=1, keepdims=True), 40, rng=22)
    assert both.value.shape == both.low.shape == both.standard_error.shape == both.undefined.shape == (2,)
    for column in range(2):
        single = bootstrap(mean_of(data[:, column]), 40, rng=22)
        assert both.interval(column).low == pytest.approx(float(single.low))
        assert both.interval(column).high == pytest.approx(single.interval().high)
    assert len(str(both).splitlines()) == 2


def test_random_numbers():
    data = np.arange(10.0)
    first, again = (bootstrap(mean_of(data), 10, repeats=20, rng=23).replicates for _ in range(2))
    assert (first == again).all()
    source = np.random.default_rng(23)
    one, two = (bootstrap(mean_of(data), 10, repeats=20, rng=source).replicates for _ in range(2))
    assert (one == first).all()
    assert (one != two).any()
    fresh = [bootstrap(mean_of(data), 10, repeats=20).replicates for _ in range(2)]
    assert (fresh[0] != fresh[1]).any()


@given(st.integers(2, 30), st.integers(0, 2**32), st.floats(0.1, 10), st.floats(-10, 10))
@settings(max_examples=40)
def test_interval_follows_affine_maps(n, seed, scale, shift):
    data = np.random.default_rng(seed).normal(size=n)
    plain = bootstrap(mean_of(data), n, repeats=60, rng=seed)
    mapped = bootstrap(mean_of(scale * data + shift), n, repeats=60, rng=seed)
    expected = (scale * plain.low + shift, scale * plain.high + shift)
    assert (mapped.low, mapped.high) == pytest.approx(expected, abs=1e-7)


def test_interval_narrows_with_the_data():
    rng = np.random.default_rng(24)
    widths = [np.ptp([r.low, r.high]) for n in (50, 800) for r in [bootstrap(mean_of(rng.normal(size=n)), n, rng=25)]]
    assert widths[0] / widths[1] == pytest.approx(4, rel=0.3)


def test_coverage_of_clustered_data():
    """Six rows an item and 80 % of the variance between items: rows drawn one by one cover about 60 %, items 95 %."""
    rng = np.random.default_rng(26)
    clusters, hits = np.repeat(np.arange(40), 6), {"rows": 0, "items": 0}
    for seed in range(200):
        scores = np.repeat(rng.normal(0, 2, 40), 6) + rng.normal(size=240)
        for unit, codes in (("rows", None), ("items", clusters)):
            result = bootstrap(mean_of(scores), 240, clusters=codes, repeats=300, method="percentile", rng=seed)
            hits[unit] += bool(result.low <= 0 <= result.high)
    assert hits["rows"] / 200 < 0.8
    assert hits["items"] / 200 > 0.88


@pytest.mark.slow
def test_coverage_of_a_skewed_mean():
    """BCa of the mean of 30 lognormal numbers covers more than the percentile interval, both below the level."""
    rng, hits = np.random.default_rng(27), {"bca": 0, "percentile": 0}
    for seed in range(2000):
        data = rng.lognormal(size=30)
        for method in hits:
            result = bootstrap(mean_of(data), 30, repeats=1000, method=method, rng=seed)
            hits[method] += bool(result.low <= math.exp(0.5) <= result.high)
    coverage = {method: hit / 2000 for method, hit in hits.items()}
    assert coverage["bca"] > coverage["percentile"] + 0.01
    assert 0.85 < coverage["bca"] < 0.95


@pytest.mark.parametrize(
    ("how", "argument"),
    [
        ({"n": 1}, "n"),
        ({"n": 0}, "n"),
        ({"n": 2.5}, "n"),
        ({"multiplicity": [1, 2]}, "multiplicity"),
        ({"multiplicity": [1, 2, -1]}, "multiplicity"),
        ({"multiplicity": [0, 1, 0]}, "multiplicity"),
        ({"multiplicity": [1, 0.5, 1]}, "multiplicity"),
        ({"clusters": [0, 0, 0]}, "clusters"),
        ({"clusters": [0, 1]}, "clusters"),
        ({"clusters": [0, 1, -1]}, "clusters"),
        ({"strata": [0, 1]}, "strata"),
        ({"clusters": [0, 0, 1], "strata": [0, 1, 1]}, "strata"),
        ({"repeats": 1}, "repeats"),
        ({"level": 95}, "level"),
        ({"method": "BCa"}, "method"),
        ({"rng": "seed"}, "rng"),
        ({"statistic": lambda w: w.sum()}, "statistic"),
        ({"statistic": lambda w: w[:, :, None]}, "statistic"),
        ({"statistic": lambda w: w[:1, 0] if len(w) > 1 else w[:, 0]}, "statistic"),
        ({"statistic": lambda w: ["high"] * len(w)}, "statistic"),
        ({"statistic": lambda w: np.full(len(w), np.inf)}, "statistic"),
    ],
)
def test_bad_input_is_named(how, argument):
    call = {"statistic": lambda w: w[:, 0], "n": 3, **how}
    with pytest.raises(InputError) as caught:
        bootstrap(**call)
    assert caught.value.argument == argument


def test_reweightings_are_the_weights_that_the_bootstrap_sees():
    seen = []
    strata = [0, 0, 1, 1, 1]

    def statistic(weights):
        seen.append(weights.copy())
        return weights[:, 0]

    bootstrap(statistic, 5, strata=strata, repeats=40, method="percentile", rng=np.random.default_rng(3).spawn(1)[0])
    (draw, _) = np.random.default_rng(3).spawn(1)[0].spawn(2)
    weights = np.concatenate(list(reweightings(5, strata=strata, repeats=40, rng=draw)))
    assert np.array_equal(np.concatenate(seen)[1:], weights)
    assert (weights[:, :2].sum(axis=1) == 2).all()
    assert (weights[:, 2:].sum(axis=1) == 3).all()
    with pytest.raises(InputError, match="repeats"):
        reweightings(5, repeats=0)


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "plain"])
def test_counts_by_tables_are_multinomial(compiled, monkeypatch):
    """Mean, variance and covariance of each row, and the law of a single one, of draws looked up in tables."""
    from scipy import stats

    from psephos.statistics import _resampling

    monkeypatch.setattr(_resampling, "COMPILED_LOOKUPS", 0 if compiled else 2**60)
    copies = np.array([1, 1, 3, 20, 75])
    total, n = copies.sum(), 20_000
    drawn = _resampling.multinomial_by_tables(copies, n, np.random.default_rng(0))
    assert (drawn.sum(axis=1) == total).all()
    share = copies / total
    error = np.sqrt(total * share * (1 - share) / n)
    assert (np.abs(drawn.mean(axis=0) - copies) < 4.5 * error).all()
    expected = total * (np.diag(share) - np.outer(share, share))
    np.testing.assert_allclose(np.cov(drawn.T), expected, atol=0.04 * total * share.max())
    for row in (0, 2, 3):
        seen = np.bincount(drawn[:, row].astype(int), minlength=total + 1)
        law = stats.binom.pmf(np.arange(total + 1), total, share[row]) * n
        big = law > 5
        chi = ((seen - law)[big] ** 2 / law[big]).sum()
        assert stats.chi2.sf(chi, big.sum() - 1) > 1e-4


def test_compiled_and_plain_lookups_are_the_same(monkeypatch):
    from psephos.statistics import _resampling

    copies = np.random.default_rng(1).integers(1, 30, size=1_500)
    made = []
    for size in (0, 2**60):
        monkeypatch.setattr(_resampling, "COMPILED_LOOKUPS", size)
        made.append(_resampling.multinomial_by_tables(copies, 20, np.random.default_rng(2)))
    np.testing.assert_array_equal(*made)
