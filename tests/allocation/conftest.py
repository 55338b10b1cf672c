"""What tests of this room share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def draw_from():
    """`draw_from(pools)`: a function that gives the stored answers one by one, then raises StopIteration."""

    def of(pools):
        stores = {name: iter(pool) for name, pool in pools.items()}
        return lambda name: next(stores[name])

    return of
