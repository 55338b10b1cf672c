"""Is the dictated example what its README says: fixed recipes, sound made from them, true word error rates?"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from psephos.opinions import read

FOLDER = Path(__file__).parents[2] / "examples" / "scribe"


@pytest.fixture(scope="module")
def make(require: Any) -> ModuleType:
    require("soundfile")
    spec = importlib.util.spec_from_file_location("make_scribe", FOLDER / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_read_whole() -> None:
    opinions = read(FOLDER)
    assert opinions.kind == "transcripts"
    assert opinions.size("item") == 32
    assert opinions.vocabulary("voter").to_list() == ["whisper-tiny", "whisper-base", "moonshine", "pocketsphinx"]
    assert opinions.issues.set_aside == 0
    pairs = opinions.frame().select("item", "voter").n_unique()
    assert pairs == 32 * 4
    items = opinions.about.items
    assert items is not None
    assert items["reference"].null_count() == 0
    assert all((FOLDER / audio).is_file() for audio in items["audio"])


def test_the_references_are_the_texts_of_the_recipes(make: ModuleType) -> None:
    texts = {row["item"]: row["text"] for row in make.table("recipes/texts.csv")}
    voices = {row["item"]: row for row in make.table("recipes/voices.csv")}
    items = make.table("items.csv")
    assert len(items) == 32
    for row in items:
        assert row["reference"] == texts[row["item"]]
        recipe = voices[row["item"]]
        said = (row["group"], row["noise"], row["snr_db"], row["speed"])
        assert said == (recipe["accent"], recipe["noise"], recipe["snr_db"], recipe["speed"])


@pytest.mark.parametrize("item", ["clip-01", "clip-02", "clip-03", "clip-04"])
def test_the_sound_is_made_from_the_recipe(require: Any, make: ModuleType, item: str) -> None:
    espeak = require("espeak-ng")
    said = subprocess.run([espeak, "--version"], capture_output=True, text=True, check=True).stdout
    if " 1.51 " not in said:
        pytest.skip(f"made with espeak-ng 1.51, here is {said.strip()}")
    recipe = next(row for row in make.table("recipes/voices.csv") if row["item"] == item)
    stored, rate = make.soundfile.read(FOLDER / "audio" / f"{item}.flac", dtype="int16")
    made = np.rint(make.noisy(recipe) * 32767)
    assert rate == make.RATE
    assert np.abs(made - stored).max() <= 1  # the last bit may differ between processors


def test_the_noise_is_as_strong_as_is_said(require: Any, make: ModuleType) -> None:
    require("espeak-ng")
    for item in ("clip-05", "clip-06", "clip-07", "clip-22"):
        recipe = next(row for row in make.table("recipes/voices.csv") if row["item"] == item)
        voice, both = make.spoken(item), make.noisy(recipe)
        scale = float(voice @ both / (voice @ voice))  # 1, or less where the mixture was turned down to fit
        ratio = 20 * np.log10(make.power(voice * scale) / make.power(both - voice * scale))
        assert ratio == pytest.approx(float(recipe["snr_db"]), abs=0.3)


def test_the_word_error_rates_of_the_readme_are_true(require: Any) -> None:
    require("soundfile")
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    computed = text.partition("<!-- computed -->\n")[2].partition("<!-- /computed -->")[0]
    code = "import make; print(make.summary(), end='')"
    done = subprocess.run([sys.executable, "-c", code], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    tables = [[line for line in page.splitlines() if line.startswith("|")] for page in (done.stdout, computed)]
    assert tables[0] == tables[1]
    assert len(tables[0]) > 20


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("120/80 at 10:15", "one hundred twenty over eighty at ten fifteen"),
        ("37.5% of 1,250mg", "thirty seven point five percent of one thousand two hundred fifty milligrams"),
        ("the 28th and the 2nd", "the twenty eighth and the second"),
        ("B12, A1c, X-ray", "B twelve A one C x ray"),
        ("8 mm", "eight millimetres"),
    ],
)
def test_what_is_said_alike_is_one(make: ModuleType, one: str, other: str) -> None:
    assert make.as_meant(one) == make.as_meant(other)


@pytest.mark.parametrize(
    ("one", "other"), [("50 mg", "15 mg"), ("not seen", "now seen"), ("5 mg", "5 mcg"), ("2", "to")]
)
def test_what_is_not_is_two(make: ModuleType, one: str, other: str) -> None:
    assert make.as_meant(one) != make.as_meant(other)


def test_it_is_small() -> None:
    assert sum(file.stat().st_size for file in FOLDER.rglob("*") if "__pycache__" not in file.parts) < 15e6
