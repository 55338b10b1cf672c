r"""How diverse is a collection, how sure is that, and what makes it so?

One report: the Vendi score of several orders with intervals, the items that add most and least, the *themes* (the
largest eigenvectors, each with the items nearest to it), and the groups.

Two kinds of error are kept apart. *Bounds* say how far the score of these very items may lie from what an approximation
found. The *interval* says how far the score would move with other items of the same kind: the bootstrap draws items
with replacement, as weights, with nothing copied or compared again; where that takes too long the delta method gives
the same standard error without drawing. Either is centred on the score, on its logarithm: in a resample copies stand
for items that were not drawn, which makes every resample less diverse, so that its quantiles would lie too low.

Sources: sheets 07 and 11. Differs: intervals, contributions and themes are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Rng, seed_of
from psephos.errors import InputError, check_choice, check_count, check_number
from psephos.metrics.diversity.feature_spectrum import feature_spectrum
from psephos.metrics.diversity.groups import group_diversity
from psephos.metrics.diversity.hill import Floats, Order, by_order, check_orders
from psephos.metrics.diversity.single_items import (
    coordinates_of,
    delta_errors,
    solves_again,
    themes,
    vendi_contributions,
    vendi_influence,
)
from psephos.metrics.diversity.spectrum import Spectrum, reweighted
from psephos.metrics.forecasts import codes_of
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result, json_ready
from psephos.statistics import Interval, bootstrap, normal_interval

ORDERS = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0, "inf")
How = Literal["auto", "bootstrap", "delta", "none"]
BOOTSTRAP_WORK = 2e10
"""Multiplications up to which "auto" draws rather than differentiates, some ten seconds."""
MEMBERS = 5
SHOWN = 6


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Diversity(Result):
    """How many different items a collection holds.

    Attributes
    ----------
    spectrum : Spectrum
        Eigenvalues, and how they were found.
    scores : polars.DataFrame
        See `table`.
    items : polars.DataFrame
        item, name, share, contribution (score of order 1 with it less without it), influence; the largest contribution
        first. Empty where the coordinates of the items were not kept.
    themes : polars.DataFrame
        theme, share (of the spectrum), items: the names of those that lie nearest, nearest first.
    groups : polars.DataFrame
        As in `GroupDiversity`; empty without groups.
    within, between : float
        Parts of the score of order 1; NaN without groups.
    level : float
        Confidence of the intervals.
    """

    spectrum: Spectrum
    scores: pl.DataFrame
    items: pl.DataFrame
    themes: pl.DataFrame
    groups: pl.DataFrame = field(default_factory=pl.DataFrame)
    within: float = float("nan")
    between: float = float("nan")
    level: float = 0.95

    def table(self) -> pl.DataFrame:
        """One row per order: q, score, low, high (interval), bound_low, bound_high, share (of the number of items)."""
        return self.scores

    def interval(self, q: Order = 1.0) -> Interval:
        """The score of one order with its interval.

        Parameters
        ----------
        q : float or "inf", default 1

        Returns
        -------
        Interval

        Raises
        ------
        InputError
            If the report has no such order.

        Examples
        --------
        >>> diversity([[1, 0], [0, 1]], interval="none").interval(1).value
        2.0
        """
        (order,) = check_orders([q])
        rows = self.scores.filter(self.scores["q"] == order)
        if not rows.height:
            raise InputError("q", f"must be an order of the report, got {q!r}")
        value, low, high = (row if row is not None else float("nan") for row in rows.row(0)[1:4])
        return Interval(value, low, high, self.level)

    def summary(self) -> list[tuple[str, str]]:
        """The report in a few lines."""
        found = self.spectrum
        lines = [("items", f"{found.n:,}, by {found.path}{_in_brackets(found.parameters)}")]
        for q, score, low, high, bound_low, bound_high, _ in self.scores.iter_rows():
            text = f"{score:.4g}" if low is None else str(Interval(score, low, high, self.level))
            if bound_low < bound_high * (1 - 1e-9):
                text += f", for these items between {bound_low:.4g} and {bound_high:.4g}"
            lines.append((f"order {q:g}", text))
        if self.themes.height:
            first = self.themes.row(0, named=True)
            lines.append(("largest theme", f"{first['share']:.1%}: {', '.join(first['items'][:3])}"))
        if self.items.height > 1:
            top, last = (self.items.row(place, named=True) for place in (0, -1))
            lines.append(("adds most", f"{top['name']} ({top['contribution']:+.3g})"))
            lines.append(("adds least", f"{last['name']} ({last['contribution']:+.3g})"))
        if self.groups.height:
            lines.append(("groups", f"{self.within:.4g} within each x {self.between:.4g} different groups"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        more: dict[str, Any] = json_ready(
            {
                "eigenvalues": self.spectrum.eigenvalues.tolist(),
                "n": self.spectrum.n,
                "path": self.spectrum.path,
                "approximate": self.spectrum.approximate,
                "missing": self.spectrum.missing,
                "clipped": self.spectrum.clipped,
                "trace_error": self.spectrum.trace_error,
                "items": self.items.to_dicts(),
                "themes": self.themes.to_dicts(),
                "groups": self.groups.to_dicts(),
                "within": self.within,
                "between": self.between,
            }
        )
        return super().to_dict() | more


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
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers.

    Returns
    -------
    Diversity

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
    >>> print(diversity(text_spectrum(["yes", "yes", "no", "maybe so"]), q=1, interval="none"))
    items          4, by texts (kernel words in runs of 1, 2, 3, 4)
    order 1        3.402
    largest theme  40.6%: 1, 0, 2
    adds most      2 (+1.03)
    adds least     1 (-0.37)
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
    low, high = normal_interval(np.log(spectrum.score(orders)), error, level)
    # No score is below 1 or above the number of items.
    return np.maximum(np.exp(low), 1.0), np.minimum(np.exp(high), spectrum.n)


def _items(spectrum: Spectrum, labels: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "item": np.arange(spectrum.n),
            "name": labels,
            "share": spectrum.weights,
            "contribution": vendi_contributions(spectrum),
            "influence": vendi_influence(spectrum),
        }
    ).sort("contribution", descending=True, maintain_order=True)


def _themes(spectrum: Spectrum, labels: list[str], most: int) -> pl.DataFrame:
    shares, order = themes(spectrum, most)
    members = [[labels[place] for place in row[:MEMBERS].tolist()] for row in order]
    return pl.DataFrame({"theme": np.arange(1, len(shares) + 1), "share": shares, "items": members})


def _in_brackets(parameters: dict[str, object]) -> str:
    said = [
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in parameters.items()
    ]
    return f" ({', '.join(said)})" if said else ""
