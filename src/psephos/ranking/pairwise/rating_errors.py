"""How far may a strength lie from the truth, on other battles of the same kind?

With L the curvature of the likelihood at the fit (a graph Laplacian, its pseudo-inverse L+) there are two answers:

    Fisher      V = L+,             right where battles end as the model says, each with one winner
    sandwich    V = L+ M L+,        M = sum over battles of the outer product of their slopes

A tie counted as half a win varies less than a coin, so Fisher's errors are too wide then; and votes of one voter are
not independent, so theirs may be too narrow. The sandwich is right for both: with voters as clusters M sums the slopes
of each voter first.

Sources: Huber (1967), White (1982), doi:10.2307/1912526; clusters: Liang and Zeger (1986), doi:10.1093/biomet/73.1.13.
Ours for ratings (sheet 30).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

from psephos.ranking.pairwise.battle_table import TIE, BattleTable, PairCounts
from psephos.ranking.pairwise.pair_models import PairModel
from psephos.ranking.pairwise.strengths import DENSE, Strengths, ends_of, laplacian

Floats = npt.NDArray[np.float64]


def covariances(
    counts: PairCounts,
    model: PairModel,
    found: Strengths,
    *,
    penalty: float = 0.0,
    battles: BattleTable | None = None,
    clusters: npt.NDArray[np.int64] | None = None,
) -> tuple[Floats, Floats] | None:
    """Fisher and sandwich covariance of the strengths (and of eta, last, where the model has one).

    Candidates without a battle have NaN. None for more candidates than a full matrix is made of.
    """
    present = ~np.isnan(found.theta)
    size = int(present.sum())
    if size > DENSE:
        return None
    place = np.cumsum(present) - 1
    first, second = place[counts.first], place[counts.second]
    win, loss, tie = ends_of(counts)
    d = found.theta[counts.first] - found.theta[counts.second]
    curve, slopes = model.curvature(win, loss, tie, d, found.eta), model.slopes(d, found.eta)
    ties_vary = model.has_eta and bool(tie.any())
    width = size + ties_vary
    bread = np.zeros((width, width))
    bread[:size, :size] = laplacian(first, second, curve.d, size) + penalty * np.eye(size)
    if ties_vary:
        bread[size, :size] = np.bincount(first, curve.both, size) - np.bincount(second, curve.both, size)
        bread[:size, size] = bread[size, :size]
        bread[size, size] = curve.eta.sum()
    inverse = _centred_inverse(bread, size)
    if clusters is None:
        meat = np.zeros((width, width))
        squares = sum(n * s**2 for n, s in zip((win, loss, tie), slopes.along_d, strict=True))
        meat[:size, :size] = laplacian(first, second, np.asarray(squares), size)
        if ties_vary:
            triples = list(zip((win, loss, tie), slopes.along_d, slopes.along_eta, strict=True))
            mixed = np.asarray(sum(n * s * e for n, s, e in triples))
            meat[size, :size] = np.bincount(first, mixed, size) - np.bincount(second, mixed, size)
            meat[:size, size] = meat[size, :size]
            meat[size, size] = sum(float((n * e**2).sum()) for n, _, e in triples)
    else:
        assert battles is not None  # noqa: S101 - clusters are those of battles
        meat = _clustered(battles, clusters, model, found, place, width, ties_vary)
    sandwich = inverse @ meat @ inverse
    return _spread_out(inverse, present, ties_vary), _spread_out(sandwich, present, ties_vary)


def _centred_inverse(bread: Floats, size: int) -> Floats:
    """Inverse on the strengths whose sum is 0."""
    lifted = bread.copy()
    lifted[:size, :size] += 1 / size
    try:
        inverse = np.asarray(linalg.inv(lifted))
    except linalg.LinAlgError:
        inverse = np.asarray(linalg.pinvh(lifted))
    centre = np.eye(len(bread))
    centre[:size, :size] -= 1 / size
    return np.asarray(centre @ inverse @ centre)


def _clustered(
    battles: BattleTable,
    clusters: npt.NDArray[np.int64],
    model: PairModel,
    found: Strengths,
    place: npt.NDArray[np.int64],
    width: int,
    ties_vary: bool,
) -> Floats:
    """Sum over clusters of the outer product of their summed slopes."""
    known = ~(np.isnan(found.theta[battles.left]) | np.isnan(found.theta[battles.right]))
    left, right, weight = battles.left[known], battles.right[known], battles.weights[known]
    d = found.theta[left] - found.theta[right]
    slopes = model.slopes(d, found.eta)
    end = np.minimum(battles.outcome[known], TIE)
    along = weight * np.choose(end, slopes.along_d)
    rows, columns = [clusters[known]] * 2, [place[left], place[right]]
    values = [along, -along]
    if ties_vary:
        rows.append(clusters[known])
        columns.append(np.full(len(left), width - 1))
        values.append(weight * np.choose(end, slopes.along_eta))
    total = sparse.csr_array(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
        shape=(int(clusters.max(initial=-1)) + 1, width),
    )
    groups = len(np.unique(clusters[known]))
    outer = (total.T @ total).toarray()
    return np.asarray(outer * (groups / max(groups - 1, 1)))


def _spread_out(matrix: Floats, present: npt.NDArray[np.bool_], ties_vary: bool) -> Floats:
    if present.all():
        return matrix
    kept = np.append(np.flatnonzero(present), len(present)) if ties_vary else np.flatnonzero(present)
    size = len(present) + ties_vary
    made = np.full((size, size), np.nan)
    made[np.ix_(kept, kept)] = matrix
    return made
