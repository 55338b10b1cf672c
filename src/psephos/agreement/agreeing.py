"""How far do the voters agree, in every way that fits their opinions?"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from psephos.agreement.coefficient import Coefficient
from psephos.agreement.krippendorff import krippendorff_alpha
from psephos.agreement.pairs import MOST_VOTERS, pairwise_agreement
from psephos.agreement.percent import percent_agreement
from psephos.engine import Rng, seed_of, spawn
from psephos.errors import InputError
from psephos.opinions.equivalence import Equivalence
from psephos.opinions.issues import Issues
from psephos.opinions.model import Opinions
from psephos.opinions.outcomes import Provenance, Result, command_for, json_ready


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Agreement(Result):
    """How far voters agree.

    Attributes
    ----------
    coefficients : tuple of Coefficient
        Each coefficient with its interval.
    pairs : polars.DataFrame
        left, right, items, agreement, low, high: one row per pair of voters with common items.
    voters : polars.DataFrame
        voter, partners, items (common ones, over all partners), agreement (mean over these), lowest first.
    issues : Issues
        What was set aside or found odd in the input.
    """

    coefficients: tuple[Coefficient, ...]
    pairs: pl.DataFrame
    voters: pl.DataFrame
    issues: Issues

    def table(self) -> pl.DataFrame:
        """One row per coefficient: name, value, low, high, level, items, note."""
        rows = [(c.name, c.value, c.low, c.high, c.level, c.items, c.note) for c in self.coefficients]
        schema = ["name", "value", "low", "high", "level", "items", "note"]
        return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
            pl.col("value", "low", "high").fill_nan(None)
        )

    def summary(self) -> list[tuple[str, str]]:
        """The agreement in a few lines."""
        lines = [(c.name, str(c).removeprefix(f"{c.name} ")) for c in self.coefficients]
        if self.voters.height:
            least = self.voters.row(0, named=True)
            lines.append(("least like the others", f"{least['voter']}: {least['agreement']:.3f} of {least['items']:,}"))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, object]:
        """The whole answer, ready for JSON."""
        return super().to_dict() | {
            "pairs": json_ready(self.pairs.to_dicts()),
            "voters": json_ready(self.voters.to_dicts()),
            "issues": self.issues.to_list(),
        }


def agree(
    opinions: Opinions, *, equivalence: Equivalence = "exact", repeats: int = 1000, level: float = 0.95, rng: Rng = 0
) -> Agreement:
    """Say how far the voters agree: percent agreement, Krippendorff's alpha, and every pair of voters.

    Parameters
    ----------
    opinions : Opinions
        Of kind ``labels``.
    equivalence : str or callable, default "exact"
        Which answers are the same; see `psephos.opinions.equivalence`.
    repeats : int, default 1000
        Resamples of the items for the intervals.
    level : float, default 0.95
        Coverage of the intervals.
    rng : int, Generator or None, default 0
        Source of the resamples.

    Returns
    -------
    Agreement

    Raises
    ------
    InputError
        If the opinions are no labels, there are fewer than two voters, or no item has two votes.

    Examples
    --------
    >>> from psephos.opinions import from_matrix
    >>> agree(from_matrix([["a", "a"], ["b", "b"], ["a", "b"]]), repeats=0).table()["value"].round(3).to_list()
    [0.667, 0.444]
    """
    if opinions.kind != "labels":
        raise InputError("opinions", f"agreement is measured on labels, not on {opinions.kind}")
    merged = opinions.merged(equivalence)
    seed = seed_of(rng)
    streams = spawn(seed, 2)
    coefficients = (
        percent_agreement(merged, repeats=repeats, level=level, rng=streams[0]),
        krippendorff_alpha(merged, repeats=repeats, level=level, rng=streams[1]),
    )
    listed = merged.size("voter") <= MOST_VOTERS
    pairs = pairwise_agreement(merged, level=level) if listed else _no_pairs()
    options: dict[str, object] = {"equivalence": equivalence, "repeats": repeats, "level": level}
    parameters = {name: "a function" if callable(value) else value for name, value in options.items()}
    notes = () if listed else (f"{merged.size('voter'):,} voters have too many pairs to list",)
    command = command_for("agree", merged.source, options | {"seed": seed})
    return Agreement(
        provenance=Provenance("agreement", parameters, merged.source, seed=seed, command=command, notes=notes),
        coefficients=coefficients,
        pairs=pairs,
        voters=_by_voter(pairs),
        issues=merged.issues,
    )


def _no_pairs() -> pl.DataFrame:
    texts, numbers = ("left", "right"), ("agreement", "low", "high")
    schema = [*((name, pl.String) for name in texts), ("items", pl.Int64), *((name, pl.Float64) for name in numbers)]
    return pl.DataFrame(schema=schema)


def _by_voter(pairs: pl.DataFrame) -> pl.DataFrame:
    both = pl.concat([pairs, pairs.rename({"left": "right", "right": "left"}).select(pairs.columns)])
    same = (pl.col("agreement") * pl.col("items")).sum()
    grouped = both.group_by(pl.col("left").alias("voter")).agg(
        pl.len().alias("partners"), pl.col("items").sum(), (same / pl.col("items").sum()).alias("agreement")
    )
    return grouped.sort("agreement", "voter")
