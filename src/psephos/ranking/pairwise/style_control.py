"""How strong is each candidate once length and style, or the side it stood on, are taken out of the votes?

    logit P(left wins) = theta_left - theta_right + x . beta,        x what else differs between the two answers

A longer answer wins more votes, whoever wrote it. With x, such as the difference in length, in the same model, theta is
the strength at equal length and beta what length is worth. A column of ones is the advantage of standing left.

Lengths of which only the ratio matters enter as x = (left - right) / (left + right), all x divided by their standard
deviation, so that beta is per standard deviation. Ties count as half wins. Newton's method on candidates and covariates
together, one pass over the battles a step; sandwich errors.

Source: the style control of the arenas (Li, Angelopoulos and Chiang 2024, blog of the Chatbot Arena). Differs: errors
in closed form; any column; the side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import linalg, special

from psephos.engine import one_thread
from psephos.engine.streams import Rng, seed_of
from psephos.errors import InputError, SeparationError, check_count, check_floats, check_number
from psephos.opinions.kinds import listed
from psephos.opinions.model import Opinions
from psephos.opinions.wording import plural
from psephos.ranking.pairwise.battle_ranking import FEW, POINTS, BattleRanking, battle_ranking, few_games, rating_of
from psephos.ranking.pairwise.battle_table import BattleTable, battle_table
from psephos.ranking.pairwise.battle_units import shown_by_battles, units_of
from psephos.ranking.pairwise.bradley_terry import clusters_of, normal_strengths, win_chances
from psephos.ranking.pairwise.connectivity import LINK, blank_reasons, connection_of
from psephos.ranking.pairwise.strengths import DENSE, ill_conditioned_fails, laplacian
from psephos.statistics import rank_spread
from psephos.statistics.intervals import normal_quantile

SIDES = (("left_{}", "right_{}"), ("{}_left", "{}_right"), ("{}_a", "{}_b"), ("a_{}", "b_{}"))
"""How the columns of both answers may be called."""

MOST_STEPS = 50
SMALLEST_STEP = 1e-9
STRAIGHT = 1e-10

Floats = npt.NDArray[np.float64]


def style_control(
    battles: Opinions | BattleTable,
    covariates: Sequence[str] | Mapping[str, npt.ArrayLike] = (),
    *,
    side: bool = True,
    clusters: str | None = None,
    least_games: int = FEW,
    repeats: int = 1000,
    level: float = 0.95,
    rng: Rng = None,
) -> BattleRanking:
    """Rank by strengths at equal style.

    Parameters
    ----------
    battles : Opinions of kind ``battles``, or BattleTable
        Battles, or what `battle_table` made of them.
    covariates : sequence of str, or mapping of str to array_like of shape (n_battles,)
        Names such as "length": of the columns ``left_length`` and ``right_length`` (or ``length_left``, ``length_a``)
        the difference relative to the sum counts, of a column ``length`` its value. A mapping gives the values, one
        per battle of the table: what differs between left and right.
    side : bool, default True
        Whether standing left may be worth something.
    clusters : {"voter", "item"}, optional
        What battles are not independent within.
    least_games : int, default 30
        Candidates with fewer battles take no place; their rating is shown.
    repeats : int, default 1000
        Draws from the normal distribution of the ratings, for places and chances.
    level : float, default 0.95
        Of the intervals.
    rng : int, Generator, SeedSequence or None
        Of the resamples; an int repeats them.

    Returns
    -------
    BattleRanking
        With `effects`: what each covariate is worth in points of a rating, per standard deviation, with its interval.

    Raises
    ------
    InputError
        `covariates`: none at all, unknown, not a number, constant, or telling no more than the others and the
        candidates do. As of `bradley_terry`.

    See Also
    --------
    bradley_terry : without covariates.

    Examples
    --------
    >>> from psephos.opinions import battles
    >>> votes = battles(["x"] * 60, ["y"] * 60, (["left"] * 2 + ["right"]) * 10 + (["left"] + ["right"] * 2) * 10)
    >>> longer = [1.0] * 30 + [-1.0] * 30
    >>> made = style_control(votes, {"length": longer}, side=False, rng=0)
    >>> round(made.effects["points"][0], 2), made.scores.round(6).tolist()  # 400 log10(2): all of it is length
    (120.41, [1000.0, 1000.0])
    """
    least_games, repeats = check_count("least_games", least_games, low=0), check_count("repeats", repeats, low=0)
    level = check_number("level", level, low=0, high=1, open_ends=True)
    table = battle_table(battles)
    names, values, notes = _covariates(table, covariates, side)
    given = list(covariates) if not isinstance(covariates, Mapping) else sorted(covariates)
    options = {
        "covariates": given or None,
        "values": "given" if isinstance(covariates, Mapping) else None,
        "side": side,
        "clusters": clusters,
        "least_games": least_games,
        "repeats": repeats,
        "level": level,
    }
    # Values travel with their battles, so that some of these can be left out.
    table = replace(table, carried=pl.DataFrame(dict(zip(names, values.T, strict=True))))
    return _ranked(table, names=names, options=options, repeats=repeats, seed=seed_of(rng), notes=notes)


def _ranked(
    table: BattleTable,
    *,
    names: Sequence[str],
    options: Mapping[str, Any],
    repeats: int,
    seed: int,
    notes: tuple[str, ...] = (),
) -> BattleRanking:
    """The ranking of battles that carry the values of the covariates."""
    least_games, level = options["least_games"], options["level"]
    values = table.carried.select(names).to_numpy()
    known = ~np.isnan(values).any(axis=1)
    if not known.all():
        notes += (f"left out: {plural(int((~known).sum()), 'battle')} without a value of a covariate",)
    kept = table.take(np.asarray(known))
    if not len(kept):
        raise InputError("covariates", "no battle has a value of each")
    connection = connection_of(kept.counts)
    connected, reasons = blank_reasons(kept.counts, table.candidates, connection, finite=False)
    if connected.sum() < 2:
        raise SeparationError("battles", table.explain("no two candidates can be compared"), hint=LINK)
    inside = connected[kept.left] & connected[kept.right]
    used, x = kept.take(inside), values[known][inside]
    groups = clusters_of(used, options["clusters"])
    scale = np.array([1.0 if name == "side" else float(x[:, c].std()) for c, name in enumerate(names)])
    if (scale <= STRAIGHT).any():
        raise InputError("covariates", f"{names[int(np.argmin(scale))]!r} is the same in every battle")
    place = np.cumsum(connected) - 1
    with one_thread():
        strengths, beta, covariance, steps, moved = _fit(used, x / scale, place, int(connected.sum()), groups, names)
    theta = np.full(len(table.candidates), np.nan)
    theta[connected] = strengths
    size = len(strengths)
    spread_of = np.full((len(theta), len(theta)), np.nan)
    spread_of[np.ix_(connected, connected)] = covariance[:size, :size]
    few, reasons = few_games(table, kept.counts.by_candidate(kept.counts.met, kept.counts.met), least_games, reasons)
    placed = connected & ~few
    spread = None
    if repeats:
        points = rating_of(normal_strengths(theta, spread_of, repeats, seed))
        words = "draws from the normal distribution by the sandwich errors"
        spread = rank_spread(np.where(placed, points, np.nan), level=level, means=words)
    if moved >= SMALLEST_STEP:
        notes += (f"the fit had not settled after {steps} steps",)
    units = units_of(table)
    chance = special.expit(theta[used.left] - theta[used.right] + x / scale @ beta)
    split = units.split_battles(used, *shown_by_battles(used, theta, chance, _scores_of(used)))
    return battle_ranking(
        table,
        method="style-control",
        ratings=rating_of(theta),
        score_means="rating at equal style: 400 points are ten to one, the mean is 1000",
        options=options,
        placed=placed,
        reasons=reasons,
        component=connection.component,
        spread=spread,
        seed=seed if repeats else None,
        pairwise=win_chances(theta),
        pairwise_means="chance to win a battle that has a winner, at equal style",
        notes=notes,
        units=units,
        refit=partial(_ranked, names=names, options={**options, "repeats": 0}, repeats=0, seed=0),
        contributions=None if split is None else POINTS * split,
        standard_errors=POINTS * np.sqrt(np.maximum(np.diag(spread_of), 0)),
        covariance=POINTS**2 * spread_of,
        effects=_effects(names, beta, covariance[size:, size:], scale, level),
        steps=steps,
        converged=moved < SMALLEST_STEP,
    )


def _covariates(
    table: BattleTable, given: Sequence[str] | Mapping[str, npt.ArrayLike], side: bool
) -> tuple[list[str], Floats, tuple[str, ...]]:
    """Names and values of the covariates, and a word on how they were made."""
    names, columns, notes = [], [], []
    if side:
        names.append("side")
        columns.append(np.ones(len(table)))
    for name in [given] if isinstance(given, str) else list(given):
        if name in names:
            raise InputError("covariates", f"names {name!r} twice")
        names.append(name)
        if isinstance(given, Mapping):
            values = check_floats("covariates", given[name], missing=True)
            if len(values) != len(table):
                raise InputError("covariates", f"{name!r} must have a value for each of {len(table):,} battles")
            columns.append(values)
            continue
        values, how = _of_columns(table, name)
        columns.append(values)
        notes.append(how)
    if not names:
        raise InputError("covariates", "there are none", hint="name columns, or allow for the side")
    return names, np.column_stack(columns), tuple(notes)


def _of_columns(table: BattleTable, name: str) -> tuple[Floats, str]:
    carried = table.carried
    for one, other in SIDES:
        pair = one.format(name), other.format(name)
        if set(pair) <= set(carried.columns):
            left, right = (_numeric(carried[column]) for column in pair)
            if (left < 0).any() or (right < 0).any():
                raise InputError("covariates", f"{pair[0]!r} and {pair[1]!r} must not be negative; give the difference")
            both = left + right
            share = np.divide(left - right, both, out=np.where(np.isnan(both), np.nan, 0.0), where=both > 0)
            return share, f"{name}: difference of {pair[0]} and {pair[1]} relative to their sum"
    if name in carried.columns:
        return _numeric(carried[name]), f"{name}: as in the column"
    raise InputError(
        "covariates",
        f"there are no columns of {name!r} among {listed(carried.columns)}",
        hint="name a column, or X for the pair left_X and right_X",
    )


def _numeric(values: pl.Series) -> Floats:
    try:
        return values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    except pl.exceptions.PolarsError:
        raise InputError("covariates", f"{values.name!r} holds no numbers") from None


def _fit(
    table: BattleTable,
    x: Floats,
    place: npt.NDArray[np.int64],
    size: int,
    groups: npt.NDArray[np.int64] | None,
    names: Sequence[str],
) -> tuple[Floats, Floats, Floats, int, float]:
    """Strengths, effects, their covariance, steps and the size of the last one."""
    if size > DENSE:
        raise InputError("candidates", f"{size:,} are too many; {DENSE:,} is the most")
    left, right, weight = place[table.left], place[table.right], table.weights
    score = _scores_of(table)
    extra = x.shape[1]
    theta, beta = np.zeros(size), np.zeros(extra)

    def value(strength: Floats, effect: Floats) -> float:
        d = strength[left] - strength[right] + x @ effect
        return float(-(weight * (score * np.logaddexp(0, -d) + (1 - score) * np.logaddexp(0, d))).sum())

    now, steps, moved = value(theta, beta), 0, np.inf
    while steps < MOST_STEPS and moved >= SMALLEST_STEP:
        steps += 1
        p = special.expit(theta[left] - theta[right] + x @ beta)
        pull, curve = weight * (score - p), weight * p * (1 - p)
        if curve.sum() < STRAIGHT * weight.sum():
            # No battle is left that could go either way.
            raise _endless(names)
        g = np.concatenate([np.bincount(left, pull, size) - np.bincount(right, pull, size), x.T @ pull])
        hessian = _hessian(left, right, curve, x, size)
        step = _solved(hessian, g, names, size)
        scale = min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-300))
        for _ in range(40):
            after = theta + scale * step[:size], beta + scale * step[size:]
            found = value(*after)
            if found >= now - 1e-12 * abs(now):
                break
            scale /= 2
        moved = scale * float(np.abs(step).max())
        theta, beta, now = after[0] - after[0].mean(), after[1], found
    p = special.expit(theta[left] - theta[right] + x @ beta)
    inverse = linalg.inv(_hessian(left, right, weight * p * (1 - p), x, size))
    inverse[:size, :size] -= 1 / size
    rows = np.arange(len(left)) if groups is None else np.unique(groups, return_inverse=True)[1]
    residual = score - p
    along = residual * (weight if groups is not None else np.sqrt(weight))
    meat = _meat(left, right, x, along, rows, size)
    covariance = inverse @ meat @ inverse
    return theta, beta, np.asarray(covariance), steps, moved


def _scores_of(table: BattleTable) -> Floats:
    """1 where left won, 0 where right did, 1/2 for a tie."""
    return np.choose(np.minimum(table.outcome, 2), (1.0, 0.0, 0.5))


def _hessian(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], curve: Floats, x: Floats, size: int) -> Floats:
    pairs = np.bincount(np.minimum(left, right) * size + np.maximum(left, right), curve, size * size)
    first, second = np.divmod(np.flatnonzero(pairs), size)
    made = np.zeros((size + x.shape[1],) * 2)
    made[:size, :size] = laplacian(first, second, pairs[pairs != 0], size) + 1 / size
    for column in range(x.shape[1]):
        weighted = curve * x[:, column]
        across = np.bincount(left, weighted, size) - np.bincount(right, weighted, size)
        made[size + column, :size] = made[:size, size + column] = across
        made[size + column, size:] = weighted @ x
    return made


def _meat(
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    x: Floats,
    along: Floats,
    rows: npt.NDArray[np.int64],
    size: int,
) -> Floats:
    from scipy import sparse

    groups, extra = int(rows.max(initial=-1)) + 1, x.shape[1]
    data = np.concatenate([along, -along, *(along * x[:, c] for c in range(extra))])
    columns = np.concatenate([left, right, *(np.full(len(left), size + c) for c in range(extra))])
    total = sparse.csr_array((data, (np.tile(rows, 2 + extra), columns)), shape=(groups, size + extra))
    outer = (total.T @ total).toarray()
    factor = 1.0 if groups == len(left) else groups / max(groups - 1, 1)
    return np.asarray(outer * factor)


def _solved(hessian: Floats, g: Floats, names: Sequence[str], size: int) -> Floats:
    try:
        with ill_conditioned_fails():
            corner = linalg.solve(hessian[:size, :size], hessian[:size, size:], assume_a="pos")
            rest = hessian[size:, size:] - hessian[size:, :size] @ corner
            scale = np.maximum(np.diag(hessian[size:, size:]), 1e-300)
            values = np.linalg.eigvalsh(rest / np.sqrt(np.outer(scale, scale)))
            if values[0] < STRAIGHT:
                problem = f"{listed(names)} tell no more than each other and the candidates do"
                raise InputError("covariates", problem)
            return np.asarray(linalg.solve(hessian, g, assume_a="sym"))
    except (linalg.LinAlgError, linalg.LinAlgWarning):
        raise _endless(names) from None


def _endless(names: Sequence[str]) -> InputError:
    return InputError("covariates", f"{listed(names)} tell every vote: their effects have no end")


def _effects(names: Sequence[str], beta: Floats, covariance: Floats, scale: Floats, level: float) -> pl.DataFrame:
    error = np.sqrt(np.maximum(np.diag(covariance), 0))
    z = normal_quantile(level)
    p = 2 * special.ndtr(-np.abs(np.divide(beta, error, out=np.zeros_like(beta), where=error > 0)))
    per = [
        "standing left" if one == "side" else f"standard deviation ({wide:.3g})"
        for one, wide in zip(names, scale, strict=True)
    ]
    return pl.DataFrame(
        {
            "effect": list(names),
            "points": POINTS * beta,
            "low": POINTS * (beta - z * error),
            "high": POINTS * (beta + z * error),
            "standard_error": POINTS * error,
            "p": p,
            "per": per,
        }
    )
