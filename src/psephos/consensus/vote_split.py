r"""How likely is the leading choice right, given how the votes on the item split?

Model: items differ in difficulty, voters do not differ. An item of difficulty class k gets the right answer from each
voter with probability p_k; of the wrong votes a share s_k goes to one tempting wrong answer, the rest is spread evenly,

    P(votes n | truth j, decoy d) = p^n_j q_1^n_d q_2^(n - n_j - n_d),
    q_1 = (1 - p) (s + (1 - s) / (L - 1)),    q_2 = (1 - p) (1 - s) / (L - 1),

with L possible choices, truth and decoy equally likely to be any of them. The right answer is taken to draw at least
as many votes as its decoy (p >= q_1): without gold labels nobody can tell the two apart otherwise. How common each
class is is estimated from the splits of all items by maximum likelihood (EM over a fixed grid of p and s). Hard items,
on which voters err together, so lower the certainty, as they cannot in a model of independent voters.

Only the list of vote counts of an item enters, so the cost is that of the distinct splits, not of the items.

Source: ours; the mixing distribution is the nonparametric maximum likelihood estimate of Laird (1978). It is not fit to
populations in which some choices are much more common than others or voters differ much; `truth_inference` is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ACCURACIES = np.array([0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.96, 0.98, 0.99, 0.997])
DECOY_SHARES = np.array([0.0, 0.3, 0.6, 0.9])
CANDIDATES = 6
"""Truth and decoy are sought among this many choices with most votes; those behind them count as spread."""

PRIOR_ITEMS = 1.0
"""Weight of the prior on the classes, in items: spread evenly, it keeps certainties off 1 where there are few items."""

SMALLEST_GAIN = 1e-7
"""EM stops when a round gains less than this in log-likelihood per item."""

SPLITS_AT_ONCE = 2**13


@dataclass(frozen=True, eq=False)
class VoteSplitModel:
    """Share of items in each difficulty class.

    Attributes
    ----------
    accuracy, decoy, share : ndarray of float64, shape (n_classes,)
        Accuracy p, decoy share s and share of items of each class.
    n_choices : int
        How many choices an item could have.
    rounds : int
        Rounds of EM.
    converged : bool
        Whether the last round gained less than `SMALLEST_GAIN`.
    """

    accuracy: Floats
    decoy: Floats
    share: Floats
    n_choices: int
    rounds: int
    converged: bool


def fit_vote_split(
    split: Floats, items: npt.NDArray[np.int64], n_choices: int, *, most_rounds: int = 5000
) -> VoteSplitModel:
    """Estimate how difficult the items are from how their votes split.

    Parameters
    ----------
    split : ndarray of float64, shape (n_splits, width)
        Vote counts of an item, largest first, padded with 0.
    items : ndarray of int64, shape (n_splits,)
        How many items have each split.
    n_choices : int
        How many choices an item could have, at least 2.
    most_rounds : int, default 5000
        Limit of EM rounds.

    Examples
    --------
    >>> model = fit_vote_split(np.array([[5.0, 0.0], [3.0, 2.0]]), np.array([90, 10]), 2)
    >>> bool(model.share @ model.accuracy > 0.9)
    True
    """
    accuracy, decoy = _classes(n_choices)
    likelihood = np.concatenate([_likelihood(part, accuracy, decoy, n_choices).sum(axis=2) for part in _parts(split)])
    likelihood /= likelihood.max(axis=1, keepdims=True)
    share = np.full(len(accuracy), 1 / len(accuracy))
    prior = PRIOR_ITEMS / len(share)
    total = items.sum() + PRIOR_ITEMS
    before = -np.inf
    converged = False
    rounds = 0
    while rounds < most_rounds and not converged:
        rounds += 1
        mixed = likelihood @ share
        fit = float(items @ np.log(mixed)) / total
        converged = bool(fit - before < SMALLEST_GAIN)
        before = fit
        share = (share * (likelihood.T @ (items / mixed)) + prior) / total
    return VoteSplitModel(accuracy, decoy, share, n_choices, rounds, converged)


def leader_certainty(model: VoteSplitModel, split: Floats) -> Floats:
    """Probability that the first choice of each split is the right one, shape (n_splits,).

    A split without votes says nothing: every choice is equally likely. Choices that share the first place share its
    probability.

    Examples
    --------
    >>> splits = np.array([[5.0, 0.0], [3.0, 2.0], [1.0, 1.0]])
    >>> leader_certainty(fit_vote_split(splits, np.array([90, 9, 1]), 2), splits).round(2)
    array([1.  , 0.55, 0.5 ])
    """
    certainty = []
    for part in _parts(split):
        weighed = _likelihood(part, model.accuracy, model.decoy, model.n_choices) * model.share[None, :, None]
        leads = weighed[:, :, 0].sum(axis=1) / weighed.sum(axis=(1, 2))
        certainty.append(np.where(part[:, 0] > 0, leads, 1 / model.n_choices))
    return np.concatenate(certainty)


def _classes(n_choices: int) -> tuple[Floats, Floats]:
    """The grid of accuracies and decoy shares, without those in which the decoy draws more votes than the truth."""
    shares = DECOY_SHARES if n_choices > 2 else np.ones(1)
    accuracy, decoy = (part.ravel() for part in np.meshgrid(ACCURACIES, shares, indexing="ij"))
    tempting = (1 - accuracy) * (decoy + (1 - decoy) / (n_choices - 1))
    fair = accuracy >= tempting - 1e-12
    return accuracy[fair], decoy[fair]


def _parts(split: Floats) -> list[Floats]:
    return [split[start : start + SPLITS_AT_ONCE] for start in range(0, len(split), SPLITS_AT_ONCE)]


def _likelihood(split: Floats, accuracy: Floats, decoy: Floats, n_choices: int) -> Floats:
    """P(split | class, truth) summed over decoys, up to one factor per split.

    Shape (n_splits, n_classes, candidates + 1): truth among the candidates, and last all choices that got no vote.
    """
    others = n_choices - 1
    with np.errstate(divide="ignore"):
        right = np.log(accuracy)
        tempting = np.log((1 - accuracy) * (decoy + (1 - decoy) / others))
        spread = np.log(np.maximum((1 - accuracy) * (1 - decoy) / others, 1e-300))
    top = split[:, :CANDIDATES]
    total = split.sum(axis=1)
    voted = (top > 0).sum(axis=1)
    width = top.shape[1]
    unvoted = np.maximum(n_choices - (split > 0).sum(axis=1), 0)
    base = total[:, None] * spread
    gain_truth = top[:, None, :] * (right - spread)[None, :, None]
    gain_decoy = top[:, None, :] * (tempting - spread)[None, :, None]
    real = np.arange(width) < voted[:, None]
    terms = np.full((len(split), len(accuracy), width + 1, width + 1), -np.inf)
    for truth in range(width):
        for wrong in range(width):
            if truth != wrong:
                both = real[:, truth] & real[:, wrong]
                gain = gain_truth[:, :, truth] + gain_decoy[:, :, wrong]
                terms[:, :, truth, wrong] = np.where(both[:, None], gain, -np.inf)
        with np.errstate(divide="ignore"):
            empty = np.log(unvoted)[:, None]
        terms[:, :, truth, width] = np.where(real[:, truth, None], gain_truth[:, :, truth] + empty, -np.inf)
        terms[:, :, width, truth] = np.where(real[:, truth, None], gain_decoy[:, :, truth] + empty, -np.inf)
    with np.errstate(divide="ignore"):
        terms[:, :, width, width] = np.log(np.maximum(unvoted * (unvoted - 1.0), 0.0))[:, None]
    terms += base[:, :, None, None]
    peak = terms.max(axis=(1, 2, 3), keepdims=True)
    likelihood: Floats = np.exp(terms - np.where(np.isfinite(peak), peak, 0.0)).sum(axis=3)
    return likelihood
