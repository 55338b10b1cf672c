r"""What does one layer of a tree of voters do to the bias of the answers that come in?

The bias of a voter on a question with two answers is mu = 2 p - 1, with p its chance of being right. Of b children,

    f_b(m) = 2 P[Bin(b, (1 + m) / 2) > b / 2] - 1 = I_{m^2}(1/2, (b + 1) / 2)     majority of independent children,
    c_b    = f_b'(0) = b C(b - 1, (b - 1) / 2) / 2^(b - 1),                        about sqrt(2 b / pi),
    F(mu)  = rho gamma mu + (1 - rho) f_b(gamma mu)                                the layer,
    alpha  = F'(0) = gamma (rho + (1 - rho) c_b),       s = ln alpha / ln b        organisation exponent:

a message keeps its sign with chance (1 + gamma) / 2, and with chance rho the children give one common draw. F is
concave on [0, 1], so layers amplify a small bias up to the one fixed point mu* > 0 if alpha > 1, and wash it out
otherwise.

Source: Liu, Kong and Pei (2026), arXiv 2601.17311. Differs: the form of F is reconstructed from the summaries of the
paper; I is the regularised incomplete beta function, exact where the difference of two tails would cancel. As another
model with the same correlation of votes (ours), the chance of being right may differ between questions by a Beta law,
and votes are independent given it: then alpha is that of a beta-binomial majority.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from psephos.errors import InputError, check_count, check_floats, check_number

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
CRITICAL = 1e-9
"""An amplification this near to 1 is taken to be 1."""

SMALLEST = 1e-16
LARGEST = 1e300
"""Size of a Beta law that is taken for more: votes correlated by less are independent in every digit."""

MOST_UNEQUAL = 20
"""Children of a node whose weighted majority is computed over all patterns of their votes."""


def majority_bias(b: int, mu: npt.ArrayLike) -> Floats:
    """Bias of the majority of independent voters that all have the same bias.

    Parameters
    ----------
    b : int
        How many voters; an even number behaves like one less, as a tie is broken by a fair coin.
    mu : array_like of float
        Their bias, between -1 and 1.

    Returns
    -------
    ndarray of float64
        Of the shape of `mu`.

    Raises
    ------
    InputError
        If there are fewer than 3 voters or a bias lies outside -1 to 1.

    See Also
    --------
    weighted_majority_bias : of voters that differ.

    Examples
    --------
    >>> majority_bias(3, [0.0, 0.2, 1.0])
    array([0.   , 0.296, 1.   ])
    """
    odd = fan_in(b)[0]
    return _majority(odd, check_biases("mu", mu))


def majority_slope(b: int) -> float:
    """How many times a small bias the majority of so many independent voters has, c_b.

    Parameters
    ----------
    b : int
        How many voters, at least 3.

    Returns
    -------
    float
        Above 1 for three voters or more.

    Raises
    ------
    InputError
        If there are fewer than 3.

    Examples
    --------
    >>> majority_slope(3), round(majority_slope(31), 6)
    (1.5, 4.478398)
    """
    return float(slopes(np.array([fan_in(b)[0]]))[0])


def layer_bias(mu: npt.ArrayLike, b: int, gamma: float, rho: float) -> Floats:
    """Bias after one layer, F(mu).

    Parameters
    ----------
    mu : array_like of float
        Bias of the children, between 0 and 1.
    b : int
        Children of each node, at least 3.
    gamma : float
        What of a bias a message keeps, 0 to 1.
    rho : float
        Correlation of the votes of the children, 0 to 1.

    Returns
    -------
    ndarray of float64
        Of the shape of `mu`.

    Raises
    ------
    InputError
        If a number lies outside its range.

    Examples
    --------
    >>> layer_bias(0.05, 5, 0.8, 0.2).round(6)
    np.float64(0.067936)
    """
    odd, _ = fan_in(b)
    gamma, rho = check_message(gamma), check_number("rho", rho, low=0, high=1)
    return layer(check_biases("mu", mu), odd, gamma, rho)


def amplification(b: int, gamma: npt.ArrayLike, rho: npt.ArrayLike) -> Floats:
    """How many times a small bias comes out of a layer, alpha; above 1 a tree amplifies.

    Parameters
    ----------
    b : int
        Children of each node, at least 3.
    gamma, rho : array_like of float
        What of a bias a message keeps, and correlation of votes, 0 to 1; of shapes that broadcast.

    Returns
    -------
    ndarray of float64
        One value for each combination of the arguments.

    Raises
    ------
    InputError
        If a number lies outside its range.

    Examples
    --------
    >>> amplification(3, [0.9, 0.5], 0.1).round(3)
    array([1.305, 0.725])
    """
    slope = majority_slope(b)
    kept, shared = check_floats("gamma", gamma, ndim=np.ndim(gamma)), check_floats("rho", rho, ndim=np.ndim(rho))
    for name, values in (("gamma", kept), ("rho", shared)):
        if ((values < 0) | (values > 1)).any():
            raise InputError(name, f"must lie between 0 and 1, got {values[(values < 0) | (values > 1)].flat[0]:g}")
    return np.asarray(kept * (shared + (1 - shared) * slope))[()]


def spread_amplification(b: int, gamma: float, rho: float) -> float:
    """Amplification if votes are correlated because some questions are harder, and not because children copy.

    The chance of being right is Beta distributed over questions, with the mean that the bias says and correlation rho
    of two votes. Both models have the same correlation; where their verdicts differ, the correlation alone
    decides nothing.

    Parameters
    ----------
    b : int
        Children of each node, at least 3.
    gamma, rho : float
        As in `amplification`.

    Returns
    -------
    float
        Above 1 a layer amplifies.

    Raises
    ------
    InputError
        If a number lies outside its range.

    Examples
    --------
    >>> round(spread_amplification(3, 1.0, 0.0), 6), round(spread_amplification(5, 0.8, 0.2), 4)
    (1.5, 1.1162)
    """
    odd, _ = fan_in(b)
    gamma, rho = check_message(gamma), check_number("rho", rho, low=0, high=1)
    if rho in (0.0, 1.0):
        return gamma * (majority_slope(odd) if rho == 0 else 1.0)
    size = min((1 - rho) / rho, LARGEST)
    a, steps = size / 2, np.arange(odd)
    votes = np.arange((odd + 1) // 2, odd + 1)
    ways = special.gammaln(odd + 1) - special.gammaln(votes + 1) - special.gammaln(odd - votes + 1)
    # Rising factorials and sums of 1 / (a + j): differences of Beta and digamma would cancel where a is large.
    rising = np.concatenate([[0.0], np.cumsum(np.log(a + steps))])
    slope = np.concatenate([[0.0], np.cumsum(1 / (a + steps))])
    chance = np.exp(ways + rising[votes] + rising[odd - votes] - np.log(size + steps).sum())
    return float(gamma * size * (chance @ (slope[votes] - slope[odd - votes])))


def weighted_majority_bias(biases: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Bias of a weighted vote of independent children that differ; a tie is broken by a fair coin.

    Parameters
    ----------
    biases : array_like of float, shape (n_children,)
        At most 20, each between -1 and 1; after the loss of messages.
    weights : array_like of float, shape (n_children,), optional
        Log odds of being right if not given, which no other weights beat.

    Returns
    -------
    float
        Between -1 and 1.

    Raises
    ------
    InputError
        If there are no children or more than 20, or weights do not fit.

    Examples
    --------
    >>> round(weighted_majority_bias([0.2, 0.2, 0.2], [1, 1, 1]), 6)
    0.296
    >>> round(weighted_majority_bias([0.9, 0.1, 0.1]), 6), round(weighted_majority_bias([0.9, 0.1, 0.1], [1, 1, 1]), 6)
    (0.9, 0.5455)
    """
    mu = check_biases("biases", check_floats("biases", biases))
    if not 1 <= len(mu) <= MOST_UNEQUAL:
        raise InputError("biases", f"must be those of 1 to {MOST_UNEQUAL} children, got {len(mu)}")
    if weights is None:
        weight = 2 * np.arctanh(np.clip(mu, -1 + SMALLEST, 1 - SMALLEST))
    else:
        weight = check_floats("weights", weights)
        if len(weight) != len(mu):
            raise InputError("weights", f"must have as many rows as biases ({len(mu)}), got {len(weight)}")
    chance, sums = np.ones(1), np.zeros(1)
    for bias, part in zip(mu, weight, strict=True):
        chance = np.concatenate([chance * (1 + bias) / 2, chance * (1 - bias) / 2])
        sums = np.concatenate([sums + part, sums - part])
    near = 1e-12 * max(float(np.abs(weight).sum()), SMALLEST)
    return float(chance @ np.where(np.abs(sums) <= near, 0.0, np.sign(sums)))


