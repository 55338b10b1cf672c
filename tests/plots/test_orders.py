"""Pictures of rankings: what they say, that they hold hostile names, and when they refuse."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

pytest.importorskip("matplotlib")

from psephos.errors import InputError, NoPictureError
from psephos.opinions import ranking_by_scores
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance
from psephos.plots import above_plot, order_plot, plot, svg
from psephos.plots.style import heading_of
from psephos.ranking import benchmark_order_sensitivity, borda, failure_sensitivity, score_table
from psephos.reports import report
from psephos.statistics import rank_spread


def noisy(n: int, tasks: int) -> np.ndarray:
    return np.linspace(1, -1, n)[:, None] + np.random.default_rng(0).normal(size=(n, tasks))


def test_the_order_says_who_cannot_be_told_apart():
    made = borda(noisy(6, 4), rng=0)
    finding, method = heading_of(order_plot(made))
    beside = sum(made.probability_above(made.leaders[0], name) < 0.975 for name in made.names[1:])
    assert 0 < beside < 5
    assert finding == f"{made.leaders[0]} is first, but cannot be told from {beside} of the 5 others"
    assert "tasks resampled" in method
    sure = borda(np.repeat([[3.0], [2.0], [1.0]], 9, axis=1), rng=0)
    assert heading_of(order_plot(sure))[0] == "0 is first, and surely so"
    # A chain that no line parts: the first is told from the last, but not from the one beside it.
    draws = np.array([3.0, 2.0, 1.0]) + 0.7 * np.random.default_rng(0).normal(size=(2000, 3))
    chain = ranking_by_scores(
        pl.Series(["a", "b", "c"]),
        np.array([3.0, 2.0, 1.0]),
        score_means="points",
        provenance=Provenance("borda", {}, Source()),
        spread=rank_spread(draws),
    )
    assert heading_of(order_plot(chain))[0] == "a is first, but cannot be told from 1 of the 2 others"


def test_rows_stand_in_order_with_their_scores():
    made = borda(noisy(5, 6), rng=0)
    axes = order_plot(made).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == made.names
    points = axes.lines[-1] if len(axes.lines[-1].get_xdata()) == 5 else axes.lines[5]
    np.testing.assert_array_equal(points.get_xdata(), made.scores[made.order])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("n", [2, 15, 60])
def test_both_pictures_at_any_size(n, theme):
    made = borda(noisy(n, 5), rng=0)
    for picture in ("order", "above"):
        figure = plot(made, picture, theme=theme)
        assert f">{made.names[0]}<" in svg(figure, *heading_of(figure))


def test_pairs_without_resamples_are_shares_of_the_orders():
    finding, method = heading_of(above_plot(borda([[2, 2], [1, 1]], repeats=0)))
    assert finding == "1 of 1 neighbours can be told apart (100\u202f%)"
    assert "weight of the orders" in method


def test_a_name_is_text():
    table = score_table([[2, 3], [1, 1]], candidates=["$\\frac{x}{<b>", "y" * 60])
    page = report(borda(table, rng=0))
    assert "<b>" not in page.split("<main")[1]
    assert page.count("<svg") == 3


def test_what_has_no_pairs_has_one_picture():
    alone = ranking_by_scores(
        pl.Series(["a", "b"]), np.array([2.0, 1.0]), score_means="points", provenance=Provenance("x", {}, Source())
    )
    assert heading_of(order_plot(alone))[0] == "a is first"
    with pytest.raises(NoPictureError):
        above_plot(alone)
    assert report(alone).count("<svg") == 1


def test_nobody_ranked_is_no_picture():
    blank = ranking_by_scores(
        pl.Series(["a"]), np.array([np.nan]), score_means="points", provenance=Provenance("x", {}, Source())
    )
    with pytest.raises(InputError, match="ranks nobody"):
        order_plot(blank)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_rules_do_to_models(theme):
    for made in (
        failure_sensitivity(noisy(6, 5), n_sim=200, rng=0),
        benchmark_order_sensitivity(noisy(6, 5), orders=3, n_sim=200, rng=0),
    ):
        figure = plot(made, theme=theme)
        assert heading_of(figure)[0] == made.finding
        assert f">{made.finding}<" in svg(figure, *heading_of(figure))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_chances_to_win_are_drawn(theme):
    from psephos.opinions import battles
    from psephos.ranking import bradley_terry

    made = bradley_terry(battles(["x"] * 44, ["y"] * 44, ["left"] * 40 + ["right"] * 4), rng=0)
    for picture in ("order", "wins", "above"):
        figure = plot(made, picture, theme=theme)
        assert ">x<" in svg(figure, *heading_of(figure))
    assert heading_of(plot(made, "wins"))[0].startswith("x beats y in .91 of battles")
    cells = {text.get_text() for axes in plot(made, "wins").axes for text in axes.texts}
    assert {".91", ".09"} <= cells
    assert "x beats y" in report(made)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_judges_are_drawn_beside_the_most_frequent_label(theme):
    from psephos.ranking import judge_agreement

    words = ["A>B", "B>A", "A=B=Good", "A>B"] * 30
    made = judge_agreement({"human": words, "good": words, "<b>lazy": ["A>B"] * 120}, rng=0)
    figure = plot(made, theme=theme)
    assert ">good<" in svg(figure, *heading_of(figure))
    assert heading_of(figure)[0].startswith("1 of 2 judges surely beats")
    assert "<b>lazy" not in report(made)
