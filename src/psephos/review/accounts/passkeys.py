"""Is the person here who holds the key?

A passkey or security key (WebAuthn) signs a challenge of ours together with the name of this site, so that a copy of
the page elsewhere gets nothing of use. The challenge is random, waits five minutes, and is good once. The signature
counter, where the key has one, must go up.

Source: sheet 90 section 7; W3C WebAuthn level 3. Differs: nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from psephos.errors import InputError


@dataclass(frozen=True)
class Passkey:
    """What is kept of a key: its id and public half in base64url, and how often it signed."""

    credential: str
    public_key: str
    count: int


def offer(origin: str, user: str, name: str, known: Sequence[str]) -> tuple[dict[str, Any], str]:
    """What the browser is told to make a new key of.

    Parameters
    ----------
    origin : str
        Address of this site, which the key is bound to.
    user, name : str
        Id and name of the person.
    known : sequence of str
        Ids of the keys that the person has, which are not made again.

    Returns
    -------
    options : dict
        Ready for JSON.
    challenge : str
        To be remembered until the answer comes.
    """
    options = webauthn.generate_registration_options(
        rp_id=_site(origin),
        rp_name="psephos",
        user_id=user.encode(),
        user_name=name,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(key)) for key in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    return json.loads(webauthn.options_to_json(options)), bytes_to_base64url(options.challenge)


def accept(origin: str, challenge: str, reply: dict[str, Any]) -> Passkey:
    """The new key, if the browser's reply belongs to the challenge and to this site.

    Raises
    ------
    InputError
        If it does not.
    """
    try:
        made = webauthn.verify_registration_response(
            credential=reply,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_site(origin),
            expected_origin=origin,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as problem:
        raise InputError("passkey", "the answer of the key does not belong to this page") from problem
    return Passkey(
        bytes_to_base64url(made.credential_id), bytes_to_base64url(made.credential_public_key), made.sign_count
    )


def challenge(origin: str, known: Sequence[str]) -> tuple[dict[str, Any], str]:
    """What the browser is told to have signed by one of the known keys.

    Parameters
    ----------
    origin : str
        Address of this site.
    known : sequence of str
        Ids of the keys of the person.

    Returns
    -------
    options : dict
        Ready for JSON.
    challenge : str
        To be remembered until the answer comes.
    """
    options = webauthn.generate_authentication_options(
        rp_id=_site(origin),
        allow_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(key)) for key in known],
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return json.loads(webauthn.options_to_json(options)), bytes_to_base64url(options.challenge)


def signed(origin: str, challenge: str, reply: dict[str, Any], known: Sequence[Passkey]) -> Passkey:
    """The key that signed the challenge, with its new count.

    Raises
    ------
    InputError
        If no known key did, for this site, with a count that went up.
    """
    by_id = {key.credential: key for key in known}
    key = by_id.get(str(reply.get("id", "")))
    if key is None:
        raise InputError("passkey", "this key is not one of yours")
    try:
        seen = webauthn.verify_authentication_response(
            credential=reply,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_site(origin),
            expected_origin=origin,
            credential_public_key=base64url_to_bytes(key.public_key),
            credential_current_sign_count=key.count,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as problem:
        raise InputError("passkey", "the key did not sign this page's question") from problem
    return Passkey(key.credential, key.public_key, seen.new_sign_count)


def _site(origin: str) -> str:
    return str(urlsplit(origin).hostname)
