"""How many features does a layer, a dictionary or a panel of judges really use?"""

from psephos.metrics.effective_features.comparison import (
    FeatureComparison,
    choose_penalty,
    compare_effective_features,
    dictionary_warnings,
)
from psephos.metrics.effective_features.effective_features import (
    EffectiveFeatures,
    effective_features,
    interference,
    null_activations,
)
from psephos.metrics.effective_features.usage import DictionaryLoss, SparseDictionary, dictionary_loss

__all__ = [
    "DictionaryLoss",
    "EffectiveFeatures",
    "FeatureComparison",
    "SparseDictionary",
    "choose_penalty",
    "compare_effective_features",
    "dictionary_loss",
    "dictionary_warnings",
    "effective_features",
    "interference",
    "null_activations",
]
