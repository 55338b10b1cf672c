"""Sheet 01 on real data (600 clips of LibriSpeech test-other, seven typists each, reference) and on its population."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from psephos.agreement.icc import intraclass_correlation
from psephos.consensus import AgainstReferences, TranscriptVerdict, against_references, transcripts
from psephos.opinions import Opinions, from_frame
from psephos.opinions import transcripts as build

SharedData = Callable[[str], Path]


@pytest.fixture(scope="module")
def typists(shared_data: SharedData) -> Callable[[int], Opinions]:
    folder = shared_data("01-asr-disagreement")
    said = pl.read_csv(folder / "transcripts.tsv", separator="\t", schema_overrides={"text": pl.String})
    true = pl.read_csv(folder / "reference.tsv", separator="\t").rename({"clip": "item", "text": "reference"})

    def clips(count: int) -> Opinions:
        words = (
            said.filter(pl.col("clip") < count)
            .with_columns(pl.col("text").fill_null("").str.extract_all(r"\S+").alias("token"))
            .explode("token")
            .with_columns(pl.int_range(pl.len()).over("clip", "worker").alias("position"))
            .select(pl.col("clip").alias("item"), pl.col("worker").alias("voter"), "position", "token")
        )
        return from_frame(words, kind="transcripts", about={"items": true.filter(pl.col("item") < count)})

    return clips


@pytest.fixture(scope="module")
def verdict(typists: Callable[[int], Opinions]) -> TranscriptVerdict:
    return transcripts(typists(300))


@pytest.fixture(scope="module")
def judged(verdict: TranscriptVerdict) -> AgainstReferences:
    return against_references(verdict)


def test_sheet01_word_error_rates(judged: AgainstReferences) -> None:
    assert judged.mean.rate == pytest.approx(0.253, abs=0.004)
    assert judged.first.rate == pytest.approx(0.121, abs=0.004)
    assert judged.consensus.rate == pytest.approx(0.1145, abs=0.004)
    assert judged.best.rate == pytest.approx(0.075, abs=0.004)


def test_sheet01_positions(verdict: TranscriptVerdict, judged: AgainstReferences) -> None:
    assert verdict.evaluated.sum() == pytest.approx(5129, rel=0.01)
    assert judged.null_won == pytest.approx(549, rel=0.1)


@pytest.mark.parametrize(
    ("votes", "share", "error"),
    [
        (7, 0.380, 0.011),
        (6, 0.274, 0.028),
        (5, 0.150, 0.096),
        (4, 0.090, 0.201),
        (3, 0.071, 0.356),
        (2, 0.031, 0.534),
        (1, 0.0035, 0.83),
    ],
)
def test_sheet01_errors_by_strength(judged: AgainstReferences, votes: int, share: float, error: float) -> None:
    row = judged.table().filter(votes=votes, voters=7).row(0, named=True)
    assert row["share"] == pytest.approx(share, abs=0.02)
    assert row["error"] == pytest.approx(error, abs=0.03)


def test_sheet01_errors_fall_strictly(judged: AgainstReferences) -> None:
    assert (judged.table().sort("votes")["error"].diff().drop_nulls() < 0).all()


def test_sheet01_weak_words_are_the_wrong_ones(judged: AgainstReferences) -> None:
    assert judged.auroc == pytest.approx(0.855, abs=0.01)
    weak = judged.table().filter(pl.col("votes") <= 3)
    assert weak["share"].sum() == pytest.approx(0.105, abs=0.01)
    assert weak["wrong"].sum() / judged.table()["wrong"].sum() == pytest.approx(0.50, abs=0.03)


def test_certainty_fitted_on_other_clips_is_honest(judged: AgainstReferences) -> None:
    assert judged.calibration_error < 0.02


def test_sheet01_all_clips_and_peers(typists: Callable[[int], Opinions]) -> None:
    opinions = typists(600)
    assert against_references(transcripts(opinions)).consensus.rate <= 0.111
    assert against_references(transcripts(opinions, order="given")).consensus.rate == pytest.approx(0.1159, abs=0.0005)


def test_weights_of_the_typists_make_a_better_text(typists: Callable[[int], Opinions]) -> None:
    """Paired over clips: the gain of weighing over counting is more than two standard errors."""
    opinions = typists(600)
    counted, weighed = (against_references(transcripts(opinions, vote=vote)).clips for vote in ("count", "weighted"))
    gain = (counted["edits"] - weighed["edits"]).to_numpy().astype(float)
    assert gain.sum() > 2 * np.sqrt(len(gain)) * gain.std()


def test_numpy_and_the_kernel_agree_on_all_clips(
    typists: Callable[[int], Opinions], verdict: TranscriptVerdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    from psephos.consensus.transcripts import columns

    monkeypatch.setattr(columns, "COMPILED_WORDS", 0)
    assert np.array_equal(transcripts(typists(300)).columns.keys, verdict.columns.keys)


def population(seed: int) -> tuple[Opinions, list[str]]:
    """The synthetic clips of the sheet, and their true texts."""
    rng = np.random.default_rng(seed)
    skill = np.linspace(0.5, 1.8, 8)
    rows: list[tuple[str, str, int, str]] = []
    truth = []
    for clip in range(50):
        base = rng.integers(0, 2000, 150)
        shared = rng.integers(0, 2000, 150)
        hard = rng.random(150) < min(0.5, 0.05 * np.exp(0.7 * rng.normal()))
        truth.append(" ".join(f"w{word}" for word in base))
        for voter, a in enumerate(skill):
            place = 0
            for position in range(150):
                words = [base[position]]
                if rng.random() < (min(0.75, 0.55 * a) if hard[position] else 0.012 * a):
                    kind = rng.random()
                    if kind < 0.7:
                        decoy = hard[position] and rng.random() < 0.4
                        words = [shared[position] if decoy else rng.integers(0, 2000)]
                    elif kind < 0.9:
                        words = []
                    else:
                        words = [base[position], rng.integers(0, 2000)]
                for word in words:
                    text = f"w{word}"
                    if rng.random() < 0.03:
                        text = text.upper() if rng.random() < 0.5 else text + ","
                    rows.append((f"clip{clip:02d}", f"v{voter}", place, text))
                    place += 1
    item, voter_of, place_of, token = (list(part) for part in zip(*rows, strict=True))
    return build(item, voter_of, place_of, token), truth


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
def test_sheet01_population(seed: int) -> None:
    opinions, truth = population(seed)
    found = transcripts(opinions)
    evaluated = found.evaluated
    assert 0.915 <= (found.band[evaluated] == 2).mean() <= 0.96
    assert 0.012 <= (found.band[evaluated] == 0).mean() <= 0.028
    judged = against_references(found, dict(zip(found.clip_names, truth, strict=True))).table()
    near = judged.filter(pl.col("votes") >= 7)
    assert near["wrong"].sum() / near["words"].sum() <= 0.001
    assert 0.12 <= judged.filter(votes=3)["error"][0] <= 0.30
    content = found.quintiles()["content_fraction"].to_list()
    assert content[4] > content[0]
    assert 0.25 <= content[0] <= 0.48
    assert 0.40 <= content[4] <= 0.68
    assert 0.5 <= found.intraclass.value <= 0.85


def test_sheet01_icc_is_that_of_the_table_it_says() -> None:
    opinions, _ = population(0)
    found = transcripts(opinions, repeats=0)
    keys, clip = found.columns.keys, found.columns.clip
    from psephos.agreement.jackknife import jackknife

    rated = jackknife(keys, null=0)
    voters = np.argsort(found.columns.voters, axis=1)
    table = np.array(
        [
            (rated.agrees[clip == c].sum(axis=0) / rated.compared[clip == c].sum(axis=0))[voters[c]]
            for c in range(len(found.columns.clips))
        ]
    )
    assert found.intraclass.value == pytest.approx(intraclass_correlation(table, repeats=0).value)
