"""Which answers are known beforehand, and what is to be said of them? They teach a model how good the voters are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.truth_inference.cast_votes import Ballots, known_answers
from psephos.errors import InputError
from psephos.opinions.coding import text_of


def gold_texts(gold: Mapping[Any, Any] | None) -> dict[str, str]:
    """Items and answers of known answers as texts; pairs with a missing item or answer are left out.

    Raises
    ------
    InputError
        `gold`: an item or answer that cannot be a text.
    """
    if not gold:
        return {}
    texts = ((text_of(item, "gold"), text_of(answer, "gold")) for item, answer in gold.items())
    return {item: answer for item, answer in texts if item is not None and answer is not None}


def known_codes(
    gold: Mapping[str, str], items: pl.Series, ballots: Ballots, choices: pl.Series
) -> tuple[npt.NDArray[np.int32] | None, list[str]]:
    """Known answers for the fit, and what is to be said of them.

    Parameters
    ----------
    gold : mapping of str to str
        Answers by item.
    items, choices : polars.Series
        Names of all items and all choices.
    ballots : Ballots

    Returns
    -------
    known : ndarray of int32, shape (n_items,), or None
        As `known_answers`.
    notes : list of str

    Raises
    ------
    InputError
        `gold`: an item that there is not, or an answer that no voter gave.
    """
    if not gold:
        return None, []
    strays = set(gold) - set(items)
    if strays:
        raise InputError(
            "gold", f"names {min(strays)!r:.60}, which is no item", hint="its keys are items as the opinions name them"
        )
    unheard = sorted(set(gold.values()) - set(choices.gather(ballots.used)))
    notes = [f"{len(gold):,} known answers were taken as right"]
    if unheard:
        raise InputError(
            "gold", f"holds the answer {unheard[0]!r:.60}, which no voter gave", hint="leave such items out"
        )
    return known_answers(items, ballots, choices, gold), notes
