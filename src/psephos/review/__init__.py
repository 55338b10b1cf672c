"""The review app: see every opinion, settle it, prove it later.

`create_app` is the server as an ASGI application, `Settings` says how it is set up; ``psephos serve`` does both.
Inside, `store` keeps items, opinions, decisions and the log of all that happened. Needs ``pip install 'psephos[web]'``;
what is offered here is loaded when it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psephos.review.app import create_app
    from psephos.review.settings import Settings, SignOn
    from psephos.review.store.opening import open_store

__all__ = ["Settings", "SignOn", "create_app", "open_store"]

_HOMES = {"Settings": "settings", "SignOn": "settings", "create_app": "app", "open_store": "store"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"psephos.review.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
