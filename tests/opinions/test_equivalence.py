"""Which answers count as one: the rules, their order from strict to lax, and the classes they make."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.opinions.constructors import labels, scores
from psephos.opinions.equivalence import RULES, casefold, classes, exact, number, parse_number, text, words

ANSWERS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text(
    "aA '.,:/%-½²ßſµ\u0345\u2044 120", max_size=8
)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("BP 120/80, temp 37.5%, 1,250 mg at 10:30.", "bp 120/80 temp 37.5 % 1250 mg at 10:30"),
        (
            "The PATIENT\u2019s x-ray (AP): \u2018clear\u2019\u2014no change.",
            "the patient's x ray ap clear no change",
        ),
        ("\u00bd tab b.i.d. 5mg", "1/2 tab b i d 5mg"),
        ("it's \u201cfine\u201d, x_y 0.5 mg", "it's fine x y 0.5 mg"),
    ],
    ids=["sheet01-numbers", "sheet01-quotes", "sheet01-fraction", "sheet01-underscore"],
)
def test_normalises_as_sheet_01(said, kept):
    assert " ".join(words(said)) == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("1\u00bd", ["1", "1/2"]),
        ("5\u00b2", ["5", "2"]),
        ("x\u00b2", ["x2"]),
        ("1,250,000", ["1250000"]),
        ("1,25", ["1", "25"]),
        ("12,3456", ["12", "3456"]),
        ("don't 'quote'", ["don't", "quote"]),
        ("50 % of 5%", ["50", "%", "of", "5", "%"]),
        ("% of 5 -%", ["of", "5"]),
        ("a.b 1.5.", ["a", "b", "1.5"]),
        ("no not NO", ["no", "not", "no"]),
        ("cafe\u0301", ["caf\u00e9"]),
        ("\uff21\uff22", ["ab"]),
        ("...", []),
        ("", []),
    ],
    ids=[
        "whole and fraction stay apart",
        "superscript after a digit stays apart",
        "superscript after a letter",
        "thousands",
        "comma that is none of thousands",
        "four digits after the comma",
        "apostrophe inside",
        "per cent after a digit",
        "per cent after anything else",
        "point between digits only",
        "nothing is dropped",
        "composed accent",
        "full width",
        "punctuation alone",
        "empty",
    ],
)
def test_cuts_words_by_the_rules_of_sheet_01(said, kept):
    assert words(said) == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (".5 mg", "0.5 mg"),
        ("give .25, not 25", "give 0.25 not 25"),
        ("(.5)", "0.5"),
        ("$.50", "0.50"),
        ("wait...5", "wait 5"),
        ("no.5", "no 5"),
        ("1.5", "1.5"),
    ],
    ids=["start", "inside", "bracket", "price", "ellipsis", "after a letter", "between digits"],
)
def test_a_number_that_starts_with_its_point_is_not_ten_times_as_large(said, kept):
    assert " ".join(words(said)) == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("-5 mmol", "-5 mmol"),
        ("sphere \u22122.5", "sphere -2.5"),
        ("-.5", "-0.5"),
        ("(-5)", "-5"),
        ("troponin <0.01", "troponin <0.01"),
        ("\u22655 or >-5", "\u22655 or >-5"),
        ("5-10 mg", "5 10 mg"),
        ("covid-19 x-5", "covid 19 x 5"),
        ("--5", "5"),
        ("- 5", "5"),
        ("5 - 3", "5 3"),
        ("5%-10%", "5 % 10 %"),
        ("<laughs> -", "laughs"),
    ],
    ids=lambda value: value,
)
def test_a_sign_right_before_a_number_makes_it_another_one(said, kept):
    assert " ".join(words(said)) == kept
    assert words(kept) == words(said)


EQUAL = [
    ("1/2", ".5"),
    ("1/2", "50%"),
    ("1/2", "\u00bd"),
    ("2/4", "0.50"),
    ("1,250", "1250.0"),
    ("1,250", "1.25e3"),
    ("-3", "\u22123"),
    ("+3", "3"),
    ("3.", "3"),
    ("$5$", "5"),
    ("$5", "5.00"),
    ("1\u00bd", "1.5"),
    ("1 1/2", "3/2"),
    ("-1 1/2", "-1.5"),
    ("50 %", "50%"),
    ("50\uff05", "0.5"),
    ("1\u20442", "0.5"),
    ("1E2", "100"),
    ("\u0663", "3"),
    (" 7 ", "7"),
    ("0.1", "1/10"),
    ("Yes!", "yes"),
    ("$x^2$", "x^2"),
    ('"Paris."', "paris"),
    ("-0", "0"),
]
UNEQUAL = [
    ("5 mg", "5"),
    ("0.333", "1/3"),
    ("1,25", "1.25"),
    ("1\u00bd", "11/2"),
    ("5\u00b2", "52"),
    ("3", "-3"),
    ("50", "50%"),
    ("1/0", "0"),
    ("1/2/3", "1/6"),
    ("0.1", "0.1000000000000000055511151231257827"),
    ("1e400", "1e401"),
    ("1 1/2", "11/2"),
    ("x=5", "5"),
    ("5", "five"),
    ("1,2,3", "123"),
    ("", "0"),
    (r"-2\pi", r"2\pi"),
    ("x+1", "x-1"),
    ("x^2", "x2"),
    ("<5", ">5"),
    ("(1, 2]", "[1, 2)"),
]


@pytest.mark.parametrize(("left", "right"), EQUAL, ids=[f"{left} = {right}" for left, right in EQUAL])
def test_equal_numbers_are_one_answer_both_ways(left, right):
    assert number(left) == number(right)
    assert number(right) == number(left)


@pytest.mark.parametrize(("left", "right"), UNEQUAL, ids=[f"{left} is not {right}" for left, right in UNEQUAL])
def test_what_differs_stays_apart_both_ways(left, right):
    assert number(left) != number(right)
    assert number(right) != number(left)


@given(st.fractions(max_denominator=10**6))
def test_a_fraction_is_read_exactly(value):
    assert parse_number(f"{value.numerator}/{value.denominator}") == value
    assert parse_number(f"{value.numerator} / {value.denominator} %") == value / 100


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_a_decimal_number_is_read_exactly_with_and_without_commas(value):
    assert parse_number(str(value)) == parse_number(f"{value:,}") == Fraction(value)


@pytest.mark.parametrize(
    "text",
    [
        "9" * 401,
        "9" * 10**6,
        "1e9999",
        "1e99999999999",
        "nan",
        "inf",
        "0x10",
        "1_000",
        "e5",
        "1 .5/2",
        "1 1e1/2",
        "1 -1/2",
        "1.5 1/2",
        "1 1",
    ],
)
def test_what_is_no_number_or_too_long_has_no_value(text):
    assert parse_number(text) is None


def test_an_exponent_of_three_digits_is_exact():
    assert parse_number("1e-999") * 10**999 == 1


@given(ANSWERS)
@example("\u0345\u0301")
@example("\u1e9e")
@example("1\u00bd")
@example("\u2044")
def test_rules_leave_their_own_result_as_it_is(answer):
    for rule in (exact, casefold, text):
        assert rule(rule(answer)) == rule(answer)


@given(st.lists(ANSWERS, min_size=2, max_size=8), st.randoms(use_true_random=False))
@example(["\u00df", "SS"], None)
@example(["1\u00bd", "11\u20442"], None)
@example(["\u0130", "i\u0307"], None)
def test_exact_is_finer_than_casefold_and_casefold_finer_than_text(answers, random):
    answers += [answer.upper() for answer in answers] + [f" {answer.lower()}!" for answer in answers]
    for left in answers:
        for right in answers:
            if casefold(left) == casefold(right):
                assert text(left) == text(right)
    assert len(set(map(text, answers))) <= len(set(map(casefold, answers))) <= len(set(answers))


@given(ANSWERS, ANSWERS)
def test_case_and_outer_blanks_do_not_count_for_casefold(answer, other):
    assert casefold(f" \t{answer.casefold()}\n") == casefold(answer.casefold())
    assert (casefold(answer) == casefold(other)) == (casefold(other) == casefold(answer))


def test_punctuation_alone_stays_apart():
    assert len({text("?"), text("!"), text("")}) == 3


def grouped(vocabulary, counts, rule):
    code, names = classes(pl.Series("label", vocabulary), np.array(counts), rule)
    return code.tolist(), names.to_list()


def test_a_class_is_called_by_its_most_frequent_answer():
    assert grouped(["NO", "Yes", "no", "yes"], [1, 1, 3, 5], "casefold") == ([0, 1, 0, 1], ["no", "yes"])


def test_among_equally_frequent_answers_the_first_names_the_class():
    assert grouped(["NO", "no"], [2, 2], "casefold") == ([0, 0], ["NO"])


def test_answers_beyond_the_counts_were_not_given():
    assert grouped(["NO", "no", "No"], [0, 1], "casefold") == ([0, 0, 0], ["no"])


def test_exact_leaves_the_vocabulary():
    assert grouped(["b", "a"], [1, 1], "exact") == ([0, 1], ["b", "a"])


def test_a_function_is_a_rule():
    assert grouped(["12", "13", "2"], [1, 1, 1], len) == ([0, 0, 1], ["12", "2"])


@pytest.mark.parametrize(
    ("rule", "said"),
    [("soft", "'soft'"), (None, "None"), (3, "3"), (lambda answer: [answer], "not hashable")],
    ids=["unknown", "none", "number", "unhashable key"],
)
def test_what_is_no_rule_is_refused(rule, said):
    with pytest.raises(InputError, match=said) as caught:
        grouped(["a"], [1], rule)
    assert caught.value.argument == "equivalence"


@given(st.lists(ANSWERS, unique=True, min_size=1), st.sampled_from(sorted(RULES)))
def test_classes_are_the_groups_of_equal_keys(vocabulary, rule):
    code, names = grouped(vocabulary, [1] * len(vocabulary), rule)
    keys = [RULES[rule](answer) for answer in vocabulary]
    for left in range(len(keys)):
        for right in range(len(keys)):
            assert (code[left] == code[right]) == (keys[left] == keys[right])
    assert sorted(set(code)) == list(range(len(names)))
    assert all(name in vocabulary for name in names)


def test_opinions_are_merged_by_a_rule():
    votes = labels(["a", "a", "b", "b"], ["u", "v", "u", "v"], ["Yes", "yes ", None, "yes "])
    merged = votes.merged("casefold")
    assert merged.vocabulary("label").to_list() == ["yes "]
    assert merged.codes("label").tolist() == [0, 0, -1, 0]
    assert votes.vocabulary("label").to_list() == ["Yes", "yes "]


def test_scores_have_no_answers_to_merge():
    with pytest.raises(InputError, match="scores have no choices") as caught:
        scores(["a"], ["u"], [1]).merged("text")
    assert caught.value.argument == "equivalence"
