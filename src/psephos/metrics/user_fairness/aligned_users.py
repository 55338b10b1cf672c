"""How do effectiveness, history and similarity come to speak of the same users in the same order?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from psephos.errors import InputError, check_floats, check_number
from psephos.metrics.recommendation.tables import long_of
from psephos.metrics.user_fairness.given_pairs import pairs_of
from psephos.metrics.user_fairness.user_pairs import Floats, UserPairs, user_similarity
from psephos.opinions.coding import canonical, encode
from psephos.opinions.frames import series


def scaled(values: Floats, scale: Sequence[float]) -> Floats:
    """Effectiveness brought to 0 to 1."""
    low, high = (check_number("scale", end) for end in scale)
    if high <= low:
        raise InputError("scale", f"must ascend, got {scale}")
    bad = (values < low) | (values > high)
    if bad.any():
        place = int(np.argmax(bad))
        raise InputError(
            "effectiveness",
            f"must lie between {low:g} and {high:g}, got {values[place]:g}",
            where=f"user {place}",
            hint="state scale=(low, high)",
        )
    return (values - low) / (high - low)


def aligned(
    effectiveness: npt.ArrayLike | Mapping[object, float], history: object
) -> tuple[pl.Series, Floats, sparse.csr_matrix | None, pl.Series | None]:
    """Users, their effectiveness and their history in one order.

    Parameters
    ----------
    effectiveness : array_like of float, shape (n_users,), or mapping of user to float
        NaN where there is none.
    history : frame, mapping or matrix of users by items, or None
        Rows in the order of the array, or named as in the mapping.

    Returns
    -------
    names : polars.Series
        Of users; numbers from 0 for an array.
    effectiveness : ndarray of float64, shape (n_users,)
    held : sparse matrix, shape (n_users, n_items), or None
    items : polars.Series or None
        Names of items, where they have any.

    Raises
    ------
    InputError
        `effectiveness`: no numbers, or a user twice. `history`: of another number of rows.
    """
    if isinstance(effectiveness, Mapping):
        values = check_floats("effectiveness", list(effectiveness.values()), missing=True)
        names = canonical(series("user", list(effectiveness))).cast(pl.String)
        twice = names.filter(~names.is_first_distinct())
        if len(twice):
            raise InputError("effectiveness", f"names the user {twice[0]!r:.60} twice", hint="1 and '1' are one name")
        if history is None:
            return names, values, None, None
        table = long_of("history", history)
        coded = encode(table.items.column())
        place = pl.DataFrame({"user": canonical(table.users.column()).cast(pl.String)}).join(
            pl.DataFrame({"user": names, "place": np.arange(len(names))}), on="user", how="left", maintain_order="left"
        )["place"]
        known = place.is_not_null().to_numpy() & (coded.codes >= 0)
        rows = place.fill_null(0).to_numpy()[known]
        shape = (len(names), len(coded.vocabulary))
        held = sparse.csr_matrix((np.ones(len(rows)), (rows, coded.codes[known])), shape=shape)
        return names, values, held, coded.vocabulary
    values = check_floats("effectiveness", effectiveness, missing=True)
    names = pl.Series("user", np.arange(len(values)))
    if history is None:
        return names, values, None, None
    made = history if sparse.issparse(history) else check_floats("history", history, ndim=2)  # type: ignore[arg-type]
    held = sparse.csr_matrix(made)
    if held.shape[0] != len(values):
        raise InputError(
            "history", f"must have as many rows as effectiveness has users ({len(values)}), got {held.shape[0]}"
        )
    return names, values, held, None


def pairs_among(
    similarity: object,
    held: sparse.csr_matrix | None,
    features: npt.ArrayLike | None,
    gamma: float,
    draws: int | None,
    there: npt.NDArray[np.bool_],
    n_users: int,
    stream: np.random.Generator,
) -> UserPairs:
    """Pairs of the users that have an effectiveness, numbered among these.

    Parameters
    ----------
    similarity : str, matrix, callable or UserPairs
        A name asks for one made of histories or features.
    held : sparse matrix, shape (n_users, n_items), or None
        Histories.
    features : array_like of float, shape (n_users, d), or None
    gamma : float
        Of similarities that take one.
    draws : int or None
        Pairs to draw at random, where all are too many.
    there : ndarray of bool, shape (n_users,)
        Users that have an effectiveness.
    n_users : int
    stream : Generator

    Raises
    ------
    InputError
        `features`, `similarity`: of another number of users, or not fit for use.
    """
    if isinstance(similarity, str):
        own = None if held is None else held[there]
        shares = None if features is None else check_floats("features", features, ndim=2)
        if shares is not None and len(shares) != n_users:
            raise InputError("features", f"must have a row for each of {n_users} users, got {len(shares)}")
        return user_similarity(
            own, similarity, features=None if shares is None else shares[there], gamma=gamma, draws=draws, rng=stream
        )
    whole = pairs_of(similarity, n_users)
    if there.all():
        return whole
    number = np.cumsum(there) - 1
    kept = there[whole.left] & there[whole.right]
    return UserPairs(number[whole.left[kept]], number[whole.right[kept]], whole.similarity[kept], int(there.sum()))
