"""Without whom would a choice of a fitted model be another? In words, for `why` of a verdict."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.truth_inference.model import Parameters, TruthModel
from psephos.opinions.wording import first_of

EQUAL = 1e-9
_NAMED = 5


def without_whom(
    rows: pl.DataFrame,
    choice: int,
    choices: pl.Series,
    *,
    model: TruthModel,
    parameters: Parameters,
    voters: pl.Series,
    used: npt.NDArray[np.int32],
) -> str:
    """Without whom the choice would be another, in words: the strongest supporters are taken away one by one.

    Parameters
    ----------
    rows : polars.DataFrame
        Votes on the item: code, weight and voters of each choice.
    choice : int
        Code of the choice.
    choices, voters : polars.Series
        What the codes stand for.
    model : TruthModel
        The model that was fitted.
    parameters : mapping
        What it came to.
    used : ndarray of int32
        Codes of the choices that have a vote anywhere, rising.

    Returns
    -------
    str
        A sentence without its full stop; also where a known answer, or something else than these votes, decided.
    """
    votes = [
        (voter, code, weight / max(len(names), 1))
        for code, weight, names in rows.select("code", "weight", "voters").iter_rows()
        if code >= 0 and weight > 0
        for voter in names
    ]
    place = {name: number for number, name in enumerate(voters)}
    voter = np.array([place[name] for name, _, _ in votes], dtype=np.int32)
    said = np.searchsorted(used, [code for _, code, _ in votes]).astype(np.int32)
    mine = int(np.searchsorted(used, choice))
    if not votes or used[min(mine, len(used) - 1)] != choice:
        return "the choice is a known answer"
    logs = model.said(parameters, voter, said) * np.array([weight for _, _, weight in votes])[:, None]
    share = parameters.get("share")
    total = logs.sum(axis=0) + (0.0 if share is None else np.log(share))
    rival = np.delete(np.arange(len(total)), mine)
    if len(rival) == 0 or total[rival].max() > total[mine] + EQUAL:
        return "other facts than the votes on this item decide it"
    gone: list[str] = []
    best = int(rival[np.argmax(total[rival])])
    left = list(range(len(votes)))
    while left:
        gain = [logs[at, mine] - logs[at, best] for at in left]
        at = left.pop(int(np.argmax(gain)))
        total = total - logs[at]
        gone.append(votes[at][0])
        best = int(rival[np.argmax(total[rival])])
        if total[best] > total[mine] + EQUAL:
            other = repr(choices[int(used[best])]) if best < len(used) else "another"
            return f"without {_listed(gone)} the choice would be {other}"
    return "no voter less would change it"


def _listed(names: list[str]) -> str:
    if len(names) > _NAMED:
        return first_of(names, _NAMED)
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
