from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from psephos.consensus.transcripts.keys import Spoken, spoken
from psephos.consensus.transcripts.number_words import spoken_numbers
from psephos.consensus.transcripts.word_lists import LANGUAGES, load_word_lists
from psephos.consensus.transcripts.writing import Writing
from psephos.errors import InputError, ParseError
from psephos.opinions import transcripts

ENGLISH = load_word_lists("en")

VECTORS = [
    ("BP 120/80, temp 37.5%, 1,250 mg at 10:30.", "bp 120/80 temp 37.5 % 1250 mg at 10:30"),
    (
        "The PATIENT\u2019s x-ray (AP): \u2018clear\u2019\u2014no change.",
        "the patient's x ray ap clear no change",
    ),
    ("\u00bd tab b.i.d. 5mg", "1/2 tab b i d 5mg"),
    ("it\u2019s \u201cfine\u201d, x_y 0.5 mg", "it's fine x y 0.5 mg"),
]


def said(text: str, **options: Any) -> Spoken:
    tokens = text.split()
    opinions = transcripts(["c"] * len(tokens), ["v"] * len(tokens), range(len(tokens)), tokens)
    return spoken(opinions, Writing(ENGLISH, **options))


def keys(found: Spoken) -> str:
    return " ".join(found.keys[key] for key in found.key)


def surfaces(found: Spoken) -> list[str]:
    return [found.surfaces[surface] for surface in found.surface]


@pytest.mark.parametrize(("text", "cut"), VECTORS, ids=[f"sheet01-normalisation-{i}" for i in range(1, 5)])
def test_the_vectors_of_the_sheet(text: str, cut: str) -> None:
    assert keys(said(text)) == cut
    assert Writing(ENGLISH).keys(text) == cut.split()


def test_each_key_keeps_what_was_written() -> None:
    found = said('- It was "fine" , x-ray 1\u00bd .')
    assert keys(found) == "it was fine x ray 1 1/2"
    assert surfaces(found) == ["- It", "was", '"fine" ,', "x-ray", "x-ray", "1\u00bd .", "1\u00bd ."]
    assert found.token.tolist()[3:5] == [found.token[3]] * 2


def test_a_per_cent_sign_belongs_to_the_number_before_it() -> None:
    assert keys(said("37.5 % done")) == keys(said("37.5% done")) == "37.5 % done"
    assert keys(said("about % done")) == "about done"


@pytest.mark.parametrize(
    ("text", "options", "cut"),
    [
        ("Won't, CAN'T", {"contractions": True}, "will not can not"),
        ("the colour of a tumour", {"spelling": True}, "the color of a tumor"),
        ("uh, no um pain", {"drop_fillers": True}, "no pain"),
        ("uh, no um pain", {}, "uh no um pain"),
        ("so [loud noise] it (laughs) is", {"strip_brackets": True}, "so it is"),
        ("open [ended", {"strip_brackets": True}, "open ended"),
        ("fifty mg", {"numbers": True}, "50 mg"),
        ("twenty-five or one hundred and five thousand", {"numbers": True}, "25 or 105000"),
        ("no not never", {"drop_fillers": True, "numbers": True, "contractions": True}, "no not never"),
    ],
)
def test_options(text: str, options: dict[str, bool], cut: str) -> None:
    assert keys(said(text, **options)) == cut
    assert Writing(ENGLISH, **options).keys(text) == cut.split()


def test_digits_keep_the_words_as_surface() -> None:
    found = said("take twenty - five mg", numbers=True)
    assert surfaces(found) == ["take", "twenty - five", "mg"]


ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
]
ONES += ["seventeen", "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def in_words(number: int, joint: str) -> str:
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10 - 2] + (f" {ONES[number % 10]}" if number % 10 else "")
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    rest = number % size
    small = f"{joint} {in_words(rest, joint)}" if rest else ""
    return f"{in_words(number // size, joint)} {name} {small}".strip()


@pytest.mark.parametrize("joint", ["", "and"])
def test_all_numbers_in_words(joint: str) -> None:
    numbers = [*range(1200), *np.random.default_rng(0).integers(1200, 1_000_000, 1000).tolist(), 999_999]
    for number in numbers:
        words = in_words(number, joint).split()
        assert spoken_numbers(words, ENGLISH.numbers) == [(0, len(words), number)], words


