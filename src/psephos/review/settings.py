"""How is this server set up, and may it start like that?

Everything that differs between a laptop and a team stands here once, checked when the server starts:

- local mode: one user, loopback addresses only, plain http, the cookie ``psephos_local``;
- team mode: accounts, https to the outside (our own TLS or a proxy that is declared), the cookie ``__Host-psephos``.

Source: sheet 90 sections 7 and 8. Differs: nothing.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Literal
from urllib.parse import urlsplit

from psephos.errors import InputError, check_choice, check_number

Mode = Literal["local", "team"]

LONGEST_DAYS = 36_500
"""Whoever wants to keep something for longer wants to keep it for good."""


@dataclass(frozen=True, kw_only=True)
class SignOn:
    """An OpenID Connect provider that people sign in with.

    Attributes
    ----------
    issuer : str
        Address of the provider; its ``/.well-known/openid-configuration`` says the rest.
    client_id, client_secret : str
        What the provider knows this server by.
    name : str
        What the button says.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str = "single sign-on"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """How many days the server keeps what has passed before it deletes it (see `retention`); infinity is for good.

    Attributes
    ----------
    sessions : float
        Sessions that ended, with the address and the browser that they were of.
    links : float
        Invitations and links for a new password that were used or ended, with their address of mail.
    tokens : float
        Tokens of programs that ended.
    messages : float
        Messages to webhooks that arrived or were given up.
    exports : float
        Files of exports; that and when each was made stays, with its hash.

    Raises
    ------
    InputError
        If one is negative or no number.
    """

    sessions: float = 30
    links: float = 30
    tokens: float = 90
    messages: float = 30
    exports: float = 30

    def __post_init__(self) -> None:
        for one in fields(self):
            days = getattr(self, one.name)
            if days != math.inf:
                check_number(one.name, days, low=0, high=LONGEST_DAYS)


def read_kept(stated: Iterable[str]) -> Kept:
    """What the command line or the environment says of it: ``exports=7``, ``sessions=0.5``, ``messages=forever``.

    Raises
    ------
    InputError
        If a part is not NAME=DAYS, or nothing is called like that.

    Examples
    --------
    >>> read_kept(["exports=7", "messages=forever"])
    Kept(sessions=30, links=30, tokens=90, messages=inf, exports=7.0)
    """
    names = [one.name for one in fields(Kept)]
    days: dict[str, float] = {}
    for text in stated:
        name, sign, value = text.partition("=")
        if name not in names or not sign:
            hint = f"names are {', '.join(names)}; DAYS is a number or forever"
            raise InputError("--keep", f"must be NAME=DAYS, got {text!r:.80}", hint=hint)
        try:
            days[name] = math.inf if value == "forever" else float(value)
            Kept(**{name: days[name]})
        except ValueError:  # an InputError is one too
            hint = f"0 to {LONGEST_DAYS:,}, or forever"
            raise InputError("--keep", f"{name} must be a number of days, got {value!r:.40}", hint=hint) from None
    return Kept(**days)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a review server is set up.

    Attributes
    ----------
    database : str
        Where the store is, as SQLAlchemy writes it: ``sqlite:////home/me/reviews.sqlite`` or ``postgresql+psycopg://...``.
    mode : {"local", "team"}
        One user on this machine, or accounts.
    origin : str
        The address in the browser's address line, without a path: ``http://127.0.0.1:8484``.
    own_tls : bool
        Whether this process holds the certificate itself.
    trusted_proxy : str or None
        Address of the proxy that holds the certificate, whose forwarded headers are believed.
    hsts : bool
        Tell browsers to come by https only, for a year.
    idle_minutes, absolute_hours : float
        When a session ends that is not used, and when it ends in any case.
    link_minutes : float
        How long a link of invitation or reset is good for.
    largest_body, largest_upload : int
        Most bytes of a request, and of one that brings a file.
    largest_memory : int
        Most bytes of memory that reading such a file may take; one that needs more is refused.
    longest_reading : float
        Most seconds that reading such a file may take.
    sign_on : SignOn or None
        Single sign-on beside passwords.
    private_addresses : bool
        Let webhooks and providers be at private addresses; for tests and closed networks.
    keep : Kept
        How long what has passed is kept.

    Raises
    ------
    InputError
        If the mode is unknown, the origin is not one, a local server is not on loopback, or a team would sign in
        without TLS.

    Examples
    --------
    >>> Settings(database="sqlite://", origin="http://127.0.0.1:8484").cookie
    'psephos_local'
    >>> Settings(database="sqlite://", mode="team", origin="http://reviews.example")
    Traceback (most recent call last):
        ...
    psephos.errors.InputError: origin: a team signs in over https only, got 'http://reviews.example'; ...
    """

    database: str
    origin: str
    mode: Mode = "local"
    own_tls: bool = False
    trusted_proxy: str | None = None
    hsts: bool = False
    idle_minutes: float = 30
    absolute_hours: float = 12
    link_minutes: float = 30
    largest_body: int = 1 << 20
    largest_upload: int = 1 << 29
    largest_memory: int = 1 << 32
    longest_reading: float = 300
    sign_on: SignOn | None = None
    private_addresses: bool = False
    keep: Kept = field(default_factory=Kept)

    def __post_init__(self) -> None:
        check_choice("mode", self.mode, ("local", "team"))
        parts = urlsplit(self.origin)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            raise InputError("origin", f"must be scheme and host, as in https://reviews.example, got {self.origin!r}")
        for name in ("idle_minutes", "absolute_hours", "link_minutes"):
            check_number(name, getattr(self, name), low=0, open_ends=True)
        if self.mode == "local" and not is_loopback(parts.hostname):
            hint = "to open it to others start it with --team, which asks for accounts"
            raise InputError("origin", f"a local server stays on this machine, got {self.origin!r}", hint=hint)
        if self.mode == "team":
            if parts.scheme != "https":
                hint = "give --certificate and --private-key, or --behind-proxy ADDRESS and the https address it serves"
                raise InputError("origin", f"a team signs in over https only, got {self.origin!r}", hint=hint)
            if not (self.own_tls or self.trusted_proxy):
                hint = "give --certificate and --private-key, or say which proxy does with --behind-proxy ADDRESS"
                raise InputError("trusted_proxy", "nobody holds the certificate for https", hint=hint)

    @property
    def secure(self) -> bool:
        """Whether browsers come by https."""
        return self.origin.startswith("https:")

    @property
    def cookie(self) -> str:
        """Name of the cookie: over TLS the prefix ties it to this host and to https."""
        return "__Host-psephos" if self.secure else "psephos_local"

    @property
    def hosts(self) -> frozenset[str]:
        """What a ``Host`` header may say, in small letters."""
        parts = urlsplit(self.origin)
        names = {parts.netloc.lower()}
        if self.mode == "local" and parts.port:
            names |= {f"{name}:{parts.port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        return frozenset(names)

    @property
    def origins(self) -> frozenset[str]:
        """What an ``Origin`` header of this site may say."""
        scheme = urlsplit(self.origin).scheme
        return frozenset(f"{scheme}://{host}" for host in self.hosts)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine only.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
