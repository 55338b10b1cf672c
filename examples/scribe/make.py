"""What do four recognisers hear in 32 dictated clips?

Makes the files of this folder out of `recipes/`, which was written and committed before any recogniser heard a clip:

    python examples/scribe/make.py sound         audio/*.flac and items.csv; needs espeak-ng and soundfile
    python examples/scribe/make.py transcripts   transcripts.csv and voters.csv; needs psephos[asr]
    python examples/scribe/make.py readme        the part of README.md between the `computed` marks

The voice is espeak-ng, brought from 22,050 to 16,000 samples per second and to a root mean square of -26 dB. The noise
is drawn from the seed of the clip: white (equal power at all frequencies), pink (power falls as 1 / frequency, from
30 Hz), or babble (six other clips of this folder, spoken at once). Noise is scaled to the stated ratio of the power of
the voice to the power of the noise, both over the whole clip, in decibels.
"""

import csv
import io
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
from scipy.signal import resample_poly

FOLDER = Path(__file__).parent
RATE = 16_000
LEVEL = 10 ** (-26 / 20)
SPEAKERS = 6
LOWEST = 30.0

PACKAGES = ("faster-whisper", "ctranslate2", "moonshine-voice", "pocketsphinx")

ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth"
)

SAID = (
    (r"(?<=\d),(?=\d{3}\b)", ""),
    (r"(?<=\d)\s*/\s*(?=\d)", " over "),
    (r"(?<=\d):(?=\d\d\b)", " "),
    (r"(?<=\d)\.(?=\d)", " point "),
    (r"(?<=\d)(?:st|nd|rd|th)\b", ""),
    (r"(?<=\d)\s*%", " percent"),
    *((rf"(?i)\btwenty[ -]{word}\b", str(20 + number)) for number, word in enumerate(ORDINALS.split()[:9], 1)),
)
"""What is written in more than one way and said in one."""

SAME = {
    **{word: str(number) for number, word in enumerate(ORDINALS.split(), 1)},
    **dict.fromkeys(("mg", "milligram", "milligrammes"), "milligrams"),
    **dict.fromkeys(("mcg", "microgram"), "micrograms"),
    **dict.fromkeys(("mm", "millimeter", "millimetres", "millimetre"), "millimeters"),
    **dict.fromkeys(("m", "meter", "metres", "metre"), "meters"),
    **dict.fromkeys(("kg", "kilogram", "kilos"), "kilograms"),
}
"""Words that mean the same; "point" and "over" stand where figures have a dot and a slash."""

Sound = npt.NDArray[np.float64]


def main() -> None:
    """Write what the argument names; everything, in order, without one."""
    steps = {"sound": sound, "transcripts": transcripts, "readme": readme}
    for name in sys.argv[1:] or steps:
        steps[name]()


def sound() -> None:
    """Speak the texts, add the noises, and describe the clips."""
    (FOLDER / "audio").mkdir(exist_ok=True)
    texts = {row["item"]: row for row in table("recipes/texts.csv")}
    rows = []
    for recipe in table("recipes/voices.csv"):
        item = recipe["item"]
        clip = noisy(recipe)
        name = f"audio/{item}.flac"
        soundfile.write(FOLDER / name, np.rint(clip * 32767).astype(np.int16), RATE, subtype="PCM_16")
        rows.append(
            [
                item,
                recipe["accent"],
                recipe["noise"],
                recipe["snr_db"],
                recipe["speed"],
                texts[item]["kind"],
                name,
                f"{len(clip) / RATE:.3f}",
                texts[item]["text"],
            ]
        )
    write("items.csv", ["item", "group", "noise", "snr_db", "speed", "kind", "audio", "seconds", "reference"], rows)


def noisy(recipe: dict[str, str]) -> Sound:
    """The voice of a clip with its noise, within [-1, 1]."""
    voice = spoken(recipe["item"])
    if recipe["noise"] == "none":
        return voice
    rng = np.random.default_rng(int(recipe["seed"]))
    noise = {"white": white, "pink": pink, "babble": partial(babble, recipe["item"])}[recipe["noise"]](len(voice), rng)
    ratio = 10 ** (float(recipe["snr_db"]) / 20)
    mixed = voice + noise * (power(voice) / power(noise) / ratio)
    return mixed / max(1.0, float(np.abs(mixed).max()))


@cache
def spoken(item: str) -> Sound:
    """The text of a clip as espeak-ng says it, in the voice of its recipe."""
    recipe = next(row for row in table("recipes/voices.csv") if row["item"] == item)
    text = next(row["text"] for row in table("recipes/texts.csv") if row["item"] == item)
    voice = ["-v", recipe["voice"], "-s", recipe["speed"], "-p", recipe["pitch"]]
    done = subprocess.run(["espeak-ng", *voice, "--stdout", text], capture_output=True, check=True)
    samples, rate = soundfile.read(io.BytesIO(done.stdout))
    common = np.gcd(rate, RATE)
    samples = resample_poly(samples, RATE // common, rate // common)
    samples *= LEVEL / power(samples)
    return samples / max(1.0, float(np.abs(samples).max()))


def power(samples: Sound) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(samples**2)))


def white(length: int, rng: np.random.Generator) -> Sound:
    """Equal power at all frequencies."""
    return rng.standard_normal(length)


