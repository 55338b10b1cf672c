"""Ray: what is particular to it, and a real cluster of two nodes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
import shard_functions as functions

from psephos.engine import map_shards, open_engine
from psephos.errors import InputError

pytestmark = [pytest.mark.ray, pytest.mark.xdist_group("ray")]

STARTS_RAY = """
import shard_functions as functions
from psephos.engine import map_shards
for result in map_shards(functions.sleepy, [0, 0, 600, 600], engine="ray"):
    from ray._common.usage import usage_lib
    print(result, usage_lib.usage_stats_enabled(), flush=True)
"""
TWO_NODES = """
import json
import os
import tempfile
import numpy as np
import shard_functions as functions
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
from ray.cluster_utils import Cluster
from psephos.engine import map_shards

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
cluster.add_node(num_cpus=1)
cluster.wait_for_nodes()
engine = f"ray:{cluster.address}"
nodes = set(map_shards(functions.node, range(6), shared={"seen": tempfile.mkdtemp()}, engine=engine))
matrix = np.random.default_rng(1).random((1000, 200))
ranges = [(start, start + 100) for start in range(0, 1000, 100)]
sums = np.concatenate(list(map_shards(functions.row_sums, ranges, shared={"matrix": matrix}, engine=engine)))
drawn = [result.tolist() for result in map_shards(functions.draw, range(5), rng=7, engine=engine)]
again = [result.tolist() for result in map_shards(functions.draw, range(5), rng=7)]
print(json.dumps([len(nodes), bool(np.array_equal(sums, matrix.sum(axis=1))), drawn == again]))
import ray
ray.shutdown()
cluster.shutdown()
"""


def test_functions_of_a_script_can_be_sent(ray_cluster):
    offset = 3
    assert list(map_shards(lambda shard: shard + offset, range(3), engine="ray")) == [3, 4, 5]


def test_ray_that_runs_is_used_and_left_running(ray_cluster):
    for engine in ("ray", "ray:auto"):
        assert list(map_shards(functions.square, range(3), engine=engine)) == [0, 1, 4]
    assert ray_cluster.is_initialized()


def test_other_cluster_at_the_same_time_is_refused(ray_cluster):
    with pytest.raises(InputError, match=r"engine: is '10.0.0.1:6379', but this process is already part of another"):
        map_shards(functions.square, range(3), engine="ray:10.0.0.1:6379")


def test_dead_worker_is_replaced(ray_cluster, tmp_path):
    shared = {"mark": str(tmp_path / "mark")}
    assert list(map_shards(functions.dies_once, range(4), shared=shared, engine="ray")) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("127.0.0.1:1", "no Ray cluster answers at 127.0.0.1:1: [Errno "),
        ("ray://127.0.0.1:1", "no Ray cluster answers at ray://127.0.0.1:1: "),
        ("127.0.0.1:99999", "no Ray cluster answers at 127.0.0.1:99999: "),
        ("somewhere", "must give a Ray address as HOST:PORT or ray://HOST:PORT, got 'somewhere'"),
    ],
)
def test_absent_cluster_is_an_input_error(require, monkeypatch, address, problem):
    ray = require("ray")
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
    with pytest.raises(InputError) as caught:
        open_engine(f"ray:{address}")
    assert str(caught.value).startswith(f"engine: {problem}")
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


@pytest.mark.slow
def test_ray_is_started_if_need_be_and_interrupted_work_ends_it(require, tmp_path):
    require("ray")
    script = tmp_path / "script.py"
    script.write_text(STARTS_RAY)
    run = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert [run.stdout.readline(), run.stdout.readline()] == ["0 False\n", "0 False\n"]
    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=300)
    assert run.returncode != 0
    assert errors.count("Traceback") == 1
    assert "KeyboardInterrupt" in errors


@pytest.mark.slow
def test_two_nodes_share_the_work(require):
    require("ray")
    run = subprocess.run([sys.executable, "-c", TWO_NODES], capture_output=True, text=True, check=False, timeout=600)
    assert run.stdout.splitlines()[-1:] == ["[2, true, true]"], run.stderr
