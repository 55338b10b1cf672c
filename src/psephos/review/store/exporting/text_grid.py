"""How is a transcript written for Praat: a TextGrid with one interval per word?

The long text format of Praat: one tier ``words`` whose intervals cover the recording without gaps; what lies between
words is an empty interval. A quotation mark in a text is doubled. Words that overlap are cut where the next one starts.
"""

from __future__ import annotations

from collections.abc import Sequence

from psephos.opinions.transcript_words import Word, timed


def format_text_grid(words: Sequence[Word], item: str) -> str:
    """The words of one clip as a TextGrid.

    Examples
    --------
    >>> print(format_text_grid([Word("hi", 0.5, 1)], "clip").splitlines()[-1].strip())
    text = "hi"
    """
    intervals = _covering(timed([word for word in words if word.text], item))
    end = intervals[-1][1]
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {end:.6f}",
        "tiers? <exists>",
        "size = 1",
        "item []:",
        "    item [1]:",
        '        class = "IntervalTier"',
        '        name = "words"',
        "        xmin = 0",
        f"        xmax = {end:.6f}",
        f"        intervals: size = {len(intervals)}",
    ]
    for number, (start, stop, text) in enumerate(intervals, start=1):
        said = " ".join(text.split()).replace('"', '""')
        lines += [
            f"        intervals [{number}]:",
            f"            xmin = {start:.6f}",
            f"            xmax = {stop:.6f}",
            f'            text = "{said}"',
        ]
    return "\n".join(lines) + "\n"


def _covering(words: Sequence[Word]) -> list[tuple[float, float, str]]:
    """Intervals from 0 to the end, with empty ones between words; a word without length joins the one before."""
    found: list[tuple[float, float, str]] = []
    at = 0.0
    ordered = sorted(words, key=lambda word: word.start or 0.0)
    for place, word in enumerate(ordered):
        start, end = max(word.start or 0.0, at), word.end or 0.0
        if place + 1 < len(ordered):
            end = min(end, max(ordered[place + 1].start or 0.0, start))
        if end - start < 1e-6:
            if found and found[-1][2]:
                low, high, text = found[-1]
                found[-1] = (low, high, f"{text} {word.text}")
                continue
            end = start + 0.001
        if start - at > 1e-6:
            found.append((at, start, ""))
        found.append((start, end, word.text))
        at = end
    return found or [(0.0, 1.0, "")]
