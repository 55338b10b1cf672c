r"""Where does each voter differ from the verdict, who stands out, and whose vote decides?

A verdict says what the voters say together; this holds each of them against it, so that a person can look at the items
behind every number:

- **differences**: of the items on which the verdict is k, how often the voter says l. Held against a verdict of many
  voters this is the voter's confusion; it is not proof that the voter is wrong.
- **outliers**: voters whose agreement with the others is low beyond doubt, its whole interval below
  Q1 - 1.5 (Q3 - Q1) of the agreements of all (Tukey's fence).
- **decided items**: those on which the choice would no longer lead if the vote of this one voter were taken away,

    w(choice) - w_v <= w(best other),

  counted with the weights of the verdict. A method that knows more than a count of votes may still choose the same.

Source: ours; the fence is Tukey's (1977).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.consensus.part_verdicts import VoteCount, count_votes
from psephos.consensus.voter_weights import weights_of
from psephos.errors import InputError
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, Result
from psephos.opinions.tallies import is_ahead
from psephos.opinions.verdicts import Verdict
from psephos.opinions.wording import plural
from psephos.statistics import wilson_interval

EXAMPLES = 3
"""Items that are named for each difference and each voter that decides some."""

FEWEST_FOR_A_FENCE = 5
"""With fewer voters none is called an outlier: their quartiles say nothing."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class VoterDetails(Result):
    """Each voter held against a verdict.

    Attributes
    ----------
    voters : polars.DataFrame
        One row per voter that took part: voter, votes (on items with a choice), same (of these, votes for the choice),
        share, low, high (same / votes, 95 % Wilson interval), agreement (with the others), outlier, decides (items
        whose choice would not lead without this vote), decided (at most three of these items).
    differences : polars.DataFrame
        One row per voter, choice of the verdict and other choice that the voter gave there: voter, choice, said, votes,
        share, low, high (of the votes of the voter on items with this choice), items (at most three, those on which the
        verdict is surest).
    fence : float
        Agreement below which a voter is an outlier; NaN with fewer than five voters.
    """

    voters: pl.DataFrame
    differences: pl.DataFrame
    fence: float

    def table(self) -> pl.DataFrame:
        """The voters."""
        return self.voters

    def of(self, voter: str) -> pl.DataFrame:
        """The differences of one voter, the most frequent first.

        Raises
        ------
        InputError
            If no such voter took part.
        """
        if voter not in self.voters["voter"]:
            raise InputError("voter", f"there is no voter {voter!r:.80} in this verdict")
        return self.differences.filter(pl.col("voter") == voter).drop("voter")

    def summary(self) -> list[tuple[str, str]]:
        """The voters in a few lines."""
        voters, worst = self.voters, self.differences.head(1)
        lines = [("voters", f"{voters.height:,}, {plural(int(voters['votes'].sum()), 'vote')} on items with a choice")]
        if worst.height:
            name, choice, said, votes, share, *_ = worst.row(0)
            lines.append(
                (
                    "differs most",
                    f"{name} says {said} on {plural(votes, 'item')} ({share:.0%}) where the verdict is {choice}",
                )
            )
        outliers = voters.filter("outlier")["voter"].to_list()
        lines.append(("outliers", ", ".join(outliers) or "none"))
        decisive = voters.filter(pl.col("decides") > 0)
        if decisive.height:
            name, items = decisive.sort("decides", "voter", descending=[True, False]).select("voter", "decides").row(0)
            lines.append(("decides", f"{name} decides most items: {items:,}"))
        return lines


