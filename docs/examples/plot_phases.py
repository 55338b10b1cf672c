"""
Where a tree of agents helps
============================

Each node hears its children and hands on what most of them say. Whether that amplifies what the leaves know depends on
how well messages keep a bias, and how alike the children err: below the line everything that the leaves know is lost,
above it a deep tree is nearly sure.
"""

from psephos.allocation import compare_budgets, organisation
from psephos.plots import plot

found = organisation(5, 0.8, 0.2, mu0=0.05)
print(found)
phases = plot(found)

# %%
# The same budget on one long run, or on a tree of short ones:

budgets = plot(compare_budgets([9, 27, 81, 243, 729], b=5, gamma=0.8, rho=0.2, k=0.02, beta=0.2))
