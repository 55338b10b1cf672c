"""Where do random numbers come from, so that the number of workers does not change them?

Every shard has a stream of its own: stream k is the k-th child of the caller's seed sequence, whichever worker uses it
and whenever. An integer gives the same streams each time; a Generator hands out new children at each call, as
`numpy.random.Generator.spawn` does.

Source: SeedSequence of numpy.random (O'Neill 2015; NEP 19), `rng=` of SPEC 7.
"""

from __future__ import annotations

import secrets

import numpy as np

from psephos.errors import InputError, check_count

Rng = int | np.random.Generator | np.random.SeedSequence | None
"""What every random function takes as `rng`."""

_SEED_BITS = 53  # a JSON reader that knows only doubles still shows such a seed exactly


def generator(rng: Rng = None) -> np.random.Generator:
    """Turn any accepted `rng` into a Generator.

    Parameters
    ----------
    rng : int, Generator, SeedSequence or None
        A Generator is returned as it is; None draws fresh entropy.

    Returns
    -------
    numpy.random.Generator
        The one given, or a new one; of None with a fresh seed.

    Raises
    ------
    InputError
        If `rng` is of another kind or a negative number.

    Examples
    --------
    >>> bool(generator(7).random() == generator(7).random())
    True
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is None or isinstance(rng, np.random.SeedSequence):
        return np.random.default_rng(rng)
    return np.random.default_rng(_check_seed(rng))


def spawn(rng: Rng, n: int) -> list[np.random.Generator]:
    """Create the independent streams of n shards.

    Parameters
    ----------
    rng : int, Generator, SeedSequence or None
        Where they descend from.
    n : int
        How many.

    Returns
    -------
    list of numpy.random.Generator
        Stream k is that of shard k, also if more are asked for.

    Examples
    --------
    >>> bool(spawn(7, 3)[1].random() == spawn(7, 2)[1].random())
    True
    """
    return generator(rng).spawn(check_count("n", n, low=0))


def seed_of(rng: Rng) -> int:
    """Choose the number to run with and to record in the provenance.

    Running again with `rng=` this number repeats the result, also where the caller gave no seed or a Generator.

    Parameters
    ----------
    rng : int, Generator, SeedSequence or None
        An integer is kept; None draws fresh entropy; of the others one child is spawned.

    Returns
    -------
    int
        At least 0.

    Examples
    --------
    >>> seed_of(7)
    7
    >>> seed_of(np.random.default_rng(7)) == seed_of(np.random.default_rng(7))
    True
    """
    if rng is None:
        return secrets.randbits(_SEED_BITS)
    if isinstance(rng, np.random.Generator):
        rng = rng.bit_generator.seed_seq  # type: ignore[assignment]
    if isinstance(rng, np.random.SeedSequence):
        return int(rng.spawn(1)[0].generate_state(1, np.uint64)[0]) >> (64 - _SEED_BITS)
    return _check_seed(rng)


def _check_seed(rng: object) -> int:
    if isinstance(rng, bool) or not isinstance(rng, (int, np.integer)) or rng < 0:
        raise InputError(
            "rng", f"must be a whole number of at least 0, a Generator, a SeedSequence or None, got {rng!r}"
        )
    return int(rng)
