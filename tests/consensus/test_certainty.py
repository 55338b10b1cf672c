"""Is the certainty honest? Of the items given a certainty of p, a share of p is right, within its standard error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from psephos.consensus import against_gold, majority
from psephos.opinions import labels, read

DIGITS = Path(__file__).parents[2] / "examples" / "digits"

N_CHOICES, N_VOTERS, N_ITEMS = 4, 7, 20_000
EDGES = np.array([0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0])
TOO_FAR = 4.0
"""Standard errors by which no bin of an honest certainty is off: of some fifty bins here, none by chance (p = .003)."""


def drawn(seed: int, classes) -> tuple[np.ndarray, np.ndarray]:
    """Votes of items by voters, and the truth; items are of classes (accuracy, decoy share, share) as in the model."""
    rng = np.random.default_rng(seed)
    accuracy, decoy_share, share = np.array(classes).T
    kind = rng.choice(len(share), N_ITEMS, p=share)
    truth = rng.integers(0, N_CHOICES, N_ITEMS)
    decoy = (truth + rng.integers(1, N_CHOICES, N_ITEMS)) % N_CHOICES
    size = (N_ITEMS, N_VOTERS)
    astray = np.where(
        rng.random(size) < decoy_share[kind][:, None],
        decoy[:, None],
        (truth[:, None] + rng.integers(1, N_CHOICES, size)) % N_CHOICES,
    )
    return np.where(rng.random(size) < accuracy[kind][:, None], truth[:, None], astray), truth


def verdict_on(votes: np.ndarray):
    n_items, n_voters = votes.shape
    return majority(
        labels(np.repeat(np.arange(n_items), n_voters), np.tile(np.arange(n_voters), n_items), votes.ravel())
    )


def standard_errors_off(certainty: np.ndarray, right: np.ndarray) -> np.ndarray:
    """By how many standard errors the number of right choices is off in each bin of certainty with 30 items or more."""
    place = np.clip(np.searchsorted(EDGES, certainty, side="left") - 1, 0, len(EDGES) - 2)
    off = []
    for bin_number in range(len(EDGES) - 1):
        inside = place == bin_number
        if inside.sum() >= 30:
            sure = np.minimum(certainty[inside], 1 - 1e-4)
            off.append((right[inside].sum() - sure.sum()) / np.sqrt((sure * (1 - sure)).sum()))
    return np.array(off)


def one_coin(votes: np.ndarray) -> np.ndarray:
    """Certainty of the leader if all items were equally hard: voters independent, one accuracy, found by EM."""
    counts = np.stack([(votes == choice).sum(axis=1) for choice in range(N_CHOICES)], axis=1).astype(np.float64)
    accuracy = 0.7
    for _ in range(200):
        weight = counts * np.log(accuracy * (N_CHOICES - 1) / (1 - accuracy))
        posterior = np.exp(weight - weight.max(axis=1, keepdims=True))
        posterior /= posterior.sum(axis=1, keepdims=True)
        accuracy = float((posterior * counts).sum() / votes.size)
    return posterior.max(axis=1)


POPULATIONS = {
    "classes of the grid": [(0.9, 0.0, 0.6), (0.7, 0.3, 0.25), (0.5, 0.6, 0.15)],
    "classes between": [(0.87, 0.15, 0.6), (0.68, 0.4, 0.25), (0.47, 0.5, 0.15)],
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("classes", POPULATIONS.values(), ids=POPULATIONS)
def test_certainty_holds_where_items_differ_in_difficulty(classes, seed):
    votes, truth = drawn(seed, classes)
    verdict = verdict_on(votes)
    right = verdict.choices.cast(int).to_numpy()[verdict.choice] == truth
    assert np.abs(standard_errors_off(verdict.certainty, right)).max() < TOO_FAR
    assert abs(verdict.expected_errors - (~right).sum()) < TOO_FAR * np.sqrt(
        (verdict.certainty * (1 - verdict.certainty)).sum()
    )
    # The same check finds out what is no probability, and what is one only if all items are equally hard.
    assert np.abs(standard_errors_off(verdict.support / verdict.votes, right)).max() > 3 * TOO_FAR
    assert np.abs(standard_errors_off(one_coin(votes), right)).max() > 3 * TOO_FAR


def test_on_the_digits_certainty_is_honest_and_the_queue_finds_the_errors():
    verdict = majority(read(DIGITS))
    found = against_gold(verdict)
    assert found.items == 1797
    assert found.calibration_error < 0.03
    assert dict(found.found.iter_rows())[0.10] >= 0.6
    shares = against_gold(verdict_with_certainty(verdict, verdict.support / verdict.votes))
    assert shares.calibration_error > 0.03


def verdict_with_certainty(verdict, certainty):
    from dataclasses import replace

    return replace(verdict, certainty=certainty)
