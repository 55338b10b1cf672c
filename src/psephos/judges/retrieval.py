r"""What is the answer, if one asks only the most reliable sources that have something to say?

For each question sources are walked through by falling weight, until kappa have been found that hold a relevant
document; only these are asked (kappa-RRSS). Refusals and answers that their own documents do not bear out are dropped,
answers that mean the same become one, and each source votes with its weight,

    answer = argmax over clusters c  sum over i in c of v_i,        v_i the weight of source i, which may be negative.

There is no answer, with a reason, where nothing relevant was found, nobody answered, the best score is not above 0, or
it leads by less than `least_lead`. The certainty is the posterior of the answer if each source is right with its
reliability and errs alike among L - 1 others, L the number of sources but at least one more than the answers given;
without reliabilities it is the share of the positive weight that stands behind the answer, and no probability.

How weights come about is the business of `psephos.consensus`: `collect_answers` gives what all sources say, as labels.

Source: Hwang et al. (2025), RA-RAG, arXiv 2410.22954, as sheet 16 has it. Differs: the support filter is lexical unless
one gives a model; the certainty is ours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from psephos.errors import InputError, check_count, check_number
from psephos.judges.documents import Source
from psephos.judges.looking import Rules, Support, look_up
from psephos.judges.retrieval_verdict import RetrievalVerdict
from psephos.judges.source_tables import evidence_table, voter_table
from psephos.judges.source_vote import Same, SourceVote, clustered, vote, without_whom
from psephos.judges.support import lexical_support
from psephos.opinions import Opinions, labels
from psephos.opinions.outcomes import Provenance, option_name

FLAGS = ("tie", "single vote", "no votes", "no relevant source", "no trusted source", "too close")
CERTAIN = "probability that the choice is right, if sources err independently and each as often as its reliability says"
SHARE = "share of the positive weight that stands behind the choice; no probability"


def answer_from_sources(
    questions: Mapping[str, str],
    sources: Sequence[Source],
    weights: Mapping[str, float],
    *,
    kappa: int = 4,
    least_relevance: float | None = None,
    support: Support | None = lexical_support,
    least_support: float = 0.5,
    same: Same | None = None,
    least_lead: float = 0.0,
    clip_negative: bool = False,
    reliability: Mapping[str, float] | None = None,
    workers: int = 4,
    label: str | None = None,
) -> RetrievalVerdict:
    """Answer questions by a weighted vote of the best sources that have something relevant.

    Parameters
    ----------
    questions : mapping of str to str
        The question of each item.
    sources : sequence of Source
        Such as `DocumentSource`; equal weights keep this order.
    weights : mapping of str to float
        Weight of each source; 0 for one that guesses, less for one that is wrong more often.
    kappa : int, default 4
        How many relevant sources are asked at most.
    least_relevance : float, optional
        A source is relevant if its best document is at least this relevant; if not given, if it finds any.
    support : callable or None, default lexical_support
        Says how far documents bear an answer out, given their texts, the question and the answer; None keeps all. It is
        not asked where documents have no text.
    least_support : float, default 0.5
        Answers with less are dropped.
    same : callable, optional
        Whether two answers mean the same; they do in any case if they differ in case, punctuation, articles or the
        writing of a number only.
    least_lead : float, default 0
        Least score of the best answer above the second.
    clip_negative : bool, default False
        Whether a negative weight counts as 0, instead of against an answer.
    reliability : mapping of str to float, optional
        Probability that each source is right, for a certainty that is a probability.
    workers : int, default 4
        How many sources are asked at a time.
    label : str, optional
        Shows a progress bar with this label.

    Returns
    -------
    RetrievalVerdict
        One answer for each question with its sources, those skipped, and what was saved.

    Raises
    ------
    InputError
        If there are no questions or fewer than two sources, two have one name, one has no weight, or an option is out
        of range.
    BudgetExceeded
        If a budget around the model is spent; with a cache around it, the same call goes on from there.

    Examples
    --------
    >>> from psephos.judges import StoredSource
    >>> question = {"capital": "What is the capital of France?"}
    >>> said = {"atlas": "Paris", "blog": "paris.", "tale": "Lyon", "mute": None}
    >>> sources = [StoredSource(name, {question["capital"]: answer}) for name, answer in said.items()]
    >>> verdict = answer_from_sources(question, sources, {"atlas": 1, "blog": 0.5, "tale": 1.4, "mute": 9})
    >>> verdict.table().select("choice", "score", "lead").row(0)
    ('Paris', 1.5, 0.10000000000000009)
    """
    names = _checked_names(questions, sources)
    weight = _checked_weights("weights", names, weights)
    chance = None if reliability is None else _checked_weights("reliability", names, reliability, low=0, high=1)
    check_count("kappa", kappa)
    rules = Rules(
        None if least_relevance is None else check_number("least_relevance", least_relevance),
        support,
        check_number("least_support", least_support, low=0, high=1),
    )
    check_number("least_lead", least_lead, low=0)
    order = sorted(range(len(sources)), key=lambda place: -weight[names[place]])
    looked = look_up(questions, sources, [(order, kappa)] * len(questions), rules, workers, label)
    counting = {name: max(value, 0.0) if clip_negative else value for name, value in weight.items()}
    votes = [vote(rows, counting, chance, same, least_lead) for rows in looked]
    options = {
        "kappa": kappa,
        "least_relevance": least_relevance,
        "support": None if support is None else option_name(support),
        "least_support": least_support,
        "same": None if same is None else option_name(same),
        "least_lead": least_lead,
        "clip_negative": clip_negative,
        "weights": dict(weight),
    }
    if chance is not None:
        options["reliability"] = dict(chance)
    return _verdict(questions, names, votes, counting, chance is not None, options)


def collect_answers(
    questions: Mapping[str, str],
    sources: Sequence[Source],
    *,
    gold: Mapping[str, str] | None = None,
    least_relevance: float | None = None,
    support: Support | None = lexical_support,
    least_support: float = 0.5,
    same: Same | None = None,
    workers: int = 4,
    label: str | None = None,
) -> Opinions:
    """Ask every source that has something relevant, so that their reliability can be learnt from what they say.

    Parameters
    ----------
    questions : mapping of str to str
        The question of each item.
    sources : sequence of Source
        Who is asked.
    gold : mapping of str to str, optional
        Known answers of some items; answers that mean the same are written alike.
    least_relevance, support, least_support, same, workers, label
        As in `answer_from_sources`.

    Returns
    -------
    Opinions
        Of kind ``labels``: a row per question and source, without a label where it has no answer that counts.

    Raises
    ------
    InputError
        As `answer_from_sources`.

    See Also
    --------
    psephos.judges.answer_from_sources : answers new questions with the weights that were learnt.

    Examples
    --------
    >>> from psephos.judges import StoredSource
    >>> sources = [StoredSource("Ann", {"How long?": "212 m"}), StoredSource("Bob", {"How long?": "212 M."})]
    >>> collect_answers({"length": "How long?"}, sources).frame()["label"].to_list()
    ['212 m', '212 m']
    """
    _checked_names(questions, sources)
    rules = Rules(
        None if least_relevance is None else check_number("least_relevance", least_relevance),
        support,
        check_number("least_support", least_support, low=0, high=1),
    )
    everybody = (list(range(len(sources))), len(sources))
    looked = look_up(questions, sources, [everybody] * len(questions), rules, workers, label)
    said: list[tuple[str, str, str | None]] = []
    for item, rows in zip(questions, looked, strict=True):
        known = [gold[item]] if gold and item in gold else []
        said += [(item, row.source, row.counted_as) for row in clustered(rows, same, known)]
    item_column, voter, answer = zip(*said, strict=True)
    about = None if not gold else {"items": pl.DataFrame({"item": list(gold), "gold": list(gold.values())})}
    return labels(item_column, voter, pl.Series(answer, dtype=pl.String), about=about)


def _checked_names(questions: Mapping[str, str], sources: Sequence[Source]) -> list[str]:
    if not questions:
        raise InputError("questions", "holds none")
    wrong = next((item for item, text in questions.items() if not isinstance(text, str) or not text.strip()), None)
    if wrong is not None:
        raise InputError("questions", "holds one without a text", where=f"item {wrong!r:.60}")
    names = [source.name for source in sources]
    if len(names) < 2:
        raise InputError(
            "sources",
            f"must be two or more, got {len(names)}",
            hint="add a source: one alone cannot be held against others",
        )
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise InputError("sources", f"name {twice!r} twice")
    return names


def _checked_weights(
    argument: str, names: Sequence[str], given: Mapping[str, float], *, low: float = -math.inf, high: float = math.inf
) -> dict[str, float]:
    """The number of each source; one that is not known is refused, never guessed."""
    for missing in names:
        if missing not in given:
            raise InputError(argument, f"has none for the source {missing!r}", hint="0 is that of one that guesses")
    unknown = next((name for name in given if name not in names), None)
    if unknown is not None:
        raise InputError(argument, f"names {unknown!r:.60}, which is no source")
    return {name: check_number(argument, given[name], low=low, high=high) for name in names}


def _verdict(
    questions: Mapping[str, str],
    names: Sequence[str],
    votes: Sequence[SourceVote],
    weight: Mapping[str, float],
    certain: bool,
    options: Mapping[str, Any],
) -> RetrievalVerdict:
    rows = [(item, row) for item, vote in zip(questions, votes, strict=True) for row in vote.rows]
    part = [(item, row) for item, row in rows if row.status != "skipped"]
    opinions = labels(
        [item for item, _ in part],
        [row.source for _, row in part],
        pl.Series([row.counted_as for _, row in part], dtype=pl.String),
    )
    choices = opinions.vocabulary("label")
    code = {answer: place for place, answer in enumerate(choices)}
    voted = [[row for row in vote.rows if row.status == "voted"] for vote in votes]
    sizes = np.array([sum(abs(weight[row.source]) for row in some) for some in voted])
    lead = np.array([vote.lead for vote in votes])
    margin = np.divide(lead, sizes, out=np.full(len(votes), np.nan), where=sizes > 0)
    support = [
        sum(row.counted_as == vote.choice for row in some) if vote.choice is not None else 0
        for vote, some in zip(votes, voted, strict=True)
    ]
    return RetrievalVerdict(
        provenance=Provenance(
            "answer_from_sources",
            options,
            opinions.source,
            notes=() if certain else ("certainties are shares of weight; give `reliability` for probabilities",),
        ),
        opinions=opinions,
        items=pl.Series("item", list(questions), dtype=pl.String),
        choices=choices,
        choice=np.array([-1 if vote.choice is None else code[vote.choice] for vote in votes], dtype=np.int32),
        runner_up=np.array([-1 if vote.runner_up is None else code[vote.runner_up] for vote in votes], dtype=np.int32),
        certainty=np.array([vote.certainty for vote in votes]),
        margin=margin,
        votes=np.array([len(some) for some in voted], dtype=np.int32),
        support=np.array(support, dtype=np.int32),
        flags={name: np.array([name in vote.flags for vote in votes]) for name in FLAGS},
        voters=voter_table(names, votes, weight),
        certainty_means=CERTAIN if certain else SHARE,
        flip=partial(without_whom, weights=weight),
        weights=dict(weight),
        questions=pl.Series("question", list(questions.values()), dtype=pl.String),
        score=np.array([vote.score for vote in votes]),
        lead=lead,
        abstained=tuple(vote.abstained for vote in votes),
        evidence=evidence_table(rows, weight),
    )
