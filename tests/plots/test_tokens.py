"""Are the colours those of the design, and can everyone tell them apart?"""

from __future__ import annotations

import pytest

from psephos.errors import InputError
from psephos.plots.tokens import THEMES, TOKENS, check_theme, colour, token_of

TEXT, MARK = 4.5, 3.0
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "muted", "accent", "good", "error") for ground in ("bg", "surface")),
    ("ink", "risk-tint", TEXT),
    ("ink", "middle-tint", TEXT),
    ("risk", "risk-tint", MARK),
    ("middle", "middle-tint", MARK),
    *((mark, ground, MARK) for mark in ("risk", "middle") for ground in ("bg", "surface")),
]


def luminance(value: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(value[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(above: str, below: str, opacity: float) -> str:
    places = (1, 3, 5)
    parts = [
        int(above[place : place + 2], 16) * opacity + int(below[place : place + 2], 16) * (1 - opacity)
        for place in places
    ]
    return "#" + "".join(f"{round(part):02X}" for part in parts)


def test_contrast_is_measured_as_known() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS, ids=lambda part: str(part))
def test_what_is_drawn_stands_out(ink: str, ground: str, least: float, theme: str) -> None:
    assert contrast(colour(ink, check_theme(theme)), colour(ground, check_theme(theme))) >= least


@pytest.mark.parametrize("theme", THEMES)
def test_numbers_on_the_strongest_cell_of_the_matrix_are_readable(theme: str) -> None:
    from psephos.plots.agreement import STRONGEST

    checked = check_theme(theme)
    cell = mixed(colour("accent", checked), colour("surface", checked), STRONGEST)
    assert contrast(colour("ink", checked), cell) >= TEXT


def test_a_colour_belongs_to_one_token() -> None:
    every = [value for pair in TOKENS.values() for value in pair]
    assert len(set(every)) == len(every)
    assert all(token_of(value.lower()) == token for token, pair in TOKENS.items() for value in pair)
    assert token_of("#123456") is None


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(InputError, match="theme: must be one of 'light', 'dark', got 'sepia'"):
        check_theme("sepia")