def fan_in(b: int) -> tuple[int, bool]:
    """The odd number of children that b behave like, and whether b was even.

    An even number decides ties by a coin, which is worth as much as one child less.

    Raises
    ------
    InputError
        `b`: below 3, or not whole.

    Examples
    --------
    >>> fan_in(5), fan_in(6)
    ((5, False), (5, True))
    """
    count = check_count("b", b, low=3)
    return count - (count % 2 == 0), count % 2 == 0


def check_message(gamma: float) -> float:
    """Return `gamma`, the part of a bias that a message keeps, as a float if it lies between 0 and 1.

    Raises
    ------
    InputError
        `gamma`: above 1, no number, or below 0, which is a message to be read the other way round.
    """
    number = check_number("gamma", gamma, high=1)
    if number < 0:
        raise InputError("gamma", f"< 0: flip the message; got {gamma!r}")
    return number


def check_biases(argument: str, values: npt.ArrayLike) -> Floats:
    """Return biases of any shape as float64 if all lie between -1 and 1; a bias is 2 p - 1 of a chance p to be right.

    Raises
    ------
    InputError
        `argument`, with the first that does not, or that is no finite number.

    Examples
    --------
    >>> check_biases("mu", [[0.2, -1.0]])
    array([[ 0.2, -1. ]])
    """
    mu = check_floats(argument, values, ndim=np.ndim(values))
    if (np.abs(mu) > 1).any():
        raise InputError(argument, f"must lie between -1 and 1, got {mu[np.abs(mu) > 1].flat[0]:g}")
    return mu


