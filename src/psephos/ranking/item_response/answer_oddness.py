"""Which candidates answered oddly for their ability, right on hard items and wrong on easy ones?

    l_z = (l - E l) / sd(l),        l = sum_j y log P + (1 - y) log(1 - P) at the ability of the candidate

is about N(0, 1) for who answers as the model says; far below 0 hard items were right and easy ones wrong, as where some
of them were seen in training. p-values are adjusted for the number of candidates and topics.

Source: Drasgow, Levine and Williams (1985), doi:10.1111/j.2044-8317.1985.tb00817.x; sheet 25. Differs: nothing; at an
estimated ability l_z varies a little less than it says.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy import special

from psephos.ranking.item_response.ability_results import AbilityRanking
from psephos.ranking.item_response.curves import chances
from psephos.statistics import adjust

HARD, EASY = 0.25, 0.75


def odd_answers(found: AbilityRanking) -> pl.DataFrame:
    """Say how odd the answers of each candidate are in each topic.

    Parameters
    ----------
    found : AbilityRanking
        Of `rank_by_ability`.

    Returns
    -------
    polars.DataFrame
        candidate, topic, fit (l_z), p (one-sided, adjusted by Benjamini and Hochberg), hard_right (items right that
        it had a chance below 0.25 to solve), hard_expected, easy_wrong, easy_expected; the oddest first.

    Examples
    --------
    >>> from psephos.ranking import rank_by_ability, simulate_responses
    >>> made = rank_by_ability(simulate_responses(20, 1, 30, rng=0).responses, rng=0, errors="none")
    >>> odd_answers(made).height
    20
    """
    frames = []
    for fit in found.fits:
        kept = fit.known
        right = found.data.right[:, fit.items[kept]]
        chance = np.clip(chances(fit.ability, fit.slope[kept], fit.intercept[kept], fit.guess[kept]), 1e-9, 1 - 1e-9)
        asked = ~np.isnan(right)
        solved = np.where(asked, right, 0.0)
        high, low = np.log(chance), np.log1p(-chance)
        got = np.where(asked, solved * high + (1 - solved) * low, 0.0).sum(axis=1)
        mean = np.where(asked, chance * high + (1 - chance) * low, 0.0).sum(axis=1)
        spread = np.sqrt(np.where(asked, chance * (1 - chance) * (high - low) ** 2, 0.0).sum(axis=1))
        fits = np.divide(got - mean, spread, out=np.full(len(got), np.nan), where=spread > 0)
        hard, easy = asked & (chance < HARD), asked & (chance > EASY)
        frames.append(
            pl.DataFrame(
                {
                    "candidate": found.candidates,
                    "topic": [fit.topic] * len(fits),
                    "fit": fits,
                    "hard_right": (solved * hard).sum(axis=1).astype(np.int64),
                    "hard_expected": (chance * hard).sum(axis=1),
                    "easy_wrong": ((1 - solved) * easy).sum(axis=1).astype(np.int64),
                    "easy_expected": ((1 - chance) * easy).sum(axis=1),
                }
            )
        )
    frame = pl.concat(frames)
    known = ~np.isnan(frame["fit"].to_numpy())
    p = np.full(frame.height, np.nan)
    if known.any():
        p[known] = adjust(special.ndtr(frame["fit"].to_numpy()[known]), "benjamini-hochberg")
    frame = frame.with_columns(pl.Series("p", p).fill_nan(None), pl.col("fit").fill_nan(None))
    columns = ["candidate", "topic", "fit", "p", "hard_right", "hard_expected", "easy_wrong", "easy_expected"]
    return frame.select(columns).sort("fit", nulls_last=True, maintain_order=True)
