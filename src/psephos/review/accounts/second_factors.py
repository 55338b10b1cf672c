"""What is asked for besides the password?

A code that changes every 30 seconds (TOTP), or one of ten recovery codes for the day on which the telephone is gone. A
code of the clock is good once: the time step of the last one that was taken is kept, and neither it nor an older one is
taken again. One step early or late is forgiven. Recovery codes have 80 random bits and only their SHA-256 is kept.

Source: sheet 90 section 7; RFC 6238. Differs: nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time

import pyotp

STEP = 30


def new_secret() -> str:
    """A new secret of 160 bits for an authenticator, in base32."""
    return pyotp.random_base32(32)


def address(secret: str, name: str, issuer: str = "psephos") -> str:
    """The address by which an authenticator takes in a secret.

    Examples
    --------
    >>> address("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "ann@example.org")
    'otpauth://totp/psephos:ann%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=psephos'
    """
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def matching_step(secret: str, code: str, *, after: int = -1, now: float | None = None) -> int | None:
    """The time step that a code belongs to, if it is right, of now or a neighbour, and later than `after`.

    Parameters
    ----------
    secret : str
    code : str
        Six digits; spaces are left out.
    after : int
        Step of the last code that was taken.
    now : float, optional
        Seconds since 1970; the clock's if not given.

    Returns
    -------
    int or None

    Examples
    --------
    >>> matching_step("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "287082", now=59)
    1
    >>> matching_step("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "287082", now=59, after=1) is None
    True
    """
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdecimal() and len(digits) == 6):
        return None
    step = int((time.time() if now is None else now) // STEP)
    clock = pyotp.TOTP(secret)
    fitting = [
        near for near in range(max(0, step - 1), step + 2) if hmac.compare_digest(clock.generate_otp(near), digits)
    ]
    later = [near for near in fitting if near > after]
    return later[0] if later else None


def new_recovery_codes(count: int = 10) -> list[str]:
    """Codes to write down, each good once.

    Examples
    --------
    >>> len(new_recovery_codes()), len(new_recovery_codes()[0])
    (10, 19)
    """
    texts = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(count)]
    return ["-".join(text[place : place + 4] for place in range(0, 16, 4)) for text in texts]


def fingerprint(secret: str) -> str:
    """What is kept of a code, a token, a link or a session: its SHA-256. They are random, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def recovery_fingerprint(code: str) -> str:
    """What is kept of a recovery code, however its hyphens, spaces and capitals were typed."""
    return fingerprint("".join(code.lower().replace("-", "").split()))
