"""Small files that claim to be large come in at a real server: refused by a limit that is named, its memory bounded.

The server is a process of its own, so that what it held at most (the kernel counts it) is its own and nothing of ours.
"""

from __future__ import annotations

import io
import json
import os
import re
import signal
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import polars as pl
import pytest

from psephos.errors import ParseError
from psephos.review import trying
from psephos.review.accounts import api_tokens
from psephos.review.store.account_tables import User
from psephos.review.store.columns import now
from psephos.review.store.opening import open_store

HOSTILE = Path(__file__).parents[1] / "opinions" / "hostile"
MIB = 2**20
STATED = {"largest_upload": 24 * MIB, "largest_memory": 1024 * MIB, "longest_reading": 120}
HELD = 320 * MIB
"""What the server may hold more than before, whatever comes: a few times the longest file, and a part of any bomb."""

HEAD = json.dumps({"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}})

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="reads from /proc what a process held")


@dataclass
class Served:
    """A server in a process of its own, and somebody who may bring projects."""

    url: str
    token: str
    pid: int
    database: str

    def send(self, name: str, body: bytes | Iterator[bytes]) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/octet-stream"}
        with httpx.Client(timeout=300, trust_env=False, headers=headers) as client:
            return client.post(f"{self.url}/api/v1/projects/from-file", params={"name": name}, content=body)

    def held(self) -> int:
        """Bytes that the server held at most."""
        found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text(), re.MULTILINE)
        assert found is not None
        return int(found[1]) * 1024

    def projects(self) -> list[str]:
        """What projects there are, said by the server itself."""
        headers = {"authorization": f"Bearer {self.token}"}
        answer = httpx.get(f"{self.url}/api/v1/projects", headers=headers, timeout=60, trust_env=False)
        assert answer.status_code == 200, answer.text
        return [one["name"] for one in answer.json()]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    place = str(tmp_path_factory.mktemp("bombs") / "reviews.db")
    store = open_store(place)
    with store.write() as session:
        admin = User(login="admin", name="Admin", admin=True)
        session.add(admin)
        session.flush()
        token = api_tokens.issue(session, admin.id, now(), name="bombs", scopes=["read", "write", "manage"])[1]
    store.close()
    command = [sys.executable, str(Path(__file__).with_name("served.py")), place, json.dumps(STATED)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        url = parent.stdout.readline().strip()
        parent.stdin.write("\n")
        parent.stdin.flush()
        child = int(parent.stdout.readline())
        one = Served(url, token, child, place)
        try:
            assert (
                one.send("votes.csv", b"item,voter,label\na,x,1\n").status_code == 201
            )  # all that it imports is there
            yield one
        finally:
            os.kill(child, signal.SIGKILL)  # its parent has not waited for it yet if it is dead, so the id is its own
            parent.stdout.readline()
            parent.stdin.close()


def one_stream(size: int) -> tuple[bytes, int, int]:
    """So many bytes of one sample, deflated, their CRC, and how many they are with what stands around."""
    plain = b'{"id": 1, "epoch": 1, "input": "", "output": {"completion": "'
    end = b'"}, "scores": {}}'
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    crc, packed = zlib.crc32(plain), [pack.compress(plain)]
    piece = b"a" * MIB
    for _ in range(size // MIB):
        crc = zlib.crc32(piece, crc)
        packed.append(pack.compress(piece))
    packed += [pack.compress(end), pack.flush()]
    return b"".join(packed), zlib.crc32(end, crc), len(plain) + size + len(end)


def archive(samples: int, size: int, *, claims: int | None = None) -> bytes:
    """An archive of Inspect with the same deflated sample again and again, which is packed once.

    `claims` is the size that the directory says of each instead of its own.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("header.json", HEAD)
    with zipfile.ZipFile(io.BytesIO(file.getvalue())) as made:
        begin = made.start_dir
    body, directory = file.getvalue()[:begin], [file.getvalue()[begin:-22]]
    packed, crc, real = one_stream(size)
    sizes = struct.pack("<3L", crc, len(packed), real if claims is None else claims)
    parts = []
    for number in range(samples):
        name = b"samples/%d_epoch_1.json" % number
        at = begin + number * (30 + len(name) + len(packed))
        about = struct.pack("<3H2H", 20, 0, 8, 0, 33) + sizes + struct.pack("<2H", len(name), 0)
        parts.append(b"PK\x03\x04" + about + name + packed)
        directory.append(b"PK\x01\x02\x14\0" + about + struct.pack("<3H2L", 0, 0, 0, 0, at) + name)
    body += b"".join(parts)
    entries = b"".join(directory)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, samples + 1, samples + 1, len(entries), len(body), 0)
    return body + entries + end


def table(columns: int) -> bytes:
    """A Parquet file of one row and so many columns."""
    file = io.BytesIO()
    pl.DataFrame({f"c{number}": [1] for number in range(columns)}).write_parquet(file, statistics=False)
    return file.getvalue()


def line() -> Iterator[bytes]:
    """A line of a gigabyte, piece by piece, without a word of how long it is."""
    piece = b"a" * MIB
    for _ in range(1024):
        yield piece


MANY = 1_000_000
BOMBS: dict[str, tuple[str, Callable[[], bytes | Iterator[bytes]], int, str]] = {
    "archive of 3 GB": ("log.eval", lambda: archive(60, 50 * MIB), 422, "unpack to more than"),
    "archive of small claims": (
        "log.eval",
        lambda: archive(60, 50 * MIB, claims=10),
        422,
        "60 set aside: a damaged sample",
    ),
    "sample of 1 GB": ("log.eval", lambda: archive(1, 1024 * MIB), 422, "more than"),
    "deep JSON": ("deep.json", lambda: b'{"a":' * (4 * MIB), 422, "nested too deeply"),
    "deep lines": ("deep.jsonl", lambda: b"[" * (20 * MIB) + b"\n", 422, "nested too deeply"),
    "empty lists": ("lists.json", lambda: b"[" + b"[]," * (7 * MIB) + b"[]]", 422, "more than 1 GiB of memory"),
    "rows of Parquet": (
        "a.parquet",
        lambda: (HOSTILE / "many-rows.parquet").read_bytes(),
        422,
        "than the memory",
    ),
    "columns of Parquet": ("a.parquet", lambda: table(100_001), 422, "at most 100,000"),
    "line of 1 GB": ("a.csv", line, 413, "may have 25,165,824 bytes"),
    "line of 20 MB": ("a.csv", lambda: b"item,voter,label\na,x," + b"a" * (20 * MIB), 422, "more than 1 GiB of memory"),
    "columns of a table": ("a.csv", lambda: b"item,voter,label" + b",a" * MANY + b"\na,b,c\n", 422, "at most 100,000"),
    "columns of lines": ("a.jsonl", lambda: keys(MANY) + b"\n", 422, "at most 100,000"),
    "columns of records": ("a.json", lambda: b"[" + keys(MANY) + b"]", 422, "at most 100,000"),
}


def keys(count: int) -> bytes:
    """An object with so many keys."""
    return b'{"item":"a","voter":"b","label":"c",' + b",".join(b'"c%d":1' % number for number in range(count)) + b"}"


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_at_a_real_server_is_refused_and_the_server_goes_on(served: Served, bomb: str) -> None:
    name, made, status, said = BOMBS[bomb]
    before, held = served.projects(), served.held()
    body = made()
    answer = served.send(name, body)
    assert isinstance(body, Iterator) or len(body) < STATED["largest_upload"]
    assert answer.status_code == status, answer.text[:500]
    assert said in answer.json()["problem"]
    assert len(answer.text) < 2000
    assert served.held() - held < HELD
    assert served.projects() == before
    good = served.send(f"after {bomb}.csv", b"item,voter,label\na,x,1\na,y,1\n")
    assert (good.status_code, good.json()["items"]) == (201, 1)


def test_an_archive_that_claims_more_than_it_holds_is_taken_for_what_it_holds(served: Served) -> None:
    """The directory of an archive is not believed: no memory is taken for what it claims."""
    held = served.held()
    answer = served.send("claims.eval", archive(1, MIB, claims=2**32 - 2))
    assert (answer.status_code, answer.json()["opinions"]) == (201, 1)
    assert served.held() - held < 64 * MIB


ENDS = {
    "the memory of the machine": ("os.kill(os.getpid(), signal.SIGKILL)", "takes more than 4 GiB of memory"),
    "a reader in Rust": (
        "os.write(2, b'memory allocation of 7 bytes failed'); os.abort()",
        "4 GiB of memory",
    ),
    "an error of the machine": ("raise OSError(errno.ENOMEM, 'x')", "takes more than 4 GiB of memory"),
    "an error of Python": ("raise MemoryError", "takes more than 4 GiB of memory"),
    "a damaged file": ("os.kill(os.getpid(), signal.SIGSEGV)", "so damaged that what reads it ends (SIGSEGV)"),
    "a fault of ours": ("raise LookupError('secret cell\\nof the file')", "what reads it fails (LookupError)"),
    "a start that fails": ("os._exit(1)", "what reads it fails (exit 1)"),
}


@pytest.mark.parametrize("end", ENDS)
def test_how_a_trial_ended_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    """Only what took the memory is said to have taken it, and nothing of the file is repeated."""
    does, said = ENDS[end]
    ends = f"import errno, os, signal, sys\n    {does}"
    monkeypatch.setattr(trying, "_TRIAL", trying._TRIAL.replace("read_answers(path, question, kind)", ends))
    file = tmp_path / "a.parquet"
    file.write_bytes(b"PAR1")
    with pytest.raises(ParseError) as refused:
        trying.try_reading(file, "", "", memory=4 * 2**30, seconds=60)
    assert said in refused.value.problem
    assert "secret" not in str(refused.value)
