"""When have enough answers to one question been drawn?

With a >= b the two largest counts of the n answers so far:

    ASC, Beta        stop when P(theta > 1/2) >= C,   theta ~ Beta(a + 1, b + 1)
    ASC, Dirichlet   stop when P(the leader is the mode) >= C under Dirichlet(counts + 1)
    PPR-1v1          stop when f(1/2; a + 1, b_j + 1) <= delta / (K - 1) for every rival j of K possible answers
    PPR-1vR          stop when f(1/2; a + 1, n - a + 1) <= delta: the leader against all others together
    ESC              stop when one of the windows of w answers is unanimous

f is the density of a Beta distribution. Of a fair coin the density at 1/2 is a nonnegative martingale that starts at 1,
so by Ville's inequality it ever falls to delta with a chance of at most delta: the two PPR rules are wrong in at most
the share delta of the runs *however often one looks*. ASC and ESC promise nothing of the kind. PPR-1vR needs a mode
that more than half of the answers give.

Sources: Aggarwal et al. (2023), arXiv 2305.11860 (ASC); Jain et al. (2022), AAAI 36(6) (PPR); Li et al. (2024), arXiv
2401.10480 (ESC); arXiv 2511.12309. Differs: nothing in the rules; where K is not known, see `n_classes`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from psephos.allocation.mode_probability import best_probability
from psephos.errors import InputError, check_choice, check_count, check_number

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
CountsLike = npt.ArrayLike | Mapping[Any, int]

LARGEST = 2**53
"""The largest count: up to here numbers of any kind tell whole numbers apart."""


def lead_certainty(counts: CountsLike) -> Floats:
    """Probability that the leader beats the runner-up in the end: ASC's certainty, between .5 and 1.

    Parameters
    ----------
    counts : array_like of int, shape (n_answers,) or (n_questions, n_answers), or mapping of answer to int
        How often each answer was given.

    Returns
    -------
    ndarray of float64, scalar or shape (n_questions,)
        Between .5 and 1.

    Raises
    ------
    InputError
        If a count is negative or no whole number.

    See Also
    --------
    mode_certainty : the same against all other answers.

    Examples
    --------
    >>> lead_certainty([4, 1])
    np.float64(0.890625)
    """
    table, shape = _table(counts)
    a, b = _two_largest(table)
    return beta_certainty(a, b).reshape(shape)[()]


def mode_certainty(counts: CountsLike, *, n_classes: int | None = None) -> Floats:
    """Probability that the leader is the mode, under a Dirichlet posterior with a prior of 1 an answer.

    Parameters
    ----------
    counts : array_like of int, shape (n_answers,) or (n_questions, n_answers), or mapping of answer to int
        How often each answer was given.
    n_classes : int, optional
        Answers there can be; by default those that have a count, and one more.

    Returns
    -------
    ndarray of float64, scalar or shape (n_questions,)
        Between 1 / answers and 1.

    Raises
    ------
    InputError
        If a count is negative or no whole number, or there are more answers than `n_classes`.

    Examples
    --------
    >>> mode_certainty([4, 0, 0, 0], n_classes=4).round(6)
    np.float64(0.917619)
    """
    table, shape = _table(counts)
    falling = -np.sort(-table, axis=1)
    classes = _classes(falling, n_classes)
    width = int(classes.max(initial=2))
    falling = np.pad(falling, ((0, 0), (0, max(0, width - falling.shape[1]))))[:, :width]
    found = np.empty(len(table))
    for k in np.unique(classes):
        rows, which = np.unique(falling[classes == k, :k], axis=0, return_inverse=True)
        found[classes == k] = best_probability(rows.astype(np.float64) + 1)[which]
    return found.reshape(shape)[()]


def lead_evidence(counts: CountsLike) -> Floats:
    """Logarithm of f(1/2; a + 1, b + 1): how much the counts speak against a tie of the two leading answers.

    The density, not a probability: 0 before the first answer, above 0 near a tie, and falling without end as one
    answer pulls away.

    Parameters
    ----------
    counts : array_like of int, shape (n_answers,) or (n_questions, n_answers), or mapping of answer to int
        How often each answer was given.

    Returns
    -------
    ndarray of float64, scalar or shape (n_questions,)
        The leader is proven where it is at most log(delta / (K - 1)).

    Raises
    ------
    InputError
        If a count is negative or no whole number.

    See Also
    --------
    certainty_path : the p-value that follows from it, answer by answer.

    Examples
    --------
    >>> lead_evidence([[3, 1], [8, 2]]).round(6)
    array([ 0.223144, -0.726914])
    """
    table, shape = _table(counts)
    return log_density(*_two_largest(table)).reshape(shape)[()]


def stop_by_certainty(
    counts: CountsLike, *, threshold: float = 0.95, prior: str = "beta", n_classes: int | None = None
) -> npt.NDArray[np.bool_]:
    """Whether the leader is certain enough: Adaptive-Consistency (ASC). No guarantee: repeated looks make it too sure.

    Parameters
    ----------
    counts : array_like of int, shape (n_answers,) or (n_questions, n_answers), or mapping of answer to int
        How often each answer was given.
    threshold : float, default 0.95
        C, between 0 and 1.
    prior : {"beta", "dirichlet"}, default "beta"
        Whether the leader is compared with the runner-up or with all other answers.
    n_classes : int, optional
        Answers there can be, for ``"dirichlet"``; by default those that have a count, and one more.

    Returns
    -------
    ndarray of bool, scalar or shape (n_questions,)
        True where one may stop.

    Raises
    ------
    InputError
        If a count is negative or no whole number, or `threshold` is not between 0 and 1.

    See Also
    --------
    stop_by_evidence : with a guarantee.

    Examples
    --------
    >>> stop_by_certainty([[3], [4]])
    array([False,  True])
    """
    level = check_number("threshold", threshold, low=0, high=1, open_ends=True)
    check_choice("prior", prior, ("beta", "dirichlet"))
    found = lead_certainty(counts) if prior == "beta" else mode_certainty(counts, n_classes=n_classes)
    return np.asarray(found >= level)[()]


def stop_by_evidence(
    counts: CountsLike,
    *,
    delta: float = 0.05,
    n_classes: int | None = None,
    rival: str = "each",
    split: str = "even",
) -> npt.NDArray[np.bool_]:
    """Whether the leader is proven: the prior-posterior-ratio test (PPR).

    A run that stops at its first True has the wrong leader with a chance of at most `delta`.

    Parameters
    ----------
    counts : array_like of int, shape (n_answers,) or (n_questions, n_answers), or mapping of answer to int
        How often each answer was given.
    delta : float, default 0.05
        Chance of an error, between 0 and 1.
    n_classes : int, optional
        K, the answers there can be. It has to be known beforehand for the guarantee to hold. By default those that
        have a count, and one more, and then the guarantee is heuristic.
    rival : {"each", "rest"}, default "each"
        PPR-1v1, the leader against each rival; or PPR-1vR, against all others together.
    split : {"even", "appearance"}, default "even"
        How 1v1 shares delta among rivals: evenly among K - 1, or delta / (j (j + 1)) for the j-th rival in the order of
        the counts, the first one not yet seen included, for an unknown K. The latter is heuristic too: which answer
        appears first is chance.

    Returns
    -------
    ndarray of bool, scalar or shape (n_questions,)
        True where one may stop.

    Raises
    ------
    InputError
        If a count is negative or no whole number, `delta` is not between 0 and 1, or `n_classes` is below 2 or below
        the number of answers.

    See Also
    --------
    stop_by_certainty : sooner, without a guarantee.

    Examples
    --------
    >>> stop_by_evidence([[7, 0], [8, 0]], n_classes=2)
    array([False,  True])
    """
    level = check_number("delta", delta, low=0, high=1, open_ends=True)
    check_choice("rival", rival, ("each", "rest"))
    check_choice("split", split, ("even", "appearance"))
    table, shape = _table(counts)
    a, b = _two_largest(table)
    if rival == "rest":
        rest = table.sum(axis=1) - a
        stop = (a > rest) & (log_density(a, rest) <= np.log(level))
    elif split == "even":
        classes = _classes(table, n_classes)
        stop = (a > b) & (log_density(a, b) <= np.log(level / (classes - 1)))
    else:
        stop = (a > b) & _each_rival_beaten(table, level)
    return np.asarray(stop).reshape(shape)[()]


def stop_by_window(answers: Sequence[Hashable], *, width: int = 5) -> bool:
    """Whether one of the windows of answers so far is unanimous: Early-Stopping Self-Consistency (ESC).

    Windows follow each other and do not overlap; answers of None are no answers, and a window that holds one is not
    unanimous.

    Parameters
    ----------
    answers : sequence
        In the order in which they came.
    width : int, default 5
        Answers in a window.

    Returns
    -------
    bool
        True where one may stop.

    Raises
    ------
    InputError
        If `width` is below 1.

    Examples
    --------
    >>> stop_by_window("abaabaaaaa"), stop_by_window("abaaa")
    (True, False)
    """
    size = check_count("width", width)
    windows = (answers[start : start + size] for start in range(0, len(answers) - size + 1, size))
    return any(window[0] is not None and all(one == window[0] for one in window) for window in windows)


def beta_certainty(first: npt.ArrayLike, second: npt.ArrayLike) -> Floats:
    """P(theta > 1/2) of theta ~ Beta(first + 1, second + 1); exactly 1/2 where both are equal."""
    return _of_pairs(lambda a, b: np.where(a == b, 0.5, special.betaincc(a + 1, b + 1, 0.5)), first, second)


def log_density(first: npt.ArrayLike, second: npt.ArrayLike) -> Floats:
    """Logarithm of f(1/2; first + 1, second + 1)."""
    return _of_pairs(lambda a, b: -(a + b) * np.log(2) - special.betaln(a + 1, b + 1), first, second)


def _of_pairs(function: Callable[[Floats, Floats], Floats], first: npt.ArrayLike, second: npt.ArrayLike) -> Floats:
    """A function of two whole numbers, looked up in a table where there are more pairs than cells of the table."""
    a, b = np.asarray(first), np.asarray(second)
    if a.size and a.shape == b.shape and a.dtype.kind == b.dtype.kind == "i":
        width, height = int(a.max()) + 1, int(b.max()) + 1
        if width * height < a.size:
            grid = function(np.arange(width, dtype=np.float64)[:, None], np.arange(height, dtype=np.float64))
            return np.asarray(grid[a, b])
    return np.asarray(function(a.astype(np.float64), b.astype(np.float64)))


def _table(counts: CountsLike) -> tuple[Counts, tuple[int, ...]]:
    """Counts as a table of at least one column, and the shape of what is said of each question."""
    try:
        values = np.asarray(list(counts.values()) if isinstance(counts, Mapping) else counts)
    except ValueError:
        raise InputError("counts", "must be rows of one length", hint="fill up with 0") from None
    if values.ndim not in (1, 2):
        raise InputError("counts", f"must have 1 or 2 dimensions, got {values.ndim}")
    if not values.shape[-1]:
        values = np.zeros((*values.shape[:-1], 1), dtype=np.int64)
    whole = values.dtype.kind in "iu" or (values.dtype.kind == "f" and bool((values == np.floor(values)).all()))
    if not whole or values.max(initial=0) > LARGEST:
        raise InputError("counts", f"must be whole numbers up to {LARGEST:,}")
    if (values < 0).any():
        raise InputError("counts", f"must not be negative, got {values.min():g}")
    return np.atleast_2d(values).astype(np.int64), values.shape[:-1]


def _two_largest(table: Counts) -> tuple[Counts, Counts]:
    if table.shape[1] == 1:
        return table[:, 0], np.zeros(len(table), dtype=np.int64)
    top = np.partition(table, -2, axis=1)
    return top[:, -1], top[:, -2]


def _classes(table: Counts, n_classes: int | None) -> Counts:
    """K of each question."""
    seen = (table > 0).sum(axis=1)
    if n_classes is None:
        return np.asarray(np.maximum(seen + 1, 2))
    check_count("n_classes", n_classes, low=2)
    if seen.max(initial=0) > n_classes:
        raise InputError("n_classes", f"is {n_classes}, but a question has {seen.max()} answers")
    return np.full(len(table), n_classes)


def _each_rival_beaten(table: Counts, delta: float) -> npt.NDArray[np.bool_]:
    """Whether f <= delta / (j (j + 1)) for the j-th rival in the order of the columns, and for one not yet seen."""
    table = np.pad(table, ((0, 0), (0, 1)))
    leader = table.argmax(axis=1)
    seen = table > 0
    seen[np.arange(len(table)), leader] = False
    place = np.cumsum(seen, axis=1)
    last = place[:, -1] + 1
    a = table.max(axis=1, keepdims=True)
    beaten = ~seen | (log_density(a, table) <= np.log(delta / np.maximum(place * (place + 1), 1)))
    unseen = log_density(a[:, 0], 0) <= np.log(delta / (last * (last + 1)))
    return np.asarray(beaten.all(axis=1) & unseen)
