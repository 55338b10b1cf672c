"""Which question has the smallest key, when the keys change one at a time?

A heap in which a changed key is simply pushed again; entries that are no longer true are dropped when they come to the
top. Each change costs O(log n), nothing is ever searched for.
"""

from __future__ import annotations

import heapq
from typing import Protocol


class Queue(Protocol):
    """The questions that may get a sample, in the order of a method."""

    def place(self, question: int) -> None:
        """Take a question in, or at its new place after it has changed."""

    def remove(self, question: int) -> None:
        """Take a question out."""

    def top(self) -> int:
        """The next question; -1 if there is none."""


class Heap:
    """Questions by a key of their own; among equal keys the lower place comes first."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int]] = []
        self._key: dict[int, float] = {}

    def put(self, question: int, key: float) -> None:
        """Take a question in, or change its key."""
        if self._key.get(question) != key:
            self._key[question] = key
            heapq.heappush(self._heap, (key, question))

    def remove(self, question: int) -> None:
        """Take a question out."""
        self._key.pop(question, None)

    def top(self) -> int:
        """The question with the smallest key; -1 if there is none."""
        while self._heap:
            key, question = self._heap[0]
            if self._key.get(question) == key:
                return question
            heapq.heappop(self._heap)
        return -1
