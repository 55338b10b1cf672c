r"""How do replicas of a simulation explore more than they would alone?

Vendi Sampling: R replicas follow Langevin dynamics and push one another apart for the first steps,

    x_(t+1) = x_t - eta grad E(x_t) + sqrt(2 eta) xi_t + nu (1 - t / stop) grad ln VS_q(x_t),      t < stop

and plain Langevin dynamics afterwards. Samples drawn while the force acts weigh 1 / VS_q(x_t), later ones 1, which
removes the bias approximately. Recorded are x_t at t = record_every, 2 record_every, ..., never x_0.

Source: Pasarkar and Dieng (2024), arXiv 2310.12952, and the authors' code (MIT); sheet 07. Differs: force in closed
form; what the code keeps as best of its tuning grid is the last positive one, `tune_vendi_sample` keeps the best;
limits, checks and the effective sample size are ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.engine import Rng, generator, spawn
from psephos.errors import InputError, check_count, check_number
from psephos.metrics.diversity.gradients import check_gradient_order, force_of
from psephos.metrics.diversity.hill import Floats, Order
from psephos.metrics.diversity.similarities import check_rows

Gradient = Callable[[Floats], npt.ArrayLike]
JITTER = 1e-6
FEW = 0.1
"""Effective share of the samples below which the weights are noted as too uneven."""


@dataclass(frozen=True, eq=False)
class VendiSamples:
    """What replicas that push one another apart went through.

    Attributes
    ----------
    samples : ndarray of float64, shape (n_recorded, n_replicas, d)
        Positions that were recorded.
    weights : ndarray of float64, shape (n_recorded, n_replicas)
        1 / score while the force acted, 1 afterwards.
    scores : ndarray of float64, shape (n_recorded,)
        Vendi score of the replicas.
    stop : int
        Step from which on no force acted.
    effective_samples : float
        (sum w)^2 / sum w^2.
    notes : tuple of str
        What was clipped, moved or is to be known.
    """

    samples: Floats
    weights: Floats
    scores: Floats
    stop: int
    effective_samples: float
    notes: tuple[str, ...] = ()


def vendi_sample(
    grad_energy: Gradient,
    x0: npt.ArrayLike,
    *,
    steps: int,
    eta: float = 1e-3,
    nu: float = 4e-3,
    stop: int = 100,
    q: Order = 1.0,
    gamma: float = 1.0,
    force: Callable[[Floats], tuple[float, npt.ArrayLike]] | None = None,
    limit: float | None = None,
    max_norm: float = 1e6,
    record_every: int = 1,
    rng: Rng = None,
) -> VendiSamples:
    """Langevin dynamics of replicas that push one another apart at first.

    Parameters
    ----------
    grad_energy : callable
        Takes points of shape (n_replicas, d), returns the gradients of the energy (in kT), of the same shape.
    x0 : array_like of float, shape (n_replicas, d)
        Where the replicas start.
    steps : int
        How many are made.
    eta : float, default 1e-3
        Step size.
    nu : float, default 4e-3
        Strength of the force at the start; 10 to 100 times `eta` is usual.
    stop : int, default 100
        Steps with force.
    q : float or "inf", default 1
        Order of the score that is raised, above 0.
    gamma : float, default 1
        Bandwidth of the rbf kernel.
    force : callable, optional
        Own force: takes points, returns the logarithm of the score and its gradient. `q` and `gamma` are then not used.
    limit : float, optional
        Coordinates are clipped to this magnitude after each step.
    max_norm : float, default 1e6
        Length of a point beyond which the dynamics are taken to have blown up.
    record_every : int, default 1
        Steps between two recorded positions.
    rng : int, Generator, SeedSequence or None
        Seed or source of the noise.

    Returns
    -------
    VendiSamples
        Samples with their weights, and the scores on the way.

    Raises
    ------
    InputError
        If `eta`, `nu`, `stop` or `steps` are not above 0, fewer steps than `record_every` are made, the order is 0 or
        points are not finite.
    FloatingPointError
        If the energy gradient is not finite or a point too far away; names step and replica.

    See Also
    --------
    tune_vendi_sample : which strength and how long.
    vendi_force : the force.

    Examples
    --------
    >>> found = vendi_sample(lambda x: x, np.zeros((4, 2)), steps=50, stop=20, rng=0)
    >>> found.samples.shape, found.weights[-1].tolist()
    ((50, 4, 2), [1.0, 1.0, 1.0, 1.0])
    """
    order, width = check_gradient_order(q), check_number("gamma", gamma, low=0, open_ends=True)
    x = check_rows(x0, "x0").copy()
    eta, nu = (check_number(name, value, low=0, open_ends=True) for name, value in (("eta", eta), ("nu", nu)))
    steps, stop, every = (
        check_count(name, value) for name, value in (("steps", steps), ("stop", stop), ("record_every", record_every))
    )
    if every > steps:
        raise InputError("record_every", f"must be at most the {steps} steps, got {every}")
    bound = check_number("limit", limit, low=0, open_ends=True) if limit is not None else None
    far = check_number("max_norm", max_norm, low=0, open_ends=True)
    notes = []
    if stop > steps:
        notes.append(f"stop was cut from {stop:,} to the {steps:,} steps")
        stop = steps
    if len(x) == 1:
        notes.append("a single replica has nothing to be pushed from: this is plain Langevin dynamics")
    noise_stream, jitter_stream = spawn(rng, 2)
    if len(x) > 1 and (x == x[0]).all():
        x += jitter_stream.normal(scale=JITTER, size=x.shape)
        notes.append(f"all replicas start at one point, where the force is 0: moved by {JITTER:g}")
    push = force or (lambda points: force_of(points, order, width))
    samples, weights, scores = [], [], []
    for t in range(steps + 1):
        recorded = t > 0 and t % every == 0
        acts = t < stop and len(x) > 1
        # One force serves the step and the record; a single replica has a score of 1.
        log_score, pushed = push(x) if acts or (recorded and len(x) > 1) else (0.0, np.zeros_like(x))
        if recorded:
            samples.append(x.copy())
            scores.append(math.exp(log_score))
            weights.append(math.exp(-log_score) if t < stop else 1.0)
        if t == steps:
            break
        drift = np.asarray(grad_energy(x), dtype=np.float64)
        _check_drift(drift, x, t)
        x = x - eta * drift + math.sqrt(2 * eta) * noise_stream.normal(size=x.shape)
        if acts:
            x = x + nu * (1 - t / stop) * np.asarray(pushed, dtype=np.float64)
        if bound is not None:
            x = np.clip(x, -bound, bound)
        _check_place(x, t, far)
    weight = np.repeat(np.array(weights)[:, None], len(x), axis=1)
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    if effective < FEW * weight.size:
        notes.append(f"weights are uneven: {weight.size:,} samples count as {effective:,.0f}")
    return VendiSamples(np.array(samples), weight, np.array(scores), stop, effective, tuple(notes))


def tune_vendi_sample(
    energy: Callable[[Floats], npt.ArrayLike],
    grad_energy: Gradient,
    x0: npt.ArrayLike,
    *,
    steps: int = 2000,
    eta: float = 1e-3,
    q: Order = 1.0,
    gamma: float = 1.0,
    limit: float | None = None,
    strengths: Sequence[float] = (10, 40, 100),
    stops: Sequence[int] = (100, 500, 1000),
    resamples: int = 1000,
    rng: Rng = None,
) -> pl.DataFrame:
    """Try strengths and durations of the force on short runs, best first.

    The criterion is ln VS_q of weighted resamples less twice their mean energy.

    Parameters
    ----------
    energy : callable
        Takes points of shape (n, d), returns energies of shape (n,), in kT.
    grad_energy : callable
        As of `vendi_sample`.
    x0 : array_like of float, shape (n_replicas, d)
        Where the replicas start.
    steps : int, default 2000
        Of each run, at most 2,000.
    eta, q, gamma, limit
        As of `vendi_sample`.
    strengths : sequence of float, default (10, 40, 100)
        nu as multiples of `eta`.
    stops : sequence of int, default (100, 500, 1000)
        Steps after which the repulsion may end.
    resamples : int, default 1000
        Samples drawn by weight from each run.
    rng : int, Generator, SeedSequence or None
        Seed or source of the random numbers, one stream for each run.

    Returns
    -------
    polars.DataFrame
        nu, stop, criterion, log_score, energy; the best first.

    Raises
    ------
    InputError
        As of `vendi_sample`; also if there is nothing to try or energies have another shape.

    See Also
    --------
    vendi_sample : the run itself.

    Examples
    --------
    >>> well = lambda x: (x**2).sum(axis=1) / 2
    >>> found = tune_vendi_sample(well, lambda x: x, np.zeros((4, 1)), steps=50, stops=(20,), resamples=50, rng=0)
    >>> found.columns
    ['nu', 'stop', 'criterion', 'log_score', 'energy']
    """
    grid = [(float(strength) * eta, int(stop)) for strength in strengths for stop in stops]
    if not grid:
        raise InputError("strengths", "leave nothing to try")
    length, draws = min(check_count("steps", steps), 2000), check_count("resamples", resamples)
    order = check_gradient_order(q)
    rows = []
    for (nu, stop), stream in zip(grid, spawn(rng, len(grid)), strict=True):
        run, pick = stream.spawn(2)
        found = vendi_sample(
            grad_energy, x0, steps=length, eta=eta, nu=nu, stop=stop, q=order, gamma=gamma, limit=limit, rng=run
        )
        points = found.samples.reshape(-1, found.samples.shape[2])
        share = found.weights.ravel() / found.weights.sum()
        drawn = points[generator(pick).choice(len(points), size=draws, p=share)]
        energies = np.asarray(energy(drawn), dtype=np.float64)
        if energies.shape != (draws,):
            raise InputError("energy", f"must return shape ({draws},) for so many points, got {energies.shape}")
        log_score = force_of(drawn, order, gamma)[0]
        mean = float(energies.mean())
        rows.append((nu, found.stop, log_score - 2 * mean, log_score, mean))
    columns = {"nu": pl.Float64, "stop": pl.Int64} | dict.fromkeys(("criterion", "log_score", "energy"), pl.Float64)
    return pl.DataFrame(rows, schema=columns, orient="row").sort("criterion", descending=True, maintain_order=True)


def _check_drift(drift: Floats, x: Floats, t: int) -> None:
    if drift.shape != x.shape:
        raise InputError("grad_energy", f"must return shape {x.shape}, got {drift.shape}")
    bad = ~np.isfinite(drift).all(axis=1)
    if bad.any():
        raise FloatingPointError(f"the energy gradient is not finite at step {t}, replica {int(np.argmax(bad))}")


def _check_place(x: Floats, t: int, far: float) -> None:
    bad = ~(np.linalg.norm(x, axis=1) <= far)
    if bad.any():
        raise FloatingPointError(
            f"replica {int(np.argmax(bad))} is more than {far:g} away after step {t}; take a smaller eta"
        )
