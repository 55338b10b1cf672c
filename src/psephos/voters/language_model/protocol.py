"""Who answers a request? Whatever follows one protocol: `complete(request)` gives a `Reply`.

Clients, the local model, a cache, a cassette, a budget, a script for tests: each is a `LanguageModel`, and wrappers
hold another one, so that they are put together at will:

    Retrying(Caching(Budget(OpenAICompatible(...))))

Source: sheet 19. Differs: a failure is a `ModelError`, which says whether asking again may help.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Protocol

from psephos.voters.language_model.replies import Reply
from psephos.voters.language_model.requests import Request


class LanguageModel(Protocol):
    """Whatever answers requests.

    Attributes
    ----------
    id : str
        Model and revision; a part of every key.
    """

    @property
    @abstractmethod
    def id(self) -> str:
        """Model and revision."""

    @abstractmethod
    def complete(self, request: Request) -> Reply:
        """Answer a request.

        Parameters
        ----------
        request : Request
            What is asked.

        Returns
        -------
        Reply
            At least one sample; wishes that were ignored are in its notes.

        Raises
        ------
        ModelError
            If there is no answer; `again` says whether asking again may help.
        """


class ModelError(RuntimeError):
    """A language model failed on a request that may be fine; it gave no answer, so it cast no vote.

    Parameters
    ----------
    reason : str
        What happened, in one line.
    again : bool, default False
        Whether the same request may succeed later.
    wait : float, optional
        Seconds that the server asks to wait before.

    Examples
    --------
    >>> ModelError("model at http://127.0.0.1/v1 answers 503: busy", again=True).again
    True
    """

    def __init__(self, reason: str, *, again: bool = False, wait: float | None = None) -> None:
        self.again = again
        self.wait = wait
        super().__init__(reason)

    def __reduce__(self) -> tuple[Any, ...]:
        return _failed_again, (str(self), self.again, self.wait)


class IgnoredWishWarning(UserWarning):
    """A server did not do a part of what was asked, such as `n` samples or log-probabilities.

    Examples
    --------
    >>> issubclass(IgnoredWishWarning, UserWarning)
    True
    """


def _failed_again(reason: str, again: bool, wait: float | None) -> ModelError:
    return ModelError(reason, again=again, wait=wait)
