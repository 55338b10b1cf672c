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
    """What was asked for."""

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
        """The options, each fit for use."""
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
        """The same for the provenance."""
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
