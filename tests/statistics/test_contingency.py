"""Sign test, chi-square, Mantel-Haenszel and the area under the ROC curve against SciPy, scikit-learn and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.errors import InputError
from psephos.statistics import independence_test, mantel_haenszel, sign_test


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_sign_test_is_the_binomial_test(a: int, b: int) -> None:
    from scipy.stats import binomtest

    expected = binomtest(a, a + b, 0.5).pvalue if a + b else 1.0
    assert sign_test(a, b) == pytest.approx(expected, rel=1e-9)


def test_sheet36_sign_test() -> None:
    assert sign_test(5, 0) == 0.0625


def test_chi_square_is_that_of_scipy() -> None:
    from scipy.stats import chi2_contingency

    table = [[12, 5, 9], [3, 15, 7]]
    expected = chi2_contingency(table, correction=False)
    found = independence_test([[*row, 0] for row in table])
    assert (found.statistic, found.p, found.degrees) == pytest.approx((expected.statistic, expected.pvalue, 2))
    assert found.smallest_expected == pytest.approx(expected.expected_freq.min())
    assert math.isnan(independence_test([[1, 2], [0, 0]]).p)


def test_one_stratum_is_the_odds_ratio_with_woolf_s_variance() -> None:
    """Of one table the variance of Robins, Breslow and Greenland is 1/a + 1/b + 1/c + 1/d."""
    a, b, c, d = 10, 20, 5, 40
    exposed = np.repeat([1, 1, 0, 0], [a, b, c, d])
    event = np.repeat([1, 0, 1, 0], [a, b, c, d])
    found = mantel_haenszel(exposed, event, np.zeros(75, int))
    assert found.value == pytest.approx(a * d / (b * c))
    spread = math.log(found.high / found.value) / 1.959963985
    assert spread**2 == pytest.approx(1 / a + 1 / b + 1 / c + 1 / d, rel=1e-8)


def test_strata_undo_a_confounder() -> None:
    """Within both strata exposure does nothing; pooled it seems to matter."""
    cells = {0: (9, 1, 81, 9), 1: (9, 81, 1, 9)}  # exposed with, without; others with, without
    kinds = ((1, 1), (1, 0), (0, 1), (0, 0))
    rows = [(*kind, s) for s, n in cells.items() for kind, k in zip(kinds, n, strict=True) for _ in range(k)]
    exposed, event, stratum = map(np.array, zip(*rows, strict=True))
    assert mantel_haenszel(exposed, event, np.zeros(len(rows), int)).p < 1e-6
    found = mantel_haenszel(exposed, event, stratum)
    assert found.value == pytest.approx(1)
    assert found.low < 1 < found.high
    assert found.p == pytest.approx(1)
    assert found.strata == 2


def test_strata_that_tell_nothing_are_left_out_and_none_gives_no_ratio() -> None:
    one = mantel_haenszel([1, 0, 1, 0], [1, 0, 0, 1], [0, 0, 0, 0])
    more = mantel_haenszel([1, 0, 1, 0, 1, 1], [1, 0, 0, 1, 0, 1], [0, 0, 0, 0, 5, 5])
    assert (one.value, one.strata) == (more.value, more.strata) == (1.0, 1)
    nothing = mantel_haenszel([1, 1], [1, 0], [0, 0])
    assert math.isnan(nothing.value)
    assert nothing.strata == 0
    assert mantel_haenszel([1, 1, 0, 0], [1, 1, 0, 0], [0] * 4).value == math.inf


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: sign_test(-1, 2), "positive"),
        (lambda: independence_test([[1, -1], [2, 3]]), "counts"),
        (lambda: mantel_haenszel([1, 0], [1], [0, 0]), "event"),
        (lambda: mantel_haenszel([1, math.nan], [1, 0], [0, 0]), "exposed"),
        (lambda: mantel_haenszel([1, 0], [1, math.nan], [0, 0]), "event"),
        (lambda: mantel_haenszel([1, 2], [1, 0], [0, 0]), "exposed"),
        (lambda: mantel_haenszel([True, False], ["yes", "no"], [0, 0]), "event"),
    ],
)
def test_bad_input(call, argument: str) -> None:
    with pytest.raises(InputError) as error:
        call()
    assert error.value.argument == argument
