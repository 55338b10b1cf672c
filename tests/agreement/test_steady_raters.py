"""The ceiling of means in which steady raters count more: limits, recovery, theory, real halves, bad input."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from psephos.agreement import ceiling_of, intraclass_correlation
from psephos.agreement.noise_ceilings.bounds import without_rater_bias
from psephos.agreement.noise_ceilings.steady_raters import SteadyRaters, steady_raters
from psephos.errors import InputError
from psephos.opinions import scores


def fitted(votes: np.ndarray, prior: float = 2.0) -> SteadyRaters:
    """The model of a matrix of items by raters, NaN where there is no vote."""
    item, rater = (place.astype(np.int32) for place in np.nonzero(~np.isnan(votes)))
    value = votes[item, rater]
    found = steady_raters(
        item, rater, value, len(votes), without_rater_bias(item, rater, value, *votes.shape), prior=prior
    )
    assert found is not None
    return found


def bounds(votes, **options):
    found = ceiling_of(votes, steady=True, scale=None, repeats=0, **options)
    return found, {bound.source: bound for bound in found.bounds}


def test_sheet35_raters_that_are_equally_steady_have_the_bound_without_rater_bias():
    """What is left of each rater has the same squares: it is turned from rater to rater, and sums to 0 both ways."""
    rng = np.random.default_rng(0)
    left = rng.normal(size=6)
    left -= left.mean()
    residual = np.stack([np.roll(left, shift) for shift in range(6)])
    votes = np.repeat(rng.normal(3, 1, 6), 1)[:, None] + rng.normal(0, 0.5, 6) + residual
    found, of = bounds(votes)
    assert of["steady raters"].pcc_bound.value == pytest.approx(of["without rater bias"].pcc_bound.value, abs=1e-9)
    assert of["steady raters"].rmse_bound.value == pytest.approx(of["without rater bias"].rmse_bound.value, abs=1e-9)
    icc = intraclass_correlation(votes, form="ICC(3,k)", repeats=0).value
    assert of["steady raters"].pcc_bound.value == pytest.approx(np.sqrt(max(icc, 0.0)), abs=1e-9)
    assert np.ptp(found.raters["deviation"].to_numpy()) < 1e-9


def uneven(seed: int, n_items: int, deviation, missing: float = 0.0):
    rng = np.random.default_rng(seed)
    quality = rng.normal(3, 1, n_items)
    size = (n_items, len(deviation))
    votes = quality[:, None] + rng.normal(0, 0.5, size[1]) + rng.normal(size=size) * deviation
    votes[rng.random(size) < missing] = np.nan
    return quality, votes


DEVIATION = np.linspace(0.3, 1.5, 8)


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_deviations_of_raters_are_recovered(missing):
    """Mean of 4 tests of 2,000 items: the standard error of a deviation is 1 %, of the smallest 2 %."""
    found = np.mean([fitted(uneven(seed, 2000, DEVIATION, missing)[1]).deviation for seed in range(4)], axis=0)
    assert found == pytest.approx(DEVIATION, rel=0.06)


def test_sheet35_the_perfect_estimate_reaches_the_bound_of_steady_raters_and_no_more():
    """4,000 items: the standard error of the correlation is below .001; the plain means stay .03 below."""
    quality, votes = uneven(1, 4000, DEVIATION)
    found, of = bounds(votes)
    theory = np.sqrt(1 / (1 + 1 / (1 / DEVIATION**2).sum()))
    reached = np.corrcoef(quality, found.items["steady_mean"])[0, 1]
    assert of["steady raters"].pcc_bound.value == pytest.approx(theory, abs=0.003)
    assert reached == pytest.approx(of["steady raters"].pcc_bound.value, abs=0.003)
    assert of["without rater bias"].pcc_bound.value < reached - 0.02
    error = found.items["steady_mean"].to_numpy() - quality
    error -= error.mean()  # levels have a mean of 0 in the model
    assert np.sqrt((error**2).mean()) == pytest.approx(of["steady raters"].rmse_bound.value, rel=0.05)
    assert found.items["steady_error"].to_numpy() == pytest.approx(of["steady raters"].rmse_bound.value)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vqeghd3", "nflx_public"], ids=["sheet35-vqeghd3", "sheet35-nflx_public"])
def test_halves_of_a_real_panel_correlate_as_the_model_says(shared_data, name):
    """Forty splits, each half fitted by itself; the plain bound of the full panel is off by .014 and .006."""
    votes = pl.read_csv(shared_data("35-binovotes") / f"{name}.csv").drop("asset", "content").to_numpy().astype(float)
    whole, rng = fitted(votes), np.random.default_rng(0)
    weight = 1 / whole.deviation**2
    quality = whole.items.mean.var(ddof=1) - float((whole.error**2).mean())
    seen, said = [], []
    for _ in range(40):
        halves = np.array_split(rng.permutation(votes.shape[1]), 2)
        means = [fitted(votes[:, half]).items.mean for half in halves]
        seen.append(np.corrcoef(*means)[0, 1])
        noise = [1 / weight[half].sum() for half in halves]
        said.append(quality / np.sqrt((quality + noise[0]) * (quality + noise[1])))
    assert np.mean(said) == pytest.approx(np.mean(seen), abs=0.002)


def test_neither_the_order_of_items_nor_of_raters_matters_and_scale_only_scales():
    _, votes = uneven(3, 60, DEVIATION[:5], 0.2)
    one = fitted(votes)
    items, raters = np.random.default_rng(0).permutation(60), np.random.default_rng(1).permutation(5)
    other = fitted(10 * votes[items][:, raters] + 7)
    assert other.deviation == pytest.approx(10 * one.deviation[raters], rel=1e-6)
    # Levels have the mean 0 over votes, so the means of the model are as high as the votes.
    assert other.items.mean == pytest.approx(10 * one.items.mean[items] + 7, rel=1e-6)


def test_it_is_asked_for_and_said_everywhere():
    _, votes = uneven(4, 40, DEVIATION)
    plain = ceiling_of(votes, scale=None, repeats=0)
    found, of = bounds(votes)
    assert "steady raters" not in [bound.source for bound in plain.bounds]
    assert [bound.source for bound in found.bounds[:-1]] == [bound.source for bound in plain.bounds]
    assert str(plain.bound) == str(found.bound)
    assert "steady raters" in dict(found.summary())
    assert found.provenance.parameters == plain.provenance.parameters | {"steady": True}
    assert found.table()["source"].to_list()[-1] == "steady raters"
    assert found.items.columns[-2:] == ["steady_mean", "steady_error"]
    drawn = ceiling_of(votes, scale=None, steady=True, repeats=200).bounds[-1].pcc_bound
    assert drawn.low < of["steady raters"].pcc_bound.value < drawn.high


@pytest.mark.parametrize(
    ("votes", "options"),
    [
        pytest.param(np.array([[1.0, 2], [3, 4], [2, 2]]), {}, id="two raters"),
        pytest.param(np.array([[1.0] * 3, [3] * 3, [2] * 3]), {}, id="no disagreement"),
        pytest.param(uneven(0, 20, DEVIATION)[1], {"unit": "rater"}, id="raters are drawn"),
        pytest.param(scores(["i", "j", "k"], ["x", "y", "z"], [1.0, 2, 3]), {}, id="raters that never meet"),
    ],
)
def test_what_cannot_be_fitted_is_refused(votes, options):
    with pytest.raises(InputError) as caught:
        ceiling_of(votes, steady=True, repeats=0, scale=None if isinstance(votes, np.ndarray) else (1, 5, 5), **options)
    assert caught.value.argument == "steady"
