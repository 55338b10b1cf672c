"""How fast are opinions read, next to pandas and to the programs that wrote a log?"""

import json
import sys
import tempfile
import zipfile
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


def evaluation(tiny: bool) -> Path:
    """An evaluation log: a real sample with many more events, 8 epochs of each question."""
    fixture = Path(__file__).parents[1] / "tests" / "opinions" / "eval_logs" / "inspect-2.eval"
    with zipfile.ZipFile(fixture) as archive:
        header, sample = archive.read("header.json"), json.loads(archive.read("samples/sum_epoch_1.json"))
    rng = np.random.default_rng(0)
    sample["events"] *= 20 if tiny else 400
    path = Path(tempfile.mkdtemp(), "log.eval")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("header.json", header)
        for number in range(16 if tiny else 2_000):
            answer = str(rng.integers(5))
            sample |= {"id": f"q{number // 8}", "epoch": number % 8 + 1}
            sample["scores"]["answer"]["answer"] = answer
            archive.writestr(f"samples/q{number // 8}_epoch_{number % 8 + 1}.json", json.dumps(sample))
    return path


def ours_logged(path: Path) -> list[int]:
    opinions = read(path)
    return [len(opinions), opinions.size("item"), opinions.size("answer")]


def whole_samples(path: Path) -> list[int]:
    """Every sample as a whole, by the standard library."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith("samples/")]
        samples = [json.loads(archive.read(name)) for name in names]
    answers = {sample["scores"]["answer"]["answer"] for sample in samples}
    return [len(samples), len({sample["id"] for sample in samples}), len(answers)]


def inspect_samples(path: Path) -> list[int]:
    """Inspect's own reader, sample by sample."""
    from inspect_ai.log import read_eval_log_samples

    samples = list(read_eval_log_samples(str(path), all_samples_required=False))
    answers = {sample.scores["answer"].answer for sample in samples}
    return [len(samples), len({sample.id for sample in samples}), len(answers)]


BENCHMARKS = [
    Benchmark(
        "opinions-eval",
        "Read an evaluation log of Inspect; peers read every sample with all its events",
        "2,000 samples, 400 events each",
        make=evaluation,
        ours=Contender("psephos", ours_logged, packages=("psephos",)),
        peers=(
            Contender("zipfile and json", whole_samples),
            Contender("inspect_ai", inspect_samples, packages=("inspect_ai",)),
        ),
    ),
    benchmark(".parquet", 10_000_000, ("pandas", "pyarrow")),
    benchmark(".csv", 2_000_000),
    benchmark(".csv", 2_000_000, quoted=True),
    benchmark(".jsonl", 500_000),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
