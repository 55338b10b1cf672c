"""
More features than neurons
==========================

A layer of 5 neurons can hold 20 features if they are rare enough. The toy model of superposition knows how many it
represents; dictionaries that see nothing but its activations have to find them.
"""

from psephos.learning import Training, features_by_layer, toy_superposition, trained_features
from psephos.plots import plot

models = {f"S = {S:g}": toy_superposition(S, rng=0) for S in (0, 0.5, 0.8, 0.9, 0.95)}
layers = {name: model.activations(3000, rng=1) for name, model in models.items()}
for name, model in models.items():
    print(f"{name}: {model.represented:.1f} features are represented")

# %%
# S is the probability that a feature is absent. Counted from the activations alone:

training = Training(l1=2, expansion=8)
found = features_by_layer(layers, training, doubled=False, rng=0)
by_sparsity = plot(found)

# %%
# How training went
# -----------------
#
# F falls from the size of the dictionary to what is reported. Stopped too early it is too high.

last = found.layers["S = 0.95"]
course = plot(last, "training")

# %%
# Against no structure
# --------------------
#
# The same neurons, each shuffled by itself.

print(trained_features(layers["S = 0.95"], training, null="columns", doubled=False, rng=0))
