"""One text for the parameters that all coefficients share.

A coefficient writes ``{votes}``, ``{metric}`` or ``{interval}`` in its docstring where the shared text belongs; what it
returns, raises and shows is its own. Signatures stay written out, so that editors and type checkers see them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

SHARED = {
    "votes": """
votes : Opinions, or array_like of shape (n_items, n_voters)
    Opinions with choices or scores; or a matrix: whole numbers are codes with -1 where a voter took no part, floats are
    values with NaN there.
""",
    "metric": """
metric : str, callable or array_like, default "nominal"
    How far apart two votes are: ``"nominal"``, ``"linear"``, ``"quadratic"``, ``"interval"``, ``"ratio"``,
    ``"circular"``, a function of two labels (or numbers), or a matrix of distances, 0 on its diagonal, with a row for
    each code or for each label in order. See `psephos.agreement.distances`.
period : float, optional
    Length of a turn of the circular metric, such as 24 for hours.
order : sequence of str, optional
    The labels of opinions from the lowest to the highest; natural order if not given.
""",
    "interval": """
interval : {"bootstrap", "analytic"}, default "bootstrap"
    Percentiles of resampled items, or the infinitesimal jackknife with Student's t.
repeats : int, default 1000
    Resamples of the items; 0 for no interval.
level : float, default 0.95
    Coverage of the interval.
rng : int, Generator or None, default 0
    Source of the resamples.
""",
    "engine": """
engine : int, str or Engine, default 1
    Where votes of opinions are counted; see `psephos.engine.map_shards`. The result is the same everywhere.
""",
}


def documented(function: F) -> F:
    """Put the shared texts into the docstring of a function.

    Examples
    --------
    >>> @documented
    ... def measure(votes):
    ...     '''Measure.
    ...
    ...     {votes}
    ...     '''
    >>> measure.__doc__.splitlines()[2]
    'votes : Opinions, or array_like of shape (n_items, n_voters)'
    """
    if function.__doc__ is not None:
        text = inspect.cleandoc(function.__doc__)
        for name, shared in SHARED.items():
            text = text.replace("{" + name + "}", shared.strip("\n"))
        function.__doc__ = text
    return function
