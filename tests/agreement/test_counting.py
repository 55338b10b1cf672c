"""Counts are the same however the votes are cut and wherever they are counted."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from psephos.agreement import agree, fleiss_kappa, gwet_ac, krippendorff_alpha, percent_agreement
from psephos.errors import InputError
from psephos.opinions import from_frame, scan

COEFFICIENTS = (percent_agreement, krippendorff_alpha, fleiss_kappa, gwet_ac)


@pytest.fixture(scope="module")
def votes() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    cell = np.sort(rng.choice(600 * 8, 2500, replace=False))
    item, voter = cell // 8, cell % 8
    label = np.where(rng.random(2500) < 0.6, item % 4, rng.integers(0, 4, 2500))
    names = [None if number == 3 and row % 50 == 0 else f"label {number}" for row, number in enumerate(label)]
    return pl.DataFrame({"item": [f"item {i}" for i in item], "voter": [f"v{v}" for v in voter], "label": names})


def test_two_processes_give_the_same_numbers(votes, two_processes):
    opinions = from_frame(votes)
    for measure in COEFFICIENTS:
        assert measure(opinions, repeats=50) == measure(opinions, repeats=50, engine=two_processes)


@pytest.mark.ray
@pytest.mark.xdist_group("ray")
@pytest.mark.usefixtures("ray_cluster")
def test_a_cluster_gives_the_same_number(votes):
    opinions = from_frame(votes)
    assert krippendorff_alpha(opinions, repeats=50) == krippendorff_alpha(opinions, repeats=50, engine="ray")


@pytest.mark.parametrize("metric", ["nominal", "ordinal", "linear"])
@pytest.mark.parametrize(("rows", "processes"), [(100, 1), (1000, 2), (10_000, 1)])
def test_any_cut_gives_the_same_answer(rows, processes, metric, votes, two_processes, tmp_path):
    engine = two_processes if processes == 2 else processes
    votes.sample(fraction=1, shuffle=True, seed=1).write_parquet(tmp_path / "votes.parquet")
    parts = agree(scan(tmp_path / "votes.parquet", rows_per_part=rows), metric=metric, repeats=50, engine=engine)
    whole = agree(from_frame(votes), metric=metric, repeats=50)
    assert parts.table().equals(whole.table())
    assert parts.pairs.is_empty()
    assert "read in parts" in parts.provenance.notes[-1]
    assert [issue.reason for issue in parts.issues] == ["no label: counted as an abstention"] * len(parts.issues)
    assert sum(issue.count for issue in parts.issues) == sum(issue.count for issue in whole.issues)


def test_what_tells_voters_apart_is_refused_in_parts(votes, tmp_path):
    votes.write_parquet(tmp_path / "votes.parquet")
    with pytest.raises(InputError) as caught:
        agree(scan(tmp_path / "votes.parquet"), coefficients=["conger"])
    assert caught.value.argument == "coefficients"


def test_one_voter_in_parts_is_refused(tmp_path):
    pl.DataFrame({"item": ["a"], "voter": ["x"], "label": ["p"]}).write_parquet(tmp_path / "votes.parquet")
    with pytest.raises(InputError, match="need at least 2 voters, got 1"):
        agree(scan(tmp_path / "votes.parquet"))
