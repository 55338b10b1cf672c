"""Which answer wins when sources vote with their weights?

Answers that mean the same become one; the first that was asked gives it its form. Scores are sums of weights, which may
be negative; of equal scores the answer of the source that was asked first wins. A vote is no answer if its best score
is not above 0, or leads by too little.

Why this is no `psephos.opinions.tallies`: the leaders there rest on weights of at least 0 (an answer that nobody gave
has 0 and is beaten by all), so that a vote against an answer has no place in them. When sums are equal is theirs,
`is_ahead`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from psephos.judges.looking import Look
from psephos.opinions.equivalence import number
from psephos.opinions.tallies import EQUAL_WEIGHTS, is_ahead

Same = Callable[[str, str], bool]

_NEVER_SURE = 1e-3
_ARTICLES = ("the ", "a ", "an ")


@dataclass(frozen=True)
class SourceVote:
    """The outcome on one question.

    Attributes
    ----------
    rows : list of Look
        Its sources in the order in which they were looked at.
    choice, runner_up : str or None
        The answer, None if there is none, and the next.
    score, lead : float
        Sum of weights behind the best answer, and how far that is ahead of the next.
    certainty : float
        NaN where nothing was chosen.
    abstained : str or None
        Why there is no answer.
    flags : frozenset of str
    """

    rows: list[Look]
    choice: str | None
    runner_up: str | None
    score: float
    lead: float
    certainty: float
    abstained: str | None
    flags: frozenset[str] = field(default_factory=frozenset)


def clustered(rows: Sequence[Look], same: Same | None, known: Sequence[str] = ()) -> list[Look]:
    """Rows in the order in which they were looked at, each with the answer that stands for its cluster."""
    firsts: list[tuple[object, str]] = [(answer_key(answer), answer) for answer in known]
    told = []
    for row in sorted(rows, key=lambda row: math.inf if row.place is None else row.place):
        if row.status != "voted" or row.answer is None:
            told.append(row)
            continue
        key, answer = answer_key(row.answer), row.answer
        first = next(
            (given for other, given in firsts if other == key or (same is not None and same(given, answer))), None
        )
        if first is None:
            firsts.append((key, answer))
        told.append(replace(row, counted_as=answer if first is None else first))
    return told


def answer_key(answer: str) -> object:
    """What answers that mean the same have in common: words or the value of a number, without leading articles.

    Examples
    --------
    >>> answer_key("The Hague.") == answer_key("hague"), answer_key("1,250") == answer_key("1250.0")
    (True, True)
    """
    plain = answer.strip().casefold()
    bare = next((plain[len(article) :] for article in _ARTICLES if plain.startswith(article)), plain)
    return number(bare.strip(" .,;:!?\"'") or plain)


def vote(
    rows: Sequence[Look],
    weight: Mapping[str, float],
    chance: Mapping[str, float] | None,
    same: Same | None,
    least_lead: float,
) -> SourceVote:
    """Let the sources of one question vote.

    Parameters
    ----------
    rows : sequence of Look
    weight : mapping of str to float
    chance : mapping of str to float or None
        Probability that each source is right.
    same : callable or None
        Whether two answers mean the same.
    least_lead : float
    """
    told = clustered(rows, same)
    voted = [row for row in told if row.status == "voted"]
    if not voted:
        relevant = any(row.status not in ("irrelevant", "skipped") for row in told)
        silence = "no answer" if relevant else "no relevant source"
        flags = {"no votes"} | (set() if relevant else {"no relevant source"})
        return SourceVote(told, None, None, 0.0, 0.0, math.nan, silence, frozenset(flags))
    score: dict[str, float] = {}
    for row in voted:
        assert row.counted_as is not None  # noqa: S101 - voted rows have a cluster
        score[row.counted_as] = score.get(row.counted_as, 0.0) + weight[row.source]
    best = max(score.values())
    level = leading(score)
    first = level[0]
    behind = sorted((answer for answer in score if answer != first), key=lambda answer: -score[answer])
    second = behind[0] if behind else None
    lead = best - (0.0 if second is None else score[second])
    flags = {name for name, is_so in (("tie", len(level) > 1), ("single vote", len(voted) == 1)) if is_so}
    reason: str | None = None
    if best <= 0:
        reason = "no trusted source"
        flags.add("no trusted source")
    elif lead < least_lead:
        reason = "too close"
        flags.add("too close")
    if reason is not None:
        return SourceVote(told, None, second, best, lead, math.nan, reason, frozenset(flags))
    certainty = _share(score, first) if chance is None else _posterior(voted, first, chance, len(rows))
    return SourceVote(told, first, second, best, lead, certainty, None, frozenset(flags))


def _share(score: Mapping[str, float], choice: str) -> float:
    return score[choice] / sum(max(total, 0.0) for total in score.values())


def _posterior(voted: Sequence[Look], choice: str, chance: Mapping[str, float], n_sources: int) -> float:
    """Probability of an answer among all possible ones, of which those that nobody gave are alike."""
    answers = list(dict.fromkeys(row.counted_as for row in voted))
    possible = max(n_sources, len(answers) + 1)
    right = {row.source: min(max(chance[row.source], _NEVER_SURE), 1 - _NEVER_SURE) for row in voted}
    wrong = sum(math.log((1 - right[row.source]) / (possible - 1)) for row in voted)
    of_answer = {
        answer: wrong
        + sum(
            math.log(right[row.source]) - math.log((1 - right[row.source]) / (possible - 1))
            for row in voted
            if row.counted_as == answer
        )
        for answer in answers
    }
    peak = max(*of_answer.values(), wrong)
    whole = sum(math.exp(value - peak) for value in of_answer.values())
    return math.exp(of_answer[choice] - peak) / (whole + (possible - len(answers)) * math.exp(wrong - peak))


def leading(score: Mapping[str, float]) -> list[str]:
    """The answers that share the largest score, by the tie rule of all votes.

    Examples
    --------
    >>> leading({"Paris": 0.1 + 0.2, "Lyon": 0.3, "Nice": 0.2})
    ['Paris', 'Lyon']
    """
    best, of = max(score.values()), sum(map(abs, score.values()))
    return [answer for answer, total in score.items() if not is_ahead(best, total, of=of)]


def without_whom(rows: pl.DataFrame, choice: int, choices: pl.Series, *, weights: Mapping[str, float]) -> str:
    """The fewest sources without whom another answer, or none, would come out, in words.

    Parameters
    ----------
    rows : polars.DataFrame
        Those of `Reasons` with codes.
    choice : int
    choices : polars.Series of String
    weights : mapping of str to float
    """
    score = {code: sum(weights[name] for name in voters) for code, voters in rows.select("code", "voters").iter_rows()}
    score.pop(-1, None)
    rival = max((code for code in score if code != choice), key=lambda code: score[code], default=None)
    bar = 0.0 if rival is None else max(score[rival], 0.0)
    left, gone = score[choice], []
    voters = rows.filter(pl.col("code") == choice)["voters"].item().to_list()
    for name in sorted(voters, key=lambda name: (-weights[name], name)):
        gone.append(name)
        left -= weights[name]
        if not is_ahead(left, bar, of=score[choice]):
            break
    instead = "no answer" if rival is None or score[rival] <= 0 else f"{choices[rival]!r}"
    level = rival is not None and abs(left - score[rival]) <= EQUAL_WEIGHTS * score[choice] and left > 0
    return f"without {', '.join(gone)} it would be {'a tie with ' if level else ''}{instead}"
