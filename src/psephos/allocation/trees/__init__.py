"""When do many weak agents in a tree beat one, and how should a budget be cut into leaves, layers and messages?"""

from psephos.allocation.trees.estimate_trees import JointEstimate, joint_estimate
from psephos.allocation.trees.fidelity_curves import FidelityCurve, fidelity_curve, fidelity_table
from psephos.allocation.trees.majority_layers import (
    amplification,
    layer_bias,
    majority_bias,
    majority_slope,
    spread_amplification,
    weighted_majority_bias,
)
from psephos.allocation.trees.mixed_trees import MixedTree, mixed_tree
from psephos.allocation.trees.organisation import Organisation, organisation
from psephos.allocation.trees.tree_budgets import BudgetComparison, TreeDesign, best_design, compare_budgets
from psephos.allocation.trees.tree_calibration import (
    SpendingExponent,
    TreeCalibration,
    calibrate_tree,
    spending_exponent,
)
from psephos.allocation.trees.tree_simulation import simulate_tree

__all__ = [
    "BudgetComparison",
    "FidelityCurve",
    "JointEstimate",
    "MixedTree",
    "Organisation",
    "SpendingExponent",
    "TreeCalibration",
    "TreeDesign",
    "amplification",
    "best_design",
    "calibrate_tree",
    "compare_budgets",
    "fidelity_curve",
    "fidelity_table",
    "joint_estimate",
    "layer_bias",
    "majority_bias",
    "majority_slope",
    "mixed_tree",
    "organisation",
    "simulate_tree",
    "spending_exponent",
    "spread_amplification",
    "weighted_majority_bias",
]
