"""How is a model of voters fitted in rounds, and what must a model be able to do?

A model goes over the ballots of all items (a *step*: what is believed of the items under the parameters, and the sums
that new parameters need), sets new parameters from the sums, and so on until the beliefs move no more. It starts from
the shares of votes. `fitted` is this loop, the same for every model; what differs stands in the file of the model.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from psephos.consensus.truth_inference.cast_votes import Ballots, Codes, Floats, added_up, pass_over
from psephos.engine import Engine, progress

Parameters = Mapping[str, Any]

ITEM_ANSWERS = ("first", "second", "sure", "next", "tied")
"""What the last step of a fit brings home per item; see `psephos.consensus.truth_inference.beliefs.leading_pairs`."""


@dataclass(frozen=True)
class TruthModel(ABC):
    """A model of voters: how a step goes over ballots, and how parameters follow from what it found.

    Attributes
    ----------
    prior : float
        Votes that a voter is lent from the average of all.
    """

    name: ClassVar[str]
    kept: ClassVar[tuple[str, ...]] = ()
    """What of a step is kept per item or ballot, as parameters of the next."""
    movement: ClassVar[str] = "right"
    """The sum by whose change a fit sees whether it still moves."""
    of_voters: ClassVar[tuple[str, ...]] = ()
    of_items: ClassVar[tuple[str, ...]] = ()
    """Parameters that have an entry per voter, or per item."""
    goes_on: ClassVar[bool] = True
    """Whether a fit can start from the parameters of another."""
    probable: ClassVar[bool] = True
    """Whether the model itself says how probable each choice is; see `held_choices` for one that does not."""
    certainty_means: ClassVar[str] = "probability that the choice is right, if voters err independently of each other"
    prior: float

    @property
    @abstractmethod
    def step(self) -> Callable[..., dict[str, Any]]:
        """A function that goes over one piece.

        It is called with the bounds of the piece (first item, one past the last), ``ballots=`` (see `Ballots.shared`),
        ``parameters=`` (None at the start: the shares of votes) and ``last=``, and returns a dict: sums, which are
        added over pieces, `kept` per item or ballot, and with `last` the `ITEM_ANSWERS`. ``evidence`` is what several
        fits are compared by, and `movement` names the sum by which it is seen that beliefs still move.
        """

    @abstractmethod
    def parameters(self, sums: Mapping[str, Any], before: Parameters | None, ballots: Ballots) -> dict[str, Any]:
        """New parameters from what a step found.

        Parameters
        ----------
        sums : mapping
            What the step gave, over all pieces.
        before : mapping or None
            The parameters that it used; None after the first step.
        ballots : Ballots

        Returns
        -------
        dict
            By name; those in `of_voters` and `of_items` have an entry per voter or item.
        """

    @abstractmethod
    def said(self, parameters: Parameters, voter: Codes, choice: Codes) -> Floats:
        """What each vote says for each choice.

        Parameters
        ----------
        parameters : mapping
        voter, choice : ndarray of int32, shape (n_votes,)
            Choices are places in `Ballots.used`.

        Returns
        -------
        ndarray of float64, shape (n_votes, n_choices)
            Logarithms, up to a constant of the vote.
        """

    @abstractmethod
    def voters(self, parameters: Parameters, sums: Mapping[str, Any], ballots: Ballots) -> dict[str, Floats]:
        """Columns of the table of voters, shape (n_voters,) each.

        Returns
        -------
        dict
            reliability, reliability_low and reliability_high first (see `reliability_columns`), then what the model
            knows.
        """

    def drawn(
        self,
        parameters: Parameters,  # noqa: ARG002
        reliability: Floats,
        ballots: Ballots,
        rng: np.random.Generator,
    ) -> Codes:
        """Votes as the model expects them, on the same ballots.

        What real votes are held against to see whether voters err together. Here each voter is right with its
        reliability, else at random.

        Parameters
        ----------
        parameters : mapping
            What the fit came to.
        reliability : ndarray of float64, shape (n_voters,)
        ballots : Ballots
        rng : Generator

        Returns
        -------
        ndarray of int32, shape (n_ballots,)
            Choices, as places in `Ballots.used`.
        """
        return right_or_other(reliability[ballots.voter], ballots, rng)

    def chances_of_errors(self, parameters: Parameters, ballots: Ballots) -> Iterable[Floats] | None:  # noqa: ARG002
        """For `dependence.kin`, how probable it is that each ballot is wrong, if the model knows of hard items."""
        return None

    def start(self, ballots: Ballots, rng: np.random.Generator | None) -> dict[str, Any] | None:  # noqa: ARG002
        """Parameters to start from.

        Parameters
        ----------
        ballots : Ballots
        rng : Generator or None
            With one, another start than the usual one.

        Returns
        -------
        dict or None
            None starts from the shares of votes.
        """
        return None


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a fit came to.

    Attributes
    ----------
    parameters : mapping
    sums : mapping
        What the last step found: sums, and `ITEM_ANSWERS` per item.
    rounds : int
    converged : bool
    """

    parameters: Parameters
    sums: Mapping[str, Any]
    rounds: int
    converged: bool


def fitted(
    model: TruthModel,
    ballots: Ballots,
    engine: Engine,
    *,
    rounds: int,
    tolerance: float,
    start: Parameters | None = None,
    label: str | None = None,
) -> Fitted:
    """Fit a model.

    Parameters
    ----------
    model : TruthModel
    ballots : Ballots
    engine : Engine
        An open one.
    rounds : int
        Most rounds.
    tolerance : float
        It ends when a round moves the beliefs by less, as a share of all ballots.
    start : mapping, optional
        Parameters to start from.
    label : str, optional
        Of the progress bar.
    """

    def step(parameters: Parameters | None, *, last: bool = False) -> dict[str, Any]:
        found = pass_over(
            model.step, ballots, engine, parameters=None if parameters is None else dict(parameters), last=last
        )
        return added_up(found, (*model.kept, *(ITEM_ANSWERS if last else ())))

    parameters = start
    if parameters is None:
        parameters = model.parameters(step(None), None, ballots)
    before: Any = None
    done, converged = 0, False
    with progress(label, rounds) as advance:
        while done < rounds and not converged:
            sums = step(parameters)
            parameters = model.parameters(sums, parameters, ballots)
            moved = sums[model.movement]
            converged = before is not None and float(np.abs(moved - before).sum()) < tolerance * len(ballots)
            before = moved
            done += 1
            advance()
    return Fitted(parameters, step(parameters, last=True), done, converged)


def right_or_other(right: Floats, ballots: Ballots, rng: np.random.Generator) -> Codes:
    """Votes that are right with these probabilities, and else any other choice; every choice is as often the truth."""
    truth = rng.integers(0, ballots.n_choices, len(ballots.items))[ballots.item_of_ballot]
    other = (truth + rng.integers(1, ballots.n_choices, len(ballots))) % ballots.n_choices
    return np.where(rng.random(len(ballots)) < right, truth, other).astype(np.int32)
