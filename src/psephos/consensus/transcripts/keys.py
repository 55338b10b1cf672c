"""Which words do the transcripts compare, and what did each look like on paper?

A transcript is a list of tokens; each token is cut into keys as `psephos.opinions.equivalence.words` cuts a text (lower
case, no punctuation, NFKC). Votes are cast with keys, what was written stays beside them as the surface:

    one token may give several keys     x-ray -> x, ray, both with the surface "x-ray" and a share of its time
    one without a key is formatting     "fine", "," -> fine with the surface "fine ,"; at the start, of the next word
    "%" after a number is a key         37.5 % = 37.5%

Options make more alike, see `writing`. Nothing is stemmed; "no" and "not" are never left out.

Source: sheet 01.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.consensus.transcripts.digits import with_digits
from psephos.consensus.transcripts.writing import Writing, bracketed
from psephos.opinions.equivalence import words
from psephos.opinions.model import Opinions

NULL = "@"
"""How no word is shown; no key looks like it, for a key has letters, digits or a per cent sign."""

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


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
        kept = ~bracketed([surfaces[code] for code in token.tolist()], transcript)
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
    return with_digits(found, writing.number_words) if writing.in_digits else found


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
