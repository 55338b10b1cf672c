"""Training of a sparse autoencoder against PyTorch: the same start, rows and steps, equal dictionaries first."""

import sys

import numpy as np
from harness import Benchmark, Contender, main

from psephos.learning import Training, train_dictionary

EPOCHS = 5


def layer(rows: int, neurons: int):
    """Activations of twice as many features as neurons, each in a tenth of the rows."""

    def make(tiny: bool) -> tuple[np.ndarray, int]:
        rng = np.random.default_rng(40)
        count = 300 if tiny else rows
        features = rng.random((count, 2 * neurons)) * (rng.random((count, 2 * neurons)) < 0.1)
        return features @ rng.normal(0, neurons**-0.5, (2 * neurons, neurons)), 1 if tiny else EPOCHS

    return make


def ours(data) -> np.ndarray:
    activations, epochs = data
    return train_dictionary(activations, Training(epochs=epochs, patience=0), label=None, rng=0).dictionary.weights


def by_torch(data) -> np.ndarray:
    """The plain loop that one would write, in double precision on one thread, as ours runs."""
    import torch

    torch.set_num_threads(1)
    values, epochs = data
    N = values.shape[1]
    D = 4 * N
    # Start and order of rows are drawn as ours are, so that the answers can be compared.
    start, order = np.random.default_rng(0).spawn(2)
    width = np.sqrt(6 / (N + D))
    W = torch.tensor(start.uniform(-width, width, (D, N)), requires_grad=True)
    b = torch.zeros(D, dtype=torch.float64, requires_grad=True)
    adam = torch.optim.Adam([W, b], lr=1e-3)
    best, kept = np.inf, None
    for _ in range(epochs):
        blocks = order.permutation(-(-len(values) // 256))
        assert len(blocks) * 256 * N * 8 < 2**28  # one buffer: all rows are shuffled together
        X = torch.from_numpy(order.permutation(values))
        total = 0.0
        for first in range(0, len(X), 128):
            batch = X[first : first + 128]
            codes = torch.relu(batch @ W.T + b)
            loss = ((codes @ W - batch) ** 2).mean() + 0.1 * codes.mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
            total += float(loss.detach()) * len(batch)
        if total < best:
            best, kept = total, W.detach().clone()
    return kept.numpy()


def near(mine, theirs) -> float:
    return float(np.abs(mine - theirs).max())


BENCHMARKS = [
    Benchmark(
        name,
        "Train a tied sparse autoencoder of four features per neuron, five epochs",
        f"{rows:,} rows of {neurons} neurons",
        make=layer(rows, neurons),
        ours=Contender("psephos", ours, packages=("psephos",)),
        peers=(Contender("torch", by_torch, packages=("torch",)),),
        check=near,
        tolerance=1e-8,
    )
    for name, rows, neurons in (
        ("learning-autoencoder-small", 6000, 5),
        ("learning-autoencoder-large", 2000, 128),
    )
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
