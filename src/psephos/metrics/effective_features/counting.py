r"""How many features does a layer use, compared with the neurons it has?

F = exp(entropy) of how activation is shared among the features of a dictionary, with the whole profile of orders, what
the dictionary explains, and an interval over items. What makes F untrustworthy is said, not averaged away: a
dictionary that explains less than .9, fewer items than features, F near the 2 N of the trivial dictionary of both
directions of each neuron.

The same counts any table of non-negative use: questions by criteria, items by raters.

Source: Bereska et al. (2025), arXiv 2512.13568; sheet 40. Differs: intervals, profile, the correction for few items
(Miller and Madow: entropy + (live features - 1) / (2 firings)), interference and null model are ours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Rng, seed_of
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.metrics.columns import codes_of
from psephos.metrics.diversity.hill import Floats, by_order
from psephos.metrics.diversity.similarities import in_one_piece
from psephos.metrics.effective_features.dictionary import SparseDictionary, interference
from psephos.metrics.effective_features.result import EffectiveFeatures
from psephos.metrics.effective_features.usage import (
    UsageSums,
    root_mean_square,
    usage_of_activations,
    usage_of_codes,
)
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance
from psephos.statistics import Bootstrap, Interval, bootstrap

ORDERS = (0.0, 1.0, 2.0, math.inf)
TRUSTED = 0.9
TRIVIAL = 0.05


def effective_features(
    values: npt.ArrayLike | Iterable[npt.ArrayLike],
    dictionary: SparseDictionary | None = None,
    *,
    neurons: int | None = None,
    standardise: Literal["none", "rms"] = "none",
    clusters: npt.ArrayLike | None = None,
    repeats: int = 400,
    level: float = 0.95,
    rng: Rng = None,
) -> EffectiveFeatures:
    """Count the features that are used.

    Parameters
    ----------
    values : array_like of float, shape (n_items, k) or (n_items, k, height, width), or iterator of chunks
        Codes, at least 0; with a dictionary, activations. An array that is mapped from a file is read in chunks.
    dictionary : SparseDictionary, optional
        How codes are made of activations.
    neurons : int, optional
        N, if only codes are given.
    standardise : {"none", "rms"}, default "none"
        Whether activations are divided by their root mean square; needs them twice, so no iterator.
    clusters : array_like, shape (n_items,), optional
        Within what items are not independent.
    repeats : int, default 400
        Resamples of items; 0 for no interval.
    level : float, default 0.95
        Confidence of the interval.
    rng : int, Generator, SeedSequence or None
        Seed or source of the resamples.

    Returns
    -------
    EffectiveFeatures
        The number with its interval, and the usage of each feature.

    Raises
    ------
    InputError
        If there are fewer than two items, values are not finite or have 1, 3 or 5 dimensions, or do not fit the
        dictionary.

    See Also
    --------
    compare_effective_features : two conditions.
    null_activations : what the same pipeline finds where there is nothing.

    Examples
    --------
    >>> found = effective_features([[1, 0, 0, 2], [0, 3, 0, 2], [2, 0, 0, 2], [0, 0, 0, 2]], neurons=2, repeats=0)
    >>> round(found.value.value, 6), round(found.psi, 6), found.dead
    (2.664379, 1.33219, 1)
    """
    check_choice("standardise", standardise, ("none", "rms"))
    check_number("level", level, low=0, high=1, open_ends=True)
    count, seed = check_count("repeats", repeats, low=0), seed_of(rng)
    if neurons is not None:
        neurons = check_count("neurons", neurons)
    notes: list[str] = []
    if dictionary is None:
        sums = usage_of_codes(values)
        if standardise != "none":
            raise InputError("standardise", "is for activations; codes are taken as they are")
        live_neurons = None
    else:
        scale = 1.0
        if standardise == "rms":
            if not in_one_piece(values):
                raise InputError("standardise", "needs activations twice", hint="give one array rather than chunks")
            scale = root_mean_square(values)
            notes.append(f"activations were divided by {scale:.4g}")
        sums = usage_of_activations(values, dictionary, scale)
        neurons, live_neurons = dictionary.weights.shape[1], sums.varying
    usage = sums.usage
    assert usage is not None and sums.fired is not None  # noqa: PT018, S101 - a chunk was read
    drawn = _resampled(sums, clusters, count, level, seed, notes)
    shares = usage / usage.sum() if usage.sum() > 0 else np.zeros(len(usage))
    profile = {q: float(by_order(shares, q)) if shares.any() else 0.0 for q in ORDERS}
    value = profile[1.0]
    ends = (float(drawn.low), float(drawn.high)) if drawn is not None else (math.nan, math.nan)
    entropy = math.log(value) if value else math.nan
    live = usage > 0
    result = EffectiveFeatures(
        provenance=Provenance("effective features", {}, Source()),
        value=Interval(value, *ends, level),
        neurons=neurons,
        items=sums.n,
        features=len(usage),
        dead=int((~live).sum()),
        entropy=entropy,
        corrected=math.exp(entropy + (live.sum() - 1) / (2 * sums.fired.sum())) if value else 0.0,
        profile=profile,
        active=sums.active / sums.rows,
        explained=sums.explained,
        scale=sums.scale,
        interference=math.nan if dictionary is None else interference(dictionary, live),
        live_neurons=live_neurons,
        usage=pl.DataFrame(
            {"feature": np.arange(len(usage)), "mean": usage / sums.n, "share": shares, "fires": sums.fired / sums.rows}
        ).sort("mean", descending=True, maintain_order=True),
        replicates=np.empty(0) if drawn is None else drawn.replicates,
    )
    parameters = {"standardise": standardise, "repeats": count, "level": level, "neurons": neurons}
    provenance = Provenance(
        "effective features", parameters, Source(), seed, notes=(*notes, *_warnings(result, sums, dictionary))
    )
    object.__setattr__(result, "provenance", provenance)
    return result


def _resampled(
    sums: UsageSums, clusters: npt.ArrayLike | None, repeats: int, level: float, seed: int, notes: list[str]
) -> Bootstrap | None:
    codes = None if clusters is None else codes_of("clusters", clusters, sums.n)[0]
    if not repeats or sums.usage is None or not sums.usage.any():
        return None
    if sums.kept is None:
        notes.append("no interval: the codes of all items would not fit into memory")
        return None
    if codes is not None and codes.max() == 0:
        notes.append("no interval: a single cluster says nothing of others")
        return None
    own = np.concatenate(sums.kept)
    own = own[:, sums.usage > 0]

    def effective(weights: Floats) -> Floats:
        usage = weights @ own
        total = usage.sum(axis=1, keepdims=True)
        shares = usage / np.where(total > 0, total, 1.0)
        logs = np.log(np.where(shares > 0, shares, 1.0))
        found = np.exp(-(shares * logs).sum(axis=1))
        return np.where(total[:, 0] > 0, found, np.nan)

    return bootstrap(effective, sums.n, clusters=codes, repeats=max(repeats, 2), level=level, rng=seed)


def _warnings(result: EffectiveFeatures, sums: UsageSums, dictionary: SparseDictionary | None) -> list[str]:
    found = []
    if sums.negative:
        found.append(f"{sums.negative:,} codes are negative: their size was taken")
    if not result.value.value:
        found.append("no active feature: all codes are 0")
    if dictionary is not None:
        if math.isnan(result.explained):
            found.append("the layer is constant: what is explained is undefined")
        elif result.explained < TRUSTED:
            found.append(
                f"the dictionary explains {result.explained:.2f}, below {TRUSTED}: the number is not to be trusted"
            )
        if result.features < (result.neurons or 0):
            found.append("the dictionary is smaller than the layer")
    if result.items < result.features:
        found.append(f"fewer items ({result.items:,}) than features ({result.features:,})")
    if result.neurons and abs(result.value.value / (2 * result.neurons) - 1) <= TRIVIAL:
        found.append("near twice the neurons: perhaps only the two directions of each neuron; try a larger penalty")
    return found
