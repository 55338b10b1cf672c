"""Do answers follow the place of an option? By hand, against pairs one by one, planted effects, limits, bad input."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.agreement import position_bias
from psephos.errors import InputError
from psephos.opinions import from_frame, labels, results

NAMES = ["candidate", "item", "variant", "answer", "position"]


def made(rows, **more):
    """Results of rows: candidate, item, variant, answer, position."""
    table = pl.DataFrame(rows, schema=NAMES, orient="row").with_columns(score=pl.lit(1.0), **more)
    return from_frame(table)


def asked(n_questions, n_variants, by_place, places, texts, seed, candidate="m"):
    """Random orders of options; a share `by_place` of answers is the option at a place drawn from `places`."""
    rng = np.random.default_rng(seed)
    n = len(places)
    rows = []
    for question in range(n_questions):
        for variant in range(n_variants):
            order = rng.permutation(n)
            text = rng.choice(n, p=texts)
            place = rng.choice(n, p=places) if rng.random() < by_place else int(np.argmax(order == text))
            rows.append((candidate, f"q{question}", f"shuffled.{variant}", f"t{order[place]}", "ABCDE"[place]))
    return rows


def test_sheet32_by_hand():
    # q: cat at A, cow at B, dog at A, cow at B: 1 of 6 pairs the same answer, 2 of 6 the same place, one of these cow.
    # r: ant at A, ant at B, bee at C, ant at A: 3 of 6, 1 of 6, and that one is ant at A.
    rows = [("m", "q", f"s.{k}", text, "ABAB"[k]) for k, text in enumerate(["cat", "cow", "dog", "cow"])]
    rows += [("m", "r", f"s.{k}", text, "ABCA"[k]) for k, text in enumerate(["ant", "ant", "bee", "ant"])]
    (row,) = position_bias(made(rows), options=4, repeats=0).iter_rows(named=True)
    assert (row["questions"], row["responses"], row["options"]) == (2, 8, 4)
    assert (row["same_answer"], row["same_place"]) == pytest.approx(((1 / 6 + 3 / 6) / 2, (2 / 6 + 1 / 6) / 2))
    together = (1 / 6 + 0) / (5 / 6 + 3 / 6)
    assert row["by_place"] == pytest.approx((together - 1 / 4) / (1 - 1 / 4))
    assert (row["lean"], row["lean_share"]) == ("A", 0.5)
    assert row["low"] is None


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc"), st.sampled_from("ABC")), min_size=2, max_size=30))
def test_it_is_what_pairs_one_by_one_say(said):
    rows = [("m", f"q{question}", f"s.{k}", text, place) for k, (question, text, place) in enumerate(said)]
    of = {q: [row[3:] for row in rows if row[1] == q] for q in {row[1] for row in rows}}
    of = {q: list(combinations(answers, 2)) for q, answers in of.items() if len(answers) > 1}
    triples = {(row[1], row[3], row[4]) for row in rows}
    if not of or all(len({(t[0], t[place]) for t in triples}) == len(triples) for place in (1, 2)):
        with pytest.raises(InputError, match="results"):
            position_bias(made(rows), options=3, repeats=0)
        return
    (row,) = position_bias(made(rows), options=3, repeats=0).iter_rows(named=True)
    means = [
        np.mean([np.mean([test(one, other) for one, other in pairs]) for pairs in of.values()])
        for test in (
            lambda one, other: one[0] == other[0],
            lambda one, other: one[1] == other[1],
            lambda one, other: one[0] != other[0],
            lambda one, other: one[0] != other[0] and one[1] == other[1],
        )
    ]
    assert (row["same_answer"], row["same_place"]) == pytest.approx(tuple(means[:2]))
    if means[2]:
        assert row["by_place"] == pytest.approx((means[3] / means[2] - 1 / 3) / (1 - 1 / 3))
    else:
        assert row["by_place"] is None


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 1.0])
def test_sheet32_a_planted_lean_comes_out_as_the_formula_says(share):
    """400 questions of 8 variants: the standard error of what is planted is some .01; without the lean it is 0."""
    places, texts = np.array([0.7, 0.1, 0.1, 0.1]), np.array([0.8, 0.1, 0.05, 0.05])
    (row,) = position_bias(made(asked(400, 8, share, places, texts, 5)), repeats=300).iter_rows(named=True)
    flips = (1 - (1 - share) ** 2) * (1 - 1 / 4) + (1 - share) ** 2 * (1 - (texts**2).sum())
    expected = share**2 * ((places**2).sum() - 1 / 4) / flips
    assert row["by_place"] == pytest.approx(expected, abs=0.03)
    assert row["low"] <= expected <= row["high"]
    assert 1 - row["same_answer"] == pytest.approx(flips, abs=0.03)
    assert (row["low"] > 0) == (share > 0)
    if share:
        assert row["lean"] == "A"
        assert row["lean_share"] == pytest.approx(share * 0.7 + (1 - share) / 4, abs=0.03)


def test_who_is_merely_unsure_flips_as_much_and_is_not_called_led_by_places():
    even, sure = np.full(4, 0.25), np.array([0.97, 0.01, 0.01, 0.01])
    rows = asked(300, 6, 0.0, even, even, 1, "unsure") + asked(300, 6, 0.87, np.array([1.0, 0, 0, 0]), sure, 2, "led")
    led, unsure = position_bias(made(rows), repeats=300).iter_rows(named=True)
    assert (led["candidate"], unsure["candidate"]) == ("led", "unsure")
    assert led["same_answer"] == pytest.approx(unsure["same_answer"], abs=0.05)
    assert led["low"] > 0.5
    assert unsure["low"] < 0 < unsure["high"]


def test_only_the_place_and_only_the_text():
    rng = np.random.default_rng(0)
    orders = {(q, k): rng.permutation(list("abcd")) for q in range(40) for k in range(5)}
    rows = [("place", f"q{q}", f"s.{k}", order[2], "C") for (q, k), order in orders.items()]
    rows += [("text", f"q{q}", f"s.{k}", "a", "ABCD"[int(np.argmax(order == "a"))]) for (q, k), order in orders.items()]
    place, text = position_bias(made(rows), repeats=50).iter_rows(named=True)
    assert (place["candidate"], place["same_place"], place["by_place"]) == ("place", 1, pytest.approx(1))
    assert (text["candidate"], text["same_answer"], text["by_place"]) == ("text", 1, None)


def test_families_without_another_order_are_left_out_and_what_cannot_be_read_takes_no_part():
    rows = asked(30, 4, 0.3, np.full(4, 0.25), np.array([0.7, 0.1, 0.1, 0.1]), 3)
    still = [("m", f"q{q}", f"repeat.{k}", "ab"[(q + k) % 2], "AB"[(q + k) % 2]) for q in range(30) for k in range(4)]
    unread = [("m", f"q{q}", "shuffled.9", "?", "A") for q in range(30)]
    gone = [("m", f"q{q}", "shuffled.10", "t0", None) for q in range(30)]
    alone, mixed = (position_bias(made(r), invalid=["?"], repeats=0) for r in (rows, rows + still + unread + gone))
    assert alone.equals(mixed)
    assert mixed["family"].to_list() == ["shuffled"]


@pytest.mark.parametrize("seed", range(5))
def test_neither_the_order_of_rows_nor_names_matter(seed):
    rows = asked(12, 4, 0.5, np.array([0.7, 0.1, 0.2]), np.array([0.6, 0.2, 0.2]), 4)
    other = [(c, q, v, {"t0": "x", "t1": "w", "t2": "y"}[a], p) for c, q, v, a, p in rows]
    other = [other[place] for place in np.random.default_rng(seed).permutation(len(other))]
    numbers = ["by_place", "same_answer", "same_place", "lean", "lean_share"]
    one, two = (position_bias(made(r), repeats=0).select(numbers).row(0) for r in (rows, other))
    assert one[:3] == pytest.approx(two[:3], abs=1e-12)
    assert one[4] == pytest.approx(two[4], abs=1e-12)


GOOD = asked(5, 4, 0.5, np.full(3, 1 / 3), np.full(3, 1 / 3), 0)


@pytest.mark.parametrize(
    ("opinions", "options", "argument"),
    [
        pytest.param(labels(["i"], ["v"], ["a"]), {}, "results", id="labels"),
        pytest.param("results", {}, "results", id="no opinions"),
        pytest.param(results(["m"], ["q"], [1]), {}, "results", id="no answers"),
        pytest.param(made(GOOD), {"position": "letter"}, "position", id="no such column"),
        pytest.param(made(GOOD[:1]), {}, "results", id="one response"),
        pytest.param(
            made([("m", "q", f"s.{k}", "ab"[k % 2], "AB"[k % 2]) for k in range(4)]), {}, "results", id="still"
        ),
        pytest.param(made(GOOD), {"options": 1}, "options", id="one option"),
        pytest.param(made(GOOD), {"options": 2}, "options", id="fewer options than places"),
        pytest.param(made(GOOD), {"options": {"other": 3}}, "options", id="options of another family"),
        pytest.param(made(GOOD), {"repeats": -1}, "repeats", id="repeats"),
        pytest.param(made(GOOD), {"level": 1.0}, "level", id="level"),
    ],
)
def test_bad_input_is_named(opinions, options, argument):
    with pytest.raises(InputError) as caught:
        position_bias(opinions, **options)
    assert caught.value.argument == argument
