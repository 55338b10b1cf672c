"""What can a program ask of the API, and what may come back?

FastAPI describes what the routes declare: bodies, queries, what comes back when all is well. Here stands what they
share and do not declare: the numbers in the paths, how a program shows who it is, and how a problem reads.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

ID = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}
"""Numbers in paths, as `authorisation` takes them."""

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["problem"],
    "properties": {
        "problem": {"type": "string", "description": "What is wrong, in words."},
        "argument": {"type": "string", "description": "What of the request is meant."},
        "where": {"type": ["string", "null"]},
        "hint": {"type": ["string", "null"], "description": "What to do."},
        "needed": {"type": "string", "description": "The role or scope that is missing."},
        "seen": {"type": "integer", "description": "The version that the request names."},
        "present": {"type": "integer", "description": "The version that there is."},
        "faults": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"where": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}

ALWAYS = {
    401: "Nobody is signed in, or the token is not known.",
    403: "The role or the scopes of the token do not allow this, or the rules of the project.",
    404: "There is no such thing, or none that may be known of.",
    422: "The request says something that cannot be, or asks by a parameter that is not known here.",
    503: "The store cannot be read or written; nothing was changed.",
}
CHANGING = {
    400: "The body is no JSON of a bounded depth.",
    409: "Somebody else was faster; `seen` and `present` are the versions.",
    413: "The body is too large.",
    415: "The body is of another type.",
}


def described(document: dict[str, Any]) -> dict[str, Any]:
    """The description of FastAPI, completed.

    Parameters
    ----------
    document : dict
        An OpenAPI document; it is not changed.

    Returns
    -------
    dict

    Examples
    --------
    >>> found = described({"paths": {"/a/{b}": {"get": {"responses": {}}}}})
    >>> [one["name"] for one in found["paths"]["/a/{b}"]["get"]["parameters"]], found["security"]
    (['b'], [{'token': []}])
    """
    found = copy.deepcopy(document)
    parts = found.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A token made on the page Account."}
    }
    found["security"] = [{"token": []}]
    for path, method, operation in _operations(found):
        _number_paths(path, operation)
        problems = ALWAYS | ({} if method == "get" else CHANGING)
        for status, says in sorted(problems.items()):
            schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
            operation["responses"][str(status)] = {"description": says, "content": {"application/json": schema}}
    return found


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _number_paths(path: str, operation: dict[str, Any]) -> None:
    """Declare every number in the path, also those that the route leaves to `authorisation`."""
    given = [one for one in operation.get("parameters", []) if one["in"] != "path"]
    inside = [
        {"name": name, "in": "path", "required": True, "schema": dict(ID)} for name in re.findall(r"\{(\w+)\}", path)
    ]
    if inside or given:
        operation["parameters"] = inside + given
