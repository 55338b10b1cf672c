"""How does a result look? A picture for each question that a result answers.

`plot` picks the picture by the type of the result, `svg` makes it part of a page; the same pictures serve notebooks,
reports and the review app. matplotlib is an extra and loaded when a picture is drawn: ``pip install 'psephos[plots]'``.

A new result type gets its pictures by a file with a function ``(result, *, theme, heading) -> Figure`` and a line in
`psephos.plots.picking.PICTURES`.
"""

from psephos.plots.agreement import agreement_matrix_plot
from psephos.plots.alpha import breakpoints_plot, tuned_alpha_plot
from psephos.plots.bands import bands_plot
from psephos.plots.bias import bias_plot
from psephos.plots.budget_theory import budget_plot, phase_plot
from psephos.plots.ceilings import ceiling_plot, vote_plan_plot
from psephos.plots.certainty import certainty_plot
from psephos.plots.collective import collective_plot
from psephos.plots.consistency import consistency_plot
from psephos.plots.discrimination import discrimination_plot, fixing_plot, mistakes_plot, subgroups_plot
from psephos.plots.forecasts import budget_plan_plot, forecast_plot
from psephos.plots.harmony import harmony_plane_plot, harmony_plot
from psephos.plots.left_out import left_out_plot
from psephos.plots.orders import above_plot, order_plot
from psephos.plots.peer_review import borderline_plot, influence_plot, transitions_plot
from psephos.plots.picking import plot
from psephos.plots.probability import balance_plot, probability_plot
from psephos.plots.reliability import reliability_plot
from psephos.plots.replays import replay_plot, stopping_replay_plot
from psephos.plots.sampling import allocation_plot, certainty_path_plot
from psephos.plots.selection import selection_plot
from psephos.plots.source_reliability import source_reliability_plot
from psephos.plots.sources import sources_plot
from psephos.plots.steps import steps_plot
from psephos.plots.success import success_plot
from psephos.plots.swiss import swiss_sensitivity_plot
from psephos.plots.vector import svg
from psephos.plots.voter_differences import voter_differences_plot
from psephos.plots.voters import voters_plot

__all__ = [
    "above_plot",
    "agreement_matrix_plot",
    "allocation_plot",
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
    "consistency_plot",
    "discrimination_plot",
    "fixing_plot",
    "forecast_plot",
    "harmony_plane_plot",
    "harmony_plot",
    "influence_plot",
    "left_out_plot",
    "mistakes_plot",
    "order_plot",
    "phase_plot",
    "plot",
    "probability_plot",
    "reliability_plot",
    "replay_plot",
    "selection_plot",
    "source_reliability_plot",
    "sources_plot",
    "steps_plot",
    "stopping_replay_plot",
    "subgroups_plot",
    "success_plot",
    "svg",
    "swiss_sensitivity_plot",
    "transitions_plot",
    "tuned_alpha_plot",
    "vote_plan_plot",
    "voter_differences_plot",
    "voters_plot",
]
