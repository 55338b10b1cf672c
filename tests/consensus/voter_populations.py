"""Votes of simulated voters, with the truth: independent ones of several kinds, and some that are not independent."""

from __future__ import annotations

import numpy as np

from psephos.opinions import labels


def long(votes: np.ndarray, **options):
    """Labels from a matrix of codes, -1 where nobody voted."""
    item, voter = np.nonzero(votes >= 0)
    return labels(item, voter, votes[item, voter], **options)


def drawn(seed: int, n_items: int, confusion: np.ndarray, share=None, missing: float = 0.0):
    """Votes of independent voters, and the truth; `confusion` is (voter, truth, said)."""
    rng = np.random.default_rng(seed)
    n_voters, n_choices = confusion.shape[:2]
    truth = rng.choice(n_choices, n_items, p=share)
    upto = confusion.cumsum(axis=2)
    chance = rng.random((n_items, n_voters, 1))
    votes = (chance > upto[np.arange(n_voters)[None], truth[:, None]][:, :, :-1]).sum(axis=2)
    votes[rng.random(votes.shape) < missing] = -1
    return votes, truth


def coins(accuracy, n_choices: int) -> np.ndarray:
    """Confusions of voters that are right with these probabilities, else anything."""
    accuracy = np.asarray(accuracy)[:, None, None]
    eye = np.eye(n_choices)
    return accuracy * eye + (1 - accuracy) / (n_choices - 1) * (1 - eye)


def right(verdict, truth) -> np.ndarray:
    item = verdict.items.cast(int).to_numpy()
    said = np.array([-1 if code < 0 else int(verdict.choices[int(code)]) for code in verdict.choice])
    return said == np.asarray(truth)[item]


def confused() -> np.ndarray:
    """Three voters that are good, and three that mix up 0 and 1 in a way of their own."""
    good = coins([0.85] * 3, 3)
    other = np.array([[0.9, 0.1, 0.0], [0.45, 0.5, 0.05], [0.0, 0.1, 0.9]])
    return np.concatenate([good, np.tile(other, (3, 1, 1))])


POPULATIONS = {
    "alike": lambda seed: drawn(seed, 3000, coins([0.7] * 7, 4)),
    "of different skill": lambda seed: drawn(seed, 3000, coins(np.linspace(0.35, 0.95, 7), 4)),
    "with spammers": lambda seed: drawn(
        seed, 3000, np.concatenate([coins([0.85] * 5, 4), np.tile([0.6, 0.2, 0.1, 0.1], (4, 4, 1))])
    ),
    "that confuse two choices": lambda seed: drawn(seed, 3000, confused()),
    "in a crowd": lambda seed: sparse_crowd(seed),
    "copying from one": lambda seed: copied(seed),
    "on items of different difficulty": lambda seed: difficult(seed),
}


def copied(seed: int):
    """Nine voters of whom three mostly repeat the first."""
    votes, truth = drawn(seed, 3000, coins([0.72] * 9, 4))
    follow = np.random.default_rng(seed + 100).random((3000, 3)) < 0.8
    votes[:, 1:4] = np.where(follow, votes[:, :1], votes[:, 1:4])
    return votes, truth


def difficult(seed: int):
    """Seven voters alike on items of which some are near guessing."""
    rng = np.random.default_rng(seed)
    truth, chance = rng.integers(0, 4, 3000), rng.beta(3, 1.5, (3000, 1))
    other = (truth[:, None] + rng.integers(1, 4, (3000, 7))) % 4
    return np.where(rng.random((3000, 7)) < chance, truth[:, None], other), truth


def easy_and_hard(seed: int, n_items=3000, n_voters=9, n_choices=4, missing=0.0, ability=None):
    """The voters and items of the model with abilities and easiness, drawn from its priors; or all of one ability."""
    rng = np.random.default_rng(seed)
    abilities, easiness = rng.normal(1, 1, n_voters), np.exp(rng.normal(1, 1, n_items))
    if ability is not None:
        abilities = np.full(n_voters, ability)
    truth, size = rng.integers(0, n_choices, n_items), (n_items, n_voters)
    chance = 1 / (1 + np.exp(-np.outer(easiness, abilities)))
    other = (truth[:, None] + rng.integers(1, n_choices, size)) % n_choices
    votes = np.where(rng.random(size) < chance, truth[:, None], other)
    votes[rng.random(size) < missing] = -1
    return votes, truth


def hammers_and_spammers(seed: int):
    """Sixty voters with a seventh of the items each, half of them nearly always right, half guessing between two."""
    skill = np.random.default_rng(seed).choice([0.95, 0.5], 60)
    return drawn(seed, 3000, coins(skill, 2), missing=0.85)


def sparse_crowd(seed: int):
    """Two hundred voters with fifty votes each, five on an item: little to learn each of them from."""
    return drawn(seed, 2000, coins(np.random.default_rng(seed).beta(4, 2, 200), 2), missing=0.975)
