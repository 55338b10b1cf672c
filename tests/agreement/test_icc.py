from __future__ import annotations

import numpy as np
import pytest

from psephos.agreement.icc import FORMS, intraclass_correlation
from psephos.errors import InputError
from psephos.opinions import from_matrix

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


# What the package psych prints for this table (its documentation of ICC): F, p, lower and upper bound.
PSYCH = {
    "ICC(1,1)": (1.8, 0.16477, -0.133, 0.72),
    "ICC(2,1)": (11.0, 0.00013, 0.019, 0.76),
    "ICC(3,1)": (11.0, 0.00013, 0.342, 0.95),
    "ICC(1,k)": (1.8, 0.16477, -0.884, 0.91),
    "ICC(2,k)": (11.0, 0.00013, 0.071, 0.93),
    "ICC(3,k)": (11.0, 0.00013, 0.676, 0.99),
}


@pytest.mark.parametrize(("form", "printed"), PSYCH.items())
def test_the_tests_and_intervals_by_formula(form: str, printed: tuple[float, ...]) -> None:
    found = intraclass_correlation(SHROUT_FLEISS, form=form, interval="analytic")
    said = round(found.f, 1), round(found.p, 5), round(found.low, 3), round(found.high, 2)
    assert said == printed
    assert found.degrees == ((5, 18) if form.startswith("ICC(1") else (5, 15))


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS[:3])
def test_the_interval_by_formula_covers_the_truth(form: str) -> None:
    """Items, raters and rest have variances 1, .25 and .5."""
    truth = 1 / 1.5 if form == "ICC(3,1)" else 1 / 1.75
    rng = np.random.default_rng(7)
    hits, halves = 0, 0
    for _ in range(2000):
        raters = rng.normal(size=(30, 4) if form == "ICC(1,1)" else (1, 4))
        table = rng.normal(size=(30, 1)) + raters / 2 + rng.normal(size=(30, 4)) * np.sqrt(0.5)
        found = intraclass_correlation(table, form=form, interval="analytic")
        hits += found.low <= truth <= found.high
        halves += abs(found.value - truth) <= found.half_width / 2
    error = np.sqrt(0.95 * 0.05 / 2000)
    assert 0.94 - 4 * error < hits / 2000 < 0.96 + 4 * error
    assert halves / 2000 < 0.94 - 4 * error


def test_perfect_tables_by_formula() -> None:
    table = np.arange(5.0)[:, None] + np.zeros((1, 3))
    for form in FORMS:
        found = intraclass_correlation(table, form=form, interval="analytic")
        assert (found.value, found.low, found.high) == (pytest.approx(1), pytest.approx(1), pytest.approx(1))


def test_too_few_ratings_set_no_lower_bound() -> None:
    found = intraclass_correlation([[1, 2], [3, 3.5], [5, 4]], form="ICC(2,k)", interval="analytic")
    assert found.low == -np.inf
    assert found.value < found.high < 1
    assert found.note == "so few ratings set no lower bound"
    assert "inf" not in str(found)


def test_items_that_not_all_judged_are_left_out_and_counted() -> None:
    found = intraclass_correlation([*SHROUT_FLEISS, [1, float("nan"), 2, 3]], repeats=0)
    assert found.value == intraclass_correlation(SHROUT_FLEISS, repeats=0).value
    assert found.note == "left out: 1 item that not all raters judged"
    opinions = from_matrix([*SHROUT_FLEISS, [1, None, 2, 3]], kind="scores")
    assert intraclass_correlation(opinions, repeats=0).value == pytest.approx(found.value)
    assert intraclass_correlation(opinions, repeats=0).note == found.note


def test_labels_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        intraclass_correlation(from_matrix([["a", "b"]]))
    assert caught.value.argument == "ratings"


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


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("unit", [1e-9, 1e-3, 1e12])
def test_the_unit_of_the_ratings_changes_nothing(form: str, unit: float) -> None:
    table = np.array(SHROUT_FLEISS, dtype=float)
    scaled = intraclass_correlation(table * unit, form=form, interval="analytic")
    plain = intraclass_correlation(table, form=form, interval="analytic")
    assert (scaled.value, scaled.low, scaled.high) == pytest.approx((plain.value, plain.low, plain.high))
