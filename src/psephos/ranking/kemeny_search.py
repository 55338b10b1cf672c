"""Which cheap order of many candidates is found fast?

Local search by insertion: take one candidate out and put it where it costs least, until no such move helps. With the
order o and candidate k at place p, moving it up past o_{p-1}, ..., o_q changes the cost by

    sum_{q <= s < p} (P_{o_s k} - P_{k o_s}),

so one cumulative sum gives all places at once. It starts from the points and from the number of candidates that each
beats; further starts shake the best order so far.

Source: Ali and Meila (2012), doi:10.1016/j.mathsocsci.2011.08.008, on starts and local search.
Differs: nothing of note.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.ranking.orders import cost_of

RESTARTS = 8
LARGE = 1000
"""Above this many candidates the search starts once and is not shaken."""


def search(
    above: npt.NDArray[np.float64],
    points: npt.NDArray[np.float64],
    rng: np.random.Generator,
    restarts: int = RESTARTS,
) -> npt.NDArray[np.int64]:
    """A good order, best first.

    Examples
    --------
    >>> above = np.array([[0, 3, 2.0], [2, 0, 4.0], [3, 1, 0]])
    >>> search(above, above.sum(axis=1), np.random.default_rng(0)).tolist()
    [0, 1, 2]
    """
    n = len(above)
    starts = [np.argsort(-points, kind="stable")]
    if n <= LARGE:
        starts.append(np.argsort(-(above > above.T).sum(axis=1), kind="stable"))
    best = min((improved(start, above) for start in starts), key=lambda order: cost_of(order, above))
    for _ in range(restarts if n <= LARGE else 0):
        shaken = best[np.argsort(np.arange(n) + rng.normal(0, max(1.0, n / 8), n), kind="stable")]
        made = improved(shaken, above)
        if cost_of(made, above) < cost_of(best, above) - 1e-12:
            best = made
    return best


def improved(order: npt.NDArray[np.int64], above: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The order after insertion moves until none helps."""
    order = order.astype(np.int64)
    n = len(order)
    margin = above - above.T
    slack = 1e-9 * max(float(np.abs(margin).max()), 1e-300)
    moved = True
    while moved:
        moved = False
        for candidate in order.copy():
            place = int(np.flatnonzero(order == candidate)[0])
            # gain[s]: what it would gain by standing above the candidate at place s.
            gain = margin[candidate, order]
            up = np.cumsum(gain[:place][::-1])
            down = -np.cumsum(gain[place + 1 :])
            best_up = float(up.max()) if place else 0.0
            best_down = float(down.max()) if place + 1 < n else 0.0
            if max(best_up, best_down) <= slack:
                continue
            target = place - 1 - int(np.argmax(up)) if best_up >= best_down else place + 1 + int(np.argmax(down))
            rest = np.delete(order, place)
            order = np.insert(rest, target, candidate)
            moved = True
    return order
