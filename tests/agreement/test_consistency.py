"""How consistently candidates are right: vectors, real responses, the closed form, limits and bad input."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.agreement import (
    consistency,
    consistency_curve,
    guessing_curve,
    variant_plan,
    variants_needed,
    warped_distance,
)
from psephos.agreement.consistent_answers.reference_curves import adjusted_for_chance
from psephos.errors import InputError
from psephos.opinions import from_frame, labels, results, samples

VECTORS = {
    "sheet32-four": ([5, 4, 3, 1], [5, 5, 5, 5], 0.6875, 0.65, 0.446875),
    "sheet32-five": ([10, 7, 5, 0, 3], [10] * 5, 0.54, 0.5, 0.27),
    "sheet32-ragged": ([11, 6, 2], [11, 11, 4], 0.7, 2 / 3, 0.7 * 2 / 3),
    "sheet32-perfect": ([1], [1], 1.0, 1.0, 1.0),
    "sheet32-useless": ([0, 0], [3, 4], 0.05, 0.0, 0.0),
}


@pytest.mark.parametrize(("right", "total", "aucar", "norm_dtw", "core"), VECTORS.values(), ids=VECTORS)
def test_the_vectors_of_the_sheet(right, total, aucar, norm_dtw, core):
    curve = consistency_curve(right, total, repeats=0)
    assert (curve.aucar.value, curve.norm_dtw.value, curve.core.value) == pytest.approx(
        (aucar, norm_dtw, core), abs=1e-9
    )


def test_sheet32_the_curve_of_the_first_vector():
    curve = consistency_curve(*VECTORS["sheet32-four"][:2], repeats=0)
    assert curve.share.tolist() == [1, 1, 1, 0.75, 0.75, 0.75, 0.75, 0.5, 0.5, 0.25, 0.25]
    assert curve.always.value == 0.25


@pytest.mark.parametrize(
    ("p", "aucar", "norm_dtw", "core"),
    [
        pytest.param(0.2, 0.25, 0.2, 0.05, id="sheet32-chance-.2"),
        pytest.param(0.25, 0.3, 0.25, 0.075, id="sheet32-chance-.25"),
        pytest.param(0.5, 0.549951, 0.5, 0.274976, id="sheet32-chance-.5"),
        pytest.param(0.9, None, None, 0.839309, id="sheet32-chance-.9"),
    ],
)
def test_the_chance_curves_of_the_sheet(p, aucar, norm_dtw, core):
    curve = guessing_curve(p, 10)
    assert curve.core.value == pytest.approx(core, abs=1e-6)
    if aucar is not None:
        assert (curve.aucar.value, curve.norm_dtw.value) == pytest.approx((aucar, norm_dtw), abs=1e-6)


counts = st.lists(st.tuples(st.integers(0, 23), st.integers(1, 23)), min_size=1, max_size=30).map(
    lambda pairs: ([min(pair) for pair in pairs], [max(pair) for pair in pairs])
)


@given(counts, st.integers(1, 25))
def test_sheet32_the_closed_form_is_the_warped_distance(pairs, K):
    curve = consistency_curve(*pairs, K=K, repeats=0)
    ideal, worst = np.ones(K + 1), np.append(1.0, np.zeros(K))
    by_warping = 1 - warped_distance(curve.share, ideal) / warped_distance(worst, ideal)
    assert curve.norm_dtw.value == pytest.approx(by_warping, abs=1e-12)
    area = np.trapezoid(curve.share, np.linspace(0, 1, K + 1))
    assert curve.aucar.value == pytest.approx(area, abs=1e-12)
    assert curve.core.value == pytest.approx(area * by_warping, abs=1e-12)


@given(counts, st.integers(1, 25))
def test_a_question_reaches_a_threshold_by_exact_fractions(pairs, K):
    right, total = pairs
    curve = consistency_curve(right, total, K=K, repeats=0)
    for k, share in enumerate(curve.share):
        reached = [Fraction(r, t) >= Fraction(k, K) for r, t in zip(right, total, strict=True)]
        assert share == pytest.approx(np.mean(reached), abs=1e-12)


def test_three_of_ten_reach_point_three():
    """As floats, .1 * 3 is above 3 / 10, and .3 below it would lose the question."""
    assert consistency_curve([3], [10], repeats=0).share[3] == 1
    assert consistency_curve([3], [10], thresholds=[0, 0.3, 1], repeats=0).share.tolist() == [1, 1, 0]
    assert consistency_curve([1], [3], thresholds=[0, "1/3", 1], repeats=0).share.tolist() == [1, 1, 0]
    huge = "0.3333333333333333333333333333333333"
    assert consistency_curve([1], [3], thresholds=[0, huge, 1], repeats=0).share.tolist() == [1, 1, 0]


def test_an_uneven_grid_takes_trapezoids_and_the_plain_mean():
    curve = consistency_curve([5, 4, 3, 1], [5] * 4, thresholds=[0, 0.5, 0.6, 1], repeats=0)
    assert curve.share.tolist() == [1, 0.75, 0.75, 0.25]
    assert curve.aucar.value == pytest.approx(0.5 * 0.875 + 0.1 * 0.75 + 0.4 * 0.5)
    assert curve.norm_dtw.value == pytest.approx((0.75 + 0.75 + 0.25) / 3)


def test_warping_matters_against_a_reference_that_is_not_constant():
    assert warped_distance([0, 0, 1, 1], [0, 1, 1, 1]) == 0
    assert warped_distance([1, 2], [1, 2, 3]) == 1


@given(counts, st.randoms())
def test_the_order_of_questions_does_not_matter(pairs, random):
    both = list(zip(*pairs, strict=True))
    random.shuffle(both)
    one, other = consistency_curve(*pairs, repeats=50), consistency_curve(*zip(*both, strict=True), repeats=50)
    assert (str(one), one.questions) == (str(other), other.questions)
    np.testing.assert_array_equal(one.share, other.share)
    np.testing.assert_array_equal(one.high, other.high)


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Beta(1, 2) questions, 11 variants; CORE of a million of them is the truth; standard error of 300 trials 1.3 %."""
    rng = np.random.default_rng(0)

    def drawn(n):
        return rng.binomial(11, rng.beta(1, 2, n)), np.full(n, 11)

    truth = consistency_curve(*drawn(1_000_000), repeats=0).core.value
    held = 0
    for seed in range(300):
        core = consistency_curve(*drawn(150), repeats=300, rng=seed).core
        held += core.low <= truth <= core.high
    assert 0.90 <= held / 300 <= 0.99