def slopes(odd: npt.NDArray[np.int64]) -> Floats:
    """c_b, the slope of the majority of b independent children at bias 0, for odd numbers of children.

    Parameters
    ----------
    odd : ndarray of int64
        Numbers of children, of any shape.

    Returns
    -------
    ndarray of float64
        Of the same shape; grows as the root of 2 b / pi.

    Examples
    --------
    >>> slopes(np.array([1, 3, 5])).round(6)
    array([1.   , 1.5  , 1.875])
    """
    return np.asarray(2 / special.beta(0.5, (odd + 1) / 2))


def layer(mu: float | Floats, odd: int | Whole, gamma: float | Floats, rho: float | Floats) -> Floats:
    """F(mu), the bias of a majority of children of bias mu; without checks.

    Parameters
    ----------
    mu : float or ndarray of float64
        Bias of each child, -1 to 1.
    odd : int or ndarray of int64
        Children, an odd number.
    gamma : float or ndarray of float64
        What a message keeps of a bias, 0 to 1.
    rho : float or ndarray of float64
        Chance that all children say the same, 0 to 1.

    Returns
    -------
    ndarray of float64
        All broadcast against each other.
    """
    sent = np.asarray(gamma * mu)
    return np.asarray(rho * sent + (1 - rho) * _majority(odd, sent))[()]


def fixed_point(odd: int, gamma: float, rho: float) -> float:
    """The bias above 0 that layers leave as it is, 0 if they do not amplify."""
    if gamma * (rho + (1 - rho) * slopes(np.array([odd]))[0]) <= 1 + CRITICAL:
        return 0.0

    def growth(log_mu: float) -> float:
        mu = math.exp(log_mu)
        return float(layer(mu, odd, gamma, rho)) / mu - 1

    if growth(0.0) >= 0:
        return 1.0
    low = math.log(SMALLEST)
    return math.exp(optimize.brentq(growth, low, 0.0, xtol=1e-15, rtol=1e-14)) if growth(low) > 0 else 0.0


def curve(mu0: float | Floats, depth: int, odd: int, gamma: float, rho: float) -> Floats:
    """Biases after 0 .. depth layers of the same kind.

    Parameters
    ----------
    mu0 : float or ndarray of float64
        Bias of the leaves.
    depth : int
        Layers.
    odd, gamma, rho
        As in `layer`.

    Returns
    -------
    ndarray of float64, shape (depth + 1, ...)
        Layers along the first axis, then the shape of `mu0`.
    """
    levels = [np.asarray(mu0, dtype=np.float64)]
    for _ in range(depth):
        levels.append(np.asarray(layer(levels[-1], odd, gamma, rho)))
    return np.stack(levels)


def lower_bound(mu0: float, depth: int, odd: int, gamma: float, rho: float, fixed: float) -> float:
    """A bias that `depth` layers surely reach, by concavity of F.

    F(mu) / mu falls with mu. Below u every layer gains at least F(u) / u, so that mu_L >= min(u, mu0 (F(u) / u)^L) for
    every u up to mu*; the best u is where both are equal. Above mu* a layer loses at most F(mu0) / mu0.
    """

    def gain(mu: float) -> float:
        return float(layer(mu, odd, gamma, rho)) / mu

    if mu0 > fixed:
        return max(fixed, mu0 * gain(mu0) ** depth)
    if depth == 0 or mu0 == fixed:
        return mu0

    def short(log_mu: float) -> float:
        return log_mu - math.log(mu0) - depth * math.log(max(gain(math.exp(log_mu)), 1e-300))

    low, high = math.log(mu0), math.log(fixed)
    return math.exp(optimize.brentq(short, low, high, xtol=1e-14)) if short(low) < 0 < short(high) else mu0


def _majority(odd: int | Whole, mu: Floats) -> Floats:
    return np.asarray(np.sign(mu) * special.betainc(0.5, (np.asarray(odd) + 1) / 2, mu * mu))[()]
