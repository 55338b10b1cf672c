"""How would the strengths move on other battles of the same kind?

Battles that are equal (the same pair, the same end) are drawn as one cell, so a resample of a million battles among 200
candidates is a draw of some 60,000 counts, and no battle is touched again. All resamples are fitted at once, from the
strengths found, with the Hessian found (chord method): each step costs one matrix product; the few resamples that it
does not settle take Newton steps of their own. With voters as clusters whole voters are drawn.

In a resample a candidate may have lost every battle it has. Its strength has no lower end there; a penalty too small to
be seen elsewhere puts it far below the others, which is what the resample says. One that has no battle there has no
strength there.

Source: Efron (1979); the cells: sheet 30, FastChat issue 3523. Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

from psephos.engine.streams import Rng
from psephos.ranking.pairwise.battle_table import BattleTable, PairCounts
from psephos.ranking.pairwise.pair_models import LEAST_ETA, PairModel
from psephos.ranking.pairwise.strengths import Strengths, ends_of, fit, laplacian
from psephos.statistics import reweightings

TINY = 1e-6
"""Penalty of a resample: moves a strength by less than 1e-7 where it has ends, and gives it ends where it has none."""

CLOSE = 1e-7
"""Steps below this settle a resample: less than 0.0001 points of a rating."""

CHORDS = 12
COMPILED = 2**19
"""Counts of all resamples of a chunk from which on the compiled loop is worth loading."""

DENSE = 3000
_CELLS = 2**23

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Resamples:
    """Strengths of each resample.

    Attributes
    ----------
    theta : ndarray of float64, shape (repeats, n)
        Mean 0; NaN where a candidate has no battle.
    eta : ndarray of float64, shape (repeats,)
    """

    theta: Floats
    eta: Floats


def drawn_counts(
    counts: PairCounts,
    *,
    repeats: int,
    battles: BattleTable | None = None,
    clusters: npt.NDArray[np.int64] | None = None,
    rng: Rng = None,
) -> Iterator[Floats]:
    """Counts of all pairs in each resample, some resamples at a time.

    Parameters
    ----------
    counts : PairCounts
        The battles as they were.
    repeats : int
        Resamples.
    battles : BattleTable, optional
        The single battles, needed with `clusters`.
    clusters : ndarray of int64, shape (n_battles,), optional
        What is drawn as a whole, as voters; single battles if not given.
    rng : int, Generator or None

    Yields
    ------
    ndarray of float64, shape (some, n_pairs, 4)
        Weight by how they ended; all of them together have `repeats` rows.
    """
    shape = counts.ends.shape
    if clusters is None:
        filled = np.flatnonzero(counts.ends.ravel())
        # A weight is a count; parts of one are rounded up or down, and scaled back, so that the sums are kept.
        size = counts.ends.ravel()[filled]
        whole = np.maximum(np.rint(size), 1).astype(np.int64)
        scale = size / whole
        counted = bool((scale == 1).all())
        for weights in reweightings(len(filled), multiplicity=whole, repeats=repeats, rng=rng):
            for start in range(0, len(weights), step := max(1, _CELLS // counts.ends.size)):
                part = weights[start : start + step]
                drawn = np.zeros((len(part), counts.ends.size))
                drawn[:, filled] = part if counted else part * scale
                yield drawn.reshape(-1, *shape)
        return
    assert battles is not None  # noqa: S101 - clusters are those of battles
    by_cluster = _cells_of_clusters(counts, battles, clusters)
    for weights in reweightings(by_cluster.shape[0], repeats=repeats, rng=rng):
        for start in range(0, len(weights), step := max(1, _CELLS // counts.ends.size)):
            yield np.asarray(weights[start : start + step] @ by_cluster).reshape(-1, *shape)


def resampled_strengths(
    counts: PairCounts,
    model: PairModel,
    found: Strengths,
    *,
    penalty: float,
    repeats: int,
    battles: BattleTable | None = None,
    clusters: npt.NDArray[np.int64] | None = None,
    rng: Rng = None,
) -> Resamples:
    """Strengths of as many resamples as asked for; those of the connected candidates only.

    Parameters
    ----------
    counts : PairCounts
        Battles among the connected candidates.
    model : PairModel
    found : Strengths
        The fit, from which each resample starts.
    penalty : float
        At least `TINY`, so that who lost every drawn battle has a strength.
    repeats, battles, clusters, rng
        As in `drawn_counts`.

    Returns
    -------
    Resamples
        Strengths, shape (repeats, n), and the parameter of ties.
    """
    penalty = max(penalty, TINY)
    chord = _Chord(counts, model, found, penalty)
    thetas, etas = [], []
    for drawn in drawn_counts(counts, repeats=repeats, battles=battles, clusters=clusters, rng=rng):
        theta, eta = chord.settle(drawn)
        thetas.append(theta)
        etas.append(eta)
    return Resamples(np.concatenate(thetas), np.concatenate(etas))


class _Chord:
    """Steps with the Hessian of the fit, for many resamples at once."""

    def __init__(self, counts: PairCounts, model: PairModel, found: Strengths, penalty: float) -> None:
        self.counts, self.model, self.found, self.penalty = counts, model, found, penalty
        size = counts.size
        present = ~np.isnan(found.theta)
        self.start = np.where(present, found.theta, 0.0)
        win, loss, tie = ends_of(counts)
        self.ties_vary = model.has_eta and bool(tie.any())
        pairs = np.arange(len(counts.first))
        signs = np.concatenate([np.ones(len(pairs)), -np.ones(len(pairs))])
        ends = np.concatenate([counts.first, counts.second])
        self.incidence = sparse.csr_array((signs, (ends, np.tile(pairs, 2))), shape=(size, len(pairs)))
        if size > DENSE:
            self.inverse = None
            return
        d = self.start[counts.first] - self.start[counts.second]
        curve = model.curvature(win, loss, tie, d, found.eta)
        width = size + self.ties_vary
        matrix = np.zeros((width, width))
        matrix[:size, :size] = laplacian(counts.first, counts.second, curve.d, size) + 1 / size
        matrix.flat[: size * width : width + 1] += penalty + 1e-9
        if self.ties_vary:
            matrix[size, :size] = self.incidence @ curve.both
            matrix[:size, size] = matrix[size, :size]
            matrix[size, size] = curve.eta.sum()
        self.inverse = np.asarray(linalg.inv(matrix))

    def settle(self, drawn: Floats) -> tuple[Floats, Floats]:
        """Strengths and etas of resamples, shape (some, n) and (some,)."""
        size = self.counts.size
        theta = np.tile(self.start, (len(drawn), 1))
        eta = np.full(len(drawn), self.found.eta)
        unsettled = np.arange(len(drawn))
        if self.inverse is not None:
            unsettled = self._plain(drawn, theta) if not self.model.has_eta else self._with_ties(drawn, theta, eta)
        for row in unsettled.tolist():
            seen = drawn[row].any(axis=1)
            own = PairCounts(size, self.counts.first[seen], self.counts.second[seen], drawn[row][seen])
            made = fit(own, self.model, penalty=self.penalty, start=self.start, eta=self.found.eta)
            theta[row], eta[row] = made.theta, made.eta
        games = np.asarray(drawn.sum(axis=2) @ abs(self.incidence).T)
        theta[games == 0] = np.nan
        theta -= np.nanmean(theta, axis=1, keepdims=True)
        return theta, eta

    def _plain(self, drawn: Floats, theta: Floats) -> npt.NDArray[np.int64]:
        """Steps without a number of ties, in place; the rows that did not settle."""
        first, second = self.counts.first, self.counts.second
        if drawn.size >= COMPILED:
            from psephos.ranking.pairwise._kernels import chords

            found: npt.NDArray[np.bool_] = chords(
                theta, np.ascontiguousarray(drawn), first, second, self.inverse, self.penalty, CHORDS, CLOSE
            )
            return np.flatnonzero(~found)
        forward = drawn[..., 0] + (drawn[..., 2] + drawn[..., 3]) / 2
        met = drawn.sum(axis=2)
        rows = np.arange(len(drawn))
        for _ in range(CHORDS):
            strength = np.exp(theta[rows])
            won, lost = strength[:, first], strength[:, second]
            pull = forward[rows] - met[rows] * (won / (won + lost))
            step = self._step((self.incidence @ pull.T).T - self.penalty * theta[rows])
            theta[rows] += step
            rows = rows[np.abs(step).max(axis=1) > CLOSE]
            if not len(rows):
                break
        return rows

    def _with_ties(self, drawn: Floats, theta: Floats, eta: Floats) -> npt.NDArray[np.int64]:
        """Steps with a number of ties, in place; the rows that did not settle."""
        ends = drawn[..., 0], drawn[..., 1], drawn[..., 2] + drawn[..., 3]
        rows = np.arange(len(drawn))
        for _ in range(CHORDS):
            d = theta[rows][:, self.counts.first] - theta[rows][:, self.counts.second]
            slopes = self.model.slopes(d, eta[rows, None])
            pull = np.asarray(sum(n[rows] * s for n, s in zip(ends, slopes.along_d, strict=True)))
            g = (self.incidence @ pull.T).T - self.penalty * theta[rows]
            if self.ties_vary:
                up = sum((n[rows] * e).sum(axis=1) for n, e in zip(ends, slopes.along_eta, strict=True))
                g = np.column_stack([g, np.asarray(up)])
            step = self._step(g)
            theta[rows] += step[:, : self.counts.size]
            if self.ties_vary:
                eta[rows] += step[:, -1]
                if self.model.name == "rao-kupper":
                    np.maximum(eta, LEAST_ETA, out=eta)
            rows = rows[np.abs(step).max(axis=1) > CLOSE]
            if not len(rows):
                break
        return rows

    def _step(self, g: Floats) -> Floats:
        assert self.inverse is not None  # noqa: S101 - chords are for those that have one
        return np.asarray(np.clip(g @ self.inverse, -1, 1))


def _cells_of_clusters(counts: PairCounts, battles: BattleTable, clusters: npt.NDArray[np.int64]) -> sparse.csr_array:
    """Counts of each pair and end by cluster, shape (n_clusters, n_pairs * 4)."""
    key = counts.first * counts.size + counts.second
    place = np.minimum(np.searchsorted(key, battles.pair_key), len(key) - 1)
    known = key[place] == battles.pair_key
    code = np.unique(clusters[known], return_inverse=True)[1]
    cell = place[known] * 4 + battles.ends[known]
    shape = int(code.max()) + 1, 4 * len(key)
    return sparse.csr_array((battles.weights[known], (code, cell)), shape=shape)