def medqa(folder, model, family=""):
    """Responses of a model: results with the chosen option as answer."""
    right, chosen = (
        pl.read_csv(folder / f"medqa-{model}-{what}.csv").unpivot(
            index="question", variable_name="variant", value_name=what
        )
        for what in ("correct", "chosen")
    )
    table = right.join(chosen, on=["question", "variant"], how="full", coalesce=True)
    table = table.filter(pl.col("variant").str.starts_with(f"{family}." if family else ""))
    return table.select(candidate=pl.lit(model), item="question", variant="variant", score="correct", answer="chosen")


MISTRAL, MEDALPACA = "mistral-7b-instruct", "medalpaca-7b"
REAL = [
    (MISTRAL, "standard_MC", 11, 0.309291, 0.326316, 0.283111, 0.092384, 0.135899),
    (MISTRAL, "standard_MC_shuffled", 11, 0.337642, 0.338570, 0.290966, 0.098513, 0.047918),
    (MEDALPACA, "standard_MC", 11, 0.290009, 0.283464, 0.234564, 0.066491, 0.021995),
    (MEDALPACA, "decoupled_MC", 4, 0.430086, 0.453771, 0.412647, 0.187247, 0.177533),
    (MISTRAL, "", 22, 0.323466, 0.330244, 0.282168, 0.093184, 0.038492),
]


