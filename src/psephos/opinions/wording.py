"""How do a count with its noun, a long list of names and a number below zero read in a sentence?"""

from __future__ import annotations

from collections.abc import Sequence

MINUS = "\u2212"
"""The minus sign; a hyphen is shorter and higher than a plus."""


def first_of(names: Sequence[object], most: int = 5, *, sign: str = ", ") -> str:
    """The first of many names, and how many more there are.

    Parameters
    ----------
    names : sequence
        Names, or what reads as one.
    most : int, default 5
        How many are shown.
    sign : str, default ", "
        What stands between two names.

    Returns
    -------
    str

    See Also
    --------
    psephos.opinions.kinds.listed : the same in quotes, for names from outside.

    Examples
    --------
    >>> first_of(["ann", "bob", "cat", "dan"], 2), first_of(["ann", "bob"], sign=" = ")
    ('ann, bob and 2 more', 'ann = bob')
    """
    more = len(names) - most
    return sign.join(str(name) for name in names[:most]) + (f" and {more:,} more" if more > 0 else "")


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun; the one way in which psephos writes both.

    Parameters
    ----------
    count : int
    one : str
        The noun where there is one.
    many : str, optional
        The noun otherwise; that of one with an s if not given.

    Returns
    -------
    str

    Examples
    --------
    >>> plural(1, "item"), plural(1200, "item"), plural(0, "reply", "replies")
    ('1 item', '1,200 items', '0 replies')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def true_minus(text: str) -> str:
    r"""A number in figures with a minus sign in the place of the hyphen.

    Parameters
    ----------
    text : str
        As `format` writes it.

    Returns
    -------
    str

    Examples
    --------
    >>> true_minus(f"{-0.25:+.2f}") == "\u22120.25"
    True
    """
    return text.replace("-", MINUS)
