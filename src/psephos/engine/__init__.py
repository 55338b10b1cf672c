"""Where does work run, and how does it reach the disk?

One interface and one code path for this process, several processes and a Ray cluster: `map_shards` applies a function
to the shards of a problem and yields the results in order, the same whatever engine runs it, keeping finished shards on
disk if asked to. Around it: random streams that belong to shards and not to workers, a progress bar for long work, and
the one way in which psephos writes files.
"""

from psephos.engine.contract import Engine
from psephos.engine.files import atomic_write, check_target
from psephos.engine.progress_bar import progress
from psephos.engine.shards import map_shards, open_engine
from psephos.engine.small_matrices import one_thread
from psephos.engine.streams import Rng, generator, seed_of, spawn

__all__ = [
    "Engine",
    "Rng",
    "atomic_write",
    "check_target",
    "generator",
    "map_shards",
    "one_thread",
    "open_engine",
    "progress",
    "seed_of",
    "spawn",
]