@pytest.mark.parametrize(
    ("model", "family", "variants", "plus", "aucar", "norm_dtw", "core", "always"),
    REAL,
    ids=[f"sheet32-{row[0]}-{row[1] or 'all'}" for row in REAL],
)
def test_real_responses(shared_data, model, family, variants, plus, aucar, norm_dtw, core, always):
    found = consistency(from_frame(medqa(shared_data("32-cat"), model, family)), invalid=[-1], repeats=0)
    row = found.table().row(0, named=True)
    assert (row["questions"], row["variants_low"], row["variants_high"]) == (1273, variants, variants)
    indices = tuple(row[name] for name in ("mcqa_plus", "aucar", "norm_dtw", "core", "always"))
    assert indices == pytest.approx((plus, aucar, norm_dtw, core, always), abs=1e-6)
    assert row["consistency"] == pytest.approx(1 - (plus - always), abs=2e-6)
    assert row["cora"] == pytest.approx(plus * (1 - (plus - always)), abs=2e-6)


@pytest.mark.parametrize(
    ("family", "first", "fractional", "original"),
    [
        pytest.param("standard_MC", 0.307934, 0.308589, 0.306363, id="sheet32-majority-standard"),
        pytest.param("standard_MC_shuffled", 0.375491, 0.370254, 0.336999, id="sheet32-majority-shuffled"),
    ],
)
def test_real_majorities(shared_data, family, first, fractional, original):
    responses = from_frame(medqa(shared_data("32-cat"), MISTRAL, family))
    for ties, expected in (("first", first), ("fractional", fractional)):
        row = consistency(responses, invalid=[-1], ties=ties, repeats=0).table().row(0, named=True)
        assert (row["majority"], row["mcqa"]) == pytest.approx((expected, original), abs=1e-6)


def test_sheet32_the_whole_curve_of_the_shuffled_questions(shared_data):
    found = consistency(from_frame(medqa(shared_data("32-cat"), MISTRAL, "standard_MC_shuffled")), repeats=0)
    expected = [1, 0.661430, 0.534171, 0.431265, 0.344855, 0.274156, 0.219167, 0.172820, 0.130401, 0.093480, 0.047918]
    np.testing.assert_allclose(found.curves[MISTRAL].share, expected, atol=1e-6)


def test_sheet32_more_accurate_but_less_often_right_every_time(shared_data):
    families = consistency(from_frame(medqa(shared_data("32-cat"), MISTRAL)), repeats=0).families
    standard, shuffled = families.sort("family").iter_rows(named=True)
    assert shuffled["accuracy"] > standard["accuracy"]
    assert shuffled["always"] < standard["always"] / 2
    assert shuffled["gap"] == pytest.approx(shuffled["accuracy"] - shuffled["always"])


def test_sheet32_scores_and_key_say_the_same_and_unreadable_answers_are_counted(shared_data):
    folder = shared_data("32-cat")
    key = dict(
        pl.read_csv(folder / "medqa-key.csv").select(pl.col("question").cast(pl.String), "key_option_id").iter_rows()
    )
    table = from_frame(pl.concat([medqa(folder, MISTRAL), medqa(folder, MEDALPACA)]))
    scored, keyed = (consistency(table, invalid=[-1], repeats=0, **how) for how in ({}, {"key": key}))
    assert scored.table().drop("candidate").equals(keyed.table().drop("candidate"))
    assert dict(scored.table().select("candidate", "unreadable").iter_rows()) == {MISTRAL: 60, MEDALPACA: 3785}
    assert not any("right in one response and wrong in another" in note for note in scored.provenance.notes)


