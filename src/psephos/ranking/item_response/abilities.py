"""How able is each candidate, given the items?

From the likelihood of its responses at each ability: the posterior mean and deviation under N(0, 1) (EAP), the
posterior mode (MAP), or the mode of the likelihood alone (MLE), which is undefined where it lies at the edge of the
scale, as for who has all or nothing right.

Source: Bock and Mislevy (1982), doi:10.1177/014662168200600405; sheet 25. Differs: nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.errors import check_choice
from psephos.ranking.item_response.curves import information
from psephos.ranking.item_response.marginal import EDGE, Items, Rows, log_likelihoods

Floats = npt.NDArray[np.float64]

ESTIMATES = ("eap", "map", "mle")
FINE = 50
FINER = 100
"""Points per unit of ability; the finer ones where there are so many items that they tell such steps apart."""
MANY = 2500
_CELLS = 2**23


def abilities(rows: Rows, items: Items, *, estimate: str = "eap") -> tuple[Floats, Floats]:
    """Ability of each row and its standard error.

    Parameters
    ----------
    rows : Rows
        Responses.
    items : Items
        Their parameters.
    estimate : {"eap", "map", "mle"}
        Posterior mean, posterior mode, or mode of the likelihood.

    Returns
    -------
    ability, error : ndarray of float64, shape (n,)
        NaN for an MLE at the edge of the scale.

    Raises
    ------
    InputError
        `estimate`: no such choice.
    """
    check_choice("estimate", estimate, ESTIMATES)
    points = fine_points(len(items.slope))
    found, error = np.empty(len(rows.right)), np.empty(len(rows.right))
    step = max(1, _CELLS // len(points))
    for start in range(0, len(found), step):
        here = slice(start, start + step)
        part = Rows(rows.right[here], None if rows.asked is None else rows.asked[here], rows.counts[here])
        height = log_likelihoods(part, items, points)
        if estimate != "mle":
            height = height - points**2 / 2
        found[here], error[here] = _mean(height, points) if estimate == "eap" else _mode(height, points, estimate)
    if estimate == "mle":
        told = np.empty(len(found))
        for i in range(len(found)):
            asked = np.ones(len(items.slope), dtype=bool) if rows.asked is None else rows.asked[i] > 0
            own = information(found[[i]], items.slope[asked], items.intercept[asked], items.guess[asked])
            told[i] = own.sum()
        with np.errstate(divide="ignore"):
            error = np.where(np.isnan(found), np.nan, 1 / np.sqrt(told))
    return found, error


def fine_points(n_items: int) -> Floats:
    """Abilities at which candidates are weighed, shape (q,)."""
    per_unit = FINER if n_items > MANY else FINE
    return np.linspace(-EDGE, EDGE, int(2 * EDGE) * per_unit + 1)


def _mean(height: Floats, points: Floats) -> tuple[Floats, Floats]:
    posterior = np.exp(height - height.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    mean = posterior @ points
    return mean, np.sqrt(np.maximum(posterior @ points**2 - mean**2, 0))


def _mode(height: Floats, points: Floats, estimate: str) -> tuple[Floats, Floats]:
    """The highest point, moved to the top of the parabola through it and its neighbours, and the width of that."""
    top = np.argmax(height, axis=1)
    edge = (top == 0) | (top == len(points) - 1)
    inner = np.clip(top, 1, len(points) - 2)
    row = np.arange(len(height))
    left, here, right = (height[row, inner + k] for k in (-1, 0, 1))
    bend = np.minimum(left - 2 * here + right, -1e-12)
    width = points[1] - points[0]
    mode = points[inner] + width * np.clip((left - right) / (2 * bend), -1, 1)
    mode = np.where(edge, np.nan if estimate == "mle" else points[top], mode)
    return mode, width / np.sqrt(-bend)
