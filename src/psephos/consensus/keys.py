"""Which words do the transcripts compare, and what did each look like on paper?

A transcript is a list of tokens; each token is cut into keys as `psephos.opinions.equivalence.words` cuts a text (lower
case, no punctuation, NFKC). Votes are cast with keys, what was written stays beside them as the surface:

    one token may give several keys     x-ray -> x, ray, both with the surface "x-ray" and a share of its time
    one without a key is formatting     "fine", "," -> fine with the surface "fine ,"; at the start, of the next word
    "%" after a number is a key         37.5 % = 37.5%

Options, in this order: `strip_brackets` leaves out [laughs] and (noise), `contractions` writes won't as will not,
`spelling` makes British spelling American, `drop_fillers` leaves out uh and um, `numbers` turns number words into
digits (twenty five -> 25, with the surface "twenty five"). Nothing is stemmed; "no" and "not" are never left out.

Source: sheet 01.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from psephos.consensus.number_words import spoken_numbers
from psephos.consensus.word_lists import WordLists
from psephos.errors import InputError
from psephos.opinions.equivalence import words
from psephos.opinions.model import Opinions

NULL = "@"
"""How no word is shown; no key looks like it, for a key has letters, digits or a per cent sign."""

LONGEST_BRACKET = 8
"""Tokens that a remark in brackets may have."""

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Writing:
    """How tokens become keys; see the module."""

    lists: WordLists
    numbers: bool = False
    drop_fillers: bool = False
    spelling: bool = False
    contractions: bool = False
    strip_brackets: bool = False

    def __post_init__(self) -> None:
        if self.numbers and not {"hundred", "thousand"} <= set(self.lists.numbers):
            raise InputError("numbers", f"number words of {self.lists.name!r} cannot be turned into digits")

    def keys_of(self, token: str) -> list[str]:
        """The keys of one token, number words as they are."""
        keys = words(token)
        if self.contractions:
            keys = [part for key in keys for part in self.lists.contractions.get(key, key).split()]
        if self.spelling:
            keys = [self.lists.spelling.get(key, key) for key in keys]
        if self.drop_fillers:
            keys = [key for key in keys if key not in self.lists.fillers]
        return keys

    def keys(self, text: str) -> list[str]:
        """The keys of a whole text, such as a reference.

        Examples
        --------
        >>> from psephos.consensus.word_lists import load_word_lists
        >>> Writing(load_word_lists("en"), numbers=True, contractions=True).keys("It won't take twenty-five.")
        ['it', 'will', 'not', 'take', '25']
        """
        tokens = text.split()
        if self.strip_brackets:
            inside = _bracketed(tokens)
            tokens = [token for token, left_out in zip(tokens, inside, strict=True) if not left_out]
        keys = self.keys_of(" ".join(tokens))
        if self.numbers:
            for start, stop, value in reversed(spoken_numbers(keys, self.lists.numbers)):
                keys[start:stop] = [str(value)]
        return keys


@dataclass(frozen=True, eq=False)
class Spoken:
    """The words of all transcripts, those of one transcript in a row, transcripts of one item in a row.

    Attributes
    ----------
    item, voter : ndarray of int32, shape (n_transcripts,)
        Whose transcript of what.
    bounds : ndarray of int64, shape (n_transcripts + 1,)
        The words of transcript t stand at ``bounds[t]:bounds[t + 1]``.
    key, surface : ndarray of int32, shape (n_words,)
        Places in `keys` and `surfaces`.
    token : ndarray of int64, shape (n_words,)
        Number of the token that a word is cut from; equal for the words of one token.
    start, end, confidence : ndarray of float64, shape (n_words,), or None
        NaN where unknown.
    keys, surfaces : list of str
        ``keys[0]`` is `NULL`.
    """

    item: npt.NDArray[np.int32]
    voter: npt.NDArray[np.int32]
    bounds: Whole
    key: npt.NDArray[np.int32]
    surface: npt.NDArray[np.int32]
    token: Whole
    start: Floats | None
    end: Floats | None
    confidence: Floats | None
    keys: list[str]
    surfaces: list[str]


def spoken(opinions: Opinions, writing: Writing) -> Spoken:
    """The words of transcripts; a transcript whose rows have no token is empty.

    Parameters
    ----------
    opinions : Opinions
        Of kind ``transcripts``.
    writing : Writing
        How tokens become keys.
    """
    order, transcript, item, voter = _in_order(opinions)
    token = opinions.codes("token")[order]
    said = token >= 0
    rows, transcript, token = order[said], transcript[said], token[said]
    surfaces = opinions.vocabulary("token").to_list()
    if writing.strip_brackets:
        kept = ~_bracketed([surfaces[code] for code in token.tolist()], transcript)
        rows, transcript, token = rows[kept], transcript[kept], token[kept]
    keys, row, key, unsaid = _cut(token, transcript, surfaces, writing)
    surface, surfaces = _with_formatting(token, transcript, unsaid, surfaces)
    start, end, confidence = (
        None if opinions.numbers.get(name) is None else opinions.numbers[name][rows][row]
        for name in ("start", "end", "confidence")
    )
    if start is not None and end is not None:
        start, end = _shared(start, end, row, np.array([len(text) + 1 for text in keys])[key])
    bounds = np.searchsorted(transcript[row], np.arange(len(item) + 1))
    found = Spoken(
        item, voter, bounds, key, surface[row], row, _known(start), _known(end), _known(confidence), keys, surfaces
    )
    return _with_digits(found, writing.lists.numbers) if writing.numbers else found


def _in_order(opinions: Opinions) -> tuple[Whole, Whole, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Rows by transcript and position, the transcript of each; item and voter of each transcript.

    Transcripts stand by item, and within an item in the order in which they appear.
    """
    item, voter, position = opinions.codes("item"), opinions.codes("voter"), opinions.numbers["position"]
    pair = item.astype(np.int64) * opinions.size("voter") + voter
    seen, first, place = np.unique(pair, return_index=True, return_inverse=True)
    rank_order = np.lexsort((first, seen // opinions.size("voter")))
    rank = np.empty(len(seen), dtype=np.int64)
    rank[rank_order] = np.arange(len(seen))
    transcript = rank[place]
    order = np.arange(len(pair))
    step, same = np.diff(position), np.diff(transcript)
    if not ((same > 0) | ((same == 0) & (step > 0))).all():
        order = np.lexsort((position, transcript))
    of_item, of_voter = (codes[first[rank_order]] for codes in (item, voter))
    return order, transcript[order], of_item, of_voter


def _cut(
    token: npt.NDArray[np.int32], transcript: Whole, surfaces: Sequence[str], writing: Writing
) -> tuple[list[str], Whole, npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """All keys, row and key of each word, and which rows are formatting only."""
    number: dict[str, int] = {NULL: 0}
    cut = [[number.setdefault(key, len(number)) for key in writing.keys_of(text)] for text in surfaces]
    filler = np.zeros(len(surfaces), dtype=bool)
    if writing.drop_fillers:
        filler[[code for code, found in enumerate(cut) if not found and words(surfaces[code])]] = True
    ends_in_digit = np.array([text.rstrip()[-1:].isdigit() for text in surfaces], dtype=bool)
    percent = np.array([text.lstrip()[:1] == "%" for text in surfaces], dtype=bool)
    code = token.astype(np.int64)
    if percent.any():
        follows = np.zeros(len(token), dtype=bool)
        follows[1:] = percent[token[1:]] & ends_in_digit[token[:-1]] & (transcript[1:] == transcript[:-1])
        shifted = np.zeros(len(surfaces), dtype=np.int64)
        for place in np.flatnonzero(percent).tolist():
            shifted[place] = len(cut)
            cut.append([number.setdefault("%", len(number)), *cut[place]])
        code = np.where(follows, shifted[token], code)
    length = np.array([len(found) for found in cut], dtype=np.int64)
    flat = np.array([key for found in cut for key in found], dtype=np.int32)
    begin = np.cumsum(length) - length
    row = np.repeat(np.arange(len(code)), length[code])
    within = np.arange(len(row)) - np.repeat(np.cumsum(length[code]) - length[code], length[code])
    return list(number), row, flat[begin[code[row]] + within], (length[code] == 0) & ~filler[token]


def _with_formatting(
    token: npt.NDArray[np.int32], transcript: Whole, unsaid: npt.NDArray[np.bool_], surfaces: list[str]
) -> tuple[npt.NDArray[np.int32], list[str]]:
    """The surface of each row, with what stands alone beside it and has no key."""
    surface = token.copy()
    if not unsaid.any():
        return surface, surfaces
    known = {text: code for code, text in enumerate(surfaces)}
    said = np.flatnonzero(~unsaid)
    for row in np.flatnonzero(unsaid).tolist():
        at = int(np.searchsorted(said, row))
        owner = int(said[at - 1]) if at and transcript[said[at - 1]] == transcript[row] else -1
        if owner >= 0:
            text = f"{surfaces[surface[owner]]} {surfaces[token[row]]}"
        elif at < len(said) and transcript[said[at]] == transcript[row]:
            owner = int(said[at])
            before = surfaces[surface[owner]].removesuffix(surfaces[token[owner]])
            text = f"{before}{surfaces[token[row]]} {surfaces[token[owner]]}"
        else:
            continue
        if text not in known:
            known[text] = len(surfaces)
            surfaces.append(text)
        surface[owner] = known[text]
    return surface, surfaces


def _shared(start: Floats, end: Floats, row: Whole, weight: Whole) -> tuple[Floats, Floats]:
    """The time of a token shared among its keys by their lengths."""
    several = np.zeros(len(row), dtype=bool)
    several[1:] |= row[1:] == row[:-1]
    several[:-1] |= row[1:] == row[:-1]
    if not several.any():
        return start, end
    total = np.bincount(row, weights=weight)
    upto = np.cumsum(weight)
    first = np.concatenate([[True], row[1:] != row[:-1]])
    base = np.repeat((upto - weight)[first], np.diff(np.append(np.flatnonzero(first), len(row))))
    length = end - start
    high = np.where(several, start + length * ((upto - base) / total[row]), end)
    low = np.where(several, start + length * ((upto - weight - base) / total[row]), start)
    last = np.append(first[1:], True)
    return low, np.where(last, end, high)


def _known(values: Floats | None) -> Floats | None:
    return None if values is None or np.isnan(values).all() else values


def _bracketed(tokens: Sequence[str], transcript: Whole | None = None) -> npt.NDArray[np.bool_]:
    """Which tokens belong to a remark in brackets."""
    inside = np.zeros(len(tokens), dtype=bool)
    pairs = {"[": "]", "(": ")"}
    for at, token in enumerate(tokens):
        closing = pairs.get(token[:1])
        if closing is None or inside[at]:
            continue
        for last in range(at, min(at + LONGEST_BRACKET, len(tokens))):
            if transcript is not None and transcript[last] != transcript[at]:
                break
            if tokens[last].rstrip(".,;:!?").endswith(closing):
                inside[at : last + 1] = True
                break
    return inside


def _with_digits(found: Spoken, values: Mapping[str, int]) -> Spoken:
    """The words with runs of number words in digits."""
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
            key[low] = _coded(str(value), key_of, keys)
            surface[low] = _coded(" ".join(surfaces[code] for code in written), surface_of, surfaces)
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


def _coded(text: str, code_of: dict[str, int], texts: list[str]) -> int:
    if text not in code_of:
        code_of[text] = len(texts)
        texts.append(text)
    return code_of[text]