def test_the_difference_of_two_models_is_drawn_on_common_questions(shared_data):
    folder = shared_data("32-cat")
    mistral = medqa(folder, MISTRAL, "standard_MC")
    medalpaca = medqa(folder, MEDALPACA, "standard_MC").filter(pl.col("item") < 1200)
    found = consistency(from_frame(pl.concat([mistral, medalpaca])), repeats=500)
    assert found.table()["questions"].to_list() == [1200, 1200]
    assert any(
        note.startswith("left out: 73 questions that not all candidates have") for note in found.provenance.notes
    )
    (row,) = found.differences.iter_rows(named=True)
    assert row["difference"] == pytest.approx(row["core_left"] - row["core_right"])
    assert 0 < row["low"] < row["difference"] < row["high"]
    own = consistency(from_frame(pl.concat([mistral, medalpaca])), questions="own", repeats=0)
    assert dict(own.table().select("candidate", "questions").iter_rows()) == {MISTRAL: 1273, MEDALPACA: 1200}
    assert own.differences.select("questions", "dropped").row(0) == (1200, 73)


def test_the_paired_interval_is_that_of_a_plain_bootstrap():
    rng = np.random.default_rng(1)
    p = rng.beta(1, 1, 120)
    right = rng.binomial(10, np.stack([p, np.clip(p - 0.05, 0, 1)]))
    rows = [(f"m{m}", q, f"v{v}", int(v < right[m, q])) for m in range(2) for q in range(120) for v in range(10)]
    table = from_frame(pl.DataFrame(rows, schema=["candidate", "item", "variant", "score"], orient="row"))
    (row,) = consistency(table, repeats=4000).differences.iter_rows(named=True)
    levels = right * 10 // 10
    share = np.stack([(levels >= k).T for k in range(11)])  # thresholds, questions, models
    drawn = rng.integers(0, 120, (4000, 120))
    cores = []
    for picked in drawn:
        curve = share[:, picked].mean(axis=1)
        mean = curve[1:].mean(axis=0)
        cores.append(mean * (mean + (1 - curve[-1]) / 20))
    differences = np.diff(np.array(cores), axis=1)[:, 0] * (-1 if row["left"] == "m0" else 1)
    low, high = np.quantile(differences, [0.025, 0.975])
    assert (row["low"], row["high"]) == pytest.approx((low, high), abs=0.006)


def table_of(answers, key):
    """One candidate; `answers` are texts, one word a question, one letter a variant; `?` cannot be told."""
    rows = [
        ("m", f"q{q}", f"v{v}", float(letter == key[q]), letter)
        for q, word in enumerate(answers)
        for v, letter in enumerate(word)
    ]
    return from_frame(
        pl.DataFrame(rows, schema=["candidate", "item", "variant", "score", "answer"], orient="row", strict=False)
    )


def test_majorities_by_hand():
    # a wins; a and b tie, b seen first; only unreadable; b wins; a alone among unreadable ones.
    table = table_of(["aab", "bab" + "a", "??", "abb", "?a?"], "aaaaa")
    fractional = consistency(table, invalid=["?"], repeats=0).table().row(0, named=True)
    first = consistency(table, invalid=["?"], ties="first", repeats=0).table().row(0, named=True)
    assert fractional["majority"] == pytest.approx((1 + 0.5 + 0 + 0 + 1) / 5)
    assert first["majority"] == pytest.approx((1 + 0 + 0 + 0 + 1) / 5)
    assert fractional["unreadable"] == 4
    assert fractional["mcqa"] == pytest.approx(2 / 5)
    assert fractional["mcqa_plus"] == pytest.approx((2 / 3 + 1 / 2 + 0 + 1 / 3 + 1 / 3) / 5)


def test_an_unreadable_answer_is_wrong_whatever_its_score():
    table = results(["m"] * 2, ["q"] * 2, [1, 1], variant=["a", "b"], answer=["?", "x"])
    assert consistency(table, repeats=0).table()["mcqa_plus"][0] == 1
    assert consistency(table, invalid=["?"], repeats=0).table()["mcqa_plus"][0] == 0.5


