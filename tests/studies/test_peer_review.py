"""Sheet 36: vectors, the synthetic panel, the null, bad input, and properties of every question."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.errors import DuplicateReviewError, InputError, ParseError, ScaleError
from psephos.metrics import auroc
from psephos.opinions import from_frame, scores
from psephos.statistics import wilson_interval
from psephos.studies import peer_review
from psephos.studies.peer_review.planning import expected_errors
from psephos.studies.peer_review.resampling import chance_at_least

ICLR = (1, 3, 5, 6, 8, 10)
COMPACT = pl.DataFrame({"item": list("ABCD"), "score": ["3;5 6 8", "5;6 5;6 6", "1 3 3", "8 8;6 5;6 6"]})
SEEDS = (0, 1, 2)


@pytest.fixture(scope="module")
def vector() -> peer_review.Reviews:
    return peer_review.reviews(COMPACT, scale=ICLR)


@pytest.fixture(scope="module")
def panels() -> list[peer_review.Reviews]:
    return [peer_review.sample(rng=seed) for seed in SEEDS]


def long_table(found: peer_review.Reviews) -> pl.DataFrame:
    columns = {"item": found.items.gather(found.item), "reviewer": found.reviewers}
    frame = pl.DataFrame(columns | {"before": found.before, "after": found.after})
    return frame.with_columns(pl.col("before", "after").fill_nan(None))


# The vectors of the sheet.


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("moves", (4, 8, 1), id="sheet36-moves"),
        pytest.param("means", (5.153846, 5.384615), id="sheet36-means"),
        pytest.param("spread", (1.437166, 0.920556), id="sheet36-spread"),
        pytest.param("toward", (5, 0, 0.0625), id="sheet36-toward"),
        pytest.param("ols", (0.286453, -0.308932, 0.298128), id="sheet36-ols"),
        pytest.param("r2", (0.435167,), id="sheet36-r2"),
        pytest.param("se", (0.626972, 0.117188, 0.032175), id="sheet36-clustered-se"),
        pytest.param("correlation", (0.659371,), id="sheet36-correlation"),
        pytest.param("wilson", (0.126807, 0.576307), id="sheet36-wilson"),
    ],
)
def test_vectors(vector: peer_review.Reviews, name: str, expected: tuple[float, ...]) -> None:
    moved, together = peer_review.movement(vector), peer_review.convergence(vector, repeats=50)
    model = peer_review.influence(vector, folds=0).models["change"]
    assert model is not None
    found = {
        "moves": moved.directions["reviews"].to_list(),
        "means": [moved.mean_before, moved.mean_after],
        "spread": [together.before.value, together.after.value],
        "toward": [together.toward, together.away, together.p],
        "ols": model.coefficients,
        "r2": [model.r_squared],
        "se": model.standard_error,
        "correlation": [together.correlation],
        "wilson": [moved.share("up").low, moved.share("up").high],
    }[name]
    np.testing.assert_allclose(found, expected, atol=5e-7)


# The generated panel: planted effects are found, within the tolerances of the sheet.


def test_sheet36_recovery_of_shares_and_spread(panels: list[peer_review.Reviews]) -> None:
    moved = [peer_review.movement(panel) for panel in panels]
    up, down = (np.mean([part.share(side).value for part in moved]) for side in ("up", "down"))
    assert 0.164 < up < 0.174
    assert abs(down - 0.025) < 0.003
    for panel in panels:
        together = peer_review.convergence(panel, repeats=200)
        assert together.before.value == pytest.approx(1.044, abs=0.02)
        assert together.after.value == pytest.approx(1.012, abs=0.02)
        assert together.change.high < 0
        assert together.toward > together.away


def test_sheet36_recovery_of_the_models(panels: list[peer_review.Reviews]) -> None:
    fits = [peer_review.influence(panel, folds=0).models for panel in panels]
    ups, changes = (np.array([fit[name].coefficients for fit in fits]) for name in ("up", "change"))  # type: ignore[union-attr]
    np.testing.assert_array_less(np.abs(ups.mean(axis=0) - [-3.80, -0.46, 0.845]), [0.1, 0.03, 0.04])
    np.testing.assert_array_less(np.abs(changes[:, 1:] - [-0.090, 0.152]), [[0.008, 0.01]] * 3)
    for panel, fit in zip(panels, fits, strict=True):
        np.testing.assert_allclose(fit["change"].standard_error[1:], [0.004, 0.0054], rtol=0.1)  # type: ignore[union-attr]
        truth = np.array([-1.8 + 0.47 * 5.2 - 0.85 * 5.2, -0.47, 0.85])
        assert (np.abs(fit["up"].coefficients - truth) < 3.3 * fit["up"].standard_error).all()  # type: ignore[union-attr]
        rows = panel.modelled
        line = fit["up"].linear(np.column_stack([panel.before[rows], panel.others[rows]]))  # type: ignore[union-attr]
        assert auroc(panel.change[rows] > 0, line) == pytest.approx(0.71, abs=0.012)


def test_sheet36_others_predict_most_and_own_comes_next(panels: list[peer_review.Reviews]) -> None:
    found = peer_review.influence(panels[0], shuffles=5)
    areas = found.nested.filter(event="up")
    assert areas["predictors"].to_list() == [
        "own",
        "own + others",
        "own + others + engagement",
    ]
    own, both, wide = areas["auc"]
    assert own < 0.62 < 0.69 < both
    assert abs(wide - both) < 0.01  # confidence and times predict nothing here
    assert found.strongest() == "others"
    worth = dict(found.importance.filter(event="up").select("set", "loss_without").iter_rows())
    assert worth["others"] > worth["own"] > 0.02 > worth["engagement"]


@pytest.mark.parametrize("null", ["stratum", "item"])
def test_sheet36_null_has_uniform_p(null: str) -> None:
    """At most 8 of 60 below .05: binomial(60, .05) exceeds that once in five hundred times; with the effect all are."""
    panels = [peer_review.sample(items=600, null=True, rng=seed) for seed in range(60)]
    p = [peer_review.conformity(panel, null=null, shuffles=200, rng=seed).p for seed, panel in enumerate(panels)]
    assert sum(value < 0.05 for value in p) <= 8
    assert 0.35 < np.mean(p) < 0.65
    for seed in range(5):
        planted = peer_review.sample(items=600, rng=seed)
        assert peer_review.conformity(planted, null=null, shuffles=200, rng=seed).p == pytest.approx(1 / 201)


def test_the_null_of_the_sheet_over_equal_score_vectors_changes_nothing() -> None:
    """Items with equal sorted first scores have equal (own, others) pairs: exchanging their changes keeps r."""
    rng = np.random.default_rng(0)
    vectors = [[3, 5, 8], [3, 5, 8], [3, 5, 8], [4, 4, 6], [4, 4, 6]]
    changes = [list(rng.integers(-1, 3, 3)) for _ in vectors]

    def correlation(order: list[int]) -> float:
        rows = [
            (f"i{k}", f"r{place}", own, own + changes[order[k]][place])
            for k, first in enumerate(vectors)
            for place, own in enumerate(first)
        ]
        table = pl.DataFrame(rows, schema=["item", "reviewer", "before", "after"], orient="row")
        return peer_review.conformity(peer_review.reviews(table), shuffles=10).correlation

    orders = [[*a, *b] for a, b in product(([0, 1, 2], [1, 2, 0], [2, 1, 0]), ([3, 4], [4, 3]))]
    np.testing.assert_allclose([correlation(order) for order in orders], correlation(orders[0]), atol=1e-12)


def test_planted_strategies_and_times_are_found() -> None:
    panel = peer_review.sample(items=2000, middle=0.6, evidence=0.8, rng=4)
    found = peer_review.strategies(panel, ["evidence", "courtesy"]).labels
    planted, idle = (found.row(by_predicate=pl.col("label") == name, named=True) for name in ("evidence", "courtesy"))
    assert planted["odds_low"] < np.exp(0.8) < planted["odds_high"] * 1.15  # stratified by the own score only
    assert planted["difference_low"] > 0.05
    assert planted["p_holm"] < 1e-6 < 0.05 < idle["p_holm"]
    assert idle["difference_low"] < 0 < idle["difference_high"]
    thirds = peer_review.timing(panel, window=(0, 14))
    shares = dict(thirds.thirds.select("third", "up").iter_rows())
    assert shares["middle"] > shares["early"] + 0.05
    assert shares["middle"] > shares["late"] + 0.05
    assert thirds.test.p < 1e-6
    assert peer_review.timing(peer_review.sample(items=2000, rng=4)).test.p > 0.01
    wide = peer_review.influence(panel, labels=["evidence", "courtesy"], folds=0).coefficients.filter(model="up, all")
    of = {row["term"]: row for row in wide.iter_rows(named=True)}
    assert abs(of["label evidence"]["estimate"] - 0.8) < 3 * of["label evidence"]["standard_error"]
    assert abs(of["answered in the middle"]["estimate"] - 0.6) < 3 * of["answered in the middle"]["standard_error"]


def test_resampled_items_agree_with_clustered_errors() -> None:
    panel = peer_review.sample(items=500, rng=2)
    table = peer_review.influence(panel, folds=0, repeats=300, rng=1).coefficients.filter(model="up")
    width = (table["high"] - table["low"]).to_numpy()
    np.testing.assert_allclose((table["high_bootstrap"] - table["low_bootstrap"]).to_numpy(), width, rtol=0.25)


# Reading.


def test_forms_of_one_table_are_the_same_reviews(vector: peer_review.Reviews) -> None:
    lists = pl.DataFrame({"paper": list("ABCD"), "rating": [cell.split() for cell in COMPACT["score"]]})
    numbers = pl.DataFrame(
        {
            "item": ["A"] * 3,
            "reviewer": ["1", "2", "3"],
            "score0": [3, 6, 8],
            "score1": [5, 6, 8],
        }
    )
    text = COMPACT.with_columns(pl.Series("score", ['["3;5", "6", 8]', *COMPACT["score"][1:]]))
    cells = long_table(vector).select("item", "reviewer", score=pl.format("{};{}", "before", "after"))
    for frame in (lists, text, cells, long_table(vector), COMPACT.to_pandas(), COMPACT.to_arrow()):
        found = peer_review.reviews(frame, scale=ICLR)
        np.testing.assert_array_equal(found.change, vector.change)
        assert found.items.to_list() == list("ABCD")
    np.testing.assert_array_equal(peer_review.reviews(numbers).change, vector.change[:3])


def test_files_and_snapshots(tmp_path, vector: peer_review.Reviews) -> None:
    for suffix, write in (("csv", "write_csv"), ("jsonl", "write_ndjson"), ("parquet", "write_parquet")):
        getattr(COMPACT, write)(tmp_path / f"r.{suffix}")
        found = peer_review.read(tmp_path / f"r.{suffix}", scale=ICLR)
        np.testing.assert_array_equal(found.change, vector.change)
        assert len(found.source.sha256) == 1
    pl.DataFrame({"item": ["A", "B", "C"], "r1": [3, 5, 1], "r2": [6, 5, None]}).write_csv(tmp_path / "first.csv")
    pl.DataFrame({"item": ["B", "A", "D"], "a": [6, 5, 3], "b": [5, 6, 3]}).write_csv(tmp_path / "last.csv")
    joined = peer_review.read(tmp_path / "first.csv", after=tmp_path / "last.csv")
    assert dict(zip(joined.items, np.bincount(joined.item), strict=True)) == {"A": 2, "B": 2}
    assert joined.change.tolist() == [2, 0, 1, 0]
    assert {(issue.reason, issue.example) for issue in joined.issues} == {
        ("only in the later snapshot", "D"),
        ("only in the earlier snapshot", "C"),
    }


def test_missing_sides_count_in_means_only() -> None:
    table = pl.DataFrame({"item": ["A"], "score": ["4;6 ;9 8; 6"]})
    found = peer_review.reviews(table)
    moved = peer_review.movement(found)
    assert (moved.reviews, moved.appeared, moved.vanished) == (2, 1, 1)
    assert found.mean_before.tolist() == [6.0]
    assert found.mean_after.tolist() == [7.0]
    assert found.others[found.complete].tolist() == [7.0, 6.0]  # of 4, 8, 6: the review that came later is unseen
    assert {issue.reason.split(":")[0] for issue in found.issues} == {"a review appeared", "a review vanished"}
    single = peer_review.movement(peer_review.reviews(pl.DataFrame({"item": ["A", "B"], "score": ["4;6", "5 5"]})))
    assert (single.reviews, single.single) == (3, 1)


def test_tracing_sets_aside_and_says_so() -> None:
    table = pl.DataFrame(
        {
            "item": ["A", "A", "B"],
            "reviewer": ["1", "2", "1"],
            "before": [3, 5, 6],
            "after": [5, 5, 6],
            "tracing": [-1, 2, 1],
        }
    )
    found = peer_review.reviews(table)
    assert len(found) == 2
    assert [(issue.count, issue.rows.tolist()) for issue in found.issues] == [(1, [2])]
    assert len(peer_review.reviews(table, tracing=None)) == 3
    assert not found.notes[1:]
    assert "no tracing score" in peer_review.reviews(table.drop("tracing")).notes[-1]


def test_any_field_may_hold_before_and_after() -> None:
    table = pl.DataFrame({"item": ["A"], "score": ["3;5 6"], "confidence": ["4;3 2"], "decision": ["Accept (poster)"]})
    found = peer_review.reviews(table)
    assert found.columns.select("confidence", "confidence_after").rows() == [(4.0, 3.0), (2.0, 2.0)]
    assert found.decision.tolist() == [1.0]


def test_dates_are_days() -> None:
    times = ["2024-11-01T00:00:00", "2024-11-02T12:00:00", None]
    table = pl.DataFrame({"item": ["A"] * 3, "before": [3, 4, 5], "after": [4, 4, 5], "author_time": times})
    found = peer_review.reviews(table)
    assert np.diff(found.number("author_time"))[0] == pytest.approx(1.5)
    thirds = peer_review.timing(found).thirds
    assert thirds.select("third", "reviews").rows() == [("early", 1), ("late", 1), ("no message", 1)]


def test_thirds_are_closed_on_the_left_and_late_messages_are_none() -> None:
    table = pl.DataFrame(
        {
            "item": ["A"] * 6,
            "before": [3] * 6,
            "after": [4, 3, 4, 3, 4, 3],
            "author_time": [0.0, 3.0, 5.9, 6.0, 9.0, 1.0],
            "edit_time": [9.0, 9.0, 9.0, 9.0, 9.0, 0.5],
        }
    )
    found = peer_review.timing(peer_review.reviews(table)).thirds
    assert found.select("third", "reviews").rows() == [("early", 1), ("middle", 2), ("late", 2), ("no message", 1)]


def test_ranks_pool_groups_whose_scales_differ() -> None:
    table = pl.DataFrame({"item": ["A", "B"], "score": ["3;5 8", "2;3 9"], "year": [2024, 2021]})
    scales = {"2024": ICLR, "2021": range(1, 11)}
    with pytest.raises(ScaleError, match='state levels="rank"') as error:
        peer_review.reviews(table, scale=scales)
    assert error.value.argument == "scale"
    found = peer_review.reviews(table, scale=scales, levels="rank")
    assert found.before.tolist() == [2, 5, 2, 9]
    assert found.change.tolist() == [1, 0, 1, 0]


# Bad input.


@pytest.mark.parametrize(
    ("frame", "options", "kind", "argument", "where"),
    [
        pytest.param(
            {"score": ["3;5 7"]}, {"scale": ICLR}, ScaleError, "scale", "item A, reviewer 2", id="sheet36-scale"
        ),
        pytest.param({"score": ["3;5;6"]}, {}, ParseError, "score", "item A", id="sheet36-three-parts"),
        pytest.param({"score": ["3;x"]}, {}, ParseError, "score", "item A", id="no-number"),
        pytest.param({"score": ["nan"]}, {}, ParseError, "score", "item A", id="nan"),
        pytest.param({"score": ["[1, "]}, {}, ParseError, "score", None, id="no-json"),
        pytest.param({"score": [""]}, {}, InputError, "data", None, id="nothing"),
        pytest.param({"before": [3]}, {}, InputError, "after", None, id="no-after"),
        pytest.param({"other": [3]}, {}, InputError, "score", None, id="no-score"),
        pytest.param({"before": [math.inf], "after": [1.0]}, {}, ParseError, "before", "item A", id="infinite"),
        pytest.param({"score": ["3 4"], "confidence": ["1 2 3"]}, {}, ParseError, "confidence", "item A", id="sizes"),
        pytest.param({"score": ["3"], "decision": ["perhaps"]}, {}, InputError, "decision", None, id="decision"),
        pytest.param({"score": ["3"], "decision": ["No decision"]}, {}, InputError, "decision", None, id="undecided"),
        pytest.param({"score": ["3"], "decision": [0.7]}, {}, InputError, "decision", None, id="share"),
        pytest.param({"score": ["[" * 9999]}, {}, ParseError, "score", None, id="deep-json"),
        pytest.param({"score": ["3"], "confidence": ["[1, "]}, {}, ParseError, "confidence", None, id="no-json-beside"),
        pytest.param({"score": ["3"]}, {"scale": [3, 1]}, InputError, "scale", None, id="scale-falls"),
        pytest.param({"score": ["3"]}, {"scale": {"a": [1, 2]}}, InputError, "scale", None, id="no-group"),
        pytest.param({"score": ["3"]}, {"levels": "letters"}, InputError, "levels", None, id="levels"),
        pytest.param({"score": ["3"]}, {"columns": {"before": "x"}}, InputError, "columns", None, id="no-such-column"),
        pytest.param({"score": ["3"]}, {"columns": {"colour": "x"}}, InputError, "columns", None, id="no-such-part"),
    ],
)
def test_bad_tables(frame, options, kind, argument, where) -> None:
    table = pl.DataFrame({"item": ["A"]} | frame)
    with pytest.raises(kind) as error:
        peer_review.reviews(table, **options)
    assert type(error.value) is kind
    assert error.value.argument == argument
    assert error.value.where == where


def test_an_item_without_a_score_is_set_aside_by_name() -> None:
    table = pl.DataFrame({"item": ["A", "B", "C"], "score": ["3;5 6", "", None], "confidence": ["4 2", "3", None]})
    found = peer_review.reviews(table)
    assert found.items.to_list() == ["A"]
    assert [(issue.reason, issue.rows.tolist()) for issue in found.issues] == [("no score", [2, 3])]


@pytest.mark.parametrize(("said", "accepted"), [(True, 1.0), (0, 0.0), (1.0, 1.0), ("Yes", 1.0), ("desk reject", 0.0)])
def test_ways_to_write_a_decision(said: object, accepted: float) -> None:
    table = pl.DataFrame({"item": ["A"], "score": ["3"], "decision": [said]})
    assert peer_review.reviews(table).decision.tolist() == [accepted]


def test_sheet36_duplicate_reviewer_is_refused() -> None:
    table = pl.DataFrame(
        {"item": ["A", "B", "A"], "reviewer": ["x", "x", "x"], "before": [1, 2, 3], "after": [1, 2, 3]}
    )
    with pytest.raises(DuplicateReviewError) as error:
        peer_review.reviews(table)
    assert (error.value.argument, error.value.where) == ("reviewer", "item A, reviewer x, rows 1, 3")
    with pytest.raises(InputError, match="is missing") as missing:
        peer_review.reviews(table.with_columns(pl.Series("reviewer", ["x", None, "y"])))
    assert (missing.value.argument, missing.value.where) == ("reviewer", "row 2")


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda r: peer_review.conformity(r, null="paper"), "null"),
        (lambda r: peer_review.conformity(r, shuffles=0), "shuffles"),
        (lambda r: peer_review.borderline(r, edges=[5, 4]), "edges"),
        (lambda r: peer_review.decisions(r, rate=1.5), "rate"),
        (lambda r: peer_review.decisions(r, outcome=[1, 0]), "outcome"),
        (lambda r: peer_review.decisions(r, outcome=[1, 0, 2, 0]), "outcome"),
        (lambda r: peer_review.timing(r), "columns"),
        (lambda r: peer_review.strategies(r, []), "labels"),
        (lambda r: peer_review.strategies(r, ["kind"]), "labels"),
        (lambda r: peer_review.influence(r, labels=["kind"]), "labels"),
        (lambda r: peer_review.influence(r, folds=-1), "folds"),
        (lambda r: peer_review.plan(r, math.nan), "cut"),
        (lambda r: peer_review.plan(r, 5, scores="now"), "scores"),
        (lambda r: peer_review.sample(items=0), "items"),
        (lambda r: peer_review.sample(own=math.inf), "own"),
        (lambda r: peer_review.with_labels(r, "text", None, None, labels=["a"]), "texts"),  # type: ignore[arg-type]
    ],
)
def test_bad_arguments(vector: peer_review.Reviews, call, argument: str) -> None:
    with pytest.raises(InputError) as error:
        call(vector)
    assert error.value.argument == argument


# Where there is nothing to fit.


def test_sheet36_no_changes_no_models() -> None:
    still = peer_review.reviews(pl.DataFrame({"item": list("ABC"), "score": ["3 5 6", "6 8 5", "5 5 3"]}))
    found = peer_review.influence(still)
    assert set(found.models.values()) == {None}
    assert found.reasons["change"] == "no score changed"
    assert found.reasons["up"] == "no review has this change"
    assert peer_review.conformity(still).reason is not None
    assert peer_review.movement(still).share("same").value == 1
    assert str(peer_review.study(still))


def test_sheet36_all_changes_one_way_fit_only_that_logit() -> None:
    panel = peer_review.sample(items=400, rng=1)
    table = long_table(panel).filter(pl.col("after") >= pl.col("before"))
    found = peer_review.influence(peer_review.reviews(table), folds=0)
    assert found.models["up"] is not None
    assert found.models["down"] is None
    assert found.reasons["down"] == "no review has this change"


def test_sheet36_few_events_and_one_item_are_said(vector: peer_review.Reviews) -> None:
    found = peer_review.influence(vector)
    assert "up: 4 events for 3 coefficients, fewer than 10 for each" in found.provenance.notes
    assert any("separated" in note for note in found.provenance.notes)
    one = peer_review.reviews(pl.DataFrame({"item": ["A"], "score": ["3;5 6 8;6 4;5 7 5;6"]}))
    alone = peer_review.influence(one, folds=0)
    assert any("fewer than two items" in note for note in alone.provenance.notes)
    singles = peer_review.influence(peer_review.reviews(pl.DataFrame({"item": ["A", "B"], "score": ["3;5", "6"]})))
    assert (singles.reviews, singles.left_out) == (0, 2)


def test_panels_without_spread_have_no_plan() -> None:
    with pytest.raises(InputError, match="spread is unknown"):
        peer_review.plan(peer_review.reviews(pl.DataFrame({"item": ["A"], "score": ["5 5"]})), 5)


# Properties.


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(random) -> None:
    panel = peer_review.sample(items=30, reviewers=3, rng=7)
    table = long_table(panel)
    order = list(range(table.height))
    random.shuffle(order)
    one, two = (peer_review.reviews(part, scale=range(1, 11)) for part in (table, table[order]))
    for question in (peer_review.movement, peer_review.convergence, peer_review.conformity, peer_review.borderline):
        assert question(one).table().equals(question(two).table())


@given(
    st.lists(
        st.lists(st.tuples(st.integers(1, 10), st.integers(1, 10)), min_size=1, max_size=5), min_size=2, max_size=8
    )
)
def test_counts_are_those_of_a_loop(panel: list[list[tuple[int, int]]]) -> None:
    rows = [(f"{k}", f"{j}", a, b) for k, item in enumerate(panel) for j, (a, b) in enumerate(item)]
    found = peer_review.reviews(pl.DataFrame(rows, schema=["item", "reviewer", "before", "after"], orient="row"))
    moved = peer_review.movement(found)
    changes = [b - a for item in panel for a, b in item]
    assert moved.directions["reviews"].to_list() == [
        sum(c > 0 for c in changes),
        sum(c == 0 for c in changes),
        sum(c < 0 for c in changes),
    ]
    toward = away = 0
    for item in panel:
        for place, (a, b) in enumerate(item):
            others = [first for j, (first, _) in enumerate(item) if j != place]
            if others:
                side = round((b - a) * (np.mean(others) - a), 9)
                toward, away = toward + (side > 0), away + (side < 0)
    together = peer_review.convergence(found, repeats=20)
    assert (together.toward, together.away) == (toward, away)
    assert moved.transitions["reviews"].sum() == len(changes)
    assert moved.items_changed.value == pytest.approx(np.mean([any(a != b for a, b in item) for item in panel]))
    cells = {(a, b): sum((x, y) == (a, b) for item in panel for x, y in item) for item in panel for a, b in item}
    assert {(a, b): n for a, b, n in moved.transitions.select("before", "after", "reviews").iter_rows()} == cells


def test_bins_are_closed_where_the_sheet_closes_them() -> None:
    first = {"A": [4, 4], "B": [4, 5], "C": [5, 5], "D": [5, 6], "E": [6, 6], "F": [7, 7], "G": [8, 8]}
    cells = [" ".join(map(str, scores)) for scores in first.values()]
    found = peer_review.borderline(peer_review.reviews(pl.DataFrame({"item": list(first), "score": cells})))
    assert found.bins.select("mean_before", "items").rows() == [
        ("≤ 4", 1),
        ("(4, 5]", 2),
        ("(5, 5.5]", 1),
        ("(5.5, 6]", 1),
        ("(6.5, 7]", 1),
        ("> 7", 1),
    ]
    assert found.by_score["reviews"].sum() == 14
    gaps = peer_review.reviews(pl.DataFrame({"item": ["A", "B"], "score": ["7 5", "4 5"]}))
    assert peer_review.movement(gaps).by_gap.select("gap", "reviews").rows() == [
        ("≤ -2", 1),
        ("(-2, -1]", 1),
        ("(0, 1]", 1),
        ("(1, 2]", 1),
    ]


@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.floats(0, 7))
def test_chances_are_those_of_all_resamples(scores: list[int], cut: float) -> None:
    found = peer_review.reviews(pl.DataFrame({"item": ["A"], "score": [" ".join(map(str, scores))]}), scale=range(1, 7))
    draws = [np.mean(draw) for draw in product(scores, repeat=len(scores))]
    expected = np.mean([mean >= cut - 1e-7 for mean in draws])
    assert chance_at_least(found, found.before, cut)[0] == pytest.approx(expected, abs=1e-9)


def test_chances_on_scales_with_uneven_steps() -> None:
    table = pl.DataFrame({"item": ["A"], "score": ["1 3.5 10"]})
    found = peer_review.reviews(table, scale=(1, 3.5, 5, 10))
    draws = [np.mean(draw) for draw in product((1, 3.5, 10), repeat=3)]
    for cut in (1, 3.5, 4.8, 8):
        assert chance_at_least(found, found.before, cut)[0] == pytest.approx(np.mean(np.array(draws) >= cut))


def test_decisions_of_a_small_panel_by_hand() -> None:
    cells = ["8 8", "6 6", "5;8 5;8", "3 3"]
    found = peer_review.decisions(
        peer_review.reviews(pl.DataFrame({"item": list("ABCD"), "score": cells})),
        rate=0.5,
        outcome=[1, 0, 1, 0],
    )
    assert (found.cut_before, found.cut_after) == (6, 8)
    assert (found.came_in, found.went_out) == (1, 1)
    assert found.area_before.value == 0.75
    assert found.area_after.value == 1.0
    assert (found.items["flip_before"] < 1e-12).all()  # reviewers agree, so no resample flips


def test_the_expected_error_after_one_more_review_is_the_integral() -> None:
    """Owen's function against plain quadrature over what the next reviewer says."""
    n, spread, cut = np.array([2, 4, 9]), 1.3, 5.0
    mean = np.array([5.0, 5.4, 3.9])
    now, then = expected_errors(mean, n, cut, spread)
    z, step = np.linspace(-9, 9, 200_001, retstep=True)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    from scipy.stats import norm

    for place in range(3):
        later = mean[place] + spread / np.sqrt(n[place] * (n[place] + 1)) * z
        wrong = norm.cdf(-np.abs(later - cut) * np.sqrt(n[place] + 1) / spread)
        assert then[place] == pytest.approx(float((wrong * density).sum() * step), abs=1e-8)
    assert (then <= now).all()


