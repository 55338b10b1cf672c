"""Transcripts are aligned in shards: the verdict is the same on every engine, and after an interruption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from psephos.consensus import TranscriptVerdict, transcripts
from psephos.engine import Engine
from psephos.errors import InputError
from psephos.opinions import Opinions
from psephos.opinions import transcripts as build

OPTIONS: dict[str, Any] = {"realign": True, "order_checks": 3, "jackknife": "rebuild", "collar": 2.0, "repeats": 50}


def recorded(seed: int = 0, clips: int = 70) -> Opinions:
    """Clips of three or four voters with times; some words lost, some wrong, one transcript empty."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, str, int, str | None, float, float]] = []
    for clip in range(clips):
        words = rng.integers(0, 50, rng.integers(1, 9))
        for voter in "abcd"[: 3 + clip % 2]:
            said = [(at, f"w{word if rng.random() < 0.8 else 50 + rng.integers(50)}") for at, word in enumerate(words)]
            said = [one for one in said if rng.random() < 0.9]
            place = f"clip{clip:03d}", voter
            rows += [(*place, number, token, at * 1.0, at + 0.5) for number, (at, token) in enumerate(said)]
            if not said:
                rows.append((*place, 0, None, np.nan, np.nan))
    item, voter, position, token, start, end = (list(part) for part in zip(*rows, strict=True))
    return build(item, voter, position, token, start=start, end=end)


def alike(one: TranscriptVerdict, other: TranscriptVerdict) -> bool:
    return (
        one.table().equals(other.table())
        and one.voters.equals(other.voters)
        and one.pairs.equals(other.pairs)
        and one.queue().equals(other.queue())
        and str(one) == str(other)
        and str(one.issues) == str(other.issues)
    )


def test_every_number_of_processes_gives_the_same_verdict(two_processes: Engine) -> None:
    opinions = recorded()
    assert alike(transcripts(opinions, **OPTIONS), transcripts(opinions, engine=two_processes, **OPTIONS))


@pytest.mark.ray
@pytest.mark.xdist_group("ray")
@pytest.mark.usefixtures("ray_cluster")
def test_ray_gives_the_same_verdict() -> None:
    opinions = recorded()
    assert alike(transcripts(opinions, **OPTIONS), transcripts(opinions, engine="ray", **OPTIONS))


@pytest.mark.parametrize("options", [{}, OPTIONS, {"order": "given"}], ids=["default", "all", "given"])
def test_kept_clips_are_not_aligned_again_and_the_verdict_is_the_same(
    options: dict[str, Any], two_processes: Engine, tmp_path: Path
) -> None:
    opinions, folder = recorded(), tmp_path / "kept"
    plain, first = transcripts(opinions, **options), transcripts(opinions, resume=folder, **options)
    kept = sorted(folder.glob("*.npz"))
    assert len(kept) == 64
    kept[3].unlink()
    kept[7].write_bytes(kept[7].read_bytes()[:-100])
    times = {file: file.stat().st_mtime_ns for file in kept if file.exists() and file != kept[7]}
    second = transcripts(opinions, resume=folder, engine=two_processes, **options)
    assert {file: file.stat().st_mtime_ns for file in times} == times
    assert kept[3].exists()
    assert alike(plain, first)
    assert alike(plain, second)


def test_what_changes_no_column_may_change(tmp_path: Path) -> None:
    opinions, folder = recorded(clips=10), tmp_path / "kept"
    transcripts(opinions, resume=folder)
    kept = {file: file.stat().st_mtime_ns for file in folder.glob("*.npz")}
    changed = transcripts(opinions, resume=folder, vote="weighted", queue_by="time", tie="word")
    assert {file: file.stat().st_mtime_ns for file in folder.glob("*.npz")} == kept
    assert alike(changed, transcripts(opinions, vote="weighted", queue_by="time", tie="word"))


@pytest.mark.parametrize("change", [{"order": "given"}, {"collar": 1.0}, {"rng": 7}, {"seed": 1}], ids=str)
def test_other_work_is_not_resumed(change: dict[str, Any], tmp_path: Path) -> None:
    transcripts(recorded(clips=10), resume=tmp_path / "kept")
    seed = change.pop("seed", 0)
    with pytest.raises(InputError) as caught:
        transcripts(recorded(seed, clips=10), resume=tmp_path / "kept", **change)
    assert caught.value.argument == "resume"
