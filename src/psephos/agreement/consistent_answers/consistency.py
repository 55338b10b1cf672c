"""How consistently is a candidate right, when the same question is asked again under harmless changes?

Right on average is not right every time. The CAR curve draws accuracy against the share of variants that have to be
right, CORE sums it up in one number (`consistency_curve`), and beside them stand the accuracy of the original question
(MCQA), the mean over variants (MCQA+), of the majority of variants (MV, `answer_votes`) and of questions that are right
in all variants (BMCA), with

    CI = 1 - (accuracy - BMCA),      CoRA = accuracy * CI.

Source: Cavalin et al. (2025), "CAT", arXiv 2512.23711. Differs: intervals, differences of candidates on common
questions, the chance adjustment, the fit of shares and the search for wrong keys are ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction

from psephos.agreement.consistent_answers.options import Options
from psephos.agreement.consistent_answers.report import reported
from psephos.agreement.consistent_answers.responses import responses_of
from psephos.agreement.consistent_answers.result import Consistency
from psephos.engine import Rng
from psephos.opinions.model import Opinions


def consistency(
    results: Opinions,
    *,
    key: Mapping[str, object] | None = None,
    K: int = 10,
    thresholds: Sequence[float | str | Fraction] | None = None,
    threshold: float | None = None,
    original: str | None = None,
    options: int | Mapping[str, int] | None = None,
    invalid: Collection[object] = (),
    ties: str = "fractional",
    mcqa_plus: str = "mean_rc",
    accuracy: str = "plus",
    missing: str = "wrong",
    duplicates: str = "error",
    questions: str = "common",
    repeats: int = 2000,
    level: float = 0.95,
    rng: Rng = 0,
) -> Consistency:
    """Say how consistently each candidate is right over the variants of each question.

    Parameters
    ----------
    results : Opinions
        Of kind ``results``: candidate, item (the question), variant (or run), score, and perhaps answer, in the words
        of the options and not as a letter. Or of kind ``samples``: each draw is a variant, held against the right
        answer.
    key : mapping of str to answer, optional
        The right answer of each item, where answers are to be scored here; by default the scores of results count, and
        ``gold`` of the table about items for samples.
    K : int, default 10
        Steps of the grid of thresholds.
    thresholds : sequence of numbers, optional
        Other thresholds, rising from 0 to 1.
    threshold : float, optional
        For graded scores: right from here on. A curve of mean scores then stands beside.
    original : str, optional
        The variant that is the unchanged question; the first in natural order if not given.
    options : int, or mapping of str to int, optional
        Options a question offers, by family of variants (its name without the number at the end) where these differ;
        needed for chance and for the entropy.
    invalid : collection of answers, optional
        Answers that say that none could be read; they are wrong and take no part in the majority. So is no answer.
    ties : {"fractional", "first"}, default "fractional"
        What a tie in the majority counts: the share of right answers in it, or the answer seen first (the authors).
    mcqa_plus : {"mean_rc", "authors"}, default "mean_rc"
        Mean share right over questions; or over places in the list of variants, all questions below each and places
        without any right response left out, as the authors' script has it.
    accuracy : {"plus", "original"}, default "plus"
        Which accuracy CI and CoRA take: MCQA+ (the authors' script) or MCQA (their notebook).
    missing : {"wrong", "drop"}, default "wrong"
        What a response without score (of samples: without answer) is.
    duplicates : {"error", "keep"}, default "error"
        Two responses to one variant of a question.
    questions : {"common", "own"}, default "common"
        Compare candidates on the questions that all of them have, or each on its own.
    repeats : int, default 2000
        Resamples of the questions; 0 for no intervals.
    level : float, default 0.95
        Coverage of the intervals (BCa).
    rng : int, Generator or None, default 0
        Source of the resamples.

    Returns
    -------
    Consistency
        One curve for each candidate with its indices, and the differences of pairs.

    Raises
    ------
    InputError
        If there are no responses, a score is neither 0 nor 1 without a `threshold`, a variant was answered twice, no
        question is common to all candidates, or an argument is unknown.

    See Also
    --------
    consistency_curve : from counts.
    variant_plan : how many variants are enough.

    Examples
    --------
    >>> from psephos.opinions import results as results_of
    >>> table = results_of(["m"] * 4, ["q", "q", "r", "r"], [1, 1, 1, 0], variant=["v0", "v1", "v0", "v1"])
    >>> found = consistency(table, repeats=0)
    >>> found.table().select("candidate", "mcqa", "mcqa_plus", "always").rows()
    [('m', 1.0, 0.75, 0.5)]
    """
    asked = Options.checked(
        K=K,
        thresholds=thresholds,
        original=original,
        options=options,
        ties=ties,
        mcqa_plus=mcqa_plus,
        accuracy=accuracy,
        questions=questions,
        repeats=repeats,
        level=level,
        rng=rng,
    )
    responses = responses_of(
        results, key=key, threshold=threshold, invalid=invalid, missing=missing, duplicates=duplicates
    )
    said = {"threshold": threshold, "missing": missing, "duplicates": duplicates, "scored by": "key" if key else "data"}
    return reported(responses, asked, said)
