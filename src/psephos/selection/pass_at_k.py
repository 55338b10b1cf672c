"""How many questions are solved, if k samples of each may be drawn?

    pass@k       at least one of k is right:   1 - C(n - c, k) / C(n, k)
    pass^k       all of k are right:           C(c, k) / C(n, k)
    maj@k        the answer most of the k give is right, a tie counting as its share of right ones

with c of the n samples of a question right: the exact means over all ways to draw k of its n samples without putting
any back. Then comes the mean over questions, with an interval from the bootstrap of questions: draws of one question
are no independent trials. How much of the spread more draws could remove is the part that is due to draws, by the
jackknife of draws (pass@k, pass^k).

A request that failed, so that nothing came, is no draw (see `psephos.opinions.lost_draws`).

Sources: pass@k of Chen et al. (2021), arXiv:2107.03374; pass^k of Yao et al. (2024), arXiv:2406.12045; maj@k:
`psephos.selection.majority_at_k`; sheets 03 and 92. Differs: where no resample moves the mean (a single question, all
questions alike) the interval is that of Wilson for as many trials as there are questions, never of zero width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Rng, seed_of
from psephos.errors import InputError, check_count, check_number
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.model import Opinions, Source
from psephos.opinions.outcomes import Provenance, option_name
from psephos.selection.curves import SuccessCurves, share_intervals
from psephos.selection.grouping import Answers, pools_of
from psephos.selection.known_answers import right_answers
from psephos.selection.majority_at_k import majority_of_two, majority_values
from psephos.selection.pools import Floats, Integers

FEW_CELLS = 2**16
"""Up to so many pairs of counts, or as many as there are questions, those that occur are marked in a table."""

_NONE = np.zeros(0, dtype=bool)

Draws = npt.ArrayLike | Answers
"""Right (1) or not (0) of each sample, NaN where none was drawn, shape (n_items, n_draws); or samples with gold."""


def pass_at_k(
    answers: Draws,
    k: int | Sequence[int] = 1,
    *,
    gold: pl.Series | npt.ArrayLike | None = None,
    equivalence: Equivalence = "exact",
    level: float = 0.95,
    repeats: int = 1000,
    rng: Rng = 0,
) -> SuccessCurves:
    """Probability that at least one of k samples is right, over questions.

    Parameters
    ----------
    answers : Opinions, sequence or array_like
        Samples, or a list with the answers to each question, held against `gold`; or, without `gold`, 1 (right) and 0
        for each draw, shape (n_items, n_draws), NaN where none was drawn.
    k : int or sequence of int, default 1
        How many are drawn; several give a curve.
    gold : array_like, shape (n_items,), optional
        The right answers, None where unknown; of samples the column ``gold`` of the table about items if not given.
    equivalence : str or callable, default "exact"
        Which answers are the same.
    level : float, default 0.95
        Confidence of the intervals.
    repeats : int, default 1000
        Resamples of the questions.
    rng : int, Generator, SeedSequence or None, default 0
        Random numbers of the resamples.

    Returns
    -------
    SuccessCurves
        One value for each k with its interval, over questions.

    Raises
    ------
    InputError
        If no question has k samples, no right answer is known, or a number is out of range.

    See Also
    --------
    pass_all_at_k, majority_at_k

    Examples
    --------
    >>> right = [[0, 1, 1, 0, 1], [1, 1, 0, 1, 1]]
    >>> pass_at_k(right, [1, 2], rng=0).table()["value"].round(3).to_list()
    [0.7, 0.95]
    """
    return _curve("pass@k", _any_right, answers, k, gold, equivalence, level, repeats, rng)


def pass_all_at_k(
    answers: Draws,
    k: int | Sequence[int] = 1,
    *,
    gold: pl.Series | npt.ArrayLike | None = None,
    equivalence: Equivalence = "exact",
    level: float = 0.95,
    repeats: int = 1000,
    rng: Rng = 0,
) -> SuccessCurves:
    """Probability that all of k samples are right (pass^k), over questions.

    Parameters
    ----------
    answers, k, gold, equivalence, level, repeats, rng
        As in `pass_at_k`.

    Returns
    -------
    SuccessCurves
        One value for each k with its interval, over questions.

    Raises
    ------
    InputError
        As in `pass_at_k`.

    Examples
    --------
    >>> pass_all_at_k([[0, 1, 1, 0, 1], [1, 1, 0, 1, 1]], [1, 2]).table()["value"].round(3).to_list()
    [0.7, 0.45]
    """
    return _curve("pass^k", _all_right, answers, k, gold, equivalence, level, repeats, rng)


def majority_at_k(
    answers: Draws,
    k: int | Sequence[int] = 1,
    *,
    gold: pl.Series | npt.ArrayLike | None = None,
    equivalence: Equivalence = "exact",
    level: float = 0.95,
    repeats: int = 1000,
    rng: Rng = 0,
) -> SuccessCurves:
    """Probability that the answer most of k samples give is right (maj@k), over questions.

    Votes are counted by answer, not by right or wrong; of tied answers each is taken equally often, so a tie between
    the right and one wrong answer counts one half. Samples without an answer take up a draw and do not vote.

    Of samples that are known as right or wrong alone all wrong ones count as one answer: wrong answers that differ
    would split their votes, so the value is then a lower bound.

    Parameters
    ----------
    answers : Opinions, sequence or array_like
        Samples, or a list with the answers to each question, held against `gold`; or, without `gold`, 1 (right) and 0
        for each draw, shape (n_items, n_draws), NaN where none was drawn.
    k, gold, equivalence, level, repeats, rng
        As in `pass_at_k`.

    Returns
    -------
    SuccessCurves
        One value for each k with its interval, over questions.

    Raises
    ------
    InputError
        As in `pass_at_k`.

    Examples
    --------
    >>> majority_at_k([["a", "a", "b", "c"]], [1, 2, 3, 4], gold=["a"]).table()["value"].round(4).to_list()
    [0.5, 0.5, 0.6667, 1.0]
    >>> majority_at_k([[1, 1, 0, 0]], [1, 2, 3, 4]).table()["value"].round(4).to_list()
    [0.5, 0.5, 0.5, 0.5]
    """
    many, level, repeats = _checked(k, level, repeats)
    if gold is None and not isinstance(answers, Opinions):
        hits, drawn, source = right_draws(answers, None, equivalence)
        hits, drawn, which = _alike(hits, drawn)
        value = np.stack([majority_of_two(hits, drawn, one) for one in many], axis=1).take(which, axis=0)
        note = "samples are known as right or wrong alone: all wrong ones count as one answer, a lower bound of maj@k"
        return _summed("maj@k", value, None, many, source, equivalence, level, repeats, rng, (note,))
    pools = pools_of(answers, None, equivalence)  # type: ignore[arg-type]
    right, known = right_answers(pools, gold, equivalence)
    value = majority_values(pools.tally, right, pools.drawn, many)
    return _summed("maj@k", value[known], None, many, pools.opinions.source, equivalence, level, repeats, rng)


def right_draws(
    answers: Draws, gold: pl.Series | npt.ArrayLike | None, equivalence: Equivalence
) -> tuple[Integers, Integers, Source]:
    """Right samples and all samples of each question whose right answer is known, and where they are from.

    Parameters
    ----------
    answers : Opinions or array_like
        Samples, or with `gold` texts by question, or 0 and 1, shape (n_questions, n_draws), NaN for none.
    gold : Series or array_like or None
        Right answers; None takes those of the table about items, or the numbers themselves.
    equivalence : str or callable
        Which answers are the same.

    Returns
    -------
    right, drawn : ndarray of int64, shape (n_questions,)
    source : Source

    Raises
    ------
    InputError
        `answers`: rows of unlike length, or something else than 0 and 1, with its index.
    """
    if gold is not None or isinstance(answers, Opinions):
        pools = pools_of(answers, None, equivalence)  # type: ignore[arg-type]
        right, known = right_answers(pools, gold, equivalence)
        hits = pools.tally.per_item(np.where(right, pools.tally.votes, 0)).astype(np.int64)
        return hits[known], pools.drawn[known], pools.opinions.source
    try:
        drawn = np.asarray(answers)
        drawn = drawn if drawn.dtype.kind in "bui" else drawn.astype(np.float64)
    except (TypeError, ValueError):
        raise InputError("answers", "must be rows of 0 and 1 of one length", hint="or answers and gold=") from None
    if drawn.ndim != 2:
        raise InputError("answers", f"must have 2 dimensions (questions by draws), got {drawn.ndim}")
    if drawn.dtype.kind == "f":
        missing = np.isnan(drawn)
        bad = (drawn != 0) & (drawn != 1) & ~missing
        absent = missing.sum(axis=1)
        right = np.nansum(drawn, axis=1)
    else:  # whole numbers are all 0 or 1 if their bits together are, which takes one pass
        bad = (drawn != 0) & (drawn != 1) if np.bitwise_or.reduce(drawn, axis=None) not in (0, 1) else _NONE
        absent = np.zeros(len(drawn), dtype=np.int64)
        right = np.einsum("ij->i", drawn, dtype=np.int64, casting="unsafe")  # two thirds of the time of sum(axis=1)
    if bad.any():
        at = np.unravel_index(int(np.argmax(bad)), drawn.shape)
        raise InputError("answers", f"must hold 0 and 1, got {drawn[at]:g}", where=f"index {at[0]}, {at[1]}")
    return right.astype(np.int64), drawn.shape[1] - absent, Source()


def _curve(
    measure: str,
    value_of: Callable[[Integers, Integers, int], Floats],
    answers: Draws,
    k: int | Sequence[int],
    gold: pl.Series | npt.ArrayLike | None,
    equivalence: Equivalence,
    level: float,
    repeats: int,
    rng: Rng,
) -> SuccessCurves:
    many, level, repeats = _checked(k, level, repeats)
    right, drawn, source = right_draws(answers, gold, equivalence)
    right, drawn, which = _alike(right, drawn)
    found = np.stack([_value_and_variance(value_of, right, drawn, one) for one in many], axis=-1)
    value, within = found[0].take(which, axis=0), found[1].take(which, axis=0)
    return _summed(measure, value, within, many, source, equivalence, level, repeats, rng)


def _checked(k: int | Sequence[int], level: float, repeats: int) -> tuple[list[int], float, int]:
    many = [k] if isinstance(k, (int, np.integer, float, str)) else list(k)
    if not many:
        raise InputError("k", "is empty")
    return (
        sorted({check_count("k", one) for one in many}),
        check_number("level", level, low=0, high=1, open_ends=True),
        check_count("repeats", repeats, low=0),
    )


def _summed(
    measure: str,
    value: Floats,
    within: Floats | None,
    many: list[int],
    source: Source,
    equivalence: Equivalence,
    level: float,
    repeats: int,
    rng: Rng,
    said: tuple[str, ...] = (),
) -> SuccessCurves:
    """Means over the questions that have k samples, with intervals; `value` is NaN for those that have fewer."""
    rows, seed, left_out = [], seed_of(rng), 0
    n_items = len(value)
    for number, k in enumerate(many):
        enough = ~np.isnan(value[:, number])
        if not enough.any():
            raise InputError("k", f"no question has {k} samples", hint="ask for fewer, or draw more")
        own = value[:, number][enough]
        left_out = max(left_out, n_items - len(own))
        low, high = share_intervals(own[:, None], repeats, seed, level)
        spread = float(own.var(ddof=1)) if len(own) > 1 else np.nan
        noise = np.nan if within is None else float(np.mean(within[:, number][enough]))
        known = spread > 0 and not np.isnan(noise)
        rows.append(
            {
                "measure": measure,
                "draws": k,
                "value": float(own.mean()),
                "low": float(low[0]),
                "high": float(high[0]),
                "items": len(own),
                "due_to_draws": min(1.0, noise / spread) if known else None,
            }
        )
    notes = [f"{left_out:,} of {n_items:,} questions have too few samples for some k and are left out there"]
    table = pl.DataFrame(rows, schema_overrides={"due_to_draws": pl.Float64})
    return SuccessCurves(
        provenance=Provenance(
            measure,
            {"k": many, "equivalence": option_name(equivalence), "level": level, "repeats": repeats},
            source,
            seed=seed,
            notes=(*said, *(notes if left_out else ())),
        ),
        rows=table,
        level=level,
    )


def _alike(right: Integers, drawn: Integers) -> tuple[Integers, Integers, npt.NDArray[np.intp]]:
    """The distinct pairs of right and drawn samples, which are computed once, and which of them each question has."""
    width = int(drawn.max(initial=0)) + 1
    key = right * width + drawn
    if width * width > max(FEW_CELLS, len(key)):
        kinds, which = np.unique(key, return_inverse=True)
    else:
        there = np.zeros(width * width, dtype=bool)
        there[key] = True
        kinds = np.flatnonzero(there)
        which = (np.cumsum(there) - 1)[key]
    return kinds // width, kinds % width, which


def _any_right(right: Integers, drawn: Integers, k: int) -> Floats:
    """1 - C(n - c, k) / C(n, k), NaN where n < k."""
    return np.asarray(1 - _none_of(drawn - right, drawn, k))


def _all_right(right: Integers, drawn: Integers, k: int) -> Floats:
    """C(c, k) / C(n, k), NaN where n < k."""
    return _none_of(right, drawn, k)


def _none_of(left: Integers, drawn: Integers, k: int) -> Floats:
    """Probability that all of k draws come from `left` of `drawn`: the product of (left - i) / (drawn - i)."""
    chance = np.ones(len(left))
    above, below = np.maximum(left, 0).astype(np.float64), np.maximum(drawn, 1).astype(np.float64)
    for taken in range(k):
        if taken:
            np.maximum(np.subtract(above, 1, out=above), 0, out=above)
            np.maximum(np.subtract(below, 1, out=below), 1, out=below)
        chance *= above / below
    chance[drawn < k] = np.nan
    return chance


def _value_and_variance(
    value_of: Callable[[Integers, Integers, int], Floats], right: Integers, drawn: Integers, k: int
) -> Floats:
    """Value of each question, and its variance over draws by the jackknife of draws (NaN where n - 1 < k); (2, n).

    The value without a right draw, without a wrong one and with all are asked for at once.
    """
    hits = np.concatenate([right, np.maximum(right - 1, 0), np.minimum(right, drawn - 1)])
    value, without_right, without_wrong = value_of(hits, np.concatenate([drawn, drawn - 1, drawn - 1]), k).reshape(
        3, -1
    )
    share = right / np.maximum(drawn, 1)
    spread = np.where((right == 0) | (right == drawn), 0.0, (without_right - without_wrong) ** 2)
    return np.stack([value, (drawn - 1) * share * (1 - share) * spread])
