"""How are several curves told apart?

By colour and mark, and by their names at their ends, moved apart where they would lie on each other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

INKS = (("accent", "o"), ("risk", "s"), ("good", "D"), ("middle", "^"))
"""Colour and mark of the first curves; further ones are thin lines."""


def apart(ends: npt.NDArray[np.float64], gap: float) -> npt.NDArray[np.float64]:
    """Places of labels near the ends of curves, `gap` apart and not below the axis.

    Examples
    --------
    >>> apart(np.array([0.5, 0.5, 0.9]), 0.1)
    array([0.5, 0.6, 0.9])
    """
    order = np.argsort(ends, kind="stable")
    places = ends.copy()
    lowest = gap / 3
    for place in order:
        places[place] = lowest = max(places[place], lowest)
        lowest += gap
    return places
