"""What one person or model said of one item, question by question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Said:
    """The answers of one voter to the questions of one item; a question without an answer is an abstention.

    Attributes
    ----------
    item, voter : str
    values : mapping
        Question to a text or a number.
    """

    item: str
    voter: str
    values: Mapping[str, Any] = field(default_factory=dict)


def plain_texts(known: Mapping[str, Any]) -> dict[str, str]:
    """What is said of an item as texts; what is nested, and a name that opinions use, is left out.

    Examples
    --------
    >>> plain_texts({"text": "a", "page": 2, "boxes": [], "item": "x"})
    {'text': 'a', 'page': '2'}
    """
    plain = {name: value for name, value in known.items() if isinstance(value, str | int | float) and name != "item"}
    return {str(name): str(value) for name, value in plain.items()}
