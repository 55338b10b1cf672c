"""Is the answer of a model the JSON object that was asked for?

A text is taken as JSON, or else its outermost braces are, from the first ``{`` to the last ``}``: this reads objects in
code fences and among words. Trailing commas and single quotes are not JSON, NaN is no number, and what does not follow
the schema is no answer. References of a schema to other places are not followed: nothing is fetched.

Source: sheet 19. Differs: nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from psephos.errors import InputError, MissingPartError


def parsed(text: str, schema: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The JSON object in a text, if there is one that follows the schema.

    Parameters
    ----------
    text : str
        What a model answered.
    schema : mapping or None
        JSON schema; None asks for no object.

    Returns
    -------
    dict or None
        None if there is none.

    Raises
    ------
    InputError
        If the schema is none.
    MissingPartError
        If jsonschema is not installed.

    Examples
    --------
    >>> parsed('Sure: {"answer": "A"}', {"required": ["answer"]})
    {'answer': 'A'}
    >>> parsed("{'answer': 'A'}", {"required": ["answer"]})
    """
    if schema is None:
        return None
    follows = _rule(schema)
    for part in (text, text[text.find("{") : text.rfind("}") + 1]):
        try:
            found = json.loads(part, parse_constant=_no_number)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return found if follows(found) else None
    return None


def _rule(schema: Mapping[str, Any]) -> Callable[[dict[str, Any]], bool]:
    try:
        import jsonschema
        import referencing
    except ImportError:
        raise MissingPartError("jsonschema", "judges", "answers that follow a schema") from None
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except jsonschema.SchemaError as problem:
        raise InputError("schema", f"is no JSON schema: {problem.message:.200}") from None
    validator = kind(schema, registry=referencing.Registry())

    def follows(found: dict[str, Any]) -> bool:
        try:
            return bool(validator.is_valid(found))
        except referencing.exceptions.Unresolvable as problem:
            raise InputError("schema", f"refers to {problem.ref!r:.80}, which it does not hold") from None

    return follows


def _no_number(name: str) -> None:
    raise ValueError(name)
