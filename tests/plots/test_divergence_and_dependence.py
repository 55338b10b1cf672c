"""Do the pictures of divergence and dependence say what the results say?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from psephos.errors import InputError
from psephos.metrics import dependence, divergence, information_value, population_drift
from psephos.plots import plot, svg
from psephos.plots.picking import pictures_of
from psephos.plots.style import heading_of
from psephos.reports import report

RNG = np.random.default_rng(2)
A, B = RNG.random((2, 400)) < 0.5
PRED = (A ^ B) + RNG.normal(0, 0.5, 400)


@pytest.fixture(autouse=True)
def _needs_matplotlib(require: Any) -> None:
    require("matplotlib")


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return {
        "Divergence": information_value([139, 49, 164, 348], [135, 14, 105, 46], names=list("abcd")),
        "Drift": population_drift({"age": ([50, 50], [49, 51]), "income": ([50, 50], [20, 80])}),
        "Dependence": dependence(PRED, {"a": A, "b": B, "age": RNG.normal(40, 10, 400)}, rng=0),
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["Divergence", "Drift", "Dependence"])
def test_each_result_has_pictures_and_a_page(results, name, theme) -> None:
    result = results[name]
    assert pictures_of(result)
    for picture in pictures_of(result):
        figure = plot(result, picture, theme=theme)
        assert all(heading_of(figure))
        assert "<svg" in svg(figure, *heading_of(figure))
    if theme == "light":
        assert "</html>" in report(result)


def test_what_is_drawn_are_the_numbers(results) -> None:
    drawn = plot(results["Divergence"]).axes[0].lines[-1]
    assert drawn.get_xdata().tolist() == results["Divergence"].bins["evidence"].to_list()
    assert heading_of(plot(results["Drift"]))[0].endswith("income")
    assert heading_of(plot(results["Dependence"]))[0] == "Together the attributes tell what none of 3 tells alone"


def test_findings_follow_the_tests() -> None:
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 2, 200)
    assert heading_of(plot(dependence(rng.normal(size=200), {"k": kind}, rng=0)))[0].startswith("No dependence")
    found = dependence(rng.normal(size=200) + 2 * kind, {"k": kind}, rng=0)
    assert heading_of(plot(found))[0].startswith("Predictions depend most on k")
    assert heading_of(plot(dependence(PRED, {"a": A}, repeats=0)))[0].startswith("Distance correlation with all")
    still = population_drift({"a": ([50, 50], [49, 51])})
    assert heading_of(plot(still))[0] == "0 of 1 features have shifted by more than chance"


def test_many_rows_are_cut_and_that_is_said() -> None:
    wide = divergence(np.arange(1, 60), np.arange(59, 0, -1))
    assert "24 bins of 59" not in heading_of(plot(wide))[1]
    assert "The 24 of 59 bins" in heading_of(plot(wide))[1]
    many = dependence(PRED, {"kind": np.arange(400) % 40}, kinds={"kind": "nominal"}, repeats=0)
    assert "of 40" in heading_of(plot(many, "subgroups"))[1]


def test_infinite_evidence_is_left_out_and_said() -> None:
    found = information_value([10, 5, 0], [5, 10, 5], smoothing=0)
    figure = plot(found)
    assert "infinite" in heading_of(figure)[0]
    assert "left out" in heading_of(figure)[1]
    with pytest.raises(InputError):
        plot(information_value([10, 0], [0, 5], smoothing=0))
    with pytest.raises(InputError):
        plot(population_drift({"a": ([10, 0], [0, 5])}, smoothing=0))
