r"""How sure is a label, given the share of its samples that each model gave to each answer?

Models err independently of each other given what is right. Let h_n(a) be the share of its samples that model n gave to
answer a, in bins; where a is right the share falls into bin b with probability R_n(b), where it is wrong with W_n(b).
Then

    P(a is right) ~ exp sum_n log(R_n(h_n(a)) / W_n(h_n(a))),

over all answers that an item can have, those that nobody gave among them. R and W are learnt from the samples alone by
EM: from which answers several models share it shows what a share is worth, and how often a model is sure and wrong.
Draws of one model are so taken for one vote of a certain firmness, not for independent votes. Each model has R and W of
its own, drawn to those of all models by `PRIOR` answers, and these as much to `FIRM`, so that few items say little.
Sums are taken in steps of 2^-24, as whole numbers: they are the same however the data are cut.

Source: ours; naive Bayes with unlabelled items (Nigam and others 2000, doi:10.1023/A:1007692713085).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.consensus.collectives.votes import Ballot, Floats, Whole

EDGES = np.linspace(0.0, 1.0, 11)
BINS = 12
"""No sample; above 0 up to .1, ..., above .9 below 1; all samples."""

PRIOR = 200.0
FIRM = np.arange(1.0, BINS + 1) / np.arange(1.0, BINS + 1).sum()
"""Bins of right answers before anything is known, and of wrong ones the other way round: right ones are firmer."""

MOST_ROUNDS = 100
SMALLEST_STEP = 1e-5
"""EM stops when no more than this share of the right answers moves to another bin."""

STEPS = 2.0**24


@dataclass(frozen=True, eq=False)
class Shares:
    """The answers of one part as EM needs them: pairs as of the tally, an entry for each model that gave one.

    Attributes
    ----------
    pair, model, bin : ndarray, shape (n_entries,)
    item : ndarray of int64, shape (n_pairs,)
    votes : ndarray of float64, shape (n_pairs,)
        Share of the weighted votes on the item, where EM starts.
    heard : ndarray of int64, shape (n_items,)
        Distinct answers of each item.
    cell_item, cell_model : ndarray of int32, shape (n_cells,)
        Which model was asked about which item.
    """

    pair: npt.NDArray[np.int32]
    model: npt.NDArray[np.int32]
    bin: npt.NDArray[np.int8]
    item: npt.NDArray[np.int32]
    votes: Floats
    heard: Whole
    cell_item: npt.NDArray[np.int32]
    cell_model: npt.NDArray[np.int32]


def shares(found: Ballot) -> Shares:
    """What EM needs of one part."""
    given, cells, counted = found.given, found.cells, found.count.tally
    share = given.votes / cells.votes[given.item]
    place = np.where(share >= 1, BINS - 1, np.clip(np.searchsorted(EDGES, share - 1e-12, side="left"), 1, BINS - 2))
    whole = counted.per_item(counted.weight)
    return Shares(
        pair=found.pair.astype(np.int32),
        model=cells.choice[given.item],
        bin=place.astype(np.int8),
        item=counted.item.astype(np.int32),
        votes=counted.weight / whole[counted.item],
        heard=np.diff(counted.starts),
        cell_item=cells.item.astype(np.int32),
        cell_model=cells.choice,
    )


def share_certainties(parts: Sequence[Shares], n_models: int) -> tuple[list[Floats], bool]:
    """Probability that each pair of each part is right, and whether EM came to rest.

    Parameters
    ----------
    parts : sequence of Shares
    n_models : int
    """
    n_answers = max(2, *(int(part.heard.max(initial=0)) for part in parts))
    every = np.sum([_times(part, n_models) for part in parts], axis=0)
    posterior = [part.votes for part in parts]
    before = np.zeros_like(every)
    for _ in range(MOST_ROUNDS):
        right = np.sum([_right(part, of, n_models) for part, of in zip(parts, posterior, strict=True)], axis=0) / STEPS
        ratio = np.log(_frequencies(right, FIRM)) - np.log(_frequencies(every - right, FIRM[::-1]))
        posterior = [_posterior(part, ratio - ratio[:, :1], n_answers) for part in parts]
        if np.abs(right - before).sum() <= SMALLEST_STEP * right.sum():
            return posterior, True
        before = right
    return posterior, False


def _times(part: Shares, n_models: int) -> Floats:
    """How often each model had each bin, over all pairs of the items about which it was asked."""
    times = np.bincount(_code(part), minlength=n_models * BINS).reshape(n_models, BINS).astype(np.float64)
    asked = np.bincount(part.cell_model, weights=part.heard[part.cell_item], minlength=n_models)
    times[:, 0] = asked - times.sum(axis=1)
    return times


def _right(part: Shares, posterior: Floats, n_models: int) -> Floats:
    """The same, each pair counted by the probability that it is right, in steps."""
    steps = np.round(posterior * STEPS)
    right = np.bincount(_code(part), weights=steps[part.pair], minlength=n_models * BINS).reshape(n_models, BINS)
    of_item = np.bincount(part.item, weights=steps, minlength=len(part.heard))
    asked = np.bincount(part.cell_model, weights=of_item[part.cell_item], minlength=n_models)
    right[:, 0] = asked - right.sum(axis=1)
    return np.asarray(right, dtype=np.float64)


def _frequencies(times: Floats, usual: Floats) -> Floats:
    """Probability of each bin for each model, drawn to that of all models together, and these to what is usual."""
    pooled = (times.sum(axis=0) + PRIOR * usual) / (times.sum() + PRIOR)
    return np.asarray((times + PRIOR * pooled) / (times.sum(axis=1, keepdims=True) + PRIOR))


def _posterior(part: Shares, gain: Floats, n_answers: int) -> Floats:
    """Probability of each pair among all answers that its item could have."""
    logit = np.bincount(part.pair, weights=gain.ravel()[_code(part)], minlength=len(part.item))
    peak = np.zeros(len(part.heard))
    np.maximum.at(peak, part.item, logit)
    likely = np.exp(logit - peak[part.item])
    whole = np.bincount(part.item, weights=likely, minlength=len(peak)) + (n_answers - part.heard) * np.exp(-peak)
    return np.asarray(likely / whole[part.item])


def _code(part: Shares) -> Whole:
    return part.model.astype(np.int64) * BINS + part.bin
