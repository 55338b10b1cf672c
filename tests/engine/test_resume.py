from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shard_functions as functions

import psephos
from psephos.engine import map_shards
from psephos.errors import InputError

RAY = pytest.param("ray", marks=[pytest.mark.ray, pytest.mark.xdist_group("ray")])


class Work:
    """A call that can be repeated, and which shards the function was really called with."""

    def __init__(self, folder: Path) -> None:
        self.kept = folder / "kept"
        self.log = folder / "log"

    def __call__(self, shards: Any = range(4), function: Any = functions.counted, **changes: Any) -> list[Any]:
        self.log.write_text("")
        options = {"shared": {"log": str(self.log)}, "resume": self.kept, "job": {"input": "abc"}, **changes}
        return list(map_shards(function, shards, **options))

    @property
    def done(self) -> list[int]:
        return sorted(map(int, self.log.read_text().split()))

    def file(self, index: int) -> Path:
        (file,) = self.kept.glob(f"{index:06d}-*.npz")
        return file


@pytest.fixture
def work(tmp_path) -> Work:
    return Work(tmp_path)


def same(left: Any, right: Any) -> bool:
    """Equal to the type, dtype and order of keys."""
    if type(left) is not type(right):
        return False
    if isinstance(left, (np.ndarray, np.generic)):
        return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[name], right[name]) for name in left)
    return repr(left) == repr(right)


@pytest.mark.parametrize("engine", [1, 2, RAY])
def test_second_call_does_nothing_and_gives_the_same(work, engine, request):
    if engine == "ray":
        request.getfixturevalue("ray_cluster")
    first = work(engine=engine)
    assert work.done == [0, 1, 2, 3]
    second = work(engine=engine)
    assert work.done == []
    assert all(map(same, first, second))
    assert all(map(same, first, work(engine=1)))  # kept by one engine, used by another


@pytest.mark.parametrize("engine", [1, 2])
def test_only_what_is_missing_is_done(work, engine):
    first = work(engine=engine)
    work.file(1).unlink()
    work.file(2).unlink()
    assert all(map(same, first, work(engine=engine)))
    assert work.done == [1, 2]


@pytest.mark.parametrize("engine", [1, 2])
def test_shards_before_an_error_are_kept(work, engine):
    with pytest.raises(ZeroDivisionError):
        work(range(9), functions.fails_at, shared={"bad": (5,)}, engine=engine)
    assert {0, 1, 2, 3, 4} <= {int(file.name[:6]) for file in work.kept.glob("*.npz")}
    with pytest.raises(ZeroDivisionError):
        work(range(9), functions.fails_at, shared={"bad": (0, 1, 2, 3, 4, 5)}, engine=engine)  # 0 to 4 are not called


def test_random_shards_go_on_with_their_own_streams(work):
    first = work(function=functions.counted_draw, rng=7)
    work.file(2).unlink()
    second = work(function=functions.counted_draw, rng=7)
    assert work.done == [2]
    assert all(map(same, first, second))


def test_generator_of_the_same_seed_goes_on(work):
    first = work(function=functions.counted_draw, rng=np.random.default_rng(7))
    second = work(function=functions.counted_draw, rng=np.random.default_rng(7))
    assert work.done == []
    assert all(map(same, first, second))


def test_changed_shard_is_done_again(work):
    work([0, 1, 2])
    assert [result["shard"] for result in work([0, 7, 2])] == [0, 7, 2]
    assert work.done == [7]


def test_lazy_shards_can_be_resumed(work):
    work(iter(range(4)))
    work.file(3).unlink()
    work(iter(range(4)))
    assert work.done == [3]


def test_every_damaged_byte_is_either_harmless_or_noticed(work):
    (expected,) = work([2])
    file = work.file(0)
    intact = file.read_bytes()
    noticed = 0
    for position in range(len(intact)):
        damaged = bytearray(intact)
        damaged[position] ^= 0xFF if position % 2 else 0x01
        file.write_bytes(damaged)
        assert all(map(same, [expected], work([2]))), f"byte {position}"
        noticed += work.done == [2]
    assert noticed > len(intact) / 2


@pytest.mark.parametrize(("old", "new"), [(b"(10000,)", b"(9999,) "), (b"<i8", b"<u8"), (b"\x0f\x27", b"\x0f\x26")])
def test_damage_in_a_big_array_is_noticed(work, old, new):
    (expected,) = work([0], functions.gives, shared={"results": [np.arange(10_000)]})
    intact = work.file(0).read_bytes()
    assert old in intact
    work.file(0).write_bytes(intact.replace(old, new, 1))
    (again,) = work([0], functions.gives, shared={"results": [np.arange(10_000)]})
    assert same(expected, again)
    assert work.file(0).read_bytes() != intact.replace(old, new, 1)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_half_written_file_is_done_again(work, share):
    (expected,) = work([2])
    intact = work.file(0).read_bytes()
    work.file(0).write_bytes(intact[: int(share * len(intact))])
    assert all(map(same, [expected], work([2])))
    assert work.done == [2]
    assert len(work.file(0).read_bytes()) == len(intact)


