"""Which documents of a source have to do with a question?

Documents are ranked by BM25 over content words,

    score(d) = sum over words w of the question  idf(w) * f (k + 1) / (f + k (1 - b + b |d| / mean length)),
    idf(w) = ln(1 + (N - n_w + 1/2) / (n_w + 1/2)),     f how often w stands in d, n_w documents that hold w, of N;

k = 1.5, b = 0.75. A score of BM25 means nothing outside its collection, so what is handed on as relevance is the share
of the question that a document holds, each word weighed by its idf: 1 if it has every content word, 0 if none. That can
be compared between sources, and a threshold on it has a meaning.

Source: Robertson and Zaragoza (2009), doi:10.1561/1500000019. Differs: the relevance.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from psephos.judges.support import content_words

_K = 1.5
_B = 0.75


class Search:
    """An index of texts.

    Parameters
    ----------
    texts : sequence of str

    Examples
    --------
    >>> search = Search(["The Tern Bridge opened in 1874.", "The Gull is a ferry."])
    >>> search.find("When was the Tern Bridge opened?", 2)
    [(0, 1.0)]
    """

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(content_words(text)) for text in texts]
        self._length = np.array([sum(count.values()) for count in counts], dtype=np.float64)
        self._mean = float(self._length.mean()) if len(counts) else 1.0
        holding: dict[str, list[tuple[int, int]]] = {}
        for place, count in enumerate(counts):
            for word, often in count.items():
                holding.setdefault(word, []).append((place, often))
        self._holding = {word: np.array(pairs, dtype=np.int64).T for word, pairs in holding.items()}

    def find(self, question: str, limit: int) -> list[tuple[int, float]]:
        """The places of the best documents, each with its relevance; none that shares no content word.

        Parameters
        ----------
        question : str
        limit : int
            How many at most.
        """
        n = len(self._length)
        score, share = np.zeros(n), np.zeros(n)
        whole = 0.0
        for word in dict.fromkeys(content_words(question)):
            place, often = self._holding.get(word, np.empty((2, 0), dtype=np.int64))
            idf = math.log1p((n - len(place) + 0.5) / (len(place) + 0.5))
            whole += idf
            score[place] += idf * often * (_K + 1) / (often + _K * (1 - _B + _B * self._length[place] / self._mean))
            share[place] += idf
        best = np.argsort(-score, kind="stable")[:limit]
        return [(int(place), min(float(share[place] / whole), 1.0)) for place in best if score[place] > 0]
