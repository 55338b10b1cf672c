"""The verdict of a model of voters: what every verdict has, and what the model learnt of the voters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from psephos.consensus.dependence import Kin
from psephos.consensus.overdispersion import Dispersion
from psephos.consensus.truth_inference.cast_votes import Ballots
from psephos.consensus.truth_inference.model import Fitted, TruthModel
from psephos.errors import InputError
from psephos.opinions.verdicts import Verdict
from psephos.statistics import beta_interval

ROUNDED = 1e-9


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class TruthVerdict(Verdict):
    """A verdict of `psephos.consensus.truth_inference`.

    Attributes
    ----------
    model : TruthModel
        What was fitted.
    fitted : Fitted
        Parameters, rounds and whether they converged.
    ballots : Ballots
        The votes that were counted.
    kin : Kin
        Voters that answer alike, and what their votes count.
    dispersion : Dispersion
        Whether agreement varies between items as the model explains it.

    See Also
    --------
    psephos.consensus.truth_inference : makes it.
    psephos.Verdict : what all verdicts have.

    Examples
    --------
    >>> import psephos
    >>> from psephos.consensus import truth_inference
    >>> said = [["a", "a", "b"], ["b", "b", "a"], ["a", "a", "a"], ["b", "b", "a"]]
    >>> votes = psephos.from_matrix(said, voters=["x", "y", "z"])
    >>> found = truth_inference(votes, "one-coin")
    >>> found.voters.sort("reliability")["voter"][0]  # the least reliable
    'z'
    """

    model: TruthModel
    fitted: Fitted
    ballots: Ballots
    kin: Kin
    dispersion: Dispersion

    def confusion(self, voter: str | None = None) -> pl.DataFrame:
        """What voters say when each choice is the truth, with the interval of each probability.

        Parameters
        ----------
        voter : str, optional
            One voter; all if not given.

        Returns
        -------
        polars.DataFrame
            voter, truth, said, probability, low, high (95 % of the Beta posterior, beliefs taken as known), votes (that
            the voter is expected to have given for it).

        Raises
        ------
        InputError
            If the model has no confusions, or there is no such voter.
        """
        log_confusion = self.fitted.parameters.get("log_confusion")
        if log_confusion is None:
            raise InputError("model", f"{self.model.name} has no confusions", hint="they are those of 'dawid-skene'")
        names = self.opinions.vocabulary("voter")
        place = None if voter is None else names.index_of(voter)
        if voter is not None and place is None:
            raise InputError("voter", f"there is no voter {voter!r:.80} in this verdict")
        took_part = np.flatnonzero(self.ballots.per_voter() > 0) if place is None else np.array([place])
        n_choices = len(self.ballots.used)
        probability = np.exp(log_confusion[took_part])[:, :n_choices, :n_choices].transpose(0, 2, 1)
        counts = self.fitted.sums["counts"][took_part][:, :n_choices, :n_choices].transpose(0, 2, 1)
        weight = np.maximum(counts.sum(axis=2, keepdims=True) + self.model.prior, ROUNDED)
        low, high = beta_interval(probability * weight, np.broadcast_to(weight, probability.shape))
        choices = self.choices.gather(self.ballots.used)
        who, truth, said = (index.ravel() for index in np.indices(probability.shape))
        return pl.DataFrame(
            {
                "voter": names.gather(took_part[who]),
                "truth": choices.gather(truth),
                "said": choices.gather(said),
                "probability": probability.ravel(),
                "low": low.ravel(),
                "high": high.ravel(),
                "votes": counts.ravel(),
            }
        )

    def summary(self) -> list[tuple[str, str]]:
        """The verdict in a few lines."""
        lines = super().summary()
        end = "converged" if self.fitted.converged else "stopped"
        model = f"{self.model.name}, {end} after {self.fitted.rounds:,} rounds"
        return [*lines[:2], ("model", model), *lines[2:]]
