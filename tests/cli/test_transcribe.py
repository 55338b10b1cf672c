"""`psephos transcribe` as a user runs it: what is written, what is said, and what is kept when something fails."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from psephos.cli import main
from psephos.opinions import read

CLIPS = Path(__file__).parents[2] / "examples" / "scribe" / "audio"
KEY = "sk-not-to-be-seen-anywhere"


class Done(NamedTuple):
    """What a call of the command line left behind."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def clips(require: Any, tmp_path: Path) -> list[Path]:
    """Two clips of two seconds."""
    soundfile = require("soundfile")
    found = []
    for name in ("clip-01", "clip-24"):
        samples, rate = soundfile.read(CLIPS / f"{name}.flac")
        found.append(tmp_path / f"{name}.flac")
        soundfile.write(found[-1], samples[: 2 * rate], rate)
    return found


@pytest.fixture
def psephos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """`psephos(*arguments)` runs the command line in an empty folder and gives its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("PSEPHOS_API_KEY", raising=False)

    def run(*arguments: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["psephos", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        code = ended.value.code
        if isinstance(code, str):  # which Python prints before it ends with 1
            return Done(1, printed.out, printed.err + code + "\n")
        return Done(int(code or 0), printed.out, printed.err)

    return run


def test_a_real_recogniser_writes_opinions(require: Any, psephos: Any, clips: list[Path], tmp_path: Path) -> None:
    require("pocketsphinx")
    done = psephos("transcribe", *clips, "--with", "pocketsphinx", "--to", "heard.parquet")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "wrote heard.parquet" in done.stdout
    opinions = read(tmp_path / "heard.parquet")
    assert opinions.kind == "transcripts"
    assert opinions.vocabulary("item").to_list() == ["clip-01", "clip-24"]
    assert set(opinions.frame()["times"]) == {"given"}
    assert not (tmp_path / "heard.parquet.parts").exists()


def test_two_voters_in_a_folder(
    require: Any, psephos: Any, clips: list[Path], tmp_path: Path, speech_server: Any
) -> None:
    require("pocketsphinx")
    ask = ("--endpoint", speech_server.url, "--model", "whisper-1")
    done = psephos("transcribe", *clips, "--with", "pocketsphinx", *ask, "--to", "heard")
    assert done.returncode == 0, done.stderr
    opinions = read(tmp_path / "heard")
    assert opinions.vocabulary("voter").to_list() == ["pocketsphinx", "whisper-1"]
    assert opinions.about.items is not None
    assert opinions.about.items["seconds"].to_list() == [2.0, 2.0]
    assert opinions.about.voters is not None
    assert opinions.about.voters["group"].to_list() == ["sphinx", "endpoint"]


def test_one_bad_file_is_listed_and_stops_nothing(
    psephos: Any, clips: list[Path], tmp_path: Path, speech_server: Any
) -> None:
    (tmp_path / "bad.wav").write_text("no sound\x1b[31m")
    ask = ("--endpoint", speech_server.url, "--model", "whisper-1")
    done = psephos("transcribe", "bad.wav", *clips, "none.mp3", *ask, "--to", "heard.csv")
    assert done.returncode == 1
    first, second, count = done.stderr.splitlines()
    assert first.startswith("psephos: bad.wav: is no sound that psephos knows")
    assert second.startswith("psephos: none.mp3: cannot be opened")
    assert count == "psephos: 2 failed; mend and repeat with --resume to do only these"
    assert "\x1b" not in done.stderr
    assert len(read(tmp_path / "heard.csv")) == 6


def test_resume_does_only_what_is_left(psephos: Any, clips: list[Path], tmp_path: Path, speech_server: Any) -> None:
    call = ["transcribe", *clips, "--endpoint", speech_server.url, "--model", "whisper-1", "--to", "heard.csv"]
    speech_server.replies = [speech_server.Reply(), speech_server.Reply("no", 400)]
    done = psephos(*call)
    assert done.returncode == 1
    assert "clip-24.flac: whisper-1 failed: whisper-1 at " in done.stderr
    assert len(list((tmp_path / "heard.csv.parts").iterdir())) == 1
    speech_server.replies = [speech_server.Reply({"text": "later"})]
    done = psephos(*call, "--resume")
    assert done.returncode == 0, done.stderr
    assert len(speech_server.requests) == 3
    assert "1 transcripts were taken from heard.csv.parts" in done.stdout
    rows = read(tmp_path / "heard.csv").frame()
    assert rows["token"].to_list() == ["no", "chest", "pain", "later"]
    assert psephos(*call, "--resume").returncode == 0
    assert len(speech_server.requests) == 3
    assert read(tmp_path / "heard.csv").frame().equals(rows)
    assert psephos(*call).returncode == 0
    assert len(speech_server.requests) == 5
    assert not (tmp_path / "heard.csv.parts").exists()


def test_json_is_all_that_is_printed(psephos: Any, clips: list[Path], tmp_path: Path, speech_server: Any) -> None:
    (tmp_path / "bad.wav").write_bytes(b"")
    ask = ("--endpoint", speech_server.url, "--model", "whisper-1")
    done = psephos("transcribe", *clips, "bad.wav", *ask, "--to", "heard.csv", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "written": ["heard.csv"],
        "transcripts": [{"voter": "whisper-1", "clips": 2, "words": 6, "timed": 0.0}],
        "reused": 0,
        "silent": [],
        "failures": [{"audio": "bad.wav", "voter": None, "reason": "bad.wav: is empty"}],
    }


def test_silence_is_said(require: Any, psephos: Any, tmp_path: Path, speech_server: Any) -> None:
    require("soundfile").write(tmp_path / "a.wav", [0.0] * 16_000, 16_000)
    ask = ("--endpoint", speech_server.url, "--model", "m")
    done = psephos("transcribe", "a.wav", *ask, "--to", "heard.csv")
    assert done.returncode == 0, done.stderr
    assert "a.wav is silent" in done.stdout


def test_the_key_is_used_and_not_printed(
    psephos: Any, clips: list[Path], speech_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PSEPHOS_API_KEY", KEY)
    speech_server.replies = [speech_server.Reply(f"bad key {KEY}", 401)]
    ask = ("--endpoint", speech_server.url, "--model", "m")
    done = psephos("transcribe", clips[0], *ask, "--to", "heard.csv")
    assert done.returncode == 1
    assert speech_server.requests[0]["headers"]["authorization"] == f"Bearer {KEY}"
    assert "answers 401" in done.stderr
    assert KEY not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--with", "parrot", "--to", "a.csv"), "psephos: --with: must be one of 'whisper-tiny'"),
        (("--with", "", "--to", "a.csv"), "psephos: recognisers: names none"),
        (("--endpoint", "http://127.0.0.1:1", "--to", "a.csv"), "psephos: --model: is needed too"),
        (("--model", "m", "--to", "a.csv"), "psephos: --endpoint: is needed too"),
        (("--endpoint", "nowhere", "--model", "m", "--to", "a.csv"), "psephos: --endpoint: must be an address"),
        (("--with", "pocketsphinx", "--language", "de", "--to", "a.csv"), "psephos: --language: must be one of 'en'"),
        (
            ("--endpoint", "http://127.0.0.1:1", "--model", "m", "--to", "a.doc"),
            "psephos: --to: a.doc has the unknown suffix",
        ),
    ],
)
def test_a_bad_call_is_one_line_and_does_no_work(
    require: Any, psephos: Any, clips: list[Path], tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    require("pocketsphinx")
    require("httpx")
    done = psephos("transcribe", *clips, *options)
    assert done.returncode == 1
    assert done.stderr.startswith(says)
    assert done.stderr.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == sorted(clips)


def test_a_call_without_a_target_is_a_wrong_command(psephos: Any, clips: list[Path]) -> None:
    assert psephos("transcribe", *clips).returncode == 2


def test_doctor_says_how_to_get_recognisers(psephos: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    done = psephos("doctor")
    line = next(line for line in done.stdout.splitlines() if line.startswith("asr "))
    assert "faster-whisper" in line or "pip install 'psephos[asr]'" in line
    assert "ffmpeg    not installed (M4A, AAC and WebM recordings): apt-get install ffmpeg" in done.stdout
