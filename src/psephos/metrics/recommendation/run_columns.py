"""How are all metrics of one run had at all cutoffs?

Lists are sorted and put right once, added up once, and each metric is a small formula in the sums; what needs pairs of
items or the counts of the whole catalogue has a pass of its own, made only if it is asked for.

Sources: sheets 02 and 12. Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError
from psephos.metrics.recommendation.catalogue_metrics import (
    catalogue_column,
    chance_column,
    item_counts,
    open_by_group,
    relevant_by_group,
)
from psephos.metrics.recommendation.coding import Counts, Problem, Run
from psephos.metrics.recommendation.conventions import Convention
from psephos.metrics.recommendation.faulty_rows import fault_column
from psephos.metrics.recommendation.grouped_area import grouped_area
from psephos.metrics.recommendation.item_similarity import Similarity, list_diversity, list_serendipity
from psephos.metrics.recommendation.lists import Judgement, Lists, judgement_of, ranked_lists
from psephos.metrics.recommendation.names import METRICS, NEED_TRAIN, UNCUT
from psephos.metrics.recommendation.position_sums import SUMS, Catalogue, catalogue_of, position_sums
from psephos.metrics.recommendation.rating_errors import OF_HITS, rated_pairs, rating_column
from psephos.metrics.recommendation.user_metrics import (
    BOUNDED,
    Column,
    UserValues,
    column_of,
    counted_users,
    is_of_accuracy,
    user_values,
)
from psephos.opinions.wording import plural

USER_BLOCK = 2**15
"""Users whose sums are held at a time."""

PAIR_BLOCK = 2**10
"""Users whose pairs of items are looked up at a time."""


@dataclass(eq=False)
class Setting:
    """What all runs of an evaluation share.

    Attributes
    ----------
    problem : Problem
    rule : Convention
    cutoffs : ndarray of int64
        Rising; -1 for whole lists, alone.
    names : tuple of str
        Metrics.
    similarity : Similarity or None
        Of items, where a metric needs it.
    average : str
        How metrics of ratings are averaged.
    judged : Judgement
        The truth under the convention.
    catalogue : Catalogue or None
        Where a metric needs train data.
    """

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
        """Every metric of one run at every cutoff.

        Returns
        -------
        columns : dict of (metric, cutoff) to Column
            Metrics of ratings have the cutoff -1.
        ledger : dict of str to int
            What was found in its lists; see `Lists`.
        """
        run, columns = self.problem.runs[name], {}
        of_lists = [metric for metric in self.names if METRICS[metric] not in UNCUT]
        ledger: dict[str, int] = {"rows": 0}
        if of_lists:
            width = None if self.cutoffs[-1] < 0 else int(self.cutoffs[-1])
            lists = ranked_lists(run, self.problem, self.judged, self.rule, width)
            ledger = lists.ledger | self._users_found(name, lists.length)
            columns = self._of_lists(lists, of_lists)
        elif run.users is not None:
            ledger["rows"] = len(run.users)
        if "gauc" in self.names:
            columns["gauc", -1], rows = grouped_area(run, self.problem, self.judged, self.rule)
            if not of_lists:
                length = np.bincount(rows.users, minlength=self.problem.n_users)
                ledger = rows.ledger | {"lists": int((length > 0).sum())} | self._users_found(name, length)
        for metric in self.names:
            if METRICS[metric] == "faults":
                columns[metric, -1] = fault_column(metric, run, self.problem)
        self._of_ratings(run, name, columns)
        return columns, ledger

    def _of_ratings(self, run: Run, name: str, columns: dict[tuple[str, int], Column]) -> None:
        """Add the errors of predicted ratings that are asked for."""
        of_hits = [metric for metric in self.names if metric in OF_HITS and self.rule.rated == "hits"]
        wanted = [metric for metric in self.names if METRICS[metric] == "ratings"]
        for metrics, judged in ((of_hits, self.judged), ([one for one in wanted if one not in of_hits], None)):
            if metrics:
                y, f, users, lost = rated_pairs(run, self.problem, name, judged, self.rule)
                why = "without a prediction" if judged is None else "without a list"
                for metric in metrics:
                    columns[metric, -1] = rating_column(metric, y, f, users, self.average, lost, why)

    def _users_found(self, name: str, length: Counts) -> dict[str, int]:
        absent = self.problem.judged & (length == 0)
        if self.rule.absent == "error" and absent.any():
            first = self.problem.user_names()[int(np.argmax(absent))]
            raise InputError(
                "runs",
                f"{name!r} has no list for {plural(int(absent.sum()), 'user')} of the truth",
                where=f"user {first!r}",
                hint="a convention with absent='zero' or 'skip' allows that",
            )
        empty = self.problem.judged & (self.judged.relevant == 0)
        return {"absent": int(absent.sum()), "without_relevant": int(empty.sum())}

    def _of_lists(self, lists: Lists, names: Sequence[str]) -> dict[tuple[str, int], Column]:
        lists = self._of_whom(lists)
        from_sums = [name for name in names if METRICS[name] in ("accuracy", "found", "lists")]
        from_sums = [name for name in from_sums if name not in ("diversity", "serendipity")]
        values, groups = self._values(lists, from_sums, names)
        for metric in ("diversity", "serendipity"):
            if metric in names:
                values[metric] = self._pair_values(metric, lists)
        counted = counted_users(self.rule, self.problem.judged, self.judged.relevant, lists.length)
        shown = lists.length > 0
        n_judged = int(self.problem.judged.sum())
        among = self.problem.judged if self.rule.users == "judged" else self.problem.known
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
                    within = counted if accuracy else shown & among
                    possible = n_judged if accuracy else int(among.sum())
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

    def _of_whom(self, lists: Lists) -> Lists:
        """The lists without those of users that the convention does not count."""
        judged = self.problem.judged
        if self.rule.users == "all" or not (lists.length[~judged] > 0).any():
            return lists
        items = np.where(judged[:, None], lists.items, lists.items.dtype.type(-1))
        return replace(lists, items=items, length=np.where(judged, lists.length, 0))

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
        made: dict[str, UserValues] = {}
        if not (metrics or by_group):
            return {}, groups
        users_at = [slice(low, min(low + USER_BLOCK, n_users)) for low in range(0, n_users, USER_BLOCK)]
        for users in users_at:
            sums = position_sums(lists, self.judged, self.catalogue, self.cutoffs, users, self.problem.n_items)
            if by_group:
                groups[:, users] = sums[kept]
            for metric in metrics:
                own = user_values(
                    metric, sums, self.cutoffs, self.judged.relevant[users], lists.length[users], self.rule
                )
                if metric not in made:
                    made[metric] = own if len(users_at) == 1 else _room_for(own, n_users)
                if len(users_at) > 1:
                    _put(made[metric], own, users)
        return made, groups

    def _pair_values(self, metric: str, lists: Lists) -> UserValues:
        assert self.similarity is not None  # noqa: S101 - made where such a metric is asked for
        found = []
        for low in range(0, self.problem.n_users, PAIR_BLOCK):
            users = slice(low, min(low + PAIR_BLOCK, self.problem.n_users))
            if metric == "diversity":
                found.append(list_diversity(lists, self.similarity, self.cutoffs, users))
            else:
                hits = self._hits(lists, users) if self.rule.serendipity == "hits" else None
                found.append(list_serendipity(lists, self.similarity, self.problem, self.cutoffs, users, hits))
        return UserValues(np.concatenate(found, axis=1))

    def _hits(self, lists: Lists, users: slice) -> npt.NDArray[np.float64]:
        """Which positions of some users' lists are hits, as they stand in the list."""
        items = lists.items[users]
        row = self.judged.rows.find(np.arange(users.start, users.stop)[:, None], items)
        return ((row >= 0) & self.judged.hit[row]).astype(np.float64)

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


def _room_for(block: UserValues, n_users: int) -> UserValues:
    """Arrays for all users, of the kind of a block."""
    sides = (block.values, block.above, block.below)
    whole = [None if side is None else np.empty((len(side), n_users)) for side in sides]
    assert whole[0] is not None  # noqa: S101
    return UserValues(whole[0], whole[1], whole[2], block.kind)


def _put(whole: UserValues, block: UserValues, users: slice) -> None:
    for side, own in ((whole.values, block.values), (whole.above, block.above), (whole.below, block.below)):
        if side is not None and own is not None:
            side[:, users] = own
