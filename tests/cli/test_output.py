"""Tables on a terminal: nothing is cut, whatever its width."""

from __future__ import annotations

import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from psephos.cli.output import print_table

WIDE = pl.DataFrame(
    {
        "rank": [1, 2],
        "candidate": ["a candidate of a long name", "another one"],
        **{f"number of {k}": [1000.5 + k, -2000.25 * k] for k in range(9)},
        "not_ranked": ["met nobody of the others", None],
    }
)


def printed(frame: pl.DataFrame, width: int) -> list[str]:
    out = Console(file=io.StringIO(), width=width, highlight=False, color_system=None)
    print_table(out, "Ranking", frame)
    return out.file.getvalue().splitlines()  # type: ignore[attr-defined, no-any-return]


def test_a_table_that_fits_is_one() -> None:
    lines = printed(WIDE, 400)
    assert len(lines) == 4
    assert "number of 8" in lines[1]


def test_truth_values_are_words() -> None:
    assert [line.split() for line in printed(pl.DataFrame({"item": ["a", "b"], "used": [True, False]}), 80)[2:]] == [
        ["a", "yes"],
        ["b", "no"],
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_wide_table_goes_on_below_with_the_names_again(width: int) -> None:
    lines = printed(WIDE, width)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    parts = text.count("Ranking, continued") + 1
    assert parts > 1
    assert text.count("another one") == parts
    for k in range(9):
        assert f"{1000.5 + k:.3f}" in text
        assert f"{-2000.25 * k:.3f}" in text
    assert "\u2026" not in text


def test_headings_are_broken_between_words_before_the_table_is() -> None:
    frame = pl.DataFrame({"name": ["x"], **{f"one two three {k}": [k] for k in range(8)}})
    lines = printed(frame, 60)
    assert not any("continued" in line for line in lines)
    assert [line.split() for line in lines[1:4]] == [["one"] * 8, ["two"] * 8, ["three"] * 8]


def test_a_word_longer_than_the_terminal_is_folded_and_whole() -> None:
    word = "".join(chr(97 + k % 26) for k in range(45))
    lines = printed(pl.DataFrame({"name": [word], "n": [7]}), 30)
    assert word in "".join("".join(line.split()) for line in lines[2:]).replace("7", "")


@given(st.lists(st.integers(1, 30), min_size=2, max_size=12), st.integers(40, 100))
def test_every_column_is_shown_once_beside_the_names(lengths: list[int], width: int) -> None:
    frame = pl.DataFrame({f"c{k}": ["x" * n] for k, n in enumerate(lengths)})
    words = [word for line in printed(frame, width) for word in line.split()]
    for k in range(1, len(lengths)):
        assert words.count(f"c{k}") == 1
