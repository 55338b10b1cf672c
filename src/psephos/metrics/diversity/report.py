r"""How diverse is a collection, how sure is that, and what makes it so?

One report: the Vendi score of several orders with intervals, the items that add most and least, the *themes* (the
largest eigenvectors, each with the items nearest to it), and the groups.

Two kinds of error are kept apart. *Bounds* say how far the score of these very items may lie from what an approximation
found. The *interval* says how far the score would move with other items of the same kind: the bootstrap draws items
with replacement, as weights, with nothing copied or compared again; where that takes too long the delta method gives
the same standard error without drawing. Either is centred on the score, on its logarithm (and laid
around the bounds where the score is not known): in a resample copies stand
for items that were not drawn, which makes every resample less diverse, so that its quantiles would lie too low.

Sources: sheets 07 and 11. Differs: intervals, contributions and themes are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Rng, seed_of
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.metrics.columns import codes_of
from psephos.metrics.diversity.features import feature_spectrum
from psephos.metrics.diversity.groups import group_diversity
from psephos.metrics.diversity.hill import Floats, Order, by_order, check_orders
from psephos.metrics.diversity.result import Diversity
from psephos.metrics.diversity.single_items import (
    coordinates_of,
    delta_errors,
    solves_again,
    themes,
    vendi_contributions,
    vendi_influence,
)
from psephos.metrics.diversity.spectrum import Spectrum, reweighted
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance
from psephos.statistics import bootstrap, normal_interval

ORDERS = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0, "inf")
How = Literal["auto", "bootstrap", "delta", "none"]
BOOTSTRAP_WORK = 2e10
"""Multiplications up to which "auto" draws rather than differentiates, some ten seconds."""
MEMBERS = 5


def diversity(
    collection: Spectrum | npt.ArrayLike,
    *,
    q: Order | Sequence[Order] = ORDERS,
    names: Sequence[object] | None = None,
    groups: npt.ArrayLike | None = None,
    clusters: npt.ArrayLike | None = None,
    interval: How = "auto",
    repeats: int = 400,
    level: float = 0.95,
    most_themes: int = 5,
    rng: Rng = None,
) -> Diversity:
    """Report on the diversity of a collection.

    Parameters
    ----------
    collection : Spectrum, or array_like of float of shape (n, d)
        What `kernel_spectrum`, `feature_spectrum`, `text_spectrum` and the like return; an array is taken as vectors
        under cosine similarity.
    q : float, "inf", or a list of them
        Orders; 0, .1, .5, 1, 2, 5 and infinity if not given.
    names : sequence, optional
        Names of the items; their places if not given.
    groups : array_like, shape (n,), optional
        Group of each item.
    clusters : array_like, shape (n,), optional
        Within what items are not independent (samples of one question, say): whole clusters are drawn.
    interval : {"auto", "bootstrap", "delta", "none"}, default "auto"
        How intervals are found; "auto" draws where that takes seconds. They need coordinates and items of equal
        probability, or `interval="delta"`.
    repeats : int, default 400
        Resamples.
    level : float, default 0.95
        Confidence of the intervals.
    most_themes : int, default 5
        Most groups of similar items that are named.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.

    Returns
    -------
    Diversity
        The Vendi score of several orders with intervals, and of groups if there are any.

    Raises
    ------
    InputError
        If the vectors are refused by `feature_spectrum`, names, groups or clusters are not one for each item, or an
        order is negative.

    See Also
    --------
    vendi_score : the number alone.
    rarefaction : collections of unequal size.

    Examples
    --------
    >>> from psephos.metrics import text_spectrum
    >>> print(diversity(text_spectrum(["yes", "yes", "yes", "no", "no", "who knows"]), q=1, interval="none"))
    items          6, by texts (kernel words in runs of 1, 2, 3, 4)
    order 1        2.749
    largest theme  50.0%: 0, 1, 2
    adds most      5 (+0.789)
    adds least     2 (-0.122)
    """
    check_choice("interval", interval, get_args(How))
    check_number("level", level, low=0, high=1, open_ends=True)
    check_count("repeats", repeats, low=2)
    check_count("most_themes", most_themes, low=0)
    spectrum = collection if isinstance(collection, Spectrum) else feature_spectrum(collection)
    orders = check_orders(q)
    labels = [str(place) for place in range(spectrum.n)] if names is None else [str(name) for name in names]
    if len(labels) != spectrum.n:
        raise InputError("names", f"must be one for each of {spectrum.n:,} items, got {len(labels):,}")
    codes = None if clusters is None else codes_of("clusters", clusters, spectrum.n)[0]
    seed = seed_of(rng)
    how, note = _how(interval, spectrum, codes, repeats)
    low, high = _ends(spectrum, orders, how, codes, repeats, level, seed)
    bound_low, bound_high = spectrum.bounds(orders)
    score = spectrum.score(orders)
    frame = pl.DataFrame(
        {
            "q": orders,
            "score": score,
            "low": low,
            "high": high,
            "bound_low": bound_low,
            "bound_high": bound_high,
            "share": score / spectrum.n,
        }
    )
    kept = spectrum.coordinates is not None
    grouped = None if groups is None else group_diversity(spectrum, groups, orders, level=level)
    notes = [*spectrum.notes, *note]
    if spectrum.clipped > 1e-9:
        notes.append(f"negative eigenvalues were cut off: {spectrum.clipped:.3%} of the mass")
    if kept and not solves_again(spectrum):
        notes.append("contributions are to first order: leaving out each item exactly would take long")
    parameters = spectrum.parameters | {"q": orders, "interval": how, "level": level}
    parameters |= {"repeats": repeats} if how == "bootstrap" else {}
    return Diversity(
        provenance=Provenance(f"Vendi score by {spectrum.path}", parameters, Source(), seed, notes=tuple(notes)),
        spectrum=spectrum,
        scores=frame.with_columns(pl.col("low", "high").fill_nan(None)),
        items=_items(spectrum, labels) if kept else pl.DataFrame(),
        themes=_themes(spectrum, labels, most_themes) if kept and most_themes else pl.DataFrame(),
        groups=pl.DataFrame() if grouped is None else grouped.groups,
        within=float("nan") if grouped is None else grouped.within,
        between=float("nan") if grouped is None else grouped.between,
        level=level,
    )


def _how(
    interval: How, spectrum: Spectrum, clusters: npt.NDArray[np.int64] | None, repeats: int
) -> tuple[How, tuple[str, ...]]:
    units = spectrum.n if clusters is None else int(clusters.max()) + 1
    if interval == "none" or units < 2:
        return "none", () if interval == "none" else ("no interval: a single unit says nothing of others",)
    if spectrum.coordinates is None:
        if interval == "auto":
            return "none", ("no interval and no single items: their coordinates were not kept",)
        coordinates_of(spectrum)
    if interval != "auto":
        if interval == "bootstrap" and spectrum.p is not None:
            raise InputError("interval", "cannot draw items that have probabilities", hint='take interval="delta"')
        return interval, ()
    side = min(spectrum.rank, spectrum.n)
    work = repeats * (float(spectrum.n) * side**2 + 10.0 * side**3)
    return ("delta" if spectrum.p is not None or work > BOOTSTRAP_WORK else "bootstrap"), ()


def _ends(
    spectrum: Spectrum,
    orders: list[float],
    how: How,
    clusters: npt.NDArray[np.int64] | None,
    repeats: int,
    level: float,
    seed: int,
) -> tuple[Floats, Floats]:
    if how == "none":
        nothing = np.full(len(orders), np.nan)
        return nothing, nothing
    if how == "delta":
        error = delta_errors(spectrum, orders, clusters)
    else:
        places = coordinates_of(spectrum)

        def logs(weights: Floats) -> Floats:
            return np.log([by_order(reweighted(places, row), orders) for row in weights])

        found = bootstrap(logs, spectrum.n, clusters=clusters, repeats=repeats, level=level, method="normal", rng=seed)
        # The rank of a sample says little of the rank of what it comes from.
        error = np.where(np.array(orders) == 0, np.nan, found.standard_error)
    # Where the score of these items is not known, the interval goes from its lower to its upper bound, and beyond.
    below, above = (np.log(bound) for bound in spectrum.bounds(orders))
    low, high = normal_interval(below, error, level)[0], normal_interval(above, error, level)[1]
    # No score is below 1 or above the number of items.
    return np.maximum(np.exp(low), 1.0), np.minimum(np.exp(high), spectrum.n)


def _items(spectrum: Spectrum, labels: list[str]) -> pl.DataFrame:
    added = vendi_contributions(spectrum)
    # Copies add the same but for rounding, and stay in their order.
    order = np.argsort(-added.round(9), kind="stable")
    frame = pl.DataFrame(
        {
            "item": np.arange(spectrum.n),
            "name": labels,
            "share": spectrum.weights,
            "contribution": added,
            "influence": vendi_influence(spectrum),
        }
    )
    return frame[order]


def _themes(spectrum: Spectrum, labels: list[str], most: int) -> pl.DataFrame:
    shares, order = themes(spectrum, most)
    members = [[labels[place] for place in row[:MEMBERS].tolist()] for row in order]
    return pl.DataFrame({"theme": np.arange(1, len(shares) + 1), "share": shares, "items": members})
