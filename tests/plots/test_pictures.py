"""Do pictures say what the results say, whatever the results are?"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from psephos.agreement import agree, pairwise_agreement
from psephos.consensus import AgainstGold, against_gold, majority, truth_inference
from psephos.errors import InputError, MissingPartError
from psephos.opinions import Opinions, from_matrix, labels, scores
from psephos.opinions.verdicts import Verdict
from psephos.plots import agreement_matrix_plot, certainty_plot, plot, reliability_plot, svg, voters_plot
from psephos.plots.agreement import arranged
from psephos.plots.certainty import remaining
from psephos.plots.picking import PICTURES
from psephos.plots.reliability import reliability_finding
from psephos.plots.style import heading_of


@pytest.fixture(autouse=True)
def _needs_matplotlib(require: Any) -> None:
    require("matplotlib")


def alike(n_voters: int, n_items: int = 30) -> Opinions:
    """Voters of whom each next one is right less often."""
    rng = np.random.default_rng(0)
    right = rng.random((n_items, n_voters)) < np.linspace(0.95, 0.5, n_voters)
    return from_matrix(np.where(right, "yes", "no").tolist(), voters=[f"voter {v:03d}" for v in range(n_voters)])


def finding(figure: Any) -> str:
    return heading_of(figure)[0].replace("\u202f", " ").replace("\u00a0", " ")


def lines(figure: Any) -> list[np.ndarray]:
    return [np.asarray(line.get_xydata()) for axes in figure.axes for line in axes.lines]


def texts(figure: Any) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_what_remains_is_what_the_queue_has_not_found(verdict: Verdict) -> None:
    curve = remaining(verdict)
    found = verdict.queue()["found"].to_numpy()
    assert curve.left[0] == pytest.approx(verdict.expected_errors)
    np.testing.assert_allclose(1 - curve.left[1:] / curve.left[0], found, atol=1e-9)
    half = curve.checked_to_find(0.5)
    assert found[half - 1] >= 0.5 > found[half - 2]
    variance = np.sum(verdict.certainty * (1 - verdict.certainty))
    assert curve.high[0] - curve.left[0] == pytest.approx(1.96 * np.sqrt(variance))


def test_items_without_a_choice_are_left_to_find() -> None:
    verdict = majority(from_matrix([["a", "b"], ["a", "a"]]), ties="none")
    curve = remaining(verdict)
    assert curve.undecided == 1
    assert curve.certainty[0] == 0
    assert curve.left[0] == pytest.approx(1 + verdict.expected_errors)
    assert "1 without a choice" in heading_of(certainty_plot(verdict))[1]


def test_the_certainty_picture_says_where_half_of_the_errors_are(verdict: Verdict) -> None:
    half = remaining(verdict).checked_to_find(0.5)
    figure = certainty_plot(verdict)
    assert finding(figure) == f"Half of the expected errors are in the first {100 * half / len(verdict):.1f} % of items"
    assert f"half found after {half}" in texts(figure)


def test_a_sure_verdict_has_hardly_an_error() -> None:
    sure = majority(from_matrix([["a"] * 9, ["b"] * 9]))
    assert finding(certainty_plot(replace(sure, certainty=np.ones(2)))) == "Hardly any error is to be expected"


def test_the_voters_picture_is_sorted_and_names_the_least(verdict: Verdict) -> None:
    figure = voters_plot(verdict)
    assert finding(figure) == "tree agrees least with the others: .703 [.681, .724]"
    (points,) = (line for line in lines(figure) if len(line) == verdict.voters.height)
    assert points[:, 0].tolist() == sorted(verdict.voters["agreement"], reverse=True)
    assert "forest" in texts(figure)


def test_of_many_voters_those_that_agree_least_are_drawn() -> None:
    verdict = majority(alike(200))
    figure = voters_plot(verdict)
    worst = verdict.voters.sort("high")["voter"].head(30)
    assert set(worst) <= set(texts(figure))
    assert "The 30 of 200 voters" in heading_of(figure)[1]
    assert figure.get_size_inches()[1] * 72 < 900


def test_voters_that_share_no_item_have_no_picture() -> None:
    verdict = majority(labels(["a", "b"], ["x", "y"], ["yes", "no"]))
    with pytest.raises(InputError, match="no voter can be compared"):
        voters_plot(verdict)


def test_the_reliability_picture_has_the_table_and_names_the_worst(gold: AgainstGold) -> None:
    figure = reliability_plot(gold)
    assert finding(figure) == "The certainty is honest: off by .010 on average"
    (points,) = (line for line in lines(figure) if len(line) == gold.reliability.height)
    np.testing.assert_allclose(points, gold.reliability.select("certainty", "right").to_numpy())
    assert {f"{items:,}" for items in gold.reliability["items"]} <= set(texts(figure))


def test_an_honest_certainty_is_said_to_be_honest(verdict: Verdict) -> None:
    choices = verdict.table()["choice"].to_list()
    called_off = 0
    for seed in range(40):
        right = np.random.default_rng(seed).random(len(verdict)) < verdict.certainty
        result = against_gold(verdict, [c if ok else "x" for c, ok in zip(choices, right, strict=True)])
        called_off += not reliability_finding(result).startswith("The certainty is honest: off by .0")
    assert (
        called_off <= 5
    )  # at most 5 % expected: binomial(40, .05) exceeds 5 once in seventy times; the seeds are fixed


def test_no_choice_has_no_reliability() -> None:
    verdict = majority(from_matrix([["a", "b"]]), ties="none")
    with pytest.raises(InputError, match="no item with a known answer has a choice"):
        reliability_plot(against_gold(verdict, ["a"]))


def test_the_matrix_holds_every_pair_once_and_puts_families_side_by_side() -> None:
    table = np.array([["a", "a", "b", "b"], ["a", "b", "b", "a"], ["b", "a", "a", "b"], ["a", "a", "a", "a"]] * 5)
    table[:, 2] = table[:, 0]
    pairs = pairwise_agreement(from_matrix(table.tolist(), voters=["one", "odd", "twin of one", "other"]))
    names, matrix = arranged(pairs)
    assert abs(names.index("one") - names.index("twin of one")) == 1
    for left, right, share in pairs.select("left", "right", "agreement").iter_rows():
        assert matrix[names.index(left), names.index(right)] == matrix[names.index(right), names.index(left)] == share
    cells = list(agreement_matrix_plot(pairs).axes[0].patches)
    assert len(cells) == pairs.height


def test_the_matrix_of_many_voters_shows_those_that_agree_least() -> None:
    pairs = pairwise_agreement(alike(120))
    names, _ = arranged(pairs)
    assert len(names) == 40
    assert "voter 119" in names
    assert "voter 000" not in names
    assert not any(text.startswith(".") for text in texts(agreement_matrix_plot(pairs)))


def test_pairs_without_common_items_are_a_dot() -> None:
    pairs = pairwise_agreement([[0, 0, -1], [1, 1, -1], [-1, 1, 1]])
    assert texts(agreement_matrix_plot(pairs)).count("\u00b7") == 1


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        (pl.DataFrame({"left": ["a"]}), "has no column"),
        (pairwise_agreement([[0, 1]]).clear(), "no two voters have items in common"),
    ],
)
def test_a_table_that_is_none_of_pairs_is_refused(pairs: pl.DataFrame, words: str) -> None:
    with pytest.raises(InputError, match=words):
        agreement_matrix_plot(pairs)


def test_the_picture_of_biases_is_sorted_and_names_the_ends() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(5, 1.5, (200, 1)) + np.array([-1.0, 0.0, 1.0]) + rng.normal(0, 0.5, (200, 3))
    item, voter = np.indices(matrix.shape)
    result = truth_inference(scores(item.ravel(), np.array(["ann", "bob", "cat"])[voter.ravel()], matrix.ravel()))
    figure = plot(result)
    assert finding(figure).startswith("cat scores highest, ")
    assert finding(figure).endswith(" above ann")
    (points,) = (line for line in lines(figure) if len(line) == 3)
    assert points[:, 0].tolist() == sorted(result.voters["bias"], reverse=True)


def test_voters_alike_have_no_bias_to_speak_of() -> None:
    matrix = np.random.default_rng(1).normal(5, 1.0, (50, 3))
    item, voter = np.indices(matrix.shape)
    result = truth_inference(scores(item.ravel(), voter.ravel(), matrix.ravel()))
    assert finding(plot(result)) == "No voter is more lenient than another by more than chance"


def test_an_empty_verdict_has_no_picture(verdict: Verdict) -> None:
    nothing = replace(verdict, items=verdict.items.clear(), certainty=np.empty(0))
    with pytest.raises(InputError, match="no items"):
        certainty_plot(nothing)


def test_plot_picks_by_type(verdict: Verdict, gold: AgainstGold, digits: Opinions) -> None:
    agreement = agree(digits, repeats=0)
    assert finding(plot(verdict)).startswith("Half of")
    assert finding(plot(verdict, "voters")).startswith("tree agrees least")
    assert finding(plot(gold)).startswith("The certainty")
    assert finding(plot(agreement)).startswith("logistic-upper and tree agree least")
    for result in (verdict, gold, agreement):
        assert type(result).__name__ in PICTURES


def test_plot_refuses_what_it_cannot_draw(verdict: Verdict) -> None:
    with pytest.raises(InputError, match="picture: must be one of 'certainty', 'voters', got 'pie'"):
        plot(verdict, "pie")
    with pytest.raises(InputError, match="there is no picture of Reasons"):
        plot(verdict.why(verdict.items[0]))
    with pytest.raises(InputError, match="theme"):
        plot(verdict, theme="neon")


def test_every_type_in_the_registry_is_a_result() -> None:
    import psephos
    from psephos import allocation, consensus, judges, learning, metrics, ranking, selection
    from psephos.studies import peer_review

    rooms = (psephos, allocation, consensus, judges, learning, metrics, peer_review, ranking, selection)
    known = {name: getattr(room, name) for room in rooms for name in room.__all__}
    assert PICTURES
    assert all(issubclass(known[name], psephos.Result) for name in PICTURES)


def test_themes_differ_in_colours_only(verdict: Verdict) -> None:
    from psephos.plots.tokens import TOKENS

    light, dark = (svg(plot(verdict, theme=theme), "t", "d").lower() for theme in ("light", "dark"))
    assert light != dark
    for one, other in TOKENS.values():
        dark = dark.replace(other.lower(), one.lower())
    assert light == dark


def test_the_users_settings_change_nothing_and_are_not_changed(verdict: Verdict) -> None:
    import matplotlib as mpl

    plain = svg(plot(verdict), "t", "d")
    with mpl.rc_context({"axes.grid": True, "font.size": 30, "lines.linewidth": 9, "axes.facecolor": "pink"}):
        before = dict(mpl.rcParams)
        assert svg(plot(verdict), "t", "d") == plain
        assert dict(mpl.rcParams) == before


def test_pyplot_is_never_loaded_and_nothing_is_loaded_before_a_picture_is_drawn() -> None:
    code = """
