"""How many features does a layer use? Dictionaries of features, trained on its activations and counted."""

from psephos.learning.sparse_autoencoder.layers import LayerFeatures, features_by_layer
from psephos.learning.sparse_autoencoder.over_seeds import trained_features
from psephos.learning.sparse_autoencoder.parity_network import parity_network
from psephos.learning.sparse_autoencoder.penalty_search import PenaltySearch, search_penalty
from psephos.learning.sparse_autoencoder.result import TrainedFeatures
from psephos.learning.sparse_autoencoder.settings import Training
from psephos.learning.sparse_autoencoder.toy_model import ToySuperposition, toy_superposition
from psephos.learning.sparse_autoencoder.trained_dictionary import TrainedDictionary, train_dictionary

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
