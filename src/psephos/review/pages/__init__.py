"""The pages that people see: each file holds the routes of one of them."""

from __future__ import annotations

from fastapi import APIRouter


def routers() -> list[APIRouter]:
    """The routers of all pages."""
    from psephos.review.pages import (
        account,
        everyone,
        files,
        item,
        project,
        projects,
        queue,
        second_factor,
        settings,
        sign_in,
        sign_on,
    )

    rooms = (files, sign_in, second_factor, sign_on, account, projects, everyone, queue, item, settings, project)
    return [room.router for room in rooms]
