"""What may be wished of a fusion, and is all of it in range?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.judges.fusion.support import LEAST
from psephos.voters.language_model import LanguageModel, estimated_tokens

MODES = ("auto", "fuse", "select")
OVERFLOWS = ("drop", "tree")
LONGEST_ANSWER = 1024
"""Tokens that an answer may have if nothing is said."""


class Wishes(TypedDict, total=False):
    """What may be wished of `psephos.judges.fuse`, see there."""

    mode: str
    criteria: Sequence[str]
    language: str | None
    max_chars: int | None
    reasoning: bool
    orders: int
    seed: int
    temperature: float
    max_tokens: int
    context: int | None
    overflow: str
    group: int
    least: float
    checker: LanguageModel | None
    count_tokens: Callable[[str], int]


@dataclass(frozen=True)
class Settings:
    """The wishes, checked, with what is left open filled in; see `psephos.judges.fuse` for each.

    Raises
    ------
    InputError
        Names the first wish that is out of range.
    """

    mode: str = "auto"
    criteria: Sequence[str] = ()
    language: str | None = None
    max_chars: int | None = None
    reasoning: bool = False
    orders: int = 1
    seed: int = 0
    temperature: float = 0.0
    max_tokens: int = LONGEST_ANSWER
    context: int | None = None
    overflow: str = "drop"
    group: int = 3
    least: float = LEAST
    checker: LanguageModel | None = None
    count_tokens: Callable[[str], int] = estimated_tokens

    def __post_init__(self) -> None:
        check_choice("mode", self.mode, MODES)
        check_choice("overflow", self.overflow, OVERFLOWS)
        check_count("orders", self.orders)
        check_count("seed", self.seed, low=0)
        check_count("max_tokens", self.max_tokens)
        check_count("group", self.group, low=2)
        check_number("temperature", self.temperature, low=0)
        check_number("least", self.least, low=0, high=1)
        for name in ("context", "max_chars"):
            if getattr(self, name) is not None:
                check_count(name, getattr(self, name))
        if isinstance(self.criteria, str) or not all(isinstance(rule, str) and rule.strip() for rule in self.criteria):
            raise InputError("criteria", "must be a list of texts, none empty")
        object.__setattr__(self, "criteria", tuple(self.criteria))

    @property
    def parameters(self) -> dict[str, Any]:
        """As a provenance shows them: the second model by its id, and no function that counts tokens."""
        shown = {name: getattr(self, name) for name in self.__dataclass_fields__}
        del shown["count_tokens"]
        return shown | {
            "criteria": list(self.criteria),
            "checker": None if self.checker is None else self.checker.id,
        }


def settings_of(wishes: Wishes, model: LanguageModel) -> Settings:
    """The settings, if these wishes can be kept with this model."""
    unknown = next((name for name in wishes if name not in Settings.__dataclass_fields__), None)
    if unknown is not None:
        raise InputError(unknown, "is no option of a fusion")
    settings = Settings(**wishes)
    if settings.checker is not None and settings.checker.id == model.id:
        raise InputError("checker", "is the model that writes the answer", hint="give another model")
    return settings
