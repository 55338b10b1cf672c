"""Does the model of reliability find who is reliable, when they know it, and what that is worth?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.consensus.transcripts.column_votes import elect
from psephos.consensus.transcripts.reliability import LEVELS, effective_voters, reliability

VOCABULARY = 60


def simulated(
    n: int, seed: int, *, right: list[float], missing: float = 0.05, invented: float = 0.3, empty: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """Columns as the model has them: some where a word was said, some where nothing was; and what was said."""
    rng = np.random.default_rng(seed)
    truth = np.where(rng.random(n) < empty, 0, rng.integers(1, VOCABULARY, n))
    shape = (n, len(right))
    wrong = 1 + (truth[:, None] - 1 + rng.integers(1, VOCABULARY - 1, shape)) % (VOCABULARY - 1)
    draw = rng.random(shape)
    a = np.array(right)
    where_word = np.where(draw < a, truth[:, None], np.where(draw < a + missing, 0, wrong))
    where_none = np.where(draw < invented, rng.integers(1, VOCABULARY, shape), 0)
    keys = np.where(truth[:, None] > 0, where_word, where_none).astype(np.int32)
    heard = (keys > 0).any(axis=1)
    return keys[heard], truth[heard]


def seats(keys: np.ndarray) -> np.ndarray:
    return np.broadcast_to(np.arange(keys.shape[1], dtype=np.int32), keys.shape)


def test_it_finds_the_rates_and_beats_counting() -> None:
    right = [0.9, 0.85, 0.5, 0.4, 0.3]
    keys, truth = simulated(6000, seed=3, right=right)
    found = elect(keys, vote="weighted")
    assert found.model is not None
    assert found.model.converged
    assert np.abs(found.model.accuracy - right).max() < 0.03
    assert np.abs(found.model.missing - 0.05).max() < 0.03
    weighted, counted = found.strength.leader == truth, elect(keys).strength.leader == truth
    error = np.sqrt((weighted.astype(float) - counted).var() / len(truth))
    assert weighted.mean() - counted.mean() > 3 * error


def test_an_outlier_counts_for_nothing() -> None:
    """Two who hear the same noise as nobody else do not outvote one who is right; counting has a tie or worse."""
    keys, truth = simulated(4000, seed=1, right=[0.8, 0.8, 0.02, 0.02])
    alone = np.array([[7, 0, 9, 0], [7, 7, 9, 9]], np.int32)
    found = elect(np.concatenate([keys, alone]), vote="weighted")
    assert found.model is not None
    assert found.model.accuracy[2] < 0.06
    assert found.strength.leader[-1] == 7
    three = elect(keys[:, :2], vote="weighted").strength.leader == truth
    assert (found.strength.leader[:-2] == truth).mean() > three.mean() - 0.01


def test_confidence_is_worth_what_it_turns_out_to_be() -> None:
    """Three equal voters; one knows when it is right, and the confidence of another says nothing."""
    keys, truth = simulated(6000, seed=5, right=[0.6, 0.6, 0.6])
    rng = np.random.default_rng(0)
    sure = np.full(keys.shape, np.nan)
    sure[:, 0] = np.where(keys[:, 0] == truth, 0.5, 0.1) + 0.4 * rng.random(len(keys))
    sure[:, 1] = rng.random(len(keys))
    told = reliability(keys, seats(keys), 3, confidence=sure)
    untold = reliability(keys, seats(keys), 3)
    nonsense = reliability(keys, seats(keys), 3, confidence=np.where(np.arange(3) == 1, sure, np.nan))

    def rightly(model) -> float:
        best = model.posterior.argmax(axis=1)
        return float((keys[np.arange(len(keys)), best] == truth).mean())

    error = np.sqrt(0.25 / len(keys))
    assert rightly(told) > rightly(untold) + 3 * error
    assert rightly(nonsense) == pytest.approx(rightly(untold), abs=2 * error)


def test_what_is_certain_teaches() -> None:
    """Two voters who always contradict each other: only what is known for certain tells who of them is right."""
    rng = np.random.default_rng(2)
    truth = rng.integers(1, VOCABULARY, 400)
    keys = np.stack([truth, truth % (VOCABULARY - 1) + 1], axis=1).astype(np.int32)
    certain = np.full(400, -1, np.int32)
    certain[:40] = truth[:40]
    found = reliability(keys, seats(keys), 2, certain=certain)
    assert (found.posterior[:, 0] > 0.9).all()
    blind = reliability(keys, seats(keys), 2)
    assert np.allclose(blind.posterior[:, 0], blind.posterior[:, 1])


def chance(key: int, row: np.ndarray, rates: np.ndarray, prior: float, vocabulary: float) -> float:
    """Probability of a row together with what was said; -1 is a word that nobody wrote."""
    p = prior if key == 0 else (1 - prior) / vocabulary
    for v, said in enumerate(row.tolist()):
        if key == 0:
            p *= rates[v, 3] / vocabulary if said else rates[v, 4]
        else:
            p *= rates[v, 2] if said == 0 else rates[v, 0] if said == key else rates[v, 1] / vocabulary
    return float(p)


def by_hand(keys: np.ndarray, rounds: int) -> np.ndarray:
    """The same EM written out word by word, without confidences."""
    prior_words, (n, m) = 10.0, keys.shape
    counts = np.bincount(keys[keys > 0])
    vocabulary = max(2.0, counts.sum() ** 2 / (counts.astype(float) ** 2).sum())
    belief = [{k: float((row == k).mean()) for k in set(row.tolist()) if k >= 0} for row in keys]
    for _ in range(rounds):
        amount = np.zeros((m, 5))
        for row, said in zip(keys, belief, strict=True):
            nothing = said.get(0, 0.0)
            for v, key in enumerate(row.tolist()):
                if key > 0:
                    amount[v] += [said[key], max(1 - nothing - said[key], 0), 0, nothing, 0]
                else:
                    amount[v] += [0, 0, 1 - nothing, 0, nothing]
        whole = amount.sum(axis=0) + 1
        rates = np.zeros((m, 5))
        for group in ([0, 1, 2], [3, 4]):
            expected = prior_words * whole[group] / whole[group].sum()
            rates[:, group] = (amount[:, group] + expected) / (amount[:, group] + expected).sum(axis=1, keepdims=True)
        prior = (sum(said.get(0, 0.0) for said in belief) + 1) / (n + 2)
        fresh = []
        for row in keys:
            words = {key for key in row.tolist() if key > 0}
            chances = {key: chance(key, row, rates, prior, vocabulary) for key in {0, *words}}
            others = max(vocabulary - len(words), 1e-9) * chance(-1, row, rates, prior, vocabulary)
            total = sum(chances.values()) + others
            fresh.append({key: p / total for key, p in chances.items()})
        belief = fresh
    return np.array([[said[key] for key in row] for said, row in zip(belief, keys.tolist(), strict=True)])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_is_the_model_of_its_formulas(seed: int) -> None:
    keys, _ = simulated(60, seed, right=[0.8, 0.6, 0.5])
    found = reliability(keys, seats(keys), 3)
    assert np.allclose(found.posterior, by_hand(keys, found.rounds), atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_posteriors_are_probabilities_and_names_do_not_matter(data: st.DataObject) -> None:
    n, m = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 4))
    cells = data.draw(st.lists(st.integers(-1, 4), min_size=n * m, max_size=n * m))
    keys = np.array(cells, np.int32).reshape(n, m)
    found = reliability(keys, seats(keys), m)
    assert (found.posterior[keys < 0] == 0).all()
    for row, codes in zip(found.posterior, keys, strict=True):
        heard = {code: p for code, p in zip(codes.tolist(), row.tolist(), strict=True) if code >= 0}
        assert -1e-12 <= sum(heard.values()) <= 1 + 1e-9
    order = np.array(data.draw(st.permutations(range(m))))
    renamed = np.where(keys > 0, 5 - keys, keys)[:, order]
    again = reliability(renamed, np.broadcast_to(order.astype(np.int32), keys.shape), m)
    assert np.allclose(again.posterior, found.posterior[:, order], atol=1e-6)
    rows = np.array(data.draw(st.permutations(range(n))))
    moved = reliability(keys[rows], seats(keys), m)
    assert np.allclose(moved.posterior, found.posterior[rows], atol=1e-6)


def test_a_voter_who_took_no_part_has_no_rates() -> None:
    keys, _ = simulated(50, 0, right=[0.8, 0.8])
    found = reliability(keys, seats(keys), 3)
    assert np.isnan(found.accuracy[2])
    assert np.isnan(found.invented[2])
    assert LEVELS > 1


def test_twins_count_once() -> None:
    rng = np.random.default_rng(0)
    off = rng.random((20_000, 4)) < 0.1
    assert effective_voters(off) == pytest.approx(4, abs=0.1)
    off[:, 1] = off[:, 0]
    assert effective_voters(off) == pytest.approx(16 / 6, abs=0.1)
