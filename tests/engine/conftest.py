"""Make `shard_functions` importable here, in spawned workers (which inherit sys.path) and in Ray's (PYTHONPATH)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = str(Path(__file__).parent)
sys.path.insert(0, HERE)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [HERE, os.environ.get("PYTHONPATH")]))


@pytest.fixture
def blocks() -> Callable[[int], list[str]]:
    """`blocks(process)` lists the shared memory of ours that a process has left or still uses."""
    memory = Path("/dev/shm")
    if not memory.is_dir():
        pytest.skip("needs /dev/shm to look into")
    return lambda process: [file.name for file in memory.glob(f"psephos-{process}-*")]
