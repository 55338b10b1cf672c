"""Do the pictures of budgets say what the results say?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from psephos.allocation import (
    Adaptive,
    Uniform,
    allocate,
    certainty_path,
    forecast,
    plan_budgets,
    replay,
    replay_stopping,
)
from psephos.errors import InputError
from psephos.plots import plot, svg
from psephos.plots.style import heading_of
from psephos.reports import report


@pytest.fixture(autouse=True)
def _needs_matplotlib(require: Any) -> None:
    require("matplotlib")


@pytest.fixture(scope="module")
def pools():
    rng = np.random.default_rng(0)
    easy, hard = (0.85, 0.06, 0.05, 0.04), (0.45, 0.30, 0.15, 0.10)
    return {f"q{q}": rng.choice(list("abcd"), 40, p=easy if q % 3 else hard).tolist() for q in range(60)}


def finding(figure: Any) -> str:
    return heading_of(figure)[0].replace("\u202f", " ").replace("\u00a0", " ")


def texts(figure: Any) -> list[str]:
    return [text.get_text().replace("\u202f", " ") for axes in figure.axes for text in axes.texts]


def drawn(figure: Any) -> str:
    return svg(figure, *heading_of(figure))


def curves_of(axes: Any) -> list[np.ndarray]:
    return [line.get_ydata() for line in axes.lines if len(line.get_xdata()) == 3]


def test_methods_against_the_budget(pools):
    gold = dict.fromkeys(pools, "a")
    result = replay(pools, [3, 6, 9], ["uniform", "knowledge-gradient"], gold=gold, n_options=4, rng=0)
    figure = plot(result)
    best = result.savings.filter(result.savings["budget"] == 9).row(0, named=True)
    assert finding(figure) == (
        f"knowledge-gradient does with 9 samples a question what even spending does with {best['uniform']:.3g}"
    )
    assert len(figure.axes) == 2
    for axes, measure in zip(figure.axes, ("consistency", "accuracy"), strict=True):
        expected = [part[measure].to_list() for part in result.curves.partition_by("method", maintain_order=True)]
        assert sorted(curve.tolist() for curve in curves_of(axes)) == sorted(expected)
    assert {"consistency", "accuracy"} <= set(texts(figure))
    assert len(plot(replay(pools, [3, 6], ["uniform"], rng=0)).axes) == 1
    assert finding(plot(replay(pools, [3], ["uniform"], rng=0))).startswith("At 3 samples a question uniform agrees")


def test_one_method_at_one_budget_and_many_methods(pools):
    assert finding(plot(replay({"q": ["a", "b"]}, [1], ["asc"], rng=0))).startswith("At 1 sample a question asc")
    many = {f"method {k} <&$ with a very long name": "uniform" for k in range(10)}
    assert "method 0 &lt;&amp;$" in drawn(plot(replay(pools, [2, 4], many, rng=0)))


def test_what_rules_save(pools):
    result = replay_stopping(pools, ["asc", "ppr", "esc"], n_classes=4)
    figure = plot(result)
    saved = result.table().filter(result.table()["rule"] == "asc")["saved"][0]
    assert finding(figure).startswith(f"asc saves {saved:.0%}".replace("%", " %"))
    assert {"asc", "ppr", "esc"} <= set(texts(figure))
    marks = {float(line.get_xdata()[0]) for line in figure.axes[0].lines if len(line.get_xdata()) == 1}
    assert marks == set(result.table()["saved"].to_list())


def test_samples_of_each_question(pools):
    stores = {name: iter(pool) for name, pool in pools.items()}
    result = allocate(Adaptive(list(pools), 500, cap=10, n_classes=4), lambda name: next(stores[name]))
    figure = plot(result)
    row = np.sort(result.table()["drawn"].to_numpy())[::-1]
    assert finding(figure) == f"A tenth of the questions got {row[:6].sum() / row.sum():.0%} of the samples".replace(
        "%", " %"
    )
    np.testing.assert_array_equal(figure.axes[0].patches[-1].get_data().values, row)
    asked = result.table()["flags"].str.contains("ask a human").sum()
    triangles = [line for line in figure.axes[0].lines if line.get_marker() == "^"]
    assert sum(len(line.get_xdata()) for line in triangles) == asked > 0
    with pytest.raises(InputError, match="no samples"):
        plot(Uniform(["q"], 3).result())


def test_certainty_over_time():
    path = certainty_path("abbaaaaaaaaaaa", n_classes=2)
    figure = plot(path)
    assert finding(figure) == f"a is certain enough after {path.stops['asc']} samples, and never proven"
    certainty, p = figure.axes
    np.testing.assert_allclose(certainty.lines[1].get_ydata(), path.table()["certainty"])
    np.testing.assert_allclose(p.lines[1].get_ydata(), path.table()["p_value"])
    assert "neither certain nor proven" in finding(plot(certainty_path("ab")))
    assert finding(plot(certainty_path([None]))) == "1 sample and no answer"
    drawn(plot(certainty_path("a" * 2000, n_classes=2)))
    with pytest.raises(InputError, match="no samples"):
        plot(certainty_path([]))


def test_forecasts(pools):
    result = forecast({name: pool[:8] for name, pool in pools.items()}, (4, 8, 16), n_options=4, rng=0)
    figure = plot(result)
    law = result.power_law
    assert law is not None
    assert finding(figure).startswith(
        f"Twice the samples would take the error down by {1 - 2**-law.exponent.value:.0%}"[:-1]
    )
    (curve,) = (line for line in figure.axes[0].lines if line.get_marker() == "o")
    np.testing.assert_allclose(curve.get_ydata(), result.table()["error"])
    assert finding(plot(forecast(pools, (4,), rng=0))).startswith("At 4 samples a question")
    with pytest.raises(InputError, match="no error"):
        plot(
            forecast(pools, (0,), keep=True, prior=1e-3, n_options=4, draws=1, rng=0).__class__(
                **{
                    **vars(result),
                    "points": result.points.head(0),
                }
            )
        )


def test_plans():
    plan = plan_budgets([0.6, 0.4], [0.9, 0.25], [0.2, 0], 10, names=["equal", "not equal"])
    figure = plot(plan)
    assert finding(figure) == "9.8 samples a question make 93 % of the majorities final"
    stops = [float(line.get_xdata()[0]) for line in figure.axes[0].lines if len(line.get_xdata()) == 1]
    assert stops == plan.samples.tolist()
    assert {"equal, 60 %: 5", "not equal, 40 %: 17"} <= set(texts(figure))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_are_drawn_in_both_themes_and_on_a_page(pools, theme):
    results = [
        replay(pools, [2, 4], ["uniform", "adaptive"], rng=0),
        replay_stopping(pools),
        certainty_path("aab"),
        forecast(pools, rng=0),
        plan_budgets([0.6, 0.4], [0.9, 0.25], [0.2, 0], 10),
        allocate(Uniform(["q"], 3), lambda name: "a"),
    ]
    for result in results:
        assert drawn(plot(result, theme=theme))
        assert "<svg" in report(result, theme=theme)
