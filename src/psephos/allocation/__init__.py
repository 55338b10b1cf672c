"""Whom to ask next, and how often? Budgets of samples, rules that stop, plans, forecasts, trees of weak agents."""

from psephos.allocation.adaptive import Adaptive
from psephos.allocation.allocation_result import Allocation
from psephos.allocation.allocator import Allocator, allocate
from psephos.allocation.arriving.budget_plan import BudgetPlan
from psephos.allocation.arriving.online import Online
from psephos.allocation.arriving.online_plan import plan_budgets, plan_from_pools
from psephos.allocation.arriving.oracle_plan import oracle_samples, plan_with_oracle
from psephos.allocation.arriving.probit_curves import accuracy_curve, fit_probit
from psephos.allocation.arriving.warm_up_patterns import pattern_chances
from psephos.allocation.asking import Asked, ask
from psephos.allocation.certainty_path import CertaintyPath, certainty_path
from psephos.allocation.forecast import Forecast, forecast
from psephos.allocation.knowledge_gradient import KnowledgeGradient
from psephos.allocation.margins import margin, oracle_allocation
from psephos.allocation.mode_probability import (
    gains_by_outcome,
    mode_probabilities,
    optimistic_gain,
    sampled_mode_probabilities,
)
from psephos.allocation.power_law import PowerLaw, fit_power_law
from psephos.allocation.prior import fit_prior
from psephos.allocation.replay import replay
from psephos.allocation.replay_result import Replay
from psephos.allocation.stopping import (
    lead_certainty,
    lead_evidence,
    mode_certainty,
    stop_by_certainty,
    stop_by_evidence,
    stop_by_window,
)
from psephos.allocation.stopping_replay import StoppingReplay, replay_stopping
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
from psephos.allocation.uniform import Uniform

__all__ = [
    "Adaptive",
    "Allocation",
    "Allocator",
    "Asked",
    "BudgetComparison",
    "BudgetPlan",
    "CertaintyPath",
    "FidelityCurve",
    "Forecast",
    "JointEstimate",
    "KnowledgeGradient",
    "MixedTree",
    "Online",
    "Organisation",
    "PowerLaw",
    "Replay",
    "SpendingExponent",
    "StoppingReplay",
    "TreeCalibration",
    "TreeDesign",
    "Uniform",
    "accuracy_curve",
    "allocate",
    "amplification",
    "ask",
    "best_design",
    "calibrate_tree",
    "certainty_path",
    "compare_budgets",
    "fidelity_curve",
    "fidelity_table",
    "fit_power_law",
    "fit_prior",
    "fit_probit",
    "forecast",
    "gains_by_outcome",
    "joint_estimate",
    "layer_bias",
    "lead_certainty",
    "lead_evidence",
    "majority_bias",
    "majority_slope",
    "margin",
    "mixed_tree",
    "mode_certainty",
    "mode_probabilities",
    "optimistic_gain",
    "oracle_allocation",
    "oracle_samples",
    "organisation",
    "pattern_chances",
    "plan_budgets",
    "plan_from_pools",
    "plan_with_oracle",
    "replay",
    "replay_stopping",
    "sampled_mode_probabilities",
    "simulate_tree",
    "spending_exponent",
    "spread_amplification",
    "stop_by_certainty",
    "stop_by_evidence",
    "stop_by_window",
    "weighted_majority_bias",
]