def test_more_reviews_help_most_where_it_is_close() -> None:
    table = pl.DataFrame({"item": list("ABC"), "score": ["1 2 3", "4 5 6", "8 9 10"]})
    plan = peer_review.plan(peer_review.reviews(table), 5.2)
    assert plan.items["item"][0] == "B"
    assert (plan.items["drop"] >= 0).all()


def test_two_readers_must_agree() -> None:
    texts = [f"see table {k}" if k % 2 else f"thanks {k}" for k in range(40)]
    table = pl.DataFrame({"item": [f"p{k}" for k in range(41)], "score": ["5;6"] * 41, "text": [*texts, None]})
    found = peer_review.reviews(table)

    def careful(asked):
        return [["evidence"] * ("table" in text) + ["courtesy"] * ("thanks" in text) for text in asked]

    def careless(asked):
        return [["evidence"] * ("table" in text) + ["courtesy"] * (k % 3 == 0) for k, text in enumerate(asked)]

    labelled, agreement = peer_review.with_labels(
        found, "text", careful, careless, labels=["evidence", "courtesy", "anger"]
    )
    rows = {row["label"]: row for row in agreement.iter_rows(named=True)}
    assert rows["evidence"]["kappa"] == 1
    assert rows["evidence"]["used"]
    said = np.array([["thanks" in text, k % 3 == 0] for k, text in enumerate(sorted(texts, key=lambda t: order(t)))])
    assert rows["courtesy"]["kappa"] == pytest.approx(textbook_kappa(said), abs=1e-9)
    assert not rows["courtesy"]["used"]
    assert rows["anger"]["kappa"] is None
    assert "evidence" in labelled.columns.columns
    assert "courtesy" not in labelled.columns.columns
    assert labelled.columns["evidence"].sum() == 20
    assert "do not agree on courtesy:" in labelled.notes[-2]
    assert "all texts or none have anger" in labelled.notes[-1]
    with pytest.raises(InputError, match="answered for 1"):
        peer_review.with_labels(found, "text", lambda t: [[]], careful, labels=["evidence", "courtesy"])
    with pytest.raises(InputError, match="must be one of"):
        peer_review.with_labels(found, "text", lambda t: [["joy"]] * len(t), careful, labels=["evidence", "courtesy"])
    with pytest.raises(InputError, match="returned a text"):
        peer_review.with_labels(found, "text", lambda t: ["evidence"] * len(t), careful, labels=["evidence"])


