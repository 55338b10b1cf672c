"""Every engine behaves alike: the same tests run in this process, in two processes and on Ray."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest
import shard_functions as functions

from psephos.engine import Engine, map_shards, open_engine, spawn
from psephos.errors import InputError

RAY = pytest.param("ray", marks=[pytest.mark.ray, pytest.mark.xdist_group("ray")])


@pytest.fixture(scope="module")
def two_processes() -> Iterator[Engine]:
    with open_engine(2) as engine:
        yield engine


@pytest.fixture(params=[1, 2, RAY])
def engine(request) -> Engine:
    if request.param == 2:
        return request.getfixturevalue("two_processes")
    if request.param == "ray":
        request.getfixturevalue("ray_cluster")
    return open_engine(request.param)


def counting(numbers: range, taken: list[int]) -> Iterator[int]:
    for number in numbers:
        taken.append(number)
        yield number


def test_results_are_in_order_of_shards(engine):
    assert list(map_shards(functions.uneven, range(8), engine=engine)) == list(range(8))


def test_no_shards_no_results(engine):
    assert list(map_shards(functions.square, [], engine=engine)) == []


def test_random_results_do_not_depend_on_the_engine(engine):
    expected = [stream.normal(size=k + 1) for k, stream in enumerate(spawn(7, 5))]
    for rng in (7, np.random.default_rng(7), np.random.SeedSequence(7)):
        found = list(map_shards(functions.draw, range(5), rng=rng, engine=engine))
        assert all(map(np.array_equal, found, expected))


def test_second_call_with_one_generator_draws_anew(engine):
    rng = np.random.default_rng(7)
    first, second = (next(iter(map_shards(functions.draw, [3], rng=rng, engine=engine))) for _ in range(2))
    assert not np.array_equal(first, second)


def test_shared_array_gives_same_sums(engine):
    matrix = np.random.default_rng(1).random((1000, 200))
    ranges = [(start, start + 100) for start in range(0, 1000, 100)]
    parts = map_shards(functions.row_sums, ranges, shared={"matrix": matrix}, engine=engine)
    assert np.array_equal(np.concatenate(list(parts)), matrix.sum(axis=1))


@pytest.mark.parametrize(
    "layout", ["fortran", "strided", "big_endian", "scalar", "empty", "structured", "objects", "text"]
)
def test_arrays_of_any_layout_arrive(engine, layout):
    array = {
        "fortran": np.asfortranarray(np.arange(50_000.0).reshape(100, 500)),
        "strided": np.arange(100_000.0)[::-2],
        "big_endian": np.arange(50_000, dtype=">i4"),
        "scalar": np.array(3.5),
        "empty": np.zeros((0, 3)),
        "structured": np.ones(20_000, dtype=[("a", np.int8), ("b", np.float64)]),
        "objects": np.array(["a", None, 3], dtype=object),
        "text": np.array(["α", "bc"] * 20_000),
    }[layout]
    (found,) = map_shards(functions.gives, [0], shared={"results": (array,)}, engine=engine)
    (again,) = map_shards(functions.returns, [array], engine=engine)
    for arrived in (found, again):
        assert arrived.dtype == array.dtype
        assert arrived.shape == array.shape
        assert np.array_equal(arrived, array)


@pytest.mark.parametrize("name", ["array", "small"])
def test_shared_arrays_are_read_only(engine, name):
    array, small = np.zeros(100_000), np.zeros(2)
    with pytest.raises(ValueError, match="read-only"):
        list(map_shards(functions.writes_to, [name], shared={"array": array, "small": small}, engine=engine))
    assert not array.any()
    assert not small.any()
    array[0] = 1  # the caller's own array stays writable


@pytest.mark.parametrize("size", [2, 100_000])
def test_arrays_in_shards_are_read_only(engine, size):
    with pytest.raises(ValueError, match="read-only"):
        list(map_shards(functions.writes_to_shard, [(0, np.zeros(size))], engine=engine))


@pytest.mark.parametrize("gather", [tuple, lambda arrays: dict(zip("abc", arrays, strict=True))])
def test_arrays_in_shared_tuples_and_dicts_are_read_only(engine, gather):
    arrays = gather([np.zeros(3), np.zeros(100_000), np.array([None, "a"])])
    assert list(map_shards(functions.are_read_only, [0], shared={"arrays": arrays}, engine=engine)) == [[True] * 3]


@pytest.mark.parametrize("engine", [2, RAY], indirect=True)
def test_what_workers_share_is_read_only_at_any_depth(engine):
    arrays = [np.zeros(100_000), np.zeros(200_000)]
    assert list(map_shards(functions.are_read_only, [0], shared={"arrays": arrays}, engine=engine)) == [[True] * 2]


def test_results_can_be_written_to(engine):
    (result,) = map_shards(functions.draw, [100_000], rng=1, engine=engine)
    before = result[0]
    result[0] = before + 1
    assert result[0] == before + 1


def test_lazy_shards_are_taken_as_needed(engine):
    taken: list[int] = []
    results = map_shards(functions.square, counting(range(10_000), taken), engine=engine)
    assert taken == []
    for k in range(50):
        assert next(results) == k * k
        assert len(taken) <= k + 1 + engine.window
    results.close()
    assert len(taken) <= 50 + engine.window


def test_slow_first_shard_holds_the_others_back(engine):
    taken: list[int] = []
    results = map_shards(functions.uneven, counting(range(1000), taken), engine=engine)
    next(results)
    assert len(taken) <= 1 + engine.window
    results.close()


def test_error_keeps_its_type_and_names_the_shard(engine, blocks):
    results = map_shards(functions.fails_at, range(100), shared={"bad": (5,)}, engine=engine, label="work")
    found = []
    with pytest.raises(ZeroDivisionError, match="no good") as caught:
        found.extend(results)  # extend keeps what came before the error
    assert found == [0, 1, 2, 3, 4]
    assert caught.value.__notes__[0] == "in shard 5 of 'work'"
    assert blocks(os.getpid()) == []
    assert list(map_shards(functions.square, [3], engine=engine)) == [9]  # the engine is still of use


def test_first_error_in_order_is_the_one_raised(engine):
    results = map_shards(functions.fails_at, range(9), shared={"bad": (2, 1, 3)}, engine=engine)
    with pytest.raises(ZeroDivisionError) as caught:
        list(results)
    assert caught.value.__notes__[0] == "in shard 1"


def test_no_more_shards_are_begun_after_an_error(engine):
    taken: list[int] = []
    with pytest.raises(ZeroDivisionError):
        list(map_shards(functions.fails_at, counting(range(1000), taken), shared={"bad": (0,)}, engine=engine))
    assert len(taken) <= 2 * engine.window


def test_input_error_arrives_whole(engine):
    with pytest.raises(InputError) as caught:
        list(map_shards(functions.fails_with_bad_input, [0], engine=engine))
    assert str(caught.value) == "level: is wrong (row 3); do better"
    assert caught.value.argument == "level"


def test_error_that_cannot_travel_still_says_what_it_was(engine):
    with pytest.raises(Exception, match="odd") as caught:
        list(map_shards(functions.fails_oddly, [0], engine=engine))
    assert isinstance(caught.value, functions.OddError) or str(caught.value) == "OddError: shard: odd"


def test_error_in_making_shards_stops_the_work(engine):
    def shards():
        yield 1
        yield 2
        raise LookupError("no third file")

    with pytest.raises(LookupError, match="no third file"):
        list(map_shards(functions.square, shards(), engine=engine))
    assert list(map_shards(functions.square, [3], engine=engine)) == [9]


def test_results_may_be_left_untaken(engine):
    results = map_shards(functions.sleepy, [0, 0, 300, 300, 300], engine=engine)
    assert next(results) == 0
    start = time.monotonic()
    results.close()
    assert list(map_shards(functions.square, [3], engine=engine)) == [9]
    assert time.monotonic() - start < 250


def test_engine_serves_one_call_at_a_time(engine):
    first = map_shards(functions.square, range(9), engine=engine)
    next(first)
    with pytest.raises(InputError, match="engine: is in use by another call"):
        next(map_shards(functions.square, range(9), engine=engine))
    first.close()
    assert list(map_shards(functions.square, range(3), engine=engine)) == [0, 1, 4]


@pytest.mark.parametrize(
    ("engine", "problem"),
    [
        (0, "must be a whole number of at least 1, got 0"),
        (-2, "must be a whole number of at least 1"),
        (True, "must be a whole number of at least 1"),
        (1.5, "must be a whole number of at least 1"),
        ("0", "must be a whole number of at least 1"),
        ("two", "must be a number of processes, 'cores', 'ray' or 'ray:ADDRESS', got 'two'"),
        ("rays", "must be a number of processes"),
        ("", "must be a number of processes"),
    ],
)
def test_unknown_engine_is_refused_before_any_work(engine, problem):
    taken: list[int] = []
    with pytest.raises(InputError, match=problem) as caught:
        map_shards(functions.square, counting(range(3), taken), engine=engine)
    assert caught.value.argument == "engine"
    assert taken == []


@pytest.mark.parametrize("engine", ["1", "2", "cores"])
def test_engine_may_be_text(engine):
    assert list(map_shards(math.factorial, range(4), engine=engine)) == [1, 1, 2, 6]


def test_this_process_starts_nothing():
    assert set(map_shards(functions.where, range(3))) == {os.getpid()}
    assert list(map_shards(lambda shard: shard + 1, [1])) == [2]  # nothing is pickled


def test_this_process_hands_over_the_array_itself():
    matrix = np.zeros(10)
    (seen,) = map_shards(functions.gives, [0], shared={"results": (matrix,)})
    assert np.shares_memory(seen, matrix)


def test_missing_ray_names_the_extra():
    code = """
import sys
sys.modules["ray"] = None
from psephos.engine import open_engine
from psephos.errors import MissingPartError
try:
    open_engine("ray")
except MissingPartError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "Ray clusters need ray; pip install 'psephos[scale]'\n"


def test_engine_room_is_light():
    """Reading the engine must not pull in what only some engines need (a cold call stays under two seconds)."""
    code = "import sys, psephos.engine; print({'ray', 'rich', 'polars', 'scipy'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
