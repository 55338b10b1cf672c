"""How fast is a verdict, next to crowd-kit, and how does it grow beyond memory?"""

import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from harness import Benchmark, Contender, SubprocessContender, main

from psephos.consensus import (
    SourceVerdict,
    WeightedVerdict,
    collective,
    majority,
    source_reliability,
    truth_inference,
    weighted_vote,
)
from psephos.opinions import Opinions, Verdict, read, samples

OURS, THEIRS = ("psephos", "polars"), ("crowd-kit", "pandas", "pyarrow")
HUNDRED_MILLION_IN_PARTS = """
import sys
from psephos.opinions import scan
from psephos.consensus import majority
if __name__ == "__main__":
    engine = sys.argv[2]
    verdict = majority(scan(sys.argv[1]), engine=int(engine) if engine.isdecimal() else engine)
    print(int(verdict.choice.astype("int64").sum()), round(float(verdict.certainty.sum()), 3))
"""


def votes(rows: int, items: int, voters: int, choices: int, seed: int = 0) -> pl.DataFrame:
    """Votes of voters that are right with a probability of their own; no item has a voter twice."""
    rng = np.random.default_rng(seed)
    cell = np.unique(rng.integers(0, items * voters, 2 * rows))
    cell = np.sort(rng.choice(cell, rows, replace=False))
    item, voter = cell // voters, cell % voters
    truth, skill = rng.integers(0, choices, items), rng.beta(6, 3, voters)
    label = np.where(rng.random(rows) < skill[voter], truth[item], rng.integers(0, choices, rows))
    names = (pl.format("item-{}", "item"), pl.format("voter-{}", "voter"), pl.format("label-{}", "label"))
    table = pl.DataFrame({"item": item, "voter": voter, "label": label})
    return table.select(names[0].alias("item"), names[1].alias("voter"), names[2].alias("label"))


def parquet(tiny: bool) -> Path:
    path = Path(tempfile.mkdtemp(), "votes.parquet")
    (votes(2_000, 500, 50, 5) if tiny else votes(1_800_000, 500_000, 20_000, 5)).write_parquet(path)
    return path


def parquet_tenth(tiny: bool) -> Path:
    path = Path(tempfile.mkdtemp(), "votes.parquet")
    (votes(2_000, 500, 50, 5) if tiny else votes(180_000, 50_000, 2_000, 5)).write_parquet(path)
    return path


def choices_of(verdict: Verdict) -> pl.DataFrame:
    table = verdict.table()
    return table.select("item", "choice", tied=pl.col("flags").str.contains("tie")).sort("item")


def crowd_kit(frame):
    from crowdkit.aggregation import MajorityVote

    return MajorityVote().fit_predict(frame)


def choices_in(chosen) -> pl.DataFrame:
    return pl.DataFrame({"item": chosen.index.to_list(), "choice": chosen.to_list()}).sort("item")


def one_round(opinions: Opinions) -> tuple[Verdict, WeightedVerdict]:
    """What Wawa does: the share of agreement with the majority as weight, one vote with it."""
    first = majority(opinions)
    voters = opinions.vocabulary("voter")
    voter, choice = opinions.codes("voter"), first.choice[opinions.codes("item")]
    cast = np.bincount(voter, minlength=len(voters))
    agreed = np.bincount(voter, weights=opinions.codes("label") == choice, minlength=len(voters))
    return first, weighted_vote(opinions, dict(zip(voters, (agreed / cast).tolist(), strict=True)))


def untied(rounds: tuple[Verdict, WeightedVerdict]) -> pl.DataFrame:
    """A tie of the first round is one that the peer breaks by chance, and its weights depend on it."""
    first, verdict = rounds
    return choices_of(verdict).with_columns(pl.col("tied") | choices_of(first)["tied"])


def wawa(frame):
    from crowdkit.aggregation import Wawa

    return Wawa().fit_predict(frame)


def zero_based_skill(frame):
    from crowdkit.aggregation import ZeroBasedSkill

    return ZeroBasedSkill().fit_predict(frame)


def sources(opinions: Opinions) -> SourceVerdict:
    return source_reliability(opinions, classes=5)


def source_votes(tiny: bool) -> Path:
    path = Path(tempfile.mkdtemp(), "sources.parquet")
    (votes(2_000, 500, 50, 5) if tiny else votes(1_000_000, 200_000, 50, 5)).write_parquet(path)
    return path


def few_source_votes(tiny: bool) -> Path:
    path = Path(tempfile.mkdtemp(), "sources.parquet")
    (votes(2_000, 500, 50, 5) if tiny else votes(50_000, 10_000, 50, 5)).write_parquet(path)
    return path


def votes_of_two(tiny: bool) -> Path:
    path = Path(tempfile.mkdtemp(), "votes.parquet")
    (votes(2_000, 500, 50, 2) if tiny else votes(50_000, 10_000, 500, 2)).write_parquet(path)
    return path


def many_votes_of_two(tiny: bool) -> Path:
    path = Path(tempfile.mkdtemp(), "votes.parquet")
    (votes(2_000, 500, 50, 2) if tiny else votes(1_800_000, 500_000, 20_000, 2)).write_parquet(path)
    return path


