from __future__ import annotations

import numpy as np
import pytest

from psephos.engine import generator, seed_of, spawn
from psephos.errors import InputError


def test_streams_are_those_of_numpy():
    expected = [child.random() for child in np.random.default_rng(7).spawn(3)]
    assert [stream.random() for stream in spawn(7, 3)] == expected
    assert [stream.random() for stream in spawn(np.random.SeedSequence(7), 3)] == expected
    assert [stream.random() for stream in spawn(np.random.default_rng(7), 3)] == expected


def test_more_shards_do_not_change_the_first_streams():
    assert [s.random() for s in spawn(7, 5)][:3] == [s.random() for s in spawn(7, 3)]


def test_streams_differ():
    values = [stream.random() for stream in spawn(7, 1000)]
    assert len(set(values)) == 1000


@pytest.mark.parametrize("source", [np.random.default_rng(7), np.random.SeedSequence(7)])
def test_generator_and_sequence_hand_out_new_children_each_time(source):
    assert spawn(source, 1)[0].random() != spawn(source, 1)[0].random()


def test_generator_keeps_its_kind_and_its_own_draws():
    source = np.random.Generator(np.random.Philox(7))
    spawn(source, 3)
    assert isinstance(spawn(source, 1)[0].bit_generator, np.random.Philox)
    assert source.random() == np.random.Generator(np.random.Philox(7)).random()
    assert generator(source) is source


def test_none_is_fresh_each_time():
    assert generator(None).random() != generator(None).random()
    assert seed_of(None) != seed_of(None)


def test_seed_of_repeats_the_run():
    assert seed_of(np.int64(5)) == 5
    assert type(seed_of(np.int64(5))) is int
    for make in (np.random.default_rng, np.random.SeedSequence):
        first, again, other = make(7), make(7), make(8)
        seeds = [seed_of(first), seed_of(first)]
        assert seeds == [seed_of(again), seed_of(again)]
        assert len({*seeds, seed_of(other)}) == 3


def test_seed_is_exact_as_a_double():
    for _ in range(1000):
        seed = seed_of(None)
        assert 0 <= seed < 2**53
    assert 0 <= seed_of(np.random.default_rng(1)) < 2**53


@pytest.mark.parametrize("bad", [-1, 1.0, True, "7", [1, 2], np.random.RandomState(1)])
@pytest.mark.parametrize("use", [generator, seed_of, lambda rng: spawn(rng, 2)])
def test_other_kinds_are_refused(bad, use):
    with pytest.raises(InputError, match="must be a whole number") as caught:
        use(bad)
    assert caught.value.argument == "rng"


def test_negative_number_of_streams_is_refused():
    with pytest.raises(InputError, match="n: "):
        spawn(7, -1)
