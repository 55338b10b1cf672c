"""The review server as an application, put together from its rooms.

Order of things on the way in: the layers of `security`, then `authorisation.enter` and `queries.only_known`
for each route, then the route.
Routes are plain functions that run in threads, because the store is read and written synchronously.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import structlog
from fastapi import APIRouter, Depends, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from psephos.review import delivering, exporting, retention
from psephos.review.api import routers as api_routers
from psephos.review.authorisation import enter
from psephos.review.context import Server
from psephos.review.pages import routers as page_routers
from psephos.review.problems import answer_problems
from psephos.review.queries import only_known
from psephos.review.security import layers
from psephos.review.settings import Settings
from psephos.review.store.opening import Store, open_store

log = structlog.get_logger("psephos.review")


class ReviewApp:
    """The application; call it as ASGI does.

    Attributes
    ----------
    server : Server
        Settings and store.
    inner : FastAPI
        The application inside of the layers.
    """

    def __init__(self, settings: Settings, store: Store | None = None) -> None:
        self.server = Server(settings, store or open_store(settings.database))
        self.inner = FastAPI(
            title="psephos review",
            version="1",
            docs_url=None,
            redoc_url=None,
            openapi_url=None,
            dependencies=[Depends(enter), Depends(only_known)],
            lifespan=_lifespan,
            separate_input_output_schemas=False,
        )
        self.inner.router.redirect_slashes = False
        self.inner.state.server = self.server
        for router in all_routers():
            self.inner.include_router(router)
        answer_problems(self.inner)
        self._outer: ASGIApp = layers(self.inner, settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it.

        What nobody expected was answered and written down by `problems`; who listens would write down its text too.
        """
        try:
            await self._outer(scope, receive, send)
        except Exception as wrong:
            if scope["type"] != "http":
                raise
            if not getattr(wrong, "__notes__", ()):
                log.error("problem", kind=type(wrong).__name__)


def create_app(settings: Settings, store: Store | None = None) -> ReviewApp:
    """The review server as an ASGI application.

    Parameters
    ----------
    settings : Settings
    store : Store, optional
        An open store; the one that the settings name is opened if not given.

    Returns
    -------
    ReviewApp

    Raises
    ------
    StoreError
        If the store cannot be opened.

    Examples
    --------
    >>> import tempfile
    >>> from psephos.review.settings import Settings
    >>> file = f"{tempfile.mkdtemp()}/reviews.sqlite"
    >>> app = create_app(Settings(database=file, origin="http://127.0.0.1:8484"))
    >>> app.server.settings.mode
    'local'
    >>> app.server.store.close()
    """
    return ReviewApp(settings, store)


def all_routers() -> Iterator[APIRouter]:
    """Every router of the application."""
    yield from page_routers()
    yield from api_routers()


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    stops = [begin(app.state.server) for begin in (delivering.start, retention.start, exporting.watch)]
    yield
    for stop in stops:
        stop()
