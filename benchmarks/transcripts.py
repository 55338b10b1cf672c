"""How right and how fast is a consensus of transcripts, next to two ROVERs and to pairwise aligners?

Every contender gets the same normalised words, so that only merging and voting differ. Their answers are texts, and no
two implementations write the same ones; so "differ by" is our word error rate minus theirs, negative where ours is
better, and a peer is timed only if ours is not more than the tolerance worse. Ours also makes strengths, bands, types,
jackknife and queue in that time; theirs is the text alone.

The 600 real clips (LibriSpeech test-other, seven typists each; sheet 01) lie in `data` of the folder that
PSEPHOS_SHARED names, or of `shared` beside the repository; without them that part is skipped. SCTK's rover is Debian's
package `sctk`.
"""

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from harness import SHARED, Benchmark, Contender, SubprocessContender, main, on_real_data

from psephos.consensus import transcripts
from psephos.metrics import word_errors
from psephos.opinions import Opinions
from psephos.opinions import transcripts as heard
from psephos.opinions.equivalence import words

CLIPS = SHARED / "01-asr-disagreement"
ROVER = shutil.which("rover", path=f"{os.environ.get('PATH', '')}:/usr/lib/sctk/bin") or "rover"
LENGTHS = (10_000, 20_000, 40_000, 80_000)
SHORT = 200  # words a clip for peers that take minutes for a few thousand


@dataclass(frozen=True)
class Recordings:
    """What was said in each clip, and what each transcript has of it, as words."""

    truth: list[list[str]]
    said: list[list[list[str]]]


@cache
def spoken(length: int, voters: int = 8, seed: int = 0) -> Recordings:
    """One clip of `length` words, as common as in a language; by voter 5 to 15 % wrong, on hard places often alike."""
    rng = np.random.default_rng(seed)
    common = 1 / np.arange(3.0, 20_003.0)
    word = np.array([f"w{number}" for number in range(20_000)])

    def draw(size: int) -> np.ndarray:
        return rng.choice(20_000, size, p=common / common.sum())

    true, tempting, hard, said = draw(length), draw(length), rng.random(length) < 0.1, []
    for skill in np.linspace(0.5, 1.8, voters):
        wrong = rng.random(length) < np.where(hard, min(0.75, 0.55 * skill), 0.05 * skill)
        what = np.where(wrong, rng.random(length), 1)
        other = np.where(hard & (rng.random(length) < 0.4), tempting, draw(length))
        copies = np.where(what < 0.2, 0, np.where(what < 0.3, 2, 1))  # lost, one too many, another word
        kept = np.repeat(np.where((what >= 0.3) & wrong, other, true), copies)
        again = np.flatnonzero(np.diff(np.repeat(np.arange(length), copies), prepend=-1) == 0)
        kept[again] = draw(len(again))
        said.append(word[kept].tolist())
    return Recordings([word[true].tolist()], [said])


@cache
def typed(tiny: bool) -> Recordings:
    """The 600 real clips, transcripts in the order of the file."""
    if tiny:
        return spoken(50, 3)
    true = pl.read_csv(CLIPS / "reference.tsv", separator="\t").sort("clip")
    rows = pl.read_csv(CLIPS / "transcripts.tsv", separator="\t", schema_overrides={"text": pl.String})
    of_clip = rows.group_by("clip", maintain_order=True).agg(pl.col("text").fill_null("")).sort("clip")
    return Recordings([words(text) for text in true["text"]], [[words(t) for t in texts] for texts in of_clip["text"]])


def long(length: int, tiny: bool) -> Recordings:
    return spoken(100 if tiny else length)


def short(tiny: bool) -> Recordings:
    clips = [spoken(100 if tiny else SHORT, seed=seed) for seed in range(2 if tiny else 5)]
    return Recordings([text for clip in clips for text in clip.truth], [texts for clip in clips for texts in clip.said])


def opinions(recordings: Recordings) -> Opinions:
    clip, voter, place, token = [], [], [], []
    for number, texts in enumerate(recordings.said):
        for who, text in enumerate(texts):
            clip += [number] * max(1, len(text))
            voter += [who] * max(1, len(text))
            place += range(max(1, len(text)))
            token += text or [None]
    return heard(clip, voter, place, token)


def ours(opinions: Opinions, order: str, tie: str = "earliest", vote: str = "count") -> list[list[str]]:
    verdict = transcripts(opinions, order=order, tie=tie, vote=vote)
    said, bounds = verdict.choice, verdict.columns.bounds
    parts = (said[low:high] for low, high in pairwise(bounds))
    names = verdict.choices
    return [names.gather(part[part > 0]).to_list() for part in parts]


def crowd_kit(frame) -> list[list[str]]:
    from crowdkit import aggregation

    found = aggregation.ROVER(str.split, " ".join).fit_predict(frame)
    return [text.split() for text in found.sort_index()]


def pandas_frame(recordings: Recordings):
    import pandas as pd

    rows = [(clip, who, " ".join(text)) for clip, texts in enumerate(recordings.said) for who, text in enumerate(texts)]
    return pd.DataFrame(rows, columns=["task", "worker", "text"])


def ctm_files(recordings: Recordings) -> list[str]:
    """One CTM file per transcript of a clip; the times are places, for rover compares words alone here."""
    folder, n_voters = Path(tempfile.mkdtemp()), max(map(len, recordings.said))
    for who in range(n_voters):
        lines = [
            f"clip{clip:06d} 1 {place}.00 1.00 {word}\n"
            for clip, texts in enumerate(recordings.said)
            for place, word in enumerate(texts[who])
        ]
        (folder / f"{who}.ctm").write_text("".join(lines), encoding="utf-8")
    return [str(folder / f"{who}.ctm") for who in range(n_voters)]


