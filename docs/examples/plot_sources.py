"""
Which sources carry the answers?
================================

Six sources, of which some are often wrong, were read by a small language model. Only the best three that have something
relevant are asked; the picture says what became of each source.
"""

from pathlib import Path

import polars as pl

import psephos
from psephos.judges import answer_from_sources, document_sources
from psephos.voters.language_model import Replay

islands = next(folder for folder in (Path("examples/islands"), Path("../../examples/islands")) if folder.exists())
sources = document_sources(pl.read_csv(islands / "documents.csv"), Replay(islands / "answers.jsonl"))
questions = dict(pl.read_csv(islands / "questions.csv").select("item", "question").iter_rows())
reliability = dict(pl.read_csv(islands / "sources.csv").select("source", "reliability").iter_rows())

# %%
# A source that guesses among as many answers as there are sources has the weight 0.

weights = {name: len(sources) * value - 1 for name, value in reliability.items()}
verdict = answer_from_sources(questions, sources, weights, kappa=3, least_relevance=0.5, reliability=reliability)
figure = psephos.plot(verdict)

# %%
# The items to check first are those on which reliable sources contradict each other.

with pl.Config(tbl_cols=-1, tbl_width_chars=110):
    print(verdict.queue(5).select("item", "choice", "certainty", "runner_up", "votes"))
