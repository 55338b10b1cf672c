"""What tests of several rooms share: parts that may be absent, and the one Ray of a run."""

from __future__ import annotations

import email
import importlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A loaded machine must not fail a test, and the tests of a change must not depend on luck; `make test-all` explores.
settings.register_profile("steady", deadline=None, derandomize=True, max_examples=40)
settings.register_profile("exploring", deadline=None, max_examples=200)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

# A run that a shell starts in the background ignores Ctrl-C, and so would the processes that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

sys.path.insert(0, str(Path(__file__).parent / "voters"))

from chat_server import ChatServer  # noqa: E402 - from the folder above

from psephos.engine import Engine, open_engine  # noqa: E402 - after what is set for all

Require = Callable[[str], Any]


@pytest.fixture(scope="session")
def require() -> Require:
    """`require(name)` gives the module, or else the path of the program, of this name.

    Where there is neither the test is skipped, and fails if CI=true: there everything must be installed.
    """
    return _require


def _require(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        program = shutil.which(name)
    if program is None:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing(f"{name} is not installed")
    return program


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """`shared_data(name)` gives the folder of this name with real data that is too large for the repository.

    It lies in `data` of the folder that PSEPHOS_SHARED names, or of `shared` beside the repository. Where there is none
    the test is skipped.
    """
    return _shared_data


def _shared_data(name: str) -> Path:
    shared = os.environ.get("PSEPHOS_SHARED") or Path(__file__).resolve().parents[2] / "shared"
    folder = Path(shared) / "data" / name
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}")
    return folder


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    """A server of a language model on this machine."""
    server = ChatServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def ray_cluster(require: Require) -> Iterator[Any]:
    """Ray with two cores, started once; mark the tests that use it `ray` and `xdist_group("ray")`."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
    ray = require("ray")
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    yield ray
    ray.shutdown()


@pytest.fixture(scope="session")
def two_processes() -> Iterator[Engine]:
    """An engine of two processes, started once: they import much, and are the same for all who give them work."""
    with open_engine(2) as engine:
        yield engine


class PostgresServer:
    """A real PostgreSQL of this run on a loopback port, with a fresh database for whoever asks."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder = programs, folder
        self.as_user: list[str] = []
        if os.geteuid() == 0:  # the server refuses to run as root
            nobody = pwd.getpwnam("nobody")
            setpriv = _require("setpriv")
            ids = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}"]
            self.as_user = [setpriv, *ids, "--clear-groups"]
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._run("initdb", "-D", "data", "-U", "psephos", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        self.start()
        self._made = 0

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"
        sockets = f"-c unix_socket_directories={self.folder}"
        self._run("pg_ctl", "-D", "data", "-l", "log", "-w", "-o", f"{options} {sockets}", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop")

    def database(self) -> str:
        """The address of a new, empty database."""
        self._made += 1
        name = f"test{self._made}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "psephos", name)
        return self.address(name)

    def address(self, name: str, user: str = "psephos") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self.as_user, str(self.programs / program), *arguments]
        plain = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT, "cwd": self.folder}
        log = self.folder.parent / f"{self.folder.name}.out"  # not a pipe: the server would keep it open
        with log.open("wb") as out:
            done = subprocess.run(command, stdout=out, check=False, timeout=600, env=_PLAIN, **plain)
        assert done.returncode == 0, f"{program}: {log.read_text()}"


_PLAIN = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/"}


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """PostgreSQL as Debian brings it, started once; skips where there is none, and fails if CI=true."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if not found:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="psephos-pg-") as folder:
        inner = Path(folder, "server")
        inner.mkdir()
        Path(folder).chmod(0o755)
        server = PostgresServer(found[-1].parent, inner)
        yield server
        server.stop()


@dataclass
class Reply:
    """What the speech server answers once: after so many seconds, so many bytes at a time if it trickles."""

    body: Any = field(default_factory=lambda: {"text": "no chest pain"})
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0
    trickle: float = 0


class SpeechServer:
    """A real server on this machine with the OpenAI interface for transcription, which answers as it is told.

    `replies` are given in order, the last one for ever; `requests` are the fields and headers of what came in.
    """

    Reply = Reply

    def __init__(self) -> None:
        self.replies: list[Reply] = [Reply()]
        self.requests: list[dict[str, Any]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.answer(self)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        data = request.rfile.read(int(request.headers["content-length"]))
        head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
        parts: dict[str, Any] = {
            "path": request.path,
            "headers": {name.lower(): value for name, value in request.headers.items()},
        }
        for part in email.message_from_bytes(head + data).get_payload():
            name = part.get_param("name", header="content-disposition")
            value = part.get_payload(decode=True)
            parts.setdefault(name, []).append(value if part.get_filename() else value.decode())
        self.requests.append(parts)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        time.sleep(reply.after)
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        try:
            request.send_response(reply.status)
            for name, value in {"content-length": str(len(body)), **reply.headers}.items():
                request.send_header(name, value)
            request.end_headers()
            for at in range(0, len(body), 1 if reply.trickle else len(body) or 1):
                request.wfile.write(body[at : at + 1] if reply.trickle else body)
                time.sleep(reply.trickle)
        except OSError:
            pass  # the client has gone, as it should

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def speech_server() -> Iterator[SpeechServer]:
    """A transcription server on this machine."""
    server = SpeechServer()
    yield server
    server.close()


CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def chromium(require: Require) -> Iterator[Any]:
    """A running Chromium, driven by playwright; one for all rooms, because a process can drive but one."""
    program = require("chromium")
    with require("playwright.sync_api").sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM, timeout=120_000)
        yield browser
        browser.close()
