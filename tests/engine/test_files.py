from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from psephos.engine import atomic_write, check_target
from psephos.errors import InputError


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


@pytest.mark.parametrize(
    ("mode", "data", "stored"), [("w", "αβ\r\nc\n", "αβ\r\nc\n".encode()), ("wb", b"\0\n", b"\0\n")]
)
def test_writes_what_it_is_given(tmp_path, mode, data, stored):
    with atomic_write(tmp_path / "f", mode) as file:
        file.write(data)
        assert not (tmp_path / "f").exists()
    assert contents(tmp_path) == {"f": stored}


def stop_after_half(file):
    file.write("half")
    raise RuntimeError("stop")


def test_error_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "f").write_text("old")
    with pytest.raises(RuntimeError, match="stop"), atomic_write(tmp_path / "f") as file:
        stop_after_half(file)
    assert contents(tmp_path) == {"f": b"old"}


def test_full_disk_leaves_the_old_file(tmp_path):
    (tmp_path / "f").write_text("old")
    script = f"""
import resource
from psephos.engine import atomic_write
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
with atomic_write({str(tmp_path / "f")!r}) as file:
    file.write("x" * 10_000)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "OSError: [Errno 27]" in run.stderr
    assert contents(tmp_path) == {"f": b"old"}


def test_killed_in_the_middle_leaves_the_old_file(tmp_path):
    (tmp_path / "f").write_text("old")
    script = f"""
import os, signal
from psephos.engine import atomic_write
with atomic_write({str(tmp_path / "f")!r}) as file:
    file.write("half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    run = subprocess.run([sys.executable, "-c", script], check=False)
    assert run.returncode == -signal.SIGKILL
    found = contents(tmp_path)
    assert found.pop("f") == b"old"
    ((name, rest),) = found.items()
    assert name.startswith(".psephos-")
    assert rest == b"half"


def test_bytes_are_on_disk_before_the_name_is(tmp_path, monkeypatch):
    steps = []
    real_fsync, real_replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append("flush"), real_fsync(handle))[1])
    monkeypatch.setattr(Path, "replace", lambda self, to: (steps.append("rename"), real_replace(self, to))[1])
    with atomic_write(tmp_path / "f") as file:
        file.write("x")
    assert steps == ["flush", "rename", "flush"]


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_new_file_gets_usual_permissions(tmp_path, mask):
    before = os.umask(mask)
    try:
        with atomic_write(tmp_path / "f") as file:
            file.write("x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o666 & ~mask


def test_old_file_keeps_its_permissions(tmp_path):
    (tmp_path / "f").write_text("old")
    (tmp_path / "f").chmod(0o640)
    with atomic_write(tmp_path / "f") as file:
        file.write("new")
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o640


def test_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "f").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real" / "f")
    with atomic_write(tmp_path / "link") as file:
        file.write("new")
    assert (tmp_path / "link").is_symlink()
    assert contents(tmp_path / "real") == {"f": b"new"}


def test_longest_name_works(tmp_path):
    with atomic_write(tmp_path / ("n" * 255)) as file:
        file.write("x")
    assert contents(tmp_path) == {"n" * 255: b"x"}


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("folder", "is a folder"),
        ("link_to_folder", "is a folder"),
        ("/dev/null", "is not an ordinary file"),
        ("missing/f", "create the folder first"),
        ("file/f", "name a folder you may write to"),
        ("/proc/psephos", "cannot be written"),
        ("circle", "leads in a circle"),
    ],
)
def test_impossible_target_is_named(tmp_path, path, problem):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link_to_folder").symlink_to(tmp_path / "folder")
    (tmp_path / "file").write_text("old")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(InputError, match=problem) as caught, atomic_write(tmp_path / path):
        pytest.fail("was opened")
    assert caught.value.argument == str(tmp_path / path)
    assert contents(tmp_path) == {"file": b"old"}
    assert contents(tmp_path / "folder") == {}


@pytest.mark.parametrize(
    ("path", "problem"),
    [("folder", "is a folder"), ("missing/f", "create the folder first"), ("file/f", "name a folder you may write to")],
)
def test_a_target_is_tried_before_the_work(tmp_path, path, problem):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("old")
    with pytest.raises(InputError, match=problem):
        check_target(tmp_path / path)
    assert check_target(tmp_path / "new") == (tmp_path / "new").resolve()
    assert contents(tmp_path) == {"file": b"old"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("locked", ["folder", "file"])
def test_protected_target_is_refused(tmp_path, locked):
    (tmp_path / "f").write_text("old")
    (tmp_path if locked == "folder" else tmp_path / "f").chmod(0o500)
    with pytest.raises(InputError, match=r"may write|protected"), atomic_write(tmp_path / "f"):
        pytest.fail("was opened")
    tmp_path.chmod(0o700)
    assert contents(tmp_path) == {"f": b"old"}


def test_unknown_mode_is_refused(tmp_path):
    with pytest.raises(InputError, match="mode: must be one of 'w', 'wb', got 'a'"):
        atomic_write(tmp_path / "f", "a")
