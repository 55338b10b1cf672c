"""What auto takes, and that it is never worse than the majority by more than a point."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from voter_populations import POPULATIONS, long, right

from psephos.consensus import against_gold, decide, majority
from psephos.consensus.deciding import METHODS, method_for
from psephos.errors import InputError
from psephos.opinions import from_matrix, labels, read

DIGITS = Path(__file__).parents[2] / "examples" / "digits"


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("population", POPULATIONS)
def test_auto_is_never_worse_than_majority_by_more_than_a_point(population, seed):
    votes, truth = POPULATIONS[population](seed + 20)
    opinions = long(votes)
    auto, plain = right(decide(opinions), truth).mean(), right(majority(opinions), truth).mean()
    assert auto >= plain - 0.01
    if population in (
        "of different skill",
        "with spammers",
        "that confuse two choices",
        "in a crowd",
        "copying from one",
    ):
        assert auto > plain + 0.01


def test_auto_on_the_digits():
    opinions = read(DIGITS)
    auto, plain = against_gold(decide(opinions)), against_gold(majority(opinions))
    assert auto.errors <= plain.errors + 0.01 * plain.items
    assert auto.calibration_error < 0.015


def matrix(n_items: int, n_voters: int, n_choices: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, n_choices, (n_items, n_voters))


@pytest.mark.parametrize(
    ("votes", "method"),
    [
        (matrix(100, 2, 2), "majority"),
        (matrix(9, 5, 2), "majority"),
        (matrix(20, 5, 2), "dawid-skene"),
        (matrix(40, 5, 3), "one-coin"),
        (matrix(60, 5, 3), "dawid-skene"),
    ],
    ids=["two votes on an item", "nine votes of a voter", "20 = 10 K (K - 1)", "40 < 60", "60"],
)
def test_auto_takes_what_the_votes_can_teach(votes, method):
    assert method_for(long(votes)) == method
    verdict = decide(long(votes))
    assert verdict.provenance.parameters.get("model", verdict.provenance.method) == method


def test_options_of_majority_ask_for_majority():
    votes = long(matrix(60, 5, 3))
    assert decide(votes, rule="strict").provenance.method == "majority"
    assert decide(votes, ties="none").provenance.method == "majority"
    with pytest.raises(InputError) as caught:
        decide(votes, method="one-coin", rule="strict")
    assert caught.value.argument == "rule"


@pytest.mark.parametrize("method", [name for name in METHODS["labels"] if name not in ("kos", "source-reliability")])
def test_every_method_can_be_asked_for(method):
    verdict = decide(from_matrix([["a", "a", "b"], ["b", "b", "b"], ["a", "c", "a"]]), method=method)
    assert verdict.table()["choice"].to_list() == ["a", "b", "a"]


def test_unknown_methods_are_refused():
    with pytest.raises(InputError) as caught:
        decide(labels(["a"], ["x"], ["l"]), method="magic")
    assert caught.value.argument == "method"
