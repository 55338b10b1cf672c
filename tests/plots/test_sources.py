"""Does the picture of sources say what became of them?"""

from __future__ import annotations

from typing import Any

import pytest

from psephos.judges import RetrievalVerdict, StoredSource, answer_from_sources
from psephos.plots import plot, sources_plot, svg
from psephos.plots.sources import MOST, source_parts
from psephos.plots.style import heading_of


@pytest.fixture(autouse=True)
def _needs_matplotlib(require: Any) -> None:
    require("matplotlib")


def verdict(n_sources: int = 4, kappa: int = 3) -> RetrievalVerdict:
    """Source k answers questions 0 to 9 - k; the first says what no other says on question 0."""
    questions = {str(number): f"question {number}?" for number in range(10)}
    sources = [
        StoredSource(
            f"source {place}",
            {
                text: "unknown" if number == 5 else "other" if place == number == 0 else "same"
                for number, text in enumerate(questions.values())
                if number < 10 - place % 9
            },
        )
        for place in range(n_sources)
    ]
    weights = {source.name: 1.0 + n_sources - place for place, source in enumerate(sources)}
    return answer_from_sources(questions, sources, weights, kappa=kappa)


def test_parts_are_those_of_the_verdict() -> None:
    result = verdict()
    parts = source_parts(result)
    assert parts.select("source", "all", "won", "lost", "no answer", "not asked").row(0) == ("source 0", 10, 8, 1, 1, 0)
    assert parts["weight"].to_list() == [5, 4, 3, 2]
    assert int((parts["all"] - parts["not asked"]).sum()) == result.asked


def test_bars_fill_the_whole_and_the_heaviest_stands_on_top() -> None:
    figure = sources_plot(verdict())
    axes = figure.axes[0]
    for row in range(4):
        bars = [bar for bar in axes.patches if abs(bar.get_y() + bar.get_height() / 2 - row) < 0.1]
        assert sum(bar.get_width() for bar in bars) == pytest.approx(1)
    names = [text.get_text() for text in axes.texts if text.get_text().startswith("source")]
    assert names == [f"source {place}" for place in range(4)]


def test_the_title_counts_calls() -> None:
    result = verdict()
    assert (
        heading_of(sources_plot(result))[0]
        == f"Sources were asked {result.asked} of 40 times; source 0 carried most answers"
    )


def test_many_sources_are_said_to_be_left_out() -> None:
    assert f"The {MOST} of {MOST + 3}" in heading_of(sources_plot(verdict(MOST + 3)))[1]


def test_nobody_has_anything() -> None:
    sources = [StoredSource(name, {}) for name in "ab"]
    silent = answer_from_sources({"q": "?"}, sources, {"a": 1, "b": 1})
    assert heading_of(sources_plot(silent))[0] == "Sources were asked 0 of 2 times; no answer won"


def test_it_is_the_usual_picture_and_both_themes_become_parts_of_a_page() -> None:
    result = verdict()
    assert heading_of(plot(result)) == heading_of(sources_plot(result))
    for theme in ("light", "dark"):
        assert "fill-accent" in svg(sources_plot(result, theme=theme, heading=False), "t", "d")
