"""Do the pictures of diversity and of effective features say what the results say?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from psephos.errors import NoPictureError
from psephos.metrics import (
    diversity,
    effective_features,
    feature_spectrum,
    nystrom_spectrum,
    random_feature_spectrum,
    rarefaction,
)
from psephos.plots import effective_features_plot, plot, svg
from psephos.plots.style import heading_of
from psephos.plots.tokens import TOKENS
from psephos.reports import report


@pytest.fixture(autouse=True)
def _needs_matplotlib(require: Any) -> None:
    require("matplotlib")


def near(a: Any, b: Any) -> Any:
    return np.exp(-0.5 * ((a[:, None] - b) ** 2).sum(axis=2))


def results() -> dict[str, Any]:
    points = np.random.default_rng(0).normal(size=(60, 3))
    wide, narrow = feature_spectrum(points), feature_spectrum(points[:20] * [1, 0.1, 0.1])
    codes = np.random.default_rng(0).exponential(size=(50, 6)) * np.arange(6)
    return {
        "profile": diversity(wide, repeats=50, rng=0),
        "themes": diversity(wide, interval="none", names=[f"item {i}" for i in range(60)]),
        "bounded": diversity(nystrom_spectrum(points, near, landmarks=10, rng=0), rng=0),
        "rarefaction": rarefaction({"wide": wide, "narrow": narrow}, repeats=5, rng=0),
        "usage": effective_features(codes, neurons=3, repeats=50, rng=0),
    }


RESULTS = ("profile", "themes", "bounded", "rarefaction", "usage")


@pytest.mark.parametrize("name", RESULTS)
def test_themes_differ_in_colours_only_and_each_has_a_page(name: str) -> None:
    result = results()[name]
    picture = "profile" if name == "bounded" else name
    light, dark = (svg(plot(result, picture, theme=theme), "t", "d").lower() for theme in ("light", "dark"))
    assert light != dark
    for one, other in TOKENS.values():
        dark = dark.replace(other.lower(), one.lower())
    assert light == dark
    assert "<svg" in report(result)


def test_the_profile_is_that_of_the_table() -> None:
    result = results()["profile"]
    figure = plot(result)
    line = next(line for line in figure.axes[0].lines if len(line.get_xdata()) == 7)
    np.testing.assert_allclose(line.get_ydata(), result.table()["score"])
    assert heading_of(figure)[0].startswith("60 items count as ")
    assert "Whiskers" in heading_of(plot(results()["bounded"]))[1]


def test_the_themes_are_named_by_their_items() -> None:
    result = results()["themes"]
    figure = plot(result, "themes")
    widths = [patch.get_width() for patch in figure.axes[0].patches]
    np.testing.assert_allclose(widths, result.themes["share"])
    assert result.themes["items"][0][0] in heading_of(figure)[0]


def test_collections_are_compared_where_all_have_as_many() -> None:
    figure = plot(results()["rarefaction"])
    assert heading_of(figure)[0].startswith("At 20 items wide is the most diverse")


def test_the_effective_number_cuts_the_curve() -> None:
    result = results()["usage"]
    figure = plot(result)
    assert any(np.allclose(line.get_xdata(), result.value.value) for line in figure.axes[0].lines)
    assert "overlap" in heading_of(figure)[0]


def test_what_has_nothing_to_show_has_no_picture() -> None:
    with pytest.raises(NoPictureError, match="no active feature"):
        effective_features_plot(effective_features(np.zeros((3, 2))))
    bare = diversity(random_feature_spectrum(np.random.default_rng(0).normal(size=(30, 2)), m=8, rng=0))
    with pytest.raises(NoPictureError, match="no themes"):
        plot(bare, "themes")
    assert "<svg" in report(bare)
