"""What does a collective of models say, who carries it, and what does each sample earn?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.collectives.advantages import group_advantages
from psephos.consensus.collectives.votes import ballot
from psephos.errors import InputError
from psephos.opinions.coding import combined
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import json_ready
from psephos.opinions.verdicts import Verdict
from psephos.statistics import Interval

Floats = npt.NDArray[np.float64]

SURE = 0.95
"""A collective consistency above this is near-unanimous."""


class Collapse(NamedTuple):
    """Whether a collective has become sure of too little; see `CollectiveVerdict.collapse`.

    Attributes
    ----------
    alarm : bool
        Most items are near-unanimous and the labels have become less varied.
    sure : float
        Share of items whose collective consistency is above `SURE`.
    entropy, entropy_before : float
        Of the labels of the common items, in nats.
    items : int
        Items with a label in both.
    """

    alarm: bool
    sure: float
    entropy: float
    entropy_before: float
    items: int


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class CollectiveVerdict(Verdict):
    """The label of each item by the weighted vote of all samples of all models.

    Attributes
    ----------
    consistency : ndarray of float64, shape (n_items,)
        Collective consistency: share of all samples, those without an answer included, that are the label; NaN without
        one.
    weighted_consistency : ndarray of float64, shape (n_items,)
        Share of all votes by weight that the label has; NaN without one.
    models : polars.DataFrame
        One row per model: voter, items, samples, unparsable, self_consistency (mean), rewarded (share of its samples
        with reward 1), flat (items on which all its samples earn the same: no gradient), dominates (items whose label
        is another without it), compared, agreement (share of these on which the label of the others is one of its
        modes), low, high (Wilson); with known answers also right (share of items whose mode is right, of known) and
        reward_right (share of its samples whose reward is what the known answer would give).
    calibration : polars.DataFrame
        Self-consistency against agreement: low, high (self-consistency from above `low` up to `high`), answers (models
        on items), self_consistency, agreement, agreement_low, agreement_high; with known answers also known, right.
    dominated : polars.DataFrame
        item, voter, label, instead: which labels flip without one model.
    weighting : str
        How models were weighed.
    label_accuracy : Interval or None
        Share of items with a known answer whose label is right; None where none is known.
    reward_accuracy : float or None
        Share of samples whose reward is what the known answer would give. It can be high although labels are wrong:
        most samples may differ from both.

    See Also
    --------
    psephos.consensus.collective : makes it.
    psephos.Verdict : what all verdicts have.
    """

    consistency: Floats
    weighted_consistency: Floats
    models: pl.DataFrame
    calibration: pl.DataFrame
    dominated: pl.DataFrame
    weighting: str
    label_accuracy: Interval | None
    reward_accuracy: float | None

    def rewards(self, *, scale: str = "group", soft: bool = False) -> pl.DataFrame:
        """What each sample earns, and how much better that is than its group, the samples of one model on one item.

        Parameters
        ----------
        scale : {"group", "none"}, default "group"
            See `psephos.consensus.group_advantages`.
        soft : bool, default False
            Reward the share of the weighted vote that the answer has, instead of 1 for the label and 0 for all else.

        Returns
        -------
        polars.DataFrame
            One row per sample in the order of the opinions: item, voter, draw, reward (null where the item has no
            label), advantage.

        Raises
        ------
        InputError
            If the opinions were read in parts: then decide part by part and reward each.

        Examples
        --------
        >>> from psephos.consensus import collective
        >>> from psephos.opinions import samples
        >>> said = samples(["q"] * 4, ["m", "m", "n", "n"], [0, 1, 0, 1], ["4", "4", "4", "5"])
        >>> collective(said).rewards(scale="none").select("reward", "advantage").rows()
        [(1.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, -0.5)]
        """
        opinions = self.opinions
        if not isinstance(opinions, Opinions):
            raise InputError("opinions", "are not in memory: their samples have no places", hint="use psephos.read")
        item, voter, answer = (opinions.codes(name) for name in ("item", "voter", opinions.value))
        if soft:
            found = ballot((0, opinions.size("item")), opinions, self.weighting).count.tally
            whole = found.per_item(found.weight)[item]
            share = np.append(found.weight, 0.0)[found.pair]
            reward = np.divide(share, whole, out=np.full(len(item), np.nan), where=whole > 0)
        else:
            label = self.choice[item]
            reward = np.where(label >= 0, (answer == label).astype(np.float64), np.nan)
        reward = np.where(self.choice[item] >= 0, reward, np.nan)
        group = np.unique(combined([item, voter]), return_inverse=True)[1]
        named = {name: opinions.coded[name].values() for name in ("item", "voter")}
        columns = named | {
            "draw": pl.Series(opinions.numbers["draw"]).cast(pl.Int64),
            "reward": pl.Series(reward).fill_nan(None),
            "advantage": group_advantages(reward, group, scale=scale),
        }
        return pl.DataFrame(columns)

    @property
    def entropy(self) -> float:
        """Entropy of the labels over the items, in nats: 0 if all have the same label."""
        return _entropy(self.choice[self.choice >= 0])

    def collapse(self, before: CollectiveVerdict) -> Collapse:
        """Whether the models have learnt to agree rather than to be right, compared with an earlier verdict.

        Rewards of a collective rise when all say the same, right or wrong. The alarm is given if more than half of the
        common items have a consistency above `SURE` and their labels have become less varied.

        Parameters
        ----------
        before : CollectiveVerdict
            On the same items, earlier in training.

        Raises
        ------
        InputError
            If no item has a label in both.
        """
        mine, theirs = (
            pl.DataFrame({"item": verdict.items, "code": verdict.choice, "sure": verdict.consistency > SURE}).filter(
                pl.col("code") >= 0
            )
            for verdict in (self, before)
        )
        both = mine.join(theirs, on="item", how="inner", maintain_order="left")
        if both.is_empty():
            raise InputError("before", "has no labelled item in common with this verdict")
        sure = float(both["sure"].to_numpy().mean())
        now, then = _entropy(both["code"].to_numpy()), _entropy(both["code_right"].to_numpy())
        return Collapse(sure > 0.5 and now < then - 1e-9, sure, now, then, both.height)

    def table(self) -> pl.DataFrame:
        """One row per item, as of any verdict, with consistency and weighted_consistency."""
        more = {"consistency": self.consistency, "weighted_consistency": self.weighted_consistency}
        return super().table().with_columns(pl.Series(name, values).fill_nan(None) for name, values in more.items())

    def summary(self) -> list[tuple[str, str]]:
        """The verdict of the collective in a few lines."""
        lines = super().summary()
        notes = [line for line in lines if line[0] == "note"]
        lines = lines[: len(lines) - len(notes)]
        if (self.choice >= 0).any():
            said = f"{np.nanmean(self.consistency):.3f} of samples are the label; self-consistency of models "
            of = self.models["self_consistency"].drop_nulls().to_numpy()
            lines.append(("consistency", said + f"{min(of):.3f} to {max(of):.3f}"))
        if self.dominated.height:
            most = self.models.sort("dominates", descending=True).row(0, named=True)
            n = self.dominated["item"].n_unique()
            lines.append(
                ("dominated", f"{n:,} labels flip without one model, {most['dominates']:,} without {most['voter']}")
            )
        if self.label_accuracy is not None:
            lines.append(("labels right", f"{self.label_accuracy}; rewards right {self.reward_accuracy:.3f}"))
        return lines + notes

    def to_dict(self) -> dict[str, Any]:
        """The whole verdict, ready for JSON."""
        accuracy = self.label_accuracy
        return super().to_dict() | {
            "models": json_ready(self.models.to_dicts()),
            "calibration": json_ready(self.calibration.to_dicts()),
            "dominated": json_ready(self.dominated.to_dicts()),
            "label_accuracy": None if accuracy is None else json_ready(vars(accuracy)),
            "reward_accuracy": self.reward_accuracy,
        }


def _entropy(codes: npt.NDArray[np.int32]) -> float:
    share = np.unique(codes, return_counts=True)[1] / max(len(codes), 1)
    return float(max(0.0, -(share * np.log(share)).sum()))