def few_votes_of_two(tiny: bool) -> Path:
    path = Path(tempfile.mkdtemp(), "votes.parquet")
    (votes(2_000, 500, 50, 2) if tiny else votes(10_000, 2_000, 100, 2)).write_parquet(path)
    return path


def easiness(opinions: Opinions) -> Verdict:
    return truth_inference(opinions, "glad")


def crowd_kit_easiness(frame):
    from crowdkit.aggregation import GLAD

    return GLAD(silent=True).fit_predict(frame)


def messages(opinions: Opinions):
    return truth_inference(opinions, "kos")


def crowd_kit_messages(frame):
    from crowdkit.aggregation import KOS

    return KOS().fit_predict(frame)


def model_samples(tiny: bool) -> Opinions:
    rng = np.random.default_rng(0)
    questions = 50 if tiny else 15_625
    right = rng.beta([0.8, 1.2, 2.0, 3.0], 2.0, (questions, 4))
    shape = (questions, 4, 16)
    answer = np.where(rng.random(shape) < right[..., None], 0, rng.integers(1, 9, shape))
    item, model, draw = np.indices(shape)
    return samples(item.ravel(), model.ravel(), draw.ravel(), answer.ravel())


ROUNDS, FEW_ROUNDS = 50, 5
LEVEL = 1e-6  # posteriors of both agree to 1e-9, so choices within this are the same choice


def confusions(opinions, rounds: int = ROUNDS):
    """Without a prior; crowd-kit renews the parameters after the last beliefs, ours before."""
    return truth_inference(opinions, "dawid-skene", prior=0, rounds=rounds - 1, tolerance=0)


def confusion_choices(verdict: Verdict) -> pl.DataFrame:
    return verdict.table().select("item", "choice", tied=pl.col("margin") < LEVEL).sort("item")


def crowd_kit_confusions(frame, rounds: int = ROUNDS):
    from crowdkit.aggregation import DawidSkene

    return DawidSkene(n_iter=rounds, tol=-1e9).fit_predict(frame)


def pandas_frame(path: Path):
    import pandas as pd

    return pd.read_parquet(path).rename(columns={"item": "task", "voter": "worker"})


def disagreement(mine: pl.DataFrame, other: pl.DataFrame) -> float:
    """Share of the items without a tie that get another choice; which tied choice is taken is a matter of taste."""
    if "tied" not in mine.columns or mine["item"].to_list() != other["item"].to_list():
        return float("inf")
    return float(((mine["choice"] != other["choice"]) & ~mine["tied"]).mean())


def hundred_million(tiny: bool) -> str:
    folder = Path(tempfile.mkdtemp())
    files, items = (2, 1_000) if tiny else (10, 1_000_000)
    rng = np.random.default_rng(0)
    for number in range(files):
        item = np.repeat(np.arange(number * items, (number + 1) * items), 10)
        truth, skill = rng.integers(0, 5, items), rng.choice([0.95, 0.8, 0.5], items)
        right = rng.random(10 * items) < np.repeat(skill, 10)
        label = np.where(right, np.repeat(truth, 10), rng.integers(0, 5, 10 * items))
        voter = rng.integers(0, 2_000, 10 * items) * 10 + np.tile(np.arange(10), items)
        table = pl.DataFrame({"item": item, "voter": voter, "label": label})
        text = pl.col("item").cast(pl.String).str.zfill(8)
        table.select(
            pl.format("item-{}", text).alias("item"),
            pl.format("w{}", "voter").alias("voter"),
            pl.col("label").cast(pl.String),
        ).write_parquet(folder / f"part-{number}.parquet")
    return str(folder)


def in_parts(engine: str) -> SubprocessContender:
    script = Path(tempfile.mkdtemp(), "in_parts.py")
    script.write_text(HUNDRED_MILLION_IN_PARTS)
    name = "this process" if engine == "1" else f"engine {engine}"
    return SubprocessContender(name, lambda folder: [sys.executable, str(script), folder, engine], parse=str.split)


