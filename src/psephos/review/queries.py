"""Does an address ask only what its route can answer?

A misspelt filter that is passed over would answer another question than was asked, and nobody would see it. So every
route of the API refuses (422) parameters that it does not know, and names them; pages, whose addresses people send
around in messages that add their own, pass over them.

One dependency of all routes does it, after `authorisation.enter`, so that who may not come in learns nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import Request

from psephos.errors import InputError
from psephos.opinions.kinds import listed

API = "/api/"


def only_known(request: Request) -> None:
    """Refuse parameters that a route of the API does not know; a dependency of every route.

    Raises
    ------
    InputError
        If there are any.
    """
    if not request.url.path.startswith(API) or not request.query_params:
        return
    known = sorted(set(parameters_of(request.scope["route"].dependant)))
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        one = "a parameter" if len(unknown) == 1 else "parameters"
        hint = f"known here are {', '.join(known)}" if known else "this route takes none"
        raise InputError("query", f"has {one} that this route does not know: {listed(unknown)}", hint=hint)


def parameters_of(dependant: Any) -> Iterator[str]:
    """Names of the parameters that a route and all that it depends on take from the address."""
    yield from (one.alias for one in dependant.query_params)
    for further in dependant.dependencies:
        yield from parameters_of(further)
