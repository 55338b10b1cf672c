"""Do the pictures of probabilities and of discrimination say what the results say?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from psephos.errors import InputError
from psephos.metrics import discrimination, fix_experiment, mistakes, probability_report, subgroup_report
from psephos.plots import plot, svg
from psephos.plots.picking import pictures_of
from psephos.plots.style import heading_of
from psephos.reports import report

RNG = np.random.default_rng(0)
P = RNG.random(3000)
Y = RNG.random(3000) < P
SCORE = RNG.normal(size=3000) + Y


@pytest.fixture(autouse=True)
def _needs_matplotlib(require: Any) -> None:
    require("matplotlib")


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return {
        "ProbabilityReport": probability_report(np.minimum(P + 0.08, 1), Y, rng=0),
        "Discrimination": discrimination(Y, SCORE, repeats=50, rng=0),
        "Mistakes": mistakes(Y, SCORE),
        "Subgroups": subgroup_report(Y, SCORE, np.where(P > 0.6, "many", "few")),
        "FixingExperiment": fix_experiment(seeds=10, steps=10, rng=0),
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["ProbabilityReport", "Discrimination", "Mistakes", "Subgroups", "FixingExperiment"])
def test_each_result_has_pictures_and_a_page(results, name, theme) -> None:
    result = results[name]
    assert pictures_of(result)
    for picture in pictures_of(result):
        figure = plot(result, picture, theme=theme)
        assert all(heading_of(figure))
        assert "<svg" in svg(figure, *heading_of(figure))
    if theme == "light":
        assert "</html>" in report(result)


def test_findings(results) -> None:
    assert heading_of(plot(results["ProbabilityReport"]))[0].startswith("Errors cancel")
    assert heading_of(plot(results["Subgroups"]))[0].count("AUROC") == 1
    drawn = plot(results["ProbabilityReport"]).axes[0].lines[-1]
    assert drawn.get_ydata().tolist() == results["ProbabilityReport"].reliability["happened"].to_list()


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(InputError):
        plot(mistakes([1, 0], [2, 1]))
    with pytest.raises(InputError):
        plot(subgroup_report([1, 0], [2, 1], ["a", "b"]))
