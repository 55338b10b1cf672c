r"""Which of two collections of unequal size is more diverse, and does the answer hang on a bandwidth?

More items are more diverse. Rarefaction compares at equal size: the mean score of random parts of m items, drawn
without replacement, with the band that holds 90 % of them; over m it is a curve. A curve that still rises says that
the collection is a sample of something more diverse than itself.

Sources: rarefaction: Hurlbert (1971); sheet 11. Differs: the use for Vendi scores is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Rng, seed_of, spawn
from psephos.errors import InputError, check_count, check_number
from psephos.metrics.diversity.features import feature_spectrum
from psephos.metrics.diversity.hill import Order, by_order, check_order, check_orders
from psephos.metrics.diversity.similarities import check_rows, median_bandwidth
from psephos.metrics.diversity.single_items import coordinates_of
from psephos.metrics.diversity.spectrum import Spectrum, reweighted
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result
from psephos.opinions.wording import plural

RISING = 0.02


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Rarefaction(Result):
    """Diversity of collections at equal numbers of items.

    Attributes
    ----------
    curves : polars.DataFrame
        See `table`.
    q : float
        Order.
    level : float
        Share of the parts within the band.
    common : int
        The largest size that all collections have.
    """

    curves: pl.DataFrame
    q: float
    level: float
    common: int

    def table(self) -> pl.DataFrame:
        """One row per collection and size: collection, items, score (mean over parts), low, high, whole (all items)."""
        return self.curves

    def summary(self) -> list[tuple[str, str]]:
        """Each collection at the common size, and whether its curve still rises."""
        lines = [("compared at", f"{plural(self.common, 'item')}, order {self.q:g}")]
        for (name,), part in self.curves.group_by("collection", maintain_order=True):
            here = part.filter(part["items"] == self.common).row(0, named=True)
            band = (
                "all items" if here["whole"] else f"{self.level:.0%} of parts {here['low']:.4g} to {here['high']:.4g}"
            )
            last = part["score"].to_numpy()
            rising = len(last) > 1 and last[-1] > (1 + RISING) * last[-2]
            lines.append((str(name), f"{here['score']:.4g}, {band}{'; still rising' if rising else ''}"))
        return lines + [("note", note) for note in self.provenance.notes]


def rarefaction(
    collections: dict[str, Spectrum] | Spectrum,
    *,
    q: Order = 1.0,
    sizes: Sequence[int] | None = None,
    repeats: int = 50,
    level: float = 0.9,
    rng: Rng = None,
) -> Rarefaction:
    """Vendi score of parts of collections, at equal sizes.

    Parameters
    ----------
    collections : dict of str to Spectrum, or Spectrum
        With coordinates and items of equal probability.
    q : float or "inf", default 1
        Order: 0 counts all kinds alike, larger orders heed the common ones more.
    sizes : sequence of int, optional
        Numbers of items; a few from small to all if not given. The size of the smallest collection is always among
        them.
    repeats : int, default 50
        Parts of each size.
    level : float, default 0.9
        Share of the parts within the band.
    rng : int, Generator, SeedSequence or None
        Seed or source of the parts.

    Returns
    -------
    Rarefaction
        Score and spread of each collection for each number of items.

    Raises
    ------
    InputError
        If there is no collection, one has no coordinates or unequal probabilities, or a size is above all collections.

    See Also
    --------
    diversity : one collection.

    Examples
    --------
    >>> from psephos.metrics import feature_spectrum
    >>> X = np.eye(4)[np.arange(40) % 4]
    >>> found = rarefaction({"many": feature_spectrum(X), "few": feature_spectrum(X[:20])}, rng=0)
    >>> found.common
    20
    """
    named = {"collection": collections} if isinstance(collections, Spectrum) else dict(collections)
    order, seed = check_order(q), seed_of(rng)
    count = check_count("repeats", repeats)
    check_number("level", level, low=0, high=1, open_ends=True)
    if not named:
        raise InputError("collections", "is empty")
    for name, spectrum in named.items():
        coordinates_of(spectrum)
        if spectrum.p is not None:
            raise InputError("collections", f"must have items of equal probability, {name!r} has not")
    common = min(spectrum.n for spectrum in named.values())
    largest = max(spectrum.n for spectrum in named.values())
    chosen = sorted({check_count("sizes", size) for size in sizes} if sizes is not None else _sizes(largest))
    if chosen and chosen[-1] > largest:
        raise InputError(
            "sizes", f"must be at most {largest:,}, the items of the largest collection, got {chosen[-1]:,}"
        )
    rows = []
    for (name, spectrum), stream in zip(named.items(), spawn(seed, len(named)), strict=True):
        wanted = sorted({size for size in chosen if size < spectrum.n} | {common, spectrum.n})
        for size, own in zip(wanted, stream.spawn(len(wanted)), strict=True):
            scores = _parts(spectrum, size, order, 1 if size == spectrum.n else count, own)
            low, high = np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])
            rows.append((str(name), size, float(scores.mean()), float(low), float(high), size == spectrum.n))
    columns = {"collection": pl.String, "items": pl.Int64} | dict.fromkeys(("score", "low", "high"), pl.Float64)
    curves = pl.DataFrame(rows, schema=columns | {"whole": pl.Boolean}, orient="row")
    notes = tuple(dict.fromkeys(note for spectrum in named.values() for note in spectrum.notes))
    parameters = {"q": order, "repeats": count, "level": level}
    provenance = Provenance("rarefaction of the Vendi score", parameters, Source(), seed, notes=notes)
    return Rarefaction(provenance=provenance, curves=curves, q=order, level=level, common=common)


def bandwidth_sweep(
    features: npt.ArrayLike,
    q: Order | Sequence[Order] = 1.0,
    *,
    kernel: Literal["rbf", "laplacian"] = "rbf",
    factors: Sequence[float] = (0.25, 0.5, 1.0, 2.0, 4.0),
    gamma: float | None = None,
) -> pl.DataFrame:
    """Vendi score under several bandwidths, so that no conclusion hangs on one silent number.

    Parameters
    ----------
    features : array_like of float, shape (n, d)
        Vectors, one row for each item.
    q : float, "inf", or a list of them, default 1
        Order: 0 counts all kinds alike, larger orders heed the common ones more.
    kernel : {"rbf", "laplacian"}, default "rbf"
        The similarity of two vectors.
    factors : sequence of float, default a quarter to four times
        Of the width of the kernel: the distance at which similarity falls to a given value is multiplied by them.
    gamma : float, optional
        Bandwidth at factor 1; by the median heuristic if not given.

    Returns
    -------
    polars.DataFrame
        factor, gamma, q, score, bound_low, bound_high: one row for each factor and order.

    Raises
    ------
    InputError
        As of `feature_spectrum`, or if a factor is not above 0.

    See Also
    --------
    median_bandwidth : the default.

    Examples
    --------
    >>> bandwidth_sweep([[0.0], [1.0], [2.0]], factors=(0.1, 10))["score"].round(2).to_list()
    [3.0, 1.07]
    """
    X, orders = check_rows(features), check_orders(q)
    middle = median_bandwidth(X, kernel) if gamma is None else check_number("gamma", gamma, low=0, open_ends=True)
    power = 2 if kernel == "rbf" else 1
    rows = []
    for factor in factors:
        own = middle / check_number("factors", factor, low=0, open_ends=True) ** power
        spectrum = feature_spectrum(X, kernel=kernel, gamma=own, coordinates=False, rng=0)
        low, high = spectrum.bounds(orders)
        rows += [(float(factor), own, *row) for row in zip(orders, spectrum.score(orders), low, high, strict=True)]
    names = ("factor", "gamma", "q", "score", "bound_low", "bound_high")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Float64), orient="row")


def _sizes(n: int) -> set[int]:
    return {int(size) for size in np.unique(np.geomspace(max(2, n // 32), n, 8).round())} if n > 1 else {1}


def _parts(spectrum: Spectrum, size: int, q: float, repeats: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    places = coordinates_of(spectrum)
    found = []
    for _ in range(repeats):
        drawn = np.zeros(spectrum.n)
        drawn[rng.choice(spectrum.n, size=size, replace=False)] = 1.0
        found.append(float(by_order(reweighted(places, drawn), q)))
    return np.array(found)
