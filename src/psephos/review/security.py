"""What does every request pass before a route sees it?

Five small layers, each with the threat that it is there for. They are plain ASGI, know nothing of users or items, and
apply to every route without exception: pages, API, static files, errors.

Source: sheet 90 section 8 (OWASP ASVS 5.0.0, V1 to V4). Differs: nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from psephos.review.languages import best_language, rephrased
from psephos.review.settings import Settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "microphone=(), camera=(), geolocation=()",
}
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORM = "application/x-www-form-urlencoded"
UPLOADS = frozenset({"multipart/form-data", "application/octet-stream"})
DEEPEST = 32
"""Most levels of brackets in a JSON body."""


class SafeHeaders:
    """Headers by which the browser itself keeps a page from harm, and nothing that says what runs here.

    Threat: a text of a model or user that ends up as markup runs as script, the page is framed by another site, is
    kept in a shared cache, or tells other sites where the reader was. The policy lets nothing run or load that does not
    come from this server as a file of its own; pages are not stored anywhere.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.headers = dict(HEADERS)
        if settings.hsts and settings.secure:
            self.headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
                if "server" in headers:
                    del headers["server"]
            await send(message)

        await self.app(scope, receive, guarded)


class KnownHosts:
    """Only requests that were meant for this server.

    Threat: DNS rebinding. A page of another site changes what its own name points to until it points here; the browser
    then believes that both are the same site. It still sends its own name in ``Host``.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.hosts = settings.hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] in ("http", "websocket"):
            named = Headers(scope=scope).getlist("host")
            if len(named) != 1 or named[0].lower() not in self.hosts:
                refusal = refuse(421, "this server does not answer to that host name")
                return await refusal(scope, receive, send)
        await self.app(scope, receive, send)
        return None


class BoundedBodies:
    """Bodies of a known type and a bounded size and depth.

    Threat: a body that fills the memory, a JSON text nested until the parser's stack breaks, a form of another site
    that poses as JSON by a type that needs no preflight (``text/plain``).
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] != "http" or scope["method"] in SAFE:
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        kind = media_type(headers)
        upload = kind in UPLOADS
        most = self.settings.largest_upload if upload else self.settings.largest_body
        length = headers.get("content-length")
        chunked = "transfer-encoding" in headers
        if length is not None and (not length.isdecimal() or len(length) > 15 or int(length) > most):
            return await refuse(413, f"a request may have {most:,} bytes")(scope, receive, send)
        if (chunked or length not in (None, "0")) and not (upload or kind in ("application/json", FORM)):
            return await refuse(415, "send application/json")(scope, receive, send)
        if upload:  # read piece by piece by the route; `problems` answers where it grows too long
            return await self.app(scope, _counted(receive, most), send)
        try:
            body = await read_all(receive, most)
        except TooLargeError as problem:
            return await refuse(413, str(problem))(scope, receive, send)
        if kind == "application/json" and depth(body) > DEEPEST:
            return await refuse(400, f"JSON may be nested {DEEPEST} levels deep")(scope, receive, send)
        await self.app({**scope, "psephos.body": body}, replayed(body, receive), send)
        return None


