"""One protocol for language models, the models that follow it, and what is put around them.

A model answers a `Request` with a `Reply`: `OpenAICompatible` asks a server, `LocalModel` runs in this process,
`Scripted` and `NoisyOracle` are for tests and simulations. Around any of them, in any order: `Retrying`, `Caching`,
`Budget`, `Recording`; `Replay` stands for a model that was recorded. `complete_many` asks for many answers at once.
"""

from psephos.voters.language_model.budgets import Budget, Spent, estimated_tokens
from psephos.voters.language_model.caching import Caching
from psephos.voters.language_model.cassettes import Recording, Replay
from psephos.voters.language_model.local import LocalModel, model_file
from psephos.voters.language_model.openai_compatible import OpenAICompatible
from psephos.voters.language_model.opening import environment, open_model
from psephos.voters.language_model.protocol import (
    IgnoredWishWarning,
    LanguageModel,
    Message,
    ModelError,
    Reply,
    Request,
    Sample,
    Usage,
    request_key,
    seed_for,
)
from psephos.voters.language_model.retrying import Retrying
from psephos.voters.language_model.sampling import as_samples
from psephos.voters.language_model.scripted import NoisyOracle, Scripted
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
    "IgnoredWishWarning",
    "Interrupted",
    "LanguageModel",
    "LocalModel",
    "Message",
    "ModelError",
    "NoisyOracle",
    "OpenAICompatible",
    "Recording",
    "Replay",
    "Reply",
    "Request",
    "Retrying",
    "Sample",
    "Scripted",
    "SideBySide",
    "Spent",
    "Unanswered",
    "Usage",
    "as_samples",
    "complete_many",
    "environment",
    "estimated_tokens",
    "model_file",
    "open_model",
    "parsed",
    "request_key",
    "seed_for",
]