def test_numbers_that_follow_each_other_stay_apart() -> None:
    words = ["one", "two", "nineteen", "eighty", "four", "and", "six"]
    assert [value for _, _, value in spoken_numbers(words, ENGLISH.numbers)] == [1, 2, 19, 84, 6]


def test_times_of_a_token_are_shared_among_its_keys() -> None:
    opinions = transcripts(["c"] * 2, ["v"] * 2, [0, 1], ["x-ray", "on"], start=[0.0, 1.2], end=[1.2, 1.5])
    found = spoken(opinions, Writing(ENGLISH))
    assert found.start is not None
    assert found.end is not None
    assert found.start.round(9).tolist() == [0.0, 0.4, 1.2]
    assert found.end.round(9).tolist() == [0.4, 1.2, 1.5]


def test_rows_may_come_in_any_order() -> None:
    opinions = transcripts(["c"] * 3, ["v", "w", "v"], [1, 0, 0], ["pain", "no", "chest"])
    found = spoken(opinions, Writing(ENGLISH))
    assert keys(found) == "chest pain no"
    assert found.bounds.tolist() == [0, 2, 3]


@pytest.mark.parametrize("language", LANGUAGES)
def test_lists_are_keys(language: str) -> None:
    lists = load_word_lists(language)
    writing = Writing(lists)
    for word in lists.fillers | lists.negations | lists.function_words | set(lists.numbers) | lists.units - {"%"}:
        assert writing.keys(word) == [word] or word == "\u00b5g"
    assert not lists.negations & lists.function_words


def test_lists_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    file.write_text('negations = ["Non"]\n[numbers]\nun = 1\n', encoding="utf-8")
    lists = load_word_lists(path=file, terms=["Metoprolol tartrate"])
    assert lists.classes(["non", "un", "not", "metoprolol", "tartrate"]).tolist() == [2, 1, 0, 8, 8]
    with pytest.raises(InputError) as caught:
        Writing(lists, numbers=True)
    assert caught.value.argument == "numbers"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("negations = 3", "list of texts"),
        ("[numbers]\na = 'b'", "whole numbers"),
        ("verbs = []", "unknown table 'verbs'"),
        ("=", "not TOML"),
    ],
)
def test_a_bad_list_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "words.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ParseError, match=problem) as caught:
        load_word_lists(path=file)
    assert caught.value.argument == str(file)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("120/80 at 10:15", "one hundred twenty over eighty at ten fifteen"),
        ("37.5% of 1,250mg", "thirty seven point five percent of one thousand two hundred fifty milligrams"),
        ("0.5 ml", "zero point five millilitres"),
        ("the 28th and the 2nd", "the twenty-eighth and the second"),
        ("B12, A1c, X-ray", "B twelve A one C x ray"),
        ("8 mm of oedema", "eight millimetres of edema"),
        ("5 \u00b5g", "five micrograms"),
    ],
)
def test_what_is_said_alike_is_one(one: str, other: str) -> None:
    meant = Writing(load_word_lists("en"), meant=True)
    assert meant.keys(one) == meant.keys(other)
    both = {"a": one, "b": other}
    rows = [(v, place, token) for v, text in both.items() for place, token in enumerate(text.split())]
    voter, place, token = (list(part) for part in zip(*rows, strict=True))
    heard = spoken(transcripts(["c"] * len(rows), voter, place, token), meant)
    said = [[heard.keys[key] for key in heard.key[low:high]] for low, high in pairwise(heard.bounds.tolist())]
    assert said[0] == said[1] == meant.keys(one)


@pytest.mark.parametrize(
    ("one", "other"), [("50 mg", "15 mg"), ("not seen", "now seen"), ("5 mg", "5 mcg"), ("2", "to")]
)
def test_what_is_not_is_two(one: str, other: str) -> None:
    meant = Writing(load_word_lists("en"), meant=True)
    assert meant.keys(one) != meant.keys(other)


def test_german_number_words_are_not_made_alike() -> None:
    with pytest.raises(InputError) as caught:
        Writing(load_word_lists("de"), meant=True)
    assert caught.value.argument == "meant"
