"""Whose votes can be trusted?

For each voter, against the ratings that the votes of all the others give:

    agreement   share of its decided votes for the side that the others rate higher, next to the share that an honest
                voter would have, mean of max(p, 1 - p), and z, how far below it is
    side        share of decided votes for the left, and how far from a half
    ties        share of ties and of "both bad"
    again       votes on an item and pair that the voter voted on before
    burst       most votes within a minute, where there are times

A voter's own votes are taken out of the ratings it is measured by, to first order (theta - H+ g_v, the infinitesimal
jackknife), which needs no second fit. Doubtful is who agrees less than an honest voter would, or takes one side, by
more than chance over all voters (Holm).

The weight of a voter is (A + c) / (E + c), at most 1 and at least 0, with A and E the votes above one half that it has
and that an honest voter would have, and c = 5: few votes prove nothing.

Source: ours (sheet 30).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse, special

from psephos.engine import one_thread
from psephos.errors import InputError, check_number
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, Result
from psephos.opinions.wording import plural
from psephos.ranking.pairwise.battle_table import TIE, BattleTable, battle_table
from psephos.ranking.pairwise.connectivity import blank_reasons, connection_of
from psephos.ranking.pairwise.pair_models import BRADLEY_TERRY
from psephos.ranking.pairwise.rating_errors import covariances
from psephos.ranking.pairwise.strengths import fit
from psephos.statistics import adjust

MINUTE = 60.0
HELD = 5.0
"""Votes above one half that everyone is given beforehand: few votes prove nothing."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class VoterQuality(Result):
    """How each voter votes, next to all the others.

    Attributes
    ----------
    voters : polars.DataFrame
        One row per voter, the least trusted first; see `table`.
    battles : BattleTable
        What was judged.
    """

    voters: pl.DataFrame
    battles: BattleTable

    @property
    def doubtful(self) -> list[str]:
        """Voters who disagree, or take a side, by more than chance."""
        return self.voters.filter(pl.col("doubtful"))["voter"].to_list()

    def weights(self) -> dict[str, float]:
        """A weight between 0 and 1 for each voter, for `voter_weights` of `bradley_terry`."""
        return dict(self.voters.select("voter", "weight").iter_rows())

    def without_doubtful(self) -> BattleTable:
        """The battles of the other voters."""
        assert self.battles.voter is not None  # noqa: S101 - judged by voter
        bad = np.append(self.battles.voters.cast(pl.String).is_in(self.doubtful).to_numpy(), False)
        return self.battles.take(~bad[self.battles.voter])

    def table(self) -> pl.DataFrame:
        """Voter, votes, agreement and what an honest voter would have, z, side, ties, repeats, burst, weight."""
        return self.voters

    def summary(self) -> list[tuple[str, str]]:
        """How many voters are doubtful, and the first of them."""
        bad = self.doubtful
        votes = int(self.voters.filter(pl.col("doubtful"))["votes"].sum())
        lines = [("voters", f"{self.voters.height:,}")]
        if bad:
            lines.append(("doubtful", f"{len(bad):,} with {plural(votes, 'vote')}: {', '.join(bad[:5])}"))
        else:
            lines.append(("doubtful", "none by more than chance"))
        again = int(self.voters["again"].sum())
        return [*lines, ("again", f"{plural(again, 'vote repeats', 'votes repeat')} an earlier one of the same voter")]