def test_entropy_by_hand():
    found = consistency(table_of(["aabb", "aaaa", "??"], "aaa"), invalid=["?"], options=4, repeats=0)
    assert found.table()["entropy"][0] == pytest.approx((math.log(2) / math.log(4) + 0) / 2)
    by_question = dict(found.questions.select("question", "entropy").iter_rows())
    assert by_question["q0"] == pytest.approx(math.log(2))
    assert math.isnan(by_question["q2"])
    assert found.to_dict()["questions"][2]["entropy"] is None


def test_consistently_wrong_answers_and_keys_to_check():
    rows = []
    for model, answers in (("m", "bbbb"), ("n", "bbba"), ("o", "cccc")):
        rows += [(model, "q", f"v{v}", float(a == "a"), a) for v, a in enumerate(answers)]
        rows += [(model, "r", f"v{v}", 1.0, "a") for v in range(4)]
    table = from_frame(pl.DataFrame(rows, schema=["candidate", "item", "variant", "score", "answer"], orient="row"))
    found = consistency(table, repeats=0)
    assert found.suspects.rows() == [("q", "b", 2, 0.875)]
    wrong = found.wrong.filter(pl.col("candidate") == "n")
    assert wrong.filter(pl.col("threshold").is_in([0.0, 0.7, 0.8]))["share"].to_list() == [1, 0.5, 0]
    assert "1: several candidates give the same wrong answer" in str(found)


def test_mean_over_places_as_the_authors_have_it():
    # Places: 2/2, 0/2 (left out), 1/2 (one question has no third place).
    table = table_of(["aba", "ab"], "aa")
    assert consistency(table, repeats=0).table()["mcqa_plus"][0] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert consistency(table, mcqa_plus="authors", repeats=0).table()["mcqa_plus"][0] == pytest.approx(0.75)


def test_the_original_variant_can_be_named_and_is_the_first_in_natural_order():
    table = table_of(["b" * 10 + "a", "a" * 11], "aa")
    assert consistency(table, repeats=0).table()["mcqa"][0] == 0.5
    assert consistency(table, original="v10", repeats=0).table()["mcqa"][0] == 1
    found = consistency(table, original="v10", accuracy="original", repeats=0).table().row(0, named=True)
    assert found["consistency"] == pytest.approx(1 - (1 - 0.5))
    with pytest.raises(InputError) as caught:
        consistency(table, original="v11")
    assert caught.value.argument == "original"


def test_chance_of_mixed_families_is_what_guesses_give():
    rng = np.random.default_rng(0)
    names = [f"five.{k}" for k in range(6)] + [f"two.{k}" for k in range(3)]
    odds = np.array([0.2] * 6 + [0.5] * 3)
    right = rng.random((20_000, 9)) < odds
    item = np.repeat(np.arange(20_000), 9)
    table = results(["guess"] * len(item), item, right.ravel().astype(int), variant=names * 20_000)
    found = consistency(table, options={"five": 5, "two": 2}, repeats=0)
    np.testing.assert_allclose(found.chance["guess"].share, found.curves["guess"].share, atol=0.011)
    assert abs(found.table()["adjusted_core"][0]) < 0.02
    with pytest.raises(InputError) as caught:
        consistency(table, options={"five": 5})
    assert caught.value.argument == "options"


def test_graded_scores_need_a_threshold_and_have_a_soft_curve():
    table = results(["m"] * 4, ["q", "q", "r", "r"], [0.5, 0.4, 1, 0.3], variant=["a", "b"] * 2)
    with pytest.raises(InputError) as caught:
        consistency(table)
    assert (caught.value.argument, caught.value.where) == ("score", "row 1")
    found = consistency(table, threshold=0.5, repeats=0)
    assert found.curves["m"].share.tolist() == [1] * 6 + [0] * 5  # one of two right each
    soft = found.soft["m"].share  # means .45 and .65
    assert soft.tolist() == [1] * 5 + [0.5] * 2 + [0] * 4
    assert found.table()["soft_core"][0] == pytest.approx(found.soft["m"].core.value)


