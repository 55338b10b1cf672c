from __future__ import annotations

import numpy as np
import pytest

from psephos.consensus.transcripts.calibration import SHIPPED, SHIPPED_NONE, fit_calibration
from psephos.consensus.transcripts.column_votes import elect
from psephos.errors import ConfidenceError

COLUMN = np.array([[1, 2, 2, 0]], np.int32)
SURE = np.array([[0.9, 0.3, 0.5, np.nan]])


def scores(vote: str, alpha: float, null_conf: float) -> dict[int, float]:
    """The formulas of the sheet, by hand."""
    votes = {1: [0.9], 2: [0.3, 0.5], 0: [null_conf]}
    whole = sum(sum(part) for part in votes.values())
    trust = {
        "meth1": lambda part: sum(part) / len(part),
        "maxconf": max,
        "avgconf": lambda part: sum(part) / whole,
    }[vote]
    return {key: alpha * len(part) / 4 + (1 - alpha) * trust(part) for key, part in votes.items()}


@pytest.mark.parametrize("vote", ["meth1", "maxconf", "avgconf"])
@pytest.mark.parametrize("alpha", [0.0, 0.2, 0.7, 1.0])
@pytest.mark.parametrize("null_conf", [0.0, 0.6, 1.0])
def test_scored_votes_follow_their_formula(vote: str, alpha: float, null_conf: float) -> None:
    wanted = scores(vote, alpha, null_conf)
    best = max(wanted.values())
    first = next(key for key in (1, 2, 0) if wanted[key] > best - 1e-9)
    found = elect(COLUMN, vote=vote, alpha=alpha, null_conf=null_conf, confidence=SURE).strength
    assert found.leader.tolist() == [first]
    assert found.votes.tolist() == [2 if first == 2 else 1]
    assert found.tied.tolist() == [sum(value > best - 1e-9 for value in wanted.values()) > 1]


def test_a_missing_confidence_is_an_error_where_it_counts() -> None:
    unsure = np.full((1, 4), np.nan)
    with pytest.raises(ConfidenceError) as caught:
        elect(COLUMN, vote="meth1", alpha=0.5, confidence=unsure)
    assert caught.value.argument == "confidence"
    assert elect(COLUMN, vote="meth1", alpha=1.0, confidence=unsure).strength.leader.tolist() == [2]


def test_ties_go_to_the_earliest_or_to_words() -> None:
    columns = np.array([[0, 1, 0, 1], [1, 0, 0, 1]], np.int32)
    for vote in ("count", "meth1"):
        assert elect(columns, vote=vote).strength.tied.all()
    assert elect(columns + 1, vote="weighted").strength.tied.all()
    assert elect(columns).strength.leader.tolist() == [0, 1]
    assert elect(columns, tie="word").strength.leader.tolist() == [1, 1]
    assert elect(columns, vote="meth1", tie="word").strength.leader.tolist() == [1, 1]


def test_shipped_certainty_is_that_of_the_sheet() -> None:
    shares = np.array([7, 6, 5, 4, 3, 2, 1]) / 7
    assert SHIPPED(shares).round(3).tolist() == [0.011, 0.028, 0.096, 0.201, 0.356, 0.534, 0.83]
    assert SHIPPED(6.5 / 7) == pytest.approx((0.011 + 0.028) / 2)
    assert SHIPPED(0.0) == 0.83
    assert (np.diff(SHIPPED_NONE.wrong) < 0).all()
    assert SHIPPED_NONE(0.1) == SHIPPED_NONE.wrong[0]


def test_a_fit_falls_and_finds_the_errors() -> None:
    rng = np.random.default_rng(1)
    share = rng.integers(1, 6, 20_000) / 5
    wrong = rng.random(20_000) < 0.5 * (1 - share) + 0.02
    found = fit_calibration(share, wrong)
    assert (np.diff(found.wrong) <= 0).all()
    assert np.abs(found(np.arange(1, 6) / 5) - (0.5 * (1 - np.arange(1, 6) / 5) + 0.02)).max() < 0.03
    backwards = fit_calibration(share, rng.random(20_000) < share / 2)
    assert np.ptp(backwards.wrong) < 0.05
