"""What would each method have done with the samples in store?

Each method spends a budget on stored pools instead of a model. Its answers are compared with the target of each
question, by default the majority of its whole pool, at several budgets:

    consistency = share of questions whose majority is the target,
    ratio       = budget at which even spending is as consistent / budget of the method.

Pools may be shuffled and replayed several times, which takes out the luck of one order of draws; intervals are over
questions, because another set of questions is what one wants to know about.

Source: arXiv 2602.16745 (the protocol: pools of 64, ten shuffles), arXiv 2511.12309 (the efficiency ratio). Differs:
one run to the largest budget gives all smaller ones, as the methods here do not look ahead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.allocation.allocator import KNOWN_AS
from psephos.allocation.playing import METHODS, Curve, Method, Player
from psephos.allocation.pools import Pools, PoolsLike, pools_of
from psephos.allocation.replay_result import Replay
from psephos.allocation.session import NEARLY
from psephos.engine import Rng
from psephos.engine.streams import seed_of, spawn
from psephos.errors import InputError, check_choice, check_count, check_floats
from psephos.opinions.coding import text_of
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.outcomes import Provenance, option_name
from psephos.statistics import bootstrap

Floats = npt.NDArray[np.float64]
MOST_BUDGETS = 256
"""At so many budgets even spending is evaluated at most, to find the one that equals another method."""

RESAMPLES = 1000


def replay(
    pools: PoolsLike,
    budget: float | Sequence[float],
    methods: Sequence[Method] | Mapping[str, Method] = ("uniform", "adaptive", "knowledge-gradient"),
    *,
    targets: Mapping[str, str] | None = None,
    gold: Mapping[str, str] | None = None,
    n_options: int | None = None,
    init: int = 1,
    ties: str = "first",
    repeats: int = 1,
    equivalence: Equivalence = "exact",
    level: float = 0.95,
    rng: Rng = None,
) -> Replay:
    """Compare methods of spending a budget on stored samples.

    Parameters
    ----------
    pools : mapping of question to sequence of answers, or Opinions
        Stored samples in the order in which they were drawn, or opinions of kind ``samples`` of one voter. None is a
        draw without an answer.
    budget : float or sequence of float
        Samples a question on average.
    methods : sequence of str, or of callables, or mapping of name to these
        Names of `METHODS` (``"asc"`` and ``"ppr"`` are the two rankings of `Adaptive` alone), or functions from the
        questions and the budget in all to an allocator.
    targets : mapping of question to answer, optional
        The answers to agree with; by default the majority of each whole pool, its first answer among equals.
    gold : mapping of question to answer, optional
        The right answers, for the accuracy.
    n_options : int, optional
        Answers that a question can have.
    init : int, default 1
        Samples that each question gets first.
    ties : {"first", "split"}, default "first"
        Whether an answer that shares the first place counts if it was seen first, or in part.
    repeats : int, default 1
        How often the pools are shuffled and replayed; 1 takes them as they are.
    equivalence : str or callable, default "exact"
        Which answers are the same.
    level : float, default 0.95
        Confidence of the intervals.
    rng : int, Generator or None
        Source of the shuffles and resamples.

    Returns
    -------
    Replay
        Agreement with the full pool, and accuracy, for each method and budget, and what each saves.

    Raises
    ------
    InputError
        If there is no question, a budget does not pay for the first samples, a method is unknown, or a target or gold
        answer is missing.

    See Also
    --------
    replay_stopping : the same for rules that stop.

    Examples
    --------
    >>> pools = {"easy": "aaaaaaaa", "hard": "aabbbbbb"}
    >>> found = replay({q: list(pool) for q, pool in pools.items()}, [2, 4], ["uniform", "adaptive"], rng=0)
    >>> found.table().select("method", "budget", "consistency").rows()
    [('uniform', 2.0, 0.5), ('uniform', 4.0, 0.5), ('adaptive', 2.0, 0.5), ('adaptive', 4.0, 1.0)]
    """
    stored = pools_of(pools, equivalence)
    budgets = np.unique(check_floats("budget", budget if np.ndim(budget) else [budget]))
    check_choice("ties", ties, ("first", "split"))
    check_count("repeats", repeats)
    check_count("init", init, low=0)
    if not len(budgets):
        raise InputError("budget", "there is none")
    if budgets[0] <= 0 or budgets[0] * (1 + NEARLY) < init:
        least = f"at least {init:,}, the first samples of each question" if init else "above 0"
        raise InputError("budget", f"must be {least}, got {budgets[0]:g}", hint="it is the samples of a question")
    named = _named(methods)
    seed = seed_of(rng)
    aim = None if targets is None else _named_as_in_pools("targets", targets, stored)
    truth = None if gold is None else _named_as_in_pools("gold", gold, stored)
    run = Player(stored, [stored.targets if aim is None else aim, truth], n_options, init, ties == "split")
    longest = max(map(len, stored.answers))
    fine = np.union1d(budgets, np.unique(np.linspace(max(init, 1), longest, min(longest, MOST_BUDGETS)).round()))
    *streams, resampling = spawn(seed, repeats + 1)
    found: dict[str, Curve] = {}
    for name, method in {"": "uniform", **named}.items():
        at = fine if not name else budgets
        parts = [run.curve(method, at, stream if repeats > 1 else None) for stream in streams]
        found[name] = Curve(*(np.mean([part[k] for part in parts], axis=0) for k in range(3)))
    even = found.pop("")
    curves, savings = _with_intervals(found, even, budgets, fine, level, resampling, gold is not None)
    questions = pl.concat(
        pl.DataFrame(
            {"method": [name] * len(stored.names), "question": stored.names}
            | {"samples": curve.drawn[-1], "agrees": curve.right[-1, 0]}
        )
        for name, curve in found.items()
    )
    notes = (
        [f"the target of {stored.tied:,} questions shares its place in the pool"] if stored.tied and not targets else []
    )
    if aim is None:
        notes.append("consistency is with the majority of each whole pool, not with the truth")
    parameters = {
        "budget": budgets.tolist(),
        "methods": list(named),
        "n_options": n_options,
        "init": init,
        "ties": ties,
    }
    parameters |= {"repeats": repeats, "equivalence": option_name(equivalence), "level": level}
    return Replay(
        provenance=Provenance("replay", parameters, stored.source, seed=seed, notes=tuple(notes)),
        curves=curves,
        savings=savings,
        questions=questions,
        level=level,
    )


def _named(methods: Sequence[Method] | Mapping[str, Method]) -> dict[str, Method]:
    """Methods by name, checked."""
    pairs = list(methods.items()) if isinstance(methods, Mapping) else [(option_name(one), one) for one in methods]
    if isinstance(methods, str) or not pairs:
        raise InputError("methods", f"must be a sequence of methods, got {methods!r:.60}")
    for _, method in pairs:
        if not callable(method):
            check_choice("methods", method, METHODS, known_as=KNOWN_AS)
    named = dict(pairs)
    if len(named) < len(pairs):
        raise InputError("methods", "two have one name", hint="give a mapping of name to method")
    return named


def _named_as_in_pools(argument: str, given: Mapping[str, str], stored: Pools) -> list[str | None]:
    """The answers by the names that they have in the pools."""
    texts = {str(question): text_of(answer, argument) for question, answer in given.items()}
    missing = next((name for name in stored.names if texts.get(name) is None), None)
    if missing is not None:
        raise InputError(argument, f"has no answer to question {missing!r:.80}")
    pairs = zip(stored.names, stored.classes, strict=True)
    return [known.texts[known.find(texts[name] or "")] for name, known in pairs]


def _with_intervals(
    found: dict[str, Curve],
    even: Curve,
    budgets: Floats,
    fine: Floats,
    level: float,
    stream: np.random.Generator,
    has_gold: bool,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Curves and savings, with intervals over questions; questions that fared alike are drawn as one."""
    names, size = list(found), len(budgets)
    of_methods = np.concatenate([found[name].right[:, row] for name in names for row in (0, 1)])
    rows, copies = np.unique(np.concatenate([of_methods, even.right[:, 0]]).T, axis=0, return_counts=True)
    count = len(names) * size
    whole = np.nan_to_num(rows)
    known = ~np.isnan(rows)

    def statistic(weights: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            means = (weights @ whole) / (weights @ known)
        both = means[:, : 2 * count].reshape(-1, len(names), 2, size)
        curve = np.maximum.accumulate(means[:, 2 * count :], axis=1)
        needed = np.stack([_needed(fine, one, want) for one, want in zip(curve, both[:, :, 0], strict=True)])
        return np.concatenate([both[:, :, 0], both[:, :, 1], needed / budgets], axis=1).reshape(len(weights), -1)

    values = statistic(copies[None, :].astype(np.float64))[0].reshape(3, len(names), size)
    if copies.sum() > 1:
        drawn = bootstrap(
            statistic, len(rows), multiplicity=copies, repeats=RESAMPLES, level=level, method="percentile", rng=stream
        )
        parts = [one.reshape(3, len(names), size) for one in (drawn.low, drawn.high, drawn.standard_error)]
    else:
        parts = [np.full_like(values, np.nan)] * 3
    low, high, error = parts
    method = pl.Series("method", np.repeat(names, size))
    at = pl.Series("budget", np.tile(budgets, len(names)))
    spent = pl.Series("spent", np.concatenate([found[name].spent for name in names]))

    def columns(row: int, *labels: str) -> list[pl.Series]:
        ends = zip(labels, (values, low, high, error), strict=False)
        return [pl.Series(label, part[row].ravel()).fill_nan(None) for label, part in ends]

    right = columns(1, "accuracy", "accuracy_low", "accuracy_high")
    if not has_gold:
        right = [pl.Series(one.name, [None] * len(one), dtype=pl.Float64) for one in right]
    curves = pl.DataFrame([method, at, spent, *columns(0, "consistency", "low", "high"), *right])
    savings = pl.DataFrame(
        [method, at, *columns(0, "consistency"), *columns(2, "ratio", "low", "high", "standard_error")]
    ).with_columns(uniform=pl.col("ratio") * pl.col("budget"))
    order = ["method", "budget", "consistency", "uniform", "ratio", "low", "high", "standard_error"]
    return curves, savings.select(order).filter(pl.col("method") != "uniform")


def _needed(budgets: Floats, curve: Floats, wanted: Floats) -> Floats:
    """The budget at which a rising curve reaches each value; NaN below its start and above its end."""
    rising = np.concatenate([[True], np.diff(curve) > 0])
    return np.asarray(np.interp(wanted, curve[rising], budgets[rising], left=np.nan, right=np.nan))
