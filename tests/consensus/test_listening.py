"""Spans, the truth they are judged by, and the certainty that orders them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psephos.consensus import against_references, transcripts
from psephos.consensus.transcripts import evidence
from psephos.consensus.transcripts.certainty import ENOUGH, Known, certainty_of
from psephos.consensus.transcripts.spans import LEVELS, find_spans, level_spans
from psephos.consensus.transcripts.truth import wrong_columns
from psephos.errors import InputError
from psephos.opinions import Opinions
from tests.consensus.conftest import Heard

WORDS = ("ash", "elm", "fir", "oak")


@st.composite
def doubts(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clip, flag and certainty of some columns."""
    n = draw(st.integers(1, 60))
    clip = np.sort(np.array(draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))))
    flagged = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    certainty = np.array(draw(st.lists(st.floats(0, 1), min_size=n, max_size=n)))
    return clip, flagged, certainty


@given(doubts(), st.integers(1, 12))
def test_pieces_are_short_and_hold_every_flagged_column(drawn, longest: int) -> None:
    clip, flagged, certainty = drawn
    none = np.full(len(clip), np.nan)
    whole = find_spans(clip, flagged, 1 - certainty, none, none)
    found = find_spans(clip, flagged, 1 - certainty, none, none, certainty, longest)
    assert (found.columns <= longest).all()
    held = np.zeros(len(clip), int)
    for first, last in zip(found.first, found.last, strict=True):
        held[first : last + 1] += 1
        assert flagged[first]
        assert flagged[last]
        assert clip[first] == clip[last]
    assert (held <= 1).all()
    assert (held[flagged] == 1).all()
    short = whole.columns <= longest
    assert set(whole.first[short]) <= set(found.first)
    unlimited = find_spans(clip, flagged, 1 - certainty, none, none, certainty, len(clip) + 1)
    assert unlimited.first.tolist() == whole.first.tolist()


def test_a_chain_is_cut_ahead_of_its_surest_column() -> None:
    certainty = np.array([0.5, 0.5, 0.5, 0.9, 0.5, 0.5, 0.5])
    none = np.full(7, np.nan)
    found = find_spans(np.zeros(7, int), certainty < 0.8, 1 - certainty, none, none, certainty, 4)
    assert sorted(zip(found.first.tolist(), found.last.tolist(), strict=True)) == [(0, 2), (4, 6)]


@given(doubts())
def test_levels_part_the_doubtful_columns(drawn) -> None:
    clip, _, certainty = drawn
    none = np.full(len(clip), np.nan)
    found = level_spans(clip, certainty, 1 - certainty, none, none)
    level = np.searchsorted(-np.array(LEVELS), -(1 - certainty) - 1e-9)
    held = np.zeros(len(clip), int)
    for first, last in zip(found.first, found.last, strict=True):
        held[first : last + 1] += 1
        assert len(set(level[first : last + 1])) == 1
        assert clip[first] == clip[last]
    assert (held == (1 - certainty >= LEVELS[-1] - 1e-9)).all()


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 40), st.integers(1, 9)), min_size=1, max_size=12))
def test_no_second_is_heard_twice(places: list[tuple[int, int, int]]) -> None:
    clip, start, length = (np.array(part) for part in zip(*places, strict=True))
    end = (start + length).astype(float)
    n = len(clip)
    from psephos.consensus.transcripts.spans import Spans

    spans = Spans(clip, np.arange(n), np.arange(n), start.astype(float), end, np.zeros(n), np.arange(n))
    grid: set[tuple[int, int]] = set()
    for seconds, (number, low, long) in zip(spans.heard(), places, strict=True):
        grid |= {(number, second) for second in range(low, low + long)}
        assert seconds == pytest.approx(len(grid))


def clips(heard: Heard, said: list[list[str]]) -> Opinions:
    return heard({f"c{n}": dict(zip("abcd", texts, strict=False)) for n, texts in enumerate(said)})


texts = st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(texts, texts, texts, texts), min_size=1, max_size=3))
def test_every_error_has_one_place(heard: Heard, drawn: list[tuple[str, str, str, str]]) -> None:
    verdict = transcripts(clips(heard, [list(texts[:3]) for texts in drawn]), repeats=0)
    references = [texts[3].split() for texts in drawn]
    truth = wrong_columns(verdict.columns, verdict.spoken, verdict.choice, references)
    edits = sum(one.edits for one in truth.errors if one is not None)
    assert truth.wrong.sum() + truth.lost.sum() + len(truth.missed) == edits
    assert not (truth.wrong & (verdict.choice <= 0)).any()
    assert not (truth.lost & (verdict.choice > 0)).any()
    if any(map(len, references)):
        found = against_references(verdict, {f"c{n}": texts[3] for n, texts in enumerate(drawn)}, by="errors").found
        assert found["errors"].is_sorted()
        assert found["errors"].is_between(0, 1).all()


