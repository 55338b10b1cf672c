r"""Which key is right if voters differ in how reliable they are? One coin per voter.

Voter v is right with probability a_v, whatever the column; a wrong vote falls on each of the other L - 1 keys that were
heard there (NULL is one of them) with equal probability. EM starts from shares of votes and alternates

    P(w is right in c)  ~  prod over v of  a_v if x_cv = w, else (1 - a_v) / (L_c - 1),
    a_v = (1 + sum over its columns of P(x_cv is right)) / (2 + columns of v).

Source: the symmetric case of Dawid and Skene (1979), doi:10.2307/2346806. Differs: the classes of a column are the keys
heard in it, at least two; one right and one wrong vote are added to each voter; a voter that is right less often than
guessing would be says nothing, rather than the opposite of what it says (no recogniser knows what to avoid, and else
its silence would count against silence).

`effective_voters` says for how many independent voters the panel stands,

    N_eff = N^2 / sum over u, v of max(0, r_uv),        r_uv the correlation of being off the consensus,

so two engines of one family count as about one. EM does not know of such kinship: it trusts relatives too much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

MOST_ROUNDS = 200
SMALLEST_STEP = 1e-6
"""EM stops when no accuracy moves by more."""

_NEVER_SURE = 1e-6


@dataclass(frozen=True, eq=False)
class OneCoin:
    """What the model says.

    Attributes
    ----------
    accuracy : ndarray of float64, shape (n_voters,)
        NaN for a voter without columns.
    posterior : ndarray of float64, shape (n_columns, width)
        Probability that the key of each cell is right; 0 where nobody voted.
    rounds : int
    converged : bool
    """

    accuracy: Floats
    posterior: Floats
    rounds: int
    converged: bool


def one_coin(keys: Codes, voter: Codes, n_voters: int) -> OneCoin:
    """Fit the model.

    Parameters
    ----------
    keys : ndarray of int32, shape (n_columns, width)
        Keys, 0 for NULL; -1 where nobody voted.
    voter : ndarray of int32, shape (n_columns, width)
        Voter of each cell.
    n_voters : int

    Examples
    --------
    >>> keys = np.array([[1, 1, 2], [3, 3, 3], [4, 4, 5], [6, 6, 6]], np.int32)
    >>> found = one_coin(keys, np.tile(np.arange(3, dtype=np.int32), (4, 1)), 3)
    >>> found.accuracy.round(2).tolist()
    [0.79, 0.79, 0.5]
    """
    took_part = keys >= 0
    same = [(keys == keys[:, [slot]]) & took_part for slot in range(keys.shape[1])]
    beside = np.stack([part.sum(axis=1) for part in same], axis=1) if same else np.zeros(keys.shape)
    beside = np.maximum(beside, 1)
    others = np.maximum((took_part / beside).sum(axis=1).round() - 1, 1)
    posterior = np.where(took_part, beside / np.maximum(took_part.sum(axis=1), 1)[:, None], 0.0)
    place = np.where(took_part, voter, n_voters)
    columns = np.bincount(place.ravel(), minlength=n_voters + 1)[:n_voters]
    accuracy = np.full(n_voters, np.nan)
    converged, rounds = False, 0
    while rounds < MOST_ROUNDS and not converged:
        rounds += 1
        right = np.bincount(place.ravel(), weights=posterior.ravel(), minlength=n_voters + 1)[:n_voters]
        fresh = np.clip((1 + right) / (2 + columns), _NEVER_SURE, 1 - _NEVER_SURE)
        converged = rounds > 1 and bool(np.abs(fresh - accuracy).max(initial=0.0) < SMALLEST_STEP)
        accuracy = fresh
        odds = np.append(np.log(accuracy / (1 - accuracy)), 0.0)[place] + np.log(others)[:, None]
        odds = np.where(took_part, np.maximum(odds, 0.0), 0.0)
        score = np.stack([(odds * part).sum(axis=1) for part in same], axis=1) if same else odds
        score = np.where(took_part, score, -np.inf)
        peak = np.maximum(score.max(axis=1, initial=0.0), 0.0)[:, None]
        weight = np.where(took_part, np.exp(score - peak), 0.0)
        heard = (weight / beside).sum(axis=1)
        unheard = (others + 1 - (took_part / beside).sum(axis=1).round()) * np.exp(-peak[:, 0])
        posterior = weight / np.maximum(heard + unheard, 1e-300)[:, None]
    return OneCoin(np.where(columns > 0, accuracy, np.nan), posterior, rounds, converged)


def effective_voters(off: npt.NDArray[np.bool_]) -> float:
    """For how many independent voters a panel stands.

    Parameters
    ----------
    off : ndarray of bool, shape (n_columns, n_voters)
        Where each voter is off the consensus.

    Examples
    --------
    >>> alone = np.array([1, 0, 0, 0, 0, 0, 0, 0], bool)
    >>> round(effective_voters(np.stack([alone, alone, np.roll(alone, 1), np.roll(alone, 2)], axis=1)), 2)
    2.67
    """
    n = off.shape[1]
    centred = off - off.mean(axis=0) if len(off) else np.zeros(off.shape)
    scale = np.sqrt((centred * centred).sum(axis=0))
    moving = scale > 0
    related = np.eye(n)
    unit = centred[:, moving] / scale[moving]
    related[np.ix_(moving, moving)] = np.clip(unit.T @ unit, 0.0, 1.0)
    return float(n * n / related.sum()) if n else 0.0
