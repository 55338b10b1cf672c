"""Which model is meant by a name, and what does the environment say about models?"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from psephos.errors import InputError
from psephos.opinions import read
from psephos.voters.language_model.local import MODEL_VARIABLE, LocalModel
from psephos.voters.language_model.openai_compatible import OpenAICompatible
from psephos.voters.language_model.protocol import LanguageModel
from psephos.voters.language_model.stored import StoredSamples
from psephos.voters.servers import KEY

URL_VARIABLE = "PSEPHOS_ENDPOINT"
"""The environment variable that says where the interface of a server begins."""

LOCAL = "local"
STORED = "stored:"
"""Begins the name of a file of samples that stand for a model."""


def open_model(name: str, *, endpoint: str | None = None, **options: Any) -> LanguageModel:
    """The language model of this name.

    Parameters
    ----------
    name : str
        ``local`` for the model that runs in this process, ``stored:FILE`` for samples in store; anything else is a
        model of the endpoint.
    endpoint : str, optional
        Where the interface of the server begins; that of PSEPHOS_ENDPOINT if not given.
    **options
        Of `LocalModel` or `OpenAICompatible`.

    Returns
    -------
    LanguageModel
        Ready to be asked; nothing is sent yet.

    Raises
    ------
    InputError
        If there is no endpoint, or it is no address.
    MissingPartError
        If an extra is not installed.

    Examples
    --------
    >>> open_model("small", endpoint="http://127.0.0.1:8000/v1").id
    'small at http://127.0.0.1:8000/v1/chat/completions'
    """
    if name == LOCAL:
        return LocalModel(**options)
    if name.startswith(STORED):
        return StoredSamples(read(name.removeprefix(STORED), kind="samples"), **options)
    url = endpoint or os.environ.get(URL_VARIABLE, "").strip()
    if not url:
        raise InputError("endpoint", f"is needed for the model {name!r}", hint=f"name it, or set {URL_VARIABLE}")
    return OpenAICompatible(url, name, **options)


def environment() -> Mapping[str, str]:
    """What the environment says about models, without a key and without asking anybody.

    Returns
    -------
    mapping of str to str
        The variables, each with what it holds; of an address only scheme, host and port, of a key only whether it is
        set.

    Examples
    --------
    >>> sorted(environment())
    ['PSEPHOS_API_KEY', 'PSEPHOS_ENDPOINT', 'PSEPHOS_LOCAL_MODEL']
    """
    said = {name: os.environ.get(name, "").strip() for name in (URL_VARIABLE, KEY, MODEL_VARIABLE)}
    return {
        URL_VARIABLE: _place(said[URL_VARIABLE]) if said[URL_VARIABLE] else "not set",
        KEY: "set" if said[KEY] else "not set",
        MODEL_VARIABLE: said[MODEL_VARIABLE] or "not set",
    }


def _place(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "set, but no address"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "set, but no address"
    return f"{parts.scheme}://{parts.hostname}{port}"
