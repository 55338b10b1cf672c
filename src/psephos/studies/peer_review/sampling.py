"""A generated panel with known effects, to try things on and to check that they are found.

    q ~ Normal(0, 1) of each item,      first score = round(5.2 + .8 q + 1.1 e) within 1 to 10
    P(up) = s(-1.8 - .47 (own - 5.2) + .85 (others - 5.2) + planted),       else P(down) = s(-3.9 - .6 (others - own))

s the logistic function; up by 1 (75 %) or 2, down by 1, within the scale. `planted` adds `middle` where the authors
wrote last in the middle third of the discussion and `evidence` where the rebuttal holds evidence. It is no model of any
real conference.

Source: sheet 36. Differs: times, labels, confidence and decisions are ours and change nothing by default.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy import special

from psephos.engine import Rng, seed_of
from psephos.errors import check_count, check_number
from psephos.opinions.model import Source
from psephos.studies.peer_review.building import reviews
from psephos.studies.peer_review.reviews import Floats, Reviews

CENTRE = 5.2
DAYS = 14.0
ACCEPTED = 0.3


def sample(
    *,
    items: int = 3000,
    reviewers: int = 4,
    own: float = -0.47,
    others: float = 0.85,
    pull: float = -0.6,
    middle: float = 0.0,
    evidence: float = 0.0,
    null: bool = False,
    rng: Rng = 0,
) -> Reviews:
    """Generate reviews with known effects.

    Parameters
    ----------
    items, reviewers : int, default 3000 and 4
        Items, and reviews of each.
    own, others : float, default -0.47 and 0.85
        Log odds of a rise per point of the own first score and of the others' mean.
    pull : float, default -0.6
        Log odds of a fall per point that the others lie above.
    middle, evidence : float, default 0
        Log odds of a rise that an answer in the middle third, and a rebuttal with evidence, add.
    null : bool, default False
        Nothing has any effect: .17 of all reviews rise, .02 of the rest fall.
    rng : int, Generator or None, default 0
        Source of it all.

    Returns
    -------
    Reviews
        With columns confidence, author_time (days), evidence, courtesy (true or false), and decisions.

    Raises
    ------
    InputError
        If a number is out of range.

    Examples
    --------
    >>> sample(items=100, rng=1)
    400 reviews of 100 items, 400 with both scores
    """
    check_count("items", items)
    check_count("reviewers", reviewers)
    effects = {"own": own, "others": others, "pull": pull, "middle": middle, "evidence": evidence}
    for name, value in effects.items():
        check_number(name, value)
    seed = seed_of(rng)
    scores, moves, further = np.random.default_rng(seed).spawn(3)
    quality = scores.normal(size=(items, 1))
    before = np.clip(np.rint(CENTRE + 0.8 * quality + 1.1 * scores.normal(size=(items, reviewers))), 1, 10)
    time = further.uniform(0, DAYS, size=before.shape)
    has_evidence, has_courtesy = (further.random(before.shape) < share for share in (0.4, 0.5))
    confidence = further.integers(2, 6, size=before.shape)
    planted = middle * ((time >= DAYS / 3) & (time < 2 * DAYS / 3)) + evidence * has_evidence
    if null:
        up, down = np.full(before.shape, 0.17), np.full(before.shape, 0.02)
    else:
        around = _others(before)
        up = special.expit(-1.8 + own * (before - CENTRE) + others * (around - CENTRE) + planted)
        down = special.expit(-3.9 + pull * (around - before))
    draw, again, step = (moves.random(before.shape) for _ in range(3))
    rises = draw < up
    change = np.where(rises, np.where(step < 0.75, 1, 2), np.where(again < down, -1, 0))
    after = np.clip(before + change, 1, 10)
    accepted = _accepted(after.mean(axis=1) + 0.2 * further.normal(size=items))
    width = len(str(items))
    names = np.array([f"paper-{number:0{width}d}" for number in range(1, items + 1)])
    frame = pl.DataFrame(
        {
            "item": np.repeat(names, reviewers),
            "reviewer": np.tile([f"R{k}" for k in range(1, reviewers + 1)], items),
            "before": before.ravel(),
            "after": after.ravel(),
            "confidence": confidence.ravel(),
            "author_time": time.ravel(),
            "evidence": has_evidence.ravel(),
            "courtesy": has_courtesy.ravel(),
            "decision": np.repeat(accepted, reviewers),
        }
    )
    source = Source((f"a generated panel (seed {seed})",))
    return reviews(frame, scale=range(1, 11), tracing=None, name="sample", source=source)


def _others(before: Floats) -> Floats:
    n = before.shape[1]
    return (before.sum(axis=1, keepdims=True) - before) / (n - 1) if n > 1 else before


def _accepted(worth: Floats) -> np.ndarray:
    best = np.argsort(-worth, kind="stable")[: round(ACCEPTED * len(worth))]
    found = np.zeros(len(worth), bool)
    found[best] = True
    return found
