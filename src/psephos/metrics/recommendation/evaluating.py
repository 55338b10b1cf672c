"""How good are the lists that systems recommend?

One door for every metric of lists, of catalogues and of predicted ratings: `evaluate` codes what it is given, sorts and
puts right the lists under a stated `Convention`, adds up each list once for all cutoffs, and gives for each metric its
value with interval, the users behind it, those left out and why, and its exact definition.

Sources: sheets 02 and 12. Differs: see `conventions`; intervals are ours: normal, from what each user moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.metrics.recommendation.catalogue_metrics import (
    catalogue_column,
    chance_column,
    item_counts,
    open_by_group,
    relevant_by_group,
)
from psephos.metrics.recommendation.coding import Counts, Problem, coded_problem
from psephos.metrics.recommendation.conventions import Convention
from psephos.metrics.recommendation.conventions import convention as preset
from psephos.metrics.recommendation.evaluation import Evaluation, made_evaluation
from psephos.metrics.recommendation.item_similarity import (
    CoOccurrence,
    FeatureCosine,
    Similarity,
    list_diversity,
    list_serendipity,
)
from psephos.metrics.recommendation.lists import Judgement, Lists, judgement_of, ranked_lists
from psephos.metrics.recommendation.names import METRICS, NEED_TRAIN, metric_names
from psephos.metrics.recommendation.position_sums import SUMS, Catalogue, catalogue_of, position_sums
from psephos.metrics.recommendation.rating_errors import rated_pairs, rating_column
from psephos.metrics.recommendation.user_metrics import (
    BOUNDED,
    Column,
    UserValues,
    column_of,
    counted_users,
    is_of_accuracy,
    user_values,
)

USER_BLOCK = 2**15
"""Users whose sums are held at a time."""

PAIR_BLOCK = 2**10
"""Users whose pairs of items are looked up at a time."""

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
    if train is None and needy:
        raise InputError("train", f"{needy[0]} needs the train data")
    similarity: Similarity | None = None
    if {"diversity", "serendipity"} & set(names):
        similarity = CoOccurrence(problem) if features is None else FeatureCosine(features, problem.n_items)
    setting = Setting(problem, rule, cutoffs, names, similarity, average)
    return made_evaluation(
        problem, rule, names, cutoffs, {name: setting.run(name) for name in problem.runs}, level, sampled
    )


def checked_cutoffs(k: int | Sequence[int] | None) -> Counts:
    """Cutoffs, ascending, each once; -1 for the whole list."""
    if k is None:
        return np.array([-1], dtype=np.int64)
    given = [k] if isinstance(k, str) or not hasattr(k, "__iter__") else list(k)
    if not given:
        raise InputError("k", "name at least one cutoff")
    return np.unique([check_count("k", one) for one in given]).astype(np.int64)


@dataclass(eq=False)
class Setting:
    """What all runs of an evaluation share."""

    problem: Problem
    rule: Convention
    cutoffs: Counts
    names: tuple[str, ...]
    similarity: Similarity | None
    average: str
    judged: Judgement = field(init=False)
    catalogue: Catalogue | None = field(init=False)

    def __post_init__(self) -> None:
        self.judged = judgement_of(self.problem.truth, self.rule)
        wanted = set(self.names) & NEED_TRAIN
        self.catalogue = catalogue_of(self.problem, self.rule) if wanted else None

    def run(self, name: str) -> tuple[dict[tuple[str, int], Column], dict[str, int]]:
        """Every metric of one run at every cutoff, and what was found in its lists."""
        run, columns = self.problem.runs[name], {}
        of_lists = [metric for metric in self.names if METRICS[metric] != "ratings"]
        ledger: dict[str, int] = {"rows": 0}
        if of_lists:
            width = None if self.cutoffs[-1] < 0 else int(self.cutoffs[-1])
            lists = ranked_lists(run, self.problem, self.judged, self.rule, width)
            ledger = lists.ledger | self._users_found(name, lists)
            columns = self._of_lists(lists, of_lists)
        elif run.users is not None:
            ledger["rows"] = len(run.users)
        if len(of_lists) < len(self.names):
            y, f, users, lost = rated_pairs(run, self.problem, name)
            for metric in self.names:
                if METRICS[metric] == "ratings":
                    column = rating_column(metric, y, f, users, self.average, lost)
                    columns[metric, -1] = column
        return columns, ledger

    def _users_found(self, name: str, lists: Lists) -> dict[str, int]:
        absent = self.problem.judged & (lists.length == 0)
        if self.rule.absent == "error" and absent.any():
            first = self.problem.user_names()[int(np.argmax(absent))]
            raise InputError(
                "runs", f"{name!r} has no list for {int(absent.sum()):,} users of the truth", where=f"user {first!r}"
            )
        empty = self.problem.judged & (self.judged.relevant == 0)
        return {"absent": int(absent.sum()), "without_relevant": int(empty.sum())}

    def _of_lists(self, lists: Lists, names: Sequence[str]) -> dict[tuple[str, int], Column]:
        from_sums = [name for name in names if METRICS[name] in ("accuracy", "found", "lists")]
        from_sums = [name for name in from_sums if name not in ("diversity", "serendipity")]
        values, groups = self._values(lists, from_sums, names)
        for metric in ("diversity", "serendipity"):
            if metric in names:
                values[metric] = self._pair_values(metric, lists)
        counted = counted_users(self.rule, self.problem.judged, self.judged.relevant, lists.length)
        shown = lists.length > 0
        n_judged = int(self.problem.judged.sum())
        counts = (
            item_counts(lists, self.cutoffs, self.problem.n_items)
            if any(METRICS[name] == "catalogue" for name in names)
            else []
        )
        made: dict[tuple[str, int], Column] = {}
        for metric in names:
            for place, cutoff in enumerate(map(int, self.cutoffs)):
                if metric in values:
                    accuracy = is_of_accuracy(metric)
                    within = counted if accuracy else shown & self.problem.known
                    possible = n_judged if accuracy else int(self.problem.known.sum())
                    reason = self._reason(accuracy)
                    bounded = metric in BOUNDED
                    made[metric, cutoff] = column_of(values[metric], place, within, possible, reason, bounded=bounded)
                elif metric in ("pop_reo", "pop_rsp"):
                    made[metric, cutoff] = self._chance(metric, groups, place, counted, shown)
                else:
                    made[metric, cutoff] = catalogue_column(
                        metric, lists, counts[place], cutoff, self.problem, self.catalogue, self.rule
                    )
        return made

    def _reason(self, accuracy: bool) -> str:
        if not accuracy:
            return "no list"
        why = ["no relevant item"] if self.rule.empty == "skip" else []
        return " or ".join([*why, *(["no list"] if self.rule.absent == "skip" else [])])

    def _values(
        self, lists: Lists, metrics: Sequence[str], names: Sequence[str]
    ) -> tuple[dict[str, UserValues], npt.NDArray[np.float64]]:
        """Values of users from sums that are held a block of users at a time; and, for the chances of groups, the sums
        of hits and items of head and tail, shape (4, n_users, n_cutoffs).
        """
        n_users, n_cuts = self.problem.n_users, len(self.cutoffs)
        kept = [SUMS.index(name) for name in ("head_hits", "tail_hits", "head_items", "tail_items")]
        by_group = {"pop_reo", "pop_rsp"} & set(names)
        groups = np.zeros((4, n_users, n_cuts)) if by_group else np.empty(0)
        parts: dict[str, list[UserValues]] = {metric: [] for metric in metrics}
        if not (metrics or by_group):
            return {}, groups
        for low in range(0, n_users, USER_BLOCK):
            users = slice(low, min(low + USER_BLOCK, n_users))
            sums = position_sums(lists, self.judged, self.catalogue, self.cutoffs, users, self.problem.n_items)
            if by_group:
                groups[:, users] = sums[kept]
            for metric in metrics:
                own = user_values(
                    metric, sums, self.cutoffs, self.judged.relevant[users], lists.length[users], self.rule
                )
                parts[metric].append(own)
        return {metric: _joined(found) for metric, found in parts.items()}, groups

    def _pair_values(self, metric: str, lists: Lists) -> UserValues:
        assert self.similarity is not None  # noqa: S101 - made where such a metric is asked for
        found = []
        for low in range(0, self.problem.n_users, PAIR_BLOCK):
            users = slice(low, min(low + PAIR_BLOCK, self.problem.n_users))
            if metric == "diversity":
                found.append(list_diversity(lists, self.similarity, self.cutoffs, users))
            else:
                found.append(list_serendipity(lists, self.similarity, self.problem, self.cutoffs, users, None))
        return UserValues(np.concatenate(found, axis=1))

    def _chance(
        self,
        metric: str,
        groups: npt.NDArray[np.float64],
        place: int,
        counted: npt.NDArray[np.bool_],
        shown: npt.NDArray[np.bool_],
    ) -> Column:
        assert self.catalogue is not None  # noqa: S101 - such a metric needs train data
        if metric == "pop_reo":
            within, at = counted, (0, 1)
            below = relevant_by_group(self.problem, self.judged.hit, self.catalogue)
        else:
            within, at = shown, (2, 3)
            below = open_by_group(self.problem, self.catalogue)
        above = groups[at[0], within, place], groups[at[1], within, place]
        return chance_column(above, (below[0][within], below[1][within]), int(within.sum()))


def _joined(parts: list[UserValues]) -> UserValues:
    first = parts[0]
    if len(parts) == 1:
        return first
    sides = [
        None if getattr(first, side) is None else np.concatenate([getattr(part, side) for part in parts], axis=1)
        for side in ("values", "above", "below")
    ]
    assert sides[0] is not None  # noqa: S101
    return UserValues(sides[0], sides[1], sides[2], first.kind)
