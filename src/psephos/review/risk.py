"""How does the remaining risk look as a picture of few numbers?

The curve of errors that are left after so many items, with its interval, as a path of SVG in a box of 100 x 60, and
the sentence above it. The numbers are those of `store.remaining_risk`.

Source: sheet 90 section 3.1. Differs: nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import func
from sqlalchemy.orm import Session

from psephos.review.store.deciding import acceptable
from psephos.review.store.remaining_risk import RemainingRisk, remaining_risk
from psephos.review.store.tables import Item, Project

WIDTH, HEIGHT = 320, 160
LEVELS = (0.9, 0.95, 0.99, 0.999)


def remaining(session: Session, project: Project) -> dict[str, Any]:
    """Numbers and picture of the risk that is left, ready for JSON.

    Returns
    -------
    dict
        left and factor (value, low, high), open, measured, audited, audit_size, found, claimed, worth, half and tenth
        (items to check until so much is left), curve (rows of items, errors, low, high), drawing (paths), accept (what
        accepting all above a certainty would do).
    """
    found = remaining_risk(session, project)
    total = found.left.value
    half = found.to_reach(total / 2)
    return {
        "left": [round(float(value), 1) for value in (total, found.left.low, found.left.high)],
        "factor": [round(float(value), 2) for value in (found.factor.value, found.factor.low, found.factor.high)],
        "open": found.open_items,
        "measured": found.measured,
        "audited": found.audited,
        "audit_size": found.audit_size,
        "found": found.found,
        "claimed": round(found.claimed, 1),
        "worth": found.worth,
        "half": half,
        "tenth": found.to_reach(total / 10),
        "curve": [
            [int(n), round(float(e), 2), round(float(lo), 2), round(float(hi), 2)] for n, e, lo, hi in _points(found)
        ],
        "drawing": _drawing(found),
        "accept": _accepting(session, project),
    }


def _points(found: RemainingRisk) -> list[tuple[int, float, float, float]]:
    return list(
        zip(found.checked.tolist(), found.expected.tolist(), found.low.tolist(), found.high.tolist(), strict=True)
    )


def _drawing(found: RemainingRisk) -> dict[str, Any]:
    """Paths in a box of `WIDTH` x `HEIGHT`: the curve, its interval, and where checking stops to be worth it."""
    wide = max(int(found.checked[-1]), 1)
    top = max(float(found.high.max(initial=0.0)), float(found.expected.max(initial=0.0)), 1e-9)
    x = found.checked / wide * WIDTH
    line, low, high = (HEIGHT * (1 - values / top) for values in (found.expected, found.low, found.high))
    there = " L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, high, strict=True))
    back = " L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x[::-1], low[::-1], strict=True))
    return {
        "curve": "M" + " L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, line, strict=True)),
        "interval": f"M{there} L{back} Z",
        "here": round(float(np.interp(found.worth, [0, wide], [0, WIDTH])), 1),
        "top": round(top, 1),
        "width": WIDTH,
        "height": HEIGHT,
    }


def _accepting(session: Session, project: Project) -> list[dict[str, Any]]:
    """How many items would be accepted at once, by certainty, and how many of these are expected to be wrong."""
    if project.overlap != 1:
        return []
    rows = []
    for level in LEVELS:
        chosen = acceptable(project, level).with_only_columns(func.count(), func.coalesce(func.sum(Item.risk), 0.0))
        count, wrong = session.execute(chosen).one()
        if count:
            rows.append({"certainty": level, "count": int(count), "errors": round(float(wrong), 1)})
    return rows
