"""What is learnt from opinions and activations: dictionaries of features, and small models to check them with."""

from psephos.learning.sparse_autoencoder import (
    LayerFeatures,
    PenaltySearch,
    ToySuperposition,
    TrainedDictionary,
    TrainedFeatures,
    Training,
    features_by_layer,
    parity_network,
    search_penalty,
    toy_superposition,
    train_dictionary,
    trained_features,
)

__all__ = [
    "LayerFeatures",
    "PenaltySearch",
    "ToySuperposition",
    "TrainedDictionary",
    "TrainedFeatures",
    "Training",
    "features_by_layer",
    "parity_network",
    "search_penalty",
    "toy_superposition",
    "train_dictionary",
    "trained_features",
]
