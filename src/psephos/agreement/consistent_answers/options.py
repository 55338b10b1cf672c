"""How is consistency to be measured?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from psephos.agreement.consistent_answers.answer_votes import TIES
from psephos.agreement.consistent_answers.curve import Grid, grid_of
from psephos.engine import Rng, seed_of
from psephos.errors import check_choice, check_count, check_number

MCQA_PLUS = ("mean_rc", "authors")
ACCURACIES = ("plus", "original")
QUESTIONS = ("common", "own")


@dataclass(frozen=True)
class Options:
    """What was asked for, checked; made by `Options.checked`.

    Attributes
    ----------
    grid : Grid
        Thresholds of the curve, K equal steps or those that were named.
    original : str or None
        The variant that counts as unchanged; None takes the first of each candidate.
    options : int, mapping of question to int, or None
        Answers that each question offers, for the curve of guessing and the scale of the entropy.
    ties, mcqa_plus, accuracy, questions : str
        One of `TIES`, `MCQA_PLUS`, `ACCURACIES`, `QUESTIONS` each; see `psephos.agreement.consistency`.
    repeats : int
        Resamples of the questions; 0 for no intervals.
    level : float
        Confidence of the intervals, above 0 and below 1.
    seed : int
        What `rng` came to.
    """

    grid: Grid
    original: str | None
    options: int | Mapping[str, int] | None
    ties: str
    mcqa_plus: str
    accuracy: str
    questions: str
    repeats: int
    level: float
    seed: int

    @staticmethod
    def checked(
        *,
        K: int,
        thresholds: Sequence[float | str | Fraction] | None,
        original: str | None,
        options: int | Mapping[str, int] | None,
        ties: str,
        mcqa_plus: str,
        accuracy: str,
        questions: str,
        repeats: int,
        level: float,
        rng: Rng,
    ) -> Options:
        """The options, each fit for use; see `psephos.agreement.consistency`, whose parameters these are.

        Raises
        ------
        InputError
            Names the first that is not: a word that is no choice, fewer than two `options`, `repeats` below 0, a
            `level` outside 0 to 1, thresholds that do not rise from 0 to 1.
        """
        if options is not None:
            for number in options.values() if isinstance(options, Mapping) else (options,):
                check_count("options", number, low=2)
        return Options(
            grid_of(K, thresholds),
            original,
            options,
            check_choice("ties", ties, TIES),
            check_choice("mcqa_plus", mcqa_plus, MCQA_PLUS),
            check_choice("accuracy", accuracy, ACCURACIES),
            check_choice("questions", questions, QUESTIONS),
            check_count("repeats", repeats, low=0),
            check_number("level", level, low=0, high=1, open_ends=True),
            seed_of(rng),
        )

    def parameters(self) -> dict[str, Any]:
        """What the provenance shows: all but the seed, which has a place of its own; thresholds as texts ("1/3")."""
        return {
            "thresholds": [str(part) for part in self.grid.fractions],
            "original": self.original,
            "options": self.options,
            "ties": self.ties,
            "mcqa_plus": self.mcqa_plus,
            "accuracy": self.accuracy,
            "questions": self.questions,
            "repeats": self.repeats,
            "level": self.level,
        }
