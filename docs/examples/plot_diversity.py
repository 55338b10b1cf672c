"""
How many different answers are these?
=====================================

Samples of a language model repeat themselves in other words. The Vendi score counts how many different ones there are,
from nothing but their similarity, and says which add most.
"""

import numpy as np

from psephos.metrics import diversity, feature_spectrum, rarefaction, text_spectrum
from psephos.plots import plot

rng = np.random.default_rng(0)
kinds = ["take the early train", "take the night train", "fly", "drive there yourself", "stay at home"]
answers = [kinds[k] for k in rng.choice(5, size=40, p=[0.5, 0.2, 0.15, 0.1, 0.05])]
found = diversity(text_spectrum(answers, n=(1, 2)), names=answers, rng=0)
print(found)

# %%
# Orders
# ------
#
# Small orders count whatever occurs, large ones what dominates.

profile = plot(found)

# %%
# Themes
# ------

themes = plot(found, "themes")

# %%
# Collections of unequal size
# ---------------------------
#
# More items are more diverse, so that both are cut to as many.

wide = feature_spectrum(rng.normal(size=(300, 6)))
narrow = feature_spectrum(rng.normal(size=(80, 6)) * [1, 1, 1, 0.1, 0.1, 0.1])
curves = plot(rarefaction({"wide": wide, "narrow": narrow}, rng=0))
