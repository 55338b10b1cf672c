"""Whom to ask next, and how often? One budget of samples over many questions, rules that stop, plans and forecasts."""

from psephos.allocation.adaptive import Adaptive
from psephos.allocation.allocation_result import Allocation
from psephos.allocation.allocator import Allocator, allocate
from psephos.allocation.budget_plan import BudgetPlan
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
from psephos.allocation.online import Online
from psephos.allocation.online_plan import plan_budgets, plan_from_pools
from psephos.allocation.power_law import PowerLaw, fit_power_law
from psephos.allocation.prior import fit_prior
from psephos.allocation.probit_curves import accuracy_curve, fit_probit
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
from psephos.allocation.uniform import Uniform
from psephos.allocation.warm_up_patterns import pattern_chances

__all__ = [
    "Adaptive",
    "Allocation",
    "Allocator",
    "BudgetPlan",
    "CertaintyPath",
    "Forecast",
    "KnowledgeGradient",
    "Online",
    "PowerLaw",
    "Replay",
    "StoppingReplay",
    "Uniform",
    "accuracy_curve",
    "allocate",
    "certainty_path",
    "fit_power_law",
    "fit_prior",
    "fit_probit",
    "forecast",
    "gains_by_outcome",
    "lead_certainty",
    "lead_evidence",
    "margin",
    "mode_certainty",
    "mode_probabilities",
    "optimistic_gain",
    "oracle_allocation",
    "pattern_chances",
    "plan_budgets",
    "plan_from_pools",
    "replay",
    "replay_stopping",
    "sampled_mode_probabilities",
    "stop_by_certainty",
    "stop_by_evidence",
    "stop_by_window",
]
