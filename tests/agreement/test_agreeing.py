"""The whole answer: coefficients, pairs and voters in tables, words, JSON and notebooks."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from psephos.agreement import agree, krippendorff_alpha, pairwise_agreement, percent_agreement
from psephos.errors import InputError
from psephos.opinions import from_frame, from_matrix, labels, samples, scores

CELLS = [["a", "a", "b"], ["b", "b", "b"], ["a", "b", None], ["b", None, "a"], ["a", "a", "a"]]
OPINIONS = from_matrix(CELLS, voters=["ann", "bob", "cid"])


def test_it_holds_what_the_single_functions_say():
    found = agree(OPINIONS)
    percent, alpha = found.coefficients
    assert (percent.name, alpha.name) == ("percent agreement", "Krippendorff's alpha")
    assert percent.value == percent_agreement(OPINIONS, repeats=0).value
    assert alpha.value == krippendorff_alpha(OPINIONS, repeats=0).value
    assert found.pairs.equals(pairwise_agreement(OPINIONS))
    assert found.table().select("name", "value", "items").rows() == [
        (percent.name, percent.value, 5),
        (alpha.name, alpha.value, 5),
    ]


def test_each_voter_against_all_others_by_hand():
    # ann and bob: 4 items, 3 alike; ann and cid: 4 items, 2 alike; bob and cid: 3 items, 2 alike.
    voters = agree(OPINIONS).voters
    assert voters.rows() == [("cid", 2, 7, 4 / 7), ("ann", 2, 8, 5 / 8), ("bob", 2, 7, 5 / 7)]
    assert dict(agree(OPINIONS).summary())["least like the others"] == "cid: 0.571 of 7"


def test_the_seed_and_the_options_are_in_the_provenance():
    found = agree(OPINIONS, rng=7, repeats=50, level=0.9, equivalence="casefold")
    assert found.provenance.seed == 7
    assert found.provenance.parameters == {"equivalence": "casefold", "repeats": 50, "level": 0.9}
    assert found.provenance.command == ""  # the opinions came from no file
    again = agree(OPINIONS, rng=found.provenance.seed, repeats=50, level=0.9, equivalence="casefold")
    assert again.table().equals(found.table())


def test_a_generator_leaves_a_seed_that_repeats_the_answer():
    found = agree(OPINIONS, rng=np.random.default_rng(3))
    assert agree(OPINIONS, rng=found.provenance.seed).table().equals(found.table())


def test_equivalent_answers_agree():
    opinions = from_matrix([["Yes", "yes "], ["no", "NO"]])
    assert agree(opinions, repeats=0).coefficients[0].value == 0
    assert agree(opinions, repeats=0, equivalence="casefold").coefficients[0].value == 1
    assert agree(opinions, repeats=0, equivalence=str.lower).provenance.parameters["equivalence"] == "a function"


def test_the_order_of_rows_does_not_matter():
    frame = OPINIONS.frame()
    one, other = (agree(from_frame(table), repeats=50) for table in (frame, frame.reverse()))
    assert one.table().equals(other.table())
    assert one.voters.equals(other.voters)
    named = {frozenset(pair[:2]): pair[2:] for pair in one.pairs.rows()}
    assert named == {frozenset(pair[:2]): pair[2:] for pair in other.pairs.rows()}


def test_too_many_voters_are_measured_without_their_pairs():
    n_voters = 2001
    votes = labels(["i"] * n_voters + ["j"] * n_voters, [*range(n_voters)] * 2, ["a"] * (2 * n_voters - 1) + ["b"])
    found = agree(votes, repeats=0)
    assert found.pairs.is_empty()
    assert found.pairs.schema == agree(OPINIONS, repeats=0).pairs.schema
    assert found.voters.schema == agree(OPINIONS, repeats=0).voters.schema
    assert dict(found.summary())["note"] == "2,001 voters have too many pairs to list"


def test_it_is_strict_json_also_without_intervals():
    said = json.loads(json.dumps(agree(OPINIONS, repeats=0).to_dict(), allow_nan=False))
    assert said["result"] == "agreement"
    assert said["rows"][0]["low"] is None
    assert len(said["pairs"]) == 3
    assert said["voters"][0]["voter"] == "cid"


def test_a_notebook_shows_no_markup_from_the_data():
    opinions = from_matrix([["a", "b"], ["a", "a"]], voters=["<script>1</script>", "zoe"])
    shown = agree(opinions)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


@pytest.mark.parametrize(
    ("opinions", "options", "argument"),
    [
        (scores(["i", "i"], ["x", "y"], [1, 2]), {}, "opinions"),
        (samples(["i", "i"], ["x", "y"], [0, 0], ["a", "b"]), {}, "opinions"),
        (labels(["i", "j"], ["x", "x"], ["a", "b"]), {}, "votes"),
        (labels(["i", "j"], ["x", "y"], ["a", "b"]), {}, "votes"),
        (OPINIONS, {"equivalence": "fuzzy"}, "equivalence"),
        (OPINIONS, {"level": 2}, "level"),
        (OPINIONS, {"repeats": -1}, "repeats"),
        (OPINIONS, {"rng": "x"}, "rng"),
    ],
    ids=["scores", "samples", "one voter", "nobody meets", "equivalence", "level", "repeats", "seed"],
)
def test_what_cannot_be_measured_is_named(opinions, options, argument):
    with pytest.raises(InputError) as caught:
        agree(opinions, **options)
    assert caught.value.argument == argument


def test_what_was_set_aside_is_told():
    frame = pl.DataFrame({"item": ["i", "i", None], "voter": ["x", "y", "x"], "label": ["a", "a", "b"]})
    assert [str(issue) for issue in agree(from_frame(frame)).issues] == ["1 set aside: no item (data, row 3)"]
