from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from psephos.consensus.transcripts import alignment, anchors, network
from psephos.consensus.transcripts.network import Speech, build_network, disagreement, distance_matrix, realigned
from psephos.errors import InputError

speeches = st.lists(st.lists(st.integers(1, 4), max_size=7), min_size=2, max_size=5)


def spoken(keys: list[list[int]]) -> list[Speech]:
    return [Speech(np.array(part, np.int32)) for part in keys]


@given(speeches, st.sampled_from(["medoid", "given"]))
def test_every_word_stands_once_and_in_order(said: list[list[int]], order: str) -> None:
    found = build_network(spoken(said), order=order)
    assert sorted(found.order.tolist()) == list(range(len(said)))
    for slot, keys in enumerate(said):
        held = found.tokens[:, slot] >= 0
        assert found.tokens[held, slot].tolist() == list(range(len(keys)))
        assert found.keys[held, slot].tolist() == keys
        assert not found.keys[~held, slot].any()
    assert (found.keys != 0).any(axis=1).all()


@given(speeches)
def test_names_of_the_words_do_not_matter(said: list[list[int]]) -> None:
    other = [[5 - key for key in keys] for keys in said]
    one, two = build_network(spoken(said)), build_network(spoken(other))
    assert np.array_equal(np.where(one.keys, 5 - one.keys, 0), two.keys)


@given(speeches)
def test_realigning_never_raises_the_disagreement(said: list[list[int]]) -> None:
    parts = spoken(said)
    before = build_network(parts, order="given")
    after, rounds = realigned(before, parts)
    assert disagreement(after.keys) <= disagreement(before.keys)
    assert 1 <= rounds <= network.MOST_ROUNDS
    for slot, keys in enumerate(said):
        assert after.keys[after.tokens[:, slot] >= 0, slot].tolist() == keys


def test_realigning_mends_what_the_order_broke() -> None:
    rng = np.random.default_rng(0)
    better = 0
    for _ in range(200):
        base = rng.integers(1, 6, 12)
        parts = [Speech(base[rng.random(12) > 0.3].astype(np.int32)) for _ in range(5)]
        before = build_network(parts, order="given")
        better += disagreement(realigned(before, parts)[0].keys) < disagreement(before.keys)
    assert better > 20


def test_long_transcripts_are_cut_at_anchors_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    base = rng.integers(1, 300, 400)
    parts = []
    for _ in range(4):
        said = base[rng.random(400) > 0.05].copy()
        wrong = rng.random(len(said)) < 0.05
        said[wrong] = rng.integers(1, 300, int(wrong.sum()))
        parts.append(Speech(said.astype(np.int32)))
    exact = build_network(parts)
    assert exact.approximate == ()
    monkeypatch.setattr(alignment, "FULL_CELLS", 10_000)
    monkeypatch.setattr(network, "EXACT_TOKENS", 100)
    near = build_network(parts)
    assert near.approximate == ("distances", "alignment")
    assert disagreement(near.keys) <= 1.02 * disagreement(exact.keys)
    assert np.array_equal(build_network(parts, compiled=True).keys, near.keys)


def test_long_transcripts_without_a_common_passage_ask_for_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment, "FULL_CELLS", 100)
    monkeypatch.setattr(network, "MOST_PIECE", 50)
    parts = [Speech(np.arange(1, 90, dtype=np.int32)), Speech(np.arange(100, 190, dtype=np.int32))]
    with pytest.raises(InputError, match="times and a collar"):
        build_network(parts, order="given")


def test_keys_beyond_all_signs_have_distances_too() -> None:
    big = anchors.SIGNS + 5
    apart, _ = distance_matrix([np.array([1, big], np.int32), np.array([big], np.int32), np.array([], np.int32)])
    assert apart.tolist() == [[0, 1, 2], [1, 0, 1], [2, 1, 0]]
