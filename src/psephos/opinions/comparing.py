"""Are these two answers the same: yes, no, or is it unknown?

Where no key tells which answers are the same, a judge of two answers may: a model of entailment, a computer algebra
system, a person. The answers on an item are taken from the one that most rows give to the rarest, those of equal number
in the order of the vocabulary; each joins the first class whose first member is the same, else it opens a class of its
own. So the order of rows and voters does not matter, and a class is called by its most frequent answer. Answers on
different items are never compared. Unknown is not the same: the answers stay apart, and that is said.

Source: sheet 16 (clusters of equal answers), sheet 92. Differs: the sheet takes answers in the order of their sources.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_number
from psephos.opinions.issues import NOTED, Issue

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Pairwise:
    """An equivalence of answers that are compared two at a time.

    Parameters
    ----------
    same : callable
        A function of two answers that returns True if they are the same, False if not, None if that is unknown. It is
        asked about each two answers once, the one that comes first in the vocabulary first.
    after : str or callable, default "exact"
        The rule of `psephos.opinions.equivalence` that makes answers one without asking.
    seconds : float, optional
        How long one comparison may take; longer, and it is unknown. The limit holds in any thread; a comparison that
        goes on is left behind in a thread of its own, which ends with the program.

    Raises
    ------
    InputError
        If `same` is no function or `seconds` is not positive.

    See Also
    --------
    psephos.opinions.equivalence : rules that need no comparison of two.

    Examples
    --------
    >>> from psephos.opinions import Pairwise, labels
    >>> def same(left, right):
    ...     return None if "?" in (left, right) else left[0] == right[0]
    >>> votes = labels(["a"] * 4, ["x", "y", "z", "w"], ["Paris", "Par", "Lyon", "?"])
    >>> merged = votes.merged(Pairwise(same))
    >>> merged.frame()["label"].to_list()
    ['Par', 'Par', 'Lyon', '?']
    >>> print(merged.issues.found[-1])
    3 noted: whether two answers are the same is unknown: kept apart, such as "'?' and 'Lyon'" (equivalence)
    """

    same: Callable[[str, str], bool | None]
    after: str | Callable[[str], object] = "exact"
    seconds: float | None = None

    def __post_init__(self) -> None:
        if not callable(self.same):
            raise InputError("same", f"must be a function of two answers, got {self.same!r:.60}")
        if self.seconds is not None:
            check_number("seconds", self.seconds, low=0, open_ends=True)

    def __call__(self, left: str, right: str) -> bool | None:
        """Whether two answers are the same, None if that is unknown."""
        said: object = self.same(left, right) if self.seconds is None else self._in_time(left, right)
        if said is None or isinstance(said, (bool, np.bool_)):
            return None if said is None else bool(said)
        where = f"{left!r:.60}, {right!r:.60}"
        raise InputError("equivalence", f"gave {said!r:.60}, not True, False or None", where=where)

    def _in_time(self, left: str, right: str) -> bool | None:
        said: list[bool | None] = []
        raised: list[BaseException] = []

        def ask() -> None:
            try:
                said.append(self.same(left, right))
            except BaseException as problem:  # noqa: BLE001 - it is raised in the thread of the caller
                raised.append(problem)

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(self.seconds)
        if raised:
            raise raised[0]
        return said[0] if said else None


def merged_by_item(
    item: Codes, choice: Codes, vocabulary: pl.Series, same: Pairwise
) -> tuple[Codes, tuple[Issue, ...]]:
    """Give each row the first member of the class of its answer.

    Parameters
    ----------
    item, choice : ndarray of int32, shape (n_rows,)
        Codes; -1 is missing.
    vocabulary : polars.Series of String
        The answers that `choice` refers to.
    same : Pairwise
        What tells whether two answers are the same.

    Returns
    -------
    ndarray of int32, shape (n_rows,)
        Codes of the same vocabulary.
    tuple of Issue
        What was unknown.

    Examples
    --------
    >>> item, answer = np.array([0, 0, 0, 1], np.int32), np.array([0, 1, 1, 0], np.int32)
    >>> first = Pairwise(lambda left, right: left[0] == right[0])
    >>> merged_by_item(item, answer, pl.Series(["yes", "yeah"]), first)[0]
    array([1, 1, 1, 0], dtype=int32)
    """
    given = (item >= 0) & (choice >= 0)
    if not given.any():
        return choice, ()
    key = item[given].astype(np.int64) * len(vocabulary) + choice[given]
    pairs, place, rows = np.unique(key, return_inverse=True, return_counts=True)
    of_item, answer = np.divmod(pairs, len(vocabulary))
    order = np.lexsort((answer, -rows, of_item))
    starts = np.flatnonzero(np.append(True, np.diff(of_item) != 0))
    texts = vocabulary.to_list()
    known: dict[tuple[int, int], bool | None] = {}
    first = answer.astype(np.int32)
    for start, end in zip(starts, np.append(starts[1:], len(pairs)), strict=True):
        opened: list[int] = []
        for pair in order[start:end] if end - start > 1 else ():
            code = int(answer[pair])
            for member in opened:
                asked = min(member, code), max(member, code)
                if asked not in known:
                    known[asked] = same(texts[asked[0]], texts[asked[1]])
                if known[asked]:
                    first[pair] = member
                    break
            else:
                opened.append(code)
    new = choice.copy()
    new[given] = first[place]
    return new, _unknown(known, texts)


def _unknown(known: dict[tuple[int, int], bool | None], texts: list[str]) -> tuple[Issue, ...]:
    pairs = sorted(pair for pair, said in known.items() if said is None)
    if not pairs:
        return ()
    example = " and ".join(repr(texts[code]) for code in pairs[0])
    reason = "whether two answers are the same is unknown: kept apart"
    return (Issue(reason, NOTED, "equivalence", example=example, count=len(pairs)),)
