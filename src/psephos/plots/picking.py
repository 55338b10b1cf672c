"""Which pictures has a result?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from psephos.errors import InputError, check_choice
from psephos.plots.agreement import agreement_plot
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
from psephos.plots.peer_review import (
    borderline_plot,
    influence_plot,
    study_borderline_plot,
    study_influence_plot,
    study_transitions_plot,
    transitions_plot,
)
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
from psephos.plots.voter_differences import voter_differences_plot
from psephos.plots.voters import voters_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from psephos.opinions.outcomes import Result

PICTURES: dict[str, dict[str, Callable[..., Figure]]] = {
    "RetrievalVerdict": {"sources": sources_plot, "certainty": certainty_plot, "voters": voters_plot},
    "Fusion": {"support": support_plot, "orders": orders_plot},
    "FusedDataset": {"rows": fused_rows_plot},
    "TranscriptVerdict": {"bands": bands_plot, "voters": voters_plot},
    "SourceVerdict": {"certainty": certainty_plot, "sources": source_reliability_plot, "voters": voters_plot},
    "CollectiveVerdict": {"certainty": certainty_plot, "collective": collective_plot, "voters": voters_plot},
    "ScoreVerdict": {"bias": bias_plot},
    "Verdict": {"certainty": certainty_plot, "voters": voters_plot},
    "VoterDetails": {"differences": voter_differences_plot},
    "SwissSensitivity": {"sensitivity": swiss_sensitivity_plot},
    "BattleRanking": {"order": order_plot, "wins": win_probability_plot, "above": above_plot},
    "JudgeAgreement": {"judges": judges_plot},
    "AbilityRanking": {"wright": wright_plot, "order": order_plot, "above": above_plot},
    "AbilityProfiles": {"profiles": profile_plot},
    "ItemAudit": {"items": audit_plot},
    "ShortForm": {"error": short_form_plot},
    "TaskRanking": {"order": order_plot, "above": above_plot, "plane": task_spread_plot},
    "Ranking": {"order": order_plot, "above": above_plot},
    "AgainstGold": {"reliability": reliability_plot},
    "Agreement": {"pairs": agreement_plot, "influence": left_out_plot},
    "CommitteeSelection": {"committee": committee_plot},
    "FairnessFrontier": {"frontier": frontier_plot},
    "RankingsNeeded": {"needed": needed_plot},
    "Selection": {"candidates": selection_plot},
    "SuccessCurves": {"success": success_plot},
    "TunedAlpha": {"alpha": tuned_alpha_plot},
    "AlphaBreakpoints": {"breakpoints": breakpoints_plot},
    "ProcessScores": {"steps": steps_plot},
    "ScoreMovement": {"transitions": transitions_plot},
    "BorderlineCurve": {"borderline": borderline_plot},
    "ScoreInfluence": {"influence": influence_plot},
    "PeerReviewStudy": {
        "transitions": study_transitions_plot,
        "influence": study_influence_plot,
        "borderline": study_borderline_plot,
    },
    "NoiseCeiling": {"ceiling": ceiling_plot, "votes": vote_plan_plot},
    "Consistency": {"consistency": consistency_plot},
    "Organisation": {"phases": phase_plot},
    "BudgetComparison": {"budgets": budget_plot},
    "GroupTree": {"tree": group_tree_plot},
    "Harmony": {"groups": harmony_plot},
    "HarmonyPlane": {"plane": harmony_plane_plot},
    "ProbabilityReport": {"reliability": probability_plot, "balance": balance_plot},
    "Diversity": {"profile": diversity_plot, "themes": themes_plot},
    "Rarefaction": {"rarefaction": rarefaction_plot},
    "EffectiveFeatures": {"usage": effective_features_plot},
    "TrainedFeatures": {"usage": trained_usage_plot, "training": training_plot},
    "LayerFeatures": {"layers": layers_plot},
    "PenaltySearch": {"penalties": penalty_plot},
    "Discrimination": {"curves": discrimination_plot},
    "Divergence": {"evidence": evidence_plot},
    "Drift": {"drift": drift_plot},
    "Dependence": {"attributes": dependence_plot, "subgroups": subgroup_means_plot},
    "Measurement": {"values": measurement_plot},
    "Mistakes": {"mistakes": mistakes_plot},
    "Subgroups": {"subgroups": subgroups_plot},
    "FixingExperiment": {"fixing": fixing_plot},
    "Evaluation": {"systems": evaluation_plot},
    "ListSimilarity": {"pairs": list_similarity_plot},
    "PairwiseUnfairness": {"users": unfairness_plot},
    "Allocation": {"samples": allocation_plot},
    "Replay": {"budgets": replay_plot},
    "StoppingReplay": {"savings": stopping_replay_plot},
    "CertaintyPath": {"certainty": certainty_path_plot},
    "Forecast": {"forecast": forecast_plot},
    "BudgetPlan": {"plan": budget_plan_plot},
}
"""Pictures of each result type by name, the first is the usual one. Types stand here by the name of their class, so
that drawing one result does not load the rooms of all others; a subclass has the pictures of its base."""


def pictures_of(result: Result) -> dict[str, Callable[..., Figure]]:
    """The functions that draw a result, by name, the usual one first; none if it has no picture.

    Parameters
    ----------
    result : Result
        What its class lacks is looked for in the classes that it extends.
    """
    names = [base.__name__ for base in type(result).__mro__]
    return next((PICTURES[name] for name in names if name in PICTURES), {})


def plot(result: Result, picture: str | None = None, *, theme: str = "light", **options: Any) -> Figure:
    """Draw a result.

    Parameters
    ----------
    result : Result
        One of the types in `PICTURES`, such as a `Verdict`, `AgainstGold` or `Agreement`.
    picture : str, optional
        Which picture, of a result that has several; `PICTURES` lists their names, the first is the default.
    theme : {"light", "dark"}, default "light"
        Colours for a light or a dark ground.
    **options
        Passed to the function that draws, such as `heading`, or `by` of ``"bands"``.

    Returns
    -------
    matplotlib.figure.Figure
        A figure of its own: show it in a notebook by its name, or save it with ``savefig``.

    Raises
    ------
    InputError
        If the result has no such picture, or nothing to draw.
    MissingPartError
        If matplotlib is not installed.

    See Also
    --------
    psephos.write_report : a page with all pictures.
    psephos.plots.svg : a picture as SVG.

    Examples
    --------
    >>> from psephos.consensus import majority
    >>> from psephos.opinions import from_matrix
    >>> figure = plot(majority(from_matrix([["a", "a", "a"], ["a", "b", "c"]])))
    >>> figure.get_suptitle()[:27]
    'Half of the expected errors'
    """
    known = pictures_of(result)
    if not known:
        raise InputError(
            "result",
            f"there is no picture of {type(result).__name__}",
            hint="plots.plot draws results of psephos; see its page for which",
        )
    name = check_choice("picture", picture or next(iter(known)), tuple(known))
    return known[name](result, theme=theme, **options)
