"""Do the pictures of noise ceilings and of consistency say what the results say?"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from psephos.agreement import ceiling_of, ceiling_of_moments, consistency, simulate_votes
from psephos.errors import InputError
from psephos.opinions import from_frame
from psephos.plots import ceiling_plot, consistency_plot, plot, svg, vote_plan_plot
from psephos.plots.style import heading_of
from psephos.plots.tokens import TOKENS
from psephos.reports import report


@pytest.fixture(autouse=True)
def _needs_matplotlib(require: Any) -> None:
    require("matplotlib")


@pytest.fixture(scope="module")
def votes():
    quality = np.random.default_rng(0).uniform(1, 5, 80)
    return quality, simulate_votes(quality, 4, rng=1)


def finding(figure: Any) -> str:
    return heading_of(figure)[0].replace("\u202f", " ").replace("\u00a0", " ")


def texts(figure: Any) -> list[str]:
    return [text.get_text().replace("\u202f", " ") for axes in figure.axes for text in axes.texts]


def responses(n_candidates: int) -> Any:
    rng = np.random.default_rng(0)
    p = np.clip(rng.beta(1, 1, 60)[None, :] - np.arange(n_candidates)[:, None] / 30, 0, 1)
    right = rng.random((n_candidates, 60, 8)) < p[..., None]
    c, q, v = np.nonzero(np.ones_like(right))
    frame = {"candidate": [f"model {i:02d}" for i in c], "item": q, "variant": v, "score": right.ravel().astype(int)}
    return consistency(from_frame(pl.DataFrame(frame)), options=4, repeats=100)


def test_the_best_estimate_is_named_with_its_share(votes):
    quality, table = votes
    rough = quality + np.random.default_rng(2).normal(size=80)
    result = ceiling_of(table, estimates={"rough": rough, "poor": -quality}, repeats=200)
    figure = plot(result)
    share, ceiling = result.estimates["share_of_ceiling"][0], f"{result.pcc_bound:.3f}".removeprefix("0")
    assert finding(figure) == f"rough reaches {100 * share:.0f} % of the ceiling of {ceiling}"
    drawn = np.concatenate([line.get_xdata() for line in figure.axes[0].lines if line.get_marker() == "o"])
    assert drawn.tolist() == result.estimates["pcc"].to_list()
    assert figure.axes[0].get_xlim()[0] <= -1
    assert {"rough", "poor", "ceiling", "by BinoVotes", "without rater bias"} <= set(texts(figure))


def test_without_estimates_the_bounds_stand_alone(votes):
    result = ceiling_of(votes[1], repeats=100)
    assert finding(ceiling_plot(result)).startswith("No estimate can correlate more than .9")
    assert ceiling_plot(ceiling_of(votes[1], repeats=0)).axes


def test_an_estimate_above_or_at_the_ceiling_is_said_to_be(votes):
    quality, table = votes
    cheat = table.mean(axis=1) + np.random.default_rng(0).normal(0, 0.02, 80)
    assert "fits the noise" in finding(plot(ceiling_of(table, estimates=cheat, repeats=100)))
    assert "as near to the ceiling" in finding(plot(ceiling_of(table, estimates=quality, repeats=100)))


def test_of_many_estimates_the_best_are_drawn(votes):
    quality, table = votes
    rng = np.random.default_rng(0)
    many = {f"e{k:02d}": quality + rng.normal(0, 0.1 + k / 10, 80) for k in range(30)}
    figure = plot(ceiling_of(table, estimates=many, repeats=0))
    assert "The best 20 of 30" in heading_of(figure)[1]
    assert "e29" not in texts(figure)


def test_what_has_no_bound_has_no_picture():
    with pytest.raises(InputError, match="too few items"):
        ceiling_plot(ceiling_of([[1, 2], [4, 5]]))


def test_the_plan_is_the_formula():
    ceiling = ceiling_of_moments(votes=10, quality_variance=0.6, vote_variance=0.9)
    figure = vote_plan_plot(ceiling)
    curve = next(line for line in figure.axes[0].lines if len(line.get_xdata()) > 5)
    n = np.asarray(curve.get_xdata())
    np.testing.assert_allclose(curve.get_ydata(), np.sqrt(0.6 / (0.6 + 0.9 / n)))
    assert {"now: 10", "twice: 20"} <= set(texts(figure))


@pytest.mark.parametrize("n_candidates", [1, 3, 14])
def test_every_curve_is_drawn_and_named_with_its_core(n_candidates):
    result = responses(n_candidates)
    figure = consistency_plot(result)
    names = list(result.curves)[:10]
    curves = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 11]
    assert len(curves) == len(names) + 1  # and guessing
    drawn = {tuple(np.round(line.get_ydata(), 9)) for line in curves}
    assert {tuple(np.round(result.curves[name].share, 9)) for name in names} <= drawn
    for name in names:
        core = f"{result.curves[name].core.value:.3f}".removeprefix("0")
        assert any(text.startswith(name) and text.endswith(core) for text in texts(figure))
    assert "guessing" in texts(figure)
    assert ("The 10 candidates" in heading_of(figure)[1]) == (n_candidates > 10)


def test_names_at_the_ends_do_not_overlap():
    figure = consistency_plot(responses(10))
    places = sorted(text.get_position()[1] for text in figure.axes[0].texts if text.get_text().startswith("model"))
    assert np.diff(places).min() >= 0.05


def test_themes_differ_in_colours_only(votes):
    results = (ceiling_of(votes[1], estimates=votes[0], repeats=50), responses(2))
    for result, picture in zip((results[0], *results), ("votes", None, None), strict=True):
        light, dark = (svg(plot(result, picture, theme=theme), "t", "d").lower() for theme in ("light", "dark"))
        assert light != dark
        for one, other in TOKENS.values():
            dark = dark.replace(other.lower(), one.lower())
        assert light == dark


def test_both_have_a_page(votes):
    for result in (ceiling_of(votes[1], estimates=votes[0], repeats=50), responses(2)):
        page = report(result)
        assert page.count("<svg") >= 1
