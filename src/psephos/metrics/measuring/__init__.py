"""Any metric by its name: families of metrics, what each needs, values with intervals, paired comparisons."""

from psephos.metrics.measuring.by_name import measure, metric_names
from psephos.metrics.measuring.measurement import Measurement

__all__ = [
    "Measurement",
    "measure",
    "metric_names",
]
