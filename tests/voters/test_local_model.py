"""Does the real local model answer, and the same each time? Skipped where the extra or the model is absent."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import pytest

from psephos.errors import InputError
from psephos.voters.language_model import LocalModel, ModelError, Request, complete_many, model_file, open_model


@pytest.fixture(scope="module")
def model(require: Any) -> LocalModel:
    require("xllamacpp")
    if model_file() is None:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("there is no local language model")
    return LocalModel()


ANIMAL = Request.of("Name one animal.", temperature=1.0, seed=3, max_tokens=8, n=3, logprobs=True)


def test_it_knows_a_sum(model: LocalModel) -> None:
    reply = model.complete(Request.of("What is 7 + 5?", max_tokens=24))
    assert "12" in reply.text
    assert reply.usage.tokens_in
    assert reply.usage.tokens_out
    assert reply.model == model.id
    assert "SmolLM2" in model.id


def test_samples_differ_have_log_probabilities_and_come_again(model: LocalModel) -> None:
    first = model.complete(ANIMAL)
    assert first.n == 3
    assert len({sample.text for sample in first.samples}) > 1
    for sample in first.samples:
        assert sample.logprobs is not None
        assert all(value <= 0 and math.isfinite(value) for value in sample.logprobs)
    assert first.usage.tokens_out == sum(len(sample.logprobs or ()) for sample in first.samples)
    model.complete(Request.of("Something else altogether.", max_tokens=4))
    assert model.complete(ANIMAL).samples == first.samples
    assert model.complete(ANIMAL.single(1)).samples[0] == first.samples[1]


def test_a_sample_ends_where_it_should(model: LocalModel) -> None:
    whole = model.complete(Request.of("Count from one to ten.", max_tokens=24))
    assert whole.stop == "length"
    word = whole.text.split()[1]
    cut = model.complete(Request.of("Count from one to ten.", max_tokens=24, stop=(word,)))
    assert whole.text.startswith(cut.text)
    assert word not in cut.text


def test_a_schema_is_followed(model: LocalModel) -> None:
    schema = {"type": "object", "properties": {"answer": {"enum": ["yes", "no"]}}, "required": ["answer"]}
    reply = model.complete(Request.of("Is water wet?", schema=schema, max_tokens=30))
    assert reply.parsed is not None
    assert reply.parsed["answer"] in ("yes", "no")


def test_a_prompt_that_is_too_long_is_a_failure(model: LocalModel) -> None:
    with pytest.raises(ModelError, match="exceeds the available context") as caught:
        model.complete(Request.of("word " * 6000))
    assert not caught.value.again


def test_threads_may_share_it(model: LocalModel) -> None:
    requests = [Request.of(f"What is {number} + 1?", max_tokens=6, seed=number) for number in range(4)]
    side_by_side = complete_many(model, requests, workers=4)
    assert [reply and reply.text for reply in side_by_side.replies] == [model.complete(one).text for one in requests]


def test_it_has_a_name(model: LocalModel) -> None:
    assert isinstance(open_model("local"), LocalModel)


def test_what_is_no_model_is_refused(require: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require("xllamacpp")
    monkeypatch.setenv("PSEPHOS_LOCAL_MODEL", str(tmp_path / "none.gguf"))
    with pytest.raises(InputError, match="there is no file") as caught:
        LocalModel()
    assert caught.value.argument == "path"
    (tmp_path / "none.gguf").write_bytes(b"something else")
    with pytest.raises(InputError, match="no GGUF file"):
        LocalModel()
    (tmp_path / "none.gguf").write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(ModelError, match="cannot be loaded"):
        LocalModel().complete(ANIMAL)
