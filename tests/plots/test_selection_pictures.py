"""Do the pictures of selections, curves, alphas and steps say what the results say?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from psephos.errors import InputError
from psephos.plots import plot, svg
from psephos.plots.style import heading_of
from psephos.selection import (
    alpha_breakpoints,
    best_of_majority,
    majority_at_k,
    pass_at_k,
    process_scores,
    success_curves,
    tune_alpha,
)

ANSWERS = [["a"] * 5 + ["b"] * 3 + ["c"] * 2, ["d", "d", "e", None]]
REWARDS = [[0.4] * 5 + [0.6] * 3 + [0.9] * 2, [0.5, 0.5, 0.1, 0.2]]


@pytest.fixture(autouse=True)
def _needs_matplotlib(require: Any) -> None:
    require("matplotlib")


def finding(figure: Any) -> str:
    return heading_of(figure)[0].replace("\u202f", " ")


def texts(figure: Any) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def points(figure: Any) -> list[tuple[float, float]]:
    return [tuple(xy) for axes in figure.axes for line in axes.lines for xy in np.asarray(line.get_xydata())]


def test_the_picture_of_a_selection_has_each_candidate_and_the_gate() -> None:
    chosen = best_of_majority(ANSWERS, REWARDS, alpha=0.3)
    figure = plot(chosen, item="0")
    assert finding(figure) == "b is taken, c scores higher but is too rare"
    assert {(0.5, 0.4), (0.2, 0.9)} <= {(round(x, 6), round(y, 6)) for x, y in points(figure)}
    assert any(x == pytest.approx(0.3) for x, _ in points(figure))
    assert {"a", "b", "c"} <= {text.strip() for text in texts(figure)}


def test_without_an_item_the_most_doubtful_is_drawn() -> None:
    chosen = best_of_majority(ANSWERS, REWARDS, alpha=0.3, repeats=50)
    first = chosen.queue()["item"][0]
    assert f"Candidates of {first} " in heading_of(plot(chosen))[1]


def test_curves_end_at_their_values_and_name_the_best() -> None:
    curves = pass_at_k(ANSWERS, [1, 2, 4], gold=["a", "d"]).joined(majority_at_k(ANSWERS, [1, 2, 4], gold=["a", "d"]))
    figure = plot(curves)
    assert finding(figure) == "pass@k solves 99 % with 4 samples, the most"
    for value, draws in curves.table().select("value", "draws").rows():
        assert any(x == draws and y == pytest.approx(value) for x, y in points(figure))
    assert {"pass@k", "maj@k"} <= set(texts(figure))
    one = plot(pass_at_k(ANSWERS, 2, gold=["a", "d"]))
    assert finding(one).startswith("pass@k is ")


def test_the_tuned_alpha_is_named() -> None:
    tuned = tune_alpha(ANSWERS, REWARDS, ["b", "d"], grid=[0, 0.3])
    assert finding(plot(tuned)) == "Alpha .3 solves 100 %, alpha 0 solves 50 %"
    same = tune_alpha(ANSWERS, REWARDS, ["c", "d"], grid=[0, 0.3])
    assert finding(plot(same)) == "Alpha 0 solves 100 %, no larger one more"


def test_breakpoints_are_bars_from_zero_to_the_largest_share() -> None:
    found = alpha_breakpoints(ANSWERS, REWARDS)
    figure = plot(found)
    assert finding(figure) == "In 1 of 2 questions the first answer depends on alpha"
    ends = sorted(round(bar.get_x() + bar.get_width(), 6) for bar in figure.axes[0].patches)
    assert ends == sorted(found.table().drop_nulls("answer")["high"].round(6).to_list())


def test_the_weakest_step_is_marked_and_an_impossible_one_drawn() -> None:
    scores = process_scores([[-0.1, -3.0, -0.2], [-0.5, -np.inf, -0.1]], None, [[0, 1, 2]] * 2, beta=1)
    assert finding(plot(scores, response=0)) == "Step 2 of 3 is the weakest"
    figure = plot(scores, response=1)
    assert "impossible" in texts(figure)
    assert "without a reference" in heading_of(figure)[1]
    long = process_scores([[-1.0] * 100], None, [list(range(100))])
    assert "40 of 100 steps" in heading_of(plot(long))[1]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_picture_becomes_part_of_a_page(theme: str) -> None:
    gold = ["b", "d"]
    for result in (
        best_of_majority(ANSWERS, REWARDS, k=2),
        tune_alpha(ANSWERS, REWARDS, gold),
        alpha_breakpoints(ANSWERS, REWARDS),
        success_curves(ANSWERS, REWARDS, gold, sizes=[2, 4], draws=20),
        process_scores([[-0.5, -0.2]]),
    ):
        assert "<svg" in svg(plot(result, theme=theme), "title", "description")


def test_what_has_nothing_to_draw_is_refused() -> None:
    with pytest.raises(InputError, match="nothing to draw"):
        plot(best_of_majority([None], [1]))
    with pytest.raises(InputError, match="no candidate"):
        plot(best_of_majority([[None], ["a"]], [[1], [1]]), item="0")
    with pytest.raises(InputError, match="nothing to draw"):
        plot(alpha_breakpoints([None], [1]))
    with pytest.raises(InputError, match="one with steps"):
        plot(process_scores([[]], None, [[]]))
    curve = pass_at_k([[0, 1]], 1)
    with pytest.raises(InputError, match="curves to draw"):
        plot(type(curve)(provenance=curve.provenance, rows=curve.rows.clear(), level=0.95))
