r"""Has what comes in changed since it was first looked at?

With e_j and a_j the shares of the expected and the actual sample in bin j,

    PSI = sum_j (a_j - e_j) ln(a_j / e_j),

the population stability index. It is Jeffreys' divergence, so an information value is the PSI between the distributions
of good and bad rows, and its error, bias and test are the same. With 100,000 rows a PSI of .01 is beyond chance and of
no account; with 100 a PSI of .2 is chance: so value, interval and test stand beside each other.

`population_drift` watches several features: what was looked at that often counts less, by Benjamini and Hochberg.

Sources: sheet 23; Sudjianto and Burakov (2025), arXiv 2509.09855. Differs: see `information_value`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy.typing as npt
import polars as pl

from psephos.engine import Rng, spawn
from psephos.errors import InputError
from psephos.metrics.divergence.information_value import check_thresholds
from psephos.metrics.divergence.measuring import measured
from psephos.metrics.divergence.result import Divergence
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result
from psephos.statistics import adjust

LABELS = ("stable", "watch", "shift")
THRESHOLDS = (0.1, 0.25)


def population_stability(
    expected: npt.ArrayLike,
    actual: npt.ArrayLike,
    *,
    names: Sequence[object] | None = None,
    sizes: tuple[float, float] | None = None,
    bias: str = "null",
    test: str = "chi-square",
    repeats: int = 9999,
    level: float = 0.95,
    rng: Rng = None,
    smoothing: float = 0.5,
    spread: str = "multinomial",
    thresholds: Sequence[float] = THRESHOLDS,
) -> Divergence:
    """Population stability index of two samples that were counted in the same bins.

    Parameters
    ----------
    expected, actual : array_like of float, shape (n_bins,)
        Rows of each sample in each bin; `count_samples` counts them.
    names, sizes, bias, test, repeats, level, rng
        As of `divergence`.
    smoothing, spread
        As of `information_value`.
    thresholds : sequence of float, default (0.1, 0.25)
        From where a sample is to be watched, and is shifted.

    Returns
    -------
    Divergence
        The index with its error and p-value, and what each bin adds.

    Raises
    ------
    InputError
        As of `divergence`; if there are not two rising thresholds.

    See Also
    --------
    population_drift : of several features.

    Examples
    --------
    >>> found = population_stability([400, 300, 200, 100], [210, 160, 90, 40])
    >>> print(found.distance, found.label, round(found.p, 3))
    .009 [.000, .029] stable 0.4
    """
    return measured(
        expected,
        actual,
        sides=("expected", "actual"),
        name="population stability index",
        measure="jeffreys",
        names=names,
        sizes=sizes,
        smoothing=smoothing,
        spread=spread,
        bias=bias,
        test=test,
        repeats=repeats,
        level=level,
        rng=rng,
        labels=LABELS,
        thresholds=check_thresholds(thresholds, len(LABELS) - 1),
    )


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Drift(Result):
    """Which of several features have shifted.

    Attributes
    ----------
    features : polars.DataFrame
        feature, value, low, high, standard_error, debiased, p, adjusted_p, label; the largest value first.
    parts : mapping of str to Divergence
        The result of each feature.
    level : float
        Of the intervals.
    """

    features: pl.DataFrame
    parts: Mapping[str, Divergence]
    level: float

    @property
    def shifted(self) -> list[str]:
        """Features that differ by more than chance, all looks counted."""
        return self.features.filter(pl.col("adjusted_p") <= 1 - self.level)["feature"].to_list()

    def table(self) -> pl.DataFrame:
        """One row for each feature."""
        return self.features

    def summary(self) -> list[tuple[str, str]]:
        """How many have shifted, and which most."""
        beyond = self.shifted
        most = self.features.row(0, named=True)
        said = f"{len(beyond)} of {self.features.height} features{': ' + ', '.join(beyond[:5]) if beyond else ''}"
        lines = [
            ("beyond chance", said + (", ..." if len(beyond) > 5 else "")),
            ("largest", f"{most['feature']} {self.parts[most['feature']].distance}, {most['label']}"),
        ]
        return lines + [("note", note) for note in self.provenance.notes]


def population_drift(
    features: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]],
    *,
    adjustment: str = "benjamini-hochberg",
    level: float = 0.95,
    rng: Rng = None,
    **options: object,
) -> Drift:
    """Population stability of several features, with p-values adjusted for their number.

    Parameters
    ----------
    features : mapping of str to (expected, actual)
        Counts of each feature.
    adjustment : str, default "benjamini-hochberg"
        See `psephos.statistics.adjust`.
    level : float, default 0.95
        Of the intervals.
    rng : int, Generator, SeedSequence or None
        Of the random draws; an int repeats them.
    **options
        As for `population_stability`.

    Returns
    -------
    Drift
        One row for each feature with index and adjusted p-value.

    Raises
    ------
    InputError
        As of `population_stability`; if there is no feature.

    Examples
    --------
    >>> found = population_drift({"age": ([50, 50], [49, 51]), "income": ([50, 50], [20, 80])})
    >>> found.shifted
    ['income']
    """
    if not features:
        raise InputError("features", "are empty")
    streams = spawn(rng, len(features))
    parts = {}
    for (feature, (expected, actual)), stream in zip(features.items(), streams, strict=True):
        try:
            parts[feature] = population_stability(expected, actual, level=level, rng=stream, **options)  # type: ignore[arg-type]
        except InputError as problem:
            where = f"{feature}, {problem.where}" if problem.where else str(feature)
            raise InputError(problem.argument, problem.problem, where=where, hint=problem.hint) from None
    found = list(parts.values())
    adjusted = adjust([one.p for one in found], adjustment)
    table = pl.DataFrame(
        {
            "feature": list(parts),
            "value": [one.value for one in found],
            "low": [one.distance.low for one in found],
            "high": [one.distance.high for one in found],
            "standard_error": [one.standard_error for one in found],
            "debiased": [one.debiased for one in found],
            "p": [one.p for one in found],
            "adjusted_p": adjusted,
            "label": [one.label for one in found],
        }
    )
    notes = tuple(f"{feature}: {note}" for feature, one in parts.items() for note in one.provenance.notes)
    return Drift(
        provenance=Provenance("population drift", {"adjustment": adjustment, "level": level}, Source(), notes=notes),
        features=table.sort("value", descending=True, nulls_last=True, maintain_order=True),
        parts=parts,
        level=level,
    )
