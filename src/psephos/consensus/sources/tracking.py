r"""Has a source become worse? Reliabilities that forget.

Queries come one after the other. Each is decided by the weights at hand; then every source's counts of answers n and
of agreements a fade and grow,

    n <- n d^k + 1,    a <- a d^k + [it agrees with the verdict],        d = 2^(-1 / half-life),

k the queries since it last answered: an answer one half-life ago counts half. Beside these recent counts stand those
that never fade. If the Wilson interval of the recent share lies below the lasting share, that source raises an alarm.

Source: sheet 16, beyond the paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from psephos.consensus.sources.weights import WeightMap
from psephos.errors import InputError, check_count, check_number
from psephos.opinions.coding import text_of
from psephos.opinions.equivalence import rule_of
from psephos.statistics import wilson_interval

FEWEST_ANSWERS = 20
"""A source with fewer lasting answers raises no alarm."""


@dataclass
class _Counts:
    """What is known of one source; `seen` is the query of its last answer."""

    answered: float = 0.0
    agreed: float = 0.0
    recent_answered: float = 0.0
    recent_agreed: float = 0.0
    seen: int = 0


class SourceTracker:
    """Reliability of sources over a stream of queries.

    Parameters
    ----------
    half_life : float, default 200
        Queries after which an answer counts half.
    classes : int, default 2
        Number L of possible answers, for the weights L w - 1.
    equivalence : str, default "text"
        Which answers are the same; see `psephos.opinions.equivalence`.
    level : float, default 0.999
        Coverage of the interval that must lie below the lasting share for an alarm. It is looked at after every query,
        so it is wide.

    Examples
    --------
    >>> tracker = SourceTracker(half_life=10)
    >>> for _ in range(60):
    ...     _ = tracker.add({"a": "yes", "b": "yes", "c": "yes"})
    >>> for _ in range(30):
    ...     _ = tracker.add({"a": "yes", "b": "yes", "c": "no"})
    >>> tracker.alarms
    ('c',)
    """

    def __init__(
        self, half_life: float = 200.0, *, classes: int = 2, equivalence: str = "text", level: float = 0.999
    ) -> None:
        self.half_life = check_number("half_life", half_life, low=0, open_ends=True)
        self.classes = check_count("classes", classes, low=2)
        self.level = check_number("level", level, low=0, high=1, open_ends=True)
        rule_of(equivalence)
        self.equivalence = equivalence
        self.queries = 0
        self._sources: dict[str, _Counts] = {}

    def add(self, answers: Mapping[str, object], *, truth: object = None) -> str | None:
        """Decide one query and learn from it.

        Parameters
        ----------
        answers : mapping of source to answer
            None where a source is silent.
        truth : optional
            The right answer if it is known: it is then the verdict.

        Returns
        -------
        str or None
            The verdict; of equal scores the answer of the earliest source. None if nobody answered.
        """
        if not isinstance(answers, Mapping):
            raise InputError("answers", f"must map sources to answers, got {type(answers).__name__}")
        key_of = rule_of(self.equivalence)
        said = {str(name): text for name, value in answers.items() if (text := text_of(value, "answers")) is not None}
        self.queries += 1
        weight = dict(self.table().select("voter", "weight").iter_rows()) if self._sources else {}
        usual = max((value for value in weight.values()), default=1.0)
        score: dict[object, float] = {}
        shown: dict[object, str] = {}
        for name, text in said.items():
            shown.setdefault(key_of(text), text)
            score[key_of(text)] = score.get(key_of(text), 0.0) + weight.get(name, usual)
        known = text_of(truth, "truth")
        if known is None and not score:
            return None
        winner = max(score, key=lambda key: score[key]) if known is None else key_of(known)
        for name, text in said.items():
            counts = self._sources.setdefault(name, _Counts())
            fade, right = 2 ** (-(self.queries - counts.seen) / self.half_life), float(key_of(text) == winner)
            counts.answered, counts.agreed = counts.answered + 1, counts.agreed + right
            counts.recent_answered = counts.recent_answered * fade + 1
            counts.recent_agreed = counts.recent_agreed * fade + right
            counts.seen = self.queries
        return shown.get(winner, known)

    def table(self) -> pl.DataFrame:
        """voter, answered, agreed (never fading), recent (share), low, high, lasting (share), weight, alarm."""
        rows = []
        for name, counts in self._sources.items():
            n, lasting = counts.recent_answered, counts.agreed / counts.answered
            recent = counts.recent_agreed / n
            low, high = (float(end) for end in wilson_interval(recent * n, n, self.level))
            weight = float(WeightMap(float(self.classes), "linear", False, 1.0).weight(recent))  # type: ignore[arg-type]
            alarm = counts.answered >= FEWEST_ANSWERS and high < lasting
            row = (name, int(counts.answered), int(counts.agreed), recent, low, high, lasting, weight, alarm)
            rows.append(row)
        numbers = dict.fromkeys(("recent", "low", "high", "lasting", "weight"), pl.Float64)
        schema = {"voter": pl.String, "answered": pl.Int64, "agreed": pl.Int64, **numbers, "alarm": pl.Boolean}
        return pl.DataFrame(rows, schema=schema, orient="row")

    @property
    def alarms(self) -> tuple[str, ...]:
        """Names of the sources whose recent share of agreements lies below their lasting one, beyond its interval."""
        return tuple(self.table().filter("alarm")["voter"])
