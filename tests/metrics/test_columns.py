"""Do the columns beside the scores keep their kinds apart?"""

from __future__ import annotations

import numpy as np
import pytest

from psephos.metrics.columns import codes_of, kinds_of, unmasked


def test_whole_numbers_without_anything_masked_stay_what_they_are() -> None:
    """As floats 2^53 and the number after it are one."""
    large = np.ma.array([2**53, 2**53 + 1], mask=[False, False])
    assert unmasked(large).tolist() == [2**53, 2**53 + 1]
    assert codes_of("clusters", large, 2)[1] == [str(2**53), str(2**53 + 1)]


@pytest.mark.parametrize(
    ("values", "names", "lost"),
    [
        (np.array([1234567.0, 1234568.0]), ("1234567", "1234568"), 0),
        (np.array([0.1, 0.25, np.nan]), ("0.1", "0.25", "missing"), 1),
        (np.array([1.0, 2.0]), ("1", "2"), 0),
        (np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"), ("2020-01-01", "missing"), 1),
        (np.array([1e300, -np.inf]), ("-inf", "1e+300"), 0),
    ],
    ids=["seven digits", "missing", "whole", "dates", "extremes"],
)
def test_each_kind_has_its_own_name(values: np.ndarray, names: tuple[str, ...], lost: int) -> None:
    assert kinds_of(values)[1:] == (names, lost)