def order(text: str) -> str:
    """Items are sorted by name as text, so texts come in that order."""
    return f"p{text.split()[-1]}"


def textbook_kappa(said: np.ndarray) -> float:
    agreed = np.mean(said[:, 0] == said[:, 1])
    share = said.mean(axis=0)
    expected = share[0] * share[1] + (1 - share[0]) * (1 - share[1])
    return float((agreed - expected) / (1 - expected))


# Debates are the same data.


def debate_of(follow: float, informed: bool, seed: int = 0, n: int = 200):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    error = rng.normal(size=(n, 1)) if not informed else np.zeros((n, 1))
    first = truth[:, None] + error + rng.normal(size=(n, 3))
    others = (first.sum(axis=1, keepdims=True) - first) / 2
    last = first + [0.0, follow, 2 * follow] * (others - first)
    if informed:
        last = last + 0.5 * (truth[:, None] - last)
    rows = [
        (f"i{i}", f"v{v}", number, float(scores[i, v]))
        for number, scores in ((1, first), (2, last))
        for i in range(n)
        for v in range(3)
    ]
    table = pl.DataFrame(rows, schema=["item", "voter", "round", "score"], orient="row")
    gold = pl.DataFrame({"item": [f"i{i}" for i in range(n)], "gold": truth})
    return from_frame(table, kind="scores", about={"items": gold})


