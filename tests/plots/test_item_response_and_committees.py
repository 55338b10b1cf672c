"""Do the pictures of abilities, items and committees say what the results say?"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from psephos.errors import InputError, NoPictureError
from psephos.plots import plot, svg
from psephos.plots.style import heading_of
from psephos.ranking import ability_profiles, audit_items, rank_by_ability, short_form, simulate_responses
from psephos.reports import report
from psephos.selection import committee, fairness_frontier, rankings_needed


@pytest.fixture(autouse=True)
def _needs_matplotlib(require: Any) -> None:
    require("matplotlib")


@pytest.fixture(scope="module")
def ability() -> Any:
    return rank_by_ability(simulate_responses(40, 3, 20, wrong_keys=1, rng=0).responses, rng=0)


def labels(figure: Any) -> list[str]:
    return [label.get_text() for axes in figure.axes for label in axes.get_yticklabels()]


def test_the_wright_map_holds_candidates_and_items(ability: Any) -> None:
    figure = plot(ability, topic="topic 2")
    best = str(ability.candidates[int(np.argmax(ability.abilities[:, 1]))])
    assert labels(figure)[0] == best
    assert "topic 2" in heading_of(figure)[1]
    heights = [patch.get_height() for patch in figure.axes[1].patches]
    outside = sum(map(int, re.findall(r"(\d+) items lie outside", heading_of(figure)[1])))
    assert sum(heights) + outside == np.isfinite(ability.fits[1].difficulty).sum()
    with pytest.raises(NoPictureError):
        plot(ability, topic="?")


def test_profiles_name_who_leads(ability: Any) -> None:
    profiles = ability_profiles(ability, rng=0)
    figure = plot(profiles)
    first = profiles.table()["candidate"][0]
    leads = (profiles.leaders()["leader"] == first).sum()
    assert heading_of(figure)[0] == f"{first} is first overall and leads in {leads} of 3 topics"
    assert labels(figure)[0] == first


def test_the_audit_fills_what_is_flagged(ability: Any) -> None:
    audit = audit_items(ability)
    figure = plot(audit)
    bad = audit.table().filter(audit.table()["severity"] > 0).height
    assert heading_of(figure)[0].startswith(f"{bad} of 60 items have a flag")


def test_the_short_form_says_both_errors(ability: Any) -> None:
    form = short_form(ability, 10, topic="topic 1")
    assert heading_of(plot(form))[0].startswith("10 items leave an error of ")


def test_a_committee_shows_who_is_in_and_the_price() -> None:
    votes = [[0, 1, 2, 3], [0, 1, 3, 2], [3, 2, 1, 0]]
    made = committee(votes, 2, groups=list("xxyy"), lower={"y": 1}, candidates=["$a$", "<b>", "c", "d"], repeats=20)
    figure = plot(made)
    assert "the bounds cost" in heading_of(figure)[0]
    filled = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == line.get_markeredgecolor()]
    assert sum(len(line.get_xdata()) for line in filled) == 2
    assert "<b>" not in report(made).split("<main")[1]
    with pytest.raises(InputError):
        plot(made, item="?")


def test_frontier_and_need_say_their_numbers() -> None:
    made = fairness_frontier([[0, 1, 2, 3]] * 4, 2, "y", groups=list("xxyy"), rng=0)
    assert heading_of(plot(made))[0].startswith(f"{made.knee} member")
    plan = rankings_needed(10, 3, theta=0.5, rankings=(5, 20), judges=200, repeats=3, rng=0)
    assert "rankings" in heading_of(plot(plan))[0]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_themes_draw(ability: Any, theme: str) -> None:
    for result in (ability, ability_profiles(ability, rng=0), audit_items(ability)):
        assert svg(plot(result, theme=theme), "t", "d").startswith("<svg")
