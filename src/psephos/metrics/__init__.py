"""How good is it? Word errors against a reference."""

from psephos.metrics.word_errors import WordErrors, word_error_rate, word_errors

__all__ = ["WordErrors", "word_error_rate", "word_errors"]
