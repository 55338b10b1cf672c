"""Sheet 36: moves in levels, who had seen the others, the tolerances of the sheet on a large panel."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from psephos.errors import InputError
from psephos.metrics import auroc
from psephos.statistics import logistic
from psephos.studies import peer_review

SCALE = (1, 3, 5, 6, 8, 10)


def panel(place: np.ndarray, end: np.ndarray, scale=SCALE, **columns) -> peer_review.Reviews:
    """Reviews from places on a scale before and after, shape (items, reviewers)."""
    items, reviewers = place.shape
    levels = np.array(scale, dtype=float)
    table = {
        "item": np.repeat([f"i{k:05d}" for k in range(items)], reviewers),
        "reviewer": np.tile([f"r{k}" for k in range(reviewers)], items),
        "before": levels[place].ravel(),
        "after": levels[end].ravel(),
    } | {name: values.ravel() for name, values in columns.items()}
    return peer_review.reviews(pl.DataFrame(table), scale=scale, tracing=None)


def moved(rng, items: int, b: tuple[float, float], c: dict[int, float], scale=SCALE):
    """Moves drawn from the model itself."""
    place = rng.integers(0, len(scale), (items, 4))
    levels = np.array(scale, dtype=float)
    own = levels[place]
    others = (own.sum(axis=1, keepdims=True) - own) / 3
    moves = np.array(sorted({0, *c}))
    logit = np.array([c.get(k, 0.0) for k in moves]) + moves * (b[0] * own + b[1] * others)[..., None]
    end = place[..., None] + moves
    chance = np.where((end >= 0) & (end < len(scale)), np.exp(logit), 0.0).cumsum(axis=-1)
    drawn = (rng.random(place.shape)[..., None] * chance[..., -1:] > chance).sum(axis=-1)
    return place, place + moves[drawn]


@pytest.mark.parametrize("seed", range(3))
def test_moves_drawn_from_the_model_are_recovered_at_the_ends_of_the_scale_too(seed):
    b, c = (-0.4, 0.5), {-2: -3.0, -1: -1.5, 1: -0.5, 2: -2.0}
    reviews = panel(*moved(np.random.default_rng(seed), 3000, b, c))
    found = peer_review.change_steps(reviews)
    assert found.converged
    assert found.moves == (-2, -1, 0, 1, 2)
    truth = [*(c[k] for k in (-2, -1, 1, 2)), *b]
    off = (found.coefficients["estimate"].to_numpy() - truth) / found.coefficients["standard_error"].to_numpy()
    assert np.abs(off).max() < 4
    assert found.coefficients["standard_error"][-1] < 0.02
    # Points per point know nothing of the ends: at the top nobody can rise, which least squares takes for a pull down.
    line = peer_review.influence(reviews, folds=0).models["change"]
    assert abs(line.coefficients[1] + 0.4) > 4 * line.standard_error[1]


def test_rises_by_one_alone_are_the_logit():
    rng = np.random.default_rng(5)
    place = rng.integers(0, 5, (400, 4))
    rise = rng.random(place.shape) < 1 / (1 + np.exp(1.2 + 0.4 * place))
    reviews = panel(place, place + rise)
    found = peer_review.change_steps(reviews).coefficients
    expected = logistic(np.column_stack([reviews.before, reviews.others]), reviews.change > 0, clusters=reviews.item)
    np.testing.assert_allclose(found["estimate"], expected.coefficients, atol=1e-6)
    np.testing.assert_allclose(found["standard_error"], expected.standard_error, rtol=1e-5)


def test_a_planted_label_pushes_and_an_idle_one_does_not():
    found = peer_review.change_steps(
        peer_review.sample(items=2000, evidence=0.8, rng=3), labels=("evidence", "courtesy"), most=1
    ).coefficients
    of = {row["term"]: row for row in found.iter_rows(named=True)}
    assert of["label evidence"]["low"] > 0.4
    assert of["label courtesy"]["low"] < 0 < of["label courtesy"]["high"]
    assert of["others' mean"]["low"] > 0.5
    assert of["own score"]["high"] < 0


@pytest.mark.parametrize(
    ("cells", "options", "argument"),
    [
        (["3 5", "6 8"], {}, "reviews"),
        (["3;5 5;6", "6;8 8;10"], {}, "reviews"),
        (["3;5 3", "3 3"], {}, "reviews"),
        (["3;5 5", "6 8"], {"most": 0}, "most"),
        (["3;5 5", "6 8"], {"labels": ("none",)}, "labels"),
    ],
    ids=["nobody moves", "all move alike", "a constant score", "no moves", "no label"],
)
def test_moves_that_cannot_be_explained_are_refused(cells, options, argument):
    reviews = peer_review.reviews(pl.DataFrame({"item": ["A", "B"], "score": cells}), scale=SCALE)
    with pytest.raises(InputError) as caught:
        peer_review.change_steps(reviews, **options)
    assert caught.value.argument == argument


def exchange(seed: int, evidence: float, influence: float, items: int = 1500) -> peer_review.Reviews:
    """Reviewers move towards what is true of the item, and those who saw the others also towards these."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(5, 1, (items, 1))
    before = truth + rng.normal(0, 1, (items, 4))
    others = (before.sum(axis=1, keepdims=True) - before) / 3
    saw = rng.random(before.shape) < 0.5
    after = before + evidence * (truth - before) + influence * saw * (others - before)
    after += rng.normal(0, 0.3, before.shape)
    table = {
        "item": np.repeat(np.arange(items), 4),
        "reviewer": np.tile(np.arange(4), items),
        "before": before.ravel(),
        "after": after.ravel(),
        "seen_others": saw.ravel(),
    }
    return peer_review.reviews(pl.DataFrame(table), tracing=None)


