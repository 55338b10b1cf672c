"""The logs of Inspect, version 2: what is read of the header and of each sample.

An epoch is a draw. The answer is the one that the first scorer took out of the text, which is named; without a scorer
it is the whole text. C, P, I and N count 1, 1/2, 0 and 0. The item is ``TASK/id``, the voter the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psephos.errors import ParseError
from psephos.opinions.eval_logs.log_table import FAILED, LogTable, number_of, text_of_content

PROGRAM = "Inspect"
KNOWN = (2,)
NEEDED = ("id", "epoch", "input", "target", "output", "scores")
"""Fields of a sample that are read; ``error`` and ``attachments``, which come last, only where they are needed."""

ATTACHED = "attachment://"
_VALUES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}


class InspectLog:
    """A log that is being read: the header first, then its samples in any order.

    Parameters
    ----------
    header : mapping
        The log without its samples.
    name : str
        Of the file, for complaints.

    Attributes
    ----------
    table : LogTable
        What was read so far.

    Raises
    ------
    ParseError
        The log is of another version, or its header names no model.
    """

    def __init__(self, header: Mapping[str, Any], name: str) -> None:
        version, told = header.get("version"), header.get("eval")
        if version not in KNOWN:
            known = ", ".join(map(str, KNOWN))
            hint = "rewrite it with the Inspect that wrote it, or with another psephos"
            raise ParseError(name, f"is an Inspect log of version {version!r:.20}; known is {known}", hint=hint)
        if not isinstance(told, Mapping) or not isinstance(told.get("model"), str):
            raise ParseError(name, "is an Inspect log whose header names no model")
        self.table = LogTable(name, PROGRAM)
        self._task, self._model = str(told.get("task") or "task"), told["model"]
        self._scorer: str | None = None
        status = header.get("status")
        if status not in (None, "success"):
            self.table.note(f"the log says that the evaluation ended with {status!r:.30}")

    def add(self, sample: Mapping[str, Any], row: int) -> None:
        """One sample of one epoch.

        Parameters
        ----------
        sample : mapping
            As the log has it; without id or epoch it is set aside.
        row : int
            Its number, for issues.
        """
        if "id" not in sample or not isinstance(sample.get("epoch"), int):
            self.table.set_aside("a sample without id or epoch", row)
            return
        item, draw = f"{self._task}/{sample['id']}", sample["epoch"] - 1
        if draw < 0:
            self.table.set_aside("an epoch below 1", row)
            return
        attached = sample.get("attachments")
        kept = attached if isinstance(attached, Mapping) else {}
        text, stop, tokens = _output(sample.get("output"), kept)
        scores = sample.get("scores")
        given = {str(name): one for name, one in scores.items()} if isinstance(scores, Mapping) else {}
        if given and self._scorer is None:
            self._scorer = next(iter(given))
            others = ", ".join(repr(name) for name in given if name != self._scorer)
            but = f", not of {others}" if others else ""
            self.table.note(f"answers are those of the scorer {self._scorer!r}{but}")
        score = given.get(self._scorer or "")
        answer = _answer(score, text)
        failed = sample.get("error") is not None and (text is None or not given)
        status = FAILED if failed else "no answer" if answer is None else stop
        self.table.about(item, gold=_gold(sample.get("target")), prompt=_input(sample.get("input"), kept))
        values = {name: value for one in given for name, value in _values(one, given[one]).items()}
        unread = [name for name, value in values.items() if value is None]
        if unread:
            self.table.note(f"not read: scores that are no numbers, of {', '.join(map(repr, unread))}")
        self.table.sample(
            row,
            item,
            self._model,
            draw,
            None if failed else answer,
            text=text,
            status=status,
            reward=values.get(self._scorer or ""),
            tokens=tokens,
        )
        for name, value in values.items():
            if value is not None:
                self.table.result(row, item, self._model, self._task, name, draw, value, answer)


def _output(output: object, attached: Mapping[str, Any]) -> tuple[str | None, str | None, float | None]:
    """Text, reason of its end, and tokens of what a model said last."""
    if not isinstance(output, Mapping):
        return None, None, None
    choices = output.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], Mapping) else {}
    message = choice.get("message")
    content = message.get("content") if isinstance(message, Mapping) else output.get("completion")
    usage = output.get("usage")
    stop = choice.get("stop_reason")
    return (
        None if content is None else _detached(text_of_content(content), attached),
        stop if isinstance(stop, str) else None,
        number_of(usage.get("output_tokens")) if isinstance(usage, Mapping) else None,
    )


def _answer(score: object, text: str | None) -> str | None:
    """What the scorer took for the answer; the text where there is no scorer."""
    if not isinstance(score, Mapping):
        return text
    found = score.get("answer")
    return None if found is None else str(found)


def _values(name: str, score: object) -> dict[str, float | None]:
    """The numbers that one scorer gave; None where it gave something else."""
    value = score.get("value") if isinstance(score, Mapping) else score
    if isinstance(value, Mapping):
        return {f"{name}/{key}": _value(one) for key, one in value.items()}
    return {name: _value(value)}


def _value(value: object) -> float | None:
    return _VALUES[value] if isinstance(value, str) and value in _VALUES else number_of(value)


def _gold(target: object) -> str | None:
    """The right answer, the first of several."""
    if isinstance(target, list):
        target = target[0] if target else None
    return target.strip() or None if isinstance(target, str) else None


def _input(given: object, attached: Mapping[str, Any]) -> str | None:
    if isinstance(given, list):
        asked = [one for one in given if isinstance(one, Mapping) and one.get("role") == "user"]
        given = text_of_content(asked[-1].get("content")) if asked else None
    return _detached(given, attached) if isinstance(given, str) else None


def _detached(text: str, attached: Mapping[str, Any]) -> str:
    """The text itself where only its place is named."""
    if not text.startswith(ATTACHED):
        return text
    found = attached.get(text.removeprefix(ATTACHED))
    return found if isinstance(found, str) else text