def test_a_lost_word_is_put_where_somebody_heard_it(heard: Heard) -> None:
    verdict = transcripts(heard(["ash oak", "ash oak", "ash fir elm oak"]))
    assert verdict.table()["choice"].to_list() == ["ash", "@", "@", "oak"]
    truth = wrong_columns(verdict.columns, verdict.spoken, verdict.choice, [["ash", "elm", "oak"]])
    assert truth.lost.tolist() == [False, False, True, False]
    other = wrong_columns(verdict.columns, verdict.spoken, verdict.choice, [["ash", "x", "y", "z", "oak"]])
    assert other.lost.tolist() == [False, True, True, False]
    assert other.missed.tolist() == [[0, 3]]


def test_a_word_without_a_column_is_found_beside_a_span(heard: Heard) -> None:
    said = ["ash elm oak fir", "ash elm oak fir", "ash elm yew fir"]
    found = [
        against_references(transcripts(heard(said)), {"clip": true}).found["errors"][-1]
        for true in ("ash elm x oak fir", "ash x elm oak fir")
    ]
    assert found == [1.0, 0.0]


def test_the_time_of_a_clip_without_times_is_not_known(heard: Heard) -> None:
    """All agree on it, so that no span is in it; how long it takes to hear is not known all the same."""
    said = {"doubt": {"a": "ash elm", "b": "ash fir", "c": "ash oak"}, "sure": dict.fromkeys("abc", "ash elm")}
    start = [0.0, 1.0] * 3 + [None] * 6
    end = [1.0, 2.0] * 3 + [None] * 6
    true = {"doubt": "ash yew", "sure": "ash elm"}
    found = against_references(transcripts(heard(said, start=start, end=end), repeats=0), true).found
    assert found["errors_by_time"].null_count() == found.height
    one = against_references(
        transcripts(heard({"doubt": said["doubt"]}, start=start[:6], end=end[:6]), repeats=0), true
    )
    assert one.found["errors_by_time"].null_count() == 0


def test_columns_without_a_word_are_judged_by_themselves(heard: Heard) -> None:
    """Recogniser d adds words nobody said; such a column is doubted less than a word that half of them have."""
    rng = np.random.default_rng(0)
    said, true = {}, {}
    for clip in range(60):
        words = [f"w{number}" for number in rng.integers(0, 400, 12)]
        texts = {}
        for voter in "abc":
            texts[voter] = " ".join(word if rng.random() > 0.15 else f"x{rng.integers(9999)}" for word in words)
        texts["d"] = " ".join(part for word in words for part in (word, f"y{rng.integers(9999)}"))
        said[f"c{clip}"], true[f"c{clip}"] = texts, " ".join(words)
    opinions = heard(said, about={"items": pl.DataFrame({"item": list(true), "reference": list(true.values())})})
    fitted, shipped = transcripts(opinions, repeats=0), transcripts(opinions, repeats=0, calibrate=False)
    empty = fitted.choice == 0
    assert empty.sum() > 300
    assert (1 - fitted.certainty[empty]).mean() < 0.05
    assert (1 - shipped.certainty[empty]).mean() > 0.1
    assert against_references(fitted, by="errors").found["errors"][2] > 0.95
    assert "fitted on" in fitted.certainty_means
    assert "typists" in shipped.certainty_means


@pytest.mark.parametrize("seed", range(3))
def test_fitted_evidence_is_honest_and_finds_its_coefficients(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seen = np.stack([rng.random(20_000), rng.normal(0, 3, 20_000), rng.normal(0, 2, 20_000)], axis=1)
    true = evidence.Weighing(np.array([-2.0, 3.0, 0.4, 0.2]))
    wrong = rng.random(20_000) < true(seen)
    found = evidence.fit_weighing(seen, wrong, evidence.SHIPPED_WORD)
    assert np.abs(found.coefficients - true.coefficients).max() < 0.25
    assert np.abs(found(seen) - true(seen)).mean() < 0.01


def test_few_known_columns_leave_the_shipped_certainty(heard: Heard) -> None:
    verdict = transcripts(heard(["ash elm oak", "ash elm oak", "ash elm yew"]))
    share = verdict.support / verdict.votes
    known = Known(np.ones(3, bool), np.ones(3, bool))
    alike = certainty_of(verdict.columns, verdict.choice, share, None, known)[0]
    assert alike.tolist() == verdict.certainty.tolist()
    assert ENOUGH > 3


@pytest.mark.parametrize(("option", "value"), [("queue_by", "length"), ("longest_span", 0), ("longest_span", 2.5)])
def test_bad_options(heard: Heard, option: str, value: object) -> None:
    with pytest.raises(InputError) as caught:
        transcripts(heard(["a", "b"]), **{option: value})
    assert caught.value.argument == option