def rover_command(files: list[str]) -> list[str]:
    named = [part for file in files for part in ("-h", file, "ctm")]
    return [ROVER, *named, "-m", "meth1", "-s", "-f", "0", "-o", "/dev/stdout"]


def rover_texts(count: int, output: str) -> list[list[str]]:
    texts: list[list[str]] = [[] for _ in range(count)]
    for line in output.splitlines():
        clip, _, _, _, word, *_ = line.split()
        if word != "@":
            texts[int(clip.removeprefix("clip"))].append(word)
    return texts


def rate(truth: list[list[str]], said: list[list[str]]) -> float:
    pairs = [word_errors(true, text) for true, text in zip(truth, said, strict=True)]
    return sum(pair.edits for pair in pairs) / sum(pair.words for pair in pairs)


def rate_above(make, mine: list[list[str]], other: list[list[str]]) -> float:
    """Our word error rate minus theirs."""
    if mine == other:
        return 0.0
    truth = make(False).truth
    left, right = rate(truth, mine), rate(truth, other)
    print(f"word error rate: ours {left:.4f}, theirs {right:.4f}", file=sys.stderr, flush=True)
    return left - right


def consensus(
    name: str, question: str, size: str, make, order: str, *, clips: int = 0, tolerance: float = 0.002, **options: str
):
    """A benchmark of one merge order; with the peers if they are to have a word on `clips` clips."""
    further = "".join(f", {name} {value}" for name, value in options.items())
    peers = (
        Contender("crowd-kit ROVER", crowd_kit, prepare=pandas_frame, packages=("crowd-kit", "pandas")),
        SubprocessContender(
            "SCTK rover meth1",
            rover_command,
            prepare=ctm_files,
            parse=partial(rover_texts, clips),
            probe=("sh", "-c", f"{ROVER} 2>&1 | grep -o 'SCTK Version: .*'"),
        ),
    )
    return Benchmark(
        f"transcripts-{name}",
        f"{question}; {order} order{further}; differ by: our word error rate minus theirs",
        size,
        make=make,
        ours=Contender(
            "psephos", partial(ours, order=order, **options), prepare=opinions, packages=("psephos", "rapidfuzz")
        ),
        peers=peers if clips else (),
        check=partial(rate_above, make),
        tolerance=tolerance,
    )


def two_texts(tiny: bool) -> tuple[list[str], list[str]]:
    first, second = spoken(100 if tiny else 5_000).said[0][3:5]
    return first, second


def kaldi_align(pair: tuple[list[str], list[str]]) -> int:
    import kaldialign

    return sum(left != right for left, right in kaldialign.align(*pair, "*"))


def kaldi_distance(pair: tuple[list[str], list[str]]) -> int:
    import kaldialign

    return kaldialign.edit_distance(*pair)["total"]


def meeteval_errors(pair: tuple[str, str]) -> int:
    import meeteval

    return meeteval.wer.wer.siso.siso_word_error_rate(*pair).errors


def jiwer_errors(pair: tuple[str, str]) -> int:
    import jiwer

    found = jiwer.process_words(*pair)
    return found.substitutions + found.deletions + found.insertions


def as_texts(pair: tuple[list[str], list[str]]) -> tuple[str, str]:
    return " ".join(pair[0]), " ".join(pair[1])


# The given order is SCTK's. On these clips both peers are a little better than it with the tie rule of the sheet, where
# NULL wins a tie that it entered first; crowd-kit does not let it, and tie="word" does not either.
REAL = [
    consensus(
        f"typists-{name}",
        "One text of seven by people",
        "600 clips, 10,276 words, 7 transcripts each",
        typed,
        order,
        clips=600,
        tolerance=tolerance,
        **options,
    )
    for name, order, tolerance, options in (
        ("medoid", "medoid", 0.002, {}),
        ("given", "given", 0.004, {}),
        ("given-words", "given", 0.002, {"tie": "word"}),
    )
]

BENCHMARKS = [
    *on_real_data(CLIPS.name, REAL),
    consensus("short", "One text of eight", f"5 clips, 8 transcripts of {SHORT} words each", short, "medoid", clips=5),
    *(
        consensus(
            f"{length}-{order}",
            "One text of eight long ones",
            f"8 transcripts of {length:,} words",
            partial(long, length),
            order,
        )
        for length in LENGTHS
        for order in ("given", "medoid")
    ),
    consensus(
        "80000-weighted",
        "One text of eight long ones",
        "8 transcripts of 80,000 words",
        partial(long, 80_000),
        "given",
        vote="weighted",
    ),
    Benchmark(
        "transcripts-word-errors",
        "Substitutions, deletions and insertions between two texts",
        "5,000 words each",
        make=two_texts,
        ours=Contender("psephos", lambda pair: word_errors(*pair).edits, packages=("psephos", "rapidfuzz")),
        peers=(
            Contender("kaldialign align", kaldi_align, packages=("kaldialign",)),
            Contender("kaldialign edit_distance", kaldi_distance, packages=("kaldialign",)),
            Contender("meeteval siso", meeteval_errors, prepare=as_texts, packages=("meeteval",)),
            Contender("jiwer process_words", jiwer_errors, prepare=as_texts, packages=("jiwer",)),
        ),
    ),
]

if __name__ == "__main__":
    sys.exit(main(__file__, BENCHMARKS))