def test_a_mean_score_a_breath_below_a_threshold_reaches_it():
    table = results(["m"] * 2, ["q"] * 2, [0.1, 0.7], variant=list("ab"))
    assert (0.1 + 0.7) / 2 < 0.4  # by rounding
    assert consistency(table, threshold=0.5, repeats=0).soft["m"].share[4] == 1


def test_missing_responses_are_wrong_or_left_out():
    table = results(["m"] * 4, ["q", "q", "r", "r"], [1, None, 1, 1], variant=["a", "b"] * 2)
    wrong = consistency(table, repeats=0)
    assert wrong.questions.select("right", "total").rows() == [(1, 2), (2, 2)]
    assert "1 missing responses count as wrong" in wrong.provenance.notes
    left = consistency(table, missing="drop", repeats=0)
    assert left.questions.select("right", "total").rows() == [(1, 1), (2, 2)]
    assert "questions have between 1 and 2 variants" in left.provenance.notes


def test_draws_of_samples_are_variants_held_against_gold():
    opinions = samples(
        ["q"] * 4 + ["r"] * 2,
        ["m"] * 6,
        [0, 1, 2, 3, 0, 1],
        ["4", "4", "5", None, "7", "8"],
        about={"items": pl.DataFrame({"item": ["q", "r"], "gold": [4, 7]})},
    )
    row = consistency(opinions, repeats=0).table().row(0, named=True)
    assert (row["mcqa"], row["mcqa_plus"], row["majority"]) == (1, (2 / 4 + 1 / 2) / 2, (1 + 0.5) / 2)
    assert row["unreadable"] == 1
    with pytest.raises(InputError) as caught:
        consistency(samples(["q"], ["m"], [0], ["4"]))
    assert caught.value.argument == "key"
    with pytest.raises(InputError) as caught:
        consistency(opinions, key={"q": 4})
    assert (caught.value.argument, caught.value.where) == ("key", "item 'r'")


def test_a_question_of_two_tasks_is_two_questions():
    table = results(["m"] * 4, ["q"] * 4, [1, 1, 0, 0], task=["x", "x", "y", "y"], variant=["a", "b"] * 2)
    found = consistency(table, repeats=0)
    assert found.questions["question"].to_list() == ["x: q", "y: q"]
    assert found.table()["always"][0] == 0.5


def test_runs_are_variants_where_there_are_no_others():
    table = results(["m"] * 3, ["q"] * 3, [1, 0, 1], run=["1", "2", "3"])
    assert consistency(table, repeats=0).table().select("variants_high", "mcqa_plus").row(0) == (
        3,
        pytest.approx(2 / 3),
    )


def test_notes_say_what_the_curve_cannot():
    one = consistency(results(["m"] * 2, ["q", "r"], [1, 0]), repeats=0)
    assert "one variant: CORE is only accuracy" in one.provenance.notes
    few = consistency(table_of(["aab", "aaa"], "aa"), repeats=0)
    assert "fewer variants (3) than steps (10): the curve is a staircase" in few.provenance.notes


