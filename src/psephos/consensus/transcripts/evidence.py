r"""How likely is a choice wrong, given all that the model of reliability says about it and about what stands around it?

    P(right) = logistic(c_0 + c_1 strength + c_2 own + c_3 around)

    strength   the voters behind the choice as a share of all that took part, each counted by the square of its
               accuracy, so that a voter who is hardly ever right counts for nothing
    own        log odds of the choice in the model (`reliability`), at most `MOST` either way
    around     the mean of these over the `AROUND` columns on either side: where sound is bad, it is bad for a while

with coefficients of their own for words and for columns without one. The posterior itself is no certainty: voters make
the same mistakes more often than the model thinks. The shipped coefficients were fitted on the columns of seven human
typists of 300 clips of read speech (CrowdSpeech test-other, clips 0-299, against the reference). Where the truth of
some columns is known, coefficients are fitted to them by penalised likelihood, with the shipped ones as the centre of
the penalty (`SPREAD` is its standard deviation).

Source: ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from psephos.consensus.transcripts.columns import Columns
from psephos.consensus.transcripts.reliability import Reliability

Floats = npt.NDArray[np.float64]

MOST = 7.0
AROUND = 2
SPREAD = np.array([2.0, 4.0, 0.5, 0.5])
MOST_STEPS = 50
SMALLEST_STEP = 1e-8


@dataclass(frozen=True, eq=False)
class Weighing:
    """Probability of an error by what speaks for a choice.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (4,)
        Constant, strength, own, around.
    """

    coefficients: Floats

    def __call__(self, evidence: Floats) -> Floats:
        """Probability that choices with this evidence, shape (n_choices, 3), are wrong."""
        return np.asarray(expit(-_with_constant(evidence) @ self.coefficients))


SHIPPED_WORD = Weighing(np.array([-3.70, 6.74, 0.02, 0.13]))
SHIPPED_NONE = Weighing(np.array([-1.35, 4.00, 0.14, 0.03]))


def evidence_of(columns: Columns, choice: npt.NDArray[np.int32], model: Reliability) -> Floats:
    """What speaks for each choice: strength, own, around, shape (n_columns, 3)."""
    mine = columns.keys == choice[:, None]
    strength = weight_behind(columns, choice, model)
    probability = np.clip(np.where(mine, model.posterior, 0.0).max(axis=1, initial=0.0), 1e-9, 1 - 1e-9)
    own = np.clip(np.log(probability / (1 - probability)), -MOST, MOST)
    begin, end = (np.repeat(bound, np.diff(columns.bounds)) for bound in (columns.bounds[:-1], columns.bounds[1:]))
    place = np.arange(len(own))
    low, high = np.maximum(place - AROUND, begin), np.minimum(place + AROUND + 1, end)
    upto = np.concatenate([[0.0], np.cumsum(own)])
    around = (upto[high] - upto[low] - own) / np.maximum(high - low - 1, 1)
    return np.stack([strength, own, around], axis=1)


def weight_behind(columns: Columns, choice: npt.NDArray[np.int32], model: Reliability) -> Floats:
    """Share of the weight of all voters that is behind each choice, shape (n_columns,); weight is accuracy squared."""
    weight = np.where(columns.keys >= 0, np.nan_to_num(model.accuracy)[np.maximum(columns.voter, 0)] ** 2, 0.0)
    total = weight.sum(axis=1)
    mine = (weight * (columns.keys == choice[:, None])).sum(axis=1)
    return np.asarray(np.divide(mine, total, out=np.zeros(len(total)), where=total > 0))


def fit_weighing(evidence: Floats, wrong: npt.NDArray[np.bool_], start: Weighing) -> Weighing:
    """Fit the coefficients to choices with a known truth, by Newton's steps.

    Examples
    --------
    >>> evidence = np.stack([np.repeat([0.2, 0.9], 500), np.zeros(1000), np.zeros(1000)], axis=1)
    >>> found = fit_weighing(evidence, np.arange(1000) % np.repeat([2, 10], 500) == 0, SHIPPED_WORD)
    >>> found(evidence[[0, -1]]).round(1).tolist()
    [0.5, 0.1]
    """
    design, right = _with_constant(evidence), (~wrong).astype(np.float64)
    tight = 1 / SPREAD**2

    def loss(coefficients: Floats) -> float:
        odds = design @ coefficients
        away = coefficients - start.coefficients
        return float(np.logaddexp(0, odds).sum() - right @ odds + (tight * away * away).sum() / 2)

    found, now = start.coefficients, loss(start.coefficients)
    for _ in range(MOST_STEPS):
        probability = expit(design @ found)
        slope = design.T @ (right - probability) - tight * (found - start.coefficients)
        bend = (design * (probability * (1 - probability))[:, None]).T @ design + np.diag(tight)
        step = np.linalg.solve(bend, slope)
        while loss(found + step) > now + 1e-12 and np.abs(step).max() > SMALLEST_STEP:
            step = step / 2  # the full step may overshoot where the shipped coefficients are far off
        found, now = found + step, loss(found + step)
        if np.abs(step).max() < SMALLEST_STEP:
            break
    return Weighing(found)


def _with_constant(evidence: Floats) -> Floats:
    return np.concatenate([np.ones((len(evidence), 1)), evidence], axis=1)
