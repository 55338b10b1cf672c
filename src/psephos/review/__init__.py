"""The review app: see every opinion, settle it, prove it later.

Inside: `store` keeps items, opinions, decisions and the log of all that happened. Needs ``pip install 'psephos[web]'``;
what is offered here is loaded when it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psephos.review.store.opening import open_store

__all__ = ["open_store"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("psephos.review.store"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