def test_what_seeing_the_others_adds_is_parted_from_shared_evidence():
    found = {row["part"]: row for row in peer_review.seen_others(exchange(1, 0.4, 0.3)).iter_rows(named=True)}
    assert abs(found["added by seeing"]["others"] - 0.3) < 3 * found["added by seeing"]["standard_error"]
    # Others' mean tells the truth by 3 / 5 of a point per point beside one own score: (3 / 1) / (1 + 1 + 3).
    assert abs(found["not seen"]["others"] - 0.4 * 0.6) < 3 * found["not seen"]["standard_error"]
    assert found["seen"]["others"] == pytest.approx(found["not seen"]["others"] + found["added by seeing"]["others"])
    assert found["added by seeing"]["remains"] == pytest.approx(0.3 / 0.54, abs=0.06)


def test_where_nobody_copies_nothing_is_added_though_the_association_is_there():
    p = []
    for seed in range(30):
        found = {
            row["part"]: row for row in peer_review.seen_others(exchange(seed, 0.4, 0.0, 300)).iter_rows(named=True)
        }
        assert found["seen"]["low"] > 0.1
        p.append(found["added by seeing"]["p"])
    assert sum(value < 0.05 for value in p) <= 6  # binomial(30, .05) exceeds that once in a thousand times


@pytest.mark.parametrize("column", ["missing", "seen_others"])
def test_who_had_seen_must_be_known_of_enough(column):
    table = pl.DataFrame(
        {"item": ["A"] * 3, "before": [3, 4, 5], "after": [4, 4, 5], "seen_others": [True, False, True]}
    )
    with pytest.raises(InputError) as caught:
        peer_review.seen_others(peer_review.reviews(table), column)
    assert caught.value.argument == ("labels" if column == "missing" else "seen")


@pytest.mark.slow
def test_sheet36_recovery_within_the_sheet_on_twenty_times_as_many_items():
    """Three panels of 3,000 items scatter by more than the ranges of the sheet; one of 60,000 lies inside all."""
    large = peer_review.sample(items=60_000, rng=7)
    shares = peer_review.movement(large)
    assert 0.166 < shares.share("up").value < 0.173
    assert 0.024 < shares.share("down").value < 0.026
    models = peer_review.influence(large, folds=0).models
    up, change = models["up"], models["change"]
    np.testing.assert_array_less(np.abs(up.coefficients - [-3.80, -0.46, 0.845]), [0.1, 0.03, 0.04])
    np.testing.assert_array_less(np.abs(change.coefficients[1:] - [-0.090, 0.152]), [0.008, 0.01])
    np.testing.assert_allclose(change.standard_error[1:] * 20**0.5, [0.004, 0.0054], rtol=0.05)
    rows = large.modelled
    line = up.linear(np.column_stack([large.before[rows], large.others[rows]]))
    assert auroc(large.change[rows] > 0, line) == pytest.approx(0.71, abs=0.01)
    together = peer_review.convergence(large, repeats=2)
    assert together.before.value == pytest.approx(1.044, abs=0.02)
    assert together.after.value == pytest.approx(1.012, abs=0.02)
