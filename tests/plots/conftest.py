"""Verdicts on the digits, held against their truth, for tests of pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from psephos.consensus import AgainstGold, against_gold, majority
from psephos.opinions import Opinions, read
from psephos.opinions.verdicts import Verdict

DIGITS = Path(__file__).parents[2] / "examples" / "digits"


@pytest.fixture(scope="session")
def digits() -> Opinions:
    opinions = read(DIGITS)
    assert isinstance(opinions, Opinions)
    return opinions


@pytest.fixture(scope="session")
def verdict(digits: Opinions) -> Verdict:
    return majority(digits)


@pytest.fixture(scope="session")
def gold(verdict: Verdict) -> AgainstGold:
    return against_gold(verdict)
