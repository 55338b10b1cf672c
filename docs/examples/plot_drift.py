"""
Which feature has changed?
==========================

A score was built on one year of applicants and is used on the next. Each feature is held against its own past; of many
features some look changed by chance, so that p-values are adjusted and values stand without their bias.
"""

import numpy as np

from psephos.metrics import divergence, information_value, population_drift
from psephos.plots import plot

rng = np.random.default_rng(0)
then, now = np.array([0.2, 0.3, 0.3, 0.2]), np.array([0.12, 0.25, 0.33, 0.30])
features = {f"feature {k}": (rng.multinomial(4000, then), rng.multinomial(900, then)) for k in range(11)}
features["income"] = rng.multinomial(4000, then), rng.multinomial(900, now)
drift = population_drift(features)
figure = plot(drift)

# %%
# What a feature tells
# --------------------
#
# The evidence of each bin for the event, with its interval; together they are the information value.

checking = information_value(
    [139, 49, 164, 348], [135, 14, 105, 46], names=["below 0", "200 and more", "0 to 200", "none"]
)
evidence = plot(checking)

# %%
# A measure that stays bounded, for samples that hardly overlap: its interval ends at 1.

print(divergence([7, 1, 0], [0, 1, 9], measure="hellinger"))
