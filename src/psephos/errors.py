"""What is wrong with the input, where, and what to do about it?

Every complaint about what a caller handed over is an `InputError` that names the argument, what is wrong with it, where
(a row, a file, an index) and what to do. The named errors of the method sheets are subclasses and live here. Checks at
the public door use the functions below; the code behind the door trusts its data.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

ALIKE = 0.8
"""How like each other the letters of two names must be for one to be taken for a slip of the other, 0 to 1."""


class InputError(ValueError):
    """An argument or a file cannot be used as it is.

    Parameters
    ----------
    argument : str
        Name of the argument, column or file at fault.
    problem : str
        What is wrong, with the value found.
    where : str, optional
        Row, index or position of the first fault.
    hint : str, optional
        What the caller can do.

    See Also
    --------
    psephos.errors : the checks that raise it, and its named subclasses.

    Examples
    --------
    >>> print(InputError("level", "must lie between 0 and 1, got 95", hint="write 0.95"))
    level: must lie between 0 and 1, got 95; write 0.95
    """

    def __init__(self, argument: str, problem: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.argument = argument
        self.problem = problem
        self.where = where
        self.hint = hint
        super().__init__(argument, problem, where, hint)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.argument, self.problem, self.where, self.hint)

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        advice = f"; {self.hint}" if self.hint else ""
        return f"{self.argument}: {self.problem}{place}{advice}"


class ParseError(InputError):
    """A file does not follow its format; `argument` is the path, `where` the line or row.

    Raised by the readers. A file that is not there is one too, so that a caller has to wait for one error only.
    """


class EncodingError(ParseError):
    """A text file is not in the stated encoding; `where` is the byte at which it breaks.

    State the encoding (`encoding=`) instead of guessing: a text that is read wrongly looks like disagreement.
    """


class TimeError(InputError):
    """A time is negative or no number, ends before it starts, or starts step back; `where` is the line or row.

    Times are seconds from the start of the recording. Raised by readers of transcripts and when words are aligned.
    """


class ConfidenceError(InputError):
    """A confidence lies outside 0 to 1; `where` is the line or row.

    Some recognisers give logarithms or per cent; turn these into probabilities first.
    """


class DuplicateSystemError(InputError):
    """One system has two transcripts of one clip; `where` names the places.

    A recogniser has one vote on a clip. Where a system was run twice, name the runs as two voters.
    """


class ScaleError(InputError):
    """A score is off its scale or between its levels, or unlike scales would be pooled; `where` names the place.

    State the levels of each year or venue (`scale=`): a 6 of 10 and a 6 of 8 are not the same score.
    """


class DuplicateReviewError(InputError):
    """One reviewer has two reviews of one item; `where` names both.

    Reviews are told apart by item and reviewer; leave out one of them, or name the reviewers apart.
    """


class ContradictionError(InputError):
    """One voter gave two different opinions on one item and the caller asked for none of that.

    Raised with ``repeated="error"``; ``"first"`` and ``"last"`` say which opinion counts instead, and it is noted.
    """


class ModelMismatchError(InputError):
    """A model of votes cannot have given these numbers; `problem` has the numbers.

    As where the variance of votes is larger than any voters on that scale can have: the scale, or what is taken for a
    vote, is another.
    """


class NotTextError(InputError, TypeError):
    """Something that must be text is none; `where` is its index.

    Answers that are compared as texts; numbers count as texts where a method says so. A `TypeError` too.
    """


class LossError(InputError, FloatingPointError):
    """A loss is no longer a number; `argument` is the setting to change, `where` the epoch.

    Training ends here and not some epochs later with weights that are no numbers. A `FloatingPointError` too.
    """


class CassetteMiss(InputError):  # noqa: N818 - the name in the sheet
    """A cassette holds no answer to a request; `argument` is the file, the message names tag and key.

    A cassette replays recorded answers of a language model and never asks a model: record anew, or ask as it was
    asked.
    """


class BudgetExceeded(InputError):  # noqa: N818 - the name in the sheet
    """The next call would exceed a budget and was not made; `partial` is what was finished before.

    Nothing was spent beyond the budget. With a higher one, or another day, the same call goes on from there.
    """

    partial: Any = None


class DisconnectedError(InputError):
    """Groups of candidates never met each other, so nothing places one above the other; the message names them.

    Strengths compare those who met, directly or through others. Rank each group by itself, or show them pairs across.
    """


class SeparationError(InputError):
    """Some candidates never lost, or never won, against the rest: their strength has no end; the message names them.

    More battles end it, or a penalty (`penalty=`), which keeps strengths finite by pulling them together.
    """


class InfeasibleError(InputError):
    """Nothing can keep these bounds; `problem` names the group and the numbers.

    As a committee of three with at least two of each of two groups; loosen a bound.
    """


class NoPictureError(InputError):
    """A result holds nothing of what a picture shows; a page leaves the picture out.

    Not a fault of the input: `psephos.plots.plot` raises it, and reports go on without that picture.
    """


class StoreError(InputError):
    """A database cannot be opened, read or written; `argument` is the file or the address.

    The store of the review app, a SQLite file or PostgreSQL; the message says whether it was opened at all.
    """


class ConflictError(InputError):
    """What was to be changed has changed meanwhile; `seen` and `present` are the two versions.

    Two people changed the same thing. Look at both versions and decide again; nothing was overwritten.
    """

    seen: int | None = None
    present: int | None = None


class TakenError(InputError):
    """As many people as are wanted already decide an item, or have it open.

    Take the next item. A place becomes free when its reservation runs out or is given back.
    """


class BusyError(InputError):
    """Others are being served first; the same will do later."""


class ForbiddenError(InputError):
    """A rule of the project does not let this person do this.

    As deciding an item that is locked, or settling a dispute in which one took part; the hint says what to do.
    """


class MissingPartError(ImportError):
    """An optional part of psephos is needed and not installed.

    Parameters
    ----------
    part : str
        The import that failed.
    extra : str
        The extra of psephos that brings it.
    purpose : str
        What it is needed for.

    Examples
    --------
    >>> print(MissingPartError("matplotlib", "plots", "pictures"))
    pictures need matplotlib; pip install 'psephos[plots]'
    """

    def __init__(self, part: str, extra: str, purpose: str) -> None:
        self.part = part
        self.extra = extra
        self.purpose = purpose
        super().__init__(f"{purpose} need {part}; pip install 'psephos[{extra}]'", name=part)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.part, self.extra, self.purpose)


def _rebuild(kind: type[InputError], argument: str, problem: str, where: str | None, hint: str | None) -> InputError:
    """Recreate an error on the other side of a process boundary; keyword-only parts do not survive plain pickling."""
    return kind(argument, problem, where=where, hint=hint)


def check_choice(
    argument: str, value: str, allowed: Collection[str], *, known_as: Mapping[str, str] | None = None
) -> str:
    """Return `value` if it is one of `allowed`, else raise an `InputError` that lists them.

    Its hint is the one that `known_as` has for a name in use elsewhere, or the choice that is spelt nearly alike; case,
    blanks and hyphens do not matter to either.

    Examples
    --------
    >>> check_choice("ties", "all", ("first", "none"))
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: ties: must be one of 'first', 'none', got 'all'
    >>> check_choice("rule", "PAV", ("cc", "pav"))
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: rule: must be one of 'cc', 'pav', got 'PAV'; write 'pav'
    >>> check_choice("rule", "Chamberlin-Courant", ("cc", "pav"), known_as={"chamberlin courant": "write 'cc'"})
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: rule: must be one of 'cc', 'pav', got 'Chamberlin-Courant'; write 'cc'
    """
    if not (isinstance(value, str) and value in allowed):  # of a list, `in` would ask for its hash
        hint = _meant(value, allowed, known_as or {})
        raise InputError(argument, f"must be one of {', '.join(map(repr, allowed))}, got {value!r}", hint=hint)
    return value


def _meant(value: object, allowed: Collection[str], known_as: Mapping[str, str]) -> str | None:
    """What to write for a name that is no choice, if that can be told."""
    said = _letters(value)
    hints = {_letters(name): hint for name, hint in known_as.items()}
    if said in hints:
        return hints[said]
    choices = {_letters(name): name for name in allowed}
    alike = get_close_matches(said, choices, n=1, cutoff=ALIKE)
    return f"write {choices[alike[0]]!r}" if alike else None


def _letters(name: object) -> str:
    return "".join(sign for sign in str(name).casefold() if sign.isalnum())


def check_number(
    argument: str,
    value: float,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    open_ends: bool = False,
) -> float:
    """Return `value` as float if it is finite and within [low, high] (within (low, high) if `open_ends`).

    Examples
    --------
    >>> check_number("level", 95, low=0, high=1, open_ends=True)
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: level: must lie strictly between 0 and 1, got 95
    >>> check_number("cost", float("inf"), low=0)
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: cost: must be finite and at least 0, got inf
    """
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(argument, f"must be a number, got {value!r}") from None
    inside = low < number < high if open_ends else low <= number <= high
    if isinstance(value, bool) or not math.isfinite(number) or not inside:
        wanted = _range_in_words(low, high, open_ends)
        if math.isinf(number) and math.isinf(low) != math.isinf(high):  # "at least 0" alone would let it in
            wanted = wanted.replace("be ", "be finite and ", 1)
        raise InputError(argument, f"must {wanted}, got {value!r}")
    return number


def is_number(value: object) -> bool:
    """Whether a value from outside is a number, and none too large to be counted with.

    For whoever reads what others wrote and goes on without what is no number; `check_number` refuses.

    Examples
    --------
    >>> is_number(-0.5), is_number(10**400), is_number("4"), is_number(True)
    (True, False, False, False)
    """
    try:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:
        return False


def check_count(argument: str, value: int, *, low: int = 1) -> int:
    """Return `value` as int if it is a whole number of at least `low`.

    Examples
    --------
    >>> check_count("repeats", 0)
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: repeats: must be a whole number of at least 1, got 0
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < low:
        raise InputError(argument, f"must be a whole number of at least {low}, got {value!r}")
    return int(value)


