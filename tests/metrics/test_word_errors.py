from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.metrics import WordErrors, word_error_rate, word_errors

texts = st.lists(st.sampled_from("abcd"), max_size=8)


def distance(true: list[str], said: list[str]) -> int:
    row = list(range(len(said) + 1))
    for i, word in enumerate(true, start=1):
        before, row = row, [i] + [0] * len(said)
        for j, other in enumerate(said, start=1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (word != other))
    return row[-1]


@given(texts, texts)
def test_the_counts_are_those_of_a_cheapest_alignment(true: list[str], said: list[str]) -> None:
    found = word_errors(true, said)
    assert found.edits == distance(true, said)
    assert found.words == len(true)
    assert found.hits + found.substitutions + found.insertions == len(said)


@pytest.mark.parametrize(("true", "said", "rate"), [("", "", 0.0), ("", "a b", 2.0), ("a", "", 1.0)])
def test_empty_texts_as_in_jiwer_4(true: str, said: str, rate: float) -> None:
    assert word_errors(true, said).rate == rate


def test_several_texts_are_pooled() -> None:
    """jiwer.wer(["", "a b"], ["x", "a"]) is 1.0."""
    assert word_error_rate(["", "a b"], ["x", "a"]) == 1.0
    with pytest.raises(InputError) as caught:
        word_error_rate(["a"], [])
    assert caught.value.argument == "transcripts"


def test_errors_add_up() -> None:
    assert WordErrors(1, 2, 3, 4) + WordErrors(1, 0, 0, 1) == WordErrors(2, 2, 3, 5)
