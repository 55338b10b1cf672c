"""What tests of several rooms share: parts that may be absent, and the one Ray of a run."""

from __future__ import annotations

import importlib
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings

# A loaded machine must not fail a test, and the tests of a change must not depend on luck; `make test-all` explores.
settings.register_profile("steady", deadline=None, derandomize=True, max_examples=60)
settings.register_profile("exploring", deadline=None, max_examples=200)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

Require = Callable[[str], Any]


@pytest.fixture(scope="session")
def require() -> Require:
    """`require(name)` gives the module, or else the path of the program, of this name.

    Where there is neither the test is skipped, and fails if CI=true: there everything must be installed.
    """
    return _require


def _require(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        program = shutil.which(name)
    if program is None:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing(f"{name} is not installed")
    return program


@pytest.fixture(scope="session")
def ray_cluster(require: Require) -> Iterator[Any]:
    """Ray with two cores, started once; mark the tests that use it `ray` and `xdist_group("ray")`."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
    ray = require("ray")
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    yield ray
    ray.shutdown()