def check_floats(
    argument: str, values: npt.ArrayLike, *, ndim: int = 1, missing: bool = False
) -> npt.NDArray[np.float64]:
    """Return `values` as a float64 array of `ndim` dimensions, refusing infinity and (unless `missing`) NaN.

    Examples
    --------
    >>> check_floats("scores", [1, float("nan")])
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: scores: holds NaN (index 1)
    """
    try:
        # NumPy would make numbers of these: of a date the days since 1970.
        if np.iscomplexobj(values) or getattr(getattr(values, "dtype", None), "kind", "") in ("m", "M"):
            raise TypeError
        array = np.asarray(values, dtype=np.float64)
        if np.ma.isMaskedArray(values):  # `asarray` would bring back what was masked
            array = np.where(np.ma.getmaskarray(values), np.nan, array)
    except (TypeError, ValueError, OverflowError):
        raise InputError(argument, "must hold real numbers only") from None
    if array.ndim != ndim:
        raise InputError(argument, f"must have {ndim} dimension(s), got {array.ndim}")
    bad = np.isinf(array) if missing else ~np.isfinite(array)
    if bad.any():
        index = np.unravel_index(int(np.argmax(bad)), array.shape)
        raise InputError(argument, f"holds {_name_of(array[index])}", where=f"index {', '.join(map(str, index))}")
    return array


