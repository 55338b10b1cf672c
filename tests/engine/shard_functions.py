"""Functions that tests send to workers."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np


class OddError(Exception):
    """Does not survive pickling: its constructor wants two arguments."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")


def square(shard: int) -> int:
    return shard * shard


def draw(shard: int, *, rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=shard + 1)


def row_sums(rows: tuple[int, int], *, matrix: np.ndarray) -> np.ndarray:
    return matrix[slice(*rows)].sum(axis=1)


def sleepy(shard: float) -> float:
    time.sleep(shard)
    return shard


def sleepy_rows(shard: float, *, rows: np.ndarray) -> float:
    time.sleep(shard)
    return shard


def uneven(shard: int) -> int:
    """The first shards take longest, so they finish last."""
    time.sleep(max(0, 3 - shard) * 0.05)
    return shard


def where(shard: Any) -> int:
    return os.getpid()


def threads(shard: Any) -> tuple[str | None, str | None]:
    return os.environ.get("OPENBLAS_NUM_THREADS"), os.environ.get("POLARS_MAX_THREADS")


def writes_to(shard: str, *, array: np.ndarray, small: np.ndarray) -> None:
    {"array": array, "small": small}[shard][0] = 1


def writes_to_shard(shard: tuple[int, np.ndarray]) -> None:
    shard[1][0] = 1


def are_read_only(shard: Any, *, arrays: Any) -> list[bool]:
    return [not array.flags.writeable for array in (arrays.values() if isinstance(arrays, dict) else arrays)]


def fails_at(shard: int, *, bad: tuple[int, ...], error: type[Exception] = ZeroDivisionError) -> int:
    if shard in bad:
        raise error("no good")
    return shard


def fails_oddly(shard: int) -> None:
    raise OddError("shard", "odd")


def fails_with_bad_input(shard: int) -> None:
    from psephos.errors import InputError

    raise InputError("level", "is wrong", where="row 3", hint="do better")


def gives_unpicklable(shard: int) -> Any:
    return lambda: shard


def dies(shard: int) -> int:
    if shard == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return shard


def keeps_view(shard: np.ndarray) -> int:
    """Holds on to the memory of its shard, as a function with a cache does."""
    _views.append(shard)
    return int(shard[0])


_views: list[np.ndarray] = []


def nests(shard: int) -> list[int]:
    from psephos.engine import map_shards

    return list(map_shards(square, [shard], engine=2))


def counted(shard: int, *, log: str, pauses: list[float] | None = None, ballast: object = None) -> dict[str, Any]:
    """Leave a line in the log, then give a result of every kind that can be kept."""
    time.sleep(pauses[shard] if pauses else 0)
    with Path(log).open("a") as file:
        file.write(f"{shard}\n")
    return {"shard": shard, "squares": np.arange(shard + 1) ** 2, "mean": np.float64(shard / 3), "names": ["a", None]}


def counted_draw(shard: int, *, log: str, rng: np.random.Generator) -> np.ndarray:
    with Path(log).open("a") as file:
        file.write(f"{shard}\n")
    return rng.random(3)


def gives(shard: int, *, results: list[Any]) -> Any:
    return results[shard]


def node(shard: int, *, seen: str) -> str:
    """The node on which this runs, once there are two: one that has not yet begun is waited for."""
    import ray

    mine = str(ray.get_runtime_context().get_node_id())
    Path(seen, mine).touch()
    until = time.monotonic() + 120
    while len(list(Path(seen).iterdir())) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    return mine


def returns(shard: Any) -> Any:
    return shard


def dies_once(shard: int, *, mark: str) -> int:
    if shard == 1 and not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return shard
