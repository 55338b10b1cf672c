"""What is counted of each model and of each degree of self-consistency, so that parts add up exactly?

All sums are of whole numbers; self-consistencies are added in steps of 2^-24.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.collectives.votes import Ballot, Floats, Whole
from psephos.statistics import wilson_interval

BINS = np.array([0.0, 0.2, 0.4, 0.6, 0.8, 1.0 - 1e-9, 1.0])
STEPS = 2.0**24
Codes = npt.NDArray[np.int32]


class Counted(NamedTuple):
    """Whole numbers per model, and per bin of self-consistency; rows as in `MODEL` and `BIN`."""

    models: Whole
    bins: Whole


MODEL = (
    "items",
    "samples",
    "unparsable",
    "consistency",
    "rewarded",
    "flat",
    "dominates",
    "compared",
    "agreed",
    "known",
    "right",
    "known_samples",
    "reward_right",
)
BIN = ("answers", "consistency", "compared", "agreed", "known", "right")


def counted(found: Ballot, label: Codes, without: Codes, known: Codes) -> Counted:
    """Count one part.

    Parameters
    ----------
    found : Ballot
    label, known : ndarray of int32, shape (n_items,)
        What was elected, and what is known to be right; -1 for nothing.
    without : ndarray of int32, shape (n_cells,)
        Label without the model of the cell; -1 where nobody else answered.
    """
    cells, given = found.cells, found.given
    item, voter, samples = cells.item, cells.choice, cells.votes
    n_cells, n_models = len(item), found.count.votes.size("voter")
    parsed = np.bincount(given.item, weights=given.votes, minlength=n_cells)
    of_label = _votes_for(found, label[item])
    answered = found.consistency > 0
    compared = answered & (without >= 0)
    agreed = compared & _is_mode(found, without)
    told = answered & (known[item] >= 0)
    right = told & _is_mode(found, known[item])
    labelled = (known[item] >= 0) & (label[item] >= 0)
    rightly = np.where(label[item] == known[item], samples, samples - of_label - _votes_for(found, known[item]))
    per_cell = {
        "items": np.ones(n_cells),
        "samples": samples,
        "unparsable": samples - parsed,
        "consistency": np.round(found.consistency * STEPS),
        "rewarded": of_label,
        "flat": (samples == 1) | (of_label == 0) | (of_label == samples),
        "dominates": compared & (without != label[item]),
        "compared": compared,
        "agreed": agreed,
        "known": told,
        "right": right,
        "known_samples": np.where(labelled, samples, 0),
        "reward_right": np.where(labelled, rightly, 0),
        "answers": answered,
    }
    place = np.clip(np.searchsorted(BINS, found.consistency, side="left") - 1, 0, len(BINS) - 2)
    models = [np.bincount(voter, weights=per_cell[name], minlength=n_models) for name in MODEL]
    bins = [np.bincount(place[answered], weights=per_cell[name][answered], minlength=len(BINS) - 1) for name in BIN]
    return Counted(np.array(models).astype(np.int64), np.array(bins).astype(np.int64))


def model_table(whole: Whole, voters: pl.Series) -> pl.DataFrame:
    """One row per model; see `CollectiveVerdict.models`."""
    of = dict(zip(MODEL, whole, strict=True))
    low, high = wilson_interval(of["agreed"], of["compared"])
    some = of["compared"] > 0
    columns = {
        "voter": voters,
        **{name: of[name] for name in ("items", "samples", "unparsable")},
        "self_consistency": _share(of["consistency"] / STEPS, of["items"]),
        "rewarded": _share(of["rewarded"], of["samples"]),
        "flat": of["flat"],
        "dominates": of["dominates"],
        "compared": of["compared"],
        "agreement": _share(of["agreed"], of["compared"]),
        "low": np.where(some, low, np.nan),
        "high": np.where(some, high, np.nan),
    }
    if of["known"].any():
        columns |= {
            "known": of["known"],
            "right": _share(of["right"], of["known"]),
            "reward_right": _share(of["reward_right"], of["known_samples"]),
        }
    return _nulls(pl.DataFrame(columns).filter(pl.Series(of["items"] > 0)))


def calibration_table(whole: Whole) -> pl.DataFrame:
    """One row per bin of self-consistency that occurs; see `CollectiveVerdict.calibration`."""
    of = dict(zip(BIN, whole, strict=True))
    low, high = wilson_interval(of["agreed"], of["compared"])
    some = of["compared"] > 0
    columns = {
        "low": np.round(BINS[:-1], 3),
        "high": np.round(BINS[1:], 3),
        "answers": of["answers"],
        "self_consistency": _share(of["consistency"] / STEPS, of["answers"]),
        "compared": of["compared"],
        "agreement": _share(of["agreed"], of["compared"]),
        "agreement_low": np.where(some, low, np.nan),
        "agreement_high": np.where(some, high, np.nan),
    }
    if of["known"].any():
        columns |= {"known": of["known"], "right": _share(of["right"], of["known"])}
    return _nulls(pl.DataFrame(columns).filter(pl.Series(of["answers"] > 0)))


def _votes_for(found: Ballot, choice: Codes) -> Whole:
    """Samples of each cell that are the given answer."""
    hit = found.given.choice == choice[found.given.item]
    votes = np.zeros(len(choice), dtype=np.int64)
    votes[found.given.item[hit]] = found.given.votes[hit]
    return votes


def _is_mode(found: Ballot, choice: Codes) -> npt.NDArray[np.bool_]:
    """Whether the given answer is a mode of each cell."""
    hit = (found.given.choice == choice[found.given.item]) & found.modal
    modal = np.zeros(len(choice), dtype=bool)
    modal[found.given.item[hit]] = True
    return modal


def _share(part: Floats | Whole, whole: Whole) -> Floats:
    shares: Floats = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return shares


def _nulls(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(pl.col(name).fill_nan(None) for name in table.columns if table[name].dtype.is_float())