def check_squares(name: str, values: npt.NDArray[np.float64]) -> None:
    """Refuse numbers whose squares, or sums of them, are beyond what a float holds.

    Raises
    ------
    InputError
        If one is beyond 1e150 either way.

    Examples
    --------
    >>> check_squares("votes", np.array([1.0, -3e149]))
    """
    far = values[np.abs(values) > 1e150]
    if len(far):
        raise InputError(name, f"hold {far[0]:g}, too large to be squared", hint="give all in a larger unit")


def check_codes(argument: str, values: npt.ArrayLike, *, ndim: int = 2) -> npt.NDArray[np.int32]:
    """Return `values` as int32 codes of `ndim` dimensions; -1 marks a missing opinion, less is refused.

    Examples
    --------
    >>> check_codes("choices", [[0, -2]])
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: choices: holds -2; codes start at 0 and -1 marks a missing opinion (index 0, 1)
    """
    hidden = np.ma.getmaskarray(values) if np.ma.isMaskedArray(values) else None
    try:
        array = np.asarray(values)
        if hidden is not None:  # 0 is a number of every type, -1 is none of those without a sign
            array = np.where(hidden, 0, array)
        if array.dtype.kind not in "iub" and not (array.dtype.kind == "f" and np.all(array == np.floor(array))):
            raise TypeError
    except (TypeError, ValueError):
        raise InputError(argument, "must hold whole numbers (codes) only") from None
    if array.ndim != ndim:
        raise InputError(argument, f"must have {ndim} dimension(s), got {array.ndim}")
    bad = (array < -1) | (array > np.iinfo(np.int32).max)
    if bad.any():
        index = np.unravel_index(int(np.argmax(bad)), array.shape)
        raise InputError(
            argument,
            f"holds {array[index]}; codes start at 0 and -1 marks a missing opinion",
            where=f"index {', '.join(map(str, index))}",
        )
    codes = array.astype(np.int32)
    if hidden is not None:
        codes[hidden] = -1
    return codes


def check_same_length(**arrays: Any) -> int:
    """Return the common length of the named arrays.

    Examples
    --------
    >>> check_same_length(item=[1, 2], voter=[1])
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: voter: must have as many rows as item (2), got 1
    """
    (first, values), *others = arrays.items()
    for name, other in others:
        if len(other) != len(values):
            raise InputError(name, f"must have as many rows as {first} ({len(values)}), got {len(other)}")
    return len(values)


def _range_in_words(low: float, high: float, open_ends: bool) -> str:
    if math.isinf(low) and math.isinf(high):
        return "be a finite number"
    if math.isinf(high):
        return f"be more than {low:g}" if open_ends else f"be at least {low:g}"
    if math.isinf(low):
        return f"be less than {high:g}" if open_ends else f"be at most {high:g}"
    return f"lie strictly between {low:g} and {high:g}" if open_ends else f"lie between {low:g} and {high:g}"


def _name_of(value: float) -> str:
    return "NaN" if math.isnan(value) else "infinity"
