"""
Which recommender is better, and for whom?
==========================================

Two recommenders: one knows the taste of each user, roughly; one shows everybody what is popular. Metrics of the lists
come with intervals over users, and differences are those of the same users.
"""

import numpy as np

from psephos.metrics import evaluate, pairwise_unfairness
from psephos.plots import plot

rng = np.random.default_rng(0)
items, users = 60, 300
taste = rng.dirichlet(np.full(items, 0.3), users) * 0.7 + 0.3 / items
train = {u: rng.choice(items, 8, replace=False, p=taste[u]).tolist() for u in range(users)}
liked = {u: rng.choice(items, 6, replace=False, p=taste[u]).tolist() for u in range(users)}
truth = {u: [item for item in liked[u] if item not in train[u]] for u in range(users)}


def top(score, user):
    """The ten best items that the user has not had."""
    return [item for item in np.argsort(-score).tolist() if item not in train[user]][:10]


runs = {
    "taste": {u: top(taste[u] * rng.lognormal(0, 0.8, items), u) for u in range(users)},
    "popular": {u: top(taste.mean(axis=0), u) for u in range(users)},
}
found = evaluate(truth, runs, ["ndcg", "ap", "novelty", "catalogue_coverage"], 10, train=train)
figure = plot(found)

# %%
# The same users under both: which differences are beyond chance, after adjusting for their number?

print(found.compare(["ndcg", "ap"], repeats=500).select("metric", "difference", "low", "high", "adjusted"))

# %%
# Are similar users served equally well?
# --------------------------------------

own = found.per_user().filter(run="taste")
effectiveness = dict(own.select("user", "ndcg@10").drop_nulls().iter_rows())
served = pairwise_unfairness(effectiveness, train, rng=0)
print(served)
unfairness = plot(served)
