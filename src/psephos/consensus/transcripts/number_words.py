"""Which number do these words say?

    number = [group] "thousand" ["and"] [group] | group
    group  = [small] "hundred" ["and"] [small] | small
    small  = 1 .. 99 in words ("twenty five", "nineteen", "seven"), or "zero" alone

read from the left, as far as it goes; so "one two" is 1, 2 and "nineteen eighty four" is 19, 84. Up to 999,999.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LARGEST = 999_999


def spoken_numbers(words: Sequence[str], values: Mapping[str, int]) -> list[tuple[int, int, int]]:
    """First word, one past the last, and value of each number.

    Examples
    --------
    >>> values = {"one": 1, "two": 2, "five": 5, "twenty": 20, "hundred": 100, "thousand": 1000}
    >>> spoken_numbers("take twenty five or two hundred and one".split(), values)
    [(1, 3, 25), (4, 8, 201)]
    """
    found = []
    at = 0
    while at < len(words):
        stop, value = _number(words, at, values)
        if stop > at and value <= LARGEST:
            found.append((at, stop, value))
        at = max(stop, at + 1)
    return found


def _number(words: Sequence[str], at: int, values: Mapping[str, int]) -> tuple[int, int]:
    stop, group = _group(words, at, values)
    if _value(words, stop, values) != 1000 or (stop > at and not group):
        return stop, group
    total = (group if stop > at else 1) * 1000
    stop += 1
    more, rest = _group(words, stop + _joint(words, stop), values)
    return (more, total + rest) if rest else (stop, total)


def _group(words: Sequence[str], at: int, values: Mapping[str, int]) -> tuple[int, int]:
    stop, small = _small(words, at, values)
    if _value(words, stop, values) != 100 or (stop > at and not small):
        return stop, small
    total = (small if stop > at else 1) * 100
    stop += 1
    more, rest = _small(words, stop + _joint(words, stop), values)
    return (more, total + rest) if rest else (stop, total)


def _small(words: Sequence[str], at: int, values: Mapping[str, int]) -> tuple[int, int]:
    first = _value(words, at, values)
    if first is None or first >= 100:
        return at, 0
    second = _value(words, at + 1, values)
    if first >= 20 and first % 10 == 0 and second is not None and 0 < second < 10:
        return at + 2, first + second
    return at + 1, first


def _value(words: Sequence[str], at: int, values: Mapping[str, int]) -> int | None:
    return values.get(words[at]) if at < len(words) else None


def _joint(words: Sequence[str], at: int) -> int:
    return int(at < len(words) and words[at] == "and")
