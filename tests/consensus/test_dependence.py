"""Kin and overdispersion: found where planted, silent where not, by hand and whatever the order."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from psephos.consensus import majority, overdispersion
from psephos.consensus.dependence import COMPARED, kin
from psephos.consensus.overdispersion import dispersion
from psephos.consensus.part_verdicts import count_votes
from psephos.consensus.truth_inference import voter_confusion
from psephos.consensus.truth_inference.cast_votes import ballots_of, ballots_of_part
from psephos.consensus.truth_inference.model import right_or_other
from psephos.consensus.vote_split import fit_vote_split, leader_certainty
from psephos.opinions import labels


def ballots(votes: np.ndarray):
    item, voter = np.nonzero(votes >= 0)
    opinions = labels(item, voter, votes[item, voter])
    parts = [count_votes(part, opinions) for part in opinions.parts(1)]
    found = ballots_of([ballots_of_part(part) for part in parts], [part.row for part in parts], opinions.size("voter"))
    return found, opinions.vocabulary("voter")


def independent(seed: int, n_voters: int, n_items: int = 1500, n_choices: int = 3, accuracy: float = 0.75):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_choices, n_items)
    other = (truth[:, None] + rng.integers(1, n_choices, (n_items, n_voters))) % n_choices
    return np.where(rng.random((n_items, n_voters)) < accuracy, truth[:, None], other), truth


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_choices", [2, 3, 10])
def test_independent_voters_are_no_kin(seed, n_choices):
    found = kin(*ballots(independent(seed, 8, n_choices=n_choices)[0]))
    assert found.groups == []
    assert (found.weight == 1).all()
    assert found.notes() == []


@pytest.mark.parametrize("n_choices", [2, 3, 10])
def test_copies_are_kin_and_count_about_as_one(n_choices):
    votes, _ = independent(1, 9, n_choices=n_choices)
    votes[:, 1] = votes[:, 0]
    votes[:, 2] = votes[:, 0]
    found = kin(*ballots(votes))
    assert found.groups == [["0", "1", "2"]]
    assert found.weight[:3] == pytest.approx(1 / 3, abs=0.1)
    assert (found.weight[3:] == 1).all()
    assert "0, 1, 2" in found.notes()[0]


def test_two_families_are_two_groups_whatever_the_order_of_voters():
    votes, _ = independent(2, 10)
    rng = np.random.default_rng(3)
    for one, other in ((0, 1), (4, 5)):
        votes[:, other] = np.where(rng.random(len(votes)) < 0.8, votes[:, one], votes[:, other])
    order = rng.permutation(10)
    mixed = kin(*ballots(votes[:, order]))
    names = {str(place): str(old) for place, old in enumerate(order)}
    assert sorted(sorted(names[name] for name in group) for group in mixed.groups) == [["0", "1"], ["4", "5"]]


def test_items_of_different_difficulty_make_nobody_kin():
    rng = np.random.default_rng(4)
    truth, chance = rng.integers(0, 4, 3000), rng.beta(3, 1.5, (3000, 1))
    other = (truth[:, None] + rng.integers(1, 4, (3000, 8))) % 4
    votes = np.where(rng.random((3000, 8)) < chance, truth[:, None], other)
    found, names = ballots(votes)
    assert kin(found, names).groups == []
    reliability = np.full(8, float((votes == truth[:, None]).mean()))
    test = dispersion(found, lambda some, stream: right_or_other(reliability[some.voter], some, stream))
    assert test.found
    assert test.measured > test.expected + 10 * test.deviation


@pytest.mark.parametrize("seed", range(5))
def test_agreement_of_independent_voters_varies_as_expected(seed):
    votes, truth = independent(seed, 7)
    found, _ = ballots(votes)
    reliability = (votes == truth[:, None]).mean(axis=0)
    test = dispersion(found, lambda some, stream: right_or_other(reliability[some.voter], some, stream))
    assert not test.found
    assert abs(test.measured - test.expected) < 4 * test.deviation


def test_variation_by_hand():
    found, _ = ballots(np.array([[0, 0, 0], [0, 0, 1], [1, 1, -1]]))
    # agreeing pairs 3, 1, 1 of 3, 3, 1: share 5 / 7
    expected = np.mean([(3 - 15 / 7) ** 2 / 3, (1 - 15 / 7) ** 2 / 3, (1 - 5 / 7) ** 2 / 1])
    assert dispersion(found, lambda some, _: some.choice).measured == pytest.approx(expected)


def test_variation_is_the_same_counted_and_sorted(monkeypatch):
    found, _ = ballots(independent(6, 5, n_items=200)[0])
    counted = dispersion(found, lambda some, _: some.choice)
    monkeypatch.setattr(overdispersion, "CELLS_PER_VOTE", 0)
    assert dispersion(found, lambda some, _: some.choice) == counted


def test_votes_are_drawn_from_the_confusions_compiled_or_not(monkeypatch):
    found, _ = ballots(independent(7, 4, n_items=5000)[0])
    share = np.array([0.5, 0.3, 0.2])
    confusion = np.random.default_rng(8).dirichlet(np.ones(3), (4, 3)).swapaxes(1, 2)  # voter, said, truth
    model = voter_confusion.VoterConfusion(prior=0)
    parameters = {"share": share, "log_confusion": np.log(confusion)}

    def drawn():
        return model.drawn(parameters, np.zeros(0), found, np.random.default_rng(9))

    votes = drawn()
    for voter in range(4):
        said = np.bincount(votes[found.voter == voter], minlength=3) / 5000
        assert said == pytest.approx(confusion[voter] @ share, abs=0.03)  # four standard errors
    monkeypatch.setattr(voter_confusion, "COMPILED_BALLOTS", 0)
    assert np.array_equal(drawn(), votes)


def test_of_many_voters_those_with_most_votes_are_compared():
    votes, _ = independent(5, COMPARED + 20, n_items=300)
    votes[::2, :20] = -1
    votes[:, 30] = votes[:, 31]
    found = kin(*ballots(votes))
    assert found.groups == [["30", "31"]]


# The certainty of the majority where voters err together.


def alike(seed: int, n_items: int, n_voters: int, n_choices: int, concentration: float, mean: float):
    """Items with chances of their own, drawn around those of an easy item: voters are dependent, given the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_choices, n_items)
    centre = np.full((n_items, n_choices), (1 - mean) / (n_choices - 1))
    centre[np.arange(n_items), truth] = mean
    chance = rng.gamma(np.maximum(centre * concentration, 1e-9))
    chance /= chance.sum(axis=1, keepdims=True)
    upto = chance.cumsum(axis=1)
    return (rng.random((n_items, n_voters, 1)) > upto[:, None, :-1]).sum(axis=2), truth


