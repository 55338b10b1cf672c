"""The review app: see every opinion, settle it, prove it later.

`create_app` is the server as an ASGI application, `Settings` says how it is set up; ``psephos serve`` does both.
Inside, `store` keeps items, opinions, decisions and the log of all that happened. Needs ``pip install 'psephos[web]'``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psephos.review.settings import Settings, SignOn

if TYPE_CHECKING:
    from psephos.review.app import create_app

__all__ = ["Settings", "SignOn", "create_app"]


def __getattr__(name: str) -> Any:
    """`create_app` loads the web framework, so it is loaded when it is asked for."""
    if name == "create_app":
        from psephos.review.app import create_app

        return create_app
    raise AttributeError(name)