def test_an_agent_that_follows_has_the_index_it_was_made_with() -> None:
    found = peer_review.debate(debate_of(0.3, informed=False))
    index = dict(found.agents.select("agent", "index").iter_rows())
    assert index == pytest.approx({"v2": 0.6, "v1": 0.3, "v0": 0.0}, abs=1e-9)
    assert found.agents["agent"].to_list() == ["v2", "v1", "v0"]


def test_agreement_without_accuracy_raises_the_alarm_and_learning_does_not() -> None:
    herd = peer_review.debate(debate_of(0.4, informed=False, seed=1))
    assert herd.rounds["spread"][1] < herd.rounds["spread"][0]
    wise = peer_review.debate(debate_of(0.0, informed=True))
    assert wise.rounds["error"][1] < 0.7 * wise.rounds["error"][0]
    assert wise.alarms.is_empty()
    still = [(i, v, r, s) for r in (1, 2) for i, v, s in (("a", "x", 1.0), ("a", "y", 3.0 if r == 1 else 1.0))]
    table = pl.DataFrame(still, schema=["item", "voter", "round", "score"], orient="row")
    gold = pl.DataFrame({"item": ["a"], "gold": [2.0]})
    fooled = peer_review.debate(from_frame(table, kind="scores", about={"items": gold}))
    assert fooled.alarms.select("from_round", "to_round").rows() == [(1, 2)]
    assert "agreement without accuracy" in str(fooled)


