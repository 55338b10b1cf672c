"""How many features does a layer, a dictionary or a panel of judges really use?"""

from psephos.metrics.effective_features.comparison import (
    FeatureComparison,
    choose_penalty,
    compare_effective_features,
    dictionary_warnings,
)
from psephos.metrics.effective_features.counting import effective_features
from psephos.metrics.effective_features.dictionary import (
    DictionaryLoss,
    SparseDictionary,
    dictionary_loss,
    interference,
)
from psephos.metrics.effective_features.null_model import null_activations
from psephos.metrics.effective_features.result import EffectiveFeatures

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