def voter_details(verdict: Verdict) -> VoterDetails:
    """Hold each voter against a verdict.

    Parameters
    ----------
    verdict : Verdict
        Of labels or samples in memory.

    Returns
    -------
    VoterDetails
        For each voter how often it votes as the verdict says and decides, and what it says instead.

    Raises
    ------
    InputError
        If the opinions are read in parts, or are not labels or samples.

    See Also
    --------
    psephos.agreement.leave_one_out : what a coefficient of agreement is without a voter.

    Examples
    --------
    >>> from psephos.consensus import majority
    >>> from psephos.opinions import from_matrix
    >>> details = voter_details(majority(from_matrix([["a", "a", "b"], ["a", "a", "b"], ["b", "b", "b"]])))
    >>> details.of("2").select("choice", "said", "votes", "items").rows()
    [('a', 'b', 2, ['0', '1'])]
    >>> details.voters["decides"].to_list()
    [2, 2, 0]
    """
    opinions = verdict.opinions
    if not isinstance(opinions, Opinions):
        raise InputError("verdict", "is of opinions read in parts", hint="decide them in memory")
    if opinions.kind not in ("labels", "samples"):
        raise InputError("verdict", f"voters are held against labels or samples, not {opinions.kind}")
    count = count_votes(opinions.parts(1)[0], opinions, weights_of(opinions.vocabulary("voter"), verdict.weights))
    voter, said, item = (opinions.codes(name) for name in ("voter", opinions.value, "item"))
    chosen = verdict.choice[item]
    held = (said >= 0) & (chosen >= 0)
    voter, said, chosen, item = voter[held], said[held], chosen[held], item[held]
    n_voters = opinions.size("voter")
    votes = np.bincount(voter, minlength=n_voters)
    same = np.bincount(voter[said == chosen], minlength=n_voters)
    low, high = wilson_interval(same, votes)
    decisive = _decisive(count, verdict, held)
    names = opinions.vocabulary("voter")
    table = pl.DataFrame(
        {
            "voter": names,
            "votes": votes,
            "same": same,
            "share": same / np.maximum(votes, 1),
            "low": low,
            "high": high,
        }
    ).filter(pl.col("votes") > 0)
    known = verdict.voters.select("voter", "agreement", pl.col("high").alias("at most"))
    fence = _fence(known["agreement"].drop_nulls().to_numpy())
    outlier = (pl.col("at most") < fence).fill_null(False) if not np.isnan(fence) else pl.lit(False)
    table = table.join(known, on="voter", how="left", maintain_order="left").with_columns(outlier.alias("outlier"))
    rows = np.flatnonzero(decisive)
    decided = (
        pl.DataFrame({"voter": names.gather(voter[rows]), "item": verdict.items.gather(item[rows])})
        .group_by("voter", maintain_order=True)
        .agg(pl.len().cast(pl.Int64).alias("decides"), pl.col("item").head(EXAMPLES).alias("decided"))
    )
    empty = pl.lit([], dtype=pl.List(pl.String))
    table = table.join(decided, on="voter", how="left", maintain_order="left").with_columns(
        pl.col("decides").fill_null(0), pl.col("decided").fill_null(empty)
    )
    return VoterDetails(
        provenance=Provenance("voter details", {"of": verdict.provenance.method}, verdict.provenance.source),
        voters=table.drop("at most"),
        differences=_differences(verdict, names, voter, said, chosen, item),
        fence=fence,
    )


def _decisive(count: VoteCount, verdict: Verdict, held: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether the choice would no longer lead without each of the votes that are held against it."""
    opinions, counted, lead = count.votes, count.tally, count.lead
    item = opinions.codes("item")[held]
    own = np.ones(len(item)) if count.weight is None else count.weight[held]
    mine = (opinions.codes(opinions.value)[held] == verdict.choice[item]) & (lead.first[item] == verdict.choice[item])
    whole = lead.first_weight[item]
    left: npt.NDArray[np.bool_] = is_ahead(whole - own, lead.second_weight[item], of=whole)
    return np.asarray(mine & ~left & (np.diff(counted.starts)[item] > 1))


def _fence(agreement: npt.NDArray[np.float64]) -> float:
    if len(agreement) < FEWEST_FOR_A_FENCE:
        return float("nan")
    low, high = np.quantile(agreement, [0.25, 0.75])
    return float(low - 1.5 * (high - low))


def _differences(
    verdict: Verdict,
    names: pl.Series,
    voter: npt.NDArray[np.int32],
    said: npt.NDArray[np.int32],
    chosen: npt.NDArray[np.int32],
    item: npt.NDArray[np.int32],
) -> pl.DataFrame:
    """Where each voter says something else than the verdict, with the items on which that is surest."""
    sure = np.round(verdict.certainty[item], 9)  # what differs in its last digits is equally sure
    rows = pl.DataFrame({"voter": voter, "chosen": chosen, "said": said, "item": item, "sure": sure})
    asked = rows.group_by("voter", "chosen").agg(pl.len().alias("asked"))
    found = (
        rows.filter(pl.col("said") != pl.col("chosen"))
        .sort("sure", "item", descending=[True, False], nulls_last=True)
        .group_by("voter", "chosen", "said", maintain_order=True)
        .agg(pl.len().cast(pl.Int64).alias("votes"), pl.col("item").head(EXAMPLES))
        .join(asked, on=["voter", "chosen"])
        .sort(-pl.col("votes"), "voter", "chosen", "said")
    )
    votes, of = found["votes"].to_numpy(), found["asked"].to_numpy()
    low, high = wilson_interval(votes, of)
    return pl.DataFrame(
        {
            "voter": names.gather(found["voter"]),
            "choice": verdict.choices.gather(found["chosen"]),
            "said": verdict.choices.gather(found["said"]),
            "votes": votes,
            "share": votes / np.maximum(of, 1),
            "low": low,
            "high": high,
            "items": _named(found["item"], verdict.items),
        }
    )


def _named(lists: pl.Series, items: pl.Series) -> pl.Series:
    """The same lists with names for codes."""
    rows = pl.DataFrame({"row": np.arange(len(lists)), "item": lists}).explode("item")
    named = rows.with_columns(item=items.gather(rows["item"])).group_by("row", maintain_order=True).agg("item")
    return named["item"]
