r"""Which sources copy from each other?

Independent sources agree where they are right; copies also agree where they are wrong. For two sources let B be the
items on which both are off the verdict and S those of them on which both give the same answer. If a share q of such
meetings is usual,

    p = P(Binomial(B, q) >= S),        Holm's adjustment over all pairs that met,

and a pair with p of at most `LEVEL` that is also more than half of the way from q to complete copying is linked; q is
the share over all pairs that are not linked, at least 1 / (L - 1), so that one tempting wrong answer, which draws
everybody, links nobody. What is linked in a chain is one cluster. Two sources that answer alike on at least
`COMMON` common items are named as well, linked or not: if they are never off the verdict, nobody can tell two copies
from two good sources.

Source: sheet 16 asks for the second; the first is ours. It needs a verdict that is mostly right: where the copies are
the majority, what they say is the verdict and nothing is off.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from psephos.consensus.ballots import Ballots, Floats, Whole, largest, winners
from psephos.consensus.sources.rounds import Electorate
from psephos.errors import InputError
from psephos.opinions.coding import combined
from psephos.opinions.model import Opinions, frozen
from psephos.statistics import adjust

LEVEL = 0.01
COMMON = 20
FEWEST_OFF = 5
"""Pairs that are off the verdict together less often are not tested."""

MOST_SOURCES = 2_000
MOST_WORK = 4 * 10**8
"""Copies are looked for up to so many sources, and up to so many products of sources and answers."""

MUCH = 1.5
"""From how many times what independence gives, being off together is worth a note."""

COLUMNS = ("common", "same", "both_off", "same_off")


def find_copies(
    electorate: Electorate, weight: Floats, classes: float, voters: pl.Series, copies: str
) -> tuple[pl.DataFrame, npt.NDArray[np.int64], tuple[str, ...]]:
    """Look for copies among all pairs of sources, and say what was found.

    Parameters
    ----------
    electorate : Electorate
        The votes, wherever they lie.
    weight : ndarray of float64, shape (n_sources,)
        Weights that the rounds came to: who is off the verdict is off it under these.
    classes : float
        Possible answers L of an item.
    voters : polars.Series
        Names of the sources.
    copies : str
        ``"report"`` only says it; ``"share"`` is about to give a cluster one vote.

    Returns
    -------
    table : polars.DataFrame
        Pairs that are linked or alike; see `copy_table`.
    cluster : ndarray of int64, shape (n_sources,)
        Lowest member of the cluster of each source; its own number if it is alone.
    notes : tuple of str
        What there is to say, also that too many sources were not looked at.

    Raises
    ------
    InputError
        `copies`: they are to share a vote, and there are too many sources to look for them.
    """
    n_sources, n_rows = len(voters), len(electorate.opinions)
    if n_sources > MOST_SOURCES or n_sources * n_rows > MOST_WORK:
        if copies == "share":
            raise InputError(
                "copies",
                f"are not looked for among {n_sources:,} sources and {n_rows:,} answers",
                hint="give copies='report'",
            )
        nothing = np.zeros((4, 1, 1), dtype=np.int64)
        note = f"copies were not looked for among {n_sources:,} sources and {n_rows:,} answers"
        return copy_table(nothing, classes, voters.head(1))[0], np.arange(n_sources), (note,)
    met = np.sum(electorate.each(meetings, weight=weight), axis=0)
    table, cluster = copy_table(met, classes, voters)
    ratio, sure = off_together(met)
    notes = []
    if sure and ratio > MUCH:
        notes.append(
            f"sources are off the verdict together {ratio:.1f} times as often as if they erred independently: the "
            "certainty is too high"
        )
    linked = table.filter("linked").height
    alike = table.filter(pl.col("identical") & ~pl.col("linked"))
    if linked:
        many = "count as often as they are many, and the certainty is too high; copies='share' mends both"
        what = "share one vote" if copies == "share" else many
        notes.append(f"{linked:,} pairs of sources are wrong together more often than chance: they {what}")
    if alike.height:
        pair = alike.row(0, named=True)
        notes.append(
            f"{pair['left']} and {pair['right']} give the same answer on all {pair['common']:,} common items"
            + (f" (and {alike.height - 1:,} more pairs)" if alike.height > 1 else "")
            + ": if one copies the other, they count twice"
        )
    return table, cluster, tuple(notes)


def one_vote_each(opinions: Opinions, cluster: npt.NDArray[np.int64]) -> Opinions:
    """The same opinions, the sources of one cluster with one vote on each item, in equal parts."""
    voter, said = opinions.codes("voter"), opinions.codes(opinions.value) >= 0
    meeting = combined([opinions.codes("item").astype(np.int64), cluster[voter], said.astype(np.int64)])
    _, place, size = np.unique(meeting, return_inverse=True, return_counts=True)
    own = opinions.weights()
    shared = np.where(said, 1 / size[place], 1.0) * (1.0 if own is None else own)
    return replace(opinions, numbers=frozen({**opinions.numbers, "weight": shared}))


def meetings(found: Ballots, *, weight: Floats) -> Whole:
    """How often each two sources met in one part, shape (4, n_sources, n_sources): see `COLUMNS`."""
    first, _, _ = winners(found, found.scores(weight), largest(weight))
    target = first if found.fixed is None else np.where(found.fixed != -1, found.fixed, first)
    item = found.item[found.pair]
    off = target[item] != found.pair
    shape = len(weight)
    return np.stack(
        [
            part
            for rows in (slice(None), off)
            for part in (
                _meetings(item[rows], found.voter[rows], found.n_items, shape),
                _meetings(found.pair[rows], found.voter[rows], len(found.choice), shape),
            )
        ]
    )


def off_together(met: Whole) -> tuple[float, bool]:
    """How often sources are off the verdict together, in multiples of what independence gives; whether that is sure.

    Hard items, on which all err, show here as well as copies do.

    Parameters
    ----------
    met : ndarray of int64, shape (4, n_sources, n_sources)
    """
    answered, off = met[0].diagonal(), met[2].diagonal()
    rate = np.divide(off, answered, out=np.zeros(len(off)), where=answered > 0)
    expected = float(np.triu(met[0] * np.outer(rate, rate), 1).sum())
    observed = float(np.triu(met[2], 1).sum())
    return observed / max(expected, 1e-9), observed - expected > 4 * np.sqrt(max(expected, 1.0))


def linked(met: Whole, classes: float) -> tuple[npt.NDArray[np.bool_], Floats, float]:
    """Which pairs are linked, their adjusted p-values (NaN if not tested), and the usual share q.

    Parameters
    ----------
    met : ndarray of int64, shape (4, n_sources, n_sources)
    classes : float
        Number of possible answers.
    """
    from scipy import stats

    n_sources = met.shape[1]
    left, right = np.triu_indices(n_sources, 1)
    off, same = met[2][left, right], met[3][left, right]
    tested = off >= FEWEST_OFF
    link = np.zeros(len(left), dtype=bool)
    p = np.full(len(left), np.nan)
    usual = chance = 1 / max(classes - 1, 1.0)
    for _ in range(5):
        rest = off[~link].sum()
        usual = min(max(chance, same[~link].sum() / rest if rest else chance), 1.0)
        p[tested] = stats.binom.sf(same[tested] - 1, off[tested], usual)
        fresh = tested & (np.nan_to_num(adjust(p), nan=1.0) <= LEVEL) & (2 * same > off * (1 + usual))
        if np.array_equal(fresh, link):
            break
        link = fresh
    links, adjusted = np.zeros((n_sources, n_sources), dtype=bool), np.full((n_sources, n_sources), np.nan)
    links[left, right] = link
    adjusted[left, right] = adjust(p)
    return links, adjusted, float(usual)


def copy_table(met: Whole, classes: float, voters: pl.Series) -> tuple[pl.DataFrame, npt.NDArray[np.int64]]:
    """The pairs that are linked or alike, and the cluster of each source.

    Parameters
    ----------
    met : ndarray of int64, shape (4, n_sources, n_sources)
        Of each pair, by `COLUMNS`: common items, the same answer, both off the verdict, both off with the same answer.
    classes : float
        Possible answers L of an item.
    voters : polars.Series
        Names of the sources.

    Returns
    -------
    table : polars.DataFrame
        left, right, the four counts, expected (equal errors by chance), p_value (Holm), identical, linked.
    cluster : ndarray of int64, shape (n_sources,)
        Lowest member of what hangs together by links.
    """
    links, p, usual = linked(met, classes)
    alike = np.triu((met[0] >= COMMON) & (met[0] == met[1]), 1)
    left, right = np.nonzero(links | alike)
    _, label = sparse.csgraph.connected_components(sparse.csr_matrix(links), directed=False)
    lowest = np.full(label.max(initial=0) + 1, len(label), dtype=np.int64)
    np.minimum.at(lowest, label, np.arange(len(label)))
    table: dict[str, Any] = {"left": voters.gather(left), "right": voters.gather(right)}
    table |= {name: met[number][left, right] for number, name in enumerate(COLUMNS)}
    table |= {
        "expected": met[2][left, right] * usual,
        "p_value": pl.Series(p[left, right]).fill_nan(None),
        "identical": alike[left, right],
        "linked": links[left, right],
    }
    return pl.DataFrame(table), lowest[label]


def _meetings(thing: Whole, voter: npt.NDArray[np.int32], n_things: int, n_sources: int) -> Whole:
    """On how many things each two sources meet."""
    ones = np.ones(len(thing), dtype=np.int64)
    table = sparse.csr_matrix((ones, (thing, voter)), shape=(n_things, n_sources))
    met: Whole = (table.T @ table).toarray()
    return met