import sys, psephos.plots
assert "matplotlib" not in sys.modules
from psephos.consensus import majority
from psephos.opinions import from_matrix
figure = psephos.plots.plot(majority(from_matrix([["a", "a"], ["a", "b"]])))
psephos.plots.svg(figure, "t", "d")
assert "matplotlib" in sys.modules and "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_matplotlib_it_is_said_what_to_install(verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingPartError, match=r"pictures need matplotlib; pip install 'psephos\[plots\]'"):
        plot(verdict)


def test_the_influence_of_voters_is_drawn_from_zero() -> None:
    result = agree(alike(6), repeats=0)
    figure = plot(result, "influence")
    points = next(line for line in lines(figure) if len(line) == 6)
    changes = result.voters.sort("change", descending=True)["change"]
    np.testing.assert_allclose(points[:, 0], changes)
    most = result.voters.sort(pl.col("change").abs(), descending=True).row(0, named=True)
    way = "rises" if most["change"] > 0 else "falls"
    assert finding(figure).startswith(f"Without {most['voter']} Krippendorff's alpha {way} from")


def test_of_many_voters_those_that_move_most_are_drawn() -> None:
    result = agree(alike(40), repeats=0)
    figure = plot(result, "influence")
    assert "The 30 of 40 voters that change it most" in heading_of(figure)[1]


