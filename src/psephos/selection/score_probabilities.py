r"""How likely is a response right, given its score?

Scores put responses in order and are no probabilities. On responses that are known to be right or wrong a rising step
function is fitted to them by least squares,

    minimise sum_i (f(s_i) - right_i)^2      over functions f that never fall,

and between two neighbours f is a straight line. Half a right response below all others and half a wrong one above them
keep f off 0 and 1, which no finite number of responses proves.

A probability of a response that took part in the fit flatters the score. So without new scores each response is judged
by a fit to the other questions, in folds of whole questions: what comes back can be held against the truth
(`psephos.metrics.probability_report`).

Source: isotonic calibration, Zadrozny and Elkan (2002), doi:10.1145/775047.775151; sheet 39, "beyond the paper".
Differs: the two halves of a response are ours.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from psephos.engine import Rng
from psephos.engine.streams import generator
from psephos.errors import InputError, check_count, check_floats, check_same_length
from psephos.opinions.coding import encode
from psephos.opinions.frames import series
from psephos.selection.pools import Floats

PSEUDO = 0.5
"""Weight of the right response below all others and of the wrong one above them."""


def score_probabilities(
    scores: npt.ArrayLike,
    right: npt.ArrayLike,
    new: npt.ArrayLike | None = None,
    *,
    questions: npt.ArrayLike | None = None,
    folds: int = 10,
    rng: Rng = 0,
) -> Floats:
    """Probability that a response is right, learnt from responses whose truth is known.

    Parameters
    ----------
    scores : array_like of float, shape (n_responses,)
        Scores of responses that are known to be right or wrong; more is better. -inf is the worst; NaN is refused.
    right : array_like of bool or {0, 1}, shape (n_responses,)
    new : array_like of float, shape (n_new,), optional
        Scores of other responses.
    questions : array_like, shape (n_responses,), optional
        Question of each response; those of one question are judged by a fit without all of them. Each response is a
        question of its own if not given.
    folds : int, default 10
        In how many parts the questions are judged, where there are no new scores.
    rng : int, Generator, SeedSequence or None, default 0
        Random numbers by which questions are dealt into folds.

    Returns
    -------
    ndarray of float64
        Of the new scores, by the fit to all; or of `scores`, each by a fit to other questions.

    Raises
    ------
    InputError
        If there are fewer than two responses (or questions), lengths differ, a score is NaN or infinite above, `right`
        holds anything else than 0 and 1, or `folds` is below 2.

    See Also
    --------
    psephos.selection.process_scores : scores of responses from log-probabilities.

    Examples
    --------
    >>> scores, right = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0, 0, 1, 0, 1, 1]
    >>> score_probabilities(scores, right, [0.0, 0.35, 0.9]).round(3)
    array([0.2, 0.5, 0.8])
    """
    known, truth = _scores("scores", scores), check_floats("right", right)
    check_same_length(scores=known, right=truth)
    if ((truth != 0) & (truth != 1)).any():
        raise InputError("right", "must hold 0 and 1", where=f"index {int(np.argmax((truth != 0) & (truth != 1)))}")
    if len(known) < 2:
        raise InputError("scores", f"must be those of two responses or more, got {len(known)}")
    if new is not None:
        return _read(_fitted(known, truth), _scores("new", new))
    parts = check_count("folds", folds, low=2)
    question = np.arange(len(known))
    if questions is not None:
        question = encode(series("questions", questions)).codes.astype(np.int64)
        check_same_length(scores=known, questions=question)
        if (question < 0).any():
            raise InputError("questions", "holds a missing one", where=f"index {int(np.argmax(question < 0))}")
    n_questions = int(question.max()) + 1
    if n_questions < 2:
        raise InputError("questions", "must be two or more, so that one can be judged by the others")
    fold = generator(rng).permutation(np.arange(n_questions) % min(parts, n_questions))[question]
    found = np.empty(len(known))
    for part in range(int(fold.max()) + 1):
        held = fold == part
        found[held] = _read(_fitted(known[~held], truth[~held]), known[held])
    return found


def _scores(argument: str, values: npt.ArrayLike) -> Floats:
    """Scores in which -inf, the score of what cannot be, is the smallest number."""
    array = np.asarray(values)
    lowest = np.isneginf(array) if array.dtype.kind == "f" else np.zeros(array.shape, dtype=bool)
    return check_floats(argument, np.where(lowest, np.finfo(np.float64).min / 4, array))


def _fitted(score: Floats, right: Floats) -> tuple[Floats, Floats]:
    """The different scores, rising, and their probabilities."""
    at, which = np.unique(score, return_inverse=True)
    count = np.bincount(which).astype(np.float64)
    hits = np.bincount(which, weights=right)
    shares = np.concatenate([[1.0], hits / count, [0.0]])
    weights = np.concatenate([[PSEUDO], count, [PSEUDO]])
    return at, np.asarray(isotonic_regression(shares, weights=weights).x[1:-1])


def _read(fit: tuple[Floats, Floats], score: Floats) -> Floats:
    return np.asarray(np.interp(score, *fit))
