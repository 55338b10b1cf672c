r"""How much does a prediction depend on attributes, of a million rows?

Centring is self-adjoint, so every measure is linear in the distances of the prediction,

    psi = sum_kl w_k w_l |p_k - p_l| G_kl,          G fixed by the attributes:
    dCov^2 with a block of attributes       G = -U(block)
    JdCov^2 less its part without p         G = -Centre(prod_i (U_i + c)).

Where attributes together have L distinct rows, G depends on the groups g, h of both rows only, and

    psi = sum_gh G_gh E_gh,         E_gh = sum over k in g, l in h of w_k w_l |p_k - p_l|,

with E from one pass over the rows by rising p, which keeps counts and sums of each group: O(n log n + n L) time and
O(n + L^2) memory, once for all measures, and again for each permutation of p.

Source: sheet 20 (the group form is ours). Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from psephos.metrics.columns import Floats, combinations_of
from psephos.metrics.dependence.attribute_coding import Attribute

KERNEL_FROM = 2**18
"""Rows times groups from which the compiled pass is used."""


@dataclass(frozen=True, eq=False)
class Groups:
    """The distinct rows of attributes taken together.

    Attributes
    ----------
    codes : ndarray of int64, shape (n,)
    share : ndarray of float64, shape (n_groups,)
        Weight of each group; all sum to 1.
    first : ndarray of int64, shape (n_groups,)
        A row of each.
    """

    codes: npt.NDArray[np.int64]
    share: Floats
    first: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.share)

    def centred(self, columns: Floats) -> Floats:
        """U of a block of columns, shape (n_groups, n_groups)."""
        apart = scipy.spatial.distance.cdist(columns[self.first], columns[self.first])
        return np.asarray(-centre(apart, self.share))

    def mean(self, table: Floats) -> float:
        """Mean over pairs of rows of what a table says of their groups."""
        return float(self.share @ table @ self.share)


def group_rows(attributes: Sequence[Attribute], w: Floats) -> Groups:
    """Number the distinct rows of all attributes together."""
    codes, first = combinations_of([one.codes for one in attributes])
    return Groups(codes, np.bincount(codes, weights=w, minlength=len(first)).astype(np.float64), first)


def centre(table: Floats, share: Floats) -> Floats:
    """A symmetric table less the weighted means of its rows and columns, plus its mean.

    Examples
    --------
    >>> centre(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0.5, 0.5]))
    array([[-0.5,  0.5],
           [ 0.5, -0.5]])
    """
    rows = table @ share
    return np.asarray(table - rows[:, None] - rows + share @ rows)


def distances_between(values: Floats, codes: npt.NDArray[np.int64], w: Floats, groups: int) -> Floats:
    """E: sums of w_k w_l |p_k - p_l| by group of either row, symmetric.

    Examples
    --------
    >>> distances_between(np.array([0.0, 1.0, 3.0]), np.array([0, 0, 1]), np.ones(3), 2)
    array([[2., 5.],
           [5., 0.]])
    """
    order = np.argsort(values)
    p, g, v = values[order], codes[order], w[order]
    if len(p) * groups >= KERNEL_FROM:
        from psephos.metrics.dependence._kernels import group_distances

        once = np.asarray(group_distances(p, g, v, groups))
    else:
        once = np.empty((groups, groups))
        for other in range(groups):
            inside = v * (g == other)
            size, moment = np.cumsum(inside) - inside, np.cumsum(inside * p) - inside * p
            once[:, other] = np.bincount(g, weights=v * (p * size - moment), minlength=groups)
    return np.asarray(once + once.T)


def joint_weights(parts: Sequence[Floats], groups: Groups, c: float) -> tuple[Floats, float]:
    """What the joint measure needs of the attributes.

    Parameters
    ----------
    parts : sequence of ndarray of float64, shape (n_groups, n_groups)
        U of each attribute, between groups.
    groups : Groups
        The distinct rows of all attributes together.
    c : float
        Constant that each U is raised by; a larger one weighs dependence on few attributes more.

    Returns
    -------
    weights : ndarray of float64, shape (n_groups, n_groups)
        G of the joint measure less its part without the prediction.
    alone : float
        JdCov^2 of the attributes alone.
    """
    product = np.ones_like(parts[0])
    for part in parts:
        product = product * (part + c)
    alone = groups.mean(product) - c ** len(parts)
    return -centre(product, groups.share), alone
