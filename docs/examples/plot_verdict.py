"""
A verdict, and how honest its certainty is
==========================================

Fifteen classifiers read 1,797 handwritten digits. What do they say together, and can the certainty be believed?
"""

import psephos

opinions = psephos.read("../../examples/digits")
verdict = psephos.decide(opinions)
print(verdict)

# %%
# The items that are worth a look first, and the share of all expected errors found on the way:

verdict.queue(8).select("rank", "item", "choice", "certainty", "runner_up", "flags", "found")

# %%
# Why the first of them is on top:

print(verdict.why(verdict.queue(1)["item"][0]))

# %%
# The digit that was written is known here. If the certainty were perfect, every interval would meet the diagonal; below
# it the certainty is too high, because classifiers of one family err together.

against = psephos.against_gold(verdict)
print(against)
figure = psephos.plot(against)
