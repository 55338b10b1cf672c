r"""Does the recursion hold? Trees of voters played out one by one.

Each leaf is right with chance (1 + mu0) / 2, each message is flipped with chance (1 - gamma) / 2; with chance rho a
node hears one of its children b times, else all of them, and says what most say. The mean of +1 (right) and -1
at the top
estimates the bias mu_L of `organisation`.

Source: Liu, Kong and Pei (2026), arXiv 2601.17311; the simulator is ours. Trees are played in chunks that take at most
64 MB, each with a random stream of its own.
"""

from __future__ import annotations

import math

import numpy as np

from psephos.allocation.trees.majority_layers import check_message, fan_in
from psephos.allocation.trees.regimes import check_leaf
from psephos.engine import Rng
from psephos.engine.streams import spawn
from psephos.errors import InputError, check_count, check_number
from psephos.statistics import Interval, normal_interval

BYTES = 64_000_000
A_LEAF = 16
"""Bytes that a leaf takes while its layer is played, with room to spare."""


def simulate_tree(
    b: int, gamma: float, rho: float, *, depth: int, mu0: float = 0.1, trees: int = 10_000, rng: Rng = 0
) -> Interval:
    """Play out trees of voters and count how often the top is right.

    Parameters
    ----------
    b, gamma, rho
        As in `organisation`.
    depth : int
        Layers.
    mu0 : float, default 0.1
        Bias of a leaf.
    trees : int, default 10,000
        How many, at least 2.
    rng : int, Generator or None, default 0
        Source of the random numbers.

    Returns
    -------
    Interval
        Mean bias at the top with its 95 % interval.

    Raises
    ------
    InputError
        If a number lies outside its range, or a tree has more leaves than fit into memory (4 million).

    Examples
    --------
    >>> found = simulate_tree(3, 0.9, 0.1, depth=2, mu0=0.1, trees=20_000)
    >>> bool(abs(found.value - 0.169) < 0.02)
    True
    """
    odd, _ = fan_in(b)
    keep, shared = check_message(gamma), check_number("rho", rho, low=0, high=1)
    mu, layers = check_leaf(mu0), check_count("depth", depth, low=0)
    number = check_count("trees", trees, low=2)
    if layers * math.log(odd) > math.log(BYTES / A_LEAF):
        raise InputError("depth", f"{odd}^{layers} leaves do not fit into {BYTES // 10**6} MB", hint="use organisation")
    leaves = odd**layers
    chunk = max(1, BYTES // (A_LEAF * leaves))
    streams = spawn(rng, -(-number // chunk))
    right = 0
    for place, stream in enumerate(streams):
        size = min(chunk, number - place * chunk)
        said = stream.random((size, leaves), dtype=np.float32) < (1 + mu) / 2
        for _ in range(layers):
            said ^= stream.random(said.shape, dtype=np.float32) < (1 - keep) / 2
            heard = said.reshape(size, -1, odd)
            most = heard.sum(axis=2, dtype=np.int32) > odd // 2
            copied = stream.random(most.shape, dtype=np.float32) < shared
            said = np.where(copied, heard[:, :, 0], most)
        right += int(said.sum())
    mean = 2 * right / number - 1
    low, high = normal_interval(mean, math.sqrt(max(1 - mean**2, 0.0) / number))
    return Interval(mean, float(low), float(high), 0.95)
