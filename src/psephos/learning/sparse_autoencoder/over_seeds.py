"""How many features does a layer use, by dictionaries trained here from several seeds?

A single dictionary depends on its start, so at least three are trained, and F is their mean with its spread and an
interval over items and seeds. What makes the number untrustworthy is looked for, not left to the reader: one more
dictionary of twice the size says whether F is limited by the dictionary; the course of F says whether training was
long enough; the same pipeline on activations without structure says what F is by itself.

Source: Bereska et al. (2025), arXiv 2512.13568; sheet 40. Differs: intervals, the doubled dictionary and the null
model are ours.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from psephos.engine import Engine, Rng, map_shards, seed_of
from psephos.errors import check_count, check_number
from psephos.learning.sparse_autoencoder.activation_rows import ActivationRows, read_activations, rows_of
from psephos.learning.sparse_autoencoder.descent import trained
from psephos.learning.sparse_autoencoder.result import TrainedFeatures
from psephos.learning.sparse_autoencoder.settings import Training
from psephos.learning.sparse_autoencoder.trained_dictionary import (
    TrainedDictionary,
    check_null,
    chosen_rows,
    finished,
)
from psephos.metrics import EffectiveFeatures, dictionary_warnings, effective_features, null_activations
from psephos.metrics.effective_features.comparison import RISING, compare_effective_features, pooled_runs
from psephos.metrics.effective_features.counting import TRUSTED
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance
from psephos.statistics import Interval, normal_interval

NULL_BYTES = 512 * 2**20
"""Activations without structure are made in memory, of no more rows than fill this."""


def trained_features(
    activations: npt.ArrayLike | Iterable[npt.ArrayLike],
    training: Training | None = None,
    *,
    seeds: int = 3,
    doubled: bool = True,
    null: Literal["none", "columns", "gaussian"] = "none",
    clusters: npt.ArrayLike | None = None,
    repeats: int = 400,
    level: float = 0.95,
    engine: int | str | Engine = 1,
    resume: str | os.PathLike[str] | None = None,
    rng: Rng = None,
) -> TrainedFeatures:
    """Count the features that a layer uses, by sparse autoencoders trained on its activations.

    Parameters
    ----------
    activations : array_like of float, shape (n_items, n_neurons) or (n_items, k, height, width), or iterator of chunks
        An array that is mapped from a file is read in pieces; chunks of an iterator are kept in a temporary file.
    training : Training, optional
        Settings of the dictionaries; the defaults of the source if not given.
    seeds : int, default 3
        Dictionaries, each with a start of its own. Fewer than 3 are noted.
    doubled : bool, default True
        Whether one more dictionary, of twice the size, says if the count is limited by the dictionary.
    null : {"none", "columns", "gaussian"}, default "none"
        Activations without structure on which as many dictionaries are trained for comparison: neurons shuffled one by
        one, or normal of the same covariance.
    clusters : array_like, shape (n_items,), optional
        Within what items are not independent.
    repeats : int, default 400
        Resamples of items; 0 for an interval over seeds only.
    level : float, default 0.95
        Confidence of the interval.
    engine : int, str or Engine, default 1
        Where dictionaries are trained, see `psephos.engine.map_shards`; results do not depend on it. Each is trained on
        one core.
    resume : path-like, optional
        Folder that keeps each finished dictionary: the same call after an interruption trains only the rest. Needs
        `rng` to be a number.
    rng : int, Generator, SeedSequence or None
        Seed or source of starts, orders and resamples.

    Returns
    -------
    TrainedFeatures

    Raises
    ------
    InputError
        If there are fewer than two items, activations are not finite or have 1, 3 or 5 dimensions, or a parameter is
        out of its range.
    LossError
        If a loss is no longer a number, a FloatingPointError; says in which epoch.

    See Also
    --------
    search_penalty : which penalty.
    features_by_layer : of several layers, or of one layer in the course of training.
    psephos.metrics.compare_effective_features : two conditions; takes `runs` of each.

    Examples
    --------
    Four directions in two neurons, one at a time:

    >>> rng = np.random.default_rng(0)
    >>> X = np.repeat([[1, 0], [0, 1], [-1, 0], [0, -1]], 100, axis=0) * rng.uniform(0.5, 1.5, (400, 1))
    >>> found = trained_features(X, Training(batch=16, learning_rate=0.01), doubled=False, rng=0)
    >>> round(found.value.value, 1), found.psi > 1.9
    (4.0, True)
    """
    own = Training() if training is None else training
    check_number("level", level, low=0, high=1, open_ends=True)
    kind, count = check_null(null), check_count("seeds", seeds)
    check_count("repeats", repeats, low=0)
    rows = chosen_rows(read_activations(activations), own, seed := seed_of(rng))
    jobs: list[tuple[str, ActivationRows, Training]] = [("layer", rows, own)] * count
    if doubled:
        jobs.append(("doubled", rows, Training(**own.to_dict() | {"expansion": 2 * own.expansion})))
    if kind != "none":
        empty, some = _without_structure(rows, kind, seed)
        jobs += [("null", empty, own)] * count
    found = [
        finished(one, data, settings)
        for one, (_, data, settings) in zip(_trained(jobs, engine, resume, seed), jobs, strict=True)
    ]
    own_clusters = None if clusters is None else clusters
    runs = []
    for number, (dictionary, (name, data, settings)) in enumerate(zip(found, jobs, strict=True)):
        runs.append(
            effective_features(
                data.values,
                dictionary.dictionary,
                standardise=settings.standardise,
                clusters=own_clusters if name == "layer" else None,
                repeats=repeats if name != "doubled" else 0,
                level=level,
                rng=seed + (0 if name == "layer" else number),
            )
        )
    notes = _notes(runs[:count], found[:count], runs[count] if doubled else None, rows, own)
    if kind != "none" and some:
        notes.append(f"the null model is of {some:,} rows, as it is made in memory")
    by_null = runs[len(runs) - count :] if kind != "none" else []
    value, spread = _pooled(runs[:count], level)
    live = all(run.value.value > 0 for run in (*runs[:count], *by_null))
    parameters: dict[str, Any] = own.to_dict() | {
        "seeds": count,
        "doubled": doubled,
        "null": kind,
        "repeats": repeats,
        "level": level,
    }
    return TrainedFeatures(
        provenance=Provenance("trained features", parameters, Source(), seed, notes=tuple(notes)),
        value=value,
        spread=spread,
        runs=tuple(runs[:count]),
        dictionaries=tuple(found[:count]),
        doubled=runs[count] if doubled else None,
        null=tuple(by_null),
        above_null=compare_effective_features(by_null, runs[:count], level=level).ratio if by_null and live else None,
        training=own,
    )


def _trained(
    jobs: Sequence[tuple[str, ActivationRows, Training]],
    engine: int | str | Engine,
    resume: str | os.PathLike[str] | None,
    seed: int,
) -> Iterable[dict[str, Any]]:
    shards = [
        {"rows": rows.portable(), "training": settings.to_dict(), "label": f"dictionary {number} of {len(jobs)}"}
        for number, (_, rows, settings) in enumerate(jobs, 1)
    ]
    kept: dict[str, Any] = {}
    if resume is not None:
        prints = {id(rows): _print_of(rows) for _, rows, _ in jobs}
        kept = {"resume": resume, "job": {"activations": [prints[id(rows)] for _, rows, _ in jobs]}}
    # In this process each dictionary shows its own bar, by epochs.
    label = None if engine == 1 else "training dictionaries"
    return map_shards(trained, shards, engine=engine, rng=seed, label=label, **kept)


def _print_of(rows: ActivationRows) -> str:
    found = hashlib.blake2b(repr((rows.values.shape, rows.values.dtype.str)).encode(), digest_size=16)
    step = max(1, 2**24 // max(1, rows.values[0].nbytes))
    for first in range(0, len(rows.values), step):
        found.update(np.ascontiguousarray(rows.values[first : first + step]).tobytes())
    return found.hexdigest()


def _without_structure(rows: ActivationRows, kind: str, seed: int) -> tuple[ActivationRows, int]:
    """Rows of activations without structure, and how many they are if fewer than those of the layer."""
    most = max(2, NULL_BYTES // (8 * rows.neurons))
    which = np.arange(rows.rows)
    if len(which) > most:
        which = np.sort(np.random.default_rng([seed, 2]).choice(rows.rows, most, replace=False))
    values = null_activations(rows.take(which), kind, rng=np.random.default_rng([seed, 3]))  # type: ignore[arg-type]
    scale = float(np.sqrt((values**2).mean()))
    # Rows are divided already, and are divided by their own size once more as those of the layer were.
    made = ActivationRows(values, scale, divisor=1.0 if rows.divisor == 1 else scale)
    return made, len(which) if len(which) < rows_of(rows.values) else 0


def _pooled(runs: Sequence[EffectiveFeatures], level: float) -> tuple[Interval, float]:
    values = np.array([run.value.value for run in runs])
    mean = float(values.mean())
    spread = float(values.std(ddof=1)) if len(runs) > 1 else math.nan
    if not (values > 0).all():
        return Interval(mean, math.nan, math.nan, level), spread
    _, error, _ = pooled_runs(runs)
    low, high = np.exp(normal_interval(math.log(mean), error, level))
    return Interval(mean, float(low), float(high), level), spread


def _notes(
    runs: Sequence[EffectiveFeatures],
    dictionaries: Sequence[TrainedDictionary],
    doubled: EffectiveFeatures | None,
    rows: ActivationRows,
    training: Training,
) -> list[str]:
    """What speaks against the count, worst first."""
    notes = []
    dead = sum(not run.value.value for run in runs)
    if dead:
        why = "the layer is 0" if not rows.scale else "the penalty is too large"
        notes.append(f"no active feature in {dead} of {len(runs)} dictionaries: {why}")
    low = [run.explained for run in runs if run.explained < TRUSTED]
    if low:
        notes.append(
            f"{len(low)} of {len(runs)} dictionaries explain less than {TRUSTED} (least {min(low):.2f}): "
            "the number is not to be trusted"
        )
    if any(math.isnan(run.explained) for run in runs):
        notes.append("the layer is constant: what is explained is undefined")
    moving = [moved for one in dictionaries if (moved := _movement(one)) > RISING]
    if moving:
        over = "while the loss no longer fell" if all(one.converged for one in dictionaries) else "over the second half"
        notes.append(
            f"{len(moving)} of {len(runs)} dictionaries not converged, F too high: it moved by {max(moving):.0%} {over}"
        )
    unfinished = sum(not one.converged for one in dictionaries)
    if unfinished and training.patience:
        last = f"the {training.epochs:,} epochs"
        notes.append(f"{unfinished} of {len(runs)} trainings ended with {last}, before the loss stopped falling")
    if not dead:
        value = float(np.mean([run.value.value for run in runs]))
        notes += dictionary_warnings([value], expansions=[training.expansion], neurons=rows.neurons)
        if doubled is not None and doubled.value.value > 0:
            two = [training.expansion, 2 * training.expansion]
            notes += dictionary_warnings([value, doubled.value.value], expansions=two)
    features = training.features(rows.neurons)
    if rows.rows < features:
        notes.append(f"fewer samples ({rows.rows:,}) than dictionary features ({features:,})")
    if rows.rows < rows_of(rows.values):
        notes.append(f"trained on {rows.rows:,} of {rows_of(rows.values):,} rows, counted on all")
    if len(runs) < 3:
        notes.append("fewer than 3 seeds: how much F depends on the start is hardly known")
    return notes


def _movement(one: TrainedDictionary) -> float:
    """By how much F moved over the second half of the epochs; or, of a training that stopped as its loss no longer
    fell, over the epochs in which it did not: half of a short training is the descent from the start.
    """
    effective = one.course["effective"].to_numpy()
    before = one.best_epoch - 1 if one.converged else (one.epochs - 1) // 2
    return abs(effective[before] / effective[-1] - 1) if effective[-1] > 0 else 0.0
