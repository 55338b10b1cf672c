"""What does a count of features by dictionaries of several seeds hold?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import polars as pl

from psephos.learning.sparse_autoencoder.settings import Training
from psephos.learning.sparse_autoencoder.trained_dictionary import TrainedDictionary
from psephos.metrics import EffectiveFeatures
from psephos.opinions.outcomes import Result, json_ready
from psephos.statistics import Interval


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class TrainedFeatures(Result):
    """How many features a layer uses, by dictionaries trained on it.

    Attributes
    ----------
    value : Interval
        Mean of F over the dictionaries, with the interval over items and seeds; without bounds if one has no active
        feature, or nothing is known of either.
    spread : float
        Standard deviation of F over seeds; NaN of a single one.
    runs : tuple of EffectiveFeatures
        The count by each dictionary.
    dictionaries : tuple of TrainedDictionary
    doubled : EffectiveFeatures or None
        The count by a dictionary of twice the size.
    null : tuple of EffectiveFeatures
        Counts of activations without structure; empty if none were asked for.
    above_null : Interval or None
        F over the F of these.
    training : Training
    """

    value: Interval
    spread: float
    runs: tuple[EffectiveFeatures, ...]
    dictionaries: tuple[TrainedDictionary, ...]
    doubled: EffectiveFeatures | None
    null: tuple[EffectiveFeatures, ...]
    above_null: Interval | None
    training: Training

    @property
    def neurons(self) -> int:
        """N."""
        return self.runs[0].neurons or 0

    @property
    def psi(self) -> float:
        """F / N: above 1 features overlap."""
        return self.value.value / self.neurons

    @property
    def explained(self) -> float:
        """Mean of R^2 over the dictionaries."""
        return sum(run.explained for run in self.runs) / len(self.runs)

    @property
    def typical(self) -> EffectiveFeatures:
        """The count whose F lies in the middle."""
        ranked = sorted(self.runs, key=lambda run: run.value.value)
        return ranked[(len(ranked) - 1) // 2]

    def table(self) -> pl.DataFrame:
        """One row per dictionary: of (layer, doubled, null), number, effective features, psi, explained, and more."""
        pairs = enumerate(zip(self.runs, self.dictionaries, strict=True))
        rows = [_row("layer", number, run, one) for number, (run, one) in pairs]
        rows += [] if self.doubled is None else [_row("doubled", 0, self.doubled, None)]
        rows += [_row("null", number, run, None) for number, run in enumerate(self.null)]
        return pl.DataFrame(rows, infer_schema_length=None).with_columns(pl.col(pl.Float64).fill_nan(None))

    def summary(self) -> list[tuple[str, str]]:
        """The answer in a few lines."""
        first = self.runs[0]
        spread = "" if math.isnan(self.spread) else f", from seed to seed ±{self.spread:.2g}"
        reading = "features overlap" if self.psi > 1 else "no need to overlap"
        lines = [
            ("effective features", f"{self.value} of {first.features:,}{spread}"),
            ("per neuron", f"{self.psi:.3g} of {self.neurons:,}: {reading}"),
        ]
        if self.doubled is not None:
            lines.append(("twice the dictionary", f"{self.doubled.value.value:.4g} of {self.doubled.features:,}"))
        if self.above_null is not None:
            lines.append(("against no structure", f"{self.above_null} times as many"))
        explained = "undefined" if math.isnan(self.explained) else f"{self.explained:.3f}"
        lines.append(("explained", f"{explained} of activations of size {self.dictionaries[0].scale:.3g}"))
        lines.append(("active per item", f"{sum(run.active for run in self.runs) / len(self.runs):.3g}"))
        epochs = sorted(one.epochs for one in self.dictionaries)
        lines.append(("epochs", f"{epochs[0]:,}" if epochs[0] == epochs[-1] else f"{epochs[0]:,} to {epochs[-1]:,}"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        above = self.above_null
        more: dict[str, Any] = json_ready(
            {
                "effective_features": self.value.value,
                "low": self.value.low,
                "high": self.value.high,
                "spread": self.spread,
                "psi": self.psi,
                "explained": self.explained,
                "above_null": None if above is None else [above.value, above.low, above.high],
                "runs": [_without_rows(run.to_dict()) for run in self.runs],
            }
        )
        return super().to_dict() | more


def _without_rows(found: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in found.items() if name not in ("rows", "provenance")}


def _row(of: str, number: int, run: EffectiveFeatures, trained: TrainedDictionary | None) -> dict[str, Any]:
    best = None if trained is None else trained.course.row(trained.best_epoch - 1, named=True)
    return {
        "of": of,
        "number": number,
        "effective": run.value.value,
        "low": run.value.low,
        "high": run.value.high,
        "psi": run.psi,
        "features": run.features,
        "dead": run.dead,
        "active": run.active,
        "explained": run.explained,
        "loss": best and best["loss"],
        "squares": best and best["squares"],
        "sparsity": best and best["sparsity"],
        "epochs": trained and trained.epochs,
        "best_epoch": trained and trained.best_epoch,
    }
