"""How is a budget of samples spent on a language model, with nothing lost and nothing paid twice?

`ask` puts together what the rooms below have: a method says which question is next (`Adaptive`, `KnowledgeGradient`,
`Uniform`), a crew of threads asks the model, and a log keeps each sample before it counts. Called again with the same
log it goes on where it was, whatever ended it: the samples in the log are observed first, and only the rest of the
budget is spent. The method sees the samples in the order in which they came, so which question gets how many depends on
how fast a server answers; the samples themselves do not, if the model takes seeds.

A request that no answer comes to is written down as a failure. It is no vote, costs nothing of the budget, counts for
no cap, and its draw is not asked for again: another one is. A question that fails `MOST_FAILURES` times in a row is
left alone until the next call, and `give_up` failures in a row end the work, because the server is gone.

Source: ours; the methods are those of sheets 09 and 10.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt
import polars as pl

from psephos.allocation.adaptive import Adaptive
from psephos.allocation.allocation_result import Allocation
from psephos.allocation.allocator import KNOWN_AS, Allocator
from psephos.allocation.knowledge_gradient import KnowledgeGradient
from psephos.allocation.session import Terms
from psephos.allocation.uniform import Uniform
from psephos.engine.interrupts import first_interrupt_noted
from psephos.engine.progress_bar import progress
from psephos.errors import BudgetExceeded, InputError, check_choice, check_count
from psephos.opinions.building import Segment, build
from psephos.opinions.coding import text_of
from psephos.opinions.final_answers import AnswerRule, answer_rule
from psephos.opinions.frames import Tables, tables
from psephos.opinions.kinds import KINDS
from psephos.opinions.model import Opinions
from psephos.opinions.wording import plural
from psephos.voters.language_model import (
    Crew,
    Interrupted,
    LanguageModel,
    ModelError,
    NoMoreSamples,
    Reply,
    Request,
    SampleLog,
    failed_row,
    sample_frame,
    sample_row,
    short_key,
)
from psephos.voters.language_model.replies import FAILED

METHODS: Mapping[str, Callable[..., Allocator]] = {
    "adaptive": Adaptive,
    "knowledge-gradient": KnowledgeGradient,
    "uniform": Uniform,
}
"""Methods by name."""

MOST_FAILURES = 3
"""After so many failures in a row a question is asked no more in this call."""

Row = dict[str, Any]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Asked(Allocation):
    """What a model was asked under a budget, where the budget went, and what each question is answered.

    Attributes
    ----------
    samples : Opinions
        Everything that came, of kind ``samples``; failures are draws without an answer.
    failures : polars.DataFrame
        One row per request that no answer came to, in this call or before: question, draw, reason.
    found : int
        Samples that were in the log already.
    stopped : str or None
        What ended the work before the budget was spent or all was settled.

    See Also
    --------
    psephos.ask : makes it.
    psephos.decide : decides its `opinions()`.
    """

    samples: Opinions
    failures: pl.DataFrame
    found: int
    stopped: str | None

    def opinions(self, voter: str = "sampler") -> Opinions:  # noqa: ARG002 - the model is the voter
        """All samples as opinions, for `psephos.decide` and the methods that choose among answers."""
        return self.samples

    def summary(self) -> list[tuple[str, str]]:
        """What was asked, in a few lines."""
        lines = [line for line in super().summary() if line[0] != "note"]
        if self.found:
            lines.append(("found in the log", f"{self.found:,} samples, which were not asked for again"))
        if self.failures.height:
            last = self.failures["reason"][-1]
            lines.append(("failed", f"{self.failures.height:,} requests; the last: {last}"))
        if self.stopped is not None:
            lines.append(("stopped early", self.stopped))
        return lines + [("note", note) for note in self.provenance.notes]

    def to_dict(self) -> dict[str, Any]:
        """The whole answer, ready for JSON."""
        own = {"failures": self.failures.to_dicts(), "found": self.found, "stopped": self.stopped}
        return super().to_dict() | own


def ask(
    questions: Mapping[str, Request | str],
    model: LanguageModel,
    *,
    budget: int,
    log: str | Path,
    method: str = "adaptive",
    answer: AnswerRule = "whole",
    workers: int = 8,
    give_up: int = 20,
    about: Tables | None = None,
    label: str | None = None,
    on_sample: Callable[[Row], object] | None = None,
    **terms: Unpack[Terms],
) -> Asked:
    """Sample a language model under one budget for many questions.

    Parameters
    ----------
    questions : mapping of str to Request or str
        What to ask, by the name of the question. A text is asked at temperature 0.7; `Request` says more.
    model : LanguageModel
        Put into `Retrying`, so that what fails once is tried again.
    budget : int
        Samples in all, those in the log among them.
    log : str or Path
        The file that keeps the samples, see `SampleLog`.
    method : {"adaptive", "knowledge-gradient", "uniform"}, default "adaptive"
        Which question gets the next sample.
    answer : str, pattern or callable, default "whole"
        Which part of a text is the answer; see `psephos.opinions.final_answers`.
    workers : int, default 8
        Requests under way at a time.
    give_up : int, default 20
        Failures in a row that end the work.
    about : mapping of str to data frame, optional
        Tables about the items, as for `psephos.read`; right answers are in the column ``gold`` of that about ``items``.
    label : str, optional
        Shows a progress bar with this label.
    on_sample : callable, optional
        Called in this thread with each new row of the log, after it is written.
    **terms
        `delta`, `cap`, `init`, `n_classes`, `equivalence` and the like: see `psephos.allocation.session.Terms`.

    Returns
    -------
    Asked
        All samples as opinions, the answer of each question and where the budget went.

    Raises
    ------
    InputError
        If there is no question, the budget does not pay for the first samples, a term is out of range, or the log is of
        another model or other requests.
    Interrupted
        If Ctrl-C is pressed: requests under way are waited for, unless it is pressed again; `partial` is the `Asked` so
        far.

    See Also
    --------
    allocate : the same with a function that draws a sample.
    replay : what the methods would have done with samples in store.

    Examples
    --------
    >>> import tempfile
    >>> from psephos.voters.language_model import Scripted
    >>> model = Scripted(lambda request: "4" if request.tag == "sum" or request.sample_index % 2 else "five")
    >>> file = Path(tempfile.mkdtemp(), "answers.jsonl")
    >>> found = ask({"sum": "2 + 2?", "riddle": "Why?"}, model, budget=20, log=file, workers=1)
    >>> found.table().select("question", "answer", "drawn").rows()
    [('sum', '4', 2), ('riddle', 'five', 18)]
    >>> again = ask({"sum": "2 + 2?", "riddle": "Why?"}, model, budget=24, log=file, workers=1)
    >>> again.found, len(model.requests)
    (20, 24)
    """
    requests = _requests(questions)
    rule = answer_rule(answer)
    check_choice("method", method, tuple(METHODS), known_as=KNOWN_AS)
    check_count("budget", budget)
    check_count("workers", workers)
    check_count("give_up", give_up)
    terms.setdefault("per_question", max(1, -(-workers // len(requests))))
    session = METHODS[method](list(requests), budget, **terms)
    with SampleLog(log) as kept:
        work = _Work(requests, model, session, kept, rule, on_sample)
        work.recall(str(log))
        with progress(label, budget) as advance, first_interrupt_noted() as pressed:
            advance(work.found)
            try:
                work.run(workers, give_up, advance, pressed)
            except KeyboardInterrupt:
                work.stopped = "Ctrl-C"
                raise Interrupted(work.result(about, answer)) from None
        return work.result(about, answer)


class _Work:
    """One call of `ask`."""

    def __init__(
        self,
        requests: dict[str, Request],
        model: LanguageModel,
        session: Allocator,
        log: SampleLog,
        rule: Callable[[str], str | None],
        on_sample: Callable[[Row], object] | None,
    ) -> None:
        self.requests = requests
        self.model = model
        self.session = session
        self.log = log
        self.rule = rule
        self.on_sample = on_sample
        self.next_draw: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.rows: list[Row] = []
        self.found = 0
        self.reread = 0
        self.foreign = 0
        self.repeated = 0
        self.wishes: dict[str, None] = {}
        self.stopped: str | None = None

    def recall(self, name: str) -> None:
        """Observe what the log holds; refuse samples of other requests."""
        seen: set[tuple[str, int]] = set()
        for number, row in enumerate(self.log.rows, 1):
            request = self.requests.get(row["item"])
            if request is None:
                self.foreign += 1
                continue
            if (row["item"], row["draw"]) in seen:
                self.repeated += 1
                continue
            seen.add((row["item"], row["draw"]))
            if row["key"] != short_key(self.model, replace(request, sample_index=row["draw"], tag="")):
                problem = f"holds a sample of {row['item']!r:.60} by another model, or of another prompt or settings"
                hint = "name another file, or ask as before"
                raise InputError("log", problem, where=f"{name}, line {number}", hint=hint)
            self.next_draw[row["item"]] = max(self.next_draw[row["item"]], row["draw"] + 1)
            if row["status"] != FAILED:
                self.found += 1
                if (now := self.rule(row["text"]) or None) != row["answer"]:
                    self.reread += 1
                    row = row | {"answer": now}
            self._count(row)

    def run(self, workers: int, give_up: int, advance: Callable[[], object], pressed: Callable[[], bool]) -> None:
        """Ask until there is nothing to ask and nothing to wait for, after Ctrl-C only for what is under way."""
        crew: Crew[tuple[str, int], Row] = Crew(self._sample, workers)
        in_a_row, interrupted = 0, False
        try:
            while True:
                if pressed() and not interrupted:
                    interrupted, self.stopped = True, "Ctrl-C"
                try:
                    while self.stopped is None and crew.under_way < workers and (chosen := self.session.next()):
                        item = chosen[0]
                        draw, self.next_draw[item] = self.next_draw[item], self.next_draw[item] + 1
                        crew.give((item, draw))
                    if not crew.under_way:
                        break
                    (item, _), done = crew.take()
                except KeyboardInterrupt:
                    if interrupted:
                        raise
                    interrupted, self.stopped = True, "Ctrl-C"
                    continue
                if isinstance(done.error, NoMoreSamples):
                    self.session.close(item, lost=1)
                elif isinstance(done.error, BudgetExceeded):
                    self.session.lose(item)
                    self.stopped = self.stopped or str(done.error)
                elif done.error is not None:
                    raise done.error
                elif (row := done.value) is not None:
                    self._count(row)
                    if self.on_sample is not None:
                        self.on_sample(row)
                    failed = row["status"] == FAILED
                    in_a_row = in_a_row + 1 if failed else 0
                    self.failures[item] = self.failures[item] + 1 if failed else 0
                    if self.failures[item] == MOST_FAILURES:
                        self.session.close(item, lost=0)
                    if in_a_row >= give_up:
                        self.stopped = self.stopped or f"{in_a_row} requests in a row failed: {row['reason']}"
                    if not failed:
                        advance()
        finally:
            crew.stop()
        if interrupted:
            raise KeyboardInterrupt

    def result(self, about: Tables | None, answer: AnswerRule) -> Asked:
        """What came of it so far."""
        found = self.session.result()
        notes = list(found.provenance.notes)
        if self.reread:
            answers = plural(self.reread, "answer in the log was", "answers in the log were")
            notes.append(f"{answers} taken out of the text by another rule")
        if self.foreign:
            samples = plural(self.foreign, "sample in the log is", "samples in the log are")
            notes.append(f"{samples} of questions that were not asked this time")
        if self.repeated:
            repeated = plural(self.repeated, "line of the log repeats", "lines of the log repeat")
            notes.append(f"{repeated} a draw, which counts once")
        if any(request.temperature == 0 for request in self.requests.values()):
            notes.append("samples at temperature 0 are copies of one another, and no votes")
        notes += self.wishes
        rule = answer if isinstance(answer, str) else getattr(self.rule, "__name__", "a function")
        own = {"model": self.model.id, "answer": rule, "log": str(self.log.path)}
        told = {**found.provenance.parameters, **own}
        table = sample_frame(self.rows)
        failed = table.filter(pl.col("status") == FAILED)
        return Asked(
            **{field.name: getattr(found, field.name) for field in fields(found) if field.name != "provenance"},
            provenance=replace(found.provenance, parameters=told, notes=tuple(notes)),
            samples=_opinions(table, about, Segment(str(self.log.path), self._lines())),
            failures=failed.select(question="item", draw="draw", reason="reason"),
            found=self.found,
            stopped=self.stopped,
        )

    def _lines(self) -> npt.NDArray[np.int64]:
        """The line of the log that each sample is in; of a draw that stands there twice the first, which counts."""
        line_of: dict[tuple[str, int], int] = {}
        for line, row in enumerate(self.log.rows, 1):
            line_of.setdefault((row["item"], row["draw"]), line)
        return np.array([line_of[row["item"], row["draw"]] for row in self.rows], dtype=np.int64)

    def _sample(self, job: tuple[str, int]) -> Row:
        """Ask for one sample, in a thread: it is in the log before anything else is asked there."""
        item, draw = job
        request = replace(self.requests[item], sample_index=draw)
        try:
            reply = self.model.complete(request)
        except NoMoreSamples:
            raise
        except ModelError as problem:
            row = failed_row(item, self.model, replace(request, tag=""), str(problem))
        else:
            row = sample_row(item, self.model, replace(request, tag=""), reply, self.rule)
            self._note(reply)
        self.log.add(row)
        return row

    def _note(self, reply: Reply) -> None:
        for note in reply.notes:
            self.wishes.setdefault(f"the model ignored a wish: {note}")

    def _count(self, row: Row) -> None:
        self.rows.append(row)
        if row["status"] == FAILED:
            self.session.lose(row["item"])
        else:
            self.session.observe(row["item"], row["answer"])


def _requests(questions: Mapping[str, Request | str]) -> dict[str, Request]:
    """The request of each question; its tag is its name."""
    if not isinstance(questions, Mapping):
        raise InputError("questions", f"must be a mapping of names to requests, got {type(questions).__name__}")
    if not questions:
        raise InputError("questions", "there is none")
    requests: dict[str, Request] = {}
    for name, question in questions.items():
        text = text_of(name, "questions")
        if text is None:
            raise InputError("questions", f"must be named, got {name!r:.60}")
        if text in requests:
            raise InputError("questions", f"there are two questions {text!r:.60}")
        if isinstance(question, str) and not question.strip():
            raise InputError("questions", "holds an empty prompt", where=text, hint="leave the question out")
        if not isinstance(question, (str, Request)):
            raise InputError("questions", f"must hold texts or requests, got {type(question).__name__}", where=text)
        request = Request.of(question, temperature=0.7) if isinstance(question, str) else question
        if request.n != 1:
            raise InputError("questions", f"must ask for one sample at a time, got n={request.n}", where=text)
        requests[text] = replace(request, tag=text, sample_index=0)
    return requests


def _opinions(table: pl.DataFrame, about: Tables | None, logged: Segment) -> Opinions:
    columns: Sequence[str] = [name for name in table.columns if name not in ("logprobs", "reason")]
    if table["logprobs"].count():
        columns = [*columns, "logprobs"]
    return build(KINDS["samples"], table.select(columns), segments=[logged], about=tables(about))
