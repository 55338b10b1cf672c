"""From how often a source agreed to what its vote weighs.

    linear      v = L w - 1
    logodds     v = log((L - 1) w / (1 - w)),        w with one agreement and one disagreement added

Both are 0 at chance level w = 1 / L and for a source that never answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.sources.verdict import SourceVerdict
from psephos.consensus.voter_weights import named_weights
from psephos.errors import InputError

Floats = npt.NDArray[np.float64]

WEIGHTS = ("linear", "logodds")
_NEVER_SURE = 1e-6


@dataclass(frozen=True)
class WeightMap:
    """What turns counts into weights.

    Attributes
    ----------
    classes : float
        Number L of possible answers.
    kind : {"linear", "logodds"}
    clip : bool
        Whether negative weights are 0.
    gold_weight : float
        How often an item with a known answer counts.
    """

    classes: float
    kind: str
    clip: bool
    gold_weight: float

    def __call__(self, counts: Floats) -> tuple[Floats, Floats]:
        """Reliability (NaN without answers) and weight of each source, from four counts: see `agreements`.

        Examples
        --------
        >>> counts = np.array([[3.0, 0.0], [5.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
        >>> WeightMap(2.0, "linear", False, 1.0)(counts)
        (array([0.66666667,        nan]), array([0.33333333, 0.        ]))
        """
        agreed, answered = self.totals(counts)
        reliability = np.divide(agreed, answered, out=np.full(len(agreed), np.nan), where=answered > 0)
        of = reliability if self.kind == "linear" else smoothed(agreed, answered)
        return reliability, np.where(answered > 0, self.weight(of), 0.0)

    def totals(self, counts: Floats) -> tuple[Floats, Floats]:
        """Agreements and answers, items with a known answer as often as they count.

        Parameters
        ----------
        counts : ndarray of float64, shape (4, n_sources)
            Agreements with the verdict and answers, then the same on items with a known answer.

        Returns
        -------
        agreed, answered : ndarray of float64, shape (n_sources,)
        """
        return counts[0] + self.gold_weight * counts[2], counts[1] + self.gold_weight * counts[3]

    def weight(self, reliability: Floats) -> Floats:
        """Weight of a source of this reliability."""
        if self.kind == "linear":
            weight = self.classes * reliability - 1
        else:
            weight = log_odds(np.clip(reliability, _NEVER_SURE, 1 - _NEVER_SURE), self.classes)
        return np.maximum(weight, 0.0) if self.clip else weight

    def start(self, prior: Mapping[str, float] | SourceVerdict | None, voters: pl.Series) -> Floats:
        """The weights to start from: those of the prior, the mean of them for sources it does not name; else 1."""
        if prior is None:
            return np.ones(len(voters))
        given = (
            _of_verdict(prior, voters) if isinstance(prior, SourceVerdict) else named_weights(voters, prior, "prior")
        )
        if not given:
            raise InputError("prior", "names no source", hint="its keys are voters as the opinions name them")
        for name, value in given.items():
            if value > 1:
                raise InputError("prior", f"must lie between 0 and 1, got {value:g} for {name!r:.60}")
        mean = float(np.mean(list(given.values())))
        return self.weight(np.array([given.get(name, mean) for name in voters]))


def log_odds(reliability: Floats, classes: float) -> Floats:
    """Weight of a source under one coin: 0 at chance 1 / L."""
    return np.asarray(np.log((classes - 1) * reliability / (1 - reliability)))


def smoothed(agreed: Floats, answered: Floats) -> Floats:
    """Reliability with one agreement and one disagreement added, so that no source is beyond doubt."""
    return np.asarray((agreed + 1) / (answered + 2))


def _of_verdict(prior: SourceVerdict, voters: pl.Series) -> dict[str, float]:
    """Reliabilities that an earlier verdict found, of the sources that are here again."""
    known = prior.sources.drop_nulls("reliability").filter(pl.col("voter").is_in(voters.implode()))
    return dict(known.select("voter", "reliability").iter_rows())
