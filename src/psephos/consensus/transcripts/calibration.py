"""How likely is the elected word wrong, given the share of voters behind it?

Shipped: errors of a majority of seven human typists on 5,129 words of 300 clips of read speech (sheet 01; CrowdSpeech
test-other, clips 0-299, against the reference),

    share behind the word   1/7   2/7   3/7   4/7   5/7   6/7   7/7
    wrong                  .83  .534  .356  .201  .096  .028  .011

linear between and constant below 1/7. Where no word is elected, "wrong" is that the reference has one there; of the
549 such columns of these clips were

    share without a word    2/7   3/7   4/7   5/7   6/7
    wrong                  .514  .366  .264  .139  .013

(ours; the lowest holds for 1/7 too). Recognisers that were trained alike err together more often than typists do.
Where the truth of some columns is known, the errors on them are fitted instead: isotonic (wrong falls as the share
rises; Ayer and others 1955), each share starting from `PRIOR` columns with the shipped error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

TYPISTS = (np.arange(1, 8) / 7, np.array([0.83, 0.534, 0.356, 0.201, 0.096, 0.028, 0.011]))
TYPISTS_NONE = (np.arange(2, 7) / 7, np.array([0.514, 0.366, 0.264, 0.139, 0.013]))
PRIOR = 5.0


@dataclass(frozen=True, eq=False)
class Calibration:
    """Probability of an error by the share of voters behind a choice, linear between the shares.

    Attributes
    ----------
    share, wrong : ndarray of float64, shape (n_shares,)
        Rising shares, falling probabilities.
    """

    share: Floats
    wrong: Floats

    def __call__(self, share: npt.ArrayLike) -> Floats:
        """Probability that a choice with this share of voters behind it is wrong."""
        return np.asarray(np.interp(np.asarray(share, dtype=np.float64), self.share, self.wrong))


SHIPPED = Calibration(*TYPISTS)
SHIPPED_NONE = Calibration(*TYPISTS_NONE)


def fit_calibration(share: Floats, wrong: npt.NDArray[np.bool_], start: Calibration = SHIPPED) -> Calibration:
    """Fit the errors of choices with a known truth.

    Parameters
    ----------
    share : ndarray of float64, shape (n_choices,)
        Share of voters behind each choice.
    wrong : ndarray of bool, shape (n_choices,)
    start : Calibration, optional
        Where each share starts from.

    Examples
    --------
    >>> share = np.repeat([0.5, 1.0], 400)
    >>> found = fit_calibration(share, np.arange(800) % np.repeat([2, 10], 400) == 0)
    >>> found([0.5, 1.0]).round(2).tolist()
    [0.5, 0.1]
    """
    levels, place = np.unique(np.round(share, 9), return_inverse=True)
    words = np.bincount(place, minlength=len(levels)).astype(np.float64)
    errors = np.bincount(place, weights=wrong, minlength=len(levels))
    weight = words + PRIOR
    rate = (errors + PRIOR * start(levels)) / weight
    return Calibration(levels, _falling(rate, weight))


def _falling(rate: Floats, weight: Floats) -> Floats:
    """The nearest non-increasing sequence by weighted least squares: neighbours that rise are pooled."""
    pools: list[list[float]] = []
    for value, mass in zip(rate.tolist(), weight.tolist(), strict=True):
        pools.append([value, mass, 1])
        while len(pools) > 1 and pools[-2][0] < pools[-1][0]:
            last, before = pools.pop(), pools.pop()
            mass = before[1] + last[1]
            pools.append([(before[0] * before[1] + last[0] * last[1]) / mass, mass, before[2] + last[2]])
    return np.concatenate([np.full(int(size), value) for value, _, size in pools]) if pools else np.empty(0)
