"""One protocol for language models, the models that follow it, and what is put around them.

A model answers a `Request` with a `Reply`: `OpenAICompatible` asks a server, `LocalModel` runs in this process,
`Scripted` and `NoisyOracle` are for tests and simulations. Around any of them, in any order: `Retrying`, `Caching`,
`Budget`, `Recording`; `Replay` stands for a model that was recorded, `StoredSamples` for one that was sampled. A
`SampleLog` keeps each sample as it comes. `complete_many` asks for many answers at once.
"""

from psephos.voters.language_model.budgets import Budget, Spent, estimated_tokens
from psephos.voters.language_model.caching import Caching
from psephos.voters.language_model.cassettes import Recording, Replay
from psephos.voters.language_model.crew import Crew, Done
from psephos.voters.language_model.line_log import LineLog
from psephos.voters.language_model.local import LocalModel, model_file
from psephos.voters.language_model.openai_compatible import OpenAICompatible
from psephos.voters.language_model.opening import environment, open_model
from psephos.voters.language_model.protocol import IgnoredWishWarning, LanguageModel, ModelError
from psephos.voters.language_model.replies import Reply, Sample, Usage
from psephos.voters.language_model.requests import Message, Request, request_key, seed_for
from psephos.voters.language_model.retrying import Retrying
from psephos.voters.language_model.sample_log import SampleLog, failed_row, sample_frame, sample_row, short_key
from psephos.voters.language_model.sampling import as_samples
from psephos.voters.language_model.scripted import NoisyOracle, Scripted
from psephos.voters.language_model.stored import NoMoreSamples, StoredSamples
from psephos.voters.language_model.structured import parsed
from psephos.voters.language_model.together import (
    Completions,
    Interrupted,
    SideBySide,
    Unanswered,
    complete_many,
)

__all__ = [
    "Budget",
    "Caching",
    "Completions",
    "Crew",
    "Done",
    "IgnoredWishWarning",
    "Interrupted",
    "LanguageModel",
    "LineLog",
    "LocalModel",
    "Message",
    "ModelError",
    "NoMoreSamples",
    "NoisyOracle",
    "OpenAICompatible",
    "Recording",
    "Replay",
    "Reply",
    "Request",
    "Retrying",
    "Sample",
    "SampleLog",
    "Scripted",
    "SideBySide",
    "Spent",
    "StoredSamples",
    "Unanswered",
    "Usage",
    "as_samples",
    "complete_many",
    "environment",
    "estimated_tokens",
    "failed_row",
    "model_file",
    "open_model",
    "parsed",
    "request_key",
    "sample_frame",
    "sample_row",
    "seed_for",
    "short_key",
]
