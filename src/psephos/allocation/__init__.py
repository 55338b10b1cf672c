"""Whom to ask next, and how often? When many weak agents beat one, and what a budget is best spent on."""

from psephos.allocation.budget_theory import MixedTree, Organisation, mixed_tree, organisation
from psephos.allocation.estimate_trees import JointEstimate, joint_estimate
from psephos.allocation.fidelity_curves import FidelityCurve, fidelity_curve, fidelity_table
from psephos.allocation.majority_layers import (
    amplification,
    layer_bias,
    majority_bias,
    majority_slope,
    spread_amplification,
    weighted_majority_bias,
)
from psephos.allocation.tree_budgets import BudgetComparison, TreeDesign, best_design, compare_budgets
from psephos.allocation.tree_calibration import SpendingExponent, TreeCalibration, calibrate_tree, spending_exponent
from psephos.allocation.tree_simulation import simulate_tree

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
