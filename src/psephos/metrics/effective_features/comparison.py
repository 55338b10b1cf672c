"""Did a condition change how many features are used, and is the dictionary the reason?

Conditions (dropout, adversarial training, another layer) are compared with the interval of the ratio of their effective
features, over items and, where a dictionary was trained several times, over its seeds. Runs of dictionaries of growing
size, or with a growing penalty, are read by rules: what is limited by the dictionary, not converged or trivial is not
to be compared.

Source: Bereska et al. (2025), arXiv 2512.13568; sheet 40. Differs: intervals and the choice of the penalty are ours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.errors import InputError, check_count, check_floats, check_number, check_same_length
from psephos.metrics.effective_features.counting import TRUSTED
from psephos.metrics.effective_features.result import EffectiveFeatures
from psephos.statistics import Interval, normal_interval

RISING = 0.05
EXPLAINED = 0.95


@dataclass(frozen=True)
class FeatureComparison:
    """Effective features of one condition over those of another.

    Attributes
    ----------
    ratio : Interval
        F of the second over F of the first.
    first, second : float
        Geometric means of F over the runs.
    spread : tuple of float
        Standard deviation of ln F over the runs of each; NaN of a single run.
    notes : tuple of str
        Why the two may not be comparable.
    """

    ratio: Interval
    first: float
    second: float
    spread: tuple[float, float]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        known = not math.isnan(self.ratio.low)
        side = "fewer" if self.ratio.high < 1 else "more" if self.ratio.low > 1 else "no clear difference"
        return (
            f"{self.second:.4g} against {self.first:.4g}, ratio {self.ratio}: {side if known else 'interval unknown'}"
        )


def compare_effective_features(
    first: EffectiveFeatures | Sequence[EffectiveFeatures],
    second: EffectiveFeatures | Sequence[EffectiveFeatures],
    *,
    level: float = 0.95,
) -> FeatureComparison:
    """Ratio of the effective features of two conditions, with its interval.

    Parameters
    ----------
    first, second : EffectiveFeatures, or sequence of them
        One result, or one for each seed of the dictionary. Results of one condition share their items: the error over
        items is taken as that of one run, and the spread over seeds is added.
    level : float, default 0.95
        Confidence of the interval.

    Returns
    -------
    FeatureComparison
        The interval is NaN where nothing says how sure either is.

    Raises
    ------
    InputError
        If a condition has no result, or no active feature.

    See Also
    --------
    effective_features : each of them.

    Examples
    --------
    >>> from psephos.metrics import effective_features
    >>> wide = effective_features(np.random.default_rng(0).random((200, 8)), rng=0)
    >>> narrow = effective_features(np.random.default_rng(1).random((200, 4)), rng=0)
    >>> print(compare_effective_features(wide, narrow))
    3.998 against 7.997, ratio .49992 [.49894, .50091]: fewer
    """
    check_number("level", level, low=0, high=1, open_ends=True)
    sides = [[one] if isinstance(one, EffectiveFeatures) else list(one) for one in (first, second)]
    means, errors, spreads = [], [], []
    for name, runs in zip(("first", "second"), sides, strict=True):
        if not runs:
            raise InputError(name, "is empty")
        if not all(run.value.value > 0 for run in runs):
            first_dead = next(index for index, run in enumerate(runs) if not run.value.value > 0)
            raise InputError(name, "has a run without an active feature", where=f"index {first_dead}")
        mean, error, spread = pooled_runs(runs)
        means.append(mean)
        errors.append(error**2)
        spreads.append(spread)
    gap = means[1] - means[0]
    low, high = normal_interval(gap, math.sqrt(sum(errors)), level)
    ratio = Interval(math.exp(gap), float(np.exp(low)), float(np.exp(high)), level)
    return FeatureComparison(
        ratio, math.exp(means[0]), math.exp(means[1]), (spreads[0], spreads[1]), tuple(_unlike(*sides))
    )


def pooled_runs(runs: Sequence[EffectiveFeatures]) -> tuple[float, float, float]:
    """Mean of ln F over dictionaries of one condition, its error over items and seeds, and its spread over seeds.

    Runs share their items, so that the error over items does not shrink with their number; that over seeds does. What
    is unknown (no resamples, a single seed) is left out; NaN if both are.

    Parameters
    ----------
    runs : sequence of EffectiveFeatures
        One for each seed; each with an active feature.

    Returns
    -------
    tuple of float
    """
    logs = np.log([run.value.value for run in runs])
    spread = float(logs.std(ddof=1)) if len(runs) > 1 else math.nan
    over_items = [float(np.nanstd(np.log(run.replicates), ddof=1)) for run in runs if len(run.replicates) > 1]
    parts = [float(np.mean(np.square(over_items))) if over_items else math.nan, spread**2 / len(runs)]
    known = [part for part in parts if not math.isnan(part)]
    return float(logs.mean()), math.sqrt(sum(known)) if known else math.nan, spread


def dictionary_warnings(
    effective: npt.ArrayLike,
    *,
    expansions: npt.ArrayLike | None = None,
    epochs: npt.ArrayLike | None = None,
    neurons: int | None = None,
) -> list[str]:
    """What speaks against a count of features, from counts at growing dictionaries or in the course of training.

    Parameters
    ----------
    effective : array_like of float, shape (k,)
        F at each expansion, or after each of some epochs.
    expansions : array_like of float, shape (k,), optional
        Features per neuron, rising.
    epochs : array_like of float, shape (k,), optional
        Epochs after which F was counted, rising.
    neurons : int, optional
        N.

    Returns
    -------
    list of str
        "dictionary-limited" (F still rises by 5 % as the dictionary doubles), "not converged, F too high" (F moved by
        5 % over the second half of the epochs), "maybe only the trivial +-basis" (F within 5 % of 2 N).

    Raises
    ------
    InputError
        If neither or both of `expansions` and `epochs` are given, they do not rise, or an F is not above 0.

    See Also
    --------
    choose_penalty : which penalty to train with.

    Examples
    --------
    >>> dictionary_warnings([5.0, 10.0, 14.0], expansions=[1, 2, 4])
    ['dictionary-limited: features still rise by 40% as the dictionary doubles']
    """
    F = check_floats("effective", effective)
    if not len(F) or (F <= 0).any():
        raise InputError("effective", "must hold numbers above 0")
    if (expansions is None) == (epochs is None):
        raise InputError("expansions", "or epochs must be given, one of both")
    name, given = ("expansions", expansions) if expansions is not None else ("epochs", epochs)
    steps = check_floats(name, given)  # type: ignore[arg-type]
    check_same_length(effective=F, **{name: steps})
    if (np.diff(steps) <= 0).any() or steps[0] <= 0:
        raise InputError(name, "must be above 0 and rise")
    found = []
    if expansions is not None and len(F) > 1:
        doublings = math.log2(steps[-1] / steps[-2])
        rise = (F[-1] / F[-2]) ** (1 / doublings) - 1
        if rise > RISING:
            found.append(f"dictionary-limited: features still rise by {rise:.0%} as the dictionary doubles")
    if epochs is not None and len(F) > 1:
        half = F[int(np.searchsorted(steps, steps[-1] / 2, side="left"))]
        if abs(half / F[-1] - 1) > RISING:
            found.append(f"not converged, F too high: it moved by {abs(half / F[-1] - 1):.0%} over the second half")
    if neurons is not None and abs(F[-1] / (2 * check_count("neurons", neurons)) - 1) <= RISING:
        found.append("maybe only the trivial +-basis: near twice the neurons, try a larger penalty")
    return found


def choose_penalty(
    penalties: npt.ArrayLike,
    effective: npt.ArrayLike,
    doubled: npt.ArrayLike,
    explained: npt.ArrayLike,
    *,
    neurons: int,
) -> float | None:
    """The smallest penalty at which the count of features no longer depends on the dictionary.

    Parameters
    ----------
    penalties : array_like of float, shape (k,)
        Penalties on codes that were tried, rising.
    effective, doubled : array_like of float, shape (k,)
        F with the dictionary, and with one of twice the size.
    explained : array_like of float, shape (k,)
        R^2 with the dictionary.
    neurons : int
        N.

    Returns
    -------
    float or None
        The first penalty whose F rises by less than 5 % as the dictionary doubles, explains more than .95 and is not
        within 5 % of 2 N, the trivial dictionary; None if there is none.

    Raises
    ------
    InputError
        If lengths differ or penalties do not rise.

    See Also
    --------
    dictionary_warnings : the rules one by one.

    Examples
    --------
    >>> choose_penalty([0.1, 1.0, 2.0], [10, 12.0, 11.9], [10, 12.1, 12.0], [0.99, 0.97, 0.9], neurons=5)
    1.0
    """
    l1, F, F2, R2 = (
        check_floats(name, values)
        for name, values in (
            ("penalties", penalties),
            ("effective", effective),
            ("doubled", doubled),
            ("explained", explained),
        )
    )
    check_same_length(penalties=l1, effective=F, doubled=F2, explained=R2)
    if (np.diff(l1) <= 0).any() or (len(l1) and l1[0] < 0):
        raise InputError("penalties", "must not be negative and rise")
    trivial = 2 * check_count("neurons", neurons)
    fine = (F > 0) & (F2 < (1 + RISING) * F) & (R2 > EXPLAINED) & (np.abs(F / trivial - 1) > RISING)
    return float(l1[np.argmax(fine)]) if fine.any() else None


def _unlike(first: Sequence[EffectiveFeatures], second: Sequence[EffectiveFeatures]) -> list[str]:
    notes = []
    for name in ("features", "items"):
        kinds = [{int(getattr(run, name)) for run in side} for side in (first, second)]
        if kinds[0] != kinds[1]:
            notes.append(f"numbers of {name} differ: {sorted(kinds[0])} and {sorted(kinds[1])}; compare like with like")
    scales = [float(np.mean([run.scale for run in side])) for side in (first, second)]
    if all(not math.isnan(scale) for scale in scales) and abs(scales[1] / scales[0] - 1) > 0.1:
        notes.append(
            f"sizes of activations differ ({scales[0]:.3g} and {scales[1]:.3g}); a penalty acts on their scale"
        )
    low = [run for side in (first, second) for run in side if run.explained < TRUSTED]
    if low:
        notes.append(f"{len(low)} dictionaries explain less than {TRUSTED}")
    return notes