def test_pickled_file_is_not_read(work):
    (expected,) = work([2])
    entries = dict(np.load(work.file(0)))
    entries["array0"] = np.array([print], dtype=object)
    np.savez(work.file(0), **entries)
    assert all(map(same, [expected], work([2])))
    assert work.done == [2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"job": {"input": "xyz"}}, "job was {'input': 'abc'} and is now {'input': 'xyz'}"),
        ({"shards": range(5)}, "shards was 4 and is now 5"),
        ({"rng": 8}, r"seed was 'PCG64\(7, \(\), 0\)' and is now 'PCG64\(8, \(\), 0\)'"),
        ({"rng": None, "function": functions.counted}, "function was 'shard_functions.counted_draw' .*, seed was"),
    ],
)
def test_other_work_is_refused_and_nothing_is_changed(work, change, message):
    call = {"shards": range(4), "function": functions.counted_draw, "rng": 7}
    work(**call)
    before = {file.name: file.read_bytes() for file in work.kept.iterdir()}
    with pytest.raises(InputError, match=f"keeps other work: {message}.*; repeat the call") as caught:
        work(**{**call, **change})
    assert caught.value.argument == "resume"
    assert work.done == []
    assert {file.name: file.read_bytes() for file in work.kept.iterdir()} == before


def test_other_version_is_refused(work, monkeypatch):
    work()
    monkeypatch.setattr(psephos, "__version__", "999")
    with pytest.raises(InputError, match=r"psephos was '.*' and is now '999'"):
        work()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}"])
def test_broken_manifest_is_refused(work, text):
    work()
    (work.kept / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=r"manifest.json cannot be read; name a new folder"):
        work()


def test_manifest_can_be_read(work):
    work(function=functions.counted_draw, rng=7)
    manifest = json.loads((work.kept / "manifest.json").read_text())
    assert manifest == {
        "psephos": psephos.__version__,
        "function": "shard_functions.counted_draw",
        "job": {"input": "abc"},
        "seed": "PCG64(7, (), 0)",
        "shards": 4,
    }


def test_folder_with_other_files_is_refused(work):
    work.kept.mkdir()
    (work.kept / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds other files and no manifest.json; name an empty or a new folder"):
        work()
    assert [file.name for file in work.kept.iterdir()] == ["thesis.txt"]


def test_file_in_place_of_the_folder_is_refused(work):
    work.kept.write_text("mine")
    with pytest.raises(InputError, match="cannot be a folder"):
        work()


def test_job_is_needed(work):
    with pytest.raises(InputError, match="job: is needed with resume"):
        work(job=None)
    assert not work.kept.exists()


@pytest.mark.parametrize("job", [{"a": {1}}, {"a": np.float64(1)}, {1: "a"}, {"a": (1,)}, {"a": [b"x"]}])
def test_job_must_be_plain(work, job):
    with pytest.raises(InputError, match="job: must hold text, numbers, lists and dicts only"):
        work(job=job)


def test_function_without_a_name_is_refused(work):
    with pytest.raises(InputError, match="function: must have a name to be resumed"):
        work(function=partial(functions.counted, pauses=None))


KEPT = {
    "array": np.arange(6, dtype=">i2").reshape(2, 3),
    "fortran": np.asfortranarray(np.ones((2, 3))),
    "zero_dimensions": np.array(2.5),
    "empty": np.zeros((0, 4), dtype=np.float32),
    "text_array": np.array(["α", "bcd"]),
    "times": np.array(["2020-01-01", "NaT"], dtype="datetime64[s]"),
    "complex": np.array([1j, np.nan]),
    "numpy_scalar": np.float32(0.1),
    "boolean_scalar": np.True_,
    "none": None,
    "truth": True,
    "number": 0.1 + 0.2,
    "not_a_number": float("nan"),
    "infinity": -float("inf"),
    "minus_zero": -0.0,
    "big": 2**100,
    "text": "α\ud800\n",
    "list": [1, [2.0, None], {"a": []}],
    "dict": {"b": 1, "a": {"c": [True]}},
    "mixed": {"z": np.ones(2), "": 3, "json": "x", "array0": np.int8(1), "file": None},
    "empty_dict": {},
    "one_empty_name": {"": np.ones(1)},
}


@pytest.mark.parametrize("name", KEPT)
def test_result_comes_back_as_it_was(work, name):
    results = [KEPT[name]]
    (first,) = work([0], functions.gives, shared={"results": results})
    (second,) = work([0], functions.gives, shared={"results": ["must not be called"]})
    assert same(first, KEPT[name])
    assert same(second, KEPT[name])


@pytest.mark.parametrize(
    ("result", "found"),
    [
        ((1, 2), "a result with tuple"),
        ({1, 2}, "a result with set"),
        (b"x", "a result with bytes"),
        (np.array([None]), "a result with ndarray"),
        (np.ma.array([1]), "a result with MaskedArray"),
        ({"a": 1, "b": (1,)}, "a result with 'b': tuple"),
        ({"a": {"b": np.ones(1)}}, "a result with 'a': dict"),
        ({1: 2}, "a result with 1: int"),
        ([np.ones(1)], "a result with list"),
    ],
)
@pytest.mark.parametrize("engine", [1, 2])
def test_result_that_cannot_be_kept_is_named(work, result, found, engine):
    with pytest.raises(InputError, match=rf"resume: cannot keep {found} \(000000-") as caught:
        work([0], functions.gives, shared={"results": [result]}, engine=engine)
    assert caught.value.hint == "let the function return arrays without objects, JSON-able values, or a dict of these"
    assert list(work.kept.glob("*.npz")) == []
