r"""How much of what an agent knows gets through in a message of m tokens?

    exponential   gamma(m) = gmax (1 - exp(-m / m0)),       saturating   gamma(m) = gmax m / (m + m0),
    table         measured fidelities, joined by a monotone cubic

Long messages keep more, but a window of W tokens then holds fewer of them: b <= W / m. `best_design` weighs the two.

Source: Liu, Kong and Pei (2026), arXiv 2601.17311. Differs: the second family is ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from psephos.allocation.trees.majority_layers import Floats
from psephos.errors import InputError, check_choice, check_floats, check_number

FAMILIES = ("exponential", "saturating")


@dataclass(frozen=True, eq=False)
class FidelityCurve:
    """What of a bias a message keeps, by its length; call it with a length or an array of lengths.

    Attributes
    ----------
    family : str
        ``"exponential"``, ``"saturating"`` or ``"table"``.
    m0, gmax : float
        Length of a family, and the fidelity of endless messages; NaN and the highest of a table.
    lengths, values : ndarray of float64
        The table, else empty.
    """

    family: str
    m0: float
    gmax: float
    lengths: Floats = field(default_factory=lambda: np.empty(0))
    values: Floats = field(default_factory=lambda: np.empty(0))

    def __call__(self, m: npt.ArrayLike) -> Floats:
        """Fidelity of messages of these lengths; a table says nothing of lengths beyond its ends."""
        length = check_floats("m", m, ndim=np.ndim(m))
        if (length < 0).any():
            raise InputError("m", f"must be at least 0, got {length[length < 0].flat[0]:g}")
        if self.family == "exponential":
            return np.asarray(-self.gmax * np.expm1(-length / self.m0))[()]
        if self.family == "saturating":
            return np.asarray(self.gmax * length / (length + self.m0))[()]
        outside = (length < self.lengths[0]) | (length > self.lengths[-1])
        if outside.any():
            ends = f"{self.lengths[0]:g} to {self.lengths[-1]:g}"
            raise InputError("m", f"the table reaches from {ends} tokens, got {length[outside].flat[0]:g}")
        return np.asarray(PchipInterpolator(self.lengths, self.values)(length))[()]


def fidelity_curve(family: str = "exponential", *, m0: float, gmax: float = 1.0) -> FidelityCurve:
    """Fidelity of messages by a formula.

    Parameters
    ----------
    family : {"exponential", "saturating"}
        Which formula.
    m0 : float
        Its length in tokens, above 0.
    gmax : float, default 1
        Fidelity of endless messages, 0 to 1.

    Returns
    -------
    FidelityCurve
        Call it with a length, or an array of lengths, in tokens.

    Raises
    ------
    InputError
        If there is no such family or a number lies outside its range.

    See Also
    --------
    fidelity_table : from measurements.

    Examples
    --------
    >>> fidelity_curve(m0=200)([100, 400]).round(4)
    array([0.3935, 0.8647])
    """
    check_choice("family", family, FAMILIES)
    most = check_number("gmax", gmax, low=0, high=1)
    return FidelityCurve(family, check_number("m0", m0, low=0, open_ends=True), most)


def fidelity_table(lengths: npt.ArrayLike, values: npt.ArrayLike) -> FidelityCurve:
    """Fidelity of messages by measurements.

    Parameters
    ----------
    lengths : array_like of float, shape (n,)
        Tokens, rising; at least two.
    values : array_like of float, shape (n,)
        Fidelities, 0 to 1, that never fall.

    Returns
    -------
    FidelityCurve
        Call it with a length, or an array of lengths, in tokens.

    Raises
    ------
    InputError
        If lengths do not rise, or fidelities fall or lie outside 0 to 1.

    Examples
    --------
    >>> float(fidelity_table([50, 100, 200], [0.4, 0.7, 0.9])(100))
    0.7
    """
    m, gamma = check_floats("lengths", lengths), check_floats("values", values)
    if len(m) < 2 or len(m) != len(gamma):
        raise InputError(
            "gamma curve", f"needs two or more lengths with a fidelity each, got {len(m)} and {len(gamma)}"
        )
    if (np.diff(m) <= 0).any() or m[0] < 0:
        raise InputError("gamma curve", "lengths must rise from 0 or above")
    if ((gamma < 0) | (gamma > 1)).any():
        raise InputError("gamma curve", "fidelities must lie between 0 and 1")
    if (np.diff(gamma) < 0).any():
        place = int(np.argmax(np.diff(gamma) < 0))
        raise InputError("gamma curve", "must not fall with the length", where=f"after {m[place]:g} tokens")
    return FidelityCurve("table", float("nan"), float(gamma[-1]), m, gamma)
