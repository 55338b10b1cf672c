"""What does a count of effective features hold?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import polars as pl

from psephos.metrics.diversity.hill import Floats
from psephos.opinions.outcomes import Result, json_ready
from psephos.statistics import Interval


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class EffectiveFeatures(Result):
    """How many features are used.

    Attributes
    ----------
    value : Interval
        F, with the interval over items.
    neurons : int or None
        N; None where only codes are known and no number was given.
    items, features, dead : int
        Items; features of the dictionary; those that no item uses.
    entropy : float
        In nats; NaN if no feature is active.
    corrected : float
        F with the entropy corrected for few firings.
    profile : dict of float to float
        Effective numbers of order 0, 1, 2 and infinity.
    active : float
        Mean number of active features of an item (of a position).
    explained : float
        R^2 of the reconstruction; NaN where it is unknown or the layer is constant.
    scale : float
        Root mean square of the activations, by which a penalty on codes has to be read; NaN if unknown.
    interference : float
        Mean cos^2 between the directions of live features; NaN without a dictionary.
    live_neurons : int or None
        Neurons that vary.
    usage : polars.DataFrame
        See `table`.
    replicates : ndarray of float64, shape (repeats,)
        F of each resample; empty without an interval.
    """

    value: Interval
    neurons: int | None
    items: int
    features: int
    dead: int
    entropy: float
    corrected: float
    profile: dict[float, float]
    active: float
    explained: float
    scale: float
    interference: float
    live_neurons: int | None
    usage: pl.DataFrame
    replicates: Floats

    @property
    def psi(self) -> float:
        """F / N: above 1 features overlap."""
        return self.value.value / self.neurons if self.neurons else math.nan

    @property
    def psi_live(self) -> float:
        """F over the neurons that vary."""
        return self.value.value / self.live_neurons if self.live_neurons else math.nan

    def table(self) -> pl.DataFrame:
        """One row per feature, the most used first: feature, mean (code), share, fires (a share of items)."""
        return self.usage

    def summary(self) -> list[tuple[str, str]]:
        """The answer in a few lines."""
        lines = [("effective features", f"{self.value} of {self.features:,}, {self.dead:,} dead")]
        if self.neurons:
            reading = "features overlap" if self.psi > 1 else "no need to overlap"
            lines.append(("per neuron", f"{self.psi:.3g} of {self.neurons:,}: {reading}"))
        profile = ", ".join(f"{'inf' if math.isinf(q) else f'{q:g}'}: {value:.4g}" for q, value in self.profile.items())
        lines += [("by order", profile), ("active per item", f"{self.active:.3g}")]
        if not math.isnan(self.scale):
            explained = "undefined" if math.isnan(self.explained) else f"{self.explained:.3f}"
            lines.append(("explained", f"{explained} of activations of size {self.scale:.3g} (root mean square)"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        more: dict[str, Any] = json_ready(
            {
                "effective_features": self.value.value,
                "low": self.value.low,
                "high": self.value.high,
                "psi": self.psi,
                "psi_live": self.psi_live,
                "entropy": self.entropy,
                "corrected": self.corrected,
                "profile": {str(q): value for q, value in self.profile.items()},
                "dead": self.dead,
                "active": self.active,
                "explained": self.explained,
                "scale": self.scale,
                "interference": self.interference,
            }
        )
        return super().to_dict() | more
