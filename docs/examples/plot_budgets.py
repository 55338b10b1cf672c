"""
A budget of samples, and what it buys
=====================================

Two hundred simulated questions of four answers, 64 samples of each in store: 70 % are easy, 30 % are nearly tied. What
do methods of spending a budget make of them?
"""

import numpy as np

from psephos.allocation import replay
from psephos.plots import plot

rng = np.random.default_rng(1)
easy, hard = (0.85, 0.06, 0.05, 0.04), (0.45, 0.30, 0.15, 0.10)
pools = {f"q{q}": rng.choice(list("abcd"), 64, p=easy if q % 10 < 7 else hard).tolist() for q in range(200)}

compared = replay(
    pools,
    budget=[4, 6, 8, 10, 12, 16],
    methods=["uniform", "knowledge-gradient", "adaptive", "asc", "ppr"],
    gold=dict.fromkeys(pools, "a"),
    n_options=4,
    repeats=5,
    rng=0,
)
figure = plot(compared)

# %%
# What each method would have to spend evenly for the same consistency:

print(compared.savings.filter(compared.savings["budget"] == 8).select("method", "consistency", "uniform", "ratio"))
