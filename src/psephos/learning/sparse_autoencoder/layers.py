"""How does the number of features change from layer to layer, or in the course of training?

The same count, with the same settings, of the activations of several layers or checkpoints; each is held against the
first by the ratio of their features with its interval, so that a rise or fall is one only where the interval says so.

Source: Bereska et al. (2025), arXiv 2512.13568; sheet 40. Differs: intervals are ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt
import polars as pl

from psephos.engine import Rng, seed_of
from psephos.errors import InputError
from psephos.learning.sparse_autoencoder.over_seeds import trained_features
from psephos.learning.sparse_autoencoder.result import TrainedFeatures
from psephos.learning.sparse_autoencoder.settings import Training
from psephos.metrics.effective_features.comparison import FeatureComparison, compare_effective_features
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class LayerFeatures(Result):
    """Counts of features by layer or checkpoint.

    Attributes
    ----------
    layers : mapping of str to TrainedFeatures
        In the order given.
    against_first : mapping of str to FeatureComparison
        Each later one over the first; none where one of both has no active feature.
    """

    layers: Mapping[str, TrainedFeatures]
    against_first: Mapping[str, FeatureComparison]

    def table(self) -> pl.DataFrame:
        """One row per layer: neurons, effective, low, high, spread, psi, explained, scale; ratio to the first."""
        rows = []
        for name, found in self.layers.items():
            held = self.against_first.get(name)
            rows.append(
                {
                    "layer": name,
                    "neurons": found.neurons,
                    "effective": found.value.value,
                    "low": found.value.low,
                    "high": found.value.high,
                    "spread": found.spread,
                    "psi": found.psi,
                    "explained": found.explained,
                    "scale": found.dictionaries[0].scale,
                    "ratio": held and held.ratio.value,
                    "ratio_low": held and held.ratio.low,
                    "ratio_high": held and held.ratio.high,
                }
            )
        return pl.DataFrame(rows, infer_schema_length=None).with_columns(pl.col(pl.Float64).fill_nan(None))

    def summary(self) -> list[tuple[str, str]]:
        """The answer in a few lines."""
        lines = []
        for name, found in self.layers.items():
            held = f"; {self.against_first[name]}" if name in self.against_first else ""
            lines.append((name, f"{found.value} features in {found.neurons:,} neurons{held}"))
        return lines + [("note", note) for note in self.provenance.notes]


def features_by_layer(
    layers: Mapping[str, npt.ArrayLike | Iterable[npt.ArrayLike]],
    training: Training | None = None,
    *,
    resume: str | os.PathLike[str] | None = None,
    rng: Rng = None,
    **options: Any,
) -> LayerFeatures:
    """Count the features of several layers, or of one layer at several checkpoints.

    Parameters
    ----------
    layers : mapping of str to activations
        In their order; activations as of `trained_features`, of the same items.
    training : Training, optional
        Settings of the dictionaries, the same for all.
    resume : path-like, optional
        Folder that keeps what is finished, one folder below it for each layer.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers; the same for every layer.
    **options
        Of `trained_features`: seeds, doubled, null, clusters, repeats, level, engine.

    Returns
    -------
    LayerFeatures

    Raises
    ------
    InputError
        If there is no layer, or activations cannot be used; says which layer.

    See Also
    --------
    trained_features : a single one.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> early = np.eye(4)[rng.integers(0, 4, 300)] * rng.uniform(0.5, 1.5, (300, 1))
    >>> late = early * [1, 1, 0, 0]
    >>> quick = Training(batch=16, learning_rate=0.01)
    >>> found = features_by_layer({"early": early, "late": late}, quick, doubled=False, rng=0)
    >>> found.table()["effective"].round(1).to_list()
    [4.0, 2.0]
    """
    if not layers:
        raise InputError("layers", "must hold one or more")
    own, seed = Training() if training is None else training, seed_of(rng)
    found: dict[str, TrainedFeatures] = {}
    for number, (name, activations) in enumerate(layers.items()):
        folder = None if resume is None else Path(resume) / f"{number:03d}"
        if folder is not None:
            folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            found[str(name)] = trained_features(activations, own, resume=folder, rng=seed, **options)
        except InputError as problem:
            if problem.argument != "activations":
                raise
            where = f"layer {name}" + (f", {problem.where}" if problem.where else "")
            raise InputError("activations", problem.problem, where=where, hint=problem.hint) from None
    first, *later = found.items()
    held = {
        name: compare_effective_features(first[1].runs, one.runs, level=first[1].value.level)
        for name, one in later
        if all(run.value.value > 0 for run in (*first[1].runs, *one.runs))
    }
    notes = [f"{name}: {note}" for name, one in found.items() for note in one.provenance.notes]
    notes += [f"{name} against {first[0]}: {note}" for name, one in held.items() for note in one.notes]
    parameters = first[1].provenance.parameters
    provenance = Provenance("features by layer", parameters, Source(), seed, notes=tuple(notes))
    return LayerFeatures(provenance=provenance, layers=found, against_first=held)
