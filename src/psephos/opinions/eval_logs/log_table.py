"""The rows of an evaluation log: samples, results, and what is known of the items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from psephos.errors import ParseError
from psephos.opinions.issues import NOTED, SET_ASIDE, Issue
from psephos.opinions.text_files import Table

FAILED = "failed"

_SAMPLES: dict[str, Any] = {
    "item": pl.String,
    "voter": pl.String,
    "draw": pl.Int64,
    "answer": pl.String,
    "text": pl.String,
    "status": pl.String,
    "reward": pl.Float64,
    "cost": pl.Float64,
    "tokens": pl.Float64,
}
_RESULTS: dict[str, Any] = {
    "candidate": pl.String,
    "item": pl.String,
    "score": pl.Float64,
    "task": pl.String,
    "metric": pl.String,
    "run": pl.String,
    "answer": pl.String,
}
_OPTIONAL = ("text", "status", "reward", "cost", "tokens")


@dataclass
class LogTable:
    """What is read of one log, row by row.

    Attributes
    ----------
    name : str
        The file.
    program : str
        Whose log it is.
    """

    name: str
    program: str
    _samples: list[tuple[Any, ...]] = field(default_factory=list)
    _sample_rows: list[int] = field(default_factory=list)
    _results: list[tuple[Any, ...]] = field(default_factory=list)
    _result_rows: list[int] = field(default_factory=list)
    _gold: dict[str, str | None] = field(default_factory=dict)
    _prompt: dict[str, str | None] = field(default_factory=dict)
    _notes: Counter[str] = field(default_factory=Counter)
    _bad: dict[str, list[int]] = field(default_factory=dict)

    def sample(
        self,
        row: int,
        item: str,
        voter: str,
        draw: int,
        answer: str | None,
        *,
        text: str | None = None,
        status: str | None = None,
        reward: float | None = None,
        cost: float | None = None,
        tokens: float | None = None,
    ) -> None:
        """One draw.

        Parameters
        ----------
        row : int
            Line or number in the log, for issues.
        item, voter : str
        draw : int
            From 0.
        answer : str or None
            None, or blanks only, is an abstention.
        text : str, optional
            All that was said.
        status : str, optional
            Why it ended.
        reward, cost, tokens : float, optional
        """
        found = answer.strip() if answer is not None else None
        self._samples.append((item, voter, draw, found or None, text, status, reward, cost, tokens))
        self._sample_rows.append(row)

    def result(
        self, row: int, item: str, voter: str, task: str | None, metric: str, run: int, score: float, answer: str | None
    ) -> None:
        """One score.

        Parameters
        ----------
        row : int
            Line or number in the log, for issues.
        item, voter : str
            The voter is the candidate of results.
        task : str or None
        metric : str
        run : int
            Which draw.
        score : float
        answer : str or None
        """
        self._results.append((voter, item, score, task, metric, str(run), answer))
        self._result_rows.append(row)

    def about(self, item: str, *, gold: str | None = None, prompt: str | None = None) -> None:
        """What is known of an item, the first that is said."""
        for known, value in ((self._gold, gold), (self._prompt, prompt)):
            if known.get(item) is None:
                known[item] = value

    def note(self, text: str, count: int = 1) -> None:
        """Something that was noticed."""
        self._notes[text] += count

    def set_aside(self, reason: str, row: int) -> None:
        """A row that cannot be read."""
        self._bad.setdefault(reason, []).append(row)

    def table(self) -> Table:
        """The samples, with the results instead where those are wanted."""
        bad = [Issue(reason, SET_ASIDE, self.name, np.array(rows, np.int64)) for reason, rows in self._bad.items()]
        if not self._samples:
            found = "; ".join(map(str, bad)) or "no sample was logged"
            raise ParseError(self.name, f"holds no sample of {self.program}: {found}")
        issues = [Issue(f"read as samples of {self.program}", NOTED, self.name, count=len(self._samples))]
        issues += [Issue(text, NOTED, self.name, count=count) for text, count in self._notes.items()]
        samples = pl.DataFrame(self._samples, schema=_SAMPLES, orient="row")
        empty = [name for name in _OPTIONAL if not samples[name].count()]
        items = pl.DataFrame(
            {"item": list(self._gold), "gold": list(self._gold.values()), "prompt": list(self._prompt.values())},
            schema={"item": pl.String, "gold": pl.String, "prompt": pl.String},
        )
        items = items.drop(name for name in ("gold", "prompt") if not items[name].count())
        about: Mapping[str, pl.DataFrame] = {"items": items} if items.width > 1 else {}
        instead = {}
        if self._results:
            results = pl.DataFrame(self._results, schema=_RESULTS, orient="row")
            rows = np.array(self._result_rows, dtype=np.int64)
            instead["results"] = Table(results, rows, (*bad, *issues), "results", about=about)
        rows = np.array(self._sample_rows, dtype=np.int64)
        return Table(samples.drop(empty), rows, (*bad, *issues), "samples", about=about, instead=instead)


def text_of_content(content: object) -> str:
    """A message as text: itself, or its parts that are texts.

    Examples
    --------
    >>> text_of_content([{"type": "text", "text": "4"}, {"type": "image", "image": "..."}])
    '4'
    """
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    return ""


def number_of(value: object) -> float | None:
    """A score as a number; None if it is none.

    Examples
    --------
    >>> number_of(True), number_of("0.5"), number_of("well"), number_of(float("nan"))
    (1.0, 0.5, None, None)
    """
    if isinstance(value, (bool, int, float)):
        found = float(value)
    elif isinstance(value, str):
        try:
            found = float(value)
        except ValueError:
            return None
    else:
        return None
    return found if np.isfinite(found) else None
