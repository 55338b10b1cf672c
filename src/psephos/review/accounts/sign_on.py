"""Who does the provider say this is?

OpenID Connect with the code flow. The browser carries three secrets of ours through the provider and back, each of
which stands against one attack: `state` (somebody else's code is put into this browser), `nonce` (an old id token is
played again), the PKCE verifier (a code that was read on the way is redeemed elsewhere). They wait under the state
together with the browser's cookie; the address to come back to is fixed. The id token is believed if its signature is
by a key of the provider, `alg` is one of ours, and `iss`, `aud`, `exp` and `nonce` fit. Tokens are read and thrown
away.

Source: sheet 90 sections 7 and 8 (V9, V10); OpenID Connect Core 1.0, RFC 7636. Differs: nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from psephos.errors import InputError
from psephos.review.settings import Settings, SignOn

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
PATH = "/sign-on/back"
_UNTIL = 10.0


@dataclass(frozen=True)
class Trip:
    """What waits while the browser is at the provider."""

    cookie: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Person:
    """Who came back from a provider.

    Attributes
    ----------
    issuer, subject : str
        The provider, and its own name for the person, which does not change; together they are an `Identity`.
    email : str
    email_verified : bool
        Whether the provider says that the address is theirs; without that it proves nothing.
    name : str
    """

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str


def depart(settings: Settings, cookie: str) -> tuple[str, str, Trip]:
    """Where to send the browser, the state, and what to remember under it.

    Raises
    ------
    InputError
        If the provider does not answer, or its answer cannot be used.
    """
    provider = _provider(settings)
    nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    with _client(settings, provider) as client:
        about = _about(client, provider, settings)
        address, state = client.create_authorization_url(
            about["authorization_endpoint"], code_verifier=verifier, nonce=nonce, state=secrets.token_urlsafe(32)
        )
    return address, state, Trip(cookie, nonce, verifier)


def arrive(settings: Settings, trip: Trip, code: str) -> Person:
    """Who came back with a code.

    Raises
    ------
    InputError
        If the provider does not take the code, or the id token is not one for us, now, on this trip.
    """
    provider = _provider(settings)
    with _client(settings, provider) as client:
        about = _about(client, provider, settings)
        try:
            token = client.fetch_token(about["token_endpoint"], code=code, code_verifier=trip.verifier)
            keys = KeySet.import_key_set(_get(client, about["jwks_uri"]))
            claims = jwt.decode(str(token["id_token"]), keys, algorithms=ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                leeway=60,
                iss={"essential": True, "value": provider.issuer},
                aud={"essential": True, "value": provider.client_id},
                exp={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": trip.nonce},
            ).validate(claims)
        except (InputError, AuthlibBaseError, JoseError, KeyError, ValueError) as problem:
            raise InputError("sign_on", "the provider's answer cannot be believed", hint="sign in again") from problem
        except Exception as problem:
            raise InputError("sign_on", "the provider does not answer", hint="try again in a moment") from problem
    several = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if len(several) > 1 and claims.get("azp") != provider.client_id:
        raise InputError("sign_on", "the id token was made for somebody else", hint="sign in again")
    return Person(
        issuer=provider.issuer,
        subject=str(claims["sub"]),
        email=str(claims.get("email", "")),
        email_verified=claims.get("email_verified") is True,
        name=str(claims.get("name", "")),
    )


def _provider(settings: Settings) -> SignOn:
    if settings.sign_on is None:
        raise InputError("sign_on", "there is no single sign-on here")
    return settings.sign_on


def _client(settings: Settings, provider: SignOn) -> Any:
    return OAuth2Client(
        provider.client_id,
        provider.client_secret,
        scope="openid email profile",
        redirect_uri=settings.origin + PATH,
        code_challenge_method="S256",
        timeout=_UNTIL,
        follow_redirects=False,
    )


def _about(client: Any, provider: SignOn, settings: Settings) -> dict[str, str]:
    """What the provider says of itself; it must be the one we know, and name addresses over TLS."""
    about = _get(client, provider.issuer.rstrip("/") + "/.well-known/openid-configuration")
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if about.get("issuer") != provider.issuer or any(not isinstance(about.get(name), str) for name in wanted):
        raise InputError("sign_on", "the provider does not say who it is")
    if not settings.private_addresses and any(urlsplit(about[name]).scheme != "https" for name in wanted):
        raise InputError("sign_on", "the provider is not to be reached over https")
    return {name: str(about[name]) for name in wanted}


def _get(client: Any, address: str) -> Any:
    try:
        reply = client.request("GET", address, withhold_token=True)
        reply.raise_for_status()
        return reply.json()
    except Exception as problem:
        raise InputError("sign_on", "the provider does not answer", hint="try again in a moment") from problem