def test_order_of_rows_changes_nothing_and_the_seed_repeats_it():
    rng = np.random.default_rng(0)
    n = 400
    frame = pl.DataFrame(
        {
            "candidate": np.repeat(["m", "n"], n // 2),
            "item": np.tile(np.repeat([f"q{q}" for q in range(n // 8)], 4), 2),
            "variant": np.tile(["s.2", "s.10", "t.1", "t.2"], n // 4),
            "score": rng.integers(0, 2, n),
            "answer": rng.choice(list("abc"), n),
        }
    ).with_columns(score=(pl.col("answer") == "a").cast(pl.Int64))
    one = consistency(from_frame(frame), ties="first", repeats=200, rng=3)
    other = consistency(from_frame(frame.sample(fraction=1, shuffle=True, seed=1)), ties="first", repeats=200, rng=3)
    assert one.table().equals(other.table())
    assert one.differences.equals(other.differences)
    assert one.table().equals(consistency(from_frame(frame), ties="first", repeats=200, rng=3).table())
    assert one.variants["family"].unique().sort().to_list() == ["s", "t"]


@pytest.mark.parametrize("variants", [3, 11, 30])
def test_the_plan_says_what_is_found_with_so_many_variants(variants):
    """CORE of 100,000 questions drawn anew (standard error .001), and the spread of that of 200."""
    rng = np.random.default_rng(variants)

    def table(n, m):
        right = rng.binomial(m, rng.beta(0.8, 1.6, n))
        return right, np.full(n, m)

    right, _ = table(4000, 20)
    rows = [("m", q, v, int(v < r)) for q, r in enumerate(right) for v in range(20)]
    found = consistency(
        from_frame(pl.DataFrame(rows, schema=["candidate", "item", "variant", "score"], orient="row")), repeats=0
    )
    plan = variant_plan(found, "m", [variants, 1000], questions=200).row(0, named=True)
    assert plan["core"] == pytest.approx(consistency_curve(*table(100_000, variants), repeats=0).core.value, abs=0.012)
    cores = [consistency_curve(*table(200, variants), repeats=0).core.value for _ in range(400)]
    assert plan["half_width"] == pytest.approx(1.96 * np.std(cores), rel=0.15)
    assert found.table()["limit_core"][0] == pytest.approx(plan["core"] - plan["bias"])


def test_the_fewest_variants_for_an_error():
    rng = np.random.default_rng(0)
    right = rng.binomial(20, rng.beta(0.8, 1.6, 500))
    rows = [("m", q, v, int(v < r)) for q, r in enumerate(right) for v in range(20)]
    found = consistency(
        from_frame(pl.DataFrame(rows, schema=["candidate", "item", "variant", "score"], orient="row")), repeats=0
    )
    needed = variants_needed(found, "m", 0.01, questions=20_000)
    assert needed is not None
    errors = variant_plan(found, "m", range(1, needed + 1), questions=20_000)["error"]
    assert errors[-1] <= 0.01 < errors[:-1].min()
    assert variants_needed(found, "m", 0.01, questions=100) is None
    for call in (lambda: variants_needed(found, "x", 0.1), lambda: variant_plan(found, "x")):
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.argument == "candidate"


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: consistency_curve([], []), "right"),
        (lambda: consistency_curve([1], [0]), "total"),
        (lambda: consistency_curve([3], [2]), "right"),
        (lambda: consistency_curve([-1], [2]), "right"),
        (lambda: consistency_curve([0.5], [2]), "right"),
        (lambda: consistency_curve([1, 1], [2]), "total"),
        (lambda: consistency_curve(["x"], [2]), "right"),
        (lambda: consistency_curve([1], [2], K=0), "K"),
        (lambda: consistency_curve([1], [2], K=2.5), "K"),
        (lambda: consistency_curve([1], [2], thresholds=[0, 0.5]), "thresholds"),
        (lambda: consistency_curve([1], [2], thresholds=[0.5, 1]), "thresholds"),
        (lambda: consistency_curve([1], [2], thresholds=[0, 0.7, 0.5, 1]), "thresholds"),
        (lambda: consistency_curve([1], [2], thresholds=[0, "half", 1]), "thresholds"),
        (lambda: consistency_curve([1], [2], repeats=-1), "repeats"),
        (lambda: guessing_curve(1.5, 10), "probability"),
        (lambda: guessing_curve(0.5, 0), "variants"),
        (lambda: warped_distance([], [1]), "curve"),
        (lambda: warped_distance([1], []), "reference"),
        (lambda: consistency(labels(["a"], ["x"], ["1"])), "results"),
        (lambda: consistency([1, 2]), "results"),
        (lambda: consistency(results(["m"], ["q"], [2])), "score"),
        (lambda: consistency(results(["m"], ["q"], [-1]), threshold=0.5), "score"),
        (lambda: consistency(results(["m"], ["q"], [1]), key={"q": "a"}), "key"),
        (lambda: consistency(results(["m", "n"], ["q", "r"], [1, 1])), "results"),
        (lambda: consistency(results(["m"], ["q"], [None]), missing="drop"), "results"),
        (lambda: consistency(results(["m"], ["q"], [1]), ties="last"), "ties"),
        (lambda: consistency(results(["m"], ["q"], [1]), missing="guess"), "missing"),
        (lambda: consistency(results(["m"], ["q"], [1]), mcqa_plus="all"), "mcqa_plus"),
        (lambda: consistency(results(["m"], ["q"], [1]), accuracy="all"), "accuracy"),
        (lambda: consistency(results(["m"], ["q"], [1]), questions="all"), "questions"),
        (lambda: consistency(results(["m"], ["q"], [1]), options=1), "options"),
        (lambda: consistency(results(["m"], ["q"], [1]), threshold=2), "threshold"),
        (lambda: consistency(results(["m"], ["q"], [1]), level=0), "level"),
    ],
)
def test_bad_input_is_named(call, argument):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.argument == argument


def test_complaints_name_the_question_and_the_row():
    with pytest.raises(InputError) as caught:
        consistency_curve([1, 1], [1, 0])
    assert (caught.value.where, caught.value.problem) == ("question 1", "a question has no responses: 1 of 0")
    table = results(["m"] * 3, ["q"] * 3, [1, 0, 1], variant=["a", "b", "b"], metric=["x", "x", "y"])
    with pytest.raises(InputError, match="duplicate response") as caught:
        consistency(table)
    assert caught.value.where == "row 3: 'm', question 'q', variant 'b'"
    assert consistency(table, duplicates="keep", repeats=0).table()["mcqa_plus"][0] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("call", "where", "problem"),
    [
        pytest.param(lambda: consistency_curve([], []), "", "no responses", id="sheet32-no-counts"),
        pytest.param(
            lambda: consistency_curve([1, 3], [2, 2]),
            "question 1",
            "more right responses",
            id="sheet32-right-above-total",
        ),
        pytest.param(
            lambda: consistency_curve([1, -1], [2, 2]), "question 1", "must not be negative", id="sheet32-negative"
        ),
        pytest.param(
            lambda: consistency(results(["m"] * 2, ["q", "r"], [1, 3])),
            "row 2",
            "between 0 and 1",
            id="sheet32-no-score",
        ),
    ],
)
def test_bad_input_says_what_and_where(call, where, problem):
    with pytest.raises(InputError) as caught:
        call()
    assert problem in caught.value.problem
    assert (caught.value.where or "") == where


@pytest.mark.parametrize(
    ("value", "chance", "adjusted"),
    [(0.75, 0.5, 0.5), (0.25, 0.5, -0.5), (0.5, 0.5, 0.0), (1.0, 0.2, 1.0), (0.0, 0.2, -1.0)],
    ids=lambda value: f"sheet32-{value}",
)
def test_values_are_adjusted_for_chance_above_and_below_it(value, chance, adjusted):
    assert adjusted_for_chance(value, chance) == pytest.approx(adjusted)


def test_the_whole_answer_is_json_and_text():
    table = results(["<i>m</i>"] * 4, ["q", "q", "r", "r"], [1, 1, 1, 0], variant=["a", "b"] * 2, answer=list("xxxy"))
    found = consistency(table, options=4, repeats=200)
    said = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert said["result"] == "consistency"
    assert len(said["curves"]) == 11
    assert "<i>" not in found._repr_html_()
    assert "CORE" in str(found)
    assert found.car()["chance"][0] == 1
    assert str(found.curves["<i>m</i>"]).startswith("CORE")
