"""What would a model say that was sampled before?

`StoredSamples` answers from samples in store instead of a model: the sample that a request wants is the one of its item
(the tag of the request) and its draw. So a way to spend a budget can be tried without spending any.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from psephos.errors import InputError
from psephos.opinions import Opinions
from psephos.opinions.lost_draws import drawn_only
from psephos.voters.language_model.protocol import ModelError
from psephos.voters.language_model.replies import Reply, Sample, Usage
from psephos.voters.language_model.requests import Request


class NoMoreSamples(ModelError):  # noqa: N818 - what happened, no fault
    """There are no more samples of this question to be had.

    Examples
    --------
    >>> NoMoreSamples("all 8 samples of 'sum' are drawn").again
    False
    """


class StoredSamples:
    """A model whose samples are in store.

    Parameters
    ----------
    opinions : Opinions
        Of kind ``samples``, of one voter.
    id : str, optional
        Its name; "stored" and a digest of the samples if not given.

    Raises
    ------
    InputError
        If these are no samples, or those of several voters.

    Examples
    --------
    >>> from psephos.opinions import samples
    >>> model = StoredSamples(samples(["sum", "sum"], ["llm", "llm"], [0, 1], ["4", "5"]))
    >>> model.complete(Request.of("2 + 2?", tag="sum", sample_index=1)).text
    '5'
    >>> model.complete(Request.of("2 + 2?", tag="sum", sample_index=2))
    Traceback (most recent call last):
        ...
    psephos.voters.language_model.stored.NoMoreSamples: all 2 samples of 'sum' are drawn
    """

    def __init__(self, opinions: Opinions, *, id: str | None = None) -> None:  # noqa: A002 - the name in the protocol
        if opinions.kind != "samples":
            raise InputError("opinions", f"must be samples, got {opinions.kind}")
        voters = opinions.vocabulary("voter")
        if len(voters) > 1:
            raise InputError("opinions", f"must be of one voter, got {len(voters):,}")
        table = drawn_only(opinions).frame().sort("draw", maintain_order=True)
        columns = {name: table[name].to_list() for name in table.columns}
        nothing = [None] * table.height
        texts = [
            text if text is not None else answer
            for text, answer in zip(columns.get("text", nothing), columns["answer"], strict=True)
        ]
        self._pools: dict[str, list[Reply]] = {}
        digest = hashlib.sha256()
        for item, text, status, cost, tokens, logprobs in zip(
            columns["item"],
            texts,
            columns.get("status", nothing),
            columns.get("cost", nothing),
            columns.get("tokens", nothing),
            columns.get("logprobs", nothing),
            strict=True,
        ):
            sample = Sample(text or "", None if logprobs is None else tuple(logprobs), status)
            reply = Reply((sample,), usage=Usage(None, None if tokens is None else int(tokens), cost))
            self._pools.setdefault(item, []).append(reply)
            digest.update(f"{len(item)}:{item}{len(text or '')}:{text}".encode())
        self._id = id or f"{voters[0] if len(voters) else 'nobody'} at stored {digest.hexdigest()[:16]}"

    @property
    def id(self) -> str:
        """The id that was given, or else the voter and a digest of the samples."""
        return self._id

    @property
    def sizes(self) -> Mapping[str, int]:
        """Samples of each item."""
        return {item: len(pool) for item, pool in self._pools.items()}

    def complete(self, request: Request) -> Reply:
        """The stored samples that the request wants, by its tag and `sample_index`."""
        pool = self._pools.get(request.tag)
        if pool is None:
            raise NoMoreSamples(f"there is no sample of {request.tag!r:.60}")
        wanted = pool[request.sample_index : request.sample_index + request.n]
        if not wanted:
            raise NoMoreSamples(f"all {len(pool):,} samples of {request.tag!r:.60} are drawn")
        tokens = [reply.usage.tokens_out for reply in wanted if reply.usage.tokens_out is not None]
        costs = [reply.usage.cost for reply in wanted if reply.usage.cost is not None]
        return Reply(
            tuple(sample for reply in wanted for sample in reply.samples),
            usage=Usage(None, sum(tokens) if tokens else None, sum(costs) if costs else None),
            model=self._id,
        )
