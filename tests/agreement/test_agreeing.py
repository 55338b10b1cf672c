"""The whole answer: coefficients, pairs and voters in tables, words, JSON and notebooks."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from psephos.agreement import (
    agree,
    fleiss_kappa,
    gwet_ac,
    intraclass_correlation,
    kendall_w,
    krippendorff_alpha,
    pairwise_agreement,
    percent_agreement,
)
from psephos.errors import InputError
from psephos.opinions import battles, from_frame, from_matrix, labels, rankings, samples, scores

CELLS = [["a", "a", "b"], ["b", "b", "b"], ["a", "b", None], ["b", None, "a"], ["a", "a", "a"]]
OPINIONS = from_matrix(CELLS, voters=["ann", "bob", "cid"])


def test_it_holds_what_the_single_functions_say():
    found = agree(OPINIONS)
    percent, alpha, fleiss, ac = found.coefficients
    assert [c.name for c in found.coefficients] == [
        *("percent agreement", "Krippendorff's alpha"),
        *("Fleiss' kappa", "Gwet's AC1"),
    ]
    assert found.leading == alpha.name
    for together, alone in ((fleiss, fleiss_kappa(OPINIONS)), (ac, gwet_ac(OPINIONS))):
        assert (together.value, together.low, together.high) == (alone.value, alone.low, alone.high)
    assert percent.value == percent_agreement(OPINIONS, repeats=0).value
    assert alpha.value == krippendorff_alpha(OPINIONS, repeats=0).value
    assert found.pairs.equals(pairwise_agreement(OPINIONS))
    assert found.table().select("name", "value", "items").rows()[:2] == [
        (percent.name, percent.value, 5),
        (alpha.name, alpha.value, 5),
    ]


def test_each_voter_against_all_others_by_hand():
    # ann and bob: 4 items, 3 alike; ann and cid: 4 items, 2 alike; bob and cid: 3 items, 2 alike.
    voters = agree(OPINIONS).voters
    agreement = voters.select("voter", "partners", "comparisons", "agreement")
    assert agreement.rows() == [("cid", 2, 7, 4 / 7), ("ann", 2, 8, 5 / 8), ("bob", 2, 7, 5 / 7)]
    assert dict(agree(OPINIONS).summary())["least like the others"] == "cid: 0.571 of 7 comparisons"


@pytest.mark.parametrize(
    ("opinions", "expected"),
    [
        pytest.param(OPINIONS, {"ann": 0, "bob": 0, "cid": 0}, id="no row is no abstention"),
        pytest.param(
            labels([1, 1, 2, 2, 3, 3, 1], ["x", "y"] * 3 + ["z"], ["a", "a", "b", None, None, None, None]),
            {"x": 1, "y": 2, "z": 1},
            id="one who only abstains",
        ),
        pytest.param(
            scores([1, 1, 2, 2, 3, 3], ["x", "y"] * 3, [1.0, 2, 3, np.nan, 4, 5]), {"x": 0, "y": 1}, id="scores"
        ),
    ],
)
def test_abstentions_of_each_voter_are_counted(opinions, expected):
    voters = agree(opinions, repeats=0).voters
    assert dict(voters.select("voter", "abstentions").iter_rows()) == expected
    silent = voters.filter(pl.col("partners").is_null())
    assert silent["voter"].to_list() == voters["voter"].to_list()[len(voters) - len(silent) :]


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
        (battles(["a"], ["b"], ["left"]), {}, "opinions"),
        (samples(["i", "i"], ["x", "y"], [0, 0], ["a", "b"]), {}, "opinions"),
        (labels(["i", "j"], ["x", "x"], ["a", "b"]), {}, "votes"),
        (OPINIONS, {"coefficients": ["beta"]}, "coefficients"),
        (OPINIONS, {"coefficients": ["cohen"]}, "coefficients"),
        (OPINIONS, {"coefficients": ["scott"]}, "coefficients"),
        (OPINIONS, {"coefficients": ["icc"]}, "ratings"),
        (rankings(["x", "y"], ["a", "a"], [1, 1]), {"coefficients": ["alpha"]}, "coefficients"),
        (OPINIONS, {"metric": "fuzzy"}, "metric"),
        (OPINIONS, {"interval": "exact"}, "interval"),
        (OPINIONS, {"equivalence": "fuzzy"}, "equivalence"),
        (OPINIONS, {"level": 2}, "level"),
        (OPINIONS, {"repeats": -1}, "repeats"),
        (OPINIONS, {"rng": "x"}, "rng"),
    ],
    ids=[
        *("battles", "samples", "one voter", "coefficient", "three for cohen", "three for scott", "texts for icc"),
        *("rankings", "metric", "interval", "equivalence", "level", "repeats", "seed"),
    ],
)
def test_what_cannot_be_measured_is_named(opinions, options, argument):
    with pytest.raises(InputError) as caught:
        agree(opinions, **options)
    assert caught.value.argument == argument


def test_what_was_set_aside_is_told():
    frame = pl.DataFrame({"item": ["i", "i", None], "voter": ["x", "y", "x"], "label": ["a", "a", "b"]})
    assert [str(issue) for issue in agree(from_frame(frame)).issues] == ["1 set aside: no item (data, row 3)"]


def test_scores_have_alpha_intraclass_correlations_and_w():
    table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    found = agree(from_matrix(table, kind="scores"), repeats=0)
    values = {c.name: c.value for c in found.coefficients}
    assert (
        values.pop("Krippendorff's alpha (interval)") == krippendorff_alpha(table, metric="interval", repeats=0).value
    )
    assert values.pop("Kendall's W") == kendall_w(table, repeats=0).value
    assert values == {form: intraclass_correlation(table, form=form, repeats=0).value for form in values}
    assert len(values) == 6
    assert found.pairs.height == 6
    assert found.by_item.height == 6


def test_scores_that_nobody_has_in_full_say_why():
    opinions = scores(["a", "a", "b", "b", "c", "c"], [*"xyyzzx"], [1.0, 2.0, 3.0, 3.0, 5.0, 4.0])
    said = {row["name"]: row for row in agree(opinions).table().to_dicts()}
    assert said["ICC(2,1)"]["value"] is None
    assert "needs at least 2 items that all raters judged" in said["ICC(2,1)"]["note"]
    assert said["Kendall's W"]["value"] is None
    assert said["Krippendorff's alpha (interval)"]["value"] is not None


def test_where_nobody_meets_every_value_is_undefined_and_says_why():
    found = agree(labels(["i", "j"], ["x", "y"], ["a", "b"]))
    assert found.table()["value"].null_count() == found.table().height
    assert set(found.table()["note"]) == {"no item has two votes, so nobody can agree with anybody"}
    assert found.voters.is_empty()
    assert found.by_item.is_empty()
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize("metric", [None, "ordinal", "linear"])
@pytest.mark.parametrize("voters", ["ab", "abc"])
def test_where_everybody_abstains_everything_is_undefined_and_says_why(voters, metric):
    found = agree(labels(["i"] * len(voters), list(voters), [None] * len(voters)), metric=metric)
    assert all(np.isnan(one.value) and one.note for one in found.coefficients)
    assert found.voters.select("voter", "abstentions").rows() == [(voter, 1) for voter in voters]
    assert found.voters.drop("voter", "abstentions").null_count().row(0) == (len(voters),) * 6
    assert found.by_item.is_empty()


def test_every_coefficient_says_what_it_means():
    found = agree(
        OPINIONS, coefficients=["percent", "alpha", "fleiss", "ac", "conger", "w"], order=["a", "b"], repeats=0
    )
    assert all(c.means for c in found.coefficients)
    for c in found.coefficients:
        assert dict(found.summary())[f"{c.name} means"] == c.means


def test_ordinal_is_alphas_and_the_others_take_linear_and_say_so():
    found = agree(OPINIONS, metric="ordinal", repeats=0)
    names = [c.name for c in found.coefficients]
    assert names[:2] == ["percent agreement (linear)", "Krippendorff's alpha (ordinal)"]
    assert names[2:] == ["Fleiss' kappa (linear)", "Gwet's AC2 (linear)"]
    assert "ordinal is a distance of alpha alone" in found.provenance.notes[0]


def test_weights_are_not_used_and_that_is_said():
    opinions = labels([*"iijj"], [*"xyxy"], [*"abaa"], weight=[1, 2, 1, 1])
    assert "weights of rows are not used" in agree(opinions, repeats=0).provenance.notes[-1]


def test_options_that_were_stated_are_in_the_provenance():
    found = agree(OPINIONS, coefficients=["alpha"], metric="ordinal", order=["b", "a"], interval="analytic")
    assert found.provenance.parameters == {
        "coefficient": "alpha",
        "metric": "ordinal",
        "order": "b,a",
        "equivalence": "exact",
        "interval": "analytic",
        "repeats": 1000,
        "level": 0.95,
    }
    assert agree(OPINIONS, metric=[[0, 1], [1, 0]], repeats=0).provenance.parameters["metric"] == "a matrix"
    assert agree(OPINIONS, metric=lambda a, b: float(a != b), repeats=0).provenance.parameters["metric"] == "a function"


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_the_unit_of_scores_does_not_touch_the_kappa_of_pairs(unit):
    table = np.array([[1.0, 2.0, 1.0], [2.0, 2.0, 3.0], [3.0, 1.0, 3.0], [1.0, 1.0, 2.0], [5.0, 4.0, 5.0]])
    one, other = (pairwise_agreement(rows, metric="interval") for rows in (table, table * unit))
    assert other["kappa"].to_list() == pytest.approx(one["kappa"].to_list())
