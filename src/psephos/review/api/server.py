"""The API itself: its description, who one is, the keys."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from psephos.errors import check_choice
from psephos.review.api.bodies import MeBody
from psephos.review.api.description import described
from psephos.review.context import Here
from psephos.review.keys import bindings_of, check_keys
from psephos.review.languages import LANGUAGES
from psephos.review.security import csrf_token
from psephos.review.store.account_tables import User

router = APIRouter(prefix="/api/v1", tags=["server"])


@router.get("/openapi.json", name="api.openapi")
def openapi(here: Here) -> Response:
    """What the API can do, as OpenAPI."""
    return JSONResponse(described(here.request.app.openapi()))


@router.get("/me", name="api.me")
def me(here: Here) -> dict[str, Any]:
    """Who asks, and the token that changes from a page must repeat."""
    caller = here.caller
    found = {"id": caller.user_id, "login": caller.login, "name": caller.name, "admin": caller.admin}
    if caller.session_id is not None:
        found["csrf"] = csrf_token(here.cookie)
    return found


@router.patch("/me", name="api.me.change")
def change_me(here: Here, body: MeBody) -> dict[str, Any]:
    """Change one's own language, theme, keys."""
    if body.locale is not None:
        check_choice("locale", body.locale, ("", *LANGUAGES))
    with here.write() as session:
        user = session.get_one(User, here.caller.user_id)
        stated = body.model_dump(exclude_none=True, exclude={"locale", "keys"})
        if body.keys is not None:
            stated["keys"] = check_keys(body.keys)
        user.settings = user.settings | stated
        if body.locale is not None:
            user.locale = body.locale
        return {"locale": user.locale, "settings": user.settings}


@router.get("/keys", name="api.keys")
def keys(here: Here) -> list[dict[str, str]]:
    """Every command with its key."""
    changed = here.caller.preferences.get("keys", {})
    return [
        {"command": one.command, "key": key, "says": one.says, "where": one.where} for one, key in bindings_of(changed)
    ]
