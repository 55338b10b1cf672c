"""Is this a password that can be used, and is it the right one?

Long is what counts: at least 12 characters where a second factor stands beside it, 15 where none does, and any
character. No rules about digits or signs, which lead to worse passwords. What is refused is what is guessed first:
words of a shipped list with digits around them, one sign or a short piece repeated, neighbours on a keyboard or in
the alphabet, the name of the user. Kept is only an Argon2id hash (64 MiB, 3 passes), which is renewed when the costs
are raised.

Source: sheet 90 section 7; OWASP ASVS 5.0.0 V6. Differs: the list is of words, so that ``Dragon2026!!!!`` falls too.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from psephos.errors import InputError

AT_ONCE = 4
"""Passwords that are looked at at the same time, at 64 MiB each; others wait, or a crowd would fill the memory."""

_TURNS = BoundedSemaphore(AT_ONCE)
SHORTEST, SHORTEST_ALONE, LONGEST = 12, 15, 256
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
)
_LEET = str.maketrans("013457$@", "oieastsa")


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """The Argon2id hash that is kept of a password."""
    with _TURNS:
        return _hasher().hash(_normal(password))


def is_right(password: str, kept: str | None) -> bool:
    """Whether a password fits the hash that is kept.

    Where there is none, as for a user who does not exist, the same work is done for nothing, so that the time does not
    tell.
    """
    try:
        with _TURNS:
            right = _hasher().verify(kept or _of_nobody(), _normal(password[: LONGEST * 4]))
    except (VerificationError, InvalidHashError):
        return False
    return right and kept is not None


def is_outdated(kept: str) -> bool:
    """Whether a hash was made at lower costs than those of today."""
    return _hasher().check_needs_rehash(kept)


def check_password(password: str, *, name: str = "", second_factor: bool = False) -> str:
    """Return the password if it may be used.

    Parameters
    ----------
    password : str
    name : str
        Name or address of the user, which the password must not be.
    second_factor : bool
        Whether something else is asked for besides.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If it is too short, too long, or among what is guessed first.

    Examples
    --------
    >>> check_password("four quiet herons")
    'four quiet herons'
    >>> check_password("Password12345678")
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: password: is among those that are guessed first; take a few words that ...
    """
    plain = _normal(password)
    shortest = SHORTEST if second_factor else SHORTEST_ALONE
    if len(plain) < shortest:
        raise InputError(
            "password",
            f"must have {shortest} characters or more, got {len(plain)}",
            hint="a few words in a row are long and easy to keep",
        )
    if len(plain) > LONGEST:
        raise InputError("password", f"may have {LONGEST} characters, got {len(plain):,}")
    if _is_guessed_first(plain, name):
        hint = "take a few words that do not belong together"
        raise InputError("password", "is among those that are guessed first", hint=hint)
    return password


def _is_guessed_first(plain: str, name: str) -> bool:
    small = plain.casefold()
    if len(set(small)) < 4 or re.fullmatch(r"(.{1,6})\1+.{0,5}", small, flags=re.DOTALL):
        return True
    if _runs(small) > len(small) / 2:
        return True
    own = {part for part in re.split(r"\W+", name.casefold()) if len(part) > 2}
    pieces = [re.sub(r"[\W\d_]+", " ", text).split() for text in (small, small.translate(_LEET))]
    return any(words and all(_is_common(word, own) for word in words) and len("".join(words)) < 15 for words in pieces)


def _is_common(word: str, own: set[str]) -> bool:
    """Whether a word is on the list, is the user's name, or is two such words in one."""
    known = common_words() | own
    return word in known or any(word[:cut] in known and word[cut:] in known for cut in range(2, len(word) - 1))


def _runs(text: str) -> int:
    """How many characters stand in runs of four or more neighbours, forwards or backwards."""
    lines = [line for row in _ROWS for line in (row, row[::-1])]
    count, place = 0, 0
    while place < len(text) - 3:
        size = 4
        if not any(text[place : place + size] in line for line in lines):
            place += 1
            continue
        while place + size < len(text) and any(text[place : place + size + 1] in line for line in lines):
            size += 1
        count, place = count + size, place + size
    return count


@cache
def common_words() -> frozenset[str]:
    """The shipped list: words that passwords are made of most often."""
    text = files("psephos.review.accounts").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


@cache
def _of_nobody() -> str:
    return _hasher().hash("nobody has this password")


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
