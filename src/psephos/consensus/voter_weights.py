"""What does the vote of each voter weigh?"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError, check_number
from psephos.opinions.coding import text_of


def named_weights(
    voters: pl.Series, weights: Mapping[str, float] | None, argument: str = "weights"
) -> dict[str, float]:
    """Check the numbers given to voters by name.

    Parameters
    ----------
    voters : polars.Series of String
        The voters that there are.
    weights : mapping of str to float, optional
        At least 0.
    argument : str, default "weights"
        What errors call them.

    Raises
    ------
    InputError
        If a number is negative or names an unknown voter.

    Examples
    --------
    >>> named_weights(pl.Series(["ann", "bob"]), {"bob": 2})
    {'bob': 2.0}
    """
    if not weights:
        return {}
    given = {text_of(name, argument) or "": check_number(argument, value, low=0) for name, value in weights.items()}
    unknown = set(given) - set(voters)
    if unknown:
        near = difflib.get_close_matches(min(unknown), voters.to_list(), n=3) or voters.head(3).to_list()
        raise InputError(
            argument,
            f"names {min(unknown)!r:.60}, which is no voter",
            hint=f"did you mean {', '.join(map(repr, near))}",
        )
    return given


def weights_of(voters: pl.Series, weights: Mapping[str, float]) -> npt.NDArray[np.float64] | None:
    """Weight of each voter, 1 for those not named, shape (n_voters,); None if none is named."""
    return np.array([weights.get(name, 1.0) for name in voters]) if weights else None


def in_words(weights: Mapping[str, float]) -> str:
    """Weights as the command line takes them: one line of CSV, every digit kept."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([f"{name}={value!r}" for name, value in weights.items()])
    return line.getvalue()
