"""Which families of metrics are there, and what does each measure?

A family is a `Family`: its question, its metrics by name, which parts it needs and takes, and a function from what is
given to values (and one for two scores to their differences). A new family is a file with such an object and a line in
`FAMILIES`; the command line has a line for it in `psephos.cli.measure_families`, and a test holds both lists together.
"""

from __future__ import annotations

from psephos.metrics.measuring.dependence_family import DEPENDENCE
from psephos.metrics.measuring.discrimination_family import DISCRIMINATION
from psephos.metrics.measuring.divergence_family import DIVERGENCE
from psephos.metrics.measuring.diversity_family import DIVERSITY
from psephos.metrics.measuring.effective_features_family import EFFECTIVE_FEATURES
from psephos.metrics.measuring.family import Family
from psephos.metrics.measuring.probability_family import PROBABILITY

FAMILIES: dict[str, Family] = {
    "probability": PROBABILITY,
    "discrimination": DISCRIMINATION,
    "divergence": DIVERGENCE,
    "dependence": DEPENDENCE,
    "diversity": DIVERSITY,
    "effective-features": EFFECTIVE_FEATURES,
}
