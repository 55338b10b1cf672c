"""Which choice is the known answer of each item?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.coding import text_of
from psephos.opinions.equivalence import Equivalence, classes

Codes = npt.NDArray[np.int32]


def told(gold: Mapping[str, str]) -> dict[str, str]:
    """Known answers by item as texts.

    Raises
    ------
    InputError
        If an item has no answer.

    Examples
    --------
    >>> told({1: 2.0})
    {'1': '2'}
    """
    found = {}
    for item, answer in gold.items():
        name, text = text_of(item, "gold"), text_of(answer, "gold")
        if name is None or text is None:
            raise InputError(
                "gold", "holds an item without an answer", where=f"item {item!r:.60}", hint="leave the item out"
            )
        found[name] = text
    return found


def known_answers(
    gold: Mapping[str, str], choices: pl.Series, equivalence: Equivalence
) -> tuple[pl.DataFrame, pl.Series]:
    """Known answers as codes, and the choices with those behind them that nobody gave.

    Parameters
    ----------
    gold : mapping of str to str
        Item to answer.
    choices : polars.Series of String
        After equivalent choices were made one.
    equivalence : str or callable
        Which answers are the same.

    Examples
    --------
    >>> known_answers({"q": "1/2", "r": "7"}, pl.Series(["0.5", "2"]), "number")[0].rows()
    [('q', 0), ('r', 2)]
    """
    answers = pl.Series("answer", list(gold.values()), dtype=pl.String)
    every = pl.concat([choices.alias("answer"), answers]).unique(maintain_order=True)
    code, _ = classes(every, np.zeros(len(every), dtype=np.int64), equivalence)
    place: dict[int, int] = {}
    names: list[str] = []
    for position, (name, group) in enumerate(zip(every, code.tolist(), strict=True)):
        if position < len(choices):
            place[group] = position
        elif group not in place:
            place[group] = len(choices) + len(names)
            names.append(name)
    group_of = dict(zip(every, code.tolist(), strict=True))
    codes = [place[group_of[answer]] for answer in answers]
    extended = pl.concat([choices, pl.Series(choices.name, names, dtype=pl.String)])
    return pl.DataFrame({"item": list(gold), "code": codes}, schema={"item": pl.String, "code": pl.Int32}), extended


def known_codes(items: pl.Series, known: pl.DataFrame) -> Codes:
    """Code of the known answer of each item, -1 where none is known."""
    joined = items.to_frame("item").join(known, on="item", how="left", maintain_order="left")
    return joined["code"].fill_null(-1).to_numpy().astype(np.int32)
