"""Who else is told, and how can they tell that it was us?

A project may name addresses that are told of its events by POST. The body is signed: the header ``Psephos-Signature``
is ``t=SECONDS,v1=HEX`` with the HMAC-SHA256 of ``SECONDS.BODY`` under a secret that was shown once. Whoever receives
it checks the signature and that the time is near.

Threat: server-side request forgery. An address that somebody typed in makes this server fetch from inside its
network. The name is resolved once, every address that it stands for must be public, the connection goes to the very
address that was checked (a second look-up could answer otherwise), redirects are not followed, the answer is not
shown.

Source: sheet 90 sections 6 and 8 (V15). Differs: nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

from psephos.errors import InputError

SECONDS, LONGEST = 10.0, 20.0
"""Seconds until the next byte of an answer must come, and until it must be there."""

_PROTOCOLS = ipaddress.ip_network("192.0.0.0/24")
"""Addresses for protocols; some versions of Python take a few of them for public."""


def signature(secret: str, body: bytes, at: int) -> str:
    """The header by which a body shows that it is ours.

    Examples
    --------
    >>> signature("secret", b"{}", 1767323045)[:15]
    't=1767323045,v1'
    """
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def is_signed(secret: str, body: bytes, header: str, *, now: float, tolerance: float = 300) -> bool:
    """Whether a body came from whoever has the secret, not long ago; what a receiver does.

    Examples
    --------
    >>> header = signature("secret", b"{}", 1000)
    >>> is_signed("secret", b"{}", header, now=1010), is_signed("secret", b"{ }", header, now=1010)
    (True, False)
    """
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    at = parts.get("t", "")
    fresh = at.isdecimal() and abs(now - int(at)) <= tolerance
    return fresh and hmac.compare_digest(signature(secret, body, int(at)), header)


def check_address(address: str, *, private: bool = False) -> tuple[str, int, str]:
    """Where to connect to, if an address may be called: the checked IP address, the port, and the host's name.

    Parameters
    ----------
    address : str
        An https address (http too where `private`).
    private : bool
        Whether addresses of this machine and its network are allowed.

    Returns
    -------
    (str, int, str)

    Raises
    ------
    InputError
        If the address is not one, or stands for anything but public machines.

    Examples
    --------
    >>> check_address("https://127.0.0.1/hook")
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: address: 127.0.0.1 is not a public address; name a server outside of this network
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise InputError("address", "is no address") from None
    schemes = ("https", "http") if private else ("https",)
    if parts.scheme not in schemes or not parts.hostname or parts.username or parts.password:
        raise InputError("address", f"must begin with {schemes[0]}:// and a host name")
    port = port or (443 if parts.scheme == "https" else 80)
    try:
        found = {info[4][0] for info in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise InputError("address", f"there is no host {parts.hostname!r:.80}") from None
    for one in sorted(map(str, found)):
        if not private and not is_public(one):
            hint = "name a server outside of this network"
            raise InputError("address", f"{one} is not a public address", hint=hint)
    return str(sorted(map(str, found))[0]), port, parts.hostname


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet; one written inside another counts as what it stands for.

    Examples
    --------
    >>> [is_public(one) for one in ("8.8.8.8", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::7f00:1")]
    [True, False, False, False, False]
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    site = isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or site) and ip not in _PROTOCOLS


def post(address: str, secret: str, body: bytes, *, private: bool = False) -> int:
    """Send a signed body once.

    Returns
    -------
    int
        The status of the answer; 0 if there was none.

    Raises
    ------
    InputError
        If the address may not be called.
    """
    ip, port, host = check_address(address, private=private)
    return _post(address, ip, port, host, body, signature(secret, body, int(time.time())))


def _post(address: str, ip: str, port: int, host: str, body: bytes, signed: str) -> int:
    """One try, to the address that was checked, under the name that was asked for."""
    parts = urlsplit(address)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    until = threading.Timer(LONGEST, _cut, [connection])
    until.daemon = True
    until.start()
    try:
        connection.sock = socket.create_connection((ip, port), SECONDS)
        if parts.scheme == "https":  # the handshake has to wait until `_cut` can end it
            context = ssl.create_default_context()
            secure = context.wrap_socket(connection.sock, server_hostname=host, do_handshake_on_connect=False)
            connection.sock = secure
            secure.do_handshake()
        headers = {"Content-Type": "application/json", "Psephos-Signature": signed, "User-Agent": "psephos"}
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        until.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection) -> None:
    """End a try that goes on for too long: an answer may come byte by byte, each in time, and hold up all others."""
    with suppress(OSError):
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