def voter_quality(battles: Opinions | BattleTable, *, error: float = 0.05) -> VoterQuality:
    """Compare each voter with all the others.

    Parameters
    ----------
    battles : Opinions of kind ``battles``, or BattleTable
        With voters.
    error : float, default 0.05
        Chance to call anybody doubtful where nobody is.

    Returns
    -------
    VoterQuality
        For each voter its votes and how far it agrees with the others; `doubtful` names those to look at.

    Raises
    ------
    InputError
        `battles`: without voters, or as of `bradley_terry`.

    Examples
    --------
    >>> from psephos.opinions import battles
    >>> honest = battles(["x"] * 60, ["y"] * 60, (["left"] * 2 + ["right"]) * 20, voter=["a"] * 30 + ["b"] * 30)
    >>> voter_quality(honest).doubtful
    []
    """
    error = check_number("error", error, low=0, high=1, open_ends=True)
    table = battle_table(battles)
    if table.voter is None:
        raise InputError("battles", "do not say who voted")
    connected, _ = blank_reasons(table.counts, table.candidates, connection_of(table.counts), finite=False)
    inside = connected[table.left] & connected[table.right] & (table.voter >= 0)
    used = table.take(inside)
    if not len(used):
        raise InputError("battles", "no battle of a known voter can be compared with the others")
    assert used.voter is not None  # noqa: S101 - taken from a table with voters
    n = len(table.voters)
    decided = used.outcome < TIE
    with one_thread():
        chance = _chance_by_the_others(used, n)
    better = np.where(used.outcome == 0, chance > 0.5, chance < 0.5) | (chance == 0.5)
    honest = np.maximum(chance, 1 - chance)
    own = used.voter[decided]

    def summed(values: Floats) -> Floats:
        return np.asarray(np.bincount(own, values, n))

    votes = np.bincount(used.voter, minlength=n).astype(np.float64)
    count, agreed, expected = (
        np.bincount(own, minlength=n).astype(np.float64),
        *(summed(part[decided].astype(np.float64)) for part in (better, honest)),
    )
    variance = summed((honest * (1 - honest))[decided])
    z = np.divide(agreed - expected, np.sqrt(variance), out=np.zeros(n), where=variance > 0)
    left = summed((used.outcome[decided] == 0).astype(np.float64))
    likely = summed(np.asarray(chance[decided]))
    spread = summed(np.asarray((chance * (1 - chance))[decided]))
    lean = np.divide(left - likely, np.sqrt(spread), out=np.zeros(n), where=spread > 0)
    disagrees = adjust(special.ndtr(z), "holm") < error / 2
    sided = adjust(2 * special.ndtr(-np.abs(lean)), "holm") < error / 2
    weight = np.clip((agreed - count / 2 + HELD) / (expected - count / 2 + HELD), 0, 1)

    def share(part: Floats, whole: Floats) -> pl.Series:
        return pl.Series(np.divide(part, whole, out=np.full(n, np.nan), where=whole > 0)).fill_nan(None)

    made = pl.DataFrame(
        {
            "voter": table.voters.cast(pl.String),
            "votes": votes.astype(np.int64),
            "agreement": share(agreed, count),
            "expected": share(expected, count),
            "z": z,
            "left": share(left, count),
            "left_expected": share(likely, count),
            "ties": share(votes - count, votes),
            "again": _again(used, n),
            "burst": _bursts(used, n),
            "weight": weight,
            "doubtful": disagrees | sided,
        }
    ).filter(pl.col("votes") > 0)
    left_out = int((~inside).sum())
    lost = plural(left_out, "battle")
    notes = (f"not judged: {lost} of unknown voters, or that lead nowhere",) if left_out else ()
    return VoterQuality(
        provenance=Provenance("voter-quality", {"error": error}, table.source, notes=(*table.notes, *notes)),
        voters=made.sort("doubtful", "z", descending=[True, False], maintain_order=True),
        battles=table,
    )


def _chance_by_the_others(table: BattleTable, n_voters: int) -> Floats:
    """Chance of the left of each battle by the ratings of all votes but those of its voter, to first order."""
    assert table.voter is not None  # noqa: S101 - judged by voter
    size = len(table.candidates)
    found = fit(table.counts, BRADLEY_TERRY)
    theta = np.nan_to_num(found.theta)
    errors = covariances(table.counts, BRADLEY_TERRY, found)
    inverse = np.zeros((size, size)) if errors is None else np.nan_to_num(errors[0])
    d = theta[table.left] - theta[table.right]
    pull = table.weights * (np.choose(np.minimum(table.outcome, TIE), (1.0, 0.0, 0.5)) - special.expit(d))
    slopes = sparse.csr_array(
        (
            np.concatenate([pull, -pull]),
            (np.tile(table.voter, 2), np.concatenate([table.left, table.right])),
        ),
        shape=(n_voters, size),
    )
    moved = np.asarray(slopes @ inverse)
    others = d - (moved[table.voter, table.left] - moved[table.voter, table.right])
    return np.asarray(special.expit(others))


def _again(table: BattleTable, n: int) -> npt.NDArray[np.int64]:
    """Votes on an item and pair that the voter voted on before."""
    assert table.voter is not None  # noqa: S101 - judged by voter
    if table.item is None:
        return np.zeros(n, dtype=np.int64)
    known = table.item >= 0
    frame = pl.DataFrame({"voter": table.voter, "item": table.item, "pair": table.pair_key}).filter(pl.Series(known))
    first = frame.select(pl.struct(pl.all()).is_first_distinct().alias("first")).to_series().to_numpy()
    return np.bincount(table.voter[known][~first], minlength=n)


def _bursts(table: BattleTable, n: int) -> list[int | None]:
    """Most votes of each voter within a minute."""
    assert table.voter is not None  # noqa: S101 - judged by voter
    if table.time is None:
        return [None] * n
    known = np.isfinite(table.time)
    order = np.lexsort((table.time[known], table.voter[known]))
    voter, time = table.voter[known][order], table.time[known][order]
    most: list[int | None] = [None] * n
    for start, stop in zip(*_runs(voter), strict=True):
        part = time[start:stop]
        most[int(voter[start])] = int((np.searchsorted(part, part + MINUTE, side="left") - np.arange(len(part))).max())
    return most


def _runs(codes: npt.NDArray[np.int64]) -> tuple[list[int], list[int]]:
    """Where each run of equal codes starts and stops."""
    if not len(codes):
        return [], []
    cuts = (np.flatnonzero(np.diff(codes)) + 1).tolist()
    return [0, *cuts], [*cuts, len(codes)]