def test_voters_that_move_nothing_are_said() -> None:
    result = agree(from_matrix([["a", "a", "a"], ["b", "b", "b"]]), repeats=0)
    assert finding(plot(result, "influence")) == "No voter moves Krippendorff's alpha"


def test_two_voters_have_no_influence_to_draw() -> None:
    with pytest.raises(InputError, match="no voter can be left out"):
        plot(agree(from_matrix([["a", "b"], ["b", "b"]]), repeats=0), "influence")


def test_the_matrix_says_what_agreement_is_a_share_of() -> None:
    rated = agree(from_matrix([[1, 2, 3], [3, 3, 5], [5, 4, 4]], kind="scores"), repeats=0)
    assert heading_of(plot(rated))[1].startswith("One minus the mean distance")
    with pytest.raises(InputError, match="share_of: must be one of"):
        agreement_matrix_plot(rated.pairs, share_of="all")


def test_systems_are_drawn_best_first_with_their_intervals() -> None:
    from psephos.metrics import evaluate

    truth = {u: ["a", "b"] for u in range(30)}
    runs = {f"run {n}": {u: ["a"] if u % (n + 2) else ["x"] for u in range(30)} for n in range(3)}
    result = evaluate(truth, runs, ["recall", "mrr"], [1, 5])
    figure = plot(result, metric="mrr", k=5)
    assert finding(figure).startswith("run 2 has the highest MRR@5: .7")
    assert texts(figure)[:3] == ["run 2", "run 1", "run 0"]
    (points,) = (line for line in lines(figure) if len(line) == 3 and line[0, 0] != line[1, 0])
    expected = result.table().filter(metric="mrr", k=5).sort("value", descending=True)["value"]
    assert points[:, 0].tolist() == expected.to_list()
    with pytest.raises(InputError, match="no such number"):
        plot(result, metric="gini")
    single = plot(evaluate(truth, runs["run 0"], ["recall", "mrr", "dcg"], 1))
    assert texts(single)[:2] == ["R@1", "MRR@1"]


