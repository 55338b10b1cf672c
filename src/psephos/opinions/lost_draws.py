"""Which rows of samples are requests that nothing came to?

A model that is asked may fail. The request is a row then, so that nothing is lost from sight, but no draw: it was
answered by nobody, so it is no wrong answer and does not count among the samples that were drawn. A sample without an
answer (an empty text, a text without an answer in it) is a draw, which cost something and says something of the model.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from psephos.opinions.model import Opinions

NO_DRAW = ("failed", "not asked", "not given")
"""What `status` says of a request that nothing came to."""


def lost_draws(opinions: Opinions) -> npt.NDArray[np.bool_] | None:
    """Rows of samples that are no draws.

    Parameters
    ----------
    opinions : Opinions
        Of kind ``samples``.

    Returns
    -------
    ndarray of bool, shape (n_rows,), or None
        True where the status is one of `NO_DRAW` and there is no answer; None if there is no such row.

    Examples
    --------
    >>> from psephos.opinions import samples
    >>> lost_draws(samples(["q"] * 3, ["llm"] * 3, [0, 1, 2], ["4", None, None], status=["stop", "failed", "empty"]))
    array([False,  True, False])
    """
    if "status" not in opinions.carried.columns:
        return None
    lost = opinions.carried["status"].is_in(NO_DRAW).fill_null(False).to_numpy() & (opinions.codes("answer") < 0)
    return np.asarray(lost) if lost.any() else None


def drawn_only(opinions: Opinions) -> Opinions:
    """The samples without the requests that nothing came to.

    Examples
    --------
    >>> from psephos.opinions import samples
    >>> said = samples(["q"] * 2, ["llm"] * 2, [0, 1], ["4", None], status=["stop", "failed"])
    >>> len(drawn_only(said))
    1
    """
    lost = lost_draws(opinions)
    return opinions if lost is None else opinions.take(~lost)
