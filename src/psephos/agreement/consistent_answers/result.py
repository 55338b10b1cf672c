"""The answer to how consistently candidates are right."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from psephos.agreement.consistent_answers.curve import ConsistencyCurve
from psephos.opinions.issues import Issues
from psephos.opinions.outcomes import Result, json_ready
from psephos.opinions.wording import plural
from psephos.statistics import BetaBinomial

SHOWN = 12


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Consistency(Result):
    """How consistently candidates are right when a question is asked again in other words.

    Attributes
    ----------
    candidates : polars.DataFrame
        One row per candidate, the highest CORE first; see `table`.
    curves : mapping of str to ConsistencyCurve
        The CAR curve of each candidate.
    soft : mapping of str to ConsistencyCurve
        The same from mean scores; empty unless scores are graded.
    wrong : polars.DataFrame
        candidate, threshold, share: questions to whose variants one and the same wrong answer makes up at least this
        share of the responses. Empty without answers.
    chance : mapping of str to ConsistencyCurve
        What guessing would give each candidate; empty if the number of options is not known.
    shares : mapping of str to BetaBinomial
        How the probability of a right answer differs between questions, as fitted.
    variants : polars.DataFrame
        candidate, variant, family, questions, accuracy.
    families : polars.DataFrame
        candidate, family, questions, fewest and most variants, accuracy, always (right in all), gap, core, broken:
        share of questions that are right in the original and not always in the family.
    differences : polars.DataFrame
        left, right, questions (common ones), dropped, core_left, core_right, difference, low, high.
    questions : polars.DataFrame
        candidate, question, right, total, and with answers: answer (most frequent), votes, wrong (most frequent wrong
        one), wrong_votes, entropy (NaN where no answer can be told).
    suspects : polars.DataFrame
        question, answer, candidates, share: wrong answers that more than one candidate mostly gives, and so keys worth
        a look.
    issues : Issues
        What was set aside or found odd in the input.

    See Also
    --------
    psephos.consistency : makes it.
    """

    candidates: pl.DataFrame
    curves: dict[str, ConsistencyCurve]
    soft: dict[str, ConsistencyCurve]
    wrong: pl.DataFrame
    chance: dict[str, ConsistencyCurve]
    shares: dict[str, BetaBinomial]
    variants: pl.DataFrame
    families: pl.DataFrame
    differences: pl.DataFrame
    questions: pl.DataFrame
    suspects: pl.DataFrame
    issues: Issues = field(default_factory=Issues)

    def table(self) -> pl.DataFrame:
        """One row per candidate, the highest CORE first.

        candidate, questions, fewest and most variants, core (with its interval), aucar, norm_dtw, always (MCA(1), or
        BMCA; with its interval), mcqa (original variant), mcqa_plus (mean over variants), majority (MV), consistency
        (CI), cora, entropy (mean, 1 if all options are as frequent), unreadable (responses without an answer that can
        be told), soft_core, limit_core (with endless variants), chance_core, adjusted_core (0 at chance, 1 at best).
        """
        return self.candidates

    def summary(self) -> list[tuple[str, str]]:
        """The candidates in a few lines."""
        lines = []
        for row in self.candidates.head(SHOWN).iter_rows(named=True):
            core = self.curves[row["candidate"]].core
            shown = str(core) if math.isfinite(core.low) else f"{core.value:.3f}"
            text = f"CORE {shown}; right on average {row['mcqa_plus']:.3f}, always {row['always']:.3f}"
            lines.append((row["candidate"], f"{text}; {plural(row['questions'], 'question')}"))
        more = self.candidates.height - SHOWN
        if more > 0:
            lines.append(("more", f"{more:,} further candidates"))
        if self.suspects.height:
            lines.append(("keys to check", f"{self.suspects.height:,}: several candidates give the same wrong answer"))
        return lines + [("note", note) for note in self.provenance.notes]

    def car(self) -> pl.DataFrame:
        """All curves as one table: candidate, threshold, share, low, high, chance (null if not known)."""
        parts = []
        for name, curve in self.curves.items():
            chance = self.chance[name].share if name in self.chance else [None] * len(curve.share)
            columns = {"threshold": curve.thresholds, "share": curve.share, "low": curve.low, "high": curve.high}
            part = pl.DataFrame(columns).with_columns(pl.Series("chance", chance, dtype=pl.Float64))
            parts.append(part.select(pl.lit(name).alias("candidate"), pl.all()))
        return pl.concat(parts).with_columns(pl.col("low", "high").fill_nan(None))

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        tables = {
            "curves": self.car(),
            "wrong": self.wrong,
            "variants": self.variants,
            "families": self.families,
            "differences": self.differences,
            "questions": self.questions,
            "suspects": self.suspects,
        }
        whole = {name: json_ready(table.to_dicts()) for name, table in tables.items()}
        return super().to_dict() | whole | {"issues": self.issues.to_list()}