def test_debates_need_rounds() -> None:
    with pytest.raises(InputError, match="round"):
        peer_review.debate(scores(["a", "a"], ["x", "y"], [1, 2]))
    with pytest.raises(InputError, match="two rounds") as error:
        peer_review.debate(scores(["a", "a"], ["x", "y"], [1, 2], round=[1, 1]))
    assert error.value.argument == "opinions"
    with pytest.raises(InputError) as missing:
        peer_review.from_rounds(debate_of(0, informed=True, n=3), last=9)
    assert missing.value.argument == "last"


# The study as a whole.


def test_the_study_holds_every_part_and_repeats_itself() -> None:
    import json

    panel = peer_review.sample(items=150, evidence=1.0, rng=3)
    one, two = (peer_review.study(panel, labels=["evidence"], rng=5) for _ in range(2))
    assert one.left_out == {}
    assert json.dumps(one.to_dict(), allow_nan=False) == json.dumps(two.to_dict(), allow_nan=False)
    assert set(one.parts()) == {
        "movement", "convergence", "influence", "conformity", "conformity_items", "borderline", "decisions", "plan",
        "timing", "strategies",
    }  # fmt: skip
    assert "association is no proof" in str(one)
    assert one.decisions is not None
    assert one.decisions.decided == 150
    low, _ = wilson_interval(one.movement.directions["reviews"][0], one.movement.reviews)
    assert one.movement.share("up").low == pytest.approx(float(low))


def test_the_command_of_a_study_gives_it_again(tmp_path) -> None:
    file = tmp_path / "two words.csv"
    COMPACT.write_csv(file)
    found = peer_review.study(peer_review.read(file, scale=ICLR, tracing=None), rng=3)
    assert found.provenance.command == (
        f"psephos study peer-review '{file}' --scale 1,3,5,6,8,10 --tracing none --level 0.95 --seed 3"
    )
    assert peer_review.study(peer_review.reviews(COMPACT)).provenance.command == ""