class OwnForms:
    """Only changes that a page of this server, or a program with a token of its own, asked for.

    Threat: cross-site request forgery. Another site lets the reader's browser send a form here, and the browser adds
    the reader's cookie. Three things stand in the way, each enough: the cookie is ``SameSite``; the browser says where
    a request comes from (``Origin``, ``Sec-Fetch-Site``); and the request must repeat a token that is derived from the
    cookie and that only our own pages can read. A request with ``Authorization: Bearer`` carries nothing that the
    browser adds by itself, and its cookie is not looked at.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] == "http" and scope["method"] not in SAFE and not bearer_of(Headers(scope=scope)):
            problem = self._problem(Headers(scope=scope), scope.get("psephos.body", b""))
            if problem:
                return await refuse(403, problem)(scope, receive, send)
        await self.app(scope, receive, send)
        return None

    def _problem(self, headers: Headers, body: bytes) -> str:
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is None and site is None:
            return "this request does not say where it comes from"
        hidden = origin == "null" and site == "same-origin"  # what browsers send with a form under no-referrer
        if origin is not None and not hidden and origin.lower() not in self.settings.origins:
            return "this request comes from another site"
        if site is not None and site != "same-origin":
            return "this request comes from another site"
        cookie = cookie_of(headers, self.settings.cookie)
        given = headers.get("x-csrf-token") or ""
        if not given and media_type(headers) == FORM:
            given = (parse_qs(body.decode("latin-1"), max_num_fields=1000).get("csrf") or [""])[0]
        if not cookie or not hmac.compare_digest(given.encode(), csrf_token(cookie).encode()):
            return "the page is out of date: load it again, nothing was changed"
        return ""


def layers(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The application inside all layers, the outermost first in the order of the file."""
    for layer in (OwnForms, BoundedBodies, KnownHosts, SafeHeaders):
        app = layer(app, settings)
    return app


def csrf_token(cookie: str) -> str:
    """The token that a form repeats: made from the cookie, and useless for making it.

    Examples
    --------
    >>> len(csrf_token("a")), csrf_token("a") == csrf_token("b")
    (64, False)
    """
    return hmac.new(cookie.encode(), b"csrf", sha256).hexdigest()


def cookie_of(headers: Headers, name: str) -> str:
    """The cookie of this name, or nothing; of two with one name neither is believed."""
    found = []
    for line in headers.getlist("cookie"):
        for part in line.split(";"):
            try:
                jar = SimpleCookie(part.strip())
            except CookieError:
                continue
            found += [morsel.value for key, morsel in jar.items() if key == name]
    return found[0] if len(found) == 1 else ""


def bearer_of(headers: Headers) -> str:
    """The token of ``Authorization: Bearer``, or nothing."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def media_type(headers: Headers) -> str:
    """The type of a body without its parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def depth(body: bytes) -> int:
    r"""How deep the brackets of a JSON text are nested, brackets inside of strings not counted.

    Examples
    --------
    >>> depth(b'{"a": ["[[[", 1]}'), depth(b"1"), depth(rb'"\"[" ')
    (2, 0, 0)
    """
    level = deepest = 0
    inside = escaped = False
    for sign in body:
        if inside:
            if escaped:
                escaped = False
            elif sign == 0x5C:
                escaped = True
            elif sign == 0x22:
                inside = False
        elif sign == 0x22:
            inside = True
        elif sign in b"[{":
            level += 1
            deepest = max(deepest, level)
        elif sign in b"]}":
            level -= 1
    return deepest


class TooLargeError(Exception):
    """A body is longer than it may be."""


async def read_all(receive: Receive, most: int) -> bytes:
    """The whole body of a request, of at most so many bytes."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise TooLargeError(f"a request may have {most:,} bytes")
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def replayed(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, for whoever reads next."""
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again


def refuse(status: int, problem: str) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """An answer that says what is wrong and nothing else, in the language of the browser."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        language = best_language("", Headers(scope=scope).get("accept-language") or "")
        known = rephrased(language, problem)
        said = JSONResponse({"problem": known or problem}, status, {"content-language": language if known else "en"})
        await said(scope, receive, send)

    return answer


def _counted(receive: Receive, most: int) -> Receive:
    """The body as it comes, until it grows too long."""
    size = 0

    async def next_part() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise TooLargeError(f"a request may have {most:,} bytes")
        return message

    return next_part


def cookie_line(settings: Settings, value: str, *, seconds: int | None) -> str:
    """The ``Set-Cookie`` line of a session; without `seconds` it ends with the browser, 0 deletes it."""
    parts: Iterable[Any] = (
        f"{settings.cookie}={value}",
        "Path=/",
        "HttpOnly",
        "Secure" if settings.secure else None,
        f"SameSite={'Lax' if settings.secure else 'Strict'}",
        None if seconds is None else f"Max-Age={seconds}",
    )
    return "; ".join(filter(None, parts))
