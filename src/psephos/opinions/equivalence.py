"""Which answers are the same answer?

A rule turns an answer into a key; answers with equal keys are one. The rules, from strict to lax:

    exact      the text as it is
    casefold   without case and outer blanks: "Yes " = "yes"
    text       words only, without case and punctuation: "It's fine!" = "it's  FINE"
    number     the value of a number, a fraction or a per cent, dollar signs around it dropped: "1,250" = "1250.0",
               "1/2" = "0.5" = "50%", "1 1/2" = "1.5"; what is no number is compared as `casefold` without dollar
               signs, quotes and full stops around it, so that every sign of a formula counts: "-2x" is not "2x"

A callable from text to key is a rule too. A fraction is compared as an exact ratio, never through a rounded float, and
a text that only contains a number is no number: "5 mg" and "5" differ. Where no key tells, answers can be compared two
at a time, see `psephos.opinions.comparing`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.comparing import Pairwise

Equivalence: TypeAlias = str | Callable[[str], object] | Pairwise

_NUMBER = re.compile(r"([-+]?)(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d*))?(?:e([-+]?\d{1,3}))?", re.IGNORECASE)
_LONGEST_NUMBER = 400
_SIGNS = "-<>\u2264\u2265\u00b1"
"""What makes another number of the one right behind it: minus, less, more, at most, at least, give or take."""
_OPENING = "([{$\u20ac\u00a3\u00a5=:<>\u2264\u2265\u00b1"
"""What may stand right before such a sign; after a letter or a digit a hyphen joins, as in 5-10 and x-5."""
_AROUND = " .,;:!?\"'$\u2018\u2019\u201c\u201d"


def exact(answer: str) -> str:
    """The answer as it is.

    Examples
    --------
    >>> exact("Yes ")
    'Yes '
    """
    return answer


def casefold(answer: str) -> str:
    """The answer without case and outer blanks, inner blanks made one.

    Examples
    --------
    >>> casefold("  Not  Sure ")
    'not sure'
    """
    return " ".join(unicodedata.normalize("NFKC", _composed(answer).casefold()).split())


def text(answer: str) -> str:
    """Words only, cut as `words` cuts them, without case and with single blanks between them.

    An answer of punctuation alone stays as it is, so that "?" and "!" do not become one empty answer.

    Examples
    --------
    >>> text("It's 0.5 -- fine!"), text("?!")
    ("it's 0.5 fine", '?!')
    """
    plain = casefold(answer)
    return " ".join(_cut(plain)) or plain


def words(answer: str) -> list[str]:
    """Cut a text into lower-case words without punctuation.

    NFKC first (with a blank before a fraction sign that follows a digit), then lower case; thousands commas go; an
    apostrophe stays between letters or digits, ``.``, ``:`` and ``/`` stay between digits, ``%`` after a digit is a
    word of its own, and every other sign is a blank. Nothing is stemmed and no word is dropped. Source: sheet 01;
    differs: blanks may stand before the ``%``, so that "5 %" is "5%"; a number that starts with its point is the same
    number with a 0 before it, and a minus or a comparison (-5, <5) right before a number stays with it, where the
    sheet would leave 5 of each of them.

    Examples
    --------
    >>> words("BP 120/80, temp 37.5%, 1,250 mg at 10:30.")
    ['bp', '120/80', 'temp', '37.5', '%', '1250', 'mg', 'at', '10:30']
    """
    return _cut(_composed(answer).lower())


def number(answer: str) -> Fraction | str:
    r"""The value of a number, fraction or per cent; of anything else the text with all its inner signs.

    Examples
    --------
    >>> number("1,250") == number("1250.0"), number("1/2") == number("50 %"), number("5 mg.")
    (True, True, '5 mg')
    >>> number(r"$-2\pi$"), number("None!")
    ('-2\\pi', 'none')
    """
    value = parse_number(answer)
    plain = casefold(answer) if value is None else ""
    return (plain.strip(_AROUND) or plain) if value is None else value


def parse_number(answer: str) -> Fraction | None:
    """The exact value of a text that is a number and nothing else, or None.

    Examples
    --------
    >>> parse_number(" -1.5e2 "), parse_number("1/3"), parse_number("1,25"), parse_number("1/0")
    (Fraction(-150, 1), Fraction(1, 3), None, None)
    """
    if len(answer) > _LONGEST_NUMBER:
        return None
    plain = _composed(answer).replace("\u2212", "-").replace("\u2044", "/").strip().strip("$").strip()
    percent = plain.endswith("%")
    value = _ratio(plain.removesuffix("%").strip())
    return value / 100 if percent and value is not None else value


RULES: Mapping[str, Callable[[str], object]] = MappingProxyType(
    {"exact": exact, "casefold": casefold, "text": text, "number": number}
)


def rule_of(equivalence: Equivalence) -> Callable[[str], object]:
    """The function from an answer to its key, of a rule by its name or of a function, which is one already.

    Examples
    --------
    >>> rule_of("casefold")("Yes ")
    'yes'
    """
    if isinstance(equivalence, Pairwise):
        raise InputError("equivalence", "compares the answers on one item", hint="use Opinions.merged, in memory")
    if callable(equivalence):
        return equivalence
    if not isinstance(equivalence, str) or equivalence not in RULES:
        raise InputError("equivalence", f"must be one of {', '.join(RULES)} or a function, got {equivalence!r}")
    return RULES[equivalence]


def classes(
    vocabulary: pl.Series, counts: npt.NDArray[np.int64], equivalence: Equivalence
) -> tuple[npt.NDArray[np.int32], pl.Series]:
    """Group the answers of a vocabulary by a rule.

    Parameters
    ----------
    vocabulary : polars.Series of String, shape (n_answers,)
        Distinct answers.
    counts : ndarray of int64, shape (at most n_answers,)
        How often each was given; answers beyond its end were not.
    equivalence : str or callable
        A name of `RULES`, or a function from answer to a hashable key.

    Returns
    -------
    ndarray of int32, shape (n_answers,)
        Class of each answer.
    polars.Series of String, shape (n_classes,)
        Name of each class: its most frequent answer, the first of the vocabulary among equals. Classes are numbered in
        the order of their names in the vocabulary.
    """
    rule = rule_of(equivalence)
    if rule is exact:
        return np.arange(len(vocabulary), dtype=np.int32), vocabulary
    given = np.zeros(len(vocabulary), dtype=np.int64)
    given[: len(counts)] = counts
    members: dict[object, list[int]] = {}
    for position, answer in enumerate(vocabulary):
        key = rule(answer)
        try:
            members.setdefault(key, []).append(position)
        except TypeError:
            raise InputError("equivalence", f"gave {key!r:.60} for {answer!r:.60}, which is not hashable") from None
    named = sorted((max(group, key=lambda position: (given[position], -position)), group) for group in members.values())
    code = np.empty(len(vocabulary), dtype=np.int32)
    for new, (_, group) in enumerate(named):
        code[group] = new
    return code, vocabulary.gather([name for name, _ in named])


def _composed(answer: str) -> str:
    """The answer in NFKC, with a blank between a digit and a fraction or superscript: 1\u00bd is not 11/2."""
    if answer.isascii():
        return answer
    spaced = "".join(
        " " + sign if answer[place - 1 : place].isdecimal() and _turns_into_digits(sign) else sign
        for place, sign in enumerate(answer)
    )
    return unicodedata.normalize("NFKC", spaced)


def _turns_into_digits(sign: str) -> bool:
    return unicodedata.category(sign) == "No" and unicodedata.normalize("NFKC", sign) != sign


def _cut(folded: str) -> list[str]:
    folded = folded.replace("\u2019", "'").replace("\u2018", "'").replace("\u2044", "/").replace("\u2212", "-")
    folded = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", folded)
    folded = re.sub(r"(?<![\w.,:/])\.(?=\d)", "0.", folded)  # .5 is 0.5, and ten times less than 5
    kept = []
    last = ""
    for place, sign in enumerate(folded):
        before, after = folded[place - 1 : place] if place else "", folded[place + 1 : place + 2]
        inside = (
            (sign == "'" and before.isalnum() and after.isalnum())
            or (sign in ".:/" and before.isdigit() and after.isdigit())
            or (
                sign in _SIGNS
                and (not before or before.isspace() or before in _OPENING)
                and _counts(after, folded, place)
            )
        )
        if inside or unicodedata.category(sign)[0] in "LMN":
            kept.append(sign)
        else:
            kept.append(" % " if sign == "%" and last.isdigit() else " ")
        last = last if sign.isspace() else sign
    return "".join(kept).split()


def _counts(after: str, folded: str, place: int) -> bool:
    """Whether a number stands right behind a sign, maybe with a minus of its own."""
    return after.isdigit() or (after == "-" and folded[place] != "-" and folded[place + 2 : place + 3].isdigit())


def _ratio(plain: str) -> Fraction | None:
    """A decimal number, a fraction, or a whole number and a fraction."""
    top, slash, bottom = plain.partition("/")
    if not slash:
        return _decimal(plain)
    whole, _, top = top.strip().rpartition(" ")
    before, above, below = _decimal(whole.strip() or "0"), _decimal(top), _decimal(bottom.strip())
    if before is None or above is None or not below:
        return None
    if whole and (before.denominator > 1 or not (top + bottom.strip()).isdecimal()):
        return None
    return before - above / below if whole.startswith("-") else before + above / below


def _decimal(plain: str) -> Fraction | None:
    found = _NUMBER.fullmatch(plain)
    if not found or not (found[2] or found[3]):
        return None
    sign, whole, part, power = found[1], (found[2] or "0").replace(",", ""), found[3] or "", int(found[4] or 0)
    value = Fraction(int(whole + part or "0")) * Fraction(10) ** (power - len(part))
    return -value if sign == "-" else value
