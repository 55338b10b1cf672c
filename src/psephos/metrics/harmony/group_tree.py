r"""How finely may a benchmark be divided before its groups say nothing more?

All items are divided into groups of like items (see `item_groups`), each of these again, and so on. A division is kept
if groups at random would seldom differ as much in score. Over models f and groups g with n_fg items run, the measure is

    B = sum_f sum_g n_fg (acc_fg - mu_f)^2,      p = (1 + #{r : B_r >= B}) / (R + 1),

where B_r has the items of the node dealt anew to groups of the same sizes, each with its scores by all models. A node
of n_v out of n items is divided if p <= level n_v / n: nodes at which no item is special do not overlap, so that the
chance that any of these is divided is at most the level (Meinshausen 2008, doi:10.1093/biomet/asn007).

H would not do: two groups of one size have H = 1 whatever their scores, so that no division in two would be seen.

Source: sheet 27, ours: where to stop dividing is a question that the paper (Uzunoglu, Li and Khashabi 2025, arXiv
2509.25671) leaves open.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine.streams import Rng, generator, seed_of
from psephos.errors import InputError, check_count, check_floats, check_number
from psephos.metrics.harmony.group_scores import SMALL, Floats, check_unit
from psephos.metrics.harmony.item_clusters import clustered
from psephos.metrics.harmony.item_similarity import Similarity, tables_of
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result, json_ready
from psephos.opinions.wording import plural

WHOLE = "all"
KEPT, LUCK, FEW, ALIKE = "divided", "groups differ no more than by luck", "too few items", "all items alike"


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class GroupTree(Result):
    """Groups of items in groups, as finely as scores can tell them apart.

    Attributes
    ----------
    nodes : polars.DataFrame
        One row per node, each followed by what is in it; see `table`.
    labels : tuple of str, shape (n_items,)
        The finest group of each item, by the name of its node.
    """

    nodes: pl.DataFrame
    labels: tuple[str, ...]

    def table(self) -> pl.DataFrame:
        """One row per node.

        node ("all", "1", "1.2" the second group in group 1; 1 is the largest), depth, items, score (mean over items and
        models), groups (0 where it is not divided), tried (groups of the division that was tested, null if none was),
        silhouette, p, needed (what p may be at most), stopped (why it is not divided, or "divided").
        """
        return self.nodes

    def summary(self) -> list[tuple[str, str]]:
        """How many groups at what depth, and why it goes no further."""
        leaves = self.nodes.filter(pl.col("groups") == 0)
        lines = [("groups", f"{leaves.height:,} at most {int(leaves['depth'].max() or 0)} deep")]  # type: ignore[arg-type]
        lines += [
            (row["node"], f"{plural(row['items'], 'item')}, {_mean(row['score'])}: {row['stopped']}")
            for row in leaves.iter_rows(named=True)
        ]
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        more: dict[str, Any] = json_ready({"labels": list(self.labels)})
        return super().to_dict() | more


def _mean(score: float | None) -> str:
    return "no score" if score is None else f"mean score {score:.3f}"


def group_tree(
    correct: npt.ArrayLike,
    values: npt.ArrayLike | Sequence[npt.ArrayLike],
    kind: str = "probs",
    *,
    most: int = 20,
    least: int = 2 * SMALL,
    level: float = 0.05,
    repeats: int = 999,
    rng: Rng = 0,
) -> GroupTree:
    """Divide items into groups of groups, as long as scores tell the groups apart.

    Parameters
    ----------
    correct : array_like of float, shape (n_models, n_items) or (n_items,)
        Scores between 0 and 1 by which a division is judged; NaN where a model did not run an item.
    values : array_like
        By which items are grouped, as in `discover_groups`. Responses must be of other models than those that judge.
    kind : {"probs", "responses", "embeddings"}
        What they are.
    most : int, default 20
        Largest number of groups of one division.
    least : int, default 20
        A node of fewer items is not divided; at least 4.
    level : float, default 0.05
        Chance that anything is divided that luck alone makes differ.
    repeats : int, default 999
        Random divisions of a node. A node with a share of items below 1 / (level (repeats + 1)) can never be divided.
    rng : int, Generator or None, default 0
        Source of the random numbers.

    Returns
    -------
    GroupTree
        The nodes with their tests, and the finest group of each item.

    Raises
    ------
    InputError
        As `discover_groups`; if scores and values are of different items, or the same table.

    See Also
    --------
    discover_groups : one division, whatever it says of scores.
    groups_against_chance : groups at hand against random ones, model by model.

    Examples
    --------
    >>> near, far = [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]
    >>> tree = group_tree([1] * 30 + [0] * 20, [near] * 30 + [far] * 20)
    >>> tree.table()["node"].to_list(), tree.labels[0], tree.labels[-1]
    (['all', '1', '2'], '1', '2')
    """
    scores = np.atleast_2d(check_floats("correct", correct, ndim=min(max(np.ndim(correct), 1), 2), missing=True))
    check_unit("correct", scores)
    tables, make = tables_of(values, kind)
    n = len(tables[0])
    if scores.shape[1] != n:
        raise InputError("correct", f"must have a score for each of the {n:,} items of values, got {scores.shape[1]:,}")
    if not (~np.isnan(scores)).any():
        raise InputError("correct", "holds no score")
    if (
        kind == "responses"
        and tables[0].shape == scores.T.shape
        and np.array_equal(tables[0].T, scores, equal_nan=True)
    ):
        raise InputError(
            "values",
            "are the scores that judge the groups: groups by right and wrong always differ in right and wrong",
            hint="group by the responses of some models, and judge by others",
        )
    if n <= 3:
        raise InputError("values", f"needs more than 3 items, got {n}")
    smallest = check_count("least", least, low=4)
    check_number("level", level, low=0, high=1, open_ends=True)
    seed = seed_of(rng)
    check_count("most", most, low=2)
    check_count("repeats", repeats, low=1)
    similarity = make(tables)
    rows: list[dict[str, Any]] = []
    labels = np.empty(n, dtype=object)
    waiting = [(WHOLE, 0, np.arange(n), generator(seed))]
    while waiting:
        name, depth, items, stream = waiting.pop()
        row: dict[str, Any] = {"node": name, "depth": depth, "items": len(items)}
        found, inside = _divided(
            scores[:, items], similarity, items, stream, most=most, least=smallest, needed=level * len(items) / n,
            repeats=repeats,
        )  # fmt: skip
        rows.append(row | found)
        labels[items] = name
        # The streams of groups descend from that of their node, whatever other nodes drew.
        groups = [items[inside == group] for group in range(found["groups"])]
        waiting += [
            (f"{place + 1}" if name == WHOLE else f"{name}.{place + 1}", depth + 1, groups[place], own)
            for place, own in reversed(list(enumerate(stream.spawn(len(groups)))))
        ]
    stated = {"kind": kind, "most": most, "least": smallest, "level": level, "repeats": repeats}
    far = math.ceil(n / (level * (repeats + 1)))
    notes = (f"with {repeats:,} repeats no node below {far:,} items can be divided",) if far > smallest else ()
    return GroupTree(
        nodes=pl.DataFrame(rows, infer_schema_length=None),
        labels=tuple(labels.tolist()),
        provenance=Provenance("tree of item groups", stated, Source(), seed=seed, notes=notes),
    )


def _divided(
    scores: Floats,
    similarity: Similarity,
    items: npt.NDArray[np.intp],
    stream: np.random.Generator,
    *,
    most: int,
    least: int,
    needed: float,
    repeats: int,
) -> tuple[dict[str, Any], npt.NDArray[np.int64]]:
    """What is said of a node, and the group of each of its items where it is divided."""
    known = ~np.isnan(scores)
    row = {
        "score": float(scores[known].mean()) if known.any() else None,
        "groups": 0,
        "tried": None,
        "silhouette": None,
        "p": None,
        "needed": needed,
        "stopped": FEW,
    }
    labels = np.zeros(len(items), dtype=np.int64)
    if len(items) < least:
        return row, labels
    sample, cluster, deal = stream.spawn(3)
    found = clustered(similarity, items, min(most, len(items) - 1), sample, cluster)
    if found is None:
        return row | {"stopped": ALIKE}, labels
    labels, tries, _ = found
    k = int(labels.max()) + 1
    p = _p_value(scores, labels, k, repeats, deal)
    row |= {"tried": k, "silhouette": max(score for _, score in tries), "p": p}
    return row | ({"groups": k, "stopped": KEPT} if p <= needed else {"stopped": LUCK}), labels


def _p_value(scores: Floats, labels: npt.NDArray[np.int64], k: int, repeats: int, stream: np.random.Generator) -> float:
    """Share of random groups of these sizes that differ at least as much in score."""
    run = (~np.isnan(scores)).astype(np.float64)
    mean = np.divide(np.nansum(scores, axis=1), run.sum(axis=1), out=np.zeros(len(run)), where=run.any(axis=1))
    centred = np.nan_to_num(scores - mean[:, None])
    members = np.eye(k)[labels]

    def between(order: npt.NDArray[np.intp]) -> float:
        n, sums = run @ members[order], centred @ members[order]
        return float(np.divide(sums**2, n, out=np.zeros_like(sums), where=n > 0).sum())

    own = between(np.arange(len(labels)))
    edge = own - 1e-9 * max(own, 1.0)
    return (1 + sum(between(stream.permutation(len(labels))) >= edge for _ in range(repeats))) / (repeats + 1)
