"""How is JSON from elsewhere read so that every complaint says where it stands?

A `Node` is a JSON value with its place, as in ``results.channels[0].alternatives[0].words[3].start``. `Words` puts what
was found into a table and numbers it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from psephos.errors import ParseError
from psephos.opinions.coding import text_of
from psephos.opinions.transcript_checks import INTERPOLATED, confidence_of, seconds_of
from psephos.opinions.transcript_tokens import TokenTable, spread

_DURATION = re.compile(r"(.+)s")


class Node:
    """A JSON value that knows where it stands, so that every complaint says so.

    Parameters
    ----------
    value : object
        The value.
    name : str
        Of the file.
    place : str
        As in ``results.channels[0]``; empty at the top.
    """

    def __init__(self, value: Any, name: str, place: str) -> None:
        self.value, self.name, self.place = value, name, place

    def get(self, *keys: str) -> Node | None:
        """The value under the first of the keys that is there and not null."""
        record = self.of(dict, "an object")
        for key in keys:
            if record.get(key) is not None:
                return Node(record[key], self.name, f"{self.place}.{key}".lstrip("."))
        return None

    def need(self, *keys: str) -> Node:
        """The same, which must be there."""
        found = self.get(*keys)
        if found is None:
            raise ParseError(self.name, f"has no {' or '.join(map(repr, keys))}", where=self.place or "top")
        return found

    def list(self) -> Iterator[Node]:
        """The parts of an array."""
        for number, part in enumerate(self.of(list, "an array")):
            yield Node(part, self.name, f"{self.place}[{number}]")

    def first(self) -> Node | None:
        """The first part of an array, if it has any."""
        return next(self.list(), None)

    def of(self, kind: type, what: str) -> Any:
        """The value, which must be of a type."""
        if not isinstance(self.value, kind):
            raise ParseError(self.name, f"must be {what}, got {self.value!r:.60}", where=self.place or "top")
        return self.value

    def text(self) -> str:
        """A text without blanks around it."""
        return str(self.of(str, "a text")).strip()

    def label(self, *keys: str) -> str | None:
        """The name of a speaker or channel, which may be a number."""
        found = self.get(*keys)
        return None if found is None else found.name_here()

    def name_here(self) -> str | None:
        """A name, which may be a number."""
        if isinstance(self.value, (str, int, float)):
            return text_of(self.value)
        raise ParseError(self.name, f"must be a name, got {self.value!r:.60}", where=self.place)

    def seconds(self, *keys: str, unit: float = 1.0) -> float | None:
        """A time in seconds, None where there is none."""
        found = self.get(*keys)
        if found is None:
            return None
        value = found.value
        if isinstance(value, dict):
            whole, nanos = found.seconds("seconds") or 0.0, found.seconds("nanos") or 0.0
            return round(whole + nanos / 1e9, 9)
        if isinstance(value, str) and (match := _DURATION.fullmatch(value)):
            value = match[1]
        return seconds_of(value, self.name, found.place) / unit

    def sure(self, *keys: str) -> float | None:
        """A confidence, None where there is none."""
        found = self.get(*keys)
        return None if found is None else confidence_of(found.value, self.name, found.place)


class Words:
    """Adds words to a table and numbers them."""

    def __init__(self, table: TokenTable, item: str | None = None, voter: str | None = None) -> None:
        self.table, self.item, self.voter = table, item, voter
        table.transcript(item, voter)

    def add(self, node: Node, text: str, start: float | None, end: float | None, **more: Any) -> None:
        """Add one word; one without text is noted and left out.

        Parameters
        ----------
        node : Node
            Where it stands.
        text : str
        start, end : float or None
            Seconds.
        **more
            Further columns; see `TokenTable.word`.
        """
        line = len(self.table.lines) + 1
        if not text:
            self.table.note("a word without text", line)
            return
        more = {"item": self.item, "voter": self.voter, "where": node.place, **more}
        self.table.word(text, line, start=start, end=end, **more)

    def spread(self, node: Node, text: str, start: float | None, end: float | None, **more: Any) -> None:
        """Add the words of a text that share one time, which is spread over them, or have none.

        Parameters
        ----------
        node, text, start, end, more
            As in `add`, of the whole text.
        """
        words = text.split()
        whole = start is not None and end is not None
        if whole:
            self.table.segment([], 1, start, end, item=self.item, voter=self.voter, where=node.place, **more)  # type: ignore[arg-type]
        spans = spread(words, start, end) if whole else [(None, None)] * len(words)  # type: ignore[arg-type]
        for word, (low, high) in zip(words, spans, strict=True):
            self.add(node, word, low, high, times=INTERPOLATED, **more)
