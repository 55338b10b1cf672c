"""Which of the answers to one question are the same?

Each new answer is looked for among those seen so far, in the order in which they were seen: by the key of a rule, and
with a `Pairwise` by asking it, both ways round, because judges of two answers are seldom symmetric. So an answer is
called by the first that is the same, and what was counted once is never counted anew.
"""

from __future__ import annotations

from collections.abc import Callable

from psephos.errors import InputError
from psephos.opinions.comparing import Pairwise
from psephos.opinions.equivalence import Equivalence, exact, rule_of


class Matching:
    """A rule of equivalence, ready to be asked about one answer at a time."""

    def __init__(self, equivalence: Equivalence) -> None:
        self.same = equivalence if isinstance(equivalence, Pairwise) else None
        rule = rule_of(self.same.after if self.same is not None else equivalence)
        self.rule: Callable[[str], object] | None = None if rule is exact else rule


class Answers:
    """The answers to one question, by their places in the order in which they were first seen.

    Attributes
    ----------
    texts : list of str
        The first answer of each class.
    """

    __slots__ = ("_matching", "_places", "texts")

    def __init__(self, matching: Matching) -> None:
        self._matching = matching
        self._places: dict[object, int] = {}
        self.texts: list[str] = []

    def find(self, text: str, room: int | None = None) -> int:
        """Place of an answer; a new one gets the next place, or -1 if there are `room` answers already."""
        rule = self._matching.rule
        key = text if rule is None else rule(text)
        try:
            place = self._places.get(key)
        except TypeError:
            raise InputError("equivalence", f"gave {key!r:.60} for {text!r:.60}, which is not hashable") from None
        if place is None:
            place = self._place_of_new(text, room)
            if place >= 0:
                self._places[key] = place
        return place

    def _place_of_new(self, text: str, room: int | None) -> int:
        if (same := self._matching.same) is not None:
            for place, known in enumerate(self.texts):
                if same(known, text) or same(text, known):
                    return place
        if room is not None and len(self.texts) >= room:
            return -1
        self.texts.append(text)
        return len(self.texts) - 1
