"""Does the page of a ranking say what the ranking says, whatever was ranked?"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from psephos.opinions import Ranking, battles, read
from psephos.plots import plot
from psephos.plots.style import heading_of
from psephos.ranking import borda, bradley_terry, mean_score, paired, rank_by_ability, score_table, style_control, swiss
from psephos.reports import report

MODELS = Path(__file__).parents[2] / "examples" / "models" / "results.parquet"


def words(page: str) -> str:
    page = re.sub(r"<(style|script|svg)[ >].*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\u202f", " ").replace("\xa0", " ")


@pytest.fixture(scope="module")
def points() -> Ranking:
    return borda(score_table(read(MODELS)), repeats=100, rng=0)


def test_the_page_says_who_leads_what_other_methods_say_and_what_each_task_does(points: Ranking) -> None:
    page = report(points)
    text = words(page)
    assert "rbf-svm is first" in text
    for title in ("Order", "Other methods", "Tasks", "Evenness"):
        assert f"{title} " in text
    row = points.table().row(0, named=True)
    assert f"{row['score']:.1f} [{row['low']:.1f}, {row['high']:.1f}]" in text
    assert "The order without each task" in text
    for name in ("order", "above", "plane", "harmony"):
        assert f'id="{name}' in page
    assert "nan" not in text
    assert len(page) < 400_000


def test_the_page_of_abilities_has_profiles_a_wright_map_and_items() -> None:
    rng = np.random.default_rng(0)
    right = rng.random((20, 40)) < 1 / (1 + np.exp(rng.normal(size=40) - np.linspace(2, -2, 20)[:, None]))
    made = rank_by_ability(right * 1.0, topics=["a"] * 20 + ["b"] * 20, errors="none", rng=0)
    page = report(made)
    for name in ("wright", "profiles", "order", "above"):
        assert f'id="{name}' in page
    assert "Who leads in each topic" in words(page)
    assert "Items to look at" in words(page)


def test_the_page_of_battles_says_what_else_moves_votes() -> None:
    rng = np.random.default_rng(0)
    n = 400
    left = rng.integers(0, 4, n)
    right = (left + rng.integers(1, 4, n)) % 4
    ends = np.array(["left", "right", "tie", "both_bad"])[rng.integers(0, 4, n)]
    made = style_control(
        battles(left.astype(str), right.astype(str), ends.tolist()), {"length": rng.normal(size=n)}, rng=0
    )
    text = words(report(made))
    assert "What moves votes besides" in text
    assert "length" in text
    assert "How often both sides were bad" in text


def test_others_have_their_page_too(points: Ranking) -> None:
    two = paired([[[1, 0, 1, 1, 0, 1], [0, 0, 1, 0, 0, 1]]], repeats=50, rng=0)
    assert "Each pair, tested" in words(report(two))
    tournament = swiss([[3, 2, 1], [2, 3, 3], [1, 1, 2]], n_sim=500, rng=0)
    assert "expected points" in words(report(tournament))


def test_nobody_ranked_is_said() -> None:
    made = bradley_terry(battles(["x", "y"], ["y", "x"], ["left", "left"]), least_games=30, repeats=0, rng=0)
    text = words(report(made))
    assert "Nobody could be ranked" in text
    assert "a place needs 30" in text


def test_names_stay_text(xss: list[str]) -> None:
    rng = np.random.default_rng(0)
    table = score_table(rng.random((len(xss), 3)), candidates=xss, tasks=xss[:3])
    page = report(mean_score(table, rng=0))
    assert page.count("<script") == 1
    for text in xss:
        if "<" in text:
            assert text not in page


def test_axe_finds_nothing(opened: Any, points: Ranking, require: Any) -> None:
    axe = require("axe_playwright_python.sync_playwright").Axe()
    for scheme in ("light", "dark"):
        page = opened(report(points), color_scheme=scheme)
        faults = axe.run(page).response["violations"]
        assert [(fault["id"], fault["nodes"][0]["html"][:120]) for fault in faults] == []


def test_the_plane_counts_who_is_good_everywhere(require: Any) -> None:
    require("matplotlib")
    scores = [[5, 5, 5, 5], [4, 4, 4, 4], [3, 1, 3, 1], [1, 3, 1, 3], [2, 2, 2, 2]]
    figure = plot(borda(scores, repeats=0, rng=0), "plane")
    # Mean shares beaten 1, .75, .25, .25, .25; the third and fourth alternate.
    assert heading_of(figure)[0].replace("\u202f", " ").startswith("3 of 5 candidates are")
    dots = [line.get_xydata()[0].tolist() for axes in figure.axes for line in axes.lines if len(line.get_xydata()) == 1]
    np.testing.assert_allclose(sorted(dots), [[0.25, 0.0], [0.25, 0.0625], [0.25, 0.0625], [0.75, 0.0], [1.0, 0.0]])
