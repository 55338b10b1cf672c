from __future__ import annotations

import numpy as np
import pytest

from psephos.agreement.icc import FORMS, intraclass_correlation
from psephos.errors import InputError

SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


@pytest.mark.parametrize(
    ("table", "value"),
    [
        pytest.param([[0.9, 0.8, 0.7], [0.6, 0.6, 0.5], [0.95, 0.7, 0.9], [0.4, 0.5, 0.2]], 0.7724621, id="sheet01-V4"),
        pytest.param(SHROUT_FLEISS, 0.2897638, id="sheet01-V4-Shrout-Fleiss"),
    ],
)
def test_the_values_of_the_sheet(table: list[list[float]], value: float) -> None:
    assert intraclass_correlation(table, repeats=0).value == pytest.approx(value, abs=5e-8)


@pytest.mark.parametrize(("form", "value"), list(zip(FORMS, [0.17, 0.29, 0.71, 0.44, 0.62, 0.91], strict=True)))
def test_all_forms_of_the_paper(form: str, value: float) -> None:
    """Table 4 of Shrout and Fleiss (1979)."""
    found = intraclass_correlation(SHROUT_FLEISS, form=form, repeats=0)
    assert found.value == pytest.approx(value, abs=0.005)
    assert found.between_items == pytest.approx(11.24, abs=0.005)
    assert found.between_raters == pytest.approx(32.49, abs=0.005)
    assert found.within_items == pytest.approx(6.26, abs=0.005)
    assert found.residual == pytest.approx(1.02, abs=0.005)


@pytest.mark.parametrize("form", FORMS)
def test_a_shift_of_all_ratings_changes_nothing(form: str) -> None:
    table = np.random.default_rng(1).normal(size=(20, 4)) + np.arange(20)[:, None] / 5
    one = intraclass_correlation(table, form=form, repeats=0).value
    assert intraclass_correlation(table * 3 + 1e6, form=form, repeats=0).value == pytest.approx(one, abs=1e-6)


def test_the_interval_holds_the_value_and_narrows_with_items() -> None:
    rng = np.random.default_rng(2)
    widths = []
    for n in (20, 500):
        table = rng.normal(size=(n, 1)) + rng.normal(size=(n, 5))
        found = intraclass_correlation(table, rng=0)
        assert found.low < found.value < found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 2


@pytest.mark.parametrize(
    ("table", "reason"),
    [([[1, 2]], "at least 2 items"), ([[1], [2]], "at least 2 raters"), ([[3, 3], [3, 3]], "the same")],
)
def test_what_cannot_be_computed_says_why(table: list[list[float]], reason: str) -> None:
    found = intraclass_correlation(table)
    assert np.isnan(found.value)
    assert reason in found.note


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        intraclass_correlation(SHROUT_FLEISS, form="ICC(4,1)")
    assert caught.value.argument == "form"
