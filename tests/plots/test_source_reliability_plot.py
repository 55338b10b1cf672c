"""Do the pictures of sources and of a collective say what their results say?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from psephos.consensus import collective, source_reliability
from psephos.errors import InputError
from psephos.opinions import from_matrix, labels, samples
from psephos.plots import collective_plot, plot, source_reliability_plot
from psephos.plots.style import heading_of
from psephos.reports import report


@pytest.fixture(autouse=True)
def _needs_matplotlib(require: Any) -> None:
    require("matplotlib")


def finding(figure: Any) -> str:
    return heading_of(figure)[0].replace("\u202f", " ").replace("\u00a0", " ")


def points(figure: Any, n: int) -> list[np.ndarray]:
    lines = [np.asarray(line.get_xydata()) for axes in figure.axes for line in axes.lines]
    return [line for line in lines if len(line) == n]


def of_sources(n: int, items: int = 200) -> Any:
    rng = np.random.default_rng(0)
    right = rng.random((items, n)) < np.linspace(0.95, 0.4, n)
    shown = np.where(right, 0, rng.integers(1, 5, right.shape))
    return source_reliability(from_matrix(shown.tolist(), voters=[f"source {v:03d}" for v in range(n)]))


def of_models(**options: Any) -> Any:
    rng = np.random.default_rng(1)
    answer = np.where(rng.random((60, 3, 6)) < rng.beta(2, 2, (60, 3, 1)), 0, rng.integers(1, 5, (60, 3, 6)))
    item, model, draw = np.indices(answer.shape)
    return collective(samples(item.ravel(), model.ravel(), draw.ravel(), answer.ravel()), **options)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_sources_stand_by_reliability_with_their_weights(theme: str) -> None:
    verdict = of_sources(8)
    figure = source_reliability_plot(verdict, theme=theme)
    known = verdict.sources.sort("reliability", descending=True)
    best, worst = (known["reliability"][place] for place in (0, -1))
    assert finding(figure) == (
        f"{known['voter'][0]} is more reliable than {known['voter'][-1]}: {best:.2f} against {worst:.2f}".replace(
            "0.", "."
        )
    )
    assert points(figure, 8)[0][:, 0].tolist() == known["reliability"].to_list()
    written = {text.get_text() for axes in figure.axes for text in axes.texts}
    assert {"chance", "weight", f"{known['weight'][0]:.2f}"} <= written
    assert finding(plot(verdict, "sources")) == finding(figure)


def test_of_many_sources_both_ends_are_drawn() -> None:
    verdict = of_sources(50)
    figure = source_reliability_plot(verdict)
    assert "15 most and least reliable of 50" in heading_of(figure)[1]
    assert len(points(figure, 30)) == 1
    assert figure.get_size_inches()[1] * 72 < 950


def test_sources_that_share_nothing_have_no_picture() -> None:
    verdict = source_reliability(labels(["a", "b"], ["x", "y"], ["yes", "no"]))
    with pytest.raises(InputError, match="no source can be compared"):
        source_reliability_plot(verdict)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_collective_is_drawn_from_its_calibration(theme: str) -> None:
    blind, seeing = of_models(), of_models(gold={str(item): "0" for item in range(60)})
    table = seeing.calibration
    figure = collective_plot(seeing, theme=theme)
    drawn = points(figure, table.height)
    np.testing.assert_allclose(drawn[0], table.select("self_consistency", "agreement").to_numpy())
    np.testing.assert_allclose(drawn[2], table.select("self_consistency", "right").to_numpy())
    assert "are right" in finding(figure)
    assert "are right" not in finding(collective_plot(blind, theme=theme))
    assert len(points(collective_plot(blind), table.height)) == 2
    assert finding(plot(seeing, "collective")) == finding(figure)


def test_a_single_model_has_no_picture() -> None:
    with pytest.raises(InputError, match="no two models"):
        collective_plot(collective(samples(["q"], ["m"], [0], ["x"])))


def test_the_page_of_a_verdict_has_its_own_picture() -> None:
    assert "Share of answers that are those of the verdict" in report(of_sources(5)).replace("\u202f", " ")
    assert "by the share of its samples" in report(of_models()).replace("\u202f", " ")
