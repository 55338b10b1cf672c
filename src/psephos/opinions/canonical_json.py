"""Which JSON says a value always in the same bytes? That which is hashed, compared or found again."""

from __future__ import annotations

import json
from typing import Any


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and without blanks, its letters as they are.

    Parameters
    ----------
    value : JSON-ready value

    Returns
    -------
    str

    Raises
    ------
    TypeError, ValueError
        If it holds what JSON cannot say the same everywhere: an object, NaN or infinity. Half of a surrogate pair fails
        when the text is encoded.

    Examples
    --------
    >>> canonical_json({"note": "Zürich", "choice": "B"})
    '{"choice":"B","note":"Zürich"}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
