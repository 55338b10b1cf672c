"""How do runs of number words in transcripts become one word in digits, with all that was written as its surface?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from psephos.consensus.transcripts.number_words import spoken_numbers

if TYPE_CHECKING:
    from psephos.consensus.transcripts.keys import Spoken


def with_digits(found: Spoken, values: Mapping[str, int]) -> Spoken:
    """The words with runs of number words in digits: one word each, with all that was written as its surface.

    Parameters
    ----------
    found : Spoken
        The transcripts.
    values : mapping of str to int
        Number words and their values.

    Returns
    -------
    Spoken
        A number spans the time of its words and has the mean of their confidences.
    """
    keys, surfaces = list(found.keys), list(found.surfaces)
    key_of = {text: code for code, text in enumerate(keys)}
    surface_of = {text: code for code, text in enumerate(surfaces)}
    key, surface, token = found.key.copy(), found.surface.copy(), found.token
    end = None if found.end is None else found.end.copy()
    confidence = None if found.confidence is None else found.confidence.copy()
    kept = np.ones(len(key), dtype=bool)
    transcript = np.repeat(np.arange(len(found.item)), np.diff(found.bounds))
    says = np.array([text in values or text == "and" for text in keys], dtype=bool)[key]
    breaks = np.ones(len(key) + 1, dtype=bool)
    breaks[1:-1] = (says[1:] != says[:-1]) | (transcript[1:] != transcript[:-1])
    for first, last in pairwise(np.flatnonzero(breaks).tolist()):
        if not says[first]:
            continue
        for start, stop, value in spoken_numbers([keys[code] for code in key[first:last]], values):
            low, high = first + start, first + stop
            written = [int(surface[at]) for at in range(low, high) if at == low or token[at] != token[at - 1]]
            key[low] = coded(str(value), key_of, keys)
            surface[low] = coded(" ".join(surfaces[code] for code in written), surface_of, surfaces)
            kept[low + 1 : high] = False
            if end is not None:
                end[low] = end[high - 1]
            if confidence is not None:
                confidence[low] = confidence[low:high].mean()
    return replace(
        found,
        bounds=np.searchsorted(transcript[kept], np.arange(len(found.item) + 1)),
        key=key[kept],
        surface=surface[kept],
        token=token[kept],
        start=None if found.start is None else found.start[kept],
        end=None if end is None else end[kept],
        confidence=None if confidence is None else confidence[kept],
        keys=keys,
        surfaces=surfaces,
    )


def coded(text: str, code_of: dict[str, int], texts: list[str]) -> int:
    """The code of a text, a new one if it has none yet."""
    if text not in code_of:
        code_of[text] = len(texts)
        texts.append(text)
    return code_of[text]
