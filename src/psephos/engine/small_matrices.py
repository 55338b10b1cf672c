"""How does work on small matrices stay fast beside other work?

The linear algebra behind NumPy splits also small matrices among all cores, and its threads wait by spinning:
beside another process that is busy, systems of 200 equations then take a hundred times as long as on one thread.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[object]:
    """Within it, NumPy's linear algebra of this process runs on one thread; before and after, as the user wants it.

    For many small problems in a row. One large problem gains from all cores: leave it without.

    Examples
    --------
    >>> import numpy as np
    >>> with one_thread():
    ...     np.linalg.solve(2 * np.eye(2), np.ones(2))
    array([0.5, 0.5])
    """
    limit: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limit


@cache
def _controller() -> ThreadpoolController:
    """What knows the libraries that are loaded, NumPy's among them; looking takes milliseconds, so it is done once."""
    import numpy.linalg  # noqa: F401 - must be loaded to be found
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
