"""Do the pictures of trees of agents and of harmony say what the results say?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from psephos.allocation import amplification, compare_budgets, organisation
from psephos.metrics import group_tree, harmony, harmony_plane
from psephos.plots import plot, svg
from psephos.plots.tokens import TOKENS
from psephos.reports import report


@pytest.fixture(autouse=True)
def _needs_matplotlib(require: Any) -> None:
    require("matplotlib")


def results() -> dict[str, Any]:
    right = np.repeat([1.0, 0, 1, 0], [60, 10, 20, 30])
    return {
        "phases": organisation(5, 0.8, 0.2),
        "budgets": compare_budgets([9, 81, 729, 6561], b=3, gamma=0.95, rho=0.05, k=0.02, beta=0.2),
        "groups": harmony(right, np.repeat(["a", "b", "c"], [70, 20, 30]), repeats=20),
        "tree": group_tree([1.0] * 30 + [0.0] * 20, [[0.8, 0.1, 0.1]] * 30 + [[0.1, 0.1, 0.8]] * 20),
        "plane": harmony_plane({"one": [0.9, 0.95], "two": [0.3, 0.9], "three": [0.5, 0.52]}),
    }


def test_the_boundary_is_where_alpha_is_one():
    axes = plot(results()["phases"]).axes[0]
    line = next(line for line in axes.lines if len(line.get_xdata()) == 200)
    assert np.allclose(amplification(5, line.get_xdata(), line.get_ydata()), 1)
    point = next(line for line in axes.lines if line.get_marker() == "o")
    assert (point.get_xdata()[0], point.get_ydata()[0]) == (0.8, 0.2)


def test_the_budgets_are_those_of_the_table():
    result = results()["budgets"]
    drawn = [line.get_ydata().tolist() for line in plot(result).axes[0].lines if len(line.get_xdata()) == 4]
    assert drawn == [result.budgets["single"].to_list(), result.budgets["bias"].to_list()]


def test_one_benchmark_has_nothing_to_be_compared_with():
    """One benchmark lies at its own median, and no line says that it is above."""
    drawn = plot(harmony_plane({"one": [0.9, 0.95]}))
    assert " ".join(drawn.get_suptitle().split()) == "one: mean harmony .93, nothing to compare with"
    assert not [line for line in drawn.axes[0].lines if line.get_linestyle() == "--"]
    # A benchmark with one model has no variance and draws no line through the others.
    drawn = plot(harmony_plane({"one": [0.9, 0.95], "two": [0.3, 0.9], "three": [0.2]}))
    median = [line.get_xdata()[0] for line in drawn.axes[0].lines if line.get_linestyle() == "--"]
    assert median[0] == pytest.approx((0.925 + 0.6) / 2)


@pytest.mark.parametrize("name", results())
def test_themes_differ_in_colours_only_and_each_has_a_page(name):
    result = results()[name]
    light, dark = (svg(plot(result, name, theme=theme), "t", "d").lower() for theme in ("light", "dark"))
    assert light != dark
    for one, other in TOKENS.values():
        dark = dark.replace(other.lower(), one.lower())
    assert light == dark
    assert "<svg" in report(result)
