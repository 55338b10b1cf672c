r"""How much of a sentence stands in another one?

A text is cut after ``.``, ``?`` or ``!`` where a blank or the end follows, and at line ends. A token is a run of
letters or digits without case. Two texts are as alike as the tokens that they share,

    F1 = 2 |a and b| / (|a| + |b|),        a, b the tokens of each, each as often as it occurs.

Source: sheet 24. Differs: line ends and the full stops of Chinese and Japanese end a sentence too, signs of emphasis
and bullets belong to none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_END = re.compile(r"(?<=[.?!])[\"'\u201d\u2019)\]]*\s+|(?<=[\u3002\uff01\uff1f])|[\r\n\u2028\u2029]+")
_TOKEN = re.compile(r"[^\W\d_]+|\d+")


def sentences(text: str) -> list[str]:
    """The sentences of a text.

    Examples
    --------
    >>> sentences("It opened in 1932. Why 3.5 m? - Nobody knows!")
    ['It opened in 1932.', 'Why 3.5 m?', '- Nobody knows!']
    """
    pieces, start = [], 0
    for end in _END.finditer(text):
        pieces.append(text[start : end.start()] + end[0].strip())
        start = end.end()
    pieces.append(text[start:])
    return [piece.strip() for piece in pieces if _TOKEN.search(piece)]


def tokens(text: str) -> list[str]:
    """The runs of letters and of digits, without case.

    Examples
    --------
    >>> tokens("The bridge's 1,250 m")
    ['the', 'bridge', 's', '1', '250', 'm']
    """
    return _TOKEN.findall(text.casefold())


def token_f1(one: str, other: str) -> float:
    """How alike two texts are, 0 to 1; 0 if one has no token.

    Examples
    --------
    >>> round(token_f1("The bridge opened in 1932 after eight years.", "The bridge opened in 1932."), 4)
    0.7692
    """
    return float(likeness([one], [other])[0, 0])


def likeness(ones: Sequence[str], others: Sequence[str]) -> Floats:
    """Token F1 of each text with each other one, shape (len(ones), len(others)).

    Only tokens that two texts share are looked at, by an index from a token to the texts that hold it.
    """
    postings: dict[str, list[tuple[int, int]]] = {}
    sizes = np.zeros(len(others))
    for place, text in enumerate(others):
        counts = Counter(tokens(text))
        sizes[place] = counts.total()
        for token, times in counts.items():
            postings.setdefault(token, []).append((place, times))
    places = {token: np.array(held, dtype=np.int64).reshape(-1, 2) for token, held in postings.items()}
    shared = np.zeros((len(ones), len(others)))
    own = np.zeros((len(ones), 1))
    for row, text in enumerate(ones):
        counts = Counter(tokens(text))
        own[row] = counts.total()
        for token, times in counts.items():
            held = places.get(token)
            if held is not None:  # a token has one posting for each text, so no place comes twice
                shared[row, held[:, 0]] += np.minimum(held[:, 1], times)
    whole = own + sizes
    return np.divide(2 * shared, whole, out=np.zeros_like(shared), where=whole > 0)
