"""How do the samples of several models vote on each item, and would they without one of the models?

    SC_n = max_a #{k : o_nk = a} / K_n,        V(a) = sum_n (SC_n mean(K) / K_n) #{k : o_nk = a},

o_nk the k-th answer of model n, K_n its samples, those without an answer included; mean(K) is over the models that are
present. The label is the answer with the largest V; of equal ones the one that more models have among their modes, then
the one seen earliest (models in their order, then draws).

A model is taken away by subtracting what it gave. That can change the label only if the model gave the label at least
the lead of the label over the next answer, so few models are tried on few answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from psephos.consensus.part_verdicts import VoteCount
from psephos.opinions.model import Opinions
from psephos.opinions.sharding import Shards
from psephos.opinions.tallies import EQUAL_WEIGHTS, Leaders, Tally, is_ahead, leaders, tally

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]

WEIGHTS = ("self-consistency", "equal")


@dataclass(frozen=True, eq=False)
class Ballot:
    """The samples of one part, counted; a cell is a model on an item, a pair an answer of an item.

    Attributes
    ----------
    count : VoteCount
        The weighted votes; `count.tally.weight` is V.
    cells : Tally
        Samples of each cell: `cells.item`, `cells.choice` (the model), `cells.votes` (K).
    given : Tally
        Answers of each cell: `given.item` is the cell.
    peak : Leaders
        The mode of each cell and its votes.
    consistency : ndarray of float64, shape (n_cells,)
        SC, 0 without an answer.
    unit : ndarray of float64, shape (n_cells,)
        What one sample of the cell weighs.
    pair : ndarray of int64, shape (n_given,)
        Pair of each answer of a cell.
    modal : ndarray of bool, shape (n_given,)
        Whether it is a mode of its cell.
    seen : ndarray of int64, shape (n_given,)
        Rises with model, then with the first draw that gave it.
    """

    count: VoteCount
    cells: Tally
    given: Tally
    peak: Leaders
    consistency: Floats
    unit: Floats
    pair: Whole
    modal: Marks
    seen: Whole

    @property
    def offered(self) -> Floats:
        """What each answer of a cell brings to V, shape (n_given,)."""
        return self.unit[self.given.item] * self.given.votes


def ballot(part: Any, opinions: Opinions | Shards, weights: str) -> Ballot:
    """Count the samples of one part.

    Parameters
    ----------
    part
        One of ``opinions.parts()``.
    opinions : Opinions or Shards
    weights : {"self-consistency", "equal"}
    """
    votes, row = opinions.load(part)
    item, voter, answer = votes.codes("item"), votes.codes("voter"), votes.codes(votes.value)
    n_items, n_choices = votes.size("item"), votes.size(votes.value)
    cells = tally(item, voter, n_items, votes.size("voter"))
    given = tally(cells.pair.astype(np.int32), answer, len(cells.choice), n_choices)
    peak = leaders(given)
    consistency = peak.first_weight / cells.votes
    present = np.maximum(np.diff(cells.starts), 1)
    mean = cells.per_item(cells.votes) / present
    unit = mean[cells.item] / cells.votes * (consistency if weights == "self-consistency" else consistency > 0)
    weight = unit[cells.pair]
    counted = tally(item, answer, n_items, n_choices, weight)
    cast = given.pair >= 0
    pair = np.empty(len(given.choice), dtype=np.int64)
    pair[given.pair[cast]] = counted.pair[cast]
    first = np.full(len(given.choice), np.inf)
    np.minimum.at(first, given.pair[cast], votes.numbers["draw"][cast])
    seen = np.empty(len(first), dtype=np.int64)
    seen[np.lexsort((first, cells.choice[given.item]))] = np.arange(len(first))
    return Ballot(
        count=VoteCount(votes, row, weight, counted, leaders(counted)),
        cells=cells,
        given=given,
        peak=peak,
        consistency=consistency,
        unit=unit,
        pair=pair,
        modal=given.votes == peak.first_weight[given.item],
        seen=seen,
    )


def elected(found: Ballot) -> tuple[Whole, Whole, Marks]:
    """Who leads on each item, by the rule of the module.

    Parameters
    ----------
    found : Ballot
        Votes of all models by pairs of item and answer.

    Returns
    -------
    first, second : ndarray of int64, shape (n_items,)
        Pairs with the largest V and the next; -1 where there is none.
    tied : ndarray of bool, shape (n_items,)
        Whether the first place is shared by V, so that modes or time decided.
    """
    counted = found.count.tally
    n_items, n_pairs = len(counted.starts) - 1, len(counted.choice)
    modes = np.bincount(found.pair[found.modal], minlength=n_pairs)
    seen = np.full(n_pairs, np.iinfo(np.int64).max)
    np.minimum.at(seen, found.pair, found.seen)
    first, tied = best(counted.item, counted.weight, modes, seen, n_items)
    behind = counted.weight.copy()
    behind[first[first >= 0]] = -np.inf
    second, _ = best(counted.item, behind, modes, seen, n_items)
    return first, second, tied


def best(item: Whole | Codes, value: Floats, modes: Whole, seen: Whole, n_items: int) -> tuple[Whole, Marks]:
    """Place of the best entry of each item by the rule of the module, -1 without one; where it is not alone.

    Entries of minus infinity do not stand.

    Examples
    --------
    >>> best(np.array([0, 0, 1]), np.array([2.0, 2.0, 1.0]), np.array([0, 1, 1]), np.array([0, 1, 2]), 2)
    (array([1, 2]), array([ True, False]))
    """
    top = np.full(n_items, -np.inf)
    np.maximum.at(top, item, value)
    level = top[item]
    standing = (value > -np.inf) & ~is_ahead(level, value, of=np.where(level > -np.inf, np.abs(level), 0.0))
    place = np.flatnonzero(standing)
    place = place[np.lexsort((seen[place], -modes[place], item[place]))]
    first = np.full(n_items, -1, dtype=np.int64)
    first[item[place[::-1]]] = place[::-1]  # of equal indices the last assignment stays: the best entry
    return first, np.bincount(item[place], minlength=n_items) > 1


def labels_without(found: Ballot, first: Whole, second: Whole) -> Codes:
    """Label of the item of each cell if the model of the cell had not been asked, shape (n_cells,); -1 for none.

    Parameters
    ----------
    found : Ballot
    first, second : ndarray of int64, shape (n_items,)
        As `elected` gives them.
    """
    counted, cells, given = found.count.tally, found.cells, found.given
    pair_weight, offered = counted.weight, found.offered
    label = np.append(counted.choice, np.int32(-1))[first]
    heard = np.bincount(cells.item, weights=found.consistency > 0, minlength=len(first))
    others = heard[cells.item] - (found.consistency > 0) > 0
    without = np.where(others, label[cells.item], np.int32(-1))
    top = np.where(first >= 0, pair_weight[first], 0.0) if len(pair_weight) else np.zeros(len(first))
    next_best = np.where(second >= 0, pair_weight[second], -np.inf) if len(pair_weight) else np.zeros(len(first))
    slack = EQUAL_WEIGHTS * top
    mine = found.pair == first[cells.item[given.item]]
    supporters = np.flatnonzero(mine)
    cell = given.item[supporters]
    gave = offered[supporters]
    able = (gave >= (top - next_best - 2 * slack)[cells.item[cell]]) & others[cell]
    cell, gave = cell[able], gave[able]
    if not len(cell):
        return without
    most = np.zeros(len(first))
    np.maximum.at(most, cells.item[cell], gave)
    contending = np.flatnonzero(pair_weight >= (top - most - 2 * slack)[counted.item])
    per_item = np.bincount(counted.item[contending], minlength=len(first))
    begin = np.cumsum(per_item) - per_item
    tries = per_item[cells.item[cell]]
    trial = np.repeat(np.arange(len(cell)), tries)
    offset = np.arange(len(trial)) - np.repeat(np.cumsum(tries) - tries, tries)
    pair = contending[begin[cells.item[cell]][trial] + offset]
    entry = _entry_of(found, cell[trial], counted.choice[pair])
    there = entry >= 0
    value = pair_weight[pair] - np.where(there, offered[entry], 0.0)
    modes = np.bincount(found.pair[found.modal], minlength=len(pair_weight))[pair] - (there & found.modal[entry])
    earliest, next_one, givers = _two_earliest(found, len(pair_weight))
    seen = np.where(there & (found.seen[entry] == earliest[pair]), next_one[pair], earliest[pair])
    value = np.where(givers[pair] - there > 0, value, -np.inf)
    winner, _ = best(trial, value, modes, seen, len(cell))
    without[cell] = counted.choice[pair[winner]]
    return without


def _entry_of(found: Ballot, cell: Whole | Codes, choice: Codes) -> Whole:
    """Place in `given` of an answer of a cell, -1 where the cell did not give it."""
    width = int(found.given.choice.max(initial=0)) + 1
    keys = found.given.item.astype(np.int64) * width + found.given.choice
    wanted = cell.astype(np.int64) * width + choice
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, place, -1)


def _two_earliest(found: Ballot, n_pairs: int) -> tuple[Whole, Whole, Whole]:
    """When each pair was seen first, and first by another model, and how many models gave it."""
    order = np.lexsort((found.seen, found.pair))
    pair = found.pair[order]
    givers = np.bincount(pair, minlength=n_pairs)
    start = np.cumsum(givers) - givers
    seen = np.append(found.seen[order], np.iinfo(np.int64).max)
    return seen[start], np.where(givers > 1, seen[np.minimum(start + 1, len(order))], np.iinfo(np.int64).max), givers
