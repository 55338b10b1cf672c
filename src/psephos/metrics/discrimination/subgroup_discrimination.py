"""Does a score serve all groups, and whom would the next fix serve?

For each group AUROC and AP of its own rows, AP over the AP of chance (lift), the positives of each group against the
negatives of every other, and whose mistakes there are: a mistake belongs to the group of its positive. AUROC prices all
mistakes the same; the ten that AP would pay most for show whom repair by AP serves first.

Source: McDermott et al. (2024), arXiv 2401.06091, theorem 3; sheet 13. Differs: the report is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.metrics.columns import codes_of
from psephos.metrics.discrimination.ranked_areas import check_both, check_ranked
from psephos.metrics.discrimination.ranking_mistakes import mistakes
from psephos.metrics.discrimination.report import FEW
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result
from psephos.opinions.wording import plural

TOP = 10
FAR_MORE = 0.15
"""How much larger the share of the best-paid mistakes is than that of all mistakes before a warning is given."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Subgroups(Result):
    """A score by groups.

    Attributes
    ----------
    groups : polars.DataFrame
        group, items, positives, prevalence, auroc, auprc, lift, auprc_shared (at the share of positives of all rows),
        mistakes (share of all mistakes), top_gain (share of the gain of the ten mistakes that AP pays most for), note.
        Null where a group has one class only.
    across : polars.DataFrame
        positives, negatives (groups), auroc of positives of the one against negatives of the other.
    auroc, auprc : float
        Of all rows.
    warning : str
        Whom choosing by AP would serve, if it is one group far more than others.
    """

    groups: pl.DataFrame
    across: pl.DataFrame
    auroc: float
    auprc: float
    warning: str = ""

    def table(self) -> pl.DataFrame:
        """One row per group."""
        return self.groups

    def summary(self) -> list[tuple[str, str]]:
        """The groups in a few lines."""
        lines = [("all rows", f"AUROC {self.auroc:.4f}, AP {self.auprc:.4f}")]
        for row in self.groups.iter_rows(named=True):
            if row["auroc"] is None:
                lines.append((row["group"], f"{plural(row['items'], 'row')}, {row['note']}"))
                continue
            note = f" ({row['note']})" if row["note"] else ""
            said = f"AUROC {row['auroc']:.4f}, AP {row['auprc']:.4f}, {row['lift']:.2f} times chance"
            lines.append((row["group"], f"{said}, {plural(row['items'], 'row')}{note}"))
        return lines + ([("warning", self.warning)] if self.warning else [])


def subgroup_report(
    y: npt.ArrayLike, score: npt.ArrayLike, groups: npt.ArrayLike, *, weights: npt.ArrayLike | None = None
) -> Subgroups:
    """AUROC and AP by group, across groups, and whom the next fix would serve.

    Parameters
    ----------
    y, score
        As of `auroc`.
    groups : array_like, shape (n,)
        The group of each row.
    weights : array_like of float, shape (n,), optional
        As of `auroc`; mistakes are counted without weights.

    Returns
    -------
    Subgroups
        One row for each group, areas of pairs of groups, and a warning where there is cause.

    Raises
    ------
    InputError
        As of `auroc`.

    Examples
    --------
    >>> found = subgroup_report([1, 0, 1, 0, 0], [5, 4, 3, 2, 1], ["a", "a", "b", "b", "c"])
    >>> found.groups.select("group", "auroc", "note").rows()
    [('a', 1.0, 'unstable'), ('b', 1.0, 'unstable'), ('c', None, 'only negatives')]
    """
    ranked = check_ranked(y, score, weights)
    check_both(ranked, True)
    codes, names = codes_of("groups", groups, len(ranked))
    code = codes[ranked.order]
    one, two = ranked.value()
    ledger = mistakes(ranked.positive, -ranked.block, groups=np.asarray(names)[code]).ledger
    top = ledger.sort("gain_auprc", descending=True, maintain_order=True).head(TOP)
    share = float(ranked.weights[ranked.positive].sum() / ranked.weights.sum())
    rows = []
    for k, name in enumerate(names):
        mine = code == k
        positive, w = ranked.positive[mine], ranked.weights[mine]
        row: dict[str, Any] = {"group": name, "items": int(mine.sum()), "positives": int(positive.sum())}
        row["prevalence"] = float(w[positive].sum() / w.sum()) if w.sum() > 0 else None
        own = check_ranked(positive, ranked.score[mine], w) if w.sum() > 0 else None
        if own is not None and own.both:
            row["auroc"], row["auprc"] = own.value()
            row["lift"] = row["auprc"] / row["prevalence"]
            odds = row["prevalence"] * (1 - share) / (share * (1 - row["prevalence"]))
            moved = np.where(own.positive, own.weights, own.weights * odds)
            row["auprc_shared"] = float(own.areas(moved[None])[0, 1])
            row["note"] = "unstable" if row["positives"] < FEW else ""
        else:
            row["note"] = f"only {'positives' if positive.any() else 'negatives'}"
        of_group = pl.col("positive_group") == name
        row["mistakes"] = ledger.filter(of_group).height / ledger.height if ledger.height else None
        gains = top["gain_auprc"].to_numpy()
        served = (top["positive_group"] == name).to_numpy()
        row["top_gain"] = float(gains[served].sum() / gains.sum()) if ledger.height else None
        rows.append(row)
    numbers = ("prevalence", "auroc", "auprc", "lift", "auprc_shared", "mistakes", "top_gain")
    schema: dict[str, Any] = {"group": pl.String, "items": pl.Int64, "positives": pl.Int64}
    table = pl.DataFrame(rows, schema=schema | dict.fromkeys(numbers, pl.Float64) | {"note": pl.String})
    crossed = []
    for g, first in enumerate(names):
        for h, second in enumerate(names):
            pair = ((code == g) & ranked.positive) | ((code == h) & ~ranked.positive)
            if ranked.weights[pair].sum() > 0:
                own = check_ranked(ranked.positive[pair], ranked.score[pair], ranked.weights[pair])
                crossed.append((first, second, own.value()[0] if own.both else None))
    across = pl.DataFrame(
        crossed, schema={"positives": pl.String, "negatives": pl.String, "auroc": pl.Float64}, orient="row"
    )
    return Subgroups(
        provenance=Provenance("subgroup report", {}, Source()),
        groups=table,
        across=across,
        auroc=one,
        auprc=two,
        warning=_warning(table),
    )


def _warning(table: pl.DataFrame) -> str:
    known = table.drop_nulls(["mistakes", "prevalence"])
    if known.height < 2:
        return ""
    most = known.sort("prevalence", descending=True).row(0, named=True)
    if most["top_gain"] - most["mistakes"] <= FAR_MORE:
        return ""
    return (
        f"choosing by AP would serve {most['group']}, the group with most positives: {most['top_gain']:.0%} of the "
        f"gain of the best-paid mistakes, {most['mistakes']:.0%} of all mistakes"
    )