BENCHMARKS = [
    Benchmark(
        "consensus-majority",
        "Majority from a Parquet file, reading included",
        "1,800,000 labels, 500,000 items, 20,000 voters, 5 choices",
        make=parquet,
        ours=Contender("psephos", lambda path: majority(read(path)), answer=choices_of, packages=OURS),
        peers=(Contender("crowd-kit", lambda path: crowd_kit(pandas_frame(path)), answer=choices_in, packages=THEIRS),),
        check=disagreement,
    ),
    Benchmark(
        "consensus-majority-in-memory",
        "Majority of votes in memory; ours with certainty, flags and the agreement of each voter with the others",
        "the same 1,800,000 labels",
        make=parquet,
        ours=Contender("psephos", majority, prepare=read, answer=choices_of, packages=OURS),
        peers=(Contender("crowd-kit", crowd_kit, prepare=pandas_frame, answer=choices_in, packages=THEIRS),),
        check=disagreement,
    ),
    Benchmark(
        "consensus-one-round",
        "One round of agreement weights: majority, weights, weighted vote; ours with all that a verdict says",
        "1,000,000 labels, 200,000 items, 50 sources, 5 choices",
        make=source_votes,
        ours=Contender("psephos", one_round, prepare=read, answer=untied, packages=OURS),
        peers=(Contender("crowd-kit Wawa", wawa, prepare=pandas_frame, answer=choices_in, packages=THEIRS),),
        check=disagreement,
    ),
    Benchmark(
        "consensus-sources",
        "Source reliability until rest, with certainty, copies and intervals; the peer learns weights by gradient",
        "50,000 labels, 10,000 items, 50 sources, 5 choices",
        make=few_source_votes,
        ours=Contender("psephos", sources, prepare=read, answer=choices_of, packages=OURS),
        peers=(
            Contender(
                "crowd-kit ZeroBasedSkill", zero_based_skill, prepare=pandas_frame, answer=choices_in, packages=THEIRS
            ),
        ),
        check=disagreement,
        tolerance=0.02,
    ),
    Benchmark(
        "consensus-messages",
        "Messages between items and voters (kos); ours with a fitted certainty; the peer starts at random",
        "50,000 labels, 10,000 items, 500 voters, 2 choices",
        make=votes_of_two,
        ours=Contender("psephos", messages, prepare=read, answer=choices_of, packages=OURS),
        peers=(
            Contender("crowd-kit KOS", crowd_kit_messages, prepare=pandas_frame, answer=choices_in, packages=THEIRS),
        ),
        check=disagreement,
        tolerance=0.01,
    ),
    Benchmark(
        "consensus-collective",
        "Labels of a collective of models with dominance, certainty and tables; samples given as codes",
        "1,000,000 samples: 15,625 questions, 4 models, 16 draws",
        make=model_samples,
        ours=Contender("psephos", collective, answer=choices_of, packages=OURS),
        check=disagreement,
    ),
    Benchmark(
        "consensus-dawid-skene",
        "Dawid-Skene, 50 rounds without a prior, of votes in memory; ours with tests of dependence and a whole verdict",
        "180,000 labels, 50,000 items, 2,000 voters, 5 choices",
        make=parquet_tenth,
        ours=Contender("psephos", confusions, prepare=read, answer=confusion_choices, packages=OURS),
        peers=(Contender("crowd-kit", crowd_kit_confusions, prepare=pandas_frame, answer=choices_in, packages=THEIRS),),
        check=disagreement,
    ),
    Benchmark(
        "consensus-dawid-skene-large",
        "The same of ten times as many votes; for crowd-kit see five rounds of the same",
        "1,800,000 labels, 500,000 items, 20,000 voters, 5 choices",
        make=parquet,
        ours=Contender("psephos", confusions, prepare=read, answer=confusion_choices, packages=OURS),
        check=disagreement,
    ),
    Benchmark(
        "consensus-dawid-skene-few-rounds",
        "Dawid-Skene, five rounds without a prior, of as many votes: few enough for the peer to be timed in turn",
        "1,800,000 labels, 500,000 items, 20,000 voters, 5 choices",
        make=parquet,
        ours=Contender(
            "psephos", partial(confusions, rounds=FEW_ROUNDS), prepare=read, answer=confusion_choices, packages=OURS
        ),
        peers=(
            Contender(
                "crowd-kit",
                partial(crowd_kit_confusions, rounds=FEW_ROUNDS),
                prepare=pandas_frame,
                answer=choices_in,
                packages=THEIRS,
            ),
        ),
        check=disagreement,
    ),
    Benchmark(
        "consensus-glad",
        "Abilities and easiness (glad); ours averages over easiness, the peer estimates one for each item",
        "10,000 labels, 2,000 items, 100 voters, 2 choices",
        make=few_votes_of_two,
        ours=Contender("psephos", easiness, prepare=read, answer=choices_of, packages=OURS),
        peers=(
            Contender("crowd-kit GLAD", crowd_kit_easiness, prepare=pandas_frame, answer=choices_in, packages=THEIRS),
        ),
        check=disagreement,
        tolerance=0.05,
    ),
    Benchmark(
        "consensus-glad-large",
        "The same of 180 times as many votes",
        "1,800,000 labels, 500,000 items, 20,000 voters, 2 choices",
        make=many_votes_of_two,
        ours=Contender("psephos", easiness, prepare=read, answer=choices_of, packages=OURS),
        check=disagreement,
    ),
    Benchmark(
        "consensus-messages-large",
        "Messages between items and voters (kos) of many votes, until rest or 500 rounds",
        "1,800,000 labels, 500,000 items, 20,000 voters, 2 choices",
        make=many_votes_of_two,
        ours=Contender("psephos", messages, prepare=read, answer=choices_of, packages=OURS),
        check=disagreement,
    ),
    Benchmark(
        "consensus-in-parts",
        "Majority of data larger than memory should be: one process against two, whole processes",
        "100,000,000 labels, 10,000,000 items in 10 Parquet files",
        make=hundred_million,
        ours=in_parts("1"),
        peers=(in_parts("2"),),
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
