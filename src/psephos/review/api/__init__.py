"""The same for programs: everything that the pages can do, as JSON under ``/api/v1``, described by OpenAPI."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """The routers of the API."""
    from psephos.review.api import items, managing, projects, server

    return [room.router for room in (server, projects, items, managing)]
