"""How is something drawn at random that must come out the same again, and that nobody can guess?

By a keyed hash (BLAKE2b) of a name and a purpose, the key a secret of the project: what is drawn depends neither on the
order nor on the machine, and not on what else is drawn.
"""

from __future__ import annotations

import hashlib


def drawn(salt: str, purpose: str, name: str) -> float:
    """A number between 0 and 1 that looks random to who does not know the secret of the project.

    Examples
    --------
    >>> 0 <= drawn("secret", "audit", "item 1") < 1
    True
    """
    digest = hashlib.blake2b(f"{purpose}\0{name}".encode(), key=salt.encode()[:64], digest_size=7).digest()
    return (int.from_bytes(digest, "big") >> 3) / 2**53
