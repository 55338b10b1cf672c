"""The review app: see every opinion, settle it, prove it later.

`create_app` is the server as an ASGI application, `Settings` says how it is set up; ``psephos serve`` does both.
Inside: `store` keeps items, opinions, decisions and the log of all that happened, `open_store` opens it. Needs
``pip install 'psephos[web]'``; what loads the database or the web framework is loaded when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from psephos.review.settings import Settings, SignOn

if TYPE_CHECKING:
    from psephos.review.app import create_app
    from psephos.review.store.opening import open_store

__all__ = ["Settings", "SignOn", "create_app", "open_store"]

_LATER = {"create_app": "psephos.review.app", "open_store": "psephos.review.store.opening"}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
