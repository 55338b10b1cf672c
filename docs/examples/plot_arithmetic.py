"""
Sums of a small model: budget, consistency and accuracy
=======================================================

Real samples: 128 sums, 32 answers of SmolLM2-135M-Instruct to each. The target of consistency is the majority of all
32; accuracy is against the right answers, and more samples buy little of it where the model is mostly wrong.
"""

from pathlib import Path

import polars as pl

import psephos
from psephos.allocation import certainty_path, replay
from psephos.plots import plot
from psephos.selection import majority_at_k, pass_at_k

here = next(folder for folder in Path.cwd().resolve().parents if (folder / "examples" / "arithmetic").is_dir())
sums = psephos.read(here / "examples" / "arithmetic")
gold = dict(sums.about.items.select("item", pl.col("gold").cast(pl.String)).iter_rows())

compared = replay(
    sums,
    budget=[2, 3, 4, 6, 8, 12],
    methods=["uniform", "knowledge-gradient", "adaptive"],
    gold=gold,
    equivalence="number",
    repeats=5,
    rng=0,
)
budgets = plot(compared)

# %%
# One question on which the model cannot make up its mind, sample by sample.

counts = (
    sums.frame().drop_nulls("answer").group_by("item", "answer").len("votes").sort("item", "votes", descending=True)
)
leads = counts.group_by("item", maintain_order=True).agg(
    first=pl.col("votes").cast(int).get(0), second=pl.col("votes").cast(int).slice(1, 1).first()
)
close = leads.drop_nulls().sort(pl.col("first") - pl.col("second"), -pl.col("first"), "item")["item"][0]
answers = sums.frame().filter(pl.col("item") == close).sort("draw")["answer"].to_list()
path = certainty_path(answers)
print(close, path, sep="\n")
certainty = plot(path)

# %%
# What any way to choose could reach (pass@k), and what votes reach (maj@k):

some = [1, 2, 4, 8, 16, 32]
bounds = plot(pass_at_k(sums, some).joined(majority_at_k(sums, some)))
