"""How many of each group must, and may, be in a committee?

A committee of k is feasible if lower_g <= members of g <= upper_g for each group g. While it is built, a candidate may
be added if its group is below its upper bound and the places left still suffice for what the others lack,

    sum_g max(lower_g - count_g, 0) <= places left.

The sets that can be built so are those of a matroid, which is why greedy choices are optimal for sums and good for
others.

Source: sheet 05; Celis, Huang and Vishnoi (2018), arXiv:1710.10057. Differs: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InfeasibleError, InputError, check_count

Bounds = Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Quotas:
    """Bounds of the groups.

    Attributes
    ----------
    names : list of str
    group : ndarray of int64, shape (n_candidates,)
    lower, upper : ndarray of int64, shape (n_groups,)
    """

    names: list[str]
    group: npt.NDArray[np.int64]
    lower: npt.NDArray[np.int64]
    upper: npt.NDArray[np.int64]

    @property
    def bind(self) -> bool:
        """Whether there is any bound at all."""
        sizes = np.bincount(self.group, minlength=len(self.names))
        return bool((self.lower > 0).any() or (self.upper < sizes).any())

    def counts(self, members: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Members of each group."""
        return np.bincount(self.group[np.asarray(members, dtype=np.int64)], minlength=len(self.names))

    def allowed(self, counts: npt.NDArray[np.int64], left: int) -> npt.NDArray[np.bool_]:
        """Candidates that may be added where `left` places are left, by their groups."""
        lacking = np.maximum(self.lower - counts, 0)
        after = lacking.sum() - (lacking > 0)
        fits = (counts < self.upper) & (after <= left - 1)
        found: npt.NDArray[np.bool_] = fits[self.group]
        return found

    def feasible(self, members: npt.ArrayLike) -> bool:
        """Whether a whole committee keeps the bounds."""
        counts = self.counts(members)
        return bool(((counts >= self.lower) & (counts <= self.upper)).all())


def quotas(groups: pl.Series | None, size: int, k: int, lower: Bounds | None, upper: Bounds | None) -> Quotas:
    """Check bounds against the groups.

    Raises
    ------
    InputError
        `bounds`: a group that is not there, or bounds without groups. `InfeasibleError`: no committee can keep them.
    """
    if groups is None:
        if lower or upper:
            raise InputError("groups", "are needed for bounds", hint="give groups=, one name for each candidate")
        return Quotas(["all"], np.zeros(size, dtype=np.int64), np.zeros(1, dtype=np.int64), np.array([size]))
    names = sorted(groups.unique().to_list())
    place = {name: code for code, name in enumerate(names)}
    group = np.array([place[name] for name in groups], dtype=np.int64)
    sizes = np.bincount(group, minlength=len(names))
    low, high = np.zeros(len(names), dtype=np.int64), sizes.copy()
    for given, target in ((lower, low), (upper, high)):
        for name, value in (given or {}).items():
            if str(name) not in place:
                raise InputError("bounds", f"there is no group {str(name)!r:.80} among {', '.join(names[:8])}")
            target[place[str(name)]] = check_count("bounds", value, low=0)
    most, high = high, np.minimum(high, sizes)
    for code, name in enumerate(names):
        asked = int(most[code])
        if low[code] > sizes[code]:
            raise InfeasibleError(
                "lower", f"asks for {low[code]} of group {name!r}, which has {sizes[code]}", hint="lower the bound"
            )
        if low[code] > asked:
            raise InfeasibleError("lower", f"asks for {low[code]} of group {name!r}, more than its upper bound {asked}")
        if low[code] > k:
            raise InfeasibleError("lower", f"asks for {low[code]} of group {name!r} in a committee of {k}")
    if low.sum() > k:
        told = ", ".join(f"{name} {value}" for name, value in zip(names, low, strict=True) if value)
        raise InfeasibleError(
            "lower", f"asks for {low.sum()} in a committee of {k}: {told}", hint="lower the bounds or raise k"
        )
    if high.sum() < k:
        told = ", ".join(f"{name} {value}" for name, value in zip(names, high, strict=True))
        raise InfeasibleError(
            "upper", f"leaves room for {high.sum()} in a committee of {k}: {told}", hint="raise the bounds or lower k"
        )
    return Quotas(names, group, low, high)


def proportional_bounds(groups: pl.Series, k: int) -> dict[str, int]:
    """As many of each group as its share of the candidates: floors, the rest to the largest remainders.

    Parameters
    ----------
    groups : polars.Series, shape (n_candidates,)
        The group of each candidate.
    k : int
        Size of the committee.

    Returns
    -------
    dict
        Members of each group, to be lower and upper bound. Equal remainders go in the order of the names.

    Examples
    --------
    >>> proportional_bounds(pl.Series(["a", "a", "a", "b", "c", "c"]), 4)
    {'a': 2, 'b': 1, 'c': 1}
    """
    names = sorted(str(name) for name in groups.unique().to_list())
    sizes = np.array([int((groups.cast(pl.String) == name).sum()) for name in names])
    whole, rest = np.divmod(k * sizes, sizes.sum())
    extra = np.argsort(-rest, kind="stable")[: k - int(whole.sum())]
    whole[extra] += 1
    return dict(zip(names, whole.tolist(), strict=True))
