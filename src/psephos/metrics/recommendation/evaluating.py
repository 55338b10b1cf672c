"""How good are the lists that systems recommend?

One door for every metric of lists, of catalogues and of predicted ratings: `evaluate` codes what it is given, sorts and
puts right the lists under a stated `Convention`, adds up each list once for all cutoffs, and gives for each metric its
value with interval, the users behind it, those left out and why, and its exact definition.

Sources: sheets 02 and 12. Differs: see `conventions`; intervals are ours: normal, from what each user moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.metrics.recommendation.coding import Counts, Problem, coded_problem
from psephos.metrics.recommendation.conventions import Convention
from psephos.metrics.recommendation.conventions import convention as preset
from psephos.metrics.recommendation.evaluation import LEDGER, Evaluation
from psephos.metrics.recommendation.item_similarity import CoOccurrence, FeatureCosine, Similarity
from psephos.metrics.recommendation.names import METRICS, NEED_TRAIN, definition, metric_names
from psephos.metrics.recommendation.run_columns import Setting
from psephos.metrics.recommendation.shown_numbers import ends_of
from psephos.metrics.recommendation.user_metrics import Column
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance

DEFAULT = ("precision", "recall", "ndcg", "ap", "mrr", "hit_rate")


def evaluate(
    interactions: object,
    runs: object,
    metrics: str | Iterable[str] = DEFAULT,
    k: int | Sequence[int] | None = 10,
    *,
    convention: str | Convention = "psephos",
    train: object = None,
    candidates: object = None,
    features: npt.ArrayLike | None = None,
    order: str | None = None,
    average: str = "micro",
    sampled: int | None = None,
    level: float = 0.95,
) -> Evaluation:
    """Evaluate the lists of one or more recommenders or retrieval systems.

    Parameters
    ----------
    interactions : data frame, mapping, Opinions or sparse matrix
        The truth: what users chose or what is relevant to a query, with a gain or rating each (1 if none is given).
        A frame has columns user and item, and rating; a mapping is ``{user: {item: gain}}`` or ``{user: [item, ...]}``;
        a sparse matrix has shape (n_users, n_items).
    runs : data frame, mapping, Opinions or matrix
        What was recommended: one system, or several as ``{name: run}`` or with a column ``run``. A frame has columns
        user and item, and rank or score; a mapping is ``{user: [item, ...]}`` or ``{user: {item: score}}``; with a
        sparse truth a run is a matrix of item numbers, shape (n_users, length), -1 after the end.
    metrics : str or iterable of str
        Names of `psephos.metrics.recommendation.METRICS`, or those that they go by elsewhere.
    k : int, sequence of int or None, default 10
        Cutoffs; None: whole lists.
    convention : str or Convention, default "psephos"
        Which definitions; see `psephos.metrics.recommendation.convention`.
    train : like `interactions`, optional
        What users had before: needed for novelty, popularity, coverage and serendipity.
    candidates : like `interactions`, optional
        What systems were allowed to rank; items outside are counted.
    features : array_like of float, shape (n_items, d), optional
        With arrays: features of items, by which diversity and serendipity compare them.
    order : {"rank", "score", "given"}, optional
        What sorts a run; needed where a frame has both a rank and a score.
    average : {"micro", "macro"}, default "micro"
        Of predicted ratings: over all pairs, or the mean of users.
    sampled : int, optional
        The lists rank relevant items among this many sampled others: said beside each number, as such numbers are not
        those of full lists.
    level : float, default 0.95
        Coverage of the intervals.

    Returns
    -------
    Evaluation
        One value for each system, metric and cutoff with its interval over users, and the values of users.

    Raises
    ------
    InputError
        If an argument is none of the above, `k` is below 1, a score is NaN, or a metric lacks what it needs.

    See Also
    --------
    convention : other definitions, those of other tools among them.
    explain_value : which definition gives a number that somebody else has printed.
    pairwise_unfairness : whether similar users are served equally well.

    Examples
    --------
    >>> truth = {"ann": ["a", "b"], "bob": ["c"]}
    >>> found = evaluate(truth, {"ann": ["a", "x", "b"], "bob": ["y", "c"]}, ["precision", "ap", "ndcg"], k=3)
    >>> found.table().select("metric", "value", "definition").rows()[1]
    ('ap', 0.6666666666666666, 'AP[/|R|]@3')
    """
    names = metric_names(metrics)
    cutoffs = checked_cutoffs(k)
    rule = preset(convention)
    check_choice("average", average, ("micro", "macro"))
    check_number("level", level, low=0, high=1, open_ends=True)
    if sampled is not None:
        check_count("sampled", sampled)
    problem = coded_problem(interactions, runs, train=train, candidates=candidates, order=order)
    needy = [name for name in names if name in NEED_TRAIN or (name == "diversity" and features is None)]
    if rule.auc_pairs == "catalogue" and "gauc" in names:
        needy.append("gauc over the catalogue")
    if candidates is None and "stray_share" in names:
        raise InputError("candidates", "stray_share needs what could be ranked", hint="give candidates=")
    if train is None and needy:
        raise InputError("train", f"{needy[0]} needs the train data", hint="give train=")
    similarity: Similarity | None = None
    if {"diversity", "serendipity"} & set(names):
        similarity = CoOccurrence(problem) if features is None else FeatureCosine(features, problem.n_items)
    setting = Setting(problem, rule, cutoffs, names, similarity, average)
    return _evaluation(
        problem, rule, names, cutoffs, {name: setting.run(name) for name in problem.runs}, level, sampled
    )


def checked_cutoffs(k: int | Sequence[int] | None) -> Counts:
    """Cutoffs, ascending, each once; -1 for the whole list."""
    if k is None:
        return np.array([-1], dtype=np.int64)
    given: list[Any] = list(k) if isinstance(k, (list, tuple, range, np.ndarray)) else [k]
    if not given:
        raise InputError("k", "name at least one cutoff")
    return np.unique([check_count("k", one) for one in given]).astype(np.int64)


def _evaluation(
    problem: Problem,
    rule: Convention,
    names: Sequence[str],
    cutoffs: Counts,
    found: Mapping[str, tuple[Mapping[tuple[str, int], Column], Mapping[str, int]]],
    level: float,
    sampled: int | None,
) -> Evaluation:
    """The result from the columns of each run."""
    rows, by_user = [], {}
    for run, (columns, _) in found.items():
        for (metric, k), one in columns.items():
            error = one.standard_error
            cut = None if k < 0 else k
            said = definition(metric, cut, rule, sampled=sampled)
            ends = ends_of(metric, one.value, error, level)
            rows.append((run, metric, cut, one.value, *ends, error, one.users, one.left_out, one.reason, said))
            if one.by_user is not None and METRICS[metric] != "ratings":
                by_user[run, metric, k] = one.by_user
    floats = dict.fromkeys(("value", "low", "high", "standard_error"), pl.Float64)
    schema = {"run": pl.String, "metric": pl.String, "k": pl.Int64, **floats, "users": pl.Int64, "left_out": pl.Int64}
    values = pl.DataFrame(rows, schema={**schema, "reason": pl.String, "definition": pl.String}, orient="row")
    ledger = pl.DataFrame(
        [(run, *(counts.get(name, 0) for name in LEDGER)) for run, (_, counts) in found.items()],
        schema={"run": pl.String} | dict.fromkeys(LEDGER, pl.Int64),
        orient="row",
    )
    parameters = {"metrics": list(names), "k": [None if k < 0 else int(k) for k in cutoffs], "level": level}
    notes = list(problem.notes)
    if sampled is not None:
        notes.append(f"sampled: relevant items are ranked among {sampled:,} others; not comparable with full lists")
    return Evaluation(
        provenance=Provenance("evaluate", parameters | {"convention": rule.to_dict()}, Source(), notes=tuple(notes)),
        values=values.with_columns(pl.col(pl.Float64).fill_nan(None)),
        ledger=ledger,
        convention=rule,
        users=problem.user_names(),
        by_user=by_user,
        level=level,
    )
