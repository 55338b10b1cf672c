"""How is a server asked over HTTP without a surprise?

What all clients of psephos share: an address is checked before it is used; a key is sent to that server alone (no
redirects), over plain http only to this machine, and is struck out of whatever is shown; an answer has a limit of bytes
and a limit of seconds for the whole of it, since that of httpx counts each piece alone.
"""

from __future__ import annotations

import email.utils
import ipaddress
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psephos.errors import InputError

if TYPE_CHECKING:
    import httpx

KEY = "PSEPHOS_API_KEY"
"""The environment variable that holds the key, if the server wants one."""

LARGEST_ANSWER = 50 * 2**20
"""Bytes of an answer that are read, at most."""

_MAY_PASS = (408, 425, 429)
_SHOWN = 160
_HIDDEN = "***"


class NoAnswer(Exception):  # noqa: N818 - no error of the caller; each client makes its own of it
    """A server gave no answer; `again` says whether it may, if asked once more."""

    def __init__(self, reason: str, *, again: bool = True) -> None:
        self.again = again
        super().__init__(reason)


@dataclass(frozen=True)
class Answer:
    """What a server sent.

    Attributes
    ----------
    status : int
    body : bytes
    wait : float or None
        Seconds that it asks to wait before the next request.
    """

    status: int
    body: bytes
    wait: float | None

    @property
    def may_pass(self) -> bool:
        """Whether it is an error that may be gone the next time."""
        return self.status in _MAY_PASS or self.status >= 500


def posted(client: httpx.Client, url: str, seconds: float, **content: Any) -> Answer:
    """Post to a server and read the whole answer.

    Raises
    ------
    NoAnswer
        If there is none within this time, the connection breaks, or the answer is too large.
    """
    import httpx

    deadline = time.monotonic() + seconds
    try:
        with client.stream("POST", url, **content) as response:
            parts: list[bytes] = []
            size = 0
            for part in response.iter_bytes():
                parts.append(part)
                size += len(part)
                if size > LARGEST_ANSWER:
                    raise NoAnswer(f"answers with more than {LARGEST_ANSWER:,} bytes", again=False)
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer takes too long")
            return Answer(response.status_code, b"".join(parts), seconds_asked(response.headers.get("retry-after")))
    except httpx.TimeoutException:
        raise NoAnswer(f"gave no answer within {seconds:g} seconds") from None
    except httpx.HTTPError as problem:
        raise NoAnswer(f"cannot be reached or broke off: {one_line(str(problem).encode())}") from None


def address(url: str, path: str, *, secret: bool, variable: str) -> str:
    """The address to post to, if it is one and a key may be sent there.

    Parameters
    ----------
    url : str
        Where the interface begins.
    path : str
        What follows; not added where it is there.
    secret : bool
        Whether a key will be sent.
    variable : str
        The environment variable of the key, for the messages.
    """
    import httpx

    try:
        found = httpx.URL(url.strip())
    except httpx.InvalidURL:
        found = httpx.URL("")
    if found.scheme not in ("http", "https") or not found.host:
        raise InputError("endpoint", f"must be an address such as http://127.0.0.1:8000/v1, got {url!r}")
    if found.userinfo or found.query or found.fragment:
        raise InputError("endpoint", "must hold no user, password or question", hint=f"put a key into {variable}")
    if secret and found.scheme == "http" and not _is_here(found.host):
        raise InputError("endpoint", f"would send the key of {variable} in the clear", hint="use https, or unset it")
    stem = found.path.rstrip("/")
    return str(found.copy_with(path=stem if stem.endswith(path) else stem + path))


def bearer(key: str) -> dict[str, str]:
    """The header that carries a key."""
    return {"Authorization": f"Bearer {key}"} if key else {}


def hidden(text: str, key: str) -> str:
    """A text without the key, should it hold it.

    Examples
    --------
    >>> hidden("no such key: abc", "abc")
    'no such key: ***'
    """
    return text.replace(key, _HIDDEN) if key else text


def one_line(answer: bytes, key: str = "") -> str:
    """The beginning of an answer as one line, without the key should the server repeat it.

    Examples
    --------
    >>> one_line(b"<html>    busy")
    '<html> busy'
    """
    text = hidden(answer[:2000].decode("utf-8", "replace"), key)
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line[:_SHOWN] or "nothing"


def seconds_asked(text: str | None) -> float | None:
    """What Retry-After says, which is a number of seconds or a date; None if it says nothing that can be understood.

    Examples
    --------
    >>> seconds_asked("3"), seconds_asked("soon")
    (3.0, None)
    """
    if text is None:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text.strip()):
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
