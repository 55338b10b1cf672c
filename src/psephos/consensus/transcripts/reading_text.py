"""How does the consensus read? Each column shows the most frequent surface of those who voted for its key.

Among equally frequent surfaces the one merged first is shown. A token that gave several keys ("x-ray") is shown once,
with its surface, where all of its keys were elected side by side; otherwise the keys are shown one by one. The times of
a word are the mean start and end over its voters that have times (as NIST SCTK's rover has them).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.agreement.bands import votes_beside
from psephos.consensus.transcripts.columns import Columns
from psephos.consensus.transcripts.keys import Spoken
from psephos.opinions.transcript_words import Word

Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ChosenWords:
    """The word that each column shows.

    Attributes
    ----------
    word : ndarray of int64, shape (n_columns,)
        Place in `Spoken`; -1 where NULL is elected.
    shown : ndarray of int32, shape (n_columns,)
        Its surface; -1 where NULL is elected.
    start, end, confidence : ndarray of float64, shape (n_columns,)
        Means over the voters of the elected word; NaN where unknown.
    """

    word: Whole
    shown: Codes
    start: Floats
    end: Floats
    confidence: Floats

    def words(self, here: slice, columns: Columns, spoken: Spoken, choice: Codes, certainty: Floats) -> list[Word]:
        """The words of the columns `here`, all of one clip, for a writer.

        Parameters
        ----------
        here : slice
            Columns of one clip.
        columns : Columns
        spoken : Spoken
        choice : ndarray of int32, shape (n_columns,)
            Elected key of each column.
        certainty : ndarray of float64, shape (n_columns,)

        Returns
        -------
        list of Word
            NULL columns too, with an empty text; a word made of several columns is one, with its lowest certainty.
        """
        texts, skipped = self.texts(here, spoken, choice)
        words: list[Word] = []
        for column in range(here.start, here.stop):
            elected = int(choice[column])
            start, end = _seconds(self.start[column]), _seconds(self.end[column])
            sure = min(max(float(certainty[column]), 0.0), 1.0)
            others = [key for key in dict.fromkeys(columns.keys[column].tolist()) if key >= 0 and key != elected]
            votes = columns.keys[column].tolist()
            others.sort(key=votes.count, reverse=True)
            alternatives = tuple(spoken.keys[key] if key else "" for key in others)
            if column in skipped:
                before = words.pop()
                start = before.start if start is None else start if before.start is None else min(before.start, start)
                end = before.end if end is None else end if before.end is None else max(before.end, end)
                sure = min(sure, before.confidence if before.confidence is not None else sure)
                alternatives = tuple(dict.fromkeys((*before.alternatives, *alternatives)))
                text = before.text
            else:
                text = texts[column - here.start]
            if start is not None and end is not None and end < start:
                end = start
            times = "missing" if start is None and end is None else "given"
            words.append(Word(text, start, end, sure, alternatives=alternatives, times=times))
        return words

    def texts(self, here: slice, spoken: Spoken, choice: Codes) -> tuple[list[str], set[int]]:
        """Text of each of the columns `here`.

        Returns
        -------
        texts : list of str
            Empty where NULL was elected, and where the word of the column before covers this one.
        skipped : set of int
            Columns that are covered so.
        """
        texts, skipped = [], set()
        covered = -1
        for column in range(here.start, here.stop):
            word = int(self.word[column])
            if word < 0:
                shown = int(self.shown[column])
                texts.append("" if shown < 0 else spoken.surfaces[shown])
                continue
            if column <= covered:
                skipped.add(column)
                texts.append("")
                continue
            first, last = _token(spoken, word)
            span = last - first
            whole = word == first and column + span <= here.stop
            if span == 1:
                texts.append(spoken.surfaces[self.shown[column]])
            elif whole and self.word[column : column + span].tolist() == list(range(first, last)):
                texts.append(spoken.surfaces[self.shown[column]])
                covered = column + span - 1
            else:
                texts.append(spoken.keys[choice[column]])
        return texts, skipped


def choose_words(columns: Columns, spoken: Spoken, leader: Codes, fixed: Codes | None = None) -> ChosenWords:
    """The word that each column shows, with its mean times and confidence.

    Parameters
    ----------
    columns : Columns
    spoken : Spoken
    leader : ndarray of int32, shape (n_columns,)
        Elected key of each column.
    fixed : ndarray of int32, shape (n_columns,), optional
        Surfaces written by hand, -1 where there is none.

    Returns
    -------
    ChosenWords
        The most frequent surface among those who voted for the key, of equals the one merged first.
    """
    n = len(columns)
    behind = (columns.keys == leader[:, None]) & (columns.words >= 0)
    if not n or not len(spoken.surface):
        none = np.full(n, np.nan)
        return ChosenWords(np.full(n, -1, np.int64), np.full(n, -1, np.int32), none, none, none)
    surface = np.where(behind, spoken.surface[np.maximum(columns.words, 0)], -1)
    best = behind.argmax(axis=1)
    first = surface[np.arange(n), best][:, None]
    unlike = np.flatnonzero((behind & (surface != first)).any(axis=1))
    best[unlike] = np.where(behind[unlike], votes_beside(surface[unlike]), -1).argmax(axis=1)
    row, some = np.arange(n), behind.any(axis=1)
    means = [_mean_over(values, columns.words, behind) for values in (spoken.start, spoken.end, spoken.confidence)]
    word = np.where(some, columns.words[row, best], -1).astype(np.int64)
    shown = np.where(some, surface[row, best], -1).astype(np.int32)
    if fixed is not None:
        shown = np.where(fixed >= 0, fixed, shown)
    return ChosenWords(word, shown, *means)


def _mean_over(values: Floats | None, words: Codes, behind: npt.NDArray[np.bool_]) -> Floats:
    if values is None:
        return np.full(len(words), np.nan)
    held = np.where(behind, values[np.maximum(words, 0)], np.nan)
    known = ~np.isnan(held)
    count = known.sum(axis=1)
    total = np.where(known, held, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(words), np.nan), where=count > 0))


def _token(spoken: Spoken, word: int) -> tuple[int, int]:
    """First word and one past the last of the token that a word is part of."""
    first, last = word, word + 1
    while first > 0 and spoken.token[first - 1] == spoken.token[word]:
        first -= 1
    while last < len(spoken.token) and spoken.token[last] == spoken.token[word]:
        last += 1
    return first, last


def _seconds(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
