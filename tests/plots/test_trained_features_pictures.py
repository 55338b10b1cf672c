"""Do the pictures of trained dictionaries say what the results say?"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from psephos.errors import NoPictureError
from psephos.learning import Training, features_by_layer, search_penalty
from psephos.plots import plot, svg
from psephos.plots.style import heading_of
from psephos.plots.tokens import TOKENS
from psephos.reports import report

QUICK = Training(batch=16, learning_rate=0.01, epochs=120)


@pytest.fixture(autouse=True)
def _needs_matplotlib(require: Any) -> None:
    require("matplotlib")


@functools.cache
def results() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    four = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])[rng.integers(0, 4, 300)] * rng.uniform(0.5, 1.5, (300, 1))
    layers = features_by_layer({"early": four, "late": four * [1, 0]}, QUICK, doubled=False, repeats=50, rng=0)
    one = layers.layers["early"]
    return {"layers": layers, "usage": one, "training": one, "penalties": search_penalty(four, [0.1, 1], QUICK, rng=0)}


@pytest.mark.parametrize("name", ["layers", "usage", "training", "penalties"])
def test_themes_differ_in_colours_only_and_each_has_a_page(name: str) -> None:
    result = results()[name]
    light, dark = (svg(plot(result, name, theme=theme), "t", "d").lower() for theme in ("light", "dark"))
    assert light != dark
    for one, other in TOKENS.values():
        dark = dark.replace(other.lower(), one.lower())
    assert light == dark
    assert "<svg" in report(result)


def test_layers_are_points_with_intervals_and_the_finding_is_sure() -> None:
    result = results()["layers"]
    figure = plot(result)
    points = [np.asarray(line.get_ydata()) for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    assert any(np.allclose(values, result.table()["effective"]) for values in points)
    assert heading_of(figure)[0] == "late uses 2 times fewer features than early"
    same = replace(result, layers={"early": result.layers["early"], "again": result.layers["early"]}, against_first={})
    assert "No layer is known" in heading_of(plot(same))[0]
    alone = replace(result, layers={"early": result.layers["early"]}, against_first={})
    assert heading_of(plot(alone))[0].startswith("early uses 3.97")


def test_the_course_is_drawn_and_the_epoch_taken_is_marked() -> None:
    result = results()["training"]
    axes = plot(result, "training").axes[0]
    longest = max(len(line.get_xdata()) for line in axes.lines)
    assert longest == max(one.epochs for one in result.dictionaries)
    marks = {float(line.get_xdata()[0]) for line in axes.lines if len(line.get_xdata()) == 1}
    assert marks == {float(one.best_epoch) for one in result.dictionaries}


def test_the_penalty_that_passes_is_named() -> None:
    assert heading_of(plot(results()["penalties"]))[0].startswith("No penalty passes")
    rng = np.random.default_rng(0)
    turns = np.arange(3) * 2 * np.pi / 3
    three = np.column_stack([np.cos(turns), np.sin(turns)])[rng.integers(0, 3, 300)] * rng.uniform(0.5, 1.5, (300, 1))
    found = search_penalty(three, [0.1], replace(QUICK, epochs=300), rng=0)
    assert heading_of(plot(found))[0] == "From a penalty of 0.1 the dictionary does not decide: F 2.99"


def test_what_has_nothing_to_show_has_no_picture() -> None:
    empty = features_by_layer({"zero": np.zeros((50, 2))}, Training(epochs=3), doubled=False, rng=0)
    for result, picture in ((empty, "layers"), (empty.layers["zero"], "training"), (empty.layers["zero"], "usage")):
        with pytest.raises(NoPictureError, match="no active feature"):
            plot(result, picture)
    with pytest.raises(NoPictureError, match="no active feature"):
        plot(search_penalty(np.zeros((50, 2)), [0.1], Training(epochs=3), rng=0))
