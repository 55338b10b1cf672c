"""How fast are opinions read, next to pandas?"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from harness import Benchmark, Contender, main

from psephos.opinions import read


def table(rows: int) -> pl.DataFrame:
    """Votes without repeats, their items in no order."""
    rng = np.random.default_rng(0)
    cell = rng.permutation(rows)
    numbers = pl.DataFrame({"item": cell // 10, "voter": cell % 10 + (cell // 10 % 2_000) * 10, "label": cell % 7 % 5})
    return numbers.select(
        pl.format("item-{}", "item").alias("item"),
        pl.format("voter-{}", "voter").alias("voter"),
        pl.col("label").cast(pl.String),
    )


def written(suffix: str, rows: int, quoted: bool):
    def make(tiny: bool) -> Path:
        path = Path(tempfile.mkdtemp(), "votes" + suffix)
        frame = table(2_000 if tiny else rows)
        if quoted:
            frame.write_csv(path, quote_style="always")
        else:
            {".parquet": frame.write_parquet, ".csv": frame.write_csv, ".jsonl": frame.write_ndjson}[suffix](path)
        return path

    return make


def ours(path: Path) -> list[int]:
    opinions = read(path)
    return [len(opinions), opinions.size("item"), opinions.size("voter"), opinions.size("label")]


def pandas(path: Path) -> list[int]:
    """Read, and turn the three columns into codes as every count needs them: what `read` does but for its checks."""
    import pandas as pd

    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
    elif path.suffix == ".csv":
        frame = pd.read_csv(path, dtype=str)
    else:
        frame = pd.read_json(path, lines=True, dtype=False)
    return [len(frame), *(len(pd.factorize(frame[name])[1]) for name in ("item", "voter", "label"))]


def benchmark(suffix: str, rows: int, packages: tuple[str, ...] = ("pandas",), *, quoted: bool = False) -> Benchmark:
    return Benchmark(
        f"opinions-{'quoted-' if quoted else ''}{suffix[1:]}",
        f"Read and check labels from {suffix[1:].upper()}; pandas reads and factorises without checks",
        f"{rows:,} labels{', every field in quotes' if quoted else ''}",
        make=written(suffix, rows, quoted),
        ours=Contender("psephos", ours, packages=("psephos", "polars")),
        peers=(Contender("pandas", pandas, packages=packages),),
    )


BENCHMARKS = [
    benchmark(".parquet", 10_000_000, ("pandas", "pyarrow")),
    benchmark(".csv", 2_000_000),
    benchmark(".csv", 2_000_000, quoted=True),
    benchmark(".jsonl", 500_000),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
