"""What is wrong with a request that does not have the form it must have, in our words?

What checks the form of requests says so in English of its own. The faults that occur are said here as everything else
that is raised is, so that the catalogues know them; any other stays as it was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MOST_FAULTS = 20
"""Faults of one request that are told."""

WORDS = {
    "missing": "is missing",
    "string_type": "must be a text",
    "string_too_long": "may have {max_length:,} characters at most",
    "string_too_short": "must have {min_length:,} characters or more",
    "string_pattern_mismatch": "is not written as it must be",
    "too_long": "may hold {max_length:,} at most",
    "too_short": "must hold {min_length:,} or more",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number that is not so large",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "literal_error": "must be one of {expected}",
    "extra_forbidden": "is not known here",
    "list_type": "must be a list",
    "dict_type": "must be an object of JSON",
    "model_attributes_type": "must be an object of JSON",
    "json_invalid": "is no JSON",
    "datetime_from_date_parsing": "must be a time, as in 2026-01-02T03:04:05Z",
    "datetime_parsing": "must be a time, as in 2026-01-02T03:04:05Z",
}
"""What is said of a fault, by the name that pydantic gives to its kind."""


def in_our_words(fault: Mapping[str, Any]) -> tuple[str, str]:
    """Which field it is about, and what is wrong with it.

    Examples
    --------
    >>> in_our_words({"type": "greater_than_equal", "loc": ("query", "before"), "ctx": {"ge": 1}, "msg": "..."})
    ('before', 'must be at least 1')
    >>> in_our_words({"type": "odd", "loc": ("body",), "msg": "Something else"})
    ('body', 'Something else')
    """
    place = [str(part) for part in fault["loc"]]
    said = WORDS.get(fault["type"])
    return ".".join(place[1:] or place), said.format(**fault.get("ctx", {})) if said else str(fault["msg"])
