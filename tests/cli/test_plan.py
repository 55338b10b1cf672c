"""psephos plan."""

from __future__ import annotations

import json

from psephos.allocation import organisation

TREE = ("plan", "--children", "5", "--fidelity", "0.8", "--correlation", "0.2", "--bias", "0.05")


def test_the_plan_in_words(psephos):
    done = psephos(*TREE, "--budget", "9,81")
    assert (done.code, done.err) == (0, "")
    for _, text in organisation(5, 0.8, 0.2, mu0=0.05).summary():
        assert text in done.out
    assert "budget 81" in done.out


def test_the_plan_as_json(psephos):
    said = json.loads(psephos(*TREE, "--json", "--budget", "9").out)
    assert said["alpha"] == 1.36 or abs(said["alpha"] - 1.36) < 1e-12
    assert said["budgets"]["rows"][0]["budget"] == 9


def test_complaints_name_the_options(psephos):
    assert psephos("plan", "--children", "2").complaint.startswith("psephos: --children: ")
    assert psephos(*TREE[:3], "--fidelity", "2").complaint.startswith("psephos: --fidelity: ")
    assert psephos(*TREE, "--budget", "0.1").complaint.startswith("psephos: --budget: ")
    assert psephos(*TREE, "--budget", "much").complaint.startswith("psephos: --budget: must be numbers")