def test_users_are_drawn_against_those_alike() -> None:
    from psephos.metrics import pairwise_unfairness

    rng = np.random.default_rng(0)
    result = pairwise_unfairness(rng.random(40), rng.integers(0, 2, (40, 6)), repeats=99)
    figure = plot(result)
    assert finding(figure).startswith("Similar users differ by .")
    assert "by shuffling" in finding(figure)
    alone = pairwise_unfairness([0.1, 0.9], np.eye(2), repeats=0)
    with pytest.raises(InputError, match="no two users"):
        plot(alone)


def test_pairs_of_systems_are_drawn_with_what_they_share_and_how_they_order_it() -> None:
    from psephos.metrics import list_similarity

    runs = {
        "one": {u: ["a", "b", "c", "d"] for u in range(20)},
        "two": {u: ["a", "b", "c", "x"] if u % 2 else ["b", "a", "c", "y"] for u in range(20)},
        "other": {u: ["p", "q"] for u in range(20)},
    }
    result = list_similarity(runs, 4)
    figure = plot(result)
    assert finding(figure).startswith("one and two share most of their items: Jaccard .6")
    assert [text for text in texts(figure) if ", " in text and "tau" not in text] == [
        "one, two",
        "one, other",
        "two, other",
    ]
    assert texts(figure).count("too few") == 2
    shared, order = (line for line in lines(figure) if len(line) in (1, 3) and 0 in line[:, 1])
    assert shared[:, 0].tolist() == pytest.approx([3 / 5, 0, 0])
    assert order[:, 0].tolist() == pytest.approx([(1 + 1 / 3) / 2])
    alone = list_similarity({"one": {"u": ["a"]}, "two": {"v": ["a"]}})
    with pytest.raises(InputError, match="no user with lists of two"):
        plot(alone)
