from __future__ import annotations

import numpy as np
import pytest

from psephos.consensus.calibration import SHIPPED, fit_calibration
from psephos.consensus.column_votes import elect
from psephos.consensus.one_coin import effective_voters, one_coin
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
    for vote in ("count", "meth1", "weighted"):
        assert elect(columns, vote=vote).strength.tied.all()
    assert elect(columns).strength.leader.tolist() == [0, 1]
    assert elect(columns, tie="word").strength.leader.tolist() == [1, 1]
    assert elect(columns, vote="meth1", tie="word").strength.leader.tolist() == [1, 1]


def simulated(accuracy: list[float], n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, 30, n)
    wrong = truth[:, None] % 30 + rng.integers(1, 3, (n, len(accuracy)))
    right = rng.random((n, len(accuracy))) < np.array(accuracy)
    return np.where(right, truth[:, None], wrong).astype(np.int32), truth


def test_one_coin_finds_who_is_reliable_and_beats_counting() -> None:
    accuracy = [0.95, 0.9, 0.55, 0.5, 0.45]
    keys, truth = simulated(accuracy, 4000, seed=3)
    found = elect(keys, vote="weighted")
    assert found.model is not None
    assert found.model.converged
    assert np.abs(found.model.accuracy - accuracy).max() < 0.03
    weighted = (found.strength.leader == truth).mean()
    counted = (elect(keys).strength.leader == truth).mean()
    error = np.sqrt(weighted * (1 - weighted) / len(truth))
    assert weighted - counted > 3 * error


def test_one_coin_posteriors_are_probabilities() -> None:
    keys, _ = simulated([0.9, 0.7, 0.6], 200, seed=0)
    keys[::7, 2] = -1
    found = one_coin(keys, np.tile(np.arange(3, dtype=np.int32), (200, 1)), 3)
    assert (found.posterior[keys < 0] == 0).all()
    for row, codes in zip(found.posterior, keys, strict=True):
        heard = {code: p for code, p in zip(codes.tolist(), row.tolist(), strict=True) if code >= 0}
        assert 0 < sum(heard.values()) <= 1 + 1e-9


def test_who_is_worse_than_guessing_says_nothing() -> None:
    """The third voter is right nearly never; its silence beside that of the first must not count against silence."""
    keys, _ = simulated([0.8, 0.8, 0.02], 2000, seed=1)
    doubtful = np.array([[0, 7, 0], [7, 0, 0], [7, 7, 0]], np.int32)
    found = elect(np.concatenate([keys, doubtful]), vote="weighted")
    assert found.model is not None
    assert found.model.accuracy[2] < 0.3
    silent = found.model.posterior[-3]
    assert silent[0] >= silent[1] - 0.05
    assert found.strength.leader[-1] == 7


def test_twins_count_once() -> None:
    rng = np.random.default_rng(0)
    off = rng.random((20_000, 4)) < 0.1
    assert effective_voters(off) == pytest.approx(4, abs=0.1)
    off[:, 1] = off[:, 0]
    assert effective_voters(off) == pytest.approx(16 / 6, abs=0.1)


def test_shipped_certainty_is_that_of_the_sheet() -> None:
    shares = np.array([7, 6, 5, 4, 3, 2, 1]) / 7
    assert SHIPPED(shares).round(3).tolist() == [0.011, 0.028, 0.096, 0.201, 0.356, 0.534, 0.83]
    assert SHIPPED(6.5 / 7) == pytest.approx((0.011 + 0.028) / 2)
    assert SHIPPED(0.0) == 0.83
    assert "typists" in SHIPPED.means


def test_a_fit_falls_and_finds_the_errors() -> None:
    rng = np.random.default_rng(1)
    share = rng.integers(1, 6, 20_000) / 5
    wrong = rng.random(20_000) < 0.5 * (1 - share) + 0.02
    found = fit_calibration(share, wrong)
    assert (np.diff(found.wrong) <= 0).all()
    assert np.abs(found(np.arange(1, 6) / 5) - (0.5 * (1 - np.arange(1, 6) / 5) + 0.02)).max() < 0.03
    backwards = fit_calibration(share, rng.random(20_000) < share / 2)
    assert np.ptp(backwards.wrong) < 0.05
