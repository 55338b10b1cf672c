r"""How likely is the leading choice right, given how the votes on the item split?

Model: items differ in difficulty, voters do not differ. An item of difficulty class k gets the right answer from each
voter with probability p_k; of the wrong votes a share s_k goes to one tempting wrong answer, the rest is spread evenly,

    P(votes n | truth j, decoy d) = p^n_j q_1^n_d q_2^(n - n_j - n_d),
    q_1 = (1 - p) (s + (1 - s) / (L - 1)),    q_2 = (1 - p) (1 - s) / (L - 1),

with L possible choices, truth and decoy equally likely to be any of them. The right answer is taken to draw at least
as many votes as its decoy (p >= q_1): without gold labels nobody can tell the two apart otherwise. How common each
class is is estimated from the splits of all items by maximum likelihood over a fixed grid of p and s,

    max_share sum_i log(sum_k share_k P(votes_i | k)) + prior sum_k log(share_k),

a concave problem, which Newton's method solves to the end: EM needs a thousand times the steps and stops short. Hard
items, on which voters err together, so lower the certainty, as they cannot in a model of independent voters.

Only the list of vote counts of an item enters, so the cost is that of the distinct splits, not of the items. From few
votes on each item (five, say, on two or three choices) the classes cannot all be told apart, whatever the number of
items; the certainty can then be some .05 off.

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

SMALLEST_GAIN = 1e-9
"""The fit ends when a step of Newton's method promises to gain less than this in log-likelihood per item."""

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
        Steps of Newton's method.
    converged : bool
        Whether the last step promised to gain less than `SMALLEST_GAIN`.
    """

    accuracy: Floats
    decoy: Floats
    share: Floats
    n_choices: int
    rounds: int
    converged: bool


def fit_vote_split(
    split: Floats, items: npt.NDArray[np.int64], n_choices: int, *, most_rounds: int = 500
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
    most_rounds : int, default 500
        Limit of steps; some twenty are usual.

    Examples
    --------
    >>> model = fit_vote_split(np.array([[5.0, 0.0], [3.0, 2.0]]), np.array([90, 10]), 2)
    >>> bool(model.share @ model.accuracy > 0.9)
    True
    """
    accuracy, decoy = _classes(n_choices)
    likelihood = np.concatenate([_likelihood(part, accuracy, decoy, n_choices).sum(axis=2) for part in _parts(split)])
    likelihood /= likelihood.max(axis=1, keepdims=True)
    share, rounds, converged = _most_likely_shares(likelihood, items.astype(np.float64), most_rounds)
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


def _most_likely_shares(likelihood: Floats, items: Floats, most_rounds: int) -> tuple[Floats, int, bool]:
    """Shares of the classes, the steps taken, and whether these were enough.

    The prior keeps shares off 0 as the barrier of an interior-point method does, so it starts as strong as the data and
    is weakened to its own strength step by step. That the shares sum to 1 needs no constraint: with the term
    ``-total * share.sum()`` the best shares do.
    """
    n_classes = likelihood.shape[1]
    last = PRIOR_ITEMS / n_classes
    prior = max(last, float(items.sum()))
    share = np.full(n_classes, 1 / n_classes)

    def value(share: Floats) -> float:
        total = items.sum() + prior * n_classes
        return float(items @ np.log(likelihood @ share) + prior * np.log(share).sum() - total * share.sum())

    for rounds in range(1, most_rounds + 1):
        mixed = likelihood @ share
        slope = likelihood.T @ (items / mixed) + prior / share - (items.sum() + prior * n_classes)
        curvature = (likelihood.T * (items / mixed**2)) @ likelihood + np.diag(prior / share**2)
        step = np.linalg.solve(curvature, slope)
        gain = float(slope @ step)
        if prior == last and gain < SMALLEST_GAIN * items.sum():
            return share / share.sum(), rounds, True
        if prior > last and gain < prior * n_classes / 10:
            prior = max(last, prior / 10)
            continue
        size = min(1.0, 0.95 / max(float((-step / share).max()), 1e-12))
        start = value(share)
        while size > 1e-9 and value(share + size * step) < start + 0.1 * size * gain - 1e-12 * abs(start):
            size /= 2
        share = share + size * step
    return share / share.sum(), most_rounds, False


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
    unvoted = np.maximum(n_choices - (split > 0).sum(axis=1), 0)
    with np.errstate(divide="ignore"):
        right = np.log(accuracy)
        tempting = np.log((1 - accuracy) * (decoy + (1 - decoy) / others))
        spread = np.log(np.maximum((1 - accuracy) * (1 - decoy) / others, 1e-300))
        empty, further = np.log(unvoted)[:, None], np.log(np.maximum(unvoted - 1, 0))[:, None]
    top = split[:, None, :CANDIDATES]
    as_truth = np.where(top > 0, top * (right - spread)[:, None], -np.inf)
    as_decoy = np.where(top > 0, top * (tempting - spread)[:, None], -np.inf)
    n_candidates = top.shape[2]
    terms = np.empty((len(split), len(accuracy), n_candidates + 1))
    # The decoys of a truth are the candidates before it, those after it, and the choices without a vote.
    before = np.broadcast_to(empty, terms.shape[:2])
    for place in range(n_candidates):
        terms[:, :, place] = before
        before = np.logaddexp(before, as_decoy[:, :, place])
    after = np.full(terms.shape[:2], -np.inf)
    for place in reversed(range(n_candidates)):
        terms[:, :, place] = as_truth[:, :, place] + np.logaddexp(terms[:, :, place], after)
        after = np.logaddexp(after, as_decoy[:, :, place])
    terms[:, :, n_candidates] = empty + np.logaddexp(after, further)
    terms += (split.sum(axis=1)[:, None] * spread)[:, :, None]
    likelihood: Floats = np.exp(terms - terms.max(axis=(1, 2), keepdims=True))
    return likelihood
