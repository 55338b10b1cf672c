"""Which of the answers given to a question are right, where the right one is known?"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.errors import InputError
from psephos.opinions.coding import canonical
from psephos.opinions.equivalence import Equivalence, classes
from psephos.opinions.frames import series
from psephos.selection.pools import Pools


def right_answers(
    pools: Pools, gold: pl.Series | npt.ArrayLike | None, equivalence: Equivalence
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Whether the answer of each pair is right, and whether the right answer to each question is known.

    Parameters
    ----------
    pools : Pools
    gold : array_like, shape (n_items,), optional
        The right answers, None where unknown; the column ``gold`` of the table about items if not given.
    equivalence : str or callable
        Which answers are the same.

    Returns
    -------
    right : ndarray of bool, shape (n_pairs,)
    known : ndarray of bool, shape (n_items,)

    Raises
    ------
    InputError
        If there are not as many right answers as questions, or none is known.
    """
    opinions = pools.opinions
    given: Any = gold if gold is not None else opinions.about.column("items", "gold", opinions.vocabulary("item"))
    if given is None:
        raise InputError("gold", "no answer is known", hint="add a column 'gold' to the table about items")
    answers = canonical(series("gold", given)).cast(pl.String)
    if len(answers) != pools.n_items:
        raise InputError("gold", f"must have one answer for each of {pools.n_items:,} questions, got {len(answers):,}")
    known = answers.is_not_null().to_numpy()
    if not known.any():
        raise InputError("gold", "no answer is known", hint="give gold=, or a table about items with a column gold")
    said = opinions.vocabulary("answer")
    every = pl.concat([said.alias("answer"), answers.alias("answer")]).drop_nulls().unique(maintain_order=True)
    code, _ = classes(every, np.zeros(len(every), dtype=np.int64), equivalence)
    position = pl.Series(code)
    class_of = pl.DataFrame({"answer": every, "class": position})
    of_answer, of_gold = (
        pl.DataFrame({"answer": texts}).join(class_of, on="answer", how="left", maintain_order="left")["class"]
        for texts in (said.alias("answer"), answers.alias("answer"))
    )
    wanted = of_gold.fill_null(-1).to_numpy()
    return of_answer.to_numpy()[pools.tally.choice] == wanted[pools.tally.item], known
