"""How many samples should a question get that has to be settled before the next one is known? Plans, and a server."""

from psephos.allocation.arriving.budget_plan import BudgetPlan
from psephos.allocation.arriving.online import Online
from psephos.allocation.arriving.online_plan import plan_budgets, plan_from_pools
from psephos.allocation.arriving.oracle_plan import oracle_samples, plan_with_oracle
from psephos.allocation.arriving.probit_curves import accuracy_curve, fit_probit
from psephos.allocation.arriving.warm_up_patterns import pattern_chances

__all__ = [
    "BudgetPlan",
    "Online",
    "accuracy_curve",
    "fit_probit",
    "oracle_samples",
    "pattern_chances",
    "plan_budgets",
    "plan_from_pools",
    "plan_with_oracle",
]
