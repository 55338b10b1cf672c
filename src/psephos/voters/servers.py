"""How is a server asked over HTTP without a surprise?

What all clients of psephos share: an address is checked before it is used; a key is sent to that server alone (no
redirects), over plain http only to this machine (past the proxies of the environment, which lie elsewhere), and is
struck out of whatever is shown; an answer has a limit of bytes and a limit of seconds for the whole of it, since that
of httpx counts each piece alone.
"""

from __future__ import annotations

import email.utils
import ipaddress
import json
import os
import queue
import re
import threading
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

LONGEST_WAIT = 60.0
"""Seconds that are waited before a request is made again, at most, whatever the server asks for."""

SHORTEST_SECRET = 8
"""Signs of a key, at least, for it to be struck out of answers: shorter ones, as in "none", are words of answers."""

_MAY_PASS = (408, 425, 429)
_ENCODINGS = ("", "identity", "gzip", "deflate")
_READ = 2000
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


def client_of(url: str, seconds: float) -> httpx.Client:
    """A client that follows nobody elsewhere, and does not send through a proxy what is for this machine.

    Raises
    ------
    InputError
        If the environment names a proxy that cannot be used.
    """
    import httpx

    place = httpx.URL(url)
    here = _is_here(place.host)
    try:
        return httpx.Client(
            timeout=seconds,
            follow_redirects=False,
            trust_env=not here,
            verify=place.scheme == "https" and httpx.create_ssl_context(),  # plain http has no use for what takes long
            headers={"accept-encoding": "gzip, deflate"},
        )
    except ImportError:
        raise InputError("ALL_PROXY", "names a SOCKS proxy", hint="pip install socksio, or unset it") from None
    except (ValueError, httpx.InvalidURL):
        raise InputError("HTTPS_PROXY", "or another variable of proxies names no proxy", hint="unset it") from None


def posted(client: httpx.Client, url: str, seconds: float, **content: Any) -> Answer:
    """Post to a server and read the whole answer.

    It is read in a thread of its own, since httpx waits anew for each byte: a server that sends one now and then would
    never be given up. A thread that is left behind ends when its server does, and holds nothing up.

    Raises
    ------
    NoAnswer
        If there is none within this time, the connection breaks, or the answer is too large.
    """
    found: queue.SimpleQueue[Answer | BaseException] = queue.SimpleQueue()
    deadline = time.monotonic() + seconds

    def read() -> None:
        try:
            found.put(_read(client, url, seconds, deadline, content))
        except BaseException as problem:  # noqa: BLE001 - handed to the thread that asked
            found.put(problem)

    threading.Thread(target=read, daemon=True).start()
    try:
        answer = found.get(timeout=seconds)
    except queue.Empty:
        raise _too_late(seconds) from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _read(client: httpx.Client, url: str, seconds: float, deadline: float, content: dict[str, Any]) -> Answer:
    import httpx

    try:
        with client.stream("POST", url, **content) as response:
            encoding = response.headers.get("content-encoding", "").strip().lower()
            if encoding not in _ENCODINGS:  # one that was not asked for may be a thousand times as large inside
                raise NoAnswer(f"answers in the encoding {one_line(encoding.encode())}, which was not asked for")
            parts: list[bytes] = []
            size = 0
            for part in response.iter_bytes():
                parts.append(part)
                size += len(part)
                if size > LARGEST_ANSWER:
                    raise NoAnswer(f"answers with more than {LARGEST_ANSWER:,} bytes", again=False)
                if time.monotonic() > deadline:
                    raise _too_late(seconds)
            return Answer(response.status_code, b"".join(parts), seconds_asked(response.headers.get("retry-after")))
    except httpx.TimeoutException:
        raise _too_late(seconds) from None
    except httpx.HTTPError as problem:
        raise NoAnswer(f"cannot be reached or broke off: {one_line(str(problem).encode())}") from None


def _too_late(seconds: float) -> NoAnswer:
    return NoAnswer(f"gave no answer within {seconds:g} seconds")


def key_in(variable: str) -> str:
    """The key that the environment holds; empty if there is none.

    Raises
    ------
    InputError
        If it holds what no header can carry. It is not shown.
    """
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise InputError(
            variable, "holds what is no key", hint="a key has letters, digits and signs of ASCII, and no blanks"
        )
    return key


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
    """A text without the key, should it hold it, as it is or as JSON writes it.

    Examples
    --------
    >>> hidden("no such key: abc", "abc")
    'no such key: ***'
    """
    if key:
        written = json.dumps(key)[1:-1]
        for form in (written.replace("/", "\\/"), written, key):
            text = text.replace(form, _HIDDEN)
    return text


def plain(text: str, key: str) -> str:
    """A text of an answer: without the key, and without halves of characters, which JSON can hold and no file can.

    Examples
    --------
    >>> plain("my key is abcdefgh" + chr(0xD800), "abcdefgh"), plain("none", "none")
    ('my key is ***?', 'none')
    """
    whole = text.encode("utf-8", "replace").decode()
    return hidden(whole, key) if len(key) >= SHORTEST_SECRET else whole


def one_line(answer: bytes, key: str = "") -> str:
    """The beginning of an answer as one line, without the key should the server repeat it.

    Examples
    --------
    >>> one_line(b"<html>    busy")
    '<html> busy'
    """
    beginning = answer[: _READ + 6 * len(key)]  # no key that begins before the cut is cut in two
    text = hidden(beginning.decode("utf-8", "replace"), key)[:_READ]
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
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text.strip()):
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError, OSError):
        return None


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
