"""Who speaks? Recognisers of speech as voters; each may be absent."""

from psephos.voters.endpoint import Endpoint
from psephos.voters.recognisers import NAMES, Recogniser, RecogniserError, Token, installed, recogniser
from psephos.voters.transcribing import Failure, Transcribed, forget, transcribe

__all__ = [
    "NAMES",
    "Endpoint",
    "Failure",
    "Recogniser",
    "RecogniserError",
    "Token",
    "Transcribed",
    "forget",
    "installed",
    "recogniser",
    "transcribe",
]
