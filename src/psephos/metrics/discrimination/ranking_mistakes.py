r"""Which mistakes of a ranking would each metric fix first?

An atomic mistake is a negative right above a positive, at ranks r and r + 1, nobody between and neither score shared.
Swapping the two raises

    AUROC by 1 / (P N), wherever it is;         AP by T / (P r (r + 1)),     T positives among the top r + 1,

so AP pays most near the top, though not always for the topmost. A pair of neighbouring score levels of which one is
tied, the upper with a negative and the lower with a positive, has no such price and is only counted.

Source: McDermott et al. (2024), arXiv 2401.06091, theorem 2; sheet 13. Differs: the exact gain of AP is ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.metrics.columns import codes_of
from psephos.metrics.discrimination.ranked_areas import check_both, check_ranked
from psephos.opinions.model import Source
from psephos.opinions.outcomes import Provenance, Result


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Mistakes(Result):
    """The atomic mistakes of a ranking, priced.

    Attributes
    ----------
    ledger : polars.DataFrame
        rank (of the negative, 1 is the top), negative, positive (rows), true_positives (T), gain_auroc, gain_auprc, and
        with groups negative_group, positive_group.
    tied_border : int
        Pairs of neighbouring levels in the wrong order that have no price because of ties.
    items, positives : int
        How many were counted, and how many of them are positive.
    """

    ledger: pl.DataFrame
    tied_border: int
    items: int
    positives: int

    def __len__(self) -> int:
        return self.ledger.height

    def table(self) -> pl.DataFrame:
        """The ledger, from the top of the ranking."""
        return self.ledger

    def summary(self) -> list[tuple[str, str]]:
        """The ledger in a few lines."""
        lines = [("mistakes", f"{len(self):,} of {self.items:,} rows, {self.tied_border:,} more between ties")]
        if len(self):
            best = self.ledger.sort("gain_auprc", descending=True).row(0, named=True)
            lines.append(("AUROC", f"pays {best['gain_auroc']:.3g} for any of them"))
            lines.append(("AP", f"pays {best['gain_auprc']:.3g} for the one at rank {best['rank']:,}, less for others"))
        return lines


def mistakes(y: npt.ArrayLike, score: npt.ArrayLike, *, groups: npt.ArrayLike | None = None) -> Mistakes:
    """List the atomic mistakes of a ranking with what each metric would gain.

    Parameters
    ----------
    y, score
        As of `auroc`.
    groups : array_like, shape (n,), optional
        The group of each row.

    Returns
    -------
    Mistakes
        One row for each mistake with the gain of AUROC and of AP, if it were fixed.

    Raises
    ------
    InputError
        As of `auroc`.

    See Also
    --------
    fix_experiment : what following one metric does to groups.

    Examples
    --------
    >>> found = mistakes([1, 0, 1, 1, 0, 0, 1, 0, 0, 0], np.arange(10, 0, -1))
    >>> found.ledger.select("rank", pl.col("gain_auroc", "gain_auprc").round(6)).rows()
    [(2, 0.041667, 0.083333), (6, 0.041667, 0.02381)]
    """
    ranked = check_ranked(y, score)
    check_both(ranked, True)
    positive, order, ends = ranked.positive, ranked.order, ranked.ends
    size = np.diff(ends, prepend=-1)
    alone = (size == 1)[ranked.block]
    upper = np.flatnonzero(~positive[:-1] & positive[1:] & alone[:-1] & alone[1:])
    true = np.cumsum(positive)
    rank, hits, total = upper + 1, true[upper + 1], int(positive.sum())
    table: dict[str, object] = {
        "rank": rank,
        "negative": order[upper],
        "positive": order[upper + 1],
        "true_positives": hits,
        "gain_auroc": np.full(len(upper), 1 / (total * (len(ranked) - total))),
        "gain_auprc": hits / (float(total) * rank * (rank + 1.0)),
    }
    if groups is not None:
        codes, names = codes_of("groups", groups, len(ranked))
        named = np.asarray(names)
        table |= {"negative_group": named[codes[order[upper]]], "positive_group": named[codes[order[upper + 1]]]}
    hit = np.diff(true[ends], prepend=0)
    border = (size[:-1] > hit[:-1]) & (hit[1:] > 0) & ((size[:-1] > 1) | (size[1:] > 1))
    return Mistakes(
        provenance=Provenance("mistakes", {}, Source()),
        ledger=pl.DataFrame(table),
        tied_border=int(border.sum()),
        items=len(ranked),
        positives=total,
    )
