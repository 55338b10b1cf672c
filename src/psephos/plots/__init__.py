"""How does a result look? A picture for each question that a result answers.

`plot` picks the picture by the type of the result, `svg` makes it part of a page; the same pictures serve notebooks,
reports and the review app. matplotlib is an extra and loaded when a picture is drawn: ``pip install 'psephos[plots]'``.

A new result type gets its pictures by a file with a function ``(result, *, theme, heading) -> Figure`` and a line in
`psephos.plots.picking.PICTURES`.
"""

from psephos.plots.agreement import agreement_matrix_plot
from psephos.plots.alpha import breakpoints_plot, tuned_alpha_plot
from psephos.plots.bands import bands_plot
from psephos.plots.battles import judges_plot, win_probability_plot
from psephos.plots.bias import bias_plot
from psephos.plots.budget_theory import budget_plot, phase_plot
from psephos.plots.ceilings import ceiling_plot, vote_plan_plot
from psephos.plots.certainty import certainty_plot
from psephos.plots.collective import collective_plot
from psephos.plots.committees import committee_plot, frontier_plot, needed_plot
from psephos.plots.consistency import consistency_plot
from psephos.plots.dependence import dependence_plot, subgroup_means_plot
from psephos.plots.discrimination import discrimination_plot, fixing_plot, mistakes_plot, subgroups_plot
from psephos.plots.divergence import drift_plot, evidence_plot
from psephos.plots.diversity import diversity_plot, rarefaction_plot, themes_plot
from psephos.plots.effective_features import effective_features_plot
from psephos.plots.forecasts import budget_plan_plot, forecast_plot
from psephos.plots.fusion import fused_rows_plot, orders_plot, support_plot
from psephos.plots.harmony import group_tree_plot, harmony_plane_plot, harmony_plot
from psephos.plots.item_response import audit_plot, profile_plot, short_form_plot, wright_plot
from psephos.plots.left_out import left_out_plot
from psephos.plots.list_similarity import list_similarity_plot
from psephos.plots.measurement import measurement_plot
from psephos.plots.orders import above_plot, order_plot
from psephos.plots.peer_review import borderline_plot, influence_plot, transitions_plot
from psephos.plots.picking import plot
from psephos.plots.probability import balance_plot, probability_plot
from psephos.plots.recommendation import evaluation_plot, unfairness_plot
from psephos.plots.reliability import reliability_plot
from psephos.plots.replays import replay_plot, stopping_replay_plot
from psephos.plots.sampling import allocation_plot, certainty_path_plot
from psephos.plots.selection import selection_plot
from psephos.plots.source_reliability import source_reliability_plot
from psephos.plots.sources import sources_plot
from psephos.plots.steps import steps_plot
from psephos.plots.success import success_plot
from psephos.plots.swiss import swiss_sensitivity_plot
from psephos.plots.task_spread import task_spread_plot
from psephos.plots.trained_features import layers_plot, penalty_plot, trained_usage_plot, training_plot
from psephos.plots.vector import svg
from psephos.plots.voter_differences import voter_differences_plot
from psephos.plots.voters import voters_plot

__all__ = [
    "above_plot",
    "agreement_matrix_plot",
    "allocation_plot",
    "audit_plot",
    "balance_plot",
    "bands_plot",
    "bias_plot",
    "borderline_plot",
    "breakpoints_plot",
    "budget_plan_plot",
    "budget_plot",
    "ceiling_plot",
    "certainty_path_plot",
    "certainty_plot",
    "collective_plot",
    "committee_plot",
    "consistency_plot",
    "dependence_plot",
    "discrimination_plot",
    "diversity_plot",
    "drift_plot",
    "effective_features_plot",
    "evaluation_plot",
    "evidence_plot",
    "fixing_plot",
    "forecast_plot",
    "frontier_plot",
    "fused_rows_plot",
    "group_tree_plot",
    "harmony_plane_plot",
    "harmony_plot",
    "influence_plot",
    "judges_plot",
    "layers_plot",
    "left_out_plot",
    "list_similarity_plot",
    "measurement_plot",
    "mistakes_plot",
    "needed_plot",
    "order_plot",
    "orders_plot",
    "penalty_plot",
    "phase_plot",
    "plot",
    "probability_plot",
    "profile_plot",
    "rarefaction_plot",
    "reliability_plot",
    "replay_plot",
    "selection_plot",
    "short_form_plot",
    "source_reliability_plot",
    "sources_plot",
    "steps_plot",
    "stopping_replay_plot",
    "subgroup_means_plot",
    "subgroups_plot",
    "success_plot",
    "support_plot",
    "svg",
    "swiss_sensitivity_plot",
    "task_spread_plot",
    "themes_plot",
    "trained_usage_plot",
    "training_plot",
    "transitions_plot",
    "tuned_alpha_plot",
    "unfairness_plot",
    "vote_plan_plot",
    "voter_differences_plot",
    "voters_plot",
    "win_probability_plot",
    "wright_plot",
]