def test_dependent_items_lower_the_certainty_and_the_verdict_says_so():
    """How far voters err together can be told from the splits only roughly: it errs on the careful side."""
    votes, truth = alike(0, 4000, 15, 4, 4.0, 0.8)
    item, voter = np.nonzero(votes >= 0)
    verdict = majority(labels(item, voter, votes.ravel()))
    errors = (verdict.choices.cast(int).to_numpy()[verdict.choice] != truth).sum()
    split = -np.sort(-np.stack([(votes == k).sum(axis=1) for k in range(4)], axis=1), axis=1).astype(float)
    distinct, which, items = np.unique(split, axis=0, return_inverse=True, return_counts=True)
    blind = leader_certainty(fit_vote_split(distinct, items, 4, dependent=False), distinct)[which.ravel()]
    assert (1 - blind).sum() < 0.6 * errors
    assert 0.9 * errors < verdict.expected_errors < 1.7 * errors
    assert "voters err together on some items: 15.0 votes on an item count as" in verdict.provenance.notes[0]
    effective = float(verdict.certainty_means.split("count as ")[1].split()[0])
    assert 15 / (1 + 14 / 5) * 0.6 < effective < 15 / (1 + 14 / 5) * 1.6  # any two votes are correlated by 1 / 5


@pytest.mark.parametrize("seed", range(3))
def test_independent_voters_stay_independent(seed):
    votes, _ = independent(seed, 9, n_items=4000, n_choices=4)
    item, voter = np.nonzero(votes >= 0)
    verdict = majority(labels(item, voter, votes.ravel()))
    assert verdict.provenance.notes == ()
    assert "9.0 votes on an item count as independent" in verdict.certainty_means


def test_the_parts_do_not_matter_where_voters_are_dependent(two_processes):
    votes, _ = alike(1, 1000, 12, 5, 4.0, 0.8)
    item, voter = np.nonzero(votes >= 0)
    opinions = labels(item, voter, votes.ravel())
    here = majority(opinions)
    assert here.provenance.notes
    assert pl.Series(here.certainty).equals(pl.Series(majority(opinions, engine=two_processes).certainty))
