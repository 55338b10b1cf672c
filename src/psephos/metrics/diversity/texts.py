"""How similar are texts by the runs of words or letters that they share?

For each n the texts are counted into n-grams, compared by the cosine of their counts, and the similarities are
averaged over n. That mean is itself an inner product, of the normalised counts of all n beside each other, divided by
the square root of how many n there are: so the spectrum comes from sparse features and the matrix is made only if it
is the smaller one.

A text that is too short for some n is one run there, the whole of it: it is like its copies and like nothing else.

Sources: Friedman and Dieng (2023), arXiv 2210.02410 (words, n of 1 to 4, case kept, punctuation is a word); sheet 11.
Differs: what is a word is decided by one rule for all languages that have spaces (letters and digits, or one other
sign), so that "don't" is three words; letters are ours. The sheet has a short text similar to itself alone, which
would count five copies of "yes" as more than one text, against its own rule that copies are one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from psephos.errors import InputError, check_choice, check_count
from psephos.metrics.diversity.features import feature_spectrum
from psephos.metrics.diversity.spectrum import Spectrum

Unit = Literal["word", "letter"]
_WORD = re.compile(r"\w+|[^\w\s]")


def text_features(
    texts: Sequence[str],
    *,
    n: Sequence[int] = (1, 2, 3, 4),
    unit: Unit = "word",
    tokens: Callable[[str], Sequence[str]] | None = None,
) -> sparse.csr_array:
    """Normalised counts of the n-grams of texts, for all n beside each other.

    Parameters
    ----------
    texts : sequence of str
        One for each item.
    n : sequence of int, default (1, 2, 3, 4)
        Lengths of the runs.
    unit : {"word", "letter"}, default "word"
        Runs of words (case is kept, punctuation is a word) or of letters.
    tokens : callable, optional
        Own rule that takes a text and returns its words, instead of `unit`.

    Returns
    -------
    scipy.sparse.csr_array of float64, shape (n_texts, n_features)
        Rows of length 1; their inner products are the averaged cosines.

    Raises
    ------
    InputError
        If a text is no text, or a length is below 1 or there is none.

    See Also
    --------
    text_spectrum : the spectrum of these features.

    Examples
    --------
    >>> X = text_features(["the cat sat", "the cat ran"], n=(1,))
    >>> (X @ X.T).toarray().round(4)
    array([[1.    , 0.6667],
           [0.6667, 1.    ]])
    """
    check_choice("unit", unit, ("word", "letter"))
    lengths = [check_count("n", one) for one in n]
    if not lengths:
        raise InputError("n", "is empty")
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError("texts", f"must be texts, got {type(text).__name__}", where=f"index {place}")
    cut = tokens or (list if unit == "letter" else _WORD.findall)
    pieces = [list(cut(text)) for text in texts]
    parts = [_counted(pieces, length) for length in lengths]
    return sparse.csr_array(sparse.hstack(parts) / np.sqrt(len(parts)))


def text_spectrum(
    texts: Sequence[str],
    *,
    n: Sequence[int] = (1, 2, 3, 4),
    unit: Unit = "word",
    tokens: Callable[[str], Sequence[str]] | None = None,
    p: npt.ArrayLike | None = None,
    coordinates: bool = True,
) -> Spectrum:
    """Spectrum of texts by the n-grams that they share.

    Parameters
    ----------
    texts, n, unit, tokens
        As of `text_features`.
    p : array_like of float, shape (n_texts,), optional
        Probabilities of the texts, at least 0, summing to 1.
    coordinates : bool, default True
        Whether to keep what statements on single texts need.

    Returns
    -------
    Spectrum
        Eigenvalues that sum to 1; `vendi_score` and its relatives take them.

    Raises
    ------
    InputError
        As of `text_features`; also if there is no text or `p` does not fit.
    MemoryError
        If both texts and n-grams are too many.

    See Also
    --------
    feature_spectrum : with embeddings of the texts instead.

    Examples
    --------
    >>> texts = ["Look, Jane.", "See Spot.", "See Spot run.", "Run, Spot, run.", "Jane sees Spot run."]
    >>> round(float(text_spectrum(texts, n=(1, 2)).score()), 2)
    3.91
    """
    if not len(texts):
        raise InputError("empty collection", "has no item, and no diversity", hint="give one item at least")
    features = text_features(texts, n=n, unit=unit, tokens=tokens)
    found = feature_spectrum(features, p=p, normalize=False, coordinates=coordinates)
    words = "own words" if tokens else f"{unit}s"
    return replace(found, path="texts", parameters={"kernel": f"{words} in runs of {', '.join(map(str, n))}"})


def _counted(pieces: Sequence[Sequence[str]], length: int) -> sparse.csr_array:
    """Counts of runs of one length, each row scaled to length 1; a text without a run is one."""
    columns: dict[tuple[str, ...], int] = {}
    row_of: list[int] = []
    column_of: list[int] = []
    for row, piece in enumerate(pieces):
        runs = [tuple(piece[i : i + length]) for i in range(len(piece) - length + 1)]
        for run in runs or [tuple(piece)]:
            row_of.append(row)
            column_of.append(columns.setdefault(run, len(columns)))
    counts = sparse.csr_array(
        (np.ones(len(row_of)), (np.array(row_of, dtype=np.int64), np.array(column_of, dtype=np.int64))),
        shape=(len(pieces), len(columns)),
    )
    counts.sum_duplicates()
    scale = 1 / np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    return sparse.csr_array(counts.multiply(scale[:, None]))
