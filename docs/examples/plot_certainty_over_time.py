"""
When is one question settled?
=============================

Samples of one question arrive one by one. The certainty of the leading answer (Adaptive-Consistency) rises and falls,
and whoever looks after every sample and stops at 95 % is wrong too often. The p-value of PPR may be looked at at any
time.
"""

import numpy as np

from psephos.allocation import certainty_path
from psephos.plots import plot

rng = np.random.default_rng(4)

# %%
# An easy question: both agree soon.

easy = certainty_path(rng.choice(list("abcd"), 40, p=[0.85, 0.06, 0.05, 0.04]).tolist(), n_classes=4)
print(easy)
settled = plot(easy)

# %%
# Two answers nearly level: the certainty crosses its line again and again, and nothing is proven.

close = certainty_path(rng.choice(list("abcd"), 200, p=[0.42, 0.38, 0.12, 0.08]).tolist(), n_classes=4)
print(close)
open_question = plot(close)