def pink(length: int, rng: np.random.Generator) -> Sound:
    """Power that falls as 1 / frequency."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    frequency = np.fft.rfftfreq(length, 1 / RATE)
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, LOWEST)), length)


def babble(item: str, length: int, rng: np.random.Generator) -> Sound:
    """Other clips at once, each from a random place, repeated as long as needed."""
    others = [row["item"] for row in table("recipes/voices.csv") if row["item"] != item]
    chosen = rng.choice(others, SPEAKERS, replace=False)
    return np.sum(
        [np.resize(np.roll(voice := spoken(str(one)), -rng.integers(len(voice))), length) for one in chosen], 0
    )


def transcripts() -> None:
    """Let each recogniser write down each clip."""
    from psephos.opinions import write as write_opinions
    from psephos.voters import NAMES, recogniser, transcribe

    clips = [FOLDER / row["audio"] for row in table("items.csv")]
    done = transcribe(clips, [recogniser(name) for name in NAMES], label="transcribing")
    assert done.opinions is not None
    assert not done.failures, done.failures
    written = write_opinions(done.opinions, FOLDER / "transcripts.csv", neutralise=False)
    voters = done.opinions.about.voters
    assert voters is not None
    write("voters.csv", voters.columns, voters.iter_rows())
    print(written)


def table(name: str) -> list[dict[str, str]]:
    """Rows of one CSV file."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(name: str, header: list[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write one CSV file."""
    with (FOLDER / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def readme() -> None:
    """Count the errors of each recogniser and write them into README.md."""
    opening, _, rest = (FOLDER / "README.md").read_text(encoding="utf-8").partition("<!-- computed -->\n")
    closing = rest.partition("<!-- /computed -->")[2]
    text = f"{opening}<!-- computed -->\n{summary()}<!-- /computed -->{closing}"
    (FOLDER / "README.md").write_text(text, encoding="utf-8")


def summary() -> str:
    """Word error rates as Markdown: by recogniser, and for each of them by accent, noise and kind of text."""
    from psephos.metrics import WordErrors, word_errors

    clips = {row["item"]: row for row in table("items.csv")}
    voters = [row["voter"] for row in table("voters.csv")]
    rows = table("transcripts.csv")
    texts: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        texts[row["voter"], row["item"]].append(row["token"])
    written, meant = (
        {
            (voter, item): word_errors(cut(clip["reference"]), cut(" ".join(texts[voter, item])))
            for voter in voters
            for item, clip in clips.items()
        }
        for cut in (as_written, as_meant)
    )

    def rate(errors: dict[tuple[str, str], WordErrors], voter: str, column: str = "", value: str = "") -> str:
        chosen = (errors[voter, item] for item, clip in clips.items() if not column or clip[column] == value)
        return f"{sum(chosen, WordErrors()).rate:.3f}"

    lines = ["| recogniser | words | words with times | WER as meant | WER as written |", "|---|---:|---|---:|---:|"]
    for voter in voters:
        said = [row for row in rows if row["voter"] == voter and row["token"]]
        times = " and ".join(sorted({row["times"] for row in said}))
        lines.append(f"| {voter} | {len(said)} | {times} | {rate(meant, voter)} | {rate(written, voter)} |")
    lines += ["", f"WER as meant by part, {' / '.join(voters)}:", "", f"| part | clips | {' | '.join(voters)} |"]
    lines.append("|---|---:|" + "---:|" * len(voters))
    for column in ("group", "noise", "snr_db", "kind"):
        for value in dict.fromkeys(clip[column] for clip in clips.values()):
            count = sum(clip[column] == value for clip in clips.values())
            rates = " | ".join(rate(meant, voter, column, value) for voter in voters)
            name = {"group": "accent", "noise": "noise", "snr_db": "noise at dB", "kind": "text"}[column]
            lines.append(f"| {name} {value or 'none'} | {count} | {rates} |")
    words = sum(meant[voters[0], item].words for item in clips)
    seconds = sum(float(clip["seconds"]) for clip in clips.values())
    lines += ["", f"{len(clips)} clips, {seconds / 60:.1f} minutes, {words} words of reference (as meant)."]
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return "\n".join([*lines, f"Made with {versions} and {espeak()}.", ""])


def as_written(text: str) -> list[str]:
    """The words of a text: case and punctuation do not count, 50 and fifty differ."""
    from psephos.opinions.equivalence import words

    return words(text)


def as_meant(text: str) -> list[str]:
    """The words of a text with what is said alike made alike: numbers, units, ordinals, American spelling."""
    for pattern, spoken_as in SAID:
        text = re.sub(pattern, spoken_as, text)
    keys = [part for key in writing().keys(text) for part in re.findall(r"[^\W\d]+(?:'[^\W\d]+)*|\d+|[^\w]+", key)]
    return [SAME.get(key, key) for key in keys]


@cache
def writing() -> Any:
    """How psephos turns number words into digits and British into American spelling."""
    from psephos.consensus.transcripts.keys import Writing
    from psephos.consensus.transcripts.word_lists import load_word_lists

    return Writing(load_word_lists("en"), numbers=True, spelling=True)


def espeak() -> str:
    """Name and version of the voice."""
    said = subprocess.run(["espeak-ng", "--version"], capture_output=True, text=True, check=True).stdout
    return re.sub(r".*: (\S+) .*", r"espeak-ng \1", said.strip(), count=1, flags=re.DOTALL)


if __name__ == "__main__":
    main()
