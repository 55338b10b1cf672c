"""Which part of a text is its answer."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.opinions.final_answers import LONGEST, RULES, answer_rule


@pytest.mark.parametrize(
    ("rule", "text", "answer"),
    [
        pytest.param("short", "The answer is 42.", "42", id="sheet24-2-marked"),
        pytest.param("short", "So 42", "42", id="sheet24-2-number"),
        pytest.param("short", "Answer: 41", "41", id="sheet24-2-colon"),
        pytest.param("short", "(B)", "B", id="sheet24-letter"),
        pytest.param("short", r"so \boxed{12}", "12", id="sheet24-boxed"),
        pytest.param("short", "It was in 1932 that the bridge opened.", None, id="sheet24-number-in-prose"),
        ("short", "The answer is: about 4 or 5", "about 4 or 5"),
        ("short", "", None),
        ("short", "answer:", "answer"),
        ("marked", "Answer: 3\nNo, the answer is 4.\n", "4"),
        ("marked", "work\n#### 1,234", "1,234"),
        ("marked", r"\boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
        ("marked", r"\boxed{1", None),
        ("marked", "The answer is\n\n**7**", "7"),
        ("marked", "no mark", None),
        ("number", "3 + 4 = 7", "7"),
        ("number", "1,234.50 dollars", "1234.50"),
        ("number", "minus \u22125", "-5"),
        ("number", "v2.3.4 or x1", None),
        ("number", "none", None),
        ("letter", "I choose A. The answer is (C).", "C"),
        ("letter", "the answer is unclear, perhaps D", "D"),
        ("letter", "ABC don't", None),
        ("whole", "  two words ", "two words"),
        ("whole", " \n ", None),
    ],
)
def test_rules(rule: str, text: str, answer: str | None) -> None:
    assert answer_rule(rule)(text) == answer


@pytest.mark.parametrize(
    ("pattern", "text", "answer"),
    [(r"x = (\d+)", "x = 3, x = 4", "4"), (r"\d+", "3 and 4", "4"), (r"x = (\d+)?", "x = ", None), ("q", "none", None)],
)
def test_patterns(pattern: str, text: str, answer: str | None) -> None:
    assert answer_rule(re.compile(pattern))(text) == answer


def test_a_function_is_a_rule() -> None:
    assert answer_rule(str.upper)("a") == "A"


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        answer_rule("magic")
    assert caught.value.argument == "answer"


@given(st.text(max_size=200), st.sampled_from(sorted(RULES)))
def test_an_answer_is_a_part_of_its_text_without_blanks_around(text: str, rule: str) -> None:
    answer = RULES[rule](text)
    if answer is not None:
        assert answer
        assert answer == answer.strip()
        assert answer.lstrip("-") in text.replace(",", "") or answer in text


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("unit", ["answer:", "\\boxed{", "1,234", "A ", "answer is : "])
def test_long_texts_take_no_long_time(rule: str, unit: str) -> None:
    """Linear in the text: what would be quadratic at this length would not end within the limit of the suite."""
    text = unit * (LONGEST * 5 // len(unit)) + " The answer is 7."
    letter = "A" if unit == "A " else None
    assert RULES[rule](text) == {"whole": text.strip(), "letter": letter}.get(rule, "7")
