"""Does a score put positives on top? Areas under both curves, the mistakes that they price, groups, comparison."""

from psephos.metrics.discrimination.area_errors import Area
from psephos.metrics.discrimination.areas import auprc, auprc_trapezoid, auroc, auroc_statistic
from psephos.metrics.discrimination.areas_by_rates import AreasByRates, areas_by_rates
from psephos.metrics.discrimination.comparison import AreaDifference, compare_discrimination
from psephos.metrics.discrimination.fixing_experiment import FixingExperiment, fix_experiment, sample_at_auroc
from psephos.metrics.discrimination.ranking_mistakes import Mistakes, mistakes
from psephos.metrics.discrimination.report import Discrimination, discrimination
from psephos.metrics.discrimination.subgroup_discrimination import Subgroups, subgroup_report
from psephos.metrics.discrimination.thresholds import threshold_curve

__all__ = [
    "Area",
    "AreaDifference",
    "AreasByRates",
    "Discrimination",
    "FixingExperiment",
    "Mistakes",
    "Subgroups",
    "areas_by_rates",
    "auprc",
    "auprc_trapezoid",
    "auroc",
    "auroc_statistic",
    "compare_discrimination",
    "discrimination",
    "fix_experiment",
    "mistakes",
    "sample_at_auroc",
    "subgroup_report",
    "threshold_curve",
]
