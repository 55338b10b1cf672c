r"""How many sources must be asked? As many as it takes to be sure.

The relevant sources are asked one after the other, the one with the largest weight first. After each answer the
posterior of the leading one under one coin per source (see `coin_certainty`),

    P(a) = exp(S_a) / (sum over the answers given of exp(S_b) + L - number of them),        S_a = sum of l_i of those
    who gave a,

is compared with a target, and asking ends as soon as it is reached. Easy questions cost one or two calls, contested
ones more, where a fixed kappa asks the same of all.

Source: sheet 16, beyond the paper; the stop is that of a sequential probability ratio test (Wald 1945). Differs: L - 1
answers stand against the leader, not one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from psephos.consensus.sources.choice import choose_sources
from psephos.consensus.sources.verdict import SourceVerdict
from psephos.consensus.sources.weights import log_odds
from psephos.errors import InputError, check_count, check_number
from psephos.opinions.coding import text_of
from psephos.opinions.equivalence import rule_of

TARGET = 0.95


@dataclass(frozen=True)
class SourcesAsked:
    """What was answered, and who had to be asked for it.

    Attributes
    ----------
    answer : str or None
        The leading answer; None if nobody answered.
    certainty : float
        Its posterior; NaN without an answer.
    asked : tuple of str
        The sources in the order in which they were asked, silent ones among them.
    reached : bool
        Whether the certainty reached the target.
    """

    answer: str | None
    certainty: float
    asked: tuple[str, ...]
    reached: bool


def ask_sources(
    learnt: SourceVerdict,
    ask: Callable[[str], object],
    relevant: Sequence[bool] | None = None,
    *,
    target: float = TARGET,
    most: int | None = None,
    equivalence: str = "text",
) -> SourcesAsked:
    """Ask sources in the order of their weights until the leading answer is sure enough.

    Parameters
    ----------
    learnt : SourceVerdict
        Where weights and accuracies come from.
    ask : callable
        From the name of a source to its answer, None where it has none. It is called for those that are needed only.
    relevant : sequence of bool, shape (n_sources,), optional
        Which sources have something relevant, in the order of ``learnt.sources``; all if not given.
    target : float, default 0.95
        Certainty at which asking ends.
    most : int, optional
        Most sources to ask.
    equivalence : str, default "text"
        Which answers are the same; see `psephos.opinions.equivalence`.

    Returns
    -------
    SourcesAsked

    Raises
    ------
    InputError
        If `target` is not between 0 and 1, `most` is no count, or `relevant` does not fit the sources.

    See Also
    --------
    psephos.consensus.choose_sources : a fixed number of sources.

    Examples
    --------
    >>> from psephos.consensus import source_reliability
    >>> from psephos.opinions import from_matrix
    >>> learnt = source_reliability(from_matrix([["a", "a", "b"], ["b", "b", "b"], ["a", "a", "c"]] * 9), classes=3)
    >>> ask_sources(learnt, {"0": "Paris", "1": "paris.", "2": "Lyon"}.get, target=0.9).asked
    ('0',)
    """
    check_number("target", target, low=0, high=1, open_ends=True)
    names = learnt.sources["voter"].to_list()
    limit = len(names) if most is None else check_count("most", most)
    if relevant is not None and len(relevant) != len(names):
        raise InputError("relevant", f"must have one entry for each of {len(names)} sources, got {len(relevant)}")
    have = np.ones(len(names), bool) if relevant is None else np.asarray(relevant, dtype=bool)
    key_of = rule_of(equivalence)
    odds = log_odds(learnt.sources["accuracy"].to_numpy(), learnt.classes)
    score: dict[object, float] = {}
    shown: dict[object, str] = {}
    asked: list[str] = []
    answer, certainty = None, float("nan")
    for place in choose_sources(learnt.weight, have, max(limit, 1)):
        asked.append(names[place])
        text = text_of(ask(names[place]), "ask")
        if text is None:
            continue
        key = key_of(text)
        shown.setdefault(key, text)
        score[key] = score.get(key, 0.0) + float(odds[place])
        answer, certainty = _leader(score, shown, learnt.classes)
        if certainty >= target:
            break
    return SourcesAsked(answer, certainty, tuple(asked), bool(certainty >= target))


def _leader(score: dict[object, float], shown: dict[object, str], classes: float) -> tuple[str, float]:
    """The answer with the largest score, the first of equal ones, and its posterior."""
    values = np.array(list(score.values()))
    peak = max(float(values.max()), 0.0)
    likely = np.exp(values - peak)
    whole = likely.sum() + max(classes - len(values), 0.0) * np.exp(-peak)
    best = int(values.argmax())
    return shown[list(score)[best]], float(likely[best] / whole)
