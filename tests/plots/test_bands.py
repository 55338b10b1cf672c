"""Does the picture of bands say what the verdict counts?"""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from psephos.consensus import TranscriptVerdict, transcripts
from psephos.errors import InputError
from psephos.opinions import from_frame
from psephos.opinions import transcripts as heard
from psephos.plots import bands_plot, plot, svg
from psephos.plots.bands import MOST, banded_rows
from psephos.plots.style import heading_of


@pytest.fixture(autouse=True)
def _needs_matplotlib(require: Any) -> None:
    require("matplotlib")


def clips(n: int) -> TranscriptVerdict:
    """Clips of which each next one has one more word on which the three transcripts differ."""
    rows = [
        (f"clip-{number:02d}", voter, place, f"word{place}" if place >= number or voter == "x" else f"{voter}{place}")
        for number in range(n)
        for voter in "xyz"
        for place in range(n)
    ]
    frame = pl.DataFrame(rows, schema=["item", "voter", "position", "token"], orient="row")
    names = [f"clip-{number:02d}" for number in range(n)]
    items = pl.DataFrame({"item": names, "group": ["even" if number % 2 == 0 else "odd" for number in range(n)]})
    return transcripts(from_frame(frame, kind="transcripts", about={"items": items}))


def texts(figure: Any) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_rows_hold_the_counts_of_the_verdict() -> None:
    verdict = clips(6)
    rows = banded_rows(verdict, None)
    same = verdict.clips.select("evaluated", "high_risk", "middle", "near_unanimous")
    assert rows.select(same.columns).equals(same.with_columns(pl.all().cast(rows["evaluated"].dtype)))
    grouped = banded_rows(verdict, "group")
    assert grouped["name"].to_list() == ["even", "odd"]
    assert grouped["high_risk"].sum() == verdict.clips["high_risk"].sum()
    expected = verdict.groups().sort("group")
    assert grouped.sort("name")["high_risk_mass"].to_list() == pytest.approx(expected["high_risk_mass"].to_list())


def test_the_weakest_stands_on_top_and_in_the_title() -> None:
    verdict = clips(6)
    figure = bands_plot(verdict)
    weakest = verdict.clips.sort("high_risk_mass", descending=True)["item"][0]
    assert heading_of(figure)[0].startswith(f"In {weakest} few agree on ")
    names = [text for text in texts(figure) if text.startswith("clip")]
    assert names[0] == weakest
    assert len(names) == 6


def test_where_few_agree_nowhere_the_title_says_so() -> None:
    rows = [
        ("c", voter, place, word)
        for voter, text in zip("xyzw", ("a b", "a b", "a b", "a c"), strict=True)
        for place, word in enumerate(text.split())
    ]
    item, voter, place, word = zip(*rows, strict=True)
    some = transcripts(heard(item, voter, place, word))
    assert heading_of(bands_plot(some))[0].startswith("Few agree nowhere; in c only some agree on 50")
    same = transcripts(heard(["c", "c"], ["x", "y"], [0, 0], ["a", "a"]))
    assert heading_of(bands_plot(same))[0] == "Nearly all agree"


def test_bars_fill_the_whole() -> None:
    axes = bands_plot(clips(5)).axes[0]
    for row in range(5):
        bars = [bar for bar in axes.patches if abs(bar.get_y() + bar.get_height() / 2 - row) < 0.1]
        assert len(bars) == 3
        assert sum(bar.get_width() for bar in bars) == pytest.approx(1)


def test_many_clips_are_said_to_be_left_out() -> None:
    figure = bands_plot(clips(MOST + 2))
    assert f"The {MOST} of {MOST + 2}" in heading_of(figure)[1]


def test_it_is_the_usual_picture_of_transcripts() -> None:
    verdict = clips(4)
    assert heading_of(plot(verdict)) == heading_of(bands_plot(verdict))
    assert "even" in texts(plot(verdict, by="group"))


def test_both_themes_become_pictures_of_a_page() -> None:
    verdict = clips(4)
    for theme in ("light", "dark"):
        drawn = svg(bands_plot(verdict, theme=theme, heading=False), "t", "d")
        assert "fill-risk" in drawn
        assert "fill-middle-tint" in drawn


def test_a_column_that_is_not_there_is_an_error() -> None:
    with pytest.raises(InputError, match="no column 'accent'"):
        bands_plot(clips(3), by="accent")


def test_nothing_evaluated_is_nothing_to_draw() -> None:
    empty = transcripts(heard(["c", "c"], ["x", "y"], [0, 0], ["-", "-"]))
    with pytest.raises(InputError, match="no word is evaluated"):
        bands_plot(empty)
