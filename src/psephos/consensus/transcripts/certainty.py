"""How sure is each choice: the probability that it is right?

By the share of voters behind it (`calibration`), or, where voters are weighed, by all that the model
of their reliability says (`evidence`). Columns that elect no word are judged by a curve of their own:
a word that one voter heard and the others did not is rarely lost, however few they are.

Shipped curves were measured on typists. Where the truth of `ENOUGH` words is known, by references or by fixes, the
curves are fitted; a clip is then judged by a fit on the other clips (`FOLDS` folds), never by its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from psephos.consensus.transcripts import calibration, evidence
from psephos.consensus.transcripts.columns import Columns
from psephos.consensus.transcripts.reliability import Reliability

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FOLDS = 5
ENOUGH = 200
"""Words with a known truth from which a fit is made."""

Curve = Callable[[Floats], Floats]


@dataclass(frozen=True, eq=False)
class Known:
    """What is known to be right or wrong.

    Attributes
    ----------
    judged, wrong : ndarray of bool, shape (n_columns,)
        Columns whose truth is known; those whose choice is wrong, or that elect no word where there is one.
    """

    judged: Bools
    wrong: Bools


def certainty_of(
    columns: Columns,
    choice: npt.NDArray[np.int32],
    share: Floats,
    model: Reliability | None = None,
    known: Known | None = None,
) -> tuple[Floats, str]:
    """The certainty of each choice, and what it means in words.

    Parameters
    ----------
    columns : Columns
    choice : ndarray of int32, shape (n_columns,)
    share : ndarray of float64, shape (n_columns,)
        Share of the voters behind the choice.
    model : Reliability, optional
        Where voters are weighed.
    known : Known, optional
    """
    if model is None:
        seen, given = share, "the share of transcripts behind it"
        shipped: tuple[Curve, Curve] = (calibration.SHIPPED, calibration.SHIPPED_NONE)
    else:
        seen, given = evidence.evidence_of(columns, choice, model), "the reliability of those behind it"
        shipped = (evidence.SHIPPED_WORD, evidence.SHIPPED_NONE)
    fits = _fit_share if model is None else _fit_evidence
    sides = (choice > 0, choice <= 0)
    found = np.zeros(len(choice))
    words = 0 if known is None else int((known.judged & sides[0]).sum())
    for side, start in zip(sides, shipped, strict=True):
        found[side] = 1 - start(seen[side])
        if known is None or words < ENOUGH:
            continue
        truth = known.judged & side
        found[side] = 1 - fits(seen[truth], known.wrong[truth], start)(seen[side])
        fold = columns.clip % FOLDS
        for number in range(FOLDS):
            others, own = truth & (fold != number), truth & (fold == number)
            fitted = fits(seen[others], known.wrong[others], start) if others.any() else start
            found[own] = 1 - fitted(seen[own])
    source = (
        f"fitted on {words:,} words whose truth is known, each clip judged by the others"
        if words >= ENOUGH
        else "measured on seven human typists of read English; recognisers of one kind err together more often"
    )
    return found, f"probability that the choice is right, given {given}: {source}"


def _fit_share(seen: Floats, wrong: Bools, start: Curve) -> Curve:
    assert isinstance(start, calibration.Calibration)  # noqa: S101 - for mypy
    return calibration.fit_calibration(seen, wrong, start) if len(seen) else start


def _fit_evidence(seen: Floats, wrong: Bools, start: Curve) -> Curve:
    assert isinstance(start, evidence.Weighing)  # noqa: S101 - for mypy
    return evidence.fit_weighing(seen, wrong, start)
