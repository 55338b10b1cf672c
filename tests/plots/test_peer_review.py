"""Pictures of score changes: do they hold the numbers, in both themes, whatever there is to draw?"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from psephos.errors import InputError
from psephos.plots import borderline_plot, influence_plot, plot, svg, transitions_plot
from psephos.plots.style import heading_of
from psephos.studies import peer_review


@pytest.fixture(autouse=True)
def _needs_matplotlib(require: Any) -> None:
    require("matplotlib")


@pytest.fixture(scope="module")
def panel() -> peer_review.Reviews:
    return peer_review.sample(items=400, evidence=0.8, rng=1)


def texts(figure: Any) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_the_heat_map_has_a_cell_for_each_transition_and_the_counts(panel: peer_review.Reviews) -> None:
    moved = peer_review.movement(panel)
    figure = transitions_plot(moved)
    assert len(figure.axes[0].patches) == moved.transitions.height
    rows = moved.transitions.group_by("before").agg(pl.col("reviews").sum())
    assert {f"{count:,}" for count in rows["reviews"]} <= set(texts(figure))
    share = f"{moved.share('up').value * 100:.0f}"
    assert heading_of(figure)[0].startswith(f"{share}\u202f% of reviews rise")


def test_the_curve_has_the_bins_with_their_intervals(panel: peer_review.Reviews) -> None:
    curve = peer_review.borderline(panel)
    figure = borderline_plot(curve)
    points = next(line.get_xydata() for line in figure.axes[0].lines if len(line.get_xydata()) == curve.bins.height)
    np.testing.assert_allclose(points[:, 1], curve.bins["up"])
    assert {f"{count:,}" for count in curve.bins["reviews"]} <= set(texts(figure))


def test_the_forest_has_the_odds_ratios_and_names_the_others(panel: peer_review.Reviews) -> None:
    found = peer_review.influence(panel, labels=["evidence"], folds=0)
    figure = influence_plot(found)
    drawn = [line.get_xydata()[0][0] for line in figure.axes[0].lines if len(line.get_xydata()) == 1]
    wide = found.coefficients.filter(pl.col("model").str.ends_with(", all") & (pl.col("term") != "intercept"))
    np.testing.assert_allclose(drawn, wide["estimate"])
    assert {"rises", "falls", "label evidence", "others' mean"} <= set(texts(figure))
    odds = np.exp(found.models["up"].coefficients[2])  # type: ignore[union-attr]
    assert heading_of(figure)[0].endswith(f"a rise by {odds:.2f}")


def test_without_a_model_there_is_no_forest() -> None:
    still = peer_review.reviews(pl.DataFrame({"item": list("ABC"), "score": ["3 5 6", "6 8 5", "5 5 3"]}))
    with pytest.raises(InputError, match="neither rises nor falls"):
        influence_plot(peer_review.influence(still))
    assert "0 %" in heading_of(transitions_plot(peer_review.movement(still)))[0].replace("\u202f", " ")


@pytest.mark.parametrize("picture", ["transitions", "influence", "borderline"])
def test_pictures_of_a_study_and_of_its_parts_are_the_same(panel: peer_review.Reviews, picture: str) -> None:
    whole = peer_review.study(panel)
    part = {"transitions": whole.movement, "influence": whole.influence, "borderline": whole.borderline}[picture]
    for theme in ("light", "dark"):
        assert svg(plot(whole, picture, theme=theme), "t", "d") == svg(plot(part, theme=theme), "t", "d")
