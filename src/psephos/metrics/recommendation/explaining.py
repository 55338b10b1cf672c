"""Which definition gives a number that somebody else has printed?

`explain_value` evaluates one metric under every combination of the choices that can matter for it and lists those that
come to the number; `sampled_expectation` says what a metric of full lists comes to if the relevant item is ranked among
a sample, so that the two are never mixed.

Source: sheet 02 (beyond the paper); the sampled rank: Krichene and Rendle (2020), doi:10.1145/3394486.3403226.
Differs: nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_choice, check_count, check_floats, check_number
from psephos.metrics.recommendation.coding import coded_problem
from psephos.metrics.recommendation.conventions import CHOICES, PRESETS, Convention
from psephos.metrics.recommendation.evaluating import checked_cutoffs
from psephos.metrics.recommendation.item_similarity import CoOccurrence
from psephos.metrics.recommendation.names import METRICS, NEED_TRAIN, UNCUT, metric_names
from psephos.metrics.recommendation.run_columns import Setting

_OWN: Mapping[str, tuple[str, ...]] = {
    "precision": ("divide",),
    "f1": ("f1", "divide"),
    "mrr": ("reciprocal_rank",),
    "arhr": ("arhr",),
    "ap": ("average_precision",),
    "ndcg": ("gain",),
    "dcg": ("gain",),
    "novelty": ("unseen",),
    "serendipity": ("serendipity",),
    "catalogue_coverage": ("coverage", "catalogue"),
    "gini": ("gini", "gini_divisor", "catalogue"),
    "tail_items": ("tail",),
    "tail_share": ("tail",),
    "pop_reo": ("tail",),
    "pop_rsp": ("tail",),
    "entropy": ("entropy",),
    "gauc": ("auc_pairs", "auc_weight", "one_class"),
}


def explain_value(
    interactions: object,
    runs: object,
    metric: str,
    value: float,
    k: int | None = 10,
    *,
    train: object = None,
    order: str | None = None,
    tolerance: float = 5e-5,
) -> pl.DataFrame:
    """Find the definitions under which a metric has a given value.

    Parameters
    ----------
    interactions, runs
        As of `evaluate`; one run.
    metric : str
        Its name; see `evaluate`.
    value : float
        What was printed elsewhere.
    k : int or None, default 10
        Cut of the list.
    train, order
        As of `evaluate`.
    tolerance : float, default 0.00005
        Half a unit of the last digit that was printed.

    Returns
    -------
    polars.DataFrame
        value, difference, matches, presets (that make these choices), and one column for each choice that moves the
        number on these data; nearest first, one row for each combination.

    Raises
    ------
    InputError
        If there are several runs, or as of `evaluate`.

    See Also
    --------
    convention : evaluate under what was found.

    Examples
    --------
    >>> truth, lists = {"q": ["a", "b", "c", "d", "e"]}, {"q": ["a", "x", "b"]}
    >>> explain_value(truth, lists, "ap", 0.5556, k=3).select("value", "matches", "average_precision").row(0)
    (0.5555555555555555, True, 'cut')
    """
    (name,) = metric_names(metric)
    if METRICS[name] in ("faults", "ratings") or name == "diversity":
        raise InputError("metric", f"{name!r} has one definition only")
    check_number("value", value)
    check_number("tolerance", tolerance, low=0)
    if train is None and name in NEED_TRAIN:
        raise InputError("train", f"{name!r} needs the train data", hint="give train=")
    problem = coded_problem(interactions, runs, train=train, order=order)
    if len(problem.runs) != 1:
        raise InputError("runs", f"give one, got {len(problem.runs)}")
    (run,) = problem.runs
    cutoffs = checked_cutoffs(k)
    refused = ("exponential_from_level", "error")
    free = {
        choice: [one for one in CHOICES[choice] if one not in refused]
        for choice in _varied(name, problem.train is not None)
    }
    values = problem.truth.values
    levels: list[float | None] = [None, 1.0] if ((values > 0) & (values < 1)).any() else [None]
    levels += [0.0] if (values == 0).any() else []
    similarity = CoOccurrence(problem) if name == "serendipity" else None
    options: dict[str, list[Any]] = {"level": levels, **free}
    found = np.empty([len(one) for one in options.values()])
    for place, chosen in zip(np.ndindex(found.shape), itertools.product(*options.values()), strict=True):
        rule = Convention(name="", **dict(zip(options, chosen, strict=True)))
        columns, _ = Setting(problem, rule, cutoffs, (name,), similarity, "micro").run(run)
        found[place] = columns[name, -1 if METRICS[name] in UNCUT else int(cutoffs[0])].value
    moving = {
        choice: given
        for axis, (choice, given) in enumerate(options.items())
        if not np.isclose(found, found.take([0], axis=axis), rtol=0, atol=1e-12, equal_nan=True).all()
    }
    # What a choice that moves nothing here is set to says nothing: its first stands for all.
    found = found[tuple(slice(None) if choice in moving else 0 for choice in options)]
    rows = []
    for number, chosen in zip(found.ravel().tolist(), itertools.product(*moving.values()), strict=True):
        made = dict(zip(moving, chosen, strict=True))
        apart = abs(number - value)
        rows.append((number, apart, apart <= tolerance, _presets(made), *chosen))
    table = pl.DataFrame(rows, schema=["value", "difference", "matches", "presets", *moving], orient="row")
    if "level" in moving:
        table = table.with_columns(pl.col("level").cast(pl.Float64))
    # A named convention before a combination that nobody uses, among equally near ones.
    return table.sort(pl.col("difference").round(12), pl.col("presets") == "", maintain_order=True)


def sampled_expectation(
    ranks: npt.ArrayLike, n_items: int, sampled: int, metric: str = "ndcg", k: int = 10
) -> npt.NDArray[np.float64]:
    r"""What a metric comes to on average if the one relevant item is ranked among sampled others.

    With rank r among n items, each of m others drawn at random stands above it with the chance (r - 1) / (n - 1), so
    its rank among them is 1 + Binomial(m, (r - 1) / (n - 1)).

    Parameters
    ----------
    ranks : array_like of int, shape (n_users,)
        Rank of the relevant item among all, 1 is best.
    n_items : int
        Items that were ranked.
    sampled : int
        Others that are drawn, with replacement.
    metric : {"ndcg", "recall", "hit_rate", "mrr", "ap", "precision"}, default "ndcg"
        Its name; see `evaluate`.
    k : int, default 10
        Cut of the list.

    Returns
    -------
    ndarray of float64, shape (n_users,)
        The mean over all draws, exactly.

    Raises
    ------
    InputError
        If a rank does not lie between 1 and `n_items`.

    Examples
    --------
    >>> full, sample = (sampled_expectation([50], 1000, m, "hit_rate").item() for m in (999, 100))
    >>> full < 0.01, sample > 0.9
    (True, True)
    """
    from scipy import stats

    check_choice("metric", metric, ("ndcg", "recall", "hit_rate", "mrr", "ap", "precision"))
    check_count("n_items", n_items, low=2)
    check_count("sampled", sampled)
    check_count("k", k)
    rank = check_floats("ranks", ranks)
    if ((rank < 1) | (rank > n_items)).any():
        raise InputError("ranks", f"must lie between 1 and {n_items}")
    place = np.arange(1, k + 1)
    gains = {"ndcg": 1 / np.log2(place + 1), "mrr": 1 / place, "ap": 1 / place, "precision": np.full(k, 1 / k)}
    worth = gains.get(metric, np.ones(k))
    above = (rank - 1) / (n_items - 1)
    return np.asarray(stats.binom.pmf(place - 1, sampled, above[:, None]) @ worth)


def _varied(metric: str, trained: bool) -> tuple[str, ...]:
    """The choices that can move a metric."""
    family = METRICS[metric]
    common = {
        "accuracy": ("absent", "empty", "ties"),
        "found": ("absent", "empty"),
        "lists": ("users",),
        "catalogue": ("users",),
    }.get(family, ())
    own = tuple(choice for choice in _OWN.get(metric, ()) if trained or choice != "auc_pairs")
    return (*own, *common, *(("seen", "outside") if trained else ()))


def _presets(made: Mapping[str, Any]) -> str:
    """The presets that make the same of the choices that move the number."""
    return ", ".join(
        name
        for name, preset in PRESETS.items()
        if all(getattr(preset, choice) == chosen for choice, chosen in made.items() if choice != "level")
        and made.get("level") in (None, preset.level)
    )
